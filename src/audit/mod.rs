//! Who did what at a tenant, and at the platform. Written in the same transaction as what it tells, never changed: each
//! entry's hash covers the entry before it (see [`chain`]). Nothing personal of a customer stands in an entry, but ids by
//! which it is looked up, so that it can be erased and the chain stays whole.

pub mod chain;
pub mod export;
pub mod filter;
pub mod platform;
pub mod reading;
pub mod words;

use chrono::{DateTime, Utc};
use serde_json::Value;
use uuid::Uuid;

pub use platform::Doer;
pub use words::{Named, Words, tell};

use crate::db::{Founding, Office, TenantDoor, Tx};
use crate::error::Result;
use crate::ids::{AccessId, EventId, StaffId};
use crate::tenancy::extract::{Agent, Caller, Member};

/// Who did it.
#[derive(Debug, Clone)]
pub struct Actor {
    kind: &'static str,
    id: Option<Uuid>,
    name: String,
    /// As the platform's own log knows them.
    doer: Option<Doer>,
}

impl Actor {
    /// A member of staff, by the name colleagues know.
    pub fn staff(member: &Member) -> Self {
        Self { kind: "staff", id: Some(member.session.staff_id.uuid()), name: member.session.name.clone(), doer: None }
    }

    /// The same, of whoever left something to a job.
    pub fn of_staff(id: StaffId, name: &str) -> Self {
        Self::newcomer(id, name)
    }

    /// Somebody who becomes a member of staff with this very act.
    pub fn newcomer(id: StaffId, name: &str) -> Self {
        Self { kind: "staff", id: Some(id.uuid()), name: name.to_owned(), doer: None }
    }

    /// A customer, by the id of their access here: the global id is nobody's business, and a name could not be erased.
    pub fn customer(caller: &Caller) -> Self {
        let access = caller.session.access.as_ref().map(|access| access.access_id.uuid());
        Self { kind: "customer", id: access, name: String::new(), doer: None }
    }

    /// A customer who is known here by what lets them in, when nobody is at the counter any more.
    pub fn access(id: AccessId) -> Self {
        Self { kind: "customer", id: Some(id.uuid()), name: String::new(), doer: None }
    }

    /// One of the platform's own people, or a program of theirs: the tenant reads on whose behalf.
    pub fn operator(agent: &Agent) -> Self {
        let name = format!("{}, Tradecounter", agent.name());
        Self { kind: "operator", id: Some(agent.id()), name, doer: Some(Doer::agent(agent)) }
    }

    /// The same, for who is known by id and name alone.
    pub fn of_platform(id: Uuid, name: &str) -> Self {
        Self { kind: "operator", id: Some(id), name: name.to_owned(), doer: Some(Doer::operator(id, name)) }
    }

    /// What outlives the tenant says of it: of its own people not who they are.
    pub fn without_person(&self) -> String {
        if self.kind == "staff" { "an owner of the business".to_owned() } else { self.name.clone() }
    }

    /// `customer`, `staff`, `operator` or `system`.
    pub fn kind(&self) -> &'static str {
        self.kind
    }

    /// The command line or a job.
    pub fn system(name: &str) -> Self {
        Self { kind: "system", id: None, name: name.to_owned(), doer: None }
    }
}

/// What was done, such as `registration_request.approved`, to what.
pub struct Event {
    pub actor: Actor,
    pub action: &'static str,
    pub subject_kind: &'static str,
    pub subject_id: Uuid,
    /// Never a customer's name, number or words: those are looked up by the id of the subject.
    pub details: Value,
}

/// Writes it down. The database gives it its place in the tenant's chain, for which others of this tenant wait until the
/// transaction ends: so it is the last thing, or nearly, that a verb writes.
pub async fn record<D: TenantDoor>(tx: &mut Tx<D>, event: Event, now: DateTime<Utc>) -> Result<()> {
    sqlx::query!(
        "insert into audit_events (tenant_id, event_id, at, actor_kind, actor_id, actor_name, action, subject_kind, subject_id, details)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        tx.tenant().uuid(),
        EventId::new().uuid(),
        now,
        event.actor.kind,
        event.actor.id,
        event.actor.name,
        event.action,
        event.subject_kind,
        event.subject_id,
        event.details
    )
    .execute(&mut *tx)
    .await?;
    Ok(())
}

/// Writes down what was done to the tenant itself: in its log and, when it was the platform who did it, in the platform's
/// as well, in the same transaction.
pub async fn record_of_tenant(tx: &mut Tx<Founding>, event: Event, now: DateTime<Utc>) -> Result<()> {
    let at_the_platform = event.actor.doer.clone().map(|doer| (doer, event.action, event.details.clone()));
    record(tx, event, now).await?;
    let Some((doer, action, details)) = at_the_platform else { return Ok(()) };
    let tenant = tx.tenant().uuid();
    platform::record(tx, &doer, action, tenant, details, now).await
}

/// An entry, as staff read it.
pub struct Entry {
    pub at: DateTime<Utc>,
    pub actor_name: String,
    pub action: String,
    pub details: Value,
}

/// What happened to one thing, newest first.
pub async fn about(tx: &mut Tx<Office>, subject_id: Uuid) -> Result<Vec<Entry>> {
    Ok(sqlx::query_as!(
        Entry,
        "select at, actor_name, action, details from audit_events
          where tenant_id = $1 and subject_id = $2 order by position desc limit 50",
        tx.tenant().uuid(),
        subject_id
    )
    .fetch_all(&mut *tx)
    .await?)
}
