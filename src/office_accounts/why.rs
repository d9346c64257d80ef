//! Why something costs somebody what it does: every price that could have been it, and why it is, or is not, the one.

pub mod pages;

use chrono::NaiveDate;

use super::{Account, find_by_number};
use crate::db::{Office, Tx};
use crate::error::{Error, FieldErrors, Result};
use crate::ids::AccountId;
use crate::pricing::{self, Audience, Price, Step};
use crate::products::{self, NewProduct};
use crate::tax::{Rate, tax_on};
use crate::tenancy::Terms;
use crate::tenancy::extract::Member;
use crate::values::{Quantity, Sku};

/// What is asked, as it was typed.
#[derive(Debug, Clone, Default)]
pub struct Asked {
    /// The number of an account.
    pub account: String,
    pub sku: String,
    /// One when it is empty.
    pub quantity: String,
    /// Today when it is empty.
    pub day: String,
}

/// The answer.
pub struct Why {
    pub account: Account,
    pub product: NewProduct,
    pub quantity: Quantity,
    pub day: NaiveDate,
    pub terms: Terms,
    pub rate: Rate,
    /// None when they cannot order it.
    pub price: Option<Price>,
    pub steps: Vec<Step>,
}

impl Why {
    /// Whom the words are for.
    pub fn audience(&self) -> Audience<'_> {
        Audience::Office { list_name: &self.account.price_list_name, account_name: &self.account.business_name }
    }

    /// The price with VAT, of one sell unit.
    pub fn inc_tax_minor(&self) -> Option<i64> {
        self.price.map(|price| price.unit_minor + tax_on(price.unit_minor, self.rate.basis_points))
    }
}

/// Answers.
///
/// # Errors
/// [`Error::Invalid`] with what is wrong beside each field.
pub async fn why(tx: &mut Tx<Office>, member: &Member, asked: &Asked) -> Result<Why> {
    let (mut wrong, now) = (FieldErrors::new(), member.house.now());
    let today = now.with_timezone(&member.tenant.time_zone).date_naive();
    let account = match find_by_number(tx, &asked.account).await {
        Err(Error::Invalid(fields)) => {
            wrong.add("account", fields.of("account"));
            None
        }
        found => Some(found?),
    };
    let sku = Sku::parse(&asked.sku).map_err(|why| wrong.add("sku", why.to_string())).ok();
    let standing = match &sku {
        Some(sku) => products::standing(tx, &[sku.key()]).await?.remove(&sku.key()),
        None => None,
    };
    if sku.is_some() && standing.is_none() {
        wrong.add("sku", "There is no product with this SKU.");
    }
    let quantity = match asked.quantity.trim() {
        "" => Some(Quantity::ONE),
        typed => Quantity::parse(typed).map_err(|why| wrong.add("quantity", why.to_string())).ok(),
    };
    let day = match asked.day.trim() {
        "" => Some(today),
        typed => NaiveDate::parse_from_str(typed, "%Y-%m-%d").map_err(|_| wrong.add("day", "Please choose a day.")).ok(),
    };
    let (account, standing, quantity, day) = wrong.or(account.zip(standing).zip(quantity.zip(day)).map(|((a, s), (q, d))| (a, s, q, d)))?;
    let mut terms = pricing::terms_of(tx, &member.tenant, AccountId::from(account.id), now).await?;
    terms.day = day;
    let rows = pricing::rows_of_any_day(tx, &terms, standing.id).await?;
    Ok(Why {
        rate: terms.rate_of(standing.product.tax_class),
        price: pricing::price_of(&rows, quantity, day),
        steps: pricing::explain(&rows, quantity, day),
        product: standing.product,
        account,
        quantity,
        day,
        terms,
    })
}
