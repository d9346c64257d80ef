//! Who of the platform asks and looks, on an owner's desk.

use askama::Template;
use chrono::TimeDelta;
use http::StatusCode;
use poem::web::Path;
use poem::{IntoResponse, Response, handler};
use uuid::Uuid;

use super::{Request, State, decline, end, grant, history, list};
use crate::audit::{Named, tell};
use crate::db::{Office, Tx};
use crate::error::{Error, Result};
use crate::office_requests;
use crate::tenancy::extract::{Member, Staff, SupportGiver};
use crate::web::{Page, Redirect, Shell, when};

#[derive(Template)]
#[template(path = "support/index.html")]
struct IndexPage {
    shell: Shell,
    asked: Vec<Item>,
    running: Vec<Item>,
    past: Vec<Item>,
    events: Vec<EventLine>,
    refusal: String,
}

struct Item {
    request_id: Uuid,
    operator_name: String,
    reason: String,
    asked: String,
    asked_exact: String,
    /// How long the question still waits.
    left: String,
    /// At what o'clock the access ends.
    until: String,
    until_exact: String,
    state: &'static str,
    decided_by: String,
}

impl Item {
    fn of(request: Request, state: State, member: &Member) -> Self {
        let (now, zone) = (member.house.now(), member.tenant.time_zone);
        let until = request.granted_until.unwrap_or(request.lapses_at());
        Self {
            request_id: request.request_id,
            operator_name: request.operator_name,
            reason: request.reason,
            asked: when::ago(request.asked_at, now, zone),
            asked_exact: when::exact(request.asked_at, zone),
            // With the hour that has begun: one that was just asked waits its seven days.
            left: when::length(until - now + TimeDelta::minutes(59)),
            until: until.with_timezone(&zone).format("%H:%M").to_string(),
            until_exact: when::exact(until, zone),
            state: state.word(),
            decided_by: request.decided_by,
        }
    }
}

struct EventLine {
    at: String,
    at_exact: String,
    what: String,
    who: String,
}

/// `GET /office/support`
#[handler]
pub async fn index(mut staff: Staff<SupportGiver>) -> Result<Page> {
    index_page(&mut staff.tx, &staff.member, "").await
}

/// `POST /office/support/:id/grant`
#[handler]
pub async fn granting(staff: Staff<SupportGiver>, Path(id): Path<Uuid>) -> Result<Response> {
    let member = staff.member.clone();
    after(&member, staff.write(async |tx, member| grant(tx, member, id).await).await).await
}

/// `POST /office/support/:id/refusal`
#[handler]
pub async fn declining(staff: Staff<SupportGiver>, Path(id): Path<Uuid>) -> Result<Response> {
    let member = staff.member.clone();
    after(&member, staff.write(async |tx, member| decline(tx, member, id).await).await).await
}

/// `POST /office/support/:id/end`
#[handler]
pub async fn ending(staff: Staff<SupportGiver>, Path(id): Path<Uuid>) -> Result<Response> {
    let member = staff.member.clone();
    after(&member, staff.write(async |tx, member| end(tx, member, id).await).await).await
}

/// The page anew, or why nothing was done: mostly because another owner was first.
async fn after(member: &Member, done: Result<Request>) -> Result<Response> {
    let refusal = match done {
        Ok(_) => return Ok(Redirect::to("/office/support").into_response()),
        Err(Error::Conflict(refusal)) => refusal,
        Err(error) => return Err(error),
    };
    let page = member.house.office(&member.tenant).read(async |tx| index_page(tx, member, refusal).await).await?;
    Ok(page.with_status(StatusCode::CONFLICT).into_response())
}

async fn index_page(tx: &mut Tx<Office>, member: &Member, refusal: &str) -> Result<Page> {
    let (now, zone) = (member.house.now(), member.tenant.time_zone);
    let (mut asked, mut running, mut past) = (Vec::new(), Vec::new(), Vec::new());
    for request in list(tx).await? {
        let state = request.state(now);
        let part = match state {
            State::Asked => &mut asked,
            State::Granted => &mut running,
            State::Declined | State::Ended | State::Lapsed => &mut past,
        };
        part.push(Item::of(request, state, member));
    }
    let events = history(tx).await?.into_iter().map(|entry| EventLine {
        at: when::ago(entry.at, now, zone),
        at_exact: when::exact(entry.at, zone),
        what: tell(&entry.action, &entry.details, &Named::default()).sentence,
        who: entry.actor_name,
    });
    Page::of(&IndexPage {
        asked,
        running,
        past,
        events: events.collect(),
        refusal: if refusal.is_empty() { String::new() } else { format!("{refusal}.") },
        shell: Shell::of_staff(member, "Support access", "support", office_requests::waiting(tx, member).await?),
    })
}
