//! An operator's own passkeys, and the page on which the first one is made.

use askama::Template;
use chrono_tz::Tz;
use http::StatusCode;
use poem::web::{Form, Path};
use poem::{IntoResponse, Response, handler};
use uuid::Uuid;

use super::{add, list, remove, rename};
use crate::db::{Platform, Tx};
use crate::devices::device_name;
use crate::error::{Error, Result};
use crate::passkeys::list::{Item, Typed, name_of_new, read_name, why_not};
use crate::tenancy::extract::{Agent, Enrolling, FreshPerson, Operator, Who};
use crate::web::{Page, Redirect, Shell};

#[derive(Template)]
#[template(path = "console_passkeys/index.html")]
struct IndexPage {
    shell: Shell,
    prefix: &'static str,
    items: Vec<Item>,
    name: String,
    refusal: String,
}

#[derive(Template)]
#[template(path = "console_passkeys/enrol.html")]
struct EnrolPage {
    shell: Shell,
    prefix: &'static str,
    name: String,
    refusal: String,
}

/// `GET /passkeys`
#[handler]
pub async fn index(mut operator: Operator<Enrolling>) -> Result<Page> {
    page(&mut operator.tx, &operator.agent, String::new(), String::new()).await
}

/// `POST /passkeys`
#[handler]
pub async fn create(operator: Operator<Enrolling>, Form(typed): Form<Typed>) -> Result<Response> {
    let agent = operator.leave().await?;
    let added = match name_of_new(&typed.name, &agent) {
        Ok(name) => add(&agent, &typed.challenge, &typed.credential, name).await,
        Err(error) => Err(error),
    };
    let next = if is_enrolling(&agent) { "/" } else { "/passkeys" };
    after(&agent, added.map(drop), next, typed).await
}

/// `POST /passkeys/:id/name`
#[handler]
pub async fn renaming(operator: Operator<FreshPerson>, Path(id): Path<Uuid>, Form(typed): Form<Typed>) -> Result<Response> {
    let agent = operator.agent.clone();
    let renamed = match read_name(&typed.name) {
        Ok(name) => operator.write(async |tx, agent| rename(tx, agent, id, name).await).await,
        Err(error) => Err(error),
    };
    after(&agent, renamed.map(drop), "/passkeys", Typed::default()).await
}

/// `POST /passkeys/:id/removal`
#[handler]
pub async fn removal(operator: Operator<FreshPerson>, Path(id): Path<Uuid>) -> Result<Response> {
    let agent = operator.agent.clone();
    let removed = operator.write(async |tx, agent| remove(tx, agent, id).await).await;
    after(&agent, removed, "/passkeys", Typed::default()).await
}

async fn after(agent: &Agent, done: Result<()>, next: &str, typed: Typed) -> Result<Response> {
    let Err(error) = done else { return Ok(Redirect::to(next).into_response()) };
    let status = if matches!(error, Error::Conflict(_)) { StatusCode::CONFLICT } else { StatusCode::UNPROCESSABLE_ENTITY };
    let refusal = why_not(error, &typed)?;
    let page = agent.house.db().platform().read(async |tx| page(tx, agent, typed.name, refusal).await).await?;
    Ok(page.with_status(status).into_response())
}

/// Whether they have come in by a code, because they have no passkey yet.
fn is_enrolling(agent: &Agent) -> bool {
    matches!(&agent.who, Who::Person { proof, .. } if !proof.is_by_passkey)
}

async fn page(tx: &mut Tx<Platform>, agent: &Agent, name: String, refusal: String) -> Result<Page> {
    let (prefix, name) = ("", if name.is_empty() { device_name(&agent.user_agent) } else { name });
    let page = if is_enrolling(agent) {
        let shell = Shell::of_operator(agent, "Make your passkey", "");
        Page::of(&EnrolPage { shell, prefix, name, refusal })?
    } else {
        let items = list(tx, agent).await?.into_iter().map(|owned| Item::of(owned, agent, Tz::UTC)).collect();
        let shell = Shell::of_operator(agent, "Your passkeys", "passkeys");
        Page::of(&IndexPage { shell, prefix, items, name, refusal })?
    };
    page.with_pending_cookie(agent)
}
