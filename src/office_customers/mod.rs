//! The customers of a counter, as the office knows them: by their access, never by the person behind it.

pub mod api;
pub mod moving;
pub mod pages;

use chrono::{DateTime, Utc};
use serde_json::json;
use uuid::Uuid;

use crate::audit::{self, Actor, Event};
use crate::db::{Office, Tx};
use crate::error::{Error, Result};
use crate::tenancy::extract::Member;
use crate::values::text;

/// One person at one trade account.
pub struct Customer {
    pub access_id: Uuid,
    pub account_id: Uuid,
    pub business_name: String,
    pub account_number: String,
    pub town: String,
    pub contact_name: String,
    pub phone: String,
    pub role: String,
    pub status: String,
    pub created_at: DateTime<Utc>,
    pub last_seen_at: Option<DateTime<Utc>>,
    pub sessions_open: i64,
}

/// How many rows a page has.
pub const PAGE: i64 = 50;

/// What is looked for: the words, and the digits among them, as a part of a phone. Typed as `07400 123` or
/// `+44 7400 123`, the digits without the zero in front are part of the number.
fn read_query(query: &str) -> Result<(String, String)> {
    let words = text::optional(query, text::LONGEST_QUERY).map_err(|why| Error::invalid("query", why.about("what to look for")))?;
    let digits: String = words.chars().filter(char::is_ascii_digit).collect();
    let digits = digits.trim_start_matches('0').to_owned();
    Ok((words, digits))
}

/// Those whose business, contact, account number or phone holds the words, or the business they said they were
/// when they asked; `after` is where the page before ended.
pub async fn list(tx: &mut Tx<Office>, query: &str, after: Option<(String, Uuid)>, now: DateTime<Utc>) -> Result<Vec<Customer>> {
    let (words, digits) = read_query(query)?;
    let (after_name, after_id) = after.unwrap_or_default();
    Ok(sqlx::query_as!(
        Customer,
        r#"select a.access_id, a.account_id, t.business_name, t.account_number, t.town, a.contact_name, a.phone, a.role, a.status, a.created_at,
                  seen.last_seen_at, coalesce(seen.sessions_open, 0) as "sessions_open!"
             from account_access a
             join trade_accounts t on t.tenant_id = a.tenant_id and t.account_id = a.account_id
             left join lateral (
               select max(s.last_seen_at) as last_seen_at, count(*) filter (where s.ended_at is null and s.expires_at > $6) as sessions_open
                 from sessions s where s.tenant_id = a.tenant_id and s.customer_id = a.customer_id) seen on true
            where a.tenant_id = $1
              and ($2 = '' or strpos(lower(t.business_name), lower($2)) > 0 or strpos(lower(a.contact_name), lower($2)) > 0
                   or strpos(lower(t.account_number), lower($2)) > 0 or (length($3) >= 3 and strpos(a.phone, $3) > 0)
                   or exists (select from registration_requests r
                               where r.tenant_id = a.tenant_id and r.customer_id = a.customer_id and r.status = 'approved'
                                 and strpos(lower(r.business_name), lower($2)) > 0))
              and (t.business_name, a.access_id) > ($4, $5)
            order by t.business_name, a.access_id
            limit $7"#,
        tx.tenant().uuid(),
        words,
        digits,
        after_name,
        after_id,
        now,
        PAGE
    )
    .fetch_all(&mut *tx)
    .await?)
}

/// How many customers there are, and how many of them [`list`] finds.
pub struct Counted {
    pub all: i64,
    pub found: i64,
}

/// Counts them.
pub async fn count(tx: &mut Tx<Office>, query: &str) -> Result<Counted> {
    let (words, digits) = read_query(query)?;
    Ok(sqlx::query_as!(
        Counted,
        r#"select count(*) as "all!", count(*) filter (where
                   ($2 = '' or strpos(lower(t.business_name), lower($2)) > 0 or strpos(lower(a.contact_name), lower($2)) > 0
                   or strpos(lower(t.account_number), lower($2)) > 0 or (length($3) >= 3 and strpos(a.phone, $3) > 0)
                   or exists (select from registration_requests r
                               where r.tenant_id = a.tenant_id and r.customer_id = a.customer_id and r.status = 'approved'
                                 and strpos(lower(r.business_name), lower($2)) > 0))) as "found!"
             from account_access a
             join trade_accounts t on t.tenant_id = a.tenant_id and t.account_id = a.account_id
            where a.tenant_id = $1"#,
        tx.tenant().uuid(),
        words,
        digits
    )
    .fetch_one(&mut *tx)
    .await?)
}

/// One of them.
pub async fn find(tx: &mut Tx<Office>, access_id: Uuid, now: DateTime<Utc>) -> Result<Customer> {
    Ok(sqlx::query_as!(
        Customer,
        r#"select a.access_id, a.account_id, t.business_name, t.account_number, t.town, a.contact_name, a.phone, a.role, a.status, a.created_at,
                  seen.last_seen_at, coalesce(seen.sessions_open, 0) as "sessions_open!"
             from account_access a
             join trade_accounts t on t.tenant_id = a.tenant_id and t.account_id = a.account_id
             left join lateral (
               select max(s.last_seen_at) as last_seen_at, count(*) filter (where s.ended_at is null and s.expires_at > $3) as sessions_open
                 from sessions s where s.tenant_id = a.tenant_id and s.customer_id = a.customer_id) seen on true
            where a.tenant_id = $1 and a.access_id = $2"#,
        tx.tenant().uuid(),
        access_id,
        now
    )
    .fetch_one(&mut *tx)
    .await?)
}

/// Shuts a customer out here, and ends their open sessions here with the same stroke.
///
/// # Errors
/// [`Error::Invalid`] without a reason, [`Error::Conflict`] when they are shut out already.
pub async fn suspend(tx: &mut Tx<Office>, member: &Member, access_id: Uuid, reason: &str) -> Result<()> {
    let reason =
        text::block(reason, text::LONGEST_REASON).map_err(|why| Error::invalid("reason", why.about("the reason, for your colleagues")))?;
    let customer_id = change_status(tx, access_id, "active", "suspended", "This customer is suspended already").await?;
    let now = member.house.now();
    sqlx::query!(
        "update sessions set ended_at = $3 where tenant_id = $1 and customer_id = $2 and ended_at is null",
        tx.tenant().uuid(),
        customer_id,
        now
    )
    .execute(&mut *tx)
    .await?;
    record(tx, member, "account_access.suspended", access_id, json!({ "reason": reason })).await
}

/// Lets a suspended customer in again.
///
/// # Errors
/// [`Error::Conflict`] when they are not shut out.
pub async fn restore(tx: &mut Tx<Office>, member: &Member, access_id: Uuid) -> Result<()> {
    change_status(tx, access_id, "suspended", "active", "This customer is not suspended").await?;
    record(tx, member, "account_access.restored", access_id, json!({})).await
}

async fn change_status(tx: &mut Tx<Office>, access_id: Uuid, from: &str, to: &str, otherwise: &'static str) -> Result<Uuid> {
    let changed = sqlx::query_scalar!(
        "update account_access set status = $4 where tenant_id = $1 and access_id = $2 and status = $3 returning customer_id",
        tx.tenant().uuid(),
        access_id,
        from,
        to
    )
    .fetch_optional(&mut *tx)
    .await?;
    if let Some(customer_id) = changed {
        return Ok(customer_id);
    }
    let there = sqlx::query_scalar!(
        r#"select exists (select from account_access where tenant_id = $1 and access_id = $2) as "there!""#,
        tx.tenant().uuid(),
        access_id
    )
    .fetch_one(&mut *tx)
    .await?;
    Err(if there { Error::Conflict(otherwise) } else { Error::NotFound })
}

async fn record(tx: &mut Tx<Office>, member: &Member, action: &'static str, access_id: Uuid, details: serde_json::Value) -> Result<()> {
    let event = Event { actor: Actor::staff(member), action, subject_kind: "account_access", subject_id: access_id, details };
    audit::record(tx, event, member.house.now()).await
}
