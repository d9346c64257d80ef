//! A database that fails for a while: what passes by itself is said to, and what went wrong is told without the row.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use http::StatusCode;
use tradecounter::error::{Error, Result};
use tradecounter::jobs::worker::{Runner, Turns, run_next};
use tradecounter::jobs::{Claimed, Lane, Outcome};
use uuid::Uuid;

use crate::house::{ADA, DAN, House};
use crate::secrecy;

/// Ends every connection but the one that says so, as a restart of the database would.
async fn end_all_connections(house: &House) {
    let others = "from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()";
    while house.value::<i64>(&format!("select count(pg_terminate_backend(pid)) {others}")).await > 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn connections_that_were_ended_while_nobody_used_them_cost_nobody_an_answer() {
    let house = House::open().await;
    let (ada, owner) = (house.customer("acme", ADA).await, house.staff("acme", "owner").await);
    for _ in 0..3 {
        // Many at once, so that each door has several connections that are idle afterwards.
        let visits = || join_all((0..12).map(|n| if n % 2 == 0 { ada.get("/api/v1/me") } else { owner.get("/api/v1/office/customers") }));
        visits().await;
        end_all_connections(&house).await;
        for answer in visits().await {
            assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
        }
        assert!(house.app.house.db().is_ready().await);
    }
}

#[tokio::test]
async fn what_passes_by_itself_may_be_asked_again_and_the_rest_is_our_fault() {
    let house = House::open().await;
    house
        .change(
            "create function fail(state text) returns void language plpgsql as $$
             begin raise exception 'told to' using errcode = state; end $$",
        )
        .await;
    let fail = async |state: &str| -> Result<()> {
        let platform = house.app.house.db().platform();
        platform
            .read(async |tx| {
                sqlx::query("select fail($1)").bind(state).execute(&mut *tx).await?;
                Ok(())
            })
            .await
    };
    for state in ["55P03", "57014", "40P01", "40001", "53300", "57P01", "57P02", "57P03"] {
        assert!(matches!(fail(state).await, Err(Error::Unavailable(_))), "{state}");
    }
    for state in ["23505", "22012", "42501", "XX000"] {
        assert!(matches!(fail(state).await, Err(Error::Internal(_))), "{state}");
    }
}

#[tokio::test]
async fn a_lock_that_is_not_given_in_time_is_said_to_pass() {
    let house = House::open().await;
    let ada = house.customer("acme", ADA).await;
    let database = house.address.database();
    house.change(&format!("alter role tc_counter in database {database} set lock_timeout = '50ms'")).await;
    end_all_connections(&house).await;
    let mut admin = house.admin().await;
    sqlx::raw_sql("begin; lock table sessions in access exclusive mode").execute(&mut admin).await.expect("a lock");
    let answer = ada.get("/api/v1/me").await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{answer:?}");
    assert!(answer.header("retry-after").parse::<u32>().is_ok(), "{answer:?}");
    sqlx::raw_sql("rollback").execute(&mut admin).await.expect("no lock");
    assert_eq!(ada.get("/api/v1/me").await.status, StatusCode::OK);
}

/// Runs every job by breaking a rule of the database, with a phone number in the row.
struct BreaksARule(Arc<tradecounter::tenancy::House>, Uuid);

impl Runner for BreaksARule {
    async fn run(self: Arc<Self>, _: Claimed) -> Result<Outcome> {
        self.0
            .db()
            .office(self.1.into())
            .write(async |tx| {
                sqlx::query(
                    "insert into messages (tenant_id, message_id, channel, recipient, text, status, created_at)
                     values ($1, $2, 'pigeon', $3, 'Hello', 'waiting', now())",
                )
                .bind(self.1)
                .bind(Uuid::now_v7())
                .bind(DAN)
                .execute(&mut *tx)
                .await?;
                Ok(Outcome::Done)
            })
            .await
    }
}

#[tokio::test]
async fn a_row_that_broke_a_rule_is_told_neither_in_the_log_nor_in_the_queue() {
    let house = House::open().await;
    house
        .change("insert into jobs (id, kind, lane, subject_id, run_at, created_at) values (gen_random_uuid(), 'tell_staff', 'letters', gen_random_uuid(), now(), now())")
        .await;
    let runner = Arc::new(BreaksARule(Arc::clone(&house.app.house), house.tenant("acme").await));
    assert!(run_next(&house.app.house, &runner, &Lane::ALL, &mut Turns::default()).await.expect("the worker lives"));
    let why: String = house.value("select last_error from jobs").await;
    assert!(why.contains("messages_channel_check"), "{why}");
    let log = secrecy::log();
    assert!(log.contains("messages_channel_check"), "{log}");
    for place in [&why, &log] {
        assert!(!place.contains(&DAN["+44".len()..]), "a whole number in {place}");
    }
}
