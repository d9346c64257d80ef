//! More is wanted than there is, by many at once.

use std::collections::BTreeMap;

use futures_util::future::join_all;
use http::{Method, StatusCode};
use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use rand::{RngExt, SeedableRng};
use serde_json::{Value, json};

use crate::house::{ADA, Browser, CAT, House};
use crate::orders::{number, order, reserved};

/// Two hundred orders for the last ten of something, each with other things that are counted, in whatever order.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_hundred_orders_for_the_last_ten_sell_exactly_ten() {
    let house = House::open().await;
    house.goods("acme").await;
    house.change("update stock set on_hand = 1000 where product_id <> (select product_id from products where sku = 'TEA-2')").await;
    let (ada, cat) = (house.customer("acme", ADA).await, house.customer("acme", CAT).await);
    let mut random = StdRng::seed_from_u64(4);
    let baskets: Vec<Value> = (0..200)
        .map(|_| {
            let mut lines = vec![("TEA-2", 1), ("TEA-1", 2), ("COF-1", 6), ("CUP-2", 1), ("SUG-1", 1)];
            lines.shuffle(&mut random);
            lines.into_iter().map(|(sku, quantity)| json!({ "sku": sku, "quantity": quantity })).collect()
        })
        .collect();
    let buyers = [&ada, &cat];
    let rush = baskets.iter().enumerate().map(async |(at, lines)| order(buyers[at % 2], &format!("rush-{at}"), lines.clone()).await);
    let answers = join_all(rush).await;
    let sold = answers.iter().filter(|answer| answer.status == StatusCode::CREATED).count();
    for answer in answers.iter().filter(|answer| answer.status != StatusCode::CREATED) {
        assert_eq!((answer.status, answer.value()["lines"][0]["sku"].as_str()), (StatusCode::CONFLICT, Some("TEA-2")), "{answer:?}");
    }
    assert_eq!(sold, 10);
    assert_eq!(house.value::<i64>("select count(*) from orders").await, 10);
    for (sku, held) in [("TEA-2", 10), ("TEA-1", 20), ("COF-1", 60), ("CUP-2", 10)] {
        assert_eq!(reserved(&house, sku).await, held, "{sku}");
    }
}

/// What is reserved of each product is what its orders hold, and what has ended holds nothing.
pub async fn assert_that_stock_is_right(house: &House, after: &str) {
    let wrong: String = house
        .value(
            "select coalesce(string_agg(format('%s: %s reserved, %s held', sku, s.reserved, coalesce(h.held, 0)), '; '), '')
               from stock s join products p using (tenant_id, product_id)
               left join (select tenant_id, product_id, sum(reserved)::bigint as held from order_lines group by 1, 2) h
                      using (tenant_id, product_id)
              where s.reserved <> coalesce(h.held, 0) or s.reserved > s.on_hand + s.back_order_limit",
        )
        .await;
    assert_eq!(wrong, "", "after {after}");
    let held: i64 = house
        .value("select count(*) from orders join order_lines using (tenant_id, order_id) where status in ('cancelled', 'declined') and reserved > 0")
        .await;
    assert_eq!(held, 0, "after {after}");
}

/// Every order's state is where its events led it, each with somebody who did it.
async fn assert_that_events_tell_it(house: &House) {
    let wrong: i64 = house
        .value(
            "select count(*) from orders o
              where o.status <> (select e.to_status from order_events e where e.tenant_id = o.tenant_id and e.order_id = o.order_id
                                  order by e.event_id desc limit 1)
                 or exists (select from order_events e where e.tenant_id = o.tenant_id and e.order_id = o.order_id and e.actor_id is null)
                 or (select count(*) from order_events e where e.tenant_id = o.tenant_id and e.order_id = o.order_id) <> o.revision",
        )
        .await;
    assert_eq!(wrong, 0);
}

/// What has left with orders and did not come back, by SKU.
type Away = BTreeMap<String, i64>;

/// How many of each line were picked, by SKU.
async fn picked(house: &House, number: &str) -> Vec<(String, i64)> {
    let kept: String = house
        .value(&format!(
            "select coalesce(string_agg(sku || ' ' || coalesce(picked, 0) - coalesce(delivered, 0), ',' order by line), '')
               from orders join order_lines using (tenant_id, order_id) where number = '{number}'"
        ))
        .await;
    let line = |line: &str| line.split_once(' ').map(|(sku, count)| (sku.to_owned(), count.parse().expect("a count")));
    kept.split(',').filter_map(line).collect()
}

/// A step that somebody takes with an order, and what comes of it.
async fn step(
    people: (&Browser, &Browser),
    random: &mut StdRng,
    step: u32,
    (number, status): (&str, &str),
    away: &mut Away,
    house: &House,
) -> StatusCode {
    let (buyer, manager) = people;
    let (desk, picking) = (format!("/api/v1/office/orders/{number}"), format!("/api/v1/office/picking/{number}"));
    let came_back = random.random();
    let revision: i32 = house.value(&format!("select revision from orders where number = '{number}'")).await;
    let mut some = |most: u32| random.random_range(0..most);
    let before = picked(house, number).await;
    let answer = match step {
        1 => buyer.delete(&format!("/api/v1/orders/{number}")).await,
        2 => manager.post(&format!("{desk}/acceptance"), json!({})).await,
        3 => manager.post(&format!("{desk}/refusal"), json!({ "reason": "Because" })).await,
        4 => manager.post(&format!("{desk}/cancellation"), json!({ "reason": "Because", "came_back": came_back })).await,
        5 => {
            let lines = json!([{ "line": 1, "quantity": some(20) }, { "line": 2, "quantity": some(4) }]);
            let added = json!([{ "sku": "TEA-2", "quantity": 1 + some(2), "substitute_for": 1 }]);
            manager.post(&format!("{desk}/amendment"), json!({ "revision": revision, "lines": lines, "added": added })).await
        }
        6 => manager.post(&format!("{picking}/start"), json!({})).await,
        7 => {
            let lines: Vec<Value> = (1..=before.len()).map(|line| json!({ "line": line, "picked": some(3), "why": "Few left" })).collect();
            manager.json(Method::PATCH, &picking, json!({ "lines": lines })).await
        }
        8 => manager.post(&format!("{picking}/dispatch"), json!({})).await,
        9 => {
            manager
                .post(&format!("{picking}/delivery"), json!({ "lines": [{ "line": 1, "delivered": some(2) }], "came_back": came_back }))
                .await
        }
        _ => {
            let lines = json!([{ "sku": "TEA-1", "quantity": 1 + some(20) }, { "sku": "TEA-2", "quantity": 1 + some(3) }]);
            buyer.json(Method::PATCH, &format!("/api/v1/orders/{number}"), json!({ "revision": revision, "lines": lines })).await
        }
    };
    let sign = match (answer.status.is_success(), step, status) {
        (true, 8, _) => 1,
        (true, 4, "dispatched") | (true, 9, _) if came_back => -1,
        _ => 0,
    };
    let moved = if step == 9 { picked(house, number).await } else { before };
    for (sku, count) in moved {
        *away.entry(sku).or_default() += sign * count;
    }
    answer.status
}

#[tokio::test]
async fn however_orders_come_and_go_the_stock_is_right() {
    let house = House::open().await;
    house.goods("acme").await;
    let (ada, cat) = (house.customer("acme", ADA).await, house.customer("acme", CAT).await);
    let manager = house.staff("acme", "manager").await;
    house.change("update stock set on_hand = 100").await;
    let mut random = StdRng::seed_from_u64(20_261_128);
    // What leads on is tried more often, so that some orders come to their end.
    let kinds = [0, 0, 1, 2, 2, 3, 4, 4, 5, 6, 6, 6, 7, 7, 7, 8, 8, 8, 9, 9, 9, 10];
    let mut placed: Vec<(usize, String)> = Vec::new();
    let (mut counted, mut away) = ([0_u32; 11], Away::new());
    for round in 0..240 {
        let buyers: [&Browser; 2] = [&ada, &cat];
        let kind: u32 = kinds[random.random_range(0..kinds.len())];
        // Of the newest ones, so that some of them come to their end.
        let at = (!placed.is_empty()).then(|| random.random_range(placed.len().saturating_sub(4)..placed.len()));
        let status = match (kind, at.and_then(|at| placed.get(at))) {
            (0, _) | (_, None) => {
                let buyer = random.random_range(0..2);
                let lines = json!([
                    { "sku": "TEA-1", "quantity": random.random_range(1..20) },
                    { "sku": "TEA-2", "quantity": random.random_range(1..4) },
                    { "sku": "SUG-1", "quantity": 1 },
                ]);
                let answer = order(buyers[buyer], &format!("round-{round}"), lines).await;
                if answer.status == StatusCode::CREATED {
                    placed.push((buyer, number(&answer)));
                }
                answer.status
            }
            (kind, Some((buyer, number))) => {
                let there: String = house.value(&format!("select status from orders where number = '{number}'")).await;
                step((buyers[*buyer], &manager), &mut random, kind, (number, &there), &mut away, &house).await
            }
        };
        let is_refused = matches!(status, StatusCode::CONFLICT | StatusCode::UNPROCESSABLE_ENTITY);
        assert!(status.is_success() || is_refused, "{status} of step {kind} in round {round}");
        counted[kind as usize] += u32::from(status.is_success());
        assert_that_stock_is_right(&house, &format!("step {kind} of round {round}")).await;
        for (sku, there) in [("TEA-1", 100), ("TEA-2", 100)] {
            let on_hand: i64 =
                house.value(&format!("select on_hand from stock join products using (tenant_id, product_id) where sku = '{sku}'")).await;
            assert_eq!(on_hand, there - away.get(sku).copied().unwrap_or_default(), "{sku} after step {kind} of round {round}");
        }
    }
    assert!(counted.iter().all(|done| *done > 0), "{counted:?}");
    assert_that_events_tell_it(&house).await;
    house.run_jobs().await;
}

/// Whoever sells and whoever buys at the same moment: one of them has it their way.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_an_acceptance_and_a_cancellation_at_once_one_wins() {
    let house = House::open().await;
    house.goods("acme").await;
    let ada = house.customer("acme", ADA).await;
    let sales = house.staff("acme", "sales").await;
    for round in 0..12 {
        let number = number(&order(&ada, &format!("round-{round}"), json!([{ "sku": "TEA-2", "quantity": 1 }])).await);
        let (acceptance, own) = (format!("/api/v1/office/orders/{number}/acceptance"), format!("/api/v1/orders/{number}"));
        let (accepted, cancelled) = tokio::join!(sales.post(&acceptance, json!({})), ada.delete(&own));
        let status: String = house.value(&format!("select status from orders where number = '{number}'")).await;
        match (accepted.status, cancelled.status) {
            (StatusCode::OK, StatusCode::CONFLICT) => assert_eq!(status, "accepted"),
            (StatusCode::CONFLICT, StatusCode::NO_CONTENT) => assert_eq!(status, "cancelled"),
            _ => panic!("{accepted:?} {cancelled:?}"),
        }
        assert_that_stock_is_right(&house, &format!("round {round}")).await;
        if status == "accepted" {
            let off = sales.post(&format!("/api/v1/office/orders/{number}/cancellation"), json!({ "reason": "Sorry" })).await;
            assert_eq!(off.status, StatusCode::OK, "{off:?}");
        }
    }
    assert_eq!(reserved(&house, "TEA-2").await, 0);
    assert_that_events_tell_it(&house).await;
    house.run_jobs().await;
}
