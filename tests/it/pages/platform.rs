//! Pictures of what the platform and a tenant have to do with each other: the logs, domains, the console, closing, support.

use http::{Method, StatusCode};
use regex::Regex;
use serde_json::json;

use super::snapshot;
use crate::domains::{SHOP, have, want};
use crate::house::{ADA, Answer, DAN, House};

#[tokio::test]
async fn what_was_said_and_what_it_cost() {
    let house = House::open().await;
    let manager = house.staff("acme", "manager").await;
    snapshot("office_messages-index_nothing", &manager.get("/office/messages?show=troubled").await);
    let tenant = house.tenant("acme").await;
    for (status, channel, recipient, text, segments, is_code) in [
        ("delivered", "sms", "+44 7400 ••• 001", "", 1, true),
        ("sent", "sms", ADA, "Acme Wholesale: your order AW-222-222 is on its way.", 1, false),
        ("failed", "email", "cat@shop.example", "Where your order is", 0, false),
        ("unknown", "sms", DAN, "Acme Wholesale: your order AW-222-223 is changed, with ê", 2, false),
        ("undelivered", "sms", ADA, "Acme Wholesale: your order AW-222-224 is accepted.", 1, false),
        ("held", "sms", ADA, "Acme Wholesale: your order AW-222-225 is accepted.", 1, false),
    ] {
        house
            .change(&format!(
                "insert into messages (tenant_id, message_id, channel, recipient, text, status, created_at, segments, cost_micros, is_code)
                 values ('{tenant}', gen_random_uuid(), '{channel}', '{recipient}', '{text}', '{status}', now(), {segments}, {segments} * 40000, {is_code})"
            ))
            .await;
    }
    house.change("update messages set problem = 'the mailbox <is> full (5.2.2)' where status = 'failed'").await;
    house.change("update messages set problem = 'the carrier did not answer in time' where status = 'unknown'").await;
    snapshot("office_messages-index", &manager.get("/office/messages").await);
    snapshot("office_messages-index_troubled", &manager.get("/office/messages?show=troubled").await);
    house.change("update tenants set sms_limit_minor = 15, updated_at = now()").await;
    house.app.house.tenants.forget("acme").await;
    snapshot("office_messages-index_wrong", &manager.form("/office/messages/limits", &[("limit", "lots"), ("countries", "Narnia")]).await);
}

#[tokio::test]
async fn the_audit_log() {
    let house = House::open().await;
    let owner = house.staff("acme", "owner").await;
    snapshot("office_audit-index_empty", &owner.get("/office/audit").await);
    let dan = house.customer("acme", DAN).await;
    dan.post("/api/v1/registration-requests", json!({ "business_name": "Dan's <Deli>", "contact_name": "Dan Drew", "message": "" })).await;
    let team = owner.get("/api/v1/office/team").await.value();
    owner.form(&format!("/office/team/{}/role", team["items"][3]["id"].as_str().expect("an id")), &[("role", "manager")]).await;
    owner.json(Method::PATCH, "/api/v1/office/settings", json!({ "opening_text": "Hello", "contact_email": "hello@acme.example" })).await;
    let page = owner.get("/office/audit").await;
    let hash = Regex::new("[0-9a-f]{64}").expect("a pattern");
    assert!(hash.is_match(&page.text), "{page:?}");
    snapshot("office_audit-index", &Answer { text: hash.replace(&page.text, "[hash]").into_owned(), ..page });
    let filtered = owner.get("/office/audit?person=system&about=team&from=2026-01-01&to=2026-01-02").await;
    snapshot("office_audit-index_nothing", &Answer { text: hash.replace(&filtered.text, "[hash]").into_owned(), ..filtered });
    let wrong = owner.get("/office/audit?person=somebody&about=team&from=soon&to=2026-01-02").await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    snapshot("office_audit-index_wrong", &Answer { text: hash.replace(&wrong.text, "[hash]").into_owned(), ..wrong });
    let operator = house.operator("olga@platform.example").await;
    let acme = house.tenant("acme").await;
    operator.post(&format!("/api/v1/tenants/{acme}/suspension"), json!({ "reason": "Unpaid since <May>" })).await;
    snapshot("console_events-index", &operator.get("/events").await);
    snapshot("console_events-index_of_one", &operator.get(&format!("/events?tenant={acme}")).await);
}

#[tokio::test]
async fn domains_of_ones_own() {
    let house = House::open().await;
    let (owner, operator) = (house.staff("acme", "owner").await, house.operator("olga@platform.example").await);
    snapshot("domains-index_none", &owner.get("/office/domains").await);
    snapshot("domains-index_wrong", &owner.form("/office/domains", &[("domain", "https://<b>")]).await);
    want(&owner, "wanted.acme.example").await;
    snapshot("domains-index_waiting", &owner.get("/office/domains").await);
    have(&house, &owner, SHOP).await;
    want(&owner, "lost.acme.example").await;
    house.change("update domains set state = 'lost' where domain = 'lost.acme.example'").await;
    house.change(&format!("update domains set is_primary = true, missing_since = now(), warned_at = now() where domain = '{SHOP}'")).await;
    snapshot("domains-index", &owner.get("/office/domains").await);
    let page = format!("/tenants/{}/domains", house.tenant("acme").await);
    snapshot("console_domains-index", &operator.get(&page).await);
    snapshot("console_domains-index_twice", &operator.form(&page, &[("domain", SHOP)]).await);
}

#[tokio::test]
async fn the_console() {
    let house = House::open().await;
    let browser = house.browser("admin");
    house.invite("olga@platform.example").await;
    snapshot("email_sign_in-sign_in_console", &browser.get("/sign-in").await);
    snapshot("email_sign_in-sign_in_console_wrong", &browser.form("/codes", &[("email", "nonsense")]).await);
    browser.form("/codes", &[("email", "olga@platform.example")]).await;
    snapshot("email_sign_in-code_console", &browser.get("/code").await);
    snapshot(
        "email_sign_in-code_console_unreadable",
        &browser.form("/sessions", &[("email", "olga@platform.example"), ("code", "12")]).await,
    );
    let enrolling = house.operator_with_a_code("olga@platform.example").await;
    snapshot("console_passkeys-enrol", &enrolling.get("/passkeys").await);
    snapshot("console_passkeys-enrol_without_scripts", &enrolling.form("/passkeys", &[("name", "<Blue> phone")]).await);
    let operator = house.operator("olga@platform.example").await;
    crate::passkeys::put(&house, "operator_passkeys", "admin.localhost", "Chrome on <Linux>").await;
    snapshot("console_passkeys-index", &operator.get("/passkeys").await);
    snapshot("console_tenants-index", &operator.get("/").await);
    snapshot("console_tenants-index_nothing", &operator.get("/?query=%3Cb%3Enobody&status=closing").await);
    snapshot("console_tenants-new", &operator.get("/tenants/new").await);
    let typed = [("business_name", "<Nordic> & Larder"), ("subdomain", "admin"), ("country", "XX"), ("owner_email", "nora")];
    snapshot("console_tenants-new_wrong", &operator.form("/tenants", &typed).await);
    let typed =
        [("business_name", "<Nordic> & Larder"), ("subdomain", "nordic"), ("country", "IE"), ("owner_email", "nora@nordic.example")];
    let made = operator.form("/tenants", &typed).await;
    let page = made.header("location").to_owned();
    snapshot("console_tenants-show", &operator.get(&page).await);
    snapshot("console_tokens-index_empty", &operator.get("/tokens").await);
    let made = operator.form("/tokens", &[("name", "nightly <report>"), ("scope", "read")]).await;
    assert!(made.text.contains("Your new token"), "{made:?}");
    snapshot("console_tokens-index", &operator.get("/tokens").await);
    snapshot("console_tokens-index_wrong", &operator.form("/tokens", &[("name", " "), ("scope", "read")]).await);
    snapshot("web-error_not_found_console", &operator.get("/nothing").await);
    snapshot("api-docs_console", &operator.get("/api/docs").await);
    house.wait(chrono::Duration::minutes(21));
    snapshot("email_sign_in-sign_in_console_again", &operator.get("/proof?to=/tokens").await);
    snapshot("console_tenants-show_not_lately", &operator.get(&page).await);
}

#[tokio::test]
async fn closing() {
    let house = House::open().await;
    let (owner, ada, operator) =
        (house.staff("acme", "owner").await, house.customer("acme", ADA).await, house.operator("olga@platform.example").await);
    let page = format!("/tenants/{}", house.tenant("acme").await);
    snapshot("certificates-index_empty", &operator.get("/certificates").await);
    snapshot("console_tenants-show_wrong", &operator.form(&format!("{page}/rename"), &[("subdomain", "<b>")]).await);
    snapshot("office_closing-index", &owner.get("/office/closing").await);
    snapshot("office_closing-index_wrong", &owner.form("/office/closing", &[("confirmation", "<b>")]).await);
    owner.form("/office/closing", &[("confirmation", "acme")]).await;
    snapshot("office_closing-index_closing", &owner.get("/office/closing").await);
    snapshot("web-closed_for_good", &ada.get("/").await);
    snapshot("console_tenants-show_closing", &operator.get(&page).await);
    crate::closing::let_grace_end(&house, "acme").await;
    snapshot("console_tenants-show_over", &operator.get(&page).await);
    operator.form(&format!("{page}/purge"), &[("confirmation", "acme")]).await;
    snapshot("certificates-index", &operator.get("/certificates").await);
    snapshot("certificates-show", &operator.get(&page.replace("tenants", "certificates")).await);
}

#[tokio::test]
async fn support_access() {
    let house = House::open().await;
    let (olga, owner) = (house.operator("olga@platform.example").await, house.staff("acme", "owner").await);
    let page = format!("/tenants/{}/support", house.tenant("acme").await);
    snapshot("support-index_empty", &owner.get("/office/support").await);
    snapshot("console_support-show", &olga.get(&page).await);
    snapshot("console_support-show_wrong", &olga.form(&format!("{page}-requests"), &[("reason", "<look>")]).await);
    snapshot("web-error_not_let_in", &olga.get(&format!("{page}/customers")).await);
    olga.form(&format!("{page}-requests"), &[("reason", "Ada <of A-1> cannot sign in")]).await;
    snapshot("console_support-show_asked", &olga.get(&page).await);
    snapshot("office_requests-index_support_asks", &owner.get("/office").await);
    snapshot("support-index_asked", &owner.get("/office/support").await);
    let id = owner.get("/api/v1/office/support-requests").await.value()["items"][0]["id"].as_str().expect("an id").to_owned();
    owner.form(&format!("/office/support/{id}/grant"), &[]).await;
    snapshot("support-index_too_late", &owner.form(&format!("/office/support/{id}/refusal"), &[]).await);
    snapshot("support-index_granted", &owner.get("/office/support").await);
    snapshot("team-index_support_is_in", &owner.get("/office/team").await);
    snapshot("console_support-show_granted", &olga.get(&page).await);
    snapshot("console_support-list_customers", &olga.get(&format!("{page}/customers")).await);
    snapshot("console_support-list_nothing", &olga.get(&format!("{page}/registration-requests")).await);
    snapshot("console_support-list_log", &olga.get(&format!("{page}/audit-events")).await);
    olga.form(&format!("{page}-requests/{id}/end"), &[]).await;
    snapshot("support-index_ended", &owner.get("/office/support").await);
    snapshot("console_support-show_ended", &olga.get(&page).await);
}
