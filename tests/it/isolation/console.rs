//! The console's routes, asked for by everybody who is no operator: they are for operators alone.

use http::{Method, StatusCode};
use tradecounter::tenancy::token::{OFFICE_COOKIE, OPERATOR_COOKIE, SESSION_COOKIE, Token};

use super::console_routes::CONSOLE;
use super::scene::{Scene, send};
use crate::house::ADA;

/// What the console keeps of its own.
const PLATFORM: &str = "select concat_ws(' ', (select count(*) from tenants), (select string_agg(t::text, ',') from operator_tokens t),
    (select string_agg(e::text, ',') from operator_events e), (select string_agg(d::text, ',') from domains d), (select string_agg(s::text, ',') from operator_sessions s), (select string_agg(k::text, ',') from operator_passkeys k), (select string_agg(j::text, ',') from jobs j))";

#[tokio::test]
async fn the_console_turns_away_everybody_who_is_no_operator_and_changes_nothing() {
    let mut scene = Scene::open().await;
    let console = scene.house.browser("admin");
    scene.operator("olga@platform.example").await;
    let (ada, owner) = (scene.customer("acme", ADA).await, scene.staff("acme", "owner").await);
    let removed = scene.operator("gone@platform.example").await;
    scene.house.change("update operators set removed_at = now() where email = 'gone@platform.example'").await;
    let garbage = Token::new().expect("randomness").reveal();
    let (domain, given_up) = (scene.domain("acme").await, scene.given_up("acme").await);
    let before = (scene.everything().await, scene.house.value::<String>(PLATFORM).await);
    for route in CONSOLE {
        let acme = scene.house.tenant("acme").await.to_string();
        let id = if route.path.contains("/jobs/") { &given_up } else { &acme };
        let path = route.path.replace(":id", id).replace(":domain_id", &domain).replace(":request_id", &acme);
        for (who, cookies) in [
            ("nobody", vec![]),
            ("a customer", vec![ada.clone()]),
            ("the owner of acme", vec![owner.clone()]),
            (
                "a customer and an owner who name themselves operators",
                vec![(OPERATOR_COOKIE, ada.1.clone()), (OFFICE_COOKIE, owner.1.clone())],
            ),
            ("an owner who is called an operator", vec![(OPERATOR_COOKIE, owner.1.clone())]),
            ("somebody with a made-up token", vec![(OPERATOR_COOKIE, garbage.clone()), (SESSION_COOKIE, garbage.clone())]),
            ("one who was an operator once", vec![removed.clone()]),
        ] {
            let answer = send(&console, route.method, &path, route.body, &cookies).await;
            let what = format!("{who}: {} {path}: {answer:?}", route.method);
            if path.starts_with("/api/") {
                assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{what}");
                let challenge = answer.header("www-authenticate");
                assert!(challenge.contains("Cookie realm") && challenge.contains("Bearer realm"), "{what} {challenge}");
            } else {
                assert_eq!((answer.status, answer.header("location")), (StatusCode::SEE_OTHER, "/sign-in"), "{what}");
            }
            assert_eq!(answer.header("set-cookie"), "", "{what}");
        }
        console.forget();
        for shown in [format!("Bearer {garbage}"), "Bearer".to_owned(), "Bearer x".to_owned(), format!("Basic {garbage}")] {
            let media_type = if path.starts_with("/api/") { "application/json" } else { "application/x-www-form-urlencoded" };
            let body = (route.method == "POST").then(|| (media_type, route.body.to_owned()));
            let method: Method = route.method.parse().expect("a method");
            let answer = console.send(method, &path, &[("authorization", &shown)], body).await;
            if path.starts_with("/api/") {
                assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{path}: {answer:?}");
                assert!(answer.header("www-authenticate").starts_with("Bearer realm"), "{path}: {answer:?}");
            } else {
                assert_eq!(answer.header("location"), "/sign-in", "{path}: {answer:?}");
            }
        }
    }
    assert_eq!((scene.everything().await, scene.house.value::<String>(PLATFORM).await), before, "something was written");
}

#[tokio::test]
async fn the_console_serves_operators_and_their_cookie_is_worth_nothing_at_a_counter() {
    let mut scene = Scene::open().await;
    let console = scene.house.browser("admin");
    for route in CONSOLE {
        let cookie = scene.operator("olga@platform.example").await;
        let id = match route.path {
            path if path.contains("/tokens/") => scene.token().await,
            path if path.contains("/jobs/") => scene.given_up("acme").await,
            path if path.contains("/passkeys/") => scene.operators_passkey("olga@platform.example").await,
            _ => scene.house.tenant("acme").await.to_string(),
        };
        let mut path = route.path.replace(":id", &id).replace(":domain_id", &scene.domain("acme").await);
        scene.house.change("delete from support_requests").await;
        if path.contains("/support/") || path.contains("/support-requests/") {
            let olga = scene.house.value("select id from operators where email = 'olga@platform.example'").await;
            path = path.replace(":request_id", &scene.support("acme", olga, true).await);
        }
        let answer = send(&console, route.method, &path, route.body, &[cookie]).await;
        assert_eq!(answer.status.as_u16(), route.status, "{} {}: {answer:?}", route.method, route.path);
        assert_ne!(answer.header("location"), if route.path.ends_with("/end") { "/" } else { "/sign-in" }, "{answer:?}");
    }
    let operator = scene.operator("olga@platform.example").await;
    for name in [OPERATOR_COOKIE, OFFICE_COOKIE, SESSION_COOKIE] {
        for path in ["/api/v1/me", "/api/v1/office/customers"] {
            let answer = scene.ask("GET", path, "", &[(name, operator.1.clone())]).await;
            assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{name} {path}: {answer:?}");
        }
    }
}
