//! What an account is about to order: one basket for all its phones, kept here and not in the browser. What is in it is priced
//! anew whenever it is looked at.

pub mod api;
mod fitting;
pub mod pages;

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use crate::catalogue::{self, Goods};
use crate::db::{Counter, Tx};
use crate::error::{Error, Result};
use crate::ids::{AccountId, ProductId};
use crate::orders::document::{Counted, Priced, count_up};
use crate::pricing::Price;
use crate::products::Status;
use crate::stock;
use crate::tax::Totals;
use crate::tenancy::terms::Terms;
use crate::values::{Money, Quantity};

pub use self::fitting::{Fit, Misfit};

/// The most lines a basket has.
pub const MOST_LINES: usize = 500;

/// A basket as it is now.
#[derive(Debug)]
pub struct Basket {
    /// Under this an order is made of it, once; nil when nothing was ever put into it.
    pub submission_id: Uuid,
    /// Counts every change of it.
    pub version: i64,
    pub reference: String,
    pub note: String,
    pub lines: Vec<BasketLine>,
    /// Of the lines that have a price.
    pub totals: Totals,
    /// What is missing to the least that is ordered at once.
    pub below_minimum: Option<Money>,
}

/// One product in it.
#[derive(Debug)]
pub struct BasketLine {
    pub goods: Goods,
    pub quantity: u32,
    pub price: Option<Price>,
    pub net_minor: i64,
    /// What one cost when it was put in; None when it had no price.
    pub minor_when_added: Option<i64>,
    pub misfit: Option<Misfit>,
}

/// One product wanted otherwise than before.
#[derive(Debug, Clone, Copy)]
pub struct Edit {
    pub product: ProductId,
    pub wanted: Change,
    /// How long ago somebody wanted it so: a phone may have had no signal.
    pub age_seconds: u32,
}

/// How many of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// So many; none takes it out.
    To(u32),
    /// So many more than there are in it.
    By(u32),
    /// The next quantity that can be ordered, from what is typed.
    More(u32),
    /// The one before that.
    Less(u32),
}

impl Basket {
    /// What keeps it from being ordered as it is.
    pub fn has_misfits(&self) -> bool {
        self.lines.iter().any(|line| line.misfit.is_some())
    }

    /// The prices that are on the screen, for the form that sends it: `<product>=<minor>,…`.
    pub fn seen(&self) -> String {
        let seen = self.lines.iter().filter_map(|line| Some(format!("{}={}", line.goods.product_id, line.price.as_ref()?.unit_minor)));
        seen.collect::<Vec<_>>().join(",")
    }
}

impl BasketLine {
    /// The quantities that would do instead, nearest first.
    pub fn better(&self, terms: &Terms) -> Vec<u32> {
        self.misfit.as_ref().map(|misfit| misfit.better(&of(&self.goods, terms))).unwrap_or_default()
    }
}

/// Whether so many of it can be ordered at these terms, at which price.
pub fn fit(goods: &Goods, quantity: u32, terms: &Terms) -> (Option<Price>, Option<Misfit>) {
    let price = Quantity::new(quantity).ok().and_then(|quantity| goods.price(quantity, terms));
    let misfit = of(goods, terms).misfit(quantity);
    (price, misfit)
}

fn of<'a>(goods: &'a Goods, terms: &Terms) -> Fit<'a> {
    Fit {
        is_sold: goods.status != Status::Discontinued,
        replaced_by: &goods.replaced_by,
        has_price: goods.priced_from(terms).is_some(),
        minimum: goods.fewest(terms),
        multiple: goods.multiple,
        orderable: stock::orderable(goods.stock_mode, goods.stock),
    }
}

/// What lies in a basket, before anybody asks what it is.
struct Kept {
    product_id: Uuid,
    quantity: u32,
    minor_when_added: Option<i64>,
}

/// A basket as it is kept.
struct Opened {
    submission_id: Uuid,
    version: i64,
    reference: String,
    note: String,
    lines: Vec<Kept>,
}

/// The basket as it is now, priced at these terms; `least` is the least that is ordered at once.
pub async fn show(tx: &mut Tx<Counter>, account: AccountId, terms: &Terms, least: Money) -> Result<Basket> {
    let opened = open(tx, account).await?;
    priced(tx, opened, terms, least).await
}

async fn open(tx: &mut Tx<Counter>, account: AccountId) -> Result<Opened> {
    let rows = sqlx::query!(
        r#"select k.submission_id, k.version, k.reference, k.note,
                  b.product_id as "product_id?", b.quantity as "quantity?", b.minor_when_added
             from baskets k
             left join basket_lines b on b.tenant_id = $1 and b.account_id = $2
            where k.tenant_id = $1 and k.account_id = $2"#,
        tx.tenant().uuid(),
        account.uuid()
    )
    .fetch_all(&mut *tx)
    .await?;
    let mut opened = Opened { submission_id: Uuid::nil(), version: 0, reference: String::new(), note: String::new(), lines: Vec::new() };
    for row in rows {
        (opened.submission_id, opened.version) = (row.submission_id, row.version);
        (opened.reference, opened.note) = (row.reference, row.note);
        if let (Some(product_id), Some(quantity)) = (row.product_id, row.quantity) {
            let quantity = u32::try_from(quantity).unwrap_or_default();
            opened.lines.push(Kept { product_id, quantity, minor_when_added: row.minor_when_added });
        }
    }
    Ok(opened)
}

async fn priced(tx: &mut Tx<Counter>, opened: Opened, terms: &Terms, least: Money) -> Result<Basket> {
    let ids: Vec<Uuid> = opened.lines.iter().map(|line| line.product_id).collect();
    let mut goods = if ids.is_empty() { Vec::new() } else { catalogue::of_ids(tx, terms, &ids).await? };
    goods.sort_by(|one, other| (&one.name_key, one.product_id).cmp(&(&other.name_key, other.product_id)));
    let mut lines = Vec::new();
    let mut to_count = Vec::new();
    for goods in goods {
        let Some(kept) = opened.lines.iter().find(|kept| kept.product_id == goods.product_id.uuid()) else { continue };
        let (price, misfit) = fit(&goods, kept.quantity, terms);
        let unit_minor = price.as_ref().map_or(0, |price| price.unit_minor);
        to_count.push(Priced { quantity: kept.quantity, unit_minor, basis_points: goods.tax_rate(terms).basis_points });
        lines.push(BasketLine { goods, quantity: kept.quantity, price, net_minor: 0, minor_when_added: kept.minor_when_added, misfit });
    }
    let Counted { lines: counted, totals } = count_up(&to_count, terms.rounding)?;
    for (line, (net_minor, _)) in lines.iter_mut().zip(counted) {
        line.net_minor = net_minor;
    }
    let missing = least.minor - totals.net_minor;
    let below_minimum = (missing > 0 && !lines.is_empty()).then(|| Money::new(missing, least.currency));
    let Opened { submission_id, version, reference, note, .. } = opened;
    Ok(Basket { submission_id, version, reference, note, lines, totals, below_minimum })
}

/// Changes what is in the basket. Of two phones that want the same product otherwise, the later wish counts, whichever of them
/// comes here first.
///
/// # Errors
/// [`Error::Invalid`] when there would be more lines in it than a basket has, [`Error::NotFound`] for a product that is not there.
pub async fn change(tx: &mut Tx<Counter>, account: AccountId, terms: &Terms, edits: &[Edit], now: DateTime<Utc>) -> Result<()> {
    if edits.is_empty() {
        return Ok(());
    }
    sqlx::query!(
        "insert into baskets (tenant_id, account_id, submission_id, changed_at) values ($1, $2, $3, $4)
         on conflict (tenant_id, account_id) do update set version = baskets.version + 1, changed_at = $4",
        tx.tenant().uuid(),
        account.uuid(),
        Uuid::now_v7(),
        now
    )
    .execute(&mut *tx)
    .await?;
    let ids: Vec<Uuid> = edits.iter().map(|edit| edit.product.uuid()).collect();
    let goods = catalogue::of_ids(tx, terms, &ids).await?;
    let adds = edits.iter().any(|edit| matches!(edit.wanted, Change::By(_)));
    let mut there: HashMap<Uuid, u32> = if adds { hold(tx, account).await?.lines.into_iter().collect() } else { HashMap::new() };
    let mut lines = Vec::new();
    for edit in edits {
        let product = goods.iter().find(|goods| goods.product_id == edit.product).ok_or(Error::NotFound)?;
        let id = edit.product.uuid();
        let quantity = match edit.wanted {
            Change::To(quantity) => quantity,
            Change::By(more) => there.get(&id).map_or(more, |there| there.saturating_add(more)),
            Change::More(from) => of(product, terms).more(from),
            Change::Less(from) => of(product, terms).less(from),
        };
        let quantity = quantity.min(Quantity::MOST);
        there.insert(id, quantity);
        let price = Quantity::new(quantity).ok().and_then(|quantity| product.price(quantity, terms));
        // Of one product named twice the last counts.
        lines.retain(|line: &Written| line.product != id);
        let at = now - TimeDelta::seconds(i64::from(edit.age_seconds));
        lines.push(Written { product: id, quantity, minor: price.map(|price| price.unit_minor), at });
    }
    let lines = write(tx, account, &lines).await?;
    if usize::try_from(lines).is_ok_and(|lines| lines > MOST_LINES) {
        return Err(Error::invalid("lines", format!("A basket has {MOST_LINES} lines at the most.")));
    }
    Ok(())
}

/// A line as it is to be.
struct Written {
    product: Uuid,
    quantity: u32,
    minor: Option<i64>,
    at: DateTime<Utc>,
}

async fn write(tx: &mut Tx<Counter>, account: AccountId, lines: &[Written]) -> Result<i64> {
    let products: Vec<Uuid> = lines.iter().map(|line| line.product).collect();
    let quantities: Vec<i32> = lines.iter().map(|line| i32::try_from(line.quantity).unwrap_or(i32::MAX)).collect();
    let minors: Vec<Option<i64>> = lines.iter().map(|line| line.minor).collect();
    let times: Vec<DateTime<Utc>> = lines.iter().map(|line| line.at).collect();
    sqlx::query!(
        "with asked as (
           select a.product_id, a.quantity, a.minor, a.at
             from unnest($3::uuid[], $4::int[], $5::bigint[], $6::timestamptz[]) as a (product_id, quantity, minor, at)),
         gone as (
           delete from basket_lines b using asked a
            where b.tenant_id = $1 and b.account_id = $2 and b.product_id = a.product_id and a.quantity = 0 and b.changed_at <= a.at)
         insert into basket_lines as b (tenant_id, account_id, product_id, quantity, minor_when_added, changed_at)
         select $1, $2, a.product_id, a.quantity, a.minor, a.at from asked a where a.quantity > 0
         on conflict (tenant_id, account_id, product_id) do update
            set quantity = excluded.quantity, minor_when_added = excluded.minor_when_added, changed_at = excluded.changed_at
          where b.changed_at <= excluded.changed_at",
        tx.tenant().uuid(),
        account.uuid(),
        &products[..],
        &quantities[..],
        &minors[..] as _,
        &times[..]
    )
    .execute(&mut *tx)
    .await?;
    let lines = sqlx::query_scalar!(
        r#"select count(*) as "lines!" from basket_lines where tenant_id = $1 and account_id = $2"#,
        tx.tenant().uuid(),
        account.uuid()
    );
    Ok(lines.fetch_one(&mut *tx).await?)
}

/// Takes everything out.
pub async fn begin_anew(tx: &mut Tx<Counter>, account: AccountId, now: DateTime<Utc>) -> Result<()> {
    sqlx::query!(
        "with gone as (delete from basket_lines where tenant_id = $1 and account_id = $2)
         update baskets set submission_id = $3, version = version + 1, reference = '', note = '', changed_at = $4
          where tenant_id = $1 and account_id = $2",
        tx.tenant().uuid(),
        account.uuid(),
        Uuid::now_v7(),
        now
    )
    .execute(&mut *tx)
    .await?;
    Ok(())
}

/// How often the basket has changed: 0 where nothing was ever put in.
pub async fn version(tx: &mut Tx<Counter>, account: AccountId) -> Result<i64> {
    let version =
        sqlx::query_scalar!("select version from baskets where tenant_id = $1 and account_id = $2", tx.tenant().uuid(), account.uuid());
    Ok(version.fetch_optional(&mut *tx).await?.unwrap_or_default())
}

/// Adds to the basket, unless it has changed since somebody saw it at this version: so what is sent twice is added once. Says
/// whether it was.
///
/// # Errors
/// Those of [`change`].
pub async fn add_once(
    tx: &mut Tx<Counter>,
    account: AccountId,
    terms: &Terms,
    edits: &[Edit],
    seen: Option<i64>,
    now: DateTime<Utc>,
) -> Result<bool> {
    if let Some(seen) = seen.filter(|_| !edits.is_empty()) {
        // Where there is no basket yet there would be nothing to hold.
        sqlx::query!(
            "insert into baskets (tenant_id, account_id, submission_id, version, changed_at) values ($1, $2, $3, 0, $4)
             on conflict (tenant_id, account_id) do nothing",
            tx.tenant().uuid(),
            account.uuid(),
            Uuid::now_v7(),
            now
        )
        .execute(&mut *tx)
        .await?;
        if hold(tx, account).await?.version != seen {
            return Ok(false);
        }
    }
    change(tx, account, terms, edits, now).await?;
    Ok(true)
}

/// A basket that nobody else changes until the transaction ends, and how many of what are in it.
pub struct Held {
    pub submission_id: Uuid,
    pub version: i64,
    pub lines: Vec<(Uuid, u32)>,
}

/// Takes hold of the basket, which is about to become an order.
pub async fn hold(tx: &mut Tx<Counter>, account: AccountId) -> Result<Held> {
    let rows = sqlx::query!(
        r#"select k.submission_id, k.version, b.product_id as "product_id?", b.quantity as "quantity?"
             from baskets k
             left join basket_lines b on b.tenant_id = $1 and b.account_id = $2
            where k.tenant_id = $1 and k.account_id = $2 for update of k"#,
        tx.tenant().uuid(),
        account.uuid()
    )
    .fetch_all(&mut *tx)
    .await?;
    let mut held = Held { submission_id: Uuid::nil(), version: 0, lines: Vec::new() };
    for row in rows {
        (held.submission_id, held.version) = (row.submission_id, row.version);
        if let (Some(product), Some(quantity)) = (row.product_id, row.quantity) {
            held.lines.push((product, u32::try_from(quantity).unwrap_or_default()));
        }
    }
    Ok(held)
}
