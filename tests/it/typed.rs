//! What people, and programs, type where a number, a code or an address belongs.

use chrono::TimeDelta;
use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::house::{ADA, Browser, House};

/// Ways to write ADA's number at a counter in Britain.
const WAYS: [&str; 22] = [
    "+447400123001",
    "07400123001",
    "07400 123001",
    "07400 123 001",
    "07400-123-001",
    "07400.123.001",
    "(07400) 123001",
    "+44 7400 123001",
    "+44 (0)7400 123001",
    "+44 (0) 7400-123-001",
    "+4407400123001",
    "00447400123001",
    "0044 7400 123 001",
    "447400123001",
    "tel:+44-7400-123001",
    "  07400\u{a0}123001\t",
    "\u{202a}+44\u{200b}7400123001\u{202c}",
    "+44/7400/123001",
    "０７４００１２３００１",
    "＋４４ ７４００ １２３００１",
    "٠٧٤٠٠١٢٣٠٠١",
    "०७४०० १२३००१",
];

#[tokio::test]
async fn a_number_written_in_twenty_ways_is_one_customer_under_one_limit() {
    let house = House::open_with(|config| config.codes.sms_per_day = WAYS.len()).await;
    for (way, another) in WAYS.iter().zip(WAYS.iter().rev()) {
        let browser = house.browser("acme");
        let asked = browser.post("/api/v1/codes", json!({ "phone": way })).await;
        assert_eq!(asked.status, StatusCode::ACCEPTED, "{way:?}: {asked:?}");
        let code = house.code_for(ADA).await;
        let opened = browser.answer(another, &code).await;
        assert_eq!((opened.status, opened.value()), (StatusCode::CREATED, json!({ "access": "active" })), "{another:?}");
        house.wait(TimeDelta::seconds(31));
    }
    for way in WAYS {
        let asked = house.browser("acme").post("/api/v1/codes", json!({ "phone": way })).await;
        assert_eq!(asked.status, StatusCode::TOO_MANY_REQUESTS, "{way:?}: {asked:?}");
    }
    let customers: i64 = house.value("select count(distinct customer_id) from sessions").await;
    let counters: i64 = house.value("select count(*) from address_counters").await;
    assert_eq!((customers, counters), (1, 1));
}

#[tokio::test]
async fn codes_are_taken_as_keyboards_write_them() {
    let house = House::open().await;
    let ways: [fn(&str) -> String; 3] = [
        |code| code.bytes().filter_map(|digit| char::from_u32(0xff10 + u32::from(digit - b'0'))).collect(),
        |code| code.bytes().filter_map(|digit| char::from_u32(0x660 + u32::from(digit - b'0'))).collect(),
        |code| format!(" {} - {}\n", &code[..3], &code[3..]),
    ];
    for written in ways {
        let browser = house.browser("acme");
        let code = browser.ask(&house, ADA).await;
        assert_eq!(browser.answer("０７４００１２３００１", &written(&code)).await.status, StatusCode::CREATED);
        house.wait(TimeDelta::seconds(31));
        let browser = house.browser("acme");
        let code = browser.ask(&house, ADA).await;
        let arrived = browser.form("/sessions", &[("phone", "07400 123001"), ("code", &written(&code))]).await;
        assert_eq!((arrived.status, arrived.header("location")), (StatusCode::SEE_OTHER, "/"), "{arrived:?}");
        house.wait(TimeDelta::seconds(31));
    }
}

/// What belongs nowhere.
fn oddities() -> Vec<Value> {
    let mut odd = vec![json!(null), json!(0), json!(-1), json!(12345), json!(1.5e300), json!(true), json!([]), json!({}), json!([ADA])];
    let long = ["9".repeat(101), "9".repeat(60_000), "a@".repeat(200), "\u{202e}".repeat(50), "🦀".repeat(100)];
    let short = [
        "",
        " ",
        "\0",
        "0",
        "000000",
        "1234567",
        "12345",
        "½23456",
        "+",
        "++44",
        "@",
        "a@b",
        "a@b@c",
        "' or 1=1 --",
        "%00",
        "{{7*7}}",
        "\r\nBcc: x@y.z",
        "owner@acme.example\0",
        "+447400123001\0",
        "+44 74OO 123456",
        "07400 123001 x9",
        "07400123001,,12",
        "⁰¹²³⁴⁵",
        "１２３４５",
    ];
    odd.extend(long.iter().map(|text| json!(text)));
    odd.extend(short.iter().map(|text| json!(text)));
    odd
}

async fn refuses(browser: &Browser, path: &str, body: Value) {
    let told = body.to_string().chars().take(120).collect::<String>();
    let answer = browser.post(path, body).await;
    // Not 401: that is said of a code that was compared.
    assert!(answer.status.is_client_error() && answer.status != StatusCode::UNAUTHORIZED, "{path} {told}: {answer:?}");
    assert_eq!(answer.header("content-type"), "application/problem+json", "{path} {told}");
    assert_eq!(answer.value()["status"], answer.status.as_u16(), "{path} {told}");
    assert!(!answer.headers.contains_key("set-cookie"), "{path} {told}");
}

#[tokio::test]
async fn what_is_no_number_no_code_and_no_address_is_refused_in_words() {
    let house = House::open().await;
    let browser = house.browser("acme");
    browser.ask(&house, ADA).await;
    for odd in oddities() {
        refuses(&browser, "/api/v1/codes", json!({ "phone": odd })).await;
        refuses(&browser, "/api/v1/office/codes", json!({ "email": odd })).await;
        refuses(&browser, "/api/v1/sessions", json!({ "phone": odd, "code": "000000" })).await;
        refuses(&browser, "/api/v1/office/sessions", json!({ "email": odd, "code": "000000" })).await;
        refuses(&browser, "/api/v1/codes", odd.clone()).await;
        // Six digits are no oddity to a code, only wrong: those would count as guesses.
        if odd != "000000" {
            refuses(&browser, "/api/v1/sessions", json!({ "phone": ADA, "code": odd })).await;
            refuses(&browser, "/api/v1/office/sessions", json!({ "email": "owner@acme.example", "code": odd })).await;
        }
    }
    for (path, body) in [
        ("/api/v1/codes", json!({})),
        ("/api/v1/codes", json!({ "phone": ADA, "tenant": "bravo" })),
        ("/api/v1/sessions", json!({ "phone": ADA })),
        ("/api/v1/sessions", json!({ "code": "000000" })),
        ("/api/v1/office/codes", json!({})),
        ("/api/v1/office/sessions", json!({ "email": "owner@acme.example" })),
    ] {
        refuses(&browser, path, body).await;
    }
    let queued: i64 = house.value("select (select count(*) from jobs) + (select sum(guesses) from challenges)").await;
    assert_eq!(queued, 0, "nothing was sent, and nothing compared");
}

#[tokio::test]
async fn bodies_that_cannot_be_read_are_refused_in_words() {
    let house = House::open().await;
    let browser = house.browser("acme");
    let json = "application/json";
    for (media_type, body) in [
        (json, String::new()),
        (json, "{".to_owned()),
        (json, "\u{feff}{}".to_owned()),
        (json, r#"{"phone":"\ud800"}"#.to_owned()),
        (json, "[".repeat(50_000)),
        (json, format!(r#"{{"phone":"{}"}}"#, "9".repeat(70_000))),
        ("text/plain", json!({ "phone": ADA }).to_string()),
        ("application/x-www-form-urlencoded", "phone=%2B447400123001".to_owned()),
        ("multipart/form-data", "phone".to_owned()),
        ("nonsense", json!({ "phone": ADA }).to_string()),
    ] {
        let told = format!("{media_type} {}", body.chars().take(80).collect::<String>());
        let answer = browser.send(Method::POST, "/api/v1/codes", &[], Some((media_type, body))).await;
        assert!(answer.status.is_client_error(), "{told}: {answer:?}");
        assert_eq!(answer.header("content-type"), "application/problem+json", "{told}");
    }
    for (path, body) in [
        ("/codes", ""),
        ("/codes", "phone"),
        ("/codes", "phone=%ff%fe"),
        ("/codes", "phone=%00"),
        ("/codes", "phone=1&phone=2"),
        ("/sessions", ""),
        ("/sessions", "phone=%2B447400123001&code=%00"),
        ("/sessions", "phone=&code=123456"),
        ("/office/codes", "email=%00"),
        ("/office/sessions", "email=x&code=x"),
    ] {
        let form = Some(("application/x-www-form-urlencoded", body.to_owned()));
        let page = browser.send(Method::POST, path, &[("sec-fetch-site", "same-origin")], form).await;
        assert!(page.status.is_client_error() && page.header("content-type").starts_with("text/html"), "{path} {body:?}: {page:?}");
    }
    assert_eq!(house.value::<i64>("select count(*) from challenges").await, 0);
}

#[tokio::test]
async fn what_the_database_cannot_keep_is_told_and_no_failure() {
    let house = House::open().await;
    house.goods("acme").await;
    let (owner, ada) = (house.staff("acme", "owner").await, house.customer("acme", ADA).await);
    let account: uuid::Uuid = house.value("select account_id from trade_accounts where account_number = 'A-1'").await;
    for path in [
        "/api/v1/office/products?query=%00".to_owned(),
        "/api/v1/office/products?category=%00".to_owned(),
        format!("/api/v1/office/accounts/{account}/prices?query=%00"),
        "/api/v1/office/price-explanations?account=%00&sku=TEA-1".to_owned(),
        "/office/why-this-price?account=%00&sku=TEA-1".to_owned(),
        "/office/orders/new?account=%00".to_owned(),
        "/office/products?query=%00&category=%00".to_owned(),
    ] {
        let answer = owner.get(&path).await;
        assert!(!answer.status.is_server_error(), "{path}: {answer:?}");
    }
    let phoned = json!({ "account_number": "\u{0}", "lines": [{ "sku": "TEA-1", "quantity": 1 }] });
    let phoned = owner.post("/api/v1/office/orders", phoned).await;
    assert!(phoned.status.is_client_error(), "{phoned:?}");
    let price = json!({ "sku": "TEA-1", "price": { "minor": 100, "currency": "GBP" }, "valid_from": "-5000-01-01" });
    let price = owner.json(Method::PUT, &format!("/api/v1/office/accounts/{account}/prices"), price).await;
    assert!(price.status.is_client_error(), "{price:?}");
    let sent = ada.form("/orders", &[("submission_id", "\u{0}"), ("version", "1"), ("seen", "")]).await;
    assert!(sent.status.is_client_error(), "{sent:?}");
    for list in ["/api/v1/orders", "/api/v1/products"] {
        assert_eq!(ada.get(&format!("{list}?cursor=")).await.status, StatusCode::OK, "{list}");
    }
    for list in ["orders", "products", "customers", "accounts", "registration-requests", "audit-events"] {
        let answer = owner.get(&format!("/api/v1/office/{list}?cursor=")).await;
        assert_eq!(answer.status, StatusCode::OK, "{list}: {answer:?}");
    }
}
