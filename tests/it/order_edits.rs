//! A customer changes an order that nobody has accepted: at the prices of today, and only after seeing what it comes to.

use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::amendments::{outcome_of, send_to};
use crate::house::{ADA, CAT, House};
use crate::orders::{ORDERS, number, order, reserved, second_phone};
use crate::rush::assert_that_stock_is_right;

#[tokio::test]
async fn an_order_is_changed_by_any_phone_of_its_account() {
    let house = House::open().await;
    house.goods("acme").await;
    let (ada, cat) = (house.customer("acme", ADA).await, house.customer("acme", CAT).await);
    let ann = second_phone(&house, "+447400123009").await;
    let number = number(&order(&ada, "one", json!([{ "sku": "TEA-2", "quantity": 8 }, { "sku": "CUP-1", "quantity": 2 }])).await);
    let form = format!("/orders/{number}/edit");
    assert!(ann.get(&format!("/orders/{number}")).await.text.contains(&form));
    let page = ann.get(&form).await;
    assert!(page.status == StatusCode::OK && page.text.contains("value=\"8\""), "{page:?}");
    crate::page_rules::look_over("orders-edits-new", &page.text);
    house.change("update prices set minor = 460 where minor = 450").await;
    // Ten are there and eight of them are its own: all ten can be had, and eleven cannot.
    let typed = |tea: &str| {
        [
            ("revision", "1".to_owned()),
            ("quantity.1", tea.to_owned()),
            ("quantity.2", String::new()),
            ("more", "sug-1 3".to_owned()),
            ("note", "Ring".to_owned()),
        ]
        .map(|(name, value)| (name.to_owned(), value))
    };
    let short = send_to(&ann, &form, &typed("11")).await;
    assert!(short.status == StatusCode::CONFLICT && short.text.contains("11 wanted, 10 left."), "{short:?}");
    let looked = send_to(&ann, &form, &typed("10")).await;
    assert_eq!(looked.status, StatusCode::OK, "{looked:?}");
    for words in ["Earl Grey, loose: 8 → 10, £4.50 → £4.60", "Sugar cubes: 3 added", "Paper cups, 50: 2 → none", "£49.60"] {
        assert!(looked.text.contains(words), "{words} in {}", looked.text);
    }
    assert_eq!((reserved(&house, "TEA-2").await, house.value::<i64>("select net_minor from orders").await), (8, 8 * 450 + 2 * 333));
    house.change("update prices set minor = 470 where minor = 460").await;
    let moved = send_to(&ann, &form, &outcome_of(&looked)).await;
    assert!(moved.status == StatusCode::CONFLICT && moved.text.contains("Prices have changed since you looked"), "{moved:?}");
    let done = send_to(&ann, &form, &outcome_of(&send_to(&ann, &form, &typed("10")).await)).await;
    assert_eq!(done.header("location"), format!("/orders/{number}?done=edited"), "{done:?}");
    assert!(ada.get(done.header("location")).await.text.contains("Your order is changed."));
    let kept: String = house.value("select net_minor || ' ' || revision || ' ' || status || ' ' || note from orders").await;
    assert_eq!(kept, format!("{} 2 submitted Ring", 10 * 470 + 3 * 120));
    assert_that_stock_is_right(&house, "an edit").await;
    assert_eq!(reserved(&house, "TEA-2").await, 10);
    // Nobody else's, and not after it was accepted.
    assert_eq!(cat.get(&form).await.status, StatusCode::NOT_FOUND);
    assert_eq!(send_to(&cat, &form, &typed("1")).await.status, StatusCode::NOT_FOUND);
    let sales = house.staff("acme", "sales").await;
    sales.post(&format!("/api/v1/office/orders/{number}/acceptance"), json!({})).await;
    assert_eq!(ada.get(&form).await.header("location"), format!("/orders/{number}?done=late"));
    let late = send_to(&ada, &form, &[("revision".to_owned(), "3".to_owned()), ("quantity.1".to_owned(), "1".to_owned())]).await;
    assert_eq!(late.status, StatusCode::CONFLICT, "{late:?}");
    house.run_jobs().await;
}

#[tokio::test]
async fn by_the_api_as_well() {
    let house = House::open().await;
    house.goods("acme").await;
    house.change("update tenants set minimum_order_minor = 100, updated_at = now() where slug = 'acme'").await;
    house.app.house.tenants.forget("acme").await;
    let ada = house.customer("acme", ADA).await;
    let number = number(&order(&ada, "one", json!([{ "sku": "TEA-1", "quantity": 2 }])).await);
    let path = format!("{ORDERS}/{number}");
    let edit = async |body: Value| {
        let answer = ada.json(Method::PATCH, &path, body).await;
        (answer.status, answer.value())
    };
    let (status, answer) = edit(json!({ "revision": 1, "lines": [{ "sku": "TEA-1", "quantity": 1 }] })).await;
    assert_eq!(
        (status, answer["errors"][0]["field"].as_str()),
        (StatusCode::UNPROCESSABLE_ENTITY, Some("lines")),
        "less than the least: {answer}"
    );
    let (status, answer) = edit(json!({ "revision": 1, "lines": [{ "sku": "TEA-1", "quantity": 2 }] })).await;
    assert_eq!(
        (status, answer["errors"][0]["detail"].as_str()),
        (StatusCode::UNPROCESSABLE_ENTITY, Some("Nothing is otherwise than it was."))
    );
    let body = json!({ "revision": 1, "lines": [{ "sku": "TEA-1", "quantity": 3 }], "reference": "R-2" });
    let (status, answer) = edit(body.clone()).await;
    assert_eq!(
        (status, &answer["total"]["minor"], &answer["revision"], &answer["reference"]),
        (StatusCode::OK, &json!(240), &json!(2), &json!("R-2")),
        "{answer}"
    );
    let last = answer["events"].as_array().and_then(|events| events.last()).expect("an event").clone();
    assert_eq!(
        (&last["what"], &last["changes"][0]["quantity_before"], &last["changes"][0]["quantity"]),
        (&json!("edited"), &json!(2), &json!(3))
    );
    assert_eq!(edit(body).await.0, StatusCode::CONFLICT, "it is another order by now");
    assert_that_stock_is_right(&house, "an edit").await;
    house.run_jobs().await;
}
