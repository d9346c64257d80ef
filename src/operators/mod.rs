//! The platform's own people: who they are, and what was done at the platform by whom.

use chrono::{DateTime, Utc};
use serde_json::json;

pub use crate::audit::platform::{Doer, about, record};
use crate::db::{Platform, Tx};
use crate::error::{Error, Result};
use crate::ids::OperatorId;
use crate::values::EmailAddress;

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

/// Lets somebody sign in no more: their passkeys are forgotten, and whoever is signed in as them is not from here on. The tokens
/// they made are the platform's, and stay good: their names are given back, for whoever has to look at what else they hold.
///
/// # Errors
/// [`Error::NotFound`] when nobody of this address may sign in.
pub async fn remove(tx: &mut Tx<Platform>, email: &EmailAddress, doer: &Doer, now: DateTime<Utc>) -> Result<Vec<String>> {
    let removed = sqlx::query!(
        "update operators set removed_at = $2 where email = $1 and removed_at is null returning id, name",
        email.as_str(),
        now
    )
    .fetch_optional(&mut *tx)
    .await?
    .ok_or(Error::NotFound)?;
    // Gone, and not only of no use: should they be invited again, none of these opens anything.
    sqlx::query!("delete from operator_passkeys where operator_id = $1", removed.id).execute(&mut *tx).await?;
    sqlx::query!("update operator_sessions set ended_at = $2 where operator_id = $1 and ended_at is null", removed.id, now)
        .execute(&mut *tx)
        .await?;
    let tokens =
        sqlx::query_scalar!("select name from operator_tokens where made_by = $1 and revoked_at is null order by name", removed.name)
            .fetch_all(&mut *tx)
            .await?;
    record(tx, doer, "operator.removed", removed.id, json!({ "email": email.as_str(), "name": removed.name }), now).await?;
    Ok(tokens)
}
