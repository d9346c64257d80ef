//! A customer comes under another number.

use chrono::TimeDelta;
use futures_util::future::join;
use http::StatusCode;
use serde_json::{Value, json};

use crate::house::{ADA, Answer, BEN, Browser, CAT, DAN, House};

const NEW: &str = "+447400123050";

/// Asks for the two codes and reads them.
pub async fn codes(house: &House, browser: &Browser, old: &str, new: &str) -> (String, String) {
    let asked = browser.post("/api/v1/number-changes", json!({ "phone": new })).await;
    assert_eq!(asked.status, StatusCode::ACCEPTED, "{asked:?}");
    (house.code_for(old).await, house.code_for(new).await)
}

async fn confirm(browser: &Browser, new: &str, old_code: &str, new_code: &str) -> Answer {
    let body = json!({ "phone": new, "old_code": old_code, "new_code": new_code });
    browser.post("/api/v1/number-changes/confirmation", body).await
}

pub async fn change(house: &House, browser: &Browser, old: &str, new: &str) -> Answer {
    let (old_code, new_code) = codes(house, browser, old, new).await;
    confirm(browser, new, &old_code, &new_code).await
}

async fn account(browser: &Browser) -> Value {
    browser.get("/api/v1/me").await.value()["account"]["account_number"].clone()
}

#[tokio::test]
async fn a_number_is_changed_everywhere_and_the_old_one_is_nobodys() {
    let house = House::open().await;
    let (acme, bravo) = (house.customer("acme", CAT).await, house.browser("bravo"));
    house.wait(TimeDelta::seconds(31));
    bravo.sign_in(&house, CAT).await;
    let changed = change(&house, &acme, CAT, NEW).await;
    assert_eq!(changed.status, StatusCode::CREATED, "{changed:?}");
    assert_eq!(changed.value(), json!({ "phone": NEW, "kept": [] }));
    assert_eq!(bravo.get("/api/v1/me").await.status, StatusCode::UNAUTHORIZED, "sessions of the old number end");
    assert_eq!(acme.get("/api/v1/me").await.value()["phone"], NEW);
    assert_eq!(account(&acme).await, "A-2");
    assert_eq!(acme.get("/api/v1/wholesalers").await.value()["items"].as_array().expect("items").len(), 2);
    house.run_jobs().await;
    let told = &house.sent_to(CAT)[0];
    assert!(told.contains("your accounts now belong to another number"), "{told}");
    for office in ["acme", "bravo"] {
        let letters = house.sent_to(&format!("owner@{office}.example"));
        assert!(letters.iter().any(|letter| letter.contains("has another number now")), "{office}: {letters:?}");
    }
    let noted: i64 = house.value("select count(*) from audit_events where action = 'account_access.number_changed'").await;
    assert_eq!(noted, 2);
    let owner = house.staff("acme", "owner").await;
    let found = owner.get("/api/v1/office/customers?query=A-2").await.value();
    assert_eq!(found["items"][0]["phone"], NEW);
    let page = owner.get(&format!("/office/customers/{}", found["items"][0]["id"].as_str().expect("an id"))).await.text;
    assert!(page.contains("Changed their number"), "{page}");
    house.wait(TimeDelta::seconds(31));
    assert_eq!(house.browser("acme").sign_in(&house, CAT).await, "none", "the old number is a stranger's");
    assert_eq!(house.browser("bravo").sign_in(&house, NEW).await, "active");
}

#[tokio::test]
async fn one_wrong_code_of_two_changes_nothing_and_is_told_by_its_field() {
    let house = House::open().await;
    let ada = house.customer("acme", ADA).await;
    let (old, new) = codes(&house, &ada, ADA, NEW).await;
    let other = |code: &str| if code == "000000" { "000001".to_owned() } else { "000000".to_owned() };
    for (old_code, new_code, field) in [(other(&old), new.clone(), "old_code"), (old.clone(), other(&new), "new_code")] {
        let wrong = confirm(&ada, NEW, &old_code, &new_code).await;
        assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY, "{wrong:?}");
        let errors = wrong.value()["errors"].clone();
        assert_eq!((errors[0]["field"].as_str(), errors.as_array().map(Vec::len)), (Some(field), Some(1)), "{wrong:?}");
    }
    let swapped = confirm(&ada, NEW, &new, &old).await;
    assert!(old == new || swapped.status == StatusCode::UNPROCESSABLE_ENTITY, "{swapped:?}");
    let another = confirm(&ada, DAN, &old, &new).await;
    assert_eq!(another.status, StatusCode::UNPROCESSABLE_ENTITY, "another number than was asked about: {another:?}");
    assert_eq!(account(&ada).await, "A-1");
    let own = ada.post("/api/v1/number-changes", json!({ "phone": ADA })).await;
    assert_eq!(own.status, StatusCode::UNPROCESSABLE_ENTITY, "{own:?}");
    assert_eq!(confirm(&ada, NEW, &old, &new).await.status, StatusCode::CREATED);
    assert_eq!(confirm(&ada, NEW, &old, &new).await.status, StatusCode::UNPROCESSABLE_ENTITY, "once");
    house.run_jobs().await;
}

#[tokio::test]
async fn two_who_are_one_have_together_what_each_had_and_at_one_counter_what_the_new_number_had() {
    let house = House::open().await;
    // Cat, of acme and bravo, takes Ada's number over, who buys at acme alone; and has asked nobody.
    let cat = house.customer("bravo", CAT).await;
    let changed = change(&house, &cat, CAT, ADA).await;
    assert_eq!(changed.status, StatusCode::CREATED, "{changed:?}");
    assert_eq!(changed.value()["kept"], json!(["Acme Wholesale"]));
    assert_eq!(account(&cat).await, "B-2", "what the old number had at bravo");
    house.wait(TimeDelta::seconds(31));
    let at_acme = house.customer("acme", ADA).await;
    assert_eq!(account(&at_acme).await, "A-1", "what the new number had at acme");
    let left: i64 = house.value(&format!("select count(*) from customers where phone = '{CAT}'")).await;
    assert_eq!(left, 0);
    house.run_jobs().await;
    let noted: String =
        house.value("select string_agg(action, ' ' order by action) from audit_events where action like 'account_access.%'").await;
    assert_eq!(noted, "account_access.number_changed account_access.two_became_one");
    let data = at_acme.get("/api/v1/my-data").await.value();
    let told = data["wholesalers"][1]["messages"][0]["to"].clone();
    assert_eq!(told, CAT, "what was said goes along: {data}");
    let page = at_acme.get("/my-data?done=number&kept=acme,nowhere").await.text;
    assert!(page.contains("This number had an account already at Acme Wholesale"), "{page}");
}

#[tokio::test]
async fn an_open_request_goes_along_unless_the_new_number_waits_there_too() {
    let house = House::open().await;
    let dan = house.customer("acme", DAN).await;
    let request = json!({ "business_name": "Deli", "contact_name": "Dan" });
    dan.post("/api/v1/registration-requests", request.clone()).await;
    house.customer("bravo", NEW).await;
    assert_eq!(change(&house, &dan, DAN, NEW).await.status, StatusCode::CREATED);
    assert_eq!(dan.get("/api/v1/me").await.value()["access"], "pending");
    house.wait(TimeDelta::seconds(31));
    let other = house.customer("acme", "+447400123051").await;
    other.post("/api/v1/registration-requests", request).await;
    house.wait(TimeDelta::seconds(31));
    assert_eq!(change(&house, &dan, NEW, "+447400123051").await.status, StatusCode::CREATED);
    let statuses: String = house.value("select string_agg(status || ' ' || phone, ', ' order by status) from registration_requests").await;
    assert_eq!(statuses, "pending +447400123051, withdrawn +447400123051");
    house.run_jobs().await;
}

#[tokio::test]
async fn nothing_tells_whether_the_new_number_is_known() {
    let house = House::open().await;
    let mut told = Vec::new();
    // Let in here and elsewhere, elsewhere only, nowhere, and never seen at all.
    house.customer("bravo", DAN).await;
    let ada = house.customer("acme", ADA).await;
    for new in [CAT, BEN, DAN, NEW] {
        house.wait(TimeDelta::hours(25));
        let answers = [
            ada.post("/api/v1/number-changes", json!({ "phone": new })).await,
            ada.post("/api/v1/number-changes", json!({ "phone": new })).await,
            confirm(&ada, new, "000000", "000000").await,
            ada.form("/number-changes", &[("phone", new)]).await,
            ada.get("/number-changes/confirmation").await,
            ada.form("/number-changes/confirmation", &[("phone", new), ("old_code", "000000"), ("new_code", "000000")]).await,
        ];
        let all: Vec<_> = answers.iter().map(|answer| seen(answer, new)).collect();
        assert_eq!(all.iter().map(|(status, ..)| *status).collect::<Vec<_>>(), [202, 202, 422, 303, 200, 422], "{new}");
        house.run_jobs().await;
        assert!(house.sent_to(new)[0].contains("your code to change your number"), "{new}");
        told.push(all);
    }
    assert!(told.iter().all(|all| *all == told[0]), "{told:#?}");
}

/// What an answer tells, without what is new in each and without what was typed.
fn seen(answer: &Answer, new: &str) -> (u16, Vec<(String, String)>, usize, String) {
    let headers = answer.headers.iter().filter(|(name, _)| *name != "date" && *name != "x-request-id");
    let headers = headers.map(|(name, value)| {
        let value = value.to_str().expect("letters");
        let value = if name == "set-cookie" {
            format!("{} of {}", value.split('=').next().unwrap_or_default(), value.len())
        } else {
            value.to_owned()
        };
        (name.to_string(), value)
    });
    let national = format!("0{} {}", &new[3..7], &new[7..]);
    let mut text = answer.text.replace(new, "NEW").replace(&new.replace('+', "&#43;"), "NEW").replace(&national, "NEW");
    if let Ok(mut problem) = serde_json::from_str::<Value>(&text) {
        problem["request_id"] = json!("");
        text = problem.to_string();
    }
    text.retain(|character| !character.is_ascii_digit());
    (answer.status.as_u16(), headers.collect(), answer.text.len(), text)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_a_change_and_an_erasure_at_once_nothing_is_left_half_done() {
    let house = House::open().await;
    for round in 0..6 {
        let (old, new) = (format!("+4474001270{round:02}"), format!("+4474001280{round:02}"));
        let tenant = house.tenant("acme").await;
        crate::house::let_in(&mut house.admin().await, tenant, &format!("C-{round}"), &old).await;
        let browser = house.customer("acme", &old).await;
        let (old_code, new_code) = codes(&house, &browser, &old, &new).await;
        browser.post("/api/v1/erasures", json!({})).await;
        let code = house.code_for(&old).await;
        let (changed, erased) =
            join(confirm(&browser, &new, &old_code, &new_code), browser.post("/api/v1/erasures/confirmation", json!({ "code": code })))
                .await;
        let left: i64 = house.value(&format!("select count(*) from customers where phone in ('{old}', '{new}')")).await;
        let accesses: i64 = house.value(&format!("select count(*) from account_access where phone in ('{old}', '{new}')")).await;
        let gone = erased.status == StatusCode::NO_CONTENT;
        assert_eq!((left, accesses), if gone { (0, 0) } else { (1, 1) }, "round {round}: {changed:?} {erased:?}");
        assert!(gone || changed.status == StatusCode::CREATED, "round {round}: {changed:?} {erased:?}");
        house.run_jobs().await;
    }
}

#[tokio::test]
async fn whoever_lost_the_old_number_asks_the_wholesaler_who_moves_the_access() {
    let house = House::open().await;
    let (old, new) = (house.customer("acme", ADA).await, house.customer("acme", NEW).await);
    let asked =
        new.post("/api/v1/registration-requests", json!({ "kind": "return", "business_name": "shop a-1", "contact_name": "Ada" })).await;
    assert_eq!((asked.status, &asked.value()["kind"]), (StatusCode::CREATED, &json!("return")), "{asked:?}");
    let id = asked.value()["id"].as_str().expect("an id").to_owned();
    house.run_jobs().await;
    let owner = house.staff("acme", "owner").await;
    assert!(house.sent_to("owner@acme.example").iter().any(|letter| letter.contains("had an account before")));
    let page = owner.get(&format!("/office/registration-requests/{id}")).await.text;
    assert!(page.contains("Contact of A-1") && !page.contains("Contact of A-2"), "{page}");
    let wider = owner.get(&format!("/office/registration-requests/{id}?query=Contact")).await.text;
    assert!(wider.contains("Contact of A-2"), "{wider}");
    let approval = format!("/api/v1/office/registration-requests/{id}/approval");
    for (body, status) in [
        (json!({}), 422),
        (json!({ "customer": "00000000-0000-0000-0000-000000000000" }), 422),
        (json!({ "customer": "not-an-id-not-an-id-not-an-id-not-an" }), 422),
    ] {
        let refused = owner.post(&approval, body).await;
        assert_eq!(refused.status.as_u16(), status, "{refused:?}");
    }
    let access = owner.get("/api/v1/office/customers?query=A-1").await.value()["items"][0]["id"].clone();
    let of_bravo = house.staff("bravo", "owner").await.get("/api/v1/office/customers?query=B-1").await.value()["items"][0]["id"].clone();
    assert_eq!(owner.post(&approval, json!({ "customer": of_bravo })).await.status, StatusCode::UNPROCESSABLE_ENTITY, "bravo's is none");
    let moved = owner.post(&approval, json!({ "customer": access })).await;
    assert_eq!((moved.status, &moved.value()["account_number"]), (StatusCode::OK, &json!("A-1")), "{moved:?}");
    assert_eq!(owner.post(&approval, json!({ "customer": access })).await.status, StatusCode::CONFLICT, "decided once");
    assert_eq!(account(&new).await, "A-1");
    assert_eq!(old.get("/api/v1/me").await.status, StatusCode::UNAUTHORIZED, "the old number is signed out");
    house.run_jobs().await;
    assert!(house.sent_to(ADA)[0].contains("your access has moved to another number"), "{:?}", house.sent_to(ADA));
    assert!(house.sent_to(NEW)[0].contains("is open"), "{:?}", house.sent_to(NEW));
    house.wait(TimeDelta::seconds(31));
    assert_eq!(house.browser("acme").sign_in(&house, ADA).await, "none");
    let noted: i64 = house.value("select count(*) from audit_events where action = 'account_access.moved' and actor_kind = 'staff'").await;
    assert_eq!(noted, 1);
}
