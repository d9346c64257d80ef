//! What the door does to every request and says with every answer.

use http::{Method, StatusCode};
use serde_json::json;

use crate::house::{ADA, Answer, Browser, CAT, DAN, House};

const FORM: &str = "application/x-www-form-urlencoded";

#[tokio::test]
async fn only_the_same_origin_or_no_browser_may_change_anything() {
    let house = House::open().await;
    let ada = house.customer("acme", ADA).await;
    let own = format!("http://{}", ada.host);
    let sibling = format!("http://bravo.localhost:{}", house.at.port());
    let elsewhere = format!("http://acme.localhost:{}", house.at.port() ^ 1);
    let site = "sec-fetch-site";
    let passing = [vec![], vec![(site, "")], vec![(site, "same-origin")], vec![(site, "none")], vec![("origin", own.as_str())]];
    let refused = [
        vec![(site, "same-site")],
        vec![(site, "cross-site")],
        vec![(site, "nonsense")],
        vec![(site, "same-site"), ("origin", &own)],
        vec![(site, "same-origin"), (site, "cross-site")],
        vec![("origin", &sibling)],
        vec![("origin", &elsewhere)],
        vec![("origin", "http://localhost")],
        vec![("origin", "http://acme.localhost.evil.example")],
        vec![("origin", "null")],
        vec![("origin", "")],
        vec![("origin", &own), ("origin", &sibling)],
    ];
    let form = || Some((FORM, "phone=nonsense".to_owned()));
    let body = || Some(("application/json", json!({ "phone": "nonsense" }).to_string()));
    for headers in &passing {
        assert_eq!(ada.send(Method::POST, "/codes", headers, form()).await.status, StatusCode::UNPROCESSABLE_ENTITY, "{headers:?}");
        assert_eq!(ada.send(Method::POST, "/api/v1/codes", headers, body()).await.status, StatusCode::UNPROCESSABLE_ENTITY, "{headers:?}");
    }
    for headers in &refused {
        let page = ada.send(Method::POST, "/sessions/current/end", headers, form()).await;
        assert_eq!((page.status, page.header("set-cookie")), (StatusCode::FORBIDDEN, ""), "{headers:?} {page:?}");
        let problem = ada.send(Method::POST, "/api/v1/codes", headers, body()).await;
        assert_eq!(problem.status, StatusCode::FORBIDDEN, "{headers:?} {problem:?}");
        assert_eq!(problem.value()["type"], "urn:tradecounter:problem:cross-site");
        for method in [Method::DELETE, Method::PUT, Method::PATCH] {
            let answer = ada.send(method.clone(), "/api/v1/sessions/current", headers, None).await;
            assert_eq!(answer.status, StatusCode::FORBIDDEN, "{method} {headers:?}");
        }
        assert_eq!(ada.send(Method::GET, "/api/v1/me", headers, None).await.status, StatusCode::OK, "{headers:?}: still signed in");
    }
}

#[tokio::test]
async fn every_answer_carries_the_house_headers() {
    let house = House::open().await;
    let (ada, nobody, base) = (house.customer("acme", ADA).await, house.browser("acme"), house.browser(""));
    let front = nobody.get("/").await.text;
    let (style, brand) = (address_in(&front, "/assets/style.css"), address_in(&front, "/brand.css"));
    let mut lost = house.browser("acme");
    lost.host = "nobody.localhost".to_owned();
    let kept = [brand.as_str(), &style, "/favicon.ico"];
    let mut answers: Vec<(String, Answer)> = Vec::new();
    for path in ["/", "/wholesalers", "/api/v1/me", "/api/v1/openapi.json", "/api/docs", "/nothing", "/api/v1/nothing"] {
        answers.push((format!("ada {path}"), ada.get(path).await));
    }
    for path in ["/", "/devices", "/office", "/api/v1/me", "/code"].into_iter().chain(kept) {
        answers.push((format!("nobody {path}"), nobody.get(path).await));
    }
    for path in ["/", "/inbox", "/api/v1/inbox", "/logos/nobody"] {
        answers.push((format!("base {path}"), base.get(path).await));
    }
    answers.push(("lost".to_owned(), lost.get("/").await));
    answers.push(("wrong method".to_owned(), nobody.delete("/").await));
    answers.push(("cross-site".to_owned(), nobody.send(Method::POST, "/codes", &[("origin", "https://evil.example")], None).await));
    answers.push(("form".to_owned(), nobody.form("/codes", &[("phone", "nonsense")]).await));
    answers.push(("redirect".to_owned(), nobody.form("/codes", &[("phone", ADA)]).await));
    let preflight = [("origin", "https://evil.example"), ("access-control-request-method", "POST")];
    answers.push(("preflight".to_owned(), nobody.send(Method::OPTIONS, "/api/v1/codes", &preflight, None).await));
    answers.push(("from elsewhere".to_owned(), nobody.send(Method::GET, "/api/v1/me", &preflight, None).await));
    for (what, answer) in &answers {
        let is_kept = kept.iter().any(|path| what.ends_with(path));
        let rule = if is_kept { "public, max-age=31536000" } else { "private, no-store" };
        assert!(answer.header("cache-control").starts_with(rule), "{what}: {:?}", answer.headers);
        let policy = answer.header("content-security-policy");
        assert!(policy.starts_with("default-src 'none'; style-src 'self'; script-src 'self';"), "{what}: {policy}");
        assert!(policy.contains("frame-ancestors 'none'") && policy.contains("base-uri 'none'") && !policy.contains("unsafe"), "{what}");
        assert!(policy.contains("form-action 'self'"), "{what}: {policy}");
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "same-origin"),
            ("cross-origin-opener-policy", "same-origin"),
            ("cross-origin-resource-policy", "same-origin"),
        ] {
            assert_eq!(answer.header(name), value, "{what} {name}");
        }
        assert_eq!(answer.header("x-request-id").len(), 32, "{what}");
        assert_eq!(answer.headers.get_all("content-security-policy").iter().count(), 1, "{what}");
        assert_eq!(answer.headers.get_all("cache-control").iter().count(), 1, "{what}");
        let cors = answer.headers.keys().find(|name| name.as_str().starts_with("access-control-"));
        assert_eq!(cors, None, "{what}");
        assert!(!answer.headers.contains_key("strict-transport-security"), "{what}: this house is served by plain HTTP");
    }
}

#[tokio::test]
async fn every_cookie_is_for_this_host_alone() {
    let house = House::open().await;
    let cat = house.browser("acme");
    let mut lines = Vec::new();
    let keep = |answer: Answer, lines: &mut Vec<String>| {
        lines.extend(answer.headers.get_all("set-cookie").iter().map(|line| line.to_str().expect("letters").to_owned()));
        answer
    };
    keep(cat.form("/codes", &[("phone", CAT)]).await, &mut lines);
    let code = house.code_for(CAT).await;
    keep(cat.form("/sessions", &[("phone", CAT), ("code", &code)]).await, &mut lines);
    keep(cat.form("/wholesalers/bravo/visit", &[]).await, &mut lines);
    let arrival = keep(house.browser("bravo").get("/arrivals/new?from=acme.localhost").await, &mut lines);
    let back = arrival.header("location").split_once("/departures").expect("a way back").1.to_owned();
    let departed = keep(cat.get(&format!("/departures{back}")).await, &mut lines);
    assert!(departed.header("location").contains("/arrivals?ticket="), "{departed:?}");
    keep(house.browser("bravo").get("/arrivals?ticket=nonsense").await, &mut lines);
    keep(cat.form("/sessions/current/end", &[]).await, &mut lines);
    let stale = house.browser("acme");
    stale.plant("__Host-session", "nonsense");
    keep(stale.get("/").await, &mut lines);
    let owner = house.browser("acme");
    keep(owner.form("/office/codes", &[("email", "owner@acme.example")]).await, &mut lines);
    let code = house.code_for("owner@acme.example").await;
    keep(owner.form("/office/sessions", &[("email", "owner@acme.example"), ("code", &code)]).await, &mut lines);
    keep(owner.form("/office/sessions/current/end", &[]).await, &mut lines);
    house.wait(chrono::Duration::seconds(31));
    keep(cat.post("/api/v1/codes", json!({ "phone": CAT })).await, &mut lines);
    let code = house.code_for(CAT).await;
    keep(cat.post("/api/v1/sessions", json!({ "phone": CAT, "code": code })).await, &mut lines);
    keep(cat.delete("/api/v1/sessions/current").await, &mut lines);
    let mut names: Vec<&str> = lines.iter().filter_map(|line| line.split('=').next()).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names, ["__Host-arrival", "__Host-departure", "__Host-known", "__Host-office", "__Host-pending", "__Host-session"]);
    for line in &lines {
        let mut attributes: Vec<&str> = line.split("; ").skip(1).filter(|attribute| !attribute.starts_with("Max-Age=")).collect();
        attributes.sort_unstable();
        assert_eq!(attributes, ["HttpOnly", "Path=/", "SameSite=Lax", "Secure"], "{line}");
    }
}

#[tokio::test]
async fn what_cannot_be_read_is_told_as_a_problem_to_machines_and_as_a_page_to_people() {
    let house = House::open().await;
    let (nobody, owner) = (house.browser("acme"), house.staff("acme", "owner").await);
    let json = |text: &str| Some(("application/json", text.to_owned()));
    let (post, get, delete, put) = (Method::POST, Method::GET, Method::DELETE, Method::PUT);
    type Case<'a> = (&'a Browser, &'a Method, &'a str, Option<(&'a str, String)>, u16);
    let cases: Vec<Case<'_>> = vec![
        (&nobody, &post, "/api/v1/codes", json("{"), 400),
        (&nobody, &post, "/api/v1/codes", json(""), 400),
        (&nobody, &post, "/api/v1/codes", json("[]"), 400),
        (&nobody, &post, "/api/v1/codes", json("{}"), 422),
        (&nobody, &post, "/api/v1/codes", json("{\"phone\": [7]}"), 422),
        (&nobody, &post, "/api/v1/codes", json("{\"phone\": null}"), 422),
        (&nobody, &post, "/api/v1/codes", json("{\"phone\": \"x\", \"tenant_id\": \"y\"}"), 422),
        (&nobody, &post, "/api/v1/codes", Some(("application/json", format!("{{\"phone\": \"{}\"}}", "7".repeat(200)))), 422),
        (&nobody, &post, "/api/v1/codes", Some(("application/json", "[".repeat(60_000))), 400),
        (&nobody, &post, "/api/v1/codes", None, 400),
        (&nobody, &post, "/api/v1/codes", Some(("text/plain", "{}".to_owned())), 415),
        (&nobody, &post, "/api/v1/codes", Some((FORM, "phone=1".to_owned())), 415),
        (&nobody, &post, "/api/v1/codes", Some(("application/vnd.api+json", "{}".to_owned())), 415),
        (&nobody, &get, "/api/v1/nothing", None, 404),
        (&nobody, &get, "/api/v1/", None, 404),
        (&nobody, &get, "/api/nothing", None, 404),
        (&nobody, &get, "/api/v1/codes", None, 405),
        (&nobody, &put, "/api/v1/me", None, 405),
        (&nobody, &delete, "/api/v1/openapi.json", None, 405),
        (&owner, &get, "/api/v1/office/customers/nonsense", None, 404),
        (&owner, &get, "/api/v1/office/customers?cursor=nonsense", None, 422),
        (&owner, &get, "/api/v1/office/registration-requests?status=nonsense", None, 422),
        (&nobody, &get, "/nothing", None, 404),
        (&nobody, &get, "/%ff%00", None, 404),
        (&nobody, &put, "/sessions/current/end", None, 405),
        (&nobody, &delete, "/", None, 405),
        (&nobody, &get, "/arrivals/new", None, 400),
        (&nobody, &get, "/arrivals/new?from=nosuch.localhost", None, 404),
        (&nobody, &post, "/codes", json("{}"), 415),
        (&nobody, &post, "/codes", Some((FORM, "phone=1&phone=2".to_owned())), 400),
        (&owner, &get, "/office/customers/nonsense", None, 404),
        (&owner, &get, "/office/registration-requests/0", None, 404),
    ];
    let mut otherwise = Vec::new();
    for (browser, method, path, body, wanted) in cases {
        let what = format!("{method} {path} {body:?}");
        let answer = browser.send(method.clone(), path, &[], body).await;
        if answer.status.as_u16() != wanted {
            otherwise.push(format!("{what}: not {wanted} but {answer:?}"));
            continue;
        }
        let is_api = path.starts_with("/api/");
        let media_type = if is_api { "application/problem+json" } else { "text/html; charset=utf-8" };
        assert_eq!(answer.header("content-type"), media_type, "{what}: {answer:?}");
        for inside in ["poem", "serde", "sqlx", "panicked", "src/", "::", "line 1", "parse error", "Uuid", "missing field", "select "] {
            assert!(!answer.text.contains(inside) || (!is_api && inside == "::"), "{what} tells {inside:?}: {answer:?}");
        }
        if is_api {
            let problem = answer.value();
            assert_eq!(problem["status"], wanted, "{what}");
            assert!(problem["type"].as_str().is_some_and(|kind| kind.starts_with("urn:tradecounter:problem:")), "{what}: {problem}");
            assert_eq!(problem["request_id"], answer.header("x-request-id"), "{what}");
            assert!(["title", "detail"].iter().all(|field| problem[field].as_str().is_some_and(|text| !text.is_empty())), "{what}");
        }
        assert_eq!(answer.headers.contains_key("allow"), wanted == 405, "{what}: {:?}", answer.headers);
    }
    assert!(otherwise.is_empty(), "{otherwise:#?}");
    for (path, allow) in [
        ("/", "GET, HEAD"),
        ("/codes", "GET, HEAD, POST"),
        ("/sessions/current/end", "GET, HEAD, POST"),
        ("/api/v1/codes", "POST"),
        ("/api/v1/registration-requests/current", "DELETE, GET, HEAD"),
        ("/api/v1/office/customers/0/suspension", "DELETE, POST"),
        ("/api/v1/openapi.json", "GET, HEAD"),
    ] {
        assert_eq!(nobody.send(Method::PATCH, path, &[], None).await.header("allow"), allow, "{path}");
    }
}

#[tokio::test]
async fn a_head_is_a_get_without_its_body() {
    let house = House::open().await;
    let (ada, base) = (house.customer("acme", ADA).await, house.browser(""));
    for (browser, path) in [(&ada, "/"), (&ada, "/devices"), (&ada, "/api/v1/me"), (&ada, "/api/docs"), (&ada, "/nothing"), (&base, "/")] {
        let (head, get) = (browser.send(Method::HEAD, path, &[], None).await, browser.get(path).await);
        assert_eq!((head.status, head.text.as_str()), (get.status, ""), "{path}");
        assert_eq!(head.header("content-type"), get.header("content-type"), "{path}");
        assert!(matches!(head.header("content-length"), "") || head.header("content-length") == get.header("content-length"), "{path}");
    }
}

#[tokio::test]
async fn browsers_that_ask_for_an_icon_are_answered_once_for_long() {
    let house = House::open().await;
    for slug in ["", "acme"] {
        let answer = house.browser(slug).get("/favicon.ico").await;
        assert_eq!((answer.status, answer.text.as_str()), (StatusCode::NO_CONTENT, ""), "{slug}");
        assert_eq!(answer.header("cache-control"), "public, max-age=31536000");
    }
}

#[tokio::test]
async fn a_stranger_at_the_office_is_shown_the_way_and_keeps_nothing() {
    let house = House::open().await;
    let dan = house.customer("acme", DAN).await;
    for (path, door) in [("/office", "/office/sign-in"), ("/office/customers", "/office/sign-in")] {
        let answer = dan.get(path).await;
        assert_eq!((answer.status, answer.header("location")), (StatusCode::SEE_OTHER, door), "{path}");
        assert_eq!(answer.text, "", "{path}");
    }
}

/// The whole address of something a page loads.
fn address_in(page: &str, path: &str) -> String {
    let rest = page.split('"').find(|part| part.starts_with(path));
    rest.unwrap_or_else(|| panic!("{path} is not on the page")).to_owned()
}

#[tokio::test]
async fn assets_are_kept_for_good_in_the_version_that_is_served_and_in_no_other() {
    let house = House::open().await;
    let set = "with done as (update tenants set logo = convert_to('<svg/>', 'utf8'), logo_type = 'image/svg+xml' where slug = 'acme' returning 1) select count(*) from done";
    house.value::<i64>(set).await;
    let nobody = house.browser("acme");
    let front = nobody.get("/").await.text;
    for path in ["/assets/style.css", "/assets/page.js", "/brand.css", "/logos/acme"] {
        let kept = nobody.get(&address_in(&front, path)).await;
        assert_eq!((kept.status, kept.header("cache-control")), (StatusCode::OK, "public, max-age=31536000, immutable"), "{path}");
        for version in ["", "?v=", "?v=0", "?w=1"] {
            let other = nobody.get(&format!("{path}{version}")).await;
            assert_eq!((other.status, other.header("cache-control")), (StatusCode::OK, "no-store"), "{path}{version}");
        }
    }
}

#[tokio::test]
async fn an_address_typed_with_a_slash_and_the_address_of_a_form_lead_to_a_page() {
    let house = House::open().await;
    let nobody = house.browser("acme");
    for (path, status, to) in [
        ("/office/", 308, "/office"),
        ("/office/sign-in/?a=b", 308, "/office/sign-in?a=b"),
        ("/api/docs/", 308, "/api/docs"),
        ("/codes", 303, "/"),
        ("/sessions", 303, "/code"),
        ("/registration-requests", 303, "/registration-requests/new"),
        ("/office/codes", 303, "/office"),
        ("/office/sessions", 303, "/office/code"),
        ("/office/team/invitations/0/letters", 303, "/office/team"),
        ("/office/registration-requests/0/approval", 303, "/office/registration-requests/0"),
        ("/office/registration-requests/0/rejection", 303, "/office/registration-requests/0"),
        ("/office/customers/0/suspension", 303, "/office/customers/0"),
    ] {
        let answer = nobody.get(path).await;
        assert_eq!((answer.status.as_u16(), answer.header("location")), (status, to), "{path}: {answer:?}");
    }
    for path in ["/nothing/", "//evil.example/"] {
        let answer = nobody.get(path).await;
        assert_eq!((answer.status, answer.header("location")), (StatusCode::NOT_FOUND, ""), "{path}");
    }
    let posted = nobody.send(Method::POST, "/codes/", &[], Some((FORM, "phone=1".to_owned()))).await;
    assert_eq!(posted.status, StatusCode::NOT_FOUND, "a form is not sent on");
}
