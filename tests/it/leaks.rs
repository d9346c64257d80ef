//! After a walk through everything: no secret stands in the database, and none, nor a whole number, in the log.

use chrono::TimeDelta;
use http::StatusCode;
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::companions::{Directory, Program};
use crate::house::{ADA, Answer, Browser, CAT, DAN, House};
use crate::secrecy::{self, Secrets};

/// What was given to somebody on the way, and every answer that may tell it to somebody else.
#[derive(Default)]
struct Walked {
    secrets: Secrets,
    answers: Vec<Answer>,
}

impl Walked {
    /// Takes note of what this browser holds.
    fn of(&mut self, browser: &Browser) {
        let names = ["__Host-session", "__Host-office", "__Host-pending", "__Host-known", "__Host-arrival"];
        self.secrets.tokens.extend(names.iter().filter_map(|name| browser.cookie(name)));
    }

    async fn sign_in(&mut self, house: &House, browser: &Browser, phone: &str) {
        let code = browser.ask(house, phone).await;
        self.of(browser);
        let wrong = format!("{:06}", (code.parse::<u32>().expect("digits") + 1) % 1_000_000);
        self.answers.push(browser.answer(phone, &wrong).await);
        self.answers.push(browser.answer(phone, &code).await);
        self.of(browser);
        self.secrets.codes.extend([code, wrong]);
        house.wait(TimeDelta::seconds(31));
    }

    async fn staff(&mut self, house: &House, role: &str) -> Browser {
        let (browser, email) = (house.browser("acme"), format!("{role}@acme.example"));
        self.answers.push(browser.form("/office/codes", &[("email", &email)]).await);
        self.of(&browser);
        let code = house.code_for(&email).await;
        self.answers.push(browser.get("/office/code").await);
        self.answers.push(browser.form("/office/sessions", &[("email", &email), ("code", &code)]).await);
        self.of(&browser);
        self.secrets.codes.push(code);
        browser
    }
}

fn path(answer: &Answer) -> String {
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{answer:?}");
    answer.header("location").splitn(4, '/').nth(3).map(|path| format!("/{path}")).expect("a path")
}

/// Sign-ins by the API and by the pages, wrong codes, two requests and two decisions, a hand-over, devices,
/// a suspension, refusals of many kinds, jobs that fail, and leaving.
async fn walk(house: &House) -> Walked {
    let mut walked = Walked::default();
    let (dan, ada, cat) = (house.browser("acme"), house.browser("acme"), house.browser("acme"));
    walked.sign_in(house, &dan, DAN).await;
    walked.sign_in(house, &cat, CAT).await;
    walked.answers.push(ada.form("/codes", &[("phone", "07400 123001")]).await);
    let code = house.code_for(ADA).await;
    walked.answers.push(ada.form("/sessions", &[("phone", "07400 123001"), ("code", "000000")]).await);
    walked.answers.push(ada.form("/sessions", &[("phone", "07400 123001"), ("code", &code)]).await);
    walked.of(&ada);
    walked.secrets.codes.push(code);

    for decision in ["rejection", "approval"] {
        let body = json!({ "business_name": "Dan's Deli", "contact_name": "Dan" });
        let id = dan.post("/api/v1/registration-requests", body).await.value()["id"].as_str().expect("an id").to_owned();
        let owner = walked.staff(house, "owner").await;
        let body = if decision == "rejection" { json!({ "reason": "Too far" }) } else { json!({}) };
        let decided = owner.post(&format!("/api/v1/office/registration-requests/{id}/{decision}"), body).await;
        assert_eq!(decided.status, StatusCode::OK, "{decided:?}");
        // The database refuses once, which is told in the log and kept with the job.
        house.change("alter table messages add constraint never_sent check (status = 'waiting') not valid").await;
        house.run_jobs().await;
        house.change("alter table messages drop constraint never_sent").await;
        house.wait(TimeDelta::minutes(1));
    }
    let manager = walked.staff(house, "manager").await;
    let customers = manager.get("/api/v1/office/customers?query=%2B447400123001").await.value();
    let id = customers["items"][0]["id"].as_str().expect("an id").to_owned();
    let suspended = manager.post(&format!("/api/v1/office/customers/{id}/suspension"), json!({ "reason": "Unpaid" })).await;
    assert_eq!(suspended.status, StatusCode::OK, "{suspended:?}");

    let bravo = house.browser("bravo");
    let arriving = bravo.get(&path(&cat.form("/wholesalers/bravo/visit", &[]).await)).await;
    walked.of(&bravo);
    let ticket = path(&cat.get(&path(&arriving)).await);
    walked.secrets.tokens.push(ticket.split_once("ticket=").expect("a ticket").1.to_owned());
    house.browser("bravo").get(&ticket).await;
    assert_eq!(bravo.get(&ticket).await.header("location"), "/");
    walked.of(&bravo);
    walked.answers.extend([bravo.get("/").await, bravo.get("/devices").await, cat.get("/api/v1/devices").await]);

    for typed in ["+44 74OO 123001", "+4474001230011234", "+4915123456789"] {
        walked.answers.push(cat.post("/api/v1/codes", json!({ "phone": typed })).await);
    }
    walked.answers.push(cat.post("/api/v1/codes", json!([CAT])).await);
    walked.answers.push(cat.get(&format!("/no/such/place?phone={CAT}")).await);
    for _ in 0..11 {
        house.wait(TimeDelta::seconds(31));
        walked.answers.push(cat.post("/api/v1/codes", json!({ "phone": CAT })).await);
    }
    assert_eq!(walked.answers.last().map(|answer| answer.status), Some(StatusCode::TOO_MANY_REQUESTS));
    house.run_jobs().await;
    walked.secrets.codes.push(house.code_for(CAT).await);
    assert_eq!(cat.delete("/api/v1/sessions/current").await.status, StatusCode::NO_CONTENT);
    house.run_jobs().await;
    walked.secrets.phones.extend([ADA, CAT, DAN].map(str::to_owned));
    walked.secrets.tokens.sort();
    walked.secrets.tokens.dedup();
    walked
}

#[tokio::test]
async fn the_database_holds_no_code_and_no_token() {
    let house = House::open().await;
    let walked = walk(&house).await;
    assert!(
        walked.secrets.codes.len() >= 9 && walked.secrets.tokens.len() >= 11,
        "{} {}",
        walked.secrets.codes.len(),
        walked.secrets.tokens.len()
    );
    let all = secrecy::everything(&house.address).await;
    let is_there = |text: &str| all.iter().any(|(_, _, value)| value.contains(text));
    assert!(is_there(DAN), "this would find what is there");
    let hash = |token: &String| hex::encode(Sha256::digest(secrecy::bytes_of(token)));
    let hashes = walked.secrets.tokens.iter().filter(|token| is_there(&hash(token))).count();
    assert!(hashes >= 9, "and in bytes as well: {hashes}");
    let kept = secrecy::of(&house);
    assert!(kept.tokens.len() >= 11 && kept.codes.len() >= 6 && kept.phones.contains(&DAN.to_owned()), "what every house keeps");
    secrecy::in_database(&all, &walked.secrets);
}

#[tokio::test]
async fn the_log_holds_no_code_no_token_and_no_whole_number() {
    let house = House::open().await;
    let walked = walk(&house).await;
    let log = secrecy::log();
    for told in ["path=\"/api/v1/sessions\" status=401", "path=\"/arrivals\"", "never_sent", "a job goes back into the queue"] {
        assert!(log.contains(told), "this is about a log that tells things, such as {told}: {}", &log[..log.len().min(4000)]);
    }
    secrecy::in_log(&log, &walked.secrets);
    assert!(!log.contains("15123456789") && !log.contains("74OO") && !log.contains("00123001"), "nor a number that was refused");
}

#[tokio::test]
async fn a_house_that_told_something_does_not_close_quietly() {
    for told in ["a code", "a code in brackets", "a token", "a number", "a code in a row", "a token in a row"] {
        let house = House::open().await;
        let browser = house.browser("acme");
        let code = browser.ask(&house, CAT).await;
        let token = browser.cookie("__Host-pending").expect("a cookie");
        match told {
            "a code" => tracing::info!("the code is {code}."),
            "a code in brackets" => tracing::debug!(target: "tradecounter::codes", "sent ({code})"),
            "a token" => tracing::trace!(target: "tradecounter", token),
            "a number" => tracing::info!("to 07400 123 003"),
            "a code in a row" => house.change(&format!("update tenants set business_name = 'code {code}'")).await,
            _ => house.change(&format!("update tenants set business_name = encode('{token}', 'hex')")).await,
        }
        let closing = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| secrecy::search(&house)));
        assert!(closing.is_err(), "{told} was not found");
        // It was searched just now.
        std::mem::forget(house);
        secrecy::forget_the_log();
    }
}

#[test]
fn a_program_of_ours_that_told_something_does_not_end_quietly() {
    let directory = Directory::new("told");
    secrecy::hold_message("+447400123003", "Your code is 704615\n\n@acme.localhost #704615");
    secrecy::hold("Wm9uZSBvZiBhIHRva2VuIHRoYXQgbm9ib2R5IHJlYWRz");
    for told in ["to 07400 123 003", "sent (704615)", "cookie Wm9uZSBvZiBhIHRva2VuIHRoYXQgbm9ib2R5IHJlYWRz."] {
        let mut command = std::process::Command::new("sh");
        command.args(["-c", "echo \"$1\" >&2", "tradecounter", told]);
        let program = Program::start(&mut command, &directory.0, "told");
        let ending = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| drop(program)));
        assert!(ending.is_err(), "{told} was not found");
    }
}

#[tokio::test]
async fn no_answer_tells_a_code_or_somebody_elses_token() {
    let house = House::open().await;
    let walked = walk(&house).await;
    for answer in &walked.answers {
        let headers = format!("{:?}", answer.headers.iter().filter(|(name, _)| *name != "set-cookie").collect::<Vec<_>>());
        for token in &walked.secrets.tokens {
            assert!(!answer.text.contains(token) && !headers.contains(token), "a token: {answer:?}");
        }
        for code in &walked.secrets.codes {
            assert!(!secrecy::has_word(&answer.text, code) && !secrecy::has_word(&headers, code), "a code: {answer:?}");
        }
    }
}
