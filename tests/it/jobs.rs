//! The queue when things fail: tried again with growing pauses, given up where somebody can see it, and a
//! panic ends one try and nothing else.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;
use tradecounter::config::{MailCarrierName, SmsGatewayName};
use tradecounter::error::Result;
use tradecounter::jobs::worker::{Runner, run_next};
use tradecounter::jobs::{Claimed, Outcome};
use uuid::Uuid;

use crate::house::{ADA, DAN, House};

/// A house whose SMS gateway does not answer: nothing listens there.
async fn house_without_texts() -> House {
    House::open_with(|config| {
        config.sms.gateway = SmsGatewayName::Kannel;
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
             insert into jobs (id, kind, for_tenant, subject_id, run_at, created_at)
             values ('{job}', 'send_message', '{tenant}', '{message}', '{now}', '{now}')"
        ))
        .await;
}

#[tokio::test]
async fn what_fails_is_tried_again_after_growing_pauses_and_given_up_where_it_is_seen() {
    let house = house_without_texts().await;
    queue_a_text(&house).await;
    let mut pauses = Vec::new();
    for attempt in 1..12_i16 {
        let before = house.clock.now();
        house.run_jobs().await;
        assert_eq!(house.value::<i16>("select attempts from jobs").await, attempt, "tried once, not over and over");
        let run_at: DateTime<Utc> = house.value("select run_at from jobs where given_up_at is null").await;
        pauses.push((run_at - before).num_seconds());
        house.wait(run_at - house.clock.now() + TimeDelta::milliseconds(1));
    }
    assert_eq!(pauses, [2, 4, 8, 16, 32, 64, 128, 256, 512, 600, 600]);
    assert_eq!(house.value::<String>("select status from messages").await, "waiting");
    house.run_jobs().await;
    assert_eq!(house.value::<i64>("select count(*) from jobs where attempts = 12 and given_up_at is not null").await, 1);
    assert_eq!(house.value::<String>("select last_error from jobs").await, "the carrier cannot be reached");
    assert_eq!(house.value::<String>("select status from messages").await, "failed", "the outbox says so, too");
    house.wait(TimeDelta::days(1));
    house.run_jobs().await;
    assert_eq!(house.value::<i16>("select attempts from jobs").await, 12, "and that is the end of it");
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
    house.browser("acme").post("/api/v1/codes", json!({ "phone": ADA })).await;
    assert!(run_next(&house.app.house, &Arc::new(Panics)).await.expect("the worker lives"));
    assert_eq!(house.value::<String>("select last_error from jobs where attempts = 1").await, "it panicked");
    assert!(!run_next(&house.app.house, &Arc::new(Panics)).await.expect("the worker lives"), "it waits for its pause");
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
