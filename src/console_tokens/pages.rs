//! The tokens on an operator's desk.

use askama::Template;
use chrono_tz::Tz;
use http::StatusCode;
use poem::web::{Form, Path, Query};
use poem::{IntoResponse, Response, handler};
use serde::Deserialize;
use uuid::Uuid;

use super::{Listed, NewToken, list, make, revoke};
use crate::db::{Platform, Tx};
use crate::error::{Error, Result};
use crate::lists::NEWEST;
use crate::operators::Doer;
use crate::tenancy::extract::{Agent, FreshPerson, Operator, Person};
use crate::web::{Page, Redirect, Shell, when};

#[derive(Template)]
#[template(path = "console_tokens/index.html")]
struct IndexPage {
    shell: Shell,
    items: Vec<Item>,
    next_href: String,
    name: String,
    name_error: String,
    may_only_read: bool,
    /// A token that was made this moment, and is shown this once.
    made: String,
}

struct Item {
    id: Uuid,
    name: String,
    scope: String,
    made: String,
    made_exact: String,
    made_by: String,
    last_used: String,
    last_used_exact: String,
    is_revoked: bool,
}

impl Item {
    fn of(token: Listed, agent: &Agent) -> Self {
        let now = agent.house.now();
        Self {
            id: token.id,
            name: token.name,
            scope: token.scope,
            made: when::ago(token.created_at, now, Tz::UTC),
            made_exact: when::exact(token.created_at, Tz::UTC),
            made_by: token.made_by,
            last_used: token.last_used_at.map_or("never".to_owned(), |at| when::ago(at, now, Tz::UTC)),
            last_used_exact: token.last_used_at.map(|at| when::exact(at, Tz::UTC)).unwrap_or_default(),
            is_revoked: token.revoked_at.is_some(),
        }
    }
}

/// What was typed, and what came of it.
#[derive(Default)]
struct Entered {
    name: String,
    name_error: String,
    may_only_read: bool,
    made: String,
}

/// Where the page before ended.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct IndexQuery {
    cursor: Option<Uuid>,
}

/// `GET /tokens`
#[handler]
pub async fn index(mut operator: Operator<FreshPerson>, Query(asked): Query<IndexQuery>) -> Result<Page> {
    index_page(&mut operator.tx, &operator.agent, asked.cursor, Entered::default()).await
}

/// What the form sends.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct TokenForm {
    name: String,
    scope: String,
}

/// `POST /tokens`: answers with the token itself, because nobody can be told it again.
#[handler]
pub async fn create(operator: Operator<FreshPerson>, Form(form): Form<TokenForm>) -> Result<Response> {
    let may_only_read = form.scope == "read";
    let new = match NewToken::parse(&form.name, &form.scope) {
        Ok(new) => new,
        Err(Error::Invalid(fields)) => {
            let Operator { agent, mut tx, .. } = operator;
            let form = Entered { name: form.name, name_error: fields.of("name"), may_only_read, ..Entered::default() };
            let page = index_page(&mut tx, &agent, None, form).await?;
            return Ok(page.with_status(StatusCode::UNPROCESSABLE_ENTITY).into_response());
        }
        Err(error) => return Err(error),
    };
    let page = operator.write(async |tx, agent| {
        let (_, token) = make(tx, &new, &Doer::agent(agent), agent.house.now()).await?;
        index_page(tx, agent, None, Entered { made: token.reveal(), ..Entered::default() }).await
    });
    Ok(page.await?.into_response())
}

/// `POST /tokens/:id/revocation`
#[handler]
pub async fn revocation(operator: Operator<Person>, Path(id): Path<Uuid>) -> Result<Redirect> {
    operator.write(async |tx, agent| revoke(tx, id, &Doer::agent(agent), agent.house.now()).await).await?;
    Ok(Redirect::to("/tokens"))
}

async fn index_page(tx: &mut Tx<Platform>, agent: &Agent, cursor: Option<Uuid>, form: Entered) -> Result<Page> {
    let part = list(tx, cursor.unwrap_or(NEWEST)).await?;
    Page::of(&IndexPage {
        shell: Shell::of_operator(agent, "Tokens", "tokens"),
        next_href: part.next.map(|last| format!("/tokens?cursor={last}")).unwrap_or_default(),
        items: part.items.into_iter().map(|token| Item::of(token, agent)).collect(),
        name: form.name,
        name_error: form.name_error,
        may_only_read: form.may_only_read,
        made: form.made,
    })
}
