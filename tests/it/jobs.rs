//! The queue when things fail: tried again with growing pauses, given up where somebody can see it; a panic ends
//! one try and nothing else, and one carrier's trouble is not the other's.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use regex::Regex;
use serde_json::json;
use sqlx::{AssertSqlSafe, Row};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tradecounter::clock::Clock;
use tradecounter::config::MailCarrierName;
use tradecounter::error::Result;
use tradecounter::ids::TenantId;
use tradecounter::jobs::worker::{Runner, Turns, run_next};
use tradecounter::jobs::{Claimed, Job, Lane, Outcome};
use tradecounter::messages::email::SmtpTls;
use tradecounter::messages::sms::GatewayName;
use uuid::Uuid;

use crate::companions::until;
use crate::house::{ADA, DAN, House};

/// A house whose SMS gateway does not answer: nothing listens there.
async fn house_without_texts() -> House {
    House::open_with(|config| {
        config.sms.gateways = vec![GatewayName::Kannel];
        config.sms.kannel.url = "http://127.0.0.1:9/cgi-bin/sendsms".to_owned();
        config.sms.kannel.timeout_seconds = 2;
    })
    .await
}

/// Puts a text into acme's outbox, as a decision would.
async fn queue_a_text(house: &House) {
    let (tenant, message, job, now) = (house.tenant("acme").await, Uuid::now_v7(), Uuid::now_v7(), house.clock.now());
    house
        .change(&format!(
            "insert into messages (tenant_id, message_id, channel, recipient, text, status, created_at)
             values ('{tenant}', '{message}', 'sms', '{DAN}', 'Your trade account is open', 'waiting', '{now}');
             insert into jobs (id, lane, kind, for_tenant, subject_id, run_at, created_at)
             values ('{job}', 'texts', 'send_message', '{tenant}', '{message}', '{now}', '{now}')"
        ))
        .await;
}

#[tokio::test]
async fn what_fails_is_tried_again_for_a_day_after_growing_pauses_and_given_up_where_it_is_seen() {
    let house = house_without_texts().await;
    house.clock.stop();
    let began = house.clock.now();
    queue_a_text(&house).await;
    let mut pauses = Vec::new();
    loop {
        let before = house.clock.now();
        house.run_jobs().await;
        let run_at: Option<DateTime<Utc>> = house.value("select min(run_at) from jobs where given_up_at is null").await;
        let Some(run_at) = run_at else { break };
        pauses.push((run_at - before).as_seconds_f64());
        assert_eq!(usize::try_from(house.value::<i16>("select attempts from jobs").await), Ok(pauses.len()), "once, not over and over");
        assert_eq!(house.value::<String>("select status from messages").await, "waiting");
        house.wait(run_at - house.clock.now() + TimeDelta::milliseconds(1));
    }
    let least = [2, 4, 8, 16, 32, 64, 128, 256, 512, 1_024].into_iter().chain(std::iter::repeat(1_800));
    for (pause, least) in pauses.iter().zip(least) {
        assert!((f64::from(least)..=f64::from(least) * 1.25 + 0.1).contains(pause), "{least}: {pauses:?}");
    }
    assert!(pauses.windows(2).skip(10).any(|two| (two[0] - two[1]).abs() > 1.0), "not all come back at once: {pauses:?}");
    let tried_for = house.clock.now() - began;
    assert!((TimeDelta::hours(24)..TimeDelta::hours(25)).contains(&tried_for), "{tried_for}");
    assert_eq!(house.value::<String>("select last_error from jobs where given_up_at is not null").await, "the carrier cannot be reached");
    assert_eq!(house.value::<String>("select status from messages").await, "failed", "the outbox says so, too");
    let attempts: i16 = house.value("select attempts from jobs").await;
    house.wait(TimeDelta::days(1));
    house.run_jobs().await;
    assert_eq!(house.value::<i16>("select attempts from jobs").await, attempts, "and that is the end of it");
}

/// Runs every job in vain, and takes its time.
struct Slow(Clock);

impl Runner for Slow {
    async fn run(self: Arc<Self>, _: Claimed) -> Result<Outcome> {
        self.0.advance(TimeDelta::seconds(20));
        Ok(Outcome::Later("nothing was heard".to_owned()))
    }
}

#[tokio::test]
async fn the_pause_begins_when_the_try_has_failed_however_long_that_took() {
    let house = House::open().await;
    house.clock.stop();
    queue_a_text(&house).await;
    let slow = Arc::new(Slow(house.clock.clone()));
    assert!(run_next(&house.app.house, &slow, &Lane::ALL, &mut Turns::default()).await.expect("the worker lives"));
    let run_at: DateTime<Utc> = house.value("select run_at from jobs").await;
    assert!(run_at - house.clock.now() > TimeDelta::seconds(1), "{run_at}");
}

/// Notes what it is given to run.
#[derive(Default)]
struct Notes(Mutex<Vec<Job>>);

impl Runner for Notes {
    async fn run(self: Arc<Self>, claimed: Claimed) -> Result<Outcome> {
        self.0.lock().expect("notes").push(claimed.job);
        Ok(Outcome::Done)
    }
}

#[tokio::test]
async fn a_code_goes_ahead_of_everything_that_waits_longer() {
    let house = House::open().await;
    for _ in 0..20 {
        queue_a_text(&house).await;
    }
    house.wait(TimeDelta::minutes(1));
    house.browser("acme").post("/api/v1/codes", json!({ "phone": ADA })).await;
    let notes = Arc::new(Notes::default());
    let mut turns = Turns::default();
    while run_next(&house.app.house, &notes, &[Lane::TextCodes, Lane::Texts], &mut turns).await.expect("the worker lives") {}
    let done = notes.0.lock().expect("notes").clone();
    assert_eq!(done.len(), 21);
    assert!(matches!(done[0], Job::SendCode(_)), "{done:?}");
}

#[tokio::test]
async fn tenants_take_turns_however_much_one_of_them_has_to_say() {
    let house = House::open().await;
    for _ in 0..30 {
        queue_a_text(&house).await;
    }
    house.change("insert into jobs (id, lane, kind, for_tenant, subject_id, run_at, created_at)
                  select gen_random_uuid(), 'texts', 'send_message', t.id, gen_random_uuid(), j.run_at + n * interval '1 second', j.created_at
                    from tenants t, (select max(run_at) as run_at, max(created_at) as created_at from jobs) j, generate_series(1, 3) n where slug = 'bravo'").await;
    house.wait(TimeDelta::minutes(1));
    let tenants = Arc::new(TenantsInTurn::default());
    let mut turns = Turns::default();
    while run_next(&house.app.house, &tenants, &[Lane::Texts], &mut turns).await.expect("the worker lives") {}
    let bravo = Some(house.tenant("bravo").await.into());
    let done = tenants.0.lock().expect("notes").clone();
    let at: Vec<usize> = done.iter().enumerate().filter(|(_, tenant)| **tenant == bravo).map(|(at, _)| at).collect();
    assert_eq!((done.len(), at.len()), (33, 3));
    assert!(at[2] <= 5, "every second one, as long as both have something: {at:?}");
}

/// Notes whose jobs it runs.
#[derive(Default)]
struct TenantsInTurn(Mutex<Vec<Option<TenantId>>>);

impl Runner for TenantsInTurn {
    async fn run(self: Arc<Self>, claimed: Claimed) -> Result<Outcome> {
        self.0.lock().expect("notes").push(claimed.tenant);
        Ok(Outcome::Done)
    }
}

/// A mail server that lets everybody in and says nothing; and how many it has let in.
async fn silent_mail_server() -> (u16, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let guests = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&guests);
    tokio::spawn(async move {
        let mut kept = Vec::new();
        while let Ok((guest, _)) = listener.accept().await {
            kept.push(guest);
            counted.store(kept.len(), Ordering::Relaxed);
        }
    });
    (port, guests)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_the_mail_server_hangs_codes_and_decisions_go_out_by_text() {
    let (port, guests) = silent_mail_server().await;
    let house = House::open_with(|config| {
        config.email.carrier = MailCarrierName::Smtp;
        config.email.smtp.host = "127.0.0.1".to_owned();
        config.email.smtp.port = port;
        config.email.smtp.tls = SmtpTls::None;
        config.email.smtp.timeout_seconds = 45;
    })
    .await;
    for _ in 0..9 {
        let asked = house.browser("acme").post("/api/v1/office/codes", json!({ "email": "owner@acme.example" })).await;
        assert_eq!(asked.status, 202, "{asked:?}");
    }
    let (tenant, now) = (house.tenant("acme").await, house.clock.now());
    house
        .change(&format!(
            "with letters as (insert into messages (tenant_id, message_id, channel, recipient, text, status, created_at)
               select '{tenant}', gen_random_uuid(), 'email', 'owner@acme.example', 'Somebody asks', 'waiting', '{now}'
                 from generate_series(1, 9) returning message_id)
             insert into jobs (id, lane, kind, for_tenant, subject_id, run_at, created_at)
             select message_id, 'letters', 'send_message', '{tenant}', message_id, '{now}', '{now}' from letters"
        ))
        .await;
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let (_running, stop) = watch::channel(false);
    let (app, address) = (Arc::clone(&house.app), house.address.clone());
    tokio::spawn(async move { app.run(address, listener, stop).await });
    until("each worker that may has a mail in hand", Duration::from_secs(30), || guests.load(Ordering::Relaxed) >= 3).await;

    house.browser("acme").post("/api/v1/codes", json!({ "phone": ADA })).await;
    queue_a_text(&house).await;
    // Far less than the mail server is waited for, and far more than it takes.
    let all_sent = || house.sent_to(ADA).len() == 1 && house.sent_to(DAN).len() == 1;
    until("the code and the decision are sent", Duration::from_secs(15), all_sent).await;
    assert_eq!(house.value::<i64>("select count(*) from jobs where lane in ('mail_codes', 'letters')").await, 18, "no mail went meanwhile");
}

#[tokio::test]
async fn a_code_that_could_not_be_sent_in_its_life_is_not_sent_after_it() {
    let house = House::open_with(|config| {
        config.email.carrier = MailCarrierName::Smtp;
        config.email.smtp.host = "127.0.0.1".to_owned();
        config.email.smtp.port = 9;
    })
    .await;
    let browser = house.browser("acme");
    browser.post("/api/v1/office/codes", json!({ "email": "owner@acme.example" })).await;
    house.run_jobs().await;
    assert_eq!(house.value::<i16>("select attempts from jobs").await, 1);
    house.wait(TimeDelta::minutes(5));
    house.run_jobs().await;
    assert_eq!(house.value::<i64>("select count(*) from jobs").await, 0);
}

#[tokio::test]
async fn a_job_that_nobody_knows_is_given_up_and_the_next_one_runs() {
    let house = House::open().await;
    house
        .change("insert into jobs (id, kind, subject_id, run_at, created_at) values (gen_random_uuid(), 'dance', gen_random_uuid(), now(), now())")
        .await;
    house.browser("acme").ask(&house, ADA).await;
    let why: String = house.value("select last_error from jobs where given_up_at is not null").await;
    assert_eq!(why, "no job is called dance");
}

/// Runs every job by panicking.
struct Panics;

impl Runner for Panics {
    async fn run(self: Arc<Self>, _: Claimed) -> Result<Outcome> {
        panic!("as it was told to")
    }
}

#[tokio::test]
async fn a_panic_ends_one_try_and_neither_the_worker_nor_the_job() {
    let house = House::open().await;
    house.clock.stop();
    house.browser("acme").post("/api/v1/codes", json!({ "phone": ADA })).await;
    assert!(run_next(&house.app.house, &Arc::new(Panics), &Lane::ALL, &mut Turns::default()).await.expect("the worker lives"));
    assert_eq!(house.value::<String>("select last_error from jobs where attempts = 1").await, "it panicked");
    assert!(
        !run_next(&house.app.house, &Arc::new(Panics), &Lane::ALL, &mut Turns::default()).await.expect("the worker lives"),
        "it waits for its pause"
    );
    house.wait(TimeDelta::seconds(3));
    house.run_jobs().await;
    assert_eq!(house.sent_to(ADA).len(), 1, "and then it goes");
    assert_eq!(house.value::<i64>("select count(*) from jobs").await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_job_goes_once_however_many_work_the_queue() {
    let house = House::open().await;
    let other = house.beside().await;
    for _ in 0..20 {
        queue_a_text(&house).await;
    }
    let all = [&house, &other, &house, &other].map(House::run_jobs);
    futures_util::future::join_all(all).await;
    assert_eq!(house.sent_to(DAN).len() + other.sent_to(DAN).len(), 20);
    assert_eq!(house.value::<i64>("select count(*) from messages where status = 'sent'").await, 20);
}

/// PostgreSQL keeps plans, and one that was made for an empty queue sorts all of it: with ten thousand texts in it every worker would,
/// at each job, also those that look for codes.
#[tokio::test]
async fn a_job_is_found_by_the_index_also_when_the_queue_was_empty_until_now() {
    let house = House::open().await;
    let source = std::fs::read_to_string("src/jobs/worker.rs").expect("the source");
    let claim = Regex::new(r##"(?s)r#"(select id, kind, for_tenant.*?skip locked)"#"##).expect("a pattern");
    let claim = &claim.captures(&source).expect("the statement")[1];
    house.change("vacuum analyze jobs").await;
    let mut platform = house.role("tc_platform").await;
    let mut ask = async |sql: String| -> Vec<String> {
        let rows = sqlx::raw_sql(AssertSqlSafe(sql)).fetch_all(&mut platform).await.expect("an answer");
        rows.iter().filter_map(|row| row.try_get(0).ok()).collect()
    };
    ask(format!("prepare claim(text, timestamptz, uuid) as {claim}")).await;
    for _ in 0..7 {
        ask("execute claim('texts', now(), '00000000-0000-0000-0000-000000000000')".to_owned()).await;
    }
    house
        .change(
            "insert into jobs (id, lane, kind, subject_id, run_at, created_at)
             select gen_random_uuid(), 'texts', 'send_message', gen_random_uuid(), now(), now() from generate_series(1, 10000)",
        )
        .await;
    let plan = ask("explain execute claim('text_codes', now(), '00000000-0000-0000-0000-000000000000')".to_owned()).await.join("\n");
    assert!(plan.contains("jobs_turn") && !plan.contains("Seq Scan"), "{plan}");
    house.change("delete from jobs").await;
}
