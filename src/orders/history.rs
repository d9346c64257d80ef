//! Orders that were placed elsewhere, or before there was this counter: brought in as they stand, with nobody told of them.

use std::collections::HashSet;

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use super::document::{Priced, count_up};
use super::number::OrderNumber;
use super::states::{Move, Status};
use crate::db::{Office, Tx};
use crate::error::Result;
use crate::ids::{AccountId, OrderEventId, OrderId, ProductId};
use crate::tax::{self, OwnRate, Rounding, TaxClass};
use crate::values::{Country, Currency, Quantity};

/// An order of the past.
#[derive(Debug, Clone)]
pub struct PastOrder {
    pub number: OrderNumber,
    pub account: AccountId,
    /// Where the account is.
    pub country: Country,
    pub placed_at: DateTime<Utc>,
    /// How it stands now.
    pub status: Status,
    pub reference: String,
    pub lines: Vec<PastLine>,
}

/// What was ordered, at the price of then.
#[derive(Debug, Clone)]
pub struct PastLine {
    pub product: ProductId,
    pub sku: String,
    pub name: String,
    pub pack: String,
    pub tax_class: TaxClass,
    pub quantity: Quantity,
    pub unit_minor: i64,
    /// Whether the product is counted, so that what has not left holds some of it.
    pub is_counted: bool,
}

/// By whose rules they were sold.
#[derive(Debug, Clone, Copy)]
pub struct Rules<'a> {
    pub at: Country,
    pub currency: Currency,
    pub rates: &'a [OwnRate],
    pub rounding: Rounding,
}

/// Adds them; those whose number is there are left alone. How many were added.
///
/// # Errors
/// [`Error::Invalid`](crate::error::Error::Invalid) when one comes to more than any money there is.
pub async fn add_all(tx: &mut Tx<Office>, rules: Rules<'_>, orders: &[PastOrder], now: DateTime<Utc>) -> Result<usize> {
    let known = known_numbers(tx, orders).await?;
    let mut rows = Rows::default();
    for order in orders.iter().filter(|order| !known.contains(order.number.as_str())) {
        rows.add(rules, order, now)?;
    }
    if !rows.orders.ids.is_empty() {
        write_orders(tx, rules, &rows.orders).await?;
        write_lines(tx, &rows.lines).await?;
        write_events(tx, &rows.events).await?;
        reserve(tx, &rows.orders.ids).await?;
    }
    Ok(rows.orders.ids.len())
}

async fn known_numbers(tx: &mut Tx<Office>, orders: &[PastOrder]) -> Result<HashSet<String>> {
    let numbers: Vec<String> = orders.iter().map(|order| order.number.as_str().to_owned()).collect();
    let known = sqlx::query_scalar!("select number from orders where tenant_id = $1 and number = any($2)", tx.tenant().uuid(), &numbers);
    Ok(known.fetch_all(&mut *tx).await?.into_iter().collect())
}

/// What is written, column by column.
#[derive(Default)]
struct Rows {
    orders: Orders,
    lines: Lines,
    events: Events,
}

#[derive(Default)]
struct Orders {
    ids: Vec<Uuid>,
    accounts: Vec<Uuid>,
    numbers: Vec<String>,
    statuses: Vec<String>,
    since: Vec<DateTime<Utc>>,
    placed_at: Vec<DateTime<Utc>>,
    references: Vec<String>,
    tax_countries: Vec<String>,
    nets: Vec<i64>,
    taxes: Vec<i64>,
}

#[derive(Default)]
struct Lines {
    orders: Vec<Uuid>,
    places: Vec<i16>,
    accounts: Vec<Uuid>,
    products: Vec<Uuid>,
    skus: Vec<String>,
    names: Vec<String>,
    packs: Vec<String>,
    classes: Vec<String>,
    basis_points: Vec<i32>,
    units: Vec<i64>,
    ordered: Vec<i32>,
    accepted: Vec<Option<i32>>,
    picked: Vec<Option<i32>>,
    delivered: Vec<Option<i32>>,
    reserved: Vec<i32>,
    nets: Vec<i64>,
    taxes: Vec<Option<i64>>,
}

#[derive(Default)]
struct Events {
    orders: Vec<Uuid>,
    ids: Vec<Uuid>,
    accounts: Vec<Uuid>,
    at: Vec<DateTime<Utc>>,
    kinds: Vec<String>,
    moves: Vec<String>,
    from: Vec<String>,
    to: Vec<String>,
}

impl Rows {
    fn add(&mut self, rules: Rules<'_>, order: &PastOrder, now: DateTime<Utc>) -> Result<()> {
        let (id, account) = (OrderId::new().uuid(), order.account.uuid());
        let placed_at = order.placed_at.min(now);
        let day = placed_at.date_naive();
        let rate_of = |line: &PastLine| tax::rate_of(rules.rates, rules.at, order.country, line.tax_class, day);
        let priced = |line: &PastLine| Priced {
            quantity: line.quantity.get(),
            unit_minor: line.unit_minor,
            basis_points: rate_of(line).basis_points,
        };
        let counted = count_up(&order.lines.iter().map(priced).collect::<Vec<_>>(), rules.rounding)?;
        let since = self.events.add(id, account, order.status, placed_at, now);
        let orders = &mut self.orders;
        orders.ids.push(id);
        orders.accounts.push(account);
        orders.numbers.push(order.number.as_str().to_owned());
        orders.statuses.push(order.status.word().to_owned());
        orders.since.push(since);
        orders.placed_at.push(placed_at);
        orders.references.push(order.reference.clone());
        let country = tax::rate_of(rules.rates, rules.at, order.country, TaxClass::Standard, day).country;
        orders.tax_countries.push(country.word().to_owned());
        orders.nets.push(counted.totals.net_minor);
        orders.taxes.push(counted.totals.tax_minor);
        for ((place, line), (net, line_tax)) in (1..).zip(&order.lines).zip(&counted.lines) {
            self.lines.add(id, account, order.status, place, line, rate_of(line).basis_points, (*net, *line_tax));
        }
        Ok(())
    }
}

impl Lines {
    #[expect(clippy::too_many_arguments, reason = "a line is all of this")]
    fn add(
        &mut self,
        order: Uuid,
        account: Uuid,
        status: Status,
        place: i16,
        line: &PastLine,
        basis_points: u32,
        (net, line_tax): (i64, Option<i64>),
    ) {
        let quantity = line.quantity.as_i32();
        let once = |is_so: bool| is_so.then_some(quantity);
        self.orders.push(order);
        self.places.push(place);
        self.accounts.push(account);
        self.products.push(line.product.uuid());
        self.skus.push(line.sku.clone());
        self.names.push(line.name.clone());
        self.packs.push(line.pack.clone());
        self.classes.push(line.tax_class.word().to_owned());
        self.basis_points.push(i32::try_from(basis_points).unwrap_or_default());
        self.units.push(line.unit_minor);
        self.ordered.push(quantity);
        self.accepted.push(once(is_past(status, Move::Accept)));
        self.picked.push(once(is_past(status, Move::Dispatch)));
        self.delivered.push(once(is_past(status, Move::Deliver)));
        self.reserved.push(if line.is_counted && holds_stock(status) { quantity } else { 0 });
        self.nets.push(net);
        self.taxes.push(line_tax);
    }
}

impl Events {
    /// How it came to be where it is: each move some hours after the one before, none after now. When the last one was.
    fn add(&mut self, order: Uuid, account: Uuid, status: Status, placed_at: DateTime<Utc>, now: DateTime<Utc>) -> DateTime<Utc> {
        self.push(order, account, placed_at, "customer", "submitted", ("", Status::Submitted.word()));
        let (mut from, mut at) = (Status::Submitted, placed_at);
        for (step, to, hours) in way_to(status) {
            at = (at + TimeDelta::hours(*hours)).min(now);
            self.push(order, account, at, "system", step.word(), (from.word(), to.word()));
            from = *to;
        }
        at
    }

    fn push(&mut self, order: Uuid, account: Uuid, at: DateTime<Utc>, kind: &str, step: &str, (from, to): (&str, &str)) {
        self.orders.push(order);
        self.ids.push(OrderEventId::new().uuid());
        self.accounts.push(account);
        self.at.push(at);
        self.kinds.push(kind.to_owned());
        self.moves.push(step.to_owned());
        self.from.push(from.to_owned());
        self.to.push(to.to_owned());
    }
}

/// The moves that every order makes that is delivered, and how many hours each takes.
const WAY: [(Move, Status, i64); 4] = [
    (Move::Accept, Status::Accepted, 1),
    (Move::Start, Status::Picking, 15),
    (Move::Dispatch, Status::Dispatched, 2),
    (Move::Deliver, Status::Delivered, 6),
];

fn way_to(status: Status) -> &'static [(Move, Status, i64)] {
    const DECLINED: &[(Move, Status, i64)] = &[(Move::Decline, Status::Declined, 1)];
    const CANCELLED: &[(Move, Status, i64)] = &[(Move::Cancel, Status::Cancelled, 1)];
    const AMENDED: &[(Move, Status, i64)] = &[(Move::Amend, Status::Amended, 1)];
    match status {
        Status::Declined => DECLINED,
        Status::Cancelled => CANCELLED,
        Status::Amended => AMENDED,
        _ => WAY.get(..WAY.iter().position(|(_, to, _)| *to == status).map_or(0, |at| at + 1)).unwrap_or_default(),
    }
}

/// Whether an order that stands there has made this move, or another instead of it.
fn is_past(status: Status, step: Move) -> bool {
    way_to(status).iter().any(|(made, ..)| *made == step || (step == Move::Accept && *made == Move::Amend))
}

fn holds_stock(status: Status) -> bool {
    matches!(status, Status::Submitted | Status::Accepted | Status::Amended | Status::Picking)
}

async fn write_orders(tx: &mut Tx<Office>, rules: Rules<'_>, orders: &Orders) -> Result<()> {
    sqlx::query!(
        "insert into orders (tenant_id, order_id, account_id, number, status, status_since, placed_at, placed_by_kind, reference,
                             currency, vat_rounding, tax_country, net_minor, tax_minor)
         select $1::uuid, o.order_id, o.account_id, o.number, o.status, o.since, o.placed_at, 'customer', o.reference,
                $12::text, $13::text, o.tax_country, o.net, o.tax
           from unnest($2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::timestamptz[], $7::timestamptz[], $8::text[], $9::text[],
                       $10::bigint[], $11::bigint[])
                as o (order_id, account_id, number, status, since, placed_at, reference, tax_country, net, tax)",
        tx.tenant().uuid(),
        &orders.ids,
        &orders.accounts,
        &orders.numbers,
        &orders.statuses,
        &orders.since,
        &orders.placed_at,
        &orders.references,
        &orders.tax_countries,
        &orders.nets,
        &orders.taxes,
        rules.currency.as_str(),
        rules.rounding.word()
    )
    .execute(&mut *tx)
    .await?;
    Ok(())
}

/// At the price of then, of which nobody knows any more why it was that.
async fn write_lines(tx: &mut Tx<Office>, lines: &Lines) -> Result<()> {
    sqlx::query!(
        "insert into order_lines (tenant_id, order_id, line, account_id, product_id, sku, name, pack, tax_class, tax_basis_points, unit_minor,
                                  price_source, price_from_quantity, ordered, accepted, picked, delivered, reserved, net_minor, tax_minor)
         select $1::uuid, l.order_id, l.line, l.account_id, l.product_id, l.sku, l.name, l.pack, l.tax_class, l.basis_points, l.unit_minor,
                'agreed', 1, l.ordered, l.accepted, l.picked, l.delivered, l.reserved, l.net, l.tax
           from unnest($2::uuid[], $3::smallint[], $4::uuid[], $5::uuid[], $6::text[], $7::text[], $8::text[], $9::text[], $10::int[],
                       $11::bigint[], $12::int[], $13::int[], $14::int[], $15::int[], $16::int[], $17::bigint[], $18::bigint[])
                as l (order_id, line, account_id, product_id, sku, name, pack, tax_class, basis_points,
                      unit_minor, ordered, accepted, picked, delivered, reserved, net, tax)",
        tx.tenant().uuid(),
        &lines.orders,
        &lines.places,
        &lines.accounts,
        &lines.products,
        &lines.skus,
        &lines.names,
        &lines.packs,
        &lines.classes,
        &lines.basis_points,
        &lines.units,
        &lines.ordered,
        &lines.accepted as _,
        &lines.picked as _,
        &lines.delivered as _,
        &lines.reserved,
        &lines.nets,
        &lines.taxes as _
    )
    .execute(&mut *tx)
    .await?;
    Ok(())
}

async fn write_events(tx: &mut Tx<Office>, events: &Events) -> Result<()> {
    sqlx::query!(
        "insert into order_events (tenant_id, order_id, event_id, account_id, at, actor_kind, move, from_status, to_status)
         select $1::uuid, e.*
           from unnest($2::uuid[], $3::uuid[], $4::uuid[], $5::timestamptz[], $6::text[], $7::text[], $8::text[], $9::text[]) as e",
        tx.tenant().uuid(),
        &events.orders,
        &events.ids,
        &events.accounts,
        &events.at,
        &events.kinds,
        &events.moves,
        &events.from,
        &events.to
    )
    .execute(&mut *tx)
    .await?;
    Ok(())
}

/// What has not left holds some of the stock, whether there is enough of it or not: it was sold.
async fn reserve(tx: &mut Tx<Office>, orders: &[Uuid]) -> Result<()> {
    sqlx::query!(
        "with held as materialized (
           select s.product_id, l.held from stock s
             join (select product_id, sum(reserved)::bigint as held from order_lines
                    where tenant_id = $1 and order_id = any($2) and reserved > 0 group by product_id) l on l.product_id = s.product_id
            where s.tenant_id = $1 order by s.product_id for update of s)
         update stock s set reserved = s.reserved + held.held from held where s.tenant_id = $1 and s.product_id = held.product_id",
        tx.tenant().uuid(),
        orders
    )
    .execute(&mut *tx)
    .await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The way that is written down here is one that orders can go.
    #[test]
    fn an_order_came_to_be_where_it_is_by_moves_that_there_are() {
        use crate::orders::states::Who;
        for status in Status::ALL {
            let mut at = Status::Submitted;
            for (step, to, _) in way_to(status) {
                let arrow = at.after(*step, Who::Keeper, true).or_else(|_| at.after(*step, Who::Customer, true));
                assert_eq!(arrow.map(|arrow| arrow.to), Ok(*to), "{status:?}");
                at = *to;
            }
            assert_eq!(at, status);
        }
    }
}
