//! What there is to look at: four lists of a tenant's, each by the columns that `tc_support` may read, newest first.
//! Phones are masked.

use chrono::{DateTime, Utc};
use serde_json::Value;
use uuid::Uuid;

use crate::db::{Support, Tx};
use crate::error::Result;
use crate::lists::{Part, one_more};
use crate::values::PhoneNumber;

/// One person at one trade account.
pub struct Customer {
    pub access_id: Uuid,
    pub account_number: String,
    pub business_name: String,
    pub town: String,
    pub contact_name: String,
    pub phone: String,
    pub role: String,
    pub status: String,
    pub created_at: DateTime<Utc>,
}

/// Somebody asks, or asked, for an account.
pub struct Asked {
    pub request_id: Uuid,
    pub business_name: String,
    pub contact_name: String,
    pub phone: String,
    pub status: String,
    pub decided_by: String,
    pub created_at: DateTime<Utc>,
    pub decided_at: Option<DateTime<Utc>>,
}

/// Something that was said to somebody, without the words.
pub struct Said {
    pub message_id: Uuid,
    pub channel: String,
    /// A masked number, or an e-mail address.
    pub recipient: String,
    pub subject: String,
    pub status: String,
    /// Why it failed, if that is known.
    pub problem: String,
    pub created_at: DateTime<Utc>,
    pub sent_at: Option<DateTime<Utc>>,
}

/// An entry of the tenant's audit log.
pub struct Noted {
    pub event_id: Uuid,
    pub at: DateTime<Utc>,
    pub actor_kind: String,
    pub actor_name: String,
    pub action: String,
    pub details: Value,
}

fn masked(phone: &str) -> String {
    PhoneNumber::from_e164(phone).map_or_else(|_| "•••".to_owned(), |phone| phone.masked())
}

/// The customers. `before` is where the page before ended, here as below.
pub async fn customers(tx: &mut Tx<Support>, before: Uuid) -> Result<Part<Customer>> {
    let mut rows = sqlx::query_as!(
        Customer,
        "select a.access_id, t.account_number, t.business_name, t.town, a.contact_name, a.phone, a.role, a.status, a.created_at
           from account_access a join trade_accounts t on t.tenant_id = a.tenant_id and t.account_id = a.account_id
          where a.tenant_id = $1 and a.access_id < $2 order by a.access_id desc limit $3",
        tx.tenant().uuid(),
        before,
        one_more()
    )
    .fetch_all(&mut *tx)
    .await?;
    for row in &mut rows {
        row.phone = masked(&row.phone);
    }
    Ok(Part::of(rows, |row| row.access_id))
}

/// Who asks, or asked, for an account.
pub async fn registration_requests(tx: &mut Tx<Support>, before: Uuid) -> Result<Part<Asked>> {
    let mut rows = sqlx::query_as!(
        Asked,
        // Whoever has been erased has no phone any more.
        r#"select request_id, business_name, contact_name, coalesce(phone, '') as "phone!", status, decided_by, created_at, decided_at
             from registration_requests where tenant_id = $1 and request_id < $2 order by request_id desc limit $3"#,
        tx.tenant().uuid(),
        before,
        one_more()
    )
    .fetch_all(&mut *tx)
    .await?;
    for row in &mut rows {
        row.phone = masked(&row.phone);
    }
    Ok(Part::of(rows, |row| row.request_id))
}

/// To whom something was said, and whether it went.
pub async fn messages(tx: &mut Tx<Support>, before: Uuid) -> Result<Part<Said>> {
    let mut rows = sqlx::query_as!(
        Said,
        "select message_id, channel, recipient, subject, status, problem, created_at, sent_at from messages
          where tenant_id = $1 and message_id < $2 order by message_id desc limit $3",
        tx.tenant().uuid(),
        before,
        one_more()
    )
    .fetch_all(&mut *tx)
    .await?;
    for row in rows.iter_mut().filter(|row| row.channel == "sms") {
        row.recipient = masked(&row.recipient);
    }
    Ok(Part::of(rows, |row| row.message_id))
}

/// The tenant's audit log, with this very look on top.
pub async fn audit_events(tx: &mut Tx<Support>, before: Uuid) -> Result<Part<Noted>> {
    let rows = sqlx::query_as!(
        Noted,
        "select event_id, at, actor_kind, actor_name, action, details from audit_events
          where tenant_id = $1 and event_id < $2 order by event_id desc limit $3",
        tx.tenant().uuid(),
        before,
        one_more()
    )
    .fetch_all(&mut *tx)
    .await?;
    Ok(Part::of(rows, |row| row.event_id))
}
