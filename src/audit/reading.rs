//! Reads the logs, newest first, with the names that are looked up because they must not stand in them.

use chrono::{DateTime, Utc};
use serde_json::Value;
use uuid::Uuid;

use super::filter::Filter;
use super::words::{ERASED, Named, Words, tell};
use crate::db::{Office, Platform, Tx};
use crate::error::{Error, Result};

/// How many entries a page has.
pub const PAGE: usize = 50;
/// Where the newest page begins.
pub const NEWEST: i64 = i64::MAX;

/// An entry as it is read.
pub struct Line {
    pub position: i64,
    pub id: Uuid,
    pub at: DateTime<Utc>,
    pub actor_kind: String,
    pub actor_id: Option<Uuid>,
    /// Who did it, by the name that is known now.
    pub who: String,
    pub action: String,
    pub subject_kind: String,
    pub subject_id: Uuid,
    /// The wholesaler that it is about, in the platform's log.
    pub wholesaler: String,
    pub words: Words,
    /// As it stands in the entry.
    pub details: Value,
    pub previous_hash: Vec<u8>,
    pub hash: Vec<u8>,
}

/// A page of a log, and the position before which the next one begins.
pub struct Part {
    pub lines: Vec<Line>,
    pub next: Option<i64>,
}

impl Part {
    /// Of lines of which one more was read than there may be.
    pub fn of(mut lines: Vec<Line>, most: usize) -> Self {
        let has_more = lines.len() > most;
        lines.truncate(most);
        let next = lines.last().filter(|_| has_more).map(|line| line.position);
        Self { lines, next }
    }
}

/// Reads where the page before ended; an empty one is the newest page.
///
/// # Errors
/// [`Error::Invalid`] when it is none of our cursors.
pub fn read_cursor(cursor: &str) -> Result<i64> {
    if cursor.is_empty() {
        return Ok(NEWEST);
    }
    cursor.parse().map_err(|_| Error::invalid("cursor", "This is no cursor of ours."))
}

/// Of a tenant's log, before this position, at most so many.
pub async fn of_tenant(tx: &mut Tx<Office>, filter: &Filter, before: i64, most: usize) -> Result<Part> {
    let rows = sqlx::query!(
        r#"select e.position, e.event_id, e.at, e.actor_kind, e.actor_id, e.actor_name, e.action, e.subject_kind, e.subject_id, e.details,
                  e.previous_hash, e.hash, coalesce(nullif(who.contact_name, ''), r.contact_name, '') as "actor_customer!",
                  coalesce(a.contact_name, r.contact_name, '') as "customer!",
                  coalesce(t.business_name, r.business_name, '') as "business!", coalesce(r.reason, '') as "reason!"
             from audit_events e
             left join account_access who on who.tenant_id = e.tenant_id and e.actor_kind = 'customer' and who.access_id = e.actor_id
             left join account_access a on a.tenant_id = e.tenant_id and e.subject_kind = 'account_access' and a.access_id = e.subject_id
             left join trade_accounts t on t.tenant_id = e.tenant_id and t.account_id = a.account_id
             left join registration_requests r on r.tenant_id = e.tenant_id and e.subject_kind = 'registration_request'
                   and r.request_id = e.subject_id
            where e.tenant_id = $1 and e.position < $2 and ($3 = '' or e.actor_kind = $3) and ($4::uuid is null or e.actor_id = $4)
              and ($5::text[] is null or split_part(e.action, '.', 1) = any($5))
              and ($6::timestamptz is null or e.at >= $6) and ($7::timestamptz is null or e.at < $7)
            order by e.position desc limit $8"#,
        tx.tenant().uuid(),
        before,
        filter.actor_kind,
        filter.actor_id,
        filter.nouns.as_deref(),
        filter.from,
        filter.until,
        one_more(most)
    )
    .fetch_all(&mut *tx)
    .await?;
    let lines = rows.into_iter().map(|row| {
        // Of a person who has been erased no name is left, and their business's alone would not say who it was.
        let customer = match (row.customer.as_str(), row.business.as_str()) {
            ("", _) => String::new(),
            (customer, "") => customer.to_owned(),
            (customer, business) => format!("{customer} of {business}"),
        };
        let who = if row.actor_kind == "customer" { customer_or_erased(&row.actor_customer) } else { row.actor_name };
        let words = tell(&row.action, &row.details, &Named { customer, reason: row.reason });
        Line {
            position: row.position,
            id: row.event_id,
            at: row.at,
            actor_kind: row.actor_kind,
            actor_id: row.actor_id,
            who,
            action: row.action,
            subject_kind: row.subject_kind,
            subject_id: row.subject_id,
            wholesaler: String::new(),
            words,
            details: row.details,
            previous_hash: row.previous_hash,
            hash: row.hash,
        }
    });
    Ok(Part::of(lines.collect(), most))
}

fn customer_or_erased(name: &str) -> String {
    if name.is_empty() { ERASED.to_owned() } else { name.to_owned() }
}

/// Of the platform's log: everything, or what is about one wholesaler.
pub async fn of_platform(tx: &mut Tx<Platform>, filter: &Filter, tenant: Option<Uuid>, before: i64, most: usize) -> Result<Part> {
    let rows = sqlx::query!(
        r#"select e.position, e.id, e.at, e.actor_kind, e.actor_id, e.actor_name, e.action, e.subject_id, e.details,
                  e.previous_hash, e.hash, coalesce(t.business_name, '') as "wholesaler!"
             from operator_events e left join tenants t on t.id = e.subject_id
            where e.position < $1 and ($2 = '' or e.actor_kind = $2) and ($3::uuid is null or e.actor_id = $3)
              and ($4::text[] is null or split_part(e.action, '.', 1) = any($4))
              and ($5::timestamptz is null or e.at >= $5) and ($6::timestamptz is null or e.at < $6)
              and ($7::uuid is null or e.subject_id = $7)
            order by e.position desc limit $8"#,
        before,
        filter.actor_kind,
        filter.actor_id,
        filter.nouns.as_deref(),
        filter.from,
        filter.until,
        tenant,
        one_more(most)
    )
    .fetch_all(&mut *tx)
    .await?;
    let lines = rows.into_iter().map(|row| Line {
        position: row.position,
        id: row.id,
        at: row.at,
        actor_kind: row.actor_kind,
        actor_id: row.actor_id,
        who: row.actor_name,
        words: tell(&row.action, &row.details, &Named::default()),
        subject_kind: row.action.split('.').next().unwrap_or_default().to_owned(),
        action: row.action,
        subject_id: row.subject_id,
        wholesaler: row.wholesaler,
        details: row.details,
        previous_hash: row.previous_hash,
        hash: row.hash,
    });
    Ok(Part::of(lines.collect(), most))
}

fn one_more(most: usize) -> i64 {
    i64::try_from(most + 1).unwrap_or(i64::MAX)
}
