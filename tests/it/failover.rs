//! Gateways in order: a text goes through the next one whenever the one before certainly has not got it, and never twice from one
//! acceptance. A gateway that keeps failing is left alone, and tried again by one text.

use std::time::{Duration, Instant};

use chrono::TimeDelta;
use http::StatusCode;
use serde_json::json;
use tradecounter::clock::Clock;
use tradecounter::config::Config;
use tradecounter::messages::sms::{GatewayName, Gateways, Refusal, Sent, State, Urgency};

use crate::companions::{Directory, Kannel, free_port, read};
use crate::counterparts::{Doing, Listener, acceptance, gateway, reference};
use crate::house::{ADA, BEN, DAN, House};
use crate::production::{Production, ask_for_a_code, codes, until_the_queue_is_empty};
use crate::secrecy;

const TO: &str = "+447400123456";
const FIRST: GatewayName = GatewayName::Twilio;
const SECOND: GatewayName = GatewayName::Kannel;

/// Two gateways, the first of them at this address.
fn in_order(first: &str, second: &Listener, clock: &Clock) -> Gateways {
    let both = vec![gateway(FIRST, first, 2), gateway(SECOND, &second.base(), 2)];
    Gateways::new(both, Duration::from_secs(1), clock.clone())
}

fn accepted_by(name: GatewayName) -> Result<Sent, Refusal> {
    Ok(Sent { gateway: name, provider_reference: reference(name) })
}

#[tokio::test]
async fn the_next_gateway_is_asked_only_when_the_one_before_certainly_has_not_got_the_text() {
    let refused = |status, code| Doing::say(status, &format!(r#"{{"code": {code}}}"#));
    // What the first does, whether a code then goes to the second, and whether any other text does.
    for (fault, doing, code, ordinary) in [
        ("accepts", acceptance(FIRST), false, false),
        ("refuses our credentials", Doing::say(401, ""), true, true),
        ("asks to try later", Doing::say(429, ""), true, true),
        ("refuses the message", refused(400, 21610), true, true),
        ("is somebody else", Doing::say(404, ""), true, true),
        ("knows no such number", refused(400, 21211), false, false),
        ("has an error", Doing::say(500, ""), false, false),
        ("says what nobody understands", Doing::Say("hello\r\n\r\n".to_owned()), false, false),
        ("accepts and dies", Doing::Say(String::new()), false, false),
        ("hangs", Doing::Hang, true, false),
    ] {
        for (urgency, goes_on) in [(Urgency::Code, code), (Urgency::Ordinary, ordinary)] {
            let (first, second) = (Listener::start(doing.clone()).await, Listener::start(acceptance(SECOND)).await);
            let said = in_order(&first.base(), &second, &Clock::system()).send(TO, "hello", urgency).await;
            let asked = (first.heard().len(), second.heard().len());
            assert_eq!(asked, (1, usize::from(goes_on)), "{fault}, {urgency:?}: {said:?}");
            assert_eq!(said == accepted_by(SECOND), goes_on, "{fault}, {urgency:?}: {said:?}");
        }
    }
    let second = Listener::start(acceptance(SECOND)).await;
    let nobody = format!("http://127.0.0.1:{}", free_port());
    for urgency in [Urgency::Code, Urgency::Ordinary] {
        let gateways = in_order(&nobody, &second, &Clock::system());
        assert_eq!(gateways.send(TO, "hello", urgency).await, accepted_by(SECOND), "nobody is there");
    }
}

/// Whether the job tries again is decided by all of them together: not when one may have the text, and not for a number that is none.
#[tokio::test]
async fn what_all_of_them_refuse_is_tried_later_only_when_none_may_have_it() {
    let refused = |code: u32| Doing::say(400, &format!(r#"{{"code": {code}}}"#));
    let unreachable = || Doing::say(404, "");
    for (first, second, comes_to) in [
        (Doing::Hang, unreachable(), Refusal::TimedOut),
        (Doing::Hang, Doing::say(400, "Number(s) has/have been denied"), Refusal::TimedOut),
        (unreachable(), Doing::say(500, ""), Refusal::Unknown("HTTP 500".to_owned())),
        (unreachable(), Doing::say(429, ""), Refusal::RateLimited),
        (unreachable(), Doing::say(403, "Not routable."), Refusal::Unreachable),
        (refused(21610), unreachable(), Refusal::Unreachable),
        (refused(21610), Doing::say(403, "Not routable."), Refusal::Rejected("HTTP 403, no route to this number".to_owned())),
        (unreachable(), Doing::say(400, "Number(s) has/have been denied"), Refusal::InvalidRecipient),
    ] {
        let (first, second) = (Listener::start(first).await, Listener::start(second).await);
        let said = in_order(&first.base(), &second, &Clock::system()).send(TO, "hello", Urgency::Code).await;
        assert_eq!(said, Err(comes_to));
        assert_eq!((first.heard().len(), second.heard().len()), (1, 1));
    }
}

#[tokio::test]
async fn a_gateway_that_keeps_failing_is_left_alone_and_one_text_tries_it_again() {
    let clock = Clock::system();
    let (first, second) = (Listener::start(Doing::say(401, "")).await, Listener::start(acceptance(SECOND)).await);
    let gateways = in_order(&first.base(), &second, &clock);
    let send = async || gateways.send(TO, "hello", Urgency::Ordinary).await;
    let state = || gateways.seen()[0].state;
    for sent in 1..=8 {
        assert_eq!(send().await, accepted_by(SECOND));
        assert_eq!((first.heard().len(), second.heard().len()), (sent.min(5), sent), "after five it is not asked");
    }
    let seen = gateways.seen();
    assert!(matches!(seen[0].state, State::Resting(until) if until > clock.now()), "{seen:?}");
    assert_eq!((seen[0].accepted, seen[0].not_accepted, seen[1].accepted, seen[1].not_accepted), (0, 5, 8, 0));
    assert_eq!(seen[0].last.as_ref().map(|(_, words)| words.as_str()), Some("it refuses our credentials"));

    // It still does not work: one tries, while the others pass by.
    clock.advance(TimeDelta::seconds(31));
    first.does(Doing::say(401, "").late(Duration::from_millis(300)));
    let together = futures_util::future::join_all((0..4).map(|_| send())).await;
    assert!(together.iter().all(|sent| *sent == accepted_by(SECOND)), "{together:?}");
    assert_eq!((first.heard().len(), second.heard().len()), (6, 12));
    clock.advance(TimeDelta::seconds(31));
    assert_eq!((send().await, first.heard().len()), (accepted_by(SECOND), 6), "the second pause is longer");

    clock.advance(TimeDelta::seconds(31));
    first.does(acceptance(FIRST));
    assert_eq!(send().await, accepted_by(FIRST));
    assert_eq!((send().await, state()), (accepted_by(FIRST), State::Working));
    clock.advance(TimeDelta::hours(2));
    assert_eq!((gateways.seen()[0].accepted, gateways.seen()[0].not_accepted), (0, 0), "of the last hour alone");
}

/// What a gateway says of a message says nothing of the gateway.
#[tokio::test]
async fn refused_messages_do_not_make_a_gateway_one_that_fails() {
    for doing in [Doing::say(400, r#"{"code": 21610}"#), Doing::say(400, r#"{"code": 21211}"#)] {
        let (first, second) = (Listener::start(doing).await, Listener::start(acceptance(SECOND)).await);
        let gateways = in_order(&first.base(), &second, &Clock::system());
        for sent in 1..=7 {
            let _ = gateways.send(TO, "hello", Urgency::Ordinary).await;
            assert_eq!((first.heard().len(), gateways.seen()[0].state), (sent, State::Working));
        }
    }
}

#[tokio::test]
async fn while_the_only_gateway_rests_nothing_is_tried_and_everything_waits() {
    let first = Listener::start(Doing::say(401, "")).await;
    let house = House::open_with(|config| {
        config.sms.gateways = vec![FIRST];
        first.stands_in(&mut config.sms, FIRST);
    })
    .await;
    for number in 0..7 {
        let browser = house.browser("acme");
        let asked = browser.post("/api/v1/codes", json!({ "phone": format!("+44740012310{number}") })).await;
        assert_eq!(asked.status, StatusCode::ACCEPTED, "{asked:?}");
    }
    house.run_jobs().await;
    assert_eq!(first.heard().len(), 5);
    assert_eq!(house.value::<i64>("select count(*) from jobs where given_up_at is null and run_at > created_at").await, 7, "all wait");
    assert_eq!(house.value::<i64>("select count(*) from jobs where last_error = 'no gateway works at the moment'").await, 2);
    first.does(acceptance(FIRST));
    house.wait(TimeDelta::seconds(31));
    house.run_jobs().await;
    assert_eq!((first.heard().len(), house.value::<i64>("select count(*) from jobs").await), (12, 0), "and then all go");
    hold_codes(&first);
}

/// So that they are looked for in what was logged.
fn hold_codes(listener: &Listener) -> Vec<String> {
    let codes: Vec<String> = listener.heard().iter().filter_map(|heard| code_of(heard)).collect();
    codes.iter().for_each(|code| secrecy::hold_message(TO, &format!("Your code: {code}")));
    codes
}

/// The code in a request that carries a text.
fn code_of(request: &str) -> Option<String> {
    let (_, after) = request.split_once("%23").or_else(|| request.split_once('#'))?;
    after.get(..6).map(ToOwned::to_owned)
}

#[tokio::test]
async fn with_the_first_gateway_down_slow_or_refusing_a_code_arrives_through_the_second_within_ten_seconds() {
    let slow = acceptance(FIRST).late(Duration::from_secs(20));
    for (fault, doing, asked_first) in
        [("down", None, 0), ("slow", Some(slow), 1), ("hanging", Some(Doing::Hang), 1), ("refusing", Some(Doing::say(403, "")), 1)]
    {
        let (first, second) = (Listener::start(doing.clone().unwrap_or(Doing::Hang)).await, Listener::start(acceptance(SECOND)).await);
        let house = House::open_with(|config| {
            config.sms.gateways = vec![FIRST, SECOND];
            first.stands_in(&mut config.sms, FIRST);
            second.stands_in(&mut config.sms, SECOND);
            if doing.is_none() {
                config.sms.twilio.url = format!("http://127.0.0.1:{}", free_port());
            }
        })
        .await;
        let browser = house.browser("acme");
        let began = Instant::now();
        browser.post("/api/v1/codes", json!({ "phone": ADA })).await;
        house.run_jobs().await;
        assert!(began.elapsed() < Duration::from_secs(10), "{fault}: {:?}", began.elapsed());
        let codes = hold_codes(&second);
        assert_eq!((first.heard().len(), codes.len()), (asked_first, 1), "{fault}");
        assert!(hold_codes(&first).iter().all(|code| *code == codes[0]), "{fault}: one and the same code");
        assert_eq!(house.value::<i64>("select count(*) from jobs").await, 0, "{fault}: and that is all");
        let opened = browser.post("/api/v1/sessions", json!({ "phone": ADA, "code": codes[0] })).await;
        assert_eq!(opened.status, StatusCode::CREATED, "{fault}: {opened:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn however_many_workers_there_are_a_gateway_gets_each_text_once() {
    let listener = Listener::start(acceptance(SECOND).late(Duration::from_millis(200))).await;
    let through_it = |config: &mut Config| {
        config.sms.gateways = vec![SECOND];
        listener.stands_in(&mut config.sms, SECOND);
    };
    let house = House::open_with(through_it).await;
    let other = house.beside_with(through_it).await;
    for phone in [ADA, BEN, DAN] {
        house.browser("acme").post("/api/v1/codes", json!({ "phone": phone })).await;
    }
    futures_util::future::join_all([&house, &other, &house, &other].map(House::run_jobs)).await;
    for phone in [ADA, BEN, DAN] {
        let heard = listener.heard().iter().filter(|heard| heard.contains(&phone[1..])).count();
        assert_eq!(heard, 1, "{phone}");
    }
    hold_codes(&listener);
}

/// The real server, the real Kannel as the second gateway, and numbers for whoever watches.
#[tokio::test]
async fn what_becomes_of_gateways_stands_in_the_metrics_beside_kannel() {
    let house = House::open().await;
    let first = Listener::start(Doing::say(200, r#"{"messages":[{"status":"4"}]}"#)).await;
    let directory = Directory::new("failover-metrics");
    let kannel = Kannel::start(&directory, free_port()).await;
    let gateways = format!("gateways = ['vonage', 'kannel']\n{}", first.vonage_toml());
    let mut production = Production::with_gateways(&house, "metrics", &gateways, kannel.port);
    let _server = production.start().await;
    let before = read(production.internal_port, "/metrics").await;
    assert!(
        before.contains("sms_breaker_open{gateway=\"vonage\"} 0") && before.contains("sms_breaker_open{gateway=\"kannel\"} 0"),
        "{before}"
    );
    let phones: Vec<String> = (0..6).map(|number| format!("+44740012320{number}")).collect();
    for phone in &phones {
        ask_for_a_code(&production.browser("acme"), phone).await;
        until_the_queue_is_empty(&house).await;
    }
    for phone in &phones {
        kannel.until_received(&format!(" {phone} ")).await;
        assert_eq!(codes(&kannel, phone).len(), 1, "{phone}");
    }
    assert_eq!(first.heard().len(), 5, "the sixth was not tried");
    let after = read(production.internal_port, "/metrics").await;
    for line in [
        "sms_breaker_open{gateway=\"vonage\"} 1",
        "sms_breaker_open{gateway=\"kannel\"} 0",
        "sms_handed_over{gateway=\"vonage\",outcome=\"authentication\"} 5",
        "sms_handed_over{gateway=\"kannel\",outcome=\"accepted\"} 6",
        "sms_code_accepted_seconds_bucket{le=\"10\"} 6",
        "sms_code_accepted_seconds_count 6",
    ] {
        assert!(after.lines().any(|said| said == line), "no {line:?} in\n{after}");
    }
}
