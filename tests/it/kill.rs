//! `kill -9` of the real server, at the worst moments. What was committed is done by the next start.

use std::time::Duration;

use http::StatusCode;
use serde_json::json;
use sqlx::{AssertSqlSafe, Executor};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tradecounter::challenges::code::Code;
use tradecounter::config::Keys;
use uuid::Uuid;

use crate::companions::{Directory, Kannel, Program, free_port, signal, until};
use crate::counterparts::{Doing, Listener};
use crate::house::{ADA, BEN, DAN, House};
use crate::imports;
use crate::orders::{number, order};
use crate::production::{A_WHILE, CODES_KEY, Production, ask_for_a_code, codes, until_the_queue_is_empty};
use crate::secrecy;

#[tokio::test]
async fn killed_between_commit_and_send_kannel_still_gets_each_message_once() {
    let house = House::open().await;
    // A decision about Dan, committed while nobody sends.
    let dan = house.customer("acme", DAN).await;
    let asked = dan.post("/api/v1/registration-requests", json!({ "business_name": "Dan's Deli", "contact_name": "Dan" })).await.value();
    let owner = house.staff("acme", "owner").await;
    let id = asked["id"].as_str().expect("an id");
    let approved = owner.post(&format!("/api/v1/office/registration-requests/{id}/approval"), json!({ "account_number": "A-1" })).await;
    assert_eq!(approved.status, StatusCode::OK, "{approved:?}");

    let port = free_port();
    let mut production = Production::beside(&house, "kill-send", port);
    let mut server = production.start().await;
    let browser = production.browser("acme");
    ask_for_a_code(&browser, ADA).await;
    // The gateway is not there yet, so nothing can have been sent.
    server.kill();
    assert_eq!(house.value::<i64>("select count(*) from jobs").await, 2, "the code and the decision wait");
    // The pause after a failed try may be some seconds; time is not what is tested here.
    house.admin().await.execute("update jobs set run_at = now()").await.expect("no pause");

    let kannel = Kannel::start(&production.directory, port).await;
    let mut server = production.start().await;
    until_the_queue_is_empty(&house).await;
    kannel.until_received(&format!(" {DAN} ")).await;
    kannel.until_received(&format!(" {ADA} ")).await;
    server.kill();
    let _server = production.start().await;
    let code = codes(&kannel, ADA).pop().expect("a code");
    let opened = browser.post("/api/v1/sessions", json!({ "phone": ADA, "code": code })).await;
    assert_eq!((opened.status, &opened.value()["access"]), (StatusCode::CREATED, &json!("active")), "{opened:?}");
    // What is sent after this one would have come before it.
    ask_for_a_code(&production.browser("bravo"), BEN).await;
    kannel.until_received(&format!(" {BEN} ")).await;
    assert_eq!((kannel.count_to(ADA), kannel.count_to(DAN), kannel.count_to(BEN)), (1, 1, 1), "{}", kannel.received());
    let sent: String = house.value("select string_agg(status, ' ') from messages where channel = 'sms' and not is_code").await;
    assert!(["sent", "delivered"].contains(&sent.as_str()), "once: {sent}");
}

/// Of whoever works at the database: that something is so of them, within a while.
async fn until_at_the_database(house: &House, what: &str) {
    let mut admin = house.admin().await;
    for _ in 0..1_000 {
        let question =
            AssertSqlSafe(format!("select {what} from pg_stat_activity where datname = current_database() and usename like 'tc_%'"));
        if sqlx::Row::get::<bool, _>(&admin.fetch_one(sqlx::query(question)).await.expect("a look"), 0) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("never {what}");
}

/// A lock holds the server up at each step in turn: what it has not committed is gone with it, and what it has is a counter
/// that works. Either way the same code opens it.
#[tokio::test]
async fn killed_while_a_counter_is_opened_there_is_nothing_or_a_counter_and_the_same_code_opens_it() {
    let house = House::open().await;
    let mut production = Production::beside(&house, "kill-sign-up", free_port());
    for (name, table, opened) in
        [("one-foods", "staff", 0), ("two-foods", "audit_events", 0), ("three-foods", "jobs", 0), ("four-foods", "trade_accounts", 1)]
    {
        let mut server = production.start().await;
        let public = production.browser("");
        let email = format!("owner@{name}.example");
        let body = json!({ "business_name": "Foods", "subdomain": name, "email": email, "country": "GB" });
        let begun = public.post("/api/v1/signups", body).await;
        let path = format!("/api/v1/signups/{}/confirmation", begun.value()["id"].as_str().expect("an id"));
        let challenge: Uuid = house.value(&format!("select id from challenges where address = '{email}'")).await;
        let keys = Keys { current_version: 1, codes: [("1".to_owned(), CODES_KEY.into())].into(), counters: String::new().into() };
        let code = Code::derive(&keys, 1, challenge.into()).expect("a code").reveal();
        secrecy::hold_message(&email, &format!("Your code: {code}"));

        let mut holder = house.admin().await;
        let lock = AssertSqlSafe(format!("begin; lock table {table} in share mode"));
        sqlx::raw_sql(lock).execute(&mut holder).await.expect("a lock");
        let asked = json!({ "code": code }).to_string();
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: localhost:{}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{asked}",
            production.at.port(),
            asked.len()
        );
        let mut stream = TcpStream::connect(production.at).await.expect("a connection");
        stream.write_all(head.as_bytes()).await.expect("a request");
        until_at_the_database(&house, "count(*) filter (where wait_event_type = 'Lock') > 0").await;
        server.kill();
        sqlx::raw_sql("rollback").execute(&mut holder).await.expect("the lock is given back");
        until_at_the_database(&house, "count(*) filter (where state <> 'idle') = 0").await;
        let made =
            format!("from tenants t join staff s on s.tenant_id = t.id join audit_events e on e.tenant_id = t.id where t.slug = '{name}'");
        assert_eq!(house.value::<i64>(&format!("select count(*) from tenants where slug = '{name}'")).await, opened, "{table}");
        assert_eq!(house.value::<i64>(&format!("select count(*) {made}")).await, opened, "{table}");

        let mut server = production.start().await;
        let again = public.post(&path, json!({ "code": code })).await;
        assert_eq!(again.status, StatusCode::CREATED, "{table}: {again:?}");
        assert_eq!(production.browser(name).get("/").await.status, StatusCode::OK, "{table}");
        assert_eq!(house.value::<i64>(&format!("select count(*) {made}")).await, 1, "{table}");
        let samples = format!("select count(*) = 5 from account_access a join tenants t on t.id = a.tenant_id where t.slug = '{name}'");
        let mut tries = 0..500;
        while !house.value::<bool>(&samples).await {
            assert!(tries.next().is_some(), "{table}: no samples");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        server.kill();
    }
}

/// The gateway may have taken what it never confirmed; nobody can know. So it is handed over once more, never twice more,
/// and both texts hold the same code.
#[tokio::test]
async fn killed_while_kannel_does_not_answer_it_is_asked_at_most_once_more() {
    let house = House::open().await;
    let directory = Directory::new("kill-hang-gateway");
    let kannel = Kannel::start(&directory, free_port()).await;
    let mut production = Production::beside(&house, "kill-hang", kannel.port);
    let mut server = production.start().await;
    signal(kannel.smsbox(), "STOP");
    let browser = production.browser("acme");
    ask_for_a_code(&browser, ADA).await;
    let mut admin = house.admin().await;
    for _ in 0..500 {
        // The worker that sends has the job's row locked.
        let row = admin.fetch_optional("select from jobs for update skip locked").await.expect("a look");
        if row.is_none() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    tokio::time::sleep(Duration::from_millis(300)).await;
    server.kill();
    assert_eq!(house.value::<i64>("select count(*) from jobs").await, 1, "it is not known to be done");
    signal(kannel.smsbox(), "CONT");

    let _server = production.start().await;
    until_the_queue_is_empty(&house).await;
    kannel.until_received(&format!(" {ADA} ")).await;
    ask_for_a_code(&production.browser("bravo"), BEN).await;
    kannel.until_received(&format!(" {BEN} ")).await;
    let sent = kannel.count_to(ADA);
    assert!((1..=2).contains(&sent), "{sent} in {}", kannel.received());
    let mut codes = codes(&kannel, ADA);
    assert_eq!(codes.len(), sent);
    codes.dedup();
    let [code] = codes.as_slice() else { panic!("one code: {codes:?}") };
    let opened = browser.post("/api/v1/sessions", json!({ "phone": ADA, "code": code })).await;
    assert_eq!(opened.status, StatusCode::CREATED, "{opened:?}");
}

/// The first gateway hangs with the code in its hands when the process dies: nobody knows what it has. The next process asks it
/// again, and then the second one, which gets the text once.
#[tokio::test]
async fn killed_while_the_first_gateway_hangs_the_code_goes_through_kannel_once() {
    let house = House::open().await;
    let first = Listener::start(Doing::Hang).await;
    let directory = Directory::new("kill-first-gateway");
    let kannel = Kannel::start(&directory, free_port()).await;
    let gateways = format!("gateways = ['vonage', 'kannel']\ncode_patience_seconds = 2\n{}", first.vonage_toml());
    let mut production = Production::with_gateways(&house, "kill-first", &gateways, kannel.port);
    let mut server = production.start().await;
    let browser = production.browser("acme");
    ask_for_a_code(&browser, ADA).await;
    until("the first gateway has it", A_WHILE, || first.heard().len() == 1).await;
    server.kill();
    assert_eq!((house.value::<i64>("select count(*) from jobs").await, kannel.count_to(ADA)), (1, 0), "it is not known to be done");

    let _server = production.start().await;
    until_the_queue_is_empty(&house).await;
    kannel.until_received(&format!(" {ADA} ")).await;
    ask_for_a_code(&production.browser("bravo"), BEN).await;
    kannel.until_received(&format!(" {BEN} ")).await;
    assert_eq!((kannel.count_to(ADA), kannel.count_to(BEN)), (1, 1), "{}", kannel.received());
    let code = codes(&kannel, ADA).pop().expect("a code");
    let to_ada: Vec<_> = first.heard().into_iter().filter(|heard| heard.contains(&ADA[1..])).collect();
    assert!(to_ada.len() == 2 && to_ada.iter().all(|heard| heard.contains(&code)), "the same code each time, {}", to_ada.len());
    let opened = browser.post("/api/v1/sessions", json!({ "phone": ADA, "code": code })).await;
    assert_eq!(opened.status, StatusCode::CREATED, "{opened:?}");
}

/// Until so many orders are committed.
async fn until_there_are_orders(house: &House, wanted: i64) {
    let mut admin = house.admin().await;
    loop {
        let row = admin.fetch_one("select count(*) from orders").await.expect("a count");
        if sqlx::Row::get::<i64, _>(&row, 0) == wanted {
            return;
        }
        tokio::task::yield_now().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_between_commit_and_answer_an_order_is_answered_when_it_is_sent_again() {
    let house = House::open().await;
    house.goods("acme").await;
    let session = house.customer("acme", ADA).await.cookie("__Host-session").expect("a session");
    let mut production = Production::beside(&house, "kill-order", free_port());
    let tea = json!([{ "sku": "TEA-1", "quantity": 1 }]);
    for round in 1..=3 {
        let mut server = production.start().await;
        let browser = production.browser("acme");
        browser.plant("__Host-session", &session);
        let key = format!("round-{round}");
        tokio::select! {
            biased;
            () = until_there_are_orders(&house, round) => {}
            answer = order(&browser, &key, tea.clone()) => assert_eq!(answer.status, StatusCode::CREATED, "{answer:?}"),
        }
        server.kill();
        let mut server = production.start().await;
        let again = number(&order(&browser, &key, tea.clone()).await);
        let kept: String = house
            .value(&format!("select number from orders join submissions using (tenant_id, order_id) where submission = '{key}'"))
            .await;
        assert_eq!((again, house.value::<i64>("select count(*) from orders").await), (kept, round));
        server.kill();
    }
}

#[tokio::test]
async fn told_to_stop_the_server_finishes_the_request_under_way() {
    let house = House::open().await;
    let mut production = Production::beside(&house, "terminate", free_port());
    let mut server = production.start().await;
    // Half a request: the server has begun with it, as it asks for the rest.
    let body = json!({ "phone": ADA }).to_string();
    let (half, rest) = body.split_at(10);
    let mut stream = TcpStream::connect(production.at).await.expect("a connection");
    let head = format!(
        "POST /api/v1/codes HTTP/1.1\r\nHost: acme.localhost:{}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\
         Expect: 100-continue\r\n\r\n{half}",
        production.at.port(),
        body.len()
    );
    stream.write_all(head.as_bytes()).await.expect("half a request");
    let mut go_on = [0; 25];
    stream.read_exact(&mut go_on).await.expect("an answer in between");
    assert_eq!(go_on, *b"HTTP/1.1 100 Continue\r\n\r\n");

    signal(server.pid(), "TERM");
    server.until_said("stopping", A_WHILE).await;
    until("nobody else is let in", A_WHILE, || std::net::TcpStream::connect(production.at).is_err()).await;
    stream.write_all(rest.as_bytes()).await.expect("the rest of it");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.expect("an answer");
    assert!(answer.starts_with("HTTP/1.1 202 "), "{answer}");
    let status = server.ended(A_WHILE).await;
    assert_eq!(status.code(), Some(0), "{}", server.complained());
    assert_eq!(house.value::<i64>("select count(*) from challenges").await, 1);
    let log = server.complained();
    assert!(!log.contains(&ADA[1..]) && log.contains("/api/v1/codes"), "{log}");
}

#[tokio::test]
async fn production_refuses_the_inbox_and_a_key_that_looks_typed() {
    let house = House::open().await;
    let production = Production::beside(&house, "refusals", free_port());
    let inbox = [("TRADECOUNTER__SMS__GATEWAYS", "inbox"), ("TRADECOUNTER__EMAIL__CARRIER", "inbox")];
    let cases = [
        (&inbox[..1], "production does not run with the demo inbox"),
        (&inbox[1..], "production does not run with the demo inbox"),
        (&[("TRADECOUNTER__KEYS__CODES__1", "change-me-change-me-change-me-change-me")], "[keys] codes.1 looks like a default"),
        (&[("TRADECOUNTER__KEYS__COUNTERS", "short")], "[keys] counters must be at least 32 characters long"),
        (&[("TRADECOUNTER__KEYS__CURRENT_VERSION", "2")], "[keys] codes has no key of version 2"),
        (&[("TRADECOUNTER__HTTP__LISTENS", "127.0.0.1:0")], "something that is not known"),
    ];
    for (number, (settings, words)) in cases.into_iter().enumerate() {
        let mut command = production.command(&["serve"]);
        command.envs(settings.iter().copied());
        let mut server = Program::start(&mut command, &production.directory.0, &format!("refused-{number}"));
        let status = server.ended(A_WHILE).await;
        let said = server.complained();
        assert!(status.code() == Some(1) && said.contains(words), "{settings:?}: {status} {said}");
        assert!(!said.contains("e81b3fd6725c4a09") && !said.contains("5c1f0e7ad94b3826"), "no key is printed: {said}");
    }
}

/// Waits until something is so at the database.
async fn until_so(house: &House, what: &str) {
    for _ in 0..3_000 {
        if house.value::<bool>(&format!("select {what}")).await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("it is never so that {what}");
}

#[tokio::test]
async fn killed_while_a_file_is_read_and_while_it_is_applied_all_of_it_is_done_once() {
    let house = House::open().await;
    let manager = house.staff("acme", "manager").await;
    let mut list = "sku,name,price\n".to_owned();
    (0..6_000).for_each(|at| list.push_str(&format!("BULK-{at},Thing {at},1.00\n")));
    let columns = imports::upload(&manager, "products", "bulk.csv", list.as_bytes()).await.header("location").to_owned();
    let said = imports::chosen(&manager.get(&columns).await.text);
    let fields: Vec<(&str, &str)> = said.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let path = manager.form(&columns, &fields).await.header("location").to_owned();

    let mut production = Production::beside(&house, "kill-import", free_port());
    let mut server = production.start().await;
    until_so(&house, "new_rows > 0 from imports").await;
    server.kill();
    let read: i32 = house.value("select new_rows from imports").await;
    assert!((1_000..6_000).contains(&read), "killed too late to tell anything: {read}");
    let mut server = production.start().await;
    until_so(&house, "status = 'read' from imports").await;
    assert_eq!(imports::counts(&house).await, "read 6000 0 0 0");
    assert_eq!(house.value::<i64>("select count(distinct line) from import_rows").await, 6_000);

    assert_eq!(manager.form(&format!("{path}/application"), &[]).await.status, StatusCode::SEE_OTHER);
    until_so(&house, "done > 0 from imports").await;
    server.kill();
    assert!(house.value::<bool>("select status = 'applying' from imports").await, "killed too late to tell anything");
    assert_eq!(house.value::<i64>("select count(*) from products").await, 0, "nothing is half done");
    let mut server = production.start().await;
    until_so(&house, "status = 'applied' from imports").await;
    assert_eq!(house.value::<i64>("select count(*) from products").await, 6_000);
    assert_eq!(house.value::<i64>("select count(*) from audit_events where action = 'import.applied'").await, 1);
    server.kill();
}
