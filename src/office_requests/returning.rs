//! Somebody writes that they had an account, under another number or long ago: the office looks who that was, and moves
//! the access to the number that asks.

use serde_json::json;
use uuid::Uuid;

use super::{Approved, telling, why_not};
use crate::audit::{self, Actor, Event};
use crate::confirmations;
use crate::db::{Office, Tx};
use crate::error::{Error, Result};
use crate::ids::CustomerId;
use crate::office_customers::moving::move_access;
use crate::tenancy::extract::Member;
use crate::values::{PhoneNumber, text};

/// Somebody whom a request may mean.
pub struct Candidate {
    pub access_id: Uuid,
    pub business_name: String,
    pub account_number: String,
    pub contact_name: String,
    /// Empty when the number was silent for long, and is somebody's own again.
    pub phone_shown: String,
    /// They had the very number that asks.
    pub had_this_number: bool,
}

/// Those whom a request may mean: whoever had its number before, then who fits the words; without any, the words of the
/// request.
pub async fn candidates(tx: &mut Tx<Office>, member: &Member, request_id: Uuid, query: &str) -> Result<Vec<Candidate>> {
    let words = text::optional(query, text::LONGEST_QUERY).map_err(|why| Error::invalid("query", why.about("what to look for")))?;
    let request = sqlx::query!(
        r#"select customer_id as "customer_id!", business_name from registration_requests
            where tenant_id = $1 and request_id = $2 and customer_id is not null"#,
        tx.tenant().uuid(),
        request_id
    )
    .fetch_one(&mut *tx)
    .await?;
    let words = if words.is_empty() { request.business_name } else { words };
    let former = confirmations::former_of(tx, request.customer_id.into()).await?.map(CustomerId::uuid);
    let digits: String = words.chars().filter(char::is_ascii_digit).collect();
    let rows = sqlx::query!(
        r#"select a.access_id, t.business_name, t.account_number, a.contact_name, a.phone,
                  a.customer_id is not distinct from $2 as "had_this_number!"
             from account_access a join trade_accounts t on t.tenant_id = a.tenant_id and t.account_id = a.account_id
            where a.tenant_id = $1
              and (a.customer_id = $2 or strpos(lower(t.business_name), lower($3)) > 0 or strpos(lower($3), lower(t.business_name)) > 0
                   or lower(t.account_number) = lower($3) or strpos(lower(a.contact_name), lower($3)) > 0
                   or (length($4) >= 6 and strpos(a.phone, $4) > 0))
            order by a.customer_id is distinct from $2, t.business_name, a.contact_name, a.access_id limit 20"#,
        tx.tenant().uuid(),
        former,
        words,
        digits.trim_start_matches('0')
    )
    .fetch_all(&mut *tx)
    .await?;
    let shown = |phone: &str| PhoneNumber::from_e164(phone).map(|phone| phone.national(member.tenant.country)).unwrap_or_default();
    Ok(rows
        .into_iter()
        .map(|row| Candidate {
            phone_shown: shown(&row.phone),
            access_id: row.access_id,
            business_name: row.business_name,
            account_number: row.account_number,
            contact_name: row.contact_name,
            had_this_number: row.had_this_number,
        })
        .collect())
}

/// Moves the access to whoever asks.
///
/// # Errors
/// [`Error::Conflict`] when it was decided already, or they have an access meanwhile; [`Error::Invalid`] when there is no
/// such access, or the request is for a new account.
pub async fn approve_return(tx: &mut Tx<Office>, member: &Member, request_id: Uuid, access_id: Uuid) -> Result<Approved> {
    let now = member.house.now();
    let decided = sqlx::query!(
        r#"update registration_requests set status = 'approved', decided_by = $3, decided_at = $4
            where tenant_id = $1 and request_id = $2 and status = 'pending' and kind = 'return'
           returning customer_id as "customer_id!", phone as "phone!""#,
        tx.tenant().uuid(),
        request_id,
        member.session.name,
        now
    )
    .fetch_optional(&mut *tx)
    .await?;
    let Some(request) = decided else {
        return Err(match why_not(tx, request_id).await {
            Error::Invalid(_) => Error::invalid("customer", "This request is for a new account: nobody’s access moves."),
            error => error,
        });
    };
    let customer = CustomerId::from(request.customer_id);
    let former = match move_access(tx, access_id, customer, &request.phone, now).await {
        Err(Error::NotFound) => return Err(Error::invalid("customer", "There is no such customer here any more.")),
        moved => moved?,
    };
    match confirmations::settle(tx, customer, "confirmed", &member.house).await {
        Ok(_) | Err(Error::Conflict(_)) => {}
        Err(error) => return Err(error),
    }
    let account_number = sqlx::query_scalar!(
        "select t.account_number from account_access a
           join trade_accounts t on t.tenant_id = a.tenant_id and t.account_id = a.account_id
          where a.tenant_id = $1 and a.access_id = $2",
        tx.tenant().uuid(),
        access_id
    )
    .fetch_one(&mut *tx)
    .await?;
    for (subject_kind, subject_id, action) in
        [("registration_request", request_id, "registration_request.approved"), ("account_access", access_id, "account_access.moved")]
    {
        let details = json!({ "account_number": account_number });
        let event = Event { actor: Actor::staff(member), action, subject_kind, subject_id, details };
        audit::record(tx, event, now).await?;
    }
    telling::moved(tx, member, &former).await?;
    telling::approved(tx, member, customer, &request.phone).await?;
    Ok(Approved { account_number })
}
