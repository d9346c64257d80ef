//! A wholesaler's own domains: how one is wanted, proven, named in links and taken away, at the office and at the console;
//! and whose it is when several want it.

use http::StatusCode;
use serde_json::{Value, json};
use tradecounter::values::domain::CHALLENGE_LABEL;

use crate::house::{Answer, Browser, DAN, House};
use crate::name_server::At;

pub const SHOP: &str = "shop.acme.example";

/// Wants a domain at the office of this owner; its id and what its record has to say.
pub async fn want(owner: &Browser, domain: &str) -> (String, String) {
    let added = owner.post("/api/v1/office/domains", json!({ "domain": domain })).await;
    assert_eq!(added.status, StatusCode::CREATED, "{added:?}");
    let text = |key: &str| added.value()[key].as_str().unwrap_or_default().to_owned();
    assert_eq!((text("state"), text("record_name")), ("waiting".to_owned(), format!("{CHALLENGE_LABEL}.{domain}")));
    (text("id"), text("record_value"))
}

/// Sets the record of a domain.
pub fn set_record(house: &House, domain: &str, value: &str) {
    house.dns.set(&format!("{CHALLENGE_LABEL}.{domain}"), At::text(value));
}

/// Has its record looked for; how it stands then.
pub async fn look(owner: &Browser, id: &str) -> Value {
    let looked = owner.post(&format!("/api/v1/office/domains/{id}/check"), json!({})).await;
    assert_eq!(looked.status, StatusCode::OK, "{looked:?}");
    looked.value()
}

/// Wants a domain and proves it; its id.
pub async fn have(house: &House, owner: &Browser, domain: &str) -> String {
    let (id, value) = want(owner, domain).await;
    set_record(house, domain, &value);
    assert_eq!(look(owner, &id).await["state"], "verified");
    id
}

/// Somebody at a host of this house.
pub fn at(house: &House, host: &str) -> Browser {
    Browser::facing_host(house.at, host)
}

async fn standing(owner: &Browser) -> Vec<(String, String, bool)> {
    let listed = owner.get("/api/v1/office/domains").await.value();
    let text = |item: &Value, key: &str| item[key].as_str().unwrap_or_default().to_owned();
    let items = listed["items"].as_array().expect("items").iter();
    items.map(|item| (text(item, "domain"), text(item, "state"), item["primary"] == true)).collect()
}

fn told(answer: &Answer) -> String {
    let value = answer.value();
    value["errors"][0]["detail"].as_str().or(value["detail"].as_str()).unwrap_or_default().to_owned()
}

#[tokio::test]
async fn an_owner_proves_a_domain_has_links_name_it_and_takes_it_away() {
    let house = House::open().await;
    let owner = house.staff("acme", "owner").await;
    let at_shop = at(&house, SHOP);
    let (id, value) = want(&owner, SHOP).await;
    assert!(value.starts_with("tradecounter-domain=") && value.len() == "tradecounter-domain=".len() + 32, "{value}");
    assert_eq!(at_shop.get("/").await.status, StatusCode::NOT_FOUND, "to want it is not to have it");
    assert_eq!((look(&owner, &id).await["state"].clone(), at_shop.get("/").await.status), (json!("waiting"), StatusCode::NOT_FOUND));
    let early = owner.send(http::Method::PUT, &format!("/api/v1/office/domains/{id}/primary"), &[], None).await;
    assert_eq!(early.status, StatusCode::CONFLICT, "{early:?}");
    set_record(&house, SHOP, &value);
    let looked = look(&owner, &id).await;
    assert_eq!((&looked["state"], &looked["answer"]), (&json!("verified"), &json!("found")));
    let door = at_shop.get("/").await;
    assert!(door.status == StatusCode::OK && door.text.contains("Acme Wholesale"), "{door:?}");
    assert_eq!(house.browser("acme").get("/").await.status, StatusCode::OK, "the subdomain stays");

    // Links and texts name the one that is chosen.
    let dan = house.customer("acme", DAN).await;
    let asks = async || {
        let asked = dan.post("/api/v1/registration-requests", json!({ "business_name": "Deli", "contact_name": "Dan" })).await;
        house.run_jobs().await;
        dan.delete("/api/v1/registration-requests/current").await;
        assert_eq!(asked.status, StatusCode::CREATED, "{asked:?}");
        house.sent_to("owner@acme.example")[0].clone()
    };
    assert!(asks().await.contains("http://acme.localhost:"), "not chosen yet");
    let chosen = owner.send(http::Method::PUT, &format!("/api/v1/office/domains/{id}/primary"), &[], None).await;
    assert_eq!((chosen.status, &chosen.value()["primary"]), (StatusCode::OK, &json!(true)), "{chosen:?}");
    assert!(asks().await.contains(&format!("http://{SHOP}:{}/office/registration-requests/", house.at.port())));
    assert_eq!(owner.delete(&format!("/api/v1/office/domains/{id}/primary")).await.status, StatusCode::NO_CONTENT);
    assert!(asks().await.contains("http://acme.localhost:"), "the subdomain again");

    owner.send(http::Method::PUT, &format!("/api/v1/office/domains/{id}/primary"), &[], None).await;
    assert_eq!(owner.delete(&format!("/api/v1/office/domains/{id}")).await.status, StatusCode::NO_CONTENT);
    assert_eq!(at_shop.get("/").await.status, StatusCode::NOT_FOUND);
    assert!(asks().await.contains("http://acme.localhost:"), "no link leads to what is gone");
    assert_eq!(standing(&owner).await, []);
    let events: Vec<(String, String)> =
        sqlx::query_as("select action, details->>'domain' from audit_events where action like 'domain.%' order by at, event_id")
            .fetch_all(&mut house.admin().await)
            .await
            .expect("events");
    let wanted = ["added", "verified", "made_primary", "primary_ended", "made_primary", "removed"];
    assert_eq!(events, wanted.map(|word| (format!("domain.{word}"), SHOP.to_owned())));
}

#[tokio::test]
async fn names_that_nobody_can_have_are_told_and_there_are_five_at_the_most() {
    let house = House::open().await;
    let owner = house.staff("acme", "owner").await;
    for (domain, words) in [
        ("", "characters"),
        ("localhost", "one word"),
        ("shop.localhost", "ours to give"),
        ("acme.localhost", "ours to give"),
        ("a.b.localhost", "ours to give"),
        ("203.0.113.9", "address of a machine"),
        ("2001:db8::1", "address of a machine"),
        ("co.uk", "Everybody’s"),
        ("shop.acme.example.", "dot at the end"),
        ("shop.acme.example:8080", "name alone"),
        ("https://shop.acme.example", "name alone"),
        ("*.acme.example", "many"),
        ("my_shop.acme.example", "letters, digits and hyphens"),
    ] {
        let refused = owner.post("/api/v1/office/domains", json!({ "domain": domain })).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{domain}: {refused:?}");
        assert!(told(&refused).contains(words), "{domain}: {refused:?}");
    }
    let form = owner.form("/office/domains", &[("domain", "https://Shop.example")]).await;
    assert_eq!(form.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(form.text.contains("value=\"https://Shop.example\"") && form.text.contains("name alone"), "{form:?}");
    for number in 1..=5 {
        want(&owner, &format!("shop{number}.acme.example")).await;
    }
    let again = owner.post("/api/v1/office/domains", json!({ "domain": "SHOP1.acme.example" })).await;
    assert_eq!((again.status, told(&again).contains("on the list")), (StatusCode::CONFLICT, true), "{again:?}");
    let sixth = owner.post("/api/v1/office/domains", json!({ "domain": "shop6.acme.example" })).await;
    assert_eq!((sixth.status, told(&sixth).contains("five")), (StatusCode::CONFLICT, true), "{sixth:?}");
    let page = owner.get("/office/domains").await;
    assert!(page.text.contains("There can be five domains at the most") && !page.text.contains("Add the domain"), "{page:?}");
}

#[tokio::test]
async fn of_two_who_want_a_domain_the_first_who_proves_it_has_it() {
    let house = House::open().await;
    let (acme, bravo) = (house.staff("acme", "owner").await, house.staff("bravo", "owner").await);
    let (of_acme, value_of_acme) = want(&acme, SHOP).await;
    let (of_bravo, value_of_bravo) = want(&bravo, SHOP).await;
    assert_ne!(value_of_acme, value_of_bravo);
    // What proves it for one proves nothing for the other.
    set_record(&house, SHOP, &value_of_bravo);
    assert_eq!(look(&acme, &of_acme).await["answer"], "other_record");
    house.dns.set(&format!("{CHALLENGE_LABEL}.{SHOP}"), At::Texts(vec![vec![value_of_acme.clone()], vec![value_of_bravo.clone()]]));
    assert_eq!(look(&acme, &of_acme).await["state"], "verified");
    let late = look(&bravo, &of_bravo).await;
    assert_eq!((&late["state"], &late["answer"]), (&json!("waiting"), &json!("taken")), "{late}");
    assert!(at(&house, SHOP).get("/").await.text.contains("Acme Wholesale"));
    let page = bravo.get("/office/domains").await.text;
    assert!(page.contains("another counter has proven this domain before"), "{page}");
    bravo.delete(&format!("/api/v1/office/domains/{of_bravo}")).await;
    let refused = bravo.post("/api/v1/office/domains", json!({ "domain": SHOP })).await;
    assert_eq!((refused.status, told(&refused).contains("Another counter")), (StatusCode::CONFLICT, true), "{refused:?}");
    // The one who has it lets it go: the record of the other is there still, and is looked for again.
    acme.delete(&format!("/api/v1/office/domains/{of_acme}")).await;
    assert_eq!(at(&house, SHOP).get("/").await.status, StatusCode::NOT_FOUND);
    let (of_bravo, value) = want(&bravo, SHOP).await;
    assert_ne!(value, value_of_bravo, "made anew");
    assert_eq!(look(&bravo, &of_bravo).await["state"], "waiting", "what was left in the zone proves nothing");
    set_record(&house, SHOP, &value);
    assert_eq!(look(&bravo, &of_bravo).await["state"], "verified");
    assert!(at(&house, SHOP).get("/").await.text.contains("Bravo Wholesale"));
    // Nor for who had it once, and whose record somebody sets again.
    let (of_acme, _) = (acme.post("/api/v1/office/domains", json!({ "domain": SHOP })).await, ());
    assert_eq!(of_acme.status, StatusCode::CONFLICT, "{of_acme:?}");
}

#[tokio::test]
async fn two_who_prove_a_domain_at_once_are_told_apart_by_the_database() {
    let house = House::open().await;
    let (acme, bravo) = (house.staff("acme", "owner").await, house.staff("bravo", "owner").await);
    let ((of_acme, one), (of_bravo, other)) = (want(&acme, SHOP).await, want(&bravo, SHOP).await);
    house.dns.set(&format!("{CHALLENGE_LABEL}.{SHOP}"), At::Texts(vec![vec![one], vec![other]]));
    let (one, other) = tokio::join!(look(&acme, &of_acme), look(&bravo, &of_bravo));
    let mut states = [one["state"].as_str().unwrap_or_default(), other["state"].as_str().unwrap_or_default()];
    states.sort_unstable();
    assert_eq!(states, ["verified", "waiting"]);
    let second = "update domains set state = 'verified' where state = 'waiting'";
    let refused = sqlx::query(second).execute(&mut house.admin().await).await.expect_err("the index holds as well");
    assert!(refused.to_string().contains("domains_verified"), "{refused}");
}

#[tokio::test]
async fn operators_do_the_same_at_the_console_and_it_stands_in_both_logs() {
    let house = House::open().await;
    let (operator, owner) = (house.operator("olga@platform.example").await, house.staff("acme", "owner").await);
    let acme = house.tenant("acme").await;
    let (page, api) = (format!("/tenants/{acme}/domains"), format!("/api/v1/tenants/{acme}/domains"));
    assert_eq!(operator.form(&page, &[("domain", SHOP)]).await.header("location"), page);
    let listed = operator.get(&api).await.value();
    let (id, value) = (listed["items"][0]["id"].as_str().expect("an id"), listed["items"][0]["record_value"].as_str().expect("a value"));
    let shown = operator.get(&page).await.text;
    assert!(shown.contains(value) && shown.contains(&format!("{CHALLENGE_LABEL}.{SHOP}")), "{shown}");
    assert!(owner.get("/office/domains").await.text.contains(value), "the owner sees the same");
    set_record(&house, SHOP, value);
    assert_eq!(operator.form(&format!("{page}/{id}/check"), &[]).await.header("location"), page);
    assert_eq!(operator.form(&format!("{page}/{id}/primary"), &[]).await.header("location"), page);
    assert_eq!(standing(&owner).await, [(SHOP.to_owned(), "verified".to_owned(), true)]);
    let history = operator.get(&format!("/tenants/{acme}")).await.text;
    assert!(history.contains("Had links and texts name shop.acme.example") && history.contains("Proved that the domain"), "{history}");
    // A domain is its tenant's: under another one's address it is not there.
    let bravo = house.tenant("bravo").await;
    let elsewhere = operator.delete(&format!("/api/v1/tenants/{bravo}/domains/{id}")).await;
    assert_eq!(elsewhere.status, StatusCode::NOT_FOUND, "{elsewhere:?}");
    assert_eq!(operator.delete(&format!("{api}/{id}")).await.status, StatusCode::NO_CONTENT);
    let both: Vec<(String, String, String)> = sqlx::query_as(
        "select a.action, a.actor_kind, o.actor_name from audit_events a join operator_events o on o.action = a.action and o.at = a.at
          where a.action like 'domain.%' order by a.at, a.event_id",
    )
    .fetch_all(&mut house.admin().await)
    .await
    .expect("events");
    let wanted = ["added", "verified", "made_primary", "removed"];
    assert_eq!(both, wanted.map(|word| (format!("domain.{word}"), "operator".to_owned(), "Olga".to_owned())));
    let nobody = operator.post(&format!("/api/v1/tenants/{}/domains", uuid::Uuid::now_v7()), json!({ "domain": SHOP })).await;
    assert_eq!(nobody.status, StatusCode::NOT_FOUND, "{nobody:?}");
}

#[tokio::test]
async fn looking_by_hand_has_its_measure() {
    let house = House::open_with(|config| config.limits.domain_checks.burst = 3.0).await;
    let (owner, other) = (house.staff("acme", "owner").await, house.staff("bravo", "owner").await);
    let (id, _) = want(&owner, SHOP).await;
    for _ in 0..2 {
        look(&owner, &id).await;
    }
    let asked = house.dns.asked();
    let page = owner.form(&format!("/office/domains/{id}/check"), &[]).await;
    assert!(page.status == StatusCode::TOO_MANY_REQUESTS && page.text.contains("You can try again"), "{page:?}");
    assert!(!page.header("retry-after").is_empty(), "{page:?}");
    let refused = owner.post(&format!("/api/v1/office/domains/{id}/check"), json!({})).await;
    assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS, "{refused:?}");
    let more = owner.post("/api/v1/office/domains", json!({ "domain": "more.acme.example" })).await;
    assert_eq!(more.status, StatusCode::TOO_MANY_REQUESTS, "{more:?}");
    assert_eq!(house.dns.asked(), asked, "nobody was asked");
    want(&other, "shop.bravo.example").await;
    house.wait(chrono::Duration::hours(1));
    look(&owner, &id).await;
}

#[tokio::test]
async fn a_manager_sees_no_domains_and_a_suspended_counter_keeps_what_it_has() {
    let house = House::open().await;
    let (owner, manager) = (house.staff("acme", "owner").await, house.staff("acme", "manager").await);
    have(&house, &owner, SHOP).await;
    assert_eq!(manager.get("/office/domains").await.status, StatusCode::FORBIDDEN);
    assert!(!manager.get("/office/settings").await.text.contains("/office/domains"));
    assert!(owner.get("/office/settings").await.text.contains("/office/domains"));
    house.change("update tenants set status = 'suspended', before_suspension = 'active' where slug = 'acme'").await;
    house.app.house.tenants.forget_all();
    let page = owner.get("/office/domains").await;
    assert!(page.status == StatusCode::OK && page.text.contains(SHOP) && !page.text.contains("Check now"), "{page:?}");
    let shut = at(&house, SHOP).get("/").await;
    assert!(shut.status == StatusCode::FORBIDDEN && shut.text.contains("closed at the moment"), "{shut:?}");
}
