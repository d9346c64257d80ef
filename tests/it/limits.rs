//! How many codes are sent: by number, by network, by wholesaler, in all; and that the answers tell nothing
//! of who is known.

use chrono::TimeDelta;
use futures_util::future::join_all;
use http::{Method, StatusCode};
use serde_json::json;
use tradecounter::config::{Allowance, Config};

use crate::house::{ADA, Answer, Browser, CAT, DAN, House};

/// The n-th of a hundred numbers that nobody knows, all alike but for their last four digits.
fn stranger(n: usize) -> String {
    format!("+44740012{:04}", 4000 + n)
}

async fn ask(browser: &Browser, phone: &str) -> Answer {
    browser.post("/api/v1/codes", json!({ "phone": phone })).await
}

/// How long it is said to wait, in seconds: the same in the header and in the body.
fn wait_told(answer: &Answer) -> i64 {
    assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS, "{answer:?}");
    let seconds = answer.header("retry-after").parse().expect("seconds");
    assert_eq!(answer.value()["retry_after_seconds"], seconds);
    assert_eq!(answer.value()["type"], "urn:tradecounter:problem:slow-down");
    seconds
}

/// Asks for number after number, from a fresh browser each, until it is refused or they are used up; answers how many were sent.
async fn sent_of(house: &House, slug: &str, numbers: impl Iterator<Item = String>) -> usize {
    let mut sent = 0;
    for number in numbers {
        let answer = ask(&house.browser(slug), &number).await;
        if answer.status != StatusCode::ACCEPTED {
            assert!((1..=60).contains(&wait_told(&answer)));
            break;
        }
        sent += 1;
    }
    sent
}

/// Three at once, and one a minute.
const THREE: Allowance = Allowance { burst: 3.0, per_hour: 60.0 };

/// An allowance of three stops the fourth, and a minute later lets one more through.
async fn three_and_then_one_a_minute(house: &House, slug: &str) {
    assert_eq!(sent_of(house, slug, (0..9).map(stranger)).await, 3);
    house.run_jobs().await;
    house.wait(TimeDelta::seconds(61));
    assert_eq!(sent_of(house, slug, (10..19).map(stranger)).await, 1, "refilled by one");
    house.run_jobs().await;
    house.wait(TimeDelta::hours(2));
    assert_eq!(sent_of(house, slug, (20..29).map(stranger)).await, 3, "and never over the brim");
    house.run_jobs().await;
    let texts: usize = (0..30).map(|n| house.sent_to(&stranger(n)).len()).sum();
    assert_eq!(texts, 3 + 1 + 3, "what was refused was not sent");
}

#[tokio::test]
async fn sooner_than_half_a_minute_nothing_is_sent_and_the_seconds_left_are_told() {
    let house = House::open().await;
    house.clock.stop();
    let (browser, another) = (house.browser("acme"), house.browser("acme"));
    let code = browser.ask(&house, ADA).await;
    for (waited, left) in [(0, 30), (10, 20), (19, 1)] {
        house.wait(TimeDelta::seconds(waited));
        for browser in [&browser, &another] {
            let again = ask(browser, ADA).await;
            assert_eq!(again.status, StatusCode::ACCEPTED);
            assert_eq!(again.value()["resend_in_seconds"], left, "after {waited}");
        }
    }
    house.run_jobs().await;
    assert_eq!(house.sent_to(ADA).len(), 1);
    house.wait(TimeDelta::seconds(1));
    assert_eq!(browser.ask(&house, ADA).await, code, "the same code in the same browser");
    assert_eq!(house.sent_to(ADA).len(), 2);
    house.wait(TimeDelta::seconds(31));
    assert_ne!(another.ask(&house, ADA).await, code, "another browser has another code");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn twenty_who_ask_at_once_for_one_number_get_one_text() {
    let house = House::open().await;
    house.clock.stop();
    let browsers: Vec<Browser> = (0..20).map(|_| house.browser("acme")).collect();
    for phone in [ADA, DAN] {
        let answers = join_all(browsers.iter().map(|browser| ask(browser, phone))).await;
        for answer in &answers {
            assert_eq!((answer.status, &answer.value()["resend_in_seconds"]), (StatusCode::ACCEPTED, &json!(30)), "{answer:?}");
        }
        house.run_jobs().await;
        assert_eq!(house.sent_to(phone).len(), 1);
    }
}

#[tokio::test]
async fn ten_a_day_over_all_counters_and_then_everybody_is_told_to_wait() {
    let house = House::open().await;
    house.clock.stop();
    for phone in [CAT, DAN] {
        for n in 0..10 {
            let slug = if n % 2 == 0 { "acme" } else { "bravo" };
            assert_eq!(ask(&house.browser(slug), phone).await.status, StatusCode::ACCEPTED, "{n}");
            house.wait(TimeDelta::seconds(31));
        }
        for slug in ["acme", "bravo"] {
            let wait = wait_told(&ask(&house.browser(slug), phone).await);
            assert_eq!(wait, 86_400 - 310, "a day from the first");
            let page = house.browser(slug).form("/codes", &[("phone", phone)]).await;
            assert_eq!(page.status, StatusCode::TOO_MANY_REQUESTS);
        }
    }
    let queued: i64 = house.value("select count(*) from jobs").await;
    assert_eq!(queued, 20);
    house.wait(TimeDelta::days(1));
    assert_eq!(ask(&house.browser("acme"), CAT).await.status, StatusCode::ACCEPTED, "the day is over");
}

#[tokio::test]
async fn one_network_stops_and_no_header_makes_it_another() {
    let house = House::open_with(|config| config.limits.network = THREE).await;
    for n in 0..3 {
        assert_eq!(ask(&house.browser("acme"), &stranger(n)).await.status, StatusCode::ACCEPTED);
    }
    for (n, header) in ["x-forwarded-for", "forwarded", "x-real-ip", "cf-connecting-ip", "true-client-ip"].into_iter().enumerate() {
        let value = if header == "forwarded" { "for=203.0.113.9" } else { "203.0.113.9" };
        let body = json!({ "phone": stranger(50 + n) }).to_string();
        let answer = house.browser("acme").send(Method::POST, "/api/v1/codes", &[(header, value)], Some(("application/json", body))).await;
        wait_told(&answer);
    }
    house.wait(TimeDelta::hours(1));
    three_and_then_one_a_minute(&house, "bravo").await;
}

#[tokio::test]
async fn behind_a_trusted_proxy_a_network_is_an_ipv4_address_or_an_ipv6_64() {
    let house = House::open_with(|config| {
        config.limits.network = THREE;
        config.http.trusted_proxies = vec!["127.0.0.1".parse().expect("an address")];
    })
    .await;
    let browser = house.browser("acme");
    let ask_from = async |n: usize, forwarded: &str| {
        let body = json!({ "phone": stranger(n) }).to_string();
        let headers = [("x-forwarded-for", forwarded)];
        browser.send(Method::POST, "/api/v1/codes", &headers, Some(("application/json", body))).await.status
    };
    for (n, host) in ["::1", "::2", ":ffff:ffff:ffff:ffff"].into_iter().enumerate() {
        assert_eq!(ask_from(n, &format!("2001:db8:1:2{host}")).await, StatusCode::ACCEPTED);
    }
    assert_eq!(ask_from(3, "2001:db8:1:2::3").await, StatusCode::TOO_MANY_REQUESTS, "one /64 is one");
    assert_eq!(ask_from(4, "203.0.113.9, 2001:db8:1:2::4").await, StatusCode::TOO_MANY_REQUESTS, "the left end is made up");
    assert_eq!(ask_from(5, "2001:db8:1:3::1").await, StatusCode::ACCEPTED, "the next /64 is another");
    for n in 6..9 {
        assert_eq!(ask_from(n, "198.51.100.1").await, StatusCode::ACCEPTED);
    }
    assert_eq!(ask_from(9, "::ffff:198.51.100.1").await, StatusCode::TOO_MANY_REQUESTS, "the same in another dress");
    assert_eq!(ask_from(10, "198.51.100.2").await, StatusCode::ACCEPTED);
}

#[tokio::test]
async fn numbers_in_a_row_stop_and_others_go_on() {
    let house = House::open_with(|config| config.limits.prefix = THREE).await;
    assert_eq!(sent_of(&house, "acme", (0..9).map(stranger)).await, 3);
    assert_eq!(sent_of(&house, "bravo", (10..19).map(stranger)).await, 0, "the row is the same at every counter");
    assert_eq!(ask(&house.browser("acme"), "+447400987654").await.status, StatusCode::ACCEPTED);
    house.wait(TimeDelta::hours(1));
    three_and_then_one_a_minute(&house, "acme").await;
}

#[tokio::test]
async fn one_wholesaler_stops_and_the_next_goes_on() {
    let house = House::open_with(|config| config.limits.tenant = THREE).await;
    assert_eq!(sent_of(&house, "acme", (30..39).map(stranger)).await, 3);
    let office = house.browser("acme").post("/api/v1/office/codes", json!({ "email": "owner@acme.example" })).await;
    assert_eq!(office.status, StatusCode::ACCEPTED, "mail is no text");
    three_and_then_one_a_minute(&house, "bravo").await;
}

#[tokio::test]
async fn mail_has_an_allowance_of_its_own() {
    let house = House::open_with(|config| config.limits.tenant_mail = THREE).await;
    let ask_by_mail = async |slug: &str| house.browser(slug).post("/api/v1/office/codes", json!({ "email": "owner@acme.example" })).await;
    for _ in 0..3 {
        assert_eq!(ask_by_mail("acme").await.status, StatusCode::ACCEPTED);
    }
    wait_told(&ask_by_mail("acme").await);
    assert_eq!(ask_by_mail("bravo").await.status, StatusCode::ACCEPTED);
    assert_eq!(ask(&house.browser("acme"), ADA).await.status, StatusCode::ACCEPTED, "a text is no mail");
}

#[tokio::test]
async fn the_whole_house_stops() {
    let house = House::open_with(|config| config.limits.platform = THREE).await;
    assert_eq!(sent_of(&house, "acme", (30..32).map(stranger)).await, 2);
    assert_eq!(sent_of(&house, "bravo", (32..39).map(stranger)).await, 1);
    house.wait(TimeDelta::hours(1));
    three_and_then_one_a_minute(&house, "acme").await;
}

#[tokio::test]
async fn codes_that_nobody_enters_run_out_and_one_that_is_entered_is_given_back() {
    let house = House::open_with(|config| config.limits.unproven = THREE).await;
    for n in 40..48 {
        house.browser("acme").sign_in(&house, &stranger(n)).await;
    }
    assert_eq!(sent_of(&house, "acme", (30..39).map(stranger)).await, 3);
    assert_eq!(ask(&house.browser("acme"), "+33612345678").await.status, StatusCode::ACCEPTED, "another country");
    three_and_then_one_a_minute(&house, "bravo").await;
}

#[tokio::test]
async fn what_one_limit_refuses_draws_on_no_other() {
    let house = House::open_with(|config| {
        config.limits.network = Allowance { burst: 50.0, per_hour: 0.0 };
        config.limits.prefix = Allowance { burst: 50.0, per_hour: 0.0 };
        config.limits.platform = Allowance { burst: 4.0, per_hour: 0.0 };
    })
    .await;
    for (n, expected) in (0..8).zip([StatusCode::ACCEPTED; 4].into_iter().chain([StatusCode::TOO_MANY_REQUESTS; 4])) {
        assert_eq!(ask(&house.browser("acme"), &stranger(n)).await.status, expected);
    }
    for kind in ["network", "prefix"] {
        let left: f64 = house.value(&format!("select tokens from allowances where kind = '{kind}'")).await;
        assert!((left - 46.0).abs() < f64::EPSILON, "{kind}: {left}");
    }
    let counts: i64 = house.value("select sum(cardinality(sent_at))::bigint from address_counters").await;
    assert_eq!(counts, 4, "nor on the number's own ten");
}

#[tokio::test]
async fn known_and_unknown_numbers_are_stopped_alike() {
    let house = House::open_with(|config| config.limits.platform = Allowance { burst: 1.0, per_hour: 60.0 }).await;
    ask(&house.browser("bravo"), &stranger(0)).await;
    let known = ask(&house.browser("acme"), ADA).await;
    let unknown = ask(&house.browser("acme"), DAN).await;
    assert_eq!(wait_told(&known), wait_told(&unknown));
    assert_eq!(known.text.len(), unknown.text.len());
}

#[tokio::test]
async fn numbers_that_cost_or_cannot_get_texts_or_live_elsewhere_are_never_texted() {
    let house = House::open().await;
    for number in [
        "+4915123456789",  // Germany, where neither wholesaler texts
        "+12015550123",    // the United States
        "+79161234567",    // Russia
        "+881612345678",   // a satellite
        "+8835100123456",  // an international network
        "0909 879 0000",   // premium rate
        "0871 234 5678",   // shared cost
        "0800 123 4567",   // toll-free
        "020 7946 0018",   // a landline
        "056 1234 5678",   // an internet phone
        "07012 345 678",   // a personal number
        "076 1234 5678",   // a pager
        "07700 900123",    // for films
        "+44 74OO 123456", // letters
        "+1800FLOWERS",
        "07400 123456 ext 9", // an extension
        "999",
        "",
    ] {
        for browser in [house.browser("acme"), house.browser("bravo")] {
            let answer = ask(&browser, number).await;
            assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{number}: {answer:?}");
            assert_eq!(answer.value()["errors"][0]["field"], "phone", "{number}");
            assert!(browser.cookie("__Host-pending").is_none(), "{number}");
        }
    }
    for table in ["challenges", "jobs", "address_counters", "allowances"] {
        assert_eq!(house.value::<i64>(&format!("select count(*) from {table}")).await, 0, "{table}");
    }
}

#[tokio::test]
async fn mail_waits_by_browser_and_has_a_day_too() {
    let house = House::open_with(|config| config.codes.emails_per_day = 3).await;
    let ask = |browser: Browser, email: &'static str| async move {
        (browser.post("/api/v1/office/codes", json!({ "email": email })).await, browser)
    };
    let mut told = Vec::new();
    for email in ["owner@acme.example", "nobody@acme.example"] {
        let (first, browser) = ask(house.browser("acme"), email).await;
        let (again, _) = ask(browser, email).await;
        assert_eq!((first.status, again.status), (StatusCode::ACCEPTED, StatusCode::ACCEPTED));
        for _ in 0..2 {
            assert_eq!(ask(house.browser("acme"), email).await.0.status, StatusCode::ACCEPTED, "another browser waits for nobody");
        }
        told.push(wait_told(&ask(house.browser("acme"), email).await.0));
    }
    assert!((told[0] - told[1]).abs() <= 2, "{told:?}");
    house.run_jobs().await;
    assert_eq!((house.sent_to("owner@acme.example").len(), house.sent_to("nobody@acme.example").len()), (3, 0));
}

/// The limits of a house in production, behind a proxy that says who comes.
async fn house_of_default_limits() -> House {
    House::open_with(|config| {
        config.limits = Config::read(None).expect("the defaults").limits;
        config.http.trusted_proxies = vec!["127.0.0.1".parse().expect("an address")];
    })
    .await
}

async fn ask_from(browser: &Browser, network: &str, phone: &str) -> StatusCode {
    let body = json!({ "phone": phone }).to_string();
    browser.send(Method::POST, "/api/v1/codes", &[("x-forwarded-for", network)], Some(("application/json", body))).await.status
}

#[tokio::test]
async fn no_network_closes_a_wholesaler_to_its_customers() {
    let house = house_of_default_limits().await;
    let mut sent = [0, 0];
    for n in 0..100 {
        let number = format!("+4474001{}{:04}", n % 10, 4000 + n);
        let networks = ["198.51.100.1".to_owned(), format!("2001:db8:1:{n:x}::1")];
        for (network, sent) in networks.iter().zip(&mut sent) {
            let number = if network.contains(':') { number.replace("+4474001", "+4474002") } else { number.clone() };
            *sent += i32::from(ask_from(&house.browser("acme"), network, &number).await == StatusCode::ACCEPTED);
        }
    }
    // A slow machine may refill one or two meanwhile.
    assert!((30..=33).contains(&sent[0]) && (60..=65).contains(&sent[1]), "{sent:?}");
    assert_eq!(ask_from(&house.browser("acme"), "203.0.113.9", ADA).await, StatusCode::ACCEPTED, "a customer from elsewhere");
    let limits = &house.app.house.config.limits;
    for shared in [limits.prefix, limits.unproven, limits.country, limits.tenant, limits.tenant_mail, limits.platform] {
        assert!(shared.burst >= 2.0 * limits.wide_network.burst && shared.per_hour >= 2.0 * limits.wide_network.per_hour);
    }
}

#[tokio::test]
async fn people_behind_one_address_do_not_use_each_other_up() {
    let house = House::open_with(|config| {
        (config.limits.network, config.limits.asking, config.limits.prefix) = (THREE, THREE, THREE);
    })
    .await;
    for n in 40..48 {
        house.browser("acme").sign_in(&house, &stranger(n)).await;
    }
    assert_eq!(sent_of(&house, "acme", (30..39).map(stranger)).await, 3, "what is not entered is used up");
}

#[tokio::test]
async fn asking_again_and_again_is_bounded_though_nothing_is_sent() {
    let house = House::open_with(|config| config.limits.asking = THREE).await;
    for expected in [StatusCode::ACCEPTED; 3].into_iter().chain([StatusCode::TOO_MANY_REQUESTS; 6]) {
        assert_eq!(ask(&house.browser("acme"), ADA).await.status, expected);
    }
    assert_eq!(house.value::<i64>("select count(*) from challenges").await, 3);
}
