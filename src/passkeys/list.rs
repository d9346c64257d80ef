//! Somebody's own passkeys, as the office's page and the console's show them.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use serde::Deserialize;
use uuid::Uuid;

use crate::devices::device_name;
use crate::error::{Error, Result};
use crate::tenancy::Here;
use crate::values::text;
use crate::web::when;

/// A passkey, as its owner knows it.
pub struct Owned {
    pub id: Uuid,
    pub name: String,
    /// Where it was made, and is good.
    pub host: String,
    pub created_at: DateTime<Utc>,
    pub last_used_at: Option<DateTime<Utc>>,
}

/// A line of the list.
pub struct Item {
    pub id: Uuid,
    pub name: String,
    pub host: String,
    /// One that was made at another address of the same counter stays good there alone.
    pub is_good_here: bool,
    pub made: String,
    pub made_exact: String,
    /// Empty when it was never used.
    pub used: String,
    pub used_exact: String,
}

impl Item {
    pub fn of(owned: Owned, here: &Here, zone: Tz) -> Self {
        let now = here.house.now();
        Self {
            id: owned.id,
            name: owned.name,
            is_good_here: owned.host == here.host,
            host: owned.host,
            made: when::ago(owned.created_at, now, zone),
            made_exact: when::exact(owned.created_at, zone),
            used: owned.last_used_at.map(|at| when::ago(at, now, zone)).unwrap_or_default(),
            used_exact: owned.last_used_at.map(|at| when::exact(at, zone)).unwrap_or_default(),
        }
    }
}

/// What the forms of the page send.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Typed {
    pub name: String,
    pub challenge: String,
    pub credential: String,
}

/// What a new one is called: as was said, or else as the browser is in which it was made.
///
/// # Errors
/// [`Error::Invalid`] for what is no name.
pub fn name_of_new(typed: &str, here: &Here) -> Result<String> {
    if typed.trim().is_empty() { Ok(device_name(&here.user_agent)) } else { read_name(typed) }
}

/// # Errors
/// [`Error::Invalid`] for what is no name.
pub fn read_name(typed: &str) -> Result<String> {
    text::line(typed, text::LONGEST_NAME).map_err(|why| Error::invalid("name", why.about("a name for it")))
}

/// Why none was made, in words.
pub fn why_not(error: Error, typed: &Typed) -> Result<String> {
    match error {
        Error::Invalid(fields) if typed.credential.is_empty() && fields.of("name").is_empty() => {
            Ok("Your browser did not make a passkey: that takes JavaScript, and a browser that knows passkeys.".to_owned())
        }
        Error::Invalid(fields) => Ok(fields.of("name") + &fields.of("credential")),
        Error::Conflict(why) => Ok(format!("{why}.")),
        other => Err(other),
    }
}
