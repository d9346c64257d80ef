//! When codes run out where many share an allowance: written down, and told to the platform's people.

pub mod telling;

use chrono::{DateTime, TimeDelta, Utc};

use crate::db::{Identity, Tx};
use crate::error::Result;
use crate::ids::{AlarmId, TenantId};
use crate::jobs::{self, Job, Lane};
use crate::values::Country;

/// About the same kind of limit one letter goes in this time, however many allowances run out.
const LETTER_EVERY: TimeDelta = TimeDelta::hours(1);
/// How long they are kept.
pub const KEPT_DAYS: i64 = 90;

/// An allowance that has come under attack.
pub struct Alarm<'a> {
    pub kind: &'static str,
    pub key: &'a [u8],
    /// At whose counter; None when it is about all of them.
    pub tenant: Option<TenantId>,
    /// Of the numbers; empty when it is about all of them.
    pub country: &'a str,
    /// What the numbers have in common.
    pub numbers: &'a str,
}

/// Writes it down, and has it told.
pub async fn raise(tx: &mut Tx<Identity>, alarm: Alarm<'_>, now: DateTime<Utc>) -> Result<()> {
    let id = AlarmId::new();
    let is_told = sqlx::query_scalar!(
        r#"with before as (select from alarms where kind = $3 and is_told and began_at > $8 limit 1),
                raised as (insert into alarms (id, began_at, kind, key, for_tenant, country, numbers, is_told)
                          values ($1, $2, $3, $4, $5, $6, $7, not exists (select from before)) returning is_told)
           select is_told as "is_told!" from raised"#,
        id.uuid(),
        now,
        alarm.kind,
        alarm.key,
        alarm.tenant.map(TenantId::uuid),
        alarm.country,
        alarm.numbers,
        now - LETTER_EVERY
    )
    .fetch_one(&mut *tx)
    .await?;
    if is_told {
        jobs::enqueue(tx, Lane::Letters, Job::TellOfAlarm(id), None, now).await?;
    }
    Ok(())
}

/// One that was raised.
pub struct Raised {
    pub began_at: DateTime<Utc>,
    kind: String,
    country: String,
    numbers: String,
    /// At whose counter: their name and their id.
    pub tenant: Option<(String, TenantId)>,
    /// How many were refused in about the last hour, in whole ones.
    pub refused_lately: u32,
}

impl Raised {
    /// What has run out, in words.
    pub fn what(&self) -> String {
        let country = Country::parse(&self.country).ok().map_or_else(|| self.country.clone(), |country| country.name_in_sentence());
        let at = self.tenant.as_ref().map(|(name, _)| name.as_str()).unwrap_or_default();
        match self.kind.as_str() {
            "prefix" => format!("Codes for numbers that begin with {}…", self.numbers),
            "unproven" => format!("Codes for numbers from {country} at {at}"),
            "country" => format!("Codes for numbers from {country}, at all counters"),
            "tenant" if self.tenant.is_none() => "All texts of the public site".to_owned(),
            "tenant" => format!("All texts of {at}"),
            _ => "Codes of all counters together".to_owned(),
        }
    }
}

/// The newest ones, at most so many.
pub async fn latest(tx: &mut Tx<Identity>, most: i64, now: DateTime<Utc>) -> Result<Vec<Raised>> {
    find(tx, None, most, now).await
}

async fn find(tx: &mut Tx<Identity>, id: Option<AlarmId>, most: i64, now: DateTime<Utc>) -> Result<Vec<Raised>> {
    let rows = sqlx::query!(
        r#"select l.began_at, l.kind, l.country, l.numbers, t.business_name as "business_name?", t.id as "tenant?",
                  -- They fade within the hour (challenges/budgets.rs).
                  floor(coalesce(a.refused * exp(-greatest(extract(epoch from $3 - a.refused_at)::float8, 0) / 3600), 0))::int as "refused_lately!"
             from alarms l left join tenants t on t.id = l.for_tenant left join allowances a on a.kind = l.kind and a.key = l.key
            where $1::uuid is null or l.id = $1
            order by l.began_at desc, l.id desc limit $2"#,
        id.map(AlarmId::uuid),
        most,
        now
    )
    .fetch_all(&mut *tx)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Raised {
            began_at: row.began_at,
            kind: row.kind,
            country: row.country,
            numbers: row.numbers,
            tenant: row.business_name.zip(row.tenant.map(TenantId::from)),
            refused_lately: row.refused_lately.try_into().unwrap_or_default(),
        })
        .collect())
}

/// Removes those that nobody looks at any more.
pub async fn forget_old(tx: &mut Tx<Identity>, now: DateTime<Utc>) -> Result<()> {
    sqlx::query!("delete from alarms where began_at < $1", now - TimeDelta::days(KEPT_DAYS)).execute(&mut *tx).await?;
    Ok(())
}
