//! Every route at a counter that is open, suspended, or being closed.

use http::StatusCode;

use super::routes::{self, Door, OPEN, guarded};
use super::scene::Scene;
use super::sending::send;
use crate::house::ADA;

/// Whether anybody may ask for an open route while the counter is shut: the office's door, and what is no customer's business.
fn stays_open(route: &routes::Open) -> bool {
    const LEADS_BACK: [&str; 2] = ["/sessions", "/erasures"];
    const SURROUNDINGS: [&str; 5] = ["/api/docs", "/favicon.ico", "/brand.css", "/sw.js", "/api/v1/openapi.json"];
    route.site == "public"
        || ["/office", "/api/v1/office", "/assets/", "/logos/", "/unsubscriptions/"].iter().any(|place| route.path.starts_with(place))
        || SURROUNDINGS.contains(&route.path)
        || (route.method == "GET" && LEADS_BACK.contains(&route.path))
}

#[tokio::test]
async fn a_counter_that_is_open_serves_all_of_them() {
    in_each(&[("demo", ""), ("active", "")], false).await;
}

#[tokio::test]
async fn a_counter_that_is_suspended_serves_its_staff_who_look_and_nobody_else() {
    in_each(&[("suspended", ", before_suspension = 'demo', status_reason = 'Unpaid'")], true).await;
}

#[tokio::test]
async fn a_counter_that_is_being_closed_serves_its_staff_who_look_and_nobody_else() {
    in_each(&[("closing", ", before_closing = 'demo', status_reason = ''")], true).await;
}

/// Asks for every route in each of these states, with what comes with the state.
async fn in_each(states: &[(&str, &str)], is_shut: bool) {
    let mut scene = Scene::open().await;
    let base = scene.house.browser("");
    for &(state, way_back) in states {
        let change = format!("update tenants set status = '{state}'{way_back} where slug = 'acme'");
        scene.house.change(&change).await;
        // Whom the round before invited can be invited again.
        scene.house.change("delete from invitations where email in ('ivy@example.com', 'ian@example.com')").await;
        // What it has made can be made again.
        scene.house.change("update products set sku_key = gen_random_uuid()::text where sku like 'NEW-%'").await;
        scene.house.change("update categories set slug = category_id::text, name = category_id::text").await;
        scene
            .house
            .change("update price_lists set name = gen_random_uuid()::text where name in ('Silver', 'Bronze', 'Copper', 'Tin')")
            .await;
        scene.house.app.house.tenants.forget_all();
        for route in &OPEN {
            let browser = match route.site {
                "public" => &base,
                "console" => continue,
                _ => &scene.at_acme,
            };
            let path = route.path.replace(":slug", "bravo") + route.query;
            let answer = send(browser, route.method, &path, route.body, &[]).await;
            let wanted = if is_shut && !stays_open(route) { 403 } else { route.status };
            // Asked for four times, codes are told to wait.
            let waits = answer.status == StatusCode::TOO_MANY_REQUESTS && wanted != 403;
            assert!(answer.status.as_u16() == wanted || waits, "{state}: {} {path}: {answer:?}", route.method);
        }
        for route in guarded() {
            let (who, status) = route.right;
            let cookie = scene.right(who).await;
            let ids = scene.ids("acme", ADA, "bravo").await;
            let path = ids.fill(route);
            let before = scene.everything().await;
            let answer = scene.ask(route.method, &path, route.body, &[cookie]).await;
            let what = format!("{state}: {who:?} {} {path}: {answer:?}", route.method);
            // Whoever is in may leave, and its owner may let support in, take everything along, close it for good and take
            // that back.
            let goes = ["/sessions/current", "/office/support", "/office/closing", "/office/closure", "/office/export"];
            let goes = goes.iter().any(|path| route.path.contains(path));
            let problem = match (is_shut, route.door) {
                (true, Door::Customer) if !goes => "counter-closed",
                (true, Door::AnyRole | Door::Decider | Door::Keeper | Door::Owner) if route.method != "GET" && !goes => {
                    if state == "closing" { "counter-closing" } else { "counter-suspended" }
                }
                _ => {
                    // What was done in the round before may be in the way of doing it again; it is served all the same.
                    let again = matches!(state, "active" | "closing") && answer.status == StatusCode::CONFLICT;
                    assert!(again || answer.status.as_u16() == status, "{what}");
                    // What takes the closing back has opened it.
                    if state == "closing" && route.path.contains("/clos") {
                        scene.house.change(&change).await;
                        scene.house.app.house.tenants.forget_all();
                    }
                    continue;
                }
            };
            assert_eq!(answer.status, StatusCode::FORBIDDEN, "{what}");
            if route.path.starts_with("/api/") {
                assert_eq!(answer.value()["type"], format!("urn:tradecounter:problem:{problem}"), "{what}");
            }
            assert_eq!(answer.text.contains("Unpaid"), state == "suspended" && route.door != Door::Customer, "{what}");
            assert_eq!(answer.header("set-cookie"), "", "{what}");
            assert_eq!(scene.everything().await, before, "{what}: something was written");
        }
    }
}
