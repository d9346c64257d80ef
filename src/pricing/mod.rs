//! Which price is whose to pay. The fold in here is the only one: every page, answer, document and file that names a price has
//! it from [`price_of`]. No clock, and of the database only what [`terms_of`] reads.

mod explanation;
mod writing;

use chrono::{DateTime, NaiveDate, Utc};
use uuid::Uuid;

pub use explanation::{Audience, Step, Verdict, explain};
pub use writing::{ALWAYS, ListKey, NewPrice, PriceKey, PriceList, Written, lists, make_list, put_all, raise_others, remove, rename};

use crate::db::{Office, Tx};
use crate::error::{Error, Result};
use crate::ids::{AccountId, ProductId};
use crate::tenancy::{Tenant, Terms};
use crate::values::{Country, Quantity};

/// Where a price stands. An account's own is before that of a list which it shares, and that before everybody's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Source {
    Own,
    List,
    Base,
}

/// A price, as the database's `prices_of` gives it: of one sell unit, net of VAT, from a quantity on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PriceRow {
    pub source: Source,
    pub from_quantity: u32,
    pub minor: i64,
    pub valid_from: NaiveDate,
    pub valid_until: Option<NaiveDate>,
}

/// What one sell unit costs somebody who takes so many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Price {
    pub unit_minor: i64,
    pub source: Source,
    pub from_quantity: u32,
    /// The last day on which it costs that.
    pub valid_until: Option<NaiveDate>,
    /// The next quantity at which it costs less.
    pub next: Option<Break>,
}

/// A quantity from which on it costs something else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Break {
    pub from_quantity: u32,
    pub unit_minor: i64,
}

impl Source {
    pub const ALL: [Self; 3] = [Self::Own, Self::List, Self::Base];

    /// From the number that `prices_of` has for it.
    pub fn of_number(number: i16) -> Option<Self> {
        match number {
            1 => Some(Self::Own),
            2 => Some(Self::List),
            3 => Some(Self::Base),
            _ => None,
        }
    }

    /// The word that an order's line keeps.
    pub fn word(self) -> &'static str {
        match self {
            Self::Own => "own",
            Self::List => "list",
            Self::Base => "base",
        }
    }
}

impl PriceRow {
    /// The rows of a product, as the database's `goods` has them column by column; none where it has no price for anybody.
    pub fn of_columns(
        sources: Option<Vec<i16>>,
        from_quantities: Option<Vec<i32>>,
        minors: Option<Vec<i64>>,
        valid_froms: Option<Vec<NaiveDate>>,
        valid_untils: Option<Vec<Option<NaiveDate>>>,
    ) -> Result<Vec<Self>> {
        let (sources, from_quantities) = (sources.unwrap_or_default(), from_quantities.unwrap_or_default());
        let (minors, valid_froms, valid_untils) =
            (minors.unwrap_or_default(), valid_froms.unwrap_or_default(), valid_untils.unwrap_or_default());
        let unreadable = || Error::Internal(anyhow::anyhow!("a price is unreadable"));
        let columns = sources.iter().zip(&from_quantities).zip(&minors).zip(&valid_froms).zip(&valid_untils);
        let rows = columns.map(|((((source, from_quantity), minor), valid_from), valid_until)| {
            let source = Source::of_number(*source).ok_or_else(unreadable)?;
            let from_quantity = u32::try_from(*from_quantity).map_err(|_| unreadable())?;
            Ok(Self { source, from_quantity, minor: *minor, valid_from: *valid_from, valid_until: *valid_until })
        });
        rows.collect()
    }

    /// Whether it is good on a day, its first and its last one among them.
    pub fn is_good_on(&self, day: NaiveDate) -> bool {
        self.valid_from <= day && self.valid_until.is_none_or(|last| day <= last)
    }

    /// Whether whoever takes so many gets it.
    fn is_for(&self, quantity: u32, day: NaiveDate) -> bool {
        self.is_good_on(day) && self.from_quantity <= quantity
    }
}

/// For whom something is priced that staff, or a job, do for one of the tenant's accounts.
pub async fn terms_of(tx: &mut Tx<Office>, tenant: &Tenant, account: AccountId, now: DateTime<Utc>) -> Result<Terms> {
    let row = sqlx::query!(
        "select country, price_list_id from trade_accounts where tenant_id = $1 and account_id = $2",
        tx.tenant().uuid(),
        account.uuid()
    )
    .fetch_one(&mut *tx)
    .await?;
    let country = Country::parse(&row.country).map_err(|_| Error::Internal(anyhow::anyhow!("an account's country is unreadable")))?;
    Ok(Terms::of_account(tenant, account, row.price_list_id.unwrap_or(Uuid::nil()), country, now))
}

/// The prices of a product that could be somebody's on some day or other, to explain. What it costs is found among those of the
/// day alone, by the database's `prices_of`.
pub async fn rows_of_any_day(tx: &mut Tx<Office>, terms: &Terms, product: ProductId) -> Result<Vec<PriceRow>> {
    let lists = [(terms.own_list, Source::Own), (terms.account_list, Source::List), (terms.base_list, Source::Base)];
    let rows = sqlx::query!(
        "select price_list_id, from_quantity, minor, valid_from, valid_until from prices
          where tenant_id = $1 and product_id = $2 and price_list_id in ($3, $4, $5)",
        tx.tenant().uuid(),
        product.uuid(),
        terms.own_list,
        terms.account_list,
        terms.base_list
    );
    let rows = rows.fetch_all(&mut *tx).await?.into_iter().filter_map(|row| {
        let source = lists.iter().find(|(id, _)| *id == row.price_list_id)?.1;
        let from_quantity = u32::try_from(row.from_quantity).ok()?;
        Some(PriceRow { source, from_quantity, minor: row.minor, valid_from: row.valid_from, valid_until: row.valid_until })
    });
    Ok(rows.collect())
}

/// What one of a product costs, of the prices that somebody may see, when so many are taken on a day of the wholesaler's own
/// calendar. The first source that has a price for the quantity wins whole, be another one cheaper; in it the price of the
/// highest quantity that is reached, and of several the one that began last. None: it cannot be ordered.
pub fn price_of(rows: &[PriceRow], quantity: Quantity, day: NaiveDate) -> Option<Price> {
    let won = winner(rows, quantity.get(), day)?;
    let mut quantities: Vec<u32> = rows.iter().filter(|row| row.is_good_on(day)).map(|row| row.from_quantity).collect();
    quantities.retain(|more| (quantity.get() + 1..=Quantity::MOST).contains(more));
    quantities.sort_unstable();
    let cheaper = |more: u32| winner(rows, more, day).filter(|row| row.minor < won.minor);
    let next = quantities.into_iter().find_map(|more| cheaper(more).map(|row| Break { from_quantity: more, unit_minor: row.minor }));
    let PriceRow { source, from_quantity, minor: unit_minor, valid_until, .. } = *won;
    Some(Price { unit_minor, source, from_quantity, valid_until, next })
}

/// All quantities at which a product comes to cost something else, beginning with the least that it costs anything at.
pub fn breaks_of(rows: &[PriceRow], day: NaiveDate) -> Vec<Break> {
    let mut quantities: Vec<u32> = rows.iter().filter(|row| row.is_good_on(day)).map(|row| row.from_quantity).collect();
    quantities.sort_unstable();
    let mut breaks: Vec<Break> = Vec::new();
    for from_quantity in quantities {
        let Some(row) = winner(rows, from_quantity, day) else { continue };
        if breaks.last().is_none_or(|last| last.unit_minor != row.minor) {
            breaks.push(Break { from_quantity, unit_minor: row.minor });
        }
    }
    breaks
}

/// From how many on a product has a price on a day; none when it has none.
pub fn priced_from(rows: &[PriceRow], day: NaiveDate) -> Option<u32> {
    rows.iter().filter(|row| row.is_good_on(day)).map(|row| row.from_quantity).min()
}

fn winner(rows: &[PriceRow], quantity: u32, day: NaiveDate) -> Option<&PriceRow> {
    rows.iter().filter(|row| row.is_for(quantity, day)).min_by_key(|row| rank(row))
}

/// Of those who get it the first in this order wins.
fn rank(row: &PriceRow) -> (Source, std::cmp::Reverse<(u32, NaiveDate)>) {
    (row.source, std::cmp::Reverse((row.from_quantity, row.valid_from)))
}

#[cfg(test)]
mod tests;
