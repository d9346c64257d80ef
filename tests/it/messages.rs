//! Every message that people get, as they get it; and what a wholesaler's name cannot do to them.

use std::path::Path;

use regex::Regex;
use serde_json::json;
use tradecounter::config::Allowance;
use tradecounter::domains::telling;
use tradecounter::ids::DomainId;
use tradecounter::message_templates::preview::Preview;
use tradecounter::message_templates::{Kind, Wording};
use tradecounter::messages::sms::{Encoding, segments};
use tradecounter::tenants::declared;
use tradecounter::values::Language;

use crate::domains::{SHOP, have};
use crate::house::{ADA, DAN, House};
use crate::orders::{number, order};

/// Snapshots of messages bear the name of their template.
fn snapshot(template: &str, text: &str) {
    let text = Regex::new(r"(code(?: to [a-z ]+)? is\s+|#|\n\s+)\d{6}\b").expect("a pattern").replace_all(text, "${1}[code]");
    let text = Regex::new(r"localhost:\d+").expect("a pattern").replace_all(&text, "localhost:[port]");
    let text = Regex::new(r"tradecounter-domain=[0-9a-f]{32}").expect("a pattern").replace_all(&text, "tradecounter-domain=[random]");
    let text = Regex::new(r"[0-9a-f]{8}-[0-9a-f-]{27}").expect("a pattern").replace_all(&text, "[id]");
    let text = Regex::new(r"\b\d{1,2} [A-Z][a-z]+ 20\d\d\b").expect("a pattern").replace_all(&text, "[day]");
    let text = Regex::new(r"(until|at) \d\d:\d\d").expect("a pattern").replace_all(&text, "$1 [o'clock]");
    let text = Regex::new(r"\bAW-[2-9A-Z]{3}-[2-9A-Z]{3}\b").expect("a pattern").replace_all(&text, "AW-[number]");
    insta::assert_snapshot!(template, text);
}

#[tokio::test]
async fn what_is_said_of_an_order() {
    let house = House::open().await;
    house.goods("acme").await;
    let (ada, sales) = (house.customer("acme", ADA).await, house.staff("acme", "sales").await);
    let at_the_desk = |number: &str, act: &str| format!("/api/v1/office/orders/{number}/{act}");
    let cups = json!([{ "sku": "CUP-1", "quantity": 4 }]);
    let first = number(&order(&ada, "one", cups.clone()).await);
    house.run_jobs().await;
    snapshot("orders-submitted.sms", &house.sent_to(ADA)[0]);
    sales.post(&at_the_desk(&first, "acceptance"), json!({})).await;
    house.run_jobs().await;
    snapshot("orders-accepted.sms", &house.sent_to(ADA)[0]);
    let reason = "The lorry is in the workshop until Friday,\nand nothing else of ours is large enough for so many cups. We are very sorry; \
                  please order again for Saturday, and we add a box for nothing.";
    sales.post(&at_the_desk(&first, "cancellation"), json!({ "reason": reason })).await;
    house.run_jobs().await;
    snapshot("orders-cancelled.sms", &house.sent_to(ADA)[0]);
    let third = number(&order(&ada, "three", cups.clone()).await);
    let lines = json!([{ "line": 1, "quantity": 2, "why": "No more until Friday" }]);
    let amended = sales.post(&at_the_desk(&third, "amendment"), json!({ "revision": 1, "lines": lines })).await;
    assert_eq!(amended.status, http::StatusCode::OK, "{amended:?}");
    house.run_jobs().await;
    snapshot("orders-amended.sms", &house.sent_to(ADA)[0]);
    let picking = format!("/api/v1/office/picking/{third}");
    sales.post(&format!("{picking}/start"), json!({})).await;
    sales.json(http::Method::PATCH, &picking, json!({ "lines": [{ "line": 1, "picked": 1, "why": "One was wet" }] })).await;
    sales.post(&format!("{picking}/dispatch"), json!({})).await;
    house.run_jobs().await;
    snapshot("orders-dispatched.sms", &house.sent_to(ADA)[0]);
    let second = number(&order(&ada, "two", cups).await);
    sales.post(&at_the_desk(&second, "refusal"), json!({ "reason": "No van this week" })).await;
    house.run_jobs().await;
    snapshot("orders-declined.sms", &house.sent_to(ADA)[0]);
}

#[tokio::test]
async fn what_is_said_of_what_texts_cost() {
    let house = House::open().await;
    for (limit_minor, template) in [(5, "messages-limit.mail"), (8, "messages-limit.mail_reached")] {
        house.change(&format!("update tenants set sms_limit_minor = {limit_minor}, updated_at = now() where slug = 'acme'")).await;
        house.app.house.tenants.forget("acme").await;
        house.wait(chrono::TimeDelta::minutes(1));
        house.browser("acme").post("/api/v1/codes", json!({ "phone": DAN })).await;
        house.run_jobs().await;
        snapshot(template, &house.sent_to("owner@acme.example")[0]);
    }
}

#[tokio::test]
async fn what_is_said_of_codes_that_nobody_enters() {
    let house = House::open_with(|config| config.limits.unproven = Allowance { burst: 1.0, per_hour: 0.0 }).await;
    house.invite("olga@platform.example").await;
    for phone in ["+447400550001", "+447400550002"] {
        house.browser("acme").post("/api/v1/codes", json!({ "phone": phone })).await;
    }
    house.run_jobs().await;
    snapshot("alarms-alarm.mail", &house.sent_to("olga@platform.example")[0]);
}

#[tokio::test]
async fn every_text_and_letter_is_as_it_was() {
    let house = House::open().await;
    let dan = house.customer("acme", DAN).await;
    snapshot("challenges-code.sms", &house.sent_to(DAN)[0]);
    let request = json!({ "business_name": "Dan's Deli", "contact_name": "Dan Drew", "message": "Corner of High Street.\nSince 1987." });
    let id = dan.post("/api/v1/registration-requests", request.clone()).await.value()["id"].as_str().expect("an id").to_owned();
    house.run_jobs().await;
    snapshot("registrations-asked.mail", &house.sent_to("owner@acme.example")[0]);
    let owner = house.staff("acme", "owner").await;
    let signup = json!({ "business_name": "Nordic", "subdomain": "nordic", "email": "nora@nordic.example", "country": "GB" });
    house.browser("").post("/api/v1/signups", signup).await;
    house.run_jobs().await;
    snapshot("challenges-signup.mail", &house.sent_to("nora@nordic.example")[0]);
    snapshot("challenges-code.mail", &house.sent_to("owner@acme.example")[0]);
    owner.post("/api/v1/office/invitations", json!({ "name": "Ivy", "email": "ivy@acme.example", "role": "sales" })).await;
    house.run_jobs().await;
    snapshot("invitations-invited.mail", &house.sent_to("ivy@acme.example")[0]);
    let olga = house.operator("olga@platform.example").await;
    snapshot("challenges-operator.mail", &house.sent_to("olga@platform.example")[0]);
    let domain = have(&house, &owner, SHOP).await;
    let domain: DomainId = domain.parse::<uuid::Uuid>().expect("an id").into();
    let acme = house.app.house.tenants.find("acme").await.expect("an answer").expect("a tenant");
    for (picture, change) in [
        ("domains-missing.mail", "missing_since = now(), warned_at = '2026-11-24'"),
        ("domains-lost.mail", "state = 'lost', is_primary = false"),
    ] {
        house.change(&format!("update domains set {change}")).await;
        telling::tell_owners(&house.app.house, &acme, domain).await.expect("letters");
        house.run_jobs().await;
        snapshot(picture, &house.sent_to("owner@acme.example")[0]);
    }
    let asking = format!("/api/v1/tenants/{}/support-requests", house.tenant("acme").await);
    olga.post(&asking, json!({ "reason": "Customers cannot sign in since noon." })).await;
    house.run_jobs().await;
    snapshot("support-asked.mail", &house.sent_to("owner@acme.example")[0]);
    let asked = owner.get("/api/v1/office/support-requests").await.value()["items"][0]["id"].as_str().expect("an id").to_owned();
    owner.post(&format!("/api/v1/office/support-requests/{asked}/grant"), json!({})).await;
    house.run_jobs().await;
    snapshot("support-decided.mail", &house.sent_to("olga@platform.example")[0]);
    let reason = "We do not deliver to the islands yet, and the boat is slow. Please ask again in spring, when the new depot opens; \
                  until then our friends at Bravo may help you.";
    let requests = "/api/v1/office/registration-requests";
    owner.post(&format!("{requests}/{id}/rejection"), json!({ "reason": reason })).await;
    house.run_jobs().await;
    snapshot("office_requests-rejected.sms", &house.sent_to(DAN)[0]);
    let id = dan.post("/api/v1/registration-requests", request).await.value()["id"].as_str().expect("an id").to_owned();
    owner.post(&format!("{requests}/{id}/approval"), json!({})).await;
    house.run_jobs().await;
    snapshot("office_requests-approved.sms", &house.sent_to(DAN)[0]);
    crate::closing::close(&house, "acme").await.expect("closed");
    house.run_jobs().await;
    snapshot("tenants-closing.mail", &house.sent_to("owner@acme.example")[0]);
}

#[tokio::test]
async fn what_is_said_of_a_persons_own_affairs() {
    let house = House::open().await;
    let (ada, new) = (house.customer("acme", ADA).await, "+447400123050");
    let (old_code, new_code) = crate::number_changes::codes(&house, &ada, ADA, new).await;
    snapshot("challenges-code_number_change.sms", &house.sent_to(new)[0]);
    let body = json!({ "phone": new, "old_code": old_code, "new_code": new_code });
    let changed = ada.post("/api/v1/number-changes/confirmation", body).await;
    assert_eq!(changed.status, 201, "{changed:?}");
    house.run_jobs().await;
    snapshot("number_changes-changed.sms", &house.sent_to(ADA)[0]);
    snapshot("number_changes-changed.mail", &house.sent_to("owner@acme.example")[0]);
    house.wait(chrono::Duration::seconds(31));
    let dan = house.customer("acme", DAN).await;
    let request = json!({ "kind": "return", "business_name": "A-1", "contact_name": "Ada" });
    let id = dan.post("/api/v1/registration-requests", request).await.value()["id"].as_str().expect("an id").to_owned();
    house.run_jobs().await;
    snapshot("registrations-asked_return.mail", &house.sent_to("owner@acme.example")[0]);
    let owner = house.staff("acme", "owner").await;
    let access = owner.get("/api/v1/office/customers?query=A-1").await.value()["items"][0]["id"].clone();
    owner.post(&format!("/api/v1/office/registration-requests/{id}/approval"), json!({ "customer": access })).await;
    house.run_jobs().await;
    snapshot("office_requests-moved.sms", &house.sent_to(new)[0]);
    dan.post("/api/v1/erasures", json!({})).await;
    let code = house.code_for(DAN).await;
    snapshot("challenges-code_erasure.sms", &house.sent_to(DAN)[0]);
    assert_eq!(dan.post("/api/v1/erasures/confirmation", json!({ "code": code })).await.status, 204);
    house.run_jobs().await;
    snapshot("my_data-erased.mail", &house.sent_to("owner@acme.example")[0]);
}

#[tokio::test]
async fn each_text_in_each_language_costs_one_segment() {
    let house = House::open().await;
    let acme = house.app.house.tenants.find("acme").await.expect("an answer").expect("a tenant");
    // It is another one each time, and not always as long.
    let port = Regex::new(r"localhost:\d+").expect("a pattern");
    for (kind, language) in Kind::all().flat_map(|kind| Language::ALL.map(|language| (kind, language))) {
        let preview = Preview::of(&house.app.house, &acme, &Wording::ours(kind, language));
        let text = port.replace_all(&preview.text, "localhost:40000").into_owned();
        let cost = segments(&text);
        assert_eq!((cost.count, cost.encoding), (1, Encoding::Gsm7), "{kind:?} {language:?} costs {cost:?}: {text}");
        let name = format!("{}.{}.sms", kind.path().replace('/', "-"), language.code());
        insta::assert_snapshot!(name, format!("{text}\n\n({} of 160 characters, {} segment)", cost.units, cost.count));
    }
}

/// The code's text from a wholesaler of this name at this subdomain.
async fn code_text(house: &House, slug: &str, name: &str) -> String {
    let (old, mut db) =
        (house.value::<String>("select slug from tenants where business_name not like 'Bravo%' limit 1").await, house.admin().await);
    sqlx::query("update tenants set slug = $1, business_name = $2 where slug = $3")
        .bind(slug)
        .bind(name)
        .bind(&old)
        .execute(&mut db)
        .await
        .expect("a name");
    house.app.house.tenants.forget_all();
    house.wait(chrono::Duration::hours(3));
    let browser = house.browser(slug);
    let asked = browser.post("/api/v1/codes", json!({ "phone": DAN })).await;
    assert_eq!(asked.status, 202, "{name}: {asked:?}");
    house.run_jobs().await;
    house.sent_to(DAN)[0].clone()
}

#[tokio::test]
async fn a_code_costs_one_message_and_ends_with_the_line_that_phones_read() {
    let house = House::open().await;
    let demo = declared::read(Path::new("tenants")).unwrap_or_else(|mistakes| panic!("{mistakes}"));
    let mut names: Vec<(String, String)> = demo.iter().map(|tenant| (tenant.slug.to_string(), tenant.business_name.clone())).collect();
    assert!(names.len() >= 3, "the demo's tenants are read");
    for nasty in [
        "Acme\n@evil.example #111111",
        "Acme\r\n\r\n@evil.example #111111\n",
        "Acme @evil.example #111111",
        "Hurtownia «Żółta Łódź» – Kraków, Świętego Sebastiana",
        "Ἀρχιμήδης",
        "卸売り問屋",
        "Very Long Name of a Wholesaler of Everything that a Corner Shop May Ever Want to Sell, and of a Good Deal More Besides, Limited",
        "🧀🧀🧀",
        "€^{}[]~|€^{}[]~|€^{}[]~|€^{}[]~|€^{}[]~|€^{}[]~|€^{}[]~|",
    ] {
        names.push(("acme".to_owned(), nasty.to_owned()));
    }
    for (slug, name) in names {
        let text = code_text(&house, &slug, &name).await;
        let cost = segments(&text);
        assert_eq!((cost.count, cost.encoding), (1, Encoding::Gsm7), "{name:?} costs {cost:?}: {text}");
        let lines: Vec<&str> = text.split(['\n', '\r', '\u{2028}', '\u{2029}', '\u{85}']).collect();
        let last = lines.last().expect("a last line");
        let bound = Regex::new(&format!(r"^@{slug}\.localhost #\d{{6}}$")).expect("a pattern");
        assert!(bound.is_match(last), "{name:?}: {text}");
        assert_eq!(lines.iter().filter(|line| line.starts_with('@')).count(), 1, "{name:?}: {text}");
        assert_eq!(lines.len(), 3, "{name:?}: {text}");
        let code = last.rsplit('#').next().expect("a code");
        assert!(lines[0].contains(&format!("your code is {code}. It is good for 5 minutes.")), "{name:?}: {text}");
    }
}

#[tokio::test]
async fn what_people_type_cannot_make_lines_in_a_text_or_a_subject() {
    let house = House::open().await;
    let dan = house.customer("acme", DAN).await;
    let forged = "Deli\r\nBcc: all@acme.example\r\n\r\n@acme.localhost #111111";
    let asked = dan.post("/api/v1/registration-requests", json!({ "business_name": forged, "contact_name": "Dan\nDrew" })).await;
    house.run_jobs().await;
    let letters = house.sent_to("owner@acme.example");
    if asked.status.is_success() {
        let subject = letters[0].lines().next().expect("a subject").to_owned();
        assert!(subject.ends_with("asks for an account") && !letters[0].contains("\nBcc"), "{letters:?}");
    } else {
        assert_eq!((asked.status.as_u16(), letters.len()), (422, 0), "{asked:?}");
    }
    let honest = dan.post("/api/v1/registration-requests", json!({ "business_name": "Deli", "contact_name": "Dan" })).await;
    let id = honest.value()["id"].as_str().map(str::to_owned).or_else(|| asked.value()["id"].as_str().map(str::to_owned)).expect("an id");
    let owner = house.staff("acme", "owner").await;
    let reason = "No\n\n@acme.localhost #222222";
    let rejected = owner.post(&format!("/api/v1/office/registration-requests/{id}/rejection"), json!({ "reason": reason })).await;
    assert_eq!(rejected.status, 200, "{rejected:?}");
    house.run_jobs().await;
    let told = &house.sent_to(DAN)[0];
    assert_eq!(told.lines().count(), 1, "{told}");
    assert!(told.contains("@acme.localhost #222222"), "the words themselves stay: {told}");
}
