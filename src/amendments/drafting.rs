//! What would become of an order. No database, no clock: what is there, what is wanted, and what the goods cost its customer.

use super::{Amendment, LONGEST_WHY, LineAmendment};
use crate::catalogue::Goods;
use crate::error::{Error, FieldErrors, Result};
use crate::orders::changes::{Changes, LineChange};
use crate::orders::document::{Counted, count_up};
use crate::orders::{Adding, Line, Locked, added_line};
use crate::stock::StockMode;
use crate::tax::Totals;
use crate::tenancy::terms::Terms;
use crate::values::{Quantity, QuantityError, text};

/// An order as it would be.
#[derive(Debug)]
pub struct Draft {
    pub lines: Vec<Drafted>,
    pub before_gross_minor: i64,
    pub before_net_minor: i64,
    pub after: Totals,
}

/// A line as it is, and as it would be.
#[derive(Debug)]
pub struct Drafted {
    /// None where it is new.
    pub before: Option<Line>,
    pub after: Line,
}

impl Drafted {
    /// How many there are before, and after.
    pub fn quantities(&self) -> [u32; 2] {
        [self.before.as_ref().map_or(0, |line| line.quantities().counting()), self.after.quantities().counting()]
    }

    /// What one costs before, and after.
    pub fn units(&self) -> [i64; 2] {
        [self.before.as_ref().map_or(self.after.unit_minor, |line| line.unit_minor), self.after.unit_minor]
    }

    /// Whether anything of it would be otherwise.
    pub fn is_otherwise(&self) -> bool {
        let ([before, after], [unit_before, unit_after]) = (self.quantities(), self.units());
        before != after || unit_before != unit_after
    }

    /// How much more of the stock it would hold; less than nothing lets go.
    pub fn holds_more(&self) -> i64 {
        i64::from(self.after.reserved) - i64::from(self.before.as_ref().map_or(0, |line| line.reserved))
    }
}

impl Draft {
    /// What is otherwise, as the order's event keeps it.
    pub fn changes(&self) -> Changes {
        let name_of = |wanted: i16| self.lines.iter().find(|line| line.after.line == wanted).map(|line| line.after.name.clone());
        let lines = self.lines.iter().filter(|line| line.is_otherwise()).map(|line| LineChange {
            sku: line.after.sku.clone(),
            name: line.after.name.clone(),
            quantity: line.quantities(),
            unit_minor: line.units(),
            why: line.after.why.clone(),
            instead_of: line.after.substitute_for.and_then(name_of).unwrap_or_default(),
        });
        Changes { lines: lines.collect(), before_net_minor: self.before_net_minor, after_net_minor: self.after.net_minor }
    }
}

/// Draws it up.
///
/// # Errors
/// [`Error::Invalid`] when it cannot be like this.
pub(super) fn draft(order: &Locked, amendment: &Amendment, goods: &[Goods], terms: &Terms) -> Result<Draft> {
    let mut wrong = FieldErrors::new();
    for (at, wanted) in amendment.lines.iter().enumerate() {
        if !order.lines.iter().any(|line| line.line == wanted.line) {
            wrong.add(format!("lines[{at}].line"), "There is no such line.");
        }
    }
    let mut lines: Vec<Drafted> = order.lines.iter().map(|line| changed(line, amendment, goods, &mut wrong)).collect();
    let mut last = order.lines.iter().map(|line| line.line).max().unwrap_or_default();
    for (at, addition) in amendment.added.iter().enumerate() {
        last = last.saturating_add(1);
        let adding = Adding { sku: &addition.sku, quantity: addition.quantity, instead_of: addition.instead_of };
        match added_line(order, &adding, goods, terms) {
            Ok(line) if last <= MOST_LINES => lines.push(Drafted { before: None, after: Line { line: last, ..line } }),
            Ok(_) => wrong.add(format!("added[{at}].sku"), "There are as many lines on this order as an order has."),
            Err(why) => wrong.add(format!("added[{at}].sku"), why),
        }
    }
    wrong.or(Some(()))?;
    if lines.iter().all(|line| line.quantities()[1] == 0) {
        return Err(Error::invalid("lines", "Nothing is left of it. Decline or cancel it instead."));
    }
    if !lines.iter().any(Drafted::is_otherwise) {
        return Err(Error::invalid("lines", "Nothing is otherwise than it was."));
    }
    let priced = lines.iter().map(|line| line.after.priced()).collect::<Vec<_>>();
    let Counted { lines: counted, totals: after } = count_up(&priced, order.rounding)?;
    for (line, (net_minor, tax_minor)) in lines.iter_mut().zip(counted) {
        (line.after.net_minor, line.after.tax_minor) = (net_minor, tax_minor);
    }
    Ok(Draft { lines, before_gross_minor: order.gross_minor, before_net_minor: order.net_minor, after })
}

/// The most lines of an order.
const MOST_LINES: i16 = 999;

/// A line that is there.
fn changed(line: &Line, amendment: &Amendment, goods: &[Goods], wrong: &mut FieldErrors) -> Drafted {
    let there = line.quantities().counting();
    let mut after = Line { accepted: Some(count(there)), ..line.clone() };
    // Of one line named twice the last counts.
    let wanted = amendment.lines.iter().enumerate().rfind(|(_, wanted)| wanted.line == line.line);
    if let Some((at, LineAmendment { quantity, unit_minor, why, .. })) = wanted {
        if *quantity > Quantity::MOST {
            wrong.add(format!("lines[{at}].quantity"), QuantityError::Range.to_string());
        }
        after.accepted = Some(count(*quantity));
        after.reserved = held(line, *quantity, is_tracked(line, goods));
        match text::optional(why, LONGEST_WHY) {
            Ok(why) => after.why = why,
            Err(error) => wrong.add(format!("lines[{at}].why"), error.about("why")),
        }
        match unit_minor {
            Some(unit_minor) if *unit_minor > line.unit_minor => {
                wrong.add(format!("lines[{at}].price"), "A price can be lowered here, and not raised.");
            }
            Some(unit_minor) if *unit_minor < line.unit_minor => {
                after.unit_minor = *unit_minor;
                "agreed".clone_into(&mut after.price_source);
            }
            _ => {}
        }
    }
    Drafted { before: Some(line.clone()), after }
}

/// How much of the stock a line holds when there are so many on it. What was not counted when it was ordered holds nothing, and
/// goes on to hold nothing, however it is counted now.
fn held(line: &Line, quantity: u32, is_tracked: bool) -> i32 {
    let there = line.quantities().counting();
    match quantity.checked_sub(there) {
        Some(more) if is_tracked => line.reserved.saturating_add(count(more)),
        Some(_) => line.reserved,
        None => line.reserved.min(count(quantity)),
    }
}

fn is_tracked(line: &Line, goods: &[Goods]) -> bool {
    goods.iter().any(|goods| goods.product_id.uuid() == line.product_id && goods.stock_mode != StockMode::Untracked)
}

fn count(number: u32) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}
