//! An order that its customer changes, as long as nobody has accepted it and orders for its day are taken. It is priced as of
//! today, and what it would come to is shown before anything is written.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, NaiveDate, Utc};
use serde_json::json;
use uuid::Uuid;

use super::changes::{Changes, LineChange};
use super::document::{Counted, Priced};
use super::moves::{By, Locked, lock, make_telling};
use super::number::OrderNumber;
use super::placing::{Asked, Line, counted, is_tracked, listed, reserve};
use super::states::Move;
use super::writing::replace_lines;
use crate::db::{Counter, Tx};
use crate::error::{Error, Result};
use crate::order_days::{self, Choice, Method};
use crate::tenancy::extract::Caller;
use crate::tenancy::terms::Terms;

/// How an order is to be.
#[derive(Debug, Clone)]
pub struct Edited {
    /// Of the order that was on the screen.
    pub revision: i32,
    /// All that is wanted; nothing of what is not named.
    pub lines: Vec<Asked>,
    /// As it was when it is not said.
    pub day: Option<(Method, NaiveDate)>,
    pub reference: String,
    pub note: String,
}

/// An order as it would be.
pub struct EditDraft {
    pub changes: Changes,
    pub before_gross_minor: i64,
    pub after_gross_minor: i64,
    lines: Vec<Line>,
    counted: Counted,
    wanted: Option<Choice>,
    is_otherwise: bool,
}

/// What would become of the order; nothing is written.
///
/// # Errors
/// [`Error::Conflict`] when it is too late, or it was changed since it was on the screen; [`Error::Invalid`] and
/// [`Error::NotEnough`] when it cannot be ordered like this.
pub async fn preview_edit(
    tx: &mut Tx<Counter>,
    caller: &Caller,
    terms: &Terms,
    number: &OrderNumber,
    edited: &Edited,
    now: DateTime<Utc>,
) -> Result<EditDraft> {
    let order = lock(tx, number).await?;
    draft(tx, caller, terms, &order, edited, now).await
}

/// Changes the order; `seen_gross_minor` is what it came to on the screen.
///
/// # Errors
/// Those of [`preview_edit`]; [`Error::Moved`] when it comes to something else meanwhile.
pub async fn edit(
    tx: &mut Tx<Counter>,
    (caller, terms): (&Caller, &Terms),
    number: &OrderNumber,
    edited: &Edited,
    seen_gross_minor: Option<i64>,
    now: DateTime<Utc>,
) -> Result<()> {
    let mut order = lock(tx, number).await?;
    let draft = draft(tx, caller, terms, &order, edited, now).await?;
    if seen_gross_minor.is_some_and(|seen| seen != draft.after_gross_minor) {
        return Err(Error::Moved(Vec::new()));
    }
    if !draft.is_otherwise {
        return Err(Error::invalid("lines", "Nothing is otherwise than it was."));
    }
    // What it holds already is let go, and what it wants is held, of each product at once.
    let mut changes: BTreeMap<Uuid, i64> = BTreeMap::new();
    for line in draft.lines.iter().filter(|line| is_tracked(&line.goods)) {
        *changes.entry(line.goods.product_id.uuid()).or_default() += i64::from(line.quantity);
    }
    for (product, held) in held(&order) {
        *changes.entry(product).or_default() -= held;
    }
    reserve(tx, &draft.lines, &changes).await?;
    replace_lines(tx, &order, &draft.lines, &draft.counted, terms).await?;
    write(tx, &order, edited, &draft).await?;
    let details = json!(draft.changes);
    make_telling(tx, &mut order, (Move::Edit, "", details), By::Customer(caller), now).await
}

async fn draft(
    tx: &mut Tx<Counter>,
    caller: &Caller,
    terms: &Terms,
    order: &Locked,
    edited: &Edited,
    now: DateTime<Utc>,
) -> Result<EditDraft> {
    order.status.after(Move::Edit, By::Customer(caller).who(), order.is_open(now)).map_err(Error::Conflict)?;
    order.is_as_seen(Some(edited.revision))?;
    let lines = listed(tx, terms, &edited.lines, &held(order)).await?;
    let priced: Vec<Priced> = lines.iter().map(|line| line.priced(terms)).collect();
    let counted = counted(&priced, order.rounding, caller.tenant.minimum_order, terms)?;
    let day = edited.day.or(order.wanted_day.map(|day| (order.method, day)));
    let calendar = order_days::calendar(tx).await?;
    // Days may have come or gone since it was ordered: what was agreed stays as long as it is not touched.
    let is_as_it_was = day == order.wanted_day.map(|day| (order.method, day));
    let wanted = match (is_as_it_was, day, order.closes_at) {
        (true, Some((method, day)), Some(closes_at)) => Some(Choice { method, day, closes_at }),
        (true, None, _) => None,
        _ => calendar.choose(day, now, caller.tenant.time_zone)?,
    };
    let changes = changes(order, &lines, &counted);
    let is_otherwise = !changes.lines.is_empty() || !is_as_it_was || edited.reference != order.reference || edited.note != order.note;
    let (before_gross_minor, after_gross_minor) = (order.gross_minor, counted.totals.gross_minor);
    Ok(EditDraft { changes, before_gross_minor, after_gross_minor, lines, counted, wanted, is_otherwise })
}

/// How much of each product the order holds.
fn held(order: &Locked) -> HashMap<Uuid, i64> {
    order.lines.iter().fold(HashMap::new(), |mut held, line| {
        *held.entry(line.product_id).or_default() += i64::from(line.reserved);
        held
    })
}

fn changes(order: &Locked, lines: &[Line], counted: &Counted) -> Changes {
    let there = |product: Uuid| order.lines.iter().find(|line| line.product_id == product);
    let of_now = lines.iter().map(|line| {
        let was = there(line.goods.product_id.uuid());
        let quantity = [was.map_or(0, |was| was.quantities().ordered), line.quantity];
        let unit_minor = [was.map_or(line.price.unit_minor, |was| was.unit_minor), line.price.unit_minor];
        LineChange { sku: line.goods.sku.clone(), name: line.goods.name.clone(), quantity, unit_minor, ..LineChange::default() }
    });
    let is_gone = |was: &&super::Line| !lines.iter().any(|line| line.goods.product_id.uuid() == was.product_id);
    let gone = order.lines.iter().filter(is_gone).map(|was| LineChange {
        sku: was.sku.clone(),
        name: was.name.clone(),
        quantity: [was.quantities().ordered, 0],
        unit_minor: [was.unit_minor; 2],
        ..LineChange::default()
    });
    let is_otherwise = |change: &LineChange| change.quantity[0] != change.quantity[1] || change.unit_minor[0] != change.unit_minor[1];
    Changes {
        lines: of_now.chain(gone).filter(is_otherwise).collect(),
        before_net_minor: order.net_minor,
        after_net_minor: counted.totals.net_minor,
    }
}

async fn write(tx: &mut Tx<Counter>, order: &Locked, edited: &Edited, draft: &EditDraft) -> Result<()> {
    sqlx::query!(
        "update orders set reference = $3, note = $4, method = $5, wanted_day = $6, closes_at = $7, net_minor = $8, tax_minor = $9
          where tenant_id = $1 and order_id = $2",
        tx.tenant().uuid(),
        order.order_id,
        edited.reference,
        edited.note,
        draft.wanted.map_or(order.method, |choice| choice.method).word(),
        draft.wanted.map(|choice| choice.day),
        draft.wanted.map(|choice| choice.closes_at),
        draft.counted.totals.net_minor,
        draft.counted.totals.tax_minor
    )
    .execute(&mut *tx)
    .await?;
    Ok(())
}
