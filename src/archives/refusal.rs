//! Why an archive is not brought back. Nothing is left of it then.

use super::{Sealed, VERSION};
use crate::error::Error;

/// In words for whoever has the command line.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    #[error("this is no archive of a wholesaler: {0}")]
    NotOurs(String),
    #[error("this archive is of format {0}, and this program reads format {VERSION}")]
    OtherFormat(u64),
    #[error("{0} is missing in this archive")]
    Missing(String),
    #[error("there is {0:?} in this archive, which does not belong there")]
    Strange(String),
    #[error("this archive would unpack to {0} bytes, which is far more than any of ours of its size")]
    Bomb(u128),
    #[error("{0} was changed after the archive was made")]
    Changed(String),
    #[error("this program knows no table {0:?}")]
    UnknownTable(String),
    #[error("this program knows no column {column:?} of {table}")]
    UnknownColumn { table: String, column: String },
    #[error("{file}, line {line}: {why}")]
    Row { file: String, line: u64, why: String },
    #[error("{file}, between line {first} and line {last}: {why}")]
    Rows { file: String, first: u64, last: u64, why: String },
    #[error("{0}, once it is in the database, is not what it was in the archive")]
    NotTheSame(String),
    #[error("{0}")]
    Name(String),
    #[error("the wholesaler of this archive is here already, as {0}")]
    Here(String),
    #[error(transparent)]
    Failed(#[from] Error),
}

impl Refusal {
    pub(super) fn not_ours(why: impl std::fmt::Display) -> Self {
        Self::NotOurs(why.to_string())
    }

    /// What the database would not take of some rows; in other cases it failed.
    pub(super) fn of_rows(error: sqlx::Error, file: &str, first: u64, last: u64) -> Self {
        let Some(said) = error.as_database_error() else { return Self::Failed(error.into()) };
        let words = match said.code().unwrap_or_default().as_ref() {
            "23505" => "the same thing is there twice",
            "23503" => "what a row points to is not in the archive",
            "23502" | "23514" => "a value is not allowed",
            code if code.starts_with("22") => "a value is not of its column's type",
            _ => return Self::Failed(error.into()),
        };
        Self::Rows { file: file.to_owned(), first, last, why: format!("{words} ({})", said.message()) }
    }

    /// Unless the file is what it was when the archive was made.
    pub(super) fn unless_same(wanted: &Sealed, found: &Sealed) -> Result<(), Self> {
        if wanted == found { Ok(()) } else { Err(Self::Changed(wanted.name.clone())) }
    }
}
