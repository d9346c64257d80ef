//! Sending the basket, and what was ordered before.

use std::collections::BTreeMap;

use askama::Template;
use http::StatusCode;
use http::header::CONTENT_DISPOSITION;
use poem::web::{Form, Path, Query};
use poem::{IntoResponse, Response, handler};
use serde::Deserialize;
use uuid::Uuid;

use super::printing::{Addressee, on_paper};
use super::shown::{OrderShown, Reader, Step, steps, tone};
use super::{
    Lines, Move, Order, OrderNumber, PAGE, Placing, Sender, cancel, find, happened, number_of_submission, of_account, read_words, reorder,
    states, submit,
};
use crate::basket;
use crate::basket::pages::{NotSent, Typed, page as basket_page};
use crate::error::{Error, LineFault, Result};
use crate::home;
use crate::idempotency::submission::Patience;
use crate::order_days;
use crate::tenancy::extract::{Buyer, Caller};
use crate::tenancy::terms::Terms;
use crate::values::Money;
use crate::web::{Page, Redirect, Shell, when};

/// What the form on the basket sends.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct SubmissionForm {
    submission_id: String,
    version: i64,
    /// What one of each product cost on the screen: `<product>=<minor>,…`.
    seen: String,
    /// `delivery:2026-12-01`; empty where no day is asked for.
    day: String,
    reference: String,
    note: String,
}

/// `POST /orders`
#[handler]
pub async fn create(buyer: Buyer, Form(form): Form<SubmissionForm>) -> Result<Response> {
    let terms = buyer.terms();
    let answer = buyer
        .write(async |tx, caller, access| {
            let sent = match read(&form) {
                Ok(placing) => {
                    let sender = Sender::customer(caller, access, &terms, Some(&form.submission_id), Patience::Wait);
                    submit(tx, &sender, &placing, caller.house.now()).await.map(|placed| placed.number)
                }
                Err(error) => Err(error),
            };
            let refusal = match sent {
                Ok(number) => return Ok(Redirect::to(format!("/orders/{number}?done=sent")).into_response()),
                Err(refusal) => refusal,
            };
            // Whatever was refused has written nothing.
            let status = match refusal {
                Error::Invalid(_) | Error::KeyReused => StatusCode::UNPROCESSABLE_ENTITY,
                Error::Moved(_) | Error::NotEnough(_) => StatusCode::CONFLICT,
                other => return Err(other),
            };
            let sent_as = match refusal {
                Error::KeyReused => number_of_submission(tx, &form.submission_id, access.account_id).await?,
                _ => String::new(),
            };
            let (typed, not_sent) = why_not(refusal, &form, &terms, sent_as);
            Ok(basket_page(tx, caller, access, &terms, typed, not_sent).await?.with_status(status).into_response())
        })
        .await?;
    Ok(answer)
}

fn read(form: &SubmissionForm) -> Result<Placing> {
    let (reference, note) = read_words(&form.reference, &form.note)?;
    let (method, day) = form.day.split_once(':').unwrap_or_default();
    // What is not to be read was not seen: then the prices count as moved, and are shown again.
    let seen = form.seen.split(',').filter_map(|pair| {
        let (product, minor) = pair.split_once('=')?;
        Some((Uuid::parse_str(product).ok()?, minor.parse().ok()?))
    });
    let seen: BTreeMap<Uuid, i64> = seen.collect();
    Ok(Placing { lines: Lines::Basket { version: form.version, seen }, day: order_days::read(method, day)?, reference, note })
}

/// Says what is otherwise than it was on the screen.
fn why_not(refusal: Error, form: &SubmissionForm, terms: &Terms, sent_as: String) -> (Typed, NotSent) {
    let mut typed = Typed { day: form.day.clone(), reference: form.reference.clone(), note: form.note.clone(), ..Typed::default() };
    let (title, why, send) = match refusal {
        Error::Moved(lines) if lines.is_empty() => {
            let why = "Somebody of your account has changed the basket, or sent it. This is how it is now.";
            ("Not sent yet:", vec![why.to_owned()], "Send it as it is now")
        }
        Error::Moved(lines) => {
            let why = lines.iter().map(|line| moved(line, terms)).collect();
            ("Not sent yet, because prices have changed:", why, "Send at new price")
        }
        Error::NotEnough(lines) => {
            let why = lines.iter().map(|line| format!("{} ({}): {}", line.name, line.sku, line.detail)).collect();
            ("Not sent yet, because there is not enough of everything:", why, "")
        }
        Error::KeyReused => ("This basket was sent already.", vec![format!("It was sent as {sent_as}.")], ""),
        Error::Invalid(wrong) => {
            let why = wrong.iter().map(|(_, text)| text.to_owned()).collect();
            typed.wrong = wrong;
            ("Not sent yet:", why, "")
        }
        other => ("Not sent yet:", vec![other.to_string()], ""),
    };
    (typed, NotSent { title: title.to_owned(), why, sent_as, send, ..NotSent::default() })
}

fn moved(line: &LineFault, terms: &Terms) -> String {
    let shown = |minor: Option<i64>| minor.map_or("no price".to_owned(), |minor| Money::new(minor, terms.currency).shown_in(terms.at));
    format!("{} ({}): {} → {}", line.name, line.sku, shown(line.before_minor), shown(line.now_minor))
}

#[derive(Template)]
#[template(path = "orders/index.html")]
struct IndexPage {
    shell: Shell,
    items: Vec<Item>,
    next_href: String,
}

struct Item {
    number: String,
    status: &'static str,
    tone: &'static str,
    placed: String,
    placed_exact: String,
    lines: String,
    reference: String,
    net: String,
}

impl Item {
    fn of(order: &Order, caller: &Caller) -> Result<Self> {
        let (now, zone) = (caller.house.now(), caller.tenant.time_zone);
        let status = order.head.status()?;
        Ok(Self {
            number: order.head.number.clone(),
            status: status.title_by(&order.head.method),
            tone: tone(status),
            placed: when::ago(order.head.placed_at, now, zone),
            placed_exact: when::exact(order.head.placed_at, zone),
            lines: if order.lines.len() == 1 { "1 line".to_owned() } else { format!("{} lines", order.lines.len()) },
            reference: order.head.reference.clone(),
            net: order.head.money(order.head.net_minor)?.shown_in(caller.tenant.country),
        })
    }
}

/// Where the page before ended.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct IndexQuery {
    after: Option<Uuid>,
}

/// `GET /orders`
#[handler]
pub async fn index(mut buyer: Buyer, Query(query): Query<IndexQuery>) -> Result<Page> {
    let orders = of_account(&mut buyer.tx, buyer.access.account_id, query.after).await?;
    let is_full = i64::try_from(orders.len()).is_ok_and(|length| length == PAGE);
    let next_href = orders.last().filter(|_| is_full).map(|last| format!("/orders?after={}", last.head.order_id));
    Page::of(&IndexPage {
        shell: Shell::of_customer(&buyer, "Orders", "orders"),
        items: orders.iter().map(|order| Item::of(order, &buyer)).collect::<Result<_>>()?,
        next_href: next_href.unwrap_or_default(),
    })
}

#[expect(clippy::struct_excessive_bools, reason = "each is a part of the page that is there or not")]
#[derive(Template)]
#[template(path = "orders/show.html")]
struct ShowPage {
    shell: Shell,
    order: OrderShown,
    steps: Vec<Step>,
    is_new: bool,
    is_edited: bool,
    warning: String,
    can_edit: bool,
    can_cancel: bool,
    /// The basket's version.
    basket: i64,
}

/// What was just done.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct ShowQuery {
    done: String,
}

/// `GET /orders/:number`
#[handler]
pub async fn show(buyer: Buyer, Path(number): Path<String>, Query(query): Query<ShowQuery>) -> Result<Response> {
    let Buyer { caller, access, mut tx } = buyer;
    let number = OrderNumber::parse(&number).ok_or(Error::NotFound)?;
    let order = find(&mut tx, &number).await?;
    let happened = happened(&mut tx, order.head.order_id).await?;
    let status = order.head.status()?;
    let now = caller.house.now();
    let is_open = order.head.closes_at.is_none_or(|end| now < end);
    let page = Page::of(&ShowPage {
        shell: Shell::of_customer(&caller, &format!("Order {number}"), "orders"),
        steps: steps(&order, &happened, &caller.tenant, now)?,
        is_new: query.done == "sent" && status == states::Status::Submitted,
        is_edited: query.done == "edited" && status == states::Status::Submitted,
        warning: if query.done == "late" { too_late(status, is_open) } else { String::new() },
        can_edit: status.after(Move::Edit, states::Who::Customer, is_open).is_ok(),
        can_cancel: status.after(Move::Cancel, states::Who::Customer, is_open).is_ok(),
        basket: basket::version(&mut tx, access.account_id).await?,
        order: OrderShown::of(&order, &caller.tenant, Reader::Customer, now)?,
    })?;
    Ok(page.into_response())
}

/// `GET /orders/:number/order.pdf`
#[handler]
pub async fn paper(buyer: Buyer, Path(number): Path<String>) -> Result<Response> {
    let Buyer { caller, access, mut tx } = buyer;
    let number = OrderNumber::parse(&number).ok_or(Error::NotFound)?;
    let order = find(&mut tx, &number).await?;
    let account = home::account(&mut tx, &access).await?;
    let addressee = Addressee { business_name: &account.business_name, account_number: &account.account_number, town: &account.town };
    let shown = OrderShown::of(&order, &caller.tenant, Reader::Customer, caller.house.now())?;
    Ok(file(&number, on_paper(&shown, &addressee, &caller.tenant)))
}

/// An order's paper, as an answer.
pub fn file(number: &OrderNumber, pdf: Vec<u8>) -> Response {
    let name = format!("inline; filename=\"order-{number}.pdf\"");
    Response::builder().content_type("application/pdf").header(CONTENT_DISPOSITION, name).body(pdf)
}

/// Why it was not cancelled, when it still is not.
fn too_late(status: states::Status, is_open: bool) -> String {
    status.after(Move::Cancel, states::Who::Customer, is_open).err().map(|why| format!("{why}.")).unwrap_or_default()
}

/// `POST /orders/:number/cancellation`
#[handler]
pub async fn cancellation(buyer: Buyer, Path(number): Path<String>) -> Result<Redirect> {
    let number = OrderNumber::parse(&number).ok_or(Error::NotFound)?;
    match buyer.write(async |tx, caller, _| cancel(tx, caller, &number, caller.house.now()).await).await {
        Ok(()) => Ok(Redirect::to(format!("/orders/{number}"))),
        Err(Error::Conflict(_)) => Ok(Redirect::to(format!("/orders/{number}?done=late"))),
        Err(error) => Err(error),
    }
}

/// What the form that orders once more sends.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct AgainForm {
    /// The basket's version when the form was shown.
    basket: Option<i64>,
}

/// `POST /orders/:number/reorder`
#[handler]
pub async fn again(buyer: Buyer, Path(number): Path<String>, Form(form): Form<AgainForm>) -> Result<Redirect> {
    let number = OrderNumber::parse(&number).ok_or(Error::NotFound)?;
    let terms = buyer.terms();
    let is_added = buyer
        .write(async |tx, caller, access| reorder(tx, access.account_id, &terms, &number, form.basket, caller.house.now()).await)
        .await?;
    Ok(Redirect::to(if is_added { format!("/basket?from={number}") } else { "/basket?done=unchanged".to_owned() }))
}
