//! One tenant takes its share of turns and connections, and leaves its neighbours theirs.

use std::time::Duration;

use futures_util::FutureExt;
use http::StatusCode;
use serde_json::json;
use sqlx::{Connection, Executor};
use tradecounter::error::Error;
use tradecounter::ids::TenantId;
use tradecounter::tenancy::token::Token;
use tradecounter::web::share::Shares;
use uuid::Uuid;

use crate::house::{ADA, DAN, House};

#[tokio::test]
async fn a_turn_is_waited_for_behind_one_s_own_and_nobody_else() {
    let (acme, bravo) = (TenantId::from(Uuid::now_v7()), TenantId::from(Uuid::now_v7()));
    let shares = Shares::new(2, 2);
    let (first, second) = (shares.turn(acme).await.expect("a turn"), shares.turn(acme).await.expect("a turn"));
    let mut third = Box::pin(shares.turn(acme));
    let mut fourth = Box::pin(shares.turn(acme));
    assert!((&mut third).now_or_never().is_none() && (&mut fourth).now_or_never().is_none(), "two at once");
    assert!(matches!(shares.turn(acme).now_or_never(), Some(Err(Error::Crowded))), "and two wait");
    let (one, two) = (shares.turn(bravo).now_or_never(), shares.turn(bravo).now_or_never());
    assert!(matches!((&one, &two), (Some(Ok(_)), Some(Ok(_)))), "the neighbour does not");
    // Who goes away while it waits leaves its place, and is not let in later.
    drop(third);
    let mut fifth = Box::pin(shares.turn(acme));
    assert!((&mut fifth).now_or_never().is_none());
    drop(first);
    let fourth = fourth.now_or_never().expect("its turn").expect("a turn");
    assert!((&mut fifth).now_or_never().is_none());
    drop((second, fourth));
    assert!(matches!(fifth.now_or_never(), Some(Ok(_))));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_counter_whose_turns_are_all_taken_answers_503_and_its_neighbour_200() {
    let house = House::open_with(|config| {
        config.database.connections_per_tenant = 1;
        config.http.waiting_per_tenant = 0;
    })
    .await;
    let (owner, neighbour) = (house.staff("acme", "owner").await, house.customer("bravo", ADA).await);
    let request = house.request("acme", DAN, "pending").await;
    let mut admin = house.admin().await;
    let mut held = admin.begin().await.expect("a transaction");
    held.execute("select * from registration_requests for update").await.expect("the row is held");
    let approval = tokio::spawn(async move {
        let approved = owner.post(&format!("/api/v1/office/registration-requests/{request}/approval"), json!({})).await;
        (owner, approved)
    });
    let waits = "select count(*) > 0 from pg_stat_activity where usename = 'tc_office' and wait_event_type = 'Lock'
                    and datname = current_database()";
    while !house.value::<bool>(waits).await {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let crowded = house.browser("acme").get("/").await;
    assert_eq!((crowded.status, crowded.header("retry-after")), (StatusCode::SERVICE_UNAVAILABLE, "1"), "{crowded:?}");
    let problem = house.browser("acme").get("/api/v1/me").await.value();
    assert!(problem["type"].as_str().is_some_and(|kind| kind.ends_with("crowded")), "{problem}");
    assert_eq!(neighbour.get("/api/v1/me").await.status, StatusCode::OK);
    held.rollback().await.expect("let go");
    let (owner, approved) = approval.await.expect("an answer");
    assert_eq!(approved.status, StatusCode::OK, "{approved:?}");
    assert_eq!(owner.get("/office").await.status, StatusCode::OK, "and there is a turn again");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn whoever_shows_a_made_up_session_with_a_picture_takes_no_more_than_the_share() {
    let house = House::open_with(|config| config.database.connections_per_tenant = 1).await;
    let mut admin = house.admin().await;
    let mut held = admin.begin().await.expect("a transaction");
    held.execute("lock table staff_sessions in access exclusive mode").await.expect("the table is held");
    let tries = (0..5).map(|_| {
        let stranger = house.browser("acme");
        stranger.plant("__Host-office", &Token::new().expect("randomness").reveal());
        tokio::spawn(async move { stranger.form("/office/settings/logo", &[("logo", "x")]).await })
    });
    let tries: Vec<_> = tries.collect();
    let waiting = "select count(*) from pg_stat_activity where usename = 'tc_office' and wait_event_type = 'Lock'
                      and datname = current_database()";
    while house.value::<i64>(waiting).await == 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(house.value::<i64>(waiting).await, 1, "connections of the office's role, which all tenants share");
    held.rollback().await.expect("let go");
    for tried in tries {
        let answer = tried.await.expect("an answer");
        assert_eq!(answer.header("location"), "/office/sign-in", "{answer:?}");
    }
}
