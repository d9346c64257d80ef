//! The link in news by e-mail: it ends them for one account's mailbox, whoever follows it, and does nothing else.

use http::{Method, StatusCode};
use serde_json::json;

use crate::browser::Answer;
use crate::house::{ADA, Browser, CAT, House};
use crate::orders::order;
use crate::pages::snapshot;
use crate::secrecy;

const TO: &str = "ada@shop.example";
const STANDS: &str = "select concat_ws(' ', order_news, order_email, news_ended_at is not null, news_ended_why) from trade_accounts where account_number = 'A-1'";

/// A house in which Ada's account wants news of its orders by e-mail, with goods to order.
pub async fn house_with_news() -> House {
    let house = House::open().await;
    house.goods("acme").await;
    house.change(&format!("update trade_accounts set order_news = 'email', order_email = '{TO}' where account_number = 'A-1'")).await;
    house
}

/// The path of the link in the newest letter, after an order.
async fn link(house: &House) -> String {
    let ada = house.customer("acme", ADA).await;
    order(&ada, "one", json!([{ "sku": "TEA-1", "quantity": 1 }])).await;
    house.run_jobs().await;
    let letter = house.sent_to(TO).first().cloned().expect("a letter");
    let path = letter.lines().find_map(|line| line.split_once("/unsubscriptions/")).map(|(_, token)| token.to_owned()).expect("a link");
    secrecy::hold(&path);
    format!("/unsubscriptions/{path}")
}

/// What a mail program sends in its reader's name (RFC 8058 §3.1).
async fn one_click(browser: &Browser, path: &str) -> Answer {
    let form = ("application/x-www-form-urlencoded", "List-Unsubscribe=One-Click".to_owned());
    let from_elsewhere = [("origin", "https://mail.example"), ("sec-fetch-site", "cross-site")];
    browser.send(Method::POST, path, &from_elsewhere, Some(form)).await
}

#[tokio::test]
async fn one_click_ends_the_news_once_and_the_office_is_told() {
    let house = house_with_news().await;
    let path = link(&house).await;
    let reader = house.browser("acme");
    let page = reader.get(&path).await;
    snapshot("unsubscriptions-show", &page);
    assert!(!page.text.contains(TO) && !page.text.contains("Shop A-1"), "whoever has the link learns nothing: {page:?}");
    assert_eq!(house.value::<String>(STANDS).await, format!("email {TO} f "), "mail scanners open links");
    for try_ in ["the first", "the second"] {
        let ended = one_click(&reader, &path).await;
        assert_eq!((ended.status, ended.header("set-cookie")), (StatusCode::OK, ""), "{try_}: {ended:?}");
        assert_eq!(house.value::<String>(STANDS).await, format!("none {TO} t they unsubscribed"), "{try_}");
    }
    snapshot("unsubscriptions-show_ended", &reader.get(&path).await);
    let logged = "select count(*) from audit_events where action = 'account.news_ended'";
    assert_eq!(house.value::<i64>(logged).await, 1, "said once");
    let sent = house.sent_to(TO).len();
    house.wait(chrono::Duration::seconds(31));
    order(&house.customer("acme", ADA).await, "two", json!([{ "sku": "TEA-1", "quantity": 1 }])).await;
    house.run_jobs().await;
    assert_eq!(house.sent_to(TO).len(), sent, "and nothing more is sent");
    assert_eq!(house.value::<i64>("select count(*) from trade_accounts where order_news = 'none'").await, 1, "of nobody else");

    let owner = house.staff("acme", "owner").await;
    let account: uuid::Uuid = house.value("select account_id from trade_accounts where account_number = 'A-1'").await;
    let at = format!("/office/accounts/{account}");
    let shown = owner.get(&at).await;
    snapshot("office_accounts-show_news_ended", &shown);
    assert!(shown.text.contains("E-mail about their orders ended on") && shown.text.contains("they unsubscribed"), "{shown:?}");
    let api = format!("/api/v1{at}");
    assert_eq!(owner.get(&api).await.value()["news_ended_why"], "they unsubscribed");
    assert!(owner.get("/office/audit").await.text.contains("Ended e-mail about the orders of account A-1: they unsubscribed"));
    let again = owner.json(Method::PATCH, &api, json!({ "order_news": "email" })).await;
    assert_eq!((again.status, &again.value()["news_ended_why"]), (StatusCode::OK, &json!(null)), "{again:?}");
    assert_eq!(house.value::<String>(STANDS).await, format!("email {TO} f "));
    assert_eq!(one_click(&reader, &path).await.status, StatusCode::OK, "the link is good for good");
    assert_eq!(house.value::<String>(STANDS).await, format!("none {TO} t they unsubscribed"));
}

#[tokio::test]
async fn a_link_is_good_for_one_mailbox_of_one_account_at_one_wholesaler() {
    let house = house_with_news().await;
    let path = link(&house).await;
    let token = path.rsplit('/').next().expect("a token").to_owned();
    let (acme, bravo) = (house.browser("acme"), house.browser("bravo"));
    let changed = |at: usize| {
        let mut bytes = token.clone().into_bytes();
        bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
        String::from_utf8(bytes).expect("letters")
    };
    // The version of the key, the account, the proof.
    let mut wrong = vec!["x".to_owned(), "A".repeat(token.len()), token[..token.len() - 2].to_owned(), format!("{token}AA")];
    wrong.extend([0, 1, 4, 20, 30, token.len() - 2].map(changed));
    let elsewhere = house.value::<uuid::Uuid>("select account_id from trade_accounts where account_number = 'A-2'").await;
    house.change(&format!("update trade_accounts set order_news = 'email', order_email = '{TO}' where account_id = '{elsewhere}'")).await;
    for token in &wrong {
        let path = format!("/unsubscriptions/{token}");
        for answer in [acme.get(&path).await, one_click(&acme, &path).await] {
            assert_eq!(answer.status, StatusCode::NOT_FOUND, "{token}: {answer:?}");
        }
    }
    for answer in [bravo.get(&path).await, one_click(&bravo, &path).await] {
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "at another wholesaler: {answer:?}");
    }
    let on = "select count(*) from trade_accounts where order_news = 'email'";
    assert_eq!(house.value::<i64>(on).await, 2, "nothing was ended");
    house.change("update trade_accounts set order_email = 'other@shop.example' where account_number = 'A-1'").await;
    assert_eq!(one_click(&acme, &path).await.status, StatusCode::NOT_FOUND, "the mailbox is another one");
    house.change(&format!("update trade_accounts set order_news = 'text', order_email = '{TO}' where account_number = 'A-1'")).await;
    assert_eq!(one_click(&acme, &path).await.status, StatusCode::OK);
    assert_eq!(house.value::<String>(STANDS).await, format!("text {TO} f "), "news by text is not the letter's to end");
    house.change("update trade_accounts set order_news = 'email' where account_number = 'A-1'").await;
    house.change("update tenants set status = 'suspended', before_suspension = 'active' where slug = 'acme'").await;
    house.app.house.tenants.forget_all();
    assert_eq!(one_click(&acme, &path).await.status, StatusCode::OK, "also while the counter is shut");
    assert_eq!(house.value::<i64>(on).await, 1);
    house.change("update tenants set status = 'active', before_suspension = null where slug = 'acme'").await;
    house.app.house.tenants.forget_all();
    assert!(!secrecy::log().contains(&token), "a link that is good for something stands in no log");
}

#[tokio::test]
async fn only_news_can_be_ended() {
    let house = House::open().await;
    house.goods("acme").await;
    let cat = house.customer("acme", CAT).await;
    order(&cat, "one", json!([{ "sku": "TEA-1", "quantity": 1 }])).await;
    let owner = house.staff("acme", "owner").await;
    owner.post("/api/v1/office/invitations", json!({ "name": "Ivy", "email": "ivy@acme.example", "role": "sales" })).await;
    house.run_jobs().await;
    for message in house.app.inbox.as_ref().expect("an inbox").list(None) {
        assert!(!message.text.contains("unsubscriptions"), "{message:?}");
    }
}
