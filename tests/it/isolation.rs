//! Every route there is, asked for by everybody who has no business there. One that is missing in the lists fails.

mod console;
pub mod console_routes;
mod files;
mod goods;
mod ids;
mod ordering;
pub mod routes;
pub mod scene;
mod sending;
mod shut;
mod words;

use std::collections::BTreeSet;

use http::{Method, StatusCode};
use regex::Regex;
use tradecounter::api::document;
use tradecounter::routes as app_routes;
use tradecounter::tenancy::Hosts;
use tradecounter::tenancy::token::{OFFICE_COOKIE, SESSION_COOKIE, Token};

use crate::house::{ADA, Answer, BEN, CAT, percent_encode};
use console_routes::CONSOLE;
use ids::Ids;
use routes::{Door, Guarded, OPEN, guarded, takes_a_code};
use scene::{Right, Scene};
use sending::{said, send};
use words::is_of_a_word;

/// What nobody but its owners may ever read: accounts, contacts and phones, as all pages write them.
const SECRETS: [&str; 11] = [
    "Shop A-",
    "Shop B-",
    "Contact of",
    "400123001",
    "400123002",
    "400123003",
    "400 123001",
    "400 123002",
    "400 123003",
    "of bravo",
    "of acme",
];

fn tells_nothing(answer: &Answer, what: &str) {
    for secret in SECRETS {
        assert!(!answer.text.contains(secret), "{what} tells {secret:?}: {}", answer.text);
    }
}

/// Turned away as if nobody were there: no cookie, no word.
fn is_turned_away(answer: &Answer, route: &Guarded, what: &str) {
    let at_office = route.path.starts_with("/office") || route.path.starts_with("/api/v1/office");
    if route.path.starts_with("/api/") {
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{what}: {answer:?}");
        assert_eq!(answer.value()["type"], "urn:tradecounter:problem:unauthenticated", "{what}");
    } else {
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{what}: {answer:?}");
        assert_eq!(answer.header("location"), if at_office { "/office/sign-in" } else { "/" }, "{what}");
    }
    assert_eq!(answer.header("set-cookie"), "", "{what}");
    tells_nothing(answer, what);
}

#[tokio::test]
async fn every_route_is_on_one_of_the_two_lists_and_the_open_one_has_not_grown() {
    let mut real = BTreeSet::new();
    let sites =
        [("public", app_routes::public_pages()), ("counter", app_routes::counter_pages()), ("console", app_routes::console_pages())];
    for (site, pages) in sites {
        real.extend(pages.iter().map(|page| (site, page.method.to_string(), page.path.to_owned())));
        real.insert((site, "GET".to_owned(), "/api/v1/openapi.json".to_owned()));
    }
    let hosts = Hosts::parse("http://localhost").expect("a base");
    let openapi = app_routes::openapi(&hosts);
    let names = [":id", ":number", ":slug", ":domain_id", ":request_id", ":kind", ":language"];
    let braced = |path: &str| names.iter().fold(path.to_owned(), |path, name| path.replace(name, &format!("{{{}}}", &name[1..])));
    for (path, methods) in document::paths(&openapi) {
        let server = &openapi["paths"][braced(&path)]["servers"][0]["url"];
        let site = if *server == serde_json::json!(hosts.public_url()) { "public" } else { "counter" };
        real.extend(methods.iter().map(|method| (site, method.to_string(), path.clone())));
    }
    let of_console = app_routes::console_openapi(&hosts);
    for (path, methods) in document::paths(&of_console) {
        for method in methods.iter().map(Method::as_str) {
            real.insert(("console", method.to_owned(), path.clone()));
            let described = &of_console["paths"][braced(&path)][method.to_lowercase()]["security"];
            let is_open = !CONSOLE.iter().any(|route| route.method == method && route.path == path);
            assert_eq!(described.is_null(), is_open, "what the document says of who may: {method} {path}");
        }
    }
    let of_counter = guarded().map(|route| ("counter", route.method.to_owned(), route.path.to_owned()));
    let guarded_ones = of_counter.chain(CONSOLE.iter().map(|route| ("console", route.method.to_owned(), route.path.to_owned())));
    let open = OPEN.iter().map(|route| (route.site, route.method.to_owned(), route.path.to_owned()));
    let listed: BTreeSet<_> = guarded_ones.chain(open).collect();
    assert_eq!(listed.len(), guarded().count() + CONSOLE.len() + OPEN.len(), "a route is listed twice");
    assert_eq!(real, listed, "routes that are there, and routes that the lists know");
    for (path, methods) in document::paths(&openapi) {
        for method in methods.iter().map(Method::as_str) {
            let described = &openapi["paths"][braced(&path)][method.to_lowercase()]["security"];
            let door = guarded().find(|route| route.method == method && route.path == path).map(|route| route.door);
            let wanted = match door {
                None => serde_json::Value::Null,
                // A wholesaler may let everybody look.
                _ if path == "/api/v1/products" => serde_json::json!([{ "session": [] }, {}]),
                Some(Door::Customer) => serde_json::json!([{ "session": [] }]),
                Some(_) => serde_json::json!([{ "office": [] }]),
            };
            assert_eq!(*described, wanted, "what the document says of who may: {method} {path}");
        }
    }
}

#[tokio::test]
async fn the_address_of_a_form_leads_back_to_a_page_whoever_opens_it() {
    let scene = Scene::open().await;
    let sites = [("", app_routes::public_pages()), ("acme", app_routes::counter_pages()), ("admin", app_routes::console_pages())];
    let named = Regex::new(r":\w+").expect("a pattern");
    let mut led = 0;
    for (slug, pages) in sites {
        let is_page = |path: &str| pages.iter().any(|page| page.method == Method::GET && page.path == path);
        let browser = scene.house.browser(slug);
        for form in pages.iter().filter(|form| form.method == Method::POST && !is_page(form.path)) {
            let answer = browser.get(&named.replace_all(form.path, "x-1")).await;
            assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}: {answer:?}", form.path);
            let to = answer.header("location").to_owned();
            let begins = form.path.trim_end_matches(|c: char| c != '/').trim_end_matches('/');
            assert!(
                is_page(&named.replace_all(&to, ":id"))
                    || to == "/"
                    || to.ends_with("/new")
                    || pages.iter().any(|page| { named.replace_all(page.path, "x-1") == to && page.method == Method::GET }),
                "{} leads to {to}, which is no page",
                form.path
            );
            assert!(to == "/" || named.replace_all(begins, "x-1").starts_with(&to) || to.ends_with("/new"), "{} leads to {to}", form.path);
            led += 1;
        }
    }
    assert!(led > 40, "{led}");
}

#[tokio::test]
async fn an_open_route_tells_everybody_the_same_and_nothing_about_anybody() {
    let mut scene = Scene::open().await;
    let (at_the_base, at_the_console) = (scene.house.browser(""), scene.house.browser("admin"));
    let (cat, owner) = (scene.customer("bravo", CAT).await, scene.staff("bravo", "owner").await);
    for route in &OPEN {
        let browser = match route.site {
            "public" => &at_the_base,
            "console" => &at_the_console,
            _ => &scene.at_acme,
        };
        let what = format!("{} {} at the {} site", route.method, route.path, route.site);
        let path = route.path.replace(":slug", "bravo") + route.query;
        let nobody = send(browser, route.method, &path, route.body, &[]).await;
        assert_eq!(nobody.status.as_u16(), route.status, "{what}: {nobody:?}");
        tells_nothing(&nobody, &what);
        let planted = send(browser, route.method, &path, route.body, &[cat.clone(), owner.clone()]).await;
        assert_eq!(planted.status, nobody.status, "{what}: {planted:?}");
        tells_nothing(&planted, &what);
        for cookie in [SESSION_COOKIE, OFFICE_COOKIE] {
            assert!(browser.cookie(cookie).is_none_or(|value| value == cat.1 || value == owner.1), "{what} signs nobody in");
        }
    }
}

#[tokio::test]
async fn a_guarded_route_turns_away_everybody_whom_it_is_not_for_and_changes_nothing() {
    let mut scene = Scene::open().await;
    let (ada, owner) = (scene.customer("acme", ADA).await, scene.staff("acme", "owner").await);
    let garbage = Token::new().expect("randomness").reveal();
    let ben = scene.customer("bravo", BEN).await;
    let cat_of_bravo = scene.customer("bravo", CAT).await;
    let owner_of_bravo = scene.staff("bravo", "owner").await;
    let swapped = [(OFFICE_COOKIE, ada.1.clone()), (SESSION_COOKIE, owner.1.clone())];
    let ids = scene.ids("acme", ADA, "bravo").await;
    let before = scene.everything().await;
    for route in guarded() {
        let path = ids.fill(route);
        let at_the_other_door = if route.door == Door::Customer { owner.clone() } else { ada.clone() };
        for (who, cookies) in [
            ("nobody", vec![]),
            ("somebody with a made-up token", vec![(SESSION_COOKIE, garbage.clone()), (OFFICE_COOKIE, garbage.clone())]),
            ("a customer of bravo", vec![ben.clone()]),
            ("a customer of both, signed in at bravo", vec![cat_of_bravo.clone()]),
            ("the owner of bravo", vec![owner_of_bravo.clone()]),
            ("everybody of bravo at once", vec![ben.clone(), owner_of_bravo.clone()]),
            ("acme's own tokens under each other's names", swapped.to_vec()),
            ("one who is signed in at acme's other door", vec![at_the_other_door]),
        ] {
            let what = format!("{who}: {} {path}", route.method);
            is_turned_away(&scene.ask(route.method, &path, route.body, &cookies).await, route, &what);
        }
        let too_low: &[&str] = match route.door {
            Door::Customer | Door::AnyRole => &[],
            Door::Decider => &["picker"],
            Door::Keeper => &["picker", "sales"],
            Door::Owner => &["picker", "sales", "manager"],
        };
        for role in too_low {
            let cookie = scene.staff("acme", role).await;
            let answer = scene.ask(route.method, &path, route.body, &[cookie]).await;
            assert_eq!(answer.status, StatusCode::FORBIDDEN, "{role}: {} {path}: {answer:?}", route.method);
            tells_nothing(&answer, &path);
        }
    }
    sqlx::query("delete from staff_sessions s using staff p where p.staff_id = s.staff_id and p.role in ('picker', 'sales', 'manager')")
        .execute(&mut scene.db)
        .await
        .expect("the sessions of this test");
    assert_eq!(scene.everything().await, before, "something was written");
}

#[tokio::test]
async fn a_proven_number_without_access_meets_its_own_affairs_and_nothing_of_the_wholesalers() {
    let mut scene = Scene::open().await;
    for route in guarded() {
        let ids = scene.ids("acme", ADA, "bravo").await;
        let path = ids.fill(route);
        let cookie = scene.right(Right::Stranger).await;
        let answer = scene.ask(route.method, &path, route.body, &[cookie]).await;
        let what = format!("a stranger: {} {path}", route.method);
        match route.door {
            Door::Customer => assert_eq!(answer.status.as_u16(), route.stranger, "{what}: {answer:?}"),
            _ => is_turned_away(&answer, route, &what),
        }
        tells_nothing(&answer, &what);
    }
}

#[tokio::test]
async fn a_guarded_route_does_serve_the_one_whom_it_is_for() {
    let mut scene = Scene::open().await;
    for route in guarded() {
        let (who, status) = route.right;
        let cookie = scene.right(who).await;
        let ids = scene.ids("acme", ADA, "bravo").await;
        let path = ids.fill(route);
        let before = scene.everything().await;
        let answer = scene.ask(route.method, &path, route.body, &[cookie]).await;
        assert_eq!(answer.status.as_u16(), status, "{who:?}: {} {path}: {answer:?}", route.method);
        if route.body.contains("challenge") {
            assert!(answer.text.contains("No passkey was made"), "{who:?} is served by {} {path}: {answer:?}", route.method);
            continue;
        }
        if takes_a_code(route) {
            assert!(answer.text.contains("code is not right"), "{who:?} is served by {} {path}: {answer:?}", route.method);
            continue;
        }
        // What cannot be done as it is asked: whoever is turned away hears something else.
        if answer.status.is_client_error() {
            let turned_away = scene.ask(route.method, &path, route.body, &[]).await;
            assert_ne!(answer.status, turned_away.status, "{who:?} is served by {} {path}: {answer:?}", route.method);
            continue;
        }
        assert!(answer.status.is_success() || answer.status.is_redirection(), "{who:?} is served by {} {path}", route.method);
        let elsewhere = !answer.header("location").is_empty() && !["/", "/office/sign-in"].contains(&answer.header("location"));
        let changed = scene.everything().await != before;
        assert!(
            answer.status.is_success() || elsewhere || changed,
            "{who:?}: {} {path} cannot be told from being turned away: {answer:?}",
            route.method
        );
    }
}

#[tokio::test]
async fn an_id_of_the_other_tenant_is_answered_as_an_id_that_does_not_exist() {
    let mut scene = Scene::open().await;
    let theirs = scene.ids("bravo", BEN, "bravo").await;
    let nowhere = Ids::nowhere();
    let of_another_customer = scene.ids("acme", CAT, "bravo").await;
    let mut tried = 0;
    for route in guarded().filter(|route| route.path.contains(':') && !is_of_a_word(route)) {
        // Ada does not buy at bravo: its name, too, must be no better than one that is not there.
        let who = if matches!(route.right.0, Right::Cat) { Right::Ada } else { route.right.0 };
        let cookie = scene.right(who).await;
        let before = scene.everything().await;
        let missing = scene.ask(route.method, &nowhere.fill(route), route.body, std::slice::from_ref(&cookie)).await;
        assert_eq!(missing.status, StatusCode::NOT_FOUND, "{} {}: {missing:?}", route.method, route.path);
        let foreign = scene.ask(route.method, &theirs.fill(route), route.body, std::slice::from_ref(&cookie)).await;
        assert_eq!(said(&foreign, &theirs), said(&missing, &nowhere), "{} {}", route.method, route.path);
        if route.path.contains("/devices/") {
            let other = scene.ask(route.method, &of_another_customer.fill(route), route.body, &[cookie]).await;
            assert_eq!(said(&other, &of_another_customer), said(&missing, &nowhere), "{} {}", route.method, route.path);
        }
        assert_eq!(scene.everything().await, before, "{} {} changed something", route.method, route.path);
        tried += 1;
    }
    assert!(tried >= 15, "{tried}");
    let sales = scene.staff("acme", "sales").await;
    for path in ["/office/customers?after=", "/api/v1/office/customers?cursor="] {
        let missing = scene.ask("GET", &format!("{path}{}", nowhere.active), "", std::slice::from_ref(&sales)).await;
        let foreign = scene.ask("GET", &format!("{path}{}", theirs.active), "", std::slice::from_ref(&sales)).await;
        assert_eq!(said(&foreign, &theirs), said(&missing, &nowhere), "{path}");
    }
}

#[tokio::test]
async fn an_account_number_of_the_other_tenant_is_as_free_as_any() {
    let mut scene = Scene::open().await;
    let owner = scene.staff("acme", "owner").await;
    let mut answers = Vec::new();
    for number in ["B-1", "Z-9"] {
        let phone = scene.stranger().await;
        let request = scene.request("acme", &phone).await;
        let body = serde_json::json!({ "account_number": number }).to_string();
        let answer = scene
            .ask("POST", &format!("/api/v1/office/registration-requests/{request}/approval"), &body, std::slice::from_ref(&owner))
            .await;
        answers.push((answer.status, answer.text.replace(&request, "ID").replace(number, "NUMBER")));
        let there: i64 = scene.house.value(&format!("select count(*) from trade_accounts where account_number = '{number}'")).await;
        assert_eq!(there, if number == "B-1" { 2 } else { 1 }, "acme has its own of that number");
    }
    assert_eq!(answers[0], answers[1]);
    let search = percent_encode("Contact of B");
    let found = scene.ask("GET", &format!("/api/v1/office/customers?query={search}"), "", &[owner]).await;
    assert_eq!(found.value()["items"], serde_json::json!([]), "no word of bravo's is found at acme");
}
