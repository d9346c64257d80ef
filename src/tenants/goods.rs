//! What a wholesaler sells, as its folder declares it: goods, prices, days, and orders of the past.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Days, LocalResult, NaiveDate, NaiveTime, TimeZone, Utc};
use chrono_tz::Tz;

use super::declared::{Declared, DeclaredOrder, DeclaredPrice, Whose};
use super::plan::{Change, changed, counted};
use super::trading;
use crate::db::{Office, Tx};
use crate::error::{Error, Result};
use crate::ids::{AccountId, ProductId};
use crate::order_days;
use crate::orders::history::{self, PastLine, PastOrder, Rules};
use crate::pricing::{self, ListKey, NewPrice, Written};
use crate::products::{self, NewProduct, NewStock};
use crate::values::Country;

/// What was written of it.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Goods {
    /// The names of price lists that were not there.
    pub lists: Vec<String>,
    pub products: Written,
    pub prices: Written,
    pub order_days: usize,
    pub orders: usize,
}

impl Goods {
    /// What would be written where nothing is.
    pub fn all_of(declared: &Declared) -> Self {
        Self {
            lists: lists_beside(declared, HashSet::new()),
            products: Written { added: declared.products.len(), changed: 0 },
            prices: Written { added: declared.prices.len(), changed: 0 },
            order_days: declared.trading.order_days.as_ref().map_or(0, Vec::len),
            orders: declared.orders.len(),
        }
    }

    /// The same in words.
    pub fn changes(&self) -> Vec<Change> {
        let lists = self.lists.iter().map(|name| Change::Missing(format!("price list {name}")));
        let all = [
            counted(self.products.added, "product"),
            changed(self.products.changed, "product"),
            counted(self.prices.added, "price"),
            changed(self.prices.changed, "price"),
            counted(self.order_days, "order day"),
            counted(self.orders, "order"),
        ];
        lists.chain(all.into_iter().flatten()).collect()
    }
}

/// The lists that prices are on, each once, but for those that are known.
fn lists_beside(declared: &Declared, mut known: HashSet<String>) -> Vec<String> {
    let named = declared.prices.iter().filter_map(|price| price.whose.list());
    named.filter(|name| known.insert(name.to_lowercase())).map(str::to_owned).collect()
}

/// Makes the lists that prices are on, and tells which; accounts that buy from one name one of them.
pub(super) async fn put_lists(tx: &mut Tx<Office>, declared: &Declared, now: DateTime<Utc>) -> Result<Vec<String>> {
    let known = pricing::lists(tx).await?.into_iter().map(|list| list.name.to_lowercase()).collect();
    let missing = lists_beside(declared, known);
    for name in &missing {
        pricing::make_list(tx, name, now).await?;
    }
    Ok(missing)
}

/// Writes all of it where it differs. Price lists and accounts are there already.
pub(super) async fn put(tx: &mut Tx<Office>, declared: &Declared, lists: Vec<String>, now: DateTime<Utc>) -> Result<Goods> {
    let products = put_products(tx, &declared.products, now).await?;
    let prices = put_prices(tx, declared, now).await?;
    let order_days = match &declared.trading.order_days {
        Some(rules) => order_days::put_all(tx, rules).await?,
        None => 0,
    };
    let orders = put_orders(tx, declared, now).await?;
    Ok(Goods { lists, products, prices, order_days, orders })
}

/// What is on the shelf, the wholesaler knows better than its folder once it is there.
async fn put_products(tx: &mut Tx<Office>, declared: &[NewProduct], now: DateTime<Utc>) -> Result<Written> {
    let keys: Vec<String> = declared.iter().map(|product| product.sku.key()).collect();
    products::lock(tx, &keys).await?;
    let standing = products::standing(tx, &keys).await?;
    let rows: Vec<NewProduct> = declared
        .iter()
        .zip(&keys)
        .map(|(product, key)| {
            let mut product = product.clone();
            if let Some(NewStock::Counted { on_hand: there, .. }) = standing.get(key).map(|standing| standing.product.stock)
                && let NewStock::Counted { on_hand, .. } = &mut product.stock
            {
                *on_hand = there;
            }
            product
        })
        .collect();
    products::put_all(tx, &rows, now).await
}

async fn put_prices(tx: &mut Tx<Office>, declared: &Declared, now: DateTime<Utc>) -> Result<Written> {
    let products = products::ids_of(tx, &keys_of(declared.prices.iter().map(|price| price.sku.key()))).await?;
    let accounts = accounts_of(tx, declared).await?;
    let lists: HashMap<String, ListKey> =
        pricing::lists(tx).await?.into_iter().map(|list| (list.name.to_lowercase(), ListKey::List(list.id))).collect();
    let list_of = |whose: &Whose| match whose {
        Whose::Everybodys => Some(ListKey::Base),
        Whose::Accounts(number) => accounts.get(number).map(|account| ListKey::Account(account.id)),
        Whose::Lists(name) => lists.get(&name.to_lowercase()).copied(),
    };
    // In the order of the file, so that rows are written in one order each time.
    let mut of_lists: Vec<(ListKey, Vec<NewPrice>)> = Vec::new();
    let mut places: HashMap<ListKey, usize> = HashMap::new();
    for price in &declared.prices {
        let list = list_of(&price.whose).ok_or_else(|| missing("price list or account"))?;
        let place = *places.entry(list).or_insert_with(|| {
            of_lists.push((list, Vec::new()));
            of_lists.len() - 1
        });
        let price = new_price(price, &products)?;
        if let Some((_, prices)) = of_lists.get_mut(place) {
            prices.push(price);
        }
    }
    let mut written = Written::default();
    for (list, prices) in of_lists {
        written += pricing::put_all(tx, list, &prices, now).await?;
    }
    Ok(written)
}

fn new_price(price: &DeclaredPrice, products: &HashMap<String, ProductId>) -> Result<NewPrice> {
    let product = *products.get(&price.sku.key()).ok_or_else(|| missing("product"))?;
    let DeclaredPrice { from_quantity, valid_from, valid_until, minor, .. } = *price;
    Ok(NewPrice { product, from_quantity, valid_from, valid_until, minor })
}

/// The files were found to agree with each other, and all that they name was just written.
fn missing(what: &str) -> Error {
    Error::Internal(anyhow::anyhow!("a {what} just made is not there"))
}

fn keys_of(keys: impl Iterator<Item = String>) -> Vec<String> {
    keys.collect::<HashSet<_>>().into_iter().collect()
}

struct Account {
    id: AccountId,
    country: Country,
}

async fn accounts_of(tx: &mut Tx<Office>, declared: &Declared) -> Result<HashMap<String, Account>> {
    let numbers = keys_of(declared.customers.iter().map(|customer| customer.account_number.clone()));
    let rows = sqlx::query!(
        "select account_number, account_id, country from trade_accounts where tenant_id = $1 and account_number = any($2)",
        tx.tenant().uuid(),
        &numbers
    );
    let rows = rows.fetch_all(&mut *tx).await?;
    let account = |id: uuid::Uuid, country: &str| -> Result<Account> {
        let country = Country::parse(country).map_err(|_| missing("country"))?;
        Ok(Account { id: id.into(), country })
    };
    rows.into_iter().map(|row| Ok((row.account_number, account(row.account_id, &row.country)?))).collect()
}

async fn put_orders(tx: &mut Tx<Office>, declared: &Declared, now: DateTime<Utc>) -> Result<usize> {
    if declared.orders.is_empty() {
        return Ok(0);
    }
    let keys = keys_of(declared.orders.iter().flat_map(|order| order.lines.iter().map(|line| line.sku.key())));
    let products = products::standing(tx, &keys).await?;
    let accounts = accounts_of(tx, declared).await?;
    let today = now.with_timezone(&declared.time_zone).date_naive();
    let past_order = |order: &DeclaredOrder| {
        let account = accounts.get(&order.account_number).ok_or_else(|| missing("account"))?;
        let line = |line: &super::declared::DeclaredLine| {
            let standing = products.get(&line.sku.key()).ok_or_else(|| missing("product"))?;
            Ok(PastLine {
                product: standing.id,
                sku: standing.product.sku.as_str().to_owned(),
                name: standing.product.name.clone(),
                pack: standing.product.pack.clone(),
                tax_class: standing.product.tax_class,
                quantity: line.quantity,
                unit_minor: line.unit_minor,
                is_counted: standing.product.stock != NewStock::Untracked,
            })
        };
        Ok(PastOrder {
            number: order.number.clone(),
            account: account.id,
            country: account.country,
            placed_at: moment(today, order.days_ago, order.time, declared.time_zone),
            status: order.status,
            reference: order.reference.clone(),
            lines: order.lines.iter().map(line).collect::<Result<_>>()?,
        })
    };
    let orders = declared.orders.iter().map(past_order).collect::<Result<Vec<_>>>()?;
    let standing = trading::Standing::read(tx).await?;
    let rules = Rules { at: declared.country, currency: declared.currency, rates: &standing.rates, rounding: standing.rounding };
    history::add_all(tx, rules, &orders, now).await
}

/// So many days ago, at a time of the wholesaler's clock.
fn moment(today: NaiveDate, days_ago: u16, time: NaiveTime, zone: Tz) -> DateTime<Utc> {
    let day = today.checked_sub_days(Days::new(days_ago.into())).unwrap_or(today);
    match zone.from_local_datetime(&day.and_time(time)) {
        LocalResult::Single(at) | LocalResult::Ambiguous(at, _) => at.to_utc(),
        // An hour that a clock skipped in spring.
        LocalResult::None => day.and_time(time).and_utc(),
    }
}
