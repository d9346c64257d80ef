//! An order on paper, for its customer and for the desk: what it says is what the page says, from the same words.

use super::shown::{OrderShown, RateShown};
use crate::paper::{Column, Paper, Row, Side};
use crate::tenancy::Tenant;

/// Whose order it is.
pub struct Addressee<'a> {
    pub business_name: &'a str,
    pub account_number: &'a str,
    pub town: &'a str,
}

const LINES: [Column; 6] = [
    Column { share: 17.0, side: Side::Left },
    Column { share: 42.0, side: Side::Left },
    Column { share: 10.0, side: Side::Right },
    Column { share: 14.0, side: Side::Right },
    Column { share: 9.0, side: Side::Right },
    Column { share: 16.0, side: Side::Right },
];
const SUMS: [Column; 2] = [Column { share: 5.0, side: Side::Right }, Column { share: 1.2, side: Side::Right }];

/// The file.
pub fn on_paper(order: &OrderShown, addressee: &Addressee<'_>, tenant: &Tenant) -> Vec<u8> {
    let mut paper = Paper::new(&format!("{} · order {}", tenant.business_name, order.number));
    paper.heading(&tenant.business_name);
    for line in [&tenant.contact_address, &tenant.contact_phone, &tenant.contact_email] {
        if !line.is_empty() {
            paper.line(line);
        }
    }
    paper.rule();
    paper.heading(&format!("Order {}", order.number));
    let mut facts = vec![
        format!("For {}, account {}", addressee.business_name, addressee.account_number),
        addressee.town.to_owned(),
        format!(
            "Sent {}{}",
            order.placed_on_paper,
            if order.placed_by.is_empty() { String::new() } else { format!(", by {}", order.placed_by) }
        ),
        order.status.to_owned(),
        order.wanted.clone(),
    ];
    if !order.reference.is_empty() {
        facts.push(format!("Reference: {}", order.reference));
    }
    facts.iter().filter(|fact| !fact.is_empty()).for_each(|fact| paper.line(fact));
    if !order.note.is_empty() {
        paper.space(4.0);
        paper.line(&order.note);
    }
    paper.rule();
    paper.table(&LINES, &lines(order));
    paper.rule();
    paper.table(&SUMS, &sums(order));
    paper.finish()
}

fn lines(order: &OrderShown) -> Vec<Row> {
    let mut rows = vec![row(["SKU", "Product", "Quantity", "Price", "VAT", "Total"], true)];
    for line in &order.lines {
        let parts = [&line.name, &line.pack, &line.reason, &line.why].into_iter().filter(|part| !part.is_empty());
        let name = parts.map(String::as_str).collect::<Vec<_>>().join(", ");
        let quantity = if line.is_otherwise && line.ordered > 0 {
            format!("{} (of {})", line.quantity, line.ordered)
        } else {
            line.quantity.to_string()
        };
        rows.push(row([&line.sku, &name, &quantity, &line.unit, &line.rate, &line.net], false));
    }
    rows
}

fn sums(order: &OrderShown) -> Vec<Row> {
    let mut rows = vec![row(["Ex VAT", &order.net], false)];
    if order.is_export {
        rows.push(row(["No VAT: the goods leave the country", &order.tax], false));
    } else {
        rows.extend(order.rates.iter().map(|RateShown { percent, net, tax }| row([&*format!("VAT {percent} of {net}"), tax], false)));
    }
    rows.push(row(["Total inc VAT", &order.gross], true));
    rows
}

fn row<const COLUMNS: usize>(texts: [&str; COLUMNS], is_strong: bool) -> Row {
    Row { texts: texts.map(str::to_owned).to_vec(), is_strong }
}
