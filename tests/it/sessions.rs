//! Signed-in browsers: how they begin, how long they last, and the many ways they end.

use chrono::TimeDelta;
use futures_util::future::join_all;
use http::{Method, StatusCode};
use serde_json::{Value, json};
use tradecounter::tenancy::token::Token;
use uuid::Uuid;

use crate::house::{ADA, BEN, Browser, CAT, House};

const SESSION: &str = "__Host-session";
const OFFICE: &str = "__Host-office";

async fn is_in(browser: &Browser) -> bool {
    let status = browser.get("/api/v1/me").await.status;
    assert!([StatusCode::OK, StatusCode::UNAUTHORIZED].contains(&status), "{status}");
    status == StatusCode::OK
}

async fn is_at_work(browser: &Browser) -> bool {
    let status = browser.get("/api/v1/office/customers").await.status;
    assert!([StatusCode::OK, StatusCode::UNAUTHORIZED].contains(&status), "{status}");
    status == StatusCode::OK
}

/// A browser at this counter that holds just this.
fn holding(house: &House, slug: &str, cookie: &str, token: &str) -> Browser {
    let browser = house.browser(slug);
    browser.plant(cookie, token);
    browser
}

#[tokio::test]
async fn every_sign_in_has_a_new_token_and_ends_the_one_before_in_this_browser() {
    let house = House::open().await;
    let browser = house.browser("acme");
    let planted = Token::new().expect("a token").reveal();
    browser.plant(SESSION, &planted);
    assert!(!is_in(&browser).await, "planted");
    browser.sign_in(&house, ADA).await;
    let first = browser.cookie(SESSION).expect("a session");
    assert_ne!(first, planted, "what was there before is not adopted");
    house.wait(TimeDelta::seconds(31));
    browser.sign_in(&house, CAT).await;
    let second = browser.cookie(SESSION).expect("a session");
    assert_ne!(first, second);
    assert!(!is_in(&holding(&house, "acme", SESSION, &first)).await, "somebody else signed in on this phone");
    assert!(is_in(&browser).await && !is_in(&holding(&house, "acme", SESSION, &planted)).await);

    let office = house.staff("acme", "owner").await;
    let first = office.cookie(OFFICE).expect("a session");
    let email = "manager@acme.example";
    office.post("/api/v1/office/codes", json!({ "email": email })).await;
    let code = house.code_for(email).await;
    office.post("/api/v1/office/sessions", json!({ "email": email, "code": code })).await;
    assert_ne!(office.cookie(OFFICE).expect("a session"), first);
    assert!(is_at_work(&office).await);
    assert!(!is_at_work(&holding(&house, "acme", OFFICE, &first)).await, "the same at the office");
}

#[tokio::test]
async fn arriving_from_another_counter_ends_the_one_before_in_this_browser() {
    let house = House::open().await;
    let (acme, bravo) = (house.customer("acme", CAT).await, house.customer("bravo", BEN).await);
    let first = bravo.cookie(SESSION).expect("a session");
    let path = |location: &str| location.splitn(4, '/').nth(3).map(|path| format!("/{path}")).expect("a path");
    let visit = acme.form("/wholesalers/bravo/visit", &[]).await;
    let arriving = bravo.get(&path(visit.header("location"))).await;
    let departing = acme.get(&path(arriving.header("location"))).await;
    bravo.get(&path(departing.header("location"))).await;
    assert_eq!(bravo.get("/api/v1/me").await.value()["phone"], CAT);
    assert!(!is_in(&holding(&house, "bravo", SESSION, &first)).await);
}

#[tokio::test]
async fn what_is_not_exactly_one_cookie_of_ours_is_no_session() {
    let house = House::open().await;
    let (acme, office) = (house.customer("acme", CAT).await, house.staff("acme", "owner").await);
    let (session, staff) = (acme.cookie(SESSION).expect("a session"), office.cookie(OFFICE).expect("a session"));
    let with = async |slug: &str, path: &str, lines: &[String]| {
        let headers: Vec<(&str, &str)> = lines.iter().map(|line| ("cookie", line.as_str())).collect();
        house.browser(slug).send(Method::GET, path, &headers, None).await.status
    };
    assert_eq!(with("acme", "/api/v1/me", &[format!("a=b; {SESSION}={session}; c=d")]).await, StatusCode::OK);
    assert_eq!(with("acme", "/api/v1/office/customers", &[format!("{OFFICE}={staff}")]).await, StatusCode::OK);
    for lines in [
        vec![format!("{SESSION}={session}; {SESSION}=planted")],
        vec![format!("{SESSION}=planted"), format!("{SESSION}={session}")],
        vec![format!("{SESSION}={session}; {SESSION}={session}")],
        vec![format!("__host-session={session}")],
        vec![format!("__Secure-session={session}")],
        vec![format!("session={session}")],
        vec![format!("{SESSION}={session}x")],
        vec![format!("{SESSION}=\"{session}\"")],
        vec![format!("{SESSION}={}", &session[..42])],
        vec![format!("{SESSION}=")],
        vec![format!("{SESSION}={staff}")],
        vec![format!("__Host-pending={session}")],
    ] {
        assert_eq!(with("acme", "/api/v1/me", &lines).await, StatusCode::UNAUTHORIZED, "{lines:?}");
    }
    for lines in [vec![format!("{OFFICE}={session}")], vec![format!("{SESSION}={session}")], vec![format!("{OFFICE}={staff}; {OFFICE}=x")]]
    {
        assert_eq!(with("acme", "/api/v1/office/customers", &lines).await, StatusCode::UNAUTHORIZED, "{lines:?}");
    }
    assert_eq!(with("bravo", "/api/v1/me", &[format!("{SESSION}={session}")]).await, StatusCode::UNAUTHORIZED, "another counter");
    assert_eq!(with("bravo", "/api/v1/office/customers", &[format!("{OFFICE}={staff}")]).await, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn thirty_days_unused_or_ninety_in_all_end_a_customers_session() {
    let house = House::open().await;
    let used = house.customer("acme", ADA).await;
    let unused = house.customer("bravo", CAT).await;
    for days in [29, 29, 29] {
        house.wait(TimeDelta::days(days));
        assert!(is_in(&used).await, "used within thirty days");
    }
    assert!(!is_in(&unused).await);
    assert_eq!(used.get("/api/v1/devices").await.value()["items"].as_array().map(Vec::len), Some(1));
    house.wait(TimeDelta::days(3) - TimeDelta::minutes(1));
    assert!(is_in(&used).await, "a minute before its ninety days");
    house.wait(TimeDelta::minutes(1));
    assert!(!is_in(&used).await, "ninety days, used or not");
    let again = house.customer("acme", ADA).await;
    house.wait(TimeDelta::days(30) - TimeDelta::minutes(1));
    assert!(is_in(&again).await);
    house.wait(TimeDelta::days(30));
    assert!(!is_in(&again).await);
    let page = again.get("/").await;
    assert!(page.text.contains("You have been signed out") && again.cookie(SESSION).is_none(), "{page:?}");
}

#[tokio::test]
async fn eight_hours_unused_or_a_day_in_all_end_a_staff_session() {
    let house = House::open().await;
    let (used, unused) = (house.staff("acme", "owner").await, house.staff("acme", "manager").await);
    for _ in 0..3 {
        house.wait(TimeDelta::minutes(7 * 60 + 59));
        assert!(is_at_work(&used).await);
    }
    assert!(!is_at_work(&unused).await);
    house.wait(TimeDelta::minutes(2));
    assert!(is_at_work(&used).await, "a minute before its day is over");
    house.wait(TimeDelta::minutes(1));
    assert!(!is_at_work(&used).await);
    let again = house.staff("acme", "owner").await;
    house.wait(TimeDelta::hours(8));
    assert!(!is_at_work(&again).await);
}

#[tokio::test]
async fn a_row_that_ends_ends_the_session_at_the_next_click_in_every_process() {
    let house = House::open().await;
    let other = house.beside().await;
    for sql in ["update sessions set ended_at = now()", "delete from sessions", "update sessions set expires_at = now()"] {
        let here = house.customer("acme", ADA).await;
        let there = holding(&other, "acme", SESSION, &here.cookie(SESSION).expect("a session"));
        assert!(is_in(&here).await && is_in(&there).await);
        house.change(sql).await;
        assert!(!is_in(&here).await && !is_in(&there).await, "{sql}");
        house.wait(TimeDelta::seconds(31));
    }
}

#[tokio::test]
async fn removed_staff_are_out_at_once_and_a_new_role_counts_at_once() {
    let house = House::open().await;
    let (owner, manager, other) =
        (house.staff("acme", "owner").await, house.staff("acme", "manager").await, house.staff("bravo", "owner").await);
    house.change("update staff set role = 'picker' where email = 'manager@acme.example'").await;
    assert_eq!(manager.get("/api/v1/office/customers").await.status, StatusCode::FORBIDDEN);
    house.change("update staff set removed_at = now() where email = 'owner@acme.example'").await;
    assert!(!is_at_work(&owner).await && is_at_work(&other).await);
    assert_eq!(owner.get("/office").await.header("location"), "/office/sign-in");
    owner.post("/api/v1/office/codes", json!({ "email": "owner@acme.example" })).await;
    house.run_jobs().await;
    assert_eq!(house.sent_to("owner@acme.example").len(), 1, "and gets no more codes");
    let left = manager.delete("/api/v1/office/sessions/current").await;
    assert_eq!((left.status, left.header("clear-site-data")), (StatusCode::NO_CONTENT, "\"cache\", \"storage\""));
}

async fn devices(browser: &Browser) -> Vec<Value> {
    browser.get("/api/v1/devices").await.value()["items"].as_array().expect("a list").clone()
}

/// Browsers of CAT: one after the other at these counters.
async fn browsers_of_cat<const N: usize>(house: &House, slugs: [&str; N]) -> [Browser; N] {
    let mut browsers = Vec::new();
    for slug in slugs {
        browsers.push(house.customer(slug, CAT).await);
        house.wait(TimeDelta::seconds(31));
    }
    browsers.try_into().ok().expect("as many")
}

#[tokio::test]
async fn devices_lists_sessions_at_both_wholesalers_and_ends_them_one_by_one() {
    let house = House::open().await;
    let [here, second, at_bravo] = browsers_of_cat(&house, ["acme", "acme", "bravo"]).await;
    house.customer("acme", ADA).await;
    let all = devices(&here).await;
    let mut wholesalers: Vec<&str> = all.iter().filter_map(|device| device["wholesaler"].as_str()).collect();
    wholesalers.sort_unstable();
    assert_eq!(wholesalers, ["Acme Wholesale", "Acme Wholesale", "Bravo Wholesale"]);
    assert_eq!(all.iter().filter(|device| device["current"] == true).count(), 1);
    assert!(!all.iter().any(|device| device.to_string().contains("token")), "{all:?}");
    let seen_there = devices(&at_bravo).await;
    assert_eq!(seen_there.len(), 3, "the same list at the other counter");

    let theirs =
        all.iter().find(|device| device["wholesaler"] == "Bravo Wholesale").and_then(|device| device["id"].as_str()).expect("an id");
    assert_eq!(here.delete(&format!("/api/v1/devices/{theirs}")).await.status, StatusCode::NO_CONTENT);
    assert!(!is_in(&at_bravo).await && is_in(&second).await);
    assert_eq!(here.delete(&format!("/api/v1/devices/{theirs}")).await.status, StatusCode::NOT_FOUND, "once");
    let current =
        |all: Vec<Value>| all.iter().find(|device| device["current"] == true).and_then(|device| device["id"].as_str()).map(str::to_owned);
    let id = current(devices(&second).await).expect("an id");
    let ended = here.form(&format!("/devices/{id}/end"), &[]).await;
    assert_eq!((ended.status, ended.header("location")), (StatusCode::SEE_OTHER, "/devices"));
    assert!(!is_in(&second).await && is_in(&here).await);
    let own = current(devices(&here).await).expect("an id");
    assert_eq!(here.delete(&format!("/api/v1/devices/{own}")).await.status, StatusCode::NO_CONTENT);
    assert!(!is_in(&here).await, "its own as well");
}

#[tokio::test]
async fn a_device_that_was_not_used_for_a_while_signs_itself_out() {
    let house = House::open().await;
    let browsers = browsers_of_cat(&house, ["acme", "acme"]).await;
    for (browser, by_page) in browsers.iter().zip([true, false]) {
        let id = devices(browser).await.into_iter().find(|device| device["current"] == true).expect("this one")["id"].clone();
        let id = id.as_str().expect("an id");
        // Its use would be noted now, in the row that is to end.
        house.wait(TimeDelta::minutes(10));
        let ended = if by_page {
            browser.form(&format!("/devices/{id}/end"), &[]).await.status
        } else {
            browser.delete(&format!("/api/v1/devices/{id}")).await.status
        };
        assert_eq!(ended, if by_page { StatusCode::SEE_OTHER } else { StatusCode::NO_CONTENT });
        assert!(!is_in(browser).await);
    }
}

#[tokio::test]
async fn all_other_devices_end_at_both_wholesalers_and_nobody_elses() {
    let house = House::open().await;
    let [here, second, at_bravo] = browsers_of_cat(&house, ["acme", "acme", "bravo"]).await;
    let (ada, ben) = (house.customer("acme", ADA).await, house.customer("bravo", BEN).await);
    let ended = here.form("/devices/end-others", &[]).await;
    assert_eq!(ended.status, StatusCode::SEE_OTHER);
    assert!(is_in(&here).await && !is_in(&second).await && !is_in(&at_bravo).await);
    assert!(is_in(&ada).await && is_in(&ben).await);
    assert_eq!(devices(&here).await.len(), 1);
}

#[tokio::test]
async fn another_customers_session_is_not_there() {
    let house = House::open().await;
    let (ada, cat, ben) = (house.customer("acme", ADA).await, house.customer("acme", CAT).await, house.customer("bravo", BEN).await);
    let stranger = Uuid::now_v7().to_string();
    let nothing = ada.delete(&format!("/api/v1/devices/{stranger}")).await;
    for owner in [&cat, &ben] {
        let id = devices(owner).await[0]["id"].as_str().expect("an id").to_owned();
        let answer = ada.delete(&format!("/api/v1/devices/{id}")).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND);
        assert_eq!(answer.text.len(), nothing.text.len(), "as one that never was");
        assert_eq!(ada.form(&format!("/devices/{id}/end"), &[]).await.status, StatusCode::NOT_FOUND);
        assert!(is_in(owner).await);
    }
    let odd = ada.delete("/api/v1/devices/not-an-id").await.status;
    assert!(odd.is_client_error(), "{odd}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_who_come_back_at_once_after_a_pause_do_not_wait_for_each_other() {
    let house = House::open_with(|config| config.database.connections_per_role = 2).await;
    let (mut customers, mut colleagues) = (Vec::new(), Vec::new());
    for n in 0..8 {
        customers.push(house.customer("acme", &format!("+4474001240{n:02}")).await);
        colleagues.push(house.staff("acme", "owner").await);
    }
    // Each of them would like its use noted, and there are fewer connections than browsers.
    house.wait(TimeDelta::minutes(10));
    let started = std::time::Instant::now();
    let customers = join_all(customers.iter().map(|browser| browser.get("/api/v1/me"))).await;
    let colleagues = join_all(colleagues.iter().map(|browser| browser.get("/api/v1/office/customers"))).await;
    for answer in customers.iter().chain(&colleagues) {
        assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    }
    assert!(started.elapsed().as_secs() < 4, "{:?}", started.elapsed());
    let noted: bool = house.value("select bool_and(last_seen_at > created_at + interval '9 minutes') from sessions").await;
    assert!(noted);
}
