//! Ordering, by the API.

use poem_openapi::param::{Path, Query};
use poem_openapi::payload::Json;
use poem_openapi::{ApiResponse, Object, OpenApi};

use super::changes::LineChange;
use super::edits::{self, api::OrderEditBody};
use super::shown::Reader;
use super::{
    Asked, Happened, LONGEST_NOTE, LONGEST_REFERENCE, Line, Lines, Order, OrderNumber, PAGE, Placed, Placing, Sender, cancel, find,
    happened, of_account, read_words, submit,
};
use crate::api::money::MoneyAnswer;
use crate::api::once::{KeyHeader, read_key};
use crate::api::typed::{Body, Text, Whole};
use crate::api::{Chapter, time};
use crate::error::{Error, Result};
use crate::idempotency::Key;
use crate::idempotency::submission::Patience;
use crate::lists::read_cursor;
use crate::order_days;
use crate::tenancy::extract::Buyer;
use crate::values::{Currency, Money, Quantity, Sku};

pub struct OrdersApi;

/// What is ordered.
#[derive(Object)]
#[oai(deny_unknown_fields)]
pub struct OrderBody {
    /// The same SKU twice is one line of both quantities.
    #[oai(validator(min_items = 1, max_items = 500))]
    lines: Vec<OrderLineBody>,
    /// `delivery` or `collection`; the first when it is not said.
    method: Option<Text<0, 10>>,
    /// The day on which it is wanted, as in `2026-12-01`. Where days are asked for, the soonest when it is not said.
    day: Option<Text<0, 10>>,
    /// Your own number for it.
    reference: Option<Text<0, LONGEST_REFERENCE>>,
    /// What else the wholesaler should know.
    note: Option<Text<0, LONGEST_NOTE>>,
}

/// So many of a product.
#[derive(Object)]
#[oai(deny_unknown_fields)]
pub struct OrderLineBody {
    /// In whatever case.
    sku: Text<1, { Sku::LONGEST }>,
    quantity: Whole<1, { Quantity::MOST as i64 }>,
}

impl OrderLineBody {
    pub fn asked(&self) -> Asked {
        Asked { sku: (*self.sku).to_owned(), quantity: u32::try_from(*self.quantity).unwrap_or_default() }
    }
}

/// An order.
#[derive(Object)]
pub struct OrderAnswer {
    number: String,
    /// `submitted`, `accepted`, `amended`, `picking`, `dispatched`, `delivered`, `cancelled` or `declined`.
    status: String,
    lines: Vec<OrderLineAnswer>,
    /// Without VAT.
    total: MoneyAnswer,
    total_inc_tax: MoneyAnswer,
    reference: Option<String>,
    placed_at: String,
    /// The day on which it is wanted, where one is asked for.
    wanted_day: Option<String>,
}

/// A line of an order.
#[derive(Object)]
pub struct OrderLineAnswer {
    sku: String,
    /// How many there are of it, by how far the order is.
    quantity: u32,
    /// Of one, without VAT.
    price: MoneyAnswer,
    /// Of all of them, without VAT.
    total: MoneyAnswer,
}

/// A page of orders.
#[derive(Object)]
pub struct OrderList {
    items: Vec<OrderAnswer>,
    /// Pass it as `cursor` for the next page; null on the last.
    next: Option<String>,
}

/// An order with everything about it.
#[derive(Object)]
pub struct OrderDetail {
    number: String,
    /// `submitted`, `accepted`, `amended`, `picking`, `dispatched`, `delivered`, `cancelled` or `declined`.
    status: String,
    lines: Vec<OrderLineDetail>,
    /// Without VAT.
    total: MoneyAnswer,
    total_inc_tax: MoneyAnswer,
    reference: Option<String>,
    note: Option<String>,
    /// Counts every change of it.
    revision: i32,
    placed_at: String,
    /// Who of the staff placed it for the customer; null when the customer did.
    placed_by: Option<String>,
    wanted_day: Option<String>,
    events: Vec<OrderEvent>,
}

/// A line of it with everything about it.
#[derive(Object)]
pub struct OrderLineDetail {
    line: i16,
    sku: String,
    name: String,
    /// How many there are of it, by how far the order is.
    quantity: u32,
    ordered: u32,
    /// Null until it is known.
    accepted: Option<u32>,
    picked: Option<u32>,
    delivered: Option<u32>,
    /// The SKU of what it stands for, when that could not be had.
    substitute_for: Option<String>,
    /// Of one, without VAT.
    price: MoneyAnswer,
    /// Why it costs that; null for what everybody pays.
    price_reason: Option<String>,
    /// Of all of them, without VAT.
    total: MoneyAnswer,
}

/// Something that has happened to it.
#[derive(Object)]
pub struct OrderEvent {
    at: String,
    /// `customer`, `staff` or `system`.
    by: String,
    /// `submitted`, `accepted`, `declined`, `cancelled` and so on.
    what: String,
    /// Null where none is given.
    reason: Option<String>,
    /// Which lines became otherwise.
    changes: Vec<OrderChange>,
}

/// A line that became otherwise.
#[derive(Object)]
pub struct OrderChange {
    sku: String,
    quantity_before: u32,
    quantity: u32,
    price_before: MoneyAnswer,
    price: MoneyAnswer,
    /// Null where nobody has said.
    why: Option<String>,
}

fn answer(minor: i64, currency: &str) -> Result<MoneyAnswer> {
    let currency = Currency::parse(currency).map_err(|wrong| Error::Internal(anyhow::anyhow!("an order's currency: {wrong}")))?;
    Ok(Money::new(minor, currency).into())
}

fn or_null(text: String) -> Option<String> {
    Some(text).filter(|text| !text.is_empty())
}

impl TryFrom<Placed> for OrderAnswer {
    type Error = Error;

    fn try_from(placed: Placed) -> Result<Self> {
        let money = |minor: i64| answer(minor, &placed.currency);
        let line = |line: &super::PlacedLine| {
            let (price, total) = (money(line.unit_minor)?, money(line.net_minor)?);
            Ok(OrderLineAnswer { sku: line.sku.clone(), quantity: line.quantity, price, total })
        };
        Ok(Self {
            lines: placed.lines.iter().map(line).collect::<Result<_>>()?,
            total: money(placed.net_minor)?,
            total_inc_tax: money(placed.net_minor.saturating_add(placed.tax_minor))?,
            number: placed.number,
            status: placed.status,
            reference: or_null(placed.reference),
            placed_at: time(placed.placed_at),
            wanted_day: placed.wanted_day.map(|day| day.to_string()),
        })
    }
}

impl TryFrom<Order> for OrderAnswer {
    type Error = Error;

    fn try_from(order: Order) -> Result<Self> {
        let Order { head, lines } = order;
        let money = |minor: i64| answer(minor, &head.currency);
        let line = |line: Line| {
            let (price, total) = (money(line.unit_minor)?, money(line.net_minor)?);
            Ok(OrderLineAnswer { quantity: line.quantities().counting(), sku: line.sku, price, total })
        };
        Ok(Self {
            lines: lines.into_iter().map(line).collect::<Result<_>>()?,
            total: money(head.net_minor)?,
            total_inc_tax: money(head.gross_minor())?,
            number: head.number,
            status: head.status,
            reference: or_null(head.reference),
            placed_at: time(head.placed_at),
            wanted_day: head.wanted_day.map(|day| day.to_string()),
        })
    }
}

impl OrderDetail {
    /// With what has happened to it.
    pub fn of(order: Order, happened: Vec<Happened>) -> Result<Self> {
        let Order { head, lines } = order;
        let money = |minor: i64| answer(minor, &head.currency);
        let sku_of = |wanted: i16| lines.iter().find(|line| line.line == wanted).map(|line| line.sku.clone());
        let line = |line: &Line| {
            let quantities = line.quantities();
            Ok(OrderLineDetail {
                line: line.line,
                sku: line.sku.clone(),
                name: line.name.clone(),
                quantity: quantities.counting(),
                ordered: quantities.ordered,
                accepted: quantities.accepted,
                picked: quantities.picked,
                delivered: quantities.delivered,
                substitute_for: line.substitute_for.and_then(sku_of),
                price: money(line.unit_minor)?,
                price_reason: or_null(line.reason(Reader::Customer)),
                total: money(line.net_minor)?,
            })
        };
        let change = |change: LineChange| {
            let ([quantity_before, quantity], [price_before, price]) = (change.quantity, change.unit_minor);
            let (price_before, price) = (money(price_before)?, money(price)?);
            Ok(OrderChange { sku: change.sku, quantity_before, quantity, price_before, price, why: or_null(change.why) })
        };
        let event = |event: Happened| {
            let changes = event.changes.lines.into_iter().map(change).collect::<Result<_>>()?;
            Ok(OrderEvent { at: time(event.at), by: event.actor_kind, what: event.what, reason: or_null(event.reason), changes })
        };
        Ok(Self {
            lines: lines.iter().map(line).collect::<Result<_>>()?,
            total: money(head.net_minor)?,
            total_inc_tax: money(head.gross_minor())?,
            events: happened.into_iter().map(event).collect::<Result<_>>()?,
            number: head.number,
            status: head.status,
            reference: or_null(head.reference),
            note: or_null(head.note),
            revision: head.revision,
            placed_at: time(head.placed_at),
            placed_by: or_null(head.placed_by_name),
            wanted_day: head.wanted_day.map(|day| day.to_string()),
        })
    }
}

#[derive(ApiResponse)]
pub enum OrderPlaced {
    /// The wholesaler has it.
    #[oai(status = 201)]
    Created(Json<OrderAnswer>),
}

#[derive(ApiResponse)]
pub enum OrderCancelled {
    /// Nothing of it will be delivered.
    #[oai(status = 204)]
    Done,
}

#[OpenApi(prefix_path = "/api/v1", tag = "Chapter::Ordering")]
impl OrdersApi {
    /// Order
    ///
    /// With an `Idempotency-Key`, sending the same again, from whichever phone of the account, gives the first answer again for
    /// thirty days; another body under the same key is 422, and while the first is being worked on, 409. Without one, each
    /// request is an order of its own. What cannot be ordered as it was asked is 422, and what there is not enough of is 409 and
    /// named in `lines`.
    #[oai(path = "/orders", method = "post")]
    async fn create_order(
        &self,
        buyer: Buyer,
        /// Of visible ASCII characters.
        #[oai(name = "Idempotency-Key")]
        idempotency_key: KeyHeader,
        body: Body<OrderBody>,
    ) -> Result<OrderPlaced> {
        let (reference, note) = read_words(body.reference.as_deref().unwrap_or_default(), body.note.as_deref().unwrap_or_default())?;
        let day = order_days::read(body.method.as_deref().unwrap_or_default(), body.day.as_deref().unwrap_or_default())?;
        let placing = Placing { lines: Lines::Listed(body.lines.iter().map(OrderLineBody::asked).collect()), day, reference, note };
        let key = read_key(&buyer.headers, &idempotency_key)?;
        let terms = buyer.terms();
        let placed = buyer
            .write(async |tx, caller, access| {
                let sender = Sender::customer(caller, access, &terms, key.as_ref().map(Key::as_str), Patience::Refuse);
                submit(tx, &sender, &placing, caller.house.now()).await
            })
            .await?;
        Ok(OrderPlaced::Created(Json(placed.try_into()?)))
    }

    /// Your account's orders, newest first
    #[oai(path = "/orders", method = "get")]
    async fn list_orders(
        &self,
        mut buyer: Buyer,
        /// The `next` of the page before.
        cursor: Query<Option<String>>,
    ) -> Result<Json<OrderList>> {
        let after = read_cursor(cursor.0.as_deref())?;
        let orders = of_account(&mut buyer.tx, buyer.access.account_id, after).await?;
        let is_full = i64::try_from(orders.len()).is_ok_and(|length| length == PAGE);
        let next = orders.last().filter(|_| is_full).map(|last| last.head.order_id.to_string());
        Ok(Json(OrderList { items: orders.into_iter().map(OrderAnswer::try_from).collect::<Result<_>>()?, next }))
    }

    /// One order, with what has happened to it
    #[oai(path = "/orders/:number", method = "get")]
    async fn get_order(&self, mut buyer: Buyer, number: Path<String>) -> Result<Json<OrderDetail>> {
        let number = OrderNumber::parse(&number).ok_or(Error::NotFound)?;
        let order = find(&mut buyer.tx, &number).await?;
        let happened = happened(&mut buyer.tx, order.head.order_id).await?;
        Ok(Json(OrderDetail::of(order, happened)?))
    }

    /// Change an order
    ///
    /// While it is not accepted, and until orders for its day are closed; it is priced as of today. Too late: 409.
    #[oai(path = "/orders/:number", method = "patch")]
    async fn update_order(&self, buyer: Buyer, number: Path<String>, body: Body<OrderEditBody>) -> Result<Json<OrderDetail>> {
        edits::api::update(buyer, &number, body).await
    }

    /// Cancel an order
    ///
    /// While it is not accepted, and until orders for its day are closed. Too late: 409.
    #[oai(path = "/orders/:number", method = "delete")]
    async fn delete_order(&self, buyer: Buyer, number: Path<String>) -> Result<OrderCancelled> {
        let number = OrderNumber::parse(&number).ok_or(Error::NotFound)?;
        buyer.write(async |tx, caller, _| cancel(tx, caller, &number, caller.house.now()).await).await?;
        Ok(OrderCancelled::Done)
    }
}
