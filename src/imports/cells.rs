//! What the three kinds of rows have in common: they are known by something, they stand there or not, and they are put there or
//! taken away.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, NaiveDate, Utc};

use super::{Cells, Kind, customers, prices, products};
use crate::db::{Office, Tx};
use crate::error::{FieldErrors, Result};
use crate::ids::CustomerId;
use crate::pricing;
use crate::tax::OwnRate;
use crate::tenancy::Tenant;
use crate::values::{Country, Currency, DecimalMark};

/// For whom a file is read, and with what it is read.
#[derive(Debug, Clone)]
pub struct Sight {
    pub currency: Currency,
    pub country: Country,
    pub mark: DecimalMark,
    pub tax_rates: Vec<OwnRate>,
    pub day: NaiveDate,
    /// The price lists that accounts share, by their names in small letters.
    pub lists: BTreeMap<String, pricing::PriceList>,
}

impl Sight {
    pub async fn of(tx: &mut Tx<Office>, tenant: &Tenant, mark: DecimalMark, now: DateTime<Utc>) -> Result<Self> {
        let lists = pricing::lists(tx).await?;
        Ok(Self {
            currency: tenant.currency,
            country: tenant.country,
            mark,
            tax_rates: tenant.tax_rates.to_vec(),
            day: now.with_timezone(&tenant.time_zone).date_naive(),
            lists: lists.into_iter().map(|list| (list.name.to_lowercase(), list)).collect(),
        })
    }
}

/// What a row is known by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Known {
    pub key: String,
    /// Of customers the number of the account, in small letters.
    pub of_account: String,
    /// What the row says.
    pub cells: Cells,
}

/// What there is of the things that rows are about, and what is wrong with a row that only the database knows.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// By the key of the row.
    pub standing: HashMap<String, Cells>,
    pub wrong: HashMap<String, (&'static str, String)>,
}

/// Of a row what it is known by.
///
/// # Errors
/// What is wrong with it, by the words of the fields.
pub(super) fn known(kind: Kind, sight: &Sight, cells: Cells) -> Result<Known, (Cells, FieldErrors)> {
    match kind {
        Kind::Products => products::known(cells),
        Kind::Prices => prices::known(sight, cells),
        Kind::Customers => customers::known(sight, cells),
    }
}

/// Looks for what rows are about.
pub(super) async fn look_for(tx: &mut Tx<Office>, kind: Kind, sight: &Sight, rows: &[Known]) -> Result<Found> {
    match kind {
        Kind::Products => products::look_for(tx, sight, rows).await,
        Kind::Prices => prices::look_for(tx, sight, rows).await,
        Kind::Customers => customers::look_for(tx, rows).await,
    }
}

/// Whether the thing itself is there, and not only what it belongs to.
pub(super) fn is_there(kind: Kind, known_key: &str, standing: &Cells) -> bool {
    match kind {
        Kind::Products | Kind::Prices => !standing.is_empty(),
        Kind::Customers => customers::is_there(known_key, standing),
    }
}

/// What stands there, with what a row says put over it: whole, and as the export writes it.
///
/// # Errors
/// [`Error::Invalid`](crate::error::Error::Invalid) with what is wrong, by the words of the fields.
pub(super) fn merged(kind: Kind, sight: &Sight, standing: &Cells, said: &Cells) -> Result<Cells> {
    match kind {
        Kind::Products => products::merged(sight, standing, said),
        Kind::Prices => prices::merged(sight, standing, said),
        Kind::Customers => customers::merged(sight, standing, said),
    }
}

/// In a few words what a row is about.
pub(super) fn title(kind: Kind, cells: &Cells) -> String {
    let words = title_words(kind).iter().filter_map(|word| cells.get(*word)).filter(|text| !text.is_empty());
    let title = words.cloned().collect::<Vec<_>>().join(" · ");
    title.chars().take(160).collect()
}

/// The fields that a title has.
pub(super) fn title_words(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::Products => &["sku", "name"],
        Kind::Prices => &["price_list", "account_number", "sku"],
        Kind::Customers => &["account_number", "business_name", "contact_name"],
    }
}

/// People by their phones, for rows of customers.
pub(super) type People = HashMap<String, CustomerId>;

/// Puts things there as these rows say, whole.
pub(super) async fn put(tx: &mut Tx<Office>, kind: Kind, sight: &Sight, rows: &[Cells], people: &People, now: DateTime<Utc>) -> Result<()> {
    match kind {
        Kind::Products => products::put(tx, sight, rows, now).await,
        Kind::Prices => prices::put(tx, sight, rows, now).await,
        Kind::Customers => customers::put(tx, sight, rows, people, now).await,
    }
}

/// A row that is to be undone: what stood there before it, and what it has put there.
#[derive(Debug, Clone)]
pub(super) struct Undone {
    pub line: i32,
    pub known: Known,
    pub before: Cells,
}

/// What stood there before a row, as rows: those that are put back first, and those that follow when all of the first are there.
pub(super) fn former(kind: Kind, row: &Undone) -> [Option<Known>; 2] {
    if kind == Kind::Customers {
        return customers::former(row);
    }
    let mut said = row.known.cells.clone();
    said.extend(row.before.clone());
    let known = Known { cells: said, ..row.known.clone() };
    [(!row.before.is_empty()).then_some(known), None]
}

/// Takes away what rows have added: first what hangs on other things, and when all of that is gone, those. Each that cannot go says
/// why, by its line.
pub(super) async fn take_away(
    tx: &mut Tx<Office>,
    kind: Kind,
    sight: &Sight,
    is_second: bool,
    rows: &[Undone],
    now: DateTime<Utc>,
) -> Result<Vec<(i32, String)>> {
    let new = |row: &&Undone| row.before.is_empty();
    match (kind, is_second) {
        (Kind::Products, false) => products::take_away(tx, &rows.iter().filter(new).cloned().collect::<Vec<_>>(), now).await,
        (Kind::Prices, false) => prices::take_away(tx, sight, &rows.iter().filter(new).cloned().collect::<Vec<_>>()).await,
        (Kind::Customers, false) => customers::take_people_away(tx, rows, now).await,
        (Kind::Customers, true) => customers::take_accounts_away(tx, rows).await,
        (_, true) => Ok(Vec::new()),
    }
}

/// Rows of an export, and after which key the next ones come.
#[derive(Debug, Default)]
pub struct Batch {
    pub rows: Vec<Cells>,
    pub next: Option<String>,
}

/// The rows of an export that come after this one.
pub async fn next_batch(tx: &mut Tx<Office>, kind: Kind, sight: &Sight, after: &str) -> Result<Batch> {
    match kind {
        Kind::Products => products::next_batch(tx, sight, after).await,
        Kind::Prices => prices::next_batch(tx, after).await,
        Kind::Customers => customers::next_batch(tx, after).await,
    }
}

/// How many rows are looked at by one statement.
pub(super) const AT_ONCE: usize = 1_000;

/// What a row says under a field, or what stands there.
pub(super) fn cell<'c>(cells: &'c Cells, word: &str) -> &'c str {
    cells.get(word).map(String::as_str).unwrap_or_default()
}

/// Cells by the words of their fields.
pub(super) fn cells<const N: usize>(of: [(&str, String); N]) -> Cells {
    of.into_iter().map(|(word, text)| (word.to_owned(), text)).collect()
}

/// Words that mean one of several things, whoever writes them: small letters and digits.
pub(super) fn meant<T: Copy>(typed: &str, known: &[(T, &[&str])]) -> Option<T> {
    let plain = super::plain(typed);
    known.iter().find(|(_, words)| words.contains(&plain.as_str())).map(|(thing, _)| *thing)
}
