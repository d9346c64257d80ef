//! The pages on which staff order for a customer: for whom, what, and what it comes to before it is sent.

use askama::Template;
use http::StatusCode;
use poem::web::{Form, Query};
use poem::{IntoResponse, Response, handler};
use serde::Deserialize;
use uuid::Uuid;

use super::{Account, account, look_up, place, terms};
use crate::basket::pages::DayShown;
use crate::db::{Office, Tx};
use crate::error::{Error, FieldErrors, Result};
use crate::idempotency::submission::Patience;
use crate::order_days::{self, calendar};
use crate::orders::{Asked, LONGEST_NOTE, LONGEST_REFERENCE, Lines, Placing, read_words, worth};
use crate::quick_orders::pages::Row;
use crate::quick_orders::{MOST_LINES, matched, read_lines};
use crate::tax::{TaxClass, TaxCountry, Totals};
use crate::tenancy::extract::{Member, Seller, Staff};
use crate::tenancy::terms::Terms;
use crate::values::Money;
use crate::web::{Page, Redirect, Shell};

#[derive(Template)]
#[template(path = "phone_orders/index.html")]
struct IndexPage {
    shell: Shell,
    query: String,
    accounts: Vec<Account>,
}

#[derive(Template)]
#[template(path = "phone_orders/new.html")]
struct NewPage {
    shell: Shell,
    account: Account,
    warnings: Vec<String>,
    typed: OrderForm,
    wrong: FieldErrors,
    rows: Vec<Row>,
    days: Vec<DayShown>,
    total: Option<Total>,
}

/// What it comes to, when all of it can be ordered.
struct Total {
    net: String,
    tax: String,
    is_export: bool,
    gross: String,
    gross_minor: i64,
    /// It is less than the customer could order alone.
    below_minimum: String,
}

/// For whom: what is looked for, or whose number.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct NewQuery {
    query: String,
    account: String,
}

/// What the form sends.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct OrderForm {
    account: String,
    submission_id: String,
    lines: String,
    day: String,
    reference: String,
    note: String,
    /// What it came to on the screen; nothing was seen when it is empty.
    seen: String,
}

fn shell(member: &Member, title: &str) -> Shell {
    Shell::of_staff(member, title, "orders", member.session.waiting.requests)
}

/// `GET /office/orders/new`
#[handler]
pub async fn new(mut staff: Staff<Seller>, Query(query): Query<NewQuery>) -> Result<Page> {
    if query.account.is_empty() {
        let accounts = look_up(&mut staff.tx, &query.query).await?;
        return Page::of(&IndexPage { shell: shell(&staff, "Order for a customer"), query: query.query, accounts });
    }
    let account = account(&mut staff.tx, &query.account).await?;
    let form = OrderForm { submission_id: Uuid::now_v7().to_string(), ..OrderForm::default() };
    page(&mut staff.tx, &staff.member, account, Shown { form, ..Shown::default() }).await
}

/// What the page shows besides the account.
#[derive(Default)]
struct Shown {
    form: OrderForm,
    warnings: Vec<String>,
    wrong: FieldErrors,
    total: Option<Total>,
}

/// `POST /office/orders`: what it comes to and, when that was seen, the order itself.
#[handler]
pub async fn create(staff: Staff<Seller>, Form(form): Form<OrderForm>) -> Result<Response> {
    let Staff { member, mut tx, .. } = staff;
    let account = account(&mut tx, &form.account).await?;
    let seen: Option<i64> = form.seen.parse().ok();
    let tried = match (read(&form), seen) {
        (Ok(placing), Some(_)) => {
            let key = Some((form.submission_id.as_str(), Patience::Wait));
            place(&mut tx, &member, &account, &placing, key, seen).await.map(|placed| Done::Placed(placed.number))
        }
        (Ok(placing), None) => looked(&mut tx, &member, &account, &placing).await.map(Done::Looked),
        (Err(error), _) => Err(error),
    };
    let mut shown = Shown { form, ..Shown::default() };
    let status = match tried {
        Ok(Done::Placed(number)) => {
            tx.commit().await?;
            return Ok(Redirect::to(format!("/office/orders/{number}?done=placed")).into_response());
        }
        Ok(Done::Looked(total)) => {
            shown.total = Some(total);
            StatusCode::OK
        }
        Err(Error::Invalid(wrong)) => {
            shown.wrong = wrong;
            StatusCode::UNPROCESSABLE_ENTITY
        }
        Err(Error::Moved(_)) => {
            shown.warnings.push("Prices have changed since you looked: see once more what it comes to.".to_owned());
            StatusCode::CONFLICT
        }
        Err(Error::NotEnough(lines)) => {
            shown.warnings = lines.into_iter().map(|line| format!("{}: {}", line.sku, line.detail)).collect();
            StatusCode::CONFLICT
        }
        Err(Error::KeyReused) => {
            shown.warnings.push("This form was sent already, with something else in it. Look for the order at the desk.".to_owned());
            StatusCode::UNPROCESSABLE_ENTITY
        }
        Err(error) => return Err(error),
    };
    drop(tx);
    let read = async |tx: &mut Tx<Office>| page(tx, &member, account, shown).await;
    Ok(member.house.office(&member.tenant).read(read).await?.with_status(status).into_response())
}

/// What a form has done.
enum Done {
    Placed(String),
    Looked(Total),
}

async fn looked(tx: &mut Tx<Office>, member: &Member, account: &Account, placing: &Placing) -> Result<Total> {
    let terms = terms(tx, member, account).await?;
    Ok(Total::of(&worth(tx, &terms, placing).await?, &terms, member.tenant.minimum_order))
}

fn read(form: &OrderForm) -> Result<Placing> {
    let lines = read_lines(&form.lines);
    if lines.is_empty() || lines.len() > MOST_LINES {
        return Err(Error::invalid("lines", format!("Please write 1 to {MOST_LINES} lines.")));
    }
    let (reference, note) = read_words(&form.reference, &form.note)?;
    let (method, day) = form.day.split_once(':').unwrap_or_default();
    // A line that says no quantity orders nothing, and says so beside it.
    let asked = lines.into_iter().map(|line| Asked { sku: line.sku, quantity: line.quantity.unwrap_or_default() });
    Ok(Placing { lines: Lines::Listed(asked.collect()), day: order_days::read(method, day)?, reference, note })
}

async fn page(tx: &mut Tx<Office>, member: &Member, account: Account, shown: Shown) -> Result<Page> {
    let Shown { form, mut warnings, wrong, total } = shown;
    let terms = terms(tx, member, &account).await?;
    let matched = matched(tx, &terms, read_lines(&form.lines)).await?;
    let rows: Vec<Row> = matched.iter().map(|matched| Row::of(matched, &terms)).collect();
    warnings.extend(wrong.iter().filter_map(|(field, text)| of_line(field, text, &rows)));
    let (now, zone) = (member.house.now(), member.tenant.time_zone);
    let days = calendar(tx).await?.choices(now, zone);
    Page::of(&NewPage {
        shell: shell(member, &format!("Order for {}", account.business_name)),
        rows,
        days: DayShown::all(&days, &form.day, zone),
        total,
        account,
        warnings,
        typed: form,
        wrong,
    })
}

/// What is wrong with one of the lines, behind the line as it was typed.
fn of_line(field: &str, text: &str, rows: &[Row]) -> Option<String> {
    let place = field.strip_prefix("lines")?;
    let at = place.strip_prefix('[').and_then(|rest| rest.split_once(']')).and_then(|(at, _)| at.parse::<usize>().ok());
    Some(match at.and_then(|at| rows.get(at)) {
        Some(row) => format!("{}: {}", row.text, if row.problem.is_empty() { text } else { &row.problem }),
        None => text.to_owned(),
    })
}

impl Total {
    fn of(totals: &Totals, terms: &Terms, least: Money) -> Self {
        let shown = |minor: i64| Money::new(minor, terms.currency).shown_in(terms.at);
        let is_below = totals.net_minor < least.minor;
        Self {
            net: shown(totals.net_minor),
            tax: shown(totals.tax_minor),
            is_export: terms.rate_of(TaxClass::Standard).country == TaxCountry::Export,
            gross: shown(totals.gross_minor),
            gross_minor: totals.gross_minor,
            below_minimum: if is_below { least.shown_in(terms.at) } else { String::new() },
        }
    }
}
