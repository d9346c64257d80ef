//! Many products at once: a few statements for each thousand of them, whatever is in them.

use std::collections::{BTreeSet, HashMap, HashSet};

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::reading::{Standing, ids_of, standing};
use super::{NewProduct, NewStock};
use crate::catalogue::words::words_of;
use crate::categories::{self, CategoryName};
use crate::db::{Office, Tx};
use crate::error::{Error, Result};
use crate::ids::{CategoryId, ProductId};
use crate::pricing::{self, ListKey, NewPrice, PriceKey, Written};
use crate::values::Sku;

/// So many are written by one statement.
const AT_ONCE: usize = 1_000;

/// Makes the tenant's products as these say, each known by its SKU: with their categories, costs, stock, search words and
/// base prices. Others are left as they are; where nothing differs, nothing is written.
///
/// # Errors
/// [`Error::Invalid`] when one SKU is here twice.
pub async fn put_all(tx: &mut Tx<Office>, rows: &[NewProduct], now: DateTime<Utc>) -> Result<Written> {
    let mut seen = HashSet::new();
    if let Some(twice) = rows.iter().find(|row| !seen.insert(row.sku.key())) {
        return Err(Error::invalid("sku", format!("The SKU {} is here twice.", twice.sku)));
    }
    let mut written = Written::default();
    for batch in rows.chunks(AT_ONCE) {
        written += put_batch(tx, batch, now).await?;
    }
    Ok(written)
}

/// A row that differs from what stands.
struct Put<'r> {
    id: ProductId,
    row: &'r NewProduct,
    before: Option<&'r NewProduct>,
}

impl Put<'_> {
    /// Whether something is otherwise than it was, or is new.
    fn differs<T: PartialEq>(&self, of: impl Fn(&NewProduct) -> T) -> bool {
        self.before.is_none_or(|before| of(before) != of(self.row))
    }
}

/// Gives a product another SKU; lines of orders keep the one of their time.
///
/// # Errors
/// [`Error::NotFound`]; [`Error::Invalid`] when another product has it.
pub async fn rename(tx: &mut Tx<Office>, id: ProductId, sku: &Sku, now: DateTime<Utc>) -> Result<()> {
    let key = sku.key();
    if ids_of(tx, std::slice::from_ref(&key)).await?.get(&key).is_some_and(|other| *other != id) {
        return Err(Error::invalid("sku", "There is a product with this SKU already."));
    }
    sqlx::query!(
        "update products set sku = $3, sku_key = $4, updated_at = $5 where tenant_id = $1 and product_id = $2",
        tx.tenant().uuid(),
        id.uuid(),
        sku.as_str(),
        key,
        now
    )
    .execute(&mut *tx)
    .await?;
    let renamed = standing(tx, std::slice::from_ref(&key)).await?.remove(&key).ok_or(Error::NotFound)?;
    forget_words(tx, &[id.uuid()]).await?;
    add_words(tx, found_by(&renamed.product).into_iter().map(|word| (id.uuid(), word))).await
}

async fn put_batch(tx: &mut Tx<Office>, rows: &[NewProduct], now: DateTime<Utc>) -> Result<Written> {
    let keys: Vec<String> = rows.iter().map(|row| row.sku.key()).collect();
    let standing = standing(tx, &keys).await?;
    let different = rows.iter().zip(&keys).filter_map(|(row, key)| match standing.get(key) {
        Some(Standing { product, .. }) if product == row => None,
        Some(Standing { id, product }) => Some(Put { id: *id, row, before: Some(product) }),
        None => Some(Put { id: ProductId::new(), row, before: None }),
    });
    let mut puts: Vec<Put<'_>> = different.collect();
    if puts.is_empty() {
        return Ok(Written::default());
    }
    // New categories come in the order in which the file names them.
    let names: Vec<&CategoryName> = puts.iter().filter_map(|put| put.row.category.as_ref()).collect();
    // In one order, so that two who write the same rows wait for each other and never both.
    puts.sort_by_cached_key(|put| put.row.sku.key());
    let categories = if names.is_empty() { HashMap::new() } else { categories::put_all(tx, &names).await? };
    write_products(tx, &mut puts, &categories, now).await?;
    write_costs(tx, &puts, now).await?;
    write_stock(tx, &puts, now).await?;
    write_words(tx, &puts).await?;
    write_prices(tx, &puts, now).await?;
    let added = puts.iter().filter(|put| put.before.is_none()).count();
    Ok(Written { added, changed: puts.len() - added })
}

/// The rows themselves. Whoever made one of the same SKU meanwhile has given it another id, which is taken over.
async fn write_products(
    tx: &mut Tx<Office>,
    puts: &mut [Put<'_>],
    categories: &HashMap<String, CategoryId>,
    now: DateTime<Utc>,
) -> Result<()> {
    let category_of = |put: &Put<'_>| put.row.category.as_ref().and_then(|name| categories.get(name.slug())).map(|id| id.uuid());
    let texts = |of: &dyn Fn(&NewProduct) -> String| puts.iter().map(|put| of(put.row)).collect::<Vec<String>>();
    let numbers = |of: &dyn Fn(&NewProduct) -> i32| puts.iter().map(|put| of(put.row)).collect::<Vec<i32>>();
    let made = sqlx::query!(
        "insert into products (tenant_id, product_id, sku, sku_key, name, name_key, keywords, description, category_id, status, replaced_by,
                               pack, content_thousandths, content_measure, barcode, tax_class, minimum, multiple, stock_mode, created_at, updated_at)
         select $1::uuid, new.*, $20::timestamptz, $20::timestamptz
           from unnest($2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::uuid[], $10::text[], $11::text[],
                       $12::text[], $13::bigint[], $14::text[], $15::text[], $16::text[], $17::int[], $18::int[], $19::text[]) as new
         on conflict (tenant_id, sku_key) do update
            set sku = excluded.sku, name = excluded.name, name_key = excluded.name_key, keywords = excluded.keywords,
                description = excluded.description, category_id = excluded.category_id, status = excluded.status,
                replaced_by = excluded.replaced_by, pack = excluded.pack, content_thousandths = excluded.content_thousandths,
                content_measure = excluded.content_measure, barcode = excluded.barcode, tax_class = excluded.tax_class,
                minimum = excluded.minimum, multiple = excluded.multiple, stock_mode = excluded.stock_mode, updated_at = excluded.updated_at
         returning sku_key, product_id",
        tx.tenant().uuid(),
        &puts.iter().map(|put| put.id.uuid()).collect::<Vec<Uuid>>(),
        &texts(&|row| row.sku.as_str().to_owned()),
        &texts(&|row| row.sku.key()),
        &texts(&|row| row.name.clone()),
        &texts(&|row| row.name_key()),
        &texts(&|row| row.keywords.clone()),
        &texts(&|row| row.description.clone()),
        &puts.iter().map(category_of).collect::<Vec<Option<Uuid>>>() as _,
        &texts(&|row| row.status.word().to_owned()),
        &texts(&|row| row.replaced_by.clone()),
        &texts(&|row| row.pack.clone()),
        &puts.iter().map(|put| put.row.content.map(|content| content.thousandths)).collect::<Vec<Option<i64>>>() as _,
        &puts.iter().map(|put| put.row.content.map(|content| content.measure.word().to_owned())).collect::<Vec<Option<String>>>() as _,
        &texts(&|row| row.barcode.clone()),
        &texts(&|row| row.tax_class.word().to_owned()),
        &numbers(&|row| row.minimum.as_i32()),
        &numbers(&|row| row.multiple.as_i32()),
        &texts(&|row| row.stock.mode().to_owned()),
        now
    )
    .fetch_all(&mut *tx)
    .await?;
    let made: HashMap<String, Uuid> = made.into_iter().map(|row| (row.sku_key, row.product_id)).collect();
    for put in puts {
        if let Some(id) = made.get(&put.row.sku.key()) {
            put.id = (*id).into();
        }
    }
    Ok(())
}

async fn write_costs(tx: &mut Tx<Office>, puts: &[Put<'_>], now: DateTime<Utc>) -> Result<()> {
    let different: Vec<&Put<'_>> = puts.iter().filter(|put| put.differs(|row| row.cost_minor)).collect();
    let known = different.iter().filter_map(|put| Some((put.id.uuid(), put.row.cost_minor?)));
    let (ids, costs): (Vec<Uuid>, Vec<i64>) = known.unzip();
    if !ids.is_empty() {
        sqlx::query!(
            "insert into product_costs (tenant_id, product_id, cost_minor, updated_at)
             select $1::uuid, new.product_id, new.cost_minor, $4::timestamptz from unnest($2::uuid[], $3::bigint[]) as new (product_id, cost_minor)
             on conflict (tenant_id, product_id) do update set cost_minor = excluded.cost_minor, updated_at = excluded.updated_at",
            tx.tenant().uuid(),
            &ids,
            &costs,
            now
        )
        .execute(&mut *tx)
        .await?;
    }
    let unknown: Vec<Uuid> =
        different.iter().filter(|put| put.row.cost_minor.is_none() && put.before.is_some()).map(|put| put.id.uuid()).collect();
    if !unknown.is_empty() {
        sqlx::query!("delete from product_costs where tenant_id = $1 and product_id = any($2)", tx.tenant().uuid(), &unknown)
            .execute(&mut *tx)
            .await?;
    }
    Ok(())
}

/// What is reserved stays reserved. A product that is not counted any more keeps its row, for the orders that hold some of it.
async fn write_stock(tx: &mut Tx<Office>, puts: &[Put<'_>], now: DateTime<Utc>) -> Result<()> {
    let mut counted: Vec<(Uuid, [i64; 3])> = puts
        .iter()
        .filter(|put| put.differs(|row| row.stock))
        .filter_map(|put| match put.row.stock {
            NewStock::Untracked => None,
            NewStock::Counted { on_hand, low_at, back_orders } => Some((put.id.uuid(), [on_hand, low_at, back_orders.unwrap_or(0)])),
        })
        .collect();
    if counted.is_empty() {
        return Ok(());
    }
    // In the order in which orders lock them.
    counted.sort_unstable();
    let column = |at: usize| counted.iter().filter_map(|(_, numbers)| numbers.get(at).copied()).collect::<Vec<i64>>();
    sqlx::query!(
        "insert into stock (tenant_id, product_id, on_hand, low_at, back_order_limit, counted_at)
         select $1::uuid, new.product_id, new.on_hand, new.low_at, new.back_order_limit, $6::timestamptz
           from unnest($2::uuid[], $3::bigint[], $4::bigint[], $5::bigint[]) as new (product_id, on_hand, low_at, back_order_limit)
         on conflict (tenant_id, product_id) do update
            set on_hand = excluded.on_hand, low_at = excluded.low_at, back_order_limit = excluded.back_order_limit,
                counted_at = excluded.counted_at",
        tx.tenant().uuid(),
        &counted.iter().map(|(id, _)| *id).collect::<Vec<Uuid>>(),
        &column(0),
        &column(1),
        &column(2),
        now
    )
    .execute(&mut *tx)
    .await?;
    Ok(())
}

/// By which words a product is found.
fn found_by(row: &NewProduct) -> BTreeSet<String> {
    words_of(row.sku.as_str(), &row.name, &row.keywords, &row.barcode)
}

/// The words of those whose words may be others now.
async fn write_words(tx: &mut Tx<Office>, puts: &[Put<'_>]) -> Result<()> {
    let different: Vec<&Put<'_>> = puts.iter().filter(|put| put.differs(found_by)).collect();
    let before: Vec<Uuid> = different.iter().filter(|put| put.before.is_some()).map(|put| put.id.uuid()).collect();
    forget_words(tx, &before).await?;
    add_words(tx, different.iter().flat_map(|put| found_by(put.row).into_iter().map(|word| (put.id.uuid(), word)))).await
}

async fn forget_words(tx: &mut Tx<Office>, products: &[Uuid]) -> Result<()> {
    if !products.is_empty() {
        sqlx::query!("delete from search_words where tenant_id = $1 and product_id = any($2)", tx.tenant().uuid(), products)
            .execute(&mut *tx)
            .await?;
    }
    Ok(())
}

async fn add_words(tx: &mut Tx<Office>, words: impl Iterator<Item = (Uuid, String)>) -> Result<()> {
    let (ids, words): (Vec<Uuid>, Vec<String>) = words.unzip();
    if !ids.is_empty() {
        sqlx::query!(
            "insert into search_words (tenant_id, word, product_id)
             select $1::uuid, new.word, new.product_id from unnest($2::uuid[], $3::text[]) as new (product_id, word)
             on conflict do nothing",
            tx.tenant().uuid(),
            &ids,
            &words
        )
        .execute(&mut *tx)
        .await?;
    }
    Ok(())
}

async fn write_prices(tx: &mut Tx<Office>, puts: &[Put<'_>], now: DateTime<Utc>) -> Result<()> {
    let different: Vec<&Put<'_>> = puts.iter().filter(|put| put.differs(|row| row.price_minor)).collect();
    let priced = different.iter().filter_map(|put| Some(NewPrice::of_one(put.id, put.row.price_minor?)));
    pricing::put_all(tx, ListKey::Base, &priced.collect::<Vec<_>>(), now).await?;
    let unpriced = different.iter().filter(|put| put.row.price_minor.is_none() && put.before.is_some());
    pricing::remove(tx, ListKey::Base, &unpriced.map(|put| PriceKey::of_one(put.id)).collect::<Vec<_>>()).await?;
    Ok(())
}
