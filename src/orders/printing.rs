//! An order on paper, for its customer and for the desk: what it says is what the page says, from the same words.

use super::shown::{OrderShown, RateShown};
use crate::paper::{Column, Paper, Side};
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
            order.placed_exact,
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
    paper.row(&LINES, &["SKU", "Product", "Quantity", "Price", "VAT", "Total"], true);
    for line in &order.lines {
        let parts = [&line.name, &line.pack, &line.reason, &line.why].into_iter().filter(|part| !part.is_empty());
        let name = parts.map(String::as_str).collect::<Vec<_>>().join(", ");
        let quantity = if line.is_otherwise { format!("{} (of {})", line.quantity, line.ordered) } else { line.quantity.to_string() };
        paper.row(&LINES, &[&line.sku, &name, &quantity, &line.unit, &line.rate, &line.net], false);
    }
    paper.rule();
    sums(&mut paper, order);
    paper.finish()
}

fn sums(paper: &mut Paper, order: &OrderShown) {
    paper.row(&SUMS, &["Ex VAT", &order.net], false);
    if order.is_export {
        paper.row(&SUMS, &["No VAT: the goods leave the country", &order.tax], false);
    } else {
        for RateShown { percent, net, tax } in &order.rates {
            paper.row(&SUMS, &[&format!("VAT {percent} of {net}"), tax], false);
        }
    }
    paper.row(&SUMS, &["Total inc VAT", &order.gross], true);
}
