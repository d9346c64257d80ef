//! A trade account at a desk: what was agreed with it, its own prices, and why it pays what it pays.

use http::{Method, StatusCode};
use serde_json::json;
use uuid::Uuid;

use crate::house::{Browser, House, let_in};

async fn shop() -> (House, Browser, Uuid) {
    let house = House::open().await;
    house.goods("acme").await;
    let manager = house.staff("acme", "manager").await;
    let_in(&mut house.admin().await, house.tenant("acme").await, "A-7", "+447400123077").await;
    let account = house.value("select account_id from trade_accounts where account_number = 'A-7'").await;
    (house, manager, account)
}

/// The list that the goods come with.
async fn gold(house: &House) -> Uuid {
    house
        .value(&format!("select price_list_id from price_lists where tenant_id = '{}' and name = 'Gold'", house.tenant("acme").await))
        .await
}

#[tokio::test]
async fn what_was_agreed_is_changed_by_one_at_a_time_and_said_in_the_log() {
    let (house, manager, account) = shop().await;
    let (path, gold) = (format!("/office/accounts/{account}"), gold(&house).await.to_string());
    let page = manager.get(&path).await.text;
    assert!(page.contains("Base prices") && page.contains("Gold") && page.contains("A-7"), "{page}");
    let version = page.split("name=\"version\" value=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("a version").to_owned();
    let terms = |list: &'static str, news: &'static str, email: &'static str| {
        vec![
            ("version", version.clone()),
            ("price_list", list.to_owned()),
            ("route", "North".to_owned()),
            ("order_news", news.to_owned()),
            ("order_email", email.to_owned()),
        ]
    };
    let send = async |fields: Vec<(&str, String)>| {
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        manager.form(&path, &fields).await
    };
    let refused = send(terms("00000000-0000-0000-0000-000000000000", "email", "")).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{refused:?}");
    assert!(refused.text.contains("There is no such price list.") && refused.text.contains("Write where the e-mail goes."), "{refused:?}");
    assert!(refused.text.contains("value=\"North\""), "what was typed stays: {refused:?}");
    let gold: &'static str = Box::leak(gold.into_boxed_str());
    assert_eq!(send(terms(gold, "email", "orders@corner.example")).await.status, StatusCode::SEE_OTHER);
    let second = send(terms("", "none", "")).await;
    assert!(
        second.status == StatusCode::CONFLICT && second.text.contains("Somebody else has changed what was agreed meanwhile"),
        "{second:?}"
    );
    let stands = "select concat_ws(' ', l.name, route, order_news, order_email) from trade_accounts t join price_lists l using (tenant_id, price_list_id) where account_number = 'A-7'";
    assert_eq!(house.value::<String>(stands).await, "Gold North email orders@corner.example");
    let entry: String = house.value("select details::text from audit_events where action = 'account.terms_changed'").await;
    assert!(entry.contains("Gold") && entry.contains("North") && !entry.contains("corner.example"), "an address is somebody's: {entry}");

    let api = format!("/api/v1{path}");
    let answer = manager.get(&api).await.value();
    assert_eq!((&answer["route"], &answer["price_list"], &answer["order_news"]), (&json!("North"), &json!(gold), &json!("email")));
    let changed = manager.json(Method::PATCH, &api, json!({ "price_list": "", "order_news": "text" })).await;
    assert_eq!(
        (changed.status, &changed.value()["price_list"], &changed.value()["route"]),
        (StatusCode::OK, &json!(null), &json!("North"))
    );
    let late = manager.json(Method::PATCH, &api, json!({ "route": "South", "version": answer["version"] })).await;
    assert_eq!(late.status, StatusCode::CONFLICT, "{late:?}");
    let listed = manager.get("/api/v1/office/accounts?query=a-7").await.value();
    assert_eq!(listed["items"][0]["id"], json!(account), "{listed}");
}

#[tokio::test]
async fn an_account_has_prices_of_its_own() {
    let (house, manager, account) = shop().await;
    let path = format!("/office/accounts/{account}");
    let put = |price: &'static str, from: &'static str| [("sku", "tea-1"), ("from_quantity", from), ("price", price)];
    assert_eq!(manager.form(&format!("{path}/prices"), &put("0.90", "1")).await.status, StatusCode::SEE_OTHER);
    assert_eq!(manager.form(&format!("{path}/prices"), &put("0.80", "48")).await.status, StatusCode::SEE_OTHER);
    let wrong = manager.form(&format!("{path}/prices"), &put("nothing", "1")).await;
    assert!(wrong.status == StatusCode::UNPROCESSABLE_ENTITY && wrong.text.contains("value=\"nothing\""), "{wrong:?}");
    let page = manager.get(&path).await.text;
    assert!(page.contains("£0.90") && page.contains("£0.80"), "{page}");
    let api = format!("/api/v1{path}/prices");
    let own = manager.get(&api).await.value();
    assert_eq!((&own["items"][1]["from_quantity"], &own["items"][1]["price"]["minor"]), (&json!(48), &json!(80)), "{own}");
    let body = json!({ "sku": "TEA-1", "from_quantity": 48, "price": { "minor": 79, "currency": "GBP" } });
    let stands = manager.json(Method::PUT, &api, body.clone()).await;
    assert_eq!((stands.status, &stands.value()["price"]["minor"]), (StatusCode::OK, &json!(79)), "{stands:?}");
    let entries = "select count(*) from audit_events where action = 'prices.changed'";
    let before: i64 = house.value(entries).await;
    assert_eq!(manager.json(Method::PUT, &api, body).await.status, StatusCode::OK);
    assert_eq!(house.value::<i64>(entries).await, before, "nothing is otherwise, so nothing is said");
    let gone = manager.json(Method::DELETE, &format!("{api}?sku=TEA-1&from_quantity=48"), json!({})).await;
    assert_eq!(gone.status, StatusCode::NO_CONTENT, "{gone:?}");
    assert_eq!(manager.json(Method::DELETE, &format!("{api}?sku=TEA-1&from_quantity=48"), json!({})).await.status, StatusCode::NOT_FOUND);
    for (what, path) in
        [("an account", format!("/office/accounts/{}", Uuid::now_v7())), ("a list", format!("/office/price-lists/{account}"))]
    {
        assert_eq!(manager.get(&path).await.status, StatusCode::NOT_FOUND, "{what}");
        assert_eq!(manager.form(&format!("{path}/prices"), &put("0.90", "1")).await.status, StatusCode::NOT_FOUND, "{what}");
    }
    let words: String = house.value("select details ->> 'list' from audit_events where action = 'prices.changed' limit 1").await;
    assert_eq!(words, "the account A-7", "no name of a customer stands in the log");
}

#[tokio::test]
async fn why_somebody_pays_that_is_said_in_words() {
    let (house, manager, account) = shop().await;
    let silver =
        manager.post("/api/v1/office/price-lists", json!({ "name": "Silver" })).await.value()["id"].as_str().expect("an id").to_owned();
    house.change(&format!("update trade_accounts set price_list_id = '{silver}' where account_id = '{account}'")).await;
    for (list, price) in [(silver.as_str(), "0.85"), ("base", "0.70")] {
        let price = [("sku", "TEA-1"), ("from_quantity", "12"), ("price", price)];
        assert_eq!(manager.form(&format!("/office/price-lists/{list}/prices"), &price).await.status, StatusCode::SEE_OTHER);
    }
    let page = manager.get("/office/why-this-price?account=a-7&sku=tea-1&quantity=12").await.text;
    for words in ["£0.85 each", "Price list Silver, from 12.", "though this one is lower", "VAT"] {
        assert!(page.contains(words), "{words} in {page}");
    }
    let api = "/api/v1/office/price-explanations?account=A-7&sku=TEA-1";
    let answer = manager.get(&format!("{api}&quantity=12")).await.value();
    assert_eq!((&answer["price"]["minor"], &answer["reason"]), (&json!(85), &json!("Price list Silver, from 12")), "{answer}");
    let steps = answer["steps"].as_array().expect("steps");
    assert!(steps[0]["wins"] == json!(true) && steps[1..].iter().all(|step| step["wins"] == json!(false)) && steps.len() == 3, "{answer}");
    let one = manager.get(api).await.value();
    assert_eq!((&one["price"]["minor"], &one["reason"], &one["quantity"]), (&json!(100), &json!("Base price"), &json!(1)), "{one}");
    // It begins tomorrow.
    let tomorrow = (house.app.house.now() + chrono::TimeDelta::days(1)).date_naive().to_string();
    let own = [("sku", "TEA-1"), ("price", "0.50"), ("valid_from", tomorrow.as_str())];
    assert_eq!(manager.form(&format!("/office/accounts/{account}/prices"), &own).await.status, StatusCode::SEE_OTHER);
    assert_eq!(manager.get(api).await.value()["price"]["minor"], json!(100));
    assert_eq!(manager.get(&format!("{api}&day={tomorrow}")).await.value()["price"]["minor"], json!(50));
    let wrong = manager.get("/office/why-this-price?account=A-9&sku=TEA-9&quantity=none&day=today").await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    for words in ["There is no account of this number.", "There is no product with this SKU.", "Please choose a day."] {
        assert!(wrong.text.contains(words), "{words}");
    }
}

#[tokio::test]
async fn sales_people_see_what_was_agreed_and_do_not_change_it() {
    let (house, _, account) = shop().await;
    let sales = house.staff("acme", "sales").await;
    let path = format!("/office/accounts/{account}");
    let page = sales.get(&path).await;
    assert!(page.status == StatusCode::OK && !page.text.contains(&format!("method=\"post\" action=\"{path}")), "{page:?}");
    assert_eq!(sales.get("/office/why-this-price?account=A-7&sku=TEA-1").await.status, StatusCode::OK);
    assert_eq!(sales.form(&path, &[("route", "South")]).await.status, StatusCode::FORBIDDEN);
    assert_eq!(sales.form(&format!("{path}/prices"), &[("sku", "TEA-1"), ("price", "1")]).await.status, StatusCode::FORBIDDEN);
    let picker = house.staff("acme", "picker").await;
    for closed in [path.as_str(), "/office/why-this-price"] {
        assert_eq!(picker.get(closed).await.status, StatusCode::FORBIDDEN, "{closed}");
    }
}

#[tokio::test]
async fn price_lists_are_kept_by_the_api_as_well() {
    let (_house, manager, _) = shop().await;
    let lists = "/api/v1/office/price-lists";
    let made = manager.post(lists, json!({ "name": "Silver" })).await;
    assert_eq!((made.status, &made.value()["prices"]), (StatusCode::CREATED, &json!(0)), "{made:?}");
    assert_eq!(manager.post(lists, json!({ "name": "SILVER" })).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    let path = format!("{lists}/{}", made.value()["id"].as_str().expect("an id"));
    let renamed = manager.json(Method::PATCH, &path, json!({ "name": "Bronze" })).await;
    assert_eq!((renamed.status, &renamed.value()["name"]), (StatusCode::OK, &json!("Bronze")), "{renamed:?}");
    let price =
        json!({ "sku": "tea-1", "price": { "minor": 91, "currency": "GBP" }, "valid_from": "2026-03-01", "valid_until": "2026-03-31" });
    let put = manager.json(Method::PUT, &format!("{path}/prices"), price).await;
    assert_eq!(
        (put.status, &put.value()["valid_until"], &put.value()["sku"]),
        (StatusCode::OK, &json!("2026-03-31"), &json!("TEA-1")),
        "{put:?}"
    );
    for (field, body) in [
        (
            "valid_until",
            json!({ "sku": "TEA-1", "price": { "minor": 91, "currency": "GBP" }, "valid_from": "2026-03-01", "valid_until": "2026-02-28" }),
        ),
        ("price", json!({ "sku": "TEA-1", "price": { "minor": 0, "currency": "GBP" } })),
        ("price", json!({ "sku": "TEA-1", "price": { "minor": 91, "currency": "EUR" } })),
        ("sku", json!({ "sku": "TEA-9", "price": { "minor": 91, "currency": "GBP" } })),
    ] {
        let refused = manager.json(Method::PUT, &format!("{path}/prices"), body.clone()).await;
        assert_eq!((refused.status, &refused.value()["errors"][0]["field"]), (StatusCode::UNPROCESSABLE_ENTITY, &json!(field)), "{body}");
    }
    assert_eq!(manager.get(&format!("{path}/prices")).await.value()["items"].as_array().map(Vec::len), Some(1));
    let base = manager.get(&format!("{lists}/base/prices?query=tea")).await.value();
    assert!(base["items"].as_array().is_some_and(|items| items.len() >= 2), "{base}");
    let gone = manager.json(Method::DELETE, &format!("{path}/prices?sku=TEA-1&valid_from=2026-03-01"), json!({})).await;
    assert_eq!(gone.status, StatusCode::NO_CONTENT, "{gone:?}");
    assert_eq!(manager.get(&format!("{path}/prices")).await.value()["items"], json!([]));
    let listed = manager.get(lists).await.value();
    assert_eq!(listed["items"].as_array().map(Vec::len), Some(2), "{listed}");
}
