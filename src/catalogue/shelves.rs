//! The statements that read goods. Each begins with a page of ids and ends alike: with all that is needed to show and to sell
//! them, and with the basket of whoever asks, in one round trip.

use chrono::NaiveDate;
use serde_json::Value;
use uuid::Uuid;

use super::remembered::Now;
use super::words::Slot;
use super::{After, Ask, Category, Detail, FURTHEST, Goods, GoodsRow, InBasket, PAGE, Shelf};
use crate::db::{Counter, TenantDoor, Tx};
use crate::error::{Error, Result};
use crate::ids::ProductId;
use crate::tenancy::terms::Terms;

/// Reads goods: the text names `them (product_id, place, quantity, minor_when_added, beside)`; its own parameters begin with `$6`.
macro_rules! read_goods {
    ($tx:expr, $terms:expr, [$($text:literal),+] $(, $value:expr)* $(,)?) => {
        sqlx::query_as!(
            GoodsRow,
            $($text +)+ "
select w.place, w.quantity as \"quantity?\", w.minor_when_added, w.beside,
       g.product_id, g.sku, g.name, g.name_key, g.pack, g.content_thousandths, g.content_measure, g.status, g.replaced_by, g.tax_class,
       g.minimum, g.multiple, g.stock_mode, g.on_hand, g.reserved, g.back_order_limit, g.low_at, g.picture_hash,
       g.sources, g.from_quantities, g.minors, g.valid_froms, g.valid_untils as \"valid_untils?: Vec<Option<NaiveDate>>\"
  from them w cross join lateral goods($1, w.product_id, $2, $3, $4, $5) g
 order by w.place nulls last, g.name_key, g.product_id",
            $tx.tenant().uuid(),
            $terms.own_list,
            $terms.account_list,
            $terms.base_list,
            $terms.day
            $(, $value)*
        )
        .fetch_all(&mut *$tx)
    };
}

/// Reads a page and the basket: the text names `page (product_id, place)`.
macro_rules! read_shelf {
    ($tx:expr, $terms:expr, $page:literal $(, $value:expr)* $(,)?) => {
        read_goods!(
            $tx,
            $terms,
            [$page, ",
  wanted as (select product_id, place from page
              union all
             select b.product_id, null::bigint from basket_lines b where b.tenant_id = $1 and b.account_id = $2),
  each_once as (select product_id, min(place) as place from wanted group by product_id),
  them as (
  select w.product_id, w.place, b.quantity, b.minor_when_added,
         case when row_number() over () = 1 then
           (select jsonb_agg(jsonb_build_object('slug', c.slug, 'name', c.name) order by c.place, c.name) from categories c
             where c.tenant_id = $1 and exists (select from products p
                    where p.tenant_id = $1 and p.category_id = c.category_id and p.status = 'listed'))
         end as beside
    from each_once w left join basket_lines b on b.tenant_id = $1 and b.account_id = $2 and b.product_id = w.product_id)"]
            $(, $value)*
        )
    };
}

/// One more than a page has says whether there is another.
fn one_more() -> i64 {
    i64::try_from(PAGE + 1).unwrap_or(i64::MAX)
}

/// All products that are listed, or those of a category, by name.
pub(super) async fn listed(tx: &mut Tx<Counter>, terms: &Terms, ask: &Ask) -> Result<Shelf> {
    let (name_key, product_id) = match &ask.after {
        After::Product { name_key, product_id } => (name_key.as_str(), *product_id),
        After::Nothing | After::Place(_) | After::Corrected(_) => ("", Uuid::nil()),
    };
    let rows = if ask.category.is_empty() {
        read_shelf!(
            tx,
            terms,
            "with page as (
  select p.product_id, row_number() over (order by p.name_key, p.product_id) as place from products p
   where p.tenant_id = $1 and p.status = 'listed' and (p.name_key, p.product_id) > ($6, $7)
   order by p.name_key, p.product_id limit $8)",
            name_key,
            product_id,
            one_more(),
        )
        .await?
    } else {
        read_shelf!(
            tx,
            terms,
            "with page as (
  select p.product_id, row_number() over (order by p.name_key, p.product_id) as place from products p
   where p.tenant_id = $1 and p.category_id = (select c.category_id from categories c where c.tenant_id = $1 and c.slug = $9)
     and p.status = 'listed' and (p.name_key, p.product_id) > ($6, $7)
   order by p.name_key, p.product_id limit $8)",
            name_key,
            product_id,
            one_more(),
            ask.category,
        )
        .await?
    };
    let mut shelf = gather(rows)?;
    shelf.next = shorten(&mut shelf.goods).then(|| shelf.goods.last().map(after)).flatten();
    Ok(shelf)
}

/// Those that have a word for each of these, the nearest first.
pub(super) async fn with_words(tx: &mut Tx<Counter>, terms: &Terms, ask: &Ask, slots: &[Slot]) -> Result<Shelf> {
    let (mut numbers, mut lows, mut highs, mut ranks) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for (number, slot) in (0i32..).zip(slots) {
        for alternative in &slot.alternatives {
            numbers.push(number);
            lows.push(alternative.low.clone());
            highs.push(alternative.high.clone());
            ranks.push(alternative.rank);
        }
    }
    let skipped = match ask.after {
        After::Place(place) | After::Corrected(place) => place,
        After::Nothing | After::Product { .. } => 0,
    };
    let rows = read_shelf!(
        tx,
        terms,
        "with asked as (select * from unnest($6::int[], $7::text[], $8::text[], $9::int[]) as a (slot, low, high, rank)),
  hits as (select a.slot, s.product_id, min(a.rank) as rank from asked a
             join search_words s on s.tenant_id = $1 and s.word >= a.low and s.word < a.high group by 1, 2),
  found as (select product_id, sum(rank) as rank from hits group by 1 having count(*) = $10),
  page as (
  select p.product_id, row_number() over (order by f.rank, p.name_key, p.product_id) as place
    from found f join products p on p.tenant_id = $1 and p.product_id = f.product_id
   where p.status = 'listed'
     and ($11 = '' or p.category_id = (select c.category_id from categories c where c.tenant_id = $1 and c.slug = $11))
   order by f.rank, p.name_key, p.product_id limit $12 offset $13)",
        &numbers[..],
        &lows[..],
        &highs[..],
        &ranks[..],
        i64::try_from(slots.len()).unwrap_or(i64::MAX),
        ask.category,
        one_more(),
        skipped,
    )
    .await?;
    let mut shelf = gather(rows)?;
    let read = skipped + i64::try_from(PAGE).unwrap_or(i64::MAX);
    shelf.next = (shorten(&mut shelf.goods) && read <= FURTHEST).then_some(After::Place(read));
    Ok(shelf)
}

/// What the account ordered most often, of its newest fifty orders; of things as often, what it ordered last.
pub(super) async fn usual(tx: &mut Tx<Counter>, terms: &Terms) -> Result<Shelf> {
    let rows = read_shelf!(
        tx,
        terms,
        "with newest as (
  select o.order_id, o.placed_at from orders o
   where o.tenant_id = $1 and o.account_id = $2 and o.status not in ('cancelled', 'declined')
   order by o.placed_at desc, o.order_id desc limit 50),
  page as (
  select l.product_id, row_number() over (order by count(*) desc, max(n.placed_at) desc, l.product_id) as place
    from newest n
    join order_lines l on l.tenant_id = $1 and l.order_id = n.order_id
    join products p on p.tenant_id = $1 and p.product_id = l.product_id and p.status <> 'discontinued'
   where l.ordered > 0
   group by l.product_id order by 2 limit $6)",
        one_more() - 1,
    )
    .await?;
    gather(rows)
}

/// One product, and the basket.
pub(super) async fn one(tx: &mut Tx<Counter>, terms: &Terms, product: ProductId) -> Result<Detail> {
    let rows = read_goods!(
        tx,
        terms,
        ["with wanted as (
  select $6::uuid as product_id, 1::bigint as place
   union all
  select b.product_id, null::bigint from basket_lines b where b.tenant_id = $1 and b.account_id = $2 and b.product_id <> $6),
  them as (
  select w.product_id, w.place, b.quantity, b.minor_when_added,
         case when w.place = 1 then
           (select jsonb_build_object('description', p.description, 'barcode', p.barcode, 'slug', c.slug, 'name', c.name)
              from products p left join categories c on c.tenant_id = $1 and c.category_id = p.category_id
             where p.tenant_id = $1 and p.product_id = $6)
         end as beside
    from wanted w left join basket_lines b on b.tenant_id = $1 and b.account_id = $2 and b.product_id = w.product_id)"],
        product.uuid(),
    )
    .await?;
    let beside = rows.first().and_then(|row| row.beside.clone()).unwrap_or_default();
    let said = |name: &str| beside.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let mut shelf = gather(rows)?;
    let goods = shelf.goods.pop().ok_or(Error::NotFound)?;
    let category = Some(Category { slug: said("slug"), name: said("name") }).filter(|category| !category.slug.is_empty());
    Ok(Detail { goods, description: said("description"), barcode: said("barcode"), category, shelf })
}

/// Products by their SKUs, as these are compared, whatever their status, by name; what is no product's is left out.
pub async fn of_skus<D: TenantDoor>(tx: &mut Tx<D>, terms: &Terms, keys: &[String]) -> Result<Vec<Goods>> {
    let rows = read_goods!(
        tx,
        terms,
        ["with them as (
  select p.product_id, null::bigint as place, null::int as quantity, null::bigint as minor_when_added, null::jsonb as beside
    from (select distinct key from unnest($6::text[]) as t (key)) w join products p on p.tenant_id = $1 and p.sku_key = w.key)"],
        keys,
    )
    .await?;
    rows.into_iter().map(Goods::try_from).collect()
}

/// Products by their ids, whatever their status, by name; what is no product's is left out.
pub async fn of_ids<D: TenantDoor>(tx: &mut Tx<D>, terms: &Terms, ids: &[Uuid]) -> Result<Vec<Goods>> {
    let rows = read_goods!(
        tx,
        terms,
        ["with them as (
  select distinct product_id, null::bigint as place, null::int as quantity, null::bigint as minor_when_added, null::jsonb as beside
    from unnest($6::uuid[]) as t (product_id))"],
        ids,
    )
    .await?;
    rows.into_iter().map(Goods::try_from).collect()
}

/// How much there is of these, and what is in the basket. One after the other, because whatever joins the two has PostgreSQL put
/// together all the goods of a tenant first.
pub(super) async fn now(tx: &mut Tx<Counter>, terms: &Terms, counted: &[Uuid]) -> Result<Now> {
    let rows = sqlx::query_as!(
        GoodsRow,
        r#"with them as (
  select product_id, quantity, minor_when_added from basket_lines where tenant_id = $1 and account_id = $2)
select null::bigint as place, w.quantity as "quantity?", w.minor_when_added, null::jsonb as beside,
       g.product_id, g.sku as "sku?", g.name as "name?", g.name_key as "name_key?", g.pack, g.content_thousandths, g.content_measure, g.status,
       g.replaced_by, g.tax_class, g.minimum, g.multiple, g.stock_mode, g.on_hand as "on_hand?", g.reserved as "reserved?",
       g.back_order_limit as "back_order_limit?", g.low_at as "low_at?", g.picture_hash,
       g.sources, g.from_quantities, g.minors, g.valid_froms, g.valid_untils as "valid_untils?: Vec<Option<NaiveDate>>"
  from them w cross join lateral goods($1, w.product_id, $2, $3, $4, $5) g
 union all
select null, null, null, null, s.product_id, null, null, null, null, null, null, null, null, null, null, null, null,
       s.on_hand, s.reserved, s.back_order_limit, s.low_at, null, null, null, null, null, null
  from stock s where s.tenant_id = $1 and s.product_id = any($6)
 order by 8, 5"#,
        tx.tenant().uuid(),
        terms.own_list,
        terms.account_list,
        terms.base_list,
        terms.day,
        counted
    )
    .fetch_all(&mut *tx)
    .await?;
    let mut now = Now::default();
    for row in rows {
        if let (Some(product), Some(stock)) = (row.product_id, row.stock()) {
            now.stock.insert(product.into(), stock);
        }
        let (quantity, minor_when_added) = (row.quantity, row.minor_when_added);
        if quantity.is_some() {
            now.basket.extend(InBasket::of(&Goods::try_from(row)?, quantity, minor_when_added));
        }
    }
    Ok(now)
}

/// How often this tenant's goods have changed.
pub(super) async fn version(tx: &mut Tx<Counter>) -> Result<i64> {
    let version = sqlx::query_scalar!("select version from catalogue_states where tenant_id = $1", tx.tenant().uuid());
    Ok(version.fetch_optional(&mut *tx).await?.unwrap_or_default())
}

/// How often the words that they are found by have.
pub(super) async fn words_version(tx: &mut Tx<Counter>) -> Result<i64> {
    let version = sqlx::query_scalar!("select words_version from catalogue_states where tenant_id = $1", tx.tenant().uuid());
    Ok(version.fetch_optional(&mut *tx).await?.unwrap_or_default())
}

/// All of these words, with blanks between them.
pub(super) async fn words(tx: &mut Tx<Counter>) -> Result<String> {
    let words = sqlx::query_scalar!(
        r#"select coalesce(string_agg(word, ' '), '') as "words!" from (select distinct word from search_words where tenant_id = $1) as known"#,
        tx.tenant().uuid()
    );
    Ok(words.fetch_one(&mut *tx).await?)
}

/// What is on the page, and what is in the basket.
fn gather(rows: Vec<GoodsRow>) -> Result<Shelf> {
    let mut shelf = Shelf::default();
    for mut row in rows {
        if let Some(beside) = row.beside.take().filter(Value::is_array) {
            shelf.categories = serde_json::from_value(beside).map_err(|error| Error::Internal(error.into()))?;
        }
        let (place, quantity, minor_when_added) = (row.place, row.quantity, row.minor_when_added);
        let goods = Goods::try_from(row)?;
        shelf.basket.extend(InBasket::of(&goods, quantity, minor_when_added));
        if place.is_some() {
            shelf.goods.push(goods);
        }
    }
    Ok(shelf)
}

/// Takes away what is more than a page, and says whether there was any.
fn shorten(goods: &mut Vec<Goods>) -> bool {
    let is_longer = goods.len() > PAGE;
    goods.truncate(PAGE);
    is_longer
}

fn after(goods: &Goods) -> After {
    After::Product { name_key: goods.name_key.clone(), product_id: goods.product_id.uuid() }
}
