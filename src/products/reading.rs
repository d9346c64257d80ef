//! What stands of a tenant's products.

use std::collections::HashMap;

use chrono::NaiveDate;

use super::{Content, NewProduct, NewStock, Status};
use crate::categories::CategoryName;
use crate::db::{Office, Tx};
use crate::error::{Error, Result};
use crate::ids::ProductId;
use crate::pricing::ALWAYS;
use crate::tax::TaxClass;
use crate::values::{Quantity, Sku};

/// A product as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    pub id: ProductId,
    pub product: NewProduct,
}

/// The products with these SKUs, by their SKUs as they are compared.
pub async fn standing(tx: &mut Tx<Office>, keys: &[String]) -> Result<HashMap<String, Standing>> {
    let always: NaiveDate = ALWAYS;
    let rows = sqlx::query_as!(
        Row,
        r#"select p.product_id, p.sku, p.sku_key, p.name, c.name as "category?", p.pack, p.content_thousandths, p.content_measure, p.barcode,
                  p.tax_class, p.minimum, p.multiple, p.stock_mode, p.status, p.replaced_by, p.keywords, p.description,
                  k.cost_minor as "cost_minor?", r.minor as "price_minor?",
                  s.on_hand as "on_hand?", s.low_at as "low_at?", s.back_order_limit as "back_order_limit?"
             from unnest($2::text[]) as wanted (sku_key)
             join products p on p.tenant_id = $1 and p.sku_key = wanted.sku_key
             left join categories c on c.tenant_id = $1 and c.category_id = p.category_id
             left join product_costs k on k.tenant_id = $1 and k.product_id = p.product_id
             left join stock s on s.tenant_id = $1 and s.product_id = p.product_id
             left join prices r on r.tenant_id = $1 and r.price_list_id = $1 and r.product_id = p.product_id
                               and r.from_quantity = 1 and r.valid_from = $3 and r.valid_until is null"#,
        tx.tenant().uuid(),
        keys,
        always
    )
    .fetch_all(&mut *tx)
    .await?;
    rows.into_iter().map(|row| Ok((row.sku_key.clone(), row.standing()?))).collect()
}

/// Has whoever changes the products with these SKUs, and whoever orders some of them, wait until this transaction is over. Orders hold
/// the stock first and the product's key then, so that a stronger lock on products could have the two wait for each other.
pub async fn lock(tx: &mut Tx<Office>, keys: &[String]) -> Result<()> {
    let tenant = tx.tenant().uuid();
    sqlx::query!(
        "select product_id from products where tenant_id = $1 and sku_key = any($2) order by sku_key for no key update",
        tenant,
        keys
    )
    .fetch_all(&mut *tx)
    .await?;
    sqlx::query!(
        "select s.product_id from stock s join products p on p.tenant_id = $1 and p.product_id = s.product_id
          where s.tenant_id = $1 and p.sku_key = any($2) order by s.product_id for update of s",
        tenant,
        keys
    )
    .fetch_all(&mut *tx)
    .await?;
    Ok(())
}

/// The ids of the products with these SKUs, as they are compared.
pub async fn ids_of(tx: &mut Tx<Office>, keys: &[String]) -> Result<HashMap<String, ProductId>> {
    let rows = sqlx::query!(
        "select p.sku_key, p.product_id
           from unnest($2::text[]) as wanted (sku_key)
           join products p on p.tenant_id = $1 and p.sku_key = wanted.sku_key",
        tx.tenant().uuid(),
        keys
    )
    .fetch_all(&mut *tx)
    .await?;
    Ok(rows.into_iter().map(|row| (row.sku_key, row.product_id.into())).collect())
}

struct Row {
    product_id: uuid::Uuid,
    sku: String,
    sku_key: String,
    name: String,
    category: Option<String>,
    pack: String,
    content_thousandths: Option<i64>,
    content_measure: Option<String>,
    barcode: String,
    tax_class: String,
    minimum: i32,
    multiple: i32,
    stock_mode: String,
    status: String,
    replaced_by: String,
    keywords: String,
    description: String,
    cost_minor: Option<i64>,
    price_minor: Option<i64>,
    on_hand: Option<i64>,
    low_at: Option<i64>,
    back_order_limit: Option<i64>,
}

impl Row {
    fn standing(self) -> Result<Standing> {
        let not_ours = |what: &str| Error::Internal(anyhow::anyhow!("the {what} of product {} is none that we know", self.product_id));
        let quantity = |number: i32| u32::try_from(number).ok().and_then(|number| Quantity::new(number).ok());
        let category = self.category.as_deref().map(CategoryName::parse).transpose().map_err(|_| not_ours("category"))?;
        let product = NewProduct {
            sku: Sku::parse(&self.sku).map_err(|_| not_ours("SKU"))?,
            content: Content::of_row(self.content_thousandths, self.content_measure.as_deref()),
            tax_class: TaxClass::parse(&self.tax_class).ok_or_else(|| not_ours("VAT class"))?,
            minimum: quantity(self.minimum).ok_or_else(|| not_ours("minimum"))?,
            multiple: quantity(self.multiple).ok_or_else(|| not_ours("multiple"))?,
            status: Status::parse(&self.status).ok_or_else(|| not_ours("status"))?,
            stock: self.stock(),
            name: self.name,
            category,
            pack: self.pack,
            barcode: self.barcode,
            price_minor: self.price_minor,
            cost_minor: self.cost_minor,
            replaced_by: self.replaced_by,
            keywords: self.keywords,
            description: self.description,
        };
        Ok(Standing { id: self.product_id.into(), product })
    }

    /// A row of stock stays when a product is not counted any more: orders of before still hold some of it.
    fn stock(&self) -> NewStock {
        let (on_hand, low_at) = (self.on_hand.unwrap_or(0), self.low_at.unwrap_or(NewStock::LOW_AT));
        match self.stock_mode.as_str() {
            "tracked" => NewStock::Counted { on_hand, low_at, back_orders: None },
            "back_order" => NewStock::Counted { on_hand, low_at, back_orders: Some(self.back_order_limit.unwrap_or(0)) },
            _ => NewStock::Untracked,
        }
    }
}
