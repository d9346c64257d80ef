//! The platform's people at a wholesaler's office: what the database gives them, asked in SQL as their own role, and the
//! whole way from the question to the last look.

use chrono::TimeDelta;
use http::{Method, StatusCode};
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Connection};
use tradecounter::audit::Actor;
use tradecounter::tenants::lifecycle;
use uuid::Uuid;

use crate::furniture::{LET_IN, Person, Seat, code, furnish};
use crate::house::{ADA, Answer, Browser, House};
use crate::secrecy;

const OLGA: &str = "olga@platform.example";
const LOOKED_AT: [&str; 5] = ["trade_accounts", "account_access", "registration_requests", "messages", "audit_events"];
const LISTS: [&str; 4] = ["customers", "registration-requests", "messages", "audit-events"];

/// An operator with one request at a tenant, put there with these words for its status, its end and when it was ended.
async fn with_request(house: &House, operator: Uuid, slug: &str, status: &str, until: &str, ended: &str) {
    house
        .change(&format!(
            "delete from support_requests where operator_id = '{operator}';
             insert into support_requests (tenant_id, request_id, operator_id, operator_name, reason, status, asked_at, granted_until, ended_at)
             select id, gen_random_uuid(), '{operator}', 'Olga', 'To have a look', '{status}', now(), {until}, {ended}
               from tenants where slug = '{slug}'"
        ))
        .await;
}

fn an_event(tenant: Uuid) -> String {
    format!(
        "insert into audit_events (tenant_id, event_id, at, actor_kind, actor_name, action, subject_kind, subject_id)
         values ('{tenant}', gen_random_uuid(), now(), 'operator', 'Olga', 'support.looked', 'support_request', gen_random_uuid())"
    )
}

#[tokio::test]
async fn the_database_shows_an_operator_a_tenant_while_a_grant_runs_and_nothing_otherwise() {
    let house = House::open().await;
    furnish(&house).await;
    let (acme, olga) = (house.tenant("acme").await, Uuid::now_v7());
    house.change(&format!("insert into operators (id, email, name, created_at) values ('{olga}', '{OLGA}', 'Olga', now())")).await;
    let settings = format!("set local app.tenant_id = '{acme}'; set local app.operator_id = '{olga}'");
    let mut seat = Seat::unset(&house, "tc_support").await;
    let (hour, past) = ("now() + interval '1 hour'", "now() - interval '1 second'");
    for (what, slug, status, until, ended) in [
        ("nobody has answered", "acme", "asked", "null", "null"),
        ("it was declined", "acme", "declined", "null", "null"),
        ("nobody answered in time", "acme", "lapsed", "null", "null"),
        ("the hour is over", "acme", "granted", past, "null"),
        ("it was ended", "acme", "granted", hour, "now()"),
        ("another tenant granted it", "bravo", "granted", hour, "null"),
    ] {
        with_request(&house, olga, slug, status, until, ended).await;
        for table in LOOKED_AT {
            assert_eq!(seat.run_under(&settings, &format!("select 1 from {table}")).await, Ok(0), "{what}: {table}");
        }
        assert_eq!(code(&seat.run_under(&settings, &an_event(acme)).await), "42501", "{what}: no entry is taken");
    }
    house.change(&format!("delete from support_requests where operator_id = '{olga}'")).await;
    for table in LOOKED_AT {
        let seen = seat.run_under(&settings, &format!("select 1 from {table}")).await;
        assert_eq!(seen, Ok(0), "another operator is let in, this one never asked: {table}");
    }

    with_request(&house, olga, "acme", "granted", hour, "null").await;
    for table in LOOKED_AT {
        let there: i64 = house.value(&format!("select count(*) from {table} where tenant_id = '{acme}'")).await;
        let seen = seat.run_under(&settings, &format!("select 1 from {table}")).await;
        assert!(there > 0 && seen == Ok(there.unsigned_abs()), "{table}: {seen:?} of {there}");
        let theirs = seat.run_under(&settings, &format!("select 1 from {table} where tenant_id <> '{acme}'")).await;
        assert_eq!(theirs, Ok(0), "{table}");
    }
    assert_eq!(seat.run_under(&settings, &an_event(acme)).await, Ok(1));
    assert_eq!(code(&seat.run_under(&settings, &an_event(house.tenant("bravo").await)).await), "42501");
    assert_eq!(seat.run_under(&settings, "select 1 from support_requests").await, Ok(1), "not what the other operator asked");
    let plan = "explain select message_id from messages";
    let mut lines = String::new();
    {
        let mut tx = seat.connection().begin().await.expect("a transaction");
        sqlx::raw_sql(AssertSqlSafe(settings.clone())).execute(&mut *tx).await.expect("settings");
        for line in sqlx::query_scalar::<_, String>(plan).fetch_all(&mut *tx).await.expect("a plan") {
            lines.push_str(&line);
        }
        tx.rollback().await.expect("back");
    }
    assert!(lines.contains("InitPlan") && !lines.contains("SubPlan"), "asked once a statement: {lines}");

    house.change(&format!("update operators set removed_at = now() where id = '{olga}'")).await;
    for table in LOOKED_AT {
        let seen = seat.run_under(&settings, &format!("select 1 from {table}")).await;
        assert_eq!(seen, Ok(0), "they are no operator any more: {table}");
    }
}

#[tokio::test]
async fn an_operator_who_is_let_in_writes_nothing_and_grants_themselves_nothing() {
    let house = House::open().await;
    furnish(&house).await;
    let ada = Person::of(&house, "acme", ADA).await;
    let mut seat = Seat::of(&house, "tc_support", &ada).await;
    let request = "(tenant_id, request_id, operator_id, operator_name, reason, asked_at";
    let forged = format!("'{}', gen_random_uuid(), '{LET_IN}', 'Lin', 'To have a look', now()", ada.tenant);
    for statement in [
        format!("insert into support_requests {request}) values ({forged})"),
        "update support_requests set granted_until = now() + interval '9 hours'".to_owned(),
        "update support_requests set status = 'granted'".to_owned(),
        "delete from support_requests".to_owned(),
        "update audit_events set action = 'x'".to_owned(),
        "delete from audit_events".to_owned(),
        "update account_access set status = 'suspended'".to_owned(),
        "delete from messages".to_owned(),
        "insert into trade_accounts (tenant_id) values (gen_random_uuid())".to_owned(),
        "select text from messages".to_owned(),
        "select customer_id from account_access".to_owned(),
        "select customer_id from registration_requests".to_owned(),
        "select 1 from staff".to_owned(),
        "select 1 from sessions".to_owned(),
        "select 1 from customers".to_owned(),
        "select 1 from tenants".to_owned(),
        "select email from operators".to_owned(),
        "select details from operator_events".to_owned(),
    ] {
        let outcome = seat.run(&statement).await;
        assert_eq!(code(&outcome), "42501", "{statement}: {outcome:?}");
    }
    assert_eq!(seat.run("update support_requests set ended_at = now()").await, Ok(1), "they may be done");
    house.change(&format!("update support_requests set ended_at = now() where operator_id = '{LET_IN}'")).await;
    let again = seat.run("update support_requests set ended_at = null").await;
    assert_eq!(code(&again), "42501", "what has ended does not begin again: {again:?}");

    // The operators' everyday role asks and does not answer; what it sees of a tenant at all, walls.rs says.
    let mut platform = Seat::of(&house, "tc_platform", &ada).await;
    let asks =
        format!("insert into support_requests {request}) values ({})", forged.replace(&LET_IN.to_string(), &Uuid::now_v7().to_string()));
    assert_eq!(platform.run(&asks).await, Ok(1));
    for more in [", status) values (FORGED, 'granted')", ", granted_until) values (FORGED, now() + interval '1 hour')"] {
        let sql = format!("insert into support_requests {request}{}", more.replace("FORGED", &forged));
        assert_eq!(code(&platform.run(&sql).await), "42501", "{sql}");
    }
}

fn is_not_let_in(answer: &Answer) {
    assert_eq!(answer.status, StatusCode::FORBIDDEN, "{answer:?}");
    assert_eq!(answer.value()["type"], "urn:tradecounter:problem:support-not-granted", "{answer:?}");
}

/// Olga, acme's owner, and where she asks.
async fn people(house: &House) -> (Browser, Browser, String) {
    let (olga, owner) = (house.operator(OLGA).await, house.staff("acme", "owner").await);
    (olga, owner, format!("/api/v1/tenants/{}", house.tenant("acme").await))
}

/// Asks, and answers with the id of the request.
async fn ask(olga: &Browser, acme: &str) -> String {
    let asked = olga.post(&format!("{acme}/support-requests"), json!({ "reason": "Customers cannot sign in." })).await;
    assert_eq!(asked.status, StatusCode::CREATED, "{asked:?}");
    asked.value()["id"].as_str().expect("an id").to_owned()
}

async fn answer(owner: &Browser, request: &str, how: &str) -> Answer {
    owner.post(&format!("/api/v1/office/support-requests/{request}/{how}"), json!({})).await
}

async fn status(olga: &Browser, acme: &str) -> Value {
    olga.get(&format!("{acme}/support-requests")).await.value()["items"][0]["status"].clone()
}

#[tokio::test]
async fn an_owner_lets_an_operator_in_and_every_look_stands_in_both_logs() {
    let house = House::open().await;
    let (olga, owner, acme) = people(&house).await;
    let look = async |list: &str| olga.get(&format!("{acme}/support/{list}")).await;
    for list in LISTS {
        is_not_let_in(&look(list).await);
    }
    for reason in ["Look", "          Look          ", ""] {
        let answer = olga.post(&format!("{acme}/support-requests"), json!({ "reason": reason })).await;
        assert_eq!((answer.status.as_u16(), &answer.value()["errors"][0]["field"]), (422, &json!("reason")), "{answer:?}");
    }
    let request = ask(&olga, &acme).await;
    let twice = olga.post(&format!("{acme}/support-requests"), json!({ "reason": "Once more, please." })).await;
    assert_eq!(twice.status, StatusCode::CONFLICT, "{twice:?}");
    is_not_let_in(&look("customers").await);
    house.run_jobs().await;
    assert!(house.sent_to("owner@acme.example")[0].contains("Customers cannot sign in."));
    assert!(house.sent_to("manager@acme.example").is_empty() && house.sent_to("owner@bravo.example").is_empty());
    assert!(owner.get("/office").await.text.contains("Olga of Tradecounter asks to look at this office."));
    let granted = answer(&owner, &request, "grant").await;
    assert_eq!((granted.status, &granted.value()["status"]), (StatusCode::OK, &json!("granted")), "{granted:?}");
    house.run_jobs().await;
    assert!(house.sent_to(OLGA)[0].contains("owner of acme has let you in at Acme Wholesale"), "{:?}", house.sent_to(OLGA));
    let picker = house.staff("acme", "picker").await.get("/office").await;
    assert!(picker.text.contains("Olga of Tradecounter may look at this office just now."), "everybody there is told: {picker:?}");

    let customers = look("customers").await;
    let first = &customers.value()["items"][1];
    assert!(customers.value()["items"].as_array().is_some_and(|items| items.len() == 2), "{customers:?}");
    assert!(first["account_number"].is_string() && first["phone"].as_str().is_some_and(|phone| phone.contains('•')), "{customers:?}");
    assert!(!customers.text.contains("400123") && !customers.text.contains("Shop B"), "{customers:?}");
    for list in LISTS {
        assert_eq!(look(list).await.status, StatusCode::OK, "{list}");
        let page = olga.get(&format!("{}/support/{list}", acme.trim_start_matches("/api/v1"))).await;
        assert!(page.status == StatusCode::OK && !page.text.contains("400123") && !page.text.contains("400 123"), "{page:?}");
    }
    // Nine looks, by whom, at what, under which request and for which reason.
    for (log, rest) in [
        ("audit_events", format!("subject_id = '{request}' and actor_name = 'Olga, Tradecounter' and actor_kind = 'operator'")),
        ("operator_events", format!("details->>'request' = '{request}' and actor_name = 'Olga'")),
    ] {
        let said = "action = 'support.looked' and details->>'reason' = 'Customers cannot sign in.'";
        let looks = format!("select string_agg(details->>'at', ', ' order by at) from {log} where {said} and {rest}");
        let two = |list: &str| format!("{list}, {list}");
        let expected = ["customers".to_owned(), two("customers"), two("registration requests"), two("messages"), two("the audit log")];
        assert_eq!(house.value::<String>(&looks).await, expected.join(", "), "{log}");
    }
    let history = olga.get(acme.trim_start_matches("/api/v1")).await;
    assert!(history.text.contains("Looked at messages"), "{history:?}");

    let bravo = acme.replace(&house.tenant("acme").await.to_string(), &house.tenant("bravo").await.to_string());
    is_not_let_in(&olga.get(&format!("{bravo}/support/customers")).await);
    let omar = house.operator("omar@platform.example").await;
    is_not_let_in(&omar.get(&format!("{acme}/support/customers")).await);
    assert_eq!(omar.delete(&format!("{acme}/support-requests/{request}")).await.status, StatusCode::NOT_FOUND);
    let token = olga.post("/api/v1/tokens", json!({ "name": "nightly", "scope": "write" })).await.value()["token"].clone();
    let shown = format!("Bearer {}", token.as_str().expect("a token"));
    secrecy::hold(token.as_str().expect("a token"));
    for list in LISTS {
        let path = format!("{acme}/support/{list}");
        let answer = house.browser("admin").send(Method::GET, &path, &[("authorization", &shown)], None).await;
        assert_eq!(answer.value()["type"], "urn:tradecounter:problem:forbidden", "never a program: {answer:?}");
    }

    assert_eq!(owner.delete(&format!("/api/v1/office/support-requests/{request}/grant")).await.status, StatusCode::NO_CONTENT);
    for list in LISTS {
        is_not_let_in(&look(list).await);
    }
    assert_eq!(owner.delete(&format!("/api/v1/office/support-requests/{request}/grant")).await.status, StatusCode::CONFLICT);
    assert_eq!(status(&olga, &acme).await, "ended");
    let told = "select string_agg(action, ' ' order by at) from audit_events where action like 'support.%' and action <> 'support.looked'";
    assert_eq!(house.value::<String>(told).await, "support.asked support.granted support.ended");
}

#[tokio::test]
async fn an_operator_says_that_they_are_done_and_a_refusal_is_told() {
    let house = House::open().await;
    let (olga, owner, acme) = people(&house).await;
    let request = ask(&olga, &acme).await;
    answer(&owner, &request, "grant").await;
    let done = async || olga.delete(&format!("{acme}/support-requests/{request}")).await.status;
    assert_eq!((done().await, done().await), (StatusCode::NO_CONTENT, StatusCode::CONFLICT));
    is_not_let_in(&olga.get(&format!("{acme}/support/customers")).await);
    for log in ["audit_events", "operator_events"] {
        let ended = format!("select count(*) from {log} where action = 'support.ended' and actor_name like 'Olga%'");
        assert_eq!(house.value::<i64>(&ended).await, 1, "{log}");
    }
    let request = ask(&olga, &acme).await;
    assert_eq!(answer(&owner, &request, "refusal").await.value()["status"], "declined");
    house.run_jobs().await;
    assert!(house.sent_to(OLGA)[0].contains("declined your request to look at Acme Wholesale"), "{:?}", house.sent_to(OLGA));
    is_not_let_in(&olga.get(&format!("{acme}/support/customers")).await);
    assert_eq!(answer(&owner, &request, "grant").await.status, StatusCode::CONFLICT, "it is answered");
}

#[tokio::test]
async fn of_two_owners_who_answer_at_once_one_does_and_the_other_is_told() {
    let house = House::open().await;
    house.change("update staff set role = 'owner' where email = 'manager@acme.example'").await;
    let (olga, owner, acme) = people(&house).await;
    let other = house.staff("acme", "manager").await;
    for _ in 0..3 {
        house.change("delete from support_requests; delete from audit_events").await;
        let request = ask(&olga, &acme).await;
        let (one, two) = tokio::join!(answer(&owner, &request, "grant"), answer(&other, &request, "refusal"));
        let mut statuses = [one.status.as_u16(), two.status.as_u16()];
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 409], "{one:?} {two:?}");
        let won = if one.status == StatusCode::OK { "granted" } else { "declined" };
        assert_eq!(status(&olga, &acme).await, won);
        let answers = "select string_agg(action, ' ') from audit_events where action in ('support.granted', 'support.declined')";
        assert_eq!(house.value::<String>(answers).await, format!("support.{won}"));
    }
}

#[tokio::test]
async fn the_hour_ends_by_our_clock_and_by_the_databases() {
    let house = House::open().await;
    let (olga, owner, acme) = people(&house).await;
    let request = ask(&olga, &acme).await;
    answer(&owner, &request, "grant").await;
    house.wait(TimeDelta::minutes(58));
    assert_eq!(olga.get(&format!("{acme}/support/customers")).await.status, StatusCode::OK);
    house.wait(TimeDelta::minutes(3));
    is_not_let_in(&olga.get(&format!("{acme}/support/customers")).await);
    assert_eq!(status(&olga, &acme).await, "ended");
    assert!(!owner.get("/office").await.text.contains("may look at this office"));

    // Ours is behind, and would still let them look: the database does not take the entry, and so nothing is shown.
    house.wait(TimeDelta::minutes(-61));
    assert_eq!(olga.get(&format!("{acme}/support/customers")).await.status, StatusCode::OK);
    house.wait(TimeDelta::minutes(-20));
    house.change("update support_requests set granted_until = now() - interval '1 second'").await;
    assert_eq!(status(&olga, &acme).await, "granted", "by our clock");
    let looks = house.value::<i64>("select count(*) from operator_events where action = 'support.looked'").await;
    for list in LISTS {
        is_not_let_in(&olga.get(&format!("{acme}/support/{list}")).await);
    }
    is_not_let_in(&olga.delete(&format!("{acme}/support-requests/{request}")).await);
    assert_eq!(house.value::<i64>("select count(*) from operator_events where action = 'support.looked'").await, looks);
    // One who is no operator any more does not even come so far.
    house.change("update support_requests set granted_until = now() + interval '1 hour'; update operators set removed_at = now()").await;
    assert_eq!(olga.get(&format!("{acme}/support/customers")).await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_question_that_nobody_answers_lapses_after_a_week_and_may_be_asked_again() {
    let house = House::open().await;
    let (olga, _, acme) = people(&house).await;
    let request = ask(&olga, &acme).await;
    house.wait(TimeDelta::days(7) + TimeDelta::minutes(1));
    let (olga, owner, _) = people(&house).await;
    assert_eq!(status(&olga, &acme).await, "lapsed");
    for how in ["grant", "refusal"] {
        assert_eq!(answer(&owner, &request, how).await.status, StatusCode::CONFLICT, "{how}");
    }
    assert!(!owner.get("/office").await.text.contains("asks to look"));
    let sent = house.sent_to("owner@acme.example").iter().filter(|text| text.contains("asks to look")).count();
    assert_eq!(sent, 0, "the letter was held up for a week, and is not sent any more");
    ask(&olga, &acme).await;
    assert_eq!(status(&olga, &acme).await, "asked");
}

#[tokio::test]
async fn support_works_while_a_counter_is_shut() {
    let house = House::open().await;
    let (olga, owner, acme) = people(&house).await;
    let actor = Actor::of_platform(Uuid::now_v7(), "Olu Ade");
    lifecycle::suspend(&house.app.house, house.tenant("acme").await.into(), "Unpaid.", actor).await.expect("a suspension");
    let request = ask(&olga, &acme).await;
    assert!(owner.get("/office").await.text.contains("asks to look at this office"));
    let granted = owner.form(&format!("/office/support/{request}/grant"), &[]).await;
    assert_eq!(granted.header("location"), "/office/support", "{granted:?}");
    house.run_jobs().await;
    assert!(house.sent_to(OLGA)[0].contains("has let you in"), "what the platform's own people are told does not wait");
    assert_eq!(olga.get(&format!("{acme}/support/customers")).await.status, StatusCode::OK);
    assert_eq!(owner.form(&format!("/office/support/{request}/end"), &[]).await.header("location"), "/office/support");
    is_not_let_in(&olga.get(&format!("{acme}/support/customers")).await);
}
