//! The typed configuration: `config/default.toml`, a file over it, the environment over both. A key that
//! is not known stops the start, and so does a production that would run with the demo's comforts.

use std::collections::{BTreeMap, HashMap};
use std::net::{IpAddr, SocketAddr};
use std::path::Path;

use anyhow::{Context, ensure};
use config::{Environment, File, FileFormat};
use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Deserializer, de};
use sha2::Sha256;

use crate::error::Error;
use crate::messages::dkim::DkimConfig;
use crate::messages::email::SmtpConfig;
use crate::messages::sms::{GatewayName, SmsConfig};

const DEFAULT: &str = include_str!("../config/default.toml");
const DEMO: &str = include_str!("../config/demo.toml");
const SHORTEST_KEY: usize = 32;

/// Everything that can be set; the meaning of each key stands in `config/default.toml`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    pub mode: Mode,
    pub http: Http,
    pub database: Database,
    pub keys: Keys,
    pub codes: Codes,
    pub limits: Limits,
    pub sessions: Sessions,
    pub tenants: Tenants,
    pub catalogue: Catalogue,
    pub domains: Domains,
    pub sms: SmsConfig,
    pub email: Email,
    pub log: Log,
    /// By subdomain. No key: the demo knows them from the files it has applied.
    #[serde(skip)]
    pub demo_people: BTreeMap<String, DemoPeople>,
}

/// Who to try a counter of the demo with; its front page names them.
#[derive(Debug, Clone)]
pub struct DemoPeople {
    /// As they are written in the wholesaler's country.
    pub phones: Vec<String>,
    /// E-mail addresses.
    pub owners: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    Demo,
    Production,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Http {
    pub listen: SocketAddr,
    pub public_url: String,
    pub internal_listen: SocketAddr,
    #[serde(deserialize_with = "addresses")]
    pub trusted_proxies: Vec<IpAddr>,
    pub header_read_timeout_seconds: u64,
    pub request_timeout_seconds: u64,
    pub export_timeout_seconds: u64,
    pub idle_timeout_seconds: u64,
    pub shutdown_timeout_seconds: u64,
    pub body_limit_bytes: usize,
    pub connection_limit: usize,
    pub waiting_per_tenant: usize,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Database {
    pub url: String,
    pub role_secret: SecretString,
    pub connections_per_role: u32,
    pub connections_per_tenant: usize,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Keys {
    pub current_version: i16,
    /// By version, as text because TOML keys are.
    pub codes: BTreeMap<String, SecretString>,
    pub counters: SecretString,
}

impl Keys {
    /// What nobody can work out who has not this version of the key, the same for the same parts: never the same as of other
    /// parts, so each kind of thing names itself in the first.
    pub fn derive(&self, version: i16, parts: &[&[u8]]) -> Result<[u8; 32], Error> {
        let key = self.codes.get(&version.to_string());
        hmac_sha256(key.ok_or_else(|| Error::Internal(anyhow::anyhow!("there is no code key of version {version}")))?, parts)
    }

    /// The same under the key of counters.
    pub fn derive_counter(&self, parts: &[&[u8]]) -> Result<[u8; 32], Error> {
        hmac_sha256(&self.counters, parts)
    }
}

/// HMAC-SHA-256 over the parts, each with its length so that no two lists of parts look alike.
fn hmac_sha256(key: &SecretString, parts: &[&[u8]]) -> Result<[u8; 32], Error> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key.expose_secret().as_bytes()).map_err(|error| Error::Internal(error.into()))?;
    for part in parts {
        mac.update(&u32::try_from(part.len()).unwrap_or(u32::MAX).to_be_bytes());
        mac.update(part);
    }
    Ok(mac.finalize().into_bytes().into())
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Codes {
    pub life_seconds: u32,
    pub resend_seconds: u32,
    pub guesses_per_code: i16,
    pub guesses_per_day: usize,
    pub slow_guess_seconds: u32,
    pub sms_per_day: usize,
    pub emails_per_day: usize,
    pub work_rounds: u32,
    pub known_browser_days: i64,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    pub asking: Allowance,
    pub network: Allowance,
    pub wide_network: Allowance,
    pub prefix: Allowance,
    pub unproven: Allowance,
    pub country: Allowance,
    pub tenant: Allowance,
    pub tenant_mail: Allowance,
    pub platform: Allowance,
    pub domain_checks: Allowance,
}

/// A token bucket.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Allowance {
    pub burst: f64,
    pub per_hour: f64,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sessions {
    pub customer_idle_days: i64,
    pub customer_life_days: i64,
    pub customer_silent_days: i64,
    pub staff_idle_hours: i64,
    pub staff_life_hours: i64,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tenants {
    pub grace_days: i64,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Catalogue {
    pub remembered_bytes: u64,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Domains {
    #[serde(deserialize_with = "resolvers")]
    pub resolvers: Vec<SocketAddr>,
    pub timeout_seconds: u64,
    pub cname: String,
    #[serde(deserialize_with = "addresses")]
    pub addresses: Vec<IpAddr>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Email {
    pub carrier: MailCarrierName,
    pub smtp: SmtpConfig,
    pub dkim: DkimConfig,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MailCarrierName {
    Smtp,
    Inbox,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Log {
    pub format: LogFormat,
    pub filter: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    Text,
    Json,
}

impl Config {
    /// For `serve`: the defaults, the file, the environment.
    pub fn load(file: Option<&Path>) -> anyhow::Result<Self> {
        Self::load_in(file, None)
    }

    /// The same in an environment that is given, instead of the process's own.
    pub fn load_in(file: Option<&Path>, environment: Option<HashMap<String, String>>) -> anyhow::Result<Self> {
        let config = Self::read_in(file, environment)?;
        config.check()?;
        Ok(config)
    }

    /// Without asking whether one could serve with it: for commands that only need the database.
    pub fn read(file: Option<&Path>) -> anyhow::Result<Self> {
        Self::read_in(file, None)
    }

    fn read_in(file: Option<&Path>, environment: Option<HashMap<String, String>>) -> anyhow::Result<Self> {
        let mut builder = config::Config::builder().add_source(File::from_str(DEFAULT, FileFormat::Toml));
        if let Some(file) = file {
            builder = builder.add_source(File::from(file).format(FileFormat::Toml));
        }
        Self::build(builder, environment)
    }

    /// For `demo` and for tests: the defaults, the demo's comforts, the environment, and keys that the
    /// caller made.
    pub fn demo(code_key: &str, counter_key: &str) -> anyhow::Result<Self> {
        let builder = config::Config::builder()
            .add_source(File::from_str(DEFAULT, FileFormat::Toml))
            .add_source(File::from_str(DEMO, FileFormat::Toml))
            .set_override("keys.codes.1", code_key)?
            .set_override("keys.counters", counter_key)?;
        let config = Self::build(builder, None)?;
        config.check()?;
        Ok(config)
    }

    fn build(
        builder: config::ConfigBuilder<config::builder::DefaultState>,
        environment: Option<HashMap<String, String>>,
    ) -> anyhow::Result<Self> {
        // What the environment says stays text until the key's own type reads it: a password may be all digits.
        let environment = Environment::with_prefix("TRADECOUNTER").prefix_separator("__").separator("__").source(environment);
        let read = builder.add_source(environment).build().context("reading the configuration")?;
        read.try_deserialize().context("the configuration has something that is not known, or not right")
    }

    /// Whether the demo's inbox is one of the carriers.
    pub fn uses_inbox(&self) -> bool {
        self.sms.gateways.contains(&GatewayName::Inbox) || self.email.carrier == MailCarrierName::Inbox
    }

    fn check(&self) -> anyhow::Result<()> {
        if self.mode == Mode::Production {
            ensure!(!self.uses_inbox(), "production does not run with the demo inbox: set [sms] gateways and [email] carrier");
            // Browsers keep `__Host-` cookies of an http address only where it is this very machine.
            ensure!(
                self.http.public_url.to_lowercase().starts_with("https:") || is_this_machine(&self.http.public_url),
                "[http] public_url must begin with https: nobody could stay signed in"
            );
        }
        ensure!(
            self.keys.codes.contains_key(&self.keys.current_version.to_string()),
            "[keys] codes has no key of version {}: set TRADECOUNTER__KEYS__CODES__{0}",
            self.keys.current_version
        );
        for (version, key) in &self.keys.codes {
            check_key(&format!("[keys] codes.{version}"), key)?;
        }
        check_key("[keys] counters", &self.keys.counters)?;
        // Six workers hold one each while they run a job, and what a job asks needs another.
        ensure!(self.database.connections_per_role >= 8, "[database] connections_per_role must be at least 8");
        ensure!(
            (1..=self.database.connections_per_role as usize / 2).contains(&self.database.connections_per_tenant),
            "[database] connections_per_tenant must be from 1 to half of connections_per_role"
        );
        self.email.smtp.check()?;
        self.email.smtp.signer(&self.email.dkim)?;
        // A job is claimed for as long as its message takes, and the database ends a claim that is idle for a minute.
        self.sms.check()?;
        ensure!(self.email.smtp.timeout_seconds <= 45, "[email.smtp] timeout_seconds is over 45");
        ensure!((1..=365).contains(&self.tenants.grace_days), "[tenants] grace_days must be 1 to 365");
        // Somebody waits for it, for as long as a request may take: it is asked three times at the most.
        ensure!((1..=5).contains(&self.domains.timeout_seconds), "[domains] timeout_seconds must be 1 to 5");
        ensure!(self.codes.life_seconds <= 600, "[codes] life_seconds is over ten minutes (NIST SP 800-63B-4, 3.1.3.2)");
        ensure!(
            self.sessions.customer_silent_days > self.sessions.customer_life_days,
            "[sessions] customer_silent_days must be more than customer_life_days: nobody who is signed in is silent"
        );
        ensure!(self.codes.guesses_per_day <= 100, "[codes] guesses_per_day is over a hundred (NIST SP 800-63B-4, 3.2.2)");
        Ok(())
    }
}

/// Whether an address is of `localhost` or a name under it, which browsers take for this machine without asking.
fn is_this_machine(url: &str) -> bool {
    let uri: Option<http::Uri> = url.parse().ok();
    let host = uri.as_ref().and_then(http::Uri::host).unwrap_or_default().to_lowercase();
    host == "localhost" || host.ends_with(".localhost")
}

/// A list as files write it, or as the environment does: in one text, with commas.
pub fn one_by_one<'de, D: Deserializer<'de>, T>(deserializer: D, what: &str, read: impl Fn(&str) -> Option<T>) -> Result<Vec<T>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Written {
        List(Vec<String>),
        Text(String),
    }
    let items = match Written::deserialize(deserializer)? {
        Written::List(items) => items,
        Written::Text(text) => text.split(',').map(|item| item.trim().to_owned()).filter(|item| !item.is_empty()).collect(),
    };
    items.iter().map(|item| read(item).ok_or_else(|| de::Error::custom(format!("{item} is {what}")))).collect()
}

fn addresses<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<IpAddr>, D::Error> {
    one_by_one(deserializer, "not an address", |item| item.parse().ok())
}

/// Addresses of name servers, with a port or at the usual one.
fn resolvers<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<SocketAddr>, D::Error> {
    const PORT: u16 = 53;
    one_by_one(deserializer, "not an address", |item| item.parse().ok().or_else(|| Some(SocketAddr::new(item.parse().ok()?, PORT))))
}

/// A key must be long, and not something that was typed to get past this.
fn check_key(name: &str, key: &SecretString) -> anyhow::Result<()> {
    let key = key.expose_secret();
    ensure!(key.len() >= SHORTEST_KEY, "{name} must be at least {SHORTEST_KEY} characters long");
    let mut distinct: Vec<u8> = key.bytes().collect();
    distinct.sort_unstable();
    distinct.dedup();
    let lower = key.to_lowercase();
    let looks_typed = ["change", "example", "default", "secret", "password", "tradecounter"].iter().any(|word| lower.contains(word));
    ensure!(distinct.len() >= 10 && !looks_typed, "{name} looks like a default: make one with `openssl rand -hex 32`");
    Ok(())
}
