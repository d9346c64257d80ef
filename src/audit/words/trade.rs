//! The words of what is done with goods, prices and orders. An entry names an order by its number and a product by its SKU; what a
//! customer wrote stands in neither.

use super::{Change, Details, Words, change, in_brackets, listed, plain, with};

pub(super) fn of_orders(action: &str, details: &Details<'_>) -> Option<Words> {
    let number = with("order ", details.text("number"));
    let order = if number.is_empty() { "an order".to_owned() } else { number };
    let reason = with(": ", details.text("reason"));
    Some(plain(match action {
        "order.submitted" => format!("Sent {order}{}", with(" for account ", details.text("account_number"))),
        "order.edited" => format!("Changed {order} before it was accepted"),
        "order.accepted" => format!("Accepted {order}"),
        "order.amended" => format!("Amended {order}{reason}"),
        "order.declined" => format!("Declined {order}{reason}"),
        "order.cancelled" => format!("Cancelled {order}{reason}"),
        "order.picking_started" => format!("Began to pick {order}"),
        "order.dispatched" => format!("Sent {order} on its way"),
        "order.delivered" => format!("Handed {order} over"),
        _ => return None,
    }))
}

pub(super) fn of_goods(action: &str, details: &Details<'_>) -> Option<Words> {
    let (name, list) = (details.text("name"), details.text("list"));
    let product = format!("the product {name}{}", in_brackets(details.text("sku")));
    let how_many = |what: &str| match details.number("count") {
        1 => format!("1 {what}"),
        number => format!("{number} {what}s"),
    };
    Some(match action {
        "product.added" => plain(format!("Added {product}")),
        "product.changed" => Words { sentence: format!("Changed {product}"), changes: listed(details) },
        "product.many_changed" => Words { sentence: format!("Changed {}", how_many("product")), changes: listed(details) },
        "product.removed" => plain(format!("Removed {product}")),
        "stock.counted" => Words { sentence: format!("Counted {product}"), changes: vec![on_hand(details)] },
        "category.added" => plain(format!("Added the category “{name}”")),
        "category.renamed" => {
            Words { sentence: "Gave a category another name".to_owned(), changes: vec![change("name", details.text("before"), name)] }
        }
        "category.removed" => plain(format!("Removed the category “{name}”")),
        "price_list.added" => plain(format!("Made the price list “{name}”")),
        "price_list.renamed" => {
            Words { sentence: "Gave a price list another name".to_owned(), changes: vec![change("name", details.text("before"), name)] }
        }
        "prices.changed" => plain(format!(
            "Changed {}{}{}{}",
            how_many("price"),
            with(" of ", details.text("sku")),
            with(" on ", list),
            with(", the largest change ", details.text("largest_change"))
        )),
        "account.terms_changed" => {
            Words { sentence: format!("Changed the terms of account {}", details.text("account_number")), changes: listed(details) }
        }
        "message.resent" => plain("Sent a message once more".to_owned()),
        "message.dropped" => plain("Let a message go that did not arrive".to_owned()),
        "text_limits.changed" => Words { sentence: "Changed what texts may cost, or where they go".to_owned(), changes: listed(details) },
        "account.news_ended" => plain(format!(
            "Ended e-mail about the orders of account {}{}",
            details.text("account_number"),
            with(": ", details.text("reason"))
        )),
        "order_settings.changed" => Words { sentence: "Changed how orders are taken".to_owned(), changes: listed(details) },
        "import.applied" => plain(format!("Brought in {}{}", how_many("row"), with(" of ", details.text("kind")))),
        "import.undone" => plain(format!("Took the import of {} back", details.text("kind"))),
        _ => return None,
    })
}

fn on_hand(details: &Details<'_>) -> Change {
    let number = |key: &str| details.whole(key).map(|number| number.to_string()).unwrap_or_default();
    change("on hand", &number("before"), &number("after"))
}
