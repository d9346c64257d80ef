//! What may be configured, and what a start refuses.

use std::fs;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::process::Command;

use ::secrecy::ExposeSecret;
use regex::Regex;
use tradecounter::config::{Config, LogFormat, Mode};
use tradecounter::messages::email::SmtpTls;
use tradecounter::messages::sms::GatewayName;
use tradecounter::values::Country;

use crate::companions::Directory;
use crate::letters::key;

const GOOD: [&str; 2] = ["0f1e2d3c4b5a69788796a5b4c3d2e1f0aa", "a0b1c2d3e4f5061728394a5b6c7d8e9f00"];

fn written(name: &str, text: &str) -> PathBuf {
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}.toml"));
    fs::write(&file, text).expect("a file");
    file
}

fn production(name: &str, rest: &str) -> Result<Config, String> {
    let [codes, counters] = GOOD;
    let text = if rest.contains("[keys]") {
        rest.to_owned()
    } else {
        format!("{rest}\n[keys]\ncodes.1 = \"{codes}\"\ncounters = \"{counters}\"\n")
    };
    Config::load(Some(&written(name, &text))).map_err(|error| format!("{error:#}"))
}

/// What `serve` says when it is started with this file and this environment; it finds no database.
fn started(file: Option<&Path>, environment: &[(&str, &str)]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tradecounter"));
    command.arg("serve").env_remove("DATABASE_URL").env("TRADECOUNTER__DATABASE__URL", "postgres://nobody@127.0.0.1:1/nowhere");
    if let Some(file) = file {
        command.arg("--config").arg(file);
    }
    let output = command.envs(environment.iter().copied()).output().expect("it runs");
    assert!(!output.status.success(), "there is no database, and it served");
    String::from_utf8_lossy(&output.stderr).into_owned()
}

const REFUSED: &str = "not known, or not right";

#[test]
fn a_key_that_is_not_known_stops_the_start_wherever_it_stands() {
    assert!(production("known", "[http]\nconnection_limit = 7\n").is_ok_and(|config| config.http.connection_limit == 7));
    for (name, text) in [
        ("root", "colour = 1\n"),
        ("section", "[colours]\nred = 1\n"),
        ("http", "[http]\nlistens = \"127.0.0.1:1\"\n"),
        ("database", "[database]\nurls = \"\"\n"),
        ("codes", "[codes]\nlife = 5\n"),
        ("limits", "[limits.network]\nbursts = 1\n"),
        ("sessions", "[sessions]\nlife_days = 1\n"),
        ("sms", "[sms]\ngateway = \"kannel\"\n"),
        ("gateway", "[sms]\ngateways = [\"pigeons\"]\n"),
        ("twilio", "[sms.twilio]\ntoken = \"\"\n"),
        ("vonage", "[sms.vonage]\nsecret = \"\"\n"),
        ("sns", "[sms.sns]\nsecret = \"\"\n"),
        ("kannel", "[sms.kannel]\nuser = \"\"\n"),
        ("smtp", "[email.smtp]\nuser = \"\"\n"),
        ("log", "[log]\nlevel = \"info\"\n"),
        ("keys", "[keys]\ncode = \"x\"\n"),
        ("type", "[http]\nconnection_limit = \"many\"\n"),
        ("mode", "mode = \"staging\"\n"),
    ] {
        let refused = production(&format!("unknown-{name}"), text).expect_err(name);
        assert!(refused.contains(REFUSED), "{name}: {refused}");
    }
}

#[test]
fn the_environment_is_read_and_its_mistakes_are_found() {
    let keys = [("TRADECOUNTER__KEYS__CODES__1", GOOD[0]), ("TRADECOUNTER__KEYS__COUNTERS", GOOD[1])];
    let without = started(None, &[]);
    assert!(without.contains("TRADECOUNTER__KEYS__CODES__1"), "it says what to set: {without}");
    let with = started(None, &keys);
    assert!(!with.contains(REFUSED) && !with.contains("[keys]"), "the keys are taken, and the database is asked for: {with}");
    let mistyped = started(None, &[keys[0], keys[1], ("TRADECOUNTER__HTTP__LISTENS", "127.0.0.1:1")]);
    assert!(mistyped.contains(REFUSED) && mistyped.contains("listens"), "{mistyped}");
    let wrong = started(None, &[keys[0], keys[1], ("TRADECOUNTER__HTTP__CONNECTION_LIMIT", "many")]);
    assert!(wrong.contains(REFUSED), "{wrong}");
    for said in [without, with, mistyped, wrong] {
        assert!(!said.contains(GOOD[0]) && !said.contains(GOOD[1]), "a key stands in what is printed: {said}");
    }
}

/// A production in an environment of its own that says this, beside the keys.
fn in_environment(settings: &[(&str, &str)]) -> Result<Config, String> {
    let keys = [("KEYS__CODES__1", GOOD[0]), ("KEYS__COUNTERS", GOOD[1])];
    let all = keys.iter().chain(settings).map(|(name, value)| (format!("TRADECOUNTER__{name}"), (*value).to_owned()));
    Config::load_in(None, Some(all.collect())).map_err(|error| format!("{error:#}"))
}

#[test]
fn what_the_environment_says_is_read_as_what_its_key_is() {
    let config = in_environment(&[
        ("DATABASE__ROLE_SECRET", "0x1F"),
        ("DATABASE__CONNECTIONS_PER_ROLE", "9"),
        ("SMS__GATEWAYS", "vonage, sns,kannel"),
        ("SMS__VONAGE__API_SECRET", "0099"),
        ("SMS__KANNEL__USERNAME", "007"),
        ("SMS__KANNEL__PASSWORD", "00712"),
        ("SMS__KANNEL__SENDER", "+447400000000"),
        ("SMS__KANNEL__TIMEOUT_SECONDS", "7"),
        ("EMAIL__SMTP__USERNAME", "1e3"),
        ("EMAIL__SMTP__PASSWORD", "TRUE"),
        ("EMAIL__SMTP__PORT", "2525"),
        ("EMAIL__SMTP__TLS", "implicit"),
        ("EMAIL__SMTP__ROOT_CERTIFICATE", "/etc/1.0"),
        ("HTTP__LISTEN", "[::1]:8081"),
        ("HTTP__CONNECTION_LIMIT", "70"),
        ("HTTP__TRUSTED_PROXIES", "10.0.0.1, fd00::1"),
        ("LIMITS__NETWORK__BURST", "2.5"),
        ("LIMITS__NETWORK__PER_HOUR", "3"),
        ("CODES__GUESSES_PER_CODE", "4"),
        ("SESSIONS__STAFF_IDLE_HOURS", "2"),
        ("LOG__FORMAT", "json"),
        ("SMS__COST__PER_SEGMENT_MICROS", "70000"),
        ("SMS__COST__BY_COUNTRY__GB", "30000"),
    ])
    .expect("a configuration");
    let proxies: [IpAddr; 2] = ["10.0.0.1".parse().expect("one"), "fd00::1".parse().expect("another")];
    assert_eq!(config.http.trusted_proxies, proxies);
    let (kannel, smtp) = (&config.sms.kannel, &config.email.smtp);
    assert_eq!((kannel.username.as_str(), kannel.password.expose_secret(), kannel.sender.as_str()), ("007", "00712", "+447400000000"));
    assert_eq!(config.sms.gateways, [GatewayName::Vonage, GatewayName::Sns, GatewayName::Kannel]);
    assert_eq!(config.sms.vonage.api_secret.expose_secret(), "0099");
    assert_eq!(smtp.username.as_deref(), Some("1e3"));
    assert_eq!(smtp.password.as_ref().map(|password| password.expose_secret()), Some("TRUE"));
    assert_eq!(smtp.root_certificate.as_deref(), Some(Path::new("/etc/1.0")));
    assert_eq!(config.database.role_secret.expose_secret(), "0x1F");
    assert_eq!((config.database.connections_per_role, kannel.timeout_seconds, smtp.port), (9, 7, 2525));
    assert_eq!((config.http.connection_limit, config.codes.guesses_per_code, config.sessions.staff_idle_hours), (70, 4, 2));
    assert_eq!((config.limits.network.burst, config.limits.network.per_hour), (2.5, 3.0));
    assert_eq!(config.http.listen.to_string(), "[::1]:8081");
    let cost = |country| config.sms.cost.of(1, Country::parse(country).ok()).micros;
    assert_eq!((cost("GB"), cost("FR"), cost("DE")), (30_000, 65_000, 70_000), "the countries of the default that are not named stay");
    assert!(smtp.tls == SmtpTls::Implicit && config.log.format == LogFormat::Json);

    assert!(in_environment(&[("HTTP__TRUSTED_PROXIES", "")]).is_ok_and(|config| config.http.trusted_proxies.is_empty()));
    let by_name = in_environment(&[("HTTP__TRUSTED_PROXIES", "10.0.0.1,proxy")]).expect_err("a name");
    assert!(by_name.contains("proxy is not an address"), "{by_name}");
    let in_a_file = production("proxies", "[http]\ntrusted_proxies = [\"10.0.0.1\", \"fd00::1\"]\n").expect("a file's list");
    assert_eq!(in_a_file.http.trusted_proxies, proxies);
}

#[test]
fn what_would_not_work_is_refused_before_it_is_tried() {
    for (name, value, says) in [
        ("DATABASE__CONNECTIONS_PER_ROLE", "7", "at least 8"),
        ("SMS__KANNEL__TIMEOUT_SECONDS", "46", "timeout_seconds is over 45"),
        ("SMS__GATEWAYS", "", "names none"),
        ("SMS__GATEWAYS", "kannel, twilio,kannel", "names kannel twice"),
        ("SMS__CODE_PATIENCE_SECONDS", "0", "must be 1 to 4"),
        ("SMS__CODE_PATIENCE_SECONDS", "5", "must be 1 to 4"),
        ("EMAIL__SMTP__TIMEOUT_SECONDS", "46", "timeout_seconds is over 45"),
        ("HTTP__PUBLIC_URL", "http://tradecounter.example", "must begin with https"),
        ("HTTP__PUBLIC_URL", "HTTP://localhost.tradecounter.example:8080", "must begin with https"),
        ("HTTP__PUBLIC_URL", "http://192.0.2.1", "must begin with https"),
    ] {
        let refused = in_environment(&[(name, value)]).expect_err(value);
        assert!(refused.contains(says), "{name} {value}: {refused}");
    }
    for (name, value) in [
        ("DATABASE__CONNECTIONS_PER_ROLE", "8"),
        ("SMS__KANNEL__TIMEOUT_SECONDS", "45"),
        // Nobody asks it.
        ("SMS__TWILIO__TIMEOUT_SECONDS", "46"),
        ("SMS__GATEWAYS", "kannel, twilio, sns"),
        ("EMAIL__SMTP__TIMEOUT_SECONDS", "45"),
        ("HTTP__PUBLIC_URL", "https://tradecounter.example"),
        ("HTTP__PUBLIC_URL", "http://localhost:8080"),
        ("HTTP__PUBLIC_URL", "http://counter.localhost"),
    ] {
        assert!(in_environment(&[(name, value)]).is_ok(), "{name} {value}");
    }
}

#[test]
fn mail_without_tls_is_for_this_machine_alone() {
    for host in ["mail.example", "10.0.0.1", "127.0.0.1.mail.example"] {
        let refused = in_environment(&[("EMAIL__SMTP__HOST", host), ("EMAIL__SMTP__TLS", "none")]).expect_err(host);
        assert!(refused.contains("without TLS only to this machine itself: set tls to \"starttls\""), "{refused}");
        assert!(in_environment(&[("EMAIL__SMTP__HOST", host), ("EMAIL__SMTP__TLS", "starttls")]).is_ok(), "{host}");
    }
    for host in ["localhost", "127.0.0.1", "[::1]"] {
        assert!(in_environment(&[("EMAIL__SMTP__HOST", host), ("EMAIL__SMTP__TLS", "none")]).is_ok(), "{host}");
    }
}

#[test]
fn the_address_for_mail_that_comes_back_has_room_for_what_tells_messages_apart() {
    for (address, says) in
        [("bounces", "bounce_address"), ("returned-mail@tradecounter.example", "up to 11 characters"), ("a+b@tradecounter.example", "no +")]
    {
        let refused = in_environment(&[("EMAIL__SMTP__BOUNCE_ADDRESS", address)]).expect_err(address);
        assert!(refused.contains(says), "{refused}");
    }
    for address in ["bounces@tradecounter.example", "bounces-aus@tradecounter.example", ""] {
        assert!(in_environment(&[("EMAIL__SMTP__BOUNCE_ADDRESS", address)]).is_ok(), "{address}");
    }
}

#[test]
fn mail_is_signed_or_not_and_never_half() {
    for (name, value, says) in [
        ("SELECTOR", "mail2026", "go together"),
        ("DOMAIN", "tradecounter.example", "go together"),
        ("PRIVATE_KEY", "-----BEGIN PRIVATE KEY-----", "go together"),
        ("PRIVATE_KEY_FILE", "/nowhere/dkim.pem", "private_key_file /nowhere/dkim.pem"),
    ] {
        let refused = in_environment(&[(&format!("EMAIL__DKIM__{name}"), value)]).expect_err(name);
        assert!(refused.contains("[email.dkim]") && refused.contains(says) && !refused.contains("BEGIN"), "{name}: {refused}");
    }
    let whole = [("EMAIL__DKIM__SELECTOR", "mail2026"), ("EMAIL__DKIM__DOMAIN", "tradecounter.example")];
    let file = Directory::new("configuration-dkim");
    key(&file, "dkim.pem", &["genpkey", "-algorithm", "ED25519"]);
    let path = file.join("dkim.pem").display().to_string();
    assert!(in_environment(&[whole[0], whole[1], ("EMAIL__DKIM__PRIVATE_KEY_FILE", &path)]).is_ok());
    let refused = in_environment(&[whole[0], whole[1], ("EMAIL__DKIM__PRIVATE_KEY", "secret")]).expect_err("no key");
    assert!(refused.contains("no RSA or Ed25519 key") && !refused.contains("secret"), "{refused}");
}

#[test]
fn production_refuses_the_inbox_and_keys_that_are_no_keys() {
    for carrier in ["[sms]\ngateways = [\"inbox\"]\n", "[sms]\ngateways = [\"kannel\", \"inbox\"]\n", "[email]\ncarrier = \"inbox\"\n"] {
        let refused = production("inbox", carrier).expect_err(carrier);
        assert!(refused.contains("demo inbox"), "{refused}");
    }
    let [codes, counters] = GOOD;
    for (name, key, says) in [
        ("missing", "", "at least 32 characters"),
        ("short", "0f1e2d3c4b5a69788796a5b4c3d2e1f", "at least 32 characters"),
        ("same-letter", "00000000000000000000000000000000", "looks like a default"),
        ("few-letters", "012012012012012012012012012012012012", "looks like a default"),
        ("change-me", "change-me-0123456789abcdefghijklmnop", "looks like a default"),
        ("example", "Example-0123456789abcdefghijklmnopqr", "looks like a default"),
    ] {
        let as_codes = format!("[keys]\ncodes.1 = \"{key}\"\ncounters = \"{counters}\"\n");
        let as_counters = format!("[keys]\ncodes.1 = \"{codes}\"\ncounters = \"{key}\"\n");
        for (text, which) in [(as_codes, "[keys] codes.1"), (as_counters, "[keys] counters")] {
            let refused = production(name, &text).expect_err(name);
            assert!(refused.contains(says) && refused.contains(which), "{name}: {refused}");
            assert!(key.is_empty() || !refused.contains(key), "{name}: the key is repeated: {refused}");
        }
    }
    let no_keys = production("no-keys", "[keys]\n").expect_err("no keys");
    assert!(no_keys.contains("no key of version 1"), "{no_keys}");
    let other_version = production("version", &format!("[keys]\ncurrent_version = 2\ncodes.1 = \"{codes}\"\ncounters = \"{counters}\"\n"));
    assert!(other_version.expect_err("version 2").contains("no key of version 2"));
    for (setting, says) in [("life_seconds = 601", "ten minutes"), ("guesses_per_day = 101", "a hundred")] {
        let refused = production("limits", &format!("[codes]\n{setting}\n")).expect_err(setting);
        assert!(refused.contains(says), "{refused}");
    }
    assert!(production("good", "").is_ok_and(|config| config.mode == Mode::Production && !config.uses_inbox()));
}

#[test]
fn the_demo_has_its_comforts_and_its_own_keys() {
    let demo = Config::demo(GOOD[0], GOOD[1]).expect("the demo's configuration");
    assert!(demo.mode == Mode::Demo && demo.uses_inbox());
    assert!(Config::demo("short", GOOD[1]).is_err(), "its keys are keys as well");
}

#[test]
fn the_example_for_production_starts_once_its_secrets_are_there() {
    let file = Path::new("config/production.example.toml");
    let text = fs::read_to_string(file).expect("the example");
    let dkim = key(&Directory::new("configuration-example"), "dkim.pem", &["genpkey", "-algorithm", "ED25519"]);
    let mut environment = Vec::new();
    for name in Regex::new(r"TRADECOUNTER__[A-Z0-9_]+").expect("a pattern").find_iter(&text).map(|found| found.as_str()) {
        let value = match name {
            "TRADECOUNTER__DATABASE__URL" => "postgres://nobody@127.0.0.1:1/nowhere",
            "TRADECOUNTER__KEYS__COUNTERS" => GOOD[1],
            "TRADECOUNTER__EMAIL__DKIM__PRIVATE_KEY" => &dkim,
            _ => GOOD[0],
        };
        environment.push((name, value));
    }
    assert!(environment.len() >= 9, "the example names its secrets: {environment:?}");
    let with = started(Some(file), &environment);
    assert!(![REFUSED, "[keys]", "inbox", "[email"].iter().any(|refusal| with.contains(refusal)), "only the database is missing: {with}");
    let without = started(Some(file), &[]);
    assert!(without.contains("[keys]"), "no secret stands in the example: {without}");
}

/// The name of every key the program knows, as its debug form writes them.
fn known_keys(config: &Config) -> Vec<String> {
    let shown = Regex::new(r#""[^"]*""#).expect("a pattern").replace_all(&format!("{config:?}"), "\"\"").into_owned();
    // No key: the demo knows its people from its tenants' files.
    let shown = shown.replace("demo_people: {}", "");
    let mut keys: Vec<String> =
        Regex::new(r"([a-z_]+): ").expect("a pattern").captures_iter(&shown).map(|found| found[1].to_owned()).collect();
    keys.sort();
    keys.dedup();
    keys
}

#[test]
fn every_key_stands_in_the_default_with_words_about_it() {
    let text = fs::read_to_string("config/default.toml").expect("the defaults");
    let keys = known_keys(&production("all", "").expect("a configuration"));
    assert!(keys.len() > 40, "{keys:?}");
    for key in &keys {
        let stands = Regex::new(&format!(r"(?m)^(?:(?:# )?{key} = |\[(?:[a-z]+\.)?{key}[.\]])")).expect("a pattern");
        assert!(stands.is_match(&text), "{key} does not stand in config/default.toml");
    }
    for block in text.split("\n\n").filter(|block| block.contains(" = ")) {
        assert!(block.contains('#'), "nothing is said about\n{block}");
    }
    for line in text.lines().filter(|line| !line.starts_with('#') && line.contains(" = ")) {
        let key = line.split(" = ").next().unwrap_or_default();
        assert!(keys.iter().any(|known| known == key), "{key} is not known to the program");
    }
}
