//! Closing a counter for good: who may, what everybody sees meanwhile, the letters, and the way back. What comes after it is
//! in `purging.rs`.

use chrono::TimeDelta;
use http::StatusCode;
use serde_json::json;
use tradecounter::audit::Actor;
use tradecounter::error::{Error, Result};
use tradecounter::ids::{ReminderId, StaffId};
use tradecounter::operators::Doer;
use tradecounter::tenants::{closing, lifecycle, purge};

use crate::house::{ADA, CAT, House};
use crate::lifecycle::{id, is_conflict, operator};

const REASON: &str = "The business is sold";

fn owner() -> Actor {
    Actor::newcomer(StaffId::new(), "Ada Owner")
}

pub async fn close(house: &House, slug: &str) -> Result<()> {
    lifecycle::close(&house.app.house, id(house, slug).await, REASON, operator()).await
}

pub async fn reopen(house: &House, slug: &str) -> Result<()> {
    lifecycle::reopen(&house.app.house, id(house, slug).await, operator()).await
}

/// Closed so long ago that the grace is over, by the house's clock and by the database's.
pub async fn let_grace_end(house: &House, slug: &str) {
    house.change(&format!("update tenants set grace_ends_at = now() - interval '1 second' where slug = '{slug}'")).await;
}

pub async fn state(house: &House, slug: &str) -> String {
    house.value(&format!("select status from tenants where slug = '{slug}'")).await
}

#[tokio::test]
async fn in_every_state_everybody_may_do_what_the_table_says() {
    let house = House::open().await;
    let acme = id(&house, "acme").await;
    let shared = &house.app.house;
    for (standing, may_close, may_reopen) in [
        ("status = 'demo'", true, false),
        ("status = 'active'", true, false),
        ("status = 'suspended', before_suspension = 'demo'", true, false),
        ("status = 'closing', before_closing = 'active', grace_ends_at = now() + interval '1 day'", false, true),
        ("status = 'closing', before_closing = 'active', grace_ends_at = now() - interval '1 day'", false, true),
        ("status = 'purged'", false, false),
    ] {
        for (who, actor) in [("an owner", owner as fn() -> Actor), ("an operator", operator), ("nobody", || Actor::system("a job"))] {
            let reset = async || {
                house
                    .change(&format!(
                        "update tenants set status = 'active', before_suspension = null, before_closing = null, grace_ends_at = null, reminder_at = null;
                         update tenants set {standing} where slug = 'acme'"
                    ))
                    .await;
            };
            let what = format!("{who}: {standing}");
            reset().await;
            let before = state(&house, "acme").await;
            let closed = lifecycle::close(shared, acme, REASON, actor()).await;
            match (who, may_close) {
                ("nobody", _) => assert!(matches!(closed, Err(Error::Forbidden)), "{what}: {closed:?}"),
                (_, true) => assert!(closed.is_ok() && state(&house, "acme").await == "closing", "{what}: {closed:?}"),
                (_, false) => assert!(is_conflict(&closed) && state(&house, "acme").await == before, "{what}: {closed:?}"),
            }
            reset().await;
            let opened = lifecycle::reopen(shared, acme, actor()).await;
            match (who, may_reopen) {
                ("nobody", _) => assert!(matches!(opened, Err(Error::Forbidden)), "{what}: {opened:?}"),
                (_, true) => assert!(opened.is_ok() && state(&house, "acme").await == "active", "{what}: {opened:?}"),
                (_, false) => assert!(is_conflict(&opened) && state(&house, "acme").await == before, "{what}: {opened:?}"),
            }
        }
        house
            .change(&format!(
                "update tenants set status = 'active', before_suspension = null, before_closing = null, grace_ends_at = null, reminder_at = null;
                 update tenants set {standing} where slug = 'acme'"
            ))
            .await;
        if !standing.contains("now() - ") {
            let purged = purge::purge(shared, acme, &Doer::end_of_grace()).await;
            assert!(is_conflict(&purged), "{standing}: {purged:?}");
        }
    }
    let reason = lifecycle::close(shared, id(&house, "bravo").await, " ", operator()).await;
    assert!(matches!(&reason, Err(Error::Invalid(fields)) if !fields.of("reason").is_empty()), "operators say why: {reason:?}");
}

#[tokio::test]
async fn of_many_at_once_one_closes_and_one_takes_it_back() {
    let house = House::open().await;
    let closed = futures_util::future::join_all((0..6).map(|_| close(&house, "acme"))).await;
    assert_eq!(closed.iter().filter(|done| done.is_ok()).count(), 1, "{closed:?}");
    assert_eq!(closed.iter().filter(|done| is_conflict(done)).count(), 5, "{closed:?}");
    assert_eq!(house.value::<i64>("select count(*) from jobs where kind = 'remind_of_closing'").await, 1);
    let opened = futures_util::future::join_all((0..6).map(|_| reopen(&house, "acme"))).await;
    assert_eq!(opened.iter().filter(|done| done.is_ok()).count(), 1, "{opened:?}");
    assert_eq!(house.value::<i64>("select count(*) from audit_events where action in ('tenant.closed', 'tenant.reopened')").await, 2);
    house.run_jobs().await;
    assert!(house.sent_to("owner@acme.example").is_empty(), "nobody is told of what was taken back");
}

#[tokio::test]
async fn a_counter_that_has_closed_serves_nobody_and_its_staff_may_look() {
    let house = House::open().await;
    house.change("update tenants set contact_email = 'trade@acme.example' where slug = 'acme'").await;
    let (ada, cat) = (house.customer("acme", ADA).await, house.customer("acme", CAT).await);
    let (owner, manager) = (house.staff("acme", "owner").await, house.staff("acme", "manager").await);
    assert_eq!(manager.get("/office/closing").await.status, StatusCode::FORBIDDEN, "owners alone");
    assert!(!manager.get("/office/settings").await.text.contains("/office/closing"));
    assert!(owner.get("/office/settings").await.text.contains("/office/closing"));
    let wrong = owner.form("/office/closing", &[("confirmation", "bravo")]).await;
    assert!(wrong.status == StatusCode::UNPROCESSABLE_ENTITY && wrong.text.contains("Type acme to say"), "{wrong:?}");
    assert!(wrong.text.contains("value=\"bravo\""), "what was typed stays");
    assert_eq!(state(&house, "acme").await, "active");
    let done = owner.form("/office/closing", &[("confirmation", " Acme ")]).await;
    assert_eq!((done.status, done.header("location")), (StatusCode::SEE_OTHER, "/office/closing"), "{done:?}");

    let page = ada.get("/").await;
    assert_eq!(page.status, StatusCode::FORBIDDEN, "{page:?}");
    for word in ["Acme Wholesale has closed its counter", "trade@acme.example", "Sign out"] {
        assert!(page.text.contains(word), "{word}: {page:?}");
    }
    assert!(!page.text.contains("at the moment") && !page.text.contains("opens again"), "{page:?}");
    let me = ada.get("/api/v1/me").await.value();
    assert_eq!((&me["type"], &me["title"]), (&json!("urn:tradecounter:problem:counter-closed"), &json!("This counter has closed")));
    assert!(!house.browser("acme").get("/").await.text.contains("Sign out"), "nobody is signed in there");

    let day = (house.clock.now() + TimeDelta::days(30)).with_timezone(&chrono_tz::Europe::London).format("%-d %B %Y").to_string();
    let office = owner.get("/office/customers").await;
    assert!(office.status == StatusCode::OK && office.text.contains(&format!("On {day} all of it is deleted")), "{office:?}");
    let written = owner.post("/api/v1/office/invitations", json!({ "name": "Ian", "email": "ian@example.com", "role": "picker" })).await;
    assert_eq!(written.value()["type"], "urn:tradecounter:problem:counter-closing", "{written:?}");
    assert!(!written.text.contains("suspended"), "{written:?}");
    assert_eq!(house.staff("acme", "picker").await.get("/office").await.status, StatusCode::OK, "a code still opens the office");
    let again = owner.form("/office/closing", &[("confirmation", "acme")]).await;
    assert!(again.status == StatusCode::CONFLICT && again.text.contains("is being closed"), "{again:?}");

    let out = ada.form("/sessions/current/end", &[]).await;
    assert_eq!(out.status, StatusCode::SEE_OTHER, "{out:?}");
    assert!(ada.cookie("__Host-session").is_none());
    assert_eq!(cat.delete("/api/v1/sessions/current").await.status, StatusCode::NO_CONTENT);
    assert_eq!(house.value::<i64>("select count(*) from sessions where ended_at is null").await, 0);

    let back = owner.form("/office/closing/withdrawal", &[]).await;
    assert_eq!(back.status, StatusCode::SEE_OTHER, "{back:?}");
    assert_eq!(house.browser("acme").get("/").await.status, StatusCode::OK);
    let told = "select string_agg(concat_ws(' ', actor_kind, action, details->>'from', details->>'to'), ', ' order by at, event_id)
                  from audit_events where action like 'tenant.%'";
    assert_eq!(house.value::<String>(told).await, "staff tenant.closed active closing, staff tenant.reopened closing active");
}

#[tokio::test]
async fn a_customer_may_sign_out_of_a_suspended_counter() {
    let house = House::open().await;
    let ada = house.customer("acme", ADA).await;
    lifecycle::suspend(&house.app.house, id(&house, "acme").await, "Unpaid", operator()).await.expect("a suspension");
    assert!(ada.get("/").await.text.contains("Sign out"));
    assert_eq!(ada.form("/sessions/current/end", &[]).await.status, StatusCode::SEE_OTHER);
    assert!(
        ada.cookie("__Host-session").is_none() && house.value::<i64>("select count(*) from sessions where ended_at is null").await == 0
    );
}

#[tokio::test]
async fn each_owner_gets_one_letter_a_day_whatever_the_number_of_processes() {
    let house = House::open().await;
    house.change("update staff set role = 'owner' where email = 'manager@acme.example'").await;
    let other = house.beside().await;
    close(&house, "acme").await.expect("closed");
    let letters = "select count(*) from messages where subject like 'Acme Wholesale is deleted on %'";
    for day in 1..=31 {
        let looks = (0..2).flat_map(|_| [closing::look(&house.app.house), closing::look(&other.app.house)]);
        for looked in futures_util::future::join_all(looks).await {
            looked.expect("looked");
        }
        let (one, two) = tokio::join!(house.app.run_jobs(), other.app.run_jobs());
        one.and(two).expect("the queue is worked");
        // None on the day itself: then it is over.
        assert_eq!(house.value::<i64>(letters).await, 2 * day.min(30), "on day {day}");
        house.wait(TimeDelta::days(1));
    }
    assert_eq!(house.value::<i64>("select count(*) from messages where status = 'sent'").await, 60, "a counter that is shut says it");
    assert_eq!(state(&house, "acme").await, "closing", "by the database's own clock it is not over");
    assert_eq!(house.sent_to("sales@acme.example").len() + other.sent_to("picker@acme.example").len(), 0, "owners alone");
}

#[tokio::test]
async fn a_letter_says_until_when_and_how_and_is_written_once() {
    let house = House::open().await;
    close(&house, "acme").await.expect("closed");
    house.run_jobs().await;
    let letter = house.sent_to("owner@acme.example").remove(0);
    let day = (house.clock.now() + TimeDelta::days(30)).with_timezone(&chrono_tz::Europe::London).format("%-d %B %Y").to_string();
    for word in ["Olu Ade", &day, "/office/closing", "take the closing back"] {
        assert!(letter.contains(word), "{word}: {letter}");
    }
    assert!(!letter.contains(REASON), "{letter}");
    let (tenant, reminder) = (house.app.house.tenants.find("acme").await.expect("a tenant").expect("acme"), ReminderId::new());
    for _ in 0..3 {
        closing::write_letters(&house.app.house, &tenant, reminder).await.expect("written");
    }
    assert_eq!(house.value::<i64>("select count(*) from messages").await, 2, "done again, it adds none");
    reopen(&house, "acme").await.expect("open");
    closing::write_letters(&house.app.house, &tenant, ReminderId::new()).await.expect("nothing to say");
    assert_eq!(house.value::<i64>("select count(*) from messages").await, 2);
}

#[tokio::test]
async fn days_on_which_nobody_looked_are_not_made_up_for() {
    let house = House::open().await;
    close(&house, "acme").await.expect("closed");
    house.wait(TimeDelta::days(5) + TimeDelta::hours(7));
    for _ in 0..3 {
        closing::look(&house.app.house).await.expect("looked");
    }
    house.run_jobs().await;
    assert_eq!(house.sent_to("owner@acme.example").len(), 2, "the one of the closing, and one of today");
    house.wait(TimeDelta::hours(18));
    closing::look(&house.app.house).await.expect("looked");
    house.run_jobs().await;
    assert_eq!(house.sent_to("owner@acme.example").len(), 3, "at the hour of the closing again");
}

#[tokio::test]
async fn on_the_last_day_it_can_be_taken_back_and_is_as_it_was() {
    let house = House::open().await;
    house.change("update tenants set status = 'demo' where slug = 'acme'").await;
    let acme = id(&house, "acme").await;
    lifecycle::suspend(&house.app.house, acme, "Unpaid", operator()).await.expect("a suspension");
    close(&house, "acme").await.expect("closed");
    house.wait(TimeDelta::days(30) - TimeDelta::minutes(1));
    closing::look(&house.app.house).await.expect("looked");
    lifecycle::reopen(&house.app.house, acme, owner()).await.expect("taken back");
    let row = "select concat_ws(' ', status, before_suspension, before_closing, grace_ends_at, reminder_at, closed_by) from tenants where slug = 'acme'";
    assert_eq!(house.value::<String>(row).await.trim_end(), "suspended demo");
    let office = house.staff("acme", "owner").await.get("/office/customers").await;
    assert!(office.text.contains("The reason given: Unpaid."), "why it is suspended is known as before: {office:?}");
    house.wait(TimeDelta::days(2));
    closing::look(&house.app.house).await.expect("looked");
    assert_eq!(state(&house, "acme").await, "suspended");
    lifecycle::reactivate(&house.app.house, acme, operator()).await.expect("open");
    assert_eq!(state(&house, "acme").await, "demo");
}

#[tokio::test]
async fn an_operator_closes_and_takes_back_by_page_and_by_api() {
    let house = House::open().await;
    let (operator, acme) = (house.operator("olga@platform.example").await, house.tenant("acme").await);
    let (page, path) = (format!("/tenants/{acme}"), format!("/api/v1/tenants/{acme}"));
    for (form, wrong) in [
        ([("reason", ""), ("confirmation", "acme")], "closing-reason-error"),
        ([("reason", REASON), ("confirmation", "Acme Wholesale")], "closing-confirmation-error"),
    ] {
        let refused = operator.form(&format!("{page}/closing"), &form).await;
        assert!(refused.status == StatusCode::UNPROCESSABLE_ENTITY && refused.text.contains(wrong), "{refused:?}");
        assert!(refused.text.contains(form[0].1) && refused.text.contains(form[1].1), "what was typed stays");
    }
    let closed = operator.form(&format!("{page}/closing"), &[("reason", REASON), ("confirmation", "acme")]).await;
    assert_eq!((closed.status, closed.header("location")), (StatusCode::SEE_OTHER, page.as_str()), "{closed:?}");
    let shown = operator.get(&page).await.text;
    assert!(
        shown.contains("It is being closed, by Olga, Tradecounter") && shown.contains(REASON) && !shown.contains("Delete everything now")
    );
    let back = operator.form(&format!("{page}/closing/withdrawal"), &[]).await;
    assert_eq!(back.status, StatusCode::SEE_OTHER, "{back:?}");
    let late = operator.form(&format!("{page}/closing/withdrawal"), &[]).await;
    assert!(late.status == StatusCode::CONFLICT && late.text.contains("This counter is not being closed."), "{late:?}");

    let closed = operator.post(&format!("{path}/closure"), json!({ "reason": REASON })).await;
    assert_eq!((closed.status, closed.value()["status"].as_str()), (StatusCode::OK, Some("closing")), "{closed:?}");
    let until: String =
        house.value("select to_char(grace_ends_at at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI') from tenants where slug = 'acme'").await;
    let told = closed.value();
    assert!(told["status_reason"] == REASON && told["grace_ends_at"].as_str().is_some_and(|at| at.starts_with(&until)), "{told}");
    assert_eq!(operator.post(&format!("{path}/closure"), json!({ "reason": REASON })).await.status, StatusCode::CONFLICT);
    assert_eq!(operator.post(&format!("{path}/purge"), json!({ "confirmation": "acme" })).await.status, StatusCode::CONFLICT);
    assert_eq!(operator.delete(&format!("{path}/closure")).await.status, StatusCode::NO_CONTENT);
    assert_eq!(operator.delete(&format!("{path}/closure")).await.status, StatusCode::CONFLICT);

    let suspended = operator.form(&format!("{page}/suspension"), &[("reason", " ")]).await;
    assert!(suspended.status == StatusCode::UNPROCESSABLE_ENTITY && suspended.text.contains("suspension-reason-error"), "{suspended:?}");
    assert_eq!(operator.form(&format!("{page}/suspension"), &[("reason", "Unpaid")]).await.status, StatusCode::SEE_OTHER);
    assert!(operator.get(&page).await.text.contains("It is suspended. The reason given: Unpaid"));
    assert_eq!(operator.form(&format!("{page}/reactivation"), &[]).await.status, StatusCode::SEE_OTHER);
    for (name, status) in [("bravo", 422), ("admin", 422), ("a b", 422), ("acme-two", 303)] {
        let renamed = operator.form(&format!("{page}/rename"), &[("subdomain", name)]).await;
        assert_eq!(renamed.status.as_u16(), status, "{renamed:?}");
        assert!(
            status == 303 || renamed.text.contains("subdomain-error") && renamed.text.contains(&format!("value=\"{name}\"")),
            "{renamed:?}"
        );
    }
    for (name, reason) in
        [("free-one", None), ("bravo", Some("in_use")), ("admin", Some("reserved")), ("a%20b", Some("malformed")), ("acme", None)]
    {
        let said = operator.get(&format!("{path}/subdomains/{name}")).await.value();
        assert_eq!((said["available"].as_bool(), said["reason"].as_str()), (Some(reason.is_none()), reason), "{name}: {said}");
    }
}
