//! The passkeys of a wholesaler's own people: each has their own, and nobody sees another's.

pub mod api;
pub mod pages;

use serde_json::{Value, json};
use uuid::Uuid;

use crate::audit::{self, Actor, Event};
use crate::db::{Office, Tx};
use crate::error::{Error, Result, is_duplicate};
use crate::ids::{PasskeyId, StaffId};
use crate::passkeys::list::Owned;
use crate::passkeys::{self, Asked, Holder, MOST, Made, Shown};
use crate::team::read_role;
use crate::tenancy::extract::Member;
use crate::tenancy::{StaffRole, Visitor};

/// One's own, the newest first.
pub async fn list(tx: &mut Tx<Office>, member: &Member) -> Result<Vec<Owned>> {
    Ok(sqlx::query_as!(
        Owned,
        "select passkey_id as id, name, host, created_at, last_used_at from staff_passkeys
          where tenant_id = $1 and staff_id = $2 order by passkey_id desc",
        tx.tenant().uuid(),
        member.session.staff_id.uuid()
    )
    .fetch_all(&mut *tx)
    .await?)
}

/// Asks their device for a new one.
pub async fn ask_for_new(member: &Member) -> Result<Asked> {
    let office = member.house.office(&member.tenant);
    let before = office.read(async |tx| {
        let ids = sqlx::query_scalar!(
            "select credential_id from staff_passkeys where tenant_id = $1 and staff_id = $2",
            tx.tenant().uuid(),
            member.session.staff_id.uuid()
        );
        Ok(ids.fetch_all(&mut *tx).await?)
    });
    let holder = Holder { id: member.session.staff_id.uuid(), email: member.session.email.as_str(), name: &member.session.name };
    passkeys::ask_for_new(member, holder, before.await?).await
}

/// Keeps the new one.
///
/// # Errors
/// [`Error::Invalid`] when it is not what was asked for, [`Error::Conflict`] when they have it already, or too many.
pub async fn add(member: &Member, challenge: &str, credential: &str, name: String) -> Result<Owned> {
    let made = passkeys::take_new(member, member.session.staff_id.uuid(), challenge, credential).await?;
    member.house.office(&member.tenant).write(async |tx| keep(tx, member, made, name).await).await
}

async fn keep(tx: &mut Tx<Office>, member: &Member, made: Made, name: String) -> Result<Owned> {
    if list(tx, member).await?.len() >= MOST {
        return Err(Error::Conflict("You have as many passkeys as one person can have. Remove one first"));
    }
    let kept = sqlx::query_as!(
        Owned,
        "insert into staff_passkeys (tenant_id, passkey_id, staff_id, host, credential_id, credential, name, created_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8)
         returning passkey_id as id, name, host, created_at, last_used_at",
        tx.tenant().uuid(),
        PasskeyId::new().uuid(),
        member.session.staff_id.uuid(),
        member.host,
        made.credential_id,
        made.credential,
        name,
        member.house.now()
    )
    .fetch_one(&mut *tx)
    .await
    .map_err(|error| if is_duplicate(&error) { Error::Conflict("This passkey is known here already") } else { error.into() })?;
    record(tx, member, "passkey.added", json!({ "name": kept.name })).await?;
    Ok(kept)
}

/// Gives one of one's own another name.
///
/// # Errors
/// [`Error::NotFound`] for one that is not theirs.
pub async fn rename(tx: &mut Tx<Office>, member: &Member, id: Uuid, name: String) -> Result<Owned> {
    let before = list(tx, member).await?.into_iter().find(|owned| owned.id == id).ok_or(Error::NotFound)?;
    if before.name == name {
        return Ok(before);
    }
    sqlx::query!(
        "update staff_passkeys set name = $4 where tenant_id = $1 and staff_id = $2 and passkey_id = $3",
        tx.tenant().uuid(),
        member.session.staff_id.uuid(),
        id,
        name
    )
    .execute(&mut *tx)
    .await?;
    record(tx, member, "passkey.renamed", json!({ "before": before.name, "name": name })).await?;
    Ok(Owned { name, ..before })
}

/// Removes one of one's own. Sessions that it began end with it, but for the one that is asking.
///
/// # Errors
/// [`Error::NotFound`] for one that is not theirs.
pub async fn remove(tx: &mut Tx<Office>, member: &Member, id: Uuid) -> Result<()> {
    let name = sqlx::query_scalar!(
        "delete from staff_passkeys where tenant_id = $1 and staff_id = $2 and passkey_id = $3 returning name",
        tx.tenant().uuid(),
        member.session.staff_id.uuid(),
        id
    )
    .fetch_optional(&mut *tx)
    .await?
    .ok_or(Error::NotFound)?;
    sqlx::query!(
        "update staff_sessions set ended_at = $4
          where tenant_id = $1 and staff_id = $2 and passkey_id = $3 and ended_at is null and session_id <> $5",
        tx.tenant().uuid(),
        member.session.staff_id.uuid(),
        id,
        member.house.now(),
        member.session.session_id.uuid()
    )
    .execute(&mut *tx)
    .await?;
    record(tx, member, "passkey.removed", json!({ "name": name })).await
}

/// Removes all of somebody who does not work here any more: when they are invited again, they begin anew.
pub async fn forget(tx: &mut Tx<Office>, staff_id: Uuid) -> Result<()> {
    sqlx::query!("delete from staff_passkeys where tenant_id = $1 and staff_id = $2", tx.tenant().uuid(), staff_id)
        .execute(&mut *tx)
        .await?;
    Ok(())
}

/// Whose the passkey is that was shown here, after it has proven itself.
///
/// # Errors
/// [`Error::WrongPasskey`] for every reason alike.
pub async fn verify(tx: &mut Tx<Office>, visitor: &Visitor, shown: Shown) -> Result<(PasskeyId, StaffId, StaffRole)> {
    // Locked: of two who show copies of one key at once, the second is measured by the count that the first left.
    let row = sqlx::query!(
        "select k.passkey_id, k.staff_id, k.credential, p.role
           from staff_passkeys k join staff p on p.tenant_id = k.tenant_id and p.staff_id = k.staff_id and p.removed_at is null
          where k.tenant_id = $1 and k.credential_id = $2 and k.staff_id = $3 and k.host = $4
            for update of k",
        tx.tenant().uuid(),
        shown.credential_id,
        shown.holder,
        visitor.host
    )
    .fetch_optional(&mut *tx)
    .await?
    .ok_or(Error::WrongPasskey)?;
    let credential = shown.verify(visitor, row.credential)?;
    sqlx::query!(
        "update staff_passkeys set credential = $3, last_used_at = $4 where tenant_id = $1 and passkey_id = $2",
        tx.tenant().uuid(),
        row.passkey_id,
        credential,
        visitor.house.now()
    )
    .execute(&mut *tx)
    .await?;
    Ok((row.passkey_id.into(), row.staff_id.into(), read_role(&row.role)?))
}

async fn record(tx: &mut Tx<Office>, member: &Member, action: &'static str, details: Value) -> Result<()> {
    let (subject_kind, subject_id) = ("staff", member.session.staff_id.uuid());
    let event = Event { actor: Actor::staff(member), action, subject_kind, subject_id, details };
    audit::record(tx, event, member.house.now()).await
}
