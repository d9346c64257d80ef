//! The end: nothing is left of a tenant but its certificate, on every process at once, and nothing of anybody else is touched.

use chrono::TimeDelta;
use http::StatusCode;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use sqlx::{AssertSqlSafe, Row};
use tradecounter::audit::Actor;
use tradecounter::operators::Doer;
use tradecounter::sweep;
use tradecounter::tenants::{closing, lifecycle, purge, usage};
use tradecounter::values::Slug;
use uuid::Uuid;

use crate::closing::{close, let_grace_end, state};
use crate::furniture::{furnish, tenant_tables};
use crate::house::{ADA, CAT, DAN, House};
use crate::lifecycle::{Listening, becomes, id, is_conflict, operator};

/// Every row of every table, as text.
async fn everything(house: &House) -> Vec<(String, String)> {
    let mut admin = house.admin().await;
    let tables: Vec<String> = sqlx::query_scalar(
        "select relname::text from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r'
            and relname not in ('_sqlx_migrations', 'replaceable')",
    )
    .fetch_all(&mut admin)
    .await
    .expect("the catalog");
    let mut rows = Vec::new();
    for table in tables {
        let found = sqlx::query(AssertSqlSafe(format!("select r::text as row from {table} r"))).fetch_all(&mut admin).await.expect("rows");
        rows.extend(found.into_iter().map(|row| (table.clone(), row.get::<String, _>("row"))));
    }
    rows
}

#[tokio::test]
async fn nothing_is_left_but_the_certificate() {
    let house = House::open().await;
    lifecycle::rename(&house.app.house, id(&house, "acme").await, &Slug::parse("acme-foods").expect("a slug"), operator())
        .await
        .expect("another name");
    house.customer("acme-foods", ADA).await;
    house.customer("acme-foods", CAT).await;
    let dan = house.customer("acme-foods", DAN).await;
    dan.post("/api/v1/registration-requests", json!({ "business_name": "Dan's Deli", "contact_name": "Dan Drew" })).await;
    house.change("update staff set email = replace(email, '@acme.example', '@acme-foods.example')").await;
    house.staff("acme-foods", "owner").await;
    house.run_jobs().await;
    furnish(&house).await;
    let acme = house.tenant("acme-foods").await;
    house
        .change(&format!(
            "insert into signups (id, business_name, slug, country, owner_name, email, browser_hash, created_at, made_tenant)
             values (gen_random_uuid(), 'Acme', 'acme', 'GB', 'Olive Owner', 'olive@acme.example', sha256('x'), now(), '{acme}');
             insert into platform_idempotency_keys (asker_id, key_hash, tenant, request_hash, answer, created_at)
             values (gen_random_uuid(), sha256('x'), '{acme}', sha256('x'), jsonb_build_object('business_name', 'Acme'), now());
             insert into idempotency_keys (tenant_id, staff_id, key, request_hash, answer, created_at)
             select tenant_id, staff_id, 'invited', sha256('x'), jsonb_build_object('name', 'Olive'), now() from staff where tenant_id = '{acme}';
             update tenants set logo = 'x', logo_type = 'image/png', contact_email = 'trade@acme.example' where slug = 'acme-foods'"
        ))
        .await;
    // At a domain of its own as well codes were asked for and browsers are known.
    house
        .change(&format!(
            "insert into domains (id, tenant, domain, token, state, state_since, created_at)
             values (gen_random_uuid(), '{acme}', 'shop.acme.example', 'x', 'verified', now(), now());
             insert into challenges (id, host, purpose, address, browser_hash, key_version, created_at, asked_at, expires_at)
             values (gen_random_uuid(), 'shop.acme.example', 'customer', '{ADA}', sha256('x'), 1, now(), now(), now());
             insert into known_browsers (token_hash, host, purpose, address_key, proven_at)
             values (sha256('known'), 'shop.acme.example', 'customer', sha256('x'), now())"
        ))
        .await;
    usage::count_some(&house.app.house).await.expect("counted");
    for table in tenant_tables(&mut house.admin().await).await {
        let there = house.value::<i64>(&format!("select count(*) from {table} where tenant_id = '{acme}'")).await;
        assert!(there > 0, "there is something to delete in {table}");
    }
    let bravos = |rows: &[(String, String)], bravo: &str| rows.iter().filter(|(_, row)| row.contains(bravo)).count();
    let bravo = house.tenant("bravo").await.to_string();
    let before = bravos(&everything(&house).await, &bravo);
    close(&house, "acme-foods").await.expect("closed");
    house.run_jobs().await;
    house.wait(TimeDelta::days(31));
    let_grace_end(&house, "acme-foods").await;
    closing::look(&house.app.house).await.expect("looked");
    house.run_jobs().await;

    let rows = everything(&house).await;
    assert_eq!(bravos(&rows, &bravo), before, "nothing of the other one is touched");
    // The platform's own: that it was deleted, by whom; and the names that nobody else may have yet.
    let of_the_platform = ["deletion_certificates", "operator_events", "retired_names"];
    let acme = acme.to_string();
    for (table, row) in &rows {
        let is_platforms = of_the_platform.contains(&table.as_str());
        for word in [acme.as_str(), "acme", "Acme"] {
            // Under a key that tells no address, and for a day.
            let may_name = is_platforms || (table == "address_counters" && word != acme);
            assert!(may_name || !row.contains(word), "{word} in {table}: {row}");
        }
        for word in [&ADA[1..], &DAN[1..], "Dan", "Deli", "Olive", "owner of acme", "Contact of A", "Shop A", "@acme", "picker of acme"] {
            assert!(!row.contains(word), "{word} in {table}: {row}");
        }
        assert!(table != "retired_names" || !row.contains(&acme), "{row}");
    }
    assert!(rows.iter().any(|(table, row)| table == "customers" && row.contains(&CAT[1..])), "bravo knows them");
    assert_eq!(house.value::<i64>("select count(*) from tenants").await, 1);
    assert_eq!(house.value::<i64>("select count(*) from deletion_certificates").await, 1);
    for name in ["acme", "acme-foods"] {
        assert_eq!(house.browser(name).get("/").await.status, StatusCode::NOT_FOUND, "{name}");
        let said = house.browser("").get(&format!("/api/v1/subdomains/{name}")).await.value();
        assert_eq!(said["reason"], "quarantined", "{name}: {said}");
    }
    house.wait(TimeDelta::days(91));
    sweep::the_rest(&house.app.house).await.expect("swept");
    assert_eq!(house.browser("").get("/api/v1/subdomains/acme-foods").await.value()["available"], true);
}

#[tokio::test]
async fn an_operator_deletes_by_typing_the_name_and_the_certificate_can_be_checked() {
    let house = House::open().await;
    house.customer("acme", ADA).await;
    let (operator, acme) = (house.operator("olga@platform.example").await, house.tenant("acme").await);
    let page = format!("/tenants/{acme}");
    let purge = async |typed: &str| operator.form(&format!("{page}/purge"), &[("confirmation", typed)]).await;
    assert_eq!(purge("acme").await.status, StatusCode::CONFLICT, "it trades");
    let tom = Actor::of_platform(Uuid::now_v7(), "Tom Tester, Tradecounter");
    lifecycle::close(&house.app.house, id(&house, "acme").await, "The business is sold", tom).await.expect("closed");
    let early = purge("acme").await;
    assert!(early.status == StatusCode::CONFLICT && early.text.contains("can still be opened again"), "{early:?}");
    house.wait(TimeDelta::days(31));
    let operator = house.operator("olga@platform.example").await;
    let purge = async |typed: &str| operator.form(&format!("{page}/purge"), &[("confirmation", typed)]).await;
    assert_eq!(purge("acme").await.status, StatusCode::CONFLICT, "the database's own clock has the last word");
    assert_eq!(state(&house, "acme").await, "closing");
    let_grace_end(&house, "acme").await;
    assert!(operator.get(&page).await.text.contains("Delete everything now"));
    let wrong = purge("bravo").await;
    assert!(wrong.status == StatusCode::UNPROCESSABLE_ENTITY && wrong.text.contains("purge-confirmation-error"), "{wrong:?}");
    let done = purge("acme").await;
    assert_eq!((done.status, done.header("location")), (StatusCode::SEE_OTHER, format!("/certificates/{acme}").as_str()), "{done:?}");
    assert_eq!(operator.get(&page).await.header("location"), format!("/certificates/{acme}"), "what was its page leads there");
    assert!(operator.get("/certificates").await.text.contains("Acme Wholesale"));
    let certificate = operator.get(&format!("/api/v1/deletion-certificates/{acme}")).await.value();
    let document = certificate["document"].as_str().expect("a document");
    assert_eq!(certificate["sha256"], hex::encode(Sha256::digest(document)));
    let shown = operator.get(&format!("/certificates/{acme}")).await.text;
    assert!(shown.contains(">Tom Tester, Tradecounter<"), "names are as they are: {shown}");
    assert!(shown.contains(certificate["sha256"].as_str().expect("a hash")) && shown.contains("Deletion certificate"), "{shown}");
    let said: Value = serde_json::from_str(document).expect("JSON");
    assert_eq!(
        (&said["subdomain"], &said["closed_by"], &said["purged_by"]),
        (&json!("acme"), &json!("Tom Tester, Tradecounter"), &json!("Olga"))
    );
    let rows = |table: &str| {
        said["rows_deleted"].as_array().expect("rows").iter().find(|row| row["table"] == table).expect("a table")["rows"].clone()
    };
    assert_eq!((rows("staff"), rows("trade_accounts"), rows("sessions"), rows("tenants")), (json!(4), json!(2), json!(1), json!(1)));
    assert_eq!(operator.get("/api/v1/deletion-certificates").await.value()["items"][0]["subdomain"], "acme");
    assert_eq!(operator.get("/api/v1/deletion-certificates/00000000-0000-0000-0000-000000000000").await.status, StatusCode::NOT_FOUND);
    assert_eq!(purge("acme").await.status, StatusCode::NOT_FOUND, "once");
    let mut platform = house.role("tc_platform").await;
    for change in ["update deletion_certificates set document = ''", "delete from deletion_certificates"] {
        assert!(sqlx::query(change).execute(&mut platform).await.is_err(), "{change}");
    }
}

#[tokio::test]
async fn every_process_forgets_it_and_of_many_at_once_one_deletes() {
    let house = House::open().await;
    let (ada, owner) = (house.customer("acme", ADA).await, house.staff("acme", "owner").await);
    let other = Listening::beside(&house).await;
    let at_acme = other.browser("acme");
    at_acme.plant("__Host-session", &ada.cookie("__Host-session").expect("a session"));
    becomes(&at_acme, "/api/v1/me", 200).await;
    close(&house, "acme").await.expect("closed");
    becomes(&at_acme, "/api/v1/me", 403).await;
    let_grace_end(&house, "acme").await;
    house.wait(TimeDelta::days(31));
    let (shared, acme, doer) = (&house.app.house, id(&house, "acme").await, Doer::end_of_grace());
    let purged = futures_util::future::join_all((0..4).map(|_| purge::purge(shared, acme, &doer))).await;
    assert_eq!(purged.iter().filter(|done| done.is_ok()).count(), 1, "{purged:?}");
    assert!(!purged.iter().any(is_conflict), "the others find nothing: {purged:?}");
    becomes(&at_acme, "/api/v1/me", 404).await;
    assert_eq!(owner.get("/office").await.status, StatusCode::NOT_FOUND);
    assert_eq!(house.value::<i64>("select count(*) from deletion_certificates").await, 1);
    other.stop().await;
}

#[tokio::test]
async fn a_person_whom_another_one_knows_in_any_way_stays() {
    let house = House::open().await;
    furnish(&house).await;
    // One asked at bravo, one was only there; one is known to nobody else.
    let (asked, was_there, nobody) = ("+447400123101", "+447400123102", "+447400123103");
    for phone in [asked, was_there, nobody] {
        house.request("acme", phone, "pending").await;
    }
    house
        .change(&format!(
            "insert into registration_requests (tenant_id, request_id, customer_id, phone, business_name, contact_name, status, created_at)
             select t.id, gen_random_uuid(), c.id, c.phone, 'Deli', 'Dee', 'rejected', now() from tenants t, customers c where t.slug = 'bravo' and c.phone = '{asked}';
             insert into sessions (tenant_id, session_id, customer_id, phone, token_hash, user_agent, created_at, last_seen_at, expires_at)
             select t.id, gen_random_uuid(), c.id, c.phone, sha256('there'), 'Test', now(), now(), now() from tenants t, customers c where t.slug = 'bravo' and c.phone = '{was_there}'"
        ))
        .await;
    close(&house, "acme").await.expect("closed");
    let_grace_end(&house, "acme").await;
    house.wait(TimeDelta::days(31));
    closing::look(&house.app.house).await.expect("looked");
    house.run_jobs().await;
    let left = "select string_agg(phone, ' ' order by phone) from customers";
    assert_eq!(house.value::<String>(left).await, ["+447400123002", CAT, asked, was_there].join(" "));
    assert_eq!(house.value::<i64>("select count(*) from jobs").await, 0);
}

#[tokio::test]
async fn who_was_erased_before_keeps_nobody_from_deleting_it() {
    let house = House::open().await;
    house.request("acme", "+447400123101", "rejected").await;
    house.change("delete from customers where phone = '+447400123101'").await;
    assert_eq!(house.value::<i64>("select count(*) from registration_requests where customer_id is null").await, 1);
    close(&house, "acme").await.expect("closed");
    house.wait(TimeDelta::days(31));
    let_grace_end(&house, "acme").await;
    purge::purge(&house.app.house, id(&house, "acme").await, &Doer::end_of_grace()).await.expect("purged");
    house.run_jobs().await;
    assert_eq!(house.value::<i64>("select count(*) from deletion_certificates").await, 1);
}

#[tokio::test]
async fn a_person_of_whom_another_one_has_to_ask_who_they_are_stays() {
    let house = House::open().await;
    // Cat was at acme and at bravo a year ago, and signs in again at acme alone.
    house.wait(TimeDelta::days(366));
    assert_eq!(house.customer("acme", CAT).await.get("/api/v1/me").await.value()["access"], "pending");
    close(&house, "acme").await.expect("closed");
    let_grace_end(&house, "acme").await;
    house.wait(TimeDelta::days(31));
    closing::look(&house.app.house).await.expect("looked");
    house.run_jobs().await;
    let open = "select count(*) from confirmations q join tenants t on t.id = q.tenant_id where t.slug = 'bravo' and q.status = 'open'";
    assert_eq!(house.value::<i64>(open).await, 1, "bravo's question is bravo's");
    assert_eq!(house.browser("bravo").sign_in(&house, CAT).await, "pending", "and is still asked");
}
