//! Operators' passkeys: who has one signs in with it, and who has none yet can do nothing but make one.

pub mod api;
pub mod pages;

use serde_json::json;
use uuid::Uuid;

use crate::db::{Identity, Platform, Tx};
use crate::error::{Error, Result, is_duplicate};
use crate::ids::{OperatorId, PasskeyId, SessionId};
use crate::operators::{self, Doer};
use crate::passkeys::list::Owned;
use crate::passkeys::{self, Asked, Holder, MOST, Made, Shown};
use crate::tenancy::Here;
use crate::tenancy::extract::{Agent, Who};
use crate::values::EmailAddress;

/// The person who is asking: of their session and of themselves.
fn person(agent: &Agent) -> Result<(SessionId, OperatorId)> {
    match &agent.who {
        Who::Person { session_id, operator_id, .. } => Ok((*session_id, *operator_id)),
        Who::Program { .. } => Err(Error::Forbidden),
    }
}

/// One's own, the newest first.
pub async fn list(tx: &mut Tx<Platform>, agent: &Agent) -> Result<Vec<Owned>> {
    let (_, operator) = person(agent)?;
    Ok(sqlx::query_as!(
        Owned,
        "select id, name, host, created_at, last_used_at from operator_passkeys where operator_id = $1 order by id desc",
        operator.uuid()
    )
    .fetch_all(&mut *tx)
    .await?)
}

/// Asks their device for a new one.
pub async fn ask_for_new(agent: &Agent) -> Result<Asked> {
    let Who::Person { operator_id, name, email, .. } = &agent.who else { return Err(Error::Forbidden) };
    let platform = agent.house.db().platform();
    let before = platform.read(async |tx| {
        let ids = sqlx::query_scalar!("select credential_id from operator_passkeys where operator_id = $1", operator_id.uuid());
        Ok(ids.fetch_all(&mut *tx).await?)
    });
    passkeys::ask_for_new(agent, Holder { id: operator_id.uuid(), email, name }, before.await?).await
}

/// Keeps the new one. The session that made it counts as begun by it: its owner has just shown both the address and the key.
///
/// # Errors
/// [`Error::Invalid`] when it is not what was asked for, [`Error::Conflict`] when they have it already, or too many.
pub async fn add(agent: &Agent, challenge: &str, credential: &str, name: String) -> Result<Owned> {
    let made = passkeys::take_new(agent, person(agent)?.1.uuid(), challenge, credential).await?;
    agent.house.db().platform().write(async |tx| keep(tx, agent, made, name).await).await
}

async fn keep(tx: &mut Tx<Platform>, agent: &Agent, made: Made, name: String) -> Result<Owned> {
    let (session, operator) = person(agent)?;
    if list(tx, agent).await?.len() >= MOST {
        return Err(Error::Conflict("You have as many passkeys as one person can have. Remove one first"));
    }
    let kept = sqlx::query_as!(
        Owned,
        "insert into operator_passkeys (id, operator_id, host, credential_id, credential, name, created_at)
         values ($1, $2, $3, $4, $5, $6, $7)
         returning id, name, host, created_at, last_used_at",
        PasskeyId::new().uuid(),
        operator.uuid(),
        agent.host,
        made.credential_id,
        made.credential,
        name,
        agent.house.now()
    )
    .fetch_one(&mut *tx)
    .await
    .map_err(|error| if is_duplicate(&error) { Error::Conflict("This passkey is known here already") } else { error.into() })?;
    sqlx::query!("update operator_sessions set passkey_id = $2 where id = $1 and passkey_id is null", session.uuid(), kept.id)
        .execute(&mut *tx)
        .await?;
    let details = json!({ "name": kept.name });
    operators::record(tx, &Doer::agent(agent), "passkey.added", operator.uuid(), details, agent.house.now()).await?;
    Ok(kept)
}

/// Gives one of one's own another name.
///
/// # Errors
/// [`Error::NotFound`] for one that is not theirs.
pub async fn rename(tx: &mut Tx<Platform>, agent: &Agent, id: Uuid, name: String) -> Result<Owned> {
    let (_, operator) = person(agent)?;
    let before = list(tx, agent).await?.into_iter().find(|owned| owned.id == id).ok_or(Error::NotFound)?;
    if before.name == name {
        return Ok(before);
    }
    sqlx::query!("update operator_passkeys set name = $3 where operator_id = $1 and id = $2", operator.uuid(), id, name)
        .execute(&mut *tx)
        .await?;
    let details = json!({ "before": before.name, "name": name });
    operators::record(tx, &Doer::agent(agent), "passkey.renamed", operator.uuid(), details, agent.house.now()).await?;
    Ok(Owned { name, ..before })
}

/// Removes one of one's own, but not the last. Sessions that it began end with it, but for the one that is asking.
///
/// # Errors
/// [`Error::NotFound`] for one that is not theirs, [`Error::Conflict`] for the last.
pub async fn remove(tx: &mut Tx<Platform>, agent: &Agent, id: Uuid) -> Result<()> {
    let (session, operator) = person(agent)?;
    // Locked, so that of two who each remove the other one, one is the last.
    let own = sqlx::query!("select id, name from operator_passkeys where operator_id = $1 order by id for update", operator.uuid())
        .fetch_all(&mut *tx)
        .await?;
    let removed = own.iter().find(|row| row.id == id).ok_or(Error::NotFound)?;
    if own.len() == 1 {
        return Err(Error::Conflict("This is your only passkey, and nothing else opens the console. Make another one first"));
    }
    sqlx::query!("delete from operator_passkeys where operator_id = $1 and id = $2", operator.uuid(), id).execute(&mut *tx).await?;
    sqlx::query!(
        "update operator_sessions set ended_at = $3 where passkey_id = $1 and ended_at is null and id <> $2",
        id,
        session.uuid(),
        agent.house.now()
    )
    .execute(&mut *tx)
    .await?;
    let details = json!({ "name": removed.name });
    operators::record(tx, &Doer::agent(agent), "passkey.removed", operator.uuid(), details, agent.house.now()).await
}

/// Takes all from an operator who has lost them, and ends their sessions: the next code makes a new one.
///
/// # Errors
/// [`Error::NotFound`] when nobody of this address is an operator.
pub async fn forget(tx: &mut Tx<Platform>, email: &EmailAddress, doer: &Doer, now: chrono::DateTime<chrono::Utc>) -> Result<u64> {
    let operator = sqlx::query!("select id, name from operators where email = $1 and removed_at is null", email.as_str())
        .fetch_optional(&mut *tx)
        .await?
        .ok_or(Error::NotFound)?;
    let forgotten =
        sqlx::query!("delete from operator_passkeys where operator_id = $1", operator.id).execute(&mut *tx).await?.rows_affected();
    sqlx::query!("update operator_sessions set ended_at = $2 where operator_id = $1 and ended_at is null", operator.id, now)
        .execute(&mut *tx)
        .await?;
    let details = json!({ "name": operator.name, "passkeys": forgotten });
    operators::record(tx, doer, "passkey.forgotten", operator.id, details, now).await?;
    Ok(forgotten)
}

/// Whose the passkey is that was shown here, after it has proven itself.
///
/// # Errors
/// [`Error::WrongPasskey`] for every reason alike.
pub async fn verify(tx: &mut Tx<Identity>, here: &Here, shown: Shown) -> Result<(PasskeyId, OperatorId, String)> {
    // Locked: of two who show copies of one key at once, the second is measured by the count that the first left.
    let row = sqlx::query!(
        "select k.id, k.operator_id, k.credential, o.name
           from operator_passkeys k join operators o on o.id = k.operator_id and o.removed_at is null
          where k.credential_id = $1 and k.operator_id = $2 and k.host = $3
            for update of k",
        shown.credential_id,
        shown.holder,
        here.host
    )
    .fetch_optional(&mut *tx)
    .await?
    .ok_or(Error::WrongPasskey)?;
    let credential = shown.verify(here, row.credential)?;
    sqlx::query!("update operator_passkeys set credential = $2, last_used_at = $3 where id = $1", row.id, credential, here.house.now())
        .execute(&mut *tx)
        .await?;
    Ok((row.id.into(), row.operator_id.into(), row.name))
}
