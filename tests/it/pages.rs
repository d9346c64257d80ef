//! Every page as HTML, and what holds for all of them: one heading, names for everything that is typed into,
//! nothing inline, nothing from elsewhere, and not too heavy for a poor signal.

mod files;
mod goods;
mod office_goods;
mod ordering;
mod platform;

use std::fs;
use std::path::Path;

use http::{Method, StatusCode};
use regex::Regex;
use serde_json::json;

use tradecounter::audit::Actor;
use tradecounter::config::DemoPeople;
use tradecounter::tenants::lifecycle;
use uuid::Uuid;

use crate::house::{ADA, Answer, BEN, CAT, DAN, House};
use crate::page_rules::{attribute, find_all, look_over, packed};

const HEAVIEST_FIRST_VISIT: usize = 100 * 1024;

/// Takes the picture under the name of the template (`noun-page`, and what shows it), and looks it over.
pub fn snapshot(name: &str, answer: &Answer) {
    assert!(answer.header("content-type").starts_with("text/html"), "{name}: {answer:?}");
    look_over(name, &answer.text);
    insta::assert_snapshot!(name, lasting(&answer.text));
}

/// The page without what differs each time.
fn lasting(html: &str) -> String {
    let mut text = html.to_owned();
    for (pattern, instead) in [
        (r"(localhost|example):\d+", "$1:[port]"),
        (r"tradecounter-domain=[0-9a-f]{32}", "tradecounter-domain=[random]"),
        (r"(until|by) \d{1,2} [A-Z][a-z]+", "$1 [a day]"),
        (r#"data-basket="[0-9a-f]{24}""#, r#"data-basket="[account]""#),
        (r"\?v=[0-9a-f]+", "?v=[version]"),
        (r#"name="version" value="[0-9a-f]{16}""#, r#"name="version" value="[version]""#),
        (r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "[id]"),
        (r"<code>[0-9a-f]{8}</code>", "<code>[request]</code>"),
        (r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d[+-]\d\d:\d\d", "[time]"),
        (r"(code is\s+|#|\n\s+)\d{6}\b", "${1}[code]"),
        (r#"data-work="[^"]*""#, r#"data-work="[work]""#),
        (r#"data-resend-in="\d+""#, r#"data-resend-in="[seconds]""#),
        // An address is longer or shorter with its port.
        (r"\b\d+ of (\d+) characters used", "[so many] of $1 characters used"),
        (r"in \d+ (seconds|minutes|hours)", "in [a while]"),
        (r"\b\d{1,2} (January|February|March|April|May|June|July|August|September|October|November|December)( \d{4})?\b", "[day]"),
        (r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\dZ", "[time]"),
        (r"\b[0-9a-f]{64}\b", "[hash]"),
        (r"\b\d+(\.\d)? (B|kB)\b", "[size]"),
        (r"As of [A-Z][a-z]+ \[day\], \d\d:\d\d", "As of [time]"),
        (r"until \d\d:\d\d(:\d\d)?", "until [o'clock]"),
        (r"\bAW-[2-9A-Z]{3}-[2-9A-Z]{3}\b", "AW-[number]"),
        (r"[ \t]+\n", "\n"),
        (r"\n{2,}", "\n"),
    ] {
        text = Regex::new(pattern).expect("a pattern").replace_all(&text, instead).into_owned();
    }
    text
}

#[tokio::test]
async fn the_public_site() {
    let people =
        DemoPeople { phones: vec!["07400 123001".to_owned(), "07400 123003".to_owned()], owners: vec!["owner@acme.example".to_owned()] };
    let house = House::open_with(|config| drop(config.demo_people.insert("acme".to_owned(), people))).await;
    let base = house.browser("");
    snapshot("public_site-front", &base.get("/").await);
    snapshot("inbox-inbox_empty", &base.get("/inbox").await);
    house.customer("acme", ADA).await;
    snapshot("inbox-inbox", &base.get("/inbox").await);
    snapshot("inbox-inbox_of_nobody", &base.get("/inbox?to=nobody@acme.example").await);
    snapshot("api-docs", &base.get("/api/docs").await);
    snapshot("web-error_not_found_public", &base.get("/nothing").await);
    house.staff("acme", "owner").await;
    let mail = base.get("/inbox?to=owner@acme.example").await.text;
    assert!(mail.contains("<h2>Your code for Acme Wholesale</h2>"), "the subject stands out: {mail}");
    assert!(mail.contains("Nothing happens without the code, so there is nothing to do."), "no line is broken: {mail}");
}

#[tokio::test]
async fn signing_up() {
    let house = House::open().await;
    let base = house.browser("");
    snapshot("signups-new", &base.get("/signups/new?business_name=Nordic%20Larder").await);
    let fields = [("business_name", "Nordic Larder"), ("subdomain", "nordic"), ("country", "IE"), ("owner_name", "Nora"), ("email", "x")];
    snapshot("signups-new_wrong", &base.form("/signups", &fields).await);
    let fields = fields.map(|(name, value)| (name, if name == "email" { "nora@nordic.example" } else { value }));
    let begun = base.form("/signups", &fields).await;
    let page = begun.header("location").to_owned();
    snapshot("signups-code", &base.get(&page).await);
    let code = house.code_for("nora@nordic.example").await;
    let wrong = if code == "000000" { "000001" } else { "000000" };
    snapshot("signups-code_wrong", &base.form(&format!("{page}/confirmation"), &[("code", wrong)]).await);
    house.change("update tenants set slug = 'nordic' where slug = 'bravo'").await;
    snapshot("signups-new_too_late", &base.form(&format!("{page}/confirmation"), &[("code", &code)]).await);
    base.form(&format!("{page}/subdomain"), &[("subdomain", "nordic-two")]).await;
    let owner = house.browser("nordic-two");
    owner.form("/office/codes", &[("email", "nora@nordic.example")]).await;
    let code = house.code_for("nora@nordic.example").await;
    owner.form("/office/sessions", &[("email", "nora@nordic.example"), ("code", &code)]).await;
    snapshot("getting_started-index", &owner.get("/office/getting-started").await);
    owner.form("/office/samples/removal", &[]).await;
    snapshot("getting_started-index_without_samples", &owner.get("/office/getting-started").await);
}

#[tokio::test]
async fn taking_everything_along() {
    let house = House::open().await;
    let owner = house.staff("acme", "owner").await;
    snapshot("archives-export", &owner.get("/office/export").await);
}

#[tokio::test]
async fn the_front_door() {
    let house = House::open().await;
    house.change("update tenants set contact_phone = '+44 20 7946 0107', contact_email = 'trade@acme.example' where slug = 'acme'").await;
    let browser = house.browser("acme");
    let door = browser.get("/").await;
    assert!(door.text.contains(">020 7946 0107</a>") && door.text.contains("\"tel:+442079460107\""), "as people there write it: {door:?}");
    snapshot("sign_in-sign_in", &door);
    snapshot("sign_in-sign_in_wrong_number", &browser.form("/codes", &[("phone", "<b>07400</b>")]).await);
    browser.form("/codes", &[("phone", "07400 123001")]).await;
    snapshot("sign_in-code", &browser.get("/code").await);
    let wrong = if house.code_for(ADA).await == "000000" { "000001" } else { "000000" };
    snapshot("sign_in-code_wrong", &browser.form("/sessions", &[("phone", ADA), ("code", wrong)]).await);
    snapshot("sign_in-code_unreadable", &browser.form("/sessions", &[("phone", ADA), ("code", "12")]).await);
    house.wait(chrono::Duration::minutes(6));
    snapshot("sign_in-sign_in_too_late", &browser.form("/sessions", &[("phone", ADA), ("code", wrong)]).await);
    browser.plant("__Host-session", "nonsense");
    snapshot("sign_in-sign_in_signed_out", &browser.get("/").await);
    snapshot("web-error_not_found", &browser.get("/nothing").await);
    let elsewhere = [("sec-fetch-site", "same-site")];
    snapshot("web-error_cross_site", &browser.send(Method::POST, "/codes", &elsewhere, None).await);
}

#[tokio::test]
async fn a_customers_pages() {
    let house = House::open().await;
    let cat = house.customer("acme", CAT).await;
    snapshot("home-home_nothing", &cat.get("/").await);
    snapshot("home-account", &cat.get("/account").await);
    snapshot("wholesalers-index", &cat.get("/wholesalers").await);
    snapshot("devices-index", &cat.get("/devices").await);
    house.wait(chrono::Duration::seconds(31));
    house.customer("bravo", CAT).await;
    snapshot("devices-index_two", &cat.get("/devices").await);
    house.value::<i64>("with done as (update account_access set status = 'suspended' returning 1) select count(*) from done").await;
    snapshot("home-suspended", &cat.get("/").await);
    let ben = house.customer("bravo", BEN).await;
    snapshot("wholesalers-index_none", &ben.get("/wholesalers").await);
}

#[tokio::test]
async fn asking_for_an_account() {
    let house = House::open().await;
    let dan = house.customer("acme", DAN).await;
    snapshot("registrations-new", &dan.get("/registration-requests/new").await);
    snapshot("registrations-new_wrong", &dan.form("/registration-requests", &[("business_name", ""), ("contact_name", "<Dan>")]).await);
    let fields = [("business_name", "Dan's <Deli> & \"Co\""), ("contact_name", "Dan Drew"), ("message", "Corner shop.\nSince 1987.")];
    assert_eq!(dan.form("/registration-requests", &fields).await.status, StatusCode::SEE_OTHER);
    snapshot("registrations-state_pending", &dan.get("/").await);
    snapshot("wholesalers-index_waiting", &dan.get("/wholesalers").await);
    dan.form("/registration-requests/current/withdrawal", &[]).await;
    snapshot("registrations-state_withdrawn", &dan.get("/").await);
    dan.form("/registration-requests", &fields).await;
    let owner = house.staff("acme", "owner").await;
    let queue = owner.get("/api/v1/office/registration-requests?status=pending").await.value();
    let id = queue["items"][0]["id"].as_str().expect("an id").to_owned();
    owner.form(&format!("/office/registration-requests/{id}/rejection"), &[("reason", "Too far.\nSorry.")]).await;
    snapshot("registrations-state_rejected", &dan.get("/").await);
    snapshot("registrations-new_again", &dan.get("/registration-requests/new").await);
}

#[tokio::test]
async fn the_offices_door() {
    let house = House::open().await;
    let browser = house.browser("acme");
    snapshot("email_sign_in-sign_in", &browser.get("/office/sign-in").await);
    snapshot("email_sign_in-sign_in_wrong", &browser.form("/office/codes", &[("email", "nonsense")]).await);
    browser.form("/office/codes", &[("email", "owner@acme.example")]).await;
    snapshot("email_sign_in-code", &browser.get("/office/code").await);
    let fields = [("email", "owner@acme.example"), ("code", "12")];
    snapshot("email_sign_in-code_unreadable", &browser.form("/office/sessions", &fields).await);
    let picker = house.staff("acme", "picker").await;
    snapshot("office_passkeys-index_empty", &picker.get("/office/passkeys").await);
    crate::passkeys::put(&house, "staff_passkeys", "acme.localhost", "Chrome on <Android>").await;
    crate::passkeys::put(&house, "staff_passkeys", "old-acme.localhost", "Old phone").await;
    snapshot("office_passkeys-index", &picker.get("/office/passkeys").await);
    house.wait(chrono::Duration::minutes(21));
    snapshot("email_sign_in-sign_in_again", &picker.get("/office/proof?to=/office/passkeys").await);
    let picker = house.staff("acme", "picker").await;
    snapshot("office_home-index", &picker.get("/office").await);
    snapshot("web-error_forbidden", &picker.get("/office/customers").await);
}

#[tokio::test]
async fn a_suspended_counter() {
    let house = House::open().await;
    house.change("update tenants set contact_phone = '+44 20 7946 0107', contact_email = 'trade@acme.example' where slug = 'acme'").await;
    let (ada, owner) = (house.customer("acme", ADA).await, house.staff("acme", "owner").await);
    let picker = house.staff("acme", "picker").await;
    let operator = Actor::of_platform(Uuid::now_v7(), "Olu Ade");
    let acme = house.tenant("acme").await.into();
    lifecycle::suspend(&house.app.house, acme, "Unpaid since <May>.", operator).await.expect("a suspension");
    snapshot("web-closed", &ada.get("/").await);
    snapshot("office_home-index_suspended", &picker.get("/office").await);
    snapshot("web-error_suspended", &owner.form("/office/samples/removal", &[]).await);
}

#[tokio::test]
async fn the_queue() {
    let house = House::open().await;
    let owner = house.staff("acme", "owner").await;
    snapshot("office_requests-index_empty", &owner.get("/office").await);
    snapshot("office_requests-index_decided_empty", &owner.get("/office?status=decided").await);
    let dan = house.customer("acme", DAN).await;
    let request = json!({ "business_name": "Dan's <Deli>", "contact_name": "Dan Drew", "message": "Corner shop." });
    let ask =
        || async { dan.post("/api/v1/registration-requests", request.clone()).await.value()["id"].as_str().expect("an id").to_owned() };
    let one = format!("/office/registration-requests/{}", ask().await);
    snapshot("office_requests-index", &owner.get("/office").await);
    snapshot("office_requests-show", &owner.get(&one).await);
    snapshot("office_requests-show_no_reason", &owner.form(&format!("{one}/rejection"), &[("reason", " ")]).await);
    let mistyped = [("account", "existing"), ("account_number", "A-11")];
    snapshot("office_requests-show_wrong_number", &owner.form(&format!("{one}/approval"), &mistyped).await);
    let odd = [("account", "new"), ("new_number", "!!")];
    snapshot("office_requests-show_odd_number", &owner.form(&format!("{one}/approval"), &odd).await);
    owner.form(&format!("{one}/rejection"), &[("reason", "Too far.")]).await;
    snapshot("office_requests-show_rejected", &owner.get(&one).await);
    snapshot("office_requests-show_decided_meanwhile", &owner.form(&format!("{one}/approval"), &[("account_number", "")]).await);
    let two = format!("/office/registration-requests/{}", ask().await);
    let approved = owner.form(&format!("{two}/approval"), &[("account", "existing"), ("account_number", "a-1")]).await;
    snapshot("office_requests-show_approved", &owner.get(approved.header("location")).await);
    let reason = [("reason", "No room.\nSorry.")];
    snapshot("office_requests-show_rejected_too_late", &owner.form(&format!("{two}/rejection"), &reason).await);
    snapshot("office_requests-index_decided", &owner.get("/office?status=decided").await);
    snapshot("web-error_office", &owner.get("/office/registration-requests/nonsense").await);
}

#[tokio::test]
async fn the_customers_of_a_counter() {
    let house = House::open().await;
    house.customer("acme", ADA).await;
    let owner = house.staff("acme", "owner").await;
    snapshot("office_customers-index", &owner.get("/office/customers").await);
    snapshot("office_customers-index_nobody", &owner.get("/office/customers?query=%3Cb%3Enobody").await);
    let customers = owner.get("/api/v1/office/customers?query=A-1").await.value();
    let one = format!("/office/customers/{}", customers["items"][0]["id"].as_str().expect("an id"));
    snapshot("office_customers-show", &owner.get(&one).await);
    snapshot("office_customers-show_no_reason", &owner.form(&format!("{one}/suspension"), &[("reason", "")]).await);
    owner.form(&format!("{one}/suspension"), &[("reason", "Unpaid since May")]).await;
    snapshot("office_customers-show_suspended", &owner.get(&one).await);
    let sales = house.staff("acme", "sales").await;
    snapshot("office_customers-show_to_sales", &sales.get(&one).await);
}

#[tokio::test]
async fn the_team() {
    let house = House::open().await;
    let (owner, picker) = (house.staff("acme", "owner").await, house.staff("acme", "picker").await);
    snapshot("team-index", &owner.get("/office/team").await);
    snapshot("team-index_to_a_picker", &picker.get("/office/team").await);
    snapshot("team-roles", &owner.get("/office/team/roles").await);
    snapshot("invitations-new", &owner.get("/office/team/invitations/new").await);
    let wrong = [("name", " "), ("email", "<ivy>"), ("role", "boss")];
    snapshot("invitations-new_wrong", &owner.form("/office/team/invitations", &wrong).await);
    let ivy = [("name", "Ivy <I>"), ("email", "ivy@acme.example"), ("role", "sales")];
    let invited = owner.form("/office/team/invitations", &ivy).await;
    snapshot("team-index_invited", &owner.get(invited.header("location")).await);
    snapshot("invitations-new_again", &owner.form("/office/team/invitations", &ivy).await);
    let invitation = owner.get("/api/v1/office/invitations").await.value()["items"][0]["id"].as_str().expect("an id").to_owned();
    let (link, anybody) = (format!("/office/invitations/{invitation}"), house.browser("acme"));
    snapshot("invitations-show", &anybody.get(&link).await);
    house.wait(chrono::Duration::days(8));
    snapshot("invitations-show_expired", &anybody.get(&link).await);
    let owner = house.staff("acme", "owner").await;
    owner.delete(&format!("/api/v1/office/invitations/{invitation}")).await;
    snapshot("invitations-show_withdrawn", &anybody.get(&link).await);
    house.change("update invitations set accepted_at = now()").await;
    snapshot("invitations-show_accepted", &anybody.get(&link).await);
    let team = owner.get("/api/v1/office/team").await.value();
    let one = |at: usize| format!("/office/team/{}", team["items"][at]["id"].as_str().expect("an id"));
    house.change("update staff set created_at = '2026-01-05'").await;
    owner.form(&format!("{}/role", one(3)), &[("role", "manager")]).await;
    snapshot("team-show", &owner.get(&one(3)).await);
    snapshot("team-show_no_role", &owner.form(&format!("{}/role", one(3)), &[("role", "boss")]).await);
    snapshot("team-show_last_owner", &owner.form(&format!("{}/removal", one(0)), &[("leaving", "yes")]).await);
}

#[tokio::test]
async fn the_settings() {
    let house = House::open().await;
    house.change("update tenants set brand_colour = '#1f5f5b' where slug = 'acme'").await;
    let owner = house.staff("acme", "owner").await;
    snapshot("settings-index", &owner.get("/office/settings").await);
    snapshot("settings-index_wrong", &owner.form("/office/settings", &[("country", "GB"), ("contact_phone", "12")]).await);
    let fields = [("business_name", "Acme"), ("brand_colour", "#808080"), ("second_colour", "#ffd54a"), ("country", "GB")];
    let fields = [fields.as_slice(), &[("time_zone", "Europe/London"), ("prices_shown", "all")]].concat();
    let version = owner.get("/api/v1/office/settings").await.value()["version"].as_str().expect("a version").to_owned();
    let saved = owner.form("/office/settings", &[fields.as_slice(), &[("version", version.as_str())]].concat()).await;
    snapshot("settings-index_corrected", &owner.get(saved.header("location")).await);
    snapshot(
        "settings-index_meanwhile",
        &owner.form("/office/settings", &[fields.as_slice(), &[("opening_text", "Hello")]].concat()).await,
    );
}

#[tokio::test]
async fn a_first_visit_is_light_enough_for_a_poor_signal() {
    let house = House::open().await;
    house.goods("acme").await;
    for (slug, path) in [("", "/"), ("acme", "/"), ("acme", "/products")] {
        let browser = if path == "/" { house.browser(slug) } else { house.customer(slug, ADA).await };
        let page = browser.get(path).await.text;
        let mut weight = packed(&page);
        let loaded = find_all(r#"<(?:link|script)\b[^>]*>"#, &page);
        assert!(loaded.len() >= 2, "a style and a script");
        for tag in loaded {
            let from = attribute(tag, "href").or_else(|| attribute(tag, "src")).expect("an address");
            let asset = browser.get(from).await;
            assert_eq!(asset.status, StatusCode::OK, "{from}");
            weight += packed(&asset.text);
        }
        assert!(weight <= HEAVIEST_FIRST_VISIT, "{slug:?}: {weight} bytes");
    }
}

/// Templates that are pages: those that stand in a frame, and are not one themselves.
fn pages() -> Vec<String> {
    const FRAMES: [&str; 5] = ["web-console", "web-counter", "web-door", "web-office", "web-public"];
    let mut pages = Vec::new();
    for folder in fs::read_dir("src").expect("src").filter_map(|entry| entry.ok().map(|entry| entry.path())).filter(|path| path.is_dir()) {
        for file in fs::read_dir(&folder).expect("a folder").filter_map(|entry| entry.ok().map(|entry| entry.path())) {
            let is_page = file.extension().is_some_and(|extension| extension == "html")
                && fs::read_to_string(&file).expect("text").starts_with("{% extends");
            let word = |path: &Path| path.file_stem().expect("a name").to_string_lossy().into_owned();
            let name = format!("{}-{}", word(&folder), word(&file));
            if is_page && !FRAMES.contains(&name.as_str()) {
                pages.push(name);
            }
        }
    }
    pages
}

#[test]
fn every_page_has_a_picture() {
    let pages = pages();
    assert!(pages.len() >= 15, "{pages:?}");
    let taken: Vec<String> = fs::read_dir("tests/it/snapshots")
        .expect("snapshots")
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.strip_prefix("it__pages__")?.strip_suffix(".snap").map(str::to_owned))
        .collect();
    let without: Vec<&String> =
        pages.iter().filter(|page| !taken.iter().any(|name| name == *page || name.starts_with(&format!("{page}_")))).collect();
    assert!(without.is_empty(), "no picture of {without:?}");
}
