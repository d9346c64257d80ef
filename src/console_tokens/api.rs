//! Tokens by the console's API.

use poem_openapi::param::{Path, Query};
use poem_openapi::payload::Json;
use poem_openapi::{ApiResponse, Object, OpenApi};
use uuid::Uuid;

use super::{Listed, NewToken, list, make, make_once, revoke};
use crate::api::once::{KeyHeader, read_key};
use crate::api::typed::{Body, Id, Text};
use crate::api::{Chapter, time};
use crate::error::Result;
use crate::lists::{NEWEST, read_cursor};
use crate::operators::Doer;
use crate::tenancy::extract::{AnyOperator, FreshOperator, Operator};
use crate::values::text::LONGEST_NAME;

pub struct ConsoleTokensApi;

/// A token, without what it is.
#[derive(Object)]
pub struct OperatorToken {
    id: Uuid,
    name: String,
    /// `read` or `write`.
    scope: String,
    /// The operator or the token that made it, or the command line.
    made_by: String,
    created_at: String,
    /// To the minute.
    last_used_at: Option<String>,
    revoked_at: Option<String>,
}

impl From<Listed> for OperatorToken {
    fn from(token: Listed) -> Self {
        Self {
            id: token.id,
            name: token.name,
            scope: token.scope,
            made_by: token.made_by,
            created_at: time(token.created_at),
            last_used_at: token.last_used_at.map(time),
            revoked_at: token.revoked_at.map(time),
        }
    }
}

/// A page of tokens.
#[derive(Object)]
pub struct OperatorTokenList {
    items: Vec<OperatorToken>,
    /// Pass it as `cursor` for the next page; null on the last.
    next: Option<String>,
}

/// A token to be made.
#[derive(Object)]
#[oai(deny_unknown_fields)]
pub struct OperatorTokenBody {
    /// What it is for.
    name: Text<1, LONGEST_NAME>,
    /// `read` or `write`; `write` when it is not given.
    scope: Option<Text<1, 5>>,
}

/// The token, told this once.
#[derive(Object)]
pub struct OperatorTokenMade {
    id: Uuid,
    /// For `Authorization: Bearer …`.
    token: String,
}

#[derive(ApiResponse)]
pub enum OperatorTokenCreated {
    /// The token is good.
    #[oai(status = 201)]
    Created(Json<OperatorTokenMade>),
}

#[derive(ApiResponse)]
pub enum OperatorTokenRevoked {
    /// It is good no more.
    #[oai(status = 204)]
    Done,
}

#[OpenApi(prefix_path = "/api/v1", tag = "Chapter::Tokens")]
impl ConsoleTokensApi {
    /// The tokens, newest first
    #[oai(path = "/tokens", method = "get")]
    async fn list_tokens(
        &self,
        mut operator: Operator<AnyOperator>,
        /// The `next` of the page before.
        cursor: Query<Option<String>>,
    ) -> Result<Json<OperatorTokenList>> {
        let before = read_cursor(cursor.0.as_deref())?.unwrap_or(NEWEST);
        let part = list(&mut operator.tx, before).await?;
        let next = part.next.map(|id| id.to_string());
        Ok(Json(OperatorTokenList { items: part.items.into_iter().map(Into::into).collect(), next }))
    }

    /// Make a token
    ///
    /// With an `Idempotency-Key`, the same body again is told the same token, for two days; another body, 422.
    #[oai(path = "/tokens", method = "post")]
    async fn create_token(
        &self,
        operator: Operator<FreshOperator>,
        /// Of visible ASCII characters. Choose it by chance, such as a UUID: the token is made of it as well.
        #[oai(name = "Idempotency-Key")]
        idempotency_key: KeyHeader,
        body: Body<OperatorTokenBody>,
    ) -> Result<OperatorTokenCreated> {
        let new = NewToken::parse(&body.name, body.scope.as_deref().unwrap_or_default())?;
        let key = read_key(&operator.headers, &idempotency_key)?;
        let made = operator.write(async |tx, agent| match &key {
            Some(key) => make_once(tx, &new, agent, key).await,
            None => make(tx, &new, &Doer::agent(agent), agent.house.now()).await,
        });
        let (id, token) = made.await?;
        Ok(OperatorTokenCreated::Created(Json(OperatorTokenMade { id, token: token.reveal() })))
    }

    /// Revoke a token
    #[oai(path = "/tokens/:id", method = "delete")]
    async fn delete_token(&self, operator: Operator<AnyOperator>, id: Path<Id>) -> Result<OperatorTokenRevoked> {
        operator.write(async |tx, agent| revoke(tx, id.uuid(), &Doer::agent(agent), agent.house.now()).await).await?;
        Ok(OperatorTokenRevoked::Done)
    }
}
