//! The rules as they are kept.

use chrono::NaiveTime;

use super::{Method, Rule};
use crate::db::{Office, Tx};
use crate::error::{Error, Result};

/// A tenant's rules, by method and weekday.
pub async fn rules(tx: &mut Tx<Office>) -> Result<Vec<Rule>> {
    let rows = sqlx::query!(
        "select method, weekday, days_before, cut_off from order_days where tenant_id = $1 order by method, weekday",
        tx.tenant().uuid()
    );
    let rows = rows.fetch_all(&mut *tx).await?;
    let wrong = || Error::Internal(anyhow::anyhow!("an order day is none that we know"));
    let rule = |(method, weekday, days_before, cut_off): (String, i16, i16, NaiveTime)| {
        Some(Rule {
            method: Method::parse(&method)?,
            weekday: u32::try_from(weekday).ok()?,
            days_before: u64::try_from(days_before).ok()?,
            cut_off,
        })
    };
    rows.into_iter().map(|row| rule((row.method, row.weekday, row.days_before, row.cut_off)).ok_or_else(wrong)).collect()
}

/// Makes the rules as these say; those of other days are gone then. How many are otherwise than before.
pub async fn put_all(tx: &mut Tx<Office>, wanted: &[Rule]) -> Result<usize> {
    let there = rules(tx).await?;
    let gone: Vec<&Rule> = there.iter().filter(|rule| !wanted.contains(rule)).collect();
    let new: Vec<&Rule> = wanted.iter().filter(|rule| !there.contains(rule)).collect();
    for rule in &gone {
        sqlx::query!(
            "delete from order_days where tenant_id = $1 and method = $2 and weekday = $3",
            tx.tenant().uuid(),
            rule.method.word(),
            weekday(rule)
        )
        .execute(&mut *tx)
        .await?;
    }
    for rule in &new {
        sqlx::query!(
            "insert into order_days (tenant_id, method, weekday, days_before, cut_off) values ($1, $2, $3, $4, $5)",
            tx.tenant().uuid(),
            rule.method.word(),
            weekday(rule),
            i16::try_from(rule.days_before).unwrap_or(i16::MAX),
            rule.cut_off
        )
        .execute(&mut *tx)
        .await?;
    }
    Ok(gone.len().max(new.len()))
}

fn weekday(rule: &Rule) -> i16 {
    i16::try_from(rule.weekday).unwrap_or_default()
}
