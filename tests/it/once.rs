//! A creating request that is sent twice under one `Idempotency-Key`: it is done once, for whoever may create something.

use chrono::TimeDelta;
use http::{Method, StatusCode};
use serde_json::{Value, json};
use tradecounter::tenancy::Hosts;
use tradecounter::{routes, signups, sweep};

use crate::house::{Answer, Browser, House};
use crate::secrecy;

const OLGA: &str = "olga@platform.example";
const NORA: &str = "nora@nordic.example";

async fn post(browser: &Browser, path: &str, key: &str, body: &Value) -> Answer {
    browser.send(Method::POST, path, &[("idempotency-key", key)], Some(("application/json", body.to_string()))).await
}

/// A key is good for one kind of thing, and so each path has one of its own.
async fn post_once(browser: &Browser, path: &str, body: &Value) -> Answer {
    post(browser, path, &format!("one at {path}"), body).await
}

fn signup(subdomain: &str) -> Value {
    json!({ "business_name": "Nordic Larder", "subdomain": subdomain, "email": NORA, "country": "GB" })
}

fn tenant(subdomain: &str) -> Value {
    json!({ "business_name": "Nordic Larder", "subdomain": subdomain, "owner_email": NORA, "country": "GB" })
}

/// That it is done once under this key, whatever is sent again and however often; answers what it answered.
async fn is_done_once(house: &House, browser: &Browser, path: &str, body: &Value, other: &Value, rows: &str) -> Value {
    let count = format!("select count(*) from {rows}");
    let before = house.value::<i64>(&count).await;
    let first = post_once(browser, path, body).await;
    assert!(first.status.is_success(), "{path}: {first:?}");
    for _ in 0..2 {
        let again = post_once(browser, path, body).await;
        assert_eq!((again.status, &again.text), (first.status, &first.text), "{path}");
    }
    let reused = post_once(browser, path, other).await;
    assert_eq!(
        (reused.status, &reused.value()["type"]),
        (StatusCode::UNPROCESSABLE_ENTITY, &json!("urn:tradecounter:problem:key-reused")),
        "{path}: {reused:?}"
    );
    for key in ["", &"k".repeat(201), "cl\u{e9}"] {
        let unkept = post(browser, path, key, other).await;
        assert_eq!(unkept.value()["errors"][0]["field"], "Idempotency-Key", "{path} {key}: {unkept:?}");
    }
    assert_eq!(house.value::<i64>(&count).await, before + 1, "{path}");
    first.value()
}

#[tokio::test]
async fn everybody_who_creates_something_may_ask_twice() {
    let house = House::open().await;
    let (olga, owner, public) = (house.operator(OLGA).await, house.staff("acme", "owner").await, house.browser(""));
    let acme = house.tenant("acme").await;
    let begun = is_done_once(&house, &public, "/api/v1/signups", &signup("nordic"), &signup("nordic-two"), "signups").await;
    house.run_jobs().await;
    assert_eq!(house.sent_to(NORA).len(), 1, "one code is sent");
    let confirmation = format!("/api/v1/signups/{}/confirmation", begun["id"].as_str().expect("an id"));
    let opened = public.post(&confirmation, json!({ "code": house.code_for(NORA).await })).await;
    assert_eq!(opened.status, StatusCode::CREATED, "and opens the counter: {opened:?}");
    let again = post_once(&public, "/api/v1/signups", &signup("nordic")).await;
    assert_eq!((again.status, again.value()), (StatusCode::ACCEPTED, begun), "also once the name is in use");

    is_done_once(&house, &olga, "/api/v1/tenants", &tenant("larder"), &tenant("larder-two"), "tenants").await;
    let reason = |why: &str| json!({ "reason": format!("They cannot find {why}") });
    let asking = format!("/api/v1/tenants/{acme}/support-requests");
    is_done_once(&house, &olga, &asking, &reason("a customer"), &reason("a message"), "support_requests").await;
    house.change("update support_requests set status = 'granted', decided_at = now(), granted_until = now() + interval '1 hour'").await;
    let asked = post_once(&olga, &asking, &reason("a customer")).await;
    assert_eq!((asked.status, &asked.value()["status"]), (StatusCode::CREATED, &json!("asked")), "as it was the first time: {asked:?}");

    let domain = |name: &str| json!({ "domain": format!("{name}.acme.example") });
    is_done_once(&house, &owner, "/api/v1/office/domains", &domain("shop"), &domain("trade"), "domains").await;
    let theirs = format!("/api/v1/tenants/{acme}/domains");
    is_done_once(&house, &olga, &theirs, &domain("www"), &domain("web"), "domains").await;
    let listed = owner.get("/api/v1/office/domains").await.value();
    assert_eq!(listed["items"][0], post_once(&owner, "/api/v1/office/domains", &domain("shop")).await.value(), "it says what there is");

    let invited = |role: &str| json!({ "name": "Ivy", "email": "ivy@acme.example", "role": role });
    let made = is_done_once(&house, &owner, "/api/v1/office/invitations", &invited("sales"), &invited("picker"), "invitations").await;
    assert_eq!(owner.get("/api/v1/office/invitations").await.value()["items"][0], made, "it says what there is");
    house.run_jobs().await;
    assert_eq!(house.sent_to("ivy@acme.example").len(), 1, "one letter is sent");

    let product = |sku: &str| json!({ "sku": sku, "name": "Green tea", "category": "Drinks" });
    is_done_once(&house, &owner, "/api/v1/office/products", &product("TEA-8"), &product("TEA-9"), "products").await;
    let category = |name: &str| json!({ "name": name });
    is_done_once(&house, &owner, "/api/v1/office/categories", &category("Pantry"), &category("Household"), "categories").await;
    is_done_once(&house, &owner, "/api/v1/office/price-lists", &category("Gold"), &category("Silver"), "price_lists").await;
    assert_eq!(house.value::<i64>("select count(*) from idempotency_keys").await, 4, "an office's are among its own");
    assert_eq!(house.value::<i64>("select count(*) from platform_idempotency_keys").await, 5);
}

#[tokio::test]
async fn a_key_is_its_askers_alone_and_an_error_is_not_kept() {
    let house = House::open().await;
    let (olga, otto) = (house.operator(OLGA).await, house.operator("otto@platform.example").await);
    let taken = post(&olga, "/api/v1/tenants", "one", &tenant("acme")).await;
    assert_eq!(taken.status, StatusCode::CONFLICT, "{taken:?}");
    assert!(taken.value()["detail"].as_str().is_some_and(|detail| detail.ends_with("Choose another one.")), "one full stop: {taken:?}");
    let (first, other) =
        (post(&olga, "/api/v1/tenants", "one", &tenant("nordic")).await, post(&otto, "/api/v1/tenants", "one", &tenant("larder")).await);
    assert_eq!((first.status, other.status), (StatusCode::CREATED, StatusCode::CREATED), "{first:?} {other:?}");
    // At one office the same key is each member's own, as well.
    let (owner, manager) = (house.staff("acme", "owner").await, house.staff("acme", "manager").await);
    for (browser, email) in [(&owner, "ivy@acme.example"), (&manager, "ida@acme.example")] {
        let body = json!({ "name": "Ivy", "email": email, "role": "sales" });
        assert_eq!(post(browser, "/api/v1/office/invitations", "one", &body).await.status, StatusCode::CREATED);
    }
    // One key is good for one kind of thing.
    let body = json!({ "domain": "shop.acme.example" });
    assert_eq!(post(&owner, "/api/v1/office/domains", "one", &body).await.status, StatusCode::CREATED);
    let token = post(&olga, "/api/v1/tokens", "one", &json!({ "name": "nightly" })).await;
    assert_eq!(token.status, StatusCode::UNPROCESSABLE_ENTITY, "{token:?}");
}

#[tokio::test]
async fn of_many_that_come_at_once_one_is_done() {
    let house = House::open().await;
    let (olga, public) = (house.operator(OLGA).await, house.browser(""));
    for (browser, path, body, status, rows) in [
        (&public, "/api/v1/signups", signup("nordic"), StatusCode::ACCEPTED, "signups"),
        (&olga, "/api/v1/tenants", tenant("larder"), StatusCode::CREATED, "tenants where slug = 'larder'"),
        (&olga, "/api/v1/tokens", json!({ "name": "nightly" }), StatusCode::CREATED, "operator_tokens"),
    ] {
        let answers = futures_util::future::join_all((0..6).map(|_| post_once(browser, path, &body))).await;
        for answer in &answers {
            assert_eq!((answer.status, &answer.text), (status, &answers[0].text), "{path}");
            secrecy::hold(answer.value()["token"].as_str().unwrap_or_default());
        }
        assert_eq!(house.value::<i64>(&format!("select count(*) from {rows}")).await, 1, "{path}");
    }
    house.run_jobs().await;
    assert_eq!(house.sent_to(NORA).len(), 1, "all of them sent the same code");
}

/// Held, a token is looked for in all of the database when the house closes.
#[tokio::test]
async fn a_token_is_told_again_and_kept_nowhere() {
    let house = House::open().await;
    let olga = house.operator(OLGA).await;
    let body = json!({ "name": "nightly", "scope": "read" });
    let key = "e8b1c7d2-5f0a-4a43-9c3e-0d6f2b7a9184";
    let first = post(&olga, "/api/v1/tokens", key, &body).await;
    assert_eq!(first.status, StatusCode::CREATED, "{first:?}");
    let token = first.value()["token"].as_str().expect("a token").to_owned();
    secrecy::hold(&token);
    assert_eq!(post(&olga, "/api/v1/tokens", key, &body).await.text, first.text);
    let shown = [("authorization", &*format!("Bearer {token}"))];
    assert_eq!(house.browser("admin").send(Method::GET, "/api/v1/tenants", &shown, None).await.status, StatusCode::OK);
    let kept = house.value::<String>("select string_agg(k::text, '') from platform_idempotency_keys k").await;
    assert!(!kept.contains(key) && !kept.contains(&token), "neither the token nor the key that makes it: {kept}");
    let other = post(&olga, "/api/v1/tokens", "another", &body).await;
    assert_ne!(other.value()["token"], first.value()["token"]);
    secrecy::hold(other.value()["token"].as_str().expect("a token"));
    // The server's key of then is gone.
    house.change("update platform_idempotency_keys set answer = answer || '{\"version\": 7}'").await;
    let gone = post(&olga, "/api/v1/tokens", key, &body).await;
    assert_eq!(gone.status, StatusCode::CONFLICT, "{gone:?}");
    assert_eq!(house.value::<i64>("select count(*) from operator_tokens").await, 2);
}

#[tokio::test]
async fn a_key_is_forgotten_after_two_days_and_a_sign_ups_with_the_sign_up() {
    let house = House::open().await;
    let (olga, owner, public) = (house.operator(OLGA).await, house.staff("acme", "owner").await, house.browser(""));
    let first = post(&public, "/api/v1/signups", "one", &signup("nordic")).await.value();
    post(&olga, "/api/v1/tokens", "one", &json!({ "name": "nightly" })).await;
    post(&owner, "/api/v1/office/invitations", "one", &json!({ "name": "Ivy", "email": "ivy@acme.example", "role": "sales" })).await;
    let kept = "select (select count(*) from idempotency_keys) + (select count(*) from platform_idempotency_keys)";
    let sweep = async || {
        signups::sweep(&house.app.house).await.expect("swept");
        sweep::the_rest(&house.app.house).await.expect("swept");
    };
    assert_eq!(house.value::<i64>(kept).await, 3);
    house.wait(TimeDelta::hours(25));
    sweep().await;
    assert_eq!(house.value::<i64>(kept).await, 2, "there is no sign-up left that it could answer with");
    let anew = post(&public, "/api/v1/signups", "one", &signup("nordic")).await;
    assert_eq!((anew.status, anew.value()), (StatusCode::ACCEPTED, first), "begun anew");
    house.wait(TimeDelta::hours(24));
    sweep().await;
    assert_eq!(house.value::<i64>(kept).await, 0);
}

/// What is asked for by `POST` and takes no key, because the second time does nothing new anyhow.
const WITHOUT_A_KEY: &[(&str, &str)] = &[
    ("/retry", "what is in the queue again is not given up: 404"),
    ("/resending", "a message that waits is not sent again"),
    ("/dropping", "what was let go is gone"),
    ("/preview", "it shows what would be, and changes nothing"),
    ("/codes", "within half a minute nothing is sent again, and within its life the same code"),
    ("/sessions", "a code is good once, and the answer is a secret that nobody keeps"),
    ("/passkey-challenges", "a question that nobody answers is gone in minutes"),
    ("/passkey-registrations", "as challenges"),
    ("/passkey-sessions", "a question is answered once, and the answer is a secret that nobody keeps"),
    ("/passkeys", "a question is answered once, and a key is known once"),
    ("/confirmation", "it answers the one open question, or brings a code that is good once"),
    ("/erasures", "as codes"),
    ("/number-changes", "as codes"),
    ("/approval", "decided already: 409"),
    ("/rejection", "decided already: 409"),
    ("/suspension", "suspended already: 409"),
    ("/closure", "being closed already: 409"),
    ("/purge", "there is nothing left to delete"),
    ("/rename", "it has that name already: 409"),
    ("/grant", "answered already: 409"),
    ("/refusal", "answered already: 409"),
    ("/check", "it looks once more, and makes nothing"),
    ("/export", "it is made anew each time, and kept nowhere"),
    ("/basket/submission", "the basket's own id is its key"),
    ("/acceptance", "accepted already: 409"),
    ("/amendment", "the order is another one by then than was seen: 409"),
    ("/amendment-preview", "it changes nothing"),
    ("/cancellation", "cancelled already: 409"),
    ("/start", "being picked already: 409"),
    ("/dispatch", "gone already: 409"),
    ("/delivery", "delivered already: 409"),
    ("/subdomain", "the counter is opened once, whatever is brought"),
];

#[test]
fn every_operation_that_creates_takes_a_key() {
    let hosts = Hosts::parse("https://tradecounter.example").expect("a base");
    let (mut with, mut without, mut used) = (Vec::new(), Vec::new(), Vec::new());
    for document in [routes::openapi(&hosts), routes::console_openapi(&hosts)] {
        for (path, operations) in document["paths"].as_object().expect("paths") {
            let Some(create) = operations.get("post") else { continue };
            let takes = create["parameters"].to_string().contains("Idempotency-Key");
            match WITHOUT_A_KEY.iter().find(|(end, _)| path.ends_with(end)) {
                Some((end, _)) if !takes => used.push(*end),
                None if takes => with.push(path.clone()),
                _ => without.push(path.clone()),
            }
        }
    }
    assert_eq!(without, Vec::<String>::new(), "say there why not, or take one");
    assert!(WITHOUT_A_KEY.iter().all(|(end, _)| used.contains(end)), "{used:?}");
    assert_eq!(with.len(), 13, "{with:?}");
}
