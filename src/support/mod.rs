//! The platform's people at a wholesaler's office: they ask with a reason, and an owner lets them in for an hour, or
//! declines. What they see then, and that they see nothing otherwise, the policies of `tc_support` say.

pub mod api;
pub mod pages;
pub mod telling;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::audit::{self, Actor, Event};
use crate::db::{Office, TenantDoor, Tx};
use crate::error::{Error, Result};
use crate::jobs::{self, Job, Lane};
use crate::tenancy::extract::Member;
use crate::tenancy::session::SUPPORT_ASK_LIFE;

/// For how long an owner lets somebody in.
pub const GRANT_LIFE: TimeDelta = TimeDelta::hours(1);

/// How it stands with a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// It waits for an owner.
    Asked,
    /// They are let in.
    Granted,
    Declined,
    /// They were let in, and are not any more.
    Ended,
    /// Nobody answered in time.
    Lapsed,
}

impl State {
    /// The word of the API.
    pub fn word(self) -> &'static str {
        match self {
            Self::Asked => "asked",
            Self::Granted => "granted",
            Self::Declined => "declined",
            Self::Ended => "ended",
            Self::Lapsed => "lapsed",
        }
    }

    /// Why it cannot be answered or ended as it stands.
    fn objection(self) -> &'static str {
        match self {
            Self::Asked => "Nobody has answered this request yet",
            Self::Granted => "Somebody has let them in meanwhile",
            Self::Declined => "Somebody has declined this meanwhile",
            Self::Ended => "This access has ended already",
            Self::Lapsed => "This request has lapsed: nobody answered it for a week",
        }
    }
}

/// An operator's question, and what became of it.
#[derive(Debug, Clone)]
pub struct Request {
    pub request_id: Uuid,
    pub operator_name: String,
    pub reason: String,
    pub asked_at: DateTime<Utc>,
    pub decided_at: Option<DateTime<Utc>>,
    /// The owner's name; empty while nobody has answered.
    pub decided_by: String,
    pub granted_until: Option<DateTime<Utc>>,
    pub ended_at: Option<DateTime<Utc>>,
    status: String,
}

impl Request {
    /// As it was when it was asked.
    pub fn asked(request_id: Uuid, operator_name: String, reason: String, asked_at: DateTime<Utc>) -> Self {
        let (status, decided_by) = ("asked".to_owned(), String::new());
        let (decided_at, granted_until, ended_at) = (None, None, None);
        Self { request_id, operator_name, reason, asked_at, decided_at, decided_by, granted_until, ended_at, status }
    }

    /// How it stands by now.
    pub fn state(&self, now: DateTime<Utc>) -> State {
        match (self.status.as_str(), self.granted_until) {
            ("asked", _) if now < self.lapses_at() => State::Asked,
            ("granted", Some(until)) if now < until && self.ended_at.is_none() => State::Granted,
            ("granted", _) => State::Ended,
            ("declined", _) => State::Declined,
            _ => State::Lapsed,
        }
    }

    /// When it is answered by nobody any more.
    pub fn lapses_at(&self) -> DateTime<Utc> {
        self.asked_at + SUPPORT_ASK_LIFE
    }
}

/// How many requests are shown.
const SHOWN: i64 = 50;

/// Those of this tenant that the door shows, the newest first: to an office all, to an operator their own.
pub async fn list<D: TenantDoor>(tx: &mut Tx<D>) -> Result<Vec<Request>> {
    Ok(sqlx::query_as!(
        Request,
        "select request_id, operator_name, reason, asked_at, decided_at, decided_by, granted_until, ended_at, status
           from support_requests where tenant_id = $1 order by asked_at desc, request_id desc limit $2",
        tx.tenant().uuid(),
        SHOWN
    )
    .fetch_all(&mut *tx)
    .await?)
}

/// One of them.
pub async fn find<D: TenantDoor>(tx: &mut Tx<D>, request_id: Uuid) -> Result<Request> {
    Ok(sqlx::query_as!(
        Request,
        "select request_id, operator_name, reason, asked_at, decided_at, decided_by, granted_until, ended_at, status
           from support_requests where tenant_id = $1 and request_id = $2",
        tx.tenant().uuid(),
        request_id
    )
    .fetch_one(&mut *tx)
    .await?)
}

/// Lets the operator in, from now on, for an hour.
///
/// # Errors
/// [`Error::Conflict`] when somebody has answered already, or the request has lapsed; [`Error::NotFound`].
pub async fn grant(tx: &mut Tx<Office>, member: &Member, request_id: Uuid) -> Result<Request> {
    let until = member.house.now() + GRANT_LIFE;
    answer(tx, member, request_id, "granted", Some(until)).await?;
    let details = json!({ "until": until.to_rfc3339() });
    record(tx, member, "support.granted", request_id, details).await
}

/// Does not let them in.
///
/// # Errors
/// As [`grant`].
pub async fn decline(tx: &mut Tx<Office>, member: &Member, request_id: Uuid) -> Result<Request> {
    answer(tx, member, request_id, "declined", None).await?;
    record(tx, member, "support.declined", request_id, json!({})).await
}

/// Of two who answer at once the second waits for the row, and finds it answered.
async fn answer(tx: &mut Tx<Office>, member: &Member, request_id: Uuid, status: &str, until: Option<DateTime<Utc>>) -> Result<()> {
    let now = member.house.now();
    let answered = sqlx::query!(
        "update support_requests set status = $3, granted_until = $4, decided_at = $5, decided_by = $6
          where tenant_id = $1 and request_id = $2 and status = 'asked' and asked_at > $7",
        tx.tenant().uuid(),
        request_id,
        status,
        until,
        now,
        member.session.name,
        now - SUPPORT_ASK_LIFE
    )
    .execute(&mut *tx)
    .await?;
    if answered.rows_affected() == 0 {
        return Err(Error::Conflict(find(tx, request_id).await?.state(now).objection()));
    }
    let tenant = tx.tenant();
    jobs::enqueue(tx, Lane::Letters, Job::TellOperator(request_id.into()), Some(tenant), now).await
}

/// Ends a grant before its hour is over.
///
/// # Errors
/// [`Error::Conflict`] when it does not run, [`Error::NotFound`].
pub async fn end(tx: &mut Tx<Office>, member: &Member, request_id: Uuid) -> Result<Request> {
    let now = member.house.now();
    let ended = sqlx::query!(
        "update support_requests set ended_at = $3
          where tenant_id = $1 and request_id = $2 and status = 'granted' and ended_at is null and granted_until > $3",
        tx.tenant().uuid(),
        request_id,
        now
    )
    .execute(&mut *tx)
    .await?;
    if ended.rows_affected() == 0 {
        return Err(Error::Conflict(find(tx, request_id).await?.state(now).objection()));
    }
    record(tx, member, "support.ended", request_id, json!({})).await
}

async fn record(tx: &mut Tx<Office>, member: &Member, action: &'static str, request_id: Uuid, mut details: Value) -> Result<Request> {
    let request = find(tx, request_id).await?;
    if let Some(details) = details.as_object_mut() {
        details.insert("operator".to_owned(), Value::from(request.operator_name.as_str()));
    }
    let event = Event { actor: Actor::staff(member), action, subject_kind: "support_request", subject_id: request_id, details };
    audit::record(tx, event, member.house.now()).await?;
    Ok(request)
}

/// Makes room for another question of this operator: one that nobody answered in time is closed.
pub async fn close_what_has_lapsed(tx: &mut Tx<Office>, operator: Uuid, now: DateTime<Utc>) -> Result<()> {
    sqlx::query!(
        "update support_requests set status = 'lapsed' where tenant_id = $1 and operator_id = $2 and status = 'asked' and asked_at <= $3",
        tx.tenant().uuid(),
        operator,
        now - SUPPORT_ASK_LIFE
    )
    .execute(&mut *tx)
    .await?;
    Ok(())
}

/// What was done under the requests, the newest first.
pub async fn history(tx: &mut Tx<Office>) -> Result<Vec<audit::Entry>> {
    Ok(sqlx::query_as!(
        audit::Entry,
        "select at, actor_name, action, details from audit_events
          where tenant_id = $1 and subject_kind = 'support_request' order by at desc, event_id desc limit $2",
        tx.tenant().uuid(),
        SHOWN
    )
    .fetch_all(&mut *tx)
    .await?)
}
