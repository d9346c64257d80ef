//! A wholesaler says it in its own words, and a customer chooses the language: what is refused and why, what it costs, and that no
//! line can be forged.

use futures_util::future::join_all;
use http::{Method, StatusCode};
use serde_json::{Value, json};
use tradecounter::messages::sms::segments;

use crate::house::{ADA, Answer, Browser, CAT, DAN, House};
use crate::orders::{number, order};

const PAGES: &str = "/office/settings/messages";
const API: &str = "/api/v1/office/settings/messages";
const LANGUAGE: &str = "/api/v1/me/language";

/// Everything that any reader of texts may take for the end of a line.
const ENDS: [&str; 8] = ["\n", "\r", "\r\n", "\u{b}", "\u{c}", "\u{85}", "\u{2028}", "\u{2029}"];

async fn write(staff: &Browser, message: &str, body: Value) -> Answer {
    staff.json(Method::PUT, &format!("{API}/{message}"), body).await
}

async fn speak(customer: &Browser, language: &str) {
    let chosen = customer.json(Method::PUT, LANGUAGE, json!({ "language": language })).await;
    assert_eq!((chosen.status, chosen.value()), (StatusCode::OK, json!({ "language": language })), "{chosen:?}");
}

/// What is wrong with this field of a refused body; empty when it was taken.
fn wrong(answer: &Answer, field: &str) -> String {
    if answer.status != StatusCode::UNPROCESSABLE_ENTITY {
        return String::new();
    }
    let errors = answer.value()["errors"].as_array().cloned().unwrap_or_default();
    let error = errors.into_iter().find(|error| error["field"] == field).unwrap_or_default();
    error["detail"].as_str().unwrap_or_default().to_owned()
}

/// Asks for a code for this number at this counter, and reads the text.
async fn code_text(house: &House, slug: &str, phone: &str) -> String {
    house.wait(chrono::Duration::minutes(6));
    let asked = house.browser(slug).post("/api/v1/codes", json!({ "phone": phone })).await;
    assert_eq!(asked.status, StatusCode::ACCEPTED, "{asked:?}");
    house.run_jobs().await;
    house.sent_to(phone)[0].clone()
}

/// Moves a tenant to France, with its customers as they are.
async fn move_to_france(house: &House, slug: &str) {
    house.change(&format!("update tenants set country = 'FR' where slug = '{slug}'")).await;
    house.app.house.tenants.forget_all();
}

#[tokio::test]
async fn whoever_is_let_in_is_told_so_in_the_language_they_chose() {
    let house = House::open().await;
    let dan = house.customer("acme", DAN).await;
    assert_eq!(dan.form("/language", &[("language", "fr")]).await.status, StatusCode::SEE_OTHER);
    let asked = dan.post("/api/v1/registration-requests", json!({ "business_name": "Deli", "contact_name": "Dan" })).await.value();
    let request = asked["id"].as_str().expect("an id");
    let manager = house.staff("acme", "manager").await;
    let approved = manager.post(&format!("/api/v1/office/registration-requests/{request}/approval"), json!({})).await;
    assert_eq!(approved.status, StatusCode::OK, "{approved:?}");
    house.run_jobs().await;
    assert!(house.sent_to(DAN)[0].contains("votre compte professionnel est ouvert"), "{:?}", house.sent_to(DAN));
}

#[tokio::test]
async fn a_customer_chooses_the_language_and_every_wholesaler_writes_in_it() {
    let house = House::open().await;
    house.goods("acme").await;
    let (ada, cat, sales) = (house.customer("acme", ADA).await, house.customer("acme", CAT).await, house.staff("acme", "sales").await);
    assert_eq!(ada.get(LANGUAGE).await.value(), json!({ "language": null }));
    let saved = ada.form("/language", &[("language", "fr")]).await;
    assert_eq!((saved.status, saved.header("location")), (StatusCode::SEE_OTHER, "/language?done=saved"), "{saved:?}");
    assert!(ada.get("/language?done=saved").await.text.contains("value=\"fr\" checked"));
    let cups = json!([{ "sku": "CUP-1", "quantity": 4 }]);
    let (hers, theirs) = (number(&order(&ada, "one", cups.clone()).await), number(&order(&cat, "two", cups).await));
    for number in [&hers, &theirs] {
        sales.post(&format!("/api/v1/office/orders/{number}/acceptance"), json!({})).await;
    }
    house.run_jobs().await;
    assert!(house.sent_to(ADA)[0].contains(&format!("votre commande {hers} est acceptée, £13.32 HT.")), "{:?}", house.sent_to(ADA));
    assert!(house.sent_to(CAT)[0].contains(&format!("your order {theirs} is accepted, £13.32 + VAT.")), "{:?}", house.sent_to(CAT));
    // By e-mail in the language of whoever has ordered.
    house.change("update trade_accounts set order_news = 'email', order_email = 'ada@shop.example' where account_number = 'A-1'").await;
    let lines = json!([{ "line": 1, "quantity": 2, "why": "Plus rien avant vendredi" }]);
    let amended = sales.post(&format!("/api/v1/office/orders/{hers}/amendment"), json!({ "revision": 2, "lines": lines })).await;
    assert_eq!(amended.status, StatusCode::OK, "{amended:?}");
    house.run_jobs().await;
    let letter = &house.sent_to("ada@shop.example")[0];
    assert!(letter.starts_with(&format!("Votre commande {hers}\n\nAcme Wholesale a modifié")), "{letter}");
    assert!(letter.contains("Paper cups, 50 : 4 -> 2. Plus rien avant vendredi. Elle est acceptée"), "{letter}");
    // At another counter, whose owner it is not to choose.
    assert!(code_text(&house, "bravo", ADA).await.starts_with("Bravo Wholesale : votre code est "));
    let refused = ada.json(Method::PUT, LANGUAGE, json!({ "language": "de" })).await;
    assert_eq!(wrong(&refused, "language"), "There is en and fr.");
    assert_eq!(ada.form("/language", &[("language", "de")]).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    let back = ada.json(Method::PUT, LANGUAGE, json!({})).await;
    assert_eq!((back.status, back.value()), (StatusCode::OK, json!({ "language": null })), "{back:?}");
}

#[tokio::test]
async fn who_has_chosen_nothing_is_written_to_as_the_wholesalers_country_speaks() {
    let house = House::open().await;
    let ada = house.customer("acme", ADA).await;
    move_to_france(&house, "bravo").await;
    // Known there or not makes no difference.
    for phone in [CAT, DAN] {
        let text = code_text(&house, "bravo", phone).await;
        assert!(text.starts_with("Bravo Wholesale : votre code est ") && text.contains("Valable 5 minutes."), "{text}");
        assert_eq!(segments(&text).count, 1, "{text}");
    }
    speak(&ada, "en").await;
    assert!(code_text(&house, "bravo", ADA).await.starts_with("Bravo Wholesale: your code is "));
}

#[tokio::test]
async fn a_language_is_the_persons_own_and_goes_with_them() {
    let house = House::open().await;
    let (ada, new) = (house.customer("acme", ADA).await, "+447400123050");
    speak(&ada, "fr").await;
    assert_eq!(ada.get("/api/v1/my-data").await.value()["language"], "fr");
    assert!(ada.get("/my-data").await.text.contains(">Français</a>"));
    // Under another number it is the same person.
    let changed = crate::number_changes::change(&house, &ada, ADA, new).await;
    assert_eq!(changed.status, StatusCode::CREATED, "{changed:?}");
    house.run_jobs().await;
    assert!(
        house.sent_to(ADA)[0].starts_with("Acme Wholesale : vos comptes ont été transférés vers un autre numéro"),
        "{:?}",
        house.sent_to(ADA)
    );
    assert_eq!(ada.get(LANGUAGE).await.value(), json!({ "language": "fr" }));
    // And when two become one, the choice is not lost.
    let cat = house.customer("acme", CAT).await;
    assert_eq!(cat.get(LANGUAGE).await.value(), json!({ "language": null }));
    house.wait(chrono::Duration::minutes(6));
    let joined = crate::number_changes::change(&house, &ada, new, CAT).await;
    assert_eq!(joined.status, StatusCode::CREATED, "{joined:?}");
    assert_eq!(ada.get(LANGUAGE).await.value(), json!({ "language": "fr" }));
    house.run_jobs().await;
    house.wait(chrono::Duration::seconds(31));
    ada.post("/api/v1/erasures", json!({})).await;
    let code = house.code_for(CAT).await;
    assert_eq!(ada.post("/api/v1/erasures/confirmation", json!({ "code": code })).await.status, StatusCode::NO_CONTENT);
    assert_eq!(house.value::<i64>("select count(*) from customers where language <> ''").await, 0);
    house.run_jobs().await;
}

#[tokio::test]
async fn what_a_wholesaler_writes_is_what_goes_out() {
    let house = House::open().await;
    house.goods("acme").await;
    let (ada, manager) = (house.customer("acme", ADA).await, house.staff("acme", "manager").await);
    let words = json!({
        "sms": "Thanks!\nOrder {number} of {business_name} is in the van: {total}.",
        "email_subject": "{number} is ours to do",
        "email_text": "Dear customer,\n\norder {number} comes to {total}.\n\nYours, {business_name}",
    });
    let saved = write(&manager, "order_accepted/en", words.clone()).await;
    assert_eq!(saved.status, StatusCode::OK, "{saved:?}");
    assert_eq!(saved.value()["own"], json!(["sms", "email_subject", "email_text"]));
    assert_eq!(manager.get(&format!("{API}/order_accepted/en")).await.value(), saved.value());
    let cups = json!([{ "sku": "CUP-1", "quantity": 4 }]);
    let accept = async |order: &str| manager.post(&format!("/api/v1/office/orders/{order}/acceptance"), json!({})).await;
    let first = number(&order(&ada, "one", cups.clone()).await);
    accept(&first).await;
    house.run_jobs().await;
    assert_eq!(house.sent_to(ADA)[0], format!("Thanks! Order {first} of Acme Wholesale is in the van: £13.32."));
    house.change("update trade_accounts set order_news = 'email', order_email = 'ada@shop.example' where account_number = 'A-1'").await;
    let second = number(&order(&ada, "two", cups.clone()).await);
    accept(&second).await;
    house.run_jobs().await;
    let letter = format!("{second} is ours to do\n\nDear customer,\n\norder {second} comes to £13.32.\n\nYours, Acme Wholesale");
    assert!(house.sent_to("ada@shop.example")[0].starts_with(&letter), "{:?}", house.sent_to("ada@shop.example"));
    // What is said in French, and by others, is as it was.
    assert_eq!(manager.get(&format!("{API}/order_accepted/fr")).await.value()["own"], json!([]));
    let bravo = house.staff("bravo", "manager").await;
    assert_eq!(bravo.get(&format!("{API}/order_accepted/en")).await.value()["own"], json!([]));
    // The log says who and which, and not the text.
    let log: String = house.value("select details::text from audit_events where action = 'message_template.changed'").await;
    assert_eq!(serde_json::from_str::<Value>(&log).expect("JSON"), json!({ "message": "Order accepted", "language": "English" }));
    // The same once more is no change; emptied, or removed, it is ours again.
    write(&manager, "order_accepted/en", words).await;
    assert_eq!(house.value::<i64>("select count(*) from audit_events where action = 'message_template.changed'").await, 1);
    let removed = manager.json(Method::DELETE, &format!("{API}/order_accepted/en"), json!({})).await;
    assert_eq!(removed.status, StatusCode::NO_CONTENT, "{removed:?}");
    assert_eq!(house.value::<i64>("select count(*) from message_templates").await, 0);
    assert_eq!(house.value::<i64>("select count(*) from audit_events where action = 'message_template.restored'").await, 1);
    house.change("update trade_accounts set order_news = 'text' where account_number = 'A-1'").await;
    let third = number(&order(&ada, "three", cups).await);
    accept(&third).await;
    house.run_jobs().await;
    assert!(house.sent_to(ADA)[0].starts_with(&format!("Acme Wholesale: your order {third} is accepted")), "{:?}", house.sent_to(ADA));
}

#[tokio::test]
async fn what_could_not_go_out_is_refused_with_what_was_meant() {
    let house = House::open().await;
    let manager = house.staff("acme", "manager").await;
    let (long, mut taken) = ("x".repeat(700), Vec::new());
    for (message, field, text, why) in [
        ("order_accepted/en", "sms", "Order {nmber}", "There is no {nmber}; did you mean {number}?"),
        ("order_accepted/en", "email_subject", "Order {Total}", "There is no {Total}; did you mean {total}?"),
        (
            "order_accepted/fr",
            "email_text",
            "Commande {number",
            "The brace before “number” is not closed: a variable is written as in {number}.",
        ),
        (
            "order_accepted/en",
            "sms",
            "number}",
            "There is a closing brace after “number” that no brace has opened: a variable is written as in {number}.",
        ),
        ("order_accepted/en", "sms", "Your code is {code}", "There is no {code}. There is {business_name}, {number}, {total} and {url}."),
        ("order_accepted/en", "sms", &long, "This comes to 5 texts, and 4 are the most. Please shorten it."),
        ("sign_in_code/en", "sms", "Welcome to {business_name}", "Write {code} where the code is to stand: without it nobody gets in."),
        (
            "sign_in_code/en",
            "sms",
            &format!("{{code}}{}", "x".repeat(300)),
            "This comes to 3 texts, and 2 are the most. Please shorten it.",
        ),
        (
            "erasure_code/fr",
            "sms",
            &format!("{{code}} ê{}", "x".repeat(130)),
            "This comes to 3 texts, and 2 are the most. Please shorten it.",
        ),
        ("sign_in_code/en", "email_text", "Your code", "This message goes by text message alone."),
        ("order_accepted/en", "sms", "\u{202e}evil", "There are characters in the text that cannot be shown. Please type it anew."),
    ] {
        let answers = [
            write(&manager, message, json!({ (field): text })).await,
            manager.post(&format!("{API}/{message}/preview"), json!({ (field): text })).await,
        ];
        taken.extend(answers.iter().filter(|answer| wrong(answer, field) != why).map(|answer| format!("{message} {text}: {answer:?}")));
    }
    assert!(taken.is_empty(), "{taken:#?}");
    for nothing in ["order_eaten/en", "order_accepted/de", "order_accepted/EN"] {
        assert_eq!(write(&manager, nothing, json!({})).await.status, StatusCode::NOT_FOUND, "{nothing}");
    }
    assert_eq!(house.value::<i64>("select count(*) from message_templates").await, 0);
    assert_eq!(house.staff("acme", "sales").await.get(API).await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_preview_shows_what_an_accent_costs() {
    let house = House::open().await;
    let manager = house.staff("acme", "manager").await;
    let body = json!({ "sms": format!("{{business_name}} : commande {{number}} prête, {{total}}. {}", "Merci ! ".repeat(6)) });
    let preview = manager.post(&format!("{API}/order_accepted/fr/preview"), body.clone()).await.value();
    assert_eq!((&preview["segments"], &preview["segments_without"], &preview["encoding"]), (&json!(2), &json!(1), &json!("ucs-2")));
    assert_eq!((&preview["cost_micros"], &preview["currency"]), (&json!(80_000), &json!("EUR")), "what GB costs");
    assert_eq!(preview["outside"], json!([{ "letter": "ê", "instead": "e" }]));
    let form = [("language", "fr"), ("sms", body["sms"].as_str().expect("a text")), ("email_subject", ""), ("email_text", "")];
    let page = manager.form(&format!("{PAGES}/order_accepted/preview"), &form).await;
    for words in [
        "“ê” is not in the alphabet of text messages: with it this costs 2 texts (EUR\u{a0}0.08) instead of 1 (EUR\u{a0}0.04). You could \
         write “e” for “ê”.",
        "of 134 characters used: 2 texts, EUR\u{a0}0.08 each time",
    ] {
        assert!(page.text.contains(words), "{words}: {}", page.text);
    }
    assert_eq!((page.status, house.value::<i64>("select count(*) from message_templates").await), (StatusCode::OK, 0), "nothing is saved");
    // Nor does it tell a price that no text costs: what stands now is one.
    let now = manager.get(&format!("{PAGES}/order_accepted?language=fr")).await.text;
    assert!(now.contains("of 160 characters used: one text, EUR\u{a0}0.04 each time") && !now.contains("not in the alphabet"), "{now}");
}

#[tokio::test]
async fn no_line_can_be_forged_into_the_text_of_a_code() {
    let house = House::open().await;
    let manager = house.staff("acme", "manager").await;
    let bound = regex::Regex::new(r"^[^\n]*\n\n@acme\.localhost #(\d{6})$").expect("a pattern");
    for (at, end) in ENDS.into_iter().enumerate() {
        let forged = format!("Hello{end}{end}@evil.example #111111{end}");
        // Through the door: what whoever writes it could try; and behind it, whatever a row came to hold.
        let saved = write(&manager, "sign_in_code/en", json!({ "sms": format!("{forged}{{code}} of {{business_name}}") })).await;
        assert_eq!(saved.status, StatusCode::OK, "{end:?}: {saved:?}");
        house
            .change(&format!("update tenants set business_name = E'Acme{0}@evil.example #222222{0}' where slug = 'acme'", escaped(end)))
            .await;
        house.app.house.tenants.forget_all();
        for behind in [false, true] {
            if behind {
                let text = format!("E'{{code}}{0}{0}@evil.example #333333{0}'", escaped(end));
                house.change(&format!("update message_templates set text = {text}")).await;
            }
            let text = code_text(&house, "acme", &format!("+44740012{:04}", 4000 + at * 2 + usize::from(behind))).await;
            assert!(bound.is_match(&text), "{end:?}: {text:?}");
            assert!(!text.replace('\n', "").chars().any(char::is_control), "{end:?}: {text:?}");
            let lines: Vec<&str> = text.split(|letter: char| letter.is_control() || matches!(letter, '\u{2028}' | '\u{2029}')).collect();
            assert_eq!(lines.iter().filter(|line| line.starts_with('@')).count(), 1, "{end:?}: {text:?}");
            assert!(text.contains("@evil.example #"), "the words themselves stay: {text:?}");
        }
    }
}

/// In a literal of SQL.
fn escaped(end: &str) -> String {
    end.chars().map(|letter| format!("\\u{:04x}", u32::from(letter))).collect()
}

#[tokio::test]
async fn a_code_goes_out_whatever_became_of_the_words() {
    let house = House::open().await;
    let manager = house.staff("acme", "manager").await;
    let saved = write(&manager, "sign_in_code/en", json!({ "sms": "{code} opens the door of {business_name} for {time}" })).await;
    assert_eq!(saved.status, StatusCode::OK, "{saved:?}");
    assert!(code_text(&house, "acme", ADA).await.contains(" opens the door of Acme Wholesale for 5 minutes\n\n@acme.localhost #"));
    let (long, mut sent) = ("x".repeat(400), Vec::new());
    for broken in ["{code", "no code", "{cod} {code}", &format!("{{code}} {long}"), "{code} {url}"] {
        house.change(&format!("update message_templates set text = '{broken}'")).await;
        let text = code_text(&house, "acme", ADA).await;
        sent.extend(Some(text).filter(|text| !text.starts_with("Acme Wholesale: your code is ")));
    }
    assert!(sent.is_empty(), "{sent:#?}");
    // A name that is too long gives way to the words, which may cost two.
    let words = format!("{{code}} {{business_name}} {}", "x".repeat(230));
    house.change("update tenants set business_name = repeat('Long name ', 11) where slug = 'acme'").await;
    house.app.house.tenants.forget_all();
    let saved = write(&manager, "sign_in_code/en", json!({ "sms": words })).await;
    assert_eq!(saved.status, StatusCode::OK, "{saved:?}");
    let text = code_text(&house, "acme", ADA).await;
    assert!(text.contains("xxxx") && segments(&text).count == 2, "{text}");
}

#[tokio::test]
async fn whoever_comes_second_is_told() {
    let house = House::open().await;
    let manager = house.staff("acme", "manager").await;
    let page = format!("{PAGES}/access_moved");
    let version = manager.get(&format!("{API}/access_moved/en")).await.value()["version"].as_str().expect("a version").to_owned();
    let form =
        |text: &'static str, version: &str| [("language", "en".to_owned()), ("version", version.to_owned()), ("sms", text.to_owned())];
    let send = async |text: &'static str, version: &str| {
        let form = form(text, version);
        manager.form(&page, &form.each_ref().map(|(name, value)| (*name, value.as_str()))).await
    };
    let saved = send("It moved.", &version).await;
    assert_eq!(saved.header("location"), format!("{page}?language=en&done=saved"), "{saved:?}");
    let shown = manager.get(saved.header("location")).await.text;
    assert!(shown.contains("It goes out like this now.") && shown.contains("Use ours again"), "{shown}");
    let late = send("It went.", &version).await;
    assert!(late.status == StatusCode::CONFLICT && late.text.contains("save once more to write yours over theirs"), "{late:?}");
    let refused = send("It {went}.", &version).await;
    assert!(refused.status == StatusCode::UNPROCESSABLE_ENTITY && refused.text.contains("There is no {went}"), "{refused:?}");
    let api = write(&manager, "access_moved/en", json!({ "sms": "It went.", "version": version })).await;
    assert_eq!(api.status, StatusCode::CONFLICT, "{api:?}");
    let ours = manager.form(&format!("{page}/removal"), &[("language", "en")]).await;
    assert_eq!(ours.header("location"), format!("{page}?language=en&done=ours"), "{ours:?}");
    assert_eq!(house.value::<i64>("select count(*) from message_templates").await, 0);
    let all = manager.get(&format!("{API}?language=fr")).await.value();
    assert_eq!(all["items"].as_array().expect("items").len(), 15, "{all}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_who_save_at_once_one_does_and_the_others_are_told() {
    let house = House::open().await;
    let manager = house.staff("acme", "manager").await;
    let version = manager.get(&format!("{API}/access_moved/en")).await.value()["version"].clone();
    let bodies = (0..8).map(|n| json!({ "sms": format!("It moved {n} times."), "version": version }));
    let answers = join_all(bodies.map(|body| write(&manager, "access_moved/en", body))).await;
    let saved = answers.iter().filter(|answer| answer.status == StatusCode::OK).count();
    let told = answers.iter().filter(|answer| answer.status == StatusCode::CONFLICT).count();
    assert_eq!((saved, told), (1, 7), "{answers:?}");
}
