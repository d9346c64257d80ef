//! The surfaces of an order: the answer that it gets, its pages, its paper, the text that tells of it, what is kept of it; and what
//! it would come to when it is changed, or ordered once more, on another day.

use http::{Method, StatusCode};
use serde_json::{Value, json};

use super::drawn::{List, SHARED};
use super::oracle::{Bill, Eyes, Quantities};
use super::scene::Scene;
use super::shopping::{fills_the_basket, on_the_basket, seen_in};
use crate::amendments::send_to;
use crate::house::Answer;
use crate::orders::{ORDERS, form_of, send};

/// An order that was placed, and what it came to then.
pub struct Placed<'a> {
    pub number: String,
    pub bill: Bill<'a>,
}

/// What has a price is ordered, by a program; what has none is refused.
pub async fn orders_by_api<'a>(scene: &mut Scene<'a>, account: usize, quantities: &Quantities) -> Option<Placed<'a>> {
    let eyes = scene.eyes(Some(account));
    let bill = Bill::of_all(&eyes, quantities);
    for (product, quantity) in eyes.products().iter().zip(quantities) {
        if eyes.price(product, *quantity).is_none() {
            let lines = json!([{ "sku": product.sku, "quantity": quantity }]);
            let answer = scene.customers[account].post(ORDERS, json!({ "lines": lines })).await;
            scene.refuses(&format!("an order of {} by {}", product.sku, eyes.name()), &answer, StatusCode::UNPROCESSABLE_ENTITY);
        }
    }
    if bill.lines.is_empty() {
        return None;
    }
    let answer = scene.customers[account].post(ORDERS, json!({ "lines": asked(&bill) })).await;
    scene.answers(&format!("the answer to an order of {}", eyes.name()), &answer, &bill.answered());
    number_in(&answer).map(|number| Placed { number, bill })
}

/// The basket is sent, without what has no price, by its own form.
pub async fn sends_the_basket<'a>(scene: &mut Scene<'a>, account: usize, quantities: &Quantities) -> Option<Placed<'a>> {
    let eyes = scene.eyes(Some(account));
    let name = eyes.name();
    let bill = Bill::of_all(&eyes, quantities);
    if bill.lines.is_empty() {
        return None;
    }
    let priced: Vec<u32> =
        eyes.products().iter().zip(quantities).map(|(product, quantity)| eyes.price(product, *quantity).map_or(0, |_| *quantity)).collect();
    fills_the_basket(scene, account, &priced).await;
    let page = scene.customers[account].get("/basket").await;
    let has_form = page.text.contains("action=\"/orders\"");
    scene.same(&format!("the basket of {name} can be sent"), has_form.to_string(), true.to_string());
    if !has_form {
        return None;
    }
    let sent = send(&scene.customers[account], &form_of(&page)).await;
    let number = sent.header("location").trim_start_matches("/orders/").trim_end_matches("?done=sent").to_owned();
    scene.same(&format!("the basket of {name}, sent"), sent.status.to_string(), StatusCode::SEE_OTHER.to_string());
    (!number.is_empty()).then_some(Placed { number, bill })
}

/// The number of an order that was placed.
pub fn number_in(answer: &Answer) -> Option<String> {
    Some(answer.value()["number"].as_str()?.to_owned())
}

fn asked(bill: &Bill<'_>) -> Value {
    bill.lines.iter().map(|line| json!({ "sku": line.product.sku, "quantity": line.quantity })).collect()
}

/// Every surface on which the account and the office read an order that nobody has changed; and nobody else does.
pub async fn is_read(scene: &mut Scene<'_>, account: usize, placed: &Placed<'_>) {
    let Placed { number, bill } = placed;
    let name = scene.eyes(Some(account)).name();
    let (lines, taxes) = (bill.answered(), bill.taxes());
    let page = format!("/orders/{number}");
    for path in [page.clone(), format!("{page}/order.pdf")] {
        let answer = scene.customers[account].get(&path).await;
        scene.names(&format!("{path} to {name}"), &answer, &lines, &taxes);
        let answer = scene.manager.get(&format!("/office{path}")).await;
        scene.names(&format!("the office's {path}"), &answer, &lines, &taxes);
        let answer = scene.customers[1 - account].get(&path).await;
        scene.refuses(&format!("{path} to the other account"), &answer, StatusCode::NOT_FOUND);
    }
    let detail = scene.customers[account].get(&format!("{ORDERS}/{number}")).await;
    scene.answers(&format!("{number} of the API to {name}"), &detail, &lines);
    let reasons = |of: &Value| of["price_reason"].as_str().unwrap_or_default().to_owned();
    let said: Vec<String> = detail.value()["lines"].as_array().into_iter().flatten().map(reasons).collect();
    let wanted: Vec<String> = bill.lines.iter().map(super::oracle::Line::reason).collect();
    scene.same(&format!("the reasons on {number} to {name}"), format!("{said:?}"), format!("{wanted:?}"));
    let answer = scene.manager.get(&format!("/api/v1/office/orders/{number}")).await;
    scene.answers(&format!("the office's {number} of the API"), &answer, &lines);
    let office = scene.manager.get(&format!("/office{page}")).await;
    for (at, list) in SHARED.into_iter().enumerate() {
        let (said, wanted) =
            (office.text.matches(list).count(), bill.lines.iter().filter(|line| line.row.list == List::Shared(at)).count());
        scene.same(&format!("the office's {number}, of prices of {list}"), said.to_string(), wanted.to_string());
    }
    is_kept(scene, placed).await;
}

/// The account's only order in its lists, and in the text that tells of it.
pub async fn is_listed_and_told(scene: &mut Scene<'_>, account: usize, placed: &Placed<'_>) {
    let Placed { number, bill } = placed;
    let name = scene.eyes(Some(account)).name();
    let answer = scene.customers[account].get("/orders").await;
    scene.names(&format!("/orders to {name}"), &answer, &[bill.net], &[]);
    let answer = scene.customers[account].get(ORDERS).await;
    scene.answers(&format!("the orders of the API to {name}"), &answer, &bill.answered());
    scene.house.run_jobs().await;
    let told = scene.house.sent_to(&scene.drawn.accounts[account].phone).into_iter().find(|text| text.contains(number.as_str()));
    scene.names_in_text(&format!("the text of {number}"), &told.unwrap_or_default(), &[bill.net]);
}

/// The lines as they are kept, each with its reason.
pub async fn is_kept(scene: &mut Scene<'_>, placed: &Placed<'_>) {
    let kept: String = scene
        .house
        .value(&format!(
            "select coalesce(string_agg(concat_ws(' ', sku, ordered, unit_minor, price_source, price_from_quantity, coalesce(price_valid_until::text, '-'),
                                                  coalesce(p.name, '-'), tax_basis_points, l.net_minor, coalesce(l.tax_minor::text, '-')), ', ' order by line), '')
               from order_lines l join orders o using (tenant_id, order_id)
               left join price_lists p on p.tenant_id = l.tenant_id and p.price_list_id = l.price_list_id
              where o.number = '{}' and o.tenant_id = (select id from tenants where slug = '{}')",
            placed.number, scene.drawn.slug
        ))
        .await;
    scene.same(&format!("the kept lines of {}", placed.number), kept, placed.bill.kept());
}

/// On another day: what was ordered is as it was, and in the basket it costs what it costs now.
pub async fn orders_again(scene: &mut Scene<'_>, account: usize, placed: &Placed<'_>) {
    let eyes = scene.eyes(Some(account));
    let Placed { number, bill } = placed;
    let customer = &scene.customers[account];
    customer.form("/basket/emptying", &[]).await;
    let again = customer.form(&format!("/orders/{number}/reorder"), &[]).await;
    let answer = customer.get(again.header("location")).await;
    let mut basket = vec![0; eyes.products().len()];
    let mut changes = Vec::new();
    for line in &bill.lines {
        if let Some(now) = eyes.price(line.product, line.quantity) {
            basket[line.at] = line.quantity;
            changes.extend([line.row.minor, now.minor].into_iter().filter(|_| now.minor != line.row.minor));
        }
    }
    let (mut must, may) = on_the_basket(&eyes, &basket, &eyes);
    must.extend(changes);
    scene.names(&format!("{number} once more to {}", eyes.name()), &answer, &must, &may);
}

/// Products, by where they stand, and how many of each.
type Wanted = Vec<(usize, u32)>;

/// How an order is to be: all that has a price now, of what was ordered in another quantity, and what was not ordered before.
fn edited<'a>(eyes: &Eyes<'a>, account: usize, before: &Bill<'a>) -> (Wanted, Wanted) {
    let wanted = |at: usize| (at, eyes.drawn.accounts[account].edited[at]);
    let is_sold = |(at, quantity): &(usize, u32)| eyes.price(&eyes.products()[*at], *quantity).is_some();
    let was_there = |at: usize| before.lines.iter().any(|line| line.at == at);
    let lines = before.lines.iter().map(|line| wanted(line.at)).filter(is_sold).collect();
    let more = (0..eyes.products().len()).filter(|at| !was_there(*at)).map(wanted).filter(is_sold).collect();
    (lines, more)
}

/// What an order says of its lines that became otherwise: of a line that stays what one cost, and what it costs, where they differ.
fn changes(before: &Bill<'_>, after: &Bill<'_>) -> Vec<i64> {
    let now = |at: usize| after.lines.iter().find(|line| line.at == at).map(|line| line.row.minor);
    let pairs = before.lines.iter().filter_map(|line| Some([line.row.minor, now(line.at)?]));
    pairs.filter(|[before, after]| before != after).flatten().collect()
}

/// What it would come to, by the form and without changing anything; and then the change itself, by a program.
pub async fn is_edited<'a>(scene: &mut Scene<'a>, account: usize, placed: &Placed<'a>) {
    let eyes = scene.eyes(Some(account));
    let Placed { number, bill: before } = placed;
    let (lines, more) = edited(&eyes, account, before);
    let after = Bill::of(&eyes, lines.iter().chain(&more).copied());
    if after.lines.is_empty() {
        return;
    }
    let mut form = vec![("revision".to_owned(), "1".to_owned())];
    for (place, line) in before.lines.iter().enumerate() {
        let quantity = lines.iter().find(|(at, _)| *at == line.at).map(|(_, quantity)| quantity.to_string()).unwrap_or_default();
        form.push((format!("quantity.{}", place + 1), quantity));
    }
    let typed = more.iter().map(|(at, quantity)| format!("{} {quantity}\n", eyes.products()[*at].sku)).collect::<String>();
    form.push(("more".to_owned(), typed));
    let path = format!("/orders/{number}/edit");
    let looked = send_to(&scene.customers[account], &path, &form).await;
    let mut must = changes(before, &after);
    must.extend(before.lines.iter().map(|line| line.row.minor));
    must.extend([before.net, before.gross(), after.net, after.gross()]);
    let name = eyes.name();
    scene.names(&format!("the preview of {number} to {name}"), &looked, &must, &[after.tax, before.tax, 0]);
    scene.same(&format!("what was seen of {number}"), seen_in(&looked), after.gross().to_string());
    is_kept(scene, placed).await;
    let body = json!({ "revision": 1, "lines": asked(&after), "seen_total_inc_tax": after.gross() });
    let answer = scene.customers[account].json(Method::PATCH, &format!("{ORDERS}/{number}"), body).await;
    let wanted = [told_by_api(before, &after), after.answered()].concat();
    scene.answers(&format!("the changed {number} of the API to {name}"), &answer, &wanted);
    let page = scene.customers[account].get(&format!("/orders/{number}")).await;
    let mut must = changes(before, &after);
    must.extend(after.answered());
    scene.names(&format!("the changed {number} to {name}"), &page, &must, &after.taxes());
    is_kept(scene, &Placed { number: number.clone(), bill: after }).await;
}

/// What an operation's answer says of each line that became otherwise: what one costs and what it cost. First those that are on
/// the order now, then those that are not any more.
fn told_by_api(before: &Bill<'_>, after: &Bill<'_>) -> Vec<i64> {
    let find = |bill: &Bill<'_>, at: usize| bill.lines.iter().find(|line| line.at == at).map(|line| (line.quantity, line.row.minor));
    let now = after.lines.iter().filter_map(|line| {
        let (quantity, minor) = find(before, line.at).unwrap_or((0, line.row.minor));
        (quantity != line.quantity || minor != line.row.minor).then_some([line.row.minor, minor])
    });
    let gone = before.lines.iter().filter(|line| find(after, line.at).is_none()).map(|line| [line.row.minor; 2]);
    now.chain(gone).flatten().collect()
}
