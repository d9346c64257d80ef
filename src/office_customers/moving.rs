//! A customer who is known already comes under another number: their access goes over to it, with what this wholesaler
//! has of them, and nothing of any other wholesaler's is touched.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::db::{Office, Tx};
use crate::error::{Error, Result, is_duplicate};
use crate::ids::CustomerId;
use crate::values::PhoneNumber;

/// Whom an access was of.
pub struct Former {
    pub customer: CustomerId,
    /// None when the number was silent for long and is somebody's own again.
    pub phone: Option<PhoneNumber>,
}

/// Gives an access to the customer of this number. Whoever had it is signed out here.
///
/// # Errors
/// [`Error::NotFound`] when there is no such access; [`Error::Conflict`] when that customer has one here already.
pub async fn move_access(tx: &mut Tx<Office>, access_id: Uuid, to: CustomerId, phone: &str, now: DateTime<Utc>) -> Result<Former> {
    let former = sqlx::query!(
        "select customer_id, phone from account_access where tenant_id = $1 and access_id = $2 for update",
        tx.tenant().uuid(),
        access_id
    )
    .fetch_one(&mut *tx)
    .await?;
    let moved = sqlx::query!(
        "update account_access set customer_id = $3, phone = $4 where tenant_id = $1 and access_id = $2",
        tx.tenant().uuid(),
        access_id,
        to.uuid(),
        phone
    )
    .execute(&mut *tx)
    .await;
    match moved {
        Err(error) if is_duplicate(&error) => return Err(Error::Conflict("This customer has an account here already")),
        moved => moved?,
    };
    sqlx::query!(
        "update registration_requests set customer_id = $3, phone = $4, status = case when status = 'pending' then 'withdrawn' else status end
          where tenant_id = $1 and customer_id = $2",
        tx.tenant().uuid(),
        former.customer_id,
        to.uuid(),
        phone
    )
    .execute(&mut *tx)
    .await?;
    sqlx::query!(
        "update messages set customer_id = $3, phone = $4 where tenant_id = $1 and customer_id = $2",
        tx.tenant().uuid(),
        former.customer_id,
        to.uuid(),
        phone
    )
    .execute(&mut *tx)
    .await?;
    sqlx::query!(
        "update sessions set ended_at = $3 where tenant_id = $1 and customer_id = $2 and ended_at is null",
        tx.tenant().uuid(),
        former.customer_id,
        now
    )
    .execute(&mut *tx)
    .await?;
    Ok(Former { customer: former.customer_id.into(), phone: PhoneNumber::from_e164(&former.phone).ok() })
}

/// An account that nobody buys for, because whoever did is gone.
pub struct Deserted {
    pub account_number: String,
    pub business_name: String,
}

/// The accounts that nobody buys for.
pub async fn deserted(tx: &mut Tx<Office>) -> Result<Vec<Deserted>> {
    Ok(sqlx::query_as!(
        Deserted,
        "select t.account_number, t.business_name from trade_accounts t
          where t.tenant_id = $1
            and not exists (select from account_access a where a.tenant_id = t.tenant_id and a.account_id = t.account_id)
          order by t.business_name, t.account_number limit 50",
        tx.tenant().uuid()
    )
    .fetch_all(&mut *tx)
    .await?)
}
