//! What is there of each product that is counted. What is reserved is part of what is on hand, for orders that have not left.

use uuid::Uuid;

use crate::db::{Office, TenantDoor, Tx};
use crate::error::Result;
use crate::ids::ProductId;

/// How a product's stock is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StockMode {
    /// There is always enough.
    Untracked,
    /// What is not there is not sold.
    Tracked,
    /// The same, but so many more may be ordered as the wholesaler will get in.
    BackOrder,
}

impl StockMode {
    /// The word of the database.
    pub fn word(self) -> &'static str {
        match self {
            Self::Untracked => "untracked",
            Self::Tracked => "tracked",
            Self::BackOrder => "back_order",
        }
    }

    /// From the database's word.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Untracked, Self::Tracked, Self::BackOrder].into_iter().find(|mode| mode.word() == word)
    }
}

/// What is counted of a product.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StockRow {
    pub on_hand: i64,
    /// Spoken for by orders that have not left.
    pub reserved: i64,
    /// How many more may be ordered than there are.
    pub back_order_limit: i64,
    /// From how many on there are few.
    pub low_at: i64,
}

/// What can be had of a product.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Availability {
    Untracked,
    InStock(i64),
    /// There are few.
    Low(i64),
    Out,
    /// None is there, and so many may be ordered.
    ToOrder(i64),
}

/// What can be had, of what is counted. A product that is counted and has no row has nothing.
pub fn availability(mode: StockMode, row: Option<StockRow>) -> Availability {
    let Some(row) = row else { return if mode == StockMode::Untracked { Availability::Untracked } else { Availability::Out } };
    let free = row.on_hand - row.reserved;
    match mode {
        StockMode::Untracked => Availability::Untracked,
        _ if free > row.low_at.max(0) => Availability::InStock(free),
        _ if free > 0 => Availability::Low(free),
        StockMode::BackOrder if free + row.back_order_limit > 0 => Availability::ToOrder(free + row.back_order_limit),
        StockMode::Tracked | StockMode::BackOrder => Availability::Out,
    }
}

/// How many may be ordered; None is as many as one likes.
pub fn orderable(mode: StockMode, row: Option<StockRow>) -> Option<i64> {
    let row = match mode {
        StockMode::Untracked => return None,
        StockMode::Tracked => row.map(|row| row.on_hand - row.reserved),
        StockMode::BackOrder => row.map(|row| row.on_hand - row.reserved + row.back_order_limit),
    };
    Some(row.unwrap_or(0).max(0))
}

/// So much more, or less, of a product is spoken for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wanted {
    pub product: ProductId,
    /// What is more is reserved, what is less is let go.
    pub change: i64,
}

/// There is not as much of a product as was wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Short {
    pub product: ProductId,
    pub available: i64,
    pub wanted: i64,
}

/// Reserves and lets go, all of it or, when there is too little of anything, nothing: then with what there is too little of.
///
/// The rows are locked in the order of their ids, whatever the order of what is wanted, so that two who want the same
/// things wait for each other and never both. A product without a row has nothing.
pub async fn reserve<D: TenantDoor>(tx: &mut Tx<D>, wanted: &[Wanted]) -> Result<Vec<Short>> {
    if wanted.is_empty() {
        return Ok(Vec::new());
    }
    let products: Vec<Uuid> = wanted.iter().map(|wanted| wanted.product.uuid()).collect();
    let changes: Vec<i64> = wanted.iter().map(|wanted| wanted.change).collect();
    let short = sqlx::query!(
        r#"with wanted as materialized (
             select w.product_id, sum(w.change)::bigint as change
               from unnest($2::uuid[], $3::bigint[]) as w (product_id, change) group by w.product_id),
           held as materialized (
             select s.product_id, w.change,
                    s.on_hand - s.reserved + case p.stock_mode when 'back_order' then s.back_order_limit else 0 end as available
               from wanted w
               join products p on p.tenant_id = $1 and p.product_id = w.product_id
               join stock s on s.tenant_id = $1 and s.product_id = w.product_id
              order by s.product_id for update of s),
           short as materialized (
             select w.product_id, w.change, coalesce(h.available, 0) as available
               from wanted w left join held h on h.product_id = w.product_id
              where w.change > 0 and w.change > coalesce(h.available, 0)),
           done as (
             update stock s set reserved = s.reserved + h.change
               from held h
              where s.tenant_id = $1 and s.product_id = h.product_id and not exists (select from short))
           select product_id as "product_id!", change as "wanted!", available as "available!" from short order by product_id"#,
        tx.tenant().uuid(),
        &products[..],
        &changes[..]
    )
    .fetch_all(&mut *tx)
    .await?;
    Ok(short.into_iter().map(|row| Short { product: row.product_id.into(), available: row.available.max(0), wanted: row.wanted }).collect())
}

/// What of a product leaves with an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gone {
    pub product: ProductId,
    /// So many of it go,
    pub left: i64,
    /// and so many were spoken for.
    pub held: i64,
}

/// What leaves is not on hand any more, and nobody speaks for it. What is not counted stays uncounted.
pub async fn leave(tx: &mut Tx<Office>, gone: &[Gone]) -> Result<()> {
    let products: Vec<Uuid> = gone.iter().map(|gone| gone.product.uuid()).collect();
    let left: Vec<i64> = gone.iter().map(|gone| gone.left).collect();
    let held: Vec<i64> = gone.iter().map(|gone| gone.held).collect();
    sqlx::query!(
        "with gone as materialized (
           select g.product_id, sum(g.went)::bigint as went, sum(g.held)::bigint as held
             from unnest($2::uuid[], $3::bigint[], $4::bigint[]) as g (product_id, went, held) group by g.product_id),
         there as materialized (
           select s.product_id, g.went, g.held, p.stock_mode
             from gone g
             join products p on p.tenant_id = $1 and p.product_id = g.product_id
             join stock s on s.tenant_id = $1 and s.product_id = g.product_id
            order by s.product_id for update of s)
         update stock s
            set reserved = s.reserved - t.held, on_hand = s.on_hand - case t.stock_mode when 'untracked' then 0 else t.went end
           from there t
          where s.tenant_id = $1 and s.product_id = t.product_id",
        tx.tenant().uuid(),
        &products[..],
        &left[..],
        &held[..]
    )
    .execute(&mut *tx)
    .await?;
    Ok(())
}

/// What had left is on hand again.
pub async fn come_back(tx: &mut Tx<Office>, back: &[Wanted]) -> Result<()> {
    let gone: Vec<Gone> = back.iter().map(|back| Gone { product: back.product, left: -back.change, held: 0 }).collect();
    if gone.is_empty() { Ok(()) } else { leave(tx, &gone).await }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_be_had_is_what_nobody_else_has_spoken_for() {
        let row = |on_hand, reserved| Some(StockRow { on_hand, reserved, back_order_limit: 20, low_at: 5 });
        for (mode, row, availability_is, orderable_are) in [
            (StockMode::Untracked, None, Availability::Untracked, None),
            (StockMode::Untracked, row(0, 0), Availability::Untracked, None),
            (StockMode::Tracked, None, Availability::Out, Some(0)),
            (StockMode::Tracked, row(10, 4), Availability::InStock(6), Some(6)),
            (StockMode::Tracked, row(10, 5), Availability::Low(5), Some(5)),
            (StockMode::Tracked, row(10, 10), Availability::Out, Some(0)),
            (StockMode::Tracked, row(8, 10), Availability::Out, Some(0)),
            (StockMode::BackOrder, row(10, 4), Availability::InStock(6), Some(26)),
            (StockMode::BackOrder, row(10, 14), Availability::ToOrder(16), Some(16)),
            (StockMode::BackOrder, row(10, 30), Availability::Out, Some(0)),
        ] {
            assert_eq!((availability(mode, row), orderable(mode, row)), (availability_is, orderable_are), "{mode:?} {row:?}");
        }
        for mode in [StockMode::Untracked, StockMode::Tracked, StockMode::BackOrder] {
            assert_eq!(StockMode::parse(mode.word()), Some(mode));
        }
    }
}
