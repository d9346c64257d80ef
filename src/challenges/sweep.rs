//! Removes what has ended and can tell nothing any more: a part at a time, each in a transaction of its own, so that a
//! great many rows are removed as well as a few, and nobody waits for it.

use chrono::TimeDelta;

use super::work;
use crate::alarms;
use crate::db::{Identity, Tx};
use crate::error::Result;
use crate::tenancy::House;

const AT_ONCE: i64 = 2_000;

#[derive(Clone, Copy)]
enum Kept {
    Challenges,
    HandOvers,
    Allowances,
    AddressCounters,
    KnownBrowsers,
}

/// Everything that is older than it is good for. What somebody has locked is left for the next time.
pub async fn sweep(house: &House) -> Result<()> {
    for kept in [Kept::Challenges, Kept::HandOvers, Kept::Allowances, Kept::AddressCounters, Kept::KnownBrowsers] {
        while remove_some(house, kept).await? >= AT_ONCE.unsigned_abs() {}
    }
    let forget = async |tx: &mut Tx<Identity>| {
        work::forget_used(tx, house.now()).await?;
        alarms::forget_old(tx, house.now()).await
    };
    house.db().identity().write(forget).await
}

async fn remove_some(house: &House, kept: Kept) -> Result<u64> {
    let day_ago = house.now() - TimeDelta::days(1);
    let month_ago = house.now() - TimeDelta::days(30);
    let known_since = house.now() - TimeDelta::days(house.config.codes.known_browser_days);
    house
        .db()
        .identity()
        .write(async |tx| {
            let old = match kept {
                Kept::Challenges => {
                    sqlx::query!(
                        "delete from challenges where id in
                       (select id from challenges where expires_at < $1 limit $2 for update skip locked)",
                        day_ago,
                        AT_ONCE
                    )
                    .execute(&mut *tx)
                    .await?
                }
                Kept::HandOvers => {
                    sqlx::query!(
                        "delete from hand_overs where ticket_hash in
                       (select ticket_hash from hand_overs where expires_at < $1 limit $2 for update skip locked)",
                        day_ago,
                        AT_ONCE
                    )
                    .execute(&mut *tx)
                    .await?
                }
                Kept::Allowances => {
                    sqlx::query!(
                        "delete from allowances where (kind, key) in
                       (select kind, key from allowances where filled_at < $1 and refused_at < $1 and proven_at < $3
                         limit $2 for update skip locked)",
                        day_ago,
                        AT_ONCE,
                        month_ago
                    )
                    .execute(&mut *tx)
                    .await?
                }
                Kept::AddressCounters => {
                    sqlx::query!(
                        "delete from address_counters where (address_key, purpose) in
                       (select address_key, purpose from address_counters
                         where not exists (select from unnest(sent_at || guessed_at) as happened (at) where happened.at >= $1)
                         limit $2 for update skip locked)",
                        day_ago,
                        AT_ONCE
                    )
                    .execute(&mut *tx)
                    .await?
                }
                Kept::KnownBrowsers => {
                    sqlx::query!(
                        "delete from known_browsers where token_hash in
                       (select token_hash from known_browsers where proven_at < $1 limit $2 for update skip locked)",
                        known_since,
                        AT_ONCE
                    )
                    .execute(&mut *tx)
                    .await?
                }
            };
            Ok(old.rows_affected())
        })
        .await
}
