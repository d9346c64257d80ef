//! Ordering once more what was ordered before, and what is otherwise since then.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::number::OrderNumber;
use super::reading::{Line, find};
use crate::basket::{self, Change, Edit, Misfit, fit};
use crate::catalogue::{self, Goods};
use crate::db::{Counter, Tx};
use crate::error::Result;
use crate::ids::AccountId;
use crate::tenancy::terms::Terms;
use crate::values::Money;

/// Puts what was ordered into the basket, on top of what is in it, and says whether it did: not when the basket has changed since
/// it was seen at this version. What is not sold any more stays out.
///
/// # Errors
/// [`Error::NotFound`](crate::error::Error::NotFound) when there is no such order, or it is another account's.
pub async fn reorder(
    tx: &mut Tx<Counter>,
    account: AccountId,
    terms: &Terms,
    number: &OrderNumber,
    seen: Option<i64>,
    now: DateTime<Utc>,
) -> Result<bool> {
    let (lines, goods) = then_and_now(tx, terms, number).await?;
    let edit = |line: &Line| {
        let quantity = line.quantities().ordered;
        let goods = goods.iter().find(|goods| goods.product_id.uuid() == line.product_id)?;
        let is_gone = matches!(fit(goods, quantity, terms).1, Some(Misfit::Gone { .. } | Misfit::NoPrice));
        (!is_gone && quantity > 0).then_some(Edit { product: goods.product_id, wanted: Change::By(quantity), age_seconds: 0 })
    };
    let edits: Vec<Edit> = lines.iter().filter_map(edit).collect();
    basket::add_once(tx, account, terms, &edits, seen, now).await
}

/// What is otherwise than when this was ordered, in words.
pub async fn otherwise(tx: &mut Tx<Counter>, terms: &Terms, number: &OrderNumber) -> Result<Vec<String>> {
    let (lines, goods) = then_and_now(tx, terms, number).await?;
    let shown = |minor: i64| Money::new(minor, terms.currency).shown_in(terms.at);
    let mut changes = Vec::new();
    for line in lines.iter().filter(|line| line.ordered > 0) {
        let quantity = line.quantities().ordered;
        let Some(goods) = goods.iter().find(|goods| goods.product_id.uuid() == line.product_id) else { continue };
        match fit(goods, quantity, terms) {
            (_, Some(misfit @ (Misfit::Gone { .. } | Misfit::NoPrice))) => {
                changes.push(format!("{}: {}", line.name, misfit.in_words(quantity)));
            }
            (Some(price), _) if price.unit_minor != line.unit_minor => {
                changes.push(format!("{}: {} → {}", line.name, shown(line.unit_minor), shown(price.unit_minor)));
            }
            _ => {}
        }
    }
    Ok(changes)
}

async fn then_and_now(tx: &mut Tx<Counter>, terms: &Terms, number: &OrderNumber) -> Result<(Vec<Line>, Vec<Goods>)> {
    let lines = find(tx, number).await?.lines;
    let ids: Vec<Uuid> = lines.iter().map(|line| line.product_id).collect();
    let goods = catalogue::of_ids(tx, terms, &ids).await?;
    Ok((lines, goods))
}
