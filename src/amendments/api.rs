//! Changing an order, by the API.

use poem_openapi::param::Path;
use poem_openapi::payload::Json;
use poem_openapi::{Object, OpenApi};

use super::{Addition, Amendment, Draft, Drafted, LONGEST_WHY, LineAmendment, amend, preview};
use crate::api::Chapter;
use crate::api::money::MoneyAnswer;
use crate::api::typed::{Body, Text, Whole};
use crate::error::{Error, Result};
use crate::office_orders::api::detail;
use crate::orders::OrderNumber;
use crate::orders::api::OrderDetail;
use crate::tenancy::extract::{Seller, Staff};
use crate::values::{Currency, Money, Quantity, Sku};

pub struct AmendmentsApi;

/// What is to be otherwise.
#[derive(Object)]
#[oai(deny_unknown_fields)]
pub struct AmendmentBody {
    /// Of the order as it was read: when somebody has changed it since, 409.
    revision: Whole<1, { i32::MAX as i64 }>,
    /// What is not named stays as it is.
    #[oai(validator(max_items = 500))]
    lines: Option<Vec<AmendedLineBody>>,
    /// What was not ordered.
    #[oai(validator(max_items = 100))]
    added: Option<Vec<AddedLineBody>>,
    /// What it came to with VAT when it was looked at, in the currency's smallest unit: when it comes to something else now, 409.
    seen_total_inc_tax: Option<Whole<0, { i64::MAX }>>,
}

/// A line, otherwise.
#[derive(Object)]
#[oai(deny_unknown_fields)]
pub struct AmendedLineBody {
    line: Whole<1, 999>,
    /// None of it takes it off.
    quantity: Whole<0, { Quantity::MOST as i64 }>,
    /// A lower price of one, net, in the currency's smallest unit.
    price: Option<Whole<1, { Money::MOST_MINOR }>>,
    /// The customer reads it.
    why: Option<Text<0, LONGEST_WHY>>,
}

/// Something more, or something else.
#[derive(Object)]
#[oai(deny_unknown_fields)]
pub struct AddedLineBody {
    sku: Text<1, { Sku::LONGEST }>,
    quantity: Whole<1, { Quantity::MOST as i64 }>,
    /// The line that it stands for, and is not dearer than.
    substitute_for: Option<Whole<1, 999>>,
}

/// What an order would come to.
#[derive(Object)]
pub struct AmendmentAnswer {
    lines: Vec<AmendmentLine>,
    total_before: MoneyAnswer,
    total: MoneyAnswer,
    total_inc_tax_before: MoneyAnswer,
    total_inc_tax: MoneyAnswer,
}

/// A line that would be otherwise.
#[derive(Object)]
pub struct AmendmentLine {
    sku: String,
    name: String,
    quantity_before: u32,
    quantity: u32,
    price_before: MoneyAnswer,
    price: MoneyAnswer,
    /// Of all of them, without VAT.
    total: MoneyAnswer,
}

impl AmendmentAnswer {
    fn of(draft: &Draft, currency: Currency) -> Self {
        let money = |minor: i64| MoneyAnswer::from(Money::new(minor, currency));
        let line = |line: &Drafted| {
            let ([quantity_before, quantity], [price_before, price]) = (line.quantities(), line.units());
            AmendmentLine {
                sku: line.after.sku.clone(),
                name: line.after.name.clone(),
                quantity_before,
                quantity,
                price_before: money(price_before),
                price: money(price),
                total: money(line.after.net_minor),
            }
        };
        Self {
            lines: draft.lines.iter().filter(|line| line.is_otherwise()).map(line).collect(),
            total_before: money(draft.before_net_minor),
            total: money(draft.after.net_minor),
            total_inc_tax_before: money(draft.before_gross_minor),
            total_inc_tax: money(draft.after.gross_minor),
        }
    }
}

fn read(body: &AmendmentBody) -> Amendment {
    let count = |number: i64| u32::try_from(number).unwrap_or(u32::MAX);
    let number = |line: i64| i16::try_from(line).unwrap_or(i16::MAX);
    let line = |body: &AmendedLineBody| LineAmendment {
        line: number(*body.line),
        quantity: count(*body.quantity),
        unit_minor: body.price.as_deref().copied(),
        why: body.why.as_deref().unwrap_or_default().to_owned(),
    };
    let added = |body: &AddedLineBody| Addition {
        sku: (*body.sku).to_owned(),
        quantity: count(*body.quantity),
        instead_of: body.substitute_for.as_deref().map(|line| number(*line)),
    };
    Amendment {
        revision: i32::try_from(*body.revision).unwrap_or(i32::MAX),
        lines: body.lines.iter().flatten().map(line).collect(),
        added: body.added.iter().flatten().map(added).collect(),
    }
}

#[OpenApi(prefix_path = "/api/v1", tag = "Chapter::Office")]
impl AmendmentsApi {
    /// See what an order would come to
    ///
    /// Nothing is written. Accepted already and being picked, or changed since it was read: 409.
    #[oai(path = "/office/orders/:number/amendment-preview", method = "post")]
    async fn create_amendment_preview(
        &self,
        staff: Staff<Seller>,
        number: Path<String>,
        body: Body<AmendmentBody>,
    ) -> Result<Json<AmendmentAnswer>> {
        let number = OrderNumber::parse(&number).ok_or(Error::NotFound)?;
        let currency = staff.tenant.currency;
        let amendment = read(&body);
        let Staff { member, mut tx, .. } = staff;
        Ok(Json(AmendmentAnswer::of(&preview(&mut tx, &member, &number, &amendment).await?, currency)))
    }

    /// Change an order
    ///
    /// It is accepted with the changes, and the customer is told of them. Not enough in stock: 409.
    #[oai(path = "/office/orders/:number/amendment", method = "post")]
    async fn create_amendment(&self, staff: Staff<Seller>, number: Path<String>, body: Body<AmendmentBody>) -> Result<Json<OrderDetail>> {
        let number = OrderNumber::parse(&number).ok_or(Error::NotFound)?;
        let (amendment, seen) = (read(&body), body.seen_total_inc_tax.as_deref().copied());
        staff
            .write(async |tx, member| {
                amend(tx, member, &number, &amendment, seen).await?;
                detail(tx, &number).await
            })
            .await
    }
}
