//! Until when orders for a day are taken, and changed: by the page and by the API, to the second.

use chrono::{Datelike, Days, Duration};
use chrono_tz::Europe::London;
use http::StatusCode;
use serde_json::{Value, json};

use crate::house::{ADA, Answer, Browser, House};
use crate::orders::{ORDERS, form_of, number, put, send};

async fn tea(browser: &Browser, day: Option<String>) -> Answer {
    browser.post(ORDERS, json!({ "lines": [{ "sku": "TEA-1", "quantity": 1 }], "day": day })).await
}

fn day_of(answer: &Answer) -> Value {
    assert_eq!(answer.status, StatusCode::CREATED, "{answer:?}");
    answer.value()["wanted_day"].clone()
}

#[tokio::test]
async fn orders_for_a_day_are_taken_until_its_cut_off_and_not_a_second_longer() {
    let house = House::open().await;
    house.goods("acme").await;
    let ada = house.customer("acme", ADA).await;
    put(&house, &ada, "TEA-1", 1).await;
    assert_eq!(day_of(&tea(&ada, None).await), json!(null), "no days, no day");
    let refused = tea(&ada, Some("2030-01-01".to_owned())).await;
    assert_eq!((refused.status, refused.value()["errors"][0]["field"].as_str()), (StatusCode::UNPROCESSABLE_ENTITY, Some("day")));
    // It is noon, and orders for today are taken for another hour.
    let now = house.clock.now();
    let noon = now.date_naive().checked_add_days(Days::new(1)).and_then(|day| day.and_hms_opt(12, 0, 0)).expect("a time").and_utc();
    house.wait(noon - now);
    let local = noon.with_timezone(&London);
    let today = local.date_naive();
    house
        .change(&format!(
            "insert into order_days (tenant_id, method, weekday, days_before, cut_off)
             select id, 'delivery', {}, 0, '{}' from tenants where slug = 'acme'",
            local.weekday().number_from_monday(),
            (local + Duration::hours(1)).time()
        ))
        .await;
    let passed = house.clock.now() - noon;
    let in_a_week = today.checked_add_days(Days::new(7)).expect("a day");
    let first = tea(&ada, None).await;
    assert_eq!(day_of(&first), json!(today.to_string()), "the soonest");
    let page = form_of(&ada.get("/basket").await);
    house.wait(Duration::seconds(3_590) - passed);
    assert_eq!(day_of(&tea(&ada, Some(today.to_string())).await), json!(today.to_string()));
    house.wait(Duration::seconds(10));
    let late = tea(&ada, Some(today.to_string())).await;
    assert_eq!((late.status, late.value()["errors"][0]["field"].as_str()), (StatusCode::UNPROCESSABLE_ENTITY, Some("day")));
    assert_eq!(day_of(&tea(&ada, None).await), json!(in_a_week.to_string()));
    let kept = ada.delete(&format!("{ORDERS}/{}", number(&first))).await;
    let words = "It is too late to change this order here. Please call.";
    assert_eq!((kept.status, kept.value()["detail"].as_str()), (StatusCode::CONFLICT, Some(words)));
    // The page was opened in time and is sent too late: the basket stays, and another day is asked for.
    let chosen = |day: String| {
        let mut form = page.clone();
        form.push(("day".to_owned(), format!("delivery:{day}")));
        form
    };
    let asked = send(&ada, &chosen(today.to_string())).await;
    assert_eq!(asked.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(asked.text.contains("id=\"day-error\"") && asked.text.contains(&format!("delivery:{in_a_week}")), "{asked:?}");
    let sent = send(&ada, &chosen(in_a_week.to_string())).await;
    assert_eq!(sent.status, StatusCode::SEE_OTHER, "{sent:?}");
    assert!(ada.get(sent.header("location")).await.text.contains(&in_a_week.format("Delivery on %A %-d %B").to_string()));
    house.change(&format!("insert into closed_days (tenant_id, day) select id, '{in_a_week}' from tenants where slug = 'acme'")).await;
    let closed = tea(&ada, Some(in_a_week.to_string())).await;
    assert_eq!(closed.status, StatusCode::UNPROCESSABLE_ENTITY, "{closed:?}");
    house.run_jobs().await;
}
