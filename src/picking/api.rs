//! Picking, by the API: for a scanner or a tablet in the store. Nothing in it has a price.

use poem_openapi::param::{Path, Query};
use poem_openapi::payload::Json;
use poem_openapi::{Object, OpenApi};

use super::{
    Delivered, Instead, LONGEST_WHY, Picked, Picking, Row, Sheet, SheetLine, Stage, deliver, dispatch, pick, sheet, start, waiting,
};
use crate::api::Chapter;
use crate::api::typed::{Body, Text, Whole};
use crate::db::{Office, Tx};
use crate::error::{Error, Result};
use crate::orders::OrderNumber;
use crate::tenancy::extract::{AnyRole, Staff};
use crate::values::{Quantity, Sku};

pub struct PickingApi;

/// An order that is picked, or is on its way.
#[derive(Object)]
pub struct PickingOrder {
    number: String,
    /// `accepted`, `amended`, `picking` or `dispatched`.
    status: String,
    business_name: String,
    /// Null where it is on none.
    route: Option<String>,
    /// `delivery` or `collection`.
    method: String,
    wanted_day: Option<String>,
    /// How many lines it has,
    lines: i64,
    /// and how many of them have been picked.
    picked: i64,
}

/// Orders, the most pressing first.
#[derive(Object)]
pub struct PickingList {
    items: Vec<PickingOrder>,
    /// Always null: there is one page.
    next: Option<String>,
}

/// An order for whoever picks it.
#[derive(Object)]
pub struct PickingSheet {
    number: String,
    /// Another one after whatever happens to the order.
    revision: i32,
    /// `accepted`, `amended`, `picking`, `dispatched` or `delivered`.
    status: String,
    business_name: String,
    account_number: String,
    town: String,
    route: Option<String>,
    /// `delivery` or `collection`.
    method: String,
    wanted_day: Option<String>,
    reference: Option<String>,
    note: Option<String>,
    lines: Vec<PickingLine>,
}

/// A line of it.
#[derive(Object)]
pub struct PickingLine {
    line: i16,
    sku: String,
    name: String,
    pack: String,
    barcode: Option<String>,
    /// So many are to be picked.
    accepted: i32,
    /// Null until somebody says how many were.
    picked: Option<i32>,
    delivered: Option<i32>,
    /// The number of the line that it stands for.
    substitute_for: Option<i16>,
    why: Option<String>,
}

/// What was picked.
#[derive(Object)]
#[oai(deny_unknown_fields)]
pub struct PickingBody {
    /// Of the order as it was read: when something has happened to it since, 409.
    revision: Option<Whole<1, { i32::MAX as i64 }>>,
    #[oai(validator(max_items = 999))]
    lines: Option<Vec<PickedBody>>,
    /// What goes instead of something.
    #[oai(validator(max_items = 100))]
    instead: Option<Vec<InsteadBody>>,
}

/// So many of a line.
#[derive(Object)]
#[oai(deny_unknown_fields)]
pub struct PickedBody {
    line: Whole<1, 999>,
    picked: Whole<0, { Quantity::MOST as i64 }>,
    /// Why there are fewer than were accepted; the customer reads it.
    why: Option<Text<0, LONGEST_WHY>>,
}

/// So many of something else.
#[derive(Object)]
#[oai(deny_unknown_fields)]
pub struct InsteadBody {
    /// The line that it stands for.
    line: Whole<1, 999>,
    sku: Text<1, { Sku::LONGEST }>,
    quantity: Whole<1, { Quantity::MOST as i64 }>,
}

/// What was handed over.
#[derive(Object)]
#[oai(deny_unknown_fields)]
pub struct DeliveryBody {
    /// Of what is not named, all that was sent.
    #[oai(validator(max_items = 999))]
    lines: Option<Vec<DeliveredBody>>,
    /// Whether what was not taken is in stock again; it is when nothing is said.
    came_back: Option<bool>,
}

/// So many of a line.
#[derive(Object)]
#[oai(deny_unknown_fields)]
pub struct DeliveredBody {
    line: Whole<1, 999>,
    delivered: Whole<0, { Quantity::MOST as i64 }>,
}

fn or_null(text: String) -> Option<String> {
    Some(text).filter(|text| !text.is_empty())
}

fn line_number(line: i64) -> i16 {
    i16::try_from(line).unwrap_or(i16::MAX)
}

fn count(number: i64) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

impl From<Row> for PickingOrder {
    fn from(row: Row) -> Self {
        Self {
            number: row.number,
            status: row.status,
            business_name: row.business_name,
            route: or_null(row.route),
            method: row.method,
            wanted_day: row.wanted_day.map(|day| day.to_string()),
            lines: row.lines,
            picked: row.picked,
        }
    }
}

impl From<SheetLine> for PickingLine {
    fn from(line: SheetLine) -> Self {
        let SheetLine { line, sku, name, pack, barcode, accepted, picked, delivered, substitute_for, why } = line;
        let (barcode, why) = (or_null(barcode), or_null(why));
        Self { line, sku, name, pack, barcode, accepted, picked, delivered, substitute_for, why }
    }
}

impl From<Sheet> for PickingSheet {
    fn from(sheet: Sheet) -> Self {
        Self {
            number: sheet.number,
            revision: sheet.revision,
            status: sheet.status.word().to_owned(),
            business_name: sheet.business_name,
            account_number: sheet.account_number,
            town: sheet.town,
            route: or_null(sheet.route),
            method: sheet.method,
            wanted_day: sheet.wanted_day.map(|day| day.to_string()),
            reference: or_null(sheet.reference),
            note: or_null(sheet.note),
            lines: sheet.lines.into_iter().map(PickingLine::from).collect(),
        }
    }
}

async fn answer(tx: &mut Tx<Office>, number: &OrderNumber) -> Result<Json<PickingSheet>> {
    Ok(Json(sheet(tx, number).await?.into()))
}

#[OpenApi(prefix_path = "/api/v1", tag = "Chapter::Office")]
impl PickingApi {
    /// Orders to pick
    #[oai(path = "/office/picking", method = "get")]
    async fn list_picking(
        &self,
        mut staff: Staff<AnyRole>,
        /// `waiting`, which it is when it is not said, `picking` or `dispatched`.
        stage: Query<Option<String>>,
    ) -> Result<Json<PickingList>> {
        let stage = Stage::parse(stage.0.as_deref().unwrap_or_default())?;
        let items = waiting(&mut staff.tx, stage).await?.into_iter().map(PickingOrder::from).collect();
        Ok(Json(PickingList { items, next: None }))
    }

    /// One order, without its prices
    #[oai(path = "/office/picking/:number", method = "get")]
    async fn get_picking(&self, mut staff: Staff<AnyRole>, number: Path<String>) -> Result<Json<PickingSheet>> {
        let number = OrderNumber::parse(&number).ok_or(Error::NotFound)?;
        answer(&mut staff.tx, &number).await
    }

    /// Begin to pick an order
    ///
    /// From now on its customer cannot change it. Not accepted, or begun already: 409.
    #[oai(path = "/office/picking/:number/start", method = "post")]
    async fn create_picking_start(&self, staff: Staff<AnyRole>, number: Path<String>) -> Result<Json<PickingSheet>> {
        let number = OrderNumber::parse(&number).ok_or(Error::NotFound)?;
        staff
            .write(async |tx, member| {
                start(tx, member, &number).await?;
                answer(tx, &number).await
            })
            .await
    }

    /// Say what was picked
    ///
    /// What is not named stays as it was said before. Not being picked: 409.
    #[oai(path = "/office/picking/:number", method = "patch")]
    async fn update_picking(&self, staff: Staff<AnyRole>, number: Path<String>, body: Body<PickingBody>) -> Result<Json<PickingSheet>> {
        let number = OrderNumber::parse(&number).ok_or(Error::NotFound)?;
        let picked = |body: &PickedBody| Picked {
            line: line_number(*body.line),
            quantity: count(*body.picked),
            why: body.why.as_deref().unwrap_or_default().to_owned(),
        };
        let instead =
            |body: &InsteadBody| Instead { line: line_number(*body.line), sku: (*body.sku).to_owned(), quantity: count(*body.quantity) };
        let picking = Picking {
            revision: body.revision.as_deref().and_then(|revision| i32::try_from(*revision).ok()),
            picked: body.lines.iter().flatten().map(picked).collect(),
            instead: body.instead.iter().flatten().map(instead).collect(),
        };
        staff
            .write(async |tx, member| {
                pick(tx, member, &number, &picking).await?;
                answer(tx, &number).await
            })
            .await
    }

    /// Send an order on its way
    ///
    /// Or put it where it is fetched; the customer is told. Not all of it picked: 409.
    #[oai(path = "/office/picking/:number/dispatch", method = "post")]
    async fn create_dispatch(&self, staff: Staff<AnyRole>, number: Path<String>) -> Result<Json<PickingSheet>> {
        let number = OrderNumber::parse(&number).ok_or(Error::NotFound)?;
        staff
            .write(async |tx, member| {
                dispatch(tx, member, &number).await?;
                answer(tx, &number).await
            })
            .await
    }

    /// Hand an order over
    ///
    /// Not on its way: 409.
    #[oai(path = "/office/picking/:number/delivery", method = "post")]
    async fn create_delivery(&self, staff: Staff<AnyRole>, number: Path<String>, body: Body<DeliveryBody>) -> Result<Json<PickingSheet>> {
        let number = OrderNumber::parse(&number).ok_or(Error::NotFound)?;
        let delivered = |body: &DeliveredBody| Delivered { line: line_number(*body.line), quantity: count(*body.delivered) };
        let delivered: Vec<Delivered> = body.lines.iter().flatten().map(delivered).collect();
        let came_back = body.came_back.unwrap_or(true);
        staff
            .write(async |tx, member| {
                deliver(tx, member, &number, &delivered, came_back).await?;
                answer(tx, &number).await
            })
            .await
    }
}
