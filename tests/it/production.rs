//! The real server as an operator runs it, beside a test's database, and what tests of it share.

use std::net::SocketAddr;
use std::process::Command;
use std::time::Duration;

use http::StatusCode;
use serde_json::json;
use sqlx::Executor;

use crate::companions::{Directory, EVERYTHING, Kannel, Program, free_port};
use crate::house::{Browser, House};
use crate::secrecy;

pub const A_WHILE: Duration = Duration::from_secs(20);
pub const CODES_KEY: &str = "5c1f0e7ad94b3826bb17c06e29fd4a80";

/// A production, configured by a file and the environment, as an operator would.
pub struct Production {
    pub directory: Directory,
    pub at: SocketAddr,
    pub internal_port: u16,
    database: String,
    starts: usize,
}

impl Production {
    /// Beside the house, on its database; text messages go to this port.
    pub fn beside(house: &House, name: &str, gateway_port: u16) -> Self {
        Self::with_gateways(house, name, "gateways = ['kannel']", gateway_port)
    }

    /// The same with these lines in `[sms]`; Kannel is at this port.
    pub fn with_gateways(house: &House, name: &str, sms: &str, kannel_port: u16) -> Self {
        let directory = Directory::new(name);
        let at = SocketAddr::from(([127, 0, 0, 1], free_port()));
        let internal_port = free_port();
        let config = format!(
            "mode = 'production'\n[http]\nlisten = '{at}'\npublic_url = 'http://localhost:{}'\ninternal_listen = '127.0.0.1:{internal_port}'\n\
             [sms]\n{sms}\n[sms.kannel]\nurl = 'http://127.0.0.1:{kannel_port}/cgi-bin/sendsms'\nusername = 'tester'\n\
             [email]\ncarrier = 'smtp'\n[email.smtp]\nhost = 'localhost'\nport = {}\ntls = 'none'\n",
            at.port(),
            free_port(),
        );
        std::fs::write(directory.join("production.toml"), config).expect("a configuration");
        let socket = std::env::var("TRADECOUNTER_TEST_SOCKET").expect("a cluster");
        let database = format!("postgres:///{}?host={socket}&user=postgres", house.address.database());
        Self { directory, at, internal_port, database, starts: 0 }
    }

    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Program::tradecounter(arguments);
        command
            .arg("--config")
            .arg(self.directory.join("production.toml"))
            .env("TRADECOUNTER__DATABASE__URL", &self.database)
            .env("TRADECOUNTER__KEYS__CODES__1", CODES_KEY)
            .env("TRADECOUNTER__KEYS__COUNTERS", "e81b3fd6725c4a09a4d0b92c7e61f538")
            .env("TRADECOUNTER__SMS__KANNEL__PASSWORD", "secret")
            .env(EVERYTHING.0, EVERYTHING.1);
        command
    }

    pub async fn start(&mut self) -> Program {
        self.starts += 1;
        let mut program = Program::start(&mut self.command(&["serve"]), &self.directory.0, &format!("serve-{}", self.starts));
        program.until_said("serving", A_WHILE).await;
        program
    }

    pub fn browser(&self, slug: &str) -> Browser {
        Browser::facing(self.at, slug)
    }
}

pub async fn ask_for_a_code(browser: &Browser, phone: &str) {
    let asked = browser.post("/api/v1/codes", json!({ "phone": phone })).await;
    assert_eq!(asked.status, StatusCode::ACCEPTED, "{asked:?}");
}

/// The codes that the SMS centre got for this number's texts.
pub fn codes(kannel: &Kannel, phone: &str) -> Vec<String> {
    let received = kannel.received();
    let to_us = received.split("Counter +").filter(|text| text.starts_with(&phone[1..]));
    let codes: Vec<String> = to_us.filter_map(secrecy::code_in).collect();
    codes.iter().for_each(|code| secrecy::hold_message(phone, &format!("Your code: {code}")));
    codes
}

pub async fn until_the_queue_is_empty(house: &House) {
    let mut admin = house.admin().await;
    for _ in 0..1_000 {
        let row = admin.fetch_one("select count(*) from jobs").await.expect("a count");
        if sqlx::Row::get::<i64, _>(&row, 0) == 0 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("jobs are left");
}
