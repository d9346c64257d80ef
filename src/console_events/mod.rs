//! What was done at the platform, for its own people: by whom, when, and to which wholesaler.

pub mod api;
pub mod pages;

use chrono_tz::Tz;

use crate::audit::filter::{Asked, Filter};
use crate::audit::words::OF_PLATFORM;
use crate::db::{Platform, Tx};
use crate::error::Result;

/// The kinds of who does something here.
pub const KINDS: [(&str, &str); 3] = [("operator", "Any operator"), ("token", "Any program"), ("system", "The command line")];

/// Reads which entries are asked for; days are those of UTC.
pub fn read(asked: &Asked) -> Result<Filter> {
    Filter::read(asked, &KINDS, OF_PLATFORM, Tz::UTC)
}

/// Whom one can look for: the kinds, and everybody who is or was an operator.
pub async fn people(tx: &mut Tx<Platform>) -> Result<Vec<(String, String)>> {
    let operators = sqlx::query!("select id, name, removed_at from operators order by removed_at is not null, lower(name), id")
        .fetch_all(&mut *tx)
        .await?;
    let kinds = KINDS.map(|(word, name)| (word.to_owned(), name.to_owned()));
    let operators = operators.into_iter().map(|row| {
        let note = if row.removed_at.is_some() { " (removed)" } else { "" };
        (row.id.to_string(), format!("{}{note}", row.name))
    });
    Ok(kinds.into_iter().chain(operators).collect())
}
