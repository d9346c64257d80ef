//! Taking products away.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::db::{Office, Tx};
use crate::error::Result;
use crate::ids::ProductId;

/// What became of products that were to go.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Removed {
    pub gone: usize,
    /// Somebody has ordered them: they stay for the orders' sake, and are not sold any more.
    pub discontinued: usize,
}

/// Takes products away with all that is theirs: prices, stock, costs, and their places in baskets.
pub async fn remove(tx: &mut Tx<Office>, products: &[ProductId], now: DateTime<Utc>) -> Result<Removed> {
    let tenant = tx.tenant().uuid();
    let wanted: Vec<Uuid> = products.iter().map(|id| id.uuid()).collect();
    let kept = sqlx::query_scalar!(
        "update products p set status = 'discontinued', updated_at = $3
          where p.tenant_id = $1 and p.product_id = any($2)
            and exists (select from order_lines l where l.tenant_id = $1 and l.product_id = p.product_id)
         returning product_id",
        tenant,
        &wanted,
        now
    )
    .fetch_all(&mut *tx)
    .await?;
    let going: Vec<Uuid> = wanted.into_iter().filter(|id| !kept.contains(id)).collect();
    sqlx::query!("delete from basket_lines where tenant_id = $1 and product_id = any($2)", tenant, &going).execute(&mut *tx).await?;
    sqlx::query!("delete from prices where tenant_id = $1 and product_id = any($2)", tenant, &going).execute(&mut *tx).await?;
    sqlx::query!("delete from product_costs where tenant_id = $1 and product_id = any($2)", tenant, &going).execute(&mut *tx).await?;
    sqlx::query!("delete from stock where tenant_id = $1 and product_id = any($2)", tenant, &going).execute(&mut *tx).await?;
    sqlx::query!("delete from search_words where tenant_id = $1 and product_id = any($2)", tenant, &going).execute(&mut *tx).await?;
    let gone = sqlx::query!("delete from products where tenant_id = $1 and product_id = any($2)", tenant, &going).execute(&mut *tx).await?;
    sqlx::query!(
        "delete from pictures k where k.tenant_id = $1
            and not exists (select from products p where p.tenant_id = $1 and p.picture_hash = k.picture_hash)",
        tenant
    )
    .execute(&mut *tx)
    .await?;
    Ok(Removed { gone: usize::try_from(gone.rows_affected()).unwrap_or(usize::MAX), discontinued: kept.len() })
}
