//! The page on which a list is typed, pasted or sent as a file, and looked at before it goes into the basket.

use askama::Template;
use poem::web::{Form, Multipart};
use poem::{IntoResponse, Response, handler};
use serde::Deserialize;

use super::{MOST_LINES, Match, Matched, decode, into_basket, matched, read_lines};
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
            Match::Unknown => "There is nothing of this SKU.".clone_into(&mut row.problem),
            Match::NoQuantity => "This is no quantity that can be ordered.".clone_into(&mut row.problem),
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

fn page(caller: &Caller, typed: String, wrong: String, rows: Vec<Row>) -> Result<Page> {
    let found = rows.iter().filter(|row| row.goes).count();
    Page::of(&QuickPage { shell: Shell::of_customer(caller, "Quick order", "quick-order"), typed, wrong, rows, found })
}

/// `GET /quick-order`
#[handler]
pub fn show(buyer: Buyer) -> Result<Page> {
    page(&buyer, String::new(), String::new(), Vec::new())
}

/// `POST /quick-order`: what the lines stand for; nothing is written.
#[handler]
pub async fn look(mut buyer: Buyer, mut parts: Multipart) -> Result<Page> {
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
        return page(&buyer, typed, format!("These are more than {MOST_LINES} lines. Please send them in parts."), Vec::new());
    }
    if lines.is_empty() {
        return page(&buyer, typed, "Please type, paste or choose some lines.".to_owned(), Vec::new());
    }
    let terms = buyer.terms();
    let matched = matched(&mut buyer.tx, &terms, lines).await?;
    page(&buyer, typed, String::new(), matched.iter().map(|matched| Row::of(matched, &terms)).collect())
}

/// What the form beneath the lines sends: the lines.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct LinesForm {
    lines: String,
}

/// `POST /quick-order/lines`
#[handler]
pub async fn take(buyer: Buyer, Form(form): Form<LinesForm>) -> Result<Response> {
    let lines = read_lines(&form.lines);
    if lines.len() > MOST_LINES {
        return Ok(Redirect::to("/quick-order").into_response());
    }
    let terms = buyer.terms();
    buyer
        .write(async |tx, caller, access| {
            let matched = matched(tx, &terms, lines).await?;
            into_basket(tx, access.account_id, &terms, &matched, caller.house.now()).await
        })
        .await?;
    Ok(Redirect::to("/basket").into_response())
}
