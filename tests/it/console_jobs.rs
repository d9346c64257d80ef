//! What the queue has given up: operators see it, have it tried again or let it go, and nothing that is somebody's stands there.

use std::sync::Arc;

use chrono::TimeDelta;
use http::{Method, StatusCode};
use serde_json::{Value, json};
use tradecounter::error::{Error, Result};
use tradecounter::jobs::given_up::{put_back, remove};
use tradecounter::jobs::worker::{Runner, Turns, run_next};
use tradecounter::jobs::{Claimed, Lane, Outcome};
use tradecounter::messages::sms::GatewayName;
use uuid::Uuid;

use crate::house::{Browser, DAN, House};
use crate::operators::{OLGA, as_program};
use crate::pages::snapshot;

const API: &str = "/api/v1/jobs";
const LOGGED: &str =
    "select coalesce(string_agg(concat_ws(' ', action, actor_name, details->>'job'), ', ' order by position), '') from operator_events
                       where action like 'job.%'";

/// A house whose texts reach nobody, and one beside it that sends them.
async fn houses() -> (House, House) {
    let house = House::open_with(|config| {
        config.sms.gateways = vec![GatewayName::Kannel];
        config.sms.kannel.url = "http://127.0.0.1:9/cgi-bin/sendsms".to_owned();
        config.sms.kannel.timeout_seconds = 2;
    })
    .await;
    let works = house.beside().await;
    (house, works)
}

/// A text of acme's that was tried for a day and given up.
async fn give_up_a_text(house: &House) -> Uuid {
    let (tenant, message, job, now) = (house.tenant("acme").await, Uuid::now_v7(), Uuid::now_v7(), house.clock.now());
    house
        .change(&format!(
            "insert into messages (tenant_id, message_id, channel, recipient, text, status, created_at)
             values ('{tenant}', '{message}', 'sms', '{DAN}', 'Your trade account is open', 'waiting', '{now}');
             insert into jobs (id, lane, kind, for_tenant, subject_id, run_at, created_at)
             values ('{job}', 'texts', 'send_message', '{tenant}', '{message}', '{now}', '{now}'::timestamptz - interval '2 days')"
        ))
        .await;
    house.run_jobs().await;
    assert_eq!(house.value::<String>("select status from messages").await, "failed");
    job
}

/// A job of acme's that was given up, about whatever; when `tenant` says so, of nobody's.
async fn given_up(house: &House, kind: &str, tenant: &str, why: &str) -> Uuid {
    let job = Uuid::now_v7();
    house
        .change(&format!(
            "insert into jobs (id, kind, for_tenant, subject_id, attempts, run_at, created_at, given_up_at, last_error)
             values ('{job}', '{kind}', (select id from tenants where slug = '{tenant}'), gen_random_uuid(), 59, now(), now() - interval '2 days',
                     now() - interval '1 day', '{why}')"
        ))
        .await;
    job
}

async fn listed(operator: &Browser) -> Value {
    operator.get(API).await.value()["items"].clone()
}

async fn retry(operator: &Browser, job: Uuid) -> StatusCode {
    operator.post(&format!("{API}/{job}/retry"), json!({})).await.status
}

#[tokio::test]
async fn a_text_that_was_given_up_is_seen_tried_again_and_arrives() {
    let (house, works) = houses().await;
    let operator = house.operator(OLGA).await;
    snapshot("console_jobs-index_empty", &operator.get("/jobs").await);
    let job = give_up_a_text(&house).await;
    let (seen, page) = (listed(&operator).await, operator.get("/jobs").await);
    assert_eq!(
        (&seen[0]["kind"], &seen[0]["what"], &seen[0]["tries"], &seen[0]["why"], &seen[0]["tenant"], &seen[0]["can_be_retried"]),
        (
            &json!("send_message"),
            &json!("Send a message"),
            &json!(1),
            &json!("the carrier cannot be reached"),
            &json!(house.tenant("acme").await),
            &json!(true)
        ),
        "{seen}"
    );
    assert!(page.text.contains("Acme Wholesale") && page.text.contains("the carrier cannot be reached"), "{page:?}");
    for told in [&seen.to_string(), &page.text] {
        assert!(!told.contains(&DAN[4..]) && !told.contains("Your trade account"), "neither to whom nor what: {told}");
    }
    let tried = operator.form(&format!("/jobs/{job}/retry"), &[]).await;
    assert_eq!((tried.status, tried.header("location")), (StatusCode::SEE_OTHER, "/jobs?done=retried"), "{tried:?}");
    assert!(operator.get("/jobs?done=retried").await.text.contains("It is in the queue again."));
    assert_eq!(house.value::<String>("select status from messages").await, "waiting");
    works.run_jobs().await;
    assert_eq!(works.sent_to(DAN), ["Your trade account is open"]);
    assert_eq!(house.value::<String>("select status from messages").await, "sent");
    assert_eq!((listed(&operator).await, house.value::<i64>("select count(*) from jobs").await), (json!([]), 0));
    assert_eq!(retry(&operator, job).await, StatusCode::NOT_FOUND, "once");
    assert_eq!(house.value::<String>(LOGGED).await, "job.retried Olga Send a message");
    let theirs = "select concat_ws(' ', action, actor_kind, actor_name) from audit_events where action like 'message.%'";
    assert_eq!(house.value::<String>(theirs).await, "message.resent operator Olga, Tradecounter", "the wholesaler reads it, too");
    assert!(operator.get("/events?about=jobs").await.text.contains("Had something tried again that was given up: Send a message"));
}

#[tokio::test]
async fn a_message_that_needs_nothing_more_is_not_sent_again() {
    let (house, works) = houses().await;
    let (operator, manager) = (house.operator(OLGA).await, house.staff("acme", "manager").await);
    let job = give_up_a_text(&house).await;
    let message: Uuid = house.value("select message_id from messages").await;
    let at_the_office = format!("/api/v1/office/messages/{message}");
    // The wholesaler was faster.
    assert_eq!(manager.post(&format!("{at_the_office}/resending"), json!({})).await.status, StatusCode::NO_CONTENT);
    let refused = operator.form(&format!("/jobs/{job}/retry"), &[]).await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    assert!(refused.text.contains("in the queue again already"), "{refused:?}");
    works.run_jobs().await;
    assert_eq!(works.sent_to(DAN).len(), 1);
    snapshot("console_jobs-index_refused", &operator.form(&format!("/jobs/{job}/retry"), &[]).await);
    for (status, answer) in
        [("delivered", StatusCode::CONFLICT), ("dropped", StatusCode::CONFLICT), ("undelivered", StatusCode::NO_CONTENT)]
    {
        house.change(&format!("update messages set status = '{status}'")).await;
        assert_eq!(retry(&operator, job).await, answer, "{status}");
    }
    works.run_jobs().await;
    assert_eq!(works.sent_to(DAN).len(), 2, "only what did not arrive");
    assert_eq!(house.value::<String>(LOGGED).await, "job.retried Olga Send a message", "nothing else was done");
    let gone = give_up_a_text_of_an_erased_person(&house).await;
    assert_eq!(retry(&operator, gone).await, StatusCode::CONFLICT);
}

/// Of whom nothing is known any more: neither a number nor a word.
async fn give_up_a_text_of_an_erased_person(house: &House) -> Uuid {
    house.change("delete from jobs; delete from messages").await;
    let job = give_up_a_text(house).await;
    house.change("update messages set recipient = '', text = ''").await;
    job
}

#[tokio::test]
async fn a_message_that_still_waits_is_sent_by_the_job_that_was_given_up() {
    let (house, works) = houses().await;
    let operator = house.operator(OLGA).await;
    let job = give_up_a_text(&house).await;
    // As after an error of ours, which writes nothing down.
    house.change("update messages set status = 'waiting'").await;
    assert_eq!(retry(&operator, job).await, StatusCode::NO_CONTENT);
    let stands = "select concat_ws(' ', attempts, run_at = created_at, given_up_at is null, last_error is null) from jobs";
    assert_eq!(house.value::<String>(stands).await, "0 t t t", "as if it were new");
    house.run_jobs().await;
    assert_eq!(house.value::<i64>("select count(*) from jobs where given_up_at is null").await, 1, "it has another day");
    house.wait(TimeDelta::hours(1));
    works.run_jobs().await;
    assert_eq!(works.sent_to(DAN).len(), 1);
}

#[tokio::test]
async fn a_message_whose_job_is_let_go_is_its_wholesalers_to_send_or_not() {
    let (house, works) = houses().await;
    let (operator, manager) = (house.operator(OLGA).await, house.staff("acme", "manager").await);
    let job = give_up_a_text(&house).await;
    house.change("update messages set status = 'waiting', problem = ''").await;
    // While something else carries it, it goes on waiting.
    house
        .change(
            "insert into jobs (id, lane, kind, for_tenant, subject_id, run_at, created_at)
             select gen_random_uuid(), lane, kind, for_tenant, subject_id, now(), now() from jobs",
        )
        .await;
    assert_eq!(operator.delete(&format!("{API}/{job}")).await.status, StatusCode::NO_CONTENT);
    assert_eq!(house.value::<String>("select status from messages").await, "waiting");
    house.change("update jobs set given_up_at = now()").await;
    let other: Uuid = house.value("select id from jobs").await;
    assert_eq!(operator.delete(&format!("{API}/{other}")).await.status, StatusCode::NO_CONTENT);
    let listed = manager.get("/api/v1/office/messages?show=troubled").await.value();
    assert_eq!(
        (&listed["items"][0]["status"], &listed["items"][0]["problem"]),
        (&json!("failed"), &json!("it could not be sent, and was given up")),
        "{listed}"
    );
    let message = listed["items"][0]["id"].as_str().expect("an id");
    assert_eq!(manager.post(&format!("/api/v1/office/messages/{message}/resending"), json!({})).await.status, StatusCode::NO_CONTENT);
    works.run_jobs().await;
    assert_eq!(works.sent_to(DAN).len(), 1);
}

#[tokio::test]
async fn everything_else_is_tried_again_but_codes_or_let_go() {
    let house = House::open().await;
    let operator = house.operator(OLGA).await;
    let why = "it panicked";
    let (code, import, forgotten) = (
        given_up(&house, "send_code", "acme", why).await,
        given_up(&house, "work_on_import", "acme", why).await,
        given_up(&house, "forget_customer", "", why).await,
    );
    let unknown = given_up(&house, "fold_paper", "bravo", "no job is called fold_paper").await;
    snapshot("console_jobs-index", &operator.get("/jobs").await);
    for hopeless in [code, unknown] {
        assert_eq!(retry(&operator, hopeless).await, StatusCode::CONFLICT);
    }
    for job in [import, forgotten] {
        assert_eq!(retry(&operator, job).await, StatusCode::NO_CONTENT);
        assert_eq!(retry(&operator, job).await, StatusCode::NOT_FOUND, "it is in the queue");
        assert_eq!(operator.delete(&format!("{API}/{job}")).await.status, StatusCode::NOT_FOUND, "nobody takes it out of there");
    }
    house.run_jobs().await;
    assert_eq!(operator.delete(&format!("{API}/{code}")).await.status, StatusCode::NO_CONTENT);
    let dropped = operator.form(&format!("/jobs/{unknown}/dropping"), &[]).await;
    assert_eq!((dropped.status, dropped.header("location")), (StatusCode::SEE_OTHER, "/jobs?done=dropped"));
    assert_eq!(operator.delete(&format!("{API}/{code}")).await.status, StatusCode::NOT_FOUND);
    assert_eq!(house.value::<i64>("select count(*) from jobs").await, 0);
    assert_eq!(
        house.value::<String>(LOGGED).await,
        "job.retried Olga Work on a file that was brought in, job.retried Olga Forget a customer whom nobody knows any more, \
         job.dropped Olga Send a code, job.dropped Olga fold_paper"
    );
}

#[tokio::test]
async fn of_two_who_found_the_same_the_slower_one_changes_nothing() {
    let house = House::open().await;
    let job = given_up(&house, "work_on_import", "acme", "it panicked").await;
    let (platform, now) = (house.app.house.db().platform(), house.clock.now());
    platform.write(async |tx| put_back(tx, job, now).await).await.expect("it was given up");
    // A worker has it by now.
    house.change("update jobs set attempts = 7, last_error = 'not yet'").await;
    let slower = [platform.write(async |tx| put_back(tx, job, now).await).await, platform.write(async |tx| remove(tx, job).await).await];
    assert!(slower.iter().all(|done| matches!(done, Err(Error::NotFound))), "{slower:?}");
    let stands = "select concat_ws(' ', attempts, given_up_at is null, last_error) from jobs";
    assert_eq!(house.value::<String>(stands).await, "7 t not yet");
}

#[tokio::test]
async fn it_is_for_operators_and_programs_that_may_write() {
    let house = House::open().await;
    let job = given_up(&house, "tell_staff", "acme", "it panicked").await;
    let operator = house.operator(OLGA).await;
    for browser in [house.browser("admin"), house.staff("acme", "owner").await] {
        assert_ne!(browser.get(API).await.status, StatusCode::OK);
        for status in [retry(&browser, job).await, browser.delete(&format!("{API}/{job}")).await.status] {
            assert!([StatusCode::UNAUTHORIZED, StatusCode::NOT_FOUND].contains(&status), "{status}");
        }
    }
    for (scope, status) in [("read", StatusCode::FORBIDDEN), ("write", StatusCode::NO_CONTENT)] {
        let made = operator.post("/api/v1/tokens", json!({ "name": scope, "scope": scope })).await.value();
        let token = made["token"].as_str().expect("a token");
        crate::secrecy::hold(token);
        assert_eq!(as_program(&house, Method::GET, API, token, None).await.value()["items"][0]["id"], json!(job));
        assert_eq!(as_program(&house, Method::DELETE, &format!("{API}/{job}"), token, None).await.status, status, "{scope}");
    }
    assert_eq!(house.value::<String>(LOGGED).await, "job.dropped write Tell the staff that somebody asks for an account");
}

#[tokio::test]
async fn there_is_a_page_of_fifty_and_another_one() {
    let house = House::open().await;
    let operator = house.operator(OLGA).await;
    let mut jobs = Vec::new();
    for _ in 0..53 {
        jobs.push(given_up(&house, "tell_staff", "acme", "it panicked").await);
    }
    house.change("update jobs set given_up_at = null where id in (select id from jobs order by id limit 1)").await;
    let first = operator.get(API).await.value();
    let next = first["next"].as_str().expect("another page").to_owned();
    let rest = operator.get(&format!("{API}?cursor={next}")).await.value();
    assert_eq!(rest["next"], Value::Null);
    let ids = |page: &Value| page["items"].as_array().expect("a list").iter().map(|item| item["id"].clone()).collect::<Vec<_>>();
    jobs.reverse();
    assert_eq!([ids(&first), ids(&rest)].concat(), jobs[..52].iter().map(|job| json!(job)).collect::<Vec<_>>());
    assert!(operator.get("/jobs").await.text.contains(&format!("/jobs?cursor={next}")));
    assert_eq!(operator.get(&format!("{API}?cursor=nonsense")).await.status, StatusCode::UNPROCESSABLE_ENTITY);
}

/// Fails with the words of a library that repeats what it was given.
struct Talkative(&'static str);

impl Runner for Talkative {
    async fn run(self: Arc<Self>, _: Claimed) -> Result<Outcome> {
        Err(Error::Internal(anyhow::anyhow!("cannot read {}", self.0)))
    }
}

#[tokio::test]
async fn no_number_address_or_code_stands_among_the_reasons() {
    let house = House::open().await;
    let operator = house.operator(OLGA).await;
    for secret in ["+447400123004", "+44 7400 123004", "dan@shop.example", "493817", "AAEBk1HkAAAAAAAAAAAAAAAAAA"] {
        let job = given_up(&house, "tell_staff", "acme", "").await;
        house.change(&format!("update jobs set given_up_at = null where id = '{job}'")).await;
        let talkative = Arc::new(Talkative(secret));
        assert!(run_next(&house.app.house, &talkative, &Lane::ALL, &mut Turns::default()).await.expect("the worker lives"));
        let (kept, page) =
            (house.value::<String>(&format!("select last_error from jobs where id = '{job}'")).await, operator.get("/jobs").await);
        assert_eq!(kept, "cannot read …");
        assert!(page.text.contains("cannot read …") && !page.text.contains(secret), "{page:?}");
    }
}
