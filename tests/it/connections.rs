//! Clients that take their time, clients that come in numbers, and the end of the day.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::json;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tradecounter::web::server;

use crate::house::{ADA, House};
use crate::wire::{Wire, status};

const GET: &str = "GET / HTTP/1.1\r\nHost: acme.localhost\r\n\r\n";

async fn impatient_house() -> House {
    House::open_with(|config| {
        config.http.header_read_timeout_seconds = 1;
        config.http.request_timeout_seconds = 1;
        config.http.idle_timeout_seconds = 2;
    })
    .await
}

fn post(length: usize) -> String {
    format!("POST /api/v1/codes HTTP/1.1\r\nHost: acme.localhost\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n")
}

#[tokio::test]
async fn whoever_begins_and_does_not_go_on_is_sent_away() {
    let house = impatient_house().await;
    let preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
    let settings = "\0\0\0\u{4}\0\0\0\0\0";
    // The frame's head says ten bytes; four come.
    let half_headers = format!("{preface}{settings}\0\0\u{a}\u{1}\u{5}\0\0\0\u{1}abcd");
    let half_body = format!("{}{{\"phone\"", post(500));
    let beginnings: [(&str, &str, &[u16]); 10] = [
        ("nothing", "", &[0]),
        ("half a request line", "GET / HT", &[0, 408]),
        ("half a head", "GET / HTTP/1.1\r\nHost: acme.localhost\r\nX-", &[0, 408]),
        ("half a body", &half_body, &[408]),
        ("a letter of a preface", "P", &[0, 408]),
        ("half a preface", "PRI * HTTP/2", &[0]),
        ("most of a preface", "PRI * HTTP/2.0\r\n\r\nSM", &[0]),
        ("a preface and nothing more", preface, &[0]),
        ("HTTP/2 and nothing asked", &format!("{preface}{settings}"), &[0]),
        ("half a head in HTTP/2", &half_headers, &[0]),
    ];
    let tried = beginnings.iter().map(|(what, said, wanted)| {
        let at = house.at;
        async move {
            let began = Instant::now();
            let mut wire = Wire::open(at).await;
            wire.say(said).await;
            let answer = wire.rest().await;
            let answered = if answer.starts_with("HTTP/1.1") { status(&answer) } else { 0 };
            assert!(wanted.contains(&answered), "{what}: {answer}");
            assert!(began.elapsed() < Duration::from_secs(15), "{what}: {:?}", began.elapsed());
        }
    });
    futures_util::future::join_all(tried).await;
    let mut next = Wire::open(house.at).await;
    next.say(GET).await;
    assert_eq!(status(&next.answer().await), 200, "and the others are served");
}

#[tokio::test]
async fn a_head_that_comes_letter_by_letter_is_not_waited_for() {
    let house = impatient_house().await;
    let mut wire = Wire::open(house.at).await;
    let head = GET.replace("\r\n\r\n", "\r\nX-Long: and so on and on and on\r\n\r\n");
    let began = Instant::now();
    for letter in head.chars().take(60) {
        wire.say(letter.to_string()).await;
        if !wire.is_silent_for(Duration::from_millis(100)).await {
            break;
        }
    }
    assert!(began.elapsed() < Duration::from_secs(5), "each letter must not buy more time: {:?}", began.elapsed());
}

#[tokio::test]
async fn a_connection_may_ask_again_and_is_closed_when_it_does_not() {
    let house = House::open_with(|config| {
        config.http.header_read_timeout_seconds = 5;
        config.http.idle_timeout_seconds = 5;
    })
    .await;
    let mut wire = Wire::open(house.at).await;
    for _ in 0..3 {
        wire.say(GET).await;
        assert_eq!(status(&wire.answer().await), 200);
        assert!(wire.is_silent_for(Duration::from_millis(300)).await, "open for the next");
    }
    wire.rest().await;
}

#[tokio::test]
async fn only_so_many_are_let_in_at_once_and_the_next_waits_outside() {
    let house = House::open_with(|config| {
        config.http.connection_limit = 2;
        config.http.header_read_timeout_seconds = 5;
    })
    .await;
    let (mut one, mut two) = (Wire::open(house.at).await, Wire::open(house.at).await);
    for wire in [&mut one, &mut two] {
        wire.say(GET).await;
        assert_eq!(status(&wire.answer().await), 200);
    }
    let mut three = Wire::open(house.at).await;
    three.say(GET).await;
    assert!(three.is_silent_for(Duration::from_millis(300)).await, "there is no seat");
    drop(one);
    assert_eq!(status(&three.answer().await), 200, "a seat is free");
}

/// The house served at an address of its own, until told to stop.
async fn served(house: &House) -> (SocketAddr, watch::Sender<bool>, JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let at = listener.local_addr().expect("an address");
    let (tell_stop, mut stop) = watch::channel(false);
    let (door, http) = (Arc::clone(&house.app.door), house.app.house.config.http.clone());
    let stopped = async move {
        let _ = stop.wait_for(|stop| *stop).await;
    };
    (at, tell_stop, tokio::spawn(async move { server::serve(listener, door, &http, stopped).await }))
}

#[tokio::test]
async fn at_the_end_what_is_under_way_is_finished_and_nobody_new_is_let_in() {
    let house = House::open().await;
    let (at, tell_stop, serving) = served(&house).await;
    let mut idle = Wire::open(at).await;
    idle.say(GET).await;
    assert_eq!(status(&idle.answer().await), 200);
    let body = json!({ "phone": ADA }).to_string();
    let mut under_way = Wire::open(at).await;
    under_way.say(format!("{}{}", post(body.len()), &body[..5])).await;
    // Let the head arrive before the day ends.
    assert!(under_way.is_silent_for(Duration::from_millis(200)).await);
    tell_stop.send(true).expect("somebody listens");
    assert_eq!(idle.rest().await, "", "an idle connection is closed");
    assert!(TcpStream::connect(at).await.is_err(), "nobody is let in any more");
    assert!(!serving.is_finished(), "one request is under way");
    under_way.say(&body[5..]).await;
    let answer = under_way.rest().await;
    assert_eq!(status(&answer), 202, "{answer}");
    assert!(answer.contains("expires_in_seconds"), "{answer}");
    tokio::time::timeout(Duration::from_secs(5), serving).await.expect("then it ends").expect("without a panic");
}

#[tokio::test]
async fn the_end_does_not_wait_for_ever() {
    let house = House::open_with(|config| config.http.shutdown_timeout_seconds = 1).await;
    let (at, tell_stop, serving) = served(&house).await;
    let mut stuck = Wire::open(at).await;
    stuck.say(format!("{}{{", post(50))).await;
    assert!(stuck.is_silent_for(Duration::from_millis(200)).await);
    tell_stop.send(true).expect("somebody listens");
    let began = Instant::now();
    tokio::time::timeout(Duration::from_secs(5), serving).await.expect("it ends").expect("without a panic");
    assert!(began.elapsed() >= Duration::from_millis(800), "but not at once: {:?}", began.elapsed());
}
