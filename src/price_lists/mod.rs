//! Price lists on a desk: the base prices, the lists that accounts share, and what stands on each.

pub mod pages;

use chrono::NaiveDate;
use serde_json::json;
use uuid::Uuid;

use crate::audit::{self, Actor, Event};
use crate::db::{Office, Tx};
use crate::error::{Error, FieldErrors, Result};
use crate::ids::{PriceListId, ProductId};
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

/// What a list is called, for its own page.
///
/// # Errors
/// [`Error::NotFound`] when there is none of this id that accounts share.
pub async fn name_of(tx: &mut Tx<Office>, list: ListKey) -> Result<String> {
    let ListKey::List(id) = list else { return Ok("Base prices".to_owned()) };
    let found = sqlx::query_scalar!(
        "select name from price_lists where tenant_id = $1 and price_list_id = $2 and kind = 'list'",
        tx.tenant().uuid(),
        id.uuid()
    );
    found.fetch_optional(&mut *tx).await?.ok_or(Error::NotFound)
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

/// Makes a list that accounts may share.
///
/// # Errors
/// [`Error::Invalid`] when it cannot be called that.
pub async fn add(tx: &mut Tx<Office>, member: &Member, name: &str) -> Result<PriceListId> {
    let id = pricing::make_list(tx, name, member.house.now()).await?;
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

/// Puts a price on a list, or another in its place.
///
/// # Errors
/// [`Error::Invalid`] with what is wrong beside each field; [`Error::NotFound`] when there is no such list.
pub async fn put(tx: &mut Tx<Office>, member: &Member, list: ListKey, typed: &Typed) -> Result<()> {
    let price = read(tx, member, typed).await?;
    let written = pricing::put_all(tx, list, &[price], member.house.now()).await?;
    if written.is_nothing() {
        return Ok(());
    }
    let details = json!({ "list": name_of(tx, list).await?, "sku": typed.sku.trim(), "count": 1 });
    let subject = list.id(tx.tenant());
    record(tx, member, "prices.changed", subject, details).await
}

async fn read(tx: &mut Tx<Office>, member: &Member, typed: &Typed) -> Result<NewPrice> {
    let mut wrong = FieldErrors::new();
    let product = match Sku::parse(&typed.sku) {
        Ok(sku) => {
            let found = products::ids_of(tx, &[sku.key()]).await?.remove(&sku.key());
            found.or_else(|| {
                wrong.add("sku", "There is no product with this SKU.");
                None
            })
        }
        Err(why) => {
            wrong.add("sku", why.to_string());
            None
        }
    };
    let from_quantity = match typed.from_quantity.trim() {
        "" => Some(Quantity::ONE),
        typed => Quantity::parse(typed).map_err(|why| wrong.add("from_quantity", why.to_string())).ok(),
    };
    let mark = DecimalMark::of(member.tenant.country);
    let price = Money::parse_price(&typed.price, member.tenant.currency, mark).map_err(|why| wrong.add("price", why.to_string())).ok();
    let mut day = |field, typed: &str| match typed.trim() {
        "" => Some(None),
        typed => NaiveDate::parse_from_str(typed, "%Y-%m-%d").map(Some).map_err(|_| wrong.add(field, "Please choose a day.")).ok(),
    };
    let (valid_from, valid_until) = (day("valid_from", &typed.valid_from), day("valid_until", &typed.valid_until));
    let days = valid_from.zip(valid_until).map(|(from, until)| (from.unwrap_or(ALWAYS), until));
    if days.is_some_and(|(from, until)| until.is_some_and(|until| until < from)) {
        wrong.add("valid_until", "The price ends before it begins.");
    }
    let price = product.zip(from_quantity).zip(price).zip(days).map(|(((product, from_quantity), price), (valid_from, valid_until))| {
        NewPrice { product, from_quantity, valid_from, valid_until, minor: price.minor }
    });
    wrong.or(price)
}

/// Takes a price off a list.
///
/// # Errors
/// [`Error::NotFound`] when it is not there.
pub async fn take_off(tx: &mut Tx<Office>, member: &Member, list: ListKey, key: PriceKey) -> Result<()> {
    let name = name_of(tx, list).await?;
    if pricing::remove(tx, list, &[key]).await? == 0 {
        return Err(Error::NotFound);
    }
    let sku = sku_of(tx, key.product).await?;
    let details = json!({ "list": name, "sku": sku, "count": 1 });
    let subject = list.id(tx.tenant());
    record(tx, member, "prices.changed", subject, details).await
}

async fn sku_of(tx: &mut Tx<Office>, product: ProductId) -> Result<String> {
    let found =
        sqlx::query_scalar!("select sku from products where tenant_id = $1 and product_id = $2", tx.tenant().uuid(), product.uuid());
    found.fetch_optional(&mut *tx).await?.ok_or(Error::NotFound)
}

async fn record(tx: &mut Tx<Office>, member: &Member, action: &'static str, id: Uuid, details: serde_json::Value) -> Result<()> {
    let event = Event { actor: Actor::staff(member), action, subject_kind: "price_list", subject_id: id, details };
    audit::record(tx, event, member.house.now()).await
}
