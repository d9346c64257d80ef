//! The surfaces before anything is ordered: lists, the search, a product's own page, what is usual, the basket, the quick order.

use http::{Method, StatusCode};
use serde_json::{Value, json};

use super::drawn::Product;
use super::oracle::{Bill, Eyes, Quantities};
use super::scene::Scene;
use crate::house::Answer;

/// Every page and operation on which somebody looks around, with so many of each product in their basket.
pub async fn looks_around(scene: &mut Scene<'_>, account: Option<usize>, basket: &Quantities) {
    let eyes = scene.eyes(account);
    let name = eyes.name();
    if account.is_none() && scene.drawn.shows == "nothing" {
        return stays_outside(scene).await;
    }
    let (products, worth) = (eyes.products(), Bill::of_all(&eyes, basket).net);
    let is_empty = basket.iter().all(|quantity| *quantity == 0);
    let rows = products.iter().zip(basket).flat_map(|(product, in_basket)| eyes.in_list(product, *in_basket));
    let listed: Vec<i64> = rows.chain((!is_empty).then_some(worth)).collect();
    for path in ["/products", "/products?query=thing"] {
        let answer = get(scene, account, path).await;
        scene.names(&format!("{path} to {name}"), &answer, &listed, &[]);
    }
    for (product, in_basket) in products.iter().zip(basket) {
        let answer = get(scene, account, &format!("/products/{}", product.id)).await;
        let surface = format!("the page of {} to {name}", product.sku);
        scene.names(&surface, &answer, &eyes.on_page(product, *in_basket), &[]);
        gives_the_reason(scene, &surface, &answer, &eyes, product, *in_basket);
    }
    let fewest = products.iter().filter_map(|product| Some((product, eyes.price(product, eyes.least(product))?.minor)));
    let answered: Vec<i64> = fewest.flat_map(|(product, minor)| [minor, eyes.gross(product, minor)]).collect();
    for path in ["/api/v1/products", "/api/v1/products?query=thing"] {
        let answer = get(scene, account, path).await;
        scene.answers(&format!("{path} to {name}"), &answer, &answered);
    }
}

fn gives_the_reason<'a>(scene: &mut Scene<'_>, surface: &str, answer: &Answer, eyes: &Eyes<'a>, product: &'a Product, in_basket: u32) {
    let reason = eyes.price(product, in_basket.max(eyes.least(product))).map(|row| eyes.reason(row)).unwrap_or_default();
    let begin = "<p class=\"small soft\">Your price";
    let said = answer.text.split_once(begin).map(|(_, rest)| format!("Your price{}", rest.split('<').next().unwrap_or_default()));
    scene.same(surface, said.unwrap_or_default(), reason);
}

/// Where strangers see nothing.
async fn stays_outside(scene: &mut Scene<'_>) {
    let page = format!("/products/{}", scene.drawn.products[0].id);
    for path in ["/products", "/products?query=thing", &page] {
        let answer = scene.stranger.get(path).await;
        scene.refuses(&format!("{path} to a stranger"), &answer, StatusCode::SEE_OTHER);
    }
    let answer = scene.stranger.get("/api/v1/products").await;
    scene.refuses("the products of the API to a stranger", &answer, StatusCode::UNAUTHORIZED);
}

async fn get(scene: &Scene<'_>, account: Option<usize>, path: &str) -> Answer {
    account.map_or(&scene.stranger, |at| &scene.customers[at]).get(path).await
}

/// What a customer usually orders: what is on the only order of the account.
pub async fn sees_the_usuals(scene: &mut Scene<'_>, account: usize, ordered: &Bill<'_>, basket: &Quantities) {
    let eyes = scene.eyes(Some(account));
    let rows = ordered.lines.iter().flat_map(|line| eyes.in_list(&eyes.products()[line.at], basket[line.at]));
    let is_empty = basket.iter().all(|quantity| *quantity == 0);
    let wanted: Vec<i64> = rows.chain((!is_empty).then_some(Bill::of_all(&eyes, basket).net)).collect();
    let answer = scene.customers[account].get("/usuals").await;
    scene.names(&format!("/usuals to {}", eyes.name()), &answer, &wanted, &[]);
}

/// Makes the basket hold so many of each product.
pub async fn fills_the_basket(scene: &mut Scene<'_>, account: usize, basket: &Quantities) {
    let edits: Vec<Value> = scene
        .drawn
        .products
        .iter()
        .zip(basket)
        .map(|(product, quantity)| json!({ "product_id": product.id, "quantity": quantity }))
        .collect();
    let answer = scene.customers[account].json(Method::PATCH, "/api/v1/basket", json!({ "edits": edits })).await;
    let wanted = of_basket(&scene.eyes(Some(account)), basket);
    scene.answers(&format!("the changed basket of {}", scene.eyes(Some(account)).name()), &answer, &wanted);
}

/// What the API says of a basket: each line in turn, its price only if it has one; that nothing is the least that is ordered; and
/// all of them.
fn of_basket(eyes: &Eyes<'_>, basket: &Quantities) -> Vec<i64> {
    let bill = Bill::of_all(eyes, basket);
    let line = |at: usize| bill.lines.iter().find(|line| line.at == at).map_or(vec![0], |line| vec![line.row.minor, line.net]);
    let lines = (0..basket.len()).filter(|at| basket[*at] > 0).flat_map(line);
    lines.chain([0, bill.net, bill.gross()]).collect()
}

/// The basket, where each line was put in at what it cost then, which is said when it is another price by now.
pub async fn looks_into_the_basket(scene: &mut Scene<'_>, account: usize, basket: &Quantities, put_in: &Eyes<'_>) {
    let eyes = scene.eyes(Some(account));
    let name = eyes.name();
    let answer = scene.customers[account].get("/api/v1/basket").await;
    scene.answers(&format!("the basket of the API to {name}"), &answer, &of_basket(&eyes, basket));
    let answer = scene.customers[account].get("/basket").await;
    let (must, may) = on_the_basket(&eyes, basket, put_in);
    scene.names(&format!("/basket to {name}"), &answer, &must, &may);
    // What goes back with the form that sends it is what one of each costs.
    let fits = eyes.products().iter().zip(basket).all(|(product, quantity)| *quantity == 0 || eyes.price(product, *quantity).is_some());
    if fits && basket.iter().any(|quantity| *quantity > 0) {
        let bill = Bill::of_all(&eyes, basket);
        let seen = bill.lines.iter().map(|line| format!("{}={}", line.product.id, line.row.minor)).collect::<Vec<_>>().join(",");
        scene.same(&format!("the form on the basket of {name}"), seen_in(&answer), seen);
    }
}

/// What the form on a page says that somebody has seen; nothing where there is none.
pub fn seen_in(page: &Answer) -> String {
    let seen = page.text.split("name=\"seen\" value=\"").nth(1).and_then(|rest| rest.split('"').next());
    seen.unwrap_or_default().to_owned()
}

/// The amounts that a basket's page names, and those that it may.
pub fn on_the_basket(eyes: &Eyes<'_>, basket: &Quantities, put_in: &Eyes<'_>) -> (Vec<i64>, Vec<i64>) {
    let bill = Bill::of_all(eyes, basket);
    let was = |at: usize| {
        let (then, now) = (put_in.price(&put_in.products()[at], basket[at]), eyes.price(&eyes.products()[at], basket[at]));
        then.map(|row| row.minor).filter(|then| Some(*then) != now.map(|row| row.minor))
    };
    let were = (0..basket.len()).filter(|at| basket[*at] > 0).filter_map(was);
    let mut must: Vec<i64> = bill.lines.iter().flat_map(|line| [line.row.minor, line.net]).chain(were).collect();
    if basket.iter().any(|quantity| *quantity > 0) {
        must.extend([bill.net, bill.gross()]);
        must.extend(bill.rates.values().map(|(_, tax)| *tax).filter(|tax| *tax > 0));
    }
    (must, bill.taxes())
}

/// A list of SKUs with quantities, looked up.
pub async fn orders_quickly(scene: &mut Scene<'_>, account: usize, quantities: &Quantities) {
    let eyes = scene.eyes(Some(account));
    let lines: Vec<String> =
        eyes.products().iter().zip(quantities).map(|(product, quantity)| format!("{} {quantity}", product.sku.to_lowercase())).collect();
    let body = format!("--b\r\nContent-Disposition: form-data; name=\"lines\"\r\n\r\n{}\r\n--b--\r\n", lines.join("\n"));
    let answer =
        scene.customers[account].send_bytes(Method::POST, "/quick-order", "multipart/form-data; boundary=b", body.into_bytes()).await;
    let totals: Vec<i64> = Bill::of_all(&eyes, quantities).lines.iter().map(|line| line.net).collect();
    scene.names(&format!("the quick order of {}", eyes.name()), &answer, &totals, &[]);
}
