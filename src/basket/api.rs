//! The basket, by the API: what the page's script speaks to.

use std::collections::BTreeMap;

use poem_openapi::payload::Json;
use poem_openapi::{Object, OpenApi};
use uuid::Uuid;

use super::{Basket, BasketLine, Change, Edit, change, show};
use crate::api::Chapter;
use crate::api::money::MoneyAnswer;
use crate::api::typed::{Body, Text, Whole};
use crate::db::{Counter, Tx};
use crate::error::{Error, Result};
use crate::idempotency::submission::Patience;
use crate::order_days;
use crate::orders::api::OrderPlaced;
use crate::orders::{LONGEST_NOTE, LONGEST_REFERENCE, Lines, Placing, Sender, read_words, submit};
use crate::tenancy::extract::{Buyer, Caller};
use crate::tenancy::session::Access;
use crate::tenancy::terms::Terms;
use crate::values::{Money, Quantity};

pub struct BasketApi;

/// How long a phone may have been without signal.
const LONGEST_AGE_SECONDS: i64 = 30 * 24 * 60 * 60;

/// The account's basket.
#[derive(Object)]
pub struct BasketAnswer {
    /// Under this it is sent, once. Null while nothing was ever put into it.
    submission_id: Option<Uuid>,
    /// Counts every change of it.
    version: i64,
    lines: Vec<BasketLineAnswer>,
    /// Without VAT.
    total: MoneyAnswer,
    total_inc_tax: MoneyAnswer,
    /// The least that is ordered at once, without VAT.
    minimum_order: MoneyAnswer,
    /// What is missing to that; null when nothing is.
    below_minimum: Option<MoneyAnswer>,
}

/// A product in it.
#[derive(Object)]
pub struct BasketLineAnswer {
    product_id: Uuid,
    sku: String,
    name: String,
    quantity: u32,
    /// Of one, without VAT; null when it has none.
    price: Option<MoneyAnswer>,
    /// Of all of them, without VAT.
    total: MoneyAnswer,
    /// Why it cannot be ordered like this.
    problem: Option<String>,
}

/// What is wanted otherwise.
#[derive(Object)]
#[oai(deny_unknown_fields)]
pub struct BasketBody {
    #[oai(validator(min_items = 1, max_items = 500))]
    edits: Vec<BasketEditBody>,
}

/// So many of a product.
#[derive(Object)]
#[oai(deny_unknown_fields)]
pub struct BasketEditBody {
    product_id: Text<36, 36>,
    /// None takes it out.
    quantity: Whole<0, { Quantity::MOST as i64 }>,
    /// How long ago it was wanted so, on a phone that had no signal: what was wanted later stays.
    age_seconds: Option<Whole<0, LONGEST_AGE_SECONDS>>,
}

/// A basket, as it was seen.
#[derive(Object)]
#[oai(deny_unknown_fields)]
pub struct SubmissionBody {
    submission_id: Text<36, 36>,
    version: Whole<0, { i32::MAX as i64 }>,
    /// What one of each product cost when it was looked at.
    #[oai(validator(min_items = 1, max_items = 500))]
    seen: Vec<SeenBody>,
    /// `delivery` or `collection`, with a day; the soonest when they are not said.
    method: Option<Text<1, 10>>,
    /// As in `2026-12-01`.
    day: Option<Text<1, 10>>,
    reference: Option<Text<0, LONGEST_REFERENCE>>,
    note: Option<Text<0, LONGEST_NOTE>>,
}

/// What one of a product cost, in the currency's smallest unit.
#[derive(Object)]
#[oai(deny_unknown_fields)]
pub struct SeenBody {
    product_id: Text<36, 36>,
    minor: Whole<0, { Money::MOST_MINOR }>,
}

impl BasketAnswer {
    fn of(basket: Basket, terms: &Terms, least: Money) -> Self {
        let money = |minor: i64| MoneyAnswer::from(Money::new(minor, terms.currency));
        let line = |line: &BasketLine| BasketLineAnswer {
            product_id: line.goods.product_id.uuid(),
            sku: line.goods.sku.clone(),
            name: line.goods.name.clone(),
            quantity: line.quantity,
            price: line.price.as_ref().map(|price| money(price.unit_minor)),
            total: money(line.net_minor),
            problem: line.misfit.as_ref().map(|misfit| misfit.in_words(line.quantity)),
        };
        Self {
            submission_id: Some(basket.submission_id).filter(|id| !id.is_nil()),
            version: basket.version,
            lines: basket.lines.iter().map(line).collect(),
            total: money(basket.totals.net_minor),
            total_inc_tax: money(basket.totals.gross_minor),
            minimum_order: least.into(),
            below_minimum: basket.below_minimum.map(MoneyAnswer::from),
        }
    }
}

fn read_id(field: String, text: &str) -> Result<Uuid> {
    Uuid::parse_str(text).map_err(|_| {
        let mut wrong = crate::error::FieldErrors::new();
        wrong.add(field, "This is the id of nothing.");
        Error::Invalid(wrong)
    })
}

async fn answer(tx: &mut Tx<Counter>, caller: &Caller, access: &Access, terms: &Terms) -> Result<Json<BasketAnswer>> {
    let least = caller.tenant.minimum_order;
    Ok(Json(BasketAnswer::of(show(tx, access.account_id, terms, least).await?, terms, least)))
}

#[OpenApi(prefix_path = "/api/v1", tag = "Chapter::Ordering")]
impl BasketApi {
    /// Your account's basket
    ///
    /// All phones of the account share it.
    #[oai(path = "/basket", method = "get")]
    async fn get_basket(&self, buyer: Buyer) -> Result<Json<BasketAnswer>> {
        let terms = buyer.terms();
        let Buyer { caller, access, mut tx } = buyer;
        answer(&mut tx, &caller, &access, &terms).await
    }

    /// Change what is in the basket
    ///
    /// A product that is not named stays as it is. A product that is none: 404.
    #[oai(path = "/basket", method = "patch")]
    async fn update_basket(&self, buyer: Buyer, body: Body<BasketBody>) -> Result<Json<BasketAnswer>> {
        let terms = buyer.terms();
        let edits: Vec<Edit> = body
            .edits
            .iter()
            .enumerate()
            .map(|(at, edit)| {
                let product = read_id(format!("edits[{at}].product_id"), &edit.product_id)?.into();
                let wanted = Change::To(u32::try_from(*edit.quantity).unwrap_or_default());
                let age_seconds = edit.age_seconds.as_deref().map_or(0, |age| u32::try_from(*age).unwrap_or_default());
                Ok(Edit { product, wanted, age_seconds })
            })
            .collect::<Result<_>>()?;
        buyer
            .write(async |tx, caller, access| {
                change(tx, access.account_id, &terms, &edits, caller.house.now()).await?;
                answer(tx, caller, access, &terms).await
            })
            .await
    }

    /// Send the basket
    ///
    /// It becomes an order, once: sending the same again gives the same answer. When a price, the stock or the basket itself is
    /// not as it was seen, 409, and nothing is ordered.
    #[oai(path = "/basket/submission", method = "post")]
    async fn create_submission(&self, buyer: Buyer, body: Body<SubmissionBody>) -> Result<OrderPlaced> {
        let terms = buyer.terms();
        let (reference, note) = read_words(body.reference.as_deref().unwrap_or_default(), body.note.as_deref().unwrap_or_default())?;
        let seen = body.seen.iter().enumerate();
        let seen = seen.map(|(at, seen)| Ok((read_id(format!("seen[{at}].product_id"), &seen.product_id)?, *seen.minor)));
        let seen: BTreeMap<Uuid, i64> = seen.collect::<Result<_>>()?;
        let key = read_id("submission_id".to_owned(), &body.submission_id)?.to_string();
        let day = order_days::read(body.method.as_deref().unwrap_or_default(), body.day.as_deref().unwrap_or_default())?;
        let placing = Placing { lines: Lines::Basket { version: *body.version, seen }, day, reference, note };
        let placed = buyer
            .write(async |tx, caller, access| {
                let sender = Sender::customer(caller, access, &terms, Some(&key), Patience::Refuse);
                submit(tx, &sender, &placing, caller.house.now()).await
            })
            .await?;
        Ok(OrderPlaced::Created(Json(placed.try_into()?)))
    }
}
