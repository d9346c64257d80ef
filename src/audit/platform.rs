//! What was done at the platform by whom: a log and a chain of its own.

use chrono::{DateTime, Utc};
use serde_json::Value;
use uuid::Uuid;

use super::Entry;
use crate::db::{Door, Platform, Tx};
use crate::error::Result;
use crate::ids::EventId;
use crate::tenancy::extract::{Agent, Who};

/// Who did something at the platform.
#[derive(Debug, Clone)]
pub struct Doer {
    kind: &'static str,
    id: Option<Uuid>,
    pub name: String,
}

impl Doer {
    /// A person, or a program.
    pub fn agent(agent: &Agent) -> Self {
        let kind = match agent.who {
            Who::Person { .. } => "operator",
            Who::Program { .. } => "token",
        };
        Self { kind, id: Some(agent.id()), name: agent.name().to_owned() }
    }

    /// A person, who is known by id and name alone.
    pub fn operator(id: Uuid, name: &str) -> Self {
        Self { kind: "operator", id: Some(id), name: name.to_owned() }
    }

    /// Nobody: the time that was given is over.
    pub fn end_of_grace() -> Self {
        Self { kind: "system", id: None, name: "the end of the time to change one’s mind".to_owned() }
    }

    /// Whoever has the command line.
    pub fn command_line() -> Self {
        Self { kind: "system", id: None, name: "the command line".to_owned() }
    }
}

/// Writes down what was done, such as `tenant.created`, to what; in the transaction that does it. Whoever also writes in a
/// tenant's log does that first, so that two never wait for each other.
pub async fn record<D: Door>(
    tx: &mut Tx<D>,
    doer: &Doer,
    action: &'static str,
    subject_id: Uuid,
    details: Value,
    now: DateTime<Utc>,
) -> Result<()> {
    sqlx::query!(
        "insert into operator_events (id, at, actor_kind, actor_id, actor_name, action, subject_id, details)
         values ($1, $2, $3, $4, $5, $6, $7, $8)",
        EventId::new().uuid(),
        now,
        doer.kind,
        doer.id,
        doer.name,
        action,
        subject_id,
        details
    )
    .execute(&mut *tx)
    .await?;
    Ok(())
}

/// What was done to one thing, newest first.
pub async fn about(tx: &mut Tx<Platform>, subject_id: Uuid) -> Result<Vec<Entry>> {
    Ok(sqlx::query_as!(
        Entry,
        "select at, actor_name, action, details from operator_events where subject_id = $1 order by position desc limit 50",
        subject_id
    )
    .fetch_all(&mut *tx)
    .await?)
}
