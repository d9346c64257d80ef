//! A product as it is shown and sold, with what it costs whoever asks. Whatever names a price of goods has it from here.

use chrono::NaiveDate;
use serde_json::Value;
use uuid::Uuid;

use crate::error::{Error, Result};
use crate::ids::ProductId;
use crate::pricing::{Price, PriceRow, breaks_of, price_of, priced_from};
use crate::products::{Content, Measure, Status};
use crate::stock::{Availability, StockMode, StockRow, availability};
use crate::tax::{Rate, TaxClass, tax_on};
use crate::tenancy::terms::Terms;
use crate::values::{Money, Quantity};

/// A product, with all the rows of prices that whoever asked may see and that are good on their day.
#[derive(Debug, Clone)]
pub struct Goods {
    pub product_id: ProductId,
    pub sku: String,
    pub name: String,
    /// As it is sorted.
    pub name_key: String,
    /// `pack of 6`, in the wholesaler's words.
    pub pack: String,
    pub content: Option<Content>,
    pub status: Status,
    /// The SKU of what is sold instead; empty when there is none.
    pub replaced_by: String,
    pub tax_class: TaxClass,
    /// The fewest that are sold at once, and of what their number is a multiple.
    pub minimum: u32,
    pub multiple: u32,
    pub stock_mode: StockMode,
    pub stock: Option<StockRow>,
    pub picture_hash: Option<Vec<u8>>,
    pub prices: Vec<PriceRow>,
}

/// What one costs when so many are ordered.
#[derive(Debug, Clone)]
pub struct Offer {
    pub price: Price,
    /// Net.
    pub net: Money,
    /// With VAT.
    pub gross: Money,
    pub rate: Rate,
}

impl Goods {
    /// From how many on it has a price; none when it has none.
    pub fn priced_from(&self, terms: &Terms) -> Option<u32> {
        priced_from(&self.prices, terms.day)
    }

    /// The fewest that are sold at once: never fewer than have a price.
    pub fn fewest(&self, terms: &Terms) -> u32 {
        self.minimum.max(1).max(self.priced_from(terms).unwrap_or_default())
    }

    /// The fewest that can be ordered: the first multiple that is not under these.
    pub fn least(&self, terms: &Terms) -> u32 {
        self.fewest(terms).next_multiple_of(self.multiple.max(1))
    }

    /// What one costs when so many are ordered; none is asked for, and none can be ordered.
    pub fn price(&self, quantity: Quantity, terms: &Terms) -> Option<Price> {
        price_of(&self.prices, quantity, terms.day)
    }

    /// The same with its VAT, for so many, or the fewest that can be ordered.
    pub fn offer(&self, quantity: u32, terms: &Terms) -> Option<Offer> {
        let quantity = Quantity::new(quantity.max(self.least(terms))).ok()?;
        let price = self.price(quantity, terms)?;
        let rate = self.tax_rate(terms);
        let net = Money::new(price.unit_minor, terms.currency);
        let gross = Money::new(price.unit_minor.saturating_add(tax_on(price.unit_minor, rate.basis_points)), terms.currency);
        Some(Offer { price, net, gross, rate })
    }

    /// The rate of VAT on it.
    pub fn tax_rate(&self, terms: &Terms) -> Rate {
        terms.rate_of(self.tax_class)
    }

    /// How many there are to be had.
    pub fn availability(&self) -> Availability {
        availability(self.stock_mode, self.stock)
    }

    /// What a kilogram, a litre, a metre or a single one of them comes to, half up.
    pub fn unit_price(&self, net: Money) -> Option<(Money, Measure)> {
        let Content { thousandths, measure } = self.content.filter(|content| content.thousandths > 0)?;
        let minor = (i128::from(net.minor) * 2000 + i128::from(thousandths)) / (i128::from(thousandths) * 2);
        Some((Money { minor: i64::try_from(minor).ok()?, ..net }, measure))
    }

    /// The quantities from which it costs something else, each with what it costs then.
    pub fn breaks(&self, terms: &Terms) -> Vec<(u32, Offer)> {
        // Those under the fewest that can be ordered come to one: the last of them.
        let mut found: Vec<(u32, Offer)> = Vec::new();
        for quantity in breaks_of(&self.prices, terms.day).into_iter().map(|at| at.from_quantity.max(self.least(terms))) {
            if let Some(offer) = self.offer(quantity, terms).filter(|offer| found.last().is_none_or(|(_, last)| last.net != offer.net)) {
                found.push((quantity, offer));
            }
        }
        found
    }
}

/// A row of the function `goods`, where it stands on the page, and what of it is in the account's basket. As far as PostgreSQL
/// knows all of it may be missing.
pub struct GoodsRow {
    /// Its place on the page; none when it is in the basket alone.
    pub place: Option<i64>,
    pub quantity: Option<i32>,
    pub minor_when_added: Option<i64>,
    /// What else the page says: once, in the first row.
    pub beside: Option<Value>,
    pub product_id: Option<Uuid>,
    pub sku: Option<String>,
    pub name: Option<String>,
    pub name_key: Option<String>,
    pub pack: Option<String>,
    pub content_thousandths: Option<i64>,
    pub content_measure: Option<String>,
    pub status: Option<String>,
    pub replaced_by: Option<String>,
    pub tax_class: Option<String>,
    pub minimum: Option<i32>,
    pub multiple: Option<i32>,
    pub stock_mode: Option<String>,
    pub on_hand: Option<i64>,
    pub reserved: Option<i64>,
    pub back_order_limit: Option<i64>,
    pub low_at: Option<i64>,
    pub picture_hash: Option<Vec<u8>>,
    pub sources: Option<Vec<i16>>,
    pub from_quantities: Option<Vec<i32>>,
    pub minors: Option<Vec<i64>>,
    pub valid_froms: Option<Vec<NaiveDate>>,
    pub valid_untils: Option<Vec<Option<NaiveDate>>>,
}

impl GoodsRow {
    /// What is counted of it, if it is.
    pub fn stock(&self) -> Option<StockRow> {
        let (on_hand, reserved) = (self.on_hand?, self.reserved?);
        Some(StockRow { on_hand, reserved, back_order_limit: self.back_order_limit?, low_at: self.low_at? })
    }
}

impl TryFrom<GoodsRow> for Goods {
    type Error = Error;

    fn try_from(row: GoodsRow) -> Result<Self> {
        let stock = row.stock();
        let prices = PriceRow::of_columns(row.sources, row.from_quantities, row.minors, row.valid_froms, row.valid_untils)?;
        Ok(Self {
            product_id: there(row.product_id, "id")?.into(),
            sku: there(row.sku, "SKU")?,
            name: there(row.name, "name")?,
            name_key: there(row.name_key, "name to sort by")?,
            pack: row.pack.unwrap_or_default(),
            content: Content::of_row(row.content_thousandths, row.content_measure.as_deref()),
            status: there(row.status.as_deref().and_then(Status::parse), "status")?,
            replaced_by: row.replaced_by.unwrap_or_default(),
            tax_class: there(row.tax_class.as_deref().and_then(TaxClass::parse), "tax class")?,
            minimum: there(row.minimum.and_then(|number| u32::try_from(number).ok()), "minimum")?,
            multiple: there(row.multiple.and_then(|number| u32::try_from(number).ok()), "multiple")?,
            stock_mode: there(row.stock_mode.as_deref().and_then(StockMode::parse), "stock mode")?,
            stock,
            picture_hash: row.picture_hash,
            prices,
        })
    }
}

fn there<T>(value: Option<T>, what: &str) -> Result<T> {
    value.ok_or_else(|| Error::Internal(anyhow::anyhow!("a product's {what} is unreadable")))
}
