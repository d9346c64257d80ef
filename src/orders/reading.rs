//! Orders as they are kept, read whole: what was ordered, as it was then, and everything that has happened to it since.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, Utc};
use serde_json::Value;
use uuid::Uuid;

use super::changes::Changes;
use super::document::{Priced, Quantities};
use super::number::OrderNumber;
use super::states::Status;
use crate::db::{Counter, TenantDoor, Tx};
use crate::error::{Error, Result};
use crate::ids::AccountId;

/// How many orders a page of them has.
pub const PAGE: i64 = 25;

/// An order, without its lines.
#[derive(Debug, Clone)]
pub struct Head {
    pub order_id: Uuid,
    pub account_id: Uuid,
    pub number: String,
    pub status: String,
    pub status_since: DateTime<Utc>,
    pub placed_at: DateTime<Utc>,
    /// `customer`, `staff` or `system`.
    pub placed_by_kind: String,
    /// Of staff alone.
    pub placed_by_name: String,
    pub method: String,
    pub wanted_day: Option<NaiveDate>,
    /// Until when its customer may change it, while it is not accepted.
    pub closes_at: Option<DateTime<Utc>>,
    pub reference: String,
    pub note: String,
    pub currency: String,
    pub vat_rounding: String,
    /// Whose rates: a country, or `export`.
    pub tax_country: String,
    pub net_minor: i64,
    pub tax_minor: i64,
    pub revision: i32,
}

/// A line of an order: one product, as it was when it was ordered.
#[derive(Debug, Clone, Default)]
pub struct Line {
    pub order_id: Uuid,
    pub line: i16,
    pub product_id: Uuid,
    pub sku: String,
    pub name: String,
    pub pack: String,
    pub tax_class: String,
    pub tax_basis_points: i32,
    pub unit_minor: i64,
    pub price_source: String,
    pub price_from_quantity: i32,
    pub price_valid_until: Option<NaiveDate>,
    /// The list that accounts share, if it was of one.
    pub price_list_id: Option<Uuid>,
    pub ordered: i32,
    pub accepted: Option<i32>,
    pub picked: Option<i32>,
    pub delivered: Option<i32>,
    pub substitute_for: Option<i16>,
    pub why: String,
    pub reserved: i32,
    pub net_minor: i64,
    pub tax_minor: Option<i64>,
}

/// Something that has happened to an order.
#[derive(Debug, Clone)]
pub struct Happened {
    pub at: DateTime<Utc>,
    /// `customer`, `staff` or `system`.
    pub actor_kind: String,
    pub what: String,
    pub from_status: String,
    pub to_status: String,
    pub reason: String,
    /// What of the lines is otherwise since then.
    pub changes: Changes,
}

/// An order with its lines.
#[derive(Debug, Clone)]
pub struct Order {
    pub head: Head,
    pub lines: Vec<Line>,
}

impl Head {
    /// How it stands.
    pub fn status(&self) -> Result<Status> {
        Status::parse(&self.status).ok_or_else(|| Error::Internal(anyhow::anyhow!("an order's state is unreadable")))
    }

    /// With VAT.
    pub fn gross_minor(&self) -> i64 {
        self.net_minor.saturating_add(self.tax_minor)
    }
}

impl Line {
    /// How many of them there are, by how far the order is.
    pub fn quantities(&self) -> Quantities {
        let count = |number: i32| u32::try_from(number).unwrap_or_default();
        Quantities {
            ordered: count(self.ordered),
            accepted: self.accepted.map(count),
            picked: self.picked.map(count),
            delivered: self.delivered.map(count),
        }
    }

    /// What decides what it comes to.
    pub fn priced(&self) -> Priced {
        let basis_points = u32::try_from(self.tax_basis_points).unwrap_or_default();
        Priced { quantity: self.quantities().counting(), unit_minor: self.unit_minor, basis_points }
    }
}

/// An account's orders, newest first; `after` is the id of the last one before.
pub async fn of_account(tx: &mut Tx<Counter>, account: AccountId, after: Option<Uuid>) -> Result<Vec<Order>> {
    let heads = sqlx::query_as!(
        Head,
        "select order_id, account_id, number, status, status_since, placed_at, placed_by_kind, placed_by_name, method, wanted_day, closes_at,
                reference, note, currency, vat_rounding, tax_country, net_minor, tax_minor, revision
           from orders
          where tenant_id = $1 and account_id = $2
            and (placed_at, order_id) < (coalesce(
                  (select o.placed_at from orders o where o.tenant_id = $1 and o.order_id = $3), 'infinity'), $3)
          order by placed_at desc, order_id desc limit $4",
        tx.tenant().uuid(),
        account.uuid(),
        after.unwrap_or(Uuid::max()),
        PAGE
    )
    .fetch_all(&mut *tx)
    .await?;
    with_lines(tx, heads).await
}

/// The order of this number, with its lines.
///
/// # Errors
/// [`Error::NotFound`] when there is none, or it is another account's.
pub async fn find<D: TenantDoor>(tx: &mut Tx<D>, number: &OrderNumber) -> Result<Order> {
    let head = sqlx::query_as!(
        Head,
        "select order_id, account_id, number, status, status_since, placed_at, placed_by_kind, placed_by_name, method, wanted_day, closes_at,
                reference, note, currency, vat_rounding, tax_country, net_minor, tax_minor, revision
           from orders where tenant_id = $1 and number = $2",
        tx.tenant().uuid(),
        number.as_str()
    )
    .fetch_one(&mut *tx)
    .await?;
    with_lines(tx, vec![head]).await?.pop().ok_or(Error::NotFound)
}

async fn with_lines<D: TenantDoor>(tx: &mut Tx<D>, heads: Vec<Head>) -> Result<Vec<Order>> {
    let ids: Vec<Uuid> = heads.iter().map(|head| head.order_id).collect();
    let mut of: HashMap<Uuid, Vec<Line>> = HashMap::new();
    for line in lines(tx, &ids).await? {
        of.entry(line.order_id).or_default().push(line);
    }
    Ok(heads.into_iter().map(|head| Order { lines: of.remove(&head.order_id).unwrap_or_default(), head }).collect())
}

/// The lines of these orders, in their order.
pub(super) async fn lines<D: TenantDoor>(tx: &mut Tx<D>, orders: &[Uuid]) -> Result<Vec<Line>> {
    Ok(sqlx::query_as!(
        Line,
        "select order_id, line, product_id, sku, name, pack, tax_class, tax_basis_points, unit_minor, price_source, price_from_quantity,
                price_valid_until, price_list_id, ordered, accepted, picked, delivered, substitute_for, why, reserved, net_minor, tax_minor
           from order_lines where tenant_id = $1 and order_id = any($2) order by order_id, line",
        tx.tenant().uuid(),
        orders
    )
    .fetch_all(&mut *tx)
    .await?)
}

struct Row {
    at: DateTime<Utc>,
    actor_kind: String,
    what: String,
    from_status: String,
    to_status: String,
    reason: String,
    details: Value,
}

/// What has happened to an order, from the beginning.
pub async fn happened<D: TenantDoor>(tx: &mut Tx<D>, order: Uuid) -> Result<Vec<Happened>> {
    let rows = sqlx::query_as!(
        Row,
        r#"select at, actor_kind, move as what, from_status, to_status, reason, details
             from order_events where tenant_id = $1 and order_id = $2 order by event_id"#,
        tx.tenant().uuid(),
        order
    )
    .fetch_all(&mut *tx)
    .await?;
    let event = |row| {
        let Row { at, actor_kind, what, from_status, to_status, reason, details } = row;
        let changes = serde_json::from_value(details).map_err(|error| Error::Internal(error.into()))?;
        Ok(Happened { at, actor_kind, what, from_status, to_status, reason, changes })
    };
    rows.into_iter().map(event).collect()
}
