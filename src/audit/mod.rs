//! Who did what at a tenant, in words. Written in the same transaction as what it tells, never changed.

use chrono::{DateTime, Utc};
use serde_json::Value;
use uuid::Uuid;

use crate::db::{Office, TenantDoor, Tx};
use crate::error::Result;
use crate::ids::{EventId, StaffId};
use crate::tenancy::extract::{Agent, Caller, Member};

/// Who did it.
#[derive(Debug, Clone)]
pub struct Actor {
    kind: &'static str,
    id: Option<Uuid>,
    name: String,
}

impl Actor {
    /// A member of staff, by the name colleagues know.
    pub fn staff(member: &Member) -> Self {
        Self { kind: "staff", id: Some(member.session.staff_id.uuid()), name: member.session.name.clone() }
    }

    /// Somebody who becomes a member of staff with this very act.
    pub fn newcomer(id: StaffId, name: &str) -> Self {
        Self { kind: "staff", id: Some(id.uuid()), name: name.to_owned() }
    }

    /// A customer, by their masked number: the global id is nobody's business here.
    pub fn customer(caller: &Caller) -> Self {
        let access = caller.session.access.as_ref().map(|access| access.access_id.uuid());
        Self { kind: "customer", id: access, name: caller.session.phone.masked() }
    }

    /// One of the platform's own people, or a program of theirs: the tenant reads on whose behalf.
    pub fn operator(agent: &Agent) -> Self {
        Self::of_platform(agent.id(), &format!("{}, Tradecounter", agent.name()))
    }

    /// The same, for who is known by id and name alone.
    pub fn of_platform(id: Uuid, name: &str) -> Self {
        Self { kind: "operator", id: Some(id), name: name.to_owned() }
    }

    /// `customer`, `staff`, `operator` or `system`.
    pub fn kind(&self) -> &'static str {
        self.kind
    }

    /// The command line or a job.
    pub fn system(name: &str) -> Self {
        Self { kind: "system", id: None, name: name.to_owned() }
    }
}

/// What was done, such as `registration_request.approved`, to what.
pub struct Event {
    pub actor: Actor,
    pub action: &'static str,
    pub subject_kind: &'static str,
    pub subject_id: Uuid,
    pub details: Value,
}

/// Writes it down.
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
          where tenant_id = $1 and subject_id = $2 order by at desc, event_id desc limit 50",
        tx.tenant().uuid(),
        subject_id
    )
    .fetch_all(&mut *tx)
    .await?)
}
