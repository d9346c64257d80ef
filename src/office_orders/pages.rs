//! The desk, and one order with what can be done with it.

use askama::Template;
use http::StatusCode;
use poem::web::{Form, Path, Query};
use poem::{IntoResponse, Response, handler};
use serde::Deserialize;
use uuid::Uuid;

use super::{PAGE, Row, Wanted, Whose, accept, cancel, counts, decline, desk, list_names, pulse, whose};
use crate::db::{Office, Tx};
use crate::error::{Error, Result};
use crate::orders::pages::file;
use crate::orders::printing::{Addressee, on_paper};
use crate::orders::shown::{OrderShown, Reader, Step, steps, tone};
use crate::orders::{By, Move, OrderNumber, Status, find, happened};
use crate::tenancy::extract::{Member, Seller, Staff};
use crate::values::{Currency, Money};
use crate::web::{Page, Redirect, Shell, when};

#[derive(Template)]
#[template(path = "office_orders/index.html")]
struct IndexPage {
    shell: Shell,
    tabs: Vec<Tab>,
    is_new: bool,
    items: Vec<Item>,
    next_href: String,
    /// By another one it is known that something has come.
    /// As [`Pulse::state`](super::Pulse::state) says.
    state: String,
}

struct Tab {
    word: &'static str,
    title: &'static str,
    count: i64,
    is_here: bool,
}

struct Item {
    number: String,
    reference: String,
    business_name: String,
    account_number: String,
    placed: String,
    placed_exact: String,
    lines: i64,
    net: String,
    status: &'static str,
    tone: &'static str,
}

impl Item {
    fn of(row: Row, member: &Member) -> Result<Self> {
        let (now, zone) = (member.house.now(), member.tenant.time_zone);
        let status = Status::parse(&row.status).ok_or_else(|| Error::Internal(anyhow::anyhow!("an order's state is unreadable")))?;
        let currency = Currency::parse(&row.currency).map_err(|wrong| Error::Internal(anyhow::anyhow!("an order's currency: {wrong}")))?;
        Ok(Self {
            number: row.number,
            reference: row.reference,
            business_name: row.business_name,
            account_number: row.account_number,
            placed: when::ago(row.placed_at, now, zone),
            placed_exact: when::exact(row.placed_at, zone),
            lines: row.lines,
            net: Money::new(row.net_minor, currency).shown_in(member.tenant.country),
            status: status.title_for_staff(""),
            tone: tone(status),
        })
    }
}

/// Which part of the desk, and where the page before ended.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct IndexQuery {
    status: String,
    after: Option<Uuid>,
}

/// `GET /office/orders`
#[handler]
pub async fn index(mut staff: Staff<Seller>, Query(query): Query<IndexQuery>) -> Result<Page> {
    let wanted = Wanted::parse(&query.status).unwrap_or(Wanted::New);
    let rows = desk(&mut staff.tx, wanted, query.after).await?;
    let counted = counts(&mut staff.tx).await?;
    let state = pulse(&mut staff.tx).await?.state;
    let of = |wanted: Wanted| match wanted {
        Wanted::Delivered | Wanted::Called | Wanted::All => 0,
        wanted => counted.iter().filter(|(status, _)| Wanted::parse(status).is_ok_and(|of| of == wanted)).map(|(_, orders)| orders).sum(),
    };
    let is_full = i64::try_from(rows.len()).is_ok_and(|length| length == PAGE);
    let next_href = rows.last().filter(|_| is_full).map(|last| format!("/office/orders?status={}&after={}", wanted.word(), last.order_id));
    Page::of(&IndexPage {
        shell: Shell::of_staff(&staff, "Orders", "orders", staff.session.waiting.requests),
        tabs: Wanted::ALL
            .map(|tab| Tab { word: tab.word(), title: tab.title(), count: of(tab), is_here: tab == wanted })
            .into_iter()
            .collect(),
        is_new: wanted == Wanted::New,
        items: rows.into_iter().map(|row| Item::of(row, &staff)).collect::<Result<_>>()?,
        next_href: next_href.unwrap_or_default(),
        state,
    })
}

#[expect(clippy::struct_excessive_bools, reason = "each is a part of the page that is there or not")]
#[derive(Template)]
#[template(path = "office_orders/show.html")]
struct ShowPage {
    shell: Shell,
    order: OrderShown,
    whose: Whose,
    steps: Vec<Step>,
    notice: String,
    warning: String,
    reason: String,
    reason_error: String,
    can_accept: bool,
    can_amend: bool,
    can_decline: bool,
    can_cancel: bool,
    has_left: bool,
}

/// What was just done.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct ShowQuery {
    done: String,
}

/// Why something was not done, and what was typed.
#[derive(Default)]
struct NotDone {
    warning: String,
    reason: String,
    reason_error: String,
}

/// `GET /office/orders/:number`
#[handler]
pub async fn show(mut staff: Staff<Seller>, Path(number): Path<String>, Query(query): Query<ShowQuery>) -> Result<Page> {
    let number = OrderNumber::parse(&number).ok_or(Error::NotFound)?;
    page(&mut staff.tx, &staff.member, &number, &query.done, NotDone::default()).await
}

async fn page(tx: &mut Tx<Office>, member: &Member, number: &OrderNumber, done: &str, not_done: NotDone) -> Result<Page> {
    let order = find(tx, number).await?;
    let happened = happened(tx, order.head.order_id).await?;
    let whose = whose(tx, order.head.order_id).await?;
    let lists = list_names(tx).await?;
    let (status, now) = (order.head.status()?, member.house.now());
    let can = |step: Move| status.after(step, By::Staff(member).who(), true).is_ok();
    let notice = match (done, status) {
        ("accepted", Status::Accepted) => format!("Accepted. {} {}.", whose.business_name, whose.told()),
        ("placed", Status::Submitted) => format!("Sent for {}, who {}.", whose.business_name, whose.told()),
        ("amended", Status::Amended) => format!("Changed and accepted. {} {}.", whose.business_name, whose.told()),
        ("declined", Status::Declined) => format!("Declined. {} {}.", whose.business_name, whose.told()),
        ("cancelled", Status::Cancelled) => format!("Cancelled. {} {}.", whose.business_name, whose.told()),
        _ => String::new(),
    };
    Page::of(&ShowPage {
        shell: Shell::of_staff(member, &format!("Order {number}"), "orders", member.session.waiting.requests),
        steps: steps(&order, &happened, &member.tenant, now)?,
        notice,
        warning: not_done.warning,
        reason: not_done.reason,
        reason_error: not_done.reason_error,
        can_accept: can(Move::Accept),
        can_amend: can(Move::Amend),
        can_decline: can(Move::Decline),
        can_cancel: can(Move::Cancel),
        has_left: status == Status::Dispatched,
        order: OrderShown::of(&order, &member.tenant, Reader::Office(&lists), now)?,
        whose,
    })
}

/// `GET /office/orders/:number/order.pdf`
#[handler]
pub async fn paper(mut staff: Staff<Seller>, Path(number): Path<String>) -> Result<Response> {
    let number = OrderNumber::parse(&number).ok_or(Error::NotFound)?;
    let order = find(&mut staff.tx, &number).await?;
    let whose = whose(&mut staff.tx, order.head.order_id).await?;
    let addressee = Addressee { business_name: &whose.business_name, account_number: &whose.account_number, town: &whose.town };
    // One paper, whoever prints it.
    let shown = OrderShown::of(&order, &staff.tenant, Reader::Customer, staff.house.now())?;
    Ok(file(&number, on_paper(&shown, &addressee, &staff.tenant)))
}

/// What the form that accepts sends.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct AcceptanceForm {
    revision: Option<i32>,
}

/// `POST /office/orders/:number/acceptance`
#[handler]
pub async fn acceptance(staff: Staff<Seller>, Path(number): Path<String>, Form(form): Form<AcceptanceForm>) -> Result<Response> {
    let (number, member) = (OrderNumber::parse(&number).ok_or(Error::NotFound)?, staff.member.clone());
    let done = staff.write(async |tx, member| accept(tx, member, &number, form.revision).await).await;
    answer(&member, &number, done, "accepted", String::new()).await
}

/// What a form with a reason sends.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct ReasonForm {
    reason: String,
    /// Of what has left: the goods are in stock again.
    came_back: String,
}

/// `POST /office/orders/:number/refusal`
#[handler]
pub async fn refusal(staff: Staff<Seller>, Path(number): Path<String>, Form(form): Form<ReasonForm>) -> Result<Response> {
    let (number, member) = (OrderNumber::parse(&number).ok_or(Error::NotFound)?, staff.member.clone());
    let done = staff.write(async |tx, member| decline(tx, member, &number, &form.reason).await).await;
    answer(&member, &number, done, "declined", form.reason).await
}

/// `POST /office/orders/:number/cancellation`
#[handler]
pub async fn cancellation(staff: Staff<Seller>, Path(number): Path<String>, Form(form): Form<ReasonForm>) -> Result<Response> {
    let (number, member) = (OrderNumber::parse(&number).ok_or(Error::NotFound)?, staff.member.clone());
    let came_back = !form.came_back.is_empty();
    let done = staff.write(async |tx, member| cancel(tx, member, &number, &form.reason, came_back).await).await;
    answer(&member, &number, done, "cancelled", form.reason).await
}

/// The order as it is now, or with what was typed and why nothing was done.
async fn answer(member: &Member, number: &OrderNumber, done: Result<()>, word: &str, reason: String) -> Result<Response> {
    let (status, not_done) = match done {
        Ok(()) => return Ok(Redirect::to(format!("/office/orders/{number}?done={word}")).into_response()),
        Err(Error::Invalid(wrong)) => {
            (StatusCode::UNPROCESSABLE_ENTITY, NotDone { reason, reason_error: wrong.of("reason"), ..NotDone::default() })
        }
        Err(Error::Conflict(why)) => (StatusCode::CONFLICT, NotDone { warning: format!("{why}."), reason, ..NotDone::default() }),
        Err(error) => return Err(error),
    };
    let page = member.house.office(&member.tenant).read(async |tx| page(tx, member, number, "", not_done).await).await?;
    Ok(page.with_status(status).into_response())
}
