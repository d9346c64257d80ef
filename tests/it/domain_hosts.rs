//! A counter at a domain of its own: who is signed in where, what the other wholesaler's shows, how every process follows,
//! and for which hosts certificates may be had.

use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::TimeDelta;
use http::{Method, StatusCode};
use metrics_exporter_prometheus::PrometheusBuilder;
use tokio::net::TcpListener;
use tradecounter::commands::InternalDoor;
use tradecounter::domains::dns::proof;
use tradecounter::domains::{self, By};
use tradecounter::tenancy::token::Token;
use tradecounter::tenants::lifecycle;
use tradecounter::values::Slug;
use tradecounter::web::server;

use crate::domains::{SHOP, at, have, look, set_record, want};
use crate::house::{ADA, Answer, BEN, Browser, CAT, House};
use crate::lifecycle::{Listening, becomes, id, operator};

/// The path and query of an address at this host.
fn path_at<'a>(answer: &'a Answer, host: &str, house: &House) -> &'a str {
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{answer:?}");
    let prefix = format!("http://{host}:{}", house.at.port());
    answer.header("location").strip_prefix(&prefix).unwrap_or_else(|| panic!("not at {prefix}: {answer:?}"))
}

#[tokio::test]
async fn a_customer_signs_in_at_the_domain_and_is_signed_in_there_alone() {
    let house = House::open().await;
    let owner = house.staff("acme", "owner").await;
    have(&house, &owner, SHOP).await;
    let ada = at(&house, SHOP);
    ada.form("/codes", &[("phone", "07400 123001")]).await;
    house.run_jobs().await;
    let text = house.sent_to(ADA)[0].clone();
    let last = text.lines().last().expect("a line");
    assert!(last.starts_with(&format!("@{SHOP} #")), "the code is for that host: {text}");
    let code = house.code_for(ADA).await;
    let signed_in = ada.form("/sessions", &[("phone", ADA), ("code", &code)]).await;
    assert_eq!((signed_in.status, signed_in.header("location")), (StatusCode::SEE_OTHER, "/"), "{signed_in:?}");
    for line in signed_in.headers.get_all("set-cookie") {
        let line = line.to_str().expect("letters");
        assert!(line.starts_with("__Host-") && !line.to_lowercase().contains("domain="), "{line}");
    }
    let home = ada.get("/").await;
    assert!(home.status == StatusCode::OK && home.text.contains("Shop A-1"), "{home:?}");
    assert_eq!(ada.get("/brand.css").await.status, StatusCode::OK);

    // The cookie of one host is worth nothing at another, not even at the same wholesaler's.
    let token = ada.cookie("__Host-session").expect("a session");
    for elsewhere in [house.browser("acme"), house.browser("bravo")] {
        elsewhere.plant("__Host-session", &token);
        assert_eq!(elsewhere.get("/api/v1/me").await.status, StatusCode::UNAUTHORIZED, "{}", elsewhere.host);
    }
    let at_subdomain = house.customer("acme", ADA).await;
    let other = at(&house, SHOP);
    other.plant("__Host-session", &at_subdomain.cookie("__Host-session").expect("a session"));
    assert_eq!(other.get("/api/v1/me").await.status, StatusCode::UNAUTHORIZED);
    other.plant("__Host-office", &owner.cookie("__Host-office").expect("a session"));
    assert_eq!(other.get("/api/v1/office/domains").await.status, StatusCode::UNAUTHORIZED);
    // Nor is a code of one good at the other.
    let asked = at(&house, SHOP);
    house.wait(TimeDelta::minutes(2));
    let code = asked.ask(&house, ADA).await;
    let elsewhere = house.browser("acme");
    elsewhere.plant("__Host-pending", &asked.cookie("__Host-pending").expect("a name"));
    assert_eq!(elsewhere.answer(ADA, &code).await.status, StatusCode::UNAUTHORIZED);

    let from_elsewhere = [("origin", "http://acme.localhost")];
    assert_eq!(ada.send(Method::POST, "/sessions/current/end", &from_elsewhere, None).await.status, StatusCode::FORBIDDEN);
    assert_eq!(ada.form("/sessions/current/end", &[]).await.status, StatusCode::SEE_OTHER);
    assert_eq!(ada.get("/api/v1/me").await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(at_subdomain.get("/api/v1/me").await.status, StatusCode::OK);
}

#[tokio::test]
async fn staff_sign_in_at_the_domain_and_its_letter_leads_there() {
    let house = House::open().await;
    have(&house, &house.staff("acme", "owner").await, SHOP).await;
    let owner = at(&house, SHOP);
    owner.form("/office/codes", &[("email", "owner@acme.example")]).await;
    let code = house.code_for("owner@acme.example").await;
    let letter = house.sent_to("owner@acme.example")[0].clone();
    assert!(letter.contains(&format!("http://{SHOP}:{}/office", house.at.port())), "{letter}");
    owner.form("/office/sessions", &[("email", "owner@acme.example"), ("code", &code)]).await;
    assert_eq!(owner.get("/office/customers").await.status, StatusCode::OK);
    let elsewhere = house.browser("acme");
    elsewhere.plant("__Host-office", &owner.cookie("__Host-office").expect("a session"));
    assert_eq!(elsewhere.get("/api/v1/office/customers").await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn the_domain_shows_its_wholesaler_and_nothing_of_another() {
    let house = House::open().await;
    have(&house, &house.staff("acme", "owner").await, SHOP).await;
    let stranger = at(&house, SHOP);
    let ben = house.customer("bravo", BEN).await;
    stranger.plant("__Host-session", &ben.cookie("__Host-session").expect("a session"));
    for path in ["/", "/devices", "/api/v1/me", "/office", "/api/docs", "/nothing"] {
        let answer = stranger.get(path).await;
        assert!(!answer.text.contains("Bravo") && !answer.text.contains("Shop B-"), "{path}: {answer:?}");
    }
    for host in ["acme.example", "www.acme.example", "shop.acme.example.evil.example", "xshop.acme.example"] {
        let answer = at(&house, host).get("/").await;
        assert_eq!((answer.status, answer.text.as_str()), (StatusCode::NOT_FOUND, "There is nothing here.\n"), "{host}");
    }
    for written in ["SHOP.acme.example", "shop.acme.example."] {
        assert_eq!(at(&house, written).get("/").await.status, StatusCode::OK, "{written}");
    }
}

#[tokio::test]
async fn a_customer_goes_from_domain_to_domain_without_a_second_code() {
    let house = House::open().await;
    let (acme, bravo) = (house.staff("acme", "owner").await, house.staff("bravo", "owner").await);
    have(&house, &acme, SHOP).await;
    let of_bravo = have(&house, &bravo, "orders.bravo.example").await;
    let here = at(&house, SHOP);
    here.sign_in(&house, CAT).await;
    // Bravo is linked by its subdomain until it says otherwise.
    let visit = here.form("/wholesalers/bravo/visit", &[]).await;
    assert!(path_at(&visit, "bravo.localhost", &house).starts_with("/arrivals/new?from=shop.acme.example"), "{visit:?}");
    bravo.send(Method::PUT, &format!("/api/v1/office/domains/{of_bravo}/primary"), &[], None).await;
    let page = here.get("/wholesalers").await;
    let targets = page.header("content-security-policy");
    assert!(
        targets.contains(&format!("form-action 'self' http://acme.localhost:{0} http://orders.bravo.example:{0}", house.at.port())),
        "{targets}"
    );
    let there = at(&house, "orders.bravo.example");
    let visit = here.form("/wholesalers/bravo/visit", &[]).await;
    let back = there.get(path_at(&visit, "orders.bravo.example", &house)).await;
    let departed = here.get(path_at(&back, SHOP, &house)).await;
    let arrival = path_at(&departed, "orders.bravo.example", &house).to_owned();
    // The ticket is for that host, not for the wholesaler's other one.
    let beside = house.browser("bravo");
    beside.plant("__Host-arrival", &there.cookie("__Host-arrival").expect("an arrival"));
    beside.get(&arrival).await;
    assert_eq!(beside.get("/api/v1/me").await.status, StatusCode::UNAUTHORIZED);
    there.get(&arrival).await;
    let me = there.get("/").await;
    assert!(me.status == StatusCode::OK && me.text.contains("Shop B-2"), "{me:?}");
    let listed = there.get("/api/v1/wholesalers").await.value();
    assert_eq!(listed["items"][1]["url"], format!("http://orders.bravo.example:{}", house.at.port()), "{listed}");
    // Nobody is sent to a host that is no counter.
    for from in ["evil.example", "localhost", "admin.localhost", "nosuch.localhost", "acme", "evil.example%2f.acme.localhost"] {
        assert_eq!(there.get(&format!("/arrivals/new?from={from}")).await.status, StatusCode::NOT_FOUND, "{from}");
    }
}

/// Sessions of Ada and of acme's owner that began at the domain just now, behind the back: another process may send what is queued.
async fn sessions_at(house: &House, domain: &str) -> (String, String) {
    let (ada, owner) = (Token::new().expect("randomness"), Token::new().expect("randomness"));
    let (now, life) = (house.clock.now().to_rfc3339(), "interval '1 day'");
    house
        .change(&format!(
            "insert into sessions (tenant_id, session_id, customer_id, phone, token_hash, user_agent, created_at, last_seen_at, expires_at, domain)
             select t.id, gen_random_uuid(), c.id, c.phone, '\\x{}', '', '{now}', '{now}', timestamptz '{now}' + {life}, '{domain}'
               from tenants t, customers c where t.slug = 'acme' and c.phone = '{ADA}';
             insert into staff_sessions (tenant_id, session_id, staff_id, token_hash, user_agent, created_at, last_seen_at, expires_at, domain)
             select t.id, gen_random_uuid(), p.staff_id, '\\x{}', '', '{now}', '{now}', timestamptz '{now}' + {life}, '{domain}'
               from tenants t join staff p on p.tenant_id = t.id where t.slug = 'acme' and p.role = 'owner'",
            hex::encode(ada.hash()),
            hex::encode(owner.hash())
        ))
        .await;
    (ada.reveal(), owner.reveal())
}

#[tokio::test]
async fn every_process_follows_a_domain_within_about_a_second() {
    let house = House::open().await;
    let owner = house.staff("acme", "owner").await;
    let second = Listening::beside(&house).await;
    let there = Browser::facing_host(second.at, SHOP);
    let here = at(&house, SHOP);
    assert_eq!(there.get("/").await.status, StatusCode::NOT_FOUND);
    let id_of_domain = have(&house, &owner, SHOP).await;
    let began = Instant::now();
    becomes(&there, "/", 200).await;
    let appeared = began.elapsed();
    let (of_ada, of_owner) = sessions_at(&house, SHOP).await;
    for browser in [&here, &there] {
        browser.plant("__Host-session", &of_ada);
        browser.plant("__Host-office", &of_owner);
        assert_eq!(browser.get("/api/v1/me").await.status, StatusCode::OK, "a session is good in every process");
    }

    // Suspended and opened again, renamed: the domain follows, and keeps who is signed in there.
    lifecycle::suspend(&house.app.house, id(&house, "acme").await, "Unpaid", operator()).await.expect("a suspension");
    becomes(&there, "/api/v1/me", 403).await;
    lifecycle::reactivate(&house.app.house, id(&house, "acme").await, operator()).await.expect("open again");
    becomes(&there, "/api/v1/me", 200).await;
    let other = Slug::parse("acme-two").expect("a slug");
    lifecycle::rename(&house.app.house, id(&house, "acme").await, &other, operator()).await.expect("another name");
    becomes(&Browser::facing(second.at, "acme"), "/", 308).await;
    for browser in [&here, &there] {
        assert_eq!(browser.get("/api/v1/me").await.status, StatusCode::OK, "it is the same domain");
    }
    let removed = here.delete(&format!("/api/v1/office/domains/{id_of_domain}")).await;
    assert_eq!(removed.status, StatusCode::NO_CONTENT, "{removed:?}");
    let began = Instant::now();
    becomes(&there, "/", 404).await;
    println!("a domain was there on the other process after {appeared:?}, and gone after {:?}", began.elapsed());
    assert_eq!(here.get("/").await.status, StatusCode::NOT_FOUND);

    // Added again and proven anew: who was signed in before is not, because in between it may have been anybody's.
    house.wait(TimeDelta::seconds(1));
    let acme = id(&house, "acme-two").await;
    let again = domains::add(&house.app.house, acme, By::Routine, SHOP, None).await.expect("a domain");
    set_record(&house, SHOP, &proof(&again.token));
    domains::check(&house.app.house, acme, By::Routine, again.id).await.expect("a look");
    becomes(&there, "/", 200).await;
    for browser in [&here, &there] {
        for path in ["/api/v1/me", "/api/v1/office/customers"] {
            assert_eq!(browser.get(path).await.status, StatusCode::UNAUTHORIZED, "{path} of {}", browser.host);
        }
    }
    second.stop().await;
}

#[tokio::test]
async fn what_was_looked_up_while_it_changed_is_not_remembered() {
    let house = House::open().await;
    let owner = house.staff("acme", "owner").await;
    let (id, value) = want(&owner, SHOP).await;
    let there = at(&house, SHOP);
    // Nobody's, and remembered as such for a few seconds; proving it forgets that.
    assert_eq!(there.get("/").await.status, StatusCode::NOT_FOUND);
    set_record(&house, SHOP, &value);
    look(&owner, &id).await;
    assert_eq!(there.get("/").await.status, StatusCode::OK);
    owner.delete(&format!("/api/v1/office/domains/{id}")).await;
    assert_eq!(there.get("/").await.status, StatusCode::NOT_FOUND);
}

/// What Caddy is told of a host.
async fn permission(client: &reqwest::Client, at: std::net::SocketAddr, query: &str) -> u16 {
    client.get(format!("http://{at}/domains/permission{query}")).send().await.expect("an answer").status().as_u16()
}

#[tokio::test]
async fn certificates_may_be_had_for_hosts_that_answer_and_a_flood_of_names_hinders_nobody() {
    let house = House::open().await;
    let owner = house.staff("acme", "owner").await;
    have(&house, &owner, SHOP).await;
    want(&owner, "wanted.acme.example").await;
    lifecycle::rename(&house.app.house, id(&house, "bravo").await, &Slug::parse("bravo-two").expect("a slug"), operator())
        .await
        .expect("another name");
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let at = listener.local_addr().expect("an address");
    let metrics = PrometheusBuilder::new().build_recorder().handle();
    let (door, http) = (Arc::new(InternalDoor::new(Arc::clone(&house.app.house), metrics)), house.app.house.config.http.clone());
    tokio::spawn(async move { server::serve(listener, door, &http, std::future::pending()).await });
    let client = reqwest::Client::new();
    for (query, status) in [
        ("?domain=localhost", 200),
        ("?domain=admin.localhost", 200),
        ("?domain=acme.localhost", 200),
        ("?domain=bravo-two.localhost", 200),
        // It redirects, and for that needs a certificate.
        ("?domain=bravo.localhost", 200),
        ("?domain=shop.acme.example", 200),
        ("?domain=SHOP.acme.example", 200),
        ("?domain=wanted.acme.example", 404),
        ("?domain=nosuch.localhost", 404),
        ("?domain=www.localhost", 404),
        ("?domain=a.acme.localhost", 404),
        ("?domain=evil.example", 404),
        ("?domain=203.0.113.9", 404),
        ("?domain=", 404),
        ("?domain=*.localhost", 404),
        ("?domain=shop.acme.example%00", 404),
        ("", 400),
        ("?host=acme.localhost", 400),
        ("?domain=acme.localhost&domain=evil.example", 400),
    ] {
        assert_eq!(permission(&client, at, query).await, status, "{query}");
    }
    // Browsers cannot ask.
    for browser in [house.browser(""), house.browser("acme")] {
        assert_eq!(browser.get("/domains/permission?domain=acme.localhost").await.status, StatusCode::NOT_FOUND);
    }
    let flood: Vec<_> = (0..8)
        .map(|lane| {
            let client = client.clone();
            tokio::spawn(async move {
                for number in 0..250 {
                    let host =
                        if number % 2 == 0 { format!("x{lane}-{number}.evil.example") } else { format!("x{lane}-{number}.localhost") };
                    let status = permission(&client, at, &format!("?domain={host}")).await;
                    assert!(matches!(status, 404 | 503), "{host}: {status}");
                }
            })
        })
        .collect();
    let mut slowest = Duration::ZERO;
    for _ in 0..20 {
        let began = Instant::now();
        assert_eq!(permission(&client, at, "?domain=shop.acme.example").await, 200, "what is known is answered meanwhile");
        slowest = slowest.max(began.elapsed());
    }
    let shop = crate::domains::at(&house, SHOP);
    assert_eq!(shop.get("/").await.status, StatusCode::OK);
    for lane in flood {
        lane.await.expect("answers");
    }
    println!("among 2,000 made-up names, a known host was answered within {slowest:?}");
}
