//! A number that was silent for a year may have another owner.

use chrono::TimeDelta;
use futures_util::future::join_all;
use http::StatusCode;
use serde_json::{Value, json};

use crate::house::{ADA, Answer, BEN, Browser, CAT, House};

/// Somebody proves this number after more than a year.
async fn after_a_year(house: &House, slug: &str, phone: &str) -> (Browser, String) {
    house.wait(TimeDelta::days(366));
    let browser = house.browser(slug);
    let access = browser.sign_in(house, phone).await;
    (browser, access)
}

async fn confirm(browser: &Browser, account: &str) -> Answer {
    browser.post("/api/v1/confirmation", json!({ "account": account })).await
}

/// Everything that this browser can be told, in one text.
async fn all_that_is_told(browser: &Browser) -> String {
    let mut all = String::new();
    for path in ["/", "/wholesalers", "/devices", "/my-data", "/my-data/download", "/registration-requests/new?kind=return"] {
        all += &browser.get(path).await.text;
    }
    for path in ["me", "wholesalers", "devices", "my-data", "registration-requests/current", "confirmation"] {
        all += &browser.get(&format!("/api/v1/{path}")).await.text;
    }
    all
}

#[tokio::test]
async fn a_number_that_was_proven_within_a_year_is_believed() {
    let house = House::open().await;
    house.customer("acme", CAT).await;
    house.wait(TimeDelta::days(364));
    assert_eq!(house.browser("bravo").sign_in(&house, CAT).await, "active");
    house.wait(TimeDelta::days(364));
    assert_eq!(house.browser("acme").sign_in(&house, CAT).await, "active", "wherever it was proven last");
}

#[tokio::test]
async fn until_it_is_confirmed_nothing_old_is_told_at_any_counter() {
    let house = House::open().await;
    house.customer("bravo", CAT).await;
    house.wait(TimeDelta::seconds(31));
    house.customer("acme", CAT).await;
    let (acme, access) = after_a_year(&house, "acme", CAT).await;
    assert_eq!(access, "pending");
    assert_eq!(acme.get("/api/v1/me").await.value(), json!({ "phone": CAT, "access": "pending", "account": Value::Null }));
    let page = acme.get("/").await.text;
    assert!(page.contains("Confirm it is you"), "{page}");
    house.wait(TimeDelta::seconds(31));
    let bravo = house.browser("bravo");
    assert_eq!(bravo.sign_in(&house, CAT).await, "pending");
    for browser in [&acme, &bravo] {
        let told = all_that_is_told(browser).await;
        for old in ["Shop", "A-2", "B-2", "Contact of", "2025"] {
            assert!(!told.contains(old), "{old}: {told}");
        }
    }
    assert_eq!(acme.get("/api/v1/wholesalers").await.value()["items"], json!([]));
    let visit = acme.form("/wholesalers/bravo/visit", &[]).await;
    assert_eq!(visit.status, StatusCode::NOT_FOUND, "{visit:?}");
    let request = acme.post("/api/v1/registration-requests", json!({ "business_name": "Deli", "contact_name": "Dee" })).await;
    assert_eq!(request.status, StatusCode::CONFLICT, "{request:?}");
    assert_eq!(request.value()["type"], "urn:tradecounter:problem:confirmation-needed");

    assert_eq!(confirm(&acme, " SHOP  a2 limited").await.status, StatusCode::NO_CONTENT);
    assert_eq!(acme.get("/api/v1/me").await.value()["account"]["account_number"], "A-2");
    assert_eq!(acme.get("/api/v1/wholesalers").await.value()["items"].as_array().expect("items").len(), 1, "acme's, and not bravo's");
    assert_eq!(bravo.get("/api/v1/me").await.value()["access"], "pending", "bravo is asked about bravo's");
    let told = all_that_is_told(&acme).await;
    assert!(told.contains("A-2") && !told.contains("B-2"), "{told}");
    let noted: i64 = house.value("select count(*) from audit_events where action = 'account_access.confirmed'").await;
    assert_eq!(noted, 1);
}

#[tokio::test]
async fn where_the_number_had_nothing_it_is_asked_nothing() {
    let house = House::open().await;
    house.customer("acme", ADA).await;
    let (bravo, access) = after_a_year(&house, "bravo", ADA).await;
    assert_eq!(access, "none", "bravo does not tell that somebody else knew the number");
    assert_eq!(bravo.get("/").await.header("location"), "/registration-requests/new");
    assert_eq!(bravo.get("/api/v1/confirmation").await.status, StatusCode::NOT_FOUND);
    let never = house.browser("bravo");
    never.sign_in(&house, "+447400123060").await;
    let (old, new) = (bravo.get("/registration-requests/new").await.text, never.get("/registration-requests/new").await.text);
    assert_eq!(old.replace("123001", "NUMBER"), new.replace("123060", "NUMBER"), "as to a number that nobody ever had");
}

#[tokio::test]
async fn three_tries_and_then_the_wholesaler_decides() {
    let house = House::open().await;
    house.customer("acme", ADA).await;
    let (ada, _) = after_a_year(&house, "acme", ADA).await;
    for (typed, left) in [("Shop A-2", 2), ("A-22", 1), ("Ltd", 0)] {
        let wrong = confirm(&ada, typed).await;
        assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY, "{wrong:?}");
        assert_eq!(ada.get("/api/v1/confirmation").await.value()["tries_left"], left);
    }
    assert_eq!(confirm(&ada, "A-1").await.status, StatusCode::CONFLICT, "right, and too late");
    assert!(!ada.get("/").await.text.contains("<form class=\"stack loose\" method=\"post\" action=\"/confirmation\">"));
    house.wait(TimeDelta::seconds(31));
    let again = house.browser("acme");
    again.sign_in(&house, ADA).await;
    assert_eq!(confirm(&again, "A-1").await.status, StatusCode::CONFLICT, "nor by signing in again");
    let request = json!({ "kind": "return", "business_name": "Shop A-1", "contact_name": "Ada" });
    let asked = ada.post("/api/v1/registration-requests", request.clone()).await;
    assert_eq!(asked.status, StatusCode::CREATED, "{asked:?}");
    assert_eq!(ada.get("/api/v1/me").await.value()["access"], "pending");
    let owner = house.staff("acme", "owner").await;
    let queue = owner.get("/office").await.text;
    assert!(queue.contains("Had an account before."), "{queue}");
    let id = asked.value()["id"].as_str().expect("an id").to_owned();
    let reason = json!({ "reason": "We do not know you." });
    assert_eq!(owner.post(&format!("/api/v1/office/registration-requests/{id}/rejection"), reason).await.status, StatusCode::OK);
    assert_eq!(ada.get("/api/v1/me").await.value()["access"], "rejected");
    let id = ada.post("/api/v1/registration-requests", request).await.value()["id"].as_str().expect("an id").to_owned();
    let page = owner.get(&format!("/office/registration-requests/{id}")).await.text;
    assert!(page.contains("had this very number before it was silent"), "{page}");
    let access = owner.get("/api/v1/office/customers?query=A-1").await.value()["items"][0].clone();
    assert_eq!(access["phone"], Value::Null, "no number of theirs is known");
    let approved = owner.post(&format!("/api/v1/office/registration-requests/{id}/approval"), json!({ "customer": access["id"] })).await;
    assert_eq!(approved.status, StatusCode::OK, "{approved:?}");
    assert_eq!(ada.get("/api/v1/me").await.value()["account"]["account_number"], "A-1");
    let noted: String = house.value("select string_agg(action, ' ' order by at) from audit_events where actor_kind = 'staff'").await;
    assert_eq!(noted, "registration_request.rejected registration_request.approved account_access.moved");
    house.run_jobs().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn tries_are_counted_before_they_are_compared_however_many_come_at_once() {
    let house = House::open().await;
    house.customer("acme", ADA).await;
    let (ada, _) = after_a_year(&house, "acme", ADA).await;
    let wrong = join_all((0..8).map(|n| {
        let ada = &ada;
        async move { confirm(ada, &format!("Shop {n}")).await.status }
    }))
    .await;
    let count = |status: StatusCode| wrong.iter().filter(|one| **one == status).count();
    assert_eq!((count(StatusCode::UNPROCESSABLE_ENTITY), count(StatusCode::CONFLICT)), (3, 5), "{wrong:?}");
    assert_eq!(house.value::<i16>("select max(tries) from confirmations").await, 3);

    house.customer("bravo", BEN).await;
    let (ben, _) = after_a_year(&house, "bravo", BEN).await;
    let right = join_all((0..3).map(|_| confirm(&ben, "B-1"))).await;
    let won = right.iter().filter(|answer| answer.status == StatusCode::NO_CONTENT).count();
    assert_eq!(won, 1, "{right:?}");
    assert!(right.iter().all(|answer| [StatusCode::NO_CONTENT, StatusCode::CONFLICT].contains(&answer.status)), "{right:?}");
    assert_eq!(ben.get("/api/v1/me").await.value()["access"], "active");
}

#[tokio::test]
async fn whoever_is_new_here_begins_anew_and_the_account_stays_with_the_wholesaler() {
    let house = House::open().await;
    house.customer("acme", ADA).await;
    let (stranger, _) = after_a_year(&house, "acme", ADA).await;
    let dismissed = stranger.form("/confirmation/dismissal", &[]).await;
    assert_eq!(dismissed.header("location"), "/registration-requests/new");
    assert_eq!(stranger.get("/api/v1/me").await.value()["access"], "none");
    assert_eq!(confirm(&stranger, "A-1").await.status, StatusCode::CONFLICT, "that is settled");
    let asked = stranger.post("/api/v1/registration-requests", json!({ "business_name": "New Shop", "contact_name": "Nia" })).await;
    assert_eq!(asked.status, StatusCode::CREATED, "{asked:?}");
    let owner = house.staff("acme", "owner").await;
    let id = asked.value()["id"].as_str().expect("an id").to_owned();
    let approved = owner.post(&format!("/api/v1/office/registration-requests/{id}/approval"), json!({})).await;
    assert_eq!(approved.status, StatusCode::OK, "{approved:?}");
    house.run_jobs().await;
    let customers = owner.get("/api/v1/office/customers").await.value();
    let numbers: Vec<&Value> = customers["items"].as_array().expect("items").iter().map(|one| &one["phone"]).collect();
    assert!(numbers.contains(&&Value::Null) && numbers.contains(&&json!(ADA)), "the old access is there without a number: {customers}");
    let page = owner.get("/office/customers").await.text;
    assert!(page.contains("silent for long"), "{page}");
    let data = stranger.get("/api/v1/my-data").await.text;
    assert!(!data.contains("Shop A-1") && !data.contains("Contact of"), "{data}");
    let access =
        customers["items"].as_array().expect("items").iter().find(|one| one["phone"].is_null()).expect("the old one")["id"].clone();
    let history = owner.get(&format!("/office/customers/{}", access.as_str().expect("an id"))).await.text;
    assert!(history.contains("Has the number that was"), "{history}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_counters_at_once_set_the_past_aside_once() {
    let house = House::open().await;
    house.customer("acme", CAT).await;
    house.wait(TimeDelta::days(366));
    let (acme, bravo) = (house.browser("acme"), house.browser("bravo"));
    let (one, other) = (acme.ask(&house, CAT).await, bravo.ask(&house, CAT).await);
    let opened = futures_util::future::join(acme.answer(CAT, &one), bravo.answer(CAT, &other)).await;
    assert!([&opened.0, &opened.1].iter().all(|answer| answer.status == StatusCode::CREATED), "{opened:?}");
    let people: i64 = house.value(&format!("select count(*) from customers where phone = '{CAT}' or phone like 'former:%'")).await;
    assert_eq!(people, 2, "who was, and who is");
    assert_eq!(house.value::<i64>("select count(*) from confirmations where status = 'open'").await, 2);
}

#[tokio::test]
async fn a_new_number_that_was_silent_brings_nothing_along() {
    let house = House::open().await;
    house.customer("acme", CAT).await;
    house.wait(TimeDelta::days(366));
    // Ben has been here lately; Cat's number is his now.
    house.change(&format!("update customers set last_proven_at = now() + interval '366 days' where phone = '{BEN}'")).await;
    let ben = house.customer("bravo", BEN).await;
    let (old, new) = crate::number_changes::codes(&house, &ben, BEN, CAT).await;
    let body = json!({ "phone": CAT, "old_code": old, "new_code": new });
    let changed = ben.post("/api/v1/number-changes/confirmation", body).await;
    assert_eq!(changed.status, StatusCode::CREATED, "{changed:?}");
    assert_eq!(changed.value()["kept"], json!([]));
    assert_eq!(ben.get("/api/v1/me").await.value()["account"]["account_number"], "B-1");
    assert_eq!(
        ben.get("/api/v1/wholesalers").await.value()["items"].as_array().expect("items").len(),
        1,
        "acme stays with whoever that was"
    );
    house.run_jobs().await;
}
