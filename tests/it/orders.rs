//! Ordering: what an order comes to, what is refused and why, and that the same order is one however often it is sent.

use futures_util::future::join_all;
use http::{Method, StatusCode};
use regex::Regex;
use serde_json::{Value, json};
use tradecounter::sweep;
use uuid::Uuid;

use crate::house::{ADA, Answer, Browser, CAT, DAN, House};

pub const ORDERS: &str = "/api/v1/orders";

/// Orders under a key.
pub async fn order(browser: &Browser, key: &str, lines: Value) -> Answer {
    let body = json!({ "lines": lines }).to_string();
    browser.send(Method::POST, ORDERS, &[("idempotency-key", key)], Some(("application/json", body))).await
}

/// The number in an answer.
pub fn number(answer: &Answer) -> String {
    assert_eq!(answer.status, StatusCode::CREATED, "{answer:?}");
    answer.value()["number"].as_str().expect("a number").to_owned()
}

/// The id of a product.
pub async fn product(house: &House, slug: &str, sku: &str) -> String {
    house
        .value(&format!(
            "select product_id::text from products p join tenants t on t.id = p.tenant_id where t.slug = '{slug}' and sku = '{sku}'"
        ))
        .await
}

/// How many of a product are spoken for.
pub async fn reserved(house: &House, sku: &str) -> i64 {
    house.value(&format!("select reserved from stock join products using (tenant_id, product_id) where sku = '{sku}'")).await
}

/// The hidden fields of the form that sends the basket.
pub fn form_of(page: &Answer) -> Vec<(String, String)> {
    let form = page.text.split("action=\"/orders\"").nth(1).unwrap_or_else(|| panic!("no form in {page:?}"));
    let hidden = Regex::new(r#"<input type="hidden" name="(\w+)" value="([^"]*)">"#).expect("a pattern");
    hidden.captures_iter(form).map(|field| (field[1].to_owned(), field[2].to_owned())).collect()
}

/// Sends such a form.
pub async fn send(browser: &Browser, form: &[(String, String)]) -> Answer {
    let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    browser.form("/orders", &form).await
}

/// Puts so many of a product into the basket.
pub async fn put(house: &House, browser: &Browser, sku: &str, quantity: u32) {
    let id = product(house, "acme", sku).await;
    let put = browser.form("/basket/lines", &[(&format!("q.{id}"), &quantity.to_string())]).await;
    assert_eq!((put.status, put.header("location")), (StatusCode::SEE_OTHER, "/basket"), "{put:?}");
}

/// Another phone for ADA's account.
pub async fn second_phone(house: &House, phone: &str) -> Browser {
    house
        .change(&format!(
            "insert into customers (id, phone, created_at, last_proven_at) values (gen_random_uuid(), '{phone}', now(), now());
             insert into account_access (tenant_id, access_id, account_id, customer_id, phone, contact_name, role, status, created_at)
             select a.tenant_id, gen_random_uuid(), a.account_id, c.id, c.phone, 'Second', 'buyer', 'active', now()
               from trade_accounts a, customers c where a.account_number = 'A-1' and c.phone = '{phone}'"
        ))
        .await;
    house.customer("acme", phone).await
}

#[tokio::test]
async fn an_order_is_placed_looked_at_and_cancelled() {
    let house = House::open().await;
    house.goods("acme").await;
    let (ada, cat) = (house.customer("acme", ADA).await, house.customer("acme", CAT).await);
    let lines = json!([{ "sku": "cup-1", "quantity": 2 }, { "sku": "TEA-1", "quantity": 2 }, { "sku": "CUP-1", "quantity": 2 }]);
    let body = json!({ "lines": lines, "reference": " For\tMonday " });
    let placed = ada.post(ORDERS, body).await;
    let number = number(&placed);
    assert!(Regex::new("^AW-[2-9A-HJKMNP-TV-Z]{3}-[2-9A-HJKMNP-TV-Z]{3}$").expect("a pattern").is_match(&number), "{number}");
    let pounds = |minor: i64| json!({ "minor": minor, "currency": "GBP" });
    let mut expected = json!({
        "number": number, "status": "submitted", "reference": "For Monday", "wanted_day": null,
        "placed_at": placed.value()["placed_at"],
        // Her own price of tea; four cups, and VAT on those alone.
        "lines": [
            { "sku": "CUP-1", "quantity": 4, "price": pounds(333), "total": pounds(1332) },
            { "sku": "TEA-1", "quantity": 2, "price": pounds(80), "total": pounds(160) },
        ],
        "total": pounds(1492), "total_inc_tax": pounds(1758),
    });
    assert_eq!(placed.value(), expected);
    assert_eq!(ada.get(ORDERS).await.value(), json!({ "items": [expected], "next": null }));
    assert_eq!(cat.get(ORDERS).await.value(), json!({ "items": [], "next": null }));
    let path = format!("{ORDERS}/{number}");
    let detail = ada.get(&path.to_lowercase()).await.value();
    assert_eq!((detail["lines"][1]["price_reason"].as_str(), detail["lines"][0]["price_reason"].as_str()), (Some("your price"), None));
    assert_eq!(detail["events"].as_array().map(Vec::len), Some(1), "{detail}");
    assert_eq!((reserved(&house, "TEA-1").await, cat.get(&path).await.status), (2, StatusCode::NOT_FOUND));
    assert_eq!(
        (cat.delete(&path).await.status, cat.get(&format!("/orders/{number}")).await.status),
        (StatusCode::NOT_FOUND, StatusCode::NOT_FOUND)
    );
    assert_eq!(ada.delete(&path).await.status, StatusCode::NO_CONTENT);
    let again = ada.delete(&path).await;
    assert_eq!((again.status, again.value()["detail"].as_str()), (StatusCode::CONFLICT, Some("This order has been cancelled.")));
    assert_eq!(reserved(&house, "TEA-1").await, 0, "what is cancelled is there again");
    expected["status"] = json!("cancelled");
    assert_eq!(ada.get(ORDERS).await.value()["items"], json!([expected]));
    let happened = ada.get(&path).await.value()["events"].clone();
    let happened: Vec<(&str, &str)> = happened
        .as_array()
        .expect("events")
        .iter()
        .map(|event| (event["what"].as_str().expect("what"), event["by"].as_str().expect("by")))
        .collect();
    assert_eq!(happened, [("submitted", "customer"), ("cancelled", "customer")]);
    house.run_jobs().await;
    let texts = house.sent_to(ADA);
    assert!(texts[0].contains(&number) && texts[0].contains("£14.92"), "{texts:?}");
}

#[tokio::test]
async fn what_cannot_be_ordered_is_said_line_by_line() {
    let house = House::open().await;
    house.goods("acme").await;
    house.change("update products set status = 'listed', replaced_by = '' where sku = 'OLD-1'; delete from prices where product_id = (select product_id from products where sku = 'OLD-1')").await;
    house.change("update products set status = 'discontinued', replaced_by = 'CAN-1' where sku = 'KIT-1'").await;
    let ada = house.customer("acme", ADA).await;
    for (lines, field, words) in [
        (json!([{ "sku": "TEA-1", "quantity": 1 }, { "sku": "NO-1", "quantity": 1 }]), "lines[1].sku", "We have no product with this SKU."),
        (json!([{ "sku": "KIT-1", "quantity": 1 }]), "lines[0].sku", "Not sold any more. Instead there is CAN-1."),
        (json!([{ "sku": "OLD-1", "quantity": 1 }]), "lines[0].sku", "It has no price yet. Please ask for one."),
        (json!([{ "sku": "LID-1", "quantity": 7 }]), "lines[0].quantity", "You can order this from 12 on."),
        (json!([{ "sku": "CUP-1", "quantity": 3 }]), "lines[0].quantity", "This comes in packs of 2."),
        (json!([{ "sku": "CUP-1", "quantity": 2 }, { "sku": "CUP-1", "quantity": 1 }]), "lines[0].quantity", "This comes in packs of 2."),
        (json!([{ "sku": "TEA-1", "quantity": 0 }]), "lines[0].quantity", "This field takes a whole number from 1 to 999999."),
        (json!([]), "lines", "Please send 1 to 500 of these."),
    ] {
        let refused = ada.post(ORDERS, json!({ "lines": lines })).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{refused:?}");
        assert_eq!(refused.value()["errors"], json!([{ "field": field, "detail": words }]), "{lines}");
    }
    let short = ada
        .post(
            ORDERS,
            json!({ "lines": [{ "sku": "TEA-2", "quantity": 11 }, { "sku": "TEA-1", "quantity": 1 }, { "sku": "CUP-2", "quantity": 24 }] }),
        )
        .await;
    assert_eq!((short.status, short.value()["type"].as_str()), (StatusCode::CONFLICT, Some("urn:tradecounter:problem:not-enough-stock")));
    let expected = json!([
        { "sku": "TEA-2", "detail": "11 wanted, 10 left.", "wanted": 11, "available": 10 },
        { "sku": "CUP-2", "detail": "24 wanted, 23 left.", "wanted": 24, "available": 23 },
    ]);
    assert_eq!(short.value()["lines"], expected);
    assert_eq!((reserved(&house, "TEA-1").await, reserved(&house, "CUP-2").await), (0, 0));
    house.change("update tenants set minimum_order_minor = 1000, updated_at = now() where slug = 'acme'").await;
    house.app.house.tenants.forget("acme").await;
    let small = ada.post(ORDERS, json!({ "lines": [{ "sku": "TEA-1", "quantity": 12 }] })).await;
    assert_eq!(
        (small.status, small.value()["errors"][0]["field"].as_str()),
        (StatusCode::UNPROCESSABLE_ENTITY, Some("lines")),
        "{small:?}"
    );
    assert_eq!(ada.post(ORDERS, json!({ "lines": [{ "sku": "TEA-1", "quantity": 13 }] })).await.status, StatusCode::CREATED);
    let dan = house.customer("acme", DAN).await;
    let outside = dan.post(ORDERS, json!({ "lines": [{ "sku": "TEA-1", "quantity": 13 }] })).await;
    assert_eq!((outside.status, outside.value()["type"].as_str()), (StatusCode::FORBIDDEN, Some("urn:tradecounter:problem:no-account")));
}

#[tokio::test]
async fn a_key_is_good_for_one_order_of_one_account() {
    let house = House::open().await;
    house.goods("acme").await;
    let (ada, cat) = (house.customer("acme", ADA).await, house.customer("acme", CAT).await);
    let ann = second_phone(&house, "+447400123009").await;
    let tea = json!([{ "sku": "TEA-1", "quantity": 1 }]);
    let first = order(&ada, "monday", tea.clone()).await;
    let number_of_ada = number(&first);
    // The price moves, and the answer is what it was.
    house.change("update prices set minor = 81 where minor = 80").await;
    let again = order(&ada, "monday", tea.clone()).await;
    assert_eq!((again.status, again.text), (first.status, first.text.clone()));
    assert_eq!(order(&ann, "monday", tea.clone()).await.text, first.text, "whichever phone of the account sends it");
    let other = order(&ada, "monday", json!([{ "sku": "TEA-1", "quantity": 2 }])).await;
    assert_eq!(
        (other.status, other.value()["type"].as_str()),
        (StatusCode::UNPROCESSABLE_ENTITY, Some("urn:tradecounter:problem:key-reused"))
    );
    assert_ne!(number(&order(&cat, "monday", tea.clone()).await), number_of_ada, "a key is the account's own");
    assert_ne!(number(&order(&ada, "tuesday", tea.clone()).await), number_of_ada);
    assert_eq!(reserved(&house, "TEA-1").await, 3);
    // What is refused keeps nothing: the same key may be sent with something else.
    let refused = order(&ada, "friday", json!([{ "sku": "NO-1", "quantity": 1 }])).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    number(&order(&ada, "friday", tea.clone()).await);
    house.wait(chrono::Duration::days(29));
    sweep::the_rest(&house.app.house).await.expect("swept");
    assert_eq!(number(&order(&ada, "monday", tea.clone()).await), number_of_ada, "for thirty days");
    house.wait(chrono::Duration::days(2));
    sweep::the_rest(&house.app.house).await.expect("swept");
    assert_ne!(number(&order(&ada, "monday", tea).await), number_of_ada, "and no longer");
}

#[tokio::test]
async fn whoever_comes_while_the_same_is_placed_is_told_to_come_again() {
    let house = House::open().await;
    house.goods("acme").await;
    let ada = house.customer("acme", ADA).await;
    let account: Uuid = house.value("select account_id from trade_accounts where account_number = 'A-1'").await;
    let lock = format!("submission:{}:{account}:slow", house.tenant("acme").await);
    let mut other = house.admin().await;
    sqlx::query("select pg_advisory_lock(hashtextextended($1, 0))").bind(&lock).execute(&mut other).await.expect("a lock");
    let tea = json!([{ "sku": "TEA-1", "quantity": 1 }]);
    let told = order(&ada, "slow", tea.clone()).await;
    assert_eq!((told.status, told.value()["type"].as_str()), (StatusCode::CONFLICT, Some("urn:tradecounter:problem:in-flight")));
    assert_eq!(told.header("retry-after"), "1");
    sqlx::query("select pg_advisory_unlock(hashtextextended($1, 0))").bind(&lock).execute(&mut other).await.expect("unlocked");
    number(&order(&ada, "slow", tea).await);
}

#[tokio::test]
async fn a_basket_is_sent_once_however_often_the_button_is_pressed() {
    let house = House::open().await;
    house.goods("acme").await;
    let ada = house.customer("acme", ADA).await;
    let ann = second_phone(&house, "+447400123009").await;
    put(&house, &ada, "TEA-1", 3).await;
    put(&house, &ann, "CUP-1", 4).await;
    let page = ann.get("/basket").await;
    assert!(page.text.contains("£15.72") && page.text.contains("£18.38"), "{page:?}");
    let form = form_of(&page);
    // Two phones that press at once, a double tap, a page that is sent again.
    let (one, other, tap) = tokio::join!(send(&ada, &form), send(&ann, &form), send(&ann, &form));
    let sent = one.header("location").to_owned();
    assert!(one.status == StatusCode::SEE_OTHER && sent.starts_with("/orders/AW-") && sent.ends_with("?done=sent"), "{one:?}");
    assert_eq!((other.header("location"), tap.header("location")), (sent.as_str(), sent.as_str()));
    assert_eq!(send(&ann, &form).await.header("location"), sent, "also later");
    assert_eq!(house.value::<i64>("select count(*) from orders").await, 1);
    let shown = ada.get(&sent).await;
    assert!(shown.text.contains("Your order is sent.") && shown.text.contains("£18.38"), "{shown:?}");
    assert!(ann.get("/basket").await.text.contains("Your basket is empty"));
    // The same basket with something else written on it is another order, which cannot be made of it.
    let mut with_a_note = form.clone();
    with_a_note.push(("note".to_owned(), "Ring twice".to_owned()));
    let refused = send(&ada, &with_a_note).await;
    let number = sent.trim_start_matches("/orders/").trim_end_matches("?done=sent");
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.text.contains(&format!("It was sent as {number}.")), "{refused:?}");
    // A new basket is another order.
    put(&house, &ada, "TEA-1", 3).await;
    let next = send(&ada, &form_of(&ada.get("/basket").await)).await;
    assert_ne!(next.header("location"), sent);
    assert_eq!(next.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn what_has_moved_since_it_was_seen_is_said_and_asked() {
    let house = House::open().await;
    house.goods("acme").await;
    let ada = house.customer("acme", ADA).await;
    put(&house, &ada, "CUP-2", 5).await;
    put(&house, &ada, "SUG-1", 1).await;
    let seen = form_of(&ada.get("/basket").await);
    house.change("update prices set minor = 2099 where minor = 1999").await;
    let told = send(&ada, &seen).await;
    assert_eq!(told.status, StatusCode::CONFLICT);
    for words in ["(CUP-2): £19.99 → £20.99", "Send at new price", "was £19.99 when you put it in"] {
        assert!(told.text.contains(words), "{words} in {told:?}");
    }
    assert_eq!((house.value::<i64>("select count(*) from orders").await, reserved(&house, "CUP-2").await), (0, 0));
    // By the API as well, and then in the terms that were shown.
    let field = |name: &str| seen.iter().find(|(known, _)| known == name).expect("a field").1.clone();
    let prices: Vec<Value> = field("seen")
        .split(',')
        .map(|pair| pair.split_once('=').expect("a pair"))
        .map(|(id, minor)| json!({ "product_id": id, "minor": minor.parse::<i64>().expect("a number") }))
        .collect();
    let body =
        json!({ "submission_id": field("submission_id"), "version": field("version").parse::<i64>().expect("a number"), "seen": prices });
    let moved = ada.post("/api/v1/basket/submission", body).await;
    assert_eq!((moved.status, moved.value()["type"].as_str()), (StatusCode::CONFLICT, Some("urn:tradecounter:problem:basket-moved")));
    assert_eq!(moved.value()["lines"], json!([{ "sku": "CUP-2", "detail": "Its price has changed.", "before": 1999, "now": 2099 }]));
    // Somebody else takes what was there.
    let seen = form_of(&told);
    house.change("update stock set reserved = 20 where product_id = (select product_id from products where sku = 'CUP-2')").await;
    let told = send(&ada, &seen).await;
    assert_eq!(told.status, StatusCode::CONFLICT);
    assert!(told.text.contains("5 wanted, 3 left.") && told.text.contains(":3\">Take 3<"), "{told:?}");
    house.change("update stock set reserved = 0 where product_id = (select product_id from products where sku = 'CUP-2')").await;
    // The other phone changes the basket.
    put(&house, &ada, "SUG-1", 2).await;
    let told = send(&ada, &seen).await;
    assert!(told.status == StatusCode::CONFLICT && told.text.contains("Somebody of your account has changed the basket"), "{told:?}");
    let sent = send(&ada, &form_of(&told)).await;
    assert_eq!(sent.status, StatusCode::SEE_OTHER, "{sent:?}");
    let total: i64 = house.value("select net_minor from orders").await;
    assert_eq!(total, 5 * 2099 + 2 * 120);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn fifty_at_once_under_one_key_are_one_order() {
    let house = House::open().await;
    house.goods("acme").await;
    let ada = house.customer("acme", ADA).await;
    let tea = json!([{ "sku": "TEA-1", "quantity": 1 }]);
    let answers = join_all((0..50).map(|_| order(&ada, "once", tea.clone()))).await;
    let made: Vec<String> = answers.iter().filter(|answer| answer.status == StatusCode::CREATED).map(number).collect();
    assert!(!made.is_empty() && made.iter().all(|number| *number == made[0]), "{made:?}");
    for answer in answers.iter().filter(|answer| answer.status != StatusCode::CREATED) {
        assert_eq!((answer.status, answer.value()["type"].as_str()), (StatusCode::CONFLICT, Some("urn:tradecounter:problem:in-flight")));
    }
    put(&house, &ada, "SUG-1", 1).await;
    let form = form_of(&ada.get("/basket").await);
    let answers = join_all((0..50).map(|_| send(&ada, &form))).await;
    let sent = answers[0].header("location").to_owned();
    for answer in &answers {
        assert_eq!((answer.status, answer.header("location")), (StatusCode::SEE_OTHER, sent.as_str()), "{answer:?}");
    }
    assert_eq!(house.value::<i64>("select count(*) from orders").await, 2);
    assert_eq!(reserved(&house, "TEA-1").await, 1);
}
