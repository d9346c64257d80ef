//! Where the database is, and how each role gets in.

#![expect(clippy::disallowed_types, reason = "this is the room that holds the pools")]

use std::path::Path;
use std::str::FromStr;
use std::time::Duration;

use anyhow::Context;
use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;
use sqlx::ConnectOptions;
use sqlx::PgPool;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};

use super::Db;

/// The roles this program logs in as: the server as the first five, and the command that brings a tenant back as the last.
pub const SERVER_ROLES: [&str; 6] = ["tc_counter", "tc_office", "tc_identity", "tc_platform", "tc_support", "tc_import"];
/// Few look, and seldom.
const SUPPORT_CONNECTIONS: u32 = 2;
/// Owns every table and migrates.
pub const OWNER_ROLE: &str = "tc_owner";

/// A database server with one database of ours.
#[derive(Clone)]
pub struct Address {
    options: PgConnectOptions,
    /// From which the roles' own secrets are derived. None where the server's socket is the guard.
    role_secret: Option<SecretString>,
}

impl Address {
    /// The private cluster behind a socket that only we can reach.
    pub fn of_socket(directory: &Path, superuser: &str, database: &str) -> Self {
        let options = PgConnectOptions::new_without_pgpass().socket(directory).username(superuser).database(database);
        Self { options, role_secret: None }
    }

    /// An existing server. The URL's user must be able to create roles; `role_secret` is what the roles'
    /// own secrets are derived from.
    pub fn of_url(url: &str, role_secret: Option<SecretString>) -> anyhow::Result<Self> {
        let options = PgConnectOptions::from_str(url).context("DATABASE_URL is not a PostgreSQL address")?;
        Ok(Self { options, role_secret })
    }

    /// The database's name.
    pub fn database(&self) -> &str {
        self.options.get_database().unwrap_or("postgres")
    }

    /// The same server with another database.
    pub fn with_database(&self, database: &str) -> Self {
        Self { options: self.options.clone().database(database), role_secret: self.role_secret.clone() }
    }

    /// As whom the address was given: whoever may create roles and the database. sqlx writes no statement of it to
    /// the log, slow or not: some set a role's secret.
    pub fn as_administrator(&self) -> PgConnectOptions {
        self.options.clone().disable_statement_logging()
    }

    /// As one of our own roles, and as silently.
    pub fn as_role(&self, role: &str) -> PgConnectOptions {
        let options = self.options.clone().username(role).disable_statement_logging();
        match self.role_secret(role) {
            Some(secret) => options.password(secret.expose_secret()),
            None => options,
        }
    }

    /// What the role proves itself with; None where the socket is the guard.
    pub fn role_secret(&self, role: &str) -> Option<SecretString> {
        let secret = self.role_secret.as_ref()?;
        let mut mac = Hmac::<Sha256>::new_from_slice(secret.expose_secret().as_bytes()).ok()?;
        mac.update(role.as_bytes());
        Some(hex::encode(mac.finalize().into_bytes()).into())
    }

    /// Opens the pools. A connection is made when it is first needed.
    pub async fn open(&self, connections_per_door: u32) -> anyhow::Result<Db> {
        let connections = |role| if role == "tc_support" { SUPPORT_CONNECTIONS } else { connections_per_door };
        let [counter, office, identity, platform, support, import] = SERVER_ROLES.map(|role| self.pool(role, connections(role)));
        let db = Db { counter, office, identity, platform, import, support };
        anyhow::ensure!(db.is_ready().await, "PostgreSQL does not let the server's roles in: run `tradecounter migrate`");
        Ok(db)
    }

    /// A pool of one role's connections, for the checks at the start.
    pub(super) fn pool(&self, role: &str, connections: u32) -> PgPool {
        PgPoolOptions::new()
            .max_connections(connections)
            .acquire_timeout(Duration::from_secs(5))
            // A ping before each use would be a round trip; a broken connection shows in the first query.
            .test_before_acquire(false)
            .connect_lazy_with(self.as_role(role).application_name(&format!("tradecounter {role}")))
    }
}
