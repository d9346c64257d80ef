//! Looks at the records of domains when it is time, whoever's they are.

use std::time::Duration;

use chrono::TimeDelta;
use uuid::Uuid;

use super::{By, Claim, dns, find, settle};
use crate::error::{Error, Result};
use crate::ids::TenantId;
use crate::tenancy::House;

const PAUSE: Duration = Duration::from_secs(10);
/// How many are looked at together: name servers that do not answer hold up few others.
const TOGETHER: i64 = 16;
/// For how long the look at a domain is one process's. When that one ends meanwhile, another looks again.
const HELD: TimeDelta = TimeDelta::minutes(2);

/// Looks until the task is aborted. Several processes may do so at once: each takes others.
pub async fn now_and_then(house: &House) {
    loop {
        tokio::time::sleep(PAUSE).await;
        if let Err(error) = look_at_due(house).await {
            tracing::error!(error = error.for_log(), "domains could not be looked at");
        }
    }
}

/// Looks at every domain that it is time for; how many those were.
pub async fn look_at_due(house: &House) -> Result<usize> {
    let mut looked = 0;
    loop {
        let due = take_due(house).await?;
        if due.is_empty() {
            return Ok(looked);
        }
        looked += due.len();
        futures_util::future::join_all(due.into_iter().map(async |(tenant, id)| {
            if let Err(error) = look_at(house, tenant, id).await {
                tracing::error!(domain = %id, error = error.for_log(), "a domain could not be looked at");
            }
        }))
        .await;
    }
}

async fn take_due(house: &House) -> Result<Vec<(TenantId, Uuid)>> {
    let now = house.now();
    house
        .db()
        .platform()
        .write(async |tx| {
            let rows = sqlx::query!(
                "update domains set next_check_at = $2
                  where id in (select d.id from domains d join tenants t on t.id = d.tenant
                                where d.next_check_at <= $1 and t.status <> 'purged'
                                order by d.next_check_at limit $3 for update of d skip locked)
                 returning tenant, id",
                now,
                now + HELD,
                TOGETHER
            );
            Ok(rows.fetch_all(&mut *tx).await?.into_iter().map(|row| (row.tenant.into(), row.id)).collect())
        })
        .await
}

async fn look_at(house: &House, tenant: TenantId, id: Uuid) -> Result<()> {
    let found = house.db().platform().read(async |tx| find(tx, tenant, id).await).await;
    let looked: Result<Claim> = match found {
        Ok(claim) => {
            let answer = dns::look(&house.config.domains, &claim.domain, &claim.token).await;
            settle(house, &claim, answer, By::Routine).await
        }
        Err(error) => Err(error),
    };
    match looked {
        // Removed meanwhile.
        Ok(_) | Err(Error::NotFound) => Ok(()),
        Err(error) => Err(error),
    }
}
