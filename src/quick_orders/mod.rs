//! A list of SKUs and quantities, typed, pasted or sent as a file: each line is matched, or says beside it why not.

mod decoding;
mod lines;
pub mod pages;

use chrono::{DateTime, Utc};

pub use self::decoding::decode;
pub use self::lines::{MOST_LINES, TypedLine, read_lines};
use crate::basket::{self, Change, Edit, Misfit, fit};
use crate::catalogue::{self, Goods};
use crate::db::{Counter, TenantDoor, Tx};
use crate::error::Result;
use crate::ids::AccountId;
use crate::pricing::Price;
use crate::tenancy::terms::Terms;
use crate::values::Sku;

/// What a line stands for.
#[derive(Debug)]
pub enum Match {
    /// So many of this.
    Found { goods: Box<Goods>, quantity: u32, price: Option<Price>, misfit: Option<Misfit> },
    /// No product has this SKU.
    Unknown,
    /// What stands there is no quantity.
    NoQuantity,
}

/// A line, and what it stands for.
#[derive(Debug)]
pub struct Matched {
    pub text: String,
    pub stands_for: Match,
}

impl Matched {
    /// Whether it can go into the basket, where a quantity can be put right.
    pub fn goes(&self) -> bool {
        self.edit().is_some()
    }

    /// What of it can go into the basket.
    fn edit(&self) -> Option<Edit> {
        match &self.stands_for {
            Match::Found { goods, quantity, misfit, .. } if misfit.as_ref().is_none_or(Misfit::is_about_quantity) => {
                Some(Edit { product: goods.product_id, wanted: Change::By(*quantity), age_seconds: 0 })
            }
            _ => None,
        }
    }
}

/// Looks up what these lines stand for.
pub async fn matched<D: TenantDoor>(tx: &mut Tx<D>, terms: &Terms, lines: Vec<TypedLine>) -> Result<Vec<Matched>> {
    let key = |sku: &str| Sku::parse(sku).map(|sku| sku.key()).unwrap_or_default();
    // `TEA-1 twelve` may be a SKU with a blank in it, or a quantity in letters.
    let shorter = |line: &TypedLine| line.sku.rsplit_once(' ').map(|(sku, _)| key(sku)).unwrap_or_default();
    let keys = lines.iter().flat_map(|line| [key(&line.sku), shorter(line)]);
    let keys: Vec<String> = keys.filter(|key| !key.is_empty()).collect();
    let found = if keys.is_empty() { Vec::new() } else { catalogue::of_skus(tx, terms, &keys).await? };
    let matching = |line: TypedLine| {
        let of = |wanted: String| found.iter().find(|goods| key(&goods.sku) == wanted);
        let stands_for = match (of(key(&line.sku)), line.quantity) {
            (None, _) if of(shorter(&line)).is_some() => Match::NoQuantity,
            (None, _) => Match::Unknown,
            (Some(_), None) => Match::NoQuantity,
            (Some(goods), Some(quantity)) => {
                let (price, misfit) = fit(goods, quantity, terms);
                Match::Found { goods: Box::new(goods.clone()), quantity, price, misfit }
            }
        };
        Matched { text: line.text, stands_for }
    };
    Ok(lines.into_iter().map(matching).collect())
}

/// Puts what can be ordered into the basket, on top of what is in it, and says whether it did: not when the basket has changed
/// since it was seen at this version.
pub async fn into_basket(
    tx: &mut Tx<Counter>,
    account: AccountId,
    terms: &Terms,
    matched: &[Matched],
    seen: Option<i64>,
    now: DateTime<Utc>,
) -> Result<bool> {
    let edits: Vec<Edit> = matched.iter().filter_map(Matched::edit).collect();
    basket::add_once(tx, account, terms, &edits, seen, now).await
}
