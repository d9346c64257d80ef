//! Operators and tokens from the command line, beside a server or a demo.

use std::time::Duration;

use http::{Method, StatusCode};
use serde_json::json;
use sqlx::ConnectOptions;

use crate::companions::{Directory, Program};
use crate::house::{House, fresh_database};
use crate::operators::{OLGA, as_program, body};
use crate::secrecy;

/// Runs the program on this database: its status, what it printed, what it said beside.
async fn command(url: &str, directory: &Directory, name: &str, arguments: &[&str]) -> (Option<i32>, String, String) {
    let mut program = Program::tradecounter(&["operator"]);
    program.args(arguments).env("DATABASE_URL", url).current_dir(&directory.0);
    let mut program = Program::start(&mut program, &directory.0, name);
    let status = program.ended(Duration::from_secs(60)).await;
    (status.code(), program.said(), program.complained())
}

#[tokio::test]
async fn the_command_line_invites_and_makes_tokens_beside_a_running_server() {
    let (house, directory) = (House::open().await, Directory::new("operator-command"));
    let socket = std::env::var("TRADECOUNTER_TEST_SOCKET").expect("a cluster");
    let url = format!("postgres:///{}?host={socket}&user=postgres", house.address.database());
    let (status, said, _) = command(&url, &directory, "invite", &["invite", OLGA, "--name", "Olga"]).await;
    let console = "http://admin.localhost:8080";
    assert_eq!((status, said), (Some(0), format!("{OLGA} may sign in at {console} now, by a code that goes to that address.\n")));
    let (status, said, _) = command(&url, &directory, "again", &["invite", OLGA]).await;
    assert_eq!((status, said), (Some(0), format!("{OLGA} could sign in at {console} already, by a code that goes to that address.\n")));
    assert_eq!(house.value::<i64>("select count(*) from operator_events where action like 'operator.%'").await, 1);
    assert_eq!(house.value::<String>("select name from operators").await, "Olga");
    let (status, said, complaint) = command(&url, &directory, "nobody", &["invite", "olga"]).await;
    assert!(status == Some(1) && said.is_empty() && complaint.starts_with("tradecounter: "), "{complaint}");
    house.operator(OLGA).await;

    let (status, said, words) = command(&url, &directory, "token", &["token", "nightly report"]).await;
    let token = said.strip_suffix('\n').expect("a line").to_owned();
    secrecy::hold(&token);
    assert!(status == Some(0) && token.len() == 43 && words.contains("not shown again") && !words.contains(&token), "{words}");
    let made = as_program(&house, Method::POST, "/api/v1/tenants", &token, Some(body("nordic"))).await;
    assert_eq!(made.status, StatusCode::CREATED, "{made:?}");
    let (_, reads, _) = command(&url, &directory, "read", &["token", "reader", "--scope", "read"]).await;
    secrecy::hold(reads.trim());
    assert_eq!(as_program(&house, Method::GET, "/api/v1/me", reads.trim(), None).await.value()["scope"], "read");
    let olga = house.operator(OLGA).await;
    olga.post("/api/v1/tokens", json!({ "name": "Olga's own" })).await.value()["token"].as_str().map(secrecy::hold).expect("a token");
    let (status, said, _) = command(&url, &directory, "remove", &["remove", OLGA]).await;
    assert_eq!(status, Some(0), "{said}");
    assert!(said.contains(&format!("{OLGA} cannot sign in")) && said.contains("stay good until they are revoked: Olga's own.\n"), "{said}");
    assert_eq!(olga.get("/api/v1/me").await.status, StatusCode::UNAUTHORIZED, "signed out at once");
    let (status, _, complaint) = command(&url, &directory, "gone", &["remove", OLGA]).await;
    assert!(status == Some(1) && complaint.contains("is no operator"), "{complaint}");
    assert_eq!(house.value::<i64>("select count(*) from operator_events where action = 'operator.removed'").await, 1);
    house.invite(OLGA).await;
    assert_eq!(olga.get("/api/v1/me").await.status, StatusCode::UNAUTHORIZED, "let in again, they sign in anew");
    let (status, said, _) = command(&url, &directory, "scope", &["token", "odd", "--scope", "all"]).await;
    assert!(status != Some(0) && said.is_empty());
}

#[tokio::test]
async fn a_demos_own_database_is_found_by_its_directory() {
    let directory = Directory::new("operator-data-dir");
    let elsewhere = fresh_database().await;
    let socket = std::env::var("TRADECOUNTER_TEST_SOCKET").expect("a cluster");
    let url = format!("postgres:///{}?host={socket}&user=postgres", elsewhere.database());
    let data_dir = directory.join("data");
    std::fs::create_dir(&data_dir).expect("a directory");
    std::fs::write(data_dir.join("address"), "http://localhost:9123").expect("an address");
    let data_dir = data_dir.to_str().expect("letters").to_owned();
    let (status, said, complaint) = command(&url, &directory, "invite", &["invite", OLGA, "--data-dir", &data_dir]).await;
    assert!(status == Some(0) && said.contains("http://admin.localhost:9123"), "{said} {complaint}");
    let mistyped = directory.join("dada");
    let named = mistyped.to_str().expect("letters");
    let (status, said, complaint) = command(&url, &directory, "mistyped", &["token", "nightly", "--data-dir", named]).await;
    assert!(status == Some(1) && said.is_empty() && complaint.contains("there is no"), "{said}{complaint}");
    assert!(!mistyped.exists(), "and none is begun");
    let mut admin = elsewhere.as_administrator().connect().await.expect("the administrator");
    let there: i64 = sqlx::query_scalar("select count(*) from operators").fetch_one(&mut admin).await.expect("a count");
    assert_eq!(there, 0, "not in the database that the environment names");
}
