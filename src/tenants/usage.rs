//! How much a tenant uses, in numbers. They are counted as the tenant's own office, because the platform's role sees none of
//! the rows, and kept where the platform can read them: its pages read numbers of all tenants, and count nobody's rows.

use std::time::Duration;

use chrono::{DateTime, Days, NaiveDate, TimeDelta, Utc};
use uuid::Uuid;

use crate::db::{Office, Platform, Tx};
use crate::error::{Error, Result};
use crate::ids::TenantId;
use crate::tenancy::House;

/// How many days are counted one by one, today among them.
pub const DAYS: u64 = 30;

const PAUSE: Duration = Duration::from_mins(1);
/// How old a number may become.
const COUNTED_EVERY: TimeDelta = TimeDelta::hours(1);
/// How many tenants are counted at a time: ten thousand are through in less than an hour.
const AT_ONCE: i64 = 250;

/// One tenant's numbers.
pub struct Usage {
    pub customers: i64,
    pub staff: i64,
    /// The logo, and what the rows take up in their tables, without indexes.
    pub logo_bytes: i64,
    pub row_bytes: i64,
    pub last_activity_at: Option<DateTime<Utc>>,
    /// The oldest first, every day of [`DAYS`].
    pub days: Vec<Day>,
}

impl Usage {
    /// All that is kept of the tenant.
    pub fn storage_bytes(&self) -> i64 {
        self.logo_bytes + self.row_bytes
    }
}

/// What happened on a day, in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Day {
    pub day: NaiveDate,
    /// Requests for an account.
    pub requests: i64,
    /// Texts and letters.
    pub messages: i64,
}

/// The numbers over all tenants, as they were last counted.
pub struct Totals {
    pub customers: i64,
    pub storage_bytes: i64,
    pub last_activity_at: Option<DateTime<Utc>>,
    pub days: Vec<Day>,
}

/// Counts until the task is aborted.
pub async fn now_and_then(house: &House) {
    loop {
        if let Err(error) = count_some(house).await {
            tracing::error!(error = error.for_log(), "what tenants use could not be counted");
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// Counts those whose numbers are the oldest, and old.
pub async fn count_some(house: &House) -> Result<()> {
    let scope = house.db().platform();
    let due = scope
        .read(async |tx| {
            let due = sqlx::query_scalar!(
                "select t.id from tenants t left join tenant_usage u on u.tenant = t.id
                  where u.counted_at is null or u.counted_at <= $1 order by u.counted_at nulls first limit $2",
                house.now() - COUNTED_EVERY,
                AT_ONCE
            );
            Ok(due.fetch_all(&mut *tx).await?)
        })
        .await?;
    for tenant in due.into_iter().map(TenantId::from) {
        match count(house, tenant).await {
            Ok(usage) => scope.write(async |tx| keep(tx, tenant, &usage, house.now()).await).await?,
            // Purged meanwhile; or one that cannot be counted, and keeps nobody behind it from being counted.
            Err(Error::NotFound) => {}
            Err(error) => tracing::error!(error = error.for_log(), %tenant, "what a tenant uses could not be counted"),
        }
    }
    Ok(())
}

/// Counts one tenant's rows, as this tenant's office.
pub async fn count(house: &House, tenant: TenantId) -> Result<Usage> {
    let since = first_day(house.now());
    // Sessions are removed some time after they ended: when somebody was last there is kept with what was counted before.
    let known = house
        .db()
        .platform()
        .read(async |tx| {
            let known = sqlx::query!(
                r#"select coalesce(octet_length(t.logo), 0)::bigint as "logo_bytes!", u.last_activity_at as "last_activity_at?"
                     from tenants t left join tenant_usage u on u.tenant = t.id where t.id = $1"#,
                tenant.uuid()
            );
            Ok(known.fetch_one(&mut *tx).await?)
        })
        .await?;
    let office = house.db().office(tenant);
    let (row, days) = office.read(async |tx| Ok((count_rows(tx).await?, count_days(tx, since).await?))).await?;
    let last_activity_at = row.last_activity_at.max(known.last_activity_at);
    Ok(Usage { logo_bytes: known.logo_bytes, days: each_day(since, &days), last_activity_at, ..row })
}

async fn count_rows(tx: &mut Tx<Office>) -> Result<Usage> {
    let row = sqlx::query!(
        r#"select (select count(*) from account_access where tenant_id = $1) as "customers!",
                  (select count(*) from staff where tenant_id = $1 and removed_at is null) as "staff!",
                  greatest((select max(last_seen_at) from sessions where tenant_id = $1),
                           (select max(last_seen_at) from staff_sessions where tenant_id = $1)) as last_activity_at,
                  (select coalesce(sum(bytes), 0)::bigint from (
                     select pg_column_size(r.*) as bytes from staff r where tenant_id = $1
                      union all select pg_column_size(r.*) from staff_sessions r where tenant_id = $1
                      union all select pg_column_size(r.*) from invitations r where tenant_id = $1
                      union all select pg_column_size(r.*) from trade_accounts r where tenant_id = $1
                      union all select pg_column_size(r.*) from account_access r where tenant_id = $1
                      union all select pg_column_size(r.*) from sessions r where tenant_id = $1
                      union all select pg_column_size(r.*) from idempotency_keys r where tenant_id = $1
                      union all select pg_column_size(r.*) from registration_requests r where tenant_id = $1
                      union all select pg_column_size(r.*) from confirmations r where tenant_id = $1
                      union all select pg_column_size(r.*) from staff_passkeys r where tenant_id = $1
                      union all select pg_column_size(r.*) from support_requests r where tenant_id = $1
                      union all select pg_column_size(r.*) from messages r where tenant_id = $1
                      union all select pg_column_size(r.*) from message_templates r where tenant_id = $1
                      union all select pg_column_size(r.*) from categories r where tenant_id = $1
                      union all select pg_column_size(r.*) from pictures r where tenant_id = $1
                      union all select pg_column_size(r.*) from products r where tenant_id = $1
                      union all select pg_column_size(r.*) from product_costs r where tenant_id = $1
                      union all select pg_column_size(r.*) from stock r where tenant_id = $1
                      union all select pg_column_size(r.*) from search_words r where tenant_id = $1
                      union all select pg_column_size(r.*) from catalogue_states r where tenant_id = $1
                      union all select pg_column_size(r.*) from price_lists r where tenant_id = $1
                      union all select pg_column_size(r.*) from prices r where tenant_id = $1
                      union all select pg_column_size(r.*) from order_days r where tenant_id = $1
                      union all select pg_column_size(r.*) from closed_days r where tenant_id = $1
                      union all select pg_column_size(r.*) from orders r where tenant_id = $1
                      union all select pg_column_size(r.*) from order_lines r where tenant_id = $1
                      union all select pg_column_size(r.*) from order_events r where tenant_id = $1
                      union all select pg_column_size(r.*) from submissions r where tenant_id = $1
                      union all select pg_column_size(r.*) from imports r where tenant_id = $1
                      union all select pg_column_size(r.*) from import_pieces r where tenant_id = $1
                      union all select pg_column_size(r.*) from import_rows r where tenant_id = $1
                      union all select pg_column_size(r.*) from import_mappings r where tenant_id = $1
                      union all select pg_column_size(r.*) from audit_events r where tenant_id = $1) as rows_of_all) as "row_bytes!""#,
        tx.tenant().uuid()
    )
    .fetch_one(&mut *tx)
    .await?;
    Ok(Usage {
        customers: row.customers,
        staff: row.staff,
        logo_bytes: 0,
        row_bytes: row.row_bytes,
        last_activity_at: row.last_activity_at,
        days: Vec::new(),
    })
}

async fn count_days(tx: &mut Tx<Office>, since: NaiveDate) -> Result<Vec<Day>> {
    Ok(sqlx::query_as!(
        Day,
        r#"select day as "day!", count(*) filter (where not is_message) as "requests!", count(*) filter (where is_message) as "messages!"
             from (select (created_at at time zone 'UTC')::date as day, false as is_message
                     from registration_requests where tenant_id = $1 and created_at >= $2
                    union all
                   select (created_at at time zone 'UTC')::date, true from messages where tenant_id = $1 and created_at >= $2) happened
            group by day"#,
        tx.tenant().uuid(),
        since.and_time(chrono::NaiveTime::MIN).and_utc()
    )
    .fetch_all(&mut *tx)
    .await?)
}

/// Keeps them for the platform's pages. Who counts the same tenant at once waits at its row.
pub async fn keep(tx: &mut Tx<Platform>, tenant: TenantId, usage: &Usage, now: DateTime<Utc>) -> Result<()> {
    sqlx::query!(
        "insert into tenant_usage (tenant, counted_at, customers, staff, storage_bytes, last_activity_at)
         select id, $2, $3, $4, $5, $6 from tenants where id = $1
         on conflict (tenant) do update
            set counted_at = excluded.counted_at, customers = excluded.customers, staff = excluded.staff,
                storage_bytes = excluded.storage_bytes, last_activity_at = excluded.last_activity_at",
        tenant.uuid(),
        now,
        usage.customers,
        usage.staff,
        usage.storage_bytes(),
        usage.last_activity_at
    )
    .execute(&mut *tx)
    .await?;
    let busy: Vec<&Day> = usage.days.iter().filter(|day| day.requests + day.messages > 0).collect();
    let days: Vec<NaiveDate> = busy.iter().map(|day| day.day).collect();
    let small = |number: i64| i32::try_from(number).unwrap_or(i32::MAX);
    let requests: Vec<i32> = busy.iter().map(|day| small(day.requests)).collect();
    let messages: Vec<i32> = busy.iter().map(|day| small(day.messages)).collect();
    sqlx::query!("delete from tenant_days where tenant = $1 and day <> all($2)", tenant.uuid(), &days[..]).execute(&mut *tx).await?;
    sqlx::query!(
        "insert into tenant_days (day, tenant, requests, messages)
         select d.day, t.id, d.requests, d.messages
           from unnest($2::date[], $3::integer[], $4::integer[]) as d (day, requests, messages) join tenants t on t.id = $1
         on conflict (day, tenant) do update set requests = excluded.requests, messages = excluded.messages",
        tenant.uuid(),
        &days[..],
        &requests[..],
        &messages[..]
    )
    .execute(&mut *tx)
    .await?;
    Ok(())
}

/// All of them together.
pub async fn totals(tx: &mut Tx<Platform>, now: DateTime<Utc>) -> Result<Totals> {
    let since = first_day(now);
    let sums = sqlx::query!(
        r#"select coalesce(sum(customers), 0)::bigint as "customers!", coalesce(sum(storage_bytes), 0)::bigint as "storage_bytes!",
                  max(last_activity_at) as last_activity_at
             from tenant_usage"#
    )
    .fetch_one(&mut *tx)
    .await?;
    let days = sqlx::query_as!(
        Day,
        r#"select day, sum(requests)::bigint as "requests!", sum(messages)::bigint as "messages!"
             from tenant_days where day >= $1 group by day"#,
        since
    )
    .fetch_all(&mut *tx)
    .await?;
    let (customers, storage_bytes, last_activity_at) = (sums.customers, sums.storage_bytes, sums.last_activity_at);
    Ok(Totals { customers, storage_bytes, last_activity_at, days: each_day(since, &days) })
}

/// What the list says of each: how many customers, and when somebody was last there.
pub struct Brief {
    pub tenant: Uuid,
    pub customers: i64,
    pub last_activity_at: Option<DateTime<Utc>>,
}

/// Of these, as far as they were counted.
pub async fn briefs(tx: &mut Tx<Platform>, tenants: &[Uuid]) -> Result<Vec<Brief>> {
    let found = sqlx::query_as!(Brief, "select tenant, customers, last_activity_at from tenant_usage where tenant = any($1)", tenants);
    Ok(found.fetch_all(&mut *tx).await?)
}

fn first_day(now: DateTime<Utc>) -> NaiveDate {
    let today = now.date_naive();
    today.checked_sub_days(Days::new(DAYS - 1)).unwrap_or(today)
}

/// Every day of the range, those without anything too.
fn each_day(since: NaiveDate, counted: &[Day]) -> Vec<Day> {
    let of = |day| counted.iter().find(|known| known.day == day).copied().unwrap_or(Day { day, requests: 0, messages: 0 });
    since.iter_days().take(usize::try_from(DAYS).unwrap_or_default()).map(of).collect()
}
