//! What a wholesaler sells, as customers and, where the wholesaler wants it, strangers see it: by category, by what they look for,
//! by what they usually buy. One statement reads a page with its prices and with what is in the account's basket.

pub mod api;
pub mod goods;
pub mod pages;
pub mod remembered;
mod search;
mod shelves;
pub mod shown;
pub mod words;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde::Deserialize;
use uuid::Uuid;

pub use self::goods::{Goods, GoodsRow, Offer};
pub use self::remembered::{Beside, Remembered};
pub use self::shelves::{of_ids, of_skus};
use crate::db::{Counter, Tx};
use crate::error::{Error, Result};
use crate::ids::ProductId;
use crate::tenancy::terms::Terms;
use crate::values::{Money, Quantity, text};

/// How many products a page has.
pub const PAGE: usize = 50;

/// Which products are asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Ask {
    /// What is looked for; empty for all of them.
    pub query: String,
    /// The slug of a category; empty for all of them.
    pub category: String,
    pub after: After,
}

/// Where the page before ended.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub enum After {
    #[default]
    Nothing,
    /// A list goes on after a product, which may be gone meanwhile.
    Product { name_key: String, product_id: Uuid },
    /// What was found goes on after so many.
    Place(i64),
    /// The same, of what was found when the words were corrected.
    Corrected(i64),
}

impl Ask {
    /// What somebody typed or was given.
    ///
    /// # Errors
    /// [`Error::Invalid`] when what they look for is too long, or `cursor` is none of ours.
    pub fn read(query: &str, category: &str, cursor: &str) -> Result<Self> {
        let query = text::optional(query, text::LONGEST_QUERY).map_err(|why| Error::invalid("query", why.about("what to look for")))?;
        // No slug of ours has these, and the database takes no text with a zero in it.
        let category = category.replace(|character: char| character.is_control(), "\u{fffd}");
        Ok(Self { query, category, after: After::read(cursor)? })
    }
}

impl After {
    /// Reads a cursor.
    fn read(cursor: &str) -> Result<Self> {
        if cursor.is_empty() {
            return Ok(Self::Nothing);
        }
        let place = |digits: &str| digits.parse().ok().filter(|place| (1..=FURTHEST).contains(place));
        let found = place(cursor).map(Self::Place).or_else(|| place(cursor.strip_prefix(CORRECTED)?).map(Self::Corrected));
        let product = || {
            let bytes = BASE64_URL_SAFE_NO_PAD.decode(cursor).ok()?;
            let (name_key, product_id): (String, Uuid) = serde_json::from_slice(&bytes).ok()?;
            (!name_key.contains('\0')).then_some(Self::Product { name_key, product_id })
        };
        found.or_else(product).ok_or_else(|| Error::invalid("cursor", "This is no cursor of ours."))
    }

    /// As a cursor; nothing needs to be looked up to go on.
    pub fn cursor(&self) -> String {
        match self {
            Self::Nothing => String::new(),
            Self::Product { name_key, product_id } => BASE64_URL_SAFE_NO_PAD.encode(serde_json::json!([name_key, product_id]).to_string()),
            Self::Place(place) => place.to_string(),
            Self::Corrected(place) => format!("{CORRECTED}{place}"),
        }
    }
}

/// Before the place, in a cursor of what was found when the words were corrected.
const CORRECTED: char = '~';

/// Nobody reads further into what was found.
const FURTHEST: i64 = 10_000;

/// A page of products, and what goes with it.
#[derive(Debug, Default)]
pub struct Shelf {
    pub goods: Vec<Goods>,
    /// All that is in the account's basket, whether it is on this page or not.
    pub basket: Vec<InBasket>,
    /// The categories that have something in them. Unknown when there is nothing to show at all.
    pub categories: Vec<Category>,
    /// Where the next page begins, unless this is the last.
    pub next: Option<After>,
    /// What was looked for instead or as well, if what was typed found little.
    pub shown_for: String,
}

impl Shelf {
    /// How many of a product are in the basket.
    pub fn in_basket(&self, goods: &Goods) -> u32 {
        self.basket.iter().find(|line| line.goods.product_id == goods.product_id).map_or(0, |line| line.quantity)
    }

    /// What all that is in the basket comes to, net; of what has no price nothing.
    pub fn worth(&self, terms: &Terms) -> Money {
        let minor = self.basket.iter().fold(0i64, |sum, InBasket { goods, quantity, .. }| {
            let price = Quantity::new(*quantity).ok().and_then(|quantity| goods.price(quantity, terms));
            sum.saturating_add(price.map_or(0, |price| price.unit_minor).saturating_mul(i64::from(*quantity)))
        });
        Money::new(minor, terms.currency)
    }
}

/// Something in the basket, and how many of it.
#[derive(Debug, Clone)]
pub struct InBasket {
    pub goods: Goods,
    pub quantity: u32,
    /// What it cost when it was put in; none when it had no price.
    pub minor_when_added: Option<i64>,
}

impl InBasket {
    /// So many of it; none is not in the basket.
    fn of(goods: &Goods, quantity: Option<i32>, minor_when_added: Option<i64>) -> Option<Self> {
        let quantity = u32::try_from(quantity?).ok()?;
        Some(Self { goods: goods.clone(), quantity, minor_when_added })
    }
}

/// What products are gathered under.
#[derive(Debug, Clone, Deserialize)]
pub struct Category {
    pub slug: String,
    pub name: String,
}

/// One product, with all that its own page says.
#[derive(Debug)]
pub struct Detail {
    pub goods: Goods,
    pub description: String,
    pub barcode: String,
    pub category: Option<Category>,
    pub shelf: Shelf,
}

/// The first page of all products that are listed. Others are [`Remembered::page`]'s.
pub async fn all(tx: &mut Tx<Counter>, terms: &Terms) -> Result<Shelf> {
    shelves::listed(tx, terms, &Ask::default()).await
}

/// What this account orders most, of its last fifty orders.
pub async fn usuals(tx: &mut Tx<Counter>, terms: &Terms) -> Result<Shelf> {
    shelves::usual(tx, terms).await
}

/// One product, whatever its status.
///
/// # Errors
/// [`Error::NotFound`] when there is none.
pub async fn one(tx: &mut Tx<Counter>, terms: &Terms, product: ProductId) -> Result<Detail> {
    shelves::one(tx, terms, product).await
}
