//! From a host name to a site: every way to write a name, by HTTP/1.1 byte for byte and by HTTP/2.

use std::sync::Arc;
use std::time::{Duration, Instant};

use http::StatusCode;
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::house::{ADA, House};
use crate::wire::{body, http2, lasting_head, raw, status};

const ACME: &str = "Acme Wholesale";

fn get(target: &str, hosts: &[&str], more: &str) -> String {
    let hosts: String = hosts.iter().map(|host| format!("Host: {host}\r\n")).collect();
    format!("GET {target} HTTP/1.1\r\n{hosts}{more}Connection: close\r\n\r\n")
}

#[tokio::test]
async fn every_way_to_write_a_host_leads_to_the_same_counter() {
    let house = House::open().await;
    let port = house.at.port();
    for host in [
        "acme.localhost",
        "ACME.LocalHost",
        "acme.localhost.",
        &format!("acme.localhost:{port}"),
        "acme.localhost.:8443",
        "acme.localhost:",
    ] {
        let answer = raw(house.at, get("/", &[host], "")).await;
        assert_eq!(status(&answer), 200, "{host}: {answer}");
        assert!(answer.contains(ACME) && !answer.contains("Bravo"), "{host}: {answer}");
    }
    for (target, host) in [("http://acme.localhost/", "acme.localhost"), ("http://ACME.localhost:80/", "acme.localhost.")] {
        let answer = raw(house.at, get(target, &[host], "")).await;
        assert!(status(&answer) == 200 && answer.contains(ACME), "{target} {host}: {answer}");
    }
    let bravo = raw(house.at, get("/", &["bravo.localhost"], "")).await;
    assert!(bravo.contains("Bravo Wholesale") && !bravo.contains(ACME), "{bravo}");
    let base = raw(house.at, get("/", &["localhost"], "")).await;
    assert!(status(&base) == 200 && base.contains("A trade counter on every shopkeeper"), "{base}");
}

#[tokio::test]
async fn a_host_that_is_nobodys_gets_one_plain_answer_whoever_asks() {
    let house = House::open().await;
    house.change("update tenants set status = 'purged' where slug = 'bravo'").await;
    let ada = house.customer("acme", ADA).await;
    let cookie = format!("Cookie: __Host-session={}\r\n", ada.cookie("__Host-session").expect("a session"));
    let plain = raw(house.at, get("/", &["nobody.localhost"], "")).await;
    assert_eq!((status(&plain), body(&plain)), (404, "There is nothing here.\n"), "{plain}");
    let long = format!("{}.localhost", "a".repeat(64));
    for host in [
        "bravo.localhost", // erased
        "www.localhost",   // reserved
        "localhost.localhost",
        "xn--acme-9ua.localhost",
        "12345.localhost",
        "a.acme.localhost",
        "acme.localhost.evil.example",
        "evillocalhost",
        "acme",
        "-acme.localhost",
        "ac_me.localhost",
        "127.0.0.1",
        "[::1]",
        &long,
    ] {
        for target in ["/", "/api/v1/me", "/assets/style.css", "/healthz"] {
            for cookie in ["", &cookie] {
                let answer = raw(house.at, get(target, &[host], cookie)).await;
                assert_eq!((lasting_head(&answer), body(&answer)), (lasting_head(&plain), body(&plain)), "{host} {target}");
            }
        }
    }
}

#[tokio::test]
async fn a_request_that_contradicts_itself_is_refused() {
    let house = House::open().await;
    let port = house.at.port();
    for (target, hosts) in [
        ("/", &[][..]),
        ("/", &[""]),
        ("/", &["acme.localhost", "acme.localhost"]),
        ("/", &["acme.localhost", "bravo.localhost"]),
        ("/", &["user@acme.localhost"]),
        ("/", &["acm%65.localhost"]),
        ("/", &["acme.localhost:http"]),
        ("/", &["acme.localhost:99999"]),
        ("/", &["acme.localhost/.bravo.localhost"]),
        ("/", &["acme.localhost, bravo.localhost"]),
        ("/", &["acmé.localhost"]),
        ("/", &["acme.localhost\0.bravo.localhost"]),
        ("http://bravo.localhost/", &["acme.localhost"]),
        ("http://acme.localhost/", &["localhost"]),
        ("http://user@acme.localhost/", &["acme.localhost"]),
        ("http://acme.localhost/", &[""]),
    ] {
        let answer = raw(house.at, get(target, hosts, "")).await;
        assert_eq!(status(&answer), 400, "{target} {hosts:?}: {answer}");
        assert!(!answer.contains("Wholesale"), "{target} {hosts:?}: {answer}");
    }
    let ancient = raw(house.at, "GET / HTTP/1.0\r\n\r\n").await;
    assert_eq!((status(&ancient), body(&ancient)), (400, "There is nothing here.\n"), "{ancient}");
    for forwarded in ["X-Forwarded-Host: bravo.localhost\r\n", "Forwarded: host=bravo.localhost\r\n", "X-Host: bravo.localhost\r\n"] {
        let answer = raw(house.at, get("/", &[&format!("acme.localhost:{port}")], forwarded)).await;
        assert!(answer.contains(ACME) && !answer.contains("Bravo"), "{forwarded}");
    }
}

#[tokio::test]
async fn http2_is_led_by_its_authority_and_by_a_host_that_agrees() {
    let house = House::open().await;
    let port = house.at.port();
    for uri in [&format!("http://acme.localhost:{port}/"), "http://ACME.LOCALHOST/", "http://acme.localhost./"] {
        let (status, text) = http2(house.at, uri, &[]).await;
        assert!(status == 200 && text.contains(ACME), "{uri}: {status}");
    }
    let agreeing = http2(house.at, "http://acme.localhost/", &[("host", "acme.localhost")]).await;
    assert!(agreeing.0 == 200 && agreeing.1.contains(ACME), "{agreeing:?}");
    let by_host = http2(house.at, "/", &[("host", "acme.localhost")]).await;
    assert!(by_host.0 == 200 && by_host.1.contains(ACME), "{by_host:?}");
    for (uri, headers, wanted) in [
        ("http://acme.localhost/", &[("host", "bravo.localhost")][..], 400),
        ("http://acme.localhost/", &[("host", "acme.localhost"), ("host", "bravo.localhost")], 400),
        ("/", &[("host", "acme.localhost"), ("host", "bravo.localhost")], 400),
        ("/", &[], 400),
        ("http://nobody.localhost/", &[], 404),
        ("http://www.localhost/", &[], 404),
        ("http://acme.localhost.evil.example/", &[], 404),
        ("http://a.acme.localhost/", &[], 404),
    ] {
        let answer = http2(house.at, uri, headers).await;
        assert_eq!(answer, (wanted, "There is nothing here.\n".to_owned()), "{uri} {headers:?}");
    }
    let (status, text) = http2(house.at, "http://user@acme.localhost/", &[]).await;
    assert!(matches!(status, 0 | 400) && !text.contains(ACME), "{status} {text}");
}

#[tokio::test]
async fn the_cookies_of_one_counter_are_nobodys_at_another() {
    let house = House::open().await;
    let (ada, owner) = (house.customer("acme", ADA).await, house.staff("acme", "owner").await);
    let thief = house.browser("bravo");
    thief.plant("__Host-session", &ada.cookie("__Host-session").expect("a session"));
    thief.plant("__Host-office", &owner.cookie("__Host-office").expect("a session"));
    for path in ["/api/v1/me", "/api/v1/devices", "/api/v1/office/registration-requests", "/api/v1/office/customers"] {
        let answer = thief.get(path).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{path}: {answer:?}");
        assert!(!answer.text.contains("A-1") && !answer.text.contains(ADA), "{path}: {answer:?}");
    }
    assert_eq!(thief.delete("/api/v1/sessions/current").await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(thief.get("/office").await.header("location"), "/office/sign-in");
    assert!(thief.get("/").await.text.contains("Bravo Wholesale"));
    assert_eq!(ada.get("/api/v1/me").await.status, StatusCode::OK, "what happened at bravo did not end the session");
    assert_eq!(owner.get("/api/v1/office/customers").await.status, StatusCode::OK);
    let console = raw(house.at, get("/", &["admin.localhost"], "")).await;
    assert_eq!((status(&console), body(&console)), (303, ""), "to the console's own sign-in");
}

#[tokio::test]
async fn a_tenant_that_is_erased_is_gone_as_soon_as_the_database_says_so() {
    let house = House::open().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let at = listener.local_addr().expect("an address");
    let (tell_stop, stop) = watch::channel(false);
    let running = tokio::spawn({
        let (app, address) = (Arc::clone(&house.app), house.address.clone());
        async move { app.run(address, listener, stop).await }
    });
    let ask = || async { status(&raw(at, get("/", &["acme.localhost"], "")).await) };
    assert_eq!(ask().await, 200);
    // Told again and again, as the first times nobody may be listening yet.
    let becomes = |to: &'static str, wanted: u16| {
        let house = &house;
        async move {
            let give_up = Instant::now() + Duration::from_secs(20);
            while ask().await != wanted {
                assert!(Instant::now() < give_up, "{to}: a minute would be too long");
                house.change(&format!("update tenants set status = '{to}' where slug = 'acme'")).await;
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
    };
    becomes("purged", 404).await;
    becomes("active", 200).await;
    tell_stop.send(true).expect("somebody listens");
    tokio::time::timeout(Duration::from_secs(10), running).await.expect("it stops").expect("without a panic");
}

#[tokio::test]
async fn what_was_read_before_a_change_is_not_remembered_after_it() {
    let house = House::open().await;
    // Whoever asks for tenants now sees them as they are, and then waits at this lock before it is told.
    house
        .change(
            "alter table tenants rename to kept_tenants;
             create function wait() returns boolean language sql set lock_timeout = 0
               as 'select pg_advisory_lock_shared(4711) is not null and pg_advisory_unlock_shared(4711)';
             create view tenants as select * from kept_tenants where wait();
             grant select on tenants to tc_platform",
        )
        .await;
    let mut admin = house.admin().await;
    let lock = |verb: &str| sqlx::AssertSqlSafe(format!("select {verb}(4711)"));
    sqlx::query(lock("pg_advisory_lock")).execute(&mut admin).await.expect("a lock");
    let tenants = house.app.house.tenants.clone();
    let early = tokio::spawn({
        let tenants = tenants.clone();
        async move { tenants.find("acme").await }
    });
    let waiting = "select count(*) from pg_locks where locktype = 'advisory' and objid = 4711 and not granted
                     and database = (select oid from pg_database where datname = current_database())";
    while house.value::<i64>(waiting).await == 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    house.change("update kept_tenants set status = 'purged'").await;
    tenants.forget("acme").await;
    sqlx::query(lock("pg_advisory_unlock")).execute(&mut admin).await.expect("no lock");
    assert!(early.await.expect("no panic").expect("an answer").is_some(), "it was asked before");
    assert!(tenants.find("acme").await.expect("an answer").is_none(), "and the next one asks anew");
}

#[tokio::test]
async fn a_counter_whose_name_a_rule_reserves_by_now_stays_and_one_on_the_list_is_none() {
    let house = House::open().await;
    house.change("update tenants set slug = 'shop24' where slug = 'acme'; update tenants set slug = 'support' where slug = 'bravo'").await;
    for (name, status) in [("shop24", StatusCode::OK), ("support", StatusCode::NOT_FOUND)] {
        assert_eq!(house.browser(name).get("/").await.status, status, "{name}");
        let said = house.browser("").get(&format!("/api/v1/subdomains/{name}")).await.value();
        assert_eq!(said["reason"], "reserved", "{name}: nobody else gets it");
    }
}
