//! What the office's pages say and do beyond the walk: which account an approval is for, what is said
//! afterwards, long lists, and people who do not decide.

use chrono::TimeDelta;
use http::StatusCode;
use serde_json::json;
use uuid::Uuid;

use crate::house::{ADA, Answer, Browser, DAN, House, let_in};

/// The page that a form leads to.
async fn follow(browser: &Browser, answer: Answer) -> String {
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{answer:?}");
    browser.get(answer.header("location")).await.text
}

fn page_of(request: Uuid) -> String {
    format!("/office/registration-requests/{request}")
}

async fn status_of(house: &House, request: Uuid) -> String {
    house.value(&format!("select status from registration_requests where request_id = '{request}'")).await
}

async fn accounts(house: &House) -> i64 {
    house.value("select count(*) from trade_accounts").await
}

#[tokio::test]
async fn a_mistyped_account_number_opens_no_account_by_the_page() {
    let house = House::open().await;
    let owner = house.staff("acme", "owner").await;
    let request = house.request("acme", DAN, "pending").await;
    let approve = format!("{}/approval", page_of(request));
    let before = accounts(&house).await;
    for (fields, told) in [
        ([("account", "existing"), ("account_number", "A-11"), ("new_number", "")], "No account has the number"),
        ([("account", "existing"), ("account_number", " "), ("new_number", "A-9")], "Please write the number of the account"),
        ([("account", "new"), ("account_number", "A-1"), ("new_number", "")], "choose “An existing account”"),
        ([("account", "new"), ("account_number", ""), ("new_number", "a-1")], "There is an account A-1 already"),
        ([("account", "new"), ("account_number", ""), ("new_number", "!!")], "letters and digits"),
        ([("account", "new"), ("account_number", ""), ("new_number", "-9")], "letters and digits"),
    ] {
        let answer = owner.form(&approve, &fields).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{fields:?}: {answer:?}");
        assert!(answer.text.contains(told) && answer.text.contains("Not approved yet"), "{fields:?}: {}", answer.text);
        assert_eq!((status_of(&house, request).await.as_str(), accounts(&house).await), ("pending", before), "{fields:?}");
    }
    let page = follow(&owner, owner.form(&approve, &[("account", "existing"), ("account_number", " a-1 ")]).await).await;
    assert!(page.contains("Approved: Dee now buys for Shop A-1 (A-1)."), "{page}");
    assert_eq!(accounts(&house).await, before);
}

#[tokio::test]
async fn by_the_api_a_number_joins_its_account_or_is_a_new_ones_if_it_can_be() {
    let house = House::open().await;
    let owner = house.staff("acme", "owner").await;
    let approve = async |request: Uuid, number: &str| {
        owner.post(&format!("/api/v1{}/approval", page_of(request)), json!({ "account_number": number })).await
    };
    let before = accounts(&house).await;
    let first = house.request("acme", DAN, "pending").await;
    for odd in ["!!", "--", "A 1 #", "\u{202e}1", &"9".repeat(33)] {
        let answer = approve(first, odd).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{odd}: {answer:?}");
        assert_eq!(answer.value()["errors"][0]["field"], "account_number");
    }
    let joined = approve(first, "a-1").await;
    assert_eq!((joined.status, &joined.value()["account_number"]), (StatusCode::OK, &json!("A-1")));
    assert_eq!(accounts(&house).await, before);
    let opened = approve(house.request("acme", "+447400125001", "pending").await, " N/9.1 b-2 ").await;
    assert_eq!((opened.status, &opened.value()["account_number"]), (StatusCode::OK, &json!("N/9.1 b-2")));
    assert_eq!(accounts(&house).await, before + 1);
}

#[tokio::test]
async fn the_api_answers_the_reason_that_is_kept() {
    let house = House::open().await;
    let owner = house.staff("acme", "owner").await;
    let request = house.request("acme", DAN, "pending").await;
    let rejected = owner.post(&format!("/api/v1{}/rejection", page_of(request)), json!({ "reason": "  a \r\n b  " })).await;
    let kept: String = house.value("select reason from registration_requests").await;
    assert_eq!((rejected.value()["reason"].as_str(), kept.as_str()), (Some("a \n b"), "a \n b"));
}

#[tokio::test]
async fn a_decision_says_what_was_done_and_leads_back_to_those_who_wait() {
    let house = House::open().await;
    let owner = house.staff("acme", "owner").await;
    let (first, second) = (house.request("acme", DAN, "pending").await, house.request("acme", "+447400125001", "pending").await);
    let approved = owner.form(&format!("{}/approval", page_of(first)), &[("account", "new"), ("new_number", "N-7")]).await;
    let page = follow(&owner, approved).await;
    assert!(page.contains("Approved: Deli has a new account, N-7.") && page.contains("owner of acme"), "{page}");
    let access: Uuid = house.value(&format!("select access_id from account_access where phone = '{DAN}'")).await;
    assert!(page.contains(&format!("href=\"/office/customers/{access}\"")), "{page}");
    assert!(page.contains("href=\"/office?status=pending\">← Requests"), "one still waits: {page}");
    let page = follow(&owner, owner.form(&format!("{}/rejection", page_of(second)), &[("reason", "Too far")]).await).await;
    assert!(page.contains("Rejected: Deli stays outside.") && page.contains("← Decided requests"), "{page}");
    let later = owner.get(&page_of(first)).await.text;
    assert!(!later.contains("Approved: "), "said once: {later}");
    let untrue = owner.get(&format!("{}?done=approved", page_of(second))).await.text;
    assert!(!untrue.contains("Approved: "), "an address cannot say what was not done: {untrue}");
}

#[tokio::test]
async fn who_decides_second_reads_who_was_first_and_keeps_their_words() {
    let house = House::open().await;
    let (owner, manager) = (house.staff("acme", "owner").await, house.staff("acme", "manager").await);
    let request = house.request("acme", DAN, "pending").await;
    owner.form(&format!("{}/approval", page_of(request)), &[]).await;
    let late = manager.form(&format!("{}/rejection", page_of(request)), &[("reason", "Too <far>")]).await;
    assert_eq!(late.status, StatusCode::CONFLICT);
    assert!(late.text.contains("owner of acme approved this just now. Your rejection was not sent."), "{}", late.text);
    assert!(late.text.contains("role=\"alert\"") && !late.text.contains("role=\"status\""), "a warning: {}", late.text);
    assert!(late.text.contains("Too &#60;far&#62;"), "{}", late.text);
    let late = manager.form(&format!("{}/approval", page_of(request)), &[]).await;
    assert!(late.text.contains("owner of acme approved this just now. Your approval was not needed."), "{}", late.text);
}

#[tokio::test]
async fn a_long_queue_goes_on_page_by_page() {
    let house = House::open().await;
    let owner = house.staff("acme", "owner").await;
    let ask = "with person as (
                 insert into customers (id, phone, created_at, last_proven_at)
                 select gen_random_uuid(), '+4474001260' || lpad(n::text, 2, '0'), now(), now() from generate_series(0, 59) n returning *)
               insert into registration_requests (tenant_id, request_id, customer_id, phone, business_name, contact_name, status, created_at)
               select t.id, gen_random_uuid(), p.id, p.phone, 'Deli ' || p.phone, 'Dee', 'pending', now()
                 from person p, tenants t where t.slug = 'acme'";
    house.change(ask).await;
    for status in ["pending", "decided"] {
        let mut seen = Vec::new();
        let mut next = Some(format!("/office?status={status}"));
        let mut pages = 0;
        while let Some(path) = next {
            let page = owner.get(&path).await.text;
            seen.extend(page.split(">Deli +44").skip(1).map(|rest| rest[..10].to_owned()));
            next = page
                .split("href=\"")
                .find(|link| link.contains("after="))
                .map(|link| link.split('"').next().unwrap().replace("&#38;", "&"));
            pages += 1;
        }
        seen.sort();
        seen.dedup();
        assert_eq!((seen.len(), pages), (60, 2), "{status}");
        house.change("update registration_requests set status = 'rejected', decided_at = now()").await;
    }
}

#[tokio::test]
async fn a_customer_is_found_by_any_of_their_names_and_the_found_are_counted() {
    let house = House::open().await;
    let owner = house.staff("acme", "owner").await;
    let request = house.request("acme", DAN, "pending").await;
    owner.form(&format!("{}/approval", page_of(request)), &[("account", "existing"), ("account_number", "A-1")]).await;
    let search = async |words: &str| owner.get(&format!("/office/customers?query={words}")).await.text;
    for words in ["dee", "deli", "123004", "07400%20123004"] {
        let page = search(words).await;
        assert!(page.contains("1 of 3 customers") && page.contains(">Dee "), "{words}: {page}");
    }
    let page = search("shop").await;
    assert!(page.contains("3 of 3 customers"), "{page}");
    assert!(search("").await.contains(" 3 customers"));
    let other = house.staff("bravo", "owner").await.get("/office/customers?query=deli").await.text;
    assert!(other.contains("0 of 2 customers"), "{other}");
}

#[tokio::test]
async fn a_picker_has_a_page_of_their_own_and_none_of_the_queue() {
    let house = House::open().await;
    let picker = house.staff("acme", "picker").await;
    house.request("acme", DAN, "pending").await;
    let page = picker.get("/office").await;
    assert_eq!(page.status, StatusCode::OK, "{page:?}");
    for there in ["picker of acme", "Orders to pick", "action=\"/office/sessions/current/end\""] {
        assert!(page.text.contains(there), "{there}: {page:?}");
    }
    for elsewhere in ["Deli", "/office/customers", "waiting"] {
        assert!(!page.text.contains(elsewhere), "{elsewhere}: {page:?}");
    }
    house.wait(TimeDelta::minutes(10));
    assert_eq!(picker.get("/api/v1/office/registration-requests").await.status, StatusCode::FORBIDDEN);
    assert_eq!(picker.get("/office?status=decided").await.status, StatusCode::OK);
    assert_eq!(picker.form("/office/sessions/current/end", &[]).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn asking_again_begins_with_what_was_asked_before() {
    let house = House::open().await;
    let dan = house.customer("acme", DAN).await;
    let fresh = dan.get("/registration-requests/new").await.text;
    assert!(!fresh.contains("← "), "{fresh}");
    dan.form("/registration-requests", &[("business_name", "Dan's Deli"), ("contact_name", "Dan"), ("message", "Hello there")]).await;
    let waiting = dan.get("/wholesalers").await.text;
    assert!(waiting.contains("Your request at Acme Wholesale is waiting"), "{waiting}");
    dan.form("/registration-requests/current/withdrawal", &[]).await;
    let again = dan.get("/registration-requests/new").await.text;
    for kept in ["value=\"Dan&#39;s Deli\"", "value=\"Dan\"", ">Hello there<", "href=\"/\">← "] {
        assert!(again.contains(kept), "{kept}: {again}");
    }
    let wrong = dan.form("/registration-requests", &[("business_name", "")]).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(wrong.text.contains("href=\"/\">← "), "{wrong:?}");
    assert!(!dan.get("/wholesalers").await.text.contains("is waiting"));
}

#[tokio::test]
async fn home_is_where_one_is_without_an_account_too() {
    let house = House::open().await;
    let_in(&mut house.admin().await, house.tenant("acme").await, "A-7", "+447400123007").await;
    let (dan, suspended) = (house.customer("acme", DAN).await, house.customer("acme", "+447400123007").await);
    house.change("update account_access set status = 'suspended' where phone = '+447400123007'").await;
    dan.form("/registration-requests", &[("business_name", "Deli"), ("contact_name", "Dan")]).await;
    for browser in [&dan, &suspended, &house.customer("acme", ADA).await] {
        let page = browser.get("/").await.text;
        assert!(page.contains("<a href=\"/\" aria-current=\"page\">Home</a>"), "{page}");
    }
}
