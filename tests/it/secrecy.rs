//! What no test may leave behind. Every test process keeps its whole log, every cookie its browsers were given and
//! every code that was sent; when a house closes, its database and the log so far are searched for them.

use std::io;
use std::sync::{Mutex, OnceLock};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use sqlx::{AssertSqlSafe, ConnectOptions, Row};
use tracing_subscriber::EnvFilter;
use tradecounter::db::connect::Address;

use crate::house::House;

/// What nobody but its holder may ever read.
#[derive(Clone, Default)]
pub struct Secrets {
    pub codes: Vec<String>,
    pub tokens: Vec<String>,
    /// Phone numbers as they are stored: no secret in the database, but never whole in a log.
    pub phones: Vec<String>,
}

impl Secrets {
    const fn none() -> Self {
        Self { codes: Vec::new(), tokens: Vec::new(), phones: Vec::new() }
    }

    /// Takes note of a message that was sent.
    fn sent(&mut self, to: &str, text: &str) {
        // Other letters have long ids in their links, which may look like a code.
        if text.contains("our code") || text.contains("\n@") {
            self.codes.extend(code_in(text));
        }
        if to.starts_with('+') {
            self.phones.push(to.to_owned());
        }
    }
}

/// What this process was given: its browsers' cookies, and what other processes sent for it.
static GIVEN: Mutex<Secrets> = Mutex::new(Secrets::none());
static LOG: Mutex<Vec<u8>> = Mutex::new(Vec::new());

/// Keeps this process's log from now on: everything of our own, and what libraries say of statements and requests.
pub fn keep_the_log() {
    static KEPT: OnceLock<()> = OnceLock::new();
    KEPT.get_or_init(|| {
        tracing_subscriber::fmt()
            .with_env_filter(EnvFilter::new("info,sqlx=trace,poem=trace,poem_openapi=trace,tradecounter=trace"))
            .with_ansi(false)
            .without_time()
            .with_writer(|| Lines)
            .init();
    });
}

/// Where the log goes.
struct Lines;

impl io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        LOG.lock().expect("lines").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The log so far.
pub fn log() -> String {
    String::from_utf8_lossy(&LOG.lock().expect("lines")).into_owned()
}

/// Begins the log anew.
pub fn forget_the_log() {
    LOG.lock().expect("lines").clear();
}

/// Takes note of a cookie's value that a browser was given.
pub fn hold(token: &str) {
    // A shorter one is no token: the name of a counter, for the way there.
    if token.len() >= 32 {
        GIVEN.lock().expect("secrets").tokens.push(token.to_owned());
    }
}

/// Takes note of a message that another process sent for this one.
pub fn hold_message(to: &str, text: &str) {
    GIVEN.lock().expect("secrets").sent(to, text);
}

/// What was noted so far.
pub fn given() -> Secrets {
    GIVEN.lock().expect("secrets").clone()
}

/// What this house sent and this process's browsers were given.
pub fn of(house: &House) -> Secrets {
    let mut secrets = given();
    for message in house.app.inbox.iter().flat_map(|inbox| inbox.list(None)) {
        secrets.sent(&message.to, &message.text);
    }
    for list in [&mut secrets.codes, &mut secrets.tokens, &mut secrets.phones] {
        list.sort();
        list.dedup();
    }
    secrets
}

/// The last six digits in a row.
pub fn code_in(text: &str) -> Option<String> {
    text.split(|c: char| !c.is_ascii_digit()).rfind(|run| run.len() == 6).map(str::to_owned)
}

/// Searches what a house leaves behind, and panics at what it should not have told.
pub fn search(house: &House) {
    let secrets = of(house);
    in_log(&log(), &secrets);
    let address = house.address.clone();
    // The test's own runtime cannot wait here: this is called when the house is dropped.
    let searched = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async { in_database(&everything(&address).await, &secrets) });
    });
    if let Err(panic) = searched.join() {
        std::panic::resume_unwind(panic);
    }
}

/// No code, no token and no whole number.
pub fn in_log(log: &str, secrets: &Secrets) {
    for token in &secrets.tokens {
        let line = log.lines().find(|line| line.contains(token.as_str()) || line.contains(&hex::encode(bytes_of(token))));
        assert!(line.is_none(), "a token in the log: {line:?}");
    }
    for code in &secrets.codes {
        let line = log.lines().find(|line| has_word(line, code));
        assert!(line.is_none(), "a code in the log: {line:?}");
    }
    for phone in &secrets.phones {
        // However it is written: the digits of the number without the country's, at most two digits long here.
        let line = run_together(log).lines().find(|line| line.contains(&phone["+44".len()..])).map(str::to_owned);
        assert!(line.is_none(), "a whole number in the log: {line:?}");
    }
}

/// The log without what people put between the digits of a number.
fn run_together(log: &str) -> String {
    log.replace([' ', '-', '\u{a0}'], "").replace("%2B", "+")
}

/// Every value of every column of every table: where, its type, as text.
pub async fn everything(address: &Address) -> Vec<(String, String, String)> {
    let mut db = address.as_administrator().connect().await.expect("the administrator is let in");
    sqlx::raw_sql("set statement_timeout = '20s'").execute(&mut db).await.expect("a bound");
    let columns = sqlx::query(
        "select c.relname::text, a.attname::text, format_type(a.atttypid, null)
           from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
          where c.relkind in ('r', 'p', 'm') and c.relnamespace = 'public'::regnamespace order by 1, 2",
    )
    .fetch_all(&mut db)
    .await
    .expect("a catalog");
    let mut all = Vec::new();
    for column in columns {
        let (table, name, kind): (String, String, String) = (column.get(0), column.get(1), column.get(2));
        let sql = format!("select \"{name}\"::text from \"{table}\" where \"{name}\" is not null");
        let values = sqlx::query(AssertSqlSafe(sql)).fetch_all(&mut db).await.expect("values");
        all.extend(values.into_iter().map(|value| (format!("{table}.{name}"), kind.clone(), value.get(0))));
    }
    all
}

/// No code and no token, as itself, as its bytes or, of a code, as its hash.
pub fn in_database(all: &[(String, String, String)], secrets: &Secrets) {
    for token in &secrets.tokens {
        let forms = [token.clone(), hex::encode(bytes_of(token)), hex::encode(token)];
        let place = all.iter().find(|(_, _, value)| forms.iter().any(|form| value.contains(form)));
        assert!(place.is_none(), "a token in {place:?}");
    }
    for code in &secrets.codes {
        // A time or a number may happen to have the same digits; a hash is as good as the code.
        let (as_bytes, as_hash) = (hex::encode(code), hex::encode(Sha256::digest(code)));
        for (place, kind, value) in all {
            let told = match kind.as_str() {
                "bytea" => value.contains(&as_bytes) || value.contains(&as_hash),
                "text" | "text[]" | "jsonb" | "json" => has_word(value, code) || value.contains(&as_hash),
                _ => false,
            };
            assert!(!told, "a code in {place}");
        }
    }
}

/// Whether the word stands there by itself: six digits may well be part of an id, or of a second.
pub fn has_word(text: &str, word: &str) -> bool {
    text.match_indices(word).any(|(at, _)| {
        let (before, after) = (&text[..at], &text[at + word.len()..]);
        let is_fraction = before.ends_with('.') && before[..before.len() - 1].ends_with(|c: char| c.is_ascii_digit());
        !is_fraction && !before.ends_with(char::is_alphanumeric) && !after.starts_with(char::is_alphanumeric)
    })
}

/// A token's own bytes; the text's, when it is not one of ours.
pub fn bytes_of(token: &str) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(token).unwrap_or_else(|_| token.as_bytes().to_vec())
}
