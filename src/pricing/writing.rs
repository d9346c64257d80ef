//! The prices themselves, many at once, and the lists they stand on.

use chrono::{DateTime, NaiveDate, Utc};
use uuid::Uuid;

use crate::db::{Office, Tx};
use crate::error::{Error, Result};
use crate::ids::{AccountId, PriceListId, ProductId, TenantId};
use crate::values::{Money, Quantity, text};

/// From when a price is good that begins on no day; `infinity` is nothing that the driver can read.
pub const ALWAYS: NaiveDate = match NaiveDate::from_ymd_opt(2000, 1, 1) {
    Some(day) => day,
    None => NaiveDate::MIN,
};

/// So many are written by one statement.
const AT_ONCE: usize = 1_000;

/// What became of many rows; the others stood there as they are.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Written {
    pub added: usize,
    pub changed: usize,
}

impl Written {
    /// Whether everything stood there already.
    pub fn is_nothing(self) -> bool {
        self == Self::default()
    }
}

impl std::ops::AddAssign for Written {
    fn add_assign(&mut self, other: Self) {
        self.added += other.added;
        self.changed += other.changed;
    }
}

/// Which prices.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ListKey {
    /// Everybody's.
    Base,
    /// Of one trade account.
    Account(AccountId),
    /// Of a list that accounts share.
    List(PriceListId),
}

impl ListKey {
    /// Under which id they stand.
    pub fn id(self, tenant: TenantId) -> Uuid {
        match self {
            Self::Base => tenant.uuid(),
            Self::Account(account) => account.uuid(),
            Self::List(list) => list.uuid(),
        }
    }
}

/// A price as it should be: of one sell unit, net, in the tenant's currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewPrice {
    pub product: ProductId,
    pub from_quantity: Quantity,
    /// [`ALWAYS`] when it begins on no day.
    pub valid_from: NaiveDate,
    /// The last day, if there is one.
    pub valid_until: Option<NaiveDate>,
    pub minor: i64,
}

impl NewPrice {
    /// From one on, and for good.
    pub fn of_one(product: ProductId, minor: i64) -> Self {
        Self { product, from_quantity: Quantity::ONE, valid_from: ALWAYS, valid_until: None, minor }
    }
}

/// What tells a price of a list from the others on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PriceKey {
    pub product: ProductId,
    pub from_quantity: Quantity,
    pub valid_from: NaiveDate,
}

impl PriceKey {
    /// From one on, and for good.
    pub fn of_one(product: ProductId) -> Self {
        Self { product, from_quantity: Quantity::ONE, valid_from: ALWAYS }
    }
}

/// Makes the prices of a list as these say; others on it are left as they are, and where nothing differs nothing is written.
///
/// # Errors
/// [`Error::NotFound`] when there is no such list of several accounts; [`Error::Invalid`] when one price is here twice.
pub async fn put_all(tx: &mut Tx<Office>, list: ListKey, rows: &[NewPrice], now: DateTime<Utc>) -> Result<Written> {
    let mut written = Written::default();
    if rows.is_empty() {
        return Ok(written);
    }
    are_distinct(rows)?;
    ensure(tx, list, now).await?;
    for batch in rows.chunks(AT_ONCE) {
        written += put_batch(tx, list, batch).await?;
    }
    Ok(written)
}

fn are_distinct(rows: &[NewPrice]) -> Result<()> {
    let mut seen = std::collections::HashSet::new();
    let is_first = |row: &NewPrice| seen.insert((row.product, row.from_quantity, row.valid_from));
    if rows.iter().all(is_first) { Ok(()) } else { Err(Error::invalid("prices", "One price is here twice.")) }
}

async fn put_batch(tx: &mut Tx<Office>, list: ListKey, rows: &[NewPrice]) -> Result<Written> {
    let written = sqlx::query_scalar!(
        r#"insert into prices as p (tenant_id, price_list_id, product_id, from_quantity, valid_from, valid_until, minor)
           select $1::uuid, $2::uuid, new.*
             from unnest($3::uuid[], $4::int[], $5::date[], $6::date[], $7::bigint[]) as new
           on conflict (tenant_id, price_list_id, product_id, from_quantity, valid_from) do update
              set valid_until = excluded.valid_until, minor = excluded.minor
            where (p.valid_until, p.minor) is distinct from (excluded.valid_until, excluded.minor)
           returning (xmax = 0) as "is_added!""#,
        tx.tenant().uuid(),
        list.id(tx.tenant()),
        &rows.iter().map(|row| row.product.uuid()).collect::<Vec<_>>(),
        &rows.iter().map(|row| row.from_quantity.as_i32()).collect::<Vec<_>>(),
        &rows.iter().map(|row| row.valid_from).collect::<Vec<_>>(),
        &rows.iter().map(|row| row.valid_until).collect::<Vec<_>>() as _,
        &rows.iter().map(|row| row.minor).collect::<Vec<_>>()
    )
    .fetch_all(&mut *tx)
    .await?;
    let added = written.iter().filter(|is_added| **is_added).count();
    Ok(Written { added, changed: written.len() - added })
}

/// Base prices and those of one account have their list from the first of them on; one that accounts share is made by name.
async fn ensure(tx: &mut Tx<Office>, list: ListKey, now: DateTime<Utc>) -> Result<()> {
    let kind = match list {
        ListKey::Base => "base",
        ListKey::Account(_) => "account",
        ListKey::List(id) => return if is_there(tx, id).await? { Ok(()) } else { Err(Error::NotFound) },
    };
    sqlx::query!(
        "insert into price_lists (tenant_id, price_list_id, kind, created_at) values ($1, $2, $3, $4)
         on conflict (tenant_id, price_list_id) do nothing",
        tx.tenant().uuid(),
        list.id(tx.tenant()),
        kind,
        now
    )
    .execute(&mut *tx)
    .await?;
    Ok(())
}

async fn is_there(tx: &mut Tx<Office>, list: PriceListId) -> Result<bool> {
    let found = sqlx::query_scalar!(
        r#"select exists (select from price_lists where tenant_id = $1 and price_list_id = $2 and kind = 'list') as "is_there!""#,
        tx.tenant().uuid(),
        list.uuid()
    );
    Ok(found.fetch_one(&mut *tx).await?)
}

/// Takes prices off a list. How many were there.
pub async fn remove(tx: &mut Tx<Office>, list: ListKey, keys: &[PriceKey]) -> Result<usize> {
    if keys.is_empty() {
        return Ok(0);
    }
    let gone = sqlx::query!(
        "delete from prices p using unnest($3::uuid[], $4::int[], $5::date[]) as old (product_id, from_quantity, valid_from)
          where p.tenant_id = $1 and p.price_list_id = $2 and p.product_id = old.product_id
            and p.from_quantity = old.from_quantity and p.valid_from = old.valid_from",
        tx.tenant().uuid(),
        list.id(tx.tenant()),
        &keys.iter().map(|key| key.product.uuid()).collect::<Vec<_>>(),
        &keys.iter().map(|key| key.from_quantity.as_i32()).collect::<Vec<_>>(),
        &keys.iter().map(|key| key.valid_from).collect::<Vec<_>>()
    )
    .execute(&mut *tx)
    .await?;
    Ok(usize::try_from(gone.rows_affected()).unwrap_or(usize::MAX))
}

/// Raises everybody's prices of these products by so many hundredths of a percent, those from larger quantities on and of other days: all
/// but the one price that stands in the product itself. Half a penny is rounded up, and nothing comes to cost nothing.
pub async fn raise_others(tx: &mut Tx<Office>, products: &[ProductId], more: i64) -> Result<()> {
    sqlx::query!(
        "update prices set minor = least($5, greatest(1, (minor * (10000 + $3::bigint) + 5000) / 10000))
          where tenant_id = $1 and price_list_id = $1 and product_id = any($2) and (from_quantity > 1 or valid_from <> $4)",
        tx.tenant().uuid(),
        &products.iter().map(|product| product.uuid()).collect::<Vec<_>>(),
        more,
        ALWAYS,
        Money::MOST_MINOR
    )
    .execute(&mut *tx)
    .await?;
    Ok(())
}

/// A list that accounts share.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PriceList {
    pub id: PriceListId,
    pub name: String,
}

impl PriceList {
    pub const LONGEST_NAME: usize = 60;
}

/// The lists that accounts share, by name.
pub async fn lists(tx: &mut Tx<Office>) -> Result<Vec<PriceList>> {
    let rows = sqlx::query!(
        "select price_list_id, name from price_lists where tenant_id = $1 and kind = 'list' order by lower(name)",
        tx.tenant().uuid()
    );
    let rows = rows.fetch_all(&mut *tx).await?;
    Ok(rows.into_iter().map(|row| PriceList { id: row.price_list_id.into(), name: row.name }).collect())
}

/// Makes a list that accounts may share.
///
/// # Errors
/// [`Error::Invalid`] when it cannot be called that, or another one is.
pub async fn make_list(tx: &mut Tx<Office>, name: &str, now: DateTime<Utc>) -> Result<PriceListId> {
    let name = read_name(name)?;
    let made = sqlx::query_scalar!(
        "insert into price_lists (tenant_id, price_list_id, kind, name, created_at) values ($1, $2, 'list', $3, $4)
         on conflict (tenant_id, lower(name)) where kind = 'list' do nothing
         returning price_list_id",
        tx.tenant().uuid(),
        PriceListId::new().uuid(),
        name,
        now
    )
    .fetch_optional(&mut *tx)
    .await?;
    made.map(PriceListId::from).ok_or_else(is_taken)
}

/// Calls a list otherwise; so it is called on orders of before as well.
///
/// # Errors
/// [`Error::NotFound`], or [`Error::Invalid`] when it cannot be called that, or another one is.
pub async fn rename(tx: &mut Tx<Office>, list: PriceListId, name: &str) -> Result<()> {
    let name = read_name(name)?;
    let taken = sqlx::query_scalar!(
        r#"select exists (select from price_lists where tenant_id = $1 and kind = 'list' and lower(name) = lower($2) and price_list_id <> $3)
             as "is_taken!""#,
        tx.tenant().uuid(),
        name,
        list.uuid()
    );
    if taken.fetch_one(&mut *tx).await? {
        return Err(is_taken());
    }
    let renamed = sqlx::query!(
        "update price_lists set name = $3 where tenant_id = $1 and price_list_id = $2 and kind = 'list'",
        tx.tenant().uuid(),
        list.uuid(),
        name
    )
    .execute(&mut *tx)
    .await?;
    if renamed.rows_affected() == 0 { Err(Error::NotFound) } else { Ok(()) }
}

fn read_name(typed: &str) -> Result<String> {
    text::line(typed, PriceList::LONGEST_NAME).map_err(|why| Error::invalid("name", why.about("the name of the price list")))
}

fn is_taken() -> Error {
    Error::invalid("name", "There is a price list of this name already.")
}
