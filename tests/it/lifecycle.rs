//! What the platform does with a tenant, and how every door of every process follows: suspending and opening again. What
//! every route does in each state is in `isolation.rs`; another name is in `renaming.rs`.

use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::TimeDelta;
use http::StatusCode;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tradecounter::audit::Actor;
use tradecounter::error::{Error, Result};
use tradecounter::ids::TenantId;
use tradecounter::tenants::lifecycle;
use uuid::Uuid;

use crate::house::{ADA, Answer, Browser, CAT, DAN, House};

const REASON: &str = "Unpaid since May";

/// One of the platform's people.
pub fn operator() -> Actor {
    Actor::of_platform(Uuid::now_v7(), "Olu Ade")
}

pub async fn id(house: &House, slug: &str) -> TenantId {
    house.tenant(slug).await.into()
}

async fn suspend(house: &House, slug: &str) -> Result<()> {
    lifecycle::suspend(&house.app.house, id(house, slug).await, REASON, operator()).await
}

async fn reactivate(house: &House, slug: &str) -> Result<()> {
    lifecycle::reactivate(&house.app.house, id(house, slug).await, operator()).await
}

pub fn is_conflict(done: &Result<()>) -> bool {
    matches!(done, Err(Error::Conflict(_)))
}

/// The type of a problem.
fn problem(answer: &Answer) -> String {
    answer.value()["type"].as_str().unwrap_or_default().trim_start_matches("urn:tradecounter:problem:").to_owned()
}

/// Where an answer leads, without the host.
fn way(answer: &Answer) -> String {
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{answer:?}");
    let (_, rest) = answer.header("location").split_once("://").expect("another host");
    rest[rest.find('/').expect("a path")..].to_owned()
}

/// A process that hears what the database tells, until it is told to stop.
pub struct Listening {
    /// Looked over when the test is done, like every house.
    _house: House,
    pub at: std::net::SocketAddr,
    tell_stop: watch::Sender<bool>,
    running: JoinHandle<()>,
}

impl Listening {
    /// A second process beside this one.
    pub async fn beside(first: &House) -> Self {
        let house = first.beside().await;
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let at = listener.local_addr().expect("an address");
        let (tell_stop, stop) = watch::channel(false);
        let (app, address) = (Arc::clone(&house.app), house.address.clone());
        let running = tokio::spawn(async move { app.run(address, listener, stop).await });
        Self { _house: house, at, tell_stop, running }
    }

    /// Somebody at a counter of this process.
    pub fn browser(&self, slug: &str) -> Browser {
        Browser::facing(self.at, slug)
    }

    pub async fn stop(self) {
        self.tell_stop.send(true).expect("somebody listens");
        tokio::time::timeout(Duration::from_secs(10), self.running).await.expect("it stops").expect("without a panic");
    }
}

/// Asks until it is answered like this; what is remembered would do for a minute.
pub async fn becomes(browser: &Browser, path: &str, status: u16) -> Answer {
    let give_up = Instant::now() + Duration::from_secs(20);
    loop {
        let answer = browser.get(path).await;
        if answer.status.as_u16() == status {
            return answer;
        }
        assert!(Instant::now() < give_up, "{path} of {} is not {status}: {answer:?}", browser.host);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn a_suspended_counter_is_closed_to_customers_and_open_to_staff_who_look() {
    let house = House::open().await;
    house.change("update tenants set contact_phone = '+44 20 7946 0107', contact_email = 'trade@acme.example' where slug = 'acme'").await;
    let (ada, owner) = (house.customer("acme", ADA).await, house.staff("acme", "owner").await);
    let customers = owner.get("/api/v1/office/customers").await.value();
    let one = format!("/api/v1/office/customers/{}/suspension", customers["items"][0]["id"].as_str().expect("an id"));
    suspend(&house, "acme").await.expect("a suspension");

    let page = ada.get("/").await;
    assert_eq!(page.status, StatusCode::FORBIDDEN, "{page:?}");
    for word in ["Acme Wholesale is closed at the moment", "020 7946 0107", "trade@acme.example"] {
        assert!(page.text.contains(word), "{word}: {page:?}");
    }
    assert!(!page.text.contains(REASON) && page.header("set-cookie").is_empty(), "{page:?}");
    let me = ada.get("/api/v1/me").await;
    assert_eq!((me.status, problem(&me).as_str()), (StatusCode::FORBIDDEN, "counter-closed"), "{me:?}");
    let asked = house.browser("acme").post("/api/v1/codes", json!({ "phone": DAN })).await;
    assert_eq!((asked.status, problem(&asked).as_str()), (StatusCode::FORBIDDEN, "counter-closed"), "{asked:?}");
    house.run_jobs().await;
    assert!(house.sent_to(DAN).is_empty());
    assert_eq!(house.browser("bravo").get("/").await.status, StatusCode::OK, "the other counter is not touched");

    let office = owner.get("/office/customers").await;
    assert!(office.status == StatusCode::OK && office.text.contains(REASON), "{office:?}");
    let written = owner.post(&one, json!({ "reason": "Late" })).await;
    assert_eq!((written.status, problem(&written).as_str()), (StatusCode::FORBIDDEN, "counter-suspended"), "{written:?}");
    assert!(written.text.contains(REASON), "{written:?}");
    let picker = house.staff("acme", "picker").await;
    assert_eq!(picker.get("/office").await.status, StatusCode::OK, "a code by mail still opens the office");
    assert_eq!(picker.delete("/api/v1/office/sessions/current").await.status, StatusCode::NO_CONTENT, "and one may leave");
    assert!(!house.browser("").get("/").await.text.contains("Acme Wholesale"), "it is not shown as open");

    reactivate(&house, "acme").await.expect("open again");
    assert_eq!(ada.get("/api/v1/me").await.status, StatusCode::OK, "whoever was signed in goes on");
    assert_eq!(owner.post(&one, json!({ "reason": "Late" })).await.status, StatusCode::OK);
    assert!(!owner.get("/office/customers").await.text.contains(REASON));
}

#[tokio::test]
async fn a_step_that_does_not_fit_is_refused_and_every_step_is_written_down_with_its_actor() {
    let house = House::open().await;
    let (shared, acme) = (&house.app.house, id(&house, "acme").await);
    house.change("update tenants set status = 'demo' where slug = 'acme'").await;
    assert!(is_conflict(&reactivate(&house, "acme").await), "it is not suspended");
    for reason in [" ", &"x".repeat(501)] {
        let refused = lifecycle::suspend(shared, acme, reason, operator()).await;
        assert!(matches!(&refused, Err(Error::Invalid(fields)) if !fields.of("reason").is_empty()), "{refused:?}");
    }
    let by_nobody = lifecycle::suspend(shared, acme, REASON, Actor::system("a job")).await;
    assert!(matches!(by_nobody, Err(Error::Forbidden)), "{by_nobody:?}");
    let of_nobody = lifecycle::suspend(shared, TenantId::new(), REASON, operator()).await;
    assert!(matches!(of_nobody, Err(Error::NotFound)), "{of_nobody:?}");
    assert_eq!(house.value::<i64>("select count(*) from audit_events").await, 0, "nothing was done");

    suspend(&house, "acme").await.expect("a suspension");
    assert!(is_conflict(&suspend(&house, "acme").await), "once");
    assert_eq!(house.value::<String>("select before_suspension from tenants where slug = 'acme'").await, "demo");
    reactivate(&house, "acme").await.expect("open again");
    assert_eq!(house.value::<String>("select status || status_reason from tenants where slug = 'acme'").await, "demo");
    let written = "select string_agg(concat_ws(' ', actor_kind, actor_name, action, details->>'from', details->>'to', details->>'reason'),
                                     ', ' order by at, event_id) from audit_events where tenant_id = subject_id";
    assert_eq!(
        house.value::<String>(written).await,
        "operator Olu Ade tenant.suspended demo suspended Unpaid since May, operator Olu Ade tenant.reactivated suspended demo"
    );
    for state in ["closing", "purged"] {
        let way_back = if state == "closing" { "'active'" } else { "null" };
        house.change(&format!("update tenants set status = '{state}', before_closing = {way_back} where slug = 'acme'")).await;
        for done in [lifecycle::suspend(shared, acme, REASON, operator()).await, lifecycle::reactivate(shared, acme, operator()).await] {
            assert!(is_conflict(&done), "{state}: {done:?}");
        }
    }
    let stuck = sqlx::query("update tenants set status = 'suspended', before_closing = null where slug = 'acme'")
        .execute(&mut house.admin().await)
        .await;
    assert!(stuck.is_err(), "the database keeps no tenant without its way back");
}

#[tokio::test]
async fn of_many_at_once_one_suspends_and_one_reactivates() {
    let house = House::open().await;
    let suspended = futures_util::future::join_all((0..6).map(|_| suspend(&house, "acme"))).await;
    assert_eq!(suspended.iter().filter(|done| done.is_ok()).count(), 1, "{suspended:?}");
    assert_eq!(suspended.iter().filter(|done| is_conflict(done)).count(), 5, "{suspended:?}");
    let opened = futures_util::future::join_all((0..6).map(|_| reactivate(&house, "acme"))).await;
    assert_eq!(opened.iter().filter(|done| done.is_ok()).count(), 1, "{opened:?}");
    assert_eq!(opened.iter().filter(|done| is_conflict(done)).count(), 5, "{opened:?}");
    assert_eq!(house.value::<i64>("select count(*) from audit_events").await, 2);
}

#[tokio::test]
async fn every_process_shuts_and_opens_with_the_one_that_was_told() {
    let house = House::open().await;
    // Signed in first: what the second process works off lands in its own inbox.
    let (ada, owner) = (house.customer("acme", ADA).await, house.staff("acme", "owner").await);
    let other = Listening::beside(&house).await;
    let (at_acme, at_office) = (other.browser("acme"), other.browser("acme"));
    at_acme.plant("__Host-session", &ada.cookie("__Host-session").expect("a session"));
    at_office.plant("__Host-office", &owner.cookie("__Host-office").expect("a session"));
    becomes(&at_acme, "/api/v1/me", 200).await;
    suspend(&house, "acme").await.expect("a suspension");
    let closed = becomes(&at_acme, "/api/v1/me", 403).await;
    assert_eq!(problem(&closed), "counter-closed");
    assert_eq!(at_office.get("/office").await.status, StatusCode::OK);
    assert_eq!(at_office.form("/office/samples/removal", &[]).await.status, StatusCode::FORBIDDEN);
    reactivate(&house, "acme").await.expect("open again");
    becomes(&at_acme, "/api/v1/me", 200).await;
    other.stop().await;
}

#[tokio::test]
async fn what_is_to_be_said_waits_until_the_counter_is_open_again_however_long() {
    let house = House::open().await;
    let acme = house.tenant("acme").await;
    let dan = house.browser("acme");
    let asked = dan.post("/api/v1/codes", json!({ "phone": DAN })).await;
    assert_eq!(asked.status, StatusCode::ACCEPTED, "{asked:?}");
    let (message, job, now) = (Uuid::now_v7(), Uuid::now_v7(), house.clock.now());
    house
        .change(&format!(
            "insert into messages (tenant_id, message_id, channel, recipient, text, status, created_at)
             values ('{acme}', '{message}', 'sms', '{CAT}', 'Your trade account is open', 'waiting', '{now}');
             insert into jobs (id, lane, kind, for_tenant, subject_id, run_at, created_at)
             values ('{job}', 'texts', 'send_message', '{acme}', '{message}', '{now}', '{now}')"
        ))
        .await;
    suspend(&house, "acme").await.expect("a suspension");
    for _ in 0..3 {
        house.run_jobs().await;
        house.wait(TimeDelta::hours(20));
    }
    assert!(house.sent_to(DAN).is_empty(), "a code to sign in with is of no use there");
    assert!(house.sent_to(CAT).is_empty());
    assert_eq!(house.value::<i16>("select attempts from jobs where kind = 'send_message'").await, 0, "waiting is no try");
    house.run_jobs().await;
    reactivate(&house, "acme").await.expect("open again");
    house.run_jobs().await;
    assert_eq!(house.sent_to(CAT).len(), 1, "it goes as soon as it may");
    assert_eq!(house.value::<i64>("select count(*) from jobs").await, 0);
}

#[tokio::test]
async fn nobody_is_handed_over_to_a_suspended_counter() {
    let house = House::open().await;
    let (at_acme, at_bravo) = (house.customer("acme", CAT).await, house.browser("bravo"));
    let visit = || at_acme.form("/wholesalers/bravo/visit", &[]);
    // A ticket that was made in time is of no use either.
    let back = at_bravo.get(&way(&visit().await)).await;
    let ticket = way(&at_acme.get(&way(&back)).await);
    let second = at_bravo.get(&way(&visit().await)).await;
    suspend(&house, "bravo").await.expect("a suspension");
    assert_eq!(at_bravo.get(&ticket).await.status, StatusCode::FORBIDDEN);
    assert!(at_bravo.cookie("__Host-session").is_none());
    assert_eq!(at_acme.get(&way(&second)).await.status, StatusCode::NOT_FOUND, "no other is made");
    assert_eq!(visit().await.status, StatusCode::NOT_FOUND);
    let listed = at_acme.get("/api/v1/wholesalers").await;
    assert!(listed.text.contains("Acme") && !listed.text.contains("Bravo"), "{listed:?}");
    // Nor by a process that has not heard of it yet: the database is asked.
    let unaware = house.beside().await;
    reactivate(&house, "bravo").await.expect("open again");
    assert_eq!(unaware.browser("bravo").get("/").await.status, StatusCode::OK);
    suspend(&house, "bravo").await.expect("a suspension");
    let late = unaware.browser("acme");
    for name in ["__Host-session", "__Host-departure"] {
        late.plant(name, &at_acme.cookie(name).unwrap_or_else(|| "bravo.localhost".to_owned()));
    }
    let made = late.get(&format!("/departures?to=bravo.localhost&arrival={}", "00".repeat(32))).await;
    assert_eq!(made.status, StatusCode::NOT_FOUND, "{made:?}");
    reactivate(&house, "bravo").await.expect("open again");
    let again = at_bravo.get(&way(&visit().await)).await;
    let arrived = at_bravo.get(&way(&at_acme.get(&way(&again)).await)).await;
    assert_eq!(arrived.status, StatusCode::SEE_OTHER, "{arrived:?}");
    assert_eq!(at_bravo.get("/api/v1/me").await.status, StatusCode::OK);
}
