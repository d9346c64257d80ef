//! The pages of whoever picks: what there is to pick, one order, and the lists that are printed.

use std::collections::HashMap;

use askama::Template;
use chrono::NaiveDate;
use http::StatusCode;
use poem::web::{Form, Path, Query};
use poem::{IntoResponse, Response, handler};
use serde::Deserialize;

use super::lists::{Layout, Route, Shelf, by_category, by_route, to_pick};
use super::{Delivered, Instead, LONGEST_WHY, Picked, Picking, Row, Sheet, Stage, deliver, dispatch, pick, sheet, start, waiting};
use crate::db::{Office, Tx};
use crate::error::{Error, FieldErrors, Result};
use crate::order_days::day_in_words;
use crate::orders::{OrderNumber, Status};
use crate::tenancy::extract::{AnyRole, Member, Staff};
use crate::values::Quantity;
use crate::web::{Page, Redirect, Shell};

fn shell(member: &Member, title: &str) -> Shell {
    Shell::of_staff(member, title, "picking", member.session.waiting.requests)
}

fn day_or(day: Option<NaiveDate>, else_words: &str) -> String {
    day.map_or_else(|| else_words.to_owned(), day_in_words)
}

#[derive(Template)]
#[template(path = "picking/index.html")]
struct IndexPage {
    shell: Shell,
    tabs: Vec<Tab>,
    is_waiting: bool,
    items: Vec<Item>,
    notice: String,
}

struct Tab {
    word: &'static str,
    title: &'static str,
    is_here: bool,
}

struct Item {
    number: String,
    business_name: String,
    town: String,
    route: String,
    how: &'static str,
    day: String,
    lines: i64,
    picked: i64,
}

impl Item {
    fn of(row: Row) -> Self {
        Self {
            number: row.number,
            business_name: row.business_name,
            town: row.town,
            route: row.route,
            how: if row.method == "collection" { "For collection" } else { "For delivery" },
            day: day_or(row.wanted_day, "as soon as possible"),
            lines: row.lines,
            picked: row.picked,
        }
    }
}

/// Which orders, and what was just done.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct IndexQuery {
    stage: String,
    done: String,
}

/// `GET /office/picking`
#[handler]
pub async fn index(mut staff: Staff<AnyRole>, Query(query): Query<IndexQuery>) -> Result<Page> {
    let stage = Stage::parse(&query.stage).unwrap_or(Stage::Waiting);
    let items: Vec<Item> = waiting(&mut staff.tx, stage).await?.into_iter().map(Item::of).collect();
    let number = OrderNumber::parse(&query.done);
    Page::of(&IndexPage {
        shell: shell(&staff, "Picking"),
        tabs: Stage::ALL.map(|tab| Tab { word: tab.word(), title: tab.title(), is_here: tab == stage }).into(),
        is_waiting: stage == Stage::Waiting,
        items,
        notice: number.map(|number| format!("{number} is done here.")).unwrap_or_default(),
    })
}

#[derive(Template)]
#[template(path = "picking/show.html")]
struct ShowPage {
    shell: Shell,
    sheet: Sheet,
    status: &'static str,
    day: String,
    lines: Vec<Line>,
    warnings: Vec<String>,
    instead: InsteadTyped,
    is_waiting: bool,
    is_picking: bool,
    is_away: bool,
}

struct Line {
    line: i16,
    name: String,
    sku: String,
    pack: String,
    barcode: String,
    /// How many there are of it, by how far the order is.
    there: i32,
    /// As it stands in the field.
    quantity: String,
    why: String,
    wrong: String,
    instead_of: String,
}

#[derive(Default)]
struct InsteadTyped {
    line: i16,
    sku: String,
    quantity: String,
    wrong: String,
}

/// What was typed, by the names of the fields.
type Typed = HashMap<String, String>;

fn typed<'a>(form: &'a Typed, name: &str) -> &'a str {
    form.get(name).map(|text| text.trim()).unwrap_or_default()
}

/// `GET /office/picking/:number`
#[handler]
pub async fn show(mut staff: Staff<AnyRole>, Path(number): Path<String>) -> Result<Page> {
    let number = OrderNumber::parse(&number).ok_or(Error::NotFound)?;
    page(&mut staff.tx, &staff.member, &number, &Typed::new(), &FieldErrors::new(), Vec::new()).await
}

async fn page(
    tx: &mut Tx<Office>,
    member: &Member,
    number: &OrderNumber,
    form: &Typed,
    wrong: &FieldErrors,
    warnings: Vec<String>,
) -> Result<Page> {
    let sheet = sheet(tx, number).await?;
    let name_of = |wanted: i16| sheet.lines.iter().find(|line| line.line == wanted).map(|line| line.name.clone()).unwrap_or_default();
    let is_away = sheet.status == Status::Dispatched;
    let lines = sheet.lines.iter().map(|line| {
        let there = line.delivered.or(line.picked).unwrap_or(line.accepted);
        Line {
            line: line.line,
            name: line.name.clone(),
            sku: line.sku.clone(),
            pack: line.pack.clone(),
            barcode: line.barcode.clone(),
            there: if sheet.status == Status::Delivered {
                there
            } else if is_away {
                line.picked.unwrap_or_default()
            } else {
                line.accepted
            },
            quantity: form.get(&format!("quantity.{}", line.line)).cloned().unwrap_or_else(|| there.to_string()),
            why: form.get(&format!("why.{}", line.line)).cloned().unwrap_or_else(|| line.why.clone()),
            wrong: wrong.of(&format!("quantity.{}", line.line)),
            instead_of: line.substitute_for.map(name_of).unwrap_or_default(),
        }
    });
    Page::of(&ShowPage {
        shell: shell(member, &format!("Pick {number}")),
        status: sheet.status.title_by(&sheet.method),
        day: day_or(sheet.wanted_day, "as soon as possible"),
        lines: lines.collect(),
        warnings,
        instead: InsteadTyped {
            line: typed(form, "instead").parse().unwrap_or_default(),
            sku: typed(form, "sku").to_owned(),
            quantity: typed(form, "count").to_owned(),
            wrong: wrong.of("sku"),
        },
        is_waiting: matches!(sheet.status, Status::Accepted | Status::Amended),
        is_picking: sheet.status == Status::Picking,
        is_away,
        sheet,
    })
}

/// What was typed beside the lines; what is wrong stands beside the field of that name.
fn read_quantities(form: &Typed, sheet: &Sheet) -> Result<Vec<(i16, u32, String)>> {
    let (mut wrong, mut read) = (FieldErrors::new(), Vec::new());
    for line in &sheet.lines {
        match Quantity::parse_or_none(typed(form, &format!("quantity.{}", line.line))) {
            Ok(quantity) => {
                read.push((line.line, quantity.map_or(0, Quantity::get), typed(form, &format!("why.{}", line.line)).to_owned()));
            }
            Err(why) => wrong.add(format!("quantity.{}", line.line), why.to_string()),
        }
    }
    wrong.or(Some(read))
}

fn read_instead(form: &Typed) -> Result<Vec<Instead>> {
    let sku = typed(form, "sku");
    if sku.is_empty() {
        return Ok(Vec::new());
    }
    let quantity = Quantity::parse(typed(form, "count")).map_err(|why| Error::invalid("sku", why.to_string()))?;
    let line = typed(form, "instead").parse().map_err(|_| Error::invalid("sku", "Please say instead of what."))?;
    Ok(vec![Instead { line, sku: sku.to_owned(), quantity: quantity.get() }])
}

/// The fields of the form, of those that the verbs name.
fn by_field(wrong: &FieldErrors, sheet: &Sheet) -> FieldErrors {
    let mut named = FieldErrors::new();
    for (field, text) in wrong.iter() {
        let at = field.strip_prefix("lines[").and_then(|rest| rest.split(']').next()?.parse::<usize>().ok());
        let name = match at.and_then(|at| sheet.lines.get(at)) {
            Some(line) => format!("quantity.{}", line.line),
            None if field.starts_with("instead[") => "sku".to_owned(),
            None => field.to_owned(),
        };
        named.add(name, text);
    }
    named
}

/// The order as it is now, or with what was typed and why nothing was done.
async fn answer(staff: Staff<AnyRole>, number: OrderNumber, form: Typed, step: Step) -> Result<Response> {
    let Staff { member, mut tx, .. } = staff;
    let there = sheet(&mut tx, &number).await?;
    let done = make(&mut tx, &member, &number, &form, &there, step).await;
    let (status, wrong, warnings) = match done {
        Ok(()) => {
            tx.commit().await?;
            let to = match step {
                Step::Dispatch => format!("/office/picking?stage=picking&done={number}"),
                Step::Deliver => format!("/office/picking?stage=dispatched&done={number}"),
                Step::Start | Step::Save => format!("/office/picking/{number}"),
            };
            return Ok(Redirect::to(to).into_response());
        }
        Err(Error::Invalid(wrong)) => (StatusCode::UNPROCESSABLE_ENTITY, by_field(&wrong, &there), Vec::new()),
        Err(Error::Conflict(why)) => (StatusCode::CONFLICT, FieldErrors::new(), vec![format!("{why}.")]),
        Err(Error::NotEnough(lines)) => (StatusCode::CONFLICT, FieldErrors::new(), lines.into_iter().map(|line| line.detail).collect()),
        Err(error) => return Err(error),
    };
    drop(tx);
    let read = async |tx: &mut Tx<Office>| page(tx, &member, &number, &form, &wrong, warnings).await;
    Ok(member.house.office(&member.tenant).read(read).await?.with_status(status).into_response())
}

/// What a form does.
#[derive(Clone, Copy)]
enum Step {
    Start,
    Save,
    Dispatch,
    Deliver,
}

async fn make(tx: &mut Tx<Office>, member: &Member, number: &OrderNumber, form: &Typed, there: &Sheet, step: Step) -> Result<()> {
    match step {
        Step::Start => start(tx, member, number).await,
        Step::Deliver => {
            let delivered = read_quantities(form, there)?.into_iter().map(|(line, quantity, _)| Delivered { line, quantity });
            deliver(tx, member, number, &delivered.collect::<Vec<_>>(), form.contains_key("came_back")).await
        }
        Step::Save | Step::Dispatch => {
            let picked = read_quantities(form, there)?.into_iter().map(|(line, quantity, why)| Picked { line, quantity, why });
            let revision = typed(form, "revision").parse().ok();
            pick(tx, member, number, &Picking { revision, picked: picked.collect(), instead: read_instead(form)? }).await?;
            if matches!(step, Step::Dispatch) { dispatch(tx, member, number).await } else { Ok(()) }
        }
    }
}

/// `POST /office/picking/:number/start`
#[handler]
pub async fn begin(staff: Staff<AnyRole>, Path(number): Path<String>) -> Result<Response> {
    let number = OrderNumber::parse(&number).ok_or(Error::NotFound)?;
    answer(staff, number, Typed::new(), Step::Start).await
}

/// `POST /office/picking/:number/lines`: what was picked and, with the other button, that it leaves.
#[handler]
pub async fn record(staff: Staff<AnyRole>, Path(number): Path<String>, Form(form): Form<Typed>) -> Result<Response> {
    let number = OrderNumber::parse(&number).ok_or(Error::NotFound)?;
    let step = if form.contains_key("dispatch") { Step::Dispatch } else { Step::Save };
    answer(staff, number, form, step).await
}

/// `POST /office/picking/:number/delivery`
#[handler]
pub async fn delivery(staff: Staff<AnyRole>, Path(number): Path<String>, Form(form): Form<Typed>) -> Result<Response> {
    let number = OrderNumber::parse(&number).ok_or(Error::NotFound)?;
    answer(staff, number, form, Step::Deliver).await
}

#[derive(Template)]
#[template(path = "picking/list.html")]
struct ListPage {
    shell: Shell,
    is_by_route: bool,
    day: String,
    day_words: String,
    printed: String,
    routes: Vec<Route>,
    shelves: Vec<Shelf>,
}

/// How it is laid out, and for which day.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct ListQuery {
    by: String,
    day: String,
}

/// `GET /office/picking/list`
#[handler]
pub async fn list(mut staff: Staff<AnyRole>, Query(query): Query<ListQuery>) -> Result<Page> {
    let layout = Layout::parse(&query.by).unwrap_or(Layout::Routes);
    let day: Option<NaiveDate> = query.day.parse().ok();
    let lines = to_pick(&mut staff.tx, day).await?;
    let is_by_route = layout == Layout::Routes;
    let printed = staff.house.now().with_timezone(&staff.tenant.time_zone);
    Page::of(&ListPage {
        shell: shell(&staff, "Pick list"),
        is_by_route,
        day: day.map(|day| day.to_string()).unwrap_or_default(),
        day_words: day_or(day, "all days"),
        printed: format!("{}, {}", day_in_words(printed.date_naive()), printed.format("%H:%M")),
        routes: if is_by_route { by_route(&lines) } else { Vec::new() },
        shelves: if is_by_route { Vec::new() } else { by_category(&lines) },
    })
}
