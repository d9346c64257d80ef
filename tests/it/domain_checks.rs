//! What name servers say of a domain's record, in all the ways they can, and what follows: by hand and by itself.

use std::time::Duration;

use chrono::TimeDelta;
use hickory_proto::op::ResponseCode;
use serde_json::json;
use tradecounter::domains::checking::look_at_due;
use tradecounter::values::domain::CHALLENGE_LABEL;

use crate::domains::{SHOP, at, have, look, set_record, want};
use crate::house::{Browser, House};
use crate::name_server::At;

fn name() -> String {
    format!("{CHALLENGE_LABEL}.{SHOP}")
}

/// How a domain is answered for when this is at its record's name.
async fn answer(house: &House, owner: &Browser, id: &str, there: At) -> (String, String) {
    house.dns.set(&name(), there);
    let looked = look(owner, id).await;
    (looked["state"].as_str().unwrap_or_default().to_owned(), looked["answer"].as_str().unwrap_or_default().to_owned())
}

async fn passes(house: &House, days: i64) -> usize {
    let mut looks = 0;
    for _ in 0..days * 4 {
        house.wait(TimeDelta::hours(6));
        looks += look_at_due(&house.app.house).await.expect("looks");
    }
    looks
}

async fn state(owner: &Browser) -> String {
    owner.get("/api/v1/office/domains").await.value()["items"][0]["state"].as_str().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn every_answer_that_is_no_proof_is_told_apart() {
    let house = House::open_with(|config| config.limits.domain_checks.burst = 100.0).await;
    let owner = house.staff("acme", "owner").await;
    let (id, value) = want(&owner, SHOP).await;
    let token = value.split_once('=').expect("a token").1.to_owned();
    let others = ["v=spf1 -all".to_owned(), value.to_uppercase(), token, format!("{value}0"), String::new()];
    for (there, word, words) in [
        (At::Code(ResponseCode::NXDomain), "no_name", "There is no record of that name yet."),
        (At::Nothing, "no_record", "has no TXT record yet"),
        (At::Texts(others.into_iter().map(|text| vec![text]).collect()), "other_record", "says something else"),
        (At::Code(ResponseCode::ServFail), "refused", "answered with an error"),
        (At::Code(ResponseCode::Refused), "refused", "answered with an error"),
        (At::Silence, "no_answer", "No name server answered in time"),
        (At::Alias("nowhere.example".to_owned()), "no_name", "There is no record of that name yet."),
    ] {
        assert_eq!(answer(&house, &owner, &id, there).await, ("waiting".to_owned(), word.to_owned()));
        let page = owner.get("/office/domains").await.text;
        assert!(page.contains(words), "{word}: {page}");
    }
    assert_eq!(at(&house, SHOP).get("/").await.status, 404);
}

#[tokio::test]
async fn a_proof_is_found_however_it_is_kept() {
    let house = House::open_with(|config| config.limits.domain_checks.burst = 100.0).await;
    let owner = house.staff("acme", "owner").await;
    let much = |value: &str| {
        let mut texts: Vec<Vec<String>> = (0..40).map(|number| vec![format!("{number:02} {}", "x".repeat(90))]).collect();
        texts.push(vec![value.to_owned()]);
        texts
    };
    for kind in ["among others", "in pieces", "quoted", "elsewhere", "too much for a datagram", "slowly"] {
        let (id, value) = want(&owner, SHOP).await;
        let there = match kind {
            "among others" => {
                At::Texts(vec![vec!["v=spf1 -all".to_owned()], vec![value.clone()], vec!["tradecounter-domain=old".to_owned()]])
            }
            "in pieces" => At::Texts(vec![vec![value[..7].to_owned(), value[7..30].to_owned(), value[30..].to_owned()]]),
            "quoted" => At::text(&format!("\"{value}\" ")),
            "elsewhere" => {
                house.dns.set("proofs.dns.example", At::text(&value));
                At::Alias("proofs.dns.example".to_owned())
            }
            "too much for a datagram" => At::Texts(much(&value)),
            _ => At::Slowly(Duration::from_millis(300), Box::new(At::text(&value))),
        };
        let (_, by_tcp) = house.dns.asked();
        assert_eq!(answer(&house, &owner, &id, there).await, ("verified".to_owned(), "found".to_owned()), "{kind}");
        assert_eq!(house.dns.asked().1 > by_tcp, kind == "too much for a datagram", "{kind}");
        assert_eq!(owner.delete(&format!("/api/v1/office/domains/{id}")).await.status, 204);
    }
}

#[tokio::test]
async fn a_domain_is_looked_for_by_itself_for_a_week() {
    let house = House::open().await;
    let owner = house.staff("acme", "owner").await;
    let (_, value) = want(&owner, SHOP).await;
    assert_eq!(look_at_due(&house.app.house).await.expect("looks"), 0, "not at once");
    house.wait(TimeDelta::minutes(2));
    assert_eq!(look_at_due(&house.app.house).await.expect("looks"), 1);
    assert_eq!(state(&owner).await, "waiting");
    set_record(&house, SHOP, &value);
    house.wait(TimeDelta::minutes(5));
    assert_eq!(look_at_due(&house.app.house).await.expect("looks"), 1);
    assert_eq!((state(&owner).await.as_str(), at(&house, SHOP).get("/").await.status.as_u16()), ("verified", 200));

    let (other, _) = want(&owner, "late.acme.example").await;
    passes(&house, 8).await;
    let owner = house.staff("acme", "owner").await;
    let listed = owner.get("/api/v1/office/domains").await.value();
    assert_eq!((&listed["items"][1]["state"], &listed["items"][1]["next_check_at"]), (&json!("expired"), &json!(null)), "{listed}");
    let page = owner.get("/office/domains").await.text;
    assert!(page.contains("Expired") && page.contains("Its record was not found in a week."), "{page}");
    let value = listed["items"][1]["record_value"].as_str().expect("a value").to_owned();
    set_record(&house, "late.acme.example", &value);
    assert_eq!(look(&owner, &other).await["state"], "verified", "whoever looks by hand has it all the same");
}

#[tokio::test]
async fn a_record_that_goes_is_told_and_then_the_domain_is_lost() {
    let house = House::open().await;
    let owner = house.staff("acme", "owner").await;
    let id = have(&house, &owner, SHOP).await;
    owner.send(http::Method::PUT, &format!("/api/v1/office/domains/{id}/primary"), &[], None).await;
    house.dns.remove(&name());
    assert!(passes(&house, 1).await >= 1);
    let owner = house.staff("acme", "owner").await;
    assert!(owner.get("/office/domains").await.text.contains("Record missing"));
    let letters = async || {
        house.run_jobs().await;
        house.sent_to("owner@acme.example").into_iter().filter(|text| text.contains(SHOP)).collect::<Vec<_>>()
    };
    assert_eq!(letters().await.len(), 0, "not before a day");
    passes(&house, 2).await;
    let told = letters().await;
    assert!(told.len() == 1 && told[0].contains("stops leading to your counter") && told[0].contains(&name()), "{told:?}");
    assert_eq!(at(&house, SHOP).get("/").await.status, 200, "it still leads there");
    // The resolver fails for a week: nobody loses anything by that.
    house.dns.set(&name(), At::Code(ResponseCode::ServFail));
    passes(&house, 9).await;
    assert_eq!(at(&house, SHOP).get("/").await.status, 200);
    house.dns.remove(&name());
    passes(&house, 1).await;
    assert_eq!(at(&house, SHOP).get("/").await.status, 404);
    let told = letters().await;
    assert!(told.len() == 2 && told[0].contains("does not lead to the counter of Acme Wholesale any more"), "{told:?}");
    let owner = house.staff("acme", "owner").await;
    let listed = owner.get("/api/v1/office/domains").await.value();
    assert_eq!((&listed["items"][0]["state"], &listed["items"][0]["primary"]), (&json!("lost"), &json!(false)), "{listed}");
    assert_eq!(passes(&house, 3).await, 0, "nobody looks any more");
    // Somebody else may have it now, and does not lose it to who had it.
    let bravo = house.staff("bravo", "owner").await;
    have(&house, &bravo, SHOP).await;
    assert_eq!(look(&house.staff("acme", "owner").await, &id).await["state"], "lost");
    assert!(at(&house, SHOP).get("/").await.text.contains("Bravo Wholesale"));
}

#[tokio::test]
async fn several_processes_look_once_and_one_that_ends_meanwhile_leaves_it_to_the_next() {
    let house = House::open().await;
    let second = house.beside().await;
    let owner = house.staff("acme", "owner").await;
    for number in 1..=5 {
        want(&owner, &format!("shop{number}.acme.example")).await;
    }
    house.wait(TimeDelta::minutes(2));
    let (asked, _) = house.dns.asked();
    let (one, other) = tokio::join!(look_at_due(&house.app.house), look_at_due(&second.app.house));
    assert_eq!(one.expect("looks") + other.expect("looks"), 5);
    assert_eq!(house.dns.asked().0 - asked, 5, "each was asked about once");
    // A look that was begun and never ended: the domain is held for a while and then anybody's.
    house.change("update domains set next_check_at = now() + interval '2 minutes', answer = 'not_asked'").await;
    house.change(&format!("update domains set next_check_at = '{}'", (house.clock.now() + TimeDelta::minutes(2)).to_rfc3339())).await;
    assert_eq!(look_at_due(&second.app.house).await.expect("looks"), 0);
    house.wait(TimeDelta::minutes(3));
    assert_eq!(look_at_due(&second.app.house).await.expect("looks"), 5);
}
