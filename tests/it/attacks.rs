//! What an attack on the budgets of codes changes, and what it does not: allowances that are shared, that are money, or that are one
//! network's alone; and how often operators are told.

use chrono::TimeDelta;
use http::StatusCode;
use serde_json::json;
use tradecounter::config::Allowance;

use crate::budgets::{ask, stranger, wanted};
use crate::house::{ADA, House};
use crate::operators::OLGA;

/// Three at once, and one a minute.
const THREE: Allowance = Allowance { burst: 3.0, per_hour: 60.0 };

/// Asks at this counter for so many numbers that nobody knows, from a browser of its own each; answers how many codes went.
async fn sent_of(house: &House, slug: &str, numbers: std::ops::Range<usize>) -> usize {
    let mut sent = 0;
    for n in numbers {
        let asked = ask(&house.browser(slug), &stranger(n)).await;
        assert!([StatusCode::ACCEPTED, StatusCode::TOO_MANY_REQUESTS].contains(&asked.status), "{asked:?}");
        sent += usize::from(asked.status == StatusCode::ACCEPTED);
    }
    sent
}

#[tokio::test]
async fn under_attack_even_a_small_allowance_lets_one_through_and_two_hours_later_it_is_over() {
    let house = House::open_with(|config| config.limits.unproven = THREE).await;
    house.clock.stop();
    assert_eq!(sent_of(&house, "acme", 0..63).await, 3);
    // Otherwise three of them by now.
    house.wait(TimeDelta::minutes(5));
    assert_eq!(sent_of(&house, "acme", 20..25).await, 1, "a quarter of one a minute, and never less than one at once");
    house.wait(TimeDelta::hours(2));
    assert_eq!(sent_of(&house, "acme", 70..75).await, 3, "however many were refused");
}

#[tokio::test]
async fn what_is_money_becomes_no_narrower_under_attack() {
    let house = House::open_with(|config| config.limits.tenant = THREE).await;
    house.clock.stop();
    house.invite(OLGA).await;
    assert_eq!(sent_of(&house, "acme", 0..15).await, 3);
    house.wait(TimeDelta::minutes(3));
    assert_eq!(sent_of(&house, "acme", 20..25).await, 3, "as on any other day");
    house.run_jobs().await;
    assert_eq!(house.sent_to(OLGA).len(), 1, "though operators are told");
}

#[tokio::test]
async fn of_many_allowances_of_one_kind_operators_hear_once_an_hour_and_see_them_all() {
    let house = House::open_with(|config| config.limits.unproven = Allowance { burst: 1.0, per_hour: 0.0 }).await;
    house.clock.stop();
    house.invite(OLGA).await;
    let mut told = Vec::new();
    for (row, slug, minutes) in [("+44740055000", "acme", 31), ("+44740055000", "bravo", 31), ("+3361234567", "acme", 0)] {
        for end in 0..3 {
            ask(&house.browser(slug), &format!("{row}{end}")).await;
        }
        house.run_jobs().await;
        told.push((house.value::<i64>("select count(*) from alarms").await, house.sent_to(OLGA).len()));
        house.wait(TimeDelta::minutes(minutes));
    }
    assert_eq!(told, [(1, 1), (2, 1), (3, 2)], "the third one begins more than an hour after the second");
}

#[tokio::test]
async fn one_network_that_asks_too_much_is_told_to_wait_and_nobody_else_hears_of_it() {
    let house = House::open_with(|config| config.limits.network = THREE).await;
    house.clock.stop();
    house.invite(OLGA).await;
    assert_eq!(sent_of(&house, "acme", 0..15).await, 3);
    house.run_jobs().await;
    let heard = (house.value::<i64>("select count(*) from alarms").await, house.sent_to(OLGA).len());
    assert_eq!(heard, (0, 0));
}

#[tokio::test]
async fn a_browser_that_is_known_asks_no_more_often_than_another_when_nothing_is_sent() {
    let house = House::open_with(|config| config.limits.asking = Allowance { burst: 3.0, per_hour: 0.0 }).await;
    house.clock.stop();
    let ada = house.customer("acme", ADA).await;
    let mut asked = Vec::new();
    for _ in 0..5 {
        asked.push(ada.post("/api/v1/codes", json!({ "phone": ADA })).await.status.as_u16());
    }
    assert_eq!(asked, [202, 202, 202, 429, 429]);
}

#[tokio::test]
async fn a_code_that_can_be_brought_again_and_again_earns_no_room() {
    let house = House::open().await;
    let public = house.browser("");
    let signup = json!({ "business_name": "Nordic", "subdomain": "nordic", "email": "nora@nordic.example", "country": "GB" });
    let begun = public.post("/api/v1/signups", signup).await.value();
    let (id, code) = (begun["id"].as_str().expect("an id"), house.code_for("nora@nordic.example").await);
    for _ in 0..3 {
        let confirmed = public.post(&format!("/api/v1/signups/{id}/confirmation"), json!({ "code": code })).await;
        assert!(confirmed.status.is_success(), "{confirmed:?}");
    }
    assert_eq!(house.value::<i64>("select count(*) from allowances where proven > 0").await, 0);
}

#[tokio::test]
async fn work_is_asked_for_a_text_and_never_for_a_letter() {
    let house = House::open_with(|config| (config.limits.network, config.codes.work_rounds) = (THREE, 4_000)).await;
    house.clock.stop();
    assert_eq!(sent_of(&house, "acme", 0..3).await, 3);
    wanted(&ask(&house.browser("acme"), &stranger(3)).await);
    let letter = house.browser("acme").post("/api/v1/office/codes", json!({ "email": "owner@acme.example" })).await;
    assert_eq!((letter.status, &letter.value()["proof_of_work"]), (StatusCode::TOO_MANY_REQUESTS, &json!(null)));
}

#[tokio::test]
async fn whoever_signs_up_without_end_keeps_no_operator_out() {
    let house = House::open_with(|config| config.limits.tenant_mail = Allowance { burst: 2.0, per_hour: 0.0 }).await;
    house.invite(OLGA).await;
    let mut begun = Vec::new();
    for n in 0..4 {
        let signup = json!({
            "business_name": "Nordic", "subdomain": format!("nordic-{n}"), "email": format!("nora-{n}@nordic.example"), "country": "GB"
        });
        begun.push(house.browser("").post("/api/v1/signups", signup).await.status.as_u16());
    }
    assert_eq!(begun, [202, 202, 429, 429]);
    assert_eq!(house.browser("admin").post("/api/v1/codes", json!({ "email": OLGA })).await.status, StatusCode::ACCEPTED);
    house.run_jobs().await;
    assert_eq!(house.sent_to(OLGA).len(), 1);
}

#[tokio::test]
async fn numbers_of_one_country_share_an_allowance_at_all_counters_and_those_of_the_next_have_their_own() {
    let house =
        House::open_with(|config| (config.limits.country, config.codes.work_rounds) = (Allowance { per_hour: 0.0, ..THREE }, 4_000)).await;
    house.clock.stop();
    house.invite(OLGA).await;
    for (n, slug) in ["acme", "bravo", "acme", "bravo"].into_iter().enumerate() {
        house.browser(slug).sign_in(&house, &stranger(90 + n)).await;
    }
    for (n, slug) in ["acme", "acme", "bravo"].into_iter().enumerate() {
        assert_eq!(ask(&house.browser(slug), &stranger(100 + n)).await.status, StatusCode::ACCEPTED, "what was entered was given back");
    }
    for (n, slug) in ["bravo", "acme", "acme"].into_iter().enumerate() {
        wanted(&ask(&house.browser(slug), &stranger(110 + n)).await);
    }
    assert_eq!(ask(&house.browser("acme"), "+33612345678").await.status, StatusCode::ACCEPTED, "another country");
    house.run_jobs().await;
    let letters = house.sent_to(OLGA);
    assert_eq!(letters.len(), 1, "{letters:?}");
    assert!(letters[0].contains("Codes for numbers from the United Kingdom, at all counters ran out"), "{}", letters[0]);
}
