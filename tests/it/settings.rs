//! What a wholesaler sets for itself: who may, what is refused and said, who comes second, and what the counter shows.

pub mod pictures;

use std::time::Duration;

use http::{Method, StatusCode};
use serde_json::{Value, json};
use tradecounter::db::listen::{Told, listen};

use crate::furniture::{Seat, code};
use crate::house::{Browser, House};

const SETTINGS: &str = "/api/v1/office/settings";

/// The page's form as it stands, with these fields otherwise.
async fn filled(browser: &Browser, other: &[(&str, &str)]) -> Vec<(String, String)> {
    let page = browser.get("/office/settings").await.text;
    let now = browser.get(SETTINGS).await.value();
    let version = page.split("name=\"version\" value=\"").nth(1).expect("a version").split('"').next().expect("its end").to_owned();
    let mut fields = vec![("version".to_owned(), version)];
    let names = ["business_name", "brand_colour", "second_colour", "contact_email", "contact_phone", "contact_address"];
    for name in names.into_iter().chain(["opening_text", "country", "time_zone", "prices_shown"]) {
        fields.push((name.to_owned(), now[name].as_str().expect(name).to_owned()));
    }
    for name in ["brand_colour", "second_colour"] {
        let shown = now[name].as_str().expect(name);
        fields.push((format!("{name}_shown"), shown.to_owned()));
        fields.push((format!("{name}_picked"), if shown.is_empty() { "#1d1c1a".to_owned() } else { shown.to_owned() }));
    }
    for (name, value) in other {
        fields.iter_mut().find(|(known, _)| known == name).expect(name).1 = (*value).to_owned();
    }
    fields
}

async fn save(browser: &Browser, fields: &[(String, String)]) -> crate::house::Answer {
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    browser.form("/office/settings", &fields).await
}

async fn patch(browser: &Browser, body: Value) -> crate::house::Answer {
    browser.json(Method::PATCH, SETTINGS, body).await
}

#[tokio::test]
async fn what_is_saved_is_on_the_counter_and_in_the_audit_log() {
    let house = House::open().await;
    let owner = house.staff("acme", "owner").await;
    let counter = house.browser("acme");
    let old_style = style_of(&counter).await;
    let fields = filled(
        &owner,
        &[
            ("business_name", "Acme & Daughters"),
            ("brand_colour", "#FFD54A"),
            ("second_colour", "#1e3a8a"),
            ("contact_email", "Hello@acme.example"),
            ("contact_phone", "020 7946 0018"),
            ("contact_address", "1 Dock Road\r\nHull"),
            ("opening_text", "Since 1987 <b>"),
            ("time_zone", "Europe/Dublin"),
            ("prices_shown", "all"),
        ],
    )
    .await;
    let saved = save(&owner, &fields).await;
    assert_eq!((saved.status, saved.header("location")), (StatusCode::SEE_OTHER, "/office/settings?done=saved"), "{saved:?}");
    let page = owner.get("/office/settings?done=saved").await.text;
    assert!(page.contains("Your counter shows it now") && page.contains("020 7946 0018") && page.contains("too light for white text"));
    let front = counter.get("/").await.text;
    for shown in ["Acme &#38; Daughters", "tel:+442079460018", "hello@acme.example", "1 Dock Road\nHull", "Since 1987 &#60;b&#62;"] {
        assert!(front.contains(shown), "{shown}: {front}");
    }
    let (href, css) = style_of(&counter).await;
    assert!(
        href != old_style.0 && css == ":root{--brand:#ffd54a;--on-brand:#1d1c1a;--rim:var(--edge);--second:#1e3a8a;--on-second:#ffffff}",
        "{css}"
    );
    let row: String = house.value("select time_zone || ' ' || prices_shown from tenants where slug = 'acme'").await;
    assert_eq!(row, "Europe/Dublin all");
    let event = "select details::text from audit_events where action = 'settings.changed' and actor_name = 'owner of acme'";
    let event: Value = serde_json::from_str(&house.value::<String>(event).await).expect("JSON");
    let changes = event["changes"].as_array().expect("changes");
    assert!(changes.contains(&json!({ "what": "business name", "before": "Acme Wholesale", "after": "Acme & Daughters" })), "{changes:?}");
    assert_eq!(changes.len(), 9, "{changes:?}");
    // Saved once more, nothing has changed and nothing is written.
    save(&owner, &filled(&owner, &[]).await).await;
    assert_eq!(house.value::<i64>("select count(*) from audit_events where action = 'settings.changed'").await, 1);
    assert_eq!(house.value::<String>("select business_name from tenants where slug = 'bravo'").await, "Bravo Wholesale");
}

/// The address of a counter's colours, and what is there.
async fn style_of(counter: &Browser) -> (String, String) {
    let front = counter.get("/").await.text;
    let href = front.split("href=\"/brand.css").nth(1).expect("its colours").split('"').next().expect("an end").to_owned();
    let css = counter.get(&format!("/brand.css{href}")).await;
    assert!(css.header("cache-control").contains("immutable"), "{css:?}");
    (href, css.text)
}

#[tokio::test]
async fn a_colour_on_which_nothing_can_be_read_is_corrected_and_the_page_says_so() {
    let house = House::open().await;
    let owner = house.staff("acme", "owner").await;
    let saved = save(&owner, &filled(&owner, &[("brand_colour", "#808080"), ("second_colour", "7b7b7b")]).await).await;
    assert_eq!(saved.header("location"), "/office/settings?done=saved&brand_colour=%23808080&second_colour=%237b7b7b");
    let page = owner.get(saved.header("location")).await.text;
    for said in ["#808080 was too light for white text and too dark", "So we took #848484", "So we took #767676", "fill=\"#848484\""] {
        assert!(page.contains(said), "{said}: {page}");
    }
    assert_eq!(house.value::<String>("select brand_colour || second_colour from tenants where slug = 'acme'").await, "#848484#767676");
    let made_up = owner.get("/office/settings?done=saved&brand_colour=%237a7a7a&second_colour=%22%3E%3Cscript%3E").await.text;
    assert!(!made_up.contains("So we took") && !made_up.contains("\"><script"), "an address says nothing that is not so");
    let answer = patch(&owner, json!({ "brand_colour": "#808080" })).await.value();
    assert_eq!((&answer["brand_colour"], &answer["corrections"][0]["wanted"]), (&json!("#848484"), &json!("#808080")), "{answer}");
    let none = patch(&owner, json!({ "second_colour": "" })).await.value();
    assert_eq!((&none["second_colour"], &none["corrections"]), (&json!(""), &json!([])));
    assert!(!style_of(&house.browser("acme")).await.1.contains("--second"));
}

#[tokio::test]
async fn the_colour_picker_works_without_a_script_and_the_text_goes_before_it() {
    let house = House::open().await;
    let owner = house.staff("acme", "owner").await;
    for (typed, picked, taken) in [
        ("#14532d", "#1e3a8a", "#1e3a8a"),
        ("#7a1f1f", "#0a0a0a", "#7a1f1f"),
        ("#111111", "#7a1f1f", "#111111"),
        ("#111111", "#111111", "#111111"),
    ] {
        save(&owner, &filled(&owner, &[("brand_colour", typed), ("brand_colour_picked", picked)]).await).await;
        assert_eq!(owner.get(SETTINGS).await.value()["brand_colour"], taken, "{typed} {picked}");
    }
    assert_eq!(owner.get(SETTINGS).await.value()["second_colour"], "", "the picker's black is nobody's wish");
    save(&owner, &filled(&owner, &[("second_colour_picked", "#1e3a8a")]).await).await;
    assert_eq!(owner.get(SETTINGS).await.value()["second_colour"], "#1e3a8a");
}

#[tokio::test]
async fn what_is_wrong_is_said_beside_it_and_what_was_typed_is_kept() {
    let house = House::open().await;
    let owner = house.staff("acme", "owner").await;
    for (field, value) in [
        ("business_name", "  "),
        ("business_name", "\u{202e}emca"),
        ("brand_colour", "red"),
        ("brand_colour", "#fff;}body{display:none"),
        ("second_colour", "#12345"),
        ("contact_email", "nobody"),
        ("contact_phone", "020 79"),
        ("contact_phone", "020 7946 0018 x9"),
        ("country", "KP"),
        ("time_zone", "Mars/Olympus"),
        ("prices_shown", "some"),
    ] {
        let mut fields = filled(&owner, &[("contact_address", "3 Kept Street"), (field, value)]).await;
        fields.retain(|(name, _)| name != "brand_colour_picked" && name != "second_colour_picked");
        let refused = save(&owner, &fields).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{field} {value}: {refused:?}");
        assert!(refused.text.contains("3 Kept Street") && refused.text.contains(&format!("<a href=\"#{field}\">")), "{field}: {refused:?}");
        assert!(refused.text.contains(&format!("id=\"{field}-error\"")), "{field}: {refused:?}");
        let mut body = json!({});
        body[field] = json!(value);
        let refused = patch(&owner, body).await;
        assert_eq!(
            (refused.status, &refused.value()["errors"][0]["field"]),
            (StatusCode::UNPROCESSABLE_ENTITY, &json!(field)),
            "{refused:?}"
        );
    }
    let long = patch(&owner, json!({ "opening_text": "x".repeat(601) })).await;
    assert_eq!(long.status, StatusCode::UNPROCESSABLE_ENTITY, "{long:?}");
    let unknown = patch(&owner, json!({ "slug": "bravo", "status": "suspended", "currency": "XXX" })).await;
    assert_eq!((unknown.status, unknown.value()["errors"].as_array().map(Vec::len)), (StatusCode::UNPROCESSABLE_ENTITY, Some(3)));
    assert_eq!(house.value::<i64>("select count(*) from audit_events").await, 0, "nothing was changed by any of it");
}

#[tokio::test]
async fn another_country_brings_its_money_its_zones_and_its_codes() {
    let house = House::open().await;
    house.change("update tenants set contact_phone = '+44 20 7946 0107' where slug = 'acme'").await;
    let owner = house.staff("acme", "owner").await;
    let moved = patch(&owner, json!({ "country": "DE", "time_zone": "Europe/Berlin" })).await.value();
    assert_eq!((&moved["currency"], &moved["contact_phone"]), (&json!("EUR"), &json!("+44 20 7946 0107")));
    assert_eq!(house.value::<Vec<String>>("select sms_countries from tenants where slug = 'acme'").await, ["GB", "FR", "DE"]);
    let page = owner.get("/office/settings").await.text;
    let here = page.split("In your country").nth(1).expect("zones").split("</optgroup>").next().expect("their end");
    assert!(here.contains("<option value=\"Europe/Berlin\" selected>") && here.matches("<option").count() == 1, "{here}");
    assert!(page.contains("Your prices are in EUR") && page.contains("<option value=\"America/New_York\">America/New York</option>"));
}

#[tokio::test]
async fn money_stays_what_it_is_once_somebody_has_ordered() {
    let house = House::open().await;
    let owner = house.staff("acme", "owner").await;
    house
        .change(
            "insert into orders (tenant_id, order_id, account_id, number, status, status_since, placed_at, placed_by_kind, currency,
                                 vat_rounding, tax_country, net_minor, tax_minor)
             select tenant_id, gen_random_uuid(), account_id, 'AC-222-333', 'submitted', now(), now(), 'customer', 'GBP', 'line', 'GB', 0, 0
               from trade_accounts join tenants t on t.id = tenant_id where t.slug = 'acme' limit 1",
        )
        .await;
    let refused = patch(&owner, json!({ "country": "DE", "business_name": "Acme GmbH" })).await;
    assert_eq!(
        (refused.status, &refused.value()["errors"][0]["field"]),
        (StatusCode::UNPROCESSABLE_ENTITY, &json!("country")),
        "{refused:?}"
    );
    assert_eq!(
        house.value::<String>("select country || currency || business_name from tenants where slug = 'acme'").await,
        "GBGBPAcme Wholesale"
    );
    assert_eq!(patch(&owner, json!({ "business_name": "Acme Ltd" })).await.status, StatusCode::OK, "all else can change");
}

#[tokio::test]
async fn whoever_saves_second_is_told_what_the_first_has_saved() {
    let house = House::open().await;
    let (owner, manager) = (house.staff("acme", "owner").await, house.staff("acme", "manager").await);
    let theirs = filled(&manager, &[("opening_text", "Closed on Mondays"), ("contact_email", "one@acme.example")]).await;
    let mine = filled(&owner, &[("opening_text", "Open every day")]).await;
    let (first, _) = tokio::join!(save(&manager, &theirs), owner.get("/office/settings"));
    assert_eq!(first.status, StatusCode::SEE_OTHER, "{first:?}");
    let told = save(&owner, &mine).await;
    assert_eq!(told.status, StatusCode::CONFLICT, "{told:?}");
    for said in ["manager of acme saved other settings", "Closed on Mondays", "one@acme.example", "Open every day"] {
        assert!(told.text.contains(said), "{said}: {told:?}");
    }
    let standing: String = house.value("select opening_text from tenants where slug = 'acme'").await;
    assert_eq!(standing, "Closed on Mondays", "nothing of theirs is lost unseen");
    let version = told.text.split("name=\"version\" value=\"").nth(1).expect("a version").split('"').next().expect("its end").to_owned();
    let mut mine = mine;
    mine[0].1 = version;
    assert_eq!(save(&owner, &mine).await.status, StatusCode::SEE_OTHER, "sent once more, the last one wins");
    assert_eq!(house.value::<String>("select opening_text || contact_email from tenants where slug = 'acme'").await, "Open every day");

    let version = owner.get(SETTINGS).await.value()["version"].as_str().expect("a version").to_owned();
    let change = |text: &str| json!({ "opening_text": text, "version": version });
    let (one, other) = tokio::join!(patch(&owner, change("one")), patch(&manager, change("other")));
    let mut statuses = [one.status.as_u16(), other.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 409], "{one:?} {other:?}");
}

#[tokio::test]
async fn settings_are_for_owners_and_managers() {
    let house = House::open().await;
    for (role, status) in [("owner", 200), ("manager", 200), ("sales", 403), ("picker", 403)] {
        let browser = house.staff("acme", role).await;
        for path in ["/office/settings", SETTINGS] {
            assert_eq!(browser.get(path).await.status.as_u16(), status, "{role} {path}");
        }
        assert_eq!(patch(&browser, json!({ "opening_text": role })).await.status.as_u16(), status, "{role}");
        let put = browser.send_bytes(Method::PUT, "/api/v1/office/settings/logo", "image/png", pictures::png(40, 20)).await;
        assert_eq!(put.status.as_u16(), if status == 200 { 204 } else { status }, "{role}: {put:?}");
        let shown = browser.get("/office").await.text.contains("href=\"/office/settings\"");
        assert_eq!(shown, status == 200, "{role} sees the way to the settings");
    }
}

#[tokio::test]
async fn another_process_shows_the_new_settings_and_the_new_logo() {
    let house = House::open().await;
    let beside = house.beside().await;
    let tenants = beside.app.house.clone();
    let listening = tokio::spawn(listen(house.address.clone(), move |told| {
        if let Told::TenantChanged(slug) = told {
            let house = tenants.clone();
            tokio::spawn(async move { house.tenants.forget(&slug).await });
        }
    }));
    let there = beside.browser("acme");
    assert!(there.get("/").await.text.contains("Acme Wholesale"), "it knows the old name now");
    let owner = house.staff("acme", "owner").await;
    let mut shown = String::new();
    // Until the other process listens, what is told is not heard: it is said anew each time.
    for round in 0..200 {
        assert_eq!(patch(&owner, json!({ "business_name": format!("Acme {round}") })).await.status, StatusCode::OK);
        tokio::time::sleep(Duration::from_millis(50)).await;
        shown = there.get("/").await.text;
        if !shown.contains("Acme Wholesale") {
            break;
        }
    }
    assert!(!shown.contains("Acme Wholesale"), "{shown}");
    let before = style_of(&there).await.0;
    let put = owner.send_bytes(Method::PUT, "/api/v1/office/settings/logo", "image/png", pictures::png(40, 20)).await;
    assert_eq!(put.status, StatusCode::NO_CONTENT, "{put:?}");
    let mut front = there.get("/").await.text;
    while !front.contains("/logos/acme") {
        tokio::time::sleep(Duration::from_millis(20)).await;
        front = there.get("/").await.text;
    }
    assert_ne!(style_of(&there).await.0, before);
    listening.abort();
}

#[tokio::test]
async fn an_office_changes_no_other_wholesalers_row_even_in_sql_of_its_own() {
    let house = House::open().await;
    let (acme, bravo) = (house.tenant("acme").await, house.tenant("bravo").await);
    let mut seat = Seat::unset(&house, "tc_office").await;
    let settings = format!("set local app.tenant_id = '{acme}'");
    for (sql, rows) in [
        ("update tenants set business_name = 'Owned'".to_owned(), 1),
        (format!("update tenants set business_name = 'Owned' where id = '{bravo}'"), 0),
        (format!("update tenants set logo = null where id in ('{acme}', '{bravo}')"), 1),
        (format!("select 1 from tenants where id = '{bravo}'"), 0),
        ("select 1 from tenants".to_owned(), 1),
        ("select 1 from tenants for update".to_owned(), 1),
    ] {
        assert_eq!(seat.run_under(&settings, &sql).await, Ok(rows), "{sql}");
    }
    for sql in [
        "update tenants set slug = 'owned'",
        "update tenants set status = 'active'",
        "update tenants set samples = 'gone'",
        "update tenants set created_at = now()",
        "update tenants set id = gen_random_uuid()",
        "select status from tenants",
        "delete from tenants",
        "truncate tenants",
    ] {
        assert_eq!(code(&seat.run_under(&settings, sql).await), "42501", "{sql}");
    }
    for (settings, expected) in [("", "42704"), ("set local app.tenant_id = ''", "22P02")] {
        let mut fresh = Seat::unset(&house, "tc_office").await;
        let outcome = fresh.run_under(settings, "update tenants set business_name = 'Owned'").await;
        assert_eq!(code(&outcome), expected, "{settings}: {outcome:?}");
    }
    for role in ["tc_identity", "tc_platform"] {
        assert_eq!(Seat::unset(&house, role).await.run("select 1 from tenants").await, Ok(2), "{role} sees who there is");
    }
}

#[tokio::test]
async fn the_checklist_ticks_what_is_done() {
    let house = House::open().await;
    house.change("update tenants set brand_colour = '#1f5f5b' where slug = 'acme'").await;
    let owner = house.staff("acme", "owner").await;
    let to_do = |text: &str| text.matches("(to do)").count();
    let list = owner.get("/office/getting-started").await.text;
    assert!(to_do(&list) == 3 && list.contains("href=\"/office/settings#logo-heading\""), "{list}");
    patch(&owner, json!({ "contact_phone": "020 7946 0018" })).await;
    patch(&owner, json!({ "second_colour": "#1e3a8a" })).await;
    owner.send_bytes(Method::PUT, "/api/v1/office/settings/logo", "image/png", pictures::png(40, 20)).await;
    let list = owner.get("/office/getting-started").await.text;
    assert!(to_do(&list) == 0 && list.contains("Your logo is up") && list.contains("Customers can reach you"), "{list}");
}
