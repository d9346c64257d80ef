//! The day and the weeks of a wholesaler, in numbers: what was ordered, what sells, what runs out and who waits.
//!
//! Five statements, each by an index that leads with the tenant (a test looks at their plans). Amounts are net, of what counts of an
//! order now; orders that were cancelled or declined are no sales.

pub mod pages;

use chrono::{DateTime, Datelike, Days, NaiveDate, TimeZone, Utc};
use chrono_tz::Tz;
use uuid::Uuid;

use crate::db::{Office, Tx};
use crate::error::Result;

/// So many weeks are shown, the running one among them,
const WEEKS: u64 = 12;
/// what sells is counted over so many days,
const DAYS: u64 = 30;
/// and so many lines has a list.
const LISTED: i64 = 8;

/// What was ordered in a span of time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Ordered {
    pub orders: i64,
    pub net_minor: i64,
}

/// The orders of a day that are in one state.
#[derive(Debug, Clone)]
pub struct InState {
    /// The database's word.
    pub status: String,
    pub orders: i64,
    pub net_minor: i64,
}

/// What sells.
#[derive(Debug, Clone)]
pub struct Seller {
    pub product_id: Uuid,
    pub sku: String,
    pub name: String,
    pub quantity: i64,
    pub net_minor: i64,
}

/// What runs out.
#[derive(Debug, Clone)]
pub struct Scarce {
    pub product_id: Uuid,
    pub sku: String,
    pub name: String,
    /// What is on hand and not reserved; below nothing when more is promised than there is.
    pub left: i64,
    pub low_at: i64,
    /// How many run out in all.
    pub all: i64,
}

/// Who waits for a decision.
#[derive(Debug, Clone)]
pub struct Waiting {
    pub request_id: Uuid,
    pub business_name: String,
    pub created_at: DateTime<Utc>,
    /// How many wait in all.
    pub all: i64,
}

/// All of it.
#[derive(Debug, Clone, Default)]
pub struct Figures {
    pub today: Vec<InState>,
    /// By the Monday of each week, the oldest first; weeks without an order too.
    pub weeks: Vec<(NaiveDate, Ordered)>,
    pub sellers: Vec<Seller>,
    pub scarce: Vec<Scarce>,
    pub waiting: Vec<Waiting>,
}

impl Figures {
    /// Of today what was not cancelled or declined.
    pub fn of_today(&self) -> Ordered {
        let stands = self.today.iter().filter(|state| !matches!(state.status.as_str(), "cancelled" | "declined"));
        stands.fold(Ordered::default(), |all, state| Ordered {
            orders: all.orders + state.orders,
            net_minor: all.net_minor + state.net_minor,
        })
    }
}

/// Reads it, as it is now in this zone.
pub async fn figures(tx: &mut Tx<Office>, sees_money: bool, now: DateTime<Utc>, zone: Tz) -> Result<Figures> {
    let day = now.with_timezone(&zone).date_naive();
    Ok(Figures {
        today: today(tx, begins(day, zone)).await?,
        weeks: weeks(tx, day, zone).await?,
        sellers: sellers(tx, sees_money, begins(day - Days::new(DAYS - 1), zone)).await?,
        scarce: scarce(tx).await?,
        waiting: waiting(tx).await?,
    })
}

/// When a day begins: where clocks are put forward at midnight, an hour later.
fn begins(day: NaiveDate, zone: Tz) -> DateTime<Utc> {
    let hours = (0..24).filter_map(|hour| day.and_hms_opt(hour, 0, 0)).filter_map(|time| zone.from_local_datetime(&time).earliest());
    hours.map(|time| time.with_timezone(&Utc)).next().unwrap_or_else(|| day.and_time(chrono::NaiveTime::MIN).and_utc())
}

async fn today(tx: &mut Tx<Office>, since: DateTime<Utc>) -> Result<Vec<InState>> {
    Ok(sqlx::query_as!(
        InState,
        r#"select status, count(*) as "orders!", sum(net_minor)::bigint as "net_minor!"
             from orders where tenant_id = $1 and placed_at >= $2 group by status order by status"#,
        tx.tenant().uuid(),
        since
    )
    .fetch_all(&mut *tx)
    .await?)
}

async fn weeks(tx: &mut Tx<Office>, day: NaiveDate, zone: Tz) -> Result<Vec<(NaiveDate, Ordered)>> {
    let monday = day - Days::new(u64::from(day.weekday().num_days_from_monday()));
    let first = monday - Days::new(7 * (WEEKS - 1));
    let rows = sqlx::query!(
        r#"select date_trunc('week', placed_at at time zone $3)::date as "monday!", count(*) as "orders!", sum(net_minor)::bigint as "net_minor!"
             from orders where tenant_id = $1 and placed_at >= $2 and status not in ('cancelled', 'declined') group by 1"#,
        tx.tenant().uuid(),
        begins(first, zone),
        zone.name()
    )
    .fetch_all(&mut *tx)
    .await?;
    let mondays = (0..WEEKS).map(|week| first + Days::new(7 * week));
    let of = |monday: NaiveDate| rows.iter().find(|row| row.monday == monday);
    let ordered = |monday| of(monday).map_or(Ordered::default(), |row| Ordered { orders: row.orders, net_minor: row.net_minor });
    Ok(mondays.map(|monday| (monday, ordered(monday))).collect())
}

/// What sells best: by what it brought in or, for whoever sees no money, by how many, so that not even their choice tells of it.
async fn sellers(tx: &mut Tx<Office>, sees_money: bool, since: DateTime<Utc>) -> Result<Vec<Seller>> {
    Ok(sqlx::query_as!(
        Seller,
        r#"with sold as (
             select l.product_id, sum(coalesce(l.delivered, l.picked, l.accepted, l.ordered))::bigint as quantity, sum(l.net_minor)::bigint as net_minor
               from orders o join order_lines l on l.tenant_id = $1 and l.order_id = o.order_id
              where o.tenant_id = $1 and o.placed_at >= $2 and o.status not in ('cancelled', 'declined')
              group by l.product_id order by case when $4 then sum(l.net_minor) else sum(coalesce(l.delivered, l.picked, l.accepted, l.ordered)) end desc, 1 limit $3)
           select s.product_id, p.sku, p.name, s.quantity as "quantity!", s.net_minor as "net_minor!"
             from sold s join products p on p.tenant_id = $1 and p.product_id = s.product_id
            where s.quantity > 0 order by case when $4 then s.net_minor else s.quantity end desc, p.sku"#,
        tx.tenant().uuid(),
        since,
        LISTED,
        sees_money
    )
    .fetch_all(&mut *tx)
    .await?)
}

async fn scarce(tx: &mut Tx<Office>) -> Result<Vec<Scarce>> {
    Ok(sqlx::query_as!(
        Scarce,
        r#"select p.product_id, p.sku, p.name, s.on_hand - s.reserved as "left!", s.low_at, count(*) over () as "all!"
             from stock s join products p on p.tenant_id = $1 and p.product_id = s.product_id
            where s.tenant_id = $1 and s.on_hand - s.reserved <= s.low_at and p.stock_mode <> 'untracked' and p.status <> 'discontinued'
            order by s.on_hand - s.reserved, p.name_key, p.product_id limit $2"#,
        tx.tenant().uuid(),
        LISTED
    )
    .fetch_all(&mut *tx)
    .await?)
}

async fn waiting(tx: &mut Tx<Office>) -> Result<Vec<Waiting>> {
    Ok(sqlx::query_as!(
        Waiting,
        r#"select request_id, business_name, created_at, count(*) over () as "all!"
             from registration_requests where tenant_id = $1 and status = 'pending' order by request_id limit $2"#,
        tx.tenant().uuid(),
        LISTED
    )
    .fetch_all(&mut *tx)
    .await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_begins_when_its_clock_does() {
        let begins_at = |day: &str, zone: Tz| begins(day.parse().unwrap(), zone).to_rfc3339();
        assert_eq!(begins_at("2026-07-01", chrono_tz::Europe::London), "2026-06-30T23:00:00+00:00");
        assert_eq!(begins_at("2026-01-01", chrono_tz::Europe::Paris), "2025-12-31T23:00:00+00:00");
        // There is no midnight on this day.
        assert_eq!(begins_at("2024-04-26", chrono_tz::Africa::Cairo), "2024-04-25T22:00:00+00:00");
        // The clock shows midnight twice: the day begins with the first.
        assert_eq!(begins_at("2023-11-05", chrono_tz::America::Havana), "2023-11-05T04:00:00+00:00");
    }
}
