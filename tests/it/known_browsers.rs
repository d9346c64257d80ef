//! A browser in which a number was proven is not shut out of it by whoever guesses from elsewhere.

use chrono::TimeDelta;
use http::StatusCode;
use tradecounter::challenges;

use crate::house::{ADA, Browser, CAT, House};

const KNOWN: &str = "__Host-known";

/// Makes this many wrong guesses at the code; answers what came of each.
async fn guess(browser: &Browser, phone: &str, right: &str, times: u32) -> Vec<u16> {
    let right: u32 = right.parse().expect("digits");
    let mut seen = Vec::new();
    for n in 1..=times {
        seen.push(browser.answer(phone, &format!("{:06}", (right + n) % 1_000_000)).await.status.as_u16());
    }
    seen
}

/// Two browsers of strangers use the day's guesses at this number up.
async fn strangers_guess_at(house: &House, phone: &str) {
    for _ in 0..2 {
        house.wait(TimeDelta::seconds(31));
        let stranger = house.browser("acme");
        let code = stranger.ask(house, phone).await;
        assert_eq!(guess(&stranger, phone, &code, 5).await, [401; 5]);
    }
    house.wait(TimeDelta::seconds(31));
    let stranger = house.browser("acme");
    let code = stranger.ask(house, phone).await;
    assert_eq!(stranger.answer(phone, &code).await.status, StatusCode::TOO_MANY_REQUESTS);
    house.wait(TimeDelta::seconds(31));
}

#[tokio::test]
async fn strangers_who_guess_do_not_shut_a_known_browser_out() {
    let house = House::open().await;
    let own = house.customer("acme", ADA).await;
    let first = own.cookie(KNOWN).expect("a known browser");
    strangers_guess_at(&house, ADA).await;
    let code = own.ask(&house, ADA).await;
    assert_eq!(guess(&own, ADA, &code, 1).await, [401], "compared, and wrong");
    assert_eq!(own.answer(ADA, &code).await.status, StatusCode::CREATED);
    assert_ne!(own.cookie(KNOWN), Some(first), "another token each time");
    house.wait(TimeDelta::seconds(31));
    let stranger = house.browser("acme");
    let code = stranger.ask(&house, ADA).await;
    assert_eq!(stranger.answer(ADA, &code).await.status, StatusCode::TOO_MANY_REQUESTS, "which clears nothing for strangers");
}

#[tokio::test]
async fn a_known_browser_has_ten_guesses_of_its_own() {
    let house = House::open().await;
    let own = house.customer("acme", ADA).await;
    for _ in 0..2 {
        house.wait(TimeDelta::seconds(31));
        let code = own.ask(&house, ADA).await;
        assert_eq!(guess(&own, ADA, &code, 5).await, [401; 5]);
    }
    house.wait(TimeDelta::seconds(31));
    let code = own.ask(&house, ADA).await;
    assert_eq!(own.answer(ADA, &code).await.status, StatusCode::TOO_MANY_REQUESTS);
    house.wait(TimeDelta::minutes(61));
    let code = own.ask(&house, ADA).await;
    assert_eq!(own.answer(ADA, &code).await.status, StatusCode::CREATED, "one an hour");
}

#[tokio::test]
async fn the_token_is_good_for_its_number_at_its_host_and_for_half_a_year() {
    let house = House::open().await;
    let own = house.customer("acme", CAT).await;
    let token = own.cookie(KNOWN).expect("a known browser");
    let holding = |slug: &str| {
        let browser = house.browser(slug);
        browser.plant(KNOWN, &token);
        browser
    };
    strangers_guess_at(&house, CAT).await;
    let elsewhere = holding("bravo");
    let code = elsewhere.ask(&house, CAT).await;
    assert_eq!(elsewhere.answer(CAT, &code).await.status, StatusCode::TOO_MANY_REQUESTS, "another host");
    house.wait(TimeDelta::days(1));
    strangers_guess_at(&house, ADA).await;
    let other = holding("acme");
    let code = other.ask(&house, ADA).await;
    assert_eq!(other.answer(ADA, &code).await.status, StatusCode::TOO_MANY_REQUESTS, "another number");
    house.wait(TimeDelta::days(180));
    strangers_guess_at(&house, CAT).await;
    let late = holding("acme");
    let code = late.ask(&house, CAT).await;
    assert_eq!(late.answer(CAT, &code).await.status, StatusCode::TOO_MANY_REQUESTS, "too late");
    challenges::sweep(&house.app.house).await.expect("a sweep");
    assert_eq!(house.value::<i64>("select count(*) from known_browsers").await, 0);
}

#[tokio::test]
async fn a_number_has_eight_known_browsers_until_all_others_are_signed_out() {
    let house = House::open_with(|config| config.codes.sms_per_day = 20).await;
    let known = "select count(*) from known_browsers";
    let mut browsers = Vec::new();
    for _ in 0..9 {
        browsers.push(house.customer("acme", ADA).await);
        house.wait(TimeDelta::seconds(31));
    }
    assert_eq!(house.value::<i64>(known).await, 8);
    let newest = browsers.pop().expect("a browser");
    assert_eq!(newest.form("/devices/end-others", &[]).await.status, StatusCode::SEE_OTHER);
    assert_eq!(house.value::<i64>(known).await, 1);
    strangers_guess_at(&house, ADA).await;
    let code = newest.ask(&house, ADA).await;
    assert_eq!(newest.answer(ADA, &code).await.status, StatusCode::CREATED, "the one that is left");
}
