//! The whole walk by the API: sign in, ask, be decided upon, be let in, be shut out, leave.

use futures_util::future::join_all;
use http::{Method, StatusCode};
use serde_json::json;

use crate::house::{ADA, Answer, Browser, CAT, DAN, House};

#[tokio::test]
async fn a_customer_signs_in_and_sees_their_account() {
    let house = House::open().await;
    let browser = house.browser("acme");
    assert_eq!(browser.sign_in(&house, ADA).await, "active");
    let me = browser.get("/api/v1/me").await;
    assert_eq!(me.status, StatusCode::OK);
    assert_eq!(
        me.value(),
        json!({ "phone": ADA, "access": "active", "account": { "account_number": "A-1", "business_name": "Shop A-1", "role": "owner" } })
    );
    assert!(browser.get("/").await.text.contains("Shop A-1"));
    let left = browser.delete("/api/v1/sessions/current").await;
    assert_eq!((left.status, left.header("clear-site-data")), (StatusCode::NO_CONTENT, "\"cache\", \"storage\""));
    assert_eq!(browser.get("/api/v1/me").await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_stranger_asks_and_is_approved() {
    let house = House::open().await;
    let dan = house.browser("acme");
    assert_eq!(dan.sign_in(&house, DAN).await, "none");
    let asked = dan
        .post("/api/v1/registration-requests", json!({ "business_name": "Dan's Deli", "contact_name": "Dan", "message": "Hello" }))
        .await;
    assert_eq!((asked.status, asked.value()["status"].as_str()), (StatusCode::CREATED, Some("pending")), "{asked:?}");
    let id = asked.value()["id"].as_str().expect("an id").to_owned();
    assert_eq!(dan.get("/api/v1/me").await.value()["access"], "pending");
    house.run_jobs().await;
    assert!(house.sent_to("owner@acme.example").iter().any(|letter| letter.contains("Dan's Deli")), "the owner is told");

    let owner = house.staff("acme", "owner").await;
    let queue = owner.get("/api/v1/office/registration-requests?status=pending").await.value();
    assert_eq!(queue["items"][0]["id"], id.as_str());
    assert_eq!(queue["items"][0]["phone"], DAN);
    let approved = owner.post(&format!("/api/v1/office/registration-requests/{id}/approval"), json!({ "account_number": "A-1" })).await;
    assert_eq!((approved.status, approved.value()["account_number"].as_str()), (StatusCode::OK, Some("A-1")), "{approved:?}");
    let again = owner.post(&format!("/api/v1/office/registration-requests/{id}/rejection"), json!({ "reason": "No" })).await;
    assert_eq!(again.status, StatusCode::CONFLICT);

    let me = dan.get("/api/v1/me").await.value();
    assert_eq!((&me["access"], &me["account"]["role"]), (&json!("active"), &json!("buyer")), "the open session is let in at once");
    house.run_jobs().await;
    assert!(house.sent_to(DAN)[0].contains("your trade account is open"), "{:?}", house.sent_to(DAN));
    let told: i64 = house.value("select count(*) from audit_events where action = 'registration_request.approved'").await;
    assert_eq!(told, 2, "one about the request, one about the access");
}

#[tokio::test]
async fn a_stranger_is_rejected_reads_why_and_may_ask_again() {
    let house = House::open().await;
    let dan = house.browser("acme");
    dan.sign_in(&house, DAN).await;
    let ask = || dan.post("/api/v1/registration-requests", json!({ "business_name": "Dan's Deli", "contact_name": "Dan" }));
    let id = ask().await.value()["id"].as_str().expect("an id").to_owned();
    assert_eq!(ask().await.status, StatusCode::CONFLICT, "one open request is enough");
    let owner = house.staff("acme", "manager").await;
    let without = owner.post(&format!("/api/v1/office/registration-requests/{id}/rejection"), json!({ "reason": " " })).await;
    assert_eq!(without.status, StatusCode::UNPROCESSABLE_ENTITY, "{without:?}");
    let rejected =
        owner.post(&format!("/api/v1/office/registration-requests/{id}/rejection"), json!({ "reason": "Too far for our van" })).await;
    assert_eq!(rejected.status, StatusCode::OK, "{rejected:?}");
    let current = dan.get("/api/v1/registration-requests/current").await.value();
    assert_eq!((&current["status"], &current["reason"]), (&json!("rejected"), &json!("Too far for our van")));
    assert_eq!(dan.get("/api/v1/me").await.value()["access"], "rejected");
    house.run_jobs().await;
    assert!(house.sent_to(DAN)[0].contains("Too far for our van"));
    assert_eq!(ask().await.status, StatusCode::CREATED);
}

#[tokio::test]
async fn a_suspension_ends_the_open_session_here_and_nowhere_else() {
    let house = House::open().await;
    let (at_acme, at_bravo) = (house.customer("acme", CAT).await, house.browser("bravo"));
    house.wait(chrono::Duration::seconds(31));
    at_bravo.sign_in(&house, CAT).await;
    let owner = house.staff("acme", "owner").await;
    let customers = owner.get("/api/v1/office/customers?query=A-2").await.value();
    let id = customers["items"][0]["id"].as_str().expect("an id").to_owned();
    let suspended = owner.post(&format!("/api/v1/office/customers/{id}/suspension"), json!({ "reason": "Unpaid" })).await;
    assert_eq!(suspended.status, StatusCode::OK, "{suspended:?}");
    assert_eq!(at_acme.get("/api/v1/me").await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(at_bravo.get("/api/v1/me").await.status, StatusCode::OK);
    house.wait(chrono::Duration::seconds(31));
    assert_eq!(at_acme.sign_in(&house, CAT).await, "suspended");
    let restored = owner.delete(&format!("/api/v1/office/customers/{id}/suspension")).await;
    assert_eq!(restored.status, StatusCode::NO_CONTENT, "{restored:?}");
    assert_eq!(at_acme.get("/api/v1/me").await.value()["access"], "active");
}

#[tokio::test]
async fn one_tap_moves_to_the_other_wholesaler_without_a_second_text() {
    let house = House::open().await;
    let (acme, bravo) = (house.customer("acme", CAT).await, house.browser("bravo"));
    assert!(acme.get("/wholesalers").await.text.contains("Bravo Wholesale"));
    let visit = acme.form("/wholesalers/bravo/visit", &[]).await;
    assert_eq!(visit.status, StatusCode::SEE_OTHER);
    let path = |answer: &crate::house::Answer| {
        let location = answer.header("location").to_owned();
        let rest = location.split_once("://").expect("an address").1;
        rest.split_once('/').map_or("/".to_owned(), |(_, path)| format!("/{path}"))
    };
    let arriving = bravo.get(&path(&visit)).await;
    let departing = acme.get(&path(&arriving)).await;
    let ticket = path(&departing);
    let thief = house.browser("bravo");
    assert_eq!(thief.get(&ticket).await.status, StatusCode::SEE_OTHER);
    assert!(thief.cookie("__Host-session").is_none(), "the ticket is for the browser that asked");
    let arrived = bravo.get(&ticket).await;
    assert_eq!(arrived.header("location"), "/", "{arrived:?}");
    assert_eq!(bravo.get("/api/v1/me").await.value()["account"]["account_number"], "B-2");
    let sent = house.sent_to(CAT).len();
    assert_eq!(sent, 1, "one text for both");
    bravo.plant("__Host-session", "x");
    bravo.get(&ticket).await;
    assert_eq!(bravo.get("/api/v1/me").await.status, StatusCode::UNAUTHORIZED, "a ticket is good once");
}

/// Asks for an account under a key.
async fn ask_once(browser: &Browser, key: &str, name: &str) -> Answer {
    let body = json!({ "business_name": name, "contact_name": "Dan" }).to_string();
    let headers = [("idempotency-key", key)];
    browser.send(Method::POST, "/api/v1/registration-requests", &headers, Some(("application/json", body))).await
}

#[tokio::test]
async fn the_same_key_gives_the_first_answer_whatever_came_after_and_another_body_is_refused() {
    let house = House::open().await;
    let dan = house.customer("acme", DAN).await;
    let first = ask_once(&dan, "k-1", "Dan's Deli").await;
    assert_eq!((first.status, &first.value()["status"]), (StatusCode::CREATED, &json!("pending")));
    let owner = house.staff("acme", "owner").await;
    let id = first.value()["id"].as_str().expect("an id").to_owned();
    owner.post(&format!("/api/v1/office/registration-requests/{id}/rejection"), json!({ "reason": "Too far" })).await;
    let second = ask_once(&dan, "k-1", "Dan's Deli").await;
    assert_eq!((second.status, second.value()), (StatusCode::CREATED, first.value()));
    assert_eq!(ask_once(&dan, "k-1", "Dan's Diner").await.status, StatusCode::UNPROCESSABLE_ENTITY);
    let made: i64 = house.value("select count(*) from registration_requests").await;
    assert_eq!(made, 1);
    let cat = house.customer("bravo", CAT).await;
    assert_eq!(ask_once(&cat, "k-1", "Dan's Deli").await.status, StatusCode::CONFLICT, "a key is one customer's, at one counter");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_same_key_sent_many_times_at_once_makes_one_request_and_one_answer() {
    let house = House::open().await;
    let dan = house.customer("acme", DAN).await;
    let answers = join_all((0..6).map(|_| ask_once(&dan, "k-1", "Dan's Deli"))).await;
    for answer in &answers {
        assert_eq!((answer.status, answer.value()), (StatusCode::CREATED, answers[0].value()));
    }
    let made: i64 = house.value("select count(*) from registration_requests").await;
    assert_eq!(made, 1);
}
