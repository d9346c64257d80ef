//! The order desk: what comes in, what becomes of it, and who is told.

use http::StatusCode;
use serde_json::json;

use crate::house::{ADA, CAT, House};
use crate::orders::{number, order, reserved, second_phone};

#[tokio::test]
async fn an_order_is_answered_and_its_customer_told() {
    let house = House::open().await;
    house.goods("acme").await;
    let cat = house.customer("acme", CAT).await;
    let ann = second_phone(&house, "+447400123009").await;
    let sales = house.staff("acme", "sales").await;
    let newest = sales.get("/api/v1/office/orders/pulse").await.value()["newest"].clone();
    assert_eq!(newest, json!(null));
    let first = number(&order(&ann, "one", json!([{ "sku": "TEA-1", "quantity": 1 }])).await);
    let second = number(&order(&cat, "two", json!([{ "sku": "TEA-2", "quantity": 2 }])).await);
    let after = sales.get("/api/v1/office/orders/pulse").await.value()["newest"].clone();
    assert!(after.is_string(), "{after}");
    let list = sales.get("/api/v1/office/orders?status=submitted").await.value();
    let numbers: Vec<&str> =
        list["items"].as_array().expect("items").iter().map(|item| item["number"].as_str().expect("a number")).collect();
    assert_eq!(numbers, [first.as_str(), second.as_str()], "the longest waiting first");
    let page = sales.get("/office/orders").await;
    assert!(page.text.contains(&first) && page.text.contains("Shop A-2") && page.text.contains("£9.00"), "{page:?}");
    let accepted = sales.form(&format!("/office/orders/{first}/acceptance"), &[]).await;
    assert_eq!(accepted.header("location"), format!("/office/orders/{first}?done=accepted"));
    assert!(sales.get(accepted.header("location")).await.text.contains("Accepted. Shop A-1 is told by text message."));
    let again = sales.form(&format!("/office/orders/{first}/acceptance"), &[]).await;
    assert!(again.status == StatusCode::CONFLICT && again.text.contains("This order has been accepted already."), "{again:?}");
    let nameless = sales.form(&format!("/office/orders/{second}/refusal"), &[("reason", " ")]).await;
    assert!(nameless.status == StatusCode::UNPROCESSABLE_ENTITY && nameless.text.contains("id=\"reason-error\""), "{nameless:?}");
    sales.form(&format!("/office/orders/{second}/refusal"), &[("reason", "No van\nthis week")]).await;
    assert_eq!(reserved(&house, "TEA-2").await, 0);
    let late = ann.delete(&format!("/api/v1/orders/{first}")).await;
    assert_eq!(late.status, StatusCode::CONFLICT, "{late:?}");
    let shown = cat.get(&format!("/orders/{second}")).await;
    assert!(
        shown.text.contains("Declined") && shown.text.contains("No van\nthis week") && !shown.text.contains("Cancel the order"),
        "{shown:?}"
    );
    house.run_jobs().await;
    // Whoever placed it is told, and nobody else of the account.
    let (of_ann, of_cat) = (house.sent_to("+447400123009"), house.sent_to(CAT));
    assert!(of_ann[0].contains(&format!("{first} is accepted")) && of_ann[1].contains(&format!("{first} is sent")), "{of_ann:?}");
    assert!(of_cat[0].contains(&format!("{second}: No van this week")), "{of_cat:?}");
    assert!(!house.sent_to(ADA).iter().any(|text| text.contains(&first)));
    let detail = sales.get(&format!("/api/v1/office/orders/{first}")).await.value();
    assert_eq!((detail["lines"][0]["accepted"].as_i64(), detail["status"].as_str()), (Some(1), Some("accepted")), "{detail}");
}

#[tokio::test]
async fn the_owners_of_an_account_are_told_when_who_ordered_is_gone_and_by_letter_when_they_want_it() {
    let house = House::open().await;
    house.goods("acme").await;
    let ann = second_phone(&house, "+447400123009").await;
    let sales = house.staff("acme", "sales").await;
    let tea = json!([{ "sku": "TEA-1", "quantity": 1 }]);
    let first = number(&order(&ann, "one", tea.clone()).await);
    let second = number(&order(&ann, "two", tea).await);
    house.run_jobs().await;
    house.change("update account_access set status = 'suspended' where phone = '+447400123009'").await;
    sales.post(&format!("/api/v1/office/orders/{first}/acceptance"), json!({})).await;
    house.run_jobs().await;
    assert!(house.sent_to(ADA)[0].contains(&format!("{first} is accepted")));
    house.change("update trade_accounts set order_news = 'email', order_email = 'ada@shop.example' where account_number = 'A-1'").await;
    sales.post(&format!("/api/v1/office/orders/{second}/acceptance"), json!({})).await;
    house.run_jobs().await;
    assert!(house.sent_to("ada@shop.example")[0].contains(&format!("{second} is accepted")));
    assert!(!house.sent_to(ADA)[0].contains(&second));
}

#[tokio::test]
async fn pickers_have_no_business_at_the_desk() {
    let house = House::open().await;
    house.goods("acme").await;
    let ada = house.customer("acme", ADA).await;
    let number = number(&order(&ada, "one", json!([{ "sku": "TEA-1", "quantity": 1 }])).await);
    let picker = house.staff("acme", "picker").await;
    for path in ["/office/orders", "/api/v1/office/orders", "/api/v1/office/orders/pulse"] {
        assert_eq!(picker.get(path).await.status, StatusCode::FORBIDDEN, "{path}");
    }
    assert_eq!(picker.get(&format!("/office/orders/{number}")).await.status, StatusCode::FORBIDDEN);
    assert!(!picker.get("/office").await.text.contains("/office/orders"));
    let elsewhere = house.staff("bravo", "owner").await;
    assert_eq!(elsewhere.get(&format!("/api/v1/office/orders/{number}")).await.status, StatusCode::NOT_FOUND);
    house.run_jobs().await;
}

#[tokio::test]
async fn an_order_that_was_changed_since_it_was_seen_is_not_accepted_and_the_desk_shows_that_it_was() {
    let house = House::open().await;
    house.goods("acme").await;
    let (ada, sales) = (house.customer("acme", ADA).await, house.staff("acme", "sales").await);
    let number = number(&order(&ada, "one", json!([{ "sku": "TEA-1", "quantity": 1 }])).await);
    let pulse = async || sales.get("/api/v1/office/orders/pulse").await.value()["state"].clone();
    let (before, page) = (pulse().await, sales.get(&format!("/office/orders/{number}")).await.text);
    let revision = page.split("name=\"revision\" value=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("a revision").to_owned();
    let edited = json!({ "revision": 1, "lines": [{ "sku": "TEA-1", "quantity": 3 }] });
    let edited = ada.json(http::Method::PATCH, &format!("/api/v1/orders/{number}"), edited).await;
    assert_eq!(edited.status, StatusCode::OK, "{edited:?}");
    assert_ne!(pulse().await, before, "an open desk is told");
    let path = format!("/office/orders/{number}/acceptance");
    let late = sales.form(&path, &[("revision", revision.as_str())]).await;
    assert!(late.status == StatusCode::CONFLICT && late.text.contains("changed this order since"), "{late:?}");
    let api = sales.post(&format!("/api/v1/office/orders/{number}/acceptance?revision={revision}"), json!({})).await;
    assert_eq!(api.status, StatusCode::CONFLICT, "{api:?}");
    let seen = edited.value()["revision"].to_string();
    assert_eq!(sales.form(&path, &[("revision", seen.as_str())]).await.status, StatusCode::SEE_OTHER);
    assert_ne!(pulse().await, before);
}
