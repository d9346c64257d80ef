//! How a wholesaler sells, by the API.

use poem_openapi::payload::Json;
use poem_openapi::{Object, OpenApi};

use super::reading::{closed_days, cut_off, rate_line, rates};
use super::{ClosedDay, Day, MOST_CLOSED, MOST_RATES, OrderSettings, STOCK_SHOWN, find, save, show};
use crate::api::Chapter;
use crate::api::money::{MoneyAnswer, MoneyBody};
use crate::api::typed::{Body, Text, Whole};
use crate::error::{FieldErrors, Result};
use crate::order_days::Method;
use crate::tax::Rounding;
use crate::tenancy::extract::{SettingsKeeper, Staff};

pub struct OrderSettingsApi;

/// How a wholesaler sells.
#[derive(Object)]
pub struct OrderSettingsAnswer {
    /// Without VAT; nothing when any order will do.
    minimum_order: MoneyAnswer,
    /// `numbers`, `words` or `nothing`.
    stock_shown: String,
    /// `line` or `rate_group`.
    vat_rounding: String,
    /// Where there are none, customers choose no day.
    order_days: Vec<OrderDayAnswer>,
    closed_days: Vec<ClosedDayAnswer>,
    /// Beside those that are known: country, class, first day, percent, as in `FR reduced 2026-01-01 5.5`.
    tax_rates: Vec<String>,
    /// Another one whenever a setting is another; to be sent with a change.
    version: String,
}

/// A weekday on which goods change hands.
#[derive(Object)]
pub struct OrderDayAnswer {
    /// `delivery` or `collection`.
    method: String,
    /// Monday is 1.
    weekday: u32,
    /// Orders are taken until so many days before,
    days_before: u32,
    /// at this time of the wholesaler's own, as in `16:00`.
    cut_off: String,
}

/// A day on which nothing goes out.
#[derive(Object)]
pub struct ClosedDayAnswer {
    /// As in `2026-12-25`.
    day: String,
    words: String,
}

/// How a wholesaler is to sell.
#[derive(Object)]
#[oai(deny_unknown_fields)]
pub struct OrderSettingsBody {
    /// Without VAT.
    minimum_order: MoneyBody,
    /// `numbers`, `words` or `nothing`.
    stock_shown: Text<1, 10>,
    /// `line` or `rate_group`.
    vat_rounding: Text<1, 10>,
    #[oai(validator(max_items = 14))]
    order_days: Vec<OrderDayBody>,
    /// As in `2026-12-25 Christmas`.
    #[oai(validator(max_items = 100))]
    closed_days: Vec<Text<1, 100>>,
    /// As in `FR reduced 2026-01-01 5.5`.
    #[oai(validator(max_items = 100))]
    tax_rates: Vec<Text<1, 100>>,
    /// Of the settings as they were read: when somebody has changed them since, 409.
    version: Option<Text<1, 64>>,
}

/// A weekday on which goods are to change hands.
#[derive(Object)]
#[oai(deny_unknown_fields)]
pub struct OrderDayBody {
    /// `delivery` or `collection`.
    method: Text<1, 10>,
    /// Monday is 1.
    weekday: Whole<1, 7>,
    days_before: Whole<0, 14>,
    /// As in `16:00`.
    cut_off: Text<1, 8>,
}

const _: () = assert!(MOST_CLOSED == 100 && MOST_RATES == 100, "as the descriptions say");

impl OrderSettingsAnswer {
    fn of(settings: &OrderSettings) -> Self {
        let day = |day: &Day| OrderDayAnswer {
            method: day.method.word().to_owned(),
            weekday: day.weekday,
            days_before: day.days_before,
            cut_off: day.cut_off.format("%H:%M").to_string(),
        };
        let closed = |closed: &ClosedDay| ClosedDayAnswer { day: closed.day.to_string(), words: closed.words.clone() };
        Self {
            minimum_order: settings.minimum_order.into(),
            stock_shown: settings.stock_shown.clone(),
            vat_rounding: settings.rounding.word().to_owned(),
            order_days: settings.days.iter().map(day).collect(),
            closed_days: settings.closed.iter().map(closed).collect(),
            tax_rates: settings.rates.iter().map(rate_line).collect(),
            version: settings.version(),
        }
    }
}

fn read(body: &OrderSettingsBody, current: &OrderSettings) -> Result<OrderSettings> {
    let mut wrong = FieldErrors::new();
    let count = |number: i64| u32::try_from(number).unwrap_or_default();
    let mut days: Vec<Day> = Vec::new();
    for (at, day) in body.order_days.iter().enumerate() {
        match (Method::parse(&day.method), cut_off(&day.cut_off)) {
            (None, _) => wrong.add(format!("order_days[{at}].method"), "There is delivery and collection."),
            (_, None) => wrong.add(format!("order_days[{at}].cut_off"), "A time is written as in 16:00."),
            (Some(method), Some(cut_off)) => {
                let day = Day { method, weekday: count(*day.weekday), days_before: count(*day.days_before), cut_off };
                if days.iter().any(|known| (known.method, known.weekday) == (day.method, day.weekday)) {
                    wrong.add(format!("order_days[{at}].weekday"), "This weekday is named twice.");
                }
                days.push(day);
            }
        }
    }
    days.sort();
    if !STOCK_SHOWN.iter().any(|(word, _)| *word == &*body.stock_shown) {
        wrong.add("stock_shown", "There is numbers, words and nothing.");
    }
    let rounding = Rounding::parse(&body.vat_rounding);
    if rounding.is_none() {
        wrong.add("vat_rounding", "There is line and rate_group.");
    }
    let lines = |texts: &[String]| texts.join("\n");
    let closed: Vec<String> = body.closed_days.iter().map(|day| (**day).to_owned()).collect();
    let of_tax: Vec<String> = body.tax_rates.iter().map(|rate| (**rate).to_owned()).collect();
    let closed = closed_days(&lines(&closed)).map_err(|why| wrong.add("closed_days", why)).unwrap_or_default();
    let rates = rates(&lines(&of_tax)).map_err(|why| wrong.add("tax_rates", why)).unwrap_or_default();
    let minimum_order = body.minimum_order.read("minimum_order", current.minimum_order.currency).unwrap_or_else(|_| {
        wrong.add("minimum_order", format!("Amounts are in {} here.", current.minimum_order.currency));
        current.minimum_order
    });
    let rounding = rounding.unwrap_or(current.rounding);
    wrong.or(Some(OrderSettings { minimum_order, stock_shown: (*body.stock_shown).to_owned(), rounding, days, closed, rates }))
}

#[OpenApi(prefix_path = "/api/v1", tag = "Chapter::Office")]
impl OrderSettingsApi {
    /// How you sell
    #[oai(path = "/office/settings/orders", method = "get")]
    async fn get_order_settings(&self, mut staff: Staff<SettingsKeeper>) -> Result<Json<OrderSettingsAnswer>> {
        Ok(Json(OrderSettingsAnswer::of(&find(&mut staff.tx).await?)))
    }

    /// Change how you sell
    ///
    /// It holds for orders that come from now on. Changed meanwhile: 409.
    #[oai(path = "/office/settings/orders", method = "put")]
    async fn update_order_settings(
        &self,
        staff: Staff<SettingsKeeper>,
        body: Body<OrderSettingsBody>,
    ) -> Result<Json<OrderSettingsAnswer>> {
        let Staff { member, mut tx, .. } = staff;
        let new = read(&body, &find(&mut tx).await?)?;
        save(&mut tx, &member, &new, body.version.as_deref()).await?;
        let answer = OrderSettingsAnswer::of(&find(&mut tx).await?);
        tx.commit().await?;
        show(&member).await;
        Ok(Json(answer))
    }
}
