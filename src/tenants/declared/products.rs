//! `products.csv`: what the wholesaler sells.

use std::collections::HashMap;
use std::path::Path;

use super::mistakes::Mistakes;
use super::table::{self, Columns, Fields};
use crate::categories::CategoryName;
use crate::products::{Content, Measure, NewProduct, NewStock, Status};
use crate::tax::TaxClass;
use crate::values::{Currency, DecimalMark, Money, Quantity, Sku, text};

const COLUMNS: Columns = Columns {
    required: &[
        "sku",
        "name",
        "category",
        "pack",
        "content",
        "measure",
        "barcode",
        "vat",
        "price",
        "cost",
        "minimum",
        "multiple",
        "stock",
        "low_at",
        "back_orders",
        "status",
        "replaced_by",
        "keywords",
        "description",
    ],
    optional: &[],
};

/// Reads the file, if there is one. What comes back is whole only when no mistake was noted.
pub(super) fn read(file: &Path, currency: Option<Currency>, mistakes: &mut Mistakes) -> Vec<NewProduct> {
    // Prices of an unknown currency are read as those of any other: all of them have two decimals.
    let Some(currency) = currency.or_else(|| Currency::parse("EUR").ok()) else { return Vec::new() };
    let (mut lines, before) = (HashMap::new(), mistakes.count());
    let products = table::read_if_there(file, &COLUMNS, mistakes, |fields| {
        let product = read_row(fields, currency)?;
        let first = *lines.entry(product.sku.key()).or_insert(fields.line);
        if first != fields.line {
            fields.note("sku", format_args!("this SKU stands in line {first} already"));
        }
        Some(product)
    });
    if mistakes.count() == before {
        have_their_successors(file, &products, &lines, mistakes);
    }
    products
}

/// What is sold instead of something is sold here.
fn have_their_successors(file: &Path, products: &[NewProduct], lines: &HashMap<String, usize>, mistakes: &mut Mistakes) {
    let column = COLUMNS.required.iter().position(|name| *name == "replaced_by").map_or(1, |index| index + 1);
    for product in products.iter().filter(|product| !product.replaced_by.is_empty()) {
        let instead = Sku::parse(&product.replaced_by).map(|sku| sku.key()).unwrap_or_default();
        if !lines.contains_key(&instead) {
            let line = lines.get(&product.sku.key()).copied().unwrap_or(1);
            mistakes.at_place(file, (line, column), "there is no such SKU in this file");
        }
    }
}

fn read_row(fields: &mut Fields<'_>, currency: Currency) -> Option<NewProduct> {
    // One by one, so that each says what is wrong with it.
    let sku = fields.parsed("sku", Sku::parse);
    let name = fields.words("name", NewProduct::LONGEST_NAME);
    let category = fields.may_be("category", CategoryName::parse);
    let pack = fields.may_be_words("pack", NewProduct::LONGEST_PACK);
    let content = read_content(fields);
    let barcode = fields.may_be("barcode", read_barcode);
    let tax_class = fields
        .parsed("vat", |word| TaxClass::parse(word).ok_or("the vat is standard, intermediate, reduced, super_reduced, zero or exempt"));
    let price = fields.may_be("price", |typed| Money::parse_price(typed, currency, DecimalMark::Point));
    let cost = fields.may_be("cost", |typed| Money::parse(typed, currency, DecimalMark::Point));
    let minimum = fields.may_be("minimum", Quantity::parse);
    let multiple = fields.may_be("multiple", Quantity::parse);
    let stock = read_stock(fields);
    let status = fields.parsed("status", |word| Status::parse(word).ok_or("the status is listed, unlisted or discontinued"));
    let replaced_by = fields.may_be("replaced_by", Sku::parse);
    let keywords = fields.may_be_words("keywords", NewProduct::LONGEST_KEYWORDS);
    let description = fields
        .may_be("description", |typed| text::block(typed, NewProduct::LONGEST_DESCRIPTION).map_err(|why| why.about("the description")));
    Some(NewProduct {
        sku: sku?,
        name: name?,
        category: category?,
        pack: pack?,
        content: content?,
        barcode: barcode?.unwrap_or_default(),
        tax_class: tax_class?,
        price_minor: price?.map(|price| price.minor),
        cost_minor: cost?.map(|cost| cost.minor),
        minimum: minimum?.unwrap_or(Quantity::ONE),
        multiple: multiple?.unwrap_or(Quantity::ONE),
        stock: stock?,
        status: status?,
        replaced_by: replaced_by?.map(|sku| sku.as_str().to_owned()).unwrap_or_default(),
        keywords: keywords?,
        description: description?.unwrap_or_default(),
    })
}

/// How much is in it, and in what it is measured: both or neither.
#[expect(clippy::option_option, reason = "none is wrong, and some of none was left out")]
fn read_content(fields: &mut Fields<'_>) -> Option<Option<Content>> {
    let measure = fields.may_be("measure", |word| Measure::parse(word).ok_or("the measure is each, kg, l or m"))?;
    match measure {
        Some(measure) => fields.parsed("content", |typed| Content::parse(typed, measure)).map(Some),
        None if fields.text("content").trim().is_empty() => Some(None),
        None => {
            fields.note("measure", "there is a content; say in what it is measured");
            None
        }
    }
}

fn read_barcode(typed: &str) -> Result<String, &'static str> {
    let is_code = typed.len() <= NewProduct::LONGEST_BARCODE && typed.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if is_code { Ok(typed.to_owned()) } else { Err("a barcode is digits, or letters and digits, without blanks") }
}

/// What is counted, which it is when there is a number of `stock`.
fn read_stock(fields: &mut Fields<'_>) -> Option<NewStock> {
    let mut number = |column| fields.may_be(column, read_number);
    let (on_hand, low_at, back_orders) = (number("stock"), number("low_at"), number("back_orders"));
    match (on_hand?, low_at?, back_orders?) {
        (Some(on_hand), low_at, back_orders) => {
            Some(NewStock::Counted { on_hand, low_at: low_at.unwrap_or(NewStock::LOW_AT), back_orders })
        }
        (None, None, None) => Some(NewStock::Untracked),
        (None, ..) => {
            fields.note("stock", "there is no stock, and yet a low_at or back_orders; write 0 when it has run out");
            None
        }
    }
}

fn read_number(typed: &str) -> Result<i64, String> {
    let number = typed.trim().parse().ok().filter(|number| (0..=NewStock::MOST).contains(number));
    number.ok_or_else(|| format!("this is a whole number from 0 to {}", NewStock::MOST))
}
