//! What tenants use, in numbers: right, of all days, and without a look at anybody's rows by the platform.

use chrono::{Days, TimeDelta};
use tradecounter::tenants::usage::{self, DAYS};
use uuid::Uuid;

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
            0 => (2, 5),
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
    assert_eq!(totals.days.iter().map(|day| (day.requests, day.messages)).rev().take(2).collect::<Vec<_>>(), [(2, 5), (1, 11)]);
    assert!(totals.storage_bytes > 5000);
    // What was counted an hour ago is counted again, and what is out of the range goes.
    happened(&house, "acme", 0, 0, 1).await;
    usage::count_some(shared).await.expect("counted");
    assert_eq!(house.value::<i64>("select sum(messages) from tenant_days").await, 20, "not before the hour is over");
    house.wait(TimeDelta::hours(25));
    usage::count_some(shared).await.expect("counted");
    assert_eq!(house.value::<i64>("select sum(messages) from tenant_days").await, 17, "the oldest day is out of it");
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
    assert!(
        !operator.get("/?query=acme").await.text.contains("<svg viewBox=\"0 0 300"),
        "where some are looked for, they are what is shown"
    );
}
