//! Rows of customers: people by their phones, each with the trade account that they buy for; or an account alone, by its number.
//! Rows of one account say the same of it.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::Cells;
use super::cells::{AT_ONCE, Batch, Found, Known, People, Sight, Undone, cell, cells, meant};
use crate::db::{Office, Tx};
use crate::error::{Error, FieldErrors, Result, is_pointed_to};
use crate::ids::{AccessId, AccountId, CustomerId};
use crate::jobs::{self, Job, Lane};
use crate::values::{Country, PhoneNumber, text};

/// What rows say of the account, and what they say of the person.
pub(super) const OF_ACCOUNT: [&str; 5] = ["business_name", "town", "country", "price_list", "route"];
const OF_PERSON: [&str; 3] = ["contact_name", "phone", "role"];

pub(super) fn known(sight: &Sight, mut said: Cells) -> Result<Known, (Cells, FieldErrors)> {
    let mut wrong = FieldErrors::new();
    let number = text::line(cell(&said, "account_number"), text::LONGEST_ACCOUNT_NUMBER);
    let number = number.map_err(|why| wrong.add("account_number", why.about("the number of the account"))).ok();
    let phone = phone_of(sight, &said).map_err(|why| wrong.add("phone", why)).ok();
    match (number, phone) {
        (Some(number), Some(phone)) => {
            let key = phone.clone().unwrap_or_else(|| number.to_lowercase());
            said.insert("account_number".to_owned(), number.clone());
            if let Some(phone) = phone {
                said.insert("phone".to_owned(), phone);
            }
            Ok(Known { key, of_account: number.to_lowercase(), cells: said })
        }
        _ => Err((said, wrong)),
    }
}

fn phone_of(sight: &Sight, said: &Cells) -> Result<Option<String>, String> {
    let typed = cell(said, "phone").trim();
    if typed.is_empty() {
        return Ok(None);
    }
    if typed.contains(['E', 'e']) && typed.contains('+') {
        return Err("The spreadsheet has shortened this number. Format the column as text, and type the number again.".to_owned());
    }
    let country = country_of(cell(said, "country")).unwrap_or(sight.country);
    // A spreadsheet takes a number in full for a sum, and leaves the plus away.
    let parsed = PhoneNumber::parse(typed, country);
    let phone = if parsed.is_err() && typed.bytes().all(|byte| byte.is_ascii_digit()) {
        PhoneNumber::parse(&format!("+{typed}"), country).or(parsed)
    } else {
        parsed
    };
    phone.map(|phone| Some(phone.as_str().to_owned())).map_err(|why| why.to_string())
}

fn country_of(typed: &str) -> Option<Country> {
    const OTHERS: [(&str, &[&str]); 5] = [
        ("GB", &["uk", "united kingdom", "great britain", "england", "scotland", "wales", "vereinigtes konigreich", "royaume uni"]),
        ("DE", &["germany", "deutschland", "allemagne"]),
        ("FR", &["france", "frankreich"]),
        ("IE", &["ireland", "irland", "irlande", "eire"]),
        ("AT", &["austria", "osterreich", "autriche"]),
    ];
    let typed = typed.trim();
    let code = meant(typed, &OTHERS).map_or_else(|| typed.to_uppercase(), str::to_owned);
    Country::parse(&code).ok()
}

pub(super) fn is_there(key: &str, standing: &Cells) -> bool {
    standing.contains_key(if key.starts_with('+') { "phone" } else { "business_name" })
}

/// An account as it stands.
fn account_cells(number: &str, business_name: String, town: String, country: String, price_list: String, route: String) -> Cells {
    let mut found =
        cells([("business_name", business_name), ("town", town), ("country", country), ("price_list", price_list), ("route", route)]);
    found.insert("account_number".to_owned(), number.to_owned());
    found
}

/// The accounts of these numbers in small letters, as they stand.
async fn accounts(tx: &mut Tx<Office>, numbers: &[String]) -> Result<BTreeMap<String, (AccountId, Cells)>> {
    let rows = sqlx::query!(
        r#"select lower(t.account_number) as "key!", t.account_id, t.account_number, t.business_name, t.town, t.country, t.route,
                  coalesce(l.name, '') as "price_list!"
             from trade_accounts t
             left join price_lists l on l.tenant_id = $1 and l.price_list_id = t.price_list_id
            where t.tenant_id = $1 and lower(t.account_number) = any($2)
            order by t.account_number"#,
        tx.tenant().uuid(),
        numbers
    )
    .fetch_all(&mut *tx)
    .await?;
    let account = rows.into_iter().map(|row| {
        let found = account_cells(&row.account_number, row.business_name, row.town, row.country, row.price_list, row.route);
        (row.key, (AccountId::from(row.account_id), found))
    });
    Ok(account.collect())
}

/// The people of these phones who are let in here, as they stand, each with the number of the account they buy for.
async fn people(tx: &mut Tx<Office>, phones: &[String]) -> Result<HashMap<String, (Uuid, Uuid, Cells)>> {
    let rows = sqlx::query!(
        "select a.phone, a.access_id, a.customer_id, a.contact_name, a.role, t.account_number
           from account_access a join trade_accounts t on t.tenant_id = $1 and t.account_id = a.account_id
          where a.tenant_id = $1 and a.phone = any($2)",
        tx.tenant().uuid(),
        phones
    )
    .fetch_all(&mut *tx)
    .await?;
    let person = rows.into_iter().map(|row| {
        let found = cells([
            ("contact_name", row.contact_name),
            ("phone", row.phone.clone()),
            ("role", row.role),
            ("account_number", row.account_number),
        ]);
        (row.phone, (row.access_id, row.customer_id, found))
    });
    Ok(person.collect())
}

fn distinct<'r>(of: impl Iterator<Item = &'r str>) -> Vec<String> {
    of.filter(|text| !text.is_empty()).map(str::to_owned).collect::<BTreeSet<_>>().into_iter().collect()
}

pub(super) async fn look_for(tx: &mut Tx<Office>, rows: &[Known]) -> Result<Found> {
    let accounts = accounts(tx, &distinct(rows.iter().map(|row| row.of_account.as_str()))).await?;
    let people = people(tx, &distinct(rows.iter().map(|row| cell(&row.cells, "phone")))).await?;
    let mut found = Found::default();
    for row in rows {
        let mut standing = Cells::new();
        if let Some((_, account)) = accounts.get(&row.of_account) {
            standing.extend(account.clone());
        }
        // Whose they are now goes before whose they are to be.
        if let Some((_, _, person)) = people.get(cell(&row.cells, "phone")) {
            standing.extend(person.clone());
        }
        found.standing.insert(row.key.clone(), standing);
    }
    Ok(found)
}

pub(super) fn merged(sight: &Sight, standing: &Cells, said: &Cells) -> Result<Cells> {
    let mut whole = standing.clone();
    // A number is the same in whichever letters it is written.
    let is_same = cell(standing, "account_number").to_lowercase() == cell(said, "account_number").to_lowercase();
    whole.extend(
        said.iter().filter(|(word, _)| !(is_same && word.as_str() == "account_number")).map(|(word, text)| (word.clone(), text.clone())),
    );
    let mut wrong = FieldErrors::new();
    let mut read = |word: &'static str, read: Result<String, String>| read.map_err(|why| wrong.add(word, why)).unwrap_or_default();
    let needed = |word: &str, what: &str| text::line(cell(&whole, word), text::LONGEST_NAME).map_err(|why| why.about(what));
    let may_be = |word: &str, most: usize, what: &str| match cell(&whole, word).trim() {
        "" => Ok(String::new()),
        typed => text::line(typed, most).map_err(|why| why.about(what)),
    };
    let is_person = !cell(&whole, "phone").is_empty();
    let country = match cell(&whole, "country").trim() {
        "" => Ok(PhoneNumber::from_e164(cell(&whole, "phone")).ok().and_then(|phone| phone.country()).unwrap_or(sight.country).to_string()),
        typed => {
            country_of(typed).map(|country| country.to_string()).ok_or_else(|| "Write the country as two letters, such as GB.".to_owned())
        }
    };
    let list = match cell(&whole, "price_list").trim() {
        "" => Ok(String::new()),
        typed => sight
            .lists
            .get(&typed.to_lowercase())
            .map(|list| list.name.clone())
            .ok_or_else(|| "There is no price list of this name. Make it first, under Price lists.".to_owned()),
    };
    let said_of_person = (needed("contact_name", "who the person is"), role(cell(&whole, "role")));
    let of_account = cells([
        ("business_name", read("business_name", needed("business_name", "the name of the business"))),
        ("town", read("town", may_be("town", text::LONGEST_NAME, "the town"))),
        ("country", read("country", country)),
        ("price_list", read("price_list", list)),
        ("route", read("route", may_be("route", 60, "the route"))),
    ]);
    if is_person {
        let (name, role) = said_of_person;
        let of_person = cells([("contact_name", read("contact_name", name)), ("role", read("role", role))]);
        whole.extend(of_person);
    } else {
        if !cell(&whole, "contact_name").trim().is_empty() {
            wrong.add("contact_name", "Write the mobile number by which this person signs in, or leave the person out.");
        }
        // Of an account alone nobody is said.
        whole.retain(|word, _| !OF_PERSON.contains(&word.as_str()));
    }
    whole.extend(of_account);
    wrong.or(Some(whole))
}

fn role(typed: &str) -> Result<String, String> {
    const ROLES: [(&str, &[&str]); 2] = [
        ("owner", &["owner", "manager", "inhaber", "inhaberin", "chef", "proprietaire", "gerant", "gerante"]),
        ("buyer", &["", "buyer", "staff", "einkauf", "einkaufer", "einkauferin", "acheteur", "acheteuse"]),
    ];
    meant(typed, &ROLES).map(str::to_owned).ok_or_else(|| "The role is owner or buyer.".to_owned())
}

pub(super) async fn put(tx: &mut Tx<Office>, sight: &Sight, rows: &[Cells], known: &People, now: DateTime<Utc>) -> Result<()> {
    let mut by_number: BTreeMap<String, &Cells> = BTreeMap::new();
    for row in rows {
        by_number.insert(cell(row, "account_number").to_lowercase(), row);
    }
    let standing = accounts(tx, &by_number.keys().cloned().collect::<Vec<_>>()).await?;
    put_accounts(tx, sight, &by_number, &standing, now).await?;
    let ids = accounts(tx, &by_number.keys().cloned().collect::<Vec<_>>()).await?;
    let rows: Vec<&Cells> = rows.iter().filter(|row| !cell(row, "phone").is_empty()).collect();
    let there = people(tx, &distinct(rows.iter().map(|row| cell(row, "phone")))).await?;
    let mut columns: [Vec<Uuid>; 3] = Default::default();
    let (mut phones, mut names, mut roles) = (Vec::new(), Vec::new(), Vec::new());
    for row in rows {
        let phone = cell(row, "phone");
        let account = ids.get(&cell(row, "account_number").to_lowercase()).map(|(id, _)| *id).ok_or(Error::NotFound)?;
        let (access, customer) = match there.get(phone) {
            Some((access, customer, _)) => (*access, *customer),
            None => (AccessId::new().uuid(), known.get(phone).ok_or(Error::NotFound)?.uuid()),
        };
        for (column, id) in columns.iter_mut().zip([access, account.uuid(), customer]) {
            column.push(id);
        }
        phones.push(phone.to_owned());
        names.push(cell(row, "contact_name").to_owned());
        roles.push(cell(row, "role").to_owned());
    }
    let [accesses, accounts, customers] = columns;
    sqlx::query!(
        "insert into account_access (tenant_id, access_id, account_id, customer_id, phone, contact_name, role, status, created_at)
         select $1::uuid, new.*, 'active', $8::timestamptz
           from unnest($2::uuid[], $3::uuid[], $4::uuid[], $5::text[], $6::text[], $7::text[]) as new
         on conflict (tenant_id, customer_id) do update
            set account_id = excluded.account_id, contact_name = excluded.contact_name, role = excluded.role",
        tx.tenant().uuid(),
        &accesses,
        &accounts,
        &customers,
        &phones,
        &names,
        &roles,
        now
    )
    .execute(&mut *tx)
    .await?;
    Ok(())
}

async fn put_accounts(
    tx: &mut Tx<Office>,
    sight: &Sight,
    rows: &BTreeMap<String, &Cells>,
    standing: &BTreeMap<String, (AccountId, Cells)>,
    now: DateTime<Utc>,
) -> Result<()> {
    let id = |number: &String| standing.get(number).map_or_else(AccountId::new, |(id, _)| *id).uuid();
    let ids: Vec<Uuid> = rows.keys().map(id).collect();
    let column = |word: &'static str| rows.values().map(|row| cell(row, word).to_owned()).collect::<Vec<String>>();
    // As it stands, in whichever letters the file writes it.
    let number = |(key, row): (&String, &&Cells)| {
        standing.get(key).map_or_else(|| cell(row, "account_number"), |(_, found)| cell(found, "account_number")).to_owned()
    };
    let lists = rows.values().map(|row| sight.lists.get(&cell(row, "price_list").to_lowercase()).map(|list| list.id.uuid()));
    sqlx::query!(
        "insert into trade_accounts (tenant_id, account_id, account_number, business_name, town, country, route, price_list_id, created_at)
         select $1::uuid, new.*, $9::timestamptz
           from unnest($2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::uuid[]) as new
         on conflict (tenant_id, account_id) do update
            set business_name = excluded.business_name, town = excluded.town, country = excluded.country, route = excluded.route,
                price_list_id = excluded.price_list_id",
        tx.tenant().uuid(),
        &ids,
        &rows.iter().map(number).collect::<Vec<String>>(),
        &column("business_name"),
        &column("town"),
        &column("country"),
        &column("route"),
        &lists.collect::<Vec<Option<Uuid>>>() as _,
        now
    )
    .execute(&mut *tx)
    .await?;
    Ok(())
}

/// What stood there before a row, as rows of its own: first the account's, and then the person's, who may have bought for another one.
pub(super) fn former(row: &Undone) -> [Option<Known>; 2] {
    let account = row.before.contains_key("business_name").then(|| {
        let mut said = only(&row.before, &OF_ACCOUNT);
        said.insert("account_number".to_owned(), cell(&row.known.cells, "account_number").to_owned());
        Known { key: row.known.of_account.clone(), of_account: row.known.of_account.clone(), cells: said }
    });
    let person = row.before.contains_key("phone").then(|| {
        let mut said = only(&row.before, &OF_PERSON);
        let number = cell(&row.before, "account_number").to_owned();
        let of_account = number.to_lowercase();
        said.insert("account_number".to_owned(), number);
        Known { key: row.known.key.clone(), of_account, cells: said }
    });
    [account, person]
}

fn only(cells: &Cells, words: &[&str]) -> Cells {
    cells.iter().filter(|(word, _)| words.contains(&word.as_str())).map(|(word, text)| (word.clone(), text.clone())).collect()
}

/// Whoever has signed in stays.
pub(super) async fn take_people_away(tx: &mut Tx<Office>, rows: &[Undone], now: DateTime<Utc>) -> Result<Vec<(i32, String)>> {
    let is_new = |row: &&Undone| row.known.key.starts_with('+') && !row.before.contains_key("phone");
    let rows: Vec<&Undone> = rows.iter().filter(is_new).collect();
    let there = people(tx, &distinct(rows.iter().map(|row| row.known.key.as_str()))).await?;
    let customers: Vec<Uuid> = there.values().map(|(_, customer, _)| *customer).collect();
    let came = sqlx::query_scalar!(
        "select distinct customer_id from sessions where tenant_id = $1 and customer_id = any($2)",
        tx.tenant().uuid(),
        &customers
    );
    let came: BTreeSet<Uuid> = came.fetch_all(&mut *tx).await?.into_iter().collect();
    let why = |row: &&Undone| {
        let (_, customer, _) = there.get(&row.known.key)?;
        came.contains(customer).then(|| (row.line, "this person has signed in since".to_owned()))
    };
    let refused: Vec<(i32, String)> = rows.iter().filter_map(why).collect();
    if refused.is_empty() {
        sqlx::query!("delete from account_access where tenant_id = $1 and customer_id = any($2)", tx.tenant().uuid(), &customers)
            .execute(&mut *tx)
            .await?;
        // Whom no wholesaler knows now is forgotten.
        let jobs: Vec<Job> = customers.iter().map(|customer| Job::ForgetCustomer(CustomerId::from(*customer))).collect();
        jobs::enqueue_all(tx, Lane::Letters, &jobs, now).await?;
    }
    Ok(refused)
}

/// What has been ordered for, or has prices of its own or other people, stays.
pub(super) async fn take_accounts_away(tx: &mut Tx<Office>, rows: &[Undone]) -> Result<Vec<(i32, String)>> {
    let is_new = |row: &&Undone| !row.before.contains_key("business_name");
    let numbers = distinct(rows.iter().filter(is_new).map(|row| row.known.of_account.as_str()));
    let held = sqlx::query!(
        r#"select lower(t.account_number) as "key!", t.account_id, t.account_number,
                  exists (select from orders o where o.tenant_id = $1 and o.account_id = t.account_id)
                    or exists (select from price_lists l where l.tenant_id = $1 and l.price_list_id = t.account_id)
                    or exists (select from account_access a where a.tenant_id = $1 and a.account_id = t.account_id) as "is_used!"
             from trade_accounts t where t.tenant_id = $1 and lower(t.account_number) = any($2)"#,
        tx.tenant().uuid(),
        &numbers
    )
    .fetch_all(&mut *tx)
    .await?;
    let used: HashMap<&str, &str> =
        held.iter().filter(|row| row.is_used).map(|row| (row.key.as_str(), row.account_number.as_str())).collect();
    let why = |row: &Undone| {
        Some((row.line, format!("account {} has orders, prices or other people since", used.get(row.known.of_account.as_str())?)))
    };
    let refused: Vec<(i32, String)> = rows.iter().filter(is_new).filter_map(why).collect();
    if refused.is_empty() {
        let going: Vec<Uuid> = held.iter().map(|row| row.account_id).collect();
        let gone = sqlx::query!("delete from trade_accounts where tenant_id = $1 and account_id = any($2)", tx.tenant().uuid(), &going);
        match gone.execute(&mut *tx).await {
            // Of what else points to it the office sees no row.
            Err(error) if is_pointed_to(&error) => return Err(Error::Conflict("An account of this import is in use since")),
            gone => gone?,
        };
    }
    Ok(refused)
}

pub(super) async fn next_batch(tx: &mut Tx<Office>, after: &str) -> Result<Batch> {
    let (number, phone) = after.split_once('\u{1f}').unwrap_or_default();
    let rows = sqlx::query!(
        r#"select t.account_number, t.business_name, t.town, t.country, t.route, coalesce(l.name, '') as "price_list!",
                  coalesce(a.phone, '') as "phone!", coalesce(a.contact_name, '') as "contact_name!", coalesce(a.role, '') as "role!"
             from trade_accounts t
             left join account_access a on a.tenant_id = $1 and a.account_id = t.account_id
             left join price_lists l on l.tenant_id = $1 and l.price_list_id = t.price_list_id
            where t.tenant_id = $1 and (t.account_number, coalesce(a.phone, '')) > ($2, $3)
            order by t.account_number, coalesce(a.phone, '')
            limit $4"#,
        tx.tenant().uuid(),
        number,
        phone,
        i64::try_from(AT_ONCE).unwrap_or(i64::MAX)
    )
    .fetch_all(&mut *tx)
    .await?;
    let next = rows.last().map(|row| format!("{}\u{1f}{}", row.account_number, row.phone));
    let rows = rows.into_iter().map(|row| {
        let mut found = account_cells(&row.account_number, row.business_name, row.town, row.country, row.price_list, row.route);
        found.extend(OF_PERSON.into_iter().map(str::to_owned).zip([row.contact_name, row.phone, row.role]));
        found
    });
    Ok(Batch { rows: rows.collect(), next })
}
