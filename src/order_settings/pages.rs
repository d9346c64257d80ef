//! How a wholesaler sells, on a desk.

use std::collections::HashMap;

use askama::Template;
use http::StatusCode;
use poem::web::{Form, Query};
use poem::{IntoResponse, Response, handler};
use serde::Deserialize;

use super::reading::{closed_days, closed_lines, cut_off, rate_line, rates};
use super::{Day, OrderSettings, STOCK_SHOWN, VAT_ROUNDING, find, save, show, weekday_name};
use crate::error::{Error, FieldErrors, Result};
use crate::order_days::Method;
use crate::tax::Rounding;
use crate::tenancy::extract::{Member, SettingsKeeper, Staff};
use crate::values::{DecimalMark, Money};
use crate::web::{Page, Redirect, Shell};

#[derive(Template)]
#[template(path = "order_settings/index.html")]
struct IndexPage {
    shell: Shell,
    version: String,
    notice: &'static str,
    warning: String,
    wrong: FieldErrors,
    minimum_order: String,
    currency_sign: &'static str,
    stock: Vec<Choice>,
    rounding: Vec<Choice>,
    methods: Vec<Way>,
    closed: String,
    rates: String,
}

struct Choice {
    word: &'static str,
    name: &'static str,
    is_chosen: bool,
}

/// One way in which goods change hands, with the days of the week.
struct Way {
    title: &'static str,
    rows: Vec<Row>,
}

struct Row {
    /// `delivery.1`
    field: String,
    weekday: &'static str,
    is_on: bool,
    days_before: String,
    cut_off: String,
    wrong: String,
}

/// What was typed, by the names of the fields.
type Typed = HashMap<String, String>;

fn typed<'a>(form: &'a Typed, name: &str) -> &'a str {
    form.get(name).map(|text| text.trim()).unwrap_or_default()
}

fn choices<const N: usize>(all: [(&'static str, &'static str); N], chosen: &str) -> Vec<Choice> {
    all.into_iter().map(|(word, name)| Choice { word, name, is_chosen: word == chosen }).collect()
}

/// The form as the settings fill it.
fn filled(settings: &OrderSettings) -> Typed {
    let mut form = Typed::new();
    let mut put = |name: String, value: String| form.insert(name, value);
    let minimum = settings.minimum_order;
    put("minimum_order".to_owned(), if minimum.minor == 0 { String::new() } else { minimum.plain() });
    put("stock_shown".to_owned(), settings.stock_shown.clone());
    put("vat_rounding".to_owned(), settings.rounding.word().to_owned());
    put("closed".to_owned(), closed_lines(&settings.closed));
    put("rates".to_owned(), settings.rates.iter().map(rate_line).collect::<Vec<_>>().join("\n"));
    for day in &settings.days {
        let field = format!("{}.{}", day.method.word(), day.weekday);
        put(format!("{field}.before"), day.days_before.to_string());
        put(format!("{field}.cut_off"), day.cut_off.format("%H:%M").to_string());
        put(field, "1".to_owned());
    }
    form
}

/// Reads what was typed; what is wrong stands beside the field of that name.
fn read(form: &Typed, current: &OrderSettings, member: &Member) -> Result<OrderSettings> {
    let mut wrong = FieldErrors::new();
    let (currency, mark) = (current.minimum_order.currency, DecimalMark::of(member.tenant.country));
    let mut new = OrderSettings { days: Vec::new(), ..current.clone() };
    match typed(form, "minimum_order") {
        "" => new.minimum_order = Money::zero(currency),
        amount => match Money::parse(amount, currency, mark) {
            Ok(amount) => new.minimum_order = amount,
            Err(why) => wrong.add("minimum_order", why.to_string()),
        },
    }
    match STOCK_SHOWN.iter().find(|(word, _)| *word == typed(form, "stock_shown")) {
        Some((word, _)) => (*word).clone_into(&mut new.stock_shown),
        None => wrong.add("stock_shown", "Choose one of the three."),
    }
    match Rounding::parse(typed(form, "vat_rounding")) {
        Some(rounding) => new.rounding = rounding,
        None => wrong.add("vat_rounding", "Choose one of the two."),
    }
    for (method, weekday) in [Method::Delivery, Method::Collection].into_iter().flat_map(|method| (1..=7).map(move |day| (method, day))) {
        let field = format!("{}.{weekday}", method.word());
        if !form.contains_key(&field) {
            continue;
        }
        let before = typed(form, &format!("{field}.before")).parse().ok().filter(|before| *before <= 14);
        match (before, cut_off(typed(form, &format!("{field}.cut_off")))) {
            (Some(days_before), Some(cut_off)) => new.days.push(Day { method, weekday, days_before, cut_off }),
            (None, _) => wrong.add(field, "Orders are taken until 0 to 14 days before."),
            (_, None) => wrong.add(field, "Until when? A time is written as in 16:00."),
        }
    }
    match closed_days(typed(form, "closed")) {
        Ok(closed) => new.closed = closed,
        Err(why) => wrong.add("closed", why),
    }
    match rates(typed(form, "rates")) {
        Ok(rates) => new.rates = rates,
        Err(why) => wrong.add("rates", why),
    }
    new.days.sort();
    wrong.or(Some(new))
}

fn page(member: &Member, form: &Typed, version: String, wrong: FieldErrors) -> IndexPage {
    let way = |method: Method, title: &'static str| Way {
        title,
        rows: (1..=7)
            .map(|weekday| {
                let field = format!("{}.{weekday}", method.word());
                let or =
                    |name: &str, otherwise: &str| form.get(&format!("{field}.{name}")).cloned().unwrap_or_else(|| otherwise.to_owned());
                Row {
                    weekday: weekday_name(weekday),
                    is_on: form.contains_key(&field),
                    days_before: or("before", "1"),
                    cut_off: or("cut_off", "16:00"),
                    wrong: wrong.of(&field),
                    field,
                }
            })
            .collect(),
    };
    IndexPage {
        shell: Shell::of_staff(member, "Orders and delivery", "settings", member.session.waiting.requests),
        version,
        notice: "",
        warning: String::new(),
        minimum_order: typed(form, "minimum_order").to_owned(),
        currency_sign: member.tenant.currency.sign_in(member.tenant.country),
        stock: choices(STOCK_SHOWN, typed(form, "stock_shown")),
        rounding: choices(VAT_ROUNDING, typed(form, "vat_rounding")),
        methods: vec![way(Method::Delivery, "Delivery"), way(Method::Collection, "Collection")],
        closed: typed(form, "closed").to_owned(),
        rates: typed(form, "rates").to_owned(),
        wrong,
    }
}

/// What has just been done.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Done {
    done: String,
}

/// `GET /office/settings/orders`
#[handler]
pub async fn index(mut staff: Staff<SettingsKeeper>, Query(done): Query<Done>) -> Result<Page> {
    let settings = find(&mut staff.tx).await?;
    let mut page = page(&staff.member, &filled(&settings), settings.version(), FieldErrors::new());
    page.notice = if done.done == "saved" { "Saved. Your counter takes orders like this now." } else { "" };
    Page::of(&page)
}

/// `POST /office/settings/orders`
#[handler]
pub async fn update(staff: Staff<SettingsKeeper>, Form(form): Form<Typed>) -> Result<Response> {
    let Staff { member, mut tx, .. } = staff;
    let current = find(&mut tx).await?;
    let version = typed(&form, "version").to_owned();
    let saved = match read(&form, &current, &member) {
        Ok(new) => save(&mut tx, &member, &new, Some(&version)).await,
        Err(error) => Err(error),
    };
    let (status, page) = match saved {
        Ok(()) => {
            tx.commit().await?;
            show(&member).await;
            return Ok(Redirect::to("/office/settings/orders?done=saved").into_response());
        }
        Err(Error::Invalid(wrong)) => (StatusCode::UNPROCESSABLE_ENTITY, page(&member, &form, version, wrong)),
        Err(Error::Conflict(why)) => {
            // Whoever sends it once more has been told.
            let mut page = page(&member, &form, current.version(), FieldErrors::new());
            page.warning = format!("{why}. Save once more to write yours over it.");
            (StatusCode::CONFLICT, page)
        }
        Err(error) => return Err(error),
    };
    Ok(Page::of(&page)?.with_status(status).into_response())
}
