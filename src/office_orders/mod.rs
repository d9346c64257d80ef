//! The order desk: what customers have ordered, and what becomes of it.

pub mod api;
pub mod pages;

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, Utc};
use uuid::Uuid;

use crate::db::{Office, Tx};
use crate::error::{Error, Result};
use crate::office_accounts::OrderNews;
use crate::orders::{By, Locked, Move, OrderNumber, Status, lock, make};
use crate::pricing;
use crate::stock;
use crate::tenancy::extract::Member;

/// How many rows a page of the desk has.
pub const PAGE: i64 = 50;

/// Which part of the desk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    /// Nobody has answered yet.
    New,
    /// Accepted, with changes or without.
    Accepted,
    Picking,
    Dispatched,
    Delivered,
    /// Cancelled or declined.
    Called,
    All,
}

impl Wanted {
    /// In the order in which an order comes through them.
    pub const ALL: [Self; 7] = [Self::New, Self::Accepted, Self::Picking, Self::Dispatched, Self::Delivered, Self::Called, Self::All];

    /// From a query's word: a state's, or `all`; what is new when there is none.
    ///
    /// # Errors
    /// [`Error::Invalid`] when it is another.
    pub fn parse(word: &str) -> Result<Self> {
        let found = Self::ALL.into_iter().find(|wanted| wanted.word() == word);
        match word {
            "" => Ok(Self::New),
            "amended" => Ok(Self::Accepted),
            "declined" => Ok(Self::Called),
            _ => found.ok_or_else(|| {
                Error::invalid("status", "There is submitted, accepted, picking, dispatched, delivered, cancelled and all.")
            }),
        }
    }

    pub fn word(self) -> &'static str {
        match self {
            Self::New => "submitted",
            Self::Accepted => "accepted",
            Self::Picking => "picking",
            Self::Dispatched => "dispatched",
            Self::Delivered => "delivered",
            Self::Called => "cancelled",
            Self::All => "all",
        }
    }

    /// As a tab.
    pub fn title(self) -> &'static str {
        match self {
            Self::New => "New",
            Self::Accepted => "Accepted",
            Self::Picking => "Being picked",
            Self::Dispatched => "On their way",
            Self::Delivered => "Delivered",
            Self::Called => "Cancelled",
            Self::All => "All",
        }
    }

    fn statuses(self) -> Vec<String> {
        let statuses: &[Status] = match self {
            Self::New => &[Status::Submitted],
            Self::Accepted => &[Status::Accepted, Status::Amended],
            Self::Picking => &[Status::Picking],
            Self::Dispatched => &[Status::Dispatched],
            Self::Delivered => &[Status::Delivered],
            Self::Called => &[Status::Cancelled, Status::Declined],
            Self::All => &Status::ALL,
        };
        statuses.iter().map(|status| status.word().to_owned()).collect()
    }

    /// What waits is answered in turn, and what was done is looked up from the newest.
    fn oldest_first(self) -> bool {
        matches!(self, Self::New)
    }
}

/// An order in the desk's list.
#[derive(Debug, Clone)]
pub struct Row {
    pub order_id: Uuid,
    pub number: String,
    pub status: String,
    pub placed_at: DateTime<Utc>,
    pub wanted_day: Option<NaiveDate>,
    pub reference: String,
    pub currency: String,
    pub net_minor: i64,
    pub lines: i64,
    pub business_name: String,
    pub account_number: String,
}

/// A page of the desk; `after` is the id of the last order before. Orders get their ids in the order of time.
pub async fn desk(tx: &mut Tx<Office>, wanted: Wanted, after: Option<Uuid>) -> Result<Vec<Row>> {
    let oldest_first = wanted.oldest_first();
    let after = after.unwrap_or(if oldest_first { Uuid::nil() } else { Uuid::max() });
    Ok(sqlx::query_as!(
        Row,
        r#"with page as (
             select o.order_id, o.account_id, o.number, o.status, o.placed_at, o.wanted_day, o.reference, o.currency, o.net_minor
               from orders o
              where o.tenant_id = $1 and o.status = any($2)
                and case when $3 then (o.placed_at, o.order_id) > (coalesce(
                       (select a.placed_at from orders a where a.tenant_id = $1 and a.order_id = $4), '-infinity'), $4)
                     else (o.placed_at, o.order_id) < (coalesce(
                       (select a.placed_at from orders a where a.tenant_id = $1 and a.order_id = $4), 'infinity'), $4) end
              order by case when $3 then o.placed_at end asc, case when $3 then o.order_id end asc, o.placed_at desc, o.order_id desc
              limit $5)
           select p.order_id, p.number, p.status, p.placed_at, p.wanted_day, p.reference, p.currency, p.net_minor,
                  (select count(*) from order_lines l where l.tenant_id = $1 and l.order_id = p.order_id) as "lines!",
                  t.business_name, t.account_number
             from page p join trade_accounts t on t.tenant_id = $1 and t.account_id = p.account_id
            order by case when $3 then p.placed_at end asc, case when $3 then p.order_id end asc, p.placed_at desc, p.order_id desc"#,
        tx.tenant().uuid(),
        &wanted.statuses(),
        oldest_first,
        after,
        PAGE
    )
    .fetch_all(&mut *tx)
    .await?)
}

/// How many orders there are in each state that has not ended.
pub async fn counts(tx: &mut Tx<Office>) -> Result<Vec<(String, i64)>> {
    let rows = sqlx::query!(
        r#"select status, count(*) as "orders!" from orders
            where tenant_id = $1 and status in ('submitted', 'accepted', 'amended', 'picking', 'dispatched') group by status"#,
        tx.tenant().uuid()
    );
    Ok(rows.fetch_all(&mut *tx).await?.into_iter().map(|row| (row.status, row.orders)).collect())
}

/// Whose an order is, and what only the office reads of it.
#[derive(Debug, Clone)]
pub struct Whose {
    pub business_name: String,
    pub account_number: String,
    pub town: String,
    /// How they hear of their orders: `text`, `email` or `none`.
    pub order_news: String,
}

impl Whose {
    /// How they hear of it, as the end of a sentence.
    pub fn told(&self) -> &'static str {
        match OrderNews::parse(&self.order_news) {
            Some(OrderNews::Text) => "is told by text message",
            Some(OrderNews::Email) => "is told by e-mail",
            Some(OrderNews::None) | None => "sees it when they look",
        }
    }
}

/// What the lists are called that accounts share.
pub async fn list_names(tx: &mut Tx<Office>) -> Result<HashMap<Uuid, String>> {
    Ok(pricing::lists(tx).await?.into_iter().map(|list| (list.id.uuid(), list.name)).collect())
}

/// Whose this order is.
pub async fn whose(tx: &mut Tx<Office>, order: Uuid) -> Result<Whose> {
    Ok(sqlx::query_as!(
        Whose,
        "select t.business_name, t.account_number, t.town, t.order_news
           from orders o join trade_accounts t on t.tenant_id = $1 and t.account_id = o.account_id
          where o.tenant_id = $1 and o.order_id = $2",
        tx.tenant().uuid(),
        order
    )
    .fetch_one(&mut *tx)
    .await?)
}

/// Accepts an order as it was placed: `revision` is that of the order they saw, none when they do not say.
///
/// # Errors
/// [`Error::Conflict`] when somebody has answered it already, or its customer has changed it since.
pub async fn accept(tx: &mut Tx<Office>, member: &Member, number: &OrderNumber, revision: Option<i32>) -> Result<()> {
    let mut order = lock(tx, number).await?;
    order.is_as_seen(revision)?;
    sqlx::query!(
        "update order_lines set accepted = ordered where tenant_id = $1 and order_id = $2 and accepted is null",
        tx.tenant().uuid(),
        order.order_id
    )
    .execute(&mut *tx)
    .await?;
    by_staff(tx, member, &mut order, Move::Accept, "").await
}

/// Does not take an order, with a reason that its customer reads.
///
/// # Errors
/// [`Error::Invalid`] without a reason, [`Error::Conflict`] when somebody has answered it already.
pub async fn decline(tx: &mut Tx<Office>, member: &Member, number: &OrderNumber, reason: &str) -> Result<()> {
    let mut order = lock(tx, number).await?;
    by_staff(tx, member, &mut order, Move::Decline, reason).await
}

/// Cancels an order that was accepted, with a reason that its customer reads. Of one that has left, `came_back` says whether the
/// goods are in stock again.
///
/// # Errors
/// [`Error::Invalid`] without a reason, [`Error::Conflict`] when it was not accepted, or has ended, or has left and they are
/// neither an owner nor a manager.
pub async fn cancel(tx: &mut Tx<Office>, member: &Member, number: &OrderNumber, reason: &str, came_back: bool) -> Result<()> {
    let mut order = lock(tx, number).await?;
    order.status.after(Move::Cancel, By::Staff(member).who(), true).map_err(Error::Conflict)?;
    if order.status == Status::Dispatched && came_back {
        let back = order.lines.iter().filter_map(|line| {
            let picked = line.quantities().picked.filter(|picked| *picked > 0)?;
            Some(stock::Wanted { product: line.product_id.into(), change: i64::from(picked) })
        });
        stock::come_back(tx, &back.collect::<Vec<_>>()).await?;
    }
    by_staff(tx, member, &mut order, Move::Cancel, reason).await
}

async fn by_staff(tx: &mut Tx<Office>, member: &Member, order: &mut Locked, step: Move, reason: &str) -> Result<()> {
    make(tx, order, step, reason, By::Staff(member), member.house.now()).await
}

/// What a screen with the desk on it asks for again and again.
#[derive(Debug, Clone)]
pub struct Pulse {
    pub newest: Option<Uuid>,
    /// Another one whenever something has come, or what waits was changed, answered or taken back.
    pub state: String,
}

/// How the desk stands.
pub async fn pulse(tx: &mut Tx<Office>) -> Result<Pulse> {
    let row = sqlx::query!(
        r#"select (select order_id from orders where tenant_id = $1 order by placed_at desc limit 1) as newest,
                  count(*) as "waiting!", coalesce(sum(revision), 0)::bigint as "revisions!"
             from orders where tenant_id = $1 and status = 'submitted'"#,
        tx.tenant().uuid()
    )
    .fetch_one(&mut *tx)
    .await?;
    let newest = row.newest.map(|order| order.to_string()).unwrap_or_default();
    Ok(Pulse { newest: row.newest, state: format!("{newest}/{}/{}", row.waiting, row.revisions) })
}
