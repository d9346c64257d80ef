//! Staff order for a customer who calls: at the customer's prices, and the order says who placed it.

use http::{Method, StatusCode};
use regex::Regex;
use serde_json::json;

use crate::amendments::send_to;
use crate::house::{ADA, Answer, CAT, House};
use crate::orders::reserved;

fn hidden(page: &Answer) -> Vec<(String, String)> {
    let form = page
        .text
        .split("id=\"found\"")
        .nth(1)
        .and_then(|rest| rest.split("</form>").next())
        .unwrap_or_else(|| panic!("nothing found: {page:?}"));
    let hidden = Regex::new(r#"<input type="hidden" name="(\w+)" value="([^"]*)">"#).expect("a pattern");
    hidden.captures_iter(form).map(|field| (field[1].to_owned(), field[2].to_owned())).collect()
}

#[tokio::test]
async fn staff_order_for_a_customer_and_it_says_so() {
    let house = House::open().await;
    house.goods("acme").await;
    house.change("update tenants set minimum_order_minor = 100000, updated_at = now() where slug = 'acme'").await;
    house.app.house.tenants.forget("acme").await;
    let (ada, cat, sales) = (house.customer("acme", ADA).await, house.customer("acme", CAT).await, house.staff("acme", "sales").await);
    let found = sales.get("/office/orders/new?query=shop+a-1").await;
    assert!(found.text.contains("account=A-1") && !found.text.contains("account=A-2"), "{found:?}");
    let page = sales.get("/office/orders/new?account=A-1").await;
    crate::page_rules::look_over("phone_orders-new", &page.text);
    let id = Regex::new(r#"name="submission_id" value="([^"]+)""#).expect("a pattern").captures(&page.text).expect("an id")[1].to_owned();
    let form = |lines: &str| {
        [("account", "A-1"), ("submission_id", &id), ("lines", lines), ("reference", "By phone")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
    };
    let wrong = send_to(&sales, "/office/orders", &form("TEA-1 5\nNO-1 2")).await;
    assert!(
        wrong.status == StatusCode::UNPROCESSABLE_ENTITY
            && wrong.text.contains("<li>NO-1 2: We have no product with this SKU.</li>")
            && !wrong.text.contains("name=\"seen\""),
        "{wrong:?}"
    );
    let looked = send_to(&sales, "/office/orders", &form("TEA-1 5\nCUP-1 2\nTEA-1 1")).await;
    // Her own price, of six together; and less than she could order herself.
    for words in ["£11.46", "£12.79", "The minimum order is £1,000.00 ex VAT", "Send for Shop A-1"] {
        assert!(looked.text.contains(words), "{words} in {}", looked.text);
    }
    assert_eq!(house.value::<i64>("select count(*) from orders").await, 0);
    let sent = send_to(&sales, "/office/orders", &hidden(&looked)).await;
    assert!(sent.status == StatusCode::SEE_OTHER && sent.header("location").ends_with("?done=placed"), "{sent:?}");
    let again = send_to(&sales, "/office/orders", &hidden(&looked)).await;
    assert_eq!((again.header("location"), house.value::<i64>("select count(*) from orders").await), (sent.header("location"), 1), "once");
    assert_eq!(reserved(&house, "TEA-1").await, 6);
    let number = sent.header("location").trim_start_matches("/office/orders/").trim_end_matches("?done=placed").to_owned();
    assert!(sales.get(sent.header("location")).await.text.contains("Sent for Shop A-1, who is told by text message."));
    let shown = ada.get(&format!("/orders/{number}")).await;
    assert!(shown.text.contains("for you by ") && shown.text.contains("By phone"), "{shown:?}");
    assert_eq!(cat.get(&format!("/orders/{number}")).await.status, StatusCode::NOT_FOUND);
    house.run_jobs().await;
    let told = house.sent_to(ADA)[0].clone();
    assert!(told.contains("has ordered for you") && told.contains(&number), "{told}");
    let kept: String = house
        .value("select placed_by_kind || ' ' || (placed_by_name <> '') || ' ' || actor_kind from orders join order_events using (tenant_id, order_id)")
        .await;
    assert_eq!(kept, "staff true staff");
}

#[tokio::test]
async fn by_the_api_as_well_under_the_accounts_own_keys() {
    let house = House::open().await;
    house.goods("acme").await;
    let (sales, picker) = (house.staff("acme", "sales").await, house.staff("acme", "picker").await);
    let body = json!({ "account_number": "A-2", "lines": [{ "sku": "TEA-1", "quantity": 12 }] });
    let send = async |key: &str, body: &serde_json::Value| {
        sales.send(Method::POST, "/api/v1/office/orders", &[("idempotency-key", key)], Some(("application/json", body.to_string()))).await
    };
    let first = send("one", &body).await;
    assert_eq!(
        (first.status, first.value()["total"]["minor"].as_i64()),
        (StatusCode::CREATED, Some(12 * 85)),
        "Gold, from twelve: {first:?}"
    );
    assert_eq!(send("one", &body).await.text, first.text);
    let nobody = send("two", &json!({ "account_number": "X-9", "lines": [{ "sku": "TEA-1", "quantity": 12 }] })).await;
    assert_eq!((nobody.status, nobody.value()["errors"][0]["field"].as_str()), (StatusCode::UNPROCESSABLE_ENTITY, Some("account_number")));
    assert_eq!(picker.post("/api/v1/office/orders", body).await.status, StatusCode::FORBIDDEN);
    assert_eq!(picker.get("/office/orders/new").await.status, StatusCode::FORBIDDEN);
    house.run_jobs().await;
}
