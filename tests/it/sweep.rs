//! What has ended goes by itself, and not too soon.

use chrono::TimeDelta;
use tradecounter::sweep;

use crate::furniture::furnish;
use crate::house::{ADA, BEN, CAT, DAN, House};

async fn swept(house: &House) {
    sweep::the_rest(&house.app.house).await.expect("swept");
}

/// How many rows these tables have, in this order.
async fn counts<const N: usize>(house: &House, tables: [&str; N]) -> [i64; N] {
    let mut counts = [0; N];
    for (count, table) in counts.iter_mut().zip(tables) {
        *count = house.value(&format!("select count(*) from {table}")).await;
    }
    counts
}

#[tokio::test]
async fn sessions_go_a_month_after_they_have_ended() {
    let house = House::open().await;
    let sessions = ["sessions", "staff_sessions"];
    let (ada, owner) = (house.customer("acme", ADA).await, house.staff("acme", "owner").await);
    ada.delete("/api/v1/sessions/current").await;
    owner.delete("/api/v1/office/sessions/current").await;
    assert_eq!(counts(&house, ["sessions where ended_at is not null", "staff_sessions where ended_at is not null"]).await, [1, 1]);
    // A second code to the same number waits for so long.
    house.wait(TimeDelta::seconds(31));
    house.customer("acme", ADA).await;
    house.wait(TimeDelta::days(29));
    swept(&house).await;
    assert_eq!(counts(&house, sessions).await, [2, 1], "it can still be looked up");
    house.wait(TimeDelta::days(2));
    swept(&house).await;
    assert_eq!(counts(&house, sessions).await, [1, 0], "the other one was only idle for a month");
    house.wait(TimeDelta::days(30));
    swept(&house).await;
    assert_eq!(counts(&house, sessions).await, [0, 0], "and ended by that");
}

#[tokio::test]
async fn keys_and_jobs_that_were_given_up_go_tenant_by_tenant_however_many() {
    let house = House::open().await;
    furnish(&house).await;
    house
        .change(
            "insert into idempotency_keys (tenant_id, customer_id, key, request_hash, answer, created_at)
             select k.tenant_id, k.customer_id, 'old ' || n, k.request_hash, k.answer, now() - interval '49 hours'
               from idempotency_keys k, generate_series(1, 800) n;
             insert into jobs (id, kind, lane, subject_id, run_at, created_at, given_up_at)
             select gen_random_uuid(), 'old', 'letters', gen_random_uuid(), now(), now(), now() - interval '91 days' from generate_series(1, 2500);
             insert into jobs (id, kind, lane, subject_id, run_at, created_at, given_up_at)
             values (gen_random_uuid(), 'new', 'letters', gen_random_uuid(), now(), now(), now() - interval '89 days'),
                    (gen_random_uuid(), 'waits', 'letters', gen_random_uuid(), now() - interval '200 days', now() - interval '200 days', null)",
        )
        .await;
    assert_eq!(counts(&house, ["idempotency_keys", "jobs"]).await, [4 * 801, 2502]);
    swept(&house).await;
    assert_eq!(counts(&house, ["idempotency_keys", "jobs"]).await, [4, 2]);
    assert_eq!(house.value::<String>("select string_agg(kind, ' ' order by kind) from jobs").await, "new waits");
    assert_eq!(counts(&house, ["sessions", "staff_sessions"]).await, [4, 8], "whoever is signed in stays so");
}

#[tokio::test]
async fn a_person_whom_nobody_knows_any_more_goes_with_their_last_session() {
    let house = House::open().await;
    // Dan looked in at acme once, and never asked for anything; Ada buys there.
    house.customer("acme", DAN).await;
    house.customer("acme", ADA).await;
    house.wait(TimeDelta::days(500));
    swept(&house).await;
    assert_eq!(house.value::<i64>("select count(*) from jobs").await, 1, "whoever is let in there is not even looked at");
    house.run_jobs().await;
    let known = "select string_agg(phone, ' ' order by phone) from customers";
    assert_eq!(house.value::<String>(known).await, [ADA, BEN, CAT].join(" "));
}
