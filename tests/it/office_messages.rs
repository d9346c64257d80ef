//! Messages on a desk: what was said, what became of it, what it cost; and what is no longer said when a month has cost enough.

use http::{Method, StatusCode};
use serde_json::json;
use tradecounter::messages::sms::GatewayName;

use crate::counterparts::{Doing, Listener};
use crate::house::{ADA, Browser, CAT, DAN, House};
use crate::orders::{number, order};
use crate::secrecy::code_in;

const API: &str = "/api/v1/office/messages";

async fn ask(house: &House, slug: &str, phone: &str) -> StatusCode {
    let asked = house.browser(slug).post("/api/v1/codes", json!({ "phone": phone })).await;
    house.run_jobs().await;
    asked.status
}

async fn limit(house: &House, browser: &Browser, minor: i64) {
    let body = json!({ "limit": { "minor": minor, "currency": "EUR" }, "countries": ["GB", "FR"] });
    let saved = browser.json(Method::PUT, &format!("{API}/limits"), body).await;
    assert_eq!((saved.status, &saved.value()["limit"]["minor"]), (StatusCode::OK, &json!(minor)), "{saved:?}");
    forget(house).await;
}

/// Where a server hears of every change of a tenant, a test has to say it.
async fn forget(house: &House) {
    house.app.house.tenants.forget("acme").await;
}

async fn statuses(house: &House) -> String {
    house.value("select coalesce(string_agg(status, ' ' order by created_at, message_id), '') from messages where channel = 'sms'").await
}

#[tokio::test]
async fn a_code_is_listed_with_what_it_cost_and_without_itself() {
    let house = House::open().await;
    let manager = house.staff("acme", "manager").await;
    assert_eq!(ask(&house, "acme", ADA).await, StatusCode::ACCEPTED);
    let text = house.sent_to(ADA).remove(0);
    let code = code_in(&text).expect("a code");
    let listed = manager.get(API).await;
    let codes: Vec<_> =
        listed.value()["items"].as_array().expect("a list").iter().filter(|item| item["is_code"] == true).cloned().collect();
    assert_eq!(codes.len(), 1, "{listed:?}");
    assert_eq!(
        (&codes[0]["what"], &codes[0]["status"], &codes[0]["segments"], &codes[0]["cost_micros"]),
        (&json!("A code"), &json!("sent"), &json!(1), &json!(40_000))
    );
    let page = manager.get("/office/messages").await.text;
    assert!(page.contains("A code") && page.contains("EUR\u{a0}0.04"), "{page}");
    for told in [&listed.text, &page] {
        assert!(!told.contains(&code) && !told.contains(ADA), "{told}");
    }
    let month = manager.get(&format!("{API}/limits")).await.value();
    assert_eq!(
        (&month["spent"]["minor"], &month["limit"]["minor"], &month["percent_used"]),
        (&json!(4), &json!(10_000), &json!(0)),
        "{month}"
    );
    let other = house.staff("bravo", "manager").await.get(API).await.value();
    assert!(other["items"].as_array().is_some_and(|items| items.iter().all(|item| item["is_code"] == false)), "{other}");
}

#[tokio::test]
async fn at_the_limit_only_codes_of_known_customers_go_and_no_order_is_lost() {
    let house = House::open().await;
    house.goods("acme").await;
    let ada = house.customer("acme", ADA).await;
    let manager = house.staff("acme", "manager").await;
    // One code of four cents has gone.
    limit(&house, &manager, 9).await;
    house.wait(chrono::TimeDelta::minutes(1));
    ask(&house, "acme", CAT).await;
    let letters = house.sent_to("owner@acme.example");
    assert!(
        letters.iter().any(|letter| letter.contains("Most of the month") && letter.contains("EUR\u{a0}0.08 of this month")),
        "{letters:?}"
    );
    limit(&house, &manager, 8).await;
    assert!(manager.get("/office/messages").await.text.contains("limit is reached"));

    let before = house.sent_to(DAN).len();
    assert_eq!(ask(&house, "acme", DAN).await, StatusCode::ACCEPTED, "whoever asks is told the same");
    assert_eq!(house.sent_to(DAN).len(), before, "nobody here knows this number");
    house.wait(chrono::TimeDelta::minutes(1));
    let known = house.sent_to(CAT).len();
    ask(&house, "acme", CAT).await;
    assert_eq!(house.sent_to(CAT).len(), known + 1, "a customer gets in");

    let told = house.sent_to(ADA).len();
    let placed = number(&order(&ada, "one", json!([{ "sku": "TEA-1", "quantity": 20 }])).await);
    house.run_jobs().await;
    assert_eq!(house.sent_to(ADA).len(), told, "news of orders waits");
    assert_eq!(ada.get(&format!("/orders/{placed}")).await.status, StatusCode::OK, "the order is there");
    assert!(statuses(&house).await.ends_with("held"), "{}", statuses(&house).await);

    // Another wholesaler's month is its own.
    let theirs = house.sent_to(DAN).len();
    ask(&house, "bravo", DAN).await;
    assert_eq!(house.sent_to(DAN).len(), theirs + 1);

    limit(&house, &manager, 10_000).await;
    let troubled = manager.get(&format!("{API}?show=troubled")).await.value();
    let held = troubled["items"].as_array().expect("a list").iter().find(|item| item["is_code"] == false).expect("the news");
    let id = held["id"].as_str().expect("an id");
    assert_eq!(manager.post(&format!("{API}/{id}/resending"), json!({})).await.status, StatusCode::NO_CONTENT);
    assert_eq!(manager.post(&format!("{API}/{id}/resending"), json!({})).await.status, StatusCode::NOT_FOUND, "it waits already");
    house.run_jobs().await;
    assert!(house.sent_to(ADA)[0].contains(&placed), "{:?}", house.sent_to(ADA));
    let code = troubled["items"].as_array().expect("a list").iter().find(|item| item["is_code"] == true).expect("Dan's code");
    let id = code["id"].as_str().expect("an id");
    assert_eq!(manager.post(&format!("{API}/{id}/resending"), json!({})).await.status, StatusCode::NOT_FOUND, "a code is not sent later");
    assert_eq!(manager.post(&format!("{API}/{id}/dropping"), json!({})).await.status, StatusCode::NO_CONTENT);
    assert_eq!(manager.get(&format!("{API}?show=troubled")).await.value()["items"], json!([]));
    let log: String = house
        .value("select string_agg(action, ' ' order by at) from audit_events where action like 'message.%' or action like 'text_limits.%'")
        .await;
    assert_eq!(log, "text_limits.changed text_limits.changed text_limits.changed message.resent message.dropped");
}

#[tokio::test]
async fn limits_that_are_none_are_said_beside_their_fields() {
    let house = House::open().await;
    let manager = house.staff("acme", "manager").await;
    for (form, words) in [
        ([("limit", "lots"), ("countries", "GB")], "limit-error"),
        ([("limit", "2000000"), ("countries", "GB")], "more than a month may cost"),
        ([("limit", "10"), ("countries", "GB, Narnia")], "“Narnia” is no country"),
        ([("limit", "10"), ("countries", "FR")], "has to be among them"),
    ] {
        let answer = manager.form("/office/messages/limits", &form).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(answer.text.contains(words) && answer.text.contains(&format!("value=\"{}\"", form[0].1)), "{form:?}: {}", answer.text);
    }
    let saved = manager.form("/office/messages/limits", &[("limit", "12.50"), ("countries", "gb ie")]).await;
    assert_eq!(saved.status, StatusCode::SEE_OTHER, "{saved:?}");
    forget(&house).await;
    let kept: String = house.value("select concat_ws(' ', sms_limit_minor, sms_countries) from tenants where slug = 'acme'").await;
    assert_eq!(kept, "1250 {GB,IE}");
    for body in [
        json!({ "limit": { "minor": 5, "currency": "GBP" }, "countries": ["GB"] }),
        json!({ "limit": { "minor": -5, "currency": "EUR" }, "countries": ["GB"] }),
        json!({ "limit": { "minor": 5, "currency": "EUR" }, "countries": ["GB", "XX"] }),
    ] {
        assert_eq!(manager.json(Method::PUT, &format!("{API}/limits"), body).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    }
    assert_eq!(ask(&house, "acme", "+33612345678").await, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(house.sent_to("+33612345678").len(), 0, "not to a country that is not among them");
}

#[tokio::test]
async fn why_a_message_did_not_arrive_is_said_in_words() {
    let gateway = Listener::start(Doing::say(500, "")).await;
    let house = House::open_with(|config| {
        config.sms.gateways = vec![GatewayName::Twilio];
        gateway.stands_in(&mut config.sms, GatewayName::Twilio);
    })
    .await;
    let (manager, tenant) = (house.staff("acme", "manager").await, house.tenant("acme").await);
    // Only what may have gone is paid for, as far as anybody knows.
    for (doing, said, is_paid) in [
        (Doing::say(400, r#"{"code": 21211}"#), "there is no such number", false),
        (Doing::say(400, r#"{"code": 21610}"#), "the carrier refuses the message: HTTP 400, code 21610", false),
        (Doing::say(500, ""), "the carrier's answer is unclear: HTTP 500", true),
    ] {
        gateway.does(doing);
        let message = uuid::Uuid::now_v7();
        house
            .change(&format!(
                "insert into messages (tenant_id, message_id, channel, recipient, text, status, created_at)
                 values ('{tenant}', '{message}', 'sms', '{DAN}', 'Your order', 'waiting', now());
                 insert into jobs (id, lane, kind, for_tenant, subject_id, run_at, created_at)
                 values (gen_random_uuid(), 'texts', 'send_message', '{tenant}', '{message}', now(), now())"
            ))
            .await;
        house.run_jobs().await;
        let paid: bool = house.value(&format!("select cost_micros > 0 from messages where message_id = '{message}'")).await;
        assert_eq!(paid, is_paid, "{said}");
        let listed = manager.get(&format!("{API}?show=troubled")).await.value();
        let one = listed["items"].as_array().expect("a list").iter().find(|item| item["id"] == json!(message)).expect("the message");
        assert_eq!(one["problem"], said, "{one}");
        let page = manager.get("/office/messages?show=troubled").await.text;
        assert!(page.contains(&said.replace('\'', "&#39;")), "{said}: {page}");
    }
    // What has arrived after all says nothing of an earlier trouble.
    house.change("update messages set status = 'delivered'").await;
    let all = manager.get(API).await.value();
    assert!(all["items"].as_array().is_some_and(|items| items.iter().all(|item| item["problem"] == "")), "{all}");
}
