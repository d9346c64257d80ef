//! `prices.csv`: what costs otherwise than it does for everybody from one on.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use chrono::NaiveDate;

use super::mistakes::Mistakes;
use super::table::{self, Columns, Fields};
use crate::pricing::{ALWAYS, PriceList};
use crate::values::{Currency, DecimalMark, Money, Quantity, Sku};

const COLUMNS: Columns =
    Columns { required: &["price_list", "account_number", "sku", "from_quantity", "price", "valid_from", "valid_until"], optional: &[] };

/// A price of one sell unit, net.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeclaredPrice {
    pub whose: Whose,
    pub sku: Sku,
    pub from_quantity: Quantity,
    pub valid_from: NaiveDate,
    pub valid_until: Option<NaiveDate>,
    pub minor: i64,
}

/// Who pays it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Whose {
    Everybodys,
    /// The trade account of this number.
    Accounts(String),
    /// Every account that buys from the list of this name.
    Lists(String),
}

impl Whose {
    /// The price list's name, when it is on one.
    pub fn list(&self) -> Option<&str> {
        if let Self::Lists(name) = self { Some(name) } else { None }
    }
}

/// What prices and orders may name; None where a mistake in the file that says it has been noted, so that none follows from it.
pub(super) struct Known<'a> {
    pub skus: Option<&'a HashSet<String>>,
    pub accounts: Option<&'a HashSet<&'a str>>,
}

impl Known<'_> {
    /// A trade account's number.
    pub fn account(&self, number: &str) -> Result<String, &'static str> {
        let is_known = self.accounts.is_none_or(|known| known.contains(number));
        if is_known { Ok(number.to_owned()) } else { Err("there is no such account in customers.csv") }
    }
}

/// Reads the file, if there is one. What comes back is whole only when no mistake was noted.
pub(super) fn read(file: &Path, known: &Known<'_>, currency: Option<Currency>, mistakes: &mut Mistakes) -> Vec<DeclaredPrice> {
    let Some(currency) = currency.or_else(|| Currency::parse("EUR").ok()) else { return Vec::new() };
    let mut lines = HashMap::new();
    table::read_if_there(file, &COLUMNS, mistakes, |fields| {
        let price = read_row(fields, known, currency)?;
        let whose = match &price.whose {
            Whose::Lists(name) => Whose::Lists(name.to_lowercase()),
            whose => whose.clone(),
        };
        let first = *lines.entry((whose, price.sku.key(), price.from_quantity, price.valid_from)).or_insert(fields.line);
        if first != fields.line {
            fields.note("sku", format_args!("this price stands in line {first} already"));
        }
        Some(price)
    })
}

fn read_row(fields: &mut Fields<'_>, known: &Known<'_>, currency: Currency) -> Option<DeclaredPrice> {
    let whose = read_whose(fields, known);
    let sku = read_sku(fields, known);
    let from_quantity = fields.may_be("from_quantity", Quantity::parse);
    let minor = fields.parsed("price", |typed| Money::parse_price(typed, currency, DecimalMark::Point)).map(|price| price.minor);
    let valid_from = fields.may_be("valid_from", read_day);
    let valid_until = fields.may_be("valid_until", read_day);
    let price = DeclaredPrice {
        whose: whose?,
        sku: sku?,
        from_quantity: from_quantity?.unwrap_or(Quantity::ONE),
        valid_from: valid_from?.unwrap_or(ALWAYS),
        valid_until: valid_until?,
        minor: minor?,
    };
    if price.valid_until.is_some_and(|until| until < price.valid_from) {
        fields.note("valid_until", "the price ends before it begins");
    }
    if price.whose == Whose::Everybodys && price.from_quantity == Quantity::ONE && price.valid_from == ALWAYS {
        fields.note("from_quantity", "what it costs everybody from 1 on stands in products.csv");
    }
    Some(price)
}

fn read_whose(fields: &mut Fields<'_>, known: &Known<'_>) -> Option<Whose> {
    let list = fields.may_be_words("price_list", PriceList::LONGEST_NAME);
    let account = fields.may_be("account_number", |number| known.account(number));
    match (list?, account?) {
        (list, None) if list.is_empty() => Some(Whose::Everybodys),
        (list, None) => Some(Whose::Lists(list)),
        (list, Some(account)) if list.is_empty() => Some(Whose::Accounts(account)),
        _ => {
            fields.note("account_number", "a price is of a price list or of an account, not of both");
            None
        }
    }
}

/// A SKU that `products.csv` has.
pub(super) fn read_sku(fields: &mut Fields<'_>, known: &Known<'_>) -> Option<Sku> {
    let sku = fields.parsed("sku", Sku::parse)?;
    if known.skus.is_some_and(|skus| !skus.contains(&sku.key())) {
        fields.note("sku", "there is no such SKU in products.csv");
    }
    Some(sku)
}

fn read_day(typed: &str) -> Result<NaiveDate, &'static str> {
    NaiveDate::parse_from_str(typed.trim(), "%Y-%m-%d").map_err(|_| "a day is written such as 2026-03-01")
}
