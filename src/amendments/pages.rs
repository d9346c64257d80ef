//! The form that changes an order, and what it would come to.

use std::collections::HashMap;

use askama::Template;
use http::StatusCode;
use poem::web::{Form, Path};
use poem::{IntoResponse, Response, handler};

use super::{Addition, Amendment, Draft, LONGEST_WHY, LineAmendment, amend, preview};
use crate::db::{Office, Tx};
use crate::error::{Error, FieldErrors, Result};
use crate::orders::{By, Head, Line, Move, OrderNumber, Outcome, find};
use crate::tenancy::extract::{Member, Seller, Staff};
use crate::values::{DecimalMark, Money, Quantity};
use crate::web::{Page, Redirect, Shell};

/// How many new lines the form has room for.
const NEW_ROWS: usize = 3;

#[derive(Template)]
#[template(path = "amendments/new.html")]
struct NewPage {
    shell: Shell,
    number: String,
    /// Where the form leads.
    action: String,
    revision: i32,
    warnings: Vec<String>,
    rows: Vec<Row>,
    new_rows: Vec<NewRow>,
    /// The lines that something may stand for.
    originals: Vec<(i16, String)>,
    outcome: Option<Outcome>,
}

struct Row {
    line: i16,
    name: String,
    sku: String,
    ordered: u32,
    unit: String,
    quantity: String,
    price: String,
    why: String,
    wrong: String,
}

struct NewRow {
    place: usize,
    sku: String,
    quantity: String,
    instead_of: i16,
    wrong: String,
}

/// What was typed, by the names of the fields.
type Typed = HashMap<String, String>;

fn typed<'a>(form: &'a Typed, name: &str) -> &'a str {
    form.get(name).map(|text| text.trim()).unwrap_or_default()
}

/// Reads what was typed; what is wrong stands beside the field of that name.
fn read(form: &Typed, lines: &[Line], head: &Head, member: &Member) -> Result<Amendment> {
    let mut wrong = FieldErrors::new();
    let (currency, mark) = (head.money(0)?.currency, DecimalMark::of(member.tenant.country));
    let mut amendment = Amendment { revision: typed(form, "revision").parse().unwrap_or_default(), ..Amendment::default() };
    for line in lines {
        let field = |name: &str| format!("{name}.{}", line.line);
        let quantity = match Quantity::parse_or_none(typed(form, &field("quantity"))) {
            Ok(quantity) => quantity.map_or(0, Quantity::get),
            Err(why) => {
                wrong.add(field("quantity"), why.to_string());
                continue;
            }
        };
        let unit_minor = match typed(form, &field("price")) {
            "" => None,
            price => match Money::parse_price(price, currency, mark) {
                Ok(price) => Some(price.minor),
                Err(why) => {
                    wrong.add(field("quantity"), why.to_string());
                    continue;
                }
            },
        };
        let why = typed(form, &field("why")).to_owned();
        amendment.lines.push(LineAmendment { line: line.line, quantity, unit_minor, why });
    }
    for place in 1..=NEW_ROWS {
        let sku = typed(form, &format!("sku.{place}"));
        if sku.is_empty() {
            continue;
        }
        match Quantity::parse(typed(form, &format!("count.{place}"))) {
            Ok(quantity) => amendment.added.push(Addition {
                sku: sku.to_owned(),
                quantity: quantity.get(),
                instead_of: typed(form, &format!("instead.{place}")).parse().ok().filter(|line| *line > 0),
            }),
            Err(why) => wrong.add(format!("sku.{place}"), why.to_string()),
        }
    }
    wrong.or(Some(amendment))
}

/// The fields of the form, of those that the verb names.
fn by_field(wrong: &FieldErrors, lines: &[Line], form: &Typed) -> FieldErrors {
    let mut named = FieldErrors::new();
    let filled: Vec<usize> = (1..=NEW_ROWS).filter(|place| !typed(form, &format!("sku.{place}")).is_empty()).collect();
    for (field, text) in wrong.iter() {
        let at = |prefix: &str| field.strip_prefix(prefix)?.split(']').next()?.parse::<usize>().ok();
        let name = match (at("lines["), at("added[")) {
            (Some(at), _) => lines.get(at).map(|line| format!("quantity.{}", line.line)),
            (_, Some(at)) => filled.get(at).map(|place| format!("sku.{place}")),
            _ => None,
        };
        named.add(name.unwrap_or_else(|| field.to_owned()), text);
    }
    named
}

/// What the page shows besides the order.
#[derive(Default)]
struct Shown {
    typed: Typed,
    warnings: Vec<String>,
    wrong: FieldErrors,
    draft: Option<Draft>,
}

/// `GET /office/orders/:number/amendment`
#[handler]
pub async fn new(mut staff: Staff<Seller>, Path(number): Path<String>) -> Result<Response> {
    let number = OrderNumber::parse(&number).ok_or(Error::NotFound)?;
    let order = find(&mut staff.tx, &number).await?;
    // What can be changed no more says so on its own page.
    if order.head.status()?.after(Move::Amend, By::Staff(&staff.member).who(), true).is_err() {
        return Ok(Redirect::to(format!("/office/orders/{number}")).into_response());
    }
    Ok(page(&mut staff.tx, &staff.member, &number, Shown::default()).await?.into_response())
}

/// `POST /office/orders/:number/amendment`: what it would come to and, when that was seen, the change itself.
#[handler]
pub async fn create(staff: Staff<Seller>, Path(number): Path<String>, Form(form): Form<Typed>) -> Result<Response> {
    let number = OrderNumber::parse(&number).ok_or(Error::NotFound)?;
    let Staff { member, mut tx, .. } = staff;
    let order = find(&mut tx, &number).await?;
    let seen: Option<i64> = form.get("seen").and_then(|seen| seen.parse().ok());
    let tried = match read(&form, &order.lines, &order.head, &member) {
        Ok(amendment) if seen.is_some() => amend(&mut tx, &member, &number, &amendment, seen).await.map(|()| None),
        Ok(amendment) => preview(&mut tx, &member, &number, &amendment).await.map(Some),
        Err(error) => Err(error),
    };
    let mut shown = Shown { typed: form, ..Shown::default() };
    let status = match tried {
        Ok(None) => {
            tx.commit().await?;
            return Ok(Redirect::to(format!("/office/orders/{number}?done=amended")).into_response());
        }
        Ok(draft) => {
            shown.draft = draft;
            StatusCode::OK
        }
        Err(Error::Invalid(wrong)) => {
            let wrong = by_field(&wrong, &order.lines, &shown.typed);
            shown.warnings = wrong.iter().filter(|(field, _)| *field == "lines").map(|(_, text)| text.to_owned()).collect();
            shown.wrong = wrong;
            StatusCode::UNPROCESSABLE_ENTITY
        }
        Err(Error::Conflict(why)) => {
            shown.warnings.push(format!("{why}. This is how it is now."));
            shown.typed.clear();
            StatusCode::CONFLICT
        }
        Err(Error::Moved(_)) => {
            shown.warnings.push("Prices have changed since you looked: see once more what it comes to.".to_owned());
            StatusCode::CONFLICT
        }
        Err(Error::NotEnough(lines)) => {
            shown.warnings = lines.into_iter().map(|line| line.detail).collect();
            StatusCode::CONFLICT
        }
        Err(error) => return Err(error),
    };
    Ok(page(&mut tx, &member, &number, shown).await?.with_status(status).into_response())
}

async fn page(tx: &mut Tx<Office>, member: &Member, number: &OrderNumber, shown: Shown) -> Result<Page> {
    let order = find(tx, number).await?;
    let zero = order.head.money(0)?;
    let money = |minor: i64| Money { minor, ..zero }.shown_in(member.tenant.country);
    let Shown { typed, warnings, wrong, draft } = shown;
    let said = |name: String| typed.get(&name).cloned();
    let row = |line: &Line| Row {
        line: line.line,
        name: line.name.clone(),
        sku: line.sku.clone(),
        ordered: line.quantities().ordered,
        unit: money(line.unit_minor),
        quantity: said(format!("quantity.{}", line.line)).unwrap_or_else(|| line.quantities().counting().to_string()),
        price: said(format!("price.{}", line.line)).unwrap_or_default(),
        why: said(format!("why.{}", line.line)).unwrap_or_else(|| line.why.clone()),
        wrong: wrong.of(&format!("quantity.{}", line.line)),
    };
    let new_row = |place: usize| NewRow {
        place,
        sku: said(format!("sku.{place}")).unwrap_or_default(),
        quantity: said(format!("count.{place}")).unwrap_or_default(),
        instead_of: said(format!("instead.{place}")).and_then(|line| line.parse().ok()).unwrap_or_default(),
        wrong: wrong.of(&format!("sku.{place}")),
    };
    Page::of(&NewPage {
        shell: Shell::of_staff(member, &format!("Change order {number}"), "orders", member.session.waiting.requests),
        number: number.to_string(),
        action: format!("/office/orders/{number}/amendment"),
        revision: order.head.revision,
        rows: order.lines.iter().map(row).collect(),
        new_rows: (1..=NEW_ROWS).map(new_row).collect(),
        originals: order.lines.iter().map(|line| (line.line, line.name.clone())).collect(),
        outcome: draft.map(|draft| {
            let gross_minor = (draft.before_gross_minor, draft.after.gross_minor);
            Outcome::of(&draft.changes(), gross_minor, typed.clone(), zero, member.tenant.country)
        }),
        warnings,
    })
}
