//! Codes that nobody enters: how far they go, who is spared, what a browser can do not to wait, and who is told.

use altcha::types::{Challenge, Payload};
use altcha::{SolveChallengeOptions, solve_challenge};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::TimeDelta;
use futures_util::future::join_all;
use http::{Method, StatusCode};
use serde_json::{Value, json};
use tradecounter::challenges;
use tradecounter::config::{Allowance, Config};

use crate::house::{ADA, Answer, BEN, Browser, CAT, DAN, House};
use crate::operators::OLGA;
use crate::pages::snapshot;

const THREE: Allowance = Allowance { burst: 3.0, per_hour: 0.0 };

/// Numbers that nobody knows, in rows of ten thousand that have nothing in common with those of the house.
pub fn stranger(n: usize) -> String {
    format!("+447400{:06}", 550_000 + n)
}

pub async fn ask(browser: &Browser, phone: &str) -> Answer {
    browser.post("/api/v1/codes", json!({ "phone": phone })).await
}

async fn ask_with(browser: &Browser, phone: &str, work: &str) -> Answer {
    let body = json!({ "phone": phone }).to_string();
    browser.send(Method::POST, "/api/v1/codes", &[("proof-of-work", work)], Some(("application/json", body))).await
}

/// Asks from a network of its own for each, a few at a time; answers how many codes went.
async fn ask_from_everywhere(house: &House, slug: &str, numbers: &[String]) -> usize {
    let mut sent = 0;
    let browsers: Vec<Browser> = (0..20).map(|_| house.browser(slug)).collect();
    for (round, some) in numbers.chunks(20).enumerate() {
        let asked = some.iter().zip(&browsers).enumerate().map(|(n, (number, browser))| async move {
            let network = format!("10.{}.{}.{n}", round / 250, round % 250);
            let body = json!({ "phone": number }).to_string();
            let headers = [("x-forwarded-for", network.as_str())];
            browser.send(Method::POST, "/api/v1/codes", &headers, Some(("application/json", body))).await.status
        });
        for status in join_all(asked).await {
            assert!(status == StatusCode::ACCEPTED || status == StatusCode::TOO_MANY_REQUESTS, "{status}");
            sent += usize::from(status == StatusCode::ACCEPTED);
        }
    }
    sent
}

/// What the answer asks for instead of waiting.
pub fn wanted(answer: &Answer) -> Challenge {
    assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS, "{answer:?}");
    serde_json::from_value(answer.value()["proof_of_work"].clone()).expect("a challenge")
}

/// Does it, as the official library does.
fn solved(challenge: &Challenge) -> Payload {
    let solution = solve_challenge(SolveChallengeOptions::new(challenge)).expect("a challenge that can be solved").expect("in time");
    Payload { challenge: challenge.clone(), solution }
}

fn written(payload: &Payload) -> String {
    STANDARD.encode(serde_json::to_vec(payload).expect("JSON"))
}

/// A house where the fourth code for strangers wants some work, though little of it.
async fn tense() -> House {
    let house = House::open_with(|config| (config.limits.unproven, config.codes.work_rounds) = (THREE, 4_000)).await;
    house.clock.stop();
    for n in 0..3 {
        assert_eq!(ask(&house.browser("acme"), &stranger(n)).await.status, StatusCode::ACCEPTED);
    }
    house
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn five_thousand_numbers_of_one_row_that_nobody_enters_get_two_hundred_codes_and_customers_theirs() {
    let house = House::open_with(|config| {
        config.limits = Config::read(None).expect("the defaults").limits;
        config.codes.work_rounds = 4_000;
        config.http.trusted_proxies = vec!["127.0.0.1".parse().expect("an address")];
    })
    .await;
    house.clock.stop();
    house.invite(OLGA).await;
    let ada = house.browser("acme");
    ada.sign_in(&house, ADA).await;
    house.run_jobs().await;
    house.wait(TimeDelta::minutes(1));

    // Ada's own row, which is why the attack hurts her: +44 7400 12….
    let row: Vec<String> = (4_000..9_000).map(|n| format!("+44740012{n:04}")).collect();
    let mut sent = Vec::new();
    for hour in row.chunks(1_000) {
        sent.push(ask_from_everywhere(&house, "acme", hour).await);
        house.wait(TimeDelta::hours(1));
    }
    // At once, and then a quarter of the eighty an hour.
    assert!((118..=121).contains(&sent[0]) && sent[1..].iter().all(|hour| (18..=21).contains(hour)), "{sent:?}");

    let again = ask_from_everywhere(&house, "acme", &row[..100]).await;
    assert!(again <= 21, "{again}");
    assert_eq!(ask(&ada, ADA).await.status, StatusCode::ACCEPTED, "her browser is known");
    house.wait(TimeDelta::minutes(1));
    let (another, wants) = (house.browser("acme"), wanted(&ask(&house.browser("acme"), ADA).await));
    assert_eq!(ask_with(&another, ADA, &written(&solved(&wants))).await.status, StatusCode::ACCEPTED, "another works for it");
    for n in 0..12 {
        house.browser("acme").sign_in(&house, &stranger(n)).await;
    }
    house.browser("bravo").sign_in(&house, &stranger(50)).await;

    house.run_jobs().await;
    let letters = house.sent_to(OLGA);
    assert_eq!(letters.len(), 1, "{letters:?}");
    assert!(letters[0].contains("Codes for numbers that begin with +44740012… ran out"), "{}", letters[0]);
    let alarms: String = house.value("select string_agg(kind || ' ' || numbers || ' ' || country, ', ') from alarms").await;
    assert_eq!(alarms, "prefix +44740012 GB");
    let page = house.operator(OLGA).await.get("/alarms").await;
    assert!(page.text.contains("Codes for numbers that begin with +44740012…") && page.text.contains("refused lately"), "{}", page.text);

    house.wait(TimeDelta::hours(3));
    assert_eq!(ask_from_everywhere(&house, "acme", &row[..200]).await, 120, "three hours later it is as it was before");
}

#[tokio::test]
async fn what_is_entered_makes_more_room_and_what_is_not_makes_none() {
    let house = House::open_with(|config| config.limits.unproven = Allowance { burst: 2.0, per_hour: 0.0 }).await;
    for n in 0..120 {
        house.browser("acme").sign_in(&house, &stranger(n)).await;
    }
    house.wait(TimeDelta::hours(12));
    let mut sent = 0;
    while ask(&house.browser("acme"), &stranger(200 + sent)).await.status == StatusCode::ACCEPTED {
        sent += 1;
    }
    // A hundred and twenty within the week are seventeen a day, and half a day later sixteen, of which 0.3.
    assert_eq!(sent, 4);
    assert_eq!(ask(&house.browser("bravo"), &stranger(300)).await.status, StatusCode::ACCEPTED);
    assert_eq!(ask(&house.browser("bravo"), &stranger(301)).await.status, StatusCode::ACCEPTED);
    assert_eq!(ask(&house.browser("bravo"), &stranger(302)).await.status, StatusCode::TOO_MANY_REQUESTS, "nothing was entered at bravo");
}

#[tokio::test]
async fn work_is_asked_for_when_codes_are_scarce_and_not_before() {
    let house = tense().await;
    assert_eq!(ask_with(&house.browser("bravo"), &stranger(10), "nobody asked").await.status, StatusCode::ACCEPTED);

    let browser = house.browser("acme");
    let payload = solved(&wanted(&ask(&browser, &stranger(11)).await));
    let mut faked = payload.clone();
    faked.solution.counter += 1;
    faked.solution.derived_key = "00".repeat(32);
    let mut easier = payload.clone();
    easier.challenge.parameters.key_prefix = "00".to_owned();
    let mut foreign = payload.clone();
    foreign.challenge.parameters.data.as_mut().expect("data").insert("host".to_owned(), json!("bravo.localhost"));
    let unsigned = Payload { challenge: Challenge { signature: None, ..payload.challenge.clone() }, ..payload.clone() };
    for (what, bad) in [("faked", &faked), ("easier", &easier), ("foreign", &foreign), ("unsigned", &unsigned)] {
        wanted(&ask_with(&browser, &stranger(11), &written(bad)).await);
        assert_eq!(house.value::<i64>("select count(*) from used_proofs").await, 0, "{what}");
    }
    let long = STANDARD.encode(format!("{}{}", serde_json::to_string(&payload).expect("JSON"), " ".repeat(4_000)));
    for garbage in ["x", "{}", &STANDARD.encode("{}"), &STANDARD.encode("\u{0}"), &"A".repeat(4_000), &"A".repeat(4_001), &long] {
        wanted(&ask_with(&browser, &stranger(11), garbage).await);
    }

    assert_eq!(ask_with(&browser, &stranger(11), &written(&payload)).await.status, StatusCode::ACCEPTED);
    wanted(&ask_with(&house.browser("acme"), &stranger(12), &written(&payload)).await);
    house.run_jobs().await;
    assert_eq!((house.sent_to(&stranger(11)).len(), house.sent_to(&stranger(12)).len()), (1, 0), "once");
}

#[tokio::test]
async fn a_proof_is_good_at_its_own_counter_and_for_five_minutes() {
    let house = tense().await;
    for n in 20..23 {
        assert_eq!(ask(&house.browser("bravo"), &stranger(n)).await.status, StatusCode::ACCEPTED);
    }
    let of_acme = written(&solved(&wanted(&ask(&house.browser("acme"), &stranger(30)).await)));
    wanted(&ask_with(&house.browser("bravo"), &stranger(30), &of_acme).await);
    house.wait(TimeDelta::seconds(299));
    assert_eq!(ask_with(&house.browser("acme"), &stranger(30), &of_acme).await.status, StatusCode::ACCEPTED);
    let late = written(&solved(&wanted(&ask(&house.browser("acme"), &stranger(31)).await)));
    house.wait(TimeDelta::seconds(301));
    wanted(&ask_with(&house.browser("acme"), &stranger(31), &late).await);
}

#[tokio::test]
async fn a_proof_of_which_nothing_came_stays_good() {
    let house = House::open_with(|config| {
        (config.limits.unproven, config.codes.work_rounds) = (THREE, 4_000);
        config.limits.tenant = Allowance { burst: 4.0, per_hour: 60.0 };
    })
    .await;
    house.clock.stop();
    for n in 0..3 {
        assert_eq!(ask(&house.browser("acme"), &stranger(n)).await.status, StatusCode::ACCEPTED);
    }
    let browser = house.browser("acme");
    let first = written(&solved(&wanted(&ask(&browser, &stranger(3)).await)));
    let second = written(&solved(&wanted(&ask(&browser, &stranger(4)).await)));
    assert_eq!(ask_with(&browser, &stranger(3), &first).await.status, StatusCode::ACCEPTED);
    assert_eq!(ask_with(&browser, &stranger(3), &second).await.status, StatusCode::ACCEPTED, "asked too soon: nothing is sent");
    assert_eq!(ask_with(&browser, &stranger(4), &second).await.status, StatusCode::TOO_MANY_REQUESTS, "all texts of acme are used up");
    house.wait(TimeDelta::seconds(61));
    assert_eq!(ask_with(&browser, &stranger(4), &second).await.status, StatusCode::ACCEPTED);
}

#[tokio::test]
async fn a_proof_brought_by_many_at_once_lets_one_through() {
    let house = tense().await;
    let work = written(&solved(&wanted(&ask(&house.browser("acme"), &stranger(40)).await)));
    let browsers: Vec<Browser> = (0..8).map(|_| house.browser("acme")).collect();
    let numbers: Vec<String> = (41..49).map(stranger).collect();
    let asked = browsers.iter().zip(&numbers).map(|(browser, number)| ask_with(browser, number, &work));
    let sent = join_all(asked).await.iter().filter(|answer| answer.status == StatusCode::ACCEPTED).count();
    assert_eq!(sent, 1);
}

#[tokio::test]
async fn work_becomes_harder_and_ends_but_not_for_browsers_that_are_known() {
    let house = House::open_with(|config| {
        config.limits.unproven = Allowance { burst: 4.0, per_hour: 0.0 };
        config.codes.work_rounds = 8_000;
    })
    .await;
    house.clock.stop();
    let ada = house.browser("acme");
    ada.sign_in(&house, ADA).await;
    house.wait(TimeDelta::minutes(1));
    for n in 50..54 {
        assert_eq!(ask(&house.browser("acme"), &stranger(n)).await.status, StatusCode::ACCEPTED);
    }
    let mut tries = Vec::new();
    for n in 60..64 {
        let payload = solved(&wanted(&ask(&house.browser("acme"), &stranger(n)).await));
        tries.push(payload.solution.counter);
        assert_eq!(ask_with(&house.browser("acme"), &stranger(n), &written(&payload)).await.status, StatusCode::ACCEPTED);
    }
    assert!(tries[3] >= 32 && tries[3] > tries[0], "{tries:?}");
    for phone in [DAN, CAT] {
        let over = ask(&house.browser("acme"), phone).await;
        assert_eq!((over.status, &over.value()["proof_of_work"]), (StatusCode::TOO_MANY_REQUESTS, &Value::Null), "it is over");
    }
    for _ in 0..6 {
        assert_eq!(ask(&ada, ADA).await.status, StatusCode::ACCEPTED);
        house.wait(TimeDelta::seconds(31));
    }
    house.browser("bravo").sign_in(&house, BEN).await;
}

#[tokio::test]
async fn the_page_asks_for_work_too_and_says_what_to_do_without_javascript() {
    let house = tense().await;
    let (known, unknown) = (house.browser("acme"), house.browser("acme"));
    let mut lengths = Vec::new();
    for (browser, phone) in [(&known, "07400 123001"), (&unknown, "07400 123004")] {
        let page = browser.form("/codes", &[("phone", phone)]).await;
        assert_eq!((page.status, page.header("retry-after")), (StatusCode::TOO_MANY_REQUESTS, "3600"));
        assert!(page.text.contains("it needs JavaScript") && page.text.contains("You can try again"), "{}", page.text);
        lengths.push(page.text.len());
    }
    assert_eq!(lengths[0], lengths[1], "of a customer and of nobody");
    let page = known.form("/codes", &[("phone", "07400 123001"), ("proof_of_work", "")]).await;
    snapshot("sign_in-work", &page);
    let work = page.text.split("data-work=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("work");
    let challenge: Challenge = serde_json::from_str(&work.replace("&#34;", "\"").replace("&quot;", "\"")).expect("a challenge");
    let sent = known.form("/codes", &[("phone", "07400 123001"), ("proof_of_work", &written(&solved(&challenge)))]).await;
    assert_eq!((sent.status, sent.header("location")), (StatusCode::SEE_OTHER, "/code"));
    house.run_jobs().await;
    assert_eq!(known.answer(ADA, &house.code_for(ADA).await).await.status, StatusCode::CREATED);
}

#[tokio::test]
async fn one_wholesalers_texts_are_used_up_and_another_sends_and_known_browsers_have_some_left() {
    let house = House::open_with(|config| config.limits.tenant = Allowance { burst: 4.0, per_hour: 0.0 }).await;
    house.clock.stop();
    house.invite(OLGA).await;
    let ada = house.browser("acme");
    ada.sign_in(&house, ADA).await;
    house.wait(TimeDelta::minutes(1));
    for n in 70..73 {
        assert_eq!(ask(&house.browser("acme"), &stranger(n)).await.status, StatusCode::ACCEPTED);
    }
    for n in 73..79 {
        let refused = ask(&house.browser("acme"), &stranger(n)).await;
        assert_eq!(
            (refused.status, &refused.value()["proof_of_work"]),
            (StatusCode::TOO_MANY_REQUESTS, &Value::Null),
            "no work buys texts"
        );
    }
    for _ in 0..2 {
        assert_eq!(ask(&ada, ADA).await.status, StatusCode::ACCEPTED, "half as many are kept for those");
        house.wait(TimeDelta::seconds(31));
    }
    assert_eq!(ask(&ada, ADA).await.status, StatusCode::TOO_MANY_REQUESTS, "and no more");
    house.browser("bravo").sign_in(&house, BEN).await;
    house.run_jobs().await;
    let letters = house.sent_to(OLGA);
    assert_eq!(letters.len(), 1, "{letters:?}");
    let olga = house.operator(OLGA).await;
    snapshot("console_alarms-index", &olga.get("/alarms").await);
    house.wait(TimeDelta::days(1));
    let over = house.operator(OLGA).await.get("/alarms").await;
    assert!(over.text.contains("Over"), "{}", over.text);
    house.change("delete from alarms").await;
    snapshot("console_alarms-index_nothing", &house.operator(OLGA).await.get("/alarms").await);
    assert!(letters[0].contains("All texts of Acme Wholesale ran out"), "{}", letters[0]);
}

#[tokio::test]
async fn what_is_counted_is_forgotten_and_alarms_are_kept_a_season() {
    let house = tense().await;
    let browser = house.browser("acme");
    let work = written(&solved(&wanted(&ask(&browser, &stranger(80)).await)));
    assert_eq!(ask_with(&browser, &stranger(80), &work).await.status, StatusCode::ACCEPTED);
    for n in 81..90 {
        ask(&house.browser("acme"), &stranger(n)).await;
    }
    let counts = "select (select count(*) from used_proofs) || ' ' || (select count(*) from alarms)";
    assert_eq!(house.value::<String>(counts).await, "1 1");
    house.wait(TimeDelta::days(2));
    challenges::sweep(&house.app.house).await.expect("swept");
    assert_eq!(house.value::<String>(counts).await, "0 1");
    assert_eq!(house.value::<i64>("select count(*) from allowances").await, 0, "nothing was proven");
    house.wait(TimeDelta::days(90));
    challenges::sweep(&house.app.house).await.expect("swept");
    assert_eq!(house.value::<String>(counts).await, "0 0");
}
