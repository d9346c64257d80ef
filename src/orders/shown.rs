//! An order in words and in money, as its customer and the office read it.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;

use super::reading::{Happened, Head, Line, Order};
use super::states::Status;
use crate::error::{Error, Result};
use crate::order_days::day_in_words;
use crate::tenancy::Tenant;
use crate::values::{Currency, Money};
use crate::web::when;

/// An order on a page.
pub struct OrderShown {
    pub number: String,
    pub status: &'static str,
    pub tone: &'static str,
    pub placed: String,
    pub placed_exact: String,
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
    pub lines: Vec<LineShown>,
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
    /// How it looks: `done`, `ended` or `next`.
    pub kind: &'static str,
}

/// The colour of a state.
pub fn tone(status: Status) -> &'static str {
    match status {
        Status::Submitted => "warn",
        Status::Accepted | Status::Amended | Status::Picking | Status::Dispatched | Status::Delivered => "good",
        Status::Cancelled | Status::Declined => "bad",
    }
}

/// «20 %», of hundredths of a percent.
pub fn percent(basis_points: u32) -> String {
    let (whole, rest) = (basis_points / 100, basis_points % 100);
    match rest {
        0 => format!("{whole}\u{a0}%"),
        rest if rest % 10 == 0 => format!("{whole}.{}\u{a0}%", rest / 10),
        rest => format!("{whole}.{rest:02}\u{a0}%"),
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
    pub fn of(order: &Order, tenant: &Tenant, now: DateTime<Utc>) -> Result<Self> {
        let (head, zone) = (&order.head, tenant.time_zone);
        let zero = head.money(0)?;
        let shown = |minor: i64| Money { minor, ..zero }.shown_in(tenant.country);
        let status = head.status()?;
        Ok(Self {
            number: head.number.clone(),
            status: status.title(),
            tone: tone(status),
            placed: when::ago(head.placed_at, now, zone),
            placed_exact: when::exact(head.placed_at, zone),
            placed_by: head.placed_by_name.clone(),
            wanted: head.wanted(),
            reference: head.reference.clone(),
            note: head.note.clone(),
            net: shown(head.net_minor),
            tax: shown(head.tax_minor),
            gross: shown(head.gross_minor()),
            is_export: head.tax_country == "export",
            lines: order.lines.iter().map(|line| LineShown::of(line, shown)).collect(),
        })
    }
}

impl LineShown {
    fn of(line: &Line, shown: impl Fn(i64) -> String) -> Self {
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
            reason: line.reason(),
            rate: percent(u32::try_from(line.tax_basis_points).unwrap_or_default()),
            net: shown(line.net_minor),
        }
    }
}

impl Line {
    /// Why it costs that, in a customer's words; empty for what everybody pays.
    pub fn reason(&self) -> String {
        let whose = match self.price_source.as_str() {
            "own" | "list" => "your price",
            "substitute" => "instead of another",
            "agreed" => "as agreed",
            _ => "",
        };
        let from = if self.price_from_quantity > 1 { format!("from {}", self.price_from_quantity) } else { String::new() };
        [whose.to_owned(), from].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ")
    }
}

/// The way of an order: what it has come through, where it is, and what is still to come.
pub fn steps(status: Status, happened: &[Happened], now: DateTime<Utc>, zone: Tz) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    for event in happened.iter().filter(|event| event.from_status != event.to_status || event.what == "amended") {
        let Some(to) = Status::parse(&event.to_status) else { continue };
        steps.push(Step {
            title: to.title(),
            at: when::ago(event.at, now, zone),
            exact: when::exact(event.at, zone),
            reason: event.reason.clone(),
            kind: if matches!(to, Status::Cancelled | Status::Declined) { "ended" } else { "done" },
        });
    }
    if status.is_end() {
        return steps;
    }
    let to_come: &[Status] = match status {
        Status::Submitted => &[Status::Accepted, Status::Picking, Status::Dispatched, Status::Delivered],
        Status::Accepted | Status::Amended => &[Status::Picking, Status::Dispatched, Status::Delivered],
        Status::Picking => &[Status::Dispatched, Status::Delivered],
        _ => &[Status::Delivered],
    };
    steps.extend(to_come.iter().map(|next| Step {
        title: next.title(),
        at: String::new(),
        exact: String::new(),
        reason: String::new(),
        kind: "next",
    }));
    steps
}
