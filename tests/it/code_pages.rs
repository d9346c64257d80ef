//! What the pages say of a code: whether one was sent, when the next may be asked for, and what to do when it is no use.

use chrono::TimeDelta;
use futures_util::future::join;
use http::StatusCode;
use serde_json::json;
use tradecounter::challenges;

use crate::house::{ADA, CAT, House};

const MAIL: &str = "owner@acme.example";

#[tokio::test]
async fn both_taps_of_a_double_tap_have_the_one_code_that_is_sent() {
    let house = House::open().await;
    let (customer, office) = (house.browser("acme"), house.browser("acme"));
    assert_eq!(customer.get("/").await.header("cache-control"), "private, no-store");
    office.get("/office/sign-in").await;
    let (phone, email) = ([("phone", ADA)], [("email", MAIL)]);
    join(customer.form("/codes", &phone), customer.form("/codes", &phone)).await;
    join(office.form("/office/codes", &email), office.form("/office/codes", &email)).await;
    assert_eq!(house.value::<i64>("select count(*) from challenges").await, 2);
    let (code, mailed) = (house.code_for(ADA).await, house.code_for(MAIL).await);
    assert_eq!((house.sent_to(ADA).len(), house.sent_to(MAIL).len()), (1, 1));
    assert_eq!(customer.answer(ADA, &code).await.status, StatusCode::CREATED);
    let opened = office.form("/office/sessions", &[("email", MAIL), ("code", &mailed)]).await;
    assert_eq!((opened.status, opened.header("location")), (StatusCode::SEE_OTHER, "/office"));
}

#[tokio::test]
async fn one_browser_that_asks_for_several_addresses_can_answer_for_each() {
    let house = House::open().await;
    let browser = house.browser("acme");
    let (ada, cat) = (browser.ask(&house, ADA).await, browser.ask(&house, CAT).await);
    browser.post("/api/v1/office/codes", json!({ "email": MAIL })).await;
    let mailed = house.code_for(MAIL).await;
    assert_eq!(browser.answer(ADA, &ada).await.status, StatusCode::CREATED);
    assert_eq!(browser.answer(CAT, &cat).await.status, StatusCode::CREATED);
    let office = browser.post("/api/v1/office/sessions", json!({ "email": MAIL, "code": mailed })).await;
    assert_eq!(office.status, StatusCode::CREATED);
    browser.delete("/api/v1/sessions/current").await;
    assert!(browser.cookie("__Host-pending").is_none() && browser.cookie("__Host-session").is_none(), "nothing is left behind");
}

#[tokio::test]
async fn the_page_says_whether_a_code_was_sent_and_when_the_next_may_be_asked_for() {
    let house = House::open().await;
    for (office, field, address) in [("", "phone", ADA), ("/office", "email", MAIL)] {
        let (first, second) = (house.browser("acme"), house.browser("acme"));
        let (codes, code) = (format!("{office}/codes"), format!("{office}/code"));
        first.form(&codes, &[(field, address)]).await;
        let page = first.get(&code).await.text;
        assert!(page.contains("on its way") || page.contains("On its way"), "{page}");
        assert!(page.contains("You can ask for another in ") && !page.contains("no new one was sent"), "{page}");
        first.form(&codes, &[(field, address)]).await;
        let page = first.get(&code).await.text;
        assert!(page.contains("A code was asked for a moment ago, so no new one was sent. You can ask again in "), "{page}");
        if field == "phone" {
            second.form(&codes, &[(field, address)]).await;
            let page = second.get(&code).await.text;
            assert!(page.contains("no new one was sent") && !page.contains("n its way"), "{page}");
        }
        house.wait(TimeDelta::seconds(31));
        first.form(&codes, &[(field, address)]).await;
        let page = first.get(&code).await.text;
        assert!(page.contains("role=\"status\"") && page.contains("You can ask for another in "), "{page}");
        assert!(!page.contains("no new one was sent"), "{page}");
    }
}

#[tokio::test]
async fn a_code_that_was_guessed_at_five_times_is_said_to_be_no_use() {
    let house = House::open().await;
    let browser = house.browser("acme");
    let right: u32 = browser.ask(&house, ADA).await.parse().expect("digits");
    let mut page = String::new();
    for n in 1..=5 {
        assert!(!page.contains("Too many tries"), "{page}");
        let wrong = format!("{:06}", (right + n) % 1_000_000);
        page = browser.form("/sessions", &[("phone", ADA), ("code", &wrong)]).await.text;
    }
    assert!(page.contains("Too many tries with this code. Get a new one.") && page.contains("Send a new code"), "{page}");
    assert!(!page.contains("Check the newest message"), "{page}");
}

#[tokio::test]
async fn who_is_to_wait_is_told_why_and_until_when_and_whom_to_call() {
    let house = House::open_with(|config| {
        config.codes.sms_per_day = 1;
        config.codes.guesses_per_day = 1;
    })
    .await;
    house.change("update tenants set contact_phone = '01584 000000'").await;
    let browser = house.browser("acme");
    let right: u32 = browser.ask(&house, ADA).await.parse().expect("digits");
    let wrong = format!("{:06}", (right + 1) % 1_000_000);
    browser.form("/sessions", &[("phone", ADA), ("code", &wrong)]).await;
    let tried = browser.form("/sessions", &[("phone", ADA), ("code", &wrong)]).await;
    assert_eq!(tried.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(tried.text.contains("Too many tries. You can try again in about an hour."), "{tried:?}");
    house.wait(TimeDelta::seconds(31));
    let asked = browser.form("/codes", &[("phone", "07400 123001")]).await;
    assert_eq!(asked.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(asked.text.contains("Too many codes were asked for. You can try again in about 24 hours."), "{asked:?}");
    assert!(asked.text.contains("value=\"07400 123001\"") && !asked.text.contains("tries"), "{asked:?}");
    for page in [tried, asked] {
        assert!(page.text.contains("Talk to Acme Wholesale") && page.text.contains("01584 000000"), "{page:?}");
        assert!(!page.header("retry-after").is_empty());
    }
}

#[tokio::test]
async fn a_text_says_how_long_its_code_still_lives() {
    let house = House::open().await;
    let browser = house.browser("acme");
    let code = browser.ask(&house, ADA).await;
    assert!(house.sent_to(ADA)[0].contains("good for 5 minutes."));
    house.wait(TimeDelta::seconds(180));
    assert_eq!(browser.ask(&house, ADA).await, code);
    assert!(house.sent_to(ADA)[0].contains("good for 2 minutes."), "{:?}", house.sent_to(ADA));
    house.wait(TimeDelta::seconds(90));
    assert_ne!(browser.ask(&house, ADA).await, code, "what is about to end is not sent");
    assert!(house.sent_to(ADA)[0].contains("good for 5 minutes."));
}

#[tokio::test]
async fn what_has_ended_is_removed_however_much_it_is_and_waits_for_nobody() {
    let house = House::open().await;
    house
        .change(
            "insert into challenges (id, host, purpose, address, browser_hash, key_version, created_at, asked_at, expires_at)
             select gen_random_uuid(), 'acme.localhost', 'customer', '+447400123009', '\\x00', 1, now(), now(), now() - interval '2 days'
               from generate_series(1, 5000)",
        )
        .await;
    let mut other = house.admin().await;
    sqlx::raw_sql("begin; select id from challenges limit 1 for update").execute(&mut other).await.expect("a lock");
    challenges::sweep(&house.app.house).await.expect("a sweep");
    assert_eq!(house.value::<i64>("select count(*) from challenges").await, 1, "the one that somebody holds");
}

#[tokio::test]
async fn the_pages_of_passkeys_say_what_to_do_without_scripts() {
    let house = House::open().await;
    let at_the_door = house.browser("acme");
    at_the_door.get("/office/sign-in").await;
    let unasked = at_the_door.form("/office/passkey-sessions", &[("challenge", ""), ("credential", "")]).await;
    assert_eq!(unasked.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(unasked.text.contains("A code by e-mail works without"), "{unasked:?}");
    let picker = house.staff("acme", "picker").await;
    picker.get("/office/passkeys").await;
    let unmade = picker.form("/office/passkeys", &[("name", "Blue phone"), ("challenge", ""), ("credential", "")]).await;
    assert_eq!(unmade.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(unmade.text.contains("that takes JavaScript") && unmade.text.contains("value=\"Blue phone\""), "{unmade:?}");
}
