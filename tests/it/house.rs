//! A house to test in: the whole application on a fresh database, a clock that can be moved, two tenants with
//! their people, and browsers that come to their hosts by real HTTP.

use std::net::SocketAddr;
use std::sync::Arc;

use chrono::Duration;
use http::{Method, StatusCode};
use serde_json::json;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, PgConnection, Row};
use tokio::net::TcpListener;
use tradecounter::app::App;
use tradecounter::clock::Clock;
use tradecounter::config::Config;
use tradecounter::db::connect::{Address, SERVER_ROLES};
use tradecounter::operators::{self, Doer};
use tradecounter::tenancy::Hosts;
use tradecounter::values::EmailAddress;
use tradecounter::web::server;
use uuid::Uuid;

pub use crate::browser::{Answer, Browser, percent_encode};
use crate::name_server::NameServer;
use crate::secrecy;

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
    /// What is asked about domains; no test asks any other.
    pub dns: NameServer,
}

impl House {
    /// A house with the two tenants `acme` and `bravo`.
    pub async fn open() -> Self {
        Self::open_with(|_| {}).await
    }

    /// The same, with something set otherwise.
    pub async fn open_with(change: impl FnOnce(&mut Config)) -> Self {
        let address = fresh_database().await;
        Self::on(address, Clock::system(), NameServer::start().await, change, true).await
    }

    /// A house that nobody has moved into.
    pub async fn empty() -> Self {
        Self::on(fresh_database().await, Clock::system(), NameServer::start().await, |_| {}, false).await
    }

    /// A second process on the database of the first, at the same moment.
    pub async fn beside(&self) -> Self {
        self.beside_with(|_| {}).await
    }

    /// The same, with something set otherwise.
    pub async fn beside_with(&self, change: impl FnOnce(&mut Config)) -> Self {
        Self::on(self.address.clone(), self.clock.clone(), self.dns.clone(), change, false).await
    }

    /// Every house is searched for secrets when its test is over.
    async fn on(address: Address, clock: Clock, dns: NameServer, change: impl FnOnce(&mut Config), with_people: bool) -> Self {
        secrecy::keep_the_log();
        let keys = ["0f1e2d3c4b5a69788796a5b4c3d2e1f0aa", "a0b1c2d3e4f5061728394a5b6c7d8e9f00"];
        let mut config = Config::demo(keys[0], keys[1]).expect("a configuration");
        (config.domains.resolvers, config.domains.timeout_seconds) = (vec![dns.at], 1);
        change(&mut config);
        let db = address.open(config.database.connections_per_role).await.expect("the five roles are let in");
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let at = listener.local_addr().expect("an address");
        let hosts = Hosts::parse("http://localhost").expect("a base").with_port(at.port());
        let http = config.http.clone();
        let app = Arc::new(App::build(config, clock.clone(), hosts, db).expect("an application"));
        tokio::spawn({
            let door = Arc::clone(&app.door);
            async move { server::serve(listener, door, &http, std::future::pending()).await }
        });
        let house = Self { app, clock, address, at, dns };
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
        self.address.as_role(role).connect().await.expect("the role is let in")
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

    /// Somebody of this number asked this counter for an account, behind its back; with the id of the request.
    pub async fn request(&self, slug: &str, phone: &str, status: &str) -> Uuid {
        let (customer, request) = (Uuid::now_v7(), Uuid::now_v7());
        self.change(&format!(
            "insert into customers (id, phone, created_at, last_proven_at) values ('{customer}', '{phone}', now(), now());
             insert into registration_requests (tenant_id, request_id, customer_id, phone, business_name, contact_name, status, created_at)
             select id, '{request}', '{customer}', '{phone}', 'Deli', 'Dee', '{status}', now() from tenants where slug = '{slug}'"
        ))
        .await;
        request
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
        // Other letters have long ids in their links, which may look like a code.
        self.sent_to(to)
            .iter()
            .filter(|text| text.contains("our code"))
            .find_map(|text| secrecy::code_in(text))
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

    /// Lets somebody sign in to the console.
    pub async fn invite(&self, email: &str) {
        let (email, doer) = (EmailAddress::parse(email).expect("an address"), Doer::command_line());
        let db = self.app.house.db().platform();
        db.write(async |tx| operators::invite(tx, &email, Some("Olga"), &doer, self.app.house.now()).await).await.expect("invited");
    }

    /// A browser with an operator signed in at the console by a code, invited when they were not.
    pub async fn operator_with_a_code(&self, email: &str) -> Browser {
        self.invite(email).await;
        let browser = self.browser("admin");
        let asked = browser.json(Method::POST, "/api/v1/codes", json!({ "email": email })).await;
        assert_eq!(asked.status, StatusCode::ACCEPTED, "{asked:?}");
        let code = self.code_for(email).await;
        let opened = browser.json(Method::POST, "/api/v1/sessions", json!({ "email": email, "code": code })).await;
        assert_eq!(opened.status, StatusCode::CREATED, "{opened:?}");
        browser
    }

    /// The same, as if they had shown a passkey.
    pub async fn operator(&self, email: &str) -> Browser {
        let browser = self.operator_with_a_code(email).await;
        self.change(&format!(
            "update operator_sessions set passkey_id = gen_random_uuid()
              where passkey_id is null and operator_id = (select id from operators where email = '{email}')"
        ))
        .await;
        browser
    }
}

impl Drop for House {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            secrecy::search(self);
        }
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
        format!("grant connect on database {name} to tc_owner, {}", SERVER_ROLES.join(", ")),
    ] {
        sqlx::query(AssertSqlSafe(statement)).execute(&mut admin).await.expect("rights on the copy");
    }
    admin.close().await.expect("a good-bye");
    address
}
