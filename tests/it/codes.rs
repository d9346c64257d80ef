//! Codes under attack: how many guesses are ever compared, what a code is bound to, how long it lives.

use chrono::TimeDelta;
use futures_util::future::join_all;
use http::StatusCode;
use serde_json::json;
use tradecounter::challenges::code::Code;
use uuid::Uuid;

use crate::house::{ADA, Answer, Browser, CAT, DAN, House};

/// Codes that are none of the right ones.
fn wrong_codes(right: &[String]) -> impl Iterator<Item = String> {
    let first: u32 = right[0].parse().expect("digits");
    (1..1_000_000).map(move |n| format!("{:06}", (first + n) % 1_000_000)).filter(|code| !right.contains(code))
}

async fn guess(browser: &Browser, phone: &str, right: &str, times: usize) -> Vec<StatusCode> {
    let mut seen = Vec::new();
    for wrong in wrong_codes(&[right.to_owned()]).take(times) {
        seen.push(browser.answer(phone, &wrong).await.status);
    }
    seen
}

/// Guesses that were let through to the comparison, as the challenges and as the addresses count them.
async fn compared(house: &House) -> (i64, i64) {
    let by_challenge = house.value("select coalesce(sum(guesses), 0)::bigint from challenges").await;
    (by_challenge, house.value("select coalesce(sum(cardinality(guessed_at)), 0)::bigint from address_counters").await)
}

async fn sessions(house: &House) -> i64 {
    house.value("select (select count(*) from sessions) + (select count(*) from staff_sessions)").await
}

/// The resend time is over.
fn wait_to_ask(house: &House) {
    house.wait(TimeDelta::seconds(31));
}

/// How long it is said to wait, in seconds.
fn wait_told(answer: &Answer) -> i64 {
    assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS, "{answer:?}");
    answer.header("retry-after").parse().expect("seconds")
}

const REFUSED: StatusCode = StatusCode::UNAUTHORIZED;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_two_hundred_wrong_codes_at_once_five_are_compared_and_then_the_right_one_is_refused() {
    let house = House::open().await;
    let browser = house.browser("acme");
    let code = browser.ask(&house, ADA).await;
    let guesses: Vec<String> = wrong_codes(std::slice::from_ref(&code)).take(200).collect();
    let answers = join_all(guesses.iter().map(|guess| browser.answer(ADA, guess))).await;
    assert!(answers.iter().all(|answer| answer.status == REFUSED), "{answers:?}");
    assert_eq!(compared(&house).await, (5, 5));
    let late = join_all((0..50).map(|_| browser.answer(ADA, &code))).await;
    assert!(late.iter().all(|answer| answer.status == REFUSED), "{late:?}");
    assert_eq!((compared(&house).await, sessions(&house).await), ((5, 5), 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn more_browsers_counters_and_processes_do_not_make_more_than_ten_guesses_a_day() {
    let house = House::open().await;
    let other = house.beside().await;
    let mut browsers = Vec::new();
    for slug in ["acme", "acme", "bravo", "bravo"] {
        wait_to_ask(&house);
        let browser = house.browser(slug);
        let code = browser.ask(&house, CAT).await;
        browsers.push((browser, code));
    }
    let twin = other.browser("acme");
    twin.plant("__Host-pending", &browsers[0].0.cookie("__Host-pending").expect("a pending cookie"));
    let twin_code = browsers[0].1.clone();
    browsers.push((twin, twin_code));
    let right: Vec<String> = browsers.iter().map(|(_, code)| code.clone()).collect();
    let guesses: Vec<String> = wrong_codes(&right).take(200).collect();
    let answers = join_all(guesses.iter().zip(browsers.iter().cycle()).map(|(guess, (browser, _))| browser.answer(CAT, guess))).await;
    for answer in &answers {
        assert!([REFUSED, StatusCode::TOO_MANY_REQUESTS].contains(&answer.status), "{answer:?}");
    }
    assert_eq!(compared(&house).await, (10, 10));
    for (browser, code) in &browsers {
        assert!(browser.answer(CAT, code).await.status.is_client_error(), "the right code comes too late");
    }
    assert_eq!((compared(&house).await, sessions(&house).await), ((10, 10), 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_fifty_right_codes_at_once_one_opens_one_session() {
    let house = House::open().await;
    let browser = house.browser("acme");
    let code = browser.ask(&house, DAN).await;
    let answers = join_all((0..50).map(|_| browser.answer(DAN, &code))).await;
    let (opened, refused): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.status == StatusCode::CREATED);
    assert_eq!((opened.len(), refused.len()), (1, 49));
    assert!(opened[0].header("set-cookie").starts_with("__Host-session="));
    assert!(refused.iter().all(|answer| answer.status == REFUSED && !answer.headers.contains_key("set-cookie")), "{refused:?}");
    assert_eq!(sessions(&house).await, 1);
    assert_eq!(house.value::<i64>(&format!("select count(*) from customers where phone = '{DAN}'")).await, 1);
}

#[tokio::test]
async fn nothing_resets_the_count_but_a_day_or_the_right_code() {
    let house = House::open().await;
    let (first, second) = (house.browser("acme"), house.browser("bravo"));
    let code = first.ask(&house, CAT).await;
    assert_eq!(guess(&first, CAT, &code, 5).await, [REFUSED; 5]);
    wait_to_ask(&house);
    let code = first.ask(&house, CAT).await;
    assert_eq!(guess(&first, CAT, &code, 3).await, [REFUSED; 3], "a resend");
    let code = second.ask(&house, CAT).await;
    assert_eq!(guess(&second, CAT, &code, 1).await, [REFUSED], "another tenant, another browser");
    house.wait(TimeDelta::hours(6));
    let restarted = house.beside().await;
    let third = restarted.browser("acme");
    let code = third.ask(&restarted, CAT).await;
    assert_eq!(guess(&third, CAT, &code, 1).await, [REFUSED], "another process, hours later");
    assert_eq!(compared(&house).await, (10, 10));

    let wait = wait_told(&third.answer(CAT, &code).await);
    assert!((3500..=3600).contains(&wait), "the eleventh is not compared, though it is right: {wait}");
    house.wait(TimeDelta::minutes(59));
    let code = third.ask(&restarted, CAT).await;
    assert!((1..=60).contains(&wait_told(&third.answer(CAT, &code).await)));
    house.wait(TimeDelta::seconds(61));
    assert_eq!(guess(&third, CAT, &code, 1).await, [REFUSED], "one guess in an hour");
    assert!(wait_told(&third.answer(CAT, &code).await) > 3500, "and then another hour");
    house.wait(TimeDelta::minutes(61));
    let code = third.ask(&restarted, CAT).await;
    assert_eq!(third.answer(CAT, &code).await.status, StatusCode::CREATED, "nobody is locked out for good");
}

#[tokio::test]
async fn the_day_rolls() {
    let house = House::open().await;
    let browser = house.browser("acme");
    for hours in [0, 12] {
        house.wait(TimeDelta::hours(hours));
        let code = browser.ask(&house, ADA).await;
        assert_eq!(guess(&browser, ADA, &code, 5).await, [REFUSED; 5]);
        wait_to_ask(&house);
    }
    let code = browser.ask(&house, ADA).await;
    wait_told(&browser.answer(ADA, &code).await);
    house.wait(TimeDelta::hours(12));
    let code = browser.ask(&house, ADA).await;
    assert_eq!(guess(&browser, ADA, &code, 4).await, [REFUSED; 4], "the first five are a day old");
    assert_eq!(browser.answer(ADA, &code).await.status, StatusCode::CREATED);
}

#[tokio::test]
async fn the_right_code_clears_the_wrong_ones_before_it() {
    let house = House::open().await;
    let browser = house.browser("acme");
    for _ in 0..4 {
        let code = browser.ask(&house, ADA).await;
        assert_eq!(guess(&browser, ADA, &code, 4).await, [REFUSED; 4]);
        assert_eq!(browser.answer(ADA, &code).await.status, StatusCode::CREATED);
        assert_eq!(compared(&house).await.1, 0);
        wait_to_ask(&house);
    }
}

#[tokio::test]
async fn a_code_lives_for_five_minutes_resent_or_not() {
    let house = House::open().await;
    house.clock.stop();
    let (early, late) = (house.browser("acme"), house.browser("bravo"));
    let code = early.ask(&house, CAT).await;
    house.wait(TimeDelta::seconds(295));
    assert_eq!(early.answer(CAT, &code).await.status, StatusCode::CREATED, "just before");
    let code = late.ask(&house, CAT).await;
    house.wait(TimeDelta::seconds(200));
    assert_eq!(late.ask(&house, CAT).await, code, "the same code again");
    house.wait(TimeDelta::seconds(100));
    assert_eq!(late.answer(CAT, &code).await.status, REFUSED, "five minutes after it was first sent");
    let staff = house.browser("acme");
    staff.post("/api/v1/office/codes", json!({ "email": "owner@acme.example" })).await;
    let code = house.code_for("owner@acme.example").await;
    house.wait(TimeDelta::seconds(300));
    let refused = staff.post("/api/v1/office/sessions", json!({ "email": "owner@acme.example", "code": code })).await;
    assert_eq!(refused.status, REFUSED);
    assert_eq!(sessions(&house).await, 1);
}

#[tokio::test]
async fn a_code_is_good_at_its_own_host_in_its_own_browser_for_its_own_number_and_once() {
    let house = House::open().await;
    let (acme, bravo, stranger) = (house.browser("acme"), house.browser("bravo"), house.browser("acme"));
    let code = acme.ask(&house, CAT).await;
    let pending = acme.cookie("__Host-pending").expect("a pending cookie");
    bravo.plant("__Host-pending", &pending);
    assert_eq!(bravo.answer(CAT, &code).await.status, REFUSED, "another host, with the cookie carried over");
    bravo.ask(&house, CAT).await;
    assert_eq!(bravo.answer(CAT, &code).await.status, REFUSED, "another host with a question of its own");
    assert_eq!(stranger.answer(CAT, &code).await.status, REFUSED, "a browser that asked nothing");
    stranger.post("/api/v1/codes", json!({ "phone": CAT })).await;
    assert_eq!(stranger.answer(CAT, &code).await.status, REFUSED, "a browser that asked for itself");
    stranger.plant("__Host-pending", "x");
    assert_eq!(stranger.answer(CAT, &code).await.status, REFUSED);
    assert_eq!(acme.answer(ADA, &code).await.status, REFUSED, "another number");
    assert_eq!(sessions(&house).await, 0);
    assert_eq!(acme.answer(CAT, &code).await.status, StatusCode::CREATED, "none of that spoilt it");
    assert_eq!(acme.answer(CAT, &code).await.status, REFUSED, "once");
    stranger.plant("__Host-pending", &pending);
    assert_eq!(stranger.answer(CAT, &code).await.status, REFUSED, "once, in any browser");
    assert_eq!(sessions(&house).await, 1);
}

#[tokio::test]
async fn a_customers_code_opens_no_office_and_an_offices_code_no_counter() {
    let house = House::open().await;
    let (browser, email) = (house.browser("acme"), "owner@acme.example");
    let code = browser.ask(&house, ADA).await;
    let office = browser.post("/api/v1/office/sessions", json!({ "email": email, "code": code })).await;
    assert_eq!(office.status, REFUSED);
    // Even if the counter's question were about the owner's address, it would be no question of the office.
    house.change(&format!("update challenges set address = '{email}'")).await;
    let office = browser.post("/api/v1/office/sessions", json!({ "email": email, "code": code })).await;
    assert_eq!(office.status, REFUSED);
    browser.post("/api/v1/office/codes", json!({ "email": email })).await;
    let code = house.code_for(email).await;
    assert_eq!(browser.answer(ADA, &code).await.status, REFUSED);
    house.change(&format!("update challenges set address = '{ADA}' where purpose = 'staff'")).await;
    assert_eq!(browser.answer(ADA, &code).await.status, REFUSED);
    assert_eq!(sessions(&house).await, 0);
}

#[tokio::test]
async fn an_office_code_is_guessed_at_five_times_and_opens_one_office() {
    let house = House::open().await;
    let (acme, bravo, email) = (house.browser("acme"), house.browser("bravo"), "owner@acme.example");
    let answer = |code: String| acme.post("/api/v1/office/sessions", json!({ "email": email, "code": code }));
    acme.post("/api/v1/office/codes", json!({ "email": email })).await;
    let code = house.code_for(email).await;
    bravo.plant("__Host-pending", &acme.cookie("__Host-pending").expect("a pending cookie"));
    let elsewhere = bravo.post("/api/v1/office/sessions", json!({ "email": email, "code": code })).await;
    assert_eq!(elsewhere.status, REFUSED);
    for wrong in wrong_codes(std::slice::from_ref(&code)).take(5) {
        assert_eq!(answer(wrong).await.status, REFUSED);
    }
    assert_eq!(answer(code).await.status, REFUSED);
    assert_eq!((compared(&house).await, sessions(&house).await), ((5, 5), 0));
    bravo.post("/api/v1/office/codes", json!({ "email": email })).await;
    house.run_jobs().await;
    assert_eq!(house.sent_to(email).len(), 1, "bravo sends nothing to acme's owner");
}

#[tokio::test]
async fn a_code_that_begins_with_zeros_works_with_all_of_them() {
    let house = House::open().await;
    let browser = house.browser("acme");
    browser.post("/api/v1/codes", json!({ "phone": ADA })).await;
    let keys = &house.app.house.config.keys;
    let zeros = |id: &Uuid| Code::derive(keys, 1, (*id).into()).expect("a code").reveal().starts_with("000");
    let id = (0..100_000).map(|_| Uuid::now_v7()).find(zeros).expect("one in a thousand has them");
    house.change(&format!("update challenges set id = '{id}'; update jobs set subject_id = '{id}'")).await;
    let code = house.code_for(ADA).await;
    assert!(code.starts_with("000"), "the text has them");
    let shortened = browser.answer(ADA, code.trim_start_matches('0')).await;
    assert_eq!(shortened.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(browser.answer(ADA, &code).await.status, StatusCode::CREATED);
}
