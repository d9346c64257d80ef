//! An order that its wholesaler changes before anybody picks it: less of something, something instead of it, something more, a
//! lower price. What it would come to is shown before anything is written.

pub mod api;
mod drafting;
pub mod pages;

use serde_json::json;
use uuid::Uuid;

use self::drafting::draft;
pub use self::drafting::{Draft, Drafted};
use crate::catalogue;
use crate::db::{Office, Tx};
use crate::error::{Error, LineFault, Result};
use crate::ids::AccountId;
use crate::orders::{By, Locked, Move, OrderNumber, lock, make_telling, recount};
use crate::pricing;
use crate::stock::{self, Wanted};
use crate::tenancy::extract::Member;
use crate::values::Sku;

/// The most characters of why a line is otherwise.
pub const LONGEST_WHY: usize = 200;

/// What is to be otherwise. What is not named stays as it is.
#[derive(Debug, Clone, Default)]
pub struct Amendment {
    /// Of the order that was on the screen.
    pub revision: i32,
    pub lines: Vec<LineAmendment>,
    pub added: Vec<Addition>,
}

/// A line, otherwise.
#[derive(Debug, Clone)]
pub struct LineAmendment {
    pub line: i16,
    /// None of it takes it off.
    pub quantity: u32,
    /// A lower price of one, net; none leaves it as it is.
    pub unit_minor: Option<i64>,
    /// The customer reads it.
    pub why: String,
}

/// Something that was not ordered.
#[derive(Debug, Clone)]
pub struct Addition {
    pub sku: String,
    pub quantity: u32,
    /// The line that it stands for, and is not dearer than.
    pub instead_of: Option<i16>,
}

/// What would become of the order; nothing is written.
///
/// # Errors
/// [`Error::Conflict`] when it cannot be changed any more, or was changed since it was on the screen; [`Error::Invalid`] when
/// it cannot be changed like this.
pub async fn preview(tx: &mut Tx<Office>, member: &Member, number: &OrderNumber, amendment: &Amendment) -> Result<Draft> {
    let order = lock(tx, number).await?;
    drafted(tx, member, &order, amendment).await
}

/// Changes the order, and owes its customer a message; `seen_gross_minor` is what it came to on the screen.
///
/// # Errors
/// Those of [`preview`], [`Error::Moved`] when it comes to something else meanwhile, [`Error::NotEnough`] when there is not
/// enough there.
pub async fn amend(
    tx: &mut Tx<Office>,
    member: &Member,
    number: &OrderNumber,
    amendment: &Amendment,
    seen_gross_minor: Option<i64>,
) -> Result<()> {
    let mut order = lock(tx, number).await?;
    let draft = drafted(tx, member, &order, amendment).await?;
    if seen_gross_minor.is_some_and(|seen| seen != draft.after.gross_minor) {
        return Err(Error::Moved(Vec::new()));
    }
    reserve(tx, &draft).await?;
    write(tx, &order, &draft).await?;
    recount(tx, &mut order).await?;
    let details = json!(draft.changes());
    make_telling(tx, &mut order, (Move::Amend, "", details), By::Staff(member), member.house.now()).await
}

async fn drafted(tx: &mut Tx<Office>, member: &Member, order: &Locked, amendment: &Amendment) -> Result<Draft> {
    order.status.after(Move::Amend, By::Staff(member).who(), true).map_err(Error::Conflict)?;
    order.is_as_seen(Some(amendment.revision))?;
    let terms = pricing::terms_of(tx, &member.tenant, AccountId::from(order.account_id), member.house.now()).await?;
    let ids: Vec<Uuid> = order.lines.iter().map(|line| line.product_id).collect();
    let keys: Vec<String> = amendment.added.iter().filter_map(|added| Some(Sku::parse(&added.sku).ok()?.key())).collect();
    let mut goods = catalogue::of_ids(tx, &terms, &ids).await?;
    if !keys.is_empty() {
        goods.extend(catalogue::of_skus(tx, &terms, &keys).await?);
    }
    draft(order, amendment, &goods, &terms)
}

/// What the lines hold of the stock afterwards.
async fn reserve(tx: &mut Tx<Office>, draft: &Draft) -> Result<()> {
    let wanted = draft.lines.iter().map(|line| Wanted { product: line.after.product_id.into(), change: line.holds_more() });
    let wanted: Vec<Wanted> = wanted.filter(|wanted| wanted.change != 0).collect();
    let short = stock::reserve(tx, &wanted).await?;
    let fault = |short: &stock::Short| {
        let line = draft.lines.iter().find(|line| line.after.product_id == short.product.uuid())?;
        let detail = format!("{}: {} more wanted, {} left.", line.after.name, short.wanted, short.available);
        let (wanted, available) = (Some(short.wanted), Some(short.available));
        Some(LineFault { sku: line.after.sku.clone(), detail, wanted, available, ..LineFault::default() })
    };
    if short.is_empty() { Ok(()) } else { Err(Error::NotEnough(short.iter().filter_map(fault).collect())) }
}

async fn write(tx: &mut Tx<Office>, order: &Locked, draft: &Draft) -> Result<()> {
    let there = || draft.lines.iter().filter(|line| line.before.is_some()).map(|line| &line.after);
    let lines: Vec<i16> = there().map(|line| line.line).collect();
    let accepted: Vec<i32> = there().map(|line| line.accepted.unwrap_or_default()).collect();
    let units: Vec<i64> = there().map(|line| line.unit_minor).collect();
    let sources: Vec<String> = there().map(|line| line.price_source.clone()).collect();
    let whys: Vec<String> = there().map(|line| line.why.clone()).collect();
    let reserved: Vec<i32> = there().map(|line| line.reserved).collect();
    sqlx::query!(
        "update order_lines l
            set accepted = a.accepted, unit_minor = a.unit_minor, price_source = a.price_source, why = a.why, reserved = a.reserved
           from unnest($3::smallint[], $4::int[], $5::bigint[], $6::text[], $7::text[], $8::int[])
             as a (line, accepted, unit_minor, price_source, why, reserved)
          where l.tenant_id = $1 and l.order_id = $2 and l.line = a.line",
        tx.tenant().uuid(),
        order.order_id,
        &lines[..],
        &accepted[..],
        &units[..],
        &sources[..],
        &whys[..],
        &reserved[..]
    )
    .execute(&mut *tx)
    .await?;
    let added: Vec<&crate::orders::Line> = draft.lines.iter().filter(|line| line.before.is_none()).map(|line| &line.after).collect();
    crate::orders::add_lines(tx, order, &added).await
}
