//! What becomes of a tenant: it is suspended, opened again, closed, given another name. Each is one transaction with
//! its entry in the tenant's audit log and in the platform's; what may follow what is said in [`states`](crate::tenancy::states).
//!
//! Every process follows as soon as the database tells it that the tenant's row has changed. Sessions stay as they are:
//! while a counter is shut its doors do not open for them, and afterwards they go on. Only another name ends them.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};

use super::names::{self, NameState};
use crate::audit::{self, Actor, Event};
use crate::db::{Founding, Tx};
use crate::error::{Error, Result, is_duplicate};
use crate::ids::{ReminderId, TenantId};
use crate::jobs::{self, Job, Lane};
use crate::tenancy::House;
use crate::tenancy::states::{Role, Standing, State, Step};
use crate::values::{Slug, text};

/// Shuts a counter, for this reason: its customers are told that it is closed, its staff may look and not write.
///
/// # Errors
/// [`Error::Invalid`] about `reason`, [`Error::Conflict`] when it is shut already, [`Error::NotFound`].
pub async fn suspend(house: &House, tenant: TenantId, reason: &str, actor: Actor) -> Result<()> {
    let reason = text::line(reason, text::LONGEST_REASON).map_err(|why| Error::invalid("reason", why.about("the reason")))?;
    let slug = house
        .db()
        .founding(tenant)
        .write(async |tx| {
            let row = lock(tx).await?;
            step(tx, row.standing, Step::Suspend, &reason, actor, house).await?;
            Ok(row.slug)
        })
        .await?;
    // Other processes are told by the database.
    house.tenants.forget(&slug).await;
    Ok(())
}

/// Opens it again, as it was before. What waited to be said in its name goes now.
///
/// # Errors
/// [`Error::Conflict`] when it is not suspended, [`Error::NotFound`].
pub async fn reactivate(house: &House, tenant: TenantId, actor: Actor) -> Result<()> {
    let now = house.now();
    let slug = house
        .db()
        .founding(tenant)
        .write(async |tx| {
            let row = lock(tx).await?;
            jobs::bring_forward(tx, tenant, now).await?;
            step(tx, row.standing, Step::Reactivate, "", actor, house).await?;
            Ok(row.slug)
        })
        .await?;
    house.tenants.forget(&slug).await;
    Ok(())
}

/// Closes it for good, with time to change one's mind: nobody is served, its staff may read and take along, its owners are
/// told every day until when it can be undone. Operators say why.
///
/// # Errors
/// [`Error::Invalid`] about `reason`, [`Error::Conflict`] when it is being closed already, [`Error::NotFound`].
pub async fn close(house: &House, tenant: TenantId, reason: &str, actor: Actor) -> Result<()> {
    let reason =
        if actor.kind() == "operator" { text::line(reason, text::LONGEST_REASON) } else { text::optional(reason, text::LONGEST_REASON) };
    let reason = reason.map_err(|why| Error::invalid("reason", why.about("the reason")))?;
    let slug = house
        .db()
        .founding(tenant)
        .write(async |tx| {
            let row = lock(tx).await?;
            step(tx, row.standing, Step::Close, &reason, actor, house).await?;
            jobs::enqueue(tx, Lane::Letters, Job::RemindOfClosing(ReminderId::new()), Some(tenant), house.now()).await?;
            Ok(row.slug)
        })
        .await?;
    house.tenants.forget(&slug).await;
    Ok(())
}

/// Whether somebody typed the counter's own subdomain, to say that what cannot be undone is meant.
///
/// # Errors
/// [`Error::Invalid`] about `confirmation`.
pub fn confirm(typed: &str, slug: &str) -> Result<()> {
    let is_meant = typed.trim().to_lowercase() == slug;
    if is_meant { Ok(()) } else { Err(Error::invalid("confirmation", format!("Type {slug} to say that you mean it."))) }
}

/// Takes the closing back: it is as it was before.
///
/// # Errors
/// [`Error::Conflict`] when it is not being closed, [`Error::NotFound`].
pub async fn reopen(house: &House, tenant: TenantId, actor: Actor) -> Result<()> {
    let slug = house
        .db()
        .founding(tenant)
        .write(async |tx| {
            let row = lock(tx).await?;
            step(tx, row.standing, Step::Reopen, "", actor, house).await?;
            jobs::bring_forward(tx, tenant, house.now()).await?;
            Ok(row.slug)
        })
        .await?;
    house.tenants.forget(&slug).await;
    Ok(())
}

/// Opens a counter for real whose samples are gone; one that is not of the samples' state stays as it is.
pub async fn activate(tx: &mut Tx<Founding>, actor: Actor, now: DateTime<Utc>) -> Result<()> {
    let standing = lock(tx).await?.standing;
    let keeps = TimeDelta::zero();
    if standing.state == State::Demo { take(tx, standing, Step::Activate, "", actor, (now, keeps)).await } else { Ok(()) }
}

/// Gives it another name. The old one leads there for ninety days and is nobody else's; who was signed in signs in anew.
///
/// # Errors
/// [`Error::Invalid`] about `subdomain` when the name is reserved, [`Error::Conflict`] when it is somebody else's or was
/// until lately, [`Error::NotFound`].
pub async fn rename(house: &House, tenant: TenantId, new: &Slug, actor: Actor) -> Result<()> {
    let now = house.now();
    let old = house
        .db()
        .founding(tenant)
        .write(async |tx| {
            let Row { slug: old, standing } = lock(tx).await?;
            if actor.kind() != "operator" {
                return Err(Error::Forbidden);
            }
            if !standing.state.serves(Role::Operator) {
                return Err(Error::Conflict("This counter has been erased"));
            }
            if old == new.as_str() {
                return Err(Error::Conflict("This counter has that address already"));
            }
            names::state_of(tx, new, Some(tenant), now).await?.insist_on_free()?;
            give(tx, new, now).await?;
            if !names::take(tx, new, tenant, now).await? {
                return NameState::Quarantined.insist_on_free().map(|()| old);
            }
            names::retire(tx, &old, Some(tenant), now).await?;
            write_down(tx, "tenant.renamed", json!({ "from": old, "to": new.as_str() }), actor, now).await?;
            Ok(old)
        })
        .await?;
    house.tenants.forget(&old).await;
    house.tenants.forget(new.as_str()).await;
    Ok(())
}

pub(super) struct Row {
    pub slug: String,
    pub standing: Standing,
}

/// The tenant of this transaction. Of two who want to change it at once the second waits here, and sees what came of the first.
pub(super) async fn lock(tx: &mut Tx<Founding>) -> Result<Row> {
    let row = sqlx::query!(
        r#"select slug, status, before_suspension, before_closing, grace_ends_at, coalesce(status_changed_at, created_at) as "changed_at!"
             from tenants where id = $1 for update"#,
        tx.tenant().uuid()
    )
    .fetch_optional(&mut *tx)
    .await?
    .ok_or(Error::NotFound)?;
    let state = |word: &str| State::parse(word).ok_or_else(|| Error::Internal(anyhow::anyhow!("a tenant in an unknown state")));
    let standing = Standing {
        state: state(&row.status)?,
        before_suspension: row.before_suspension.as_deref().map(state).transpose()?,
        before_closing: row.before_closing.as_deref().map(state).transpose()?,
        grace_ends_at: row.grace_ends_at,
        changed_at: row.changed_at,
    };
    Ok(Row { slug: row.slug, standing })
}

/// Takes a step, and writes down who took it, and why.
async fn step(tx: &mut Tx<Founding>, standing: Standing, step: Step, reason: &str, actor: Actor, house: &House) -> Result<()> {
    take(tx, standing, step, reason, actor, (house.now(), house.grace())).await
}

async fn take(
    tx: &mut Tx<Founding>,
    standing: Standing,
    step: Step,
    reason: &str,
    actor: Actor,
    (now, grace): (DateTime<Utc>, TimeDelta),
) -> Result<()> {
    if !step.takers().contains(&actor.kind()) {
        return Err(Error::Forbidden);
    }
    let next = standing.after(step, now, grace)?;
    // The first reminder goes with the closing itself. Whoever takes a closing back gets the reason of before as well.
    let reminder_at = next.grace_ends_at.map(|_| now + TimeDelta::days(1));
    sqlx::query!(
        "update tenants
            set status = $2, before_suspension = $3, before_closing = $4, status_changed_at = $6, updated_at = $6,
                status_reason = case when status = 'closing' then reason_before_closing else $5 end,
                reason_before_closing = case when $2 = 'closing' then status_reason else '' end,
                grace_ends_at = $7, reminder_at = $8, closed_by = $9
          where id = $1",
        tx.tenant().uuid(),
        next.state.word(),
        next.before_suspension.map(State::word),
        next.before_closing.map(State::word),
        reason,
        now,
        next.grace_ends_at,
        reminder_at,
        if next.state == State::Closing { actor.without_person() } else { String::new() }
    )
    .execute(&mut *tx)
    .await?;
    let mut details = json!({ "from": standing.state.word(), "to": next.state.word() });
    if let (false, Some(details)) = (reason.is_empty(), details.as_object_mut()) {
        details.insert("reason".to_owned(), Value::from(reason));
    }
    write_down(tx, step.event(), details, actor, now).await
}

async fn give(tx: &mut Tx<Founding>, name: &Slug, now: DateTime<Utc>) -> Result<()> {
    let given = sqlx::query!(
        "update tenants set slug = $2, renamed_at = $3, updated_at = $3 where id = $1",
        tx.tenant().uuid(),
        name.as_str(),
        now
    );
    match given.execute(&mut *tx).await {
        Err(error) if is_duplicate(&error) => NameState::InUse.insist_on_free(),
        other => other.map(drop).map_err(Into::into),
    }
}

async fn write_down(tx: &mut Tx<Founding>, action: &'static str, details: Value, actor: Actor, now: DateTime<Utc>) -> Result<()> {
    let subject_id = tx.tenant().uuid();
    audit::record_of_tenant(tx, Event { actor, action, subject_kind: "tenant", subject_id, details }, now).await
}
