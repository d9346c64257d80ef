//! What `tenant.toml` says of how the wholesaler trades. All of it may be left out.

use chrono::NaiveTime;

use super::keys::{Page, Section};
use crate::order_days::{Method, Rule};
use crate::tax::Rounding;
use crate::tenancy::{PricesShown, StockShown};
use crate::values::{Currency, DecimalMark, Money};

/// How the wholesaler trades; what is not said is left as it is.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Trading {
    pub prices_shown: Option<PricesShown>,
    pub stock_shown: Option<StockShown>,
    pub vat_rounding: Option<Rounding>,
    /// The least that an order comes to, net.
    pub minimum_order_minor: Option<i64>,
    pub order_days: Option<Vec<Rule>>,
}

pub(super) fn read(page: &mut Page, top: &mut Section, currency: Option<Currency>) -> Option<Trading> {
    let prices_shown =
        word(page, top, "prices_shown", |word| PricesShown::parse(word).ok_or("who is not signed in sees nothing, no_prices or all"));
    let stock_shown =
        word(page, top, "stock_shown", |word| StockShown::parse(word).ok_or("stock is shown as words, as numbers, or nothing of it"));
    let vat_rounding = word(page, top, "vat_rounding", |word| Rounding::parse(word).ok_or("VAT is rounded by line or by rate_group"));
    let minimum_order_minor = word(page, top, "minimum_order", |typed| match currency {
        Some(currency) => Money::parse(typed, currency, DecimalMark::Point).map(|least| least.minor).map_err(|why| why.to_string()),
        None => Ok(0),
    });
    let order_days = read_days(page, top);
    Some(Trading {
        prices_shown: prices_shown?,
        stock_shown: stock_shown?,
        vat_rounding: vat_rounding?,
        minimum_order_minor: minimum_order_minor?,
        order_days: order_days?,
    })
}

#[expect(clippy::option_option, reason = "none is wrong, and some of none was left out")]
fn word<T, E: std::fmt::Display>(
    page: &mut Page,
    top: &mut Section,
    key: &'static str,
    parse: impl FnOnce(&str) -> Result<T, E>,
) -> Option<Option<T>> {
    if top.may_have(key) { top.parsed(page, key, parse).map(Some) } else { Some(None) }
}

#[expect(clippy::option_option, reason = "none is wrong, and some of none was left out")]
fn read_days(page: &mut Page, top: &mut Section) -> Option<Option<Vec<Rule>>> {
    if !top.may_have("order_day") {
        return Some(None);
    }
    let mut rules: Vec<Rule> = Vec::new();
    let mut whole = true;
    for day in top.list(page, "order_day")? {
        let Some(mut section) = page.table_of("order_day", day) else {
            whole = false;
            continue;
        };
        let rule = read_day(page, &mut section);
        section.finish(page);
        match rule {
            Some(rule) if rules.iter().any(|other| (other.method, other.weekday) == (rule.method, rule.weekday)) => {
                page.note(section.place_of("weekday"), "this day stands here twice");
            }
            Some(rule) => rules.push(rule),
            None => whole = false,
        }
    }
    whole.then_some(Some(rules))
}

fn read_day(page: &mut Page, section: &mut Section) -> Option<Rule> {
    let method = section.parsed(page, "method", |word| Method::parse(word).ok_or("the method is delivery or collection"));
    let weekday = section.whole(page, "weekday", 1..=7);
    let days_before = section.whole(page, "days_before", 0..=14);
    let cut_off =
        section.parsed(page, "cut_off", |typed| NaiveTime::parse_from_str(typed, "%H:%M").map_err(|_| "a time is written such as 16:00"));
    Some(Rule { method: method?, weekday: weekday?.into(), days_before: days_before?.into(), cut_off: cut_off? })
}
