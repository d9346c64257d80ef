//! The gateways on an operator's desk: in their order, with what this process knows of each.

use chrono::TimeDelta;
use serde_json::json;
use tradecounter::messages::sms::GatewayName;

use crate::counterparts::{Doing, Listener, acceptance};
use crate::house::House;
use crate::operators::OLGA;
use crate::pages::snapshot;

#[tokio::test]
async fn an_operator_sees_which_gateway_works_and_which_is_left_alone() {
    let (first, second) = (Listener::start(Doing::say(401, "")).await, Listener::start(acceptance(GatewayName::Vonage)).await);
    let house = House::open_with(|config| {
        config.sms.gateways = vec![GatewayName::Twilio, GatewayName::Vonage, GatewayName::Inbox];
        first.stands_in(&mut config.sms, GatewayName::Twilio);
        second.stands_in(&mut config.sms, GatewayName::Vonage);
    })
    .await;
    let operator = house.operator(OLGA).await;
    snapshot("console_gateways-index_nothing", &operator.get("/gateways").await);
    for number in 0..6 {
        house.browser("acme").post("/api/v1/codes", json!({ "phone": format!("+44740012330{number}") })).await;
    }
    house.run_jobs().await;
    let page = operator.get("/gateways").await;
    snapshot("console_gateways-index", &page);
    assert!(page.text.contains("Not tried until ") && page.text.contains("it refuses our credentials"), "{}", page.text);
    assert!(page.text.contains("0 accepted, 5 not") && page.text.contains("6 accepted, 0 not"), "{}", page.text);
    assert!(!page.text.contains("4740012330"), "no number");

    house.wait(TimeDelta::seconds(31));
    assert!(operator.get("/gateways").await.text.contains("Tried with the next text"));
    first.does(acceptance(GatewayName::Twilio));
    house.browser("acme").post("/api/v1/codes", json!({ "phone": "+447400123309" })).await;
    house.run_jobs().await;
    let page = operator.get("/gateways").await.text;
    assert!(!page.contains("Not tried") && page.contains("1 accepted, 5 not"), "{page}");
}
