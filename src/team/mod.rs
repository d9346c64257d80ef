//! The people of a wholesaler: who works there as what, and how that changes.

pub mod api;
pub mod pages;

use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::audit::{self, Actor, Event};
use crate::db::{Office, Tx};
use crate::error::{Error, Result};
use crate::invitations;
use crate::office_passkeys;
use crate::tenancy::StaffRole;
use crate::tenancy::extract::Member;
use crate::tenancy::roles;

/// Somebody who works here.
#[derive(Clone)]
pub struct Colleague {
    pub staff_id: Uuid,
    pub name: String,
    pub email: String,
    pub role: StaffRole,
    pub since: DateTime<Utc>,
    pub last_seen_at: Option<DateTime<Utc>>,
}

/// Everybody who works here: who may do most first.
pub async fn list(tx: &mut Tx<Office>) -> Result<Vec<Colleague>> {
    let rows = sqlx::query!(
        r#"select s.staff_id, s.name, s.email, s.role,
                  coalesce((select max(i.accepted_at) from invitations i where i.tenant_id = s.tenant_id and i.email = s.email),
                           s.created_at) as "since!",
                  (select max(e.last_seen_at) from staff_sessions e where e.tenant_id = s.tenant_id and e.staff_id = s.staff_id)
                    as last_seen_at
             from staff s
            where s.tenant_id = $1 and s.removed_at is null
            order by array_position(array['owner', 'manager', 'sales', 'picker'], s.role), lower(s.name), s.staff_id"#,
        tx.tenant().uuid()
    )
    .fetch_all(&mut *tx)
    .await?;
    rows.into_iter()
        .map(|row| {
            let (staff_id, name, email, role) = (row.staff_id, row.name, row.email, read_role(&row.role)?);
            Ok(Colleague { staff_id, name, email, role, since: row.since, last_seen_at: row.last_seen_at })
        })
        .collect()
}

/// One of them.
pub async fn find(tx: &mut Tx<Office>, staff_id: Uuid) -> Result<Colleague> {
    list(tx).await?.into_iter().find(|colleague| colleague.staff_id == staff_id).ok_or(Error::NotFound)
}

/// A role that the database holds.
pub fn read_role(word: &str) -> Result<StaffRole> {
    StaffRole::parse(word).ok_or_else(|| Error::Internal(anyhow::anyhow!("an unknown role")))
}

/// A role that somebody typed or chose.
pub fn choose_role(typed: &str) -> Result<StaffRole> {
    StaffRole::parse(typed).ok_or_else(|| Error::invalid("role", "Choose a role: owner, manager, sales or picker."))
}

/// What changes a team goes one after the other. Whoever has the turn is looked at again: meanwhile they may have been
/// removed themselves, or become something else. Answers with what they are.
///
/// # Errors
/// [`Error::Unauthenticated`] when they do not work here any more.
pub async fn take_turn(tx: &mut Tx<Office>, member: &Member) -> Result<StaffRole> {
    let lock = format!("team:{}", tx.tenant().uuid());
    sqlx::query!("select from pg_advisory_xact_lock(hashtextextended($1, 0))", lock).execute(&mut *tx).await?;
    let role = sqlx::query_scalar!(
        "select role from staff where tenant_id = $1 and staff_id = $2 and removed_at is null",
        tx.tenant().uuid(),
        member.session.staff_id.uuid()
    )
    .fetch_optional(&mut *tx)
    .await?;
    read_role(&role.ok_or(Error::Unauthenticated)?)
}

/// The colleague of this id, and whether nobody else here is an owner.
async fn find_with_standing(tx: &mut Tx<Office>, staff_id: Uuid) -> Result<(Colleague, bool)> {
    let team = list(tx).await?;
    let owners = team.iter().filter(|colleague| colleague.role == StaffRole::Owner).count();
    let colleague = team.into_iter().find(|colleague| colleague.staff_id == staff_id).ok_or(Error::NotFound)?;
    let is_last_owner = colleague.role == StaffRole::Owner && owners == 1;
    Ok((colleague, is_last_owner))
}

/// Makes somebody something else. What they had invited others to and may not any more is withdrawn.
///
/// # Errors
/// [`Error::Forbidden`] for who may not say so, [`Error::Conflict`] for the last owner.
pub async fn change_role(tx: &mut Tx<Office>, member: &Member, staff_id: Uuid, role: StaffRole) -> Result<Colleague> {
    let acting = take_turn(tx, member).await?;
    if !roles::APPOINT_ANYBODY.is_of(acting) {
        return Err(Error::Forbidden);
    }
    let (colleague, is_last_owner) = find_with_standing(tx, staff_id).await?;
    if colleague.role == role {
        return Ok(colleague);
    }
    if is_last_owner {
        return Err(Error::Conflict("The last owner stays an owner: make somebody else an owner first"));
    }
    sqlx::query!("update staff set role = $3 where tenant_id = $1 and staff_id = $2", tx.tenant().uuid(), staff_id, role.word())
        .execute(&mut *tx)
        .await?;
    let withdrawn = invitations::withdraw_what_is_beyond(tx, staff_id, Some(role), member.house.now()).await?;
    let details = json!({
        "name": colleague.name, "before": colleague.role.word(), "after": role.word(), "invitations_withdrawn": withdrawn,
    });
    record(tx, member, "staff.role_changed", ("staff", staff_id), details).await?;
    Ok(Colleague { role, ..colleague })
}

/// Lets somebody go: their sessions end with the same stroke, and what they had invited others to is withdrawn. Who lets
/// themselves go has to say so, as `is_leaving`.
///
/// # Errors
/// [`Error::Forbidden`] for who may not, [`Error::Conflict`] for the last owner, and for oneself without having said so.
pub async fn remove(tx: &mut Tx<Office>, member: &Member, staff_id: Uuid, is_leaving: bool) -> Result<()> {
    let acting = take_turn(tx, member).await?;
    let (colleague, is_last_owner) = find_with_standing(tx, staff_id).await?;
    if !acting.may_appoint(colleague.role) {
        return Err(Error::Forbidden);
    }
    if is_last_owner {
        return Err(Error::Conflict("The last owner cannot be removed: make somebody else an owner first"));
    }
    let is_oneself = staff_id == member.session.staff_id.uuid();
    if is_oneself && !is_leaving {
        return Err(Error::Conflict(
            "This is you: you would be signed out at once, and only another owner could invite you back. Say that you leave if you mean it",
        ));
    }
    let (tenant, now) = (tx.tenant().uuid(), member.house.now());
    sqlx::query!("update staff set removed_at = $3 where tenant_id = $1 and staff_id = $2", tenant, staff_id, now)
        .execute(&mut *tx)
        .await?;
    let ended = sqlx::query!(
        "update staff_sessions set ended_at = $3 where tenant_id = $1 and staff_id = $2 and ended_at is null",
        tenant,
        staff_id,
        now
    )
    .execute(&mut *tx)
    .await?
    .rows_affected();
    office_passkeys::forget(tx, staff_id).await?;
    let withdrawn = invitations::withdraw_what_is_beyond(tx, staff_id, None, now).await?;
    let details = json!({
        "name": colleague.name, "email": colleague.email, "before": colleague.role.word(),
        "sessions_ended": ended, "invitations_withdrawn": withdrawn,
    });
    record(tx, member, if is_oneself { "staff.left" } else { "staff.removed" }, ("staff", staff_id), details).await
}

/// Writes down who did what to a person or an invitation.
pub async fn record(tx: &mut Tx<Office>, member: &Member, action: &'static str, of: (&'static str, Uuid), details: Value) -> Result<()> {
    let (subject_kind, subject_id) = of;
    let event = Event { actor: Actor::staff(member), action, subject_kind, subject_id, details };
    audit::record(tx, event, member.house.now()).await
}
