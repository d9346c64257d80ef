//! The page on which a list is typed, pasted or sent as a file, and looked at before it goes into the basket.

use askama::Template;
use http::StatusCode;
use poem::web::{Form, Multipart};
use poem::{IntoResponse, Response, handler};
use serde::Deserialize;

use super::{MOST_LINES, Match, Matched, decode, into_basket, matched, read_lines};
use crate::basket;
use crate::error::{Error, Result};
use crate::tenancy::extract::{Buyer, Caller};
use crate::tenancy::terms::Terms;
use crate::values::Money;
use crate::web::{Page, Redirect, Shell};

#[derive(Template)]
#[template(path = "quick_orders/show.html")]
struct QuickPage {
    shell: Shell,
    typed: String,
    wrong: String,
    rows: Vec<Row>,
    found: usize,
    /// The basket's version.
    basket: i64,
}

/// A line, and what was found for it.
pub struct Row {
    pub text: String,
    pub sku: String,
    pub name: String,
    pub quantity: u32,
    pub total: String,
    /// Why not, or what to look at; empty when all is well.
    pub problem: String,
    /// Whether it goes into the basket all the same, to be put right there.
    pub goes: bool,
}

impl Row {
    pub fn of(matched: &Matched, terms: &Terms) -> Self {
        let mut row = Self {
            text: matched.text.clone(),
            sku: String::new(),
            name: String::new(),
            quantity: 0,
            total: String::new(),
            problem: String::new(),
            goes: matched.goes(),
        };
        match &matched.stands_for {
            Match::Unknown => "We have no product with this SKU.".clone_into(&mut row.problem),
            Match::NoQuantity => "Write the quantity as a whole number, such as 12.".clone_into(&mut row.problem),
            Match::Found { goods, quantity, price, misfit } => {
                (row.sku, row.name, row.quantity) = (goods.sku.clone(), goods.name.clone(), *quantity);
                row.problem = misfit.as_ref().map(|misfit| misfit.in_words(*quantity)).unwrap_or_default();
                let total = price.as_ref().and_then(|price| price.unit_minor.checked_mul(i64::from(*quantity)));
                row.total = total.map(|minor| Money::new(minor, terms.currency).shown_in(terms.at)).unwrap_or_default();
            }
        }
        row
    }
}

fn page(caller: &Caller, typed: String, rows: Vec<Row>, basket: i64) -> Result<Page> {
    let found = rows.iter().filter(|row| row.goes).count();
    let (shell, wrong) = (Shell::of_customer(caller, "Quick order", "quick-order"), String::new());
    Page::of(&QuickPage { shell, typed, wrong, rows, found, basket })
}

/// What was typed, and why nothing was looked up.
fn refusal(caller: &Caller, typed: String, wrong: String) -> Result<Response> {
    let shell = Shell::of_customer(caller, "Quick order", "quick-order");
    let page = Page::of(&QuickPage { shell, typed, wrong, rows: Vec::new(), found: 0, basket: 0 })?;
    Ok(page.with_status(StatusCode::UNPROCESSABLE_ENTITY).into_response())
}

/// `GET /quick-order`
#[handler]
pub fn show(buyer: Buyer) -> Result<Page> {
    page(&buyer, String::new(), Vec::new(), 0)
}

/// `POST /quick-order`: what the lines stand for; nothing is written.
#[handler]
pub async fn look(mut buyer: Buyer, mut parts: Multipart) -> Result<Response> {
    let unreadable = || Error::Malformed("The form cannot be read".to_owned());
    let mut typed = String::new();
    while let Some(field) = parts.next_field().await.map_err(|_| unreadable())? {
        if matches!(field.name(), Some("lines" | "file")) {
            let bytes = field.bytes().await.map_err(|_| unreadable())?;
            typed.push_str(&decode(&bytes));
            typed.push('\n');
        }
    }
    let (typed, lines) = (typed.trim().to_owned(), read_lines(&typed));
    if lines.len() > MOST_LINES {
        return refusal(&buyer, typed, format!("These are more than {MOST_LINES} lines. Please send them in parts."));
    }
    if lines.is_empty() {
        return refusal(&buyer, typed, "Please type, paste or choose some lines.".to_owned());
    }
    let terms = buyer.terms();
    let matched = matched(&mut buyer.tx, &terms, lines).await?;
    let account = buyer.access.account_id;
    let basket = basket::version(&mut buyer.tx, account).await?;
    Ok(page(&buyer, typed, matched.iter().map(|matched| Row::of(matched, &terms)).collect(), basket)?.into_response())
}

/// What the form beneath the lines sends: the lines.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct LinesForm {
    lines: String,
    /// The basket's version when they were looked up.
    basket: Option<i64>,
}

/// `POST /quick-order/lines`
#[handler]
pub async fn take(buyer: Buyer, Form(form): Form<LinesForm>) -> Result<Response> {
    let lines = read_lines(&form.lines);
    if lines.len() > MOST_LINES {
        return Ok(Redirect::to("/quick-order").into_response());
    }
    let terms = buyer.terms();
    let is_added = buyer
        .write(async |tx, caller, access| {
            let matched = matched(tx, &terms, lines).await?;
            into_basket(tx, access.account_id, &terms, &matched, form.basket, caller.house.now()).await
        })
        .await?;
    Ok(Redirect::to(if is_added { "/basket" } else { "/basket?done=unchanged" }).into_response())
}
