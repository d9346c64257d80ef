//! Everything a verb can answer instead of its result. Pages and the API render it; nobody else does.

use std::borrow::Cow;
use std::time::Duration;

/// What went otherwise than asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no such thing, or it is not yours: the two are never told apart.
    #[error("There is nothing here")]
    NotFound,
    /// Nobody is signed in, or the session has ended.
    #[error("Sign in first")]
    Unauthenticated,
    /// The code is not right, or is no longer.
    #[error("That code is not right. Check the newest message, or ask for another code")]
    WrongCode,
    /// What a passkey signed is not what it was asked to, or the key is not known here.
    #[error("That passkey is not known here, or took too long. Try again, or ask for a code")]
    WrongPasskey,
    /// Somebody signed in too long ago for what they want to do now.
    #[error("Show first that it is you: sign in again, and go on")]
    ProofNeeded,
    /// An operator has come in by a code, which is good for making a passkey and nothing else.
    #[error("Operators need a passkey for this. Make one, or sign in with the one you have")]
    PasskeyNeeded,
    /// A program's token is none of ours, or is no longer.
    #[error("This token is not good, or is no longer")]
    WrongToken,
    /// A program's token that may only read was used to change something.
    #[error("This token may read and nothing else")]
    ReadOnlyToken,
    /// Signed in, and known, but this is for somebody with another role.
    #[error("Your role does not allow this")]
    Forbidden,
    /// An operator wants to look at a wholesaler's office, and no owner there has let them in, or not for as long.
    #[error("No owner has let you in, or the hour is over. Ask for access first")]
    SupportNotGranted,
    /// The counter serves no customers in the state it is in.
    #[error("This counter is closed at the moment")]
    Closed,
    /// The same, and it will not serve them again, unless its owners change their mind.
    #[error("This counter has closed")]
    ClosedForGood,
    /// The counter's own people may look and leave, and nothing else, in the state it is in.
    #[error("This counter is suspended")]
    Suspended { reason: String },
    /// The same while it is being closed; until this day it can be taken back.
    #[error("This counter is being closed")]
    Closing { until: String },
    /// The request comes from a page of another site.
    #[error("This request came from another site, so nothing was done")]
    CrossSite,
    /// Signed in, and this wholesaler has not let them in, or not for now.
    #[error("This wholesaler has not let you in")]
    NoAccount,
    /// The same is being done just now for somebody who asked first.
    #[error("This was sent a moment ago, and is being worked on")]
    InFlight,
    /// There is less of something than was asked for.
    #[error("There is not enough of everything")]
    NotEnough(Vec<LineFault>),
    /// Prices, or the basket itself, are not what they were when they were looked at.
    #[error("Something has changed since you looked at it")]
    Moved(Vec<LineFault>),
    /// Some fields want correcting.
    #[error("Some of it wants correcting")]
    Invalid(FieldErrors),
    /// What was asked does not fit how things stand now.
    #[error("{0}")]
    Conflict(&'static str),
    /// Whoever had this number before had an account here; nothing goes on before that is settled.
    #[error("Confirm that it is you, or say that you are new here")]
    ConfirmationNeeded,
    /// The same `Idempotency-Key` came with another body.
    #[error("This Idempotency-Key was used for a different request")]
    KeyReused,
    /// Tried too often; it may be tried again after the pause.
    #[error("Too many tries")]
    SlowDown { retry_after: Duration },
    /// Codes were asked for too often; another may be asked for after the pause.
    #[error("Too many codes were asked for")]
    TooManyCodes {
        retry_after: Duration,
        /// What a browser can do not to wait, as `challenges/work.rs` writes it.
        work: Option<Box<str>>,
    },
    /// The request cannot be read.
    #[error("{0}")]
    Malformed(String),
    /// The database cannot be reached just now, or has no connection free. The text is for the log alone.
    #[error("The counter cannot answer just now")]
    Unavailable(#[source] anyhow::Error),
    /// So many requests for this counter wait already that one more would only wait in vain.
    #[error("This counter has more visitors than it can serve at once")]
    Crowded,
    /// Something of ours failed. The text is for the log alone.
    #[error("Something went wrong on our side")]
    Internal(#[source] anyhow::Error),
}

/// The result of every verb.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What is the matter with one of the lines that were sent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LineFault {
    pub sku: String,
    pub name: String,
    /// In words for whoever sent it.
    pub detail: String,
    /// Of too little: how many were asked for,
    pub wanted: Option<i64>,
    /// and how many there are.
    pub available: Option<i64>,
    /// Of a price: what one cost when it was looked at, in the currency's smallest unit,
    pub before_minor: Option<i64>,
    /// and what it costs now.
    pub now_minor: Option<i64>,
}

/// What is wrong with which field, in words for the person who typed it.
#[derive(Debug, Default, Clone)]
pub struct FieldErrors(Vec<(Cow<'static, str>, String)>);

impl FieldErrors {
    /// Nothing wrong so far.
    pub fn new() -> Self {
        Self::default()
    }

    /// Notes what is wrong with a field.
    pub fn add(&mut self, field: impl Into<Cow<'static, str>>, text: impl Into<String>) {
        self.0.push((field.into(), text.into()));
    }

    /// What is wrong with this field; empty when nothing is.
    pub fn of(&self, field: &str) -> String {
        self.0.iter().find(|(name, _)| name == field).map(|(_, text)| text.clone()).unwrap_or_default()
    }

    /// Each field with its text, in the order they were noted.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(field, text)| (field.as_ref(), text.as_str()))
    }

    /// The value when nothing is wrong, the corrections otherwise.
    pub fn or<T>(self, value: Option<T>) -> Result<T> {
        match value {
            Some(value) if self.0.is_empty() => Ok(value),
            _ => Err(Error::Invalid(self)),
        }
    }
}

impl Error {
    /// One field that wants correcting.
    pub fn invalid(field: &'static str, text: impl Into<String>) -> Self {
        let mut fields = FieldErrors::new();
        fields.add(field, text);
        Self::Invalid(fields)
    }

    /// What the log may hold of it: each cause by its message alone. The debug form of a database's error also has
    /// its details, and so the values of the row that it is about.
    pub fn for_log(&self) -> String {
        match self {
            Self::Unavailable(source) | Self::Internal(source) => format!("{source:#}"),
            other => other.to_string(),
        }
    }

    /// The lines, when this is about lines.
    pub fn lines(&self) -> &[LineFault] {
        match self {
            Self::NotEnough(lines) | Self::Moved(lines) => lines,
            _ => &[],
        }
    }

    /// The corrections, when this is about fields.
    pub fn fields(&self) -> FieldErrors {
        match self {
            Self::Invalid(fields) => fields.clone(),
            _ => FieldErrors::new(),
        }
    }

    /// What can be done not to wait, when there is something.
    pub fn work(&self) -> Option<&str> {
        match self {
            Self::TooManyCodes { work, .. } => work.as_deref(),
            _ => None,
        }
    }

    /// After how many seconds it may be tried again, rounded up.
    pub fn retry_after_seconds(&self) -> Option<u64> {
        match self {
            Self::SlowDown { retry_after } | Self::TooManyCodes { retry_after, .. } => {
                Some(retry_after.as_secs() + u64::from(retry_after.subsec_nanos() > 0))
            }
            Self::Unavailable(_) => Some(5),
            Self::Crowded | Self::InFlight => Some(1),
            _ => None,
        }
    }
}

/// SQLSTATEs of what passes by itself, so that the same may be asked again: waited too long for a lock or for the
/// statement, a deadlock, a conflict between two who wrote, no connection left, the server stopping or starting.
const PASSING: [&str; 8] = ["55P03", "57014", "40P01", "40001", "53300", "57P01", "57P02", "57P03"];

/// SQLSTATEs of values that the database has no place for: a zero in a text, a day before its calendar or after it. What comes
/// from outside is read before it gets there; this is for what slips through.
const NOT_KEPT: [&str; 3] = ["22021", "22P05", "22008"];

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        match error {
            sqlx::Error::RowNotFound => Self::NotFound,
            sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed | sqlx::Error::Io(_) => Self::Unavailable(error.into()),
            ref passing if has_state(passing, &PASSING) => Self::Unavailable(error.into()),
            ref unkept if has_state(unkept, &NOT_KEPT) => {
                Self::Malformed("There are characters or a day in it that cannot be kept".to_owned())
            }
            other => Self::Internal(other.into()),
        }
    }
}

impl From<anyhow::Error> for Error {
    fn from(error: anyhow::Error) -> Self {
        Self::Internal(error)
    }
}

/// Whether the database refused because a row with this key is there already (SQLSTATE 23505). The
/// constraint's name is not asked: a distributed PostgreSQL does not pass it on.
pub fn is_duplicate(error: &sqlx::Error) -> bool {
    has_state(error, &["23505"])
}

/// Whether the database refused because another row points to this one (SQLSTATE 23503).
pub fn is_pointed_to(error: &sqlx::Error) -> bool {
    has_state(error, &["23503"])
}

/// Whether a policy let a row not be written (SQLSTATE 42501).
pub fn is_refused_by_policy(error: &sqlx::Error) -> bool {
    has_state(error, &["42501"])
}

/// Whether the connection was dead before it was asked anything: it was ended from the other side while it was idle.
pub fn is_lost_connection(error: &sqlx::Error) -> bool {
    matches!(error, sqlx::Error::Io(_)) || has_state(error, &["57P01", "57P02"])
}

fn has_state(error: &sqlx::Error, states: &[&str]) -> bool {
    error.as_database_error().and_then(sqlx::error::DatabaseError::code).is_some_and(|code| states.contains(&code.as_ref()))
}
