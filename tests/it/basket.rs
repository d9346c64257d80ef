//! What is put into a basket by buttons, by what is typed, and by phones that had no signal.

use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::house::{ADA, Browser, CAT, House};
use crate::orders::{product, put, second_phone};

async fn quantity(house: &House, sku: &str) -> i64 {
    house
        .value(&format!(
            "select coalesce((select quantity from basket_lines join products using (tenant_id, product_id) where sku = '{sku}'), 0)::bigint"
        ))
        .await
}

async fn patch(browser: &Browser, edits: Value) -> (StatusCode, Value) {
    let answer = browser.json(Method::PATCH, "/api/v1/basket", json!({ "edits": edits })).await;
    (answer.status, answer.value())
}

#[tokio::test]
async fn buttons_step_from_one_quantity_that_can_be_ordered_to_the_next() {
    let house = House::open().await;
    house.goods("acme").await;
    let ada = house.customer("acme", ADA).await;
    let cups = product(&house, "acme", "CUP-1").await;
    let field = format!("q.{cups}");
    for (typed, button, value, becomes) in [
        ("0", "more", cups.clone(), 2),
        ("3", "more", cups.clone(), 4),
        ("4", "less", cups.clone(), 2),
        ("2", "less", cups.clone(), 0),
        ("3", "set", format!("{cups}:4"), 4),
        ("5", "other", String::new(), 5),
        ("１２", "other", String::new(), 12),
        ("", "other", String::new(), 0),
    ] {
        let done = ada.form("/basket/lines", &[(&field, typed), (button, &value)]).await;
        assert_eq!(done.status, StatusCode::SEE_OTHER, "{done:?}");
        assert_eq!(quantity(&house, "CUP-1").await, becomes, "{typed} and {button}");
    }
    // What is not otherwise than it was shown is not written, and so what another phone did stays.
    put(&house, &ada, "CUP-1", 6).await;
    ada.form("/basket/lines", &[(&field, "2"), (&format!("was.{cups}"), "2")]).await;
    assert_eq!(quantity(&house, "CUP-1").await, 6);
    let wrong = ada.form("/basket/lines", &[(&field, "a dozen")]).await;
    assert!(
        wrong.status == StatusCode::UNPROCESSABLE_ENTITY && wrong.text.contains("“a dozen”: A quantity is a whole number"),
        "{wrong:?}"
    );
    for (to, led) in [
        ("/products?query=cup", "/products?query=cup"),
        ("//evil.example", "/basket"),
        ("https://evil.example/", "/basket"),
        ("/\\evil.example", "/basket"),
        ("/\t/evil.example", "/basket"),
        ("", "/basket"),
    ] {
        let done = ada.form("/basket/lines", &[("to", to)]).await;
        assert_eq!((done.status, done.header("location")), (StatusCode::SEE_OTHER, led), "{to:?}");
    }
}

#[tokio::test]
async fn of_two_phones_the_later_wish_counts_whichever_comes_first() {
    let house = House::open().await;
    for slug in ["acme", "bravo"] {
        house.goods(slug).await;
    }
    let ada = house.customer("acme", ADA).await;
    let ann = second_phone(&house, "+447400123009").await;
    let (tea, sugar) = (product(&house, "acme", "TEA-1").await, product(&house, "acme", "SUG-1").await);
    let (status, basket) = patch(&ada, json!([{ "product_id": tea, "quantity": 5 }, { "product_id": sugar, "quantity": 1 }])).await;
    assert_eq!((status, basket["lines"].as_array().map(Vec::len)), (StatusCode::OK, Some(2)), "{basket}");
    assert_eq!(
        (&basket["total"]["minor"], &basket["minimum_order"]["minor"], &basket["below_minimum"]),
        (&json!(520), &json!(0), &json!(null))
    );
    // Ann's phone had no signal for a minute: what it wanted then is older than what is there.
    let (_, basket) = patch(
        &ann,
        json!([{ "product_id": tea, "quantity": 3, "age_seconds": 60 }, { "product_id": sugar, "quantity": 0, "age_seconds": 60 }]),
    )
    .await;
    assert_eq!((&basket["lines"][0]["quantity"], &basket["lines"][1]["quantity"]), (&json!(5), &json!(1)));
    let (_, basket) = patch(&ann, json!([{ "product_id": tea, "quantity": 3 }, { "product_id": sugar, "quantity": 0 }])).await;
    assert_eq!((&basket["lines"][0]["quantity"], basket["lines"].as_array().map(Vec::len)), (&json!(3), Some(1)));
    assert_eq!(ada.get("/api/v1/basket").await.value(), basket, "it is one basket");
    let cat = house.customer("acme", CAT).await;
    let of_cat = cat.get("/api/v1/basket").await.value();
    assert_eq!((&of_cat["lines"], &of_cat["submission_id"]), (&json!([]), &json!(null)), "and nobody else's");
    let theirs = product(&house, "bravo", "TEA-1").await;
    let (missing, foreign) = (
        patch(&ada, json!([{ "product_id": "00000000-0000-0000-0000-000000000001", "quantity": 1 }])).await,
        patch(&ada, json!([{ "product_id": theirs, "quantity": 1 }])).await,
    );
    assert_eq!((missing.0, foreign.0), (StatusCode::NOT_FOUND, StatusCode::NOT_FOUND));
    let (status, wrong) = patch(&ada, json!([{ "product_id": "x".repeat(36), "quantity": 1 }])).await;
    assert_eq!((status, wrong["errors"][0]["field"].as_str()), (StatusCode::UNPROCESSABLE_ENTITY, Some("edits[0].product_id")));
    let (status, misfit) = patch(&ada, json!([{ "product_id": product(&house, "acme", "COF-1").await, "quantity": 5 }])).await;
    assert_eq!((status, misfit["lines"][1]["problem"].as_str()), (StatusCode::OK, Some("None left just now.")), "{misfit}");
}
