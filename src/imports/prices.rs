//! Rows of prices. They are known by whose they are, the SKU, from how many on and from when.

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, NaiveDate, Utc};
use uuid::Uuid;

use super::Cells;
use super::cells::{AT_ONCE, Batch, Found, Known, Sight, Undone, cell, cells};
use crate::db::{Office, Tx};
use crate::error::{Error, FieldErrors, Result};
use crate::ids::{AccountId, ProductId};
use crate::pricing::{self, ALWAYS, ListKey, NewPrice, PriceKey};
use crate::products;
use crate::values::{Currency, Money, Quantity, Sku, text};

/// Between the parts of a key: nobody writes it.
const AND: char = '\u{1f}';

/// Who pays a price.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Whose {
    Everybodys,
    /// By its name in small letters.
    Lists(String),
    /// By its number in small letters.
    Accounts(String),
}

impl Whose {
    fn of(cells: &Cells) -> Self {
        match (cell(cells, "price_list"), cell(cells, "account_number")) {
            ("", "") => Self::Everybodys,
            (list, "") => Self::Lists(list.to_lowercase()),
            (_, account) => Self::Accounts(account.to_lowercase()),
        }
    }

    fn word(&self) -> String {
        match self {
            Self::Everybodys => "base".to_owned(),
            Self::Lists(name) => format!("list {name}"),
            Self::Accounts(number) => format!("account {number}"),
        }
    }
}

pub(super) fn known(sight: &Sight, mut said: Cells) -> Result<Known, (Cells, FieldErrors)> {
    let mut wrong = FieldErrors::new();
    let line = |typed: &str| text::line(typed, 60).unwrap_or_default();
    let (list, account) = (line(cell(&said, "price_list")), line(cell(&said, "account_number")));
    if !list.is_empty() && !account.is_empty() {
        wrong.add("account_number", "A price is of a price list or of an account, not of both.");
    }
    if let Some((_, list)) = Some(&list).filter(|list| !list.is_empty()).map(|list| (list, sight.lists.get(&list.to_lowercase())))
        && list.is_none()
    {
        wrong.add("price_list", "There is no price list of this name. Make it first, under Price lists.");
    }
    let sku = Sku::parse(cell(&said, "sku")).map_err(|why| wrong.add("sku", why.to_string())).ok();
    let from = quantity(cell(&said, "from_quantity")).map_err(|why| wrong.add("from_quantity", why)).ok();
    let since = day(sight, cell(&said, "valid_from")).map_err(|why| wrong.add("valid_from", why)).ok();
    if wrong.iter().next().is_some() {
        return Err((said, wrong));
    }
    let (Some(sku), Some(from), Some(since)) = (sku, from, since) else { return Err((said, wrong)) };
    let since = since.unwrap_or(ALWAYS);
    said.extend(cells([
        ("price_list", sight.lists.get(&list.to_lowercase()).map(|list| list.name.clone()).unwrap_or_default()),
        ("account_number", account),
        ("sku", sku.as_str().to_owned()),
        ("from_quantity", from.to_string()),
        ("valid_from", shown(since)),
    ]));
    let key = format!("{}{AND}{}{AND}{from}{AND}{since}", Whose::of(&said).word(), sku.key());
    Ok(Known { key, of_account: String::new(), cells: said })
}

fn quantity(typed: &str) -> Result<Quantity, String> {
    if typed.trim().is_empty() { Ok(Quantity::ONE) } else { Quantity::parse(typed).map_err(|why| why.to_string()) }
}

fn shown(day: NaiveDate) -> String {
    if day == ALWAYS { String::new() } else { day.to_string() }
}

/// A day as people write it: the year first, or the day, but where people write the month first.
fn day(sight: &Sight, typed: &str) -> Result<Option<NaiveDate>, &'static str> {
    let typed = typed.trim();
    // A spreadsheet adds the hour at which days begin.
    let typed = typed.split_once([' ', 'T']).map_or(typed, |(day, _)| day);
    if typed.is_empty() {
        return Ok(None);
    }
    let parts: Vec<u32> = typed.split(['-', '.', '/']).filter(|part| !part.is_empty()).map(|part| part.parse().unwrap_or(0)).collect();
    let is_month_first = sight.country.as_str() == "US" && typed.contains('/');
    let read = match parts.as_slice() {
        [year, month, day] if *year >= 1900 => (*year, *month, *day),
        [first, second, year] => {
            let year = if *year < 100 { year + 2000 } else { *year };
            if is_month_first { (year, *first, *second) } else { (year, *second, *first) }
        }
        _ => (0, 0, 0),
    };
    let (year, month, day) = read;
    let found =
        i32::try_from(year).ok().filter(|year| (2000..=2199).contains(year)).and_then(|year| NaiveDate::from_ymd_opt(year, month, day));
    found.map(Some).ok_or("Write a day such as 2026-03-31.")
}

/// What rows name, by how they name it.
struct Named {
    products: HashMap<String, ProductId>,
    /// By their numbers in small letters, with the numbers as they stand.
    accounts: HashMap<String, (AccountId, String)>,
}

impl Named {
    async fn by(tx: &mut Tx<Office>, rows: impl Iterator<Item = &Cells>) -> Result<Self> {
        let (mut skus, mut numbers) = (BTreeSet::new(), BTreeSet::new());
        for row in rows {
            skus.insert(cell(row, "sku").to_uppercase());
            numbers.insert(cell(row, "account_number").to_lowercase());
        }
        let products = products::ids_of(tx, &skus.into_iter().collect::<Vec<_>>()).await?;
        let numbers: Vec<String> = numbers.into_iter().filter(|number| !number.is_empty()).collect();
        let accounts = sqlx::query!(
            r#"select account_id, account_number, lower(account_number) as "key!" from trade_accounts
                where tenant_id = $1 and lower(account_number) = any($2) order by account_number"#,
            tx.tenant().uuid(),
            &numbers
        );
        let accounts = accounts.fetch_all(&mut *tx).await?;
        let accounts = accounts.into_iter().map(|row| (row.key, (row.account_id.into(), row.account_number))).collect();
        Ok(Self { products, accounts })
    }

    fn list(&self, sight: &Sight, row: &Cells) -> Option<ListKey> {
        Some(match Whose::of(row) {
            Whose::Everybodys => ListKey::Base,
            Whose::Lists(name) => ListKey::List(sight.lists.get(&name)?.id),
            Whose::Accounts(number) => ListKey::Account(self.accounts.get(&number)?.0),
        })
    }

    /// Where a row's price stands.
    fn place(&self, sight: &Sight, row: &Cells) -> Option<(ListKey, PriceKey)> {
        let product = *self.products.get(&cell(row, "sku").to_uppercase())?;
        let from_quantity = quantity(cell(row, "from_quantity")).ok()?;
        let valid_from = day(sight, cell(row, "valid_from")).ok()?.unwrap_or(ALWAYS);
        Some((self.list(sight, row)?, PriceKey { product, from_quantity, valid_from }))
    }
}

pub(super) async fn look_for(tx: &mut Tx<Office>, sight: &Sight, rows: &[Known]) -> Result<Found> {
    let named = Named::by(tx, rows.iter().map(|row| &row.cells)).await?;
    let mut found = Found::default();
    let (mut keys, mut lists, mut products, mut quantities, mut days) = (Vec::new(), Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for row in rows {
        let (sku, account) = (cell(&row.cells, "sku"), cell(&row.cells, "account_number"));
        let Some((list, place)) = named.place(sight, &row.cells) else {
            let is_sold = named.products.contains_key(&sku.to_uppercase());
            let why = if is_sold {
                ("account_number", format!("No account has the number {account}."))
            } else {
                ("sku", format!("There is no product with the SKU {sku}."))
            };
            found.wrong.insert(row.key.clone(), why);
            continue;
        };
        keys.push(row.key.clone());
        lists.push(list.id(tx.tenant()));
        products.push(place.product.uuid());
        quantities.push(place.from_quantity.as_i32());
        days.push(place.valid_from);
    }
    let prices = sqlx::query!(
        r#"select w.key as "key!", r.minor, r.valid_until, p.sku
             from unnest($2::text[], $3::uuid[], $4::uuid[], $5::int[], $6::date[]) as w (key, price_list_id, product_id, from_quantity, valid_from)
             join prices r on r.tenant_id = $1 and r.price_list_id = w.price_list_id and r.product_id = w.product_id
                          and r.from_quantity = w.from_quantity and r.valid_from = w.valid_from
             join products p on p.tenant_id = $1 and p.product_id = w.product_id"#,
        tx.tenant().uuid(),
        &keys,
        &lists,
        &products,
        &quantities,
        &days
    )
    .fetch_all(&mut *tx)
    .await?;
    let mut prices: HashMap<String, _> = prices.into_iter().map(|row| (row.key.clone(), row)).collect();
    for row in rows {
        let Some(price) = prices.remove(&row.key) else { continue };
        let account = named.accounts.get(&cell(&row.cells, "account_number").to_lowercase()).map(|(_, number)| number.clone());
        let standing = cells([
            ("price_list", cell(&row.cells, "price_list").to_owned()),
            ("account_number", account.unwrap_or_default()),
            ("sku", price.sku),
            ("from_quantity", cell(&row.cells, "from_quantity").to_owned()),
            ("price", Money::new(price.minor, sight.currency).plain()),
            ("valid_from", cell(&row.cells, "valid_from").to_owned()),
            ("valid_until", price.valid_until.map(|day| day.to_string()).unwrap_or_default()),
        ]);
        found.standing.insert(row.key.clone(), standing);
    }
    Ok(found)
}

pub(super) fn merged(sight: &Sight, standing: &Cells, said: &Cells) -> Result<Cells> {
    let mut whole = standing.clone();
    // What a price is known by is the same, and stays as it stands there.
    whole.extend(
        said.iter()
            .filter(|(word, _)| standing.is_empty() || matches!(word.as_str(), "price" | "valid_until"))
            .map(|(word, text)| (word.clone(), text.clone())),
    );
    let mut wrong = FieldErrors::new();
    let price =
        Money::parse_price(cell(&whole, "price"), sight.currency, sight.mark).map_err(|why| wrong.add("price", why.to_string())).ok();
    let since = day(sight, cell(&whole, "valid_from")).ok().flatten().unwrap_or(ALWAYS);
    let until = day(sight, cell(&whole, "valid_until")).map_err(|why| wrong.add("valid_until", why)).ok().flatten();
    if until.is_some_and(|until| until < since) {
        wrong.add("valid_until", "The price ends before it begins.");
    }
    let price = wrong.or(price)?;
    let until = until.map(|day| day.to_string()).unwrap_or_default();
    whole.extend(cells([("price", price.plain()), ("valid_until", until)]));
    let own = ["price_list", "account_number", "from_quantity", "valid_from"];
    for word in own {
        whole.entry(word.to_owned()).or_default();
    }
    Ok(whole)
}

/// The prices of whole rows, each list with its own.
async fn by_list(tx: &mut Tx<Office>, sight: &Sight, rows: &[&Cells]) -> Result<HashMap<ListKey, Vec<NewPrice>>> {
    let named = Named::by(tx, rows.iter().copied()).await?;
    let mut lists: HashMap<ListKey, Vec<NewPrice>> = HashMap::new();
    for row in rows {
        let gone = || Error::Conflict("A product, an account or a price list of this file is not there any more");
        let (list, place) = named.place(sight, row).ok_or_else(gone)?;
        let minor = Money::parse_price(cell(row, "price"), sight.currency, sight.mark)
            .map_err(|why| Error::invalid("price", why.to_string()))?
            .minor;
        let PriceKey { product, from_quantity, valid_from } = place;
        let valid_until = day(sight, cell(row, "valid_until")).ok().flatten();
        lists.entry(list).or_default().push(NewPrice { product, from_quantity, valid_from, valid_until, minor });
    }
    Ok(lists)
}

pub(super) async fn put(tx: &mut Tx<Office>, sight: &Sight, rows: &[Cells], now: DateTime<Utc>) -> Result<()> {
    for (list, prices) in by_list(tx, sight, &rows.iter().collect::<Vec<_>>()).await? {
        pricing::put_all(tx, list, &prices, now).await?;
    }
    Ok(())
}

pub(super) async fn take_away(tx: &mut Tx<Office>, sight: &Sight, rows: &[Undone]) -> Result<Vec<(i32, String)>> {
    let named = Named::by(tx, rows.iter().map(|row| &row.known.cells)).await?;
    let mut lists: HashMap<ListKey, Vec<PriceKey>> = HashMap::new();
    for (list, place) in rows.iter().filter_map(|row| named.place(sight, &row.known.cells)) {
        lists.entry(list).or_default().push(place);
    }
    for (list, places) in lists {
        pricing::remove(tx, list, &places).await?;
    }
    Ok(Vec::new())
}

pub(super) async fn next_batch(tx: &mut Tx<Office>, after: &str) -> Result<Batch> {
    let (list, product, quantity, since) = read_place(after);
    let rows = sqlx::query!(
        r#"select r.price_list_id, r.product_id, r.from_quantity, r.valid_from, r.valid_until, r.minor, p.sku,
                  coalesce(l.name, '') as "list_name!", coalesce(a.account_number, '') as "account_number!",
                  (select t.currency from tenants t where t.id = $1) as "currency!"
             from prices r
             join products p on p.tenant_id = $1 and p.product_id = r.product_id
             left join price_lists l on l.tenant_id = $1 and l.price_list_id = r.price_list_id and l.kind = 'list'
             left join trade_accounts a on a.tenant_id = $1 and a.account_id = r.price_list_id
            where r.tenant_id = $1 and (r.price_list_id, r.product_id, r.from_quantity, r.valid_from) > ($2, $3, $4, $5)
            order by r.price_list_id, r.product_id, r.from_quantity, r.valid_from
            limit $6"#,
        tx.tenant().uuid(),
        list,
        product,
        quantity,
        since,
        i64::try_from(AT_ONCE).unwrap_or(i64::MAX)
    )
    .fetch_all(&mut *tx)
    .await?;
    let next = rows.last().map(|row| format!("{} {} {} {}", row.price_list_id, row.product_id, row.from_quantity, row.valid_from));
    let rows = rows.into_iter().map(|row| {
        let currency = Currency::parse(&row.currency).map_err(|_| Error::Internal(anyhow::anyhow!("a currency that we do not know")))?;
        Ok(cells([
            ("price_list", row.list_name),
            ("account_number", row.account_number),
            ("sku", row.sku),
            ("from_quantity", row.from_quantity.to_string()),
            ("price", Money::new(row.minor, currency).plain()),
            ("valid_from", shown(row.valid_from)),
            ("valid_until", row.valid_until.map(|day| day.to_string()).unwrap_or_default()),
        ]))
    });
    Ok(Batch { rows: rows.collect::<Result<_>>()?, next })
}

/// Where the batch before ended; before the first of them at the beginning.
fn read_place(after: &str) -> (Uuid, Uuid, i32, NaiveDate) {
    let mut parts = after.split(' ');
    let mut id = || parts.next().and_then(|part| Uuid::parse_str(part).ok()).unwrap_or(Uuid::nil());
    let (list, product) = (id(), id());
    let quantity = parts.next().and_then(|part| part.parse().ok()).unwrap_or(0);
    (list, product, quantity, parts.next().and_then(|part| part.parse().ok()).unwrap_or(ALWAYS))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::values::{Country, DecimalMark};

    fn sight(country: &str) -> Sight {
        let gold = pricing::PriceList { id: Uuid::nil().into(), name: "Gold".to_owned() };
        Sight {
            currency: Currency::parse("GBP").unwrap(),
            country: Country::parse(country).unwrap(),
            mark: DecimalMark::Point,
            tax_rates: Vec::new(),
            day: ALWAYS,
            lists: [("gold".to_owned(), gold)].into(),
        }
    }

    #[test]
    fn days_are_read_as_people_write_them() {
        for (typed, country, read) in [
            ("2026-03-31", "GB", "2026-03-31"),
            ("31/03/2026", "GB", "2026-03-31"),
            ("31.3.26", "DE", "2026-03-31"),
            ("3/31/2026", "US", "2026-03-31"),
            ("2026-03-31 00:00:00", "GB", "2026-03-31"),
        ] {
            assert_eq!(day(&sight(country), typed), Ok(Some(read.parse().unwrap())), "{typed}");
        }
        for typed in ["31/31/2026", "March", "2026", "46112", "1999-01-01", "2026-02-30"] {
            assert!(day(&sight("GB"), typed).is_err(), "{typed}");
        }
        assert_eq!(day(&sight("GB"), "  "), Ok(None));
    }

    #[test]
    fn a_price_is_known_by_whose_it_is_and_from_when() {
        let row = |of: &[(&str, &str)]| of.iter().map(|(word, text)| ((*word).to_owned(), (*text).to_owned())).collect::<Cells>();
        let keyed = |of: &[(&str, &str)]| {
            known(&sight("GB"), row(of))
                .map(|known| known.key.replace(AND, "/"))
                .map_err(|(_, wrong)| wrong.iter().map(|(field, _)| field.to_owned()).collect::<String>())
        };
        assert_eq!(keyed(&[("sku", "tea-1")]).as_deref(), Ok("base/TEA-1/1/2000-01-01"));
        assert_eq!(
            keyed(&[("sku", "tea-1"), ("price_list", "GOLD"), ("from_quantity", "12"), ("valid_from", "1/2/2026")]).as_deref(),
            Ok("list gold/TEA-1/12/2026-02-01")
        );
        assert_eq!(keyed(&[("sku", "tea-1"), ("account_number", "A-1")]).as_deref(), Ok("account a-1/TEA-1/1/2000-01-01"));
        assert_eq!(keyed(&[("sku", "tea-1"), ("price_list", "Silver")]), Err("price_list".to_owned()));
        assert_eq!(keyed(&[("sku", ""), ("price_list", "Gold"), ("account_number", "A-1")]), Err("account_numbersku".to_owned()));
    }
}
