//! `tradecounter demo` as somebody runs it who has just got it: the real program, a PostgreSQL of its own, a Ctrl-C.

use std::net::{SocketAddr, TcpListener};
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use http::StatusCode;
use serde_json::json;
use sqlx::ConnectOptions;

use tradecounter::db::cluster::Cluster;
use tradecounter::db::connect::Address;

use crate::companions::{Directory, EVERYTHING, Program, TRADECOUNTER, signal, until};
use crate::house::Browser;
use crate::secrecy;

/// Far more than it takes, even where two processors do everything at once.
const COMES_UP_WITHIN: Duration = Duration::from_secs(90);
const STOPS_WITHIN: Duration = Duration::from_secs(30);

fn demo_command(data_dir: &Path, listen: &str) -> Command {
    let mut command = Program::tradecounter(&["demo", "--listen", listen, "--data-dir"]);
    command.arg(data_dir).arg("--tenants").arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tenants"));
    command
}

/// Where it says that it is.
fn address_in(said: &str) -> SocketAddr {
    let port = said.split("Tradecounter is at http://localhost:").nth(1).and_then(|rest| rest.split_whitespace().next());
    SocketAddr::from(([127, 0, 0, 1], port.and_then(|port| port.parse().ok()).unwrap_or_else(|| panic!("a port in {said}"))))
}

/// The processes that name this directory on their command line.
fn processes_at(data_dir: &Path) -> Vec<String> {
    let entries = std::fs::read_dir("/proc").expect("/proc").flatten();
    let lines = entries.filter_map(|entry| std::fs::read(entry.path().join("cmdline")).ok());
    let lines = lines.map(|line| String::from_utf8_lossy(&line).replace('\0', " "));
    lines.filter(|line| line.contains(&data_dir.display().to_string())).collect()
}

/// Searches what a demo holds and has said for what nobody may read: its database, its log, and PostgreSQL's.
async fn tells_nothing(at: SocketAddr, demo: &Program, data_dir: &Path) {
    let inbox = Browser::facing(at, "").get("/api/v1/inbox").await.value();
    for message in inbox["items"].as_array().into_iter().flatten() {
        secrecy::hold_message(message["to"].as_str().expect("a receiver"), message["text"].as_str().expect("a text"));
    }
    let given = secrecy::given();
    assert!(given.codes.len() >= 3 && given.tokens.len() >= 6 && given.phones.len() >= 2, "a walk that tells things");
    let database = Address::of_socket(&data_dir.join("run"), Cluster::SUPERUSER, "tradecounter");
    let all = secrecy::everything(&database).await;
    assert!(all.iter().any(|(_, _, value)| value.contains("+447400123456")), "this would find what is there");
    secrecy::in_database(&all, &given);
    // A row that PostgreSQL refuses, and tells of in its own log.
    let mut admin = database.as_administrator().connect().await.expect("the administrator is let in");
    let again = "insert into customers (id, phone, created_at, last_proven_at) values (gen_random_uuid(), $1, now(), now())";
    sqlx::query(again).bind("+447400123456").execute(&mut admin).await.expect_err("it is there already");
    assert!(demo.complained().contains("path=\"/api/v1/sessions\""), "a log that tells things");
    let of_postgres = std::fs::read_to_string(data_dir.join("postgres.log")).expect("a log");
    assert!(of_postgres.contains("violates unique constraint"), "{of_postgres}");
    for log in [demo.complained(), of_postgres] {
        secrecy::in_log(&log, &given);
    }
}

async fn stop(mut demo: Program, data_dir: &Path) {
    assert!(processes_at(data_dir).len() >= 2, "the demo and its PostgreSQL: {:?}", processes_at(data_dir));
    signal(demo.pid(), "INT");
    let status = demo.ended(STOPS_WITHIN).await;
    assert_eq!(status.code(), Some(0), "{}", demo.complained());
    assert_eq!(processes_at(data_dir), [""; 0], "nothing is left behind");
    assert!(!data_dir.join("postgres/postmaster.pid").exists(), "PostgreSQL was stopped, not killed");
}

async fn sign_in(at: SocketAddr, slug: &str, phone: &str) -> Browser {
    let (browser, base) = (Browser::facing(at, slug), Browser::facing(at, ""));
    let asked = browser.post("/api/v1/codes", json!({ "phone": phone })).await;
    assert_eq!(asked.status, StatusCode::ACCEPTED, "{asked:?}");
    let inbox = format!("/api/v1/inbox?to=%2B{}", &phone[1..]);
    let code = async || {
        let items = base.get(&inbox).await.value();
        let texts = items["items"].as_array().into_iter().flatten().filter_map(|item| item["text"].as_str());
        let mut codes = texts.filter_map(|text| text.split(&format!("\n@{slug}.localhost #")).nth(1).map(str::to_owned));
        codes.next()
    };
    for _ in 0..500 {
        if let Some(code) = code().await {
            let opened = browser.post("/api/v1/sessions", json!({ "phone": phone, "code": code })).await;
            assert_eq!(opened.value()["access"], "active", "{opened:?}");
            return browser;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("no text came for {slug}");
}

#[tokio::test]
async fn the_demo_comes_up_says_where_it_is_stops_cleanly_and_keeps_what_was_done() {
    let directory = Directory::new("demo");
    let data_dir = directory.join("data");
    let mut command = demo_command(&data_dir, "127.0.0.1:0");
    let mut demo = Program::start(command.env(EVERYTHING.0, EVERYTHING.1), &directory.0, "first");
    demo.until_said("Ctrl-C stops", COMES_UP_WITHIN).await;
    let said = demo.said();
    let at = address_in(&said);
    let port = at.port();
    for words in [
        &format!("http://localhost:{port}/inbox"),
        &format!("http://localhost:{port}/api/docs"),
        &format!("http://unionjack.localhost:{port}\n"),
        &format!("http://spiceroute.localhost:{port}/office"),
        &format!("http://fromagerie.localhost:{port}"),
        "owner@unionjack.example",
        "owner@spiceroute.example",
        "owner@fromagerie.example",
        "07400 123456",
        "07400 123465",
        "07 61 23 40 00",
    ] {
        assert!(said.contains(words), "{words} in\n{said}");
    }
    assert!(Browser::facing(at, "unionjack").get("/").await.text.contains("Union Jack Gifts"));
    assert_eq!(Browser::facing(at, "nobody").get("/").await.status, StatusCode::NOT_FOUND);
    let customer = sign_in(at, "unionjack", "+447400123456").await;
    sign_in(at, "unionjack", "+447400123465").await;
    sign_in(at, "spiceroute", "+447400123456").await;

    // Another one at the same port says why it does not come up; the first one does not mind.
    let mut second = Program::start(&mut demo_command(&data_dir, &at.to_string()), &directory.0, "port-in-use");
    let status = second.ended(COMES_UP_WITHIN).await;
    let complaint = second.complained();
    assert!(status.code() == Some(1) && complaint.contains(&format!("listening on {at}: Address already in use")), "{complaint}");
    assert_eq!(customer.get("/api/v1/me").await.status, StatusCode::OK);
    tells_nothing(at, &demo, &data_dir).await;
    stop(demo, &data_dir).await;

    let started = Instant::now();
    let mut demo = Program::start(&mut demo_command(&data_dir, "127.0.0.1:0"), &directory.0, "again");
    demo.until_said("Ctrl-C stops", Duration::from_secs(30)).await;
    println!("the second start took {:?}", started.elapsed());
    let again = Browser::facing(address_in(&demo.said()), "unionjack");
    again.plant("__Host-session", &customer.cookie("__Host-session").expect("a session"));
    let me = again.get("/api/v1/me").await;
    assert_eq!((me.status, me.value()["access"].as_str()), (StatusCode::OK, Some("active")), "still signed in: {me:?}");
    stop(demo, &data_dir).await;
    for log in ["first.stderr", "again.stderr"] {
        let log = std::fs::read_to_string(directory.join(log)).expect("a log");
        assert!(!log.contains("ERROR"), "{log}");
    }
}

#[tokio::test]
async fn a_port_that_is_taken_is_said_in_one_line_and_nothing_stays() {
    let directory = Directory::new("demo-port");
    let data_dir = directory.join("data");
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let at = taken.local_addr().expect("an address");
    let mut demo = Program::start(&mut demo_command(&data_dir, &at.to_string()), &directory.0, "demo");
    let status = demo.ended(COMES_UP_WITHIN).await;
    let complaint = demo.complained();
    assert_eq!(status.code(), Some(1));
    assert_eq!(complaint, format!("tradecounter: listening on {at}: Address already in use (os error 98)\n"));
    assert_eq!(processes_at(&data_dir), [""; 0], "nothing is left behind");
}

#[tokio::test]
async fn a_first_start_that_breaks_off_leaves_no_half_a_key() {
    let directory = Directory::new("demo-keys");
    let data_dir = directory.join("data");
    let command = demo_command(&data_dir, "127.0.0.1:0");
    // The system ends whoever writes to a file here: after it was made, and before anything stands in it.
    let mut broken = Command::new("sh");
    broken.args(["-c", "ulimit -c 0; ulimit -f 0; exec \"$0\" \"$@\""]).arg(command.get_program()).args(command.get_args());
    let mut broken = Program::start(&mut broken, &directory.0, "broken");
    assert!(!broken.ended(COMES_UP_WITHIN).await.success());
    assert!(data_dir.exists() && !data_dir.join("keys.toml").exists(), "the next start makes its own");
    assert!(!data_dir.join("postgres").exists(), "it had not come that far");
}

/// Who runs the tests as root gets the demo as somebody else here; everybody else has had it above.
#[tokio::test]
async fn the_demo_runs_as_a_plain_user_and_ends_when_it_is_killed() {
    let directory = Directory::new("demo-user");
    if std::fs::metadata(&directory.0).expect("ours").uid() != 0 {
        return;
    }
    let home = directory.join("home");
    std::fs::create_dir(&home).expect("a home");
    let nobody = 65_534;
    std::os::unix::fs::chown(&home, Some(nobody), Some(nobody)).expect("nobody's");
    // Where the program lies may be closed to others.
    let program = directory.join("tradecounter");
    std::fs::copy(TRADECOUNTER, &program).expect("a copy");
    let copied = Command::new("cp").arg("-R").arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tenants")).arg(&directory.0).status();
    assert!(copied.is_ok_and(|status| status.success()));
    let data_dir = home.join("data");
    let mut command = Command::new("setpriv");
    command.args(["--reuid=65534", "--regid=65534", "--clear-groups"]).arg(&program).args([
        "demo",
        "--listen",
        "127.0.0.1:0",
        "--data-dir",
    ]);
    command.arg(&data_dir).arg("--tenants").arg(directory.join("tenants")).current_dir(&home).env_clear();
    command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
    let mut demo = Program::start(&mut command, &directory.0, "demo");
    demo.until_said("Ctrl-C stops", COMES_UP_WITHIN).await;
    assert!(Browser::facing(address_in(&demo.said()), "fromagerie").get("/").await.status.is_success());
    assert_eq!(std::fs::metadata(data_dir.join("postgres")).expect("a cluster").uid(), nobody);
    demo.kill();
    until("PostgreSQL has ended with it", STOPS_WITHIN, || processes_at(&data_dir).is_empty()).await;
}
