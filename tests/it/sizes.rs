//! How large a request may be, and how small an answer becomes.

use std::io::Read;

use flate2::read::GzDecoder;
use http::{Method, StatusCode};
use serde_json::json;

use crate::house::{ADA, Browser, House};
use crate::wire::{Wire, raw, status};

const LIMIT: usize = 64 * 1024;

fn head(path: &str, framing: &str) -> String {
    format!("POST {path} HTTP/1.1\r\nHost: acme.localhost\r\nContent-Type: application/json\r\nConnection: close\r\n{framing}\r\n\r\n")
}

/// A JSON body for `/api/v1/codes` of exactly this length.
fn body_of(length: usize) -> String {
    let frame = json!({ "phone": "" }).to_string();
    format!("{{\"phone\":\"{}\"}}", "7".repeat(length - frame.len()))
}

#[tokio::test]
async fn a_body_over_the_limit_is_refused_however_its_length_is_told() {
    let house = House::open().await;
    let over = body_of(LIMIT + 1);
    for path in ["/api/v1/codes", "/codes"] {
        let told = raw(house.at, head(path, &format!("Content-Length: {}", LIMIT + 1))).await;
        assert_eq!(status(&told), 413, "{path}: refused before it is sent: {told}");
        let chunked = format!("{}{:x}\r\n{over}\r\n0\r\n\r\n", head(path, "Transfer-Encoding: chunked"), over.len());
        let chunked = raw(house.at, chunked).await;
        assert_eq!(status(&chunked), 413, "{path}: {chunked}");
        let endless = format!("{}{}", head(path, "Transfer-Encoding: chunked"), format!("1000\r\n{}\r\n", "x".repeat(4096)).repeat(20));
        let endless = raw(house.at, endless).await;
        assert_eq!(status(&endless), 413, "{path}: no need to wait for the end: {endless}");
        for answer in [told, chunked, endless] {
            let media_type = if path.starts_with("/api") { "application/problem+json" } else { "text/html" };
            assert!(answer.contains(media_type) && answer.to_lowercase().contains("cache-control: private, no-store"), "{answer}");
        }
    }
    let lying = format!(
        "{}Content-Length: 5\r\n\r\n{{}}xxxxGET /",
        "POST /api/v1/codes HTTP/1.1\r\nHost: acme.localhost\r\nTransfer-Encoding: chunked\r\n"
    );
    let lying = raw(house.at, lying).await;
    assert_eq!(status(&lying), 400, "two lengths are none: {lying}");
    let exact = body_of(LIMIT);
    let fits = raw(house.at, format!("{}{exact}", head("/api/v1/codes", &format!("Content-Length: {LIMIT}")))).await;
    assert_eq!(status(&fits), 422, "it is read, and only then found too long for a phone: {fits}");
}

/// Four megabytes are on their way when the answer is written; a reset would overtake it.
#[tokio::test]
async fn whoever_sends_far_too_much_still_gets_to_read_why_not() {
    let house = House::open().await;
    let length = 4 * 1024 * 1024;
    for _ in 0..3 {
        let mut wire = Wire::open(house.at).await;
        wire.say(head("/api/v1/codes", &format!("Content-Length: {length}"))).await;
        for _ in 0..length / 65_536 {
            wire.say("x".repeat(65_536)).await;
        }
        let answer = wire.rest().await;
        assert_eq!(status(&answer), 413, "{answer}");
    }
    let mut asking = Wire::open(house.at).await;
    asking.say(head("/api/v1/codes", &format!("Content-Length: {length}\r\nExpect: 100-continue"))).await;
    assert_eq!(status(&asking.answer().await), 413, "who asks first is spared the sending");
}

#[tokio::test]
async fn a_request_without_a_length_is_as_good_as_any() {
    let house = House::open().await;
    for target in ["/", "/api/v1/openapi.json"] {
        let answer = raw(house.at, format!("GET {target} HTTP/1.1\r\nHost: acme.localhost\r\nConnection: close\r\n\r\n")).await;
        assert_eq!(status(&answer), 200, "{target}: {answer}");
    }
    let bare = raw(house.at, "POST /sessions/current/end HTTP/1.1\r\nHost: acme.localhost\r\nConnection: close\r\n\r\n").await;
    assert_eq!(status(&bare), 303, "nobody is signed in, so to the front door: {bare}");
    let body = json!({ "phone": ADA }).to_string();
    let chunked = format!("{}{:x}\r\n{body}\r\n0\r\n\r\n", head("/api/v1/codes", "Transfer-Encoding: chunked"), body.len());
    assert_eq!(status(&raw(house.at, chunked).await), 202);
    let mut patient = Wire::open(house.at).await;
    patient.say(head("/api/v1/codes", &format!("Content-Length: {}\r\nExpect: 100-continue", body.len()))).await;
    assert!(patient.answer().await.starts_with("HTTP/1.1 100"));
    patient.say(body).await;
    assert!(patient.rest().await.contains("202 Accepted"));
}

#[tokio::test]
async fn a_head_over_the_limit_is_refused() {
    let house = House::open().await;
    let long = format!("GET / HTTP/1.1\r\nHost: acme.localhost\r\nX-Long: {}\r\n\r\n", "x".repeat(600_000));
    assert_eq!(status(&raw(house.at, long).await), 431);
    let many: String = (0..200).map(|number| format!("X-{number}: x\r\n")).collect();
    assert_eq!(status(&raw(house.at, format!("GET / HTTP/1.1\r\nHost: acme.localhost\r\n{many}\r\n")).await), 431);
    let address = format!("GET /{} HTTP/1.1\r\nHost: acme.localhost\r\nConnection: close\r\n\r\n", "x".repeat(70_000));
    assert_eq!(status(&raw(house.at, address).await), 414);
}

/// What a browser that takes gzip gets: its headers are asserted on, its bytes unpacked.
async fn packed(browser: &Browser, path: &str, takes: &str) -> (http::HeaderMap, Vec<u8>) {
    let client = reqwest::Client::new();
    let mut request = client.get(format!("http://{}{path}", browser.at())).header("host", &browser.host).header("accept-encoding", takes);
    if let Some(session) = browser.cookie("__Host-session") {
        request = request.header("cookie", format!("__Host-session={session}"));
    }
    let response = request.send().await.expect("an answer");
    assert!(response.status().is_success(), "{path}: {}", response.status());
    (response.headers().clone(), response.bytes().await.expect("a body").to_vec())
}

#[tokio::test]
async fn whoever_takes_gzip_gets_pages_data_and_assets_packed() {
    let house = House::open().await;
    let logo = format!("<svg xmlns=\"http://www.w3.org/2000/svg\">{}</svg>", "<path d=\"M0 0h1\"/>".repeat(200));
    let set = format!(
        "with done as (update tenants set logo = convert_to('{logo}', 'utf8'), logo_type = 'image/svg+xml' where slug = 'acme' returning 1) select count(*) from done"
    );
    house.value::<i64>(&set).await;
    let ada = house.customer("acme", ADA).await;
    for path in ["/", "/devices", "/api/docs", "/api/v1/openapi.json", "/assets/style.css", "/assets/page.js", "/logos/acme"] {
        let (plain_headers, plain) = packed(&ada, path, "identity").await;
        assert_eq!(plain_headers.get("content-encoding"), None, "{path}");
        for round in ["first", "again"] {
            let (headers, bytes) = packed(&ada, path, "gzip, deflate, br, zstd").await;
            assert_eq!(headers["content-encoding"], "gzip", "{path}");
            assert_eq!(headers["vary"], "accept-encoding", "{path}");
            assert_eq!(headers["content-length"], bytes.len().to_string().as_str(), "{path}");
            assert_eq!(headers["content-type"], plain_headers["content-type"], "{path}");
            assert_eq!(headers["cache-control"], plain_headers["cache-control"], "{path}");
            let mut unpacked = Vec::new();
            GzDecoder::new(bytes.as_slice()).read_to_end(&mut unpacked).expect("gzip");
            assert_eq!(String::from_utf8_lossy(&unpacked), String::from_utf8_lossy(&plain), "{path} {round}");
            assert!(bytes.len() * 3 < plain.len() * 2, "{path}: {} of {}", bytes.len(), plain.len());
        }
        assert_eq!(plain_headers["vary"], "accept-encoding", "{path}: a cache must know that there is another form");
    }
    for path in ["/api/v1/me", "/brand.css"] {
        let (headers, bytes) = packed(&ada, path, "gzip").await;
        assert_eq!(headers.get("content-encoding"), None, "{path} is too small to gain: {} bytes", bytes.len());
    }
    let refused = ada.send(Method::GET, "/", &[("accept-encoding", "gzip;q=0")], None).await;
    assert_eq!((refused.status, refused.header("content-encoding")), (StatusCode::OK, ""));
}

#[tokio::test]
async fn a_picture_that_is_packed_already_is_sent_as_it_is() {
    let house = House::open().await;
    let set = "with done as (update tenants set logo = decode(repeat('00', 4000), 'hex'), logo_type = 'image/png' where slug = 'acme' returning 1) select count(*) from done";
    house.value::<i64>(set).await;
    let (headers, bytes) = packed(&house.browser("acme"), "/logos/acme", "gzip").await;
    assert_eq!((headers.get("content-encoding"), headers.get("vary"), bytes.len()), (None, None, 4000));
}
