//! An order in words and in money, as its customer and the office read it.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::changes::Changes;
use super::document::count_up;
use super::reading::{Happened, Head, Line, Order};
use super::states::Status;
use crate::catalogue::shown::percent;
use crate::error::{Error, Result};
use crate::order_days::day_in_words;
use crate::tax::Rounding;
use crate::tenancy::Tenant;
use crate::values::{Country, Currency, Money};
use crate::web::when;

/// An order on a page.
pub struct OrderShown {
    pub number: String,
    pub revision: i32,
    pub status: &'static str,
    pub tone: &'static str,
    pub placed: String,
    pub placed_exact: String,
    /// `29 November 2026, 22:26`.
    pub placed_on_paper: String,
    /// Who of the staff placed it; empty when a customer did.
    pub placed_by: String,
    /// How and when it is wanted; empty where no day was asked for.
    pub wanted: String,
    pub reference: String,
    pub note: String,
    pub net: String,
    pub tax: String,
    pub gross: String,
    pub is_export: bool,
    /// What is due at each rate of VAT.
    pub rates: Vec<RateShown>,
    pub lines: Vec<LineShown>,
}

/// What the lines of one rate of VAT come to.
pub struct RateShown {
    pub percent: String,
    pub net: String,
    pub tax: String,
}

/// A line of it.
pub struct LineShown {
    pub sku: String,
    pub name: String,
    pub pack: String,
    pub why: String,
    pub ordered: u32,
    pub quantity: u32,
    pub is_otherwise: bool,
    pub unit: String,
    /// Why it costs that.
    pub reason: String,
    pub rate: String,
    pub net: String,
}

/// Something on an order's way.
pub struct Step {
    pub title: &'static str,
    pub at: String,
    pub exact: String,
    pub reason: String,
    /// What of the lines became otherwise then.
    pub changes: Vec<String>,
    /// How it looks: `done`, `ended` or `next`.
    pub kind: &'static str,
}

/// What an order would come to, and what was typed, to be sent once more by whoever has seen it.
pub struct Outcome {
    pub changes: Vec<String>,
    pub net_before: String,
    pub net: String,
    pub gross_before: String,
    pub gross: String,
    pub gross_minor: i64,
    pub typed: Vec<(String, String)>,
}

impl Outcome {
    /// `gross_minor` is before and after; `zero` is nothing of the order's currency.
    pub fn of(
        changes: &Changes,
        gross_minor: (i64, i64),
        typed: impl IntoIterator<Item = (String, String)>,
        zero: Money,
        country: Country,
    ) -> Self {
        let shown = |minor: i64| Money { minor, ..zero }.shown_in(country);
        let mut typed: Vec<(String, String)> = typed.into_iter().collect();
        typed.sort();
        Self {
            changes: changes.in_words(shown),
            net_before: shown(changes.before_net_minor),
            net: shown(changes.after_net_minor),
            gross_before: shown(gross_minor.0),
            gross: shown(gross_minor.1),
            gross_minor: gross_minor.1,
            typed,
        }
    }
}

/// Who reads it.
#[derive(Debug, Clone, Copy)]
pub enum Reader<'a> {
    Customer,
    /// With the names of the lists that accounts share.
    Office(&'a HashMap<Uuid, String>),
}

/// The colour of a state.
pub fn tone(status: Status) -> &'static str {
    match status {
        Status::Submitted => "warn",
        Status::Accepted | Status::Amended | Status::Picking | Status::Dispatched | Status::Delivered => "good",
        Status::Cancelled | Status::Declined => "bad",
    }
}

impl Head {
    /// How and when it is wanted: «Delivery on Thursday 26 November».
    fn wanted(&self) -> String {
        let method = if self.method == "collection" { "Collection" } else { "Delivery" };
        self.wanted_day.map(|day| format!("{method} on {}", day_in_words(day))).unwrap_or_default()
    }

    /// So much, in the order's own currency.
    pub fn money(&self, minor: i64) -> Result<Money> {
        let currency = Currency::parse(&self.currency).map_err(|wrong| Error::Internal(anyhow::anyhow!("an order's currency: {wrong}")))?;
        Ok(Money::new(minor, currency))
    }
}

impl OrderShown {
    pub fn of(order: &Order, tenant: &Tenant, reader: Reader<'_>, now: DateTime<Utc>) -> Result<Self> {
        let (head, zone) = (&order.head, tenant.time_zone);
        let zero = head.money(0)?;
        let shown = |minor: i64| Money { minor, ..zero }.shown_in(tenant.country);
        let status = head.status()?;
        let rounding =
            Rounding::parse(&head.vat_rounding).ok_or_else(|| Error::Internal(anyhow::anyhow!("an order's rounding is unreadable")))?;
        let totals = count_up(&order.lines.iter().map(Line::priced).collect::<Vec<_>>(), rounding)?.totals;
        Ok(Self {
            number: head.number.clone(),
            revision: head.revision,
            status: match reader {
                Reader::Customer => status.title_by(&head.method),
                Reader::Office(_) => status.title_for_staff(&head.method),
            },
            tone: tone(status),
            placed: when::ago(head.placed_at, now, zone),
            placed_exact: when::exact(head.placed_at, zone),
            placed_on_paper: head.placed_at.with_timezone(&zone).format("%-d %B %Y, %H:%M").to_string(),
            placed_by: head.placed_by_name.clone(),
            wanted: head.wanted(),
            reference: head.reference.clone(),
            note: head.note.clone(),
            net: shown(head.net_minor),
            tax: shown(head.tax_minor),
            gross: shown(head.gross_minor()),
            is_export: head.tax_country == "export",
            rates: totals
                .by_rate
                .iter()
                .map(|rate| RateShown { percent: percent(rate.basis_points), net: shown(rate.net_minor), tax: shown(rate.tax_minor) })
                .collect(),
            lines: order.lines.iter().map(|line| LineShown::of(line, reader, shown)).collect(),
        })
    }
}

impl LineShown {
    fn of(line: &Line, reader: Reader<'_>, shown: impl Fn(i64) -> String) -> Self {
        let quantities = line.quantities();
        Self {
            sku: line.sku.clone(),
            name: line.name.clone(),
            pack: line.pack.clone(),
            why: line.why.clone(),
            ordered: quantities.ordered,
            quantity: quantities.counting(),
            is_otherwise: quantities.ordered != quantities.counting(),
            unit: shown(line.unit_minor),
            reason: line.reason(reader),
            rate: percent(u32::try_from(line.tax_basis_points).unwrap_or_default()),
            net: shown(line.net_minor),
        }
    }
}

impl Line {
    /// Why it costs that, in words for whoever reads it; empty for what everybody pays.
    pub fn reason(&self, reader: Reader<'_>) -> String {
        let whose = match (self.price_source.as_str(), reader) {
            ("own" | "list", Reader::Customer) => "your price",
            ("list", Reader::Office(lists)) => self.price_list_id.and_then(|id| lists.get(&id)).map_or("their price list", String::as_str),
            ("own", Reader::Office(_)) => "their own price",
            ("substitute", _) => "instead of another",
            ("agreed", _) => "as agreed",
            _ => "",
        };
        let from = if self.price_from_quantity > 1 { format!("from {}", self.price_from_quantity) } else { String::new() };
        [whose.to_owned(), from].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ")
    }
}

/// The way of an order: what it has come through, where it is, and what is still to come.
pub fn steps(order: &Order, happened: &[Happened], tenant: &Tenant, now: DateTime<Utc>) -> Result<Vec<Step>> {
    let (status, zone, zero) = (order.head.status()?, tenant.time_zone, order.head.money(0)?);
    let shown = |minor: i64| Money { minor, ..zero }.shown_in(tenant.country);
    let mut steps: Vec<Step> = Vec::new();
    // What was picked is told when it leaves.
    let is_told = |event: &&Happened| event.from_status != event.to_status || (!event.changes.lines.is_empty() && event.what != "picked");
    for event in happened.iter().filter(is_told) {
        let Some(to) = Status::parse(&event.to_status) else { continue };
        steps.push(Step {
            title: if event.what == "edited" { "Changed" } else { to.title_by(&order.head.method) },
            at: when::ago(event.at, now, zone),
            exact: when::exact(event.at, zone),
            reason: event.reason.clone(),
            changes: event.changes.in_words(shown),
            kind: if matches!(to, Status::Cancelled | Status::Declined) { "ended" } else { "done" },
        });
    }
    if status.is_end() {
        return Ok(steps);
    }
    let to_come: &[Status] = match status {
        Status::Submitted => &[Status::Accepted, Status::Picking, Status::Dispatched, Status::Delivered],
        Status::Accepted | Status::Amended => &[Status::Picking, Status::Dispatched, Status::Delivered],
        Status::Picking => &[Status::Dispatched, Status::Delivered],
        _ => &[Status::Delivered],
    };
    steps.extend(to_come.iter().map(|next| Step {
        title: next.title_by(&order.head.method),
        at: String::new(),
        exact: String::new(),
        reason: String::new(),
        changes: Vec::new(),
        kind: "next",
    }));
    Ok(steps)
}
