//! A house to test in: the whole application on a fresh database, a clock that can be moved, two tenants with
//! their people, and browsers that come to their hosts by real HTTP.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use chrono::Duration;
use http::{HeaderMap, Method, StatusCode};
use serde_json::{Value, json};
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, PgConnection, Row};
use tokio::net::TcpListener;
use tradecounter::app::App;
use tradecounter::clock::Clock;
use tradecounter::config::Config;
use tradecounter::db::connect::Address;
use tradecounter::tenancy::Hosts;
use tradecounter::web::server;
use uuid::Uuid;

const TEMPLATE: &str = "tradecounter_template";

/// Buys at acme, for account A-1.
pub const ADA: &str = "+447400123001";
/// Buys at bravo, for account B-1.
pub const BEN: &str = "+447400123002";
/// Buys at acme and at bravo (B-2).
pub const CAT: &str = "+447400123003";
/// Nobody's customer.
pub const DAN: &str = "+447400123004";

/// The application, and the way behind its back.
pub struct House {
    pub app: Arc<App>,
    pub clock: Clock,
    pub address: Address,
    pub at: SocketAddr,
}

impl House {
    /// A house with the two tenants `acme` and `bravo`.
    pub async fn open() -> Self {
        Self::open_with(|_| {}).await
    }

    /// The same, with something set otherwise.
    pub async fn open_with(change: impl FnOnce(&mut Config)) -> Self {
        let address = fresh_database().await;
        Self::on(address, Clock::system(), change, true).await
    }

    /// A second process on the database of the first, at the same moment.
    pub async fn beside(&self) -> Self {
        Self::on(self.address.clone(), self.clock.clone(), |_| {}, false).await
    }

    async fn on(address: Address, clock: Clock, change: impl FnOnce(&mut Config), with_people: bool) -> Self {
        let keys = ["0f1e2d3c4b5a69788796a5b4c3d2e1f0aa", "a0b1c2d3e4f5061728394a5b6c7d8e9f00"];
        let mut config = Config::demo(keys[0], keys[1]).expect("a configuration");
        change(&mut config);
        let db = address.open(config.database.connections_per_role).await.expect("the four roles are let in");
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let at = listener.local_addr().expect("an address");
        let hosts = Hosts::parse("http://localhost").expect("a base").with_port(at.port());
        let http = config.http.clone();
        let app = Arc::new(App::build(config, clock.clone(), hosts, db).expect("an application"));
        tokio::spawn({
            let door = Arc::clone(&app.door);
            async move { server::serve(listener, door, &http, std::future::pending()).await }
        });
        let house = Self { app, clock, address, at };
        if with_people {
            house.move_in().await;
        }
        house
    }

    async fn move_in(&self) {
        let mut db = self.admin().await;
        for (slug, accounts) in [("acme", [("A-1", ADA), ("A-2", CAT)]), ("bravo", [("B-1", BEN), ("B-2", CAT)])] {
            let tenant = Uuid::now_v7();
            sqlx::query(
                "insert into tenants (id, slug, business_name, country, currency, time_zone, brand_colour, sms_countries, created_at, updated_at)
                 values ($1, $2, initcap($2) || ' Wholesale', 'GB', 'GBP', 'Europe/London', '#14532d', '{GB,FR}', now(), now())",
            )
            .bind(tenant)
            .bind(slug)
            .execute(&mut db)
            .await
            .expect("a tenant");
            for role in ["owner", "manager", "sales", "picker"] {
                sqlx::query("insert into staff (tenant_id, staff_id, email, name, role, created_at) values ($1, $2, $3, $4, $5, now())")
                    .bind(tenant)
                    .bind(Uuid::now_v7())
                    .bind(format!("{role}@{slug}.example"))
                    .bind(format!("{role} of {slug}"))
                    .bind(role)
                    .execute(&mut db)
                    .await
                    .expect("staff");
            }
            for (number, phone) in accounts {
                let_in(&mut db, tenant, number, phone).await;
            }
        }
    }

    /// A connection that no policy binds: for looking behind, never for acting as the server.
    pub async fn admin(&self) -> PgConnection {
        self.address.as_administrator().connect().await.expect("the administrator is let in")
    }

    /// A connection as one of the server's own roles.
    pub async fn role(&self, role: &str) -> PgConnection {
        let options: PgConnectOptions = self.address.as_role(role);
        options.connect().await.expect("the role is let in")
    }

    /// One value, looked up behind the back.
    pub async fn value<T>(&self, sql: &str) -> T
    where
        T: for<'r> sqlx::Decode<'r, sqlx::Postgres> + sqlx::Type<sqlx::Postgres>,
    {
        sqlx::query(AssertSqlSafe(sql.to_owned())).fetch_one(&mut self.admin().await).await.expect(sql).get(0)
    }

    /// Changes something behind the back.
    pub async fn change(&self, sql: &str) {
        sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(&mut self.admin().await).await.expect(sql);
    }

    /// The id of a tenant.
    pub async fn tenant(&self, slug: &str) -> Uuid {
        self.value(&format!("select id from tenants where slug = '{slug}'")).await
    }

    /// Runs whatever is queued.
    pub async fn run_jobs(&self) {
        self.app.run_jobs().await.expect("the queue can be worked");
    }

    /// The texts that were sent to this address, newest first.
    pub fn sent_to(&self, to: &str) -> Vec<String> {
        self.app.inbox.as_ref().expect("an inbox").list(Some(to)).into_iter().map(|message| message.text).collect()
    }

    /// The newest code that was sent to this address.
    pub async fn code_for(&self, to: &str) -> String {
        self.run_jobs().await;
        let code_in = |text: &String| text.split(|c: char| !c.is_ascii_digit()).rfind(|run| run.len() == 6).map(str::to_owned);
        // Other letters have long ids in their links, which may look like a code.
        self.sent_to(to)
            .iter()
            .filter(|text| text.contains("our code"))
            .find_map(code_in)
            .unwrap_or_else(|| panic!("no code was sent to {to}"))
    }

    /// Moves the clock.
    pub fn wait(&self, by: Duration) {
        self.clock.advance(by);
    }

    /// A browser that nobody is signed in with, at a tenant's host; at the base with an empty slug.
    pub fn browser(&self, slug: &str) -> Browser {
        Browser::facing(self.at, slug)
    }

    /// A browser with this customer signed in at a tenant.
    pub async fn customer(&self, slug: &str, phone: &str) -> Browser {
        let browser = self.browser(slug);
        browser.sign_in(self, phone).await;
        browser
    }

    /// A browser with this member of staff signed in at a tenant's office.
    pub async fn staff(&self, slug: &str, role: &str) -> Browser {
        let browser = self.browser(slug);
        let email = format!("{role}@{slug}.example");
        let asked = browser.json(Method::POST, "/api/v1/office/codes", json!({ "email": email })).await;
        assert_eq!(asked.status, StatusCode::ACCEPTED, "{asked:?}");
        let code = self.code_for(&email).await;
        let opened = browser.json(Method::POST, "/api/v1/office/sessions", json!({ "email": email, "code": code })).await;
        assert_eq!(opened.status, StatusCode::CREATED, "{opened:?}");
        browser
    }
}

/// Lets a phone in at a tenant, with an account of its own.
pub async fn let_in(db: &mut PgConnection, tenant: Uuid, account_number: &str, phone: &str) {
    let (account, customer) = (Uuid::now_v7(), Uuid::now_v7());
    sqlx::query(
        "insert into trade_accounts (tenant_id, account_id, account_number, business_name, town, country, created_at)
         values ($1, $2, $3, 'Shop ' || $3, 'Ludlow', 'GB', now())",
    )
    .bind(tenant)
    .bind(account)
    .bind(account_number)
    .execute(&mut *db)
    .await
    .expect("an account");
    sqlx::query("insert into customers (id, phone, created_at, last_proven_at) values ($1, $2, now(), now()) on conflict do nothing")
        .bind(customer)
        .bind(phone)
        .execute(&mut *db)
        .await
        .expect("a customer");
    sqlx::query(
        "insert into account_access (tenant_id, access_id, account_id, customer_id, phone, contact_name, role, status, created_at)
         select $1, $2, $3, id, phone, 'Contact of ' || $4, 'owner', 'active', now() from customers where phone = $5",
    )
    .bind(tenant)
    .bind(Uuid::now_v7())
    .bind(account)
    .bind(account_number)
    .bind(phone)
    .execute(&mut *db)
    .await
    .expect("access");
}

/// Something that speaks HTTP to one host and keeps its cookies, as a browser does.
pub struct Browser {
    at: SocketAddr,
    pub host: String,
    cookies: Mutex<BTreeMap<String, String>>,
    client: reqwest::Client,
}

/// What came back.
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub text: String,
}

impl std::fmt::Debug for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.status, self.text)
    }
}

impl Answer {
    /// The body as JSON.
    pub fn value(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error} in {self:?}"))
    }

    /// One header as text; empty when it is not there.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }
}

impl Browser {
    /// A browser that nobody is signed in with, at the server that listens there.
    pub fn facing(at: SocketAddr, slug: &str) -> Self {
        let host = if slug.is_empty() { "localhost".to_owned() } else { format!("{slug}.localhost") };
        Self { at, host: format!("{host}:{}", at.port()), cookies: Mutex::default(), client: reqwest_client() }
    }

    /// Sends a request with these headers beside the cookies, and keeps the cookies of the answer.
    pub async fn send(&self, method: Method, path: &str, headers: &[(&str, &str)], body: Option<(&str, String)>) -> Answer {
        let mut request = self.client.request(method, format!("http://{}{path}", self.at)).header("host", &self.host);
        let cookies =
            self.cookies.lock().expect("cookies").iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ");
        if !cookies.is_empty() {
            request = request.header("cookie", cookies);
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some((media_type, body)) = body {
            request = request.header("content-type", media_type).body(body);
        }
        let response = request.send().await.expect("an answer");
        let (status, headers) = (response.status(), response.headers().clone());
        for line in headers.get_all("set-cookie") {
            self.keep(line.to_str().expect("a cookie of letters"));
        }
        Answer { status, headers, text: response.text().await.expect("a body of text") }
    }

    fn keep(&self, line: &str) {
        let (pair, attributes) = line.split_once(';').expect("attributes");
        let (name, value) = pair.split_once('=').expect("a value");
        let mut cookies = self.cookies.lock().expect("cookies");
        if attributes.contains("Max-Age=0") {
            cookies.remove(name);
        } else {
            cookies.insert(name.to_owned(), value.to_owned());
        }
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, &[], None).await
    }

    /// Sends a form, as a page of the same origin.
    pub async fn form(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let body = fields.iter().map(|(name, value)| format!("{name}={}", percent_encode(value))).collect::<Vec<_>>().join("&");
        let same_origin = [("sec-fetch-site", "same-origin")];
        self.send(Method::POST, path, &same_origin, Some(("application/x-www-form-urlencoded", body))).await
    }

    pub async fn json(&self, method: Method, path: &str, body: Value) -> Answer {
        self.send(method, path, &[], Some(("application/json", body.to_string()))).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.json(Method::POST, path, body).await
    }

    pub async fn delete(&self, path: &str) -> Answer {
        self.send(Method::DELETE, path, &[], None).await
    }

    /// Signs a customer in by the API; answers with how their access stands.
    pub async fn sign_in(&self, house: &House, phone: &str) -> String {
        let code = self.ask(house, phone).await;
        let opened = self.answer(phone, &code).await;
        assert_eq!(opened.status, StatusCode::CREATED, "{opened:?}");
        opened.value()["access"].as_str().expect("access").to_owned()
    }

    /// Where it connects to, whatever host it names.
    pub fn at(&self) -> SocketAddr {
        self.at
    }

    /// Asks for a code and reads it in the text that comes.
    pub async fn ask(&self, house: &House, phone: &str) -> String {
        let asked = self.post("/api/v1/codes", json!({ "phone": phone })).await;
        assert_eq!(asked.status, StatusCode::ACCEPTED, "{asked:?}");
        house.code_for(phone).await
    }

    /// Says that this is the code.
    pub async fn answer(&self, phone: &str, code: &str) -> Answer {
        self.post("/api/v1/sessions", json!({ "phone": phone, "code": code })).await
    }

    /// The value of a cookie it holds.
    pub fn cookie(&self, name: &str) -> Option<String> {
        self.cookies.lock().expect("cookies").get(name).cloned()
    }

    /// Drops every cookie.
    pub fn forget(&self) {
        self.cookies.lock().expect("cookies").clear();
    }

    /// Puts a cookie in, as an attacker would.
    pub fn plant(&self, name: &str, value: &str) {
        self.cookies.lock().expect("cookies").insert(name.to_owned(), value.to_owned());
    }
}

/// For a form's value.
pub fn percent_encode(text: &str) -> String {
    text.bytes().map(|byte| if byte.is_ascii_alphanumeric() { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

fn reqwest_client() -> reqwest::Client {
    // Plain HTTP only, but the client wants a provider all the same.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .timeout(std::time::Duration::from_secs(60))
        .build()
        .expect("a client")
}

/// A copy of the template that the cluster holds.
pub async fn fresh_database() -> Address {
    let socket = std::env::var("TRADECOUNTER_TEST_SOCKET")
        .expect("tests run beside a PostgreSQL of their own: `make test-rust`, or `cargo run -- database run -- cargo nextest run`");
    let template = Address::of_socket(socket.as_ref(), "postgres", TEMPLATE);
    let name = format!("test_{}", Uuid::now_v7().simple());
    let mut admin = template.with_database("postgres").as_administrator().connect().await.expect("the cluster is there");
    let copy = format!("create database {name} template {TEMPLATE} strategy file_copy");
    sqlx::query(AssertSqlSafe(copy)).execute(&mut admin).await.expect("a copy of the template");
    let address = template.with_database(&name);
    // What PostgreSQL keeps per database is not copied with it.
    for statement in [
        format!("revoke all on database {name} from public"),
        format!("grant connect on database {name} to tc_owner, tc_counter, tc_office, tc_identity, tc_platform"),
    ] {
        sqlx::query(AssertSqlSafe(statement)).execute(&mut admin).await.expect("rights on the copy");
    }
    admin.close().await.expect("a good-bye");
    address
}
