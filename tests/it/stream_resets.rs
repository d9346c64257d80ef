//! HTTP/2 lets a client take a request back at any moment, and a request that is taken back is dropped where it stands.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use h2::client::SendRequest;
use http::{Method, Request, StatusCode};
use serde_json::json;
use tokio::net::TcpStream;

use crate::cancellation::nobody_stays_in_a_transaction;
use crate::house::{ADA, BEN, Browser, CAT, DAN, House, let_in};

const RESETS: usize = 1_200;

async fn connect(at: SocketAddr) -> SendRequest<Bytes> {
    let stream = TcpStream::connect(at).await.expect("a connection");
    stream.set_nodelay(true).expect("no delay");
    let (client, connection) = h2::client::handshake(stream).await.expect("HTTP/2");
    tokio::spawn(connection);
    client
}

/// What is asked and taken back: a read, or a write, as somebody signed in at acme.
struct Asked {
    method: Method,
    path: String,
    cookie: String,
    body: String,
}

impl Asked {
    fn request(&self, host: &str) -> Request<()> {
        let request = Request::builder()
            .method(&self.method)
            .uri(format!("http://{host}{}", self.path))
            .header("cookie", &self.cookie)
            .header("content-type", "application/json");
        request.body(()).expect("a request")
    }
}

fn cookie(browser: &Browser, name: &str) -> String {
    format!("{name}={}", browser.cookie(name).expect("a cookie"))
}

/// Opens a stream and resets it after this time; answers whether it was still unanswered then.
async fn ask_and_take_back(client: &mut SendRequest<Bytes>, host: &str, asked: &Asked, time: Duration) -> Result<bool, h2::Error> {
    let mut ready = client.clone().ready().await?;
    let has_body = !asked.body.is_empty();
    let (response, mut stream) = ready.send_request(asked.request(host), !has_body)?;
    if has_body {
        stream.send_data(Bytes::from(asked.body.clone()), true)?;
    }
    let started = Instant::now();
    let patience = async {
        while started.elapsed() < time {
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        biased;
        answer = response => {
            let status = answer?.status();
            assert!(!status.is_server_error(), "{} {} {status}", asked.method, asked.path);
            Ok(false)
        }
        () = patience => {
            stream.send_reset(h2::Reason::CANCEL);
            Ok(true)
        }
    }
}

/// Bravo reads, again and again, and must see nothing but bravo.
async fn read_at_bravo(browser: Browser, enough: Arc<AtomicBool>) -> usize {
    let mut times = 0;
    while !enough.load(Ordering::Relaxed) {
        let me = browser.get("/api/v1/me").await;
        assert_eq!((me.status, me.value()["account"]["account_number"].as_str()), (StatusCode::OK, Some("B-1")), "{me:?}");
        let home = browser.get("/").await;
        assert!(home.status.is_success() && home.text.contains("Shop B-1") && !home.text.contains("Shop A-"), "{home:?}");
        times += 1;
    }
    times
}

/// Acme's owner really shuts a customer out and lets them in again; each answer must be the truth afterwards.
async fn write_at_acme(owner: Browser, id: String, enough: Arc<AtomicBool>) -> i64 {
    let mut acknowledged = 0;
    let (customer, suspension) = (format!("/api/v1/office/customers/{id}"), format!("/api/v1/office/customers/{id}/suspension"));
    while !enough.load(Ordering::Relaxed) {
        let shut_out = owner.post(&suspension, json!({ "reason": "Unpaid" })).await;
        assert_eq!(shut_out.status, StatusCode::OK, "{shut_out:?}");
        assert_eq!(owner.get(&customer).await.value()["status"], "suspended");
        let let_in = owner.delete(&suspension).await;
        assert_eq!(let_in.status, StatusCode::NO_CONTENT, "{let_in:?}");
        assert_eq!(owner.get(&customer).await.value()["status"], "active");
        acknowledged += 2;
    }
    acknowledged
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_streams_reset_at_random_moments_harm_nobody() {
    let house = House::open_with(|config| config.database.connections_per_role = 2).await;
    let acme = house.tenant("acme").await;
    let_in(&mut house.admin().await, acme, "A-9", "+447400123009").await;
    let (ada, ben) = (house.customer("acme", ADA).await, house.customer("bravo", BEN).await);
    let (dan, owner) = (house.customer("acme", DAN).await, house.staff("acme", "owner").await);
    let id = async |phone: &str| {
        let sql = format!("select access_id::text from account_access where tenant_id = '{acme}' and phone = '{phone}'");
        house.value::<String>(&sql).await
    };
    let (toyed_with, served) = (id("+447400123009").await, id(CAT).await);
    let suspension = format!("/api/v1/office/customers/{toyed_with}/suspension");
    let reason = json!({ "reason": "Perhaps" }).to_string();
    let registration = json!({ "business_name": "Dan's Deli", "contact_name": "Dan" }).to_string();
    let ask =
        |method: Method, path: &str, cookie: String, body: &str| Asked { method, path: path.to_owned(), cookie, body: body.to_owned() };
    let asked = [
        ask(Method::GET, "/api/v1/me", cookie(&ada, "__Host-session"), ""),
        ask(Method::POST, &suspension, cookie(&owner, "__Host-office"), &reason),
        ask(Method::GET, "/", cookie(&ada, "__Host-session"), ""),
        ask(Method::DELETE, &suspension, cookie(&owner, "__Host-office"), ""),
        ask(Method::POST, "/api/v1/registration-requests", cookie(&dan, "__Host-session"), &registration),
    ];
    let host = ada.host.clone();

    let enough = Arc::new(AtomicBool::new(false));
    let reading = tokio::spawn(read_at_bravo(ben, Arc::clone(&enough)));
    let writing = tokio::spawn(write_at_acme(owner, served.clone(), Arc::clone(&enough)));
    let (mut reset, mut unanswered) = (0, 0);
    let mut client = connect(house.at).await;
    let mut longest = Duration::from_millis(6);
    for number in 0..RESETS * 4 {
        // With small steps that come round in every order.
        let time = longest * u32::try_from(number * 7_919 % 6_000).expect("small") / 6_000;
        match ask_and_take_back(&mut client, &host, &asked[number % asked.len()], time).await {
            Ok(early) => {
                reset += 1;
                unanswered += usize::from(early);
                // However fast the machine is, half of them stay unanswered.
                longest = if early { longest * 101 / 100 } else { longest * 99 / 100 };
            }
            // A server may end a connection on which too much is taken back; it must take the next one.
            Err(_) => client = connect(house.at).await,
        }
        if unanswered == RESETS {
            break;
        }
    }
    enough.store(true, Ordering::Relaxed);
    assert_eq!(unanswered, RESETS, "of {reset} streams");
    let (read, acknowledged) = (reading.await.expect("bravo saw nothing amiss"), writing.await.expect("acme's writes went on"));
    assert!(read > 10 && acknowledged > 10, "the others were served all the while: {read} reads, {acknowledged} writes");

    let events = |action: &str, subject: &str| {
        format!("select count(*) from audit_events where subject_id = '{subject}' and action = 'account_access.{action}'")
    };
    let written = house.value::<i64>(&events("suspended", &served)).await + house.value::<i64>(&events("restored", &served)).await;
    assert_eq!(written, acknowledged, "no acknowledged write was lost");
    let more_often: i64 =
        house.value::<i64>(&events("suspended", &toyed_with)).await - house.value::<i64>(&events("restored", &toyed_with)).await;
    let status: String = house.value(&format!("select status from account_access where access_id = '{toyed_with}'")).await;
    assert_eq!((more_often, status.as_str()), if status == "suspended" { (1, "suspended") } else { (0, "active") }, "whole or not at all");
    nobody_stays_in_a_transaction(&house).await;
    let me = ada.get("/api/v1/me").await;
    assert_eq!((me.status, me.value()["account"]["account_number"].as_str()), (StatusCode::OK, Some("A-1")), "{me:?}");
}
