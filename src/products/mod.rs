//! What a wholesaler sells, one thing to order at a time: a pack and a case of the same are two products.
//!
//! [`NewProduct`] is a product as forms, files and imports say it. What stands is read as one as well, so that the two can be
//! compared, and only what differs is written.

mod reading;
mod removing;
mod writing;

use deunicode::deunicode;

pub use reading::{Standing, ids_of, lock, standing};
pub use removing::{Removed, remove};
pub use writing::{put_all, rename};

use crate::categories::CategoryName;
pub use crate::pricing::Written;
use crate::tax::TaxClass;
use crate::values::{Quantity, Sku};

/// A product as it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewProduct {
    pub sku: Sku,
    pub name: String,
    pub category: Option<CategoryName>,
    /// How it is sold, in words; empty when there is nothing to say.
    pub pack: String,
    pub content: Option<Content>,
    /// An EAN or a UPC; empty when it has none.
    pub barcode: String,
    pub tax_class: TaxClass,
    /// Everybody's price, from one on and for good, net, in the tenant's currency; without one it is sold to those alone who have
    /// another.
    pub price_minor: Option<i64>,
    /// What it costs the wholesaler.
    pub cost_minor: Option<i64>,
    pub minimum: Quantity,
    pub multiple: Quantity,
    pub stock: NewStock,
    pub status: Status,
    /// The SKU of what is sold instead, or empty.
    pub replaced_by: String,
    /// Other words by which it is found.
    pub keywords: String,
    pub description: String,
}

impl NewProduct {
    pub const LONGEST_NAME: usize = 120;
    pub const LONGEST_PACK: usize = 60;
    pub const LONGEST_BARCODE: usize = 32;
    pub const LONGEST_KEYWORDS: usize = 300;
    pub const LONGEST_DESCRIPTION: usize = 2000;

    /// A listed one of which nothing is known but what it is called.
    pub fn named(sku: Sku, name: String) -> Self {
        Self {
            sku,
            name,
            category: None,
            pack: String::new(),
            content: None,
            barcode: String::new(),
            tax_class: TaxClass::Standard,
            price_minor: None,
            cost_minor: None,
            minimum: Quantity::ONE,
            multiple: Quantity::ONE,
            stock: NewStock::Untracked,
            status: Status::Listed,
            replaced_by: String::new(),
            keywords: String::new(),
            description: String::new(),
        }
    }

    /// As it is sorted: small ASCII letters.
    fn name_key(&self) -> String {
        deunicode(&self.name).to_lowercase()
    }
}

/// How much is in one sell unit, for the price of a kilogram, a litre, a metre or a piece.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Content {
    pub thousandths: i64,
    pub measure: Measure,
}

impl Content {
    /// The most that one holds: a million.
    const MOST_THOUSANDTHS: i64 = 1_000_000_000;

    /// From what the database keeps.
    pub fn of_row(thousandths: Option<i64>, measure: Option<&str>) -> Option<Self> {
        Some(Self { thousandths: thousandths?, measure: Measure::parse(measure?)? })
    }

    /// Reads the number, with a point or a comma before the decimals: `0.4`, `2,5`, `12`.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub fn parse(typed: &str, measure: Measure) -> Result<Self, &'static str> {
        const SHAPE: &str = "Write how much is in it as a number with at most three decimals, such as 2.5.";
        let typed = typed.trim().replace(',', ".");
        let (whole, decimals) = typed.split_once('.').unwrap_or((&typed, ""));
        let are_digits = whole.bytes().chain(decimals.bytes()).all(|byte| byte.is_ascii_digit());
        if !are_digits || whole.len() + decimals.len() == 0 || whole.len() > 9 || decimals.len() > 3 {
            return Err(SHAPE);
        }
        let thousandths = format!("{whole}{decimals:0<3}").parse().map_err(|_| SHAPE)?;
        match thousandths {
            0 => Err("There is more than nothing in it."),
            1..=Self::MOST_THOUSANDTHS => Ok(Self { thousandths, measure }),
            _ => Err("There is at most a million in it."),
        }
    }

    /// The number as files write it: `0.4`.
    pub fn plain(self) -> String {
        let text = format!("{}.{:03}", self.thousandths / 1000, self.thousandths % 1000);
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    }
}

/// What content is measured in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Measure {
    Each,
    Kilogram,
    Litre,
    Metre,
}

impl Measure {
    pub const ALL: [Self; 4] = [Self::Each, Self::Kilogram, Self::Litre, Self::Metre];

    /// The word of the database, of files and of the API.
    pub fn word(self) -> &'static str {
        match self {
            Self::Each => "each",
            Self::Kilogram => "kg",
            Self::Litre => "l",
            Self::Metre => "m",
        }
    }

    /// From that word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|measure| measure.word() == word)
    }
}

/// Whether a product is sold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// It is shown, found and sold.
    Listed,
    /// It is sold to whoever knows its SKU.
    Unlisted,
    /// It is not sold any more.
    Discontinued,
}

impl Status {
    pub const ALL: [Self; 3] = [Self::Listed, Self::Unlisted, Self::Discontinued];

    /// The word of the database, of files and of the API.
    pub fn word(self) -> &'static str {
        match self {
            Self::Listed => "listed",
            Self::Unlisted => "unlisted",
            Self::Discontinued => "discontinued",
        }
    }

    /// From that word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.word() == word)
    }
}

/// What is said of a product's stock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NewStock {
    /// There is always enough.
    Untracked,
    Counted {
        on_hand: i64,
        /// From how many on there are few.
        low_at: i64,
        /// How many more may be sold than there are; none where what is not there is not sold.
        back_orders: Option<i64>,
    },
}

impl NewStock {
    /// From how many on there are few, unless somebody says so.
    pub const LOW_AT: i64 = 10;
    /// More of anything is a mistake.
    pub const MOST: i64 = 999_999_999;

    /// How the database calls it.
    fn mode(self) -> &'static str {
        match self {
            Self::Untracked => "untracked",
            Self::Counted { back_orders: None, .. } => "tracked",
            Self::Counted { back_orders: Some(_), .. } => "back_order",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_is_read_and_written_as_people_do() {
        let parse = |typed| Content::parse(typed, Measure::Kilogram);
        for (typed, thousandths, plain) in
            [("0.4", 400, "0.4"), ("2,5", 2_500, "2.5"), (" 12 ", 12_000, "12"), (".125", 125, "0.125"), ("250", 250_000, "250")]
        {
            let content = parse(typed).unwrap();
            assert_eq!((content.thousandths, content.plain().as_str()), (thousandths, plain), "{typed}");
        }
        for typed in ["", "0", "0.000", "1.2.3", "1.2345", "-1", "a", "1e3", "1000000.001", "9999999999"] {
            assert!(parse(typed).is_err(), "{typed}");
        }
    }

    #[test]
    fn names_are_sorted_without_accents_and_capitals() {
        let product = NewProduct::named(Sku::parse("E-1").unwrap(), "Époisses AOP".to_owned());
        assert_eq!(product.name_key(), "epoisses aop");
    }
}
