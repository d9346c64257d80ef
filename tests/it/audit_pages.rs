//! The audit log as owners and operators read it: in words, what was looked for, page by page, and as a file.

use chrono::TimeDelta;
use http::{Method, StatusCode};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::house::{Browser, DAN, House};

async fn items(browser: &Browser, query: &str) -> Vec<Value> {
    let answer = browser.get(&format!("/api/v1/office/audit-events?{query}")).await;
    assert_eq!(answer.status, StatusCode::OK, "{query}: {answer:?}");
    answer.value()["items"].as_array().expect("items").clone()
}

fn actions(items: &[Value]) -> Vec<&str> {
    items.iter().map(|item| item["action"].as_str().expect("an action")).collect()
}

/// Acme with something of everybody in its log; its owner, and the owner's id.
async fn open() -> (House, Browser, String) {
    let house = House::open().await;
    let (owner, dan) = (house.staff("acme", "owner").await, house.customer("acme", DAN).await);
    dan.post("/api/v1/registration-requests", json!({ "business_name": "Deli", "contact_name": "Dan Drew", "message": "" })).await;
    owner.json(Method::PATCH, "/api/v1/office/settings", json!({ "opening_text": "=1+1\nMondays" })).await;
    let team = owner.get("/api/v1/office/team").await.value();
    let id = |at: usize| team["items"][at]["id"].as_str().expect("an id").to_owned();
    owner.json(Method::PATCH, &format!("/api/v1/office/team/{}", id(3)), json!({ "role": "sales" })).await;
    house
        .operator("olga@platform.example")
        .await
        .post(&format!("/api/v1/tenants/{}/rename", house.tenant("acme").await), json!({ "subdomain": "acme" }))
        .await;
    (house, owner, id(0))
}

#[tokio::test]
async fn an_entry_says_who_did_what_and_what_was_before() {
    let (house, owner, id) = open().await;
    let all = items(&owner, "").await;
    assert_eq!(actions(&all), ["staff.role_changed", "settings.changed", "registration_request.made"], "newest first");
    let changed = &all[0];
    let told = json!({ "actor_kind": "staff", "actor_id": id, "actor_name": "owner of acme", "sentence": "Made picker of acme a salesperson",
                       "position": 3, "changes": [{ "what": "role", "before": "picker", "after": "sales" }] });
    for (key, value) in told.as_object().expect("an object") {
        assert_eq!(changed[key], *value, "{key} in {changed}");
    }
    let asked = &all[2];
    assert_eq!(
        (asked["actor_name"].as_str(), asked["sentence"].as_str()),
        (Some("Dan Drew"), Some("Asked for an account: Dan Drew of Deli"))
    );
    assert_eq!(house.staff("bravo", "owner").await.get("/api/v1/office/audit-events").await.value()["items"], json!([]));
    for role in ["manager", "sales", "picker"] {
        let member = house.staff("acme", role).await;
        assert_eq!(member.get("/office/audit").await.status, StatusCode::FORBIDDEN, "{role}");
        assert!(!member.get("/office/team").await.text.contains("/office/audit"), "{role} is not shown the way");
    }
    assert!(owner.get("/office/team").await.text.contains("/office/audit"));
}

#[tokio::test]
async fn entries_are_found_by_person_by_thing_and_by_day() {
    let (house, owner, id) = open().await;
    let today: String = house.value("select to_char(now() at time zone 'Europe/London', 'YYYY-MM-DD')").await;
    let tomorrow: String = house.value("select to_char(now() at time zone 'Europe/London' + interval '1 day', 'YYYY-MM-DD')").await;
    house.change("update audit_events set at = at - interval '3 days' where action = 'settings.changed'").await;
    for (query, found) in [
        ("person=customer".to_owned(), vec!["registration_request.made"]),
        ("person=staff".to_owned(), vec!["staff.role_changed", "settings.changed"]),
        (format!("person={id}"), vec!["staff.role_changed", "settings.changed"]),
        (format!("person={id}&about=team"), vec!["staff.role_changed"]),
        (format!("person={}", Uuid::now_v7()), vec![]),
        ("person=operator".to_owned(), vec![]),
        ("about=requests".to_owned(), vec!["registration_request.made"]),
        (format!("from={tomorrow}"), vec![]),
        (format!("to={tomorrow}&about=settings"), vec!["settings.changed"]),
    ] {
        assert_eq!(actions(&items(&owner, &query).await), found, "{query}");
    }
    // Midnight may pass while this runs; three days do not.
    assert!(!actions(&items(&owner, &format!("from={today}")).await).contains(&"settings.changed"));
    for wrong in
        ["person=somebody", "about=weather", "from=soon", "from=2026-11-23&to=2026-11-22", "cursor=x", "from=-9999-1-1", "to=%2B10000-1-1"]
    {
        let refused = owner.get(&format!("/api/v1/office/audit-events?{wrong}")).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{wrong}: {refused:?}");
    }
}

/// Many entries at acme, so many seconds old.
async fn fill(house: &House, entries: usize) {
    house
        .change(&format!(
            "insert into audit_events (tenant_id, event_id, at, actor_kind, actor_name, action, subject_kind, subject_id, details)
             select t.id, gen_random_uuid(), now() - interval '1 hour', 'system', '@test', 'samples.removed', 'tenant', t.id, jsonb_build_object('accounts', n)
               from tenants t, generate_series(1, {entries}) n where t.slug = 'acme' order by n"
        ))
        .await;
}

#[tokio::test]
async fn a_long_log_goes_on_page_by_page_and_none_is_missed() {
    let house = House::open().await;
    fill(&house, 120).await;
    let owner = house.staff("acme", "owner").await;
    let (mut positions, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = owner.get(&format!("/api/v1/office/audit-events?about=counter{cursor}")).await.value();
        positions.extend(page["items"].as_array().expect("items").iter().map(|item| item["position"].as_i64().expect("a number")));
        let Some(next) = page["next"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    assert_eq!(positions, (1..=120).rev().collect::<Vec<i64>>());
    let page = owner.get("/office/audit?about=counter").await.text;
    let next = page.split("href=\"").filter_map(|rest| rest.split('"').next()).find(|href| href.contains("cursor=")).expect("a way on");
    let next = owner.get(&next.replace("&amp;", "&").replace("&#38;", "&")).await;
    assert!(next.text.contains("with 70 accounts") && !next.text.contains("with 71 accounts"), "{next:?}");
    assert!(next.text.contains("<option value=\"counter\" selected>"), "it goes on with what was looked for");
}

#[tokio::test]
async fn what_was_looked_for_is_taken_along_as_a_table_and_for_programs() {
    let (house, owner, _) = open().await;
    let table = owner.get("/office/audit/export.csv?about=settings").await;
    assert_eq!(table.header("content-type"), "text/csv; charset=utf-8");
    assert_eq!(table.header("content-disposition"), "attachment; filename=\"audit-log.csv\"");
    let mut reader = csv::Reader::from_reader(table.text.trim_start_matches('\u{feff}').as_bytes());
    let rows: Vec<csv::StringRecord> = reader.records().map(|row| row.expect("a row")).collect();
    assert_eq!(rows.len(), 1);
    assert_eq!((&rows[0][2], &rows[0][4]), ("owner of acme", "Changed the settings: opening text"));
    assert_eq!(&rows[0][5], "opening text: nothing → =1+1\nMondays", "in the middle it is no formula");
    house.change("update staff set name = '=cmd()' where email = 'owner@acme.example'").await;
    fill(&house, 1).await;
    owner.json(Method::PATCH, "/api/v1/office/settings", json!({ "opening_text": "" })).await;
    let table = owner.get("/office/audit/export.csv").await.text;
    assert!(table.contains(",'=cmd(),") && table.contains(",'@test,") && !table.contains(",=") && !table.contains(",@"), "{table}");

    let file = owner.get("/office/audit/export.json?about=team").await;
    assert_eq!(file.header("content-disposition"), "attachment; filename=\"audit-log.json\"");
    let entries = file.value();
    assert_eq!(entries.as_array().map(Vec::len), Some(1), "{entries}");
    assert_eq!((&entries[0]["action"], &entries[0]["details"]["before"]), (&json!("staff.role_changed"), &json!("picker")));
    assert!(entries[0]["hash"].as_str().is_some_and(|hash| hash.len() == 64));
    let wrong = owner.get("/office/audit/export.csv?from=soon").await;
    assert!(wrong.status == StatusCode::UNPROCESSABLE_ENTITY && wrong.text.contains("value=\"soon\""), "what was typed is kept: {wrong:?}");
}

#[tokio::test]
async fn a_file_that_would_hold_too_much_is_refused_in_words_and_not_cut_short() {
    let house = House::open().await;
    fill(&house, 20_000).await;
    let owner = house.staff("acme", "owner").await;
    let whole = owner.get("/office/audit/export.json").await;
    assert_eq!(whole.value().as_array().map(Vec::len), Some(20_000));
    fill(&house, 1).await;
    for kind in ["csv", "json"] {
        let refused = owner.get(&format!("/office/audit/export.{kind}")).await;
        assert!(refused.status == StatusCode::UNPROCESSABLE_ENTITY && refused.text.contains("Choose fewer days"), "{refused:?}");
    }
}

#[tokio::test]
async fn a_file_of_the_platforms_log_holds_no_more_either() {
    let house = House::open().await;
    let operator = house.operator("olga@platform.example").await;
    let add = async |entries: usize| {
        house
            .change(&format!(
                "insert into operator_events (id, at, actor_kind, actor_name, action, subject_id, details)
                 select gen_random_uuid(), now(), 'system', 'test', 'token.revoked', gen_random_uuid(), '{{}}' from generate_series(1, {entries})"
            ))
            .await;
    };
    // With the one that says who was invited.
    add(19_999).await;
    assert_eq!(operator.get("/events/export.json").await.value().as_array().map(Vec::len), Some(20_000));
    add(1).await;
    for kind in ["csv", "json"] {
        let refused = operator.get(&format!("/events/export.{kind}")).await;
        assert!(refused.status == StatusCode::UNPROCESSABLE_ENTITY && refused.text.contains("Choose fewer days"), "{refused:?}");
    }
}

#[tokio::test]
async fn operators_read_what_the_platform_did_and_what_it_did_to_one_wholesaler() {
    let house = House::open().await;
    let operator = house.operator("olga@platform.example").await;
    let (acme, bravo) = (house.tenant("acme").await, house.tenant("bravo").await);
    operator.post(&format!("/api/v1/tenants/{acme}/suspension"), json!({ "reason": "Unpaid" })).await;
    house.wait(TimeDelta::seconds(1));
    operator.delete(&format!("/api/v1/tenants/{acme}/suspension")).await;
    operator.post(&format!("/api/v1/tenants/{bravo}/rename"), json!({ "subdomain": "bravissimo" })).await;
    let events = async |query: &str| {
        let answer = operator.get(&format!("/api/v1/events?{query}")).await;
        assert_eq!(answer.status, StatusCode::OK, "{query}: {answer:?}");
        answer.value()["items"].as_array().expect("items").clone()
    };
    let of_acme = events(&format!("tenant={acme}")).await;
    assert_eq!(actions(&of_acme), ["tenant.reactivated", "tenant.suspended"]);
    assert_eq!(of_acme[1]["sentence"], "Suspended the counter: Unpaid");
    assert_eq!(of_acme[1]["changes"], json!([{ "what": "state", "before": "active", "after": "suspended" }]));
    assert_eq!(actions(&events("about=operators&person=system").await), ["operator.invited"]);
    let renamed = events(&format!("tenant={bravo}&person=operator")).await;
    assert_eq!(renamed[0]["changes"], json!([{ "what": "address", "before": "bravo", "after": "bravissimo" }]));
    assert_eq!(operator.get("/api/v1/events?tenant=acme").await.status, StatusCode::UNPROCESSABLE_ENTITY);
    let page = operator.get(&format!("/events?tenant={acme}")).await;
    assert!(page.text.contains("Events of Acme Wholesale") && page.text.contains("Suspended the counter: Unpaid"), "{page:?}");
    assert!(!page.text.contains("bravissimo"), "{page:?}");
    assert_eq!(operator.get(&format!("/events?tenant={}", Uuid::now_v7())).await.status, StatusCode::NOT_FOUND);
    let file = operator.get(&format!("/events/export.csv?tenant={acme}")).await;
    assert!(file.text.lines().count() == 3 && file.text.contains("Acme Wholesale"), "{file:?}");
    assert!(operator.get(&format!("/tenants/{acme}")).await.text.contains(&format!("/events?tenant={acme}")));
}
