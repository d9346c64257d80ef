//! Pages of a list that goes backward in time, by ids: those are made in the order of time.

use uuid::Uuid;

use crate::error::{Error, Result};

/// How many rows a page has.
pub const PAGE: usize = 50;

/// Where the newest page begins.
pub const NEWEST: Uuid = Uuid::max();

/// How many rows to ask for, to see whether another page follows.
pub fn one_more() -> i64 {
    i64::try_from(PAGE + 1).unwrap_or(i64::MAX)
}

/// A page of a list, and where the next one begins.
pub struct Part<T> {
    pub items: Vec<T>,
    pub next: Option<Uuid>,
}

impl<T> Part<T> {
    /// Of rows of which one more was asked for than a page has.
    pub fn of(mut rows: Vec<T>, id: impl Fn(&T) -> Uuid) -> Self {
        let has_more = rows.len() > PAGE;
        rows.truncate(PAGE);
        let next = rows.last().filter(|_| has_more).map(id);
        Self { items: rows, next }
    }
}

/// Reads with which row the page before ended; without one, or with an empty one, it is the first page.
///
/// # Errors
/// [`Error::Invalid`] when it is none of our cursors.
pub fn read_cursor(cursor: Option<&str>) -> Result<Option<Uuid>> {
    let cursor = cursor.filter(|cursor| !cursor.is_empty());
    cursor.map(|cursor| Uuid::parse_str(cursor).map_err(|_| Error::invalid("cursor", "This is no cursor of ours."))).transpose()
}
