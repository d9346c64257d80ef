//! Price lists on a desk: the base prices, the lists that accounts share, and what stands on each.

pub mod api;
pub mod pages;
pub mod table;

use chrono::NaiveDate;
use serde_json::json;
use uuid::Uuid;

use crate::audit::{self, Actor, Event};
use crate::db::{Office, Tx};
use crate::error::{Error, FieldErrors, Result};
use crate::idempotency::{Key, Made, Once};
use crate::ids::PriceListId;
use crate::pricing::{self, ALWAYS, ListKey, NewPrice, PriceKey};
use crate::products;
use crate::tenancy::extract::Member;
use crate::values::{DecimalMark, Money, Quantity, Sku};

/// So many prices on one page.
pub const PAGE: i64 = 100;

/// A list that accounts share, and how many do.
#[derive(Debug, Clone)]
pub struct Shared {
    pub id: Uuid,
    pub name: String,
    pub accounts: i64,
    pub prices: i64,
}

/// The lists that accounts share, by name.
pub async fn shared(tx: &mut Tx<Office>) -> Result<Vec<Shared>> {
    Ok(sqlx::query_as!(
        Shared,
        r#"select l.price_list_id as id, l.name,
                  (select count(*) from trade_accounts t where t.tenant_id = $1 and t.price_list_id = l.price_list_id) as "accounts!",
                  (select count(*) from prices p where p.tenant_id = $1 and p.price_list_id = l.price_list_id) as "prices!"
             from price_lists l
            where l.tenant_id = $1 and l.kind = 'list'
            order by lower(l.name)"#,
        tx.tenant().uuid()
    )
    .fetch_all(&mut *tx)
    .await?)
}

/// What a list is called, for its own page and for the audit log, where no customer is called by a name.
///
/// # Errors
/// [`Error::NotFound`] when there is none of this id that accounts share, or no such account.
pub async fn name_of(tx: &mut Tx<Office>, list: ListKey) -> Result<String> {
    let tenant = tx.tenant().uuid();
    match list {
        ListKey::Base => Ok("Base prices".to_owned()),
        ListKey::List(id) => {
            let found = sqlx::query_scalar!(
                "select name from price_lists where tenant_id = $1 and price_list_id = $2 and kind = 'list'",
                tenant,
                id.uuid()
            );
            found.fetch_optional(&mut *tx).await?.ok_or(Error::NotFound)
        }
        ListKey::Account(id) => {
            let found = sqlx::query_scalar!(
                "select account_number from trade_accounts where tenant_id = $1 and account_id = $2",
                tenant,
                id.uuid()
            );
            let number = found.fetch_optional(&mut *tx).await?.ok_or(Error::NotFound)?;
            Ok(format!("the account {number}"))
        }
    }
}

/// A price as its list shows it.
#[derive(Debug, Clone)]
pub struct Listed {
    pub product_id: Uuid,
    pub sku: String,
    pub name: String,
    pub from_quantity: i32,
    pub minor: i64,
    pub valid_from: NaiveDate,
    pub valid_until: Option<NaiveDate>,
}

/// The prices on a list whose product has these words in its name or its SKU, by name and quantity: a page of them, from `offset` on.
pub async fn prices(tx: &mut Tx<Office>, list: ListKey, words: &str, offset: i64) -> Result<Vec<Listed>> {
    let words: Vec<String> = deunicode::deunicode(words).to_lowercase().split_whitespace().map(str::to_owned).collect();
    Ok(sqlx::query_as!(
        Listed,
        "select p.product_id, p.sku, p.name, r.from_quantity, r.minor, r.valid_from, r.valid_until
           from prices r join products p on p.tenant_id = $1 and p.product_id = r.product_id
          where r.tenant_id = $1 and r.price_list_id = $2
            and not exists (select from unnest($3::text[]) as wanted (word)
                             where strpos(concat_ws(' ', p.name_key, lower(p.sku_key)), wanted.word) = 0)
          order by p.name_key, p.product_id, r.from_quantity, r.valid_from
          limit $4 offset $5",
        tx.tenant().uuid(),
        list.id(tx.tenant()),
        &words,
        PAGE,
        offset
    )
    .fetch_all(&mut *tx)
    .await?)
}

/// A list by how addresses name it: `base`, or its id.
///
/// # Errors
/// [`Error::NotFound`] for what is no id.
pub fn list_of(word: &str) -> Result<ListKey> {
    match word {
        "base" => Ok(ListKey::Base),
        id => Uuid::parse_str(id).map(|id| ListKey::List(id.into())).map_err(|_| Error::NotFound),
    }
}

/// One list that accounts share.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn find_list(tx: &mut Tx<Office>, id: PriceListId) -> Result<Shared> {
    shared(tx).await?.into_iter().find(|list| list.id == id.uuid()).ok_or(Error::NotFound)
}

/// One price on a list.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn find(tx: &mut Tx<Office>, list: ListKey, key: PriceKey) -> Result<Listed> {
    let found = sqlx::query_as!(
        Listed,
        "select p.product_id, p.sku, p.name, r.from_quantity, r.minor, r.valid_from, r.valid_until
           from prices r join products p on p.tenant_id = $1 and p.product_id = r.product_id
          where r.tenant_id = $1 and r.price_list_id = $2 and r.product_id = $3 and r.from_quantity = $4 and r.valid_from = $5",
        tx.tenant().uuid(),
        list.id(tx.tenant()),
        key.product.uuid(),
        key.from_quantity.as_i32(),
        key.valid_from
    );
    found.fetch_optional(&mut *tx).await?.ok_or(Error::NotFound)
}

/// Makes a list that accounts may share: once under one key.
///
/// # Errors
/// [`Error::Invalid`] when it cannot be called that.
pub async fn add(tx: &mut Tx<Office>, member: &Member, name: &str, key: Option<&Key>) -> Result<PriceListId> {
    let (now, once) = (member.house.now(), Once { key, asker: member.into(), action: "price_list.added", asked: &name });
    if let Some(Made { id, .. }) = once.earlier(tx).await? {
        return Ok(id.into());
    }
    let id = pricing::make_list(tx, name, now).await?;
    once.keep(tx, &Made { id: id.uuid(), at: now }, now).await?;
    record(tx, member, "price_list.added", id.uuid(), json!({ "name": name.trim() })).await?;
    Ok(id)
}

/// Calls a list otherwise.
///
/// # Errors
/// [`Error::NotFound`]; [`Error::Invalid`] when it cannot be called that.
pub async fn rename(tx: &mut Tx<Office>, member: &Member, id: PriceListId, name: &str) -> Result<()> {
    let before = name_of(tx, ListKey::List(id)).await?;
    pricing::rename(tx, id, name).await?;
    record(tx, member, "price_list.renamed", id.uuid(), json!({ "before": before, "name": name.trim() })).await
}

/// A price as a form sends it.
#[derive(Debug, Clone, Default)]
pub struct Typed {
    pub sku: String,
    pub from_quantity: String,
    pub price: String,
    pub valid_from: String,
    pub valid_until: String,
}

/// Puts a price on a list, or another in its place. Amounts are typed with this mark before the decimals.
///
/// # Errors
/// [`Error::Invalid`] with what is wrong beside each field; [`Error::NotFound`] when there is no such list.
pub async fn put(tx: &mut Tx<Office>, member: &Member, list: ListKey, typed: &Typed, mark: DecimalMark) -> Result<PriceKey> {
    let name = name_of(tx, list).await?;
    let (mut wrong, key) = read(tx, typed).await?;
    let price = Money::parse_price(&typed.price, member.tenant.currency, mark).map_err(|why| wrong.add("price", why.to_string())).ok();
    let valid_until = read_day(&mut wrong, "valid_until", &typed.valid_until);
    if key.zip(valid_until).is_some_and(|(key, until)| until.is_some_and(|until| until < key.valid_from)) {
        wrong.add("valid_until", "The price ends before it begins.");
    }
    let (key, (price, valid_until)) = wrong.or(key.zip(price.zip(valid_until)))?;
    let PriceKey { product, from_quantity, valid_from } = key;
    let price = NewPrice { product, from_quantity, valid_from, valid_until, minor: price.minor };
    if !pricing::put_all(tx, list, &[price], member.house.now()).await?.is_nothing() {
        changed(tx, member, list, &name, typed).await?;
    }
    Ok(key)
}

/// Takes a price off a list: the one of this product, quantity and first day.
///
/// # Errors
/// [`Error::NotFound`] when it is not there, or the list is not; [`Error::Invalid`] when it cannot be read which one is meant.
pub async fn take_off(tx: &mut Tx<Office>, member: &Member, list: ListKey, typed: &Typed) -> Result<()> {
    let name = name_of(tx, list).await?;
    let (wrong, key) = read(tx, typed).await?;
    if pricing::remove(tx, list, &[wrong.or(key)?]).await? == 0 {
        return Err(Error::NotFound);
    }
    changed(tx, member, list, &name, typed).await
}

/// Which price is meant, by what tells it from the others on its list.
async fn read(tx: &mut Tx<Office>, typed: &Typed) -> Result<(FieldErrors, Option<PriceKey>)> {
    let mut wrong = FieldErrors::new();
    let sku = Sku::parse(&typed.sku).map_err(|why| wrong.add("sku", why.to_string())).ok();
    let product = match &sku {
        Some(sku) => products::ids_of(tx, &[sku.key()]).await?.remove(&sku.key()),
        None => None,
    };
    if sku.is_some() && product.is_none() {
        wrong.add("sku", "There is no product with this SKU.");
    }
    let from_quantity = match typed.from_quantity.trim() {
        "" => Some(Quantity::ONE),
        typed => Quantity::parse(typed).map_err(|why| wrong.add("from_quantity", why.to_string())).ok(),
    };
    let valid_from = read_day(&mut wrong, "valid_from", &typed.valid_from);
    let key = product.zip(from_quantity.zip(valid_from)).map(|(product, (from_quantity, valid_from))| PriceKey {
        product,
        from_quantity,
        valid_from: valid_from.unwrap_or(ALWAYS),
    });
    Ok((wrong, key))
}

#[expect(clippy::option_option, reason = "none is wrong, and some of none was left out")]
fn read_day(wrong: &mut FieldErrors, field: &'static str, typed: &str) -> Option<Option<NaiveDate>> {
    match typed.trim() {
        "" => Some(None),
        typed => NaiveDate::parse_from_str(typed, "%Y-%m-%d").map(Some).map_err(|_| wrong.add(field, "Please choose a day.")).ok(),
    }
}

async fn changed(tx: &mut Tx<Office>, member: &Member, list: ListKey, name: &str, typed: &Typed) -> Result<()> {
    let details = json!({ "list": name, "sku": typed.sku.trim(), "count": 1 });
    let subject = list.id(tx.tenant());
    record(tx, member, "prices.changed", subject, details).await
}

async fn record(tx: &mut Tx<Office>, member: &Member, action: &'static str, id: Uuid, details: serde_json::Value) -> Result<()> {
    let event = Event { actor: Actor::staff(member), action, subject_kind: "price_list", subject_id: id, details };
    audit::record(tx, event, member.house.now()).await
}
