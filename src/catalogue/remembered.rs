//! Pages of goods as they were read, kept in this process for whoever would be shown the same.
//!
//! What a page is kept under says all that it depends on: whose goods, how often they had changed, the day, the lists whose prices
//! are in it, and what was asked for. How often they have changed is read from the database by every request, before anything
//! else, so that a page that is old is never shown, whether this process was told of the change or not. How much there is, and
//! what is in a basket, is no part of it.

use std::collections::HashMap;
use std::sync::Arc;

use chrono::NaiveDate;
use moka::sync::Cache;
use uuid::Uuid;

use super::{After, Ask, Category, Goods, InBasket, Shelf, search, shelves};
use crate::db::{Counter, Tx};
use crate::error::Result;
use crate::ids::{ProductId, TenantId};
use crate::pricing::{PriceRow, Source};
use crate::stock::{StockMode, StockRow};
use crate::tenancy::{Shopper, StockShown, Terms};

/// How much of the words of catalogues is kept, in bytes.
const WORDS_BYTES: u64 = 32 * 1024 * 1024;

/// The pages and the words that this process keeps.
#[derive(Clone)]
pub struct Remembered {
    /// None keeps none.
    pages: Option<Cache<Key, Arc<Kept>>>,
    words: Cache<(TenantId, i64), Arc<str>>,
}

/// All that a page depends on.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Key {
    tenant: TenantId,
    /// How often its goods had changed.
    version: i64,
    day: NaiveDate,
    /// The lists whose prices are in it, by source; nil is none, and then there are none of that source.
    lists: [Uuid; 3],
    ask: Ask,
}

/// A page, without what is told afresh.
#[derive(Debug)]
struct Kept {
    goods: Vec<Goods>,
    categories: Vec<Category>,
    next: Option<After>,
    shown_for: String,
}

/// What a page is read for besides its goods.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Beside {
    Nothing,
    /// What is in the account's basket.
    Basket,
}

/// What is told afresh.
#[derive(Default)]
pub(super) struct Now {
    pub stock: HashMap<ProductId, StockRow>,
    pub basket: Vec<InBasket>,
}

impl Remembered {
    /// Nothing yet. Of pages it keeps so many bytes.
    pub fn new(bytes: u64) -> Self {
        let weight = |key: &Key, kept: &Arc<Kept>| u32::try_from(weight(key, kept)).unwrap_or(u32::MAX);
        let pages = || Cache::builder().weigher(weight).max_capacity(bytes).support_invalidation_closures().build();
        let length = |_: &(TenantId, i64), words: &Arc<str>| u32::try_from(words.len() + 100).unwrap_or(u32::MAX);
        Self {
            pages: (bytes > 0).then(pages),
            words: Cache::builder().weigher(length).max_capacity(WORDS_BYTES).support_invalidation_closures().build(),
        }
    }

    /// A page of the products that are listed: all, of a category, or those that are found.
    pub async fn page(&self, shopper: &mut Shopper, terms: &Terms, ask: &Ask, beside: Beside) -> Result<Shelf> {
        let Some(pages) = &self.pages else { return self.read(&mut shopper.tx, terms, ask).await };
        let key = key(shopper, terms, ask).await?;
        if let Some(kept) = pages.get(&key) {
            let tells_stock = shopper.tenant.stock_shown != StockShown::Nothing;
            return kept.shelf(&mut shopper.tx, terms, beside, tells_stock).await;
        }
        let shelf = self.read(&mut shopper.tx, terms, ask).await?;
        if let Some(kept) = Kept::of(&shelf, &key) {
            pages.insert(key, Arc::new(kept));
        }
        Ok(shelf)
    }

    async fn read(&self, tx: &mut Tx<Counter>, terms: &Terms, ask: &Ask) -> Result<Shelf> {
        if ask.query.is_empty() { shelves::listed(tx, terms, ask).await } else { search::found(tx, terms, ask, self).await }
    }

    /// Every word that a product of this tenant is kept under, with blanks between them.
    pub(super) async fn words(&self, tx: &mut Tx<Counter>) -> Result<Arc<str>> {
        let key = (tx.tenant(), shelves::words_version(tx).await?);
        if let Some(words) = self.words.get(&key) {
            return Ok(words);
        }
        let words: Arc<str> = shelves::words(tx).await?.into();
        self.words.insert(key, Arc::clone(&words));
        Ok(words)
    }

    /// Forgets a tenant's, because its goods have changed: nobody asks for what they were.
    pub fn forget(&self, tenant: TenantId) {
        // Both were made so that they can: it does not fail.
        if let Some(pages) = &self.pages {
            let _ = pages.invalidate_entries_if(move |key, _| key.tenant == tenant);
        }
        let _ = self.words.invalidate_entries_if(move |(of, _), _| *of == tenant);
    }

    /// Forgets all, because something may have been missed.
    pub fn forget_all(&self) {
        if let Some(pages) = &self.pages {
            pages.invalidate_all();
        }
        self.words.invalidate_all();
    }

    /// How many pages are kept.
    pub fn count(&self) -> u64 {
        self.pages.as_ref().map_or(0, |pages| {
            pages.run_pending_tasks();
            pages.entry_count()
        })
    }
}

/// What a page for them is kept under.
async fn key(shopper: &mut Shopper, terms: &Terms, ask: &Ask) -> Result<Key> {
    let (version, own) = match &shopper.buyer {
        Some((caller, access)) => (caller.session.catalogue_version, if access.has_own_prices { terms.own_list } else { Uuid::nil() }),
        None => (shelves::version(&mut shopper.tx).await?, Uuid::nil()),
    };
    Ok(Key { tenant: terms.tenant, version, day: terms.day, lists: [own, terms.account_list, terms.base_list], ask: ask.clone() })
}

impl Key {
    /// Whether a price may be in a page that is kept under this. A price of an account's own may have come between the reading of
    /// its session, which saw none, and that of the page.
    fn admits(&self, price: &PriceRow) -> bool {
        let [own, list, base] = self.lists;
        let of = match price.source {
            Source::Own => own,
            Source::List => list,
            Source::Base => base,
        };
        !of.is_nil()
    }
}

impl Kept {
    /// Of a page that was read; none when there is a price in it that is not for all who would be shown it.
    fn of(shelf: &Shelf, key: &Key) -> Option<Self> {
        if !shelf.goods.iter().flat_map(|goods| &goods.prices).all(|price| key.admits(price)) {
            return None;
        }
        Some(Self {
            goods: shelf.goods.iter().map(|goods| Goods { stock: None, ..goods.clone() }).collect(),
            categories: shelf.categories.clone(),
            next: shelf.next.clone(),
            shown_for: shelf.shown_for.clone(),
        })
    }

    /// The page as it is now.
    async fn shelf(&self, tx: &mut Tx<Counter>, terms: &Terms, beside: Beside, tells_stock: bool) -> Result<Shelf> {
        let is_counted = |goods: &&Goods| tells_stock && goods.stock_mode != StockMode::Untracked;
        let counted: Vec<Uuid> = self.goods.iter().filter(is_counted).map(|goods| goods.product_id.uuid()).collect();
        let now = if counted.is_empty() && beside == Beside::Nothing { Now::default() } else { shelves::now(tx, terms, &counted).await? };
        let with_stock = |goods: &Goods| Goods { stock: now.stock.get(&goods.product_id).copied(), ..goods.clone() };
        Ok(Shelf {
            goods: self.goods.iter().map(with_stock).collect(),
            basket: now.basket,
            categories: self.categories.clone(),
            next: self.next.clone(),
            shown_for: self.shown_for.clone(),
        })
    }
}

/// About how many bytes a page takes.
fn weight(key: &Key, kept: &Kept) -> usize {
    let of_goods = |goods: &Goods| {
        let texts = [&goods.sku, &goods.name, &goods.name_key, &goods.pack, &goods.replaced_by];
        let picture = goods.picture_hash.as_ref().map_or(0, Vec::len);
        size_of::<Goods>() + texts.iter().map(|text| text.len()).sum::<usize>() + picture + goods.prices.len() * size_of::<PriceRow>()
    };
    let of_categories = kept.categories.iter().map(|category| size_of::<Category>() + category.slug.len() + category.name.len());
    let own = size_of::<Key>() + size_of::<Kept>() + key.ask.query.len() + key.ask.category.len() + kept.shown_for.len();
    own + kept.goods.iter().map(of_goods).sum::<usize>() + of_categories.sum::<usize>()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(lists: [Uuid; 3]) -> Key {
        Key { tenant: TenantId::new(), version: 1, day: NaiveDate::default(), lists, ask: Ask::default() }
    }

    #[test]
    fn a_price_is_kept_only_where_the_list_it_is_of_is_named() {
        let (there, none) = (Uuid::from_u128(1), Uuid::nil());
        let day = NaiveDate::default();
        for (at, source) in Source::ALL.into_iter().enumerate() {
            let price = PriceRow { source, from_quantity: 1, minor: 1, valid_from: day, valid_until: None };
            let mut lists = [none; 3];
            assert!(!key(lists).admits(&price), "{source:?} of nobody's list");
            lists[at] = there;
            assert!(key(lists).admits(&price), "{source:?}");
            let others = lists.map(|list| if list.is_nil() { there } else { none });
            assert!(!key(others).admits(&price), "{source:?} among others' lists");
        }
    }
}
