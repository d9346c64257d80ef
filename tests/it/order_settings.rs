//! A wholesaler says how it sells: by the page and by the API, and orders are taken like that at once.

use http::{Method, StatusCode};
use serde_json::json;

use crate::house::{ADA, House};
use crate::orders::ORDERS;

const PAGE: &str = "/office/settings/orders";
const API: &str = "/api/v1/office/settings/orders";

#[tokio::test]
async fn what_is_saved_holds_at_once() {
    let house = House::open().await;
    house.goods("acme").await;
    let (ada, manager) = (house.customer("acme", ADA).await, house.staff("acme", "manager").await);
    let version = manager.get(API).await.value()["version"].as_str().expect("a version").to_owned();
    let form = [
        ("version", version.as_str()),
        ("minimum_order", "£12.50"),
        ("stock_shown", "numbers"),
        ("vat_rounding", "rate_group"),
        ("delivery.1", "1"),
        ("delivery.1.before", "1"),
        ("delivery.1.cut_off", "16:00"),
        ("collection.3", "1"),
        ("collection.3.before", "0"),
        ("collection.3.cut_off", "09:30"),
        ("closed", "2026-12-25 Christmas"),
        ("rates", "GB reduced 2020-01-01 8"),
    ];
    let saved = manager.form(PAGE, &form).await;
    assert_eq!(saved.header("location"), format!("{PAGE}?done=saved"), "{saved:?}");
    let page = manager.get(saved.header("location")).await;
    for words in ["takes orders like this now", "value=\"12.50\"", "2026-12-25 Christmas", "GB reduced 2020-01-01 8", "value=\"09:30\""] {
        assert!(page.text.contains(words), "{words} in {}", page.text);
    }
    let answer = manager.get(API).await.value();
    assert_eq!(
        (&answer["minimum_order"]["minor"], &answer["stock_shown"], &answer["vat_rounding"]),
        (&json!(1250), &json!("numbers"), &json!("rate_group"))
    );
    let days = json!([
        { "method": "delivery", "weekday": 1, "days_before": 1, "cut_off": "16:00" },
        { "method": "collection", "weekday": 3, "days_before": 0, "cut_off": "09:30" },
    ]);
    assert_eq!(answer["order_days"], days);
    let small = ada.post(ORDERS, json!({ "lines": [{ "sku": "KIT-1", "quantity": 1 }] })).await;
    assert_eq!(small.status, StatusCode::UNPROCESSABLE_ENTITY, "{small:?}");
    let order = ada.post(ORDERS, json!({ "lines": [{ "sku": "KIT-1", "quantity": 2 }] })).await.value();
    assert!(order["wanted_day"].is_string(), "{order}");
    assert_eq!((&order["total"]["minor"], &order["total_inc_tax"]["minor"]), (&json!(2100), &json!(2268)), "8 % of coal");
    // Whoever has the page of before is told.
    let late = manager.form(PAGE, &[("version", version.as_str()), ("stock_shown", "words"), ("vat_rounding", "line")]).await;
    assert!(late.status == StatusCode::CONFLICT && late.text.contains("Save once more to write yours over it."), "{late:?}");
    let wrong = manager.form(PAGE, &[("stock_shown", "some"), ("vat_rounding", "line"), ("minimum_order", "-3"), ("closed", "soon")]).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    for words in ["Choose one of the three.", "An amount is not below zero.", "“soon”: a day is written as in 2026-12-25."] {
        assert!(wrong.text.contains(words), "{words} in {}", wrong.text);
    }
    let log: String = house.value("select details::text from audit_events where action = 'order_settings.changed'").await;
    assert!(log.contains("least order") && log.contains("Christmas"), "{log}");
    house.run_jobs().await;
}

#[tokio::test]
async fn by_the_api_as_well() {
    let house = House::open().await;
    let (manager, sales) = (house.staff("acme", "manager").await, house.staff("acme", "sales").await);
    let body = json!({
        "minimum_order": { "minor": 500, "currency": "GBP" }, "stock_shown": "nothing", "vat_rounding": "line",
        "order_days": [{ "method": "delivery", "weekday": 5, "days_before": 2, "cut_off": "12:00" }],
        "closed_days": ["2026-12-26", "2026-12-25 Christmas"], "tax_rates": ["FR reduced 2026-01-01 5.5"],
    });
    let put = async |body: &serde_json::Value| manager.json(Method::PUT, API, body.clone()).await;
    let saved = put(&body).await;
    assert_eq!((saved.status, &saved.value()["closed_days"][0]["words"]), (StatusCode::OK, &json!("Christmas")), "{saved:?}");
    assert_eq!(manager.get(API).await.value(), saved.value());
    for (field, value, named) in [
        ("minimum_order", json!({ "minor": 500, "currency": "EUR" }), "minimum_order"),
        ("stock_shown", json!("some"), "stock_shown"),
        ("vat_rounding", json!("up"), "vat_rounding"),
        ("closed_days", json!(["soon"]), "closed_days"),
        ("tax_rates", json!(["FR cheap 2026-01-01 5"]), "tax_rates"),
        ("order_days", json!([{ "method": "post", "weekday": 5, "days_before": 2, "cut_off": "12:00" }]), "order_days[0].method"),
        ("order_days", json!([{ "method": "delivery", "weekday": 5, "days_before": 2, "cut_off": "noon" }]), "order_days[0].cut_off"),
    ] {
        let mut wrong = body.clone();
        wrong[field] = value;
        let refused = put(&wrong).await;
        assert_eq!(
            (refused.status, refused.value()["errors"][0]["field"].as_str()),
            (StatusCode::UNPROCESSABLE_ENTITY, Some(named)),
            "{refused:?}"
        );
    }
    let mut late = body.clone();
    late["version"] = json!("old");
    late["minimum_order"]["minor"] = json!(600);
    assert_eq!(put(&late).await.status, StatusCode::CONFLICT);
    assert_eq!(sales.get(API).await.status, StatusCode::FORBIDDEN);
}
