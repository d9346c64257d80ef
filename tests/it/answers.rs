//! What a request that goes wrong, comes late or never comes is told.

use std::sync::Arc;
use std::time::Duration;

use http::{Method, StatusCode};
use serde_json::json;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tradecounter::web::server;

use crate::house::{ADA, DAN, House};
use crate::wire::Wire;

#[tokio::test]
async fn every_mistake_in_a_body_is_told_with_its_field() {
    let house = House::open().await;
    let (nobody, dan) = (house.browser("acme"), house.customer("acme", DAN).await);
    let codes = "/api/v1/codes";
    let requests = "/api/v1/registration-requests";
    let shop = |name: usize| json!({ "business_name": "b".repeat(name), "contact_name": "Dan" });
    for (browser, path, body, fields) in [
        (&nobody, codes, json!({}), &["phone"][..]),
        (&nobody, codes, json!({ "phone": null }), &["phone"]),
        (&nobody, codes, json!({ "phone": 447_400_123_456_u64 }), &["phone"]),
        (&nobody, codes, json!({ "phone": true }), &["phone"]),
        (&nobody, codes, json!({ "phone": "" }), &["phone"]),
        (&nobody, codes, json!({ "phone": "7".repeat(101) }), &["phone"]),
        (&nobody, codes, json!({ "phone": DAN, "tenant": 1 }), &["tenant"]),
        (&nobody, "/api/v1/sessions", json!({ "phone": DAN, "code": 123_456 }), &["code"]),
        (&nobody, "/api/v1/sessions", json!({}), &["code", "phone"]),
        (&nobody, "/api/v1/office/codes", json!({ "email": format!("{}@a.example", "a".repeat(300)) }), &["email"]),
        (
            &dan,
            requests,
            json!({ "business_name": 1, "contact_name": "x".repeat(121), "message": [], "more": 1 }),
            &["business_name", "contact_name", "message", "more"],
        ),
        (&dan, requests, shop(121), &["business_name"]),
        (&dan, requests, shop(501), &["business_name"]),
    ] {
        let answer = browser.post(path, body.clone()).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{path} {body}: {answer:?}");
        let problem = answer.value();
        let errors = problem["errors"].as_array().expect("errors");
        let mut told: Vec<&str> = errors.iter().filter_map(|error| error["field"].as_str()).collect();
        told.sort_unstable();
        assert_eq!(told, fields, "{path} {body}: {problem}");
        assert!(errors.iter().all(|error| error["detail"].as_str().is_some_and(|text| text.ends_with('.'))), "{problem}");
    }
    for key in ["", &"k".repeat(201), "cl\u{e9}"] {
        let body = Some(("application/json", shop(120).to_string()));
        let answer = dan.send(Method::POST, requests, &[("idempotency-key", key)], body).await;
        assert_eq!((answer.status, &answer.value()["errors"][0]["field"]), (StatusCode::UNPROCESSABLE_ENTITY, &json!("Idempotency-Key")));
    }
    assert_eq!(house.value::<i64>("select count(*) from registration_requests").await, 0);
    assert_eq!(dan.post(requests, shop(120)).await.status, StatusCode::CREATED, "the longest name there may be");
}

#[tokio::test]
async fn what_is_no_id_is_answered_as_an_id_of_nothing() {
    let house = House::open().await;
    let (nobody, ada, owner) = (house.browser("acme"), house.customer("acme", ADA).await, house.staff("acme", "owner").await);
    for (browser, method, path, body) in [
        (&owner, Method::GET, "/api/v1/office/customers/ID", None),
        (&owner, Method::GET, "/api/v1/office/registration-requests/ID", None),
        (&owner, Method::POST, "/api/v1/office/registration-requests/ID/approval", Some("{}")),
        (&owner, Method::POST, "/api/v1/office/registration-requests/ID/rejection", Some("{\"reason\":\"No\"}")),
        (&owner, Method::POST, "/api/v1/office/customers/ID/suspension", Some("{\"reason\":\"No\"}")),
        (&owner, Method::DELETE, "/api/v1/office/customers/ID/suspension", None),
        (&ada, Method::DELETE, "/api/v1/devices/ID", None),
    ] {
        for id in ["abc", "0", "019ab1de-0000-7000-8000-000000000000"] {
            let path = path.replace("ID", id);
            let body = || body.map(|text| ("application/json", text.to_owned()));
            let answer = browser.send(method.clone(), &path, &[], body()).await;
            assert_eq!(
                (answer.status, &answer.value()["type"]),
                (StatusCode::NOT_FOUND, &json!("urn:tradecounter:problem:not-found")),
                "{path}"
            );
            let unknown = nobody.send(method.clone(), &path, &[], body()).await;
            assert_eq!(unknown.status, StatusCode::UNAUTHORIZED, "{path}");
            assert_eq!(unknown.header("www-authenticate"), "Cookie realm=\"Tradecounter\"", "{path}");
        }
    }
}

/// The database holds the tenants' table: whoever must read it has to wait.
#[tokio::test]
async fn a_handler_out_of_time_is_503_and_a_place_that_cannot_be_found_speaks_as_its_address_does() {
    let house = House::open_with(|config| config.http.request_timeout_seconds = 3).await;
    let ada = house.customer("acme", ADA).await;
    let mut holder = house.admin().await;
    sqlx::raw_sql("begin; lock table sessions, tenants in access exclusive mode").execute(&mut holder).await.expect("a lock");
    let late = ada.delete("/api/v1/sessions/current").await;
    assert_eq!((late.status, late.header("retry-after")), (StatusCode::SERVICE_UNAVAILABLE, "5"), "{late:?}");
    assert_eq!(late.header("content-type"), "application/problem+json");
    // A tenant that is not in memory.
    let bravo = house.browser("bravo");
    let api = bravo.get("/api/v1/me").await;
    assert_eq!((api.status, api.header("content-type")), (StatusCode::SERVICE_UNAVAILABLE, "application/problem+json"), "{api:?}");
    let page = bravo.get("/").await;
    assert_eq!((page.status, page.header("retry-after")), (StatusCode::SERVICE_UNAVAILABLE, "5"), "{page:?}");
    assert!(page.text.starts_with("Back in a moment."), "{page:?}");
    sqlx::raw_sql("rollback").execute(&mut holder).await.expect("the lock is given back");
    assert_eq!(ada.get("/api/v1/me").await.status, StatusCode::OK, "nothing was done");
}

/// Browsers connect before they have anything to say.
#[tokio::test]
async fn the_end_does_not_wait_for_who_has_said_nothing() {
    let house = House::open_with(|config| {
        config.http.header_read_timeout_seconds = 600;
        config.http.shutdown_timeout_seconds = 600;
    })
    .await;
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let at = listener.local_addr().expect("an address");
    let (tell_stop, stop) = oneshot::channel::<()>();
    let (door, http) = (Arc::clone(&house.app.door), house.app.house.config.http.clone());
    let serving = tokio::spawn(async move { server::serve(listener, door, &http, async { drop(stop.await) }).await });
    let mut silent = Wire::open(at).await;
    let mut half = Wire::open(at).await;
    half.say("PRI * HTTP/2").await;
    assert!(half.is_silent_for(Duration::from_millis(200)).await && silent.is_silent_for(Duration::from_millis(200)).await);
    drop(tell_stop);
    tokio::time::timeout(Duration::from_secs(60), serving).await.expect("it ends").expect("without a panic");
    assert_eq!((silent.rest().await, half.rest().await), (String::new(), String::new()));
}
