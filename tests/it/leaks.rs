//! After a walk through everything: no secret stands in the database, and none, nor a whole number, in the log.

use std::io;
use std::sync::{Arc, Mutex};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::TimeDelta;
use http::StatusCode;
use serde_json::json;
use sha2::{Digest, Sha256};
use sqlx::{AssertSqlSafe, Row};
use tracing_subscriber::EnvFilter;

use crate::house::{ADA, Answer, Browser, CAT, DAN, House};

/// What nobody but its holder may ever read.
#[derive(Default)]
struct Secrets {
    codes: Vec<String>,
    tokens: Vec<String>,
    answers: Vec<Answer>,
}

impl Secrets {
    /// Takes note of what this browser holds.
    fn of(&mut self, browser: &Browser) {
        let names = ["__Host-session", "__Host-office", "__Host-pending", "__Host-arrival"];
        self.tokens.extend(names.iter().filter_map(|name| browser.cookie(name)));
    }

    async fn sign_in(&mut self, house: &House, browser: &Browser, phone: &str) {
        let code = browser.ask(house, phone).await;
        self.of(browser);
        let wrong = format!("{:06}", (code.parse::<u32>().expect("digits") + 1) % 1_000_000);
        self.answers.push(browser.answer(phone, &wrong).await);
        self.answers.push(browser.answer(phone, &code).await);
        self.of(browser);
        self.codes.extend([code, wrong]);
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
        self.codes.push(code);
        browser
    }
}

fn path(answer: &Answer) -> String {
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{answer:?}");
    answer.header("location").splitn(4, '/').nth(3).map(|path| format!("/{path}")).expect("a path")
}

/// Sign-ins by the API and by the pages, wrong codes, two requests and two decisions, a hand-over, devices,
/// a suspension, refusals of many kinds, jobs that fail, and leaving.
async fn walk(house: &House) -> Secrets {
    let mut secrets = Secrets::default();
    let (dan, ada, cat) = (house.browser("acme"), house.browser("acme"), house.browser("acme"));
    secrets.sign_in(house, &dan, DAN).await;
    secrets.sign_in(house, &cat, CAT).await;
    secrets.answers.push(ada.form("/codes", &[("phone", "07400 123001")]).await);
    let code = house.code_for(ADA).await;
    secrets.answers.push(ada.form("/sessions", &[("phone", "07400 123001"), ("code", "000000")]).await);
    secrets.answers.push(ada.form("/sessions", &[("phone", "07400 123001"), ("code", &code)]).await);
    secrets.of(&ada);
    secrets.codes.push(code);

    for decision in ["rejection", "approval"] {
        let body = json!({ "business_name": "Dan's Deli", "contact_name": "Dan" });
        let id = dan.post("/api/v1/registration-requests", body).await.value()["id"].as_str().expect("an id").to_owned();
        let owner = secrets.staff(house, "owner").await;
        let body = if decision == "rejection" { json!({ "reason": "Too far" }) } else { json!({}) };
        let decided = owner.post(&format!("/api/v1/office/registration-requests/{id}/{decision}"), body).await;
        assert_eq!(decided.status, StatusCode::OK, "{decided:?}");
        // The database refuses once, which is told in the log and kept with the job.
        house.change("alter table messages add constraint never_sent check (status = 'waiting') not valid").await;
        house.run_jobs().await;
        house.change("alter table messages drop constraint never_sent").await;
        house.wait(TimeDelta::minutes(1));
    }
    let manager = secrets.staff(house, "manager").await;
    let customers = manager.get("/api/v1/office/customers?query=%2B447400123001").await.value();
    let id = customers["items"][0]["id"].as_str().expect("an id").to_owned();
    let suspended = manager.post(&format!("/api/v1/office/customers/{id}/suspension"), json!({ "reason": "Unpaid" })).await;
    assert_eq!(suspended.status, StatusCode::OK, "{suspended:?}");

    let bravo = house.browser("bravo");
    let arriving = bravo.get(&path(&cat.form("/wholesalers/bravo/visit", &[]).await)).await;
    secrets.of(&bravo);
    let ticket = path(&cat.get(&path(&arriving)).await);
    secrets.tokens.push(ticket.split_once("ticket=").expect("a ticket").1.to_owned());
    house.browser("bravo").get(&ticket).await;
    assert_eq!(bravo.get(&ticket).await.header("location"), "/");
    secrets.of(&bravo);
    secrets.answers.extend([bravo.get("/").await, bravo.get("/devices").await, cat.get("/api/v1/devices").await]);

    for typed in ["+44 74OO 123001", "+4474001230011234", "+4915123456789"] {
        secrets.answers.push(cat.post("/api/v1/codes", json!({ "phone": typed })).await);
    }
    secrets.answers.push(cat.post("/api/v1/codes", json!([CAT])).await);
    secrets.answers.push(cat.get(&format!("/no/such/place?phone={CAT}")).await);
    for _ in 0..11 {
        house.wait(TimeDelta::seconds(31));
        secrets.answers.push(cat.post("/api/v1/codes", json!({ "phone": CAT })).await);
    }
    assert_eq!(secrets.answers.last().map(|answer| answer.status), Some(StatusCode::TOO_MANY_REQUESTS));
    house.run_jobs().await;
    secrets.codes.push(house.code_for(CAT).await);
    assert_eq!(cat.delete("/api/v1/sessions/current").await.status, StatusCode::NO_CONTENT);
    house.run_jobs().await;
    secrets.tokens.sort();
    secrets.tokens.dedup();
    secrets
}

/// Every value of every column of every table: where, its type, as text.
async fn everything(house: &House) -> Vec<(String, String, String)> {
    let mut db = house.admin().await;
    let columns = sqlx::query(
        "select c.relname::text, a.attname::text, format_type(a.atttypid, null)
           from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
          where c.relkind in ('r', 'p', 'm') and c.relnamespace = 'public'::regnamespace order by 1, 2",
    )
    .fetch_all(&mut db)
    .await
    .expect("a catalog");
    let mut all = Vec::new();
    for column in columns {
        let (table, name, kind): (String, String, String) = (column.get(0), column.get(1), column.get(2));
        let sql = format!("select \"{name}\"::text from \"{table}\" where \"{name}\" is not null");
        let values = sqlx::query(AssertSqlSafe(sql)).fetch_all(&mut db).await.expect("values");
        all.extend(values.into_iter().map(|value| (format!("{table}.{name}"), kind.clone(), value.get(0))));
    }
    all
}

/// Whether the word stands there by itself: six digits may well be part of an id.
fn has_word(text: &str, word: &str) -> bool {
    let is_edge = |side: Option<char>| side.is_none_or(|character| !character.is_alphanumeric());
    text.match_indices(word).any(|(at, _)| is_edge(text[..at].chars().next_back()) && is_edge(text[at + word.len()..].chars().next()))
}

fn bytes_of(token: &str) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(token).expect("a token")
}

#[tokio::test]
async fn the_database_holds_no_code_and_no_token() {
    let house = House::open().await;
    let secrets = walk(&house).await;
    assert!(secrets.codes.len() >= 9 && secrets.tokens.len() >= 11, "{} {}", secrets.codes.len(), secrets.tokens.len());
    let all = everything(&house).await;
    let is_there = |text: &str| all.iter().any(|(_, _, value)| value.contains(text));
    assert!(is_there(DAN), "this would find what is there");
    let hashes = secrets.tokens.iter().map(|token| hex::encode(Sha256::digest(bytes_of(token)))).filter(|hash| is_there(hash)).count();
    assert!(hashes >= 9, "and in bytes as well: {hashes}");
    for token in &secrets.tokens {
        assert!(!is_there(token) && !is_there(&hex::encode(bytes_of(token))), "a token in the database");
        assert!(!is_there(&hex::encode(token)), "a token as bytes of text");
    }
    for code in &secrets.codes {
        // A time or a number may happen to have the same digits; a hash is as good as the code.
        let (as_bytes, as_hash) = (hex::encode(code), hex::encode(Sha256::digest(code)));
        for (place, kind, value) in &all {
            let told = match kind.as_str() {
                "bytea" => value.contains(&as_bytes) || value.contains(&as_hash),
                "text" | "text[]" | "jsonb" | "json" => has_word(value, code) || value.contains(&as_hash),
                _ => false,
            };
            assert!(!told, "a code in {place}");
        }
    }
}

/// Where the log goes.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("lines").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn the_log_holds_no_code_no_token_and_no_whole_number() {
    let lines = Lines::default();
    let writer = lines.clone();
    tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::new("info,sqlx=trace,poem=trace,poem_openapi=trace,tradecounter=trace"))
        .with_ansi(false)
        .without_time()
        .with_writer(move || writer.clone())
        .init();
    let house = House::open().await;
    let secrets = walk(&house).await;
    let log = String::from_utf8(lines.0.lock().expect("lines").clone()).expect("text");
    for told in
        ["path=\"/api/v1/sessions\" status=401", "path=\"/arrivals\"", "never_sent", "a job goes back into the queue", "db.statement"]
    {
        assert!(log.contains(told), "this is about a log that tells things, such as {told}: {}", &log[..log.len().min(4000)]);
    }
    for token in &secrets.tokens {
        assert!(!log.contains(token) && !log.contains(&hex::encode(bytes_of(token))), "a token in the log");
    }
    for code in &secrets.codes {
        let line = log.lines().find(|line| has_word(line, code));
        assert!(line.is_none(), "a code in the log: {line:?}");
    }
    let run_together = log.replace([' ', '-', '\u{a0}'], "").replace("%2B", "+");
    for phone in [ADA, CAT, DAN] {
        let national = &phone["+44".len()..];
        let line = run_together.lines().find(|line| line.contains(national));
        assert!(line.is_none(), "a whole number in the log: {line:?}");
    }
    assert!(!run_together.contains("15123456789") && !run_together.contains("74OO123001"), "nor one that was refused");
}

#[tokio::test]
async fn no_answer_tells_a_code_or_somebody_elses_token() {
    let house = House::open().await;
    let secrets = walk(&house).await;
    for answer in &secrets.answers {
        let headers = format!("{:?}", answer.headers.iter().filter(|(name, _)| *name != "set-cookie").collect::<Vec<_>>());
        for token in &secrets.tokens {
            assert!(!answer.text.contains(token) && !headers.contains(token), "a token: {answer:?}");
        }
        for code in &secrets.codes {
            assert!(!has_word(&answer.text, code) && !has_word(&headers, code), "a code: {answer:?}");
        }
    }
}
