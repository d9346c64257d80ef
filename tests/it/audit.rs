//! The chain of the audit logs: nothing is changed, taken out, put in or moved without `verify` saying where.

use std::time::Duration;

use chrono::TimeDelta;
use futures_util::future::join_all;
use http::StatusCode;
use regex::Regex;
use serde_json::json;
use sqlx::{AssertSqlSafe, Row};
use tradecounter::audit::chain::{self, Chain, Fault, Found};
use tradecounter::audit::words::{Named, OF_PLATFORM, OF_TENANTS, words};
use tradecounter::audit::{self, Actor, Event, platform};
use tradecounter::db::TenantDoor;
use tradecounter::db::connect::SERVER_ROLES;
use tradecounter::db::{Scope, Tx};
use tradecounter::error::{Error, Result};
use tradecounter::ids::TenantId;
use tradecounter::operators::Doer;
use uuid::Uuid;

use crate::companions::{Directory, Program};
use crate::furniture::{Person, Seat, code, furnish};
use crate::house::{ADA, DAN, House};

async fn acme(house: &House) -> TenantId {
    house.tenant("acme").await.into()
}

async fn verified(house: &House, chain: Chain) -> Found {
    chain::verify(house.app.house.db(), chain, &[]).await.expect("read")
}

/// Writes an entry, in a transaction of its own that takes so many.
async fn write<D: TenantDoor>(house: &House, scope: Scope<D>, entries: usize) -> Result<()> {
    let entry = || Event {
        actor: Actor::system("test"),
        action: "samples.removed",
        subject_kind: "tenant",
        subject_id: Uuid::now_v7(),
        details: json!({ "accounts": 3, "of": "Zoë & Søn “Ltd”" }),
    };
    let all = async |tx: &mut Tx<D>| {
        for _ in 0..entries {
            audit::record(tx, entry(), house.app.house.now()).await?;
        }
        if entries > 3 { Err(Error::Conflict("all of it is taken back")) } else { Ok(()) }
    };
    scope.write(all).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn twenty_who_write_at_once_make_one_chain_without_a_gap() {
    let house = House::open().await;
    let (db, tenant) = (house.app.house.db(), acme(&house).await);
    let bravo: TenantId = house.tenant("bravo").await.into();
    let one = async |number: usize| {
        for round in 0..4 {
            // Some write several, some take back what they wrote, some write for another tenant or as the platform.
            let done = match (number + round) % 5 {
                0 => write(&house, db.office(tenant), 3).await,
                1 => write(&house, db.founding(tenant), 2).await,
                2 => write(&house, db.office(tenant), 4).await,
                3 => write(&house, db.office(bravo), 1).await,
                _ => write(&house, db.office(tenant), 1).await,
            };
            assert!(done.is_ok() || matches!(done, Err(Error::Conflict(_))), "{done:?}");
        }
    };
    join_all((0..20).map(one)).await;
    let found = verified(&house, Chain::Tenant(tenant)).await;
    assert_eq!((found.entries, found.fault), (16 * 6, None));
    assert_eq!(
        house.value::<i64>("select max(position) from audit_events where tenant_id = (select id from tenants where slug = 'acme')").await,
        96
    );
    let theirs = verified(&house, Chain::Tenant(bravo)).await;
    assert_eq!((theirs.entries, theirs.fault), (16, None));
}

#[tokio::test]
async fn whatever_is_done_to_an_entry_behind_the_back_is_found_where_it_was_done() {
    let house = House::open().await;
    let tenant = acme(&house).await;
    for _ in 0..3 {
        write(&house, house.app.house.db().office(tenant), 3).await.expect("written");
    }
    let whole = verified(&house, Chain::Tenant(tenant)).await;
    assert_eq!((whole.entries, whole.fault), (9, None));
    house.change("create table kept as select * from audit_events").await;
    let again = "update audit_events e set hash = audit_hash(e) where position = ";
    let moved = "update audit_events set position = position + 1000 where position > 3; update audit_events set position = position - 1000 WHERE_TO";
    let put_in = "insert into audit_events (tenant_id, event_id, at, actor_kind, actor_name, action, subject_kind, subject_id, position, previous_hash, hash)
        select tenant_id, gen_random_uuid(), at, 'system', 'x', 'x', 'x', subject_id,";
    for (what, statements, fault) in [
        ("nothing", String::new(), None),
        ("a word of it", "update audit_events set details = '{\"accounts\": 4}' where position = 4".to_owned(), Some(Fault::Changed(4))),
        ("who it was", "update audit_events set actor_name = 'nobody' where position = 1".to_owned(), Some(Fault::Changed(1))),
        (
            "when it was",
            "update audit_events set at = at + interval '1 microsecond' where position = 9".to_owned(),
            Some(Fault::Changed(9)),
        ),
        ("a word and its hash", format!("update audit_events set action = 'x' where position = 4; {again} 4"), Some(Fault::Unlinked(5))),
        ("a hash", "update audit_events set hash = sha256('x') where position = 2".to_owned(), Some(Fault::Changed(2))),
        ("one is gone", "delete from audit_events where position = 3".to_owned(), Some(Fault::Missing(3, 3))),
        ("the first are gone", "delete from audit_events where position < 3".to_owned(), Some(Fault::Missing(1, 2))),
        (
            "one is gone and the others moved up",
            format!("delete from audit_events where position = 3; {}", moved.replace("- 1000 WHERE_TO", "- 1001 where position > 1000")),
            Some(Fault::Changed(3)),
        ),
        (
            "two have changed places",
            "update audit_events set position = -1 where position = 6; update audit_events set position = 6 where position = 7;
             update audit_events set position = 7 where position = -1"
                .to_owned(),
            Some(Fault::Changed(6)),
        ),
        (
            "one was put in, and fits the one before it",
            format!(
                "{}; alter table audit_events disable trigger user; {put_in} 4, hash, '' from kept where position = 3;
                 alter table audit_events enable trigger user; {again} 4",
                moved.replace("- 1000 WHERE_TO", "- 999 where position > 1000")
            ),
            Some(Fault::Changed(5)),
        ),
        (
            "one was put in before the first",
            format!(
                "alter table audit_events disable trigger user; {put_in} 0, '', '' from kept where position = 1;
                 alter table audit_events enable trigger user"
            ),
            Some(Fault::Misplaced(0)),
        ),
    ] {
        house.change(&statements).await;
        assert_eq!(verified(&house, Chain::Tenant(tenant)).await.fault, fault, "{what}");
        // What was kept comes back in its order, and gets the very hashes that it had.
        house.change("delete from audit_events; insert into audit_events select * from kept order by position").await;
        assert_eq!(verified(&house, Chain::Tenant(tenant)).await.head, whole.head, "{what}");
    }
    house.change("drop table kept").await;
}

#[tokio::test]
async fn whoever_adds_an_entry_does_not_say_where_it_stands_and_nobody_changes_one() {
    let house = House::open().await;
    furnish(&house).await;
    let ada = Person::of(&house, "acme", ADA).await;
    let forged = format!(
        "insert into audit_events (tenant_id, event_id, at, actor_kind, actor_name, action, subject_kind, subject_id, position, previous_hash, hash)
         values ('{}', gen_random_uuid(), now(), 'system', 'x', 'x', 'x', gen_random_uuid(), 1, 'x', 'x')",
        ada.tenant
    );
    for role in ["tc_counter", "tc_office", "tc_platform"] {
        let mut connection = house.role(role).await;
        let text = format!("begin; {}; {forged}; commit", ada.settings(role));
        sqlx::raw_sql(AssertSqlSafe(text)).execute(&mut connection).await.expect("it is added, at the end");
    }
    let found = verified(&house, Chain::Tenant(ada.tenant.into())).await;
    assert_eq!((found.entries, found.fault), (2 + 3, None));
    for role in SERVER_ROLES {
        let mut seat = Seat::of(&house, role, &ada).await;
        for table in ["audit_events", "operator_events"] {
            for change in ["update TABLE set hash = ''", "update TABLE set position = 7", "delete from TABLE", "truncate TABLE"] {
                let outcome = seat.run(&change.replace("TABLE", table)).await;
                // Purging has the right to delete, and no row to use it on.
                let finds_none = (role, table, outcome.clone()) == ("tc_platform", "audit_events", Ok(0)) && change.starts_with("delete");
                assert!(finds_none || code(&outcome) == "42501", "{role}: {change} {table}");
            }
        }
        for column in ["details", "actor_name", "action", "at", "previous_hash"] {
            let seen = seat.run(&format!("select {column} from audit_events")).await;
            assert_eq!(seen.is_ok(), matches!(role, "tc_office" | "tc_support" | "tc_import"), "{role} {column}: {seen:?}");
        }
    }
    // Where the chain ends a customer's role does see, of its own tenant alone.
    let ends = Seat::of(&house, "tc_counter", &ada).await.run("select position, hash from audit_events").await;
    assert_eq!(ends, Ok(5), "two customers' and three forged");
}

#[tokio::test]
async fn what_the_platform_does_to_a_tenant_stands_in_both_logs_or_in_none() {
    let house = House::open().await;
    let (operator, path) = (house.operator("olga@platform.example").await, format!("/api/v1/tenants/{}", house.tenant("acme").await));
    house.change("alter table operator_events add constraint shut check (action not like 'tenant.%')").await;
    let failed = operator.post(&format!("{path}/suspension"), json!({ "reason": "Unpaid" })).await;
    assert_eq!(failed.status, StatusCode::INTERNAL_SERVER_ERROR, "{failed:?}");
    assert_eq!(house.value::<String>("select status from tenants where slug = 'acme'").await, "active");
    assert_eq!(house.value::<i64>("select count(*) from audit_events").await, 0);
    house.change("alter table operator_events drop constraint shut").await;
    assert_eq!(operator.post(&format!("{path}/suspension"), json!({ "reason": "Unpaid" })).await.status, StatusCode::OK);
    let both = "select concat_ws(' ', a.actor_name, o.actor_name, o.actor_kind, (a.details = o.details)::text, (a.at = o.at)::text, (a.xmin = o.xmin)::text)
                  from audit_events a join operator_events o on o.subject_id = a.tenant_id and o.action = a.action";
    assert_eq!(house.value::<String>(both).await, "Olga, Tradecounter Olga operator true true true");
    assert_eq!(verified(&house, Chain::Platform).await.fault, None);
    let own = async |_: usize| {
        let (doer, db) = (Doer::command_line(), house.app.house.db().platform());
        let now = house.app.house.now();
        db.write(async |tx| platform::record(tx, &doer, "token.made", Uuid::now_v7(), json!({}), now).await).await.expect("written");
    };
    join_all((0..20).map(own)).await;
    let found = verified(&house, Chain::Platform).await;
    assert_eq!((found.entries, found.fault), (22, None));
    house.change("update operator_events set details = '{}' where position = 2").await;
    assert_eq!(verified(&house, Chain::Platform).await.fault, Some(Fault::Changed(2)));
}

/// Suspending holds the tenant's row and waits for the chain; whoever writes an entry must not wait the other way round.
#[tokio::test]
async fn suspending_and_writing_at_once_do_not_wait_for_each_other() {
    let house = House::open().await;
    let (shared, tenant) = (&house.app.house, acme(&house).await);
    let mut writer = shared.db().office(tenant).open_write().await.expect("a transaction");
    let entry = Event {
        actor: Actor::system("x"),
        action: "samples.removed",
        subject_kind: "tenant",
        subject_id: tenant.uuid(),
        details: json!({}),
    };
    let mut holder = house.admin().await;
    sqlx::raw_sql("begin; select from tenants for update").execute(&mut holder).await.expect("held");
    audit::record(&mut writer, entry, house.app.house.now()).await.expect("written while the tenant's row is held");
    sqlx::raw_sql("rollback").execute(&mut holder).await.expect("let go");
    writer.commit().await.expect("kept");
}

/// Runs `tenant verify` on this database: its status and what it printed.
async fn command(house: &House, directory: &Directory, name: &str, arguments: &[&str]) -> (Option<i32>, String) {
    let socket = std::env::var("TRADECOUNTER_TEST_SOCKET").expect("a cluster");
    let url = format!("postgres:///{}?host={socket}&user=postgres", house.address.database());
    let mut program = Program::tradecounter(&["tenant", "verify"]);
    program.args(arguments).env("DATABASE_URL", url).current_dir(&directory.0);
    let mut program = Program::start(&mut program, &directory.0, name);
    let status = program.ended(Duration::from_secs(60)).await;
    (status.code(), program.said())
}

#[tokio::test]
async fn the_command_line_says_of_each_log_whether_it_is_whole() {
    let (house, directory) = (House::open().await, Directory::new("verify-command"));
    let tenant = acme(&house).await;
    write(&house, house.app.house.db().office(tenant), 3).await.expect("written");
    house.invite("olga@platform.example").await;
    let head = |found: Found| hex::encode(found.head.expect("entries"));
    let (early, platform) = (head(verified(&house, Chain::Tenant(tenant)).await), head(verified(&house, Chain::Platform).await));
    write(&house, house.app.house.db().office(tenant), 1).await.expect("written");
    let newest = head(verified(&house, Chain::Tenant(tenant)).await);
    let (status, said) = command(&house, &directory, "all", &["--expect", &early, "--expect", &platform]).await;
    let lines = format!("acme: whole, 4 entries, head {newest}\nbravo: whole, 0 entries\nthe platform: whole, 1 entry, head {platform}\n");
    assert_eq!((status, said), (Some(0), lines));
    let (status, said) = command(&house, &directory, "nobody", &["bravo", "nobody"]).await;
    assert_eq!((status, said.as_str()), (Some(1), "nobody: there is no such tenant\nbravo: whole, 0 entries\n"));
    // An end that was cut off leaves a chain that is whole; who has kept a hash sees it.
    house.change("delete from audit_events where position > 2").await;
    assert_eq!(command(&house, &directory, "cut", &["acme"]).await.0, Some(0));
    let (status, said) = command(&house, &directory, "expected", &["acme", "--expect", &early]).await;
    assert!(status == Some(1) && said.contains(&format!("{early}: no entry has this hash any more")), "{said}");
    house.change("delete from audit_events where position = 1").await;
    let (status, said) = command(&house, &directory, "broken", &["acme"]).await;
    assert!(status == Some(1) && said.starts_with("acme: BROKEN, entry 1 is missing (1 entry, head "), "{said}");
    assert_eq!(command(&house, &directory, "odd", &["--expect", "abc"]).await.0, Some(1));
}

/// The words themselves, the names of what can be configured, and tests.
fn not_of_actions(path: &std::path::Path) -> bool {
    ["src/audit/words.rs", "src/audit/words/trade.rs", "src/config.rs", "tests.rs"].iter().any(|file| path.ends_with(file))
}

/// Every literal of the source that has the form of an action.
fn actions() -> Vec<String> {
    const FILES: [&str; 18] =
        ["css", "png", "svg", "json", "uk", "me", "io", "js", "ico", "html", "toml", "csv", "log", "pid", "lock", "new", "old", "example"];
    let literal = Regex::new(r#""([a-z_]+)\.([a-z_]+)""#).expect("a pattern");
    let (mut found, mut folders) = (Vec::new(), vec![std::path::PathBuf::from("src")]);
    while let Some(folder) = folders.pop() {
        for path in std::fs::read_dir(folder).expect("a folder").filter_map(|entry| entry.ok().map(|entry| entry.path())) {
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") && !not_of_actions(&path) {
                let text = std::fs::read_to_string(&path).expect("text");
                let code = text.split("#[cfg(test)]").next().unwrap_or_default();
                let named = literal.captures_iter(code).filter(|named| !FILES.contains(&&named[2]));
                found.extend(named.map(|named| format!("{}.{}", &named[1], &named[2])));
            }
        }
    }
    found.sort();
    found.dedup();
    found
}

#[test]
fn every_action_has_words_and_can_be_looked_for() {
    let (all, nothing) = (actions(), json!({}));
    assert!(all.len() >= 25, "{all:?}");
    let named = Named { customer: "Dan Drew of Deli".to_owned(), reason: "Too far".to_owned() };
    let details = json!({
        "name": "Ivy", "email": "ivy@acme.example", "role": "sales", "before": "picker", "after": "manager", "invitations_withdrawn": 2,
        "from": "active", "to": "suspended", "reason": "Unpaid", "subdomain": "acme", "business_name": "Acme", "owner": "Olive",
        "account_number": "A-17", "accounts": 4, "scope": "read", "staff_added": 2, "customers_changed": 1,
        "changes": [{ "what": "first colour", "before": "#000000", "after": "#ffffff" }],
    });
    let mut told = Vec::new();
    for action in &all {
        let said = words(action, &details, &named).unwrap_or_else(|| panic!("{action} has no words in src/audit/words.rs"));
        assert!(words(action, &nothing, &Named::default()).is_some(), "{action}, whatever it lacks");
        let noun = action.split('.').next().unwrap_or_default();
        let things = || OF_TENANTS.iter().chain(OF_PLATFORM);
        assert!(things().any(|thing| thing.nouns.contains(&noun)), "{action} is about no thing that one can look for");
        let changes: Vec<String> = said.changes.iter().map(|one| format!("\n    {}: {} → {}", one.what, one.before, one.after)).collect();
        told.push(format!("{action}\n  {}{}", said.sentence, changes.concat()));
    }
    insta::assert_snapshot!("words", told.join("\n"));
}

#[tokio::test]
async fn nothing_personal_of_a_customer_stands_in_a_log_and_who_is_erased_is_nobody() {
    let house = House::open().await;
    let (dan, owner) = (house.customer("acme", DAN).await, house.staff("acme", "owner").await);
    let asked = json!({ "business_name": "Drew's Deli", "contact_name": "Dan Drew", "message": "Corner shop." });
    let ask = async || dan.post("/api/v1/registration-requests", asked.clone()).await.value()["id"].as_str().expect("an id").to_owned();
    ask().await;
    dan.delete("/api/v1/registration-requests/current").await;
    let request = ask().await;
    owner.post(&format!("/api/v1/office/registration-requests/{request}/rejection"), json!({ "reason": "Dan, you never pay" })).await;
    let request = ask().await;
    owner.post(&format!("/api/v1/office/registration-requests/{request}/approval"), json!({})).await;
    let access: Uuid = house.value("select access_id from account_access where contact_name = 'Dan Drew'").await;
    owner.post(&format!("/api/v1/office/customers/{access}/suspension"), json!({ "reason": "Unpaid" })).await;
    owner.delete(&format!("/api/v1/office/customers/{access}/suspension")).await;
    house.wait(TimeDelta::seconds(1));
    let written: String = house.value("select string_agg(e::text, ' ') from audit_events e").await;
    for personal in ["Dan", "Drew", "Deli", "Corner", "400123004", "3004", "never pay"] {
        assert!(!written.contains(personal), "{personal} in {written}");
    }
    let page = owner.get("/office/audit").await.text.replace("&#39;", "'");
    for shown in [
        "Asked for an account: Dan Drew of Drew's Deli",
        "Let Dan Drew of Drew's Deli in, with account",
        "Turned down the request of Dan Drew of Drew's Deli: Dan, you never pay",
        "Suspended Dan Drew of Drew's Deli: Unpaid",
        "<strong>Dan Drew</strong>",
    ] {
        assert!(page.contains(shown), "{shown}: {page}");
    }
    let before = verified(&house, Chain::Tenant(acme(&house).await)).await;
    house.change("update registration_requests set contact_name = '', business_name = '', reason = ''; delete from account_access where contact_name = 'Dan Drew'").await;
    let page = owner.get("/office/audit").await.text;
    assert!(!page.contains("Dan") && !page.contains("Deli"), "{page}");
    assert!(
        page.contains("<strong>a customer who has been erased</strong>")
            && page.contains("Suspended a customer who has been erased: Unpaid")
    );
    let after = verified(&house, Chain::Tenant(acme(&house).await)).await;
    assert_eq!((after.entries, after.fault, after.head), (before.entries, None, before.head), "and the chain is whole");
}

#[tokio::test]
async fn the_list_goes_along_the_tenants_own_index() {
    let house = House::open().await;
    house
        .change(
            "insert into audit_events (tenant_id, event_id, at, actor_kind, actor_name, action, subject_kind, subject_id)
             select t.id, gen_random_uuid(), now(), 'system', 'x', 'samples.removed', 'tenant', t.id from tenants t, generate_series(1, 3000);
             analyze audit_events",
        )
        .await;
    let ada = acme(&house).await;
    let mut office = house.role("tc_office").await;
    let sql = format!(
        "begin; set local app.tenant_id = '{ada}';
         explain select * from audit_events e where e.tenant_id = '{ada}' and e.position < 9000 order by e.position desc limit 51; rollback"
    );
    let rows = sqlx::raw_sql(AssertSqlSafe(sql)).fetch_all(&mut office).await.expect("a plan");
    let plan: String = rows.iter().map(|row| format!("{}\n", row.get::<String, _>(0))).collect();
    assert!(plan.contains("Index Scan Backward using audit_events_position") && !plan.contains("Sort"), "{plan}");
}
