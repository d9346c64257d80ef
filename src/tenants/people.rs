//! The people behind phones, for whoever brings in many at once.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::db::Db;
use crate::error::Result;
use crate::ids::CustomerId;

/// The people behind these phones, those nobody knew until now made. They belong to no tenant, and stay should the rest
/// not come about.
pub async fn find_or_make_people(db: &Db, phones: &[String], now: DateTime<Utc>) -> Result<HashMap<String, CustomerId>> {
    const BATCH: usize = 1_000;
    let mut sorted = phones.to_vec();
    // One order for everybody, so that two who make the same people wait for each other in turn.
    sorted.sort();
    let mut people = HashMap::new();
    for batch in sorted.chunks(BATCH) {
        let known = find_people(db, batch).await?;
        let missing: Vec<String> = batch.iter().filter(|phone| !known.contains_key(*phone)).cloned().collect();
        people.extend(known);
        if missing.is_empty() {
            continue;
        }
        make_people(db, &missing, now).await?;
        // Read anew rather than taken from the insert: somebody else may have made some of them meanwhile.
        people.extend(find_people(db, &missing).await?);
    }
    Ok(people)
}

async fn find_people(db: &Db, phones: &[String]) -> Result<HashMap<String, CustomerId>> {
    db.identity()
        .read(async |tx| {
            let rows = sqlx::query!("select id, phone from customers where phone = any($1)", phones).fetch_all(&mut *tx).await?;
            Ok(rows.into_iter().map(|row| (row.phone, CustomerId::from(row.id))).collect())
        })
        .await
}

async fn make_people(db: &Db, phones: &[String], now: DateTime<Utc>) -> Result<()> {
    let ids: Vec<Uuid> = phones.iter().map(|_| CustomerId::new().uuid()).collect();
    db.identity()
        .write(async |tx| {
            sqlx::query_scalar!(
                "insert into customers (id, phone, created_at, last_proven_at)
                 select new.id, new.phone, $3::timestamptz, $3::timestamptz
                   from unnest($1::uuid[], $2::text[]) as new (id, phone)
                 on conflict (phone) do nothing
                 returning id",
                &ids,
                phones,
                now
            )
            .fetch_all(&mut *tx)
            .await?;
            Ok(())
        })
        .await
}
