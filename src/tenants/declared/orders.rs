//! `orders.csv`: what was ordered in the past.

use std::collections::HashMap;
use std::path::Path;

use chrono::NaiveTime;

use super::mistakes::Mistakes;
use super::prices::{Known, read_sku};
use super::table::{self, Columns, Fields};
use crate::orders::{OrderNumber, Status};
use crate::values::{Currency, DecimalMark, Money, Quantity, Sku};

const COLUMNS: Columns = Columns {
    required: &["number", "account_number", "days_ago", "time", "status", "reference", "sku", "quantity", "unit_price"],
    optional: &[],
};

/// Longer ago, nobody looks.
const MOST_DAYS_AGO: u16 = 3_650;
const LONGEST_REFERENCE: usize = 60;
const MOST_LINES: usize = 500;

/// An order of the past, as it stands now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeclaredOrder {
    pub number: OrderNumber,
    pub account_number: String,
    /// Counted from the day on which it is applied.
    pub days_ago: u16,
    /// In the wholesaler's own zone.
    pub time: NaiveTime,
    pub status: Status,
    pub reference: String,
    pub lines: Vec<DeclaredLine>,
}

/// What was ordered, at the price of then.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeclaredLine {
    pub sku: Sku,
    pub quantity: Quantity,
    pub unit_minor: i64,
}

/// Reads the file, if there is one. What comes back is whole only when no mistake was noted.
pub(super) fn read(file: &Path, known: &Known<'_>, currency: Option<Currency>, mistakes: &mut Mistakes) -> Vec<DeclaredOrder> {
    let Some(currency) = currency.or_else(|| Currency::parse("EUR").ok()) else { return Vec::new() };
    let mut orders: Vec<DeclaredOrder> = Vec::new();
    let mut lines = HashMap::new();
    table::read_if_there(file, &COLUMNS, mistakes, |fields| {
        let row = read_row(fields, known, currency)?;
        let first = *lines.entry(row.number.as_str().to_owned()).or_insert(fields.line);
        match orders.last_mut() {
            Some(order) if order.number == row.number => add(fields, order, row, first),
            _ if first != fields.line => {
                fields.note("number", format_args!("the lines of an order stand together; it began in line {first}"));
            }
            _ => orders.push(row),
        }
        Some(())
    });
    orders
}

/// An order of one line.
fn read_row(fields: &mut Fields<'_>, known: &Known<'_>, currency: Currency) -> Option<DeclaredOrder> {
    let number = fields.parsed("number", |typed| {
        OrderNumber::parse(typed).filter(|number| number.as_str() == typed).ok_or("an order's number is written such as UJ-7K3-94Q")
    });
    let account_number = fields.parsed("account_number", |number| known.account(number));
    let days_ago = fields.parsed("days_ago", |typed| {
        let days = typed.parse().ok().filter(|days| *days <= MOST_DAYS_AGO);
        days.ok_or_else(|| format!("this is a whole number of days from 0 to {MOST_DAYS_AGO}"))
    });
    let time = fields.parsed("time", |typed| NaiveTime::parse_from_str(typed, "%H:%M").map_err(|_| "a time is written such as 16:05"));
    let status = fields.parsed("status", |word| {
        Status::parse(word).ok_or("the status is submitted, accepted, amended, picking, dispatched, delivered, cancelled or declined")
    });
    let reference = fields.may_be_words("reference", LONGEST_REFERENCE);
    let sku = read_sku(fields, known);
    let quantity = fields.parsed("quantity", Quantity::parse);
    let unit_price = fields.parsed("unit_price", |typed| Money::parse(typed, currency, DecimalMark::Point));
    let line = DeclaredLine { sku: sku?, quantity: quantity?, unit_minor: unit_price?.minor };
    Some(DeclaredOrder {
        number: number?,
        account_number: account_number?,
        days_ago: days_ago?,
        time: time?,
        status: status?,
        reference: reference?,
        lines: vec![line],
    })
}

/// One more line of an order, whose rows say the same of it.
fn add(fields: &mut Fields<'_>, order: &mut DeclaredOrder, row: DeclaredOrder, first: usize) {
    let same = [
        ("account_number", order.account_number == row.account_number),
        ("days_ago", order.days_ago == row.days_ago),
        ("time", order.time == row.time),
        ("status", order.status == row.status),
        ("reference", order.reference == row.reference),
    ];
    for (column, is_same) in same {
        if !is_same {
            fields.note(column, format_args!("the {column} of this order is another in line {first}"));
        }
    }
    order.lines.extend(row.lines);
    if order.lines.len() == MOST_LINES + 1 {
        fields.note("number", format_args!("an order has at most {MOST_LINES} lines"));
    }
}
