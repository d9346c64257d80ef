//! Orders on their way out, for people who need no price to do it: nothing in here has one.

pub mod api;
pub mod lists;
pub mod pages;
mod reading;

use serde_json::json;

pub use self::reading::{Row, Sheet, SheetLine, Stage, sheet, waiting};
use crate::catalogue;
use crate::db::{Office, Tx};
use crate::error::{Error, FieldErrors, LineFault, Result};
use crate::ids::AccountId;
use crate::orders::changes::{Changes, LineChange};
use crate::orders::{Adding, By, Line, Locked, Move, OrderNumber, Status, add_lines, added_line, lock, make, make_telling, recount};
use crate::pricing;
use crate::stock::{self, Gone, Wanted};
use crate::tenancy::extract::Member;
use crate::values::{Sku, text};

/// The most characters of why there are fewer.
pub const LONGEST_WHY: usize = 200;

/// What somebody has picked, and what is to go instead.
#[derive(Debug, Clone, Default)]
pub struct Picking {
    /// Of the order as they saw it; none when they do not say.
    pub revision: Option<i32>,
    pub picked: Vec<Picked>,
    pub instead: Vec<Instead>,
}

/// How many of a line were picked.
#[derive(Debug, Clone)]
pub struct Picked {
    pub line: i16,
    pub quantity: u32,
    /// Why there are fewer; the customer reads it.
    pub why: String,
}

/// Something that goes instead of what is not there.
#[derive(Debug, Clone)]
pub struct Instead {
    /// Of this line.
    pub line: i16,
    pub sku: String,
    pub quantity: u32,
}

/// How many of a line were handed over.
#[derive(Debug, Clone, Copy)]
pub struct Delivered {
    pub line: i16,
    pub quantity: u32,
}

/// Begins to pick an order: from now on its customer cannot change it.
///
/// # Errors
/// [`Error::Conflict`] when it is not accepted, or further already.
pub async fn start(tx: &mut Tx<Office>, member: &Member, number: &OrderNumber) -> Result<()> {
    let mut order = lock(tx, number).await?;
    make(tx, &mut order, Move::Start, "", By::Staff(member), member.house.now()).await
}

/// Notes what was picked, and what goes instead.
///
/// # Errors
/// [`Error::Conflict`] when it is not being picked, or something has happened to it since they saw it; [`Error::Invalid`] when
/// more was picked than was accepted, or fewer and nobody says why; [`Error::NotEnough`] when there is not enough of what goes
/// instead.
pub async fn pick(tx: &mut Tx<Office>, member: &Member, number: &OrderNumber, picking: &Picking) -> Result<()> {
    let Picking { revision, picked, instead } = picking;
    let mut order = lock(tx, number).await?;
    order.status.after(Move::Pick, By::Staff(member).who(), true).map_err(Error::Conflict)?;
    order.is_as_seen(*revision)?;
    let before = order.lines.clone();
    let checked = check(&order, picked, instead)?;
    put_instead(tx, member, &order, instead).await?;
    let lines: Vec<i16> = checked.iter().map(|(line, ..)| *line).collect();
    let quantities: Vec<i32> = checked.iter().map(|(_, quantity, _)| *quantity).collect();
    let whys: Vec<String> = checked.into_iter().map(|(.., why)| why).collect();
    sqlx::query!(
        "update order_lines l set picked = p.picked, why = p.why
           from unnest($3::smallint[], $4::int[], $5::text[]) as p (line, picked, why)
          where l.tenant_id = $1 and l.order_id = $2 and l.line = p.line",
        tx.tenant().uuid(),
        order.order_id,
        &lines[..],
        &quantities[..],
        &whys[..]
    )
    .execute(&mut *tx)
    .await?;
    let net_before = order.net_minor;
    recount(tx, &mut order).await?;
    let details = json!(changes(&before, &order, net_before));
    make_telling(tx, &mut order, (Move::Pick, "", details), By::Staff(member), member.house.now()).await
}

/// The lines with how many were picked and why, when all of it can be.
fn check(order: &Locked, picked: &[Picked], instead: &[Instead]) -> Result<Vec<(i16, i32, String)>> {
    let (mut wrong, mut checked) = (FieldErrors::new(), Vec::new());
    for (at, picked) in picked.iter().enumerate() {
        let Some(line) = order.lines.iter().find(|line| line.line == picked.line) else {
            wrong.add(format!("lines[{at}].line"), "There is no such line.");
            continue;
        };
        let accepted = line.quantities().accepted.unwrap_or(line.quantities().ordered);
        if picked.quantity > accepted {
            wrong.add(format!("lines[{at}].picked"), format!("No more than {accepted} were accepted."));
            continue;
        }
        let is_replaced = instead.iter().any(|instead| instead.line == line.line)
            || order.lines.iter().any(|other| other.substitute_for == Some(line.line));
        match text::optional(&picked.why, LONGEST_WHY) {
            Ok(why) if why.is_empty() && picked.quantity < accepted && !is_replaced => {
                wrong.add(format!("lines[{at}].why"), "Please say why there are fewer, in words for the customer.");
            }
            Ok(why) => checked.push((line.line, i32::try_from(picked.quantity).unwrap_or(i32::MAX), why)),
            Err(error) => wrong.add(format!("lines[{at}].why"), error.about("why there are fewer")),
        }
    }
    wrong.or(Some(checked))
}

/// Adds what goes instead, at no more than what it stands for, and reserves it.
async fn put_instead(tx: &mut Tx<Office>, member: &Member, order: &Locked, instead: &[Instead]) -> Result<()> {
    if instead.is_empty() {
        return Ok(());
    }
    let terms = pricing::terms_of(tx, &member.tenant, AccountId::from(order.account_id), member.house.now()).await?;
    let keys: Vec<String> = instead.iter().filter_map(|instead| Some(Sku::parse(&instead.sku).ok()?.key())).collect();
    let goods = catalogue::of_skus(tx, &terms, &keys).await?;
    let (mut wrong, mut lines) = (FieldErrors::new(), Vec::new());
    let mut last = order.lines.iter().map(|line| line.line).max().unwrap_or_default();
    for (at, instead) in instead.iter().enumerate() {
        last = last.saturating_add(1);
        let adding = Adding { sku: &instead.sku, quantity: instead.quantity, instead_of: Some(instead.line) };
        match added_line(order, &adding, &goods, &terms) {
            Ok(line) => lines.push(Line { line: last, picked: line.accepted, ..line }),
            Err(why) => wrong.add(format!("instead[{at}].sku"), why),
        }
    }
    wrong.or(Some(()))?;
    let held = lines.iter().filter(|line| line.reserved > 0);
    let wanted: Vec<Wanted> = held.map(|line| Wanted { product: line.product_id.into(), change: i64::from(line.reserved) }).collect();
    let short = stock::reserve(tx, &wanted).await?;
    let fault = |short: &stock::Short| {
        let line = lines.iter().find(|line| line.product_id == short.product.uuid())?;
        let detail = format!("{}: {} wanted, {} left.", line.name, short.wanted, short.available);
        Some(LineFault {
            sku: line.sku.clone(),
            detail,
            wanted: Some(short.wanted),
            available: Some(short.available),
            ..LineFault::default()
        })
    };
    if !short.is_empty() {
        return Err(Error::NotEnough(short.iter().filter_map(fault).collect()));
    }
    add_lines(tx, order, &lines.iter().collect::<Vec<_>>()).await
}

/// What of the lines is otherwise than it was.
fn changes(before: &[Line], order: &Locked, net_before: i64) -> Changes {
    let name_of = |wanted: i16| order.lines.iter().find(|line| line.line == wanted).map(|line| line.name.clone()).unwrap_or_default();
    let lines = order.lines.iter().filter_map(|line| {
        let was = before.iter().find(|was| was.line == line.line);
        let quantity = [was.map_or(0, |was| was.quantities().counting()), line.quantities().counting()];
        let instead_of = line.substitute_for.map(name_of).unwrap_or_default();
        let (sku, name, why) = (line.sku.clone(), line.name.clone(), line.why.clone());
        (quantity[0] != quantity[1]).then_some(LineChange { sku, name, quantity, unit_minor: [line.unit_minor; 2], why, instead_of })
    });
    Changes { lines: lines.collect(), before_net_minor: net_before, after_net_minor: order.net_minor }
}

/// Sends an order on its way, or puts it where it is fetched: what was picked has left the stock, and its customer is told.
///
/// # Errors
/// [`Error::Conflict`] when it is not being picked, or not all of it was.
pub async fn dispatch(tx: &mut Tx<Office>, member: &Member, number: &OrderNumber) -> Result<()> {
    let mut order = lock(tx, number).await?;
    order.status.after(Move::Dispatch, By::Staff(member).who(), true).map_err(Error::Conflict)?;
    if order.lines.iter().any(|line| line.picked.is_none()) {
        return Err(Error::Conflict("Not all of this order has been picked yet"));
    }
    if order.lines.iter().all(|line| line.picked == Some(0)) {
        return Err(Error::Conflict("There is nothing in this order to send. Have it cancelled instead"));
    }
    let gone: Vec<Gone> = order
        .lines
        .iter()
        .map(|line| Gone {
            product: line.product_id.into(),
            left: i64::from(line.picked.unwrap_or_default()),
            held: i64::from(line.reserved),
        })
        .collect();
    stock::leave(tx, &gone).await?;
    sqlx::query!(
        "update order_lines set reserved = 0 where tenant_id = $1 and order_id = $2 and reserved > 0",
        tx.tenant().uuid(),
        order.order_id
    )
    .execute(&mut *tx)
    .await?;
    // What is told is what is otherwise than it was accepted.
    let accepted: Vec<Line> = order.lines.iter().filter(|line| line.substitute_for.is_none() || line.ordered > 0).cloned().collect();
    let accepted: Vec<Line> = accepted.into_iter().map(|line| Line { picked: None, ..line }).collect();
    let details = json!(changes(&accepted, &order, order.net_minor));
    make_telling(tx, &mut order, (Move::Dispatch, "", details), By::Staff(member), member.house.now()).await
}

/// Hands an order over; of what is not named, all that was sent. `came_back`: what was not taken is in stock again.
///
/// # Errors
/// [`Error::Conflict`] when it has not left; [`Error::Invalid`] when more is handed over than was sent.
pub async fn deliver(tx: &mut Tx<Office>, member: &Member, number: &OrderNumber, delivered: &[Delivered], came_back: bool) -> Result<()> {
    let mut order = lock(tx, number).await?;
    order.status.after(Move::Deliver, By::Staff(member).who(), true).map_err(Error::Conflict)?;
    let (before, net_before) = (order.lines.clone(), order.net_minor);
    let (mut wrong, mut back) = (FieldErrors::new(), Vec::new());
    let (mut lines, mut quantities) = (Vec::new(), Vec::new());
    for (at, delivered) in delivered.iter().enumerate() {
        if !before.iter().any(|line| line.line == delivered.line) {
            wrong.add(format!("lines[{at}].line"), "There is no such line.");
        }
    }
    for line in &before {
        let picked = line.quantities().picked.unwrap_or_default();
        let named = delivered.iter().enumerate().find(|(_, delivered)| delivered.line == line.line);
        let quantity = named.map_or(picked, |(_, delivered)| delivered.quantity);
        if let Some((at, _)) = named.filter(|_| quantity > picked) {
            wrong.add(format!("lines[{at}].delivered"), format!("No more than {picked} were sent."));
        }
        let missing = i64::from(picked) - i64::from(quantity);
        if came_back && missing > 0 {
            back.push(Wanted { product: line.product_id.into(), change: missing });
        }
        lines.push(line.line);
        quantities.push(i32::try_from(quantity).unwrap_or(i32::MAX));
    }
    wrong.or(Some(()))?;
    stock::come_back(tx, &back).await?;
    sqlx::query!(
        "update order_lines l set delivered = d.delivered from unnest($3::smallint[], $4::int[]) as d (line, delivered)
          where l.tenant_id = $1 and l.order_id = $2 and l.line = d.line",
        tx.tenant().uuid(),
        order.order_id,
        &lines[..],
        &quantities[..]
    )
    .execute(&mut *tx)
    .await?;
    recount(tx, &mut order).await?;
    let details = json!(changes(&before, &order, net_before));
    make_telling(tx, &mut order, (Move::Deliver, "", details), By::Staff(member), member.house.now()).await
}

/// Whether there is anything to be done with an order here.
pub fn is_ours(status: Status) -> bool {
    matches!(status, Status::Accepted | Status::Amended | Status::Picking | Status::Dispatched)
}
