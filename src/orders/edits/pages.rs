//! The form that changes an order of one's own, and what it would come to.

use std::collections::HashMap;

use askama::Template;
use http::StatusCode;
use poem::web::{Form, Path};
use poem::{IntoResponse, Response, handler};

use crate::basket::pages::DayShown;
use crate::db::{Counter, Tx};
use crate::error::{Error, FieldErrors, Result};
use crate::order_days::{self, calendar};
use crate::orders::states::Who;
use crate::orders::{
    Asked, Edited, LONGEST_NOTE, LONGEST_REFERENCE, Line, Move, Order, OrderNumber, Outcome, edit, find, preview_edit, read_words,
};
use crate::quick_orders::read_lines;
use crate::tenancy::extract::{Buyer, Caller};
use crate::values::Quantity;
use crate::web::{Page, Redirect, Shell};

#[derive(Template)]
#[template(path = "orders/edits/new.html")]
struct NewPage {
    shell: Shell,
    number: String,
    /// Where the form leads.
    action: String,
    revision: i32,
    warnings: Vec<String>,
    rows: Vec<Row>,
    more: String,
    days: Vec<DayShown>,
    reference: String,
    note: String,
    wrong: FieldErrors,
    outcome: Option<Outcome>,
}

struct Row {
    line: i16,
    name: String,
    sku: String,
    unit: String,
    quantity: String,
    wrong: String,
}

/// What was typed, by the names of the fields.
type Typed = HashMap<String, String>;

fn typed<'a>(form: &'a Typed, name: &str) -> &'a str {
    form.get(name).map(|text| text.trim()).unwrap_or_default()
}

/// Reads what was typed, and from which field each line came; what is wrong stands beside the field of that name.
fn read(form: &Typed, order: &Order) -> Result<(Edited, Vec<String>)> {
    let (mut wrong, mut lines, mut fields) = (FieldErrors::new(), Vec::new(), Vec::new());
    for line in &order.lines {
        let field = format!("quantity.{}", line.line);
        match Quantity::parse_or_none(typed(form, &field)) {
            Ok(Some(quantity)) => {
                lines.push(Asked { sku: line.sku.clone(), quantity: quantity.get() });
                fields.push(field);
            }
            Ok(None) => {}
            Err(why) => wrong.add(field, why.to_string()),
        }
    }
    for line in read_lines(typed(form, "more")) {
        match line.quantity {
            Some(quantity) => lines.push(Asked { sku: line.sku, quantity }),
            None => wrong.add("more", format!("“{}”: this is no quantity that can be ordered.", line.text)),
        }
        fields.push("more".to_owned());
    }
    let words = read_words(typed(form, "reference"), form.get("note").map(String::as_str).unwrap_or_default());
    let (reference, note) = match words {
        Ok(words) => words,
        Err(Error::Invalid(of_words)) => {
            of_words.iter().for_each(|(field, text)| wrong.add(field.to_owned(), text));
            Default::default()
        }
        Err(error) => return Err(error),
    };
    let (method, day) = typed(form, "day").split_once(':').unwrap_or_default();
    let revision = typed(form, "revision").parse().unwrap_or_default();
    let edited = Edited { revision, lines, day: order_days::read(method, day)?, reference, note };
    wrong.or(Some((edited, fields)))
}

/// The fields of the form, of those that the verb names.
fn by_field(wrong: &FieldErrors, fields: &[String]) -> FieldErrors {
    let mut named = FieldErrors::new();
    for (field, text) in wrong.iter() {
        let at = field.strip_prefix("lines[").and_then(|rest| rest.split(']').next()?.parse::<usize>().ok());
        named.add(at.and_then(|at| fields.get(at)).cloned().unwrap_or_else(|| field.to_owned()), text);
    }
    named
}

/// What the page shows besides the order.
#[derive(Default)]
struct Shown {
    typed: Typed,
    warnings: Vec<String>,
    wrong: FieldErrors,
    outcome: Option<Outcome>,
}

/// `GET /orders/:number/edit`
#[handler]
pub async fn new(mut buyer: Buyer, Path(number): Path<String>) -> Result<Response> {
    let number = OrderNumber::parse(&number).ok_or(Error::NotFound)?;
    let order = find(&mut buyer.tx, &number).await?;
    let is_open = order.head.closes_at.is_none_or(|end| buyer.house.now() < end);
    // What can be changed no more says so on its own page.
    if order.head.status()?.after(Move::Edit, Who::Customer, is_open).is_err() {
        return Ok(Redirect::to(format!("/orders/{number}?done=late")).into_response());
    }
    Ok(page(&mut buyer.tx, &buyer.caller, &order, Shown::default()).await?.into_response())
}

/// `POST /orders/:number/edit`: what it would come to and, when that was seen, the change itself.
#[handler]
pub async fn create(buyer: Buyer, Path(number): Path<String>, Form(form): Form<Typed>) -> Result<Response> {
    let number = OrderNumber::parse(&number).ok_or(Error::NotFound)?;
    let terms = buyer.terms();
    let Buyer { caller, mut tx, .. } = buyer;
    let order = find(&mut tx, &number).await?;
    let seen: Option<i64> = form.get("seen").and_then(|seen| seen.parse().ok());
    let now = caller.house.now();
    let mut fields = Vec::new();
    let tried = match read(&form, &order) {
        Ok((edited, of_lines)) => {
            fields = of_lines;
            match seen {
                Some(_) => edit(&mut tx, (&caller, &terms), &number, &edited, seen, now).await.map(|()| None),
                None => preview_edit(&mut tx, &caller, &terms, &number, &edited, now).await.map(Some),
            }
        }
        Err(error) => Err(error),
    };
    let mut shown = Shown { typed: form, ..Shown::default() };
    let status = match tried {
        Ok(None) => {
            tx.commit().await?;
            return Ok(Redirect::to(format!("/orders/{number}?done=edited")).into_response());
        }
        Ok(Some(draft)) => {
            let money = order.head.money(0)?;
            shown.outcome = Some(Outcome::of(
                &draft.changes,
                (draft.before_gross_minor, draft.after_gross_minor),
                shown.typed.clone(),
                money,
                caller.tenant.country,
            ));
            StatusCode::OK
        }
        Err(Error::Invalid(wrong)) => {
            shown.wrong = by_field(&wrong, &fields);
            shown.warnings = shown.wrong.iter().filter(|(field, _)| *field == "lines").map(|(_, text)| text.to_owned()).collect();
            StatusCode::UNPROCESSABLE_ENTITY
        }
        Err(Error::Conflict(why)) => {
            shown.warnings.push(format!("{why}."));
            StatusCode::CONFLICT
        }
        Err(Error::Moved(_)) => {
            shown.warnings.push("Prices have changed since you looked: see once more what it comes to.".to_owned());
            StatusCode::CONFLICT
        }
        Err(Error::NotEnough(lines)) => {
            shown.warnings = lines.into_iter().map(|line| format!("{}: {}", line.sku, line.detail)).collect();
            StatusCode::CONFLICT
        }
        Err(error) => return Err(error),
    };
    Ok(page(&mut tx, &caller, &order, shown).await?.with_status(status).into_response())
}

async fn page(tx: &mut Tx<Counter>, caller: &Caller, order: &Order, shown: Shown) -> Result<Page> {
    let Shown { typed: form, warnings, wrong, outcome } = shown;
    let head = &order.head;
    let money = head.money(0)?;
    let said = |name: &str| form.get(name).cloned();
    let row = |line: &Line| Row {
        line: line.line,
        name: line.name.clone(),
        sku: line.sku.clone(),
        unit: crate::values::Money { minor: line.unit_minor, ..money }.shown_in(caller.tenant.country),
        quantity: said(&format!("quantity.{}", line.line)).unwrap_or_else(|| line.quantities().ordered.to_string()),
        wrong: wrong.of(&format!("quantity.{}", line.line)),
    };
    let chosen = said("day").unwrap_or_else(|| head.wanted_day.map(|day| format!("{}:{day}", head.method)).unwrap_or_default());
    let (now, zone) = (caller.house.now(), caller.tenant.time_zone);
    let days = calendar(tx).await?.choices(now, zone);
    Page::of(&NewPage {
        shell: Shell::of_customer(caller, &format!("Change order {}", head.number), "orders"),
        number: head.number.clone(),
        action: format!("/orders/{}/edit", head.number),
        revision: head.revision,
        warnings,
        rows: order.lines.iter().map(row).collect(),
        more: said("more").unwrap_or_default(),
        days: DayShown::all(&days, &chosen, zone),
        reference: said("reference").unwrap_or_else(|| head.reference.clone()),
        note: said("note").unwrap_or_else(|| head.note.clone()),
        wrong,
        outcome,
    })
}
