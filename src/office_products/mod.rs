//! The goods on a desk: what there is, what it costs, how many there are, and all of it to change.

pub mod api;
pub mod bulk;
mod form;
pub mod pages;
mod reading;

use chrono::{DateTime, Utc};
use serde_json::json;
use uuid::Uuid;

pub use reading::Typed;

use crate::audit::{self, Actor, Event};
use crate::db::{Office, Tx};
use crate::error::{Error, Result};
use crate::idempotency::{Key, Made, Once};
use crate::ids::ProductId;
use crate::pictures::{self, Size};
use crate::pricing::ALWAYS;
use crate::products::{self, NewProduct, NewStock, Status};
use crate::tenancy::extract::Member;
use crate::values::{Currency, Sku};

/// So many on one page.
pub const PAGE: i64 = 50;

/// Which products.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Each of these is part of the name, the SKU, the keywords or the barcode.
    pub words: String,
    /// Of the category with this slug.
    pub category: Option<String>,
    pub status: Option<Status>,
}

impl Filter {
    /// The words, as what is looked through has them.
    fn words_sought(&self) -> Vec<String> {
        deunicode::deunicode(&self.words).to_lowercase().split_whitespace().map(str::to_owned).collect()
    }
}

/// A product as the list shows it.
#[derive(Debug, Clone)]
pub struct Listed {
    pub id: Uuid,
    pub sku: String,
    pub name: String,
    pub category: Option<String>,
    pub pack: String,
    pub tax_class: String,
    pub status: String,
    pub price_minor: Option<i64>,
    /// None while it is not counted.
    pub on_hand: Option<i64>,
    pub reserved: Option<i64>,
    pub low_at: Option<i64>,
}

/// Products by name, after the one with this id if there is one.
///
/// # Errors
/// [`Error::NotFound`] when there is no such product to begin after.
pub async fn list(tx: &mut Tx<Office>, filter: &Filter, after: Option<ProductId>) -> Result<Vec<Listed>> {
    let (after_key, after_id) = match after {
        Some(id) => (name_key_of(tx, id).await?, id.uuid()),
        None => (String::new(), Uuid::nil()),
    };
    Ok(sqlx::query_as!(
        Listed,
        r#"select p.product_id as id, p.sku, p.name, c.name as "category?", p.pack, p.tax_class, p.status, r.minor as "price_minor?",
                  case when p.stock_mode <> 'untracked' then coalesce(s.on_hand, 0) end as on_hand, s.reserved as "reserved?", s.low_at as "low_at?"
             from products p
             left join categories c on c.tenant_id = $1 and c.category_id = p.category_id
             left join stock s on s.tenant_id = $1 and s.product_id = p.product_id
             left join prices r on r.tenant_id = $1 and r.price_list_id = $1 and r.product_id = p.product_id
                               and r.from_quantity = 1 and r.valid_from = $8 and r.valid_until is null
            where p.tenant_id = $1 and (p.name_key, p.product_id) > ($2, $3)
              and ($4::text is null or c.slug = $4) and ($5::text is null or p.status = $5)
              and not exists (select from unnest($6::text[]) as wanted (word)
                               where strpos(concat_ws(' ', p.name_key, lower(p.sku_key), lower(p.keywords), lower(p.barcode)), wanted.word) = 0)
            order by p.name_key, p.product_id
            limit $7"#,
        tx.tenant().uuid(),
        after_key,
        after_id,
        filter.category.as_deref(),
        filter.status.map(Status::word),
        &filter.words_sought(),
        PAGE,
        ALWAYS
    )
    .fetch_all(&mut *tx)
    .await?)
}

async fn name_key_of(tx: &mut Tx<Office>, id: ProductId) -> Result<String> {
    let found =
        sqlx::query_scalar!("select name_key from products where tenant_id = $1 and product_id = $2", tx.tenant().uuid(), id.uuid());
    found.fetch_optional(&mut *tx).await?.ok_or(Error::NotFound)
}

/// How many products there are, by how they are sold.
#[derive(Debug, Clone, Copy)]
pub struct Counted {
    pub listed: i64,
    pub unlisted: i64,
    pub discontinued: i64,
}

/// How many there are of each.
pub async fn count(tx: &mut Tx<Office>) -> Result<Counted> {
    Ok(sqlx::query_as!(
        Counted,
        r#"select count(*) filter (where status = 'listed') as "listed!", count(*) filter (where status = 'unlisted') as "unlisted!",
                  count(*) filter (where status = 'discontinued') as "discontinued!"
             from products where tenant_id = $1"#,
        tx.tenant().uuid()
    )
    .fetch_one(&mut *tx)
    .await?)
}

/// A product, and when it was last changed.
pub struct Found {
    pub id: ProductId,
    pub product: NewProduct,
    /// So many of it are held by orders that have not left.
    pub reserved: i64,
    /// By which its picture is called.
    pub picture: Option<Vec<u8>>,
    pub updated_at: DateTime<Utc>,
}

impl Found {
    /// Changes with every change of the product, its stock aside.
    pub fn version(&self) -> String {
        self.updated_at.timestamp_micros().to_string()
    }

    /// Where its picture is, for those who work here.
    pub fn picture_href(&self) -> Option<String> {
        self.picture.as_ref().map(|hash| pictures::href(hash, Size::Large))
    }
}

/// One product.
///
/// # Errors
/// [`Error::NotFound`] when there is none of this id.
pub async fn find(tx: &mut Tx<Office>, id: ProductId) -> Result<Found> {
    let row = sqlx::query!(
        r#"select p.sku_key, p.updated_at, p.picture_hash, coalesce(s.reserved, 0) as "reserved!"
             from products p left join stock s on s.tenant_id = p.tenant_id and s.product_id = p.product_id
            where p.tenant_id = $1 and p.product_id = $2"#,
        tx.tenant().uuid(),
        id.uuid()
    );
    let row = row.fetch_optional(&mut *tx).await?.ok_or(Error::NotFound)?;
    let mut standing = products::standing(tx, std::slice::from_ref(&row.sku_key)).await?;
    let standing = standing.remove(&row.sku_key).ok_or(Error::NotFound)?;
    Ok(Found { id, product: standing.product, reserved: row.reserved, picture: row.picture_hash, updated_at: row.updated_at })
}

/// Adds a product: once under one key.
///
/// # Errors
/// [`Error::Invalid`] when another one has its SKU, or nothing has the SKU of what is sold instead.
pub async fn add(tx: &mut Tx<Office>, member: &Member, product: &NewProduct, key: Option<&Key>) -> Result<ProductId> {
    let (now, asked) = (member.house.now(), Typed::of(product, member.tenant.currency));
    let once = Once { key, asker: member.into(), action: "product.added", asked: &asked };
    if let Some(Made { id, .. }) = once.earlier(tx).await? {
        return Ok(id.into());
    }
    if products::ids_of(tx, &[product.sku.key()]).await?.contains_key(&product.sku.key()) {
        return Err(Error::invalid("sku", "There is a product with this SKU already."));
    }
    has_its_successor(tx, product).await?;
    products::put_all(tx, std::slice::from_ref(product), now).await?;
    let id = products::ids_of(tx, &[product.sku.key()]).await?.remove(&product.sku.key()).ok_or(Error::NotFound)?;
    once.keep(tx, &Made { id: id.uuid(), at: now }, now).await?;
    record(tx, member, "product.added", id, json!({ "sku": product.sku.as_str(), "name": product.name })).await?;
    Ok(id)
}

/// What is sold instead of something is another thing that there is.
async fn has_its_successor(tx: &mut Tx<Office>, product: &NewProduct) -> Result<()> {
    let Ok(instead) = Sku::parse(&product.replaced_by) else { return Ok(()) };
    if instead.key() == product.sku.key() {
        return Err(Error::invalid("replaced_by", "A product is not sold instead of itself."));
    }
    let is_there = products::ids_of(tx, &[instead.key()]).await?.contains_key(&instead.key());
    if is_there { Ok(()) } else { Err(Error::invalid("replaced_by", "There is no product with this SKU.")) }
}

/// Makes a product as this says. Nobody else may have changed it since `version`, unless it is none; what is on hand is left as it
/// is unless it `is_counted` anew.
///
/// # Errors
/// [`Error::NotFound`]; [`Error::Conflict`] when somebody has; [`Error::Invalid`] as [`add`] has it.
pub async fn change(
    tx: &mut Tx<Office>,
    member: &Member,
    id: ProductId,
    version: Option<&str>,
    product: &NewProduct,
    is_counted: bool,
) -> Result<()> {
    lock(tx, id).await?;
    let found = find(tx, id).await?;
    let mut product = product.clone();
    if let (NewStock::Counted { on_hand, .. }, NewStock::Counted { on_hand: there, .. }) = (&mut product.stock, found.product.stock)
        && !is_counted
    {
        *on_hand = there;
    }
    if product == found.product {
        return Ok(());
    }
    if version.is_some_and(|version| version != found.version()) {
        return Err(Error::Conflict("Somebody else has changed this product meanwhile"));
    }
    let now = member.house.now();
    if product.replaced_by != found.product.replaced_by {
        has_its_successor(tx, &product).await?;
    }
    if product.sku != found.product.sku {
        products::rename(tx, id, &product.sku, now).await?;
    }
    products::put_all(tx, std::slice::from_ref(&product), now).await?;
    let changes = changes(&found.product, &product, member.tenant.currency);
    if changes.is_empty() {
        return Ok(());
    }
    let (sku, name) = (product.sku.as_str(), &product.name);
    let is_of_stock_alone = changes.iter().all(|change| change.get("what").is_some_and(|what| what == "on hand"));
    if is_of_stock_alone {
        let on_hand = |stock| if let NewStock::Counted { on_hand, .. } = stock { Some(on_hand) } else { None };
        let (before, after) = (on_hand(found.product.stock), on_hand(product.stock));
        return record(tx, member, "stock.counted", id, json!({ "sku": sku, "name": name, "before": before, "after": after })).await;
    }
    record(tx, member, "product.changed", id, json!({ "sku": sku, "name": name, "changes": changes })).await
}

/// Whoever changes it waits for whoever changes it, and for orders that take some of it: those hold the stock first and the
/// product's key then, so that a stronger lock here could have the two wait for each other.
async fn lock(tx: &mut Tx<Office>, id: ProductId) -> Result<()> {
    let tenant = tx.tenant().uuid();
    sqlx::query_scalar!(
        r#"select 1 as "one!" from products where tenant_id = $1 and product_id = $2 for no key update"#,
        tenant,
        id.uuid()
    )
    .fetch_optional(&mut *tx)
    .await?
    .ok_or(Error::NotFound)?;
    sqlx::query_scalar!(r#"select 1 as "one!" from stock where tenant_id = $1 and product_id = $2 for update"#, tenant, id.uuid())
        .fetch_optional(&mut *tx)
        .await?;
    Ok(())
}

/// One of the fields of a form.
type Field = fn(&Typed) -> &String;

/// What is otherwise, field by field, as people read it.
fn changes(before: &NewProduct, after: &NewProduct, currency: Currency) -> Vec<serde_json::Value> {
    let (before, after) = (Typed::of(before, currency), Typed::of(after, currency));
    let fields: [(&str, Field); 19] = [
        ("SKU", |typed| &typed.sku),
        ("name", |typed| &typed.name),
        ("category", |typed| &typed.category),
        ("pack", |typed| &typed.pack),
        ("content", |typed| &typed.content),
        ("measure", |typed| &typed.measure),
        ("barcode", |typed| &typed.barcode),
        ("VAT", |typed| &typed.tax_class),
        ("price", |typed| &typed.price),
        ("cost", |typed| &typed.cost),
        ("minimum", |typed| &typed.minimum),
        ("multiple", |typed| &typed.multiple),
        ("on hand", |typed| &typed.stock),
        ("low at", |typed| &typed.low_at),
        ("back orders", |typed| &typed.back_orders),
        ("status", |typed| &typed.status),
        ("replaced by", |typed| &typed.replaced_by),
        ("keywords", |typed| &typed.keywords),
        ("description", |typed| &typed.description),
    ];
    let differing = fields.iter().filter(|(_, of)| of(&before) != of(&after));
    differing.map(|(what, of)| json!({ "what": what, "before": of(&before), "after": of(&after) })).collect()
}

async fn record(tx: &mut Tx<Office>, member: &Member, action: &'static str, id: ProductId, details: serde_json::Value) -> Result<()> {
    let event = Event { actor: Actor::staff(member), action, subject_kind: "product", subject_id: id.uuid(), details };
    audit::record(tx, event, member.house.now()).await
}
