//! Orders on their way out: picked, short, replaced, sent, handed over; and nobody who picks sees a price.

use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::house::{ADA, Browser, CAT, House};
use crate::orders::{number, order, reserved};
use crate::rush::assert_that_stock_is_right;

fn at(number: &str, what: &str) -> String {
    format!("/api/v1/office/picking/{number}{what}")
}

async fn accepted(house: &House, buyer: &Browser, sales: &Browser, key: &str, lines: Value) -> String {
    let number = number(&order(buyer, key, lines).await);
    assert_eq!(sales.post(&format!("/api/v1/office/orders/{number}/acceptance"), json!({})).await.status, StatusCode::OK);
    house.run_jobs().await;
    number
}

async fn on_hand(house: &House, sku: &str) -> i64 {
    house.value(&format!("select on_hand from stock join products using (tenant_id, product_id) where sku = '{sku}'")).await
}

#[tokio::test]
async fn an_order_is_picked_short_sent_and_handed_over() {
    let house = House::open().await;
    house.goods("acme").await;
    let (ada, sales, picker) = (house.customer("acme", ADA).await, house.staff("acme", "sales").await, house.staff("acme", "picker").await);
    let lines = json!([{ "sku": "TEA-1", "quantity": 5 }, { "sku": "TEA-2", "quantity": 4 }, { "sku": "CUP-1", "quantity": 2 }]);
    let number = accepted(&house, &ada, &sales, "one", lines).await;
    let list = picker.get("/api/v1/office/picking").await.value();
    assert_eq!((&list["items"][0]["number"], &list["items"][0]["lines"]), (&json!(number), &json!(3)), "{list}");
    assert_eq!(picker.post(&at(&number, "/dispatch"), json!({})).await.status, StatusCode::CONFLICT, "not begun");
    assert_eq!(picker.post(&at(&number, "/start"), json!({})).await.status, StatusCode::OK);
    assert_eq!(picker.post(&at(&number, "/start"), json!({})).await.status, StatusCode::CONFLICT);
    let late = ada.delete(&format!("/api/v1/orders/{number}")).await;
    assert_eq!(late.status, StatusCode::CONFLICT, "{late:?}");
    for (body, field) in [
        (json!({ "lines": [{ "line": 1, "picked": 6 }] }), "lines[0].picked"),
        (json!({ "lines": [{ "line": 1, "picked": 4 }] }), "lines[0].why"),
        (json!({ "lines": [{ "line": 7, "picked": 4 }] }), "lines[0].line"),
        (json!({ "instead": [{ "line": 2, "sku": "NO-1", "quantity": 1 }] }), "instead[0].sku"),
    ] {
        let refused = picker.json(Method::PATCH, &at(&number, ""), body.clone()).await;
        assert_eq!(
            (refused.status, refused.value()["errors"][0]["field"].as_str()),
            (StatusCode::UNPROCESSABLE_ENTITY, Some(field)),
            "{body} {refused:?}"
        );
    }
    assert_eq!(
        picker
            .json(Method::PATCH, &at(&number, ""), json!({ "lines": [{ "line": 1, "picked": 4, "why": "One box was wet" }] }))
            .await
            .status,
        StatusCode::OK
    );
    let early = picker.post(&at(&number, "/dispatch"), json!({})).await;
    assert_eq!(
        (early.status, early.value()["detail"].as_str()),
        (StatusCode::CONFLICT, Some("Not all of this order has been picked yet."))
    );
    let body = json!({
        "lines": [{ "line": 2, "picked": 1 }, { "line": 3, "picked": 2 }],
        "instead": [{ "line": 2, "sku": "CUP-2", "quantity": 1 }],
    });
    let sheet = picker.json(Method::PATCH, &at(&number, ""), body).await;
    assert_eq!(sheet.status, StatusCode::OK, "{sheet:?}");
    assert!(!sheet.text.contains("minor") && !sheet.text.contains("price"), "{sheet:?}");
    assert_that_stock_is_right(&house, "picking").await;
    // 4 × 0.80 + 1 × 4.50 + 2 × 3.33 + a mug at the price of the tea that it stands for.
    assert_eq!(house.value::<i64>("select net_minor from orders").await, 320 + 450 + 666 + 450);
    assert_eq!(picker.post(&at(&number, "/dispatch"), json!({})).await.status, StatusCode::OK);
    assert_eq!((on_hand(&house, "TEA-1").await, on_hand(&house, "TEA-2").await, on_hand(&house, "CUP-2").await), (96, 9, 2));
    assert_eq!((reserved(&house, "TEA-1").await, reserved(&house, "TEA-2").await, reserved(&house, "CUP-2").await), (0, 0, 0));
    assert_that_stock_is_right(&house, "dispatch").await;
    house.run_jobs().await;
    let told = house.sent_to(ADA)[0].clone();
    assert!(told.contains("is on its way") && told.contains("5 -> 4. One box was wet") && told.contains("instead of Earl Grey"), "{told}");
    let too_many = picker.post(&at(&number, "/delivery"), json!({ "lines": [{ "line": 1, "delivered": 5 }] })).await;
    assert_eq!(too_many.status, StatusCode::UNPROCESSABLE_ENTITY);
    let handed = picker.post(&at(&number, "/delivery"), json!({ "lines": [{ "line": 1, "delivered": 3 }] })).await;
    assert_eq!((handed.status, handed.value()["status"].as_str()), (StatusCode::OK, Some("delivered")), "{handed:?}");
    assert_eq!(on_hand(&house, "TEA-1").await, 97, "what was not taken is there again");
    let detail = ada.get(&format!("/api/v1/orders/{number}")).await.value();
    assert_eq!((&detail["total"]["minor"], &detail["lines"][0]["delivered"]), (&json!(320 - 80 + 450 + 666 + 450), &json!(3)), "{detail}");
    assert_eq!(picker.post(&at(&number, "/delivery"), json!({})).await.status, StatusCode::CONFLICT);
    house.run_jobs().await;
}

#[tokio::test]
async fn who_picks_sees_no_price_on_any_page() {
    let house = House::open().await;
    house.goods("acme").await;
    let (ada, cat) = (house.customer("acme", ADA).await, house.customer("acme", CAT).await);
    let (sales, picker) = (house.staff("acme", "sales").await, house.staff("acme", "picker").await);
    house.change("update trade_accounts set route = 'North' where account_number = 'A-1'").await;
    let first = accepted(&house, &ada, &sales, "one", json!([{ "sku": "TEA-1", "quantity": 5 }, { "sku": "CUP-1", "quantity": 2 }])).await;
    let second = accepted(&house, &cat, &sales, "two", json!([{ "sku": "TEA-1", "quantity": 3 }])).await;
    let waiting = number(&order(&cat, "three", json!([{ "sku": "TEA-1", "quantity": 1 }])).await);
    assert_eq!(picker.get(&format!("/office/picking/{waiting}")).await.status, StatusCode::NOT_FOUND, "nobody has accepted it");
    let routes = picker.get("/office/picking/list").await;
    let shelves = picker.get("/office/picking/list?by=category").await;
    for words in ["North", "On no route", &first, &second, "5 ×", "3 ×"] {
        assert!(routes.text.contains(words), "{words} in {}", routes.text);
    }
    for words in ["Drinks", "Tableware", "8 ×", &format!("5 for {first}"), &format!("3 for {second}")] {
        assert!(shelves.text.contains(words), "{words} in {}", shelves.text);
    }
    picker.form(&format!("/office/picking/{first}/start"), &[]).await;
    let picking = picker.get(&format!("/office/picking/{first}")).await;
    let pages = [picker.get("/office/picking").await, picker.get(&format!("/office/picking/{second}")).await, picking, routes, shelves];
    for page in &pages {
        assert_eq!(page.status, StatusCode::OK, "{page:?}");
        assert!(!page.text.contains('£') && !page.text.contains("0.80"), "{}", page.text);
        crate::page_rules::look_over("picking", &page.text);
    }
    // Everything with the page: one short, something instead, and out.
    let wrong = picker.form(&format!("/office/picking/{first}/lines"), &[("quantity.1", "4"), ("quantity.2", "2")]).await;
    assert!(wrong.status == StatusCode::UNPROCESSABLE_ENTITY && wrong.text.contains("Please say why there are fewer"), "{wrong:?}");
    let sent = picker
        .form(
            &format!("/office/picking/{first}/lines"),
            &[("quantity.1", "4"), ("quantity.2", "2"), ("instead", "1"), ("sku", "TEA-2"), ("count", "1"), ("dispatch", "1")],
        )
        .await;
    assert_eq!(sent.header("location"), format!("/office/picking?stage=picking&done={first}"), "{sent:?}");
    let away = picker.get(&format!("/office/picking/{first}")).await;
    assert!(away.text.contains("Handed over") && away.text.contains("Instead of Breakfast tea") && !away.text.contains('£'), "{away:?}");
    let handed = picker
        .form(
            &format!("/office/picking/{first}/delivery"),
            &[("quantity.1", "4"), ("quantity.2", "2"), ("quantity.3", "1"), ("came_back", "1")],
        )
        .await;
    assert_eq!(handed.status, StatusCode::SEE_OTHER, "{handed:?}");
    assert_that_stock_is_right(&house, "a delivery").await;
    house.run_jobs().await;
}

#[tokio::test]
async fn what_has_left_is_cancelled_by_a_manager_and_comes_back_or_does_not() {
    let house = House::open().await;
    house.goods("acme").await;
    let (ada, sales, manager) =
        (house.customer("acme", ADA).await, house.staff("acme", "sales").await, house.staff("acme", "manager").await);
    for (key, came_back, left) in [("one", true, 10), ("two", false, 8)] {
        let number = accepted(&house, &ada, &sales, key, json!([{ "sku": "TEA-2", "quantity": 2 }])).await;
        sales.post(&at(&number, "/start"), json!({})).await;
        sales.json(Method::PATCH, &at(&number, ""), json!({ "lines": [{ "line": 1, "picked": 2 }] })).await;
        assert_eq!(sales.post(&at(&number, "/dispatch"), json!({})).await.status, StatusCode::OK);
        let body = json!({ "reason": "Nobody was there", "came_back": came_back });
        let cancel = format!("/api/v1/office/orders/{number}/cancellation");
        assert_eq!(sales.post(&cancel, body.clone()).await.status, StatusCode::CONFLICT, "an owner or a manager does that");
        assert_eq!(manager.post(&cancel, body).await.status, StatusCode::OK);
        assert_eq!(on_hand(&house, "TEA-2").await, left);
        assert_that_stock_is_right(&house, key).await;
    }
    house.run_jobs().await;
}

#[tokio::test]
async fn what_was_seen_before_is_not_written_over_what_came_since() {
    let house = House::open().await;
    house.goods("acme").await;
    let (ada, sales, picker) = (house.customer("acme", ADA).await, house.staff("acme", "sales").await, house.staff("acme", "picker").await);
    let number = accepted(&house, &ada, &sales, "one", json!([{ "sku": "TEA-2", "quantity": 4 }])).await;
    picker.post(&at(&number, "/start"), json!({})).await;
    let page = picker.get(&format!("/office/picking/{number}")).await.text;
    let revision = page.split("name=\"revision\" value=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("a revision").to_owned();
    let form = [("revision", revision.as_str()), ("quantity.1", "0"), ("instead", "1"), ("sku", "SUG-1"), ("count", "2"), ("save", "1")];
    let path = format!("/office/picking/{number}/lines");
    assert_eq!(picker.form(&path, &form).await.status, StatusCode::SEE_OTHER);
    let twice = picker.form(&path, &form).await;
    assert!(twice.status == StatusCode::CONFLICT && twice.text.contains("changed this order since"), "{twice:?}");
    let lines: i64 = house.value("select count(*) from order_lines").await;
    assert_eq!(lines, 2, "what goes instead was added once");
    let sheet = picker.get(&at(&number, "")).await.value();
    let late =
        picker.json(Method::PATCH, &at(&number, ""), json!({ "revision": 1, "lines": [{ "line": 2, "picked": 1, "why": "x" }] })).await;
    assert_eq!(late.status, StatusCode::CONFLICT, "{late:?}");
    let now = json!({ "revision": sheet["revision"], "lines": [{ "line": 2, "picked": 2 }] });
    assert_eq!(picker.json(Method::PATCH, &at(&number, ""), now).await.status, StatusCode::OK);
    assert_eq!(picker.post(&at(&number, "/dispatch"), json!({})).await.status, StatusCode::OK);
    let unknown = picker.post(&at(&number, "/delivery"), json!({ "lines": [{ "line": 99, "delivered": 0 }] })).await;
    assert_eq!((unknown.status, &unknown.value()["errors"][0]["field"]), (StatusCode::UNPROCESSABLE_ENTITY, &json!("lines[0].line")));
    assert_that_stock_is_right(&house, "a substitute").await;
}
