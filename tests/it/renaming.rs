//! Another name for a tenant: where the old one leads, what it no longer opens, and who may have it.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use chrono::TimeDelta;
use http::{Method, StatusCode};
use serde_json::json;
use tradecounter::audit::Actor;
use tradecounter::error::{Error, Result};
use tradecounter::ids::TenantId;
use tradecounter::tenants::markets::Market;
use tradecounter::tenants::provision::{NewTenant, provision};
use tradecounter::tenants::{lifecycle, names};
use tradecounter::values::{EmailAddress, Slug};

use crate::house::{ADA, CAT, DAN, House};
use crate::lifecycle::{Listening, becomes, id, is_conflict, operator};

async fn rename(house: &House, from: &str, to: &str) -> Result<()> {
    lifecycle::rename(&house.app.house, id(house, from).await, &slug(to), operator()).await
}

fn slug(text: &str) -> Slug {
    Slug::parse(text).expect("a slug")
}

/// Where a host leads: to itself with an empty text, else to the address of another one.
async fn leads_to(house: &House, name: &str) -> String {
    let answer = house.browser(name).get("/").await;
    match answer.status {
        StatusCode::OK => String::new(),
        StatusCode::PERMANENT_REDIRECT => {
            answer.header("location").trim_start_matches("http://").split('.').next().unwrap_or_default().to_owned()
        }
        _ => format!("{answer:?}"),
    }
}

#[tokio::test]
async fn the_old_host_leads_readers_to_the_new_one_and_knows_no_cookies() {
    let house = House::open().await;
    let (ada, there) = (house.customer("acme", ADA).await, format!("http://acme-foods.localhost:{}", house.at.port()));
    rename(&house, "acme", "acme-foods").await.expect("another name");
    for path in ["/", "/office/customers?query=a%20b&after=", "/api/v1/me", "/nothing", "//evil.example/x"] {
        for method in [Method::GET, Method::HEAD] {
            let answer = ada.send(method, path, &[], None).await;
            assert_eq!((answer.status, answer.header("location")), (StatusCode::PERMANENT_REDIRECT, format!("{there}{path}").as_str()));
            assert_eq!((answer.header("set-cookie"), answer.header("cache-control")), ("", "private, no-store"), "{path}");
            assert!(answer.text.is_empty(), "{path}: {answer:?}");
        }
    }
    let form = ada.form("/sessions/current/end", &[]).await;
    assert_eq!((form.status, form.header("set-cookie")), (StatusCode::NOT_FOUND, ""), "{form:?}");
    assert!(form.text.contains(&there) && form.header("location").is_empty(), "{form:?}");
    for method in [Method::POST, Method::PUT, Method::DELETE, Method::OPTIONS] {
        let sent = ada.json(method, "/api/v1/codes", json!({ "phone": ADA })).await;
        assert_eq!((sent.status, sent.header("set-cookie")), (StatusCode::NOT_FOUND, ""), "{sent:?}");
        assert_eq!(sent.value()["type"], "urn:tradecounter:problem:not-found", "{sent:?}");
    }
    assert!(house.browser("acme-foods").get("/").await.text.contains("Acme Wholesale"));
    assert!(house.browser("").get("/").await.text.contains("acme-foods.localhost"));
    let written = "select concat_ws(' ', actor_kind, action, details->>'from', details->>'to') from audit_events";
    assert_eq!(house.value::<String>(written).await, "operator tenant.renamed acme acme-foods");
    house.change("update tenants set status = 'purged' where slug = 'acme-foods'").await;
    house.app.house.tenants.forget_all();
    let gone = ada.get("/").await;
    assert_eq!((gone.status, gone.text.as_str()), (StatusCode::NOT_FOUND, "There is nothing here.\n"));
}

#[tokio::test]
async fn what_was_given_out_at_the_old_host_opens_nothing_at_the_new_one() {
    let house = House::open().await;
    let (ada, owner) = (house.customer("acme", ADA).await, house.staff("acme", "owner").await);
    let cat = house.customer("bravo", CAT).await;
    let dan = house.browser("acme");
    let code = dan.ask(&house, DAN).await;
    // On the way from bravo, with a ticket for the old host in hand.
    let at_acme = house.browser("acme");
    let way = |place: &str| place.split_once(&format!(":{}", house.at.port())).expect("a host").1.to_owned();
    let visit = cat.form("/wholesalers/acme/visit", &[]).await;
    let prepared = at_acme.get(&way(visit.header("location"))).await;
    let ticket = cat.get(&way(prepared.header("location"))).await;
    house.wait(TimeDelta::seconds(1));
    rename(&house, "acme", "acme-foods").await.expect("another name");

    let copied = |from: &crate::house::Browser, names: &[&str]| {
        let browser = house.browser("acme-foods");
        for name in names {
            browser.plant(name, &from.cookie(name).expect("a cookie"));
        }
        browser
    };
    let thief = copied(&ada, &["__Host-session"]);
    assert_eq!(thief.get("/api/v1/me").await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(thief.delete("/api/v1/sessions/current").await.status, StatusCode::UNAUTHORIZED);
    let thief = copied(&owner, &["__Host-office"]);
    assert_eq!(thief.get("/api/v1/office/customers").await.status, StatusCode::UNAUTHORIZED);
    let asked_before = copied(&dan, &["__Host-pending"]);
    assert_eq!(asked_before.answer(DAN, &code).await.status, StatusCode::UNAUTHORIZED);
    let arriving = copied(&at_acme, &["__Host-arrival"]);
    arriving.get(&way(ticket.header("location"))).await;
    assert!(arriving.cookie("__Host-session").is_none());

    house.wait(TimeDelta::seconds(31));
    let new = house.customer("acme-foods", ADA).await;
    let devices = new.get("/api/v1/devices").await.value();
    assert_eq!(devices["items"].as_array().map(Vec::len), Some(1), "what is over is not shown as open: {devices}");
    // Back to the first name, and still what began under it before is over.
    house.wait(TimeDelta::seconds(1));
    rename(&house, "acme-foods", "acme").await.expect("the first name");
    assert_eq!(ada.get("/api/v1/me").await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(cat.get("/api/v1/me").await.status, StatusCode::OK, "bravo has nothing to do with it");
}

#[tokio::test]
async fn a_name_that_was_given_up_is_nobody_elses_for_ninety_days() {
    let house = House::open().await;
    let public = house.browser("");
    let signup = |name: &str| json!({ "business_name": "Acme", "subdomain": name, "email": "nora@nordic.example", "country": "GB" });
    rename(&house, "acme", "acme-foods").await.expect("another name");
    let told = public.get("/api/v1/subdomains/acme").await.value();
    assert_eq!((&told["available"], &told["reason"]), (&json!(false), &json!("quarantined")), "{told}");
    let refused = public.post("/api/v1/signups", signup("acme")).await;
    assert_eq!(refused.status, StatusCode::CONFLICT, "{refused:?}");
    assert!(is_conflict(&rename(&house, "bravo", "acme").await), "another tenant's");
    assert!(is_conflict(&rename(&house, "bravo", "acme-foods").await), "in use");
    assert!(is_conflict(&rename(&house, "bravo", "bravo").await), "its own");
    let reserved = rename(&house, "bravo", "admin").await;
    assert!(matches!(&reserved, Err(Error::Invalid(fields)) if !fields.of("subdomain").is_empty()), "{reserved:?}");
    let by_staff = lifecycle::rename(&house.app.house, id(&house, "bravo").await, &slug("bravissimo"), Actor::system("a job")).await;
    assert!(matches!(by_staff, Err(Error::Forbidden)), "{by_staff:?}");
    let offered = tradecounter::signups::suggestions(&house.app.house, "Acme").await.expect("names");
    assert!(!offered.contains(&slug("acme")) && !offered.is_empty(), "{offered:?}");
    assert_eq!(house.value::<i64>("select count(*) from audit_events").await, 1, "nothing else was done");

    house.wait(TimeDelta::days(90));
    assert_eq!(leads_to(&house, "acme").await, "acme-foods", "it leads there as long as nobody else takes it");
    assert_eq!(public.get("/api/v1/subdomains/acme").await.value()["available"], json!(true));
    rename(&house, "bravo", "acme").await.expect("a free name");
    assert!(house.browser("acme").get("/").await.text.contains("Bravo Wholesale"));
    assert_eq!(leads_to(&house, "bravo").await, "acme");
    house.wait(TimeDelta::days(91));
    names::sweep(&house.app.house).await.expect("a sweep");
    assert_eq!(house.value::<i64>("select count(*) from retired_names").await, 0);
}

#[tokio::test]
async fn however_often_names_change_each_old_one_is_one_step_from_its_tenant() {
    let house = House::open().await;
    rename(&house, "acme", "acme-two").await.expect("a second name");
    assert_eq!(leads_to(&house, "acme").await, "acme-two");
    rename(&house, "acme-two", "acme-three").await.expect("a third name");
    for old in ["acme", "acme-two"] {
        assert_eq!(leads_to(&house, old).await, "acme-three", "{old}");
    }
    rename(&house, "acme-three", "acme").await.expect("what was its own it may have back");
    assert_eq!(leads_to(&house, "acme").await, "");
    for old in ["acme-two", "acme-three"] {
        assert_eq!(leads_to(&house, old).await, "acme", "{old}");
    }

    // Two tenants, six names, and every which way: what may be had is known by whose it is or was.
    let pool = ["acme", "acme-two", "acme-three", "bravo", "fourth", "fifth"];
    let tenants = [id(&house, "acme").await, id(&house, "bravo").await];
    let mut owner: HashMap<&str, usize> = HashMap::from([("acme", 0), ("acme-two", 0), ("acme-three", 0), ("bravo", 1)]);
    let (mut present, mut seed) = (["acme", "bravo"], 7_u64);
    for _ in 0..40 {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let (who, to) = ((seed >> 33) as usize % 2, pool[(seed >> 40) as usize % pool.len()]);
        let may = present[who] != to && owner.get(to).is_none_or(|owner| *owner == who);
        let done = lifecycle::rename(&house.app.house, tenants[who], &slug(to), operator()).await;
        assert_eq!((done.is_ok(), is_conflict(&done)), (may, !may), "{who} {to} {present:?} {owner:?}: {done:?}");
        if may {
            owner.insert(to, who);
            present[who] = to;
        }
    }
    for (name, owner) in owner {
        let wanted = if present[owner] == name { "" } else { present[owner] };
        assert_eq!(leads_to(&house, name).await, wanted, "{name}");
    }
}

#[tokio::test]
async fn of_two_who_are_given_one_name_at_once_one_gets_it() {
    let house = House::open().await;
    let (one, other) = tokio::join!(rename(&house, "acme", "contested"), rename(&house, "bravo", "contested"));
    assert!(one.is_ok() != other.is_ok(), "{one:?} {other:?}");
    assert!(is_conflict(&one) || is_conflict(&other), "{one:?} {other:?}");
    assert_eq!(house.value::<i64>("select count(*) from audit_events").await, 1);
    assert_eq!(house.value::<i64>("select count(*) from retired_names").await, 1);
}

#[tokio::test]
async fn whoever_waits_for_a_name_that_is_just_given_up_does_not_get_it() {
    let house = House::open().await;
    let acme = house.tenant("acme").await;
    let mut giving_up = house.admin().await;
    let text = format!(
        "begin; update tenants set slug = 'acme-foods' where slug = 'acme';
         insert into retired_names values ('acme', '{acme}', now(), now() + interval '90 days')"
    );
    sqlx::raw_sql(sqlx::AssertSqlSafe(text)).execute(&mut giving_up).await.expect("half a renaming");
    let waiting = tokio::spawn({
        let shared = std::sync::Arc::clone(&house.app.house);
        async move {
            let tenant = TenantId::new();
            let (acme, email) = (slug("acme"), EmailAddress::parse("nora@nordic.example").expect("an address"));
            shared
                .db()
                .founding(tenant)
                .write(async |tx| {
                    let market = Market::of("GB").expect("a market");
                    let new = NewTenant {
                        slug: &acme,
                        business_name: "Not Acme",
                        market,
                        owner_name: "Nora",
                        owner_email: &email,
                        with_samples: false,
                        actor: Actor::system("test"),
                    };
                    match provision(tx, new, shared.now()).await? {
                        Some(_) => Ok(()),
                        None => Err(Error::Conflict("taken")),
                    }
                })
                .await
        }
    });
    let waits = "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'";
    let give_up = Instant::now() + Duration::from_secs(20);
    while house.value::<i64>(waits).await == 0 {
        assert!(Instant::now() < give_up && !waiting.is_finished(), "it waits for the name");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    sqlx::raw_sql("commit").execute(&mut giving_up).await.expect("the other half");
    let done = waiting.await.expect("no panic");
    assert!(is_conflict(&done), "{done:?}");
    assert_eq!(house.value::<i64>("select count(*) from tenants where slug = 'acme'").await, 0);
}

#[tokio::test]
async fn every_process_drops_both_names() {
    let house = House::open().await;
    let other = Listening::beside(&house).await;
    let (old, new) = (other.browser("acme"), other.browser("acme-foods"));
    becomes(&old, "/", 200).await;
    becomes(&new, "/", 404).await;
    rename(&house, "acme", "acme-foods").await.expect("another name");
    becomes(&old, "/", 308).await;
    becomes(&new, "/", 200).await;
    assert!(old.get("/").await.header("location").contains("//acme-foods."), "and it remembers where the old one leads");
    rename(&house, "acme-foods", "acme-three").await.expect("a third name");
    becomes(&new, "/", 308).await;
    let led = old.get("/").await;
    assert!(led.header("location").contains("//acme-three."), "what led to it is forgotten with it: {led:?}");
    other.stop().await;
}
