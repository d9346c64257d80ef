//! What somebody types of a product, and what it means.

use serde::Serialize;

use crate::categories::CategoryName;
use crate::error::{FieldErrors, Result};
use crate::products::{Content, Measure, NewProduct, NewStock, Status};
use crate::tax::TaxClass;
use crate::values::{Currency, DecimalMark, Money, Quantity, Sku, text};

/// A product as a form sends it, every field as it was typed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Typed {
    pub sku: String,
    pub name: String,
    pub category: String,
    pub pack: String,
    pub content: String,
    pub measure: String,
    pub barcode: String,
    pub tax_class: String,
    pub price: String,
    pub cost: String,
    pub minimum: String,
    pub multiple: String,
    /// Empty when it is not counted.
    pub stock: String,
    pub low_at: String,
    pub back_orders: String,
    pub status: String,
    pub replaced_by: String,
    pub keywords: String,
    pub description: String,
}

impl Typed {
    /// As a form shows a product.
    pub fn of(product: &NewProduct, currency: Currency) -> Self {
        let money = |minor: Option<i64>| minor.map(|minor| Money::new(minor, currency).plain()).unwrap_or_default();
        let (stock, low_at, back_orders) = match product.stock {
            NewStock::Untracked => Default::default(),
            NewStock::Counted { on_hand, low_at, back_orders } => {
                (on_hand.to_string(), low_at.to_string(), back_orders.map(|most| most.to_string()).unwrap_or_default())
            }
        };
        Self {
            sku: product.sku.as_str().to_owned(),
            name: product.name.clone(),
            category: product.category.as_ref().map(|name| name.as_str().to_owned()).unwrap_or_default(),
            pack: product.pack.clone(),
            content: product.content.map(Content::plain).unwrap_or_default(),
            measure: product.content.map(|content| content.measure.word().to_owned()).unwrap_or_default(),
            barcode: product.barcode.clone(),
            tax_class: product.tax_class.word().to_owned(),
            price: money(product.price_minor),
            cost: money(product.cost_minor),
            minimum: product.minimum.get().to_string(),
            multiple: product.multiple.get().to_string(),
            stock,
            low_at,
            back_orders,
            status: product.status.word().to_owned(),
            replaced_by: product.replaced_by.clone(),
            keywords: product.keywords.clone(),
            description: product.description.clone(),
        }
    }

    /// As an empty form begins.
    pub fn empty() -> Self {
        let one = "1".to_owned();
        Self { tax_class: "standard".to_owned(), status: "listed".to_owned(), minimum: one.clone(), multiple: one, ..Self::default() }
    }

    /// What it means, in this currency.
    ///
    /// # Errors
    /// [`Error::Invalid`](crate::error::Error::Invalid) with what is wrong beside each field.
    pub fn read(&self, currency: Currency, mark: DecimalMark) -> Result<NewProduct> {
        let mut wrong = FieldErrors::new();
        let product = Reading { typed: self, currency, mark, wrong: &mut wrong }.product();
        wrong.or(product)
    }
}

struct Reading<'a> {
    typed: &'a Typed,
    currency: Currency,
    mark: DecimalMark,
    wrong: &'a mut FieldErrors,
}

impl Reading<'_> {
    fn product(&mut self) -> Option<NewProduct> {
        let typed = self.typed;
        // One by one, so that each says what is wrong with it.
        let sku = self.must("sku", Sku::parse(&typed.sku));
        let name = self.must("name", text::line(&typed.name, NewProduct::LONGEST_NAME).map_err(|why| why.about("a name")));
        let category = self.may("category", &typed.category, CategoryName::parse);
        let pack = self.words("pack", &typed.pack, NewProduct::LONGEST_PACK, "how it is sold");
        let content = self.content();
        let barcode = self.may("barcode", &typed.barcode, read_barcode);
        let tax_class = self.must("tax_class", TaxClass::parse(&typed.tax_class).ok_or("Please choose how it is taxed."));
        let (currency, mark) = (self.currency, self.mark);
        let price = self.may("price", &typed.price, |typed| Money::parse_price(typed, currency, mark));
        let cost = self.may("cost", &typed.cost, |typed| Money::parse(typed, currency, mark));
        let minimum = self.may("minimum", &typed.minimum, Quantity::parse);
        let multiple = self.may("multiple", &typed.multiple, Quantity::parse);
        let stock = self.stock();
        let status = self.must("status", Status::parse(&typed.status).ok_or("Please choose whether it is sold."));
        let replaced_by = self.may("replaced_by", &typed.replaced_by, Sku::parse);
        let keywords = self.words("keywords", &typed.keywords, NewProduct::LONGEST_KEYWORDS, "the other words");
        let description = text::optional(&typed.description.replace("\r\n", "\n"), NewProduct::LONGEST_DESCRIPTION);
        let description = self.must("description", description.map_err(|why| why.about("the description")));
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
            description: description?,
        })
    }

    fn must<T, E: ToString>(&mut self, field: &'static str, read: std::result::Result<T, E>) -> Option<T> {
        read.map_err(|why| self.wrong.add(field, why.to_string())).ok()
    }

    #[expect(clippy::option_option, reason = "none is wrong, and some of none was left out")]
    fn may<T, E: ToString>(
        &mut self,
        field: &'static str,
        typed: &str,
        read: impl FnOnce(&str) -> std::result::Result<T, E>,
    ) -> Option<Option<T>> {
        if typed.trim().is_empty() { Some(None) } else { self.must(field, read(typed)).map(Some) }
    }

    fn words(&mut self, field: &'static str, typed: &str, most: usize, what: &str) -> Option<String> {
        self.may(field, typed, |typed| text::line(typed, most).map_err(|why| why.about(what))).map(Option::unwrap_or_default)
    }

    /// How much is in it, and in what it is measured: both or neither.
    #[expect(clippy::option_option, reason = "none is wrong, and some of none was left out")]
    fn content(&mut self) -> Option<Option<Content>> {
        let typed = self.typed;
        if typed.content.trim().is_empty() {
            return Some(None);
        }
        let measure = self.must("measure", Measure::parse(&typed.measure).ok_or("Please choose in what it is measured."))?;
        self.must("content", Content::parse(&typed.content, measure)).map(Some)
    }

    fn stock(&mut self) -> Option<NewStock> {
        let typed = self.typed;
        let on_hand = self.may("stock", &typed.stock, read_on_hand);
        let low_at = self.may("low_at", &typed.low_at, read_number);
        let back_orders = self.may("back_orders", &typed.back_orders, read_number);
        match (on_hand?, low_at?, back_orders?) {
            (None, _, None) => Some(NewStock::Untracked),
            (None, _, Some(_)) => {
                self.wrong.add("stock", "Write how many there are, 0 when it has run out: what is not counted is never out of stock.");
                None
            }
            (Some(on_hand), low_at, back_orders) => {
                Some(NewStock::Counted { on_hand, low_at: low_at.unwrap_or(NewStock::LOW_AT), back_orders })
            }
        }
    }
}

fn read_barcode(typed: &str) -> std::result::Result<String, &'static str> {
    let code: String = typed.split_whitespace().collect();
    let is_code = code.len() <= NewProduct::LONGEST_BARCODE && code.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if is_code { Ok(code) } else { Err("A barcode is digits, or letters and digits.") }
}

fn read_number(typed: &str) -> std::result::Result<i64, String> {
    read_from(typed, 0)
}

/// More may have left than was ever counted.
fn read_on_hand(typed: &str) -> std::result::Result<i64, String> {
    read_from(typed, -NewStock::MOST)
}

fn read_from(typed: &str, least: i64) -> std::result::Result<i64, String> {
    let number = typed.trim().parse().ok().filter(|number| (least..=NewStock::MOST).contains(number));
    number.ok_or_else(|| "Write a whole number, such as 12.".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pounds() -> Currency {
        Currency::parse("GBP").unwrap()
    }

    fn typed() -> Typed {
        Typed { sku: "TEA-1".to_owned(), name: "Breakfast tea".to_owned(), price: "£2.50".to_owned(), ..Typed::empty() }
    }

    #[test]
    fn what_a_form_shows_is_what_it_reads() {
        let full = Typed {
            category: "Drinks".to_owned(),
            pack: "case of 10".to_owned(),
            content: "2.5".to_owned(),
            measure: "kg".to_owned(),
            barcode: "0400 0000 1234".to_owned(),
            cost: "1.10".to_owned(),
            minimum: "12".to_owned(),
            multiple: "6".to_owned(),
            stock: "-3".to_owned(),
            back_orders: "20".to_owned(),
            replaced_by: "tea-2".to_owned(),
            description: "Black.\r\nStrong.".to_owned(),
            ..typed()
        };
        for typed in [typed(), full] {
            let product = typed.read(pounds(), DecimalMark::Point).unwrap();
            let again = Typed::of(&product, pounds());
            assert_eq!(again.read(pounds(), DecimalMark::Point).unwrap(), product);
        }
    }

    #[test]
    fn each_field_says_what_is_wrong_with_it() {
        let wrong = Typed {
            sku: String::new(),
            name: String::new(),
            category: "!!!".to_owned(),
            content: "1".to_owned(),
            barcode: "12-34".to_owned(),
            tax_class: "none".to_owned(),
            price: "0".to_owned(),
            cost: "-1".to_owned(),
            minimum: "0".to_owned(),
            multiple: "a few".to_owned(),
            back_orders: "5".to_owned(),
            status: "gone".to_owned(),
            ..typed()
        };
        let fields = wrong.read(pounds(), DecimalMark::Point).unwrap_err().fields();
        for field in
            ["sku", "name", "category", "measure", "barcode", "tax_class", "price", "cost", "minimum", "multiple", "stock", "status"]
        {
            assert!(!fields.of(field).is_empty(), "{field}");
        }
    }
}
