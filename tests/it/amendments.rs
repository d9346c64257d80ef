//! An order that its wholesaler changes: what it would come to is shown before, and what became of it is told.

use http::StatusCode;
use serde_json::{Value, json};

use crate::house::{ADA, Answer, Browser, House};
use crate::orders::{number, order, reserved};
use crate::rush::assert_that_stock_is_right;

fn path(number: &str, what: &str) -> String {
    format!("/api/v1/office/orders/{number}/{what}")
}

/// The hidden fields of the form that makes what was shown true.
pub fn outcome_of(page: &Answer) -> Vec<(String, String)> {
    let form = page
        .text
        .split("id=\"outcome\"")
        .nth(1)
        .and_then(|rest| rest.split("</form>").next())
        .unwrap_or_else(|| panic!("no outcome: {page:?}"));
    let hidden = regex::Regex::new(r#"<input type="hidden" name="([\w.]+)" value="([^"]*)">"#).expect("a pattern");
    hidden.captures_iter(form).map(|field| (field[1].to_owned(), field[2].replace("&#39;", "'"))).collect()
}

pub async fn send_to(browser: &Browser, to: &str, form: &[(String, String)]) -> Answer {
    let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    browser.form(to, &form).await
}

#[tokio::test]
async fn an_order_is_changed_by_whoever_has_seen_what_it_comes_to() {
    let house = House::open().await;
    house.goods("acme").await;
    let (ada, sales) = (house.customer("acme", ADA).await, house.staff("acme", "sales").await);
    let lines = json!([{ "sku": "TEA-1", "quantity": 5 }, { "sku": "CUP-1", "quantity": 4 }, { "sku": "TEA-2", "quantity": 3 }]);
    let number = number(&order(&ada, "one", lines).await);
    let page = sales.get(&format!("/office/orders/{number}")).await;
    assert!(page.text.contains(&format!("/office/orders/{number}/amendment")), "{page:?}");
    let form = format!("/office/orders/{number}/amendment");
    let looked = sales
        .form(
            &form,
            &[
                ("revision", "1"),
                ("quantity.1", "2"),
                ("why.1", "No more until Friday"),
                ("quantity.2", "4"),
                ("price.2", "3.00"),
                ("quantity.3", "0"),
                ("sku.1", "sug-1"),
                ("count.1", "2"),
                ("instead.1", "3"),
                ("sku.2", "CAN-1"),
                ("count.2", "1"),
                ("instead.2", "0"),
            ],
        )
        .await;
    assert_eq!(looked.status, StatusCode::OK, "{looked:?}");
    for words in [
        "Breakfast tea, 80 bags: 5 → 2. No more until Friday",
        "Paper cups, 50: 4, £3.33 → £3.00",
        "Earl Grey, loose: 3 → none",
        "Sugar cubes: 2, instead of Earl Grey, loose",
        "Candle: 1 added",
        // 5 × 0.80 + 4 × 3.33 + 3 × 4.50; and 2 × 0.80 + 4 × 3.00 + 2 × 1.20 + 0.32, with VAT on cups and candle.
        "£30.82",
        "£16.32",
        "£18.78",
    ] {
        assert!(looked.text.contains(words), "{words} in {}", looked.text);
    }
    let before: String = house.value("select status || ' ' || revision || ' ' || net_minor from orders").await;
    assert_eq!((before.as_str(), reserved(&house, "TEA-1").await), ("submitted 1 3082", 5), "nothing is written yet");
    let done = send_to(&sales, &form, &outcome_of(&looked)).await;
    assert_eq!(
        (done.status, done.header("location")),
        (StatusCode::SEE_OTHER, format!("/office/orders/{number}?done=amended").as_str()),
        "{done:?}"
    );
    assert!(sales.get(done.header("location")).await.text.contains("Changed and accepted. Shop A-1 is told by text message."));
    let after: String = house.value("select status || ' ' || revision || ' ' || net_minor || ' ' || tax_minor from orders").await;
    assert_eq!(after, "amended 2 1632 246");
    assert_eq!((reserved(&house, "TEA-1").await, reserved(&house, "TEA-2").await), (2, 0));
    assert_that_stock_is_right(&house, "an amendment").await;
    house.run_jobs().await;
    let told = house.sent_to(ADA)[0].clone();
    assert!(told.contains("has changed your order") && told.contains("5 -> 2") && told.contains("£16.32 + VAT"), "{told}");
    let shown = ada.get(&format!("/orders/{number}")).await;
    for words in
        ["Accepted with changes", "No more until Friday", "Sugar cubes: 2, instead of Earl Grey, loose", "instead of another", "as agreed"]
    {
        assert!(shown.text.contains(words), "{words} in {}", shown.text);
    }
    // Sent once more, it is not changed once more.
    let again = send_to(&sales, &form, &outcome_of(&looked)).await;
    assert!(again.status == StatusCode::CONFLICT && again.text.contains("Somebody has changed this order"), "{again:?}");
    // Its customer may still say no.
    assert_eq!(ada.delete(&format!("/api/v1/orders/{number}")).await.status, StatusCode::NO_CONTENT);
    assert_that_stock_is_right(&house, "a cancellation").await;
    house.run_jobs().await;
}

#[tokio::test]
async fn what_cannot_be_changed_like_this_is_said_and_nothing_is() {
    let house = House::open().await;
    house.goods("acme").await;
    let (ada, sales) = (house.customer("acme", ADA).await, house.staff("acme", "sales").await);
    let number = number(&order(&ada, "one", json!([{ "sku": "TEA-2", "quantity": 3 }, { "sku": "CUP-1", "quantity": 2 }])).await);
    let try_it = async |mut body: Value| {
        body["revision"] = body.get("revision").cloned().unwrap_or(json!(1));
        let answer = sales.post(&path(&number, "amendment"), body).await;
        (answer.status, answer.value())
    };
    for (body, field) in [
        (json!({ "lines": [{ "line": 2, "quantity": 2, "price": 334 }] }), "lines[0].price"),
        (json!({ "lines": [{ "line": 9, "quantity": 2 }] }), "lines[0].line"),
        (json!({ "added": [{ "sku": "NO-1", "quantity": 2 }] }), "added[0].sku"),
        (json!({ "added": [{ "sku": "OLD-1", "quantity": 2 }] }), "added[0].sku"),
        (json!({ "added": [{ "sku": "SUG-1", "quantity": 2, "substitute_for": 7 }] }), "added[0].sku"),
        (json!({ "lines": [{ "line": 1, "quantity": 3 }] }), "lines"),
        (json!({ "lines": [{ "line": 1, "quantity": 0 }, { "line": 2, "quantity": 0 }] }), "lines"),
    ] {
        let (status, answer) = try_it(body.clone()).await;
        assert_eq!((status, answer["errors"][0]["field"].as_str()), (StatusCode::UNPROCESSABLE_ENTITY, Some(field)), "{body}: {answer}");
    }
    let (status, answer) = try_it(json!({ "lines": [{ "line": 1, "quantity": 11 }] })).await;
    assert_eq!((status, &answer["lines"][0]["available"]), (StatusCode::CONFLICT, &json!(7)), "{answer}");
    let (status, answer) = try_it(json!({ "lines": [{ "line": 1, "quantity": 2 }], "seen_total_inc_tax": 1 })).await;
    assert_eq!((status, answer["type"].as_str()), (StatusCode::CONFLICT, Some("urn:tradecounter:problem:basket-moved")), "{answer}");
    assert_eq!(try_it(json!({ "revision": 2, "lines": [{ "line": 1, "quantity": 2 }] })).await.0, StatusCode::CONFLICT);
    assert_eq!(house.value::<i64>("select count(*) from order_events").await, 1, "nothing has happened");
    assert_eq!(reserved(&house, "TEA-2").await, 3);
    let (status, detail) =
        try_it(json!({ "lines": [{ "line": 1, "quantity": 2 }], "added": [{ "sku": "CUP-2", "quantity": 1, "substitute_for": 1 }] })).await;
    assert_eq!(
        (status, detail["lines"][2]["price"]["minor"].as_i64()),
        (StatusCode::OK, Some(450)),
        "no dearer than what it stands for: {detail}"
    );
    assert_eq!(detail["lines"][2]["substitute_for"], json!("TEA-2"));
    assert_that_stock_is_right(&house, "an amendment").await;
    let picker = house.staff("acme", "picker").await;
    assert_eq!(picker.post(&path(&number, "amendment-preview"), json!({ "revision": 2 })).await.status, StatusCode::FORBIDDEN);
    house.run_jobs().await;
}
