//! THE function that takes an order from one state to the next. With the order's row go, in the same transaction, its lines, the
//! stock, the event, the message that is owed, and the entry of the audit log.

use chrono::{DateTime, NaiveDate, Utc};
use serde_json::{Value, json};
use uuid::Uuid;

use super::number::OrderNumber;
use super::reading::{self, Line};
use super::states::{Move, Status, Who};
use crate::audit::{self, Actor, Event};
use crate::db::{TenantDoor, Tx};
use crate::error::{Error, Result};
use crate::ids::OrderEventId;
use crate::jobs::{self, Job, Lane};
use crate::order_days::Method;
use crate::stock::{self, Wanted};
use crate::tax::Rounding;
use crate::tenancy::extract::{Caller, Member};
use crate::tenancy::roles;
use crate::values::text;

/// Who makes a move.
#[derive(Clone, Copy)]
pub enum By<'a> {
    /// Somebody of the account's.
    Customer(&'a Caller),
    Staff(&'a Member),
}

impl By<'_> {
    /// As the table of states knows them.
    pub fn who(&self) -> Who {
        match self {
            Self::Customer(_) => Who::Customer,
            Self::Staff(member) if roles::TAKE_BACK.is_of(member.session.role) => Who::Keeper,
            Self::Staff(member) if roles::SELL.is_of(member.session.role) => Who::Seller,
            Self::Staff(_) => Who::Picker,
        }
    }

    /// As the audit log knows them.
    pub fn actor(&self) -> Actor {
        match self {
            Self::Customer(caller) => Actor::customer(caller),
            Self::Staff(member) => Actor::staff(member),
        }
    }

    /// What an order and its events say of them: a customer's name never.
    pub fn name(&self) -> &str {
        match self {
            Self::Customer(_) => "",
            Self::Staff(member) => &member.session.name,
        }
    }

    /// An access, or a member of staff.
    pub fn id(&self) -> Option<Uuid> {
        match self {
            Self::Customer(caller) => caller.session.access.as_ref().map(|access| access.access_id.uuid()),
            Self::Staff(member) => Some(member.session.staff_id.uuid()),
        }
    }
}

/// An order that nobody else changes until the transaction ends.
pub struct Locked {
    pub order_id: Uuid,
    pub account_id: Uuid,
    pub number: String,
    pub status: Status,
    pub method: Method,
    pub wanted_day: Option<NaiveDate>,
    pub closes_at: Option<DateTime<Utc>>,
    pub reference: String,
    pub note: String,
    pub revision: i32,
    pub rounding: Rounding,
    pub net_minor: i64,
    /// With VAT.
    pub gross_minor: i64,
    pub lines: Vec<Line>,
}

impl Locked {
    /// Whether its customer may still change it, as far as the clock is concerned.
    pub fn is_open(&self, now: DateTime<Utc>) -> bool {
        self.closes_at.is_none_or(|end| now < end)
    }

    /// Nothing has happened to it since somebody saw it at this revision; who does not say when is let through.
    ///
    /// # Errors
    /// [`Error::Conflict`] when something has.
    pub fn is_as_seen(&self, revision: Option<i32>) -> Result<()> {
        if revision.is_some_and(|seen| seen != self.revision) {
            return Err(Error::Conflict("Somebody has changed this order since it was on your screen"));
        }
        Ok(())
    }
}

/// Takes hold of an order. Its row comes before any of the stock's, in every transaction.
///
/// # Errors
/// [`Error::NotFound`] when there is none of this number, or it is another account's.
pub async fn lock<D: TenantDoor>(tx: &mut Tx<D>, number: &OrderNumber) -> Result<Locked> {
    let row = sqlx::query!(
        "select order_id, account_id, number, status, method, wanted_day, closes_at, reference, note, revision, vat_rounding, net_minor, tax_minor
           from orders where tenant_id = $1 and number = $2 for update",
        tx.tenant().uuid(),
        number.as_str()
    )
    .fetch_one(&mut *tx)
    .await?;
    let unreadable = |what: &str| Error::Internal(anyhow::anyhow!("an order's {what} is unreadable"));
    Ok(Locked {
        order_id: row.order_id,
        account_id: row.account_id,
        number: row.number,
        status: Status::parse(&row.status).ok_or_else(|| unreadable("state"))?,
        method: Method::parse(&row.method).ok_or_else(|| unreadable("method"))?,
        wanted_day: row.wanted_day,
        closes_at: row.closes_at,
        reference: row.reference,
        note: row.note,
        revision: row.revision,
        rounding: Rounding::parse(&row.vat_rounding).ok_or_else(|| unreadable("rounding"))?,
        net_minor: row.net_minor,
        gross_minor: row.net_minor.saturating_add(row.tax_minor),
        lines: reading::lines(tx, &[row.order_id]).await?,
    })
}

/// Makes a move, with the reason where one is needed.
///
/// # Errors
/// [`Error::Conflict`] when it does not lead anywhere from where the order stands, [`Error::Invalid`] without a reason that is
/// needed.
pub async fn make<D: TenantDoor>(
    tx: &mut Tx<D>,
    order: &mut Locked,
    step: Move,
    reason: &str,
    by: By<'_>,
    now: DateTime<Utc>,
) -> Result<()> {
    make_telling(tx, order, (step, reason, json!({})), by, now).await
}

/// The same for a move that has changed lines: `details` are those of its event, [`Changes`](super::changes::Changes).
pub async fn make_telling<D: TenantDoor>(
    tx: &mut Tx<D>,
    order: &mut Locked,
    (step, reason, details): (Move, &str, Value),
    by: By<'_>,
    now: DateTime<Utc>,
) -> Result<()> {
    let arrow = order.status.after(step, by.who(), order.is_open(now)).map_err(Error::Conflict)?;
    let reason = if arrow.needs_reason { text::block(reason, text::LONGEST_REASON) } else { Ok(String::new()) };
    let reason = reason.map_err(|why| Error::invalid("reason", why.about("the reason, in words for the customer")))?;
    let from = std::mem::replace(&mut order.status, arrow.to);
    order.revision += 1;
    sqlx::query!(
        "update orders set status = $3, status_since = case when status = $3 then status_since else $4 end, revision = $5
          where tenant_id = $1 and order_id = $2",
        tx.tenant().uuid(),
        order.order_id,
        arrow.to.word(),
        now,
        order.revision
    )
    .execute(&mut *tx)
    .await?;
    if matches!(arrow.to, Status::Cancelled | Status::Declined) {
        let_go(tx, order).await?;
    }
    let event = note(tx, order, (step, from, &reason, details), by, now).await?;
    if arrow.is_told {
        let tenant = tx.tenant();
        jobs::enqueue(tx, Lane::Letters, Job::TellOfOrder(event), Some(tenant), now).await?;
    }
    let Some(action) = step.action() else { return Ok(()) };
    // What a customer wrote stands in no log, and they give no reason.
    let details = json!({ "number": order.number, "reason": reason });
    let event = Event { actor: by.actor(), action, subject_kind: "order", subject_id: order.order_id, details };
    audit::record(tx, event, now).await
}

/// Notes what has happened to an order.
async fn note<D: TenantDoor>(
    tx: &mut Tx<D>,
    order: &Locked,
    (step, from, reason, details): (Move, Status, &str, Value),
    by: By<'_>,
    now: DateTime<Utc>,
) -> Result<OrderEventId> {
    let event = OrderEventId::new();
    sqlx::query!(
        "insert into order_events
           (tenant_id, order_id, event_id, account_id, at, actor_kind, actor_id, actor_name, move, from_status, to_status, reason, details)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
        tx.tenant().uuid(),
        order.order_id,
        event.uuid(),
        order.account_id,
        now,
        by.actor().kind(),
        by.id(),
        by.name(),
        step.word(),
        from.word(),
        order.status.word(),
        reason,
        details
    )
    .execute(&mut *tx)
    .await?;
    Ok(event)
}

/// What an order holds of the stock is free again when it has ended without leaving.
async fn let_go<D: TenantDoor>(tx: &mut Tx<D>, order: &mut Locked) -> Result<()> {
    let held: Vec<Wanted> = order
        .lines
        .iter()
        .filter(|line| line.reserved > 0)
        .map(|line| Wanted { product: line.product_id.into(), change: -i64::from(line.reserved) })
        .collect();
    if held.is_empty() {
        return Ok(());
    }
    stock::reserve(tx, &held).await?;
    sqlx::query!(
        "update order_lines set reserved = 0 where tenant_id = $1 and order_id = $2 and reserved > 0",
        tx.tenant().uuid(),
        order.order_id
    )
    .execute(&mut *tx)
    .await?;
    order.lines.iter_mut().for_each(|line| line.reserved = 0);
    Ok(())
}
