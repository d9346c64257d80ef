//! The surfaces of the office: why something costs somebody what it does, an order by telephone and what is added to it, and the
//! file of all prices.

use std::collections::BTreeSet;

use chrono::{Days, NaiveDate};
use serde_json::{Value, json};
use uuid::Uuid;

use super::drawn::{List, Product, SHARED};
use super::oracle::{Bill, Eyes, Quantities};
use super::ordering::{Placed, is_kept, number_in};
use super::scene::Scene;
use crate::amendments::send_to;

/// Every price of an account is explained, at one, at what is in the basket and at what will be wanted, on this day and on the one
/// when everybody comes back.
pub async fn explains(scene: &mut Scene<'_>, account: usize) {
    let (today, drawn) = (scene.eyes(Some(account)), scene.drawn);
    let later = Eyes { day: today.day + Days::new(drawn.days_later), ..today };
    let account = &drawn.accounts[account];
    for (at, product) in drawn.products.iter().enumerate() {
        for (eyes, quantity) in [(today, 1), (today, account.quantities[at]), (later, account.edited[at])] {
            explains_one(scene, &eyes, account.number, product, quantity).await;
        }
    }
}

async fn explains_one<'a>(scene: &mut Scene<'_>, eyes: &Eyes<'a>, account: &str, product: &'a Product, quantity: u32) {
    let asked = format!("account={account}&sku={}&quantity={quantity}&day={}", product.sku.to_lowercase(), eyes.day);
    let surface = format!("the office's why of {asked}");
    let won = eyes.price(product, quantity);
    let answer = scene.manager.get(&format!("/api/v1/office/price-explanations?{asked}")).await;
    let value = answer.value();
    let price: Vec<i64> = won.iter().flat_map(|row| [row.minor, eyes.gross(product, row.minor)]).collect();
    let said: Vec<i64> = ["price", "price_inc_tax"].iter().filter_map(|name| value[name]["minor"].as_i64()).collect();
    scene.same(&surface, format!("{said:?}"), format!("{price:?}"));
    scene.same(&surface, text(&value["reason"]), won.map(|row| eyes.reason_in_office(row)).unwrap_or_default());
    let steps = value["steps"].as_array().cloned().unwrap_or_default();
    let won_by: Vec<String> = steps.iter().filter(|step| step["wins"] == true).map(|step| text(&step["source"])).collect();
    scene.same(&surface, won_by.join(" "), won.map(|row| row.source().to_owned()).unwrap_or_default());
    // The winner is the first, and all others that could have been it come after it.
    let theirs = || product.rows.iter().filter(|row| eyes.lists().contains(&row.list)).map(|row| row.minor);
    let mut named: Vec<i64> = steps.iter().filter_map(|step| step["price"]["minor"].as_i64()).collect();
    let others = named.split_off(usize::from(won.is_some()));
    scene.same(&surface, format!("{named:?}"), format!("{:?}", won.iter().map(|row| row.minor).collect::<Vec<_>>()));
    let (said, wanted): (BTreeSet<i64>, BTreeSet<i64>) =
        (others.into_iter().collect(), theirs().filter(|minor| won.is_none_or(|row| row.minor != *minor)).collect());
    scene.same(&surface, format!("{said:?}"), format!("{wanted:?}"));
    let page = scene.manager.get(&format!("/office/why-this-price?{asked}")).await;
    scene.names(&format!("{surface}, the page"), &page, &price.into_iter().chain(theirs()).collect::<Vec<_>>(), &[]);
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// Somebody calls: all that has a price but the last of it is looked at and ordered, and then the last is added.
pub async fn orders_by_telephone(scene: &mut Scene<'_>, account: usize, quantities: &Quantities) {
    let eyes = scene.eyes(Some(account));
    let all = Bill::of_all(&eyes, quantities);
    let wanted: Vec<(usize, u32)> = all.lines.iter().map(|line| (line.at, line.quantity)).collect();
    let Some((last, first)) = wanted.split_last().filter(|(_, first)| !first.is_empty()) else { return };
    let bill = Bill::of(&eyes, first.iter().copied());
    let (account, lines) = (eyes.name(), bill.lines.iter().map(|line| format!("{} {}\n", line.product.sku, line.quantity)));
    let form = [("account", account.clone()), ("submission_id", Uuid::now_v7().to_string()), ("lines", lines.collect())];
    let looked = send_to(&scene.manager, "/office/orders", &form.map(|(name, value)| (name.to_owned(), value))).await;
    let totals: Vec<i64> = bill.lines.iter().map(|line| line.net).chain([bill.net, bill.gross()]).collect();
    scene.names(&format!("the office's order for {account}, looked at"), &looked, &totals, &bill.taxes());
    let lines: Value = bill.lines.iter().map(|line| json!({ "sku": line.product.sku, "quantity": line.quantity })).collect();
    let answer = scene.manager.post("/api/v1/office/orders", json!({ "account_number": account, "lines": lines })).await;
    scene.answers(&format!("the office's order for {account}"), &answer, &bill.answered());
    let Some(number) = number_in(&answer) else { return };
    let placed = Placed { number, bill };
    is_kept(scene, &placed).await;
    let Placed { number, bill } = &placed;
    let added = all.lines.last().expect("a line");
    let body = json!({ "revision": 1, "added": [{ "sku": added.product.sku, "quantity": last.1 }] });
    let answer = scene.manager.post(&format!("/api/v1/office/orders/{number}/amendment-preview"), body).await;
    let wanted = [added.row.minor, added.row.minor, added.net, all.net, bill.net, all.gross(), bill.gross()];
    scene.answers(&format!("the office's addition to {number}"), &answer, &wanted);
}

/// The file of all prices has every row that was drawn, and no other.
pub async fn exports(scene: &mut Scene<'_>) {
    let answer = scene.manager.get("/office/exports/prices.csv").await;
    let mut table = csv::Reader::from_reader(answer.text.trim_start_matches('\u{feff}').as_bytes());
    let heads = table.headers().expect("headings").iter().collect::<Vec<_>>().join(",");
    scene.same("the office's file of prices", heads, "price_list,account_number,sku,from_quantity,price,valid_from,valid_until".to_owned());
    let mut said: Vec<String> = table.records().map(|row| row.expect("a row").iter().collect::<Vec<_>>().join(",")).collect();
    let mut wanted: Vec<String> = Vec::new();
    for (product, row) in scene.drawn.products.iter().flat_map(|product| product.rows.iter().map(move |row| (product, row))) {
        let whose = match row.list {
            List::Own(at) => format!(",{}", scene.drawn.accounts[at].number),
            List::Shared(at) => format!("{},", SHARED[at]),
            List::Base => ",".to_owned(),
        };
        let day = |day: Option<NaiveDate>| day.map(|day| day.to_string()).unwrap_or_default();
        let price = format!("{}.{:02}", row.minor / 100, row.minor % 100);
        wanted.push(format!("{whose},{},{},{price},{},{}", product.sku, row.from_quantity, day(row.from), day(row.until)));
    }
    said.sort_unstable();
    wanted.sort_unstable();
    scene.same("the office's file of prices", said.join("\n"), wanted.join("\n"));
}
