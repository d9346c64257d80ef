//! What has long ended is removed, a bounded batch at a time, each by the role that sees it.

use std::time::Duration;

use chrono::TimeDelta;

use crate::challenges;
use crate::error::Result;
use crate::ids::TenantId;
use crate::imports;
use crate::jobs::{self, Job, Lane};
use crate::passkeys;
use crate::signups;
use crate::tenancy::House;
use crate::tenants::names;

const PAUSE: Duration = Duration::from_mins(10);
/// Codes come and go all day; the rest is looked at once a day.
const PAUSES_A_DAY: usize = 144;

/// Until then it can be looked up who was signed in when a phone was lost.
const SESSIONS_KEPT: TimeDelta = TimeDelta::days(30);
/// Nobody sends the same request again after so long.
const KEYS_KEPT: TimeDelta = TimeDelta::days(2);
/// So long is the same order told the same answer.
const SUBMISSIONS_KEPT: TimeDelta = TimeDelta::days(30);
/// Long enough that somebody has asked why.
const GIVEN_UP_JOBS_KEPT: TimeDelta = TimeDelta::days(90);
/// Who was invited and never came is asked about for a while, and then forgotten.
const INVITATIONS_KEPT: TimeDelta = TimeDelta::days(30);
/// How many rows one statement removes at the most.
const BATCH: u64 = 1_000;

/// Sweeps until the task is aborted. Several processes may do so at once: whoever comes second finds nothing.
pub async fn now_and_then(house: &House) {
    for is_first in (0..PAUSES_A_DAY).map(|pause| pause == 0).cycle() {
        tokio::time::sleep(PAUSE).await;
        if let Err(error) = challenges::sweep(house).await {
            tracing::error!(error = error.for_log(), "old challenges could not be removed");
        }
        if let Err(error) = passkeys::sweep(house).await {
            tracing::error!(error = error.for_log(), "old questions to passkeys could not be removed");
        }
        if let Err(error) = signups::sweep(house).await {
            tracing::error!(error = error.for_log(), "old sign-ups could not be removed");
        }
        if is_first && let Err(error) = the_rest(house).await {
            tracing::error!(error = error.for_log(), "what has ended could not be removed");
        }
    }
}

/// Removes sessions that ended long ago, keys whose answers nobody asks for again, invitations that nobody accepted, files
/// that nobody applied or that can no longer be undone, jobs that were given up, and names that tenants gave up.
pub async fn the_rest(house: &House) -> Result<()> {
    while given_up_jobs(house).await? == BATCH {}
    names::sweep(house).await?;
    while operators_sessions(house).await? == BATCH {}
    while platforms_keys(house).await? == BATCH {}
    let tenants =
        house.db().platform().read(async |tx| Ok(sqlx::query_scalar!("select id from tenants").fetch_all(&mut *tx).await?)).await?;
    for tenant in tenants.into_iter().map(TenantId::from) {
        while customers_sessions(house, tenant).await? == BATCH {}
        while staff_sessions(house, tenant).await? == BATCH {}
        while idempotency_keys(house, tenant).await? == BATCH {}
        while submissions(house, tenant).await? == BATCH {}
        while invitations(house, tenant).await? == BATCH {}
        while house.db().office(tenant).write(async |tx| imports::sweep(tx, house.now()).await).await? {}
    }
    Ok(())
}

async fn given_up_jobs(house: &House) -> Result<u64> {
    house
        .db()
        .platform()
        .write(async |tx| {
            let removed = sqlx::query!(
                "delete from jobs where id in (select id from jobs where given_up_at < $1 limit $2)",
                house.now() - GIVEN_UP_JOBS_KEPT,
                BATCH.cast_signed()
            );
            Ok(removed.execute(&mut *tx).await?.rows_affected())
        })
        .await
}

async fn operators_sessions(house: &House) -> Result<u64> {
    house
        .db()
        .platform()
        .write(async |tx| {
            let removed = sqlx::query!(
                "delete from operator_sessions where id in (
                   select id from operator_sessions where least(ended_at, expires_at) < $1 or last_seen_at < $2 limit $3)",
                house.now() - SESSIONS_KEPT,
                house.staff_idle_since() - SESSIONS_KEPT,
                BATCH.cast_signed()
            );
            Ok(removed.execute(&mut *tx).await?.rows_affected())
        })
        .await
}

async fn platforms_keys(house: &House) -> Result<u64> {
    house
        .db()
        .platform()
        .write(async |tx| {
            let removed = sqlx::query!(
                "delete from platform_idempotency_keys where (asker_id, key_hash) in (
                   select asker_id, key_hash from platform_idempotency_keys where created_at < $1 limit $2)",
                house.now() - KEYS_KEPT,
                BATCH.cast_signed()
            );
            Ok(removed.execute(&mut *tx).await?.rows_affected())
        })
        .await
}

/// Whoever was known here by such a session alone may be known to nobody any more, and is looked at for that.
async fn customers_sessions(house: &House, tenant: TenantId) -> Result<u64> {
    house
        .db()
        .office(tenant)
        .write(async |tx| {
            let removed = sqlx::query_scalar!(
                "delete from sessions where tenant_id = $1 and session_id in (
                   select session_id from sessions
                    where tenant_id = $1 and (least(ended_at, expires_at) < $2 or last_seen_at < $3) limit $4)
                 returning customer_id",
                tenant.uuid(),
                house.now() - SESSIONS_KEPT,
                house.customer_idle_since() - SESSIONS_KEPT,
                BATCH.cast_signed()
            );
            let removed = removed.fetch_all(&mut *tx).await?;
            let strangers = sqlx::query_scalar!(
                r#"select distinct was.there as "there!" from unnest($2::uuid[]) as was (there)
                    where not exists (select from account_access where tenant_id = $1 and customer_id = was.there)
                      and not exists (select from registration_requests where tenant_id = $1 and customer_id = was.there)
                      and not exists (select from sessions where tenant_id = $1 and customer_id = was.there)"#,
                tenant.uuid(),
                &removed[..]
            );
            let strangers = strangers.fetch_all(&mut *tx).await?;
            let jobs: Vec<Job> = strangers.into_iter().map(|customer| Job::ForgetCustomer(customer.into())).collect();
            jobs::enqueue_all(tx, Lane::Letters, &jobs, house.now()).await?;
            Ok(u64::try_from(removed.len()).unwrap_or_default())
        })
        .await
}

async fn staff_sessions(house: &House, tenant: TenantId) -> Result<u64> {
    house
        .db()
        .office(tenant)
        .write(async |tx| {
            let removed = sqlx::query!(
                "delete from staff_sessions where tenant_id = $1 and session_id in (
                   select session_id from staff_sessions
                    where tenant_id = $1 and (least(ended_at, expires_at) < $2 or last_seen_at < $3) limit $4)",
                tenant.uuid(),
                house.now() - SESSIONS_KEPT,
                house.staff_idle_since() - SESSIONS_KEPT,
                BATCH.cast_signed()
            );
            Ok(removed.execute(&mut *tx).await?.rows_affected())
        })
        .await
}

async fn idempotency_keys(house: &House, tenant: TenantId) -> Result<u64> {
    house
        .db()
        .office(tenant)
        .write(async |tx| {
            let removed = sqlx::query!(
                "delete from idempotency_keys where tenant_id = $1 and (asker_id, key) in (
                   select asker_id, key from idempotency_keys where tenant_id = $1 and created_at < $2 limit $3)",
                tenant.uuid(),
                house.now() - KEYS_KEPT,
                BATCH.cast_signed()
            );
            Ok(removed.execute(&mut *tx).await?.rows_affected())
        })
        .await
}

async fn submissions(house: &House, tenant: TenantId) -> Result<u64> {
    house
        .db()
        .office(tenant)
        .write(async |tx| {
            let removed = sqlx::query!(
                "delete from submissions where tenant_id = $1 and (account_id, submission) in (
                   select account_id, submission from submissions where tenant_id = $1 and created_at < $2 limit $3)",
                tx.tenant().uuid(),
                house.now() - SUBMISSIONS_KEPT,
                BATCH.cast_signed()
            );
            Ok(removed.execute(&mut *tx).await?.rows_affected())
        })
        .await
}

async fn invitations(house: &House, tenant: TenantId) -> Result<u64> {
    house
        .db()
        .office(tenant)
        .write(async |tx| {
            let removed = sqlx::query!(
                "delete from invitations where tenant_id = $1 and invitation_id in (
                   select invitation_id from invitations
                    where tenant_id = $1 and accepted_at is null and least(withdrawn_at, expires_at) < $2 limit $3)",
                tenant.uuid(),
                house.now() - INVITATIONS_KEPT,
                BATCH.cast_signed()
            );
            Ok(removed.execute(&mut *tx).await?.rows_affected())
        })
        .await
}
