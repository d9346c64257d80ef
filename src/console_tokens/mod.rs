//! Tokens: what programs show to the console's API instead of a session. Each is told once, and known by its hash.

pub mod api;
pub mod pages;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::json;
use uuid::Uuid;

use crate::db::{Platform, Tx};
use crate::error::{Error, FieldErrors, Result};
use crate::idempotency::{Key, Once};
use crate::ids::OperatorTokenId;
use crate::lists::{Part, one_more};
use crate::operators::{self, Doer};
use crate::tenancy::extract::Agent;
use crate::tenancy::token::Token;
use crate::values::text;

/// What a token may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    Read,
    Write,
}

impl Scope {
    /// The word of the API and the database.
    pub fn word(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
        }
    }
}

/// A token, as operators see it.
pub struct Listed {
    pub id: Uuid,
    pub name: String,
    pub scope: String,
    pub made_by: String,
    pub created_at: DateTime<Utc>,
    pub last_used_at: Option<DateTime<Utc>>,
    pub revoked_at: Option<DateTime<Utc>>,
}

/// The newest first, revoked ones as well. `before` is where the page before ended.
pub async fn list(tx: &mut Tx<Platform>, before: Uuid) -> Result<Part<Listed>> {
    let rows = sqlx::query_as!(
        Listed,
        "select id, name, scope, made_by, created_at, last_used_at, revoked_at from operator_tokens
          where id < $1 order by id desc limit $2",
        before,
        one_more()
    )
    .fetch_all(&mut *tx)
    .await?;
    Ok(Part::of(rows, |row| row.id))
}

/// A token that is to be made.
pub struct NewToken {
    name: String,
    scope: Scope,
}

impl NewToken {
    /// Reads what was typed. One that may write is made when nothing else is said.
    ///
    /// # Errors
    /// [`Error::Invalid`] with what wants correcting.
    pub fn parse(name: &str, scope: &str) -> Result<Self> {
        let mut wrong = FieldErrors::new();
        let name = text::line(name, text::LONGEST_NAME).map_err(|why| wrong.add("name", why.about("what the token is for"))).ok();
        let scope = match scope {
            "" | "write" => Scope::Write,
            "read" => Scope::Read,
            _ => {
                wrong.add("scope", "A token may read or write.");
                Scope::Read
            }
        };
        wrong.or(name.map(|name| Self { name, scope }))
    }
}

/// Makes it. Nobody can be told the token again.
pub async fn make(tx: &mut Tx<Platform>, new: &NewToken, doer: &Doer, now: DateTime<Utc>) -> Result<(Uuid, Token)> {
    let (id, token) = (OperatorTokenId::new().uuid(), Token::new()?);
    add(tx, new, doer, (id, &token), now).await?;
    Ok((id, token))
}

/// What is kept of a token that was made under a key: which it is, and the version of the server's key. With the client's
/// own, which is kept nowhere, they make the token again.
#[derive(Serialize, Deserialize)]
struct MadeUnder {
    id: Uuid,
    version: i16,
}

/// The same once under the client's key: whoever brings it again is told the token again.
///
/// # Errors
/// [`Error::Conflict`] when the server's key is another one by now, so that nobody can be told.
pub async fn make_once(tx: &mut Tx<Platform>, new: &NewToken, agent: &Agent, key: &Key) -> Result<(Uuid, Token)> {
    let (keys, now) = (&agent.house.config.keys, agent.house.now());
    let asked = [&new.name, new.scope.word()];
    let once = Once { key: Some(key), asker: agent.into(), action: "token.made", asked: &asked };
    let token = |made: &MadeUnder| Token::derived(keys, made.version, "operator token", &[made.id.as_bytes(), key.bytes()]);
    if let Some(earlier) = once.earlier::<_, MadeUnder>(tx).await? {
        let hash = sqlx::query_scalar!("select token_hash from operator_tokens where id = $1", earlier.id).fetch_one(&mut *tx).await?;
        let same = token(&earlier).ok().filter(|token| hash == token.hash());
        let gone = Error::Conflict("This token was made, and cannot be told any more. Revoke it, and make another one");
        return same.map(|token| (earlier.id, token)).ok_or(gone);
    }
    let made = MadeUnder { id: OperatorTokenId::new().uuid(), version: keys.current_version };
    let token = token(&made)?;
    once.keep(tx, &made, now).await?;
    add(tx, new, &Doer::agent(agent), (made.id, &token), now).await?;
    Ok((made.id, token))
}

async fn add(tx: &mut Tx<Platform>, new: &NewToken, doer: &Doer, (id, token): (Uuid, &Token), now: DateTime<Utc>) -> Result<()> {
    sqlx::query!(
        "insert into operator_tokens (id, name, token_hash, scope, made_by, created_at) values ($1, $2, $3, $4, $5, $6)",
        id,
        new.name,
        &token.hash()[..],
        new.scope.word(),
        doer.name,
        now
    )
    .execute(&mut *tx)
    .await?;
    let details = json!({ "name": new.name, "scope": new.scope.word() });
    operators::record(tx, doer, "token.made", id, details, now).await
}

/// Ends it. A token that is revoked already stays so.
///
/// # Errors
/// [`Error::NotFound`] when there is none of this id.
pub async fn revoke(tx: &mut Tx<Platform>, id: Uuid, doer: &Doer, now: DateTime<Utc>) -> Result<()> {
    let ended =
        sqlx::query_scalar!("update operator_tokens set revoked_at = $2 where id = $1 and revoked_at is null returning name", id, now)
            .fetch_optional(&mut *tx)
            .await?;
    if let Some(name) = ended {
        return operators::record(tx, doer, "token.revoked", id, json!({ "name": name }), now).await;
    }
    sqlx::query_scalar!("select id from operator_tokens where id = $1", id).fetch_optional(&mut *tx).await?.ok_or(Error::NotFound)?;
    Ok(())
}
