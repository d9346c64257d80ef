//! Support on an operator's desk: asking for access, and what there is to look at while it runs.

use askama::Template;
use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use http::StatusCode;
use poem::web::{Form, Path, Query};
use poem::{IntoResponse, Response, handler};
use serde::Deserialize;
use uuid::Uuid;

use super::{ask, asked_before, finish, look, looks, running, tenant_of};
use crate::audit::{Named, tell};
use crate::error::{Error, Result};
use crate::lists::NEWEST;
use crate::support::{Request, State};
use crate::tenancy::extract::{Agent, Operator, Person};
use crate::web::{Page, Redirect, Shell, when};

#[derive(Template)]
#[template(path = "console_support/show.html")]
struct ShowPage {
    shell: Shell,
    tenant: Uuid,
    business_name: String,
    granted: Option<Item>,
    asked: Option<Item>,
    past: Vec<Item>,
    reason: String,
    reason_error: String,
    refusal: String,
}

struct Item {
    request_id: Uuid,
    reason: String,
    state: &'static str,
    asked: String,
    asked_exact: String,
    decided_by: String,
    /// How long the question still waits.
    left: String,
    /// At what o'clock the access ends.
    until: String,
    until_exact: String,
}

impl Item {
    fn of(request: &Request, until: DateTime<Utc>, now: DateTime<Utc>) -> Self {
        Self {
            request_id: request.request_id,
            reason: request.reason.clone(),
            state: request.state(now).word(),
            asked: when::ago(request.asked_at, now, Tz::UTC),
            asked_exact: when::exact(request.asked_at, Tz::UTC),
            decided_by: request.decided_by.clone(),
            left: when::length(until - now + TimeDelta::minutes(59)),
            until: until.format("%H:%M").to_string(),
            until_exact: when::exact(until, Tz::UTC),
        }
    }
}

/// What was typed, and why nothing was done.
#[derive(Default)]
struct Entered {
    reason: String,
    reason_error: String,
    refusal: String,
}

/// `GET /tenants/:id/support`
#[handler]
pub async fn show(operator: Operator<Person>, Path(id): Path<Uuid>) -> Result<Page> {
    show_page(&operator.leave().await?, id, Entered::default()).await
}

/// What the form of a request sends.
#[derive(Deserialize)]
pub struct AskForm {
    #[serde(default)]
    reason: String,
}

/// `POST /tenants/:id/support-requests`
#[handler]
pub async fn create(operator: Operator<Person>, Path(id): Path<Uuid>, Form(form): Form<AskForm>) -> Result<Response> {
    let agent = operator.leave().await?;
    let (status, entered) = match ask(&agent, id, &form.reason, None).await {
        Ok(_) => return Ok(Redirect::to(format!("/tenants/{id}/support")).into_response()),
        Err(Error::Invalid(fields)) => {
            (StatusCode::UNPROCESSABLE_ENTITY, Entered { reason_error: fields.of("reason"), reason: form.reason, ..Entered::default() })
        }
        Err(Error::Conflict(refusal)) => {
            (StatusCode::CONFLICT, Entered { refusal: format!("{refusal}."), reason: form.reason, ..Entered::default() })
        }
        Err(error) => return Err(error),
    };
    Ok(show_page(&agent, id, entered).await?.with_status(status).into_response())
}

/// `POST /tenants/:id/support-requests/:request_id/end`
#[handler]
pub async fn ending(operator: Operator<Person>, Path((id, request_id)): Path<(Uuid, Uuid)>) -> Result<Redirect> {
    let agent = operator.leave().await?;
    match finish(&agent, id, request_id).await {
        // Over already: that is what was wanted.
        Ok(()) | Err(Error::Conflict(_)) => Ok(Redirect::to(format!("/tenants/{id}/support"))),
        Err(error) => Err(error),
    }
}

async fn show_page(agent: &Agent, id: Uuid, entered: Entered) -> Result<Page> {
    let tenant = tenant_of(agent, id).await?;
    let requests = asked_before(agent, id).await?;
    let now = agent.house.now();
    let is_past = |request: &&Request| !matches!(request.state(now), State::Asked | State::Granted);
    let asked = requests.iter().find(|request| request.state(now) == State::Asked);
    Page::of(&ShowPage {
        shell: Shell::of_operator(agent, "Support access", "tenants"),
        tenant: id,
        business_name: tenant.business_name,
        granted: running(&requests, now).map(|(request, until)| Item::of(request, until, now)),
        asked: asked.map(|request| Item::of(request, request.lapses_at(), now)),
        past: requests.iter().filter(is_past).map(|request| Item::of(request, request.lapses_at(), now)).collect(),
        reason: entered.reason,
        reason_error: entered.reason_error,
        refusal: entered.refusal,
    })
}

#[derive(Template)]
#[template(path = "console_support/list.html")]
struct ListPage {
    shell: Shell,
    tenant: Uuid,
    business_name: String,
    heading: &'static str,
    columns: &'static [&'static str],
    /// Each cell with the heading of its column.
    rows: Vec<Vec<(&'static str, String)>>,
    next_href: String,
}

const CUSTOMER: [&str; 7] = ["Business", "Account", "Contact", "Number", "Role", "Status", "Since"];
const REQUEST: [&str; 6] = ["Business", "Contact", "Number", "Status", "Asked", "Decided"];
const MESSAGE: [&str; 6] = ["To", "By", "Subject", "Status", "Written", "Sent"];
const EVENT: [&str; 3] = ["When", "Who", "What"];

/// Where the page before ended.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct ListQuery {
    cursor: Option<Uuid>,
}

impl ListQuery {
    fn before(&self) -> Uuid {
        self.cursor.unwrap_or(NEWEST)
    }
}

fn at(time: DateTime<Utc>) -> String {
    when::exact(time, Tz::UTC)
}

/// `GET /tenants/:id/support/customers`
#[handler]
pub async fn customers(operator: Operator<Person>, Path(id): Path<Uuid>, Query(asked): Query<ListQuery>) -> Result<Page> {
    let agent = operator.leave().await?;
    let part = look(&agent, id, "customers", async |tx| looks::customers(tx, asked.before()).await).await?;
    let rows = part.items.into_iter().map(|row| {
        let account = format!("{} · {}", row.account_number, row.town);
        vec![row.business_name, account, row.contact_name, row.phone, row.role, row.status, at(row.created_at)]
    });
    list_page(&agent, id, ("customers", "Customers"), &CUSTOMER, rows.collect(), part.next).await
}

/// `GET /tenants/:id/support/registration-requests`
#[handler]
pub async fn registration_requests(operator: Operator<Person>, Path(id): Path<Uuid>, Query(asked): Query<ListQuery>) -> Result<Page> {
    let agent = operator.leave().await?;
    let read = look(&agent, id, "registration requests", async |tx| looks::registration_requests(tx, asked.before()).await);
    let part = read.await?;
    let rows = part.items.into_iter().map(|row| {
        let decided = row.decided_at.map(|time| format!("{} {}", row.decided_by, at(time)).trim().to_owned()).unwrap_or_default();
        vec![row.business_name, row.contact_name, row.phone, row.status, at(row.created_at), decided]
    });
    list_page(&agent, id, ("registration-requests", "Registration requests"), &REQUEST, rows.collect(), part.next).await
}

/// `GET /tenants/:id/support/messages`
#[handler]
pub async fn messages(operator: Operator<Person>, Path(id): Path<Uuid>, Query(asked): Query<ListQuery>) -> Result<Page> {
    let agent = operator.leave().await?;
    let part = look(&agent, id, "messages", async |tx| looks::messages(tx, asked.before()).await).await?;
    let rows = part.items.into_iter().map(|row| {
        let status = if row.problem.is_empty() { row.status } else { format!("{}: {}", row.status, row.problem) };
        vec![row.recipient, row.channel, row.subject, status, at(row.created_at), row.sent_at.map(at).unwrap_or_default()]
    });
    list_page(&agent, id, ("messages", "Messages"), &MESSAGE, rows.collect(), part.next).await
}

/// `GET /tenants/:id/support/audit-events`
#[handler]
pub async fn audit_events(operator: Operator<Person>, Path(id): Path<Uuid>, Query(asked): Query<ListQuery>) -> Result<Page> {
    let agent = operator.leave().await?;
    let part = look(&agent, id, "the audit log", async |tx| looks::audit_events(tx, asked.before()).await).await?;
    let rows = part.items.into_iter().map(|row| {
        let what = tell(&row.action, &row.details, &Named::default()).sentence;
        vec![at(row.at), row.actor_name, what]
    });
    list_page(&agent, id, ("audit-events", "Audit log"), &EVENT, rows.collect(), part.next).await
}

async fn list_page(
    agent: &Agent,
    id: Uuid,
    (place, heading): (&str, &'static str),
    columns: &'static [&'static str],
    rows: Vec<Vec<String>>,
    next: Option<Uuid>,
) -> Result<Page> {
    let tenant = tenant_of(agent, id).await?;
    Page::of(&ListPage {
        shell: Shell::of_operator(agent, heading, "tenants"),
        tenant: id,
        business_name: tenant.business_name,
        heading,
        columns,
        rows: rows.into_iter().map(|row| columns.iter().copied().zip(row).collect()).collect(),
        next_href: next.map(|last| format!("/tenants/{id}/support/{place}?cursor={last}")).unwrap_or_default(),
    })
}
