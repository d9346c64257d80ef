//! Changing one's own order, by the API.

use poem_openapi::Object;
use poem_openapi::payload::Json;

use crate::api::typed::{Body, Text, Whole};
use crate::error::{Error, Result};
use crate::order_days;
use crate::orders::api::{OrderDetail, OrderLineBody};
use crate::orders::{Edited, LONGEST_NOTE, LONGEST_REFERENCE, OrderNumber, edit, find, happened, read_words};
use crate::tenancy::extract::Buyer;

/// How an order is to be.
#[derive(Object)]
#[oai(deny_unknown_fields)]
pub struct OrderEditBody {
    /// Of the order as it was read: when somebody has changed it since, 409.
    revision: Whole<1, { i32::MAX as i64 }>,
    /// All that is wanted; what is not named is not ordered any more.
    #[oai(validator(min_items = 1, max_items = 500))]
    lines: Vec<OrderLineBody>,
    /// `delivery` or `collection`, with a day; as they were when they are not said.
    method: Option<Text<0, 10>>,
    /// As in `2026-12-01`.
    day: Option<Text<0, 10>>,
    /// As it was when it is not said.
    reference: Option<Text<0, LONGEST_REFERENCE>>,
    note: Option<Text<0, LONGEST_NOTE>>,
    /// What it came to with VAT when it was looked at, in the currency's smallest unit: when it comes to something else now, 409.
    seen_total_inc_tax: Option<Whole<0, { i64::MAX }>>,
}

/// What `PATCH /api/v1/orders/{number}` does.
pub(in crate::orders) async fn update(buyer: Buyer, number: &str, body: Body<OrderEditBody>) -> Result<Json<OrderDetail>> {
    let number = OrderNumber::parse(number).ok_or(Error::NotFound)?;
    let (reference, note) = read_words(body.reference.as_deref().unwrap_or_default(), body.note.as_deref().unwrap_or_default())?;
    let day = order_days::read(body.method.as_deref().unwrap_or_default(), body.day.as_deref().unwrap_or_default())?;
    let seen = body.seen_total_inc_tax.as_deref().copied();
    let terms = buyer.terms();
    buyer
        .write(async |tx, caller, _| {
            let there = find(tx, &number).await?.head;
            let edited = Edited {
                revision: i32::try_from(*body.revision).unwrap_or(i32::MAX),
                lines: body.lines.iter().map(OrderLineBody::asked).collect(),
                day,
                reference: if body.reference.is_some() { reference } else { there.reference },
                note: if body.note.is_some() { note } else { there.note },
            };
            edit(tx, (caller, &terms), &number, &edited, seen, caller.house.now()).await?;
            let order = find(tx, &number).await?;
            let happened = happened(tx, order.head.order_id).await?;
            Ok(Json(OrderDetail::of(order, happened)?))
        })
        .await
}
