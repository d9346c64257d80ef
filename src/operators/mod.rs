//! The platform's own people: who they are, and what was done at the platform by whom.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::db::{Door, Platform, Tx};
use crate::error::Result;
use crate::ids::{EventId, OperatorId};
use crate::tenancy::extract::{Agent, Who};
use crate::values::EmailAddress;

/// Who did something at the platform.
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

    /// Whoever has the command line.
    pub fn command_line() -> Self {
        Self { kind: "system", id: None, name: "the command line".to_owned() }
    }
}

/// Writes down what was done, such as `tenant.created`, to what; in the transaction that does it.
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

/// An entry, as operators read it.
pub struct Entry {
    pub at: DateTime<Utc>,
    pub actor_name: String,
    pub action: String,
    pub details: Value,
}

/// What was done to one thing, newest first.
pub async fn about(tx: &mut Tx<Platform>, subject_id: Uuid) -> Result<Vec<Entry>> {
    Ok(sqlx::query_as!(
        Entry,
        "select at, actor_name, action, details from operator_events where subject_id = $1 order by at desc, id desc limit 50",
        subject_id
    )
    .fetch_all(&mut *tx)
    .await?)
}

/// What an invitation changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Invited {
    /// They may sign in from now on.
    New,
    /// They could already.
    Before,
}

/// Lets somebody sign in to the console. Whoever was let in before stays so, under the new name if one is given.
pub async fn invite(tx: &mut Tx<Platform>, email: &EmailAddress, name: Option<&str>, doer: &Doer, now: DateTime<Utc>) -> Result<Invited> {
    let before =
        sqlx::query!("select id, name, removed_at from operators where email = $1", email.as_str()).fetch_optional(&mut *tx).await?;
    let first_name = || email.as_str().split('@').next().unwrap_or_default().to_owned();
    let name = name.map_or_else(|| before.as_ref().map_or_else(first_name, |row| row.name.clone()), str::to_owned);
    if before.as_ref().is_some_and(|row| row.removed_at.is_none() && row.name == name) {
        return Ok(Invited::Before);
    }
    let was_there = before.as_ref().is_some_and(|row| row.removed_at.is_none());
    let id = sqlx::query_scalar!(
        "insert into operators (id, email, name, created_at) values ($1, $2, $3, $4)
         on conflict (email) do update set name = excluded.name, removed_at = null
         returning id",
        OperatorId::new().uuid(),
        email.as_str(),
        name,
        now
    )
    .fetch_one(&mut *tx)
    .await?;
    let action = if was_there { "operator.renamed" } else { "operator.invited" };
    record(tx, doer, action, id, json!({ "email": email.as_str(), "name": name }), now).await?;
    Ok(if was_there { Invited::Before } else { Invited::New })
}
