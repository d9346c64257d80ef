//! The order desk, by the API.

use poem_openapi::param::{Path, Query};
use poem_openapi::payload::Json;
use poem_openapi::{Object, OpenApi};
use uuid::Uuid;

use super::{PAGE, Row, Wanted, accept, cancel, decline, desk, pulse};
use crate::api::money::MoneyAnswer;
use crate::api::once::KeyHeader;
use crate::api::typed::{Body, Text};
use crate::api::{Chapter, time};
use crate::db::{Office, Tx};
use crate::error::{Error, Result};
use crate::lists::read_cursor;
use crate::orders::api::{OrderDetail, OrderPlaced};
use crate::orders::{OrderNumber, find, happened};
use crate::phone_orders::{self, api::PhoneOrderBody};
use crate::tenancy::extract::{Seller, Staff};
use crate::values::text::LONGEST_REASON;
use crate::values::{Currency, Money};

pub struct OfficeOrdersApi;

/// An order in the desk's list.
#[derive(Object)]
pub struct OfficeOrder {
    number: String,
    /// `submitted`, `accepted`, `amended`, `picking`, `dispatched`, `delivered`, `cancelled` or `declined`.
    status: String,
    account_number: String,
    business_name: String,
    placed_at: String,
    wanted_day: Option<String>,
    reference: Option<String>,
    /// How many lines it has.
    lines: i64,
    /// Without VAT.
    total: MoneyAnswer,
}

impl TryFrom<Row> for OfficeOrder {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self> {
        let currency = Currency::parse(&row.currency).map_err(|wrong| Error::Internal(anyhow::anyhow!("an order's currency: {wrong}")))?;
        Ok(Self {
            number: row.number,
            status: row.status,
            account_number: row.account_number,
            business_name: row.business_name,
            placed_at: time(row.placed_at),
            wanted_day: row.wanted_day.map(|day| day.to_string()),
            reference: Some(row.reference).filter(|reference| !reference.is_empty()),
            lines: row.lines,
            total: Money::new(row.net_minor, currency).into(),
        })
    }
}

/// A page of the desk.
#[derive(Object)]
pub struct OfficeOrderList {
    items: Vec<OfficeOrder>,
    /// Pass it as `cursor` for the next page; null on the last.
    next: Option<String>,
}

/// Why not.
#[derive(Object)]
#[oai(deny_unknown_fields)]
pub struct OrderReasonBody {
    /// The customer reads it.
    reason: Text<1, LONGEST_REASON>,
}

/// Why not any more.
#[derive(Object)]
#[oai(deny_unknown_fields)]
pub struct OrderCancellationBody {
    /// The customer reads it.
    reason: Text<1, LONGEST_REASON>,
    /// Of an order that has left, whether the goods are in stock again; they are not when nothing is said.
    came_back: Option<bool>,
}

/// Whether anything is new.
#[derive(Object)]
pub struct Pulse {
    /// Another id than before means that an order has come; null when none ever has.
    newest: Option<Uuid>,
    /// Another one whenever something has come, or what waits was changed, answered or taken back.
    state: String,
}

/// An order as the desk's operations answer it.
pub async fn detail(tx: &mut Tx<Office>, number: &OrderNumber) -> Result<Json<OrderDetail>> {
    let order = find(tx, number).await?;
    let happened = happened(tx, order.head.order_id).await?;
    Ok(Json(OrderDetail::of(order, happened)?))
}

#[OpenApi(prefix_path = "/api/v1", tag = "Chapter::Office")]
impl OfficeOrdersApi {
    /// The order desk
    ///
    /// What is new the longest waiting first, everything else the newest first.
    #[oai(path = "/office/orders", method = "get")]
    async fn list_office_orders(
        &self,
        mut staff: Staff<Seller>,
        /// `submitted`, `accepted`, `picking`, `dispatched`, `delivered`, `cancelled` or `all`, which it is when it is not said.
        status: Query<Option<String>>,
        /// The `next` of the page before.
        cursor: Query<Option<String>>,
    ) -> Result<Json<OfficeOrderList>> {
        let wanted = Wanted::parse(status.0.as_deref().filter(|status| !status.is_empty()).unwrap_or("all"))?;
        let after = read_cursor(cursor.0.as_deref())?;
        let rows = desk(&mut staff.tx, wanted, after).await?;
        let is_full = i64::try_from(rows.len()).is_ok_and(|length| length == PAGE);
        let next = rows.last().filter(|_| is_full).map(|last| last.order_id.to_string());
        Ok(Json(OfficeOrderList { items: rows.into_iter().map(OfficeOrder::try_from).collect::<Result<_>>()?, next }))
    }

    /// Order for a customer
    ///
    /// At the customer's prices; the order says who placed it, and the customer is told. It may be less than customers have to
    /// order at once. An `Idempotency-Key` is the account's, as of the customer's own orders.
    #[oai(path = "/office/orders", method = "post")]
    async fn create_phone_order(
        &self,
        staff: Staff<Seller>,
        /// Of visible ASCII characters.
        #[oai(name = "Idempotency-Key")]
        idempotency_key: KeyHeader,
        body: Body<PhoneOrderBody>,
    ) -> Result<OrderPlaced> {
        phone_orders::api::create(staff, &idempotency_key, body).await
    }

    /// Whether orders have come
    #[oai(path = "/office/orders/pulse", method = "get")]
    async fn get_order_pulse(&self, mut staff: Staff<Seller>) -> Result<Json<Pulse>> {
        let super::Pulse { newest, state } = pulse(&mut staff.tx).await?;
        Ok(Json(Pulse { newest, state }))
    }

    /// One order, with what has happened to it
    #[oai(path = "/office/orders/:number", method = "get")]
    async fn get_office_order(&self, mut staff: Staff<Seller>, number: Path<String>) -> Result<Json<OrderDetail>> {
        let number = OrderNumber::parse(&number).ok_or(Error::NotFound)?;
        detail(&mut staff.tx, &number).await
    }

    /// Accept an order
    ///
    /// As it was ordered; the customer is told. Answered already: 409.
    #[oai(path = "/office/orders/:number/acceptance", method = "post")]
    async fn create_acceptance(
        &self,
        staff: Staff<Seller>,
        number: Path<String>,
        /// The order's revision as it was read: when its customer has changed it since, 409.
        revision: Query<Option<i32>>,
    ) -> Result<Json<OrderDetail>> {
        let number = OrderNumber::parse(&number).ok_or(Error::NotFound)?;
        staff
            .write(async |tx, member| {
                accept(tx, member, &number, revision.0).await?;
                detail(tx, &number).await
            })
            .await
    }

    /// Decline an order
    ///
    /// The customer is told the reason. Answered already: 409.
    #[oai(path = "/office/orders/:number/refusal", method = "post")]
    async fn create_order_refusal(
        &self,
        staff: Staff<Seller>,
        number: Path<String>,
        body: Body<OrderReasonBody>,
    ) -> Result<Json<OrderDetail>> {
        let number = OrderNumber::parse(&number).ok_or(Error::NotFound)?;
        staff
            .write(async |tx, member| {
                decline(tx, member, &number, &body.reason).await?;
                detail(tx, &number).await
            })
            .await
    }

    /// Cancel an order that was accepted
    ///
    /// The customer is told the reason. Not accepted, or ended: 409; one that has left is cancelled by owners and managers alone.
    #[oai(path = "/office/orders/:number/cancellation", method = "post")]
    async fn create_order_cancellation(
        &self,
        staff: Staff<Seller>,
        number: Path<String>,
        body: Body<OrderCancellationBody>,
    ) -> Result<Json<OrderDetail>> {
        let number = OrderNumber::parse(&number).ok_or(Error::NotFound)?;
        staff
            .write(async |tx, member| {
                cancel(tx, member, &number, &body.reason, body.came_back.unwrap_or_default()).await?;
                detail(tx, &number).await
            })
            .await
    }
}
