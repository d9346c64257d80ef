//! The basket: what is in it, what it comes to, and the form that sends it.

use std::collections::HashMap;

use askama::Template;
use chrono_tz::Tz;
use http::StatusCode;
use poem::web::{Form, Query};
use poem::{IntoResponse, Response, handler};
use serde::Deserialize;
use uuid::Uuid;

use super::{Basket, BasketLine, Change, Edit, Misfit, begin_anew, change, show as read};
use crate::catalogue::shown::percent;
use crate::db::{Counter, Tx};
use crate::error::{Error, FieldErrors, Result};
use crate::order_days::{Choice, Method, calendar, in_words};
use crate::orders::{LONGEST_NOTE, LONGEST_REFERENCE, OrderNumber, otherwise};
use crate::tax::TaxCountry;
use crate::tenancy::extract::{Buyer, Caller};
use crate::tenancy::session::Access;
use crate::tenancy::terms::Terms;
use crate::values::{Money, Quantity};
use crate::web::{Page, Redirect, Shell};

#[expect(clippy::struct_excessive_bools, reason = "each is a part of the page that is there or not")]
#[derive(Template)]
#[template(path = "basket/show.html")]
struct BasketPage {
    shell: Shell,
    warning_title: String,
    warnings: Vec<String>,
    /// The number of the order that was made of this basket before.
    sent_as: String,
    again: Again,
    items: Vec<Item>,
    net: String,
    rates: Vec<RateShown>,
    tax: String,
    is_export: bool,
    gross: String,
    missing: String,
    least: String,
    submission_id: Uuid,
    version: i64,
    seen: String,
    typed: Typed,
    /// The days to choose from; none where no day is asked for.
    days: Vec<DayShown>,
    asks_day: bool,
    /// What the button that sends it says.
    send: &'static str,
    has_misfits: bool,
    can_send: bool,
}

struct Item {
    product_id: Uuid,
    sku: String,
    name: String,
    pack: String,
    quantity: u32,
    least: u32,
    multiple: u32,
    unit: String,
    total: String,
    was: String,
    problem: String,
    better: Vec<u32>,
    is_gone: bool,
}

/// What the lines of one rate of VAT come to.
pub struct RateShown {
    pub percent: String,
    pub tax: String,
}

/// A day to choose.
pub struct DayShown {
    pub value: String,
    pub words: String,
    pub is_chosen: bool,
}

impl DayShown {
    /// All of them. How the goods come is said where it is a choice; a phone has room for hardly more.
    pub fn all(choices: &[Choice], chosen: &str, zone: Tz) -> Vec<Self> {
        let is_choice = choices.iter().any(|choice| Some(choice.method) != choices.first().map(|first| first.method));
        let shown = |choice: &Choice| {
            let value = format!("{}:{}", choice.method.word(), choice.day);
            let day = match (is_choice, choice.method) {
                (false, _) => choice.day.format("%a %-d %b"),
                (true, Method::Delivery) => choice.day.format("Deliver %a %-d"),
                (true, Method::Collection) => choice.day.format("Collect %a %-d"),
            };
            let until = in_words(choice.closes_at, zone);
            // There is room for no more: the hint beside says what it is.
            let until = if is_choice { until.trim_start_matches("by ") } else { &until };
            Self { is_chosen: value == chosen, value, words: format!("{day} · {until}") }
        };
        choices.iter().map(shown).collect()
    }
}

/// What somebody wrote on the order, and what is wrong with it.
#[derive(Default)]
pub struct Typed {
    /// `delivery:2026-12-01`.
    pub day: String,
    pub reference: String,
    pub note: String,
    pub wrong: FieldErrors,
}

/// Why a basket was not sent as it was.
#[derive(Default)]
pub struct NotSent {
    pub title: String,
    pub why: Vec<String>,
    pub sent_as: String,
    /// What is said of sending it again, where a price or the basket is otherwise than it was seen.
    pub send: &'static str,
    pub again: Again,
}

/// What was ordered once more, and what is otherwise since then.
#[derive(Default)]
pub struct Again {
    pub number: String,
    pub changes: Vec<String>,
}

impl Item {
    fn of(line: &BasketLine, terms: &Terms) -> Self {
        let shown = |minor: i64| Money::new(minor, terms.currency).shown_in(terms.at);
        let unit_minor = line.price.as_ref().map(|price| price.unit_minor);
        let was = line.minor_when_added.filter(|was| Some(*was) != unit_minor);
        Self {
            product_id: line.goods.product_id.uuid(),
            sku: line.goods.sku.clone(),
            name: line.goods.name.clone(),
            pack: line.goods.pack.clone(),
            quantity: line.quantity,
            least: line.goods.fewest(terms),
            multiple: line.goods.multiple,
            unit: unit_minor.map(shown).unwrap_or_default(),
            total: if unit_minor.is_some() { shown(line.net_minor) } else { "–".to_owned() },
            was: was.map(shown).unwrap_or_default(),
            problem: line.misfit.as_ref().map(|misfit| misfit.in_words(line.quantity)).unwrap_or_default(),
            better: line.better(terms),
            is_gone: line.misfit.as_ref().is_some_and(|misfit| !misfit.is_about_quantity() || *misfit == Misfit::Short { left: 0 }),
        }
    }
}

/// `GET /basket`
#[handler]
pub async fn show(buyer: Buyer, Query(query): Query<ShowQuery>) -> Result<Page> {
    let terms = buyer.terms();
    let Buyer { caller, access, mut tx } = buyer;
    let again = match OrderNumber::parse(&query.from) {
        Some(number) => Again { changes: otherwise(&mut tx, &terms, &number).await?, number: number.to_string() },
        None => Again::default(),
    };
    let mut said = NotSent { again, ..NotSent::default() };
    if query.done == "unchanged" {
        "Nothing was added, because this basket had changed since that page was opened:".clone_into(&mut said.title);
        said.why.push("If it is in here already, all is well. Otherwise go back and add it again.".to_owned());
    }
    page(&mut tx, &caller, &access, &terms, Typed::default(), said).await
}

/// Which order was put into it once more.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct ShowQuery {
    from: String,
    done: String,
}

/// The basket, with what was typed and why it was not sent.
pub async fn page(tx: &mut Tx<Counter>, caller: &Caller, access: &Access, terms: &Terms, typed: Typed, not_sent: NotSent) -> Result<Page> {
    let basket = read(tx, access.account_id, terms, caller.tenant.minimum_order).await?;
    let shown = |minor: i64| Money::new(minor, terms.currency).shown_in(terms.at);
    let rates = basket.totals.by_rate.iter().filter(|rate| rate.tax_minor > 0);
    let has_misfits = basket.has_misfits();
    let calendar = calendar(tx).await?;
    let (now, zone) = (caller.house.now(), caller.tenant.time_zone);
    let days = DayShown::all(&calendar.choices(now, zone), &typed.day, zone);
    Page::of(&BasketPage {
        shell: Shell::of_customer(caller, "Basket", "basket"),
        warning_title: not_sent.title,
        warnings: not_sent.why,
        sent_as: not_sent.sent_as,
        again: not_sent.again,
        items: basket.lines.iter().map(|line| Item::of(line, terms)).collect(),
        net: shown(basket.totals.net_minor),
        rates: rates.map(|rate| RateShown { percent: percent(rate.basis_points), tax: shown(rate.tax_minor) }).collect(),
        tax: shown(basket.totals.tax_minor),
        is_export: basket.lines.first().is_some_and(|line| line.goods.tax_rate(terms).country == TaxCountry::Export),
        gross: shown(basket.totals.gross_minor),
        missing: basket.below_minimum.map(|missing| missing.shown_in(terms.at)).unwrap_or_default(),
        least: caller.tenant.minimum_order.shown_in(terms.at),
        submission_id: basket.submission_id,
        version: basket.version,
        seen: basket.seen(),
        typed: or_kept(typed, &basket),
        send: if not_sent.send.is_empty() { "Send order" } else { not_sent.send },
        can_send: !has_misfits && basket.below_minimum.is_none() && (!calendar.asks() || !days.is_empty()),
        asks_day: calendar.asks(),
        days,
        has_misfits,
    })
}

/// Whoever has typed nothing sees what was typed before.
fn or_kept(typed: Typed, basket: &Basket) -> Typed {
    if typed.reference.is_empty() && typed.note.is_empty() {
        return Typed { reference: basket.reference.clone(), note: basket.note.clone(), ..typed };
    }
    typed
}

/// `POST /basket/lines`: of a list of products, those whose quantity is otherwise than it was shown; and of one of them one step
/// more or less.
#[handler]
pub async fn update(buyer: Buyer, Form(form): Form<HashMap<String, String>>) -> Result<Response> {
    let terms = buyer.terms();
    let account = buyer.access.account_id;
    let back = form.get("to").filter(|to| is_of_here(to)).cloned().unwrap_or_else(|| "/basket".to_owned());
    let edits = match read_edits(&form) {
        Ok(edits) => edits,
        Err(Error::Invalid(wrong)) => {
            let why = wrong.iter().map(|(_, text)| text.to_owned()).collect();
            let not_sent = NotSent { title: "Nothing was changed:".to_owned(), why, ..NotSent::default() };
            let Buyer { caller, access, mut tx } = buyer;
            let page = page(&mut tx, &caller, &access, &terms, Typed::default(), not_sent).await?;
            return Ok(page.with_status(StatusCode::UNPROCESSABLE_ENTITY).into_response());
        }
        Err(error) => return Err(error),
    };
    buyer.write(async |tx, caller, _| change(tx, account, &terms, &edits, caller.house.now()).await).await?;
    Ok(Redirect::to(back).into_response())
}

/// A path of this very counter, and nothing that leads away from it.
fn is_of_here(path: &str) -> bool {
    path.starts_with('/') && !path.starts_with("//") && !path.contains(|c: char| c == '\\' || c.is_control()) && path.len() <= 1000
}

fn read_edits(form: &HashMap<String, String>) -> Result<Vec<Edit>> {
    let mut edits = Vec::new();
    let pressed = |name: &str| form.get(name).and_then(|id| Uuid::parse_str(id).ok());
    let (more, less) = (pressed("more"), pressed("less"));
    let set = form.get("set").and_then(|set| set.split_once(':')).and_then(|(id, to)| Some((Uuid::parse_str(id).ok()?, to)));
    for (name, typed) in form {
        let Some(product) = name.strip_prefix("q.").and_then(|id| Uuid::parse_str(id).ok()) else { continue };
        let is_pressed = [more, less, set.map(|(id, _)| id)].contains(&Some(product));
        if !is_pressed && form.get(&format!("was.{product}")).is_some_and(|was| was.trim() == typed.trim()) {
            continue;
        }
        let typed = set.filter(|(id, _)| *id == product).map_or(typed.as_str(), |(_, to)| to);
        let quantity = Quantity::parse_or_none(typed).map_err(|why| Error::invalid("quantity", format!("“{typed}”: {why}")))?;
        let quantity = quantity.map_or(0, Quantity::get);
        let wanted = match Some(product) {
            it if it == more => Change::More(quantity),
            it if it == less => Change::Less(quantity),
            _ => Change::To(quantity),
        };
        edits.push(Edit { product: product.into(), wanted, age_seconds: 0 });
    }
    Ok(edits)
}

/// `POST /basket/emptying`
#[handler]
pub async fn emptying(buyer: Buyer) -> Result<Redirect> {
    let account = buyer.access.account_id;
    buyer.write(async |tx, caller, _| begin_anew(tx, account, caller.house.now()).await).await?;
    Ok(Redirect::to("/basket"))
}
