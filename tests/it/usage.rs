//! What tenants use, in numbers: right, of all days, and without a look at anybody's rows by the platform.

use chrono::{Days, TimeDelta};
use http::StatusCode;
use serde_json::json;
use sqlx::{AssertSqlSafe, Connection};
use tradecounter::sweep;
use tradecounter::tenants::usage::{self, DAYS};
use uuid::Uuid;

use crate::furniture::{furnish, tenant_tables};
use crate::house::{ADA, House};

/// So many requests and messages so many days ago.
async fn happened(house: &House, slug: &str, days_ago: u32, requests: u32, messages: u32) {
    let now = house.clock.now();
    house
        .change(&format!(
            "insert into messages (tenant_id, message_id, channel, recipient, text, status, created_at)
             select id, gen_random_uuid(), 'sms', '+447400123001', 'Hello', 'sent', timestamptz '{now}' - interval '{days_ago} days'
               from tenants, generate_series(1, {messages}) where slug = '{slug}';
             insert into registration_requests (tenant_id, request_id, customer_id, phone, business_name, contact_name, status, created_at)
             select t.id, gen_random_uuid(), c.id, c.phone, 'Deli', 'Dee', 'rejected', timestamptz '{now}' - interval '{days_ago} days'
               from tenants t, generate_series(1, {requests}), (select * from customers limit 1) c where t.slug = '{slug}'"
        ))
        .await;
}

#[tokio::test]
async fn the_numbers_are_those_of_the_rows() {
    let house = House::open().await;
    for (days_ago, requests, messages) in [(0, 2, 5), (1, 0, 1), (29, 3, 4), (30, 9, 9), (400, 9, 9)] {
        happened(&house, "acme", days_ago, requests, messages).await;
    }
    happened(&house, "bravo", 1, 1, 10).await;
    house.customer("acme", ADA).await;
    house.change("update tenants set logo = decode(repeat('00', 5000), 'hex'), logo_type = 'image/png' where slug = 'acme'").await;
    let shared = &house.app.house;
    let counted = usage::count(shared, house.tenant("acme").await.into()).await.expect("counted");
    assert_eq!((counted.customers, counted.staff, counted.logo_bytes), (2, 4, 5000));
    assert!(counted.row_bytes > 19 * 100 && counted.row_bytes < 100_000, "{}", counted.row_bytes);
    assert_eq!(counted.last_activity_at.map(|at| (house.clock.now() - at) < TimeDelta::minutes(1)), Some(true));
    let today = house.clock.now().date_naive();
    assert_eq!(counted.days.len(), 30);
    for day in &counted.days {
        let ago = u64::try_from((today - day.day).num_days()).expect("a day before today");
        assert!(ago < DAYS);
        let wanted = match ago {
            0 => (2, 6),
            1 => (0, 1),
            29 => (3, 4),
            _ => (0, 0),
        };
        assert_eq!((day.requests, day.messages), wanted, "{ago} days ago");
    }
    assert_eq!(counted.days.first().map(|day| day.day), today.checked_sub_days(Days::new(29)));

    for _ in 0..2 {
        usage::count_some(shared).await.expect("counted");
    }
    let totals = shared.db().platform().read(async |tx| usage::totals(tx, house.clock.now()).await).await.expect("totals");
    assert_eq!(totals.customers, 4);
    assert_eq!(totals.days.iter().map(|day| (day.requests, day.messages)).rev().take(2).collect::<Vec<_>>(), [(2, 6), (1, 11)]);
    assert!(totals.storage_bytes > 5000);
    // What was counted an hour ago is counted again, and what is out of the range goes.
    happened(&house, "acme", 0, 0, 1).await;
    usage::count_some(shared).await.expect("counted");
    assert_eq!(house.value::<i64>("select sum(messages) from tenant_days").await, 21, "not before the hour is over");
    house.wait(TimeDelta::hours(25));
    usage::count_some(shared).await.expect("counted");
    assert_eq!(house.value::<i64>("select sum(messages) from tenant_days").await, 18, "the oldest day is out of it");
}

#[tokio::test]
async fn an_operator_sees_them_as_pictures_words_and_a_table() {
    let house = House::open().await;
    happened(&house, "acme", 3, 1, 7).await;
    usage::count_some(&house.app.house).await.expect("counted");
    let operator = house.operator("olga@platform.example").await;
    let acme: Uuid = house.tenant("acme").await;
    for page in ["/".to_owned(), format!("/tenants/{acme}")] {
        let text = operator.get(&page).await.text;
        let day = (house.clock.now() - TimeDelta::days(3)).format("%-d %B").to_string();
        for words in [&format!("7 messages in 30 days, 7 of them on {day}"), "1 request in 30 days", "role=\"img\"", "<td>", "Day by day"] {
            assert!(text.contains(words), "{words} on {page}: {text}");
        }
        assert_eq!(text.matches("<rect").count(), 2, "a bar for each day on which there was something");
    }
    let said = operator.get(&format!("/api/v1/tenants/{acme}/usage")).await.value();
    assert_eq!((&said["customers"], &said["staff"], said["days"].as_array().map(Vec::len)), (&json!(2), &json!(4), Some(30)), "{said}");
    let day = (house.clock.now() - TimeDelta::days(3)).date_naive().to_string();
    assert_eq!(said["days"][26], json!({ "day": day, "requests": 1, "messages": 7 }), "{said}");
    assert!(said["storage_bytes"].as_i64().is_some_and(|bytes| bytes > 100), "{said}");
    let all = operator.get("/api/v1/usage").await.value();
    assert_eq!((&all["customers"], &all["days"][26]), (&json!(4), &said["days"][26]), "{all}");
    assert_eq!(operator.get(&format!("/api/v1/tenants/{}/usage", Uuid::now_v7())).await.status, StatusCode::NOT_FOUND);
    assert!(
        !operator.get("/?query=acme").await.text.contains("<svg viewBox=\"0 0 300"),
        "where some are looked for, they are what is shown"
    );
}

#[tokio::test]
async fn storage_is_of_every_table_that_has_rows_of_the_tenant() {
    let house = House::open().await;
    furnish(&house).await;
    let acme = house.tenant("acme").await;
    let counted = usage::count(&house.app.house, acme.into()).await.expect("counted");
    let mut office = house.role("tc_office").await;
    let mut tx = office.begin().await.expect("a transaction");
    sqlx::raw_sql(AssertSqlSafe(format!("set local app.tenant_id = '{acme}'"))).execute(&mut *tx).await.expect("a setting");
    let mut sizes = Vec::new();
    // What is in a basket is its account's alone, until it is ordered: the office cannot read it, and counts it with the order.
    let of_customers = ["baskets", "basket_lines"];
    for table in tenant_tables(&mut house.admin().await).await.into_iter().filter(|table| !of_customers.contains(&table.as_str())) {
        let size = format!(
            "select coalesce(sum(bytes), 0)::bigint from (select pg_column_size(r.*) as bytes from {table} r where tenant_id = '{acme}'
                                                           union all select 0) as rows_of_one"
        );
        let size: i64 = sqlx::query_scalar(AssertSqlSafe(size)).fetch_one(&mut *tx).await.expect("a size");
        sizes.push(size);
    }
    // A row's header is shorter or longer as the plan has it; a whole table is more than that.
    let (all, least): (i64, _) = (sizes.iter().sum(), sizes.iter().min().copied().unwrap_or_default());
    assert!(least > 30, "there is something in each: {sizes:?}");
    assert!(
        (counted.row_bytes - all).abs() < least / 2,
        "{} of {sizes:?}: a table is not counted in src/tenants/usage.rs",
        counted.row_bytes
    );
}

#[tokio::test]
async fn when_somebody_was_last_there_is_known_after_their_session_is_gone() {
    let house = House::open().await;
    house.customer("acme", ADA).await;
    let acme = house.tenant("acme").await;
    usage::count_some(&house.app.house).await.expect("counted");
    let before: String = house.value(&format!("select last_activity_at::text from tenant_usage where tenant = '{acme}'")).await;
    house.wait(TimeDelta::days(500));
    sweep::the_rest(&house.app.house).await.expect("swept");
    assert_eq!(house.value::<i64>("select count(*) from sessions").await, 0);
    usage::count_some(&house.app.house).await.expect("counted");
    assert_eq!(house.value::<String>(&format!("select last_activity_at::text from tenant_usage where tenant = '{acme}'")).await, before);
    let counted = usage::count(&house.app.house, acme.into()).await.expect("counted");
    assert!(counted.last_activity_at.is_some(), "its own page says so as well");
}

#[tokio::test]
async fn one_that_cannot_be_counted_keeps_no_others_from_it() {
    let house = House::open().await;
    happened(&house, "acme", 0, 0, 1).await;
    house
        .change(
            "create policy of_no_use on messages as restrictive for select to tc_office
               using (1 / (select case when slug = 'acme' then 0 else 1 end from tenants where id = tenant_id) = 1)",
        )
        .await;
    assert!(usage::count(&house.app.house, house.tenant("acme").await.into()).await.is_err());
    usage::count_some(&house.app.house).await.expect("gone through");
    let counted = "select string_agg(t.slug, ' ') from tenant_usage u join tenants t on t.id = u.tenant";
    assert_eq!(house.value::<String>(counted).await, "bravo");
}
