//! Ordering for a customer, by the API.

use poem_openapi::Object;
use poem_openapi::payload::Json;

use super::{account, place};
use crate::api::once::{KeyHeader, read_key};
use crate::api::typed::{Body, Text};
use crate::error::{Error, Result};
use crate::idempotency::submission::Patience;
use crate::order_days;
use crate::orders::api::{OrderLineBody, OrderPlaced};
use crate::orders::{LONGEST_NOTE, LONGEST_REFERENCE, Lines, Placing, read_words};
use crate::tenancy::extract::{Seller, Staff};
use crate::values::text::LONGEST_ACCOUNT_NUMBER;

/// What is ordered, and for whom.
#[derive(Object)]
#[oai(deny_unknown_fields)]
pub struct PhoneOrderBody {
    account_number: Text<1, LONGEST_ACCOUNT_NUMBER>,
    /// The same SKU twice is one line of both quantities.
    #[oai(validator(min_items = 1, max_items = 500))]
    lines: Vec<OrderLineBody>,
    /// `delivery` or `collection`; the first when it is not said.
    method: Option<Text<0, 10>>,
    /// The day on which it is wanted, as in `2026-12-01`. Where days are asked for, the soonest when it is not said.
    day: Option<Text<0, 10>>,
    /// The customer's own number for it.
    reference: Option<Text<0, LONGEST_REFERENCE>>,
    /// What else the customer has said.
    note: Option<Text<0, LONGEST_NOTE>>,
}

/// What `POST /api/v1/office/orders` does.
pub async fn create(staff: Staff<Seller>, idempotency_key: &KeyHeader, body: Body<PhoneOrderBody>) -> Result<OrderPlaced> {
    let (reference, note) = read_words(body.reference.as_deref().unwrap_or_default(), body.note.as_deref().unwrap_or_default())?;
    let day = order_days::read(body.method.as_deref().unwrap_or_default(), body.day.as_deref().unwrap_or_default())?;
    let lines = Lines::Listed(body.lines.iter().map(OrderLineBody::asked).collect());
    let placing = Placing { lines, day, reference, note };
    let key = read_key(&staff.headers, idempotency_key)?;
    let placed = staff
        .write(async |tx, member| {
            let account = match account(tx, &body.account_number).await {
                Err(Error::NotFound) => return Err(Error::invalid("account_number", "There is no account of this number.")),
                other => other?,
            };
            place(tx, member, &account, &placing, key.as_ref().map(|key| (key.as_str(), Patience::Refuse)), None).await
        })
        .await?;
    Ok(OrderPlaced::Created(Json(placed.try_into()?)))
}
