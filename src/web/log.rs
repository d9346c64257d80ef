//! How a log is shown: what to look for, the entries in words, the way on and the way to take it along. The same at an
//! office and at the console.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use poem::Response;

use super::when;
use crate::audit::export;
use crate::audit::filter::Asked;
use crate::audit::reading::{Line, Part};
use crate::audit::words::{Change, Thing};
use crate::error::{FieldErrors, Result};

/// What `web/log.html` shows.
pub struct Log {
    /// The address of the page.
    pub path: &'static str,
    /// What is kept of the address besides what was asked for: `tenant=…&`.
    pub kept: String,
    pub tenant: String,
    pub people: Vec<Choice>,
    pub things: Vec<Choice>,
    pub from: String,
    pub to: String,
    pub wrong: FieldErrors,
    pub refusal: String,
    pub is_filtered: bool,
    /// For the address of the export.
    pub query: String,
    pub rows: Vec<Row>,
    pub next_href: String,
}

/// Something to choose.
pub struct Choice {
    pub word: String,
    pub name: String,
    pub is_chosen: bool,
}

/// An entry.
pub struct Row {
    pub position: i64,
    pub at: String,
    pub at_exact: String,
    pub who: String,
    pub sentence: String,
    pub wholesaler: String,
    pub changes: Vec<Change>,
}

impl Log {
    /// The form alone, with what was asked for.
    pub fn form(path: &'static str, asked: &Asked, people: Vec<(String, String)>, things: &[Thing]) -> Self {
        let choice = |word: &str, name: String, chosen: &str| Choice { word: word.to_owned(), name, is_chosen: word == chosen };
        Self {
            path,
            kept: String::new(),
            tenant: String::new(),
            people: people.into_iter().map(|(word, name)| choice(&word, name, &asked.person)).collect(),
            things: things.iter().map(|thing| choice(thing.word, thing.name.to_owned(), &asked.about)).collect(),
            from: asked.from.clone(),
            to: asked.to.clone(),
            wrong: FieldErrors::new(),
            refusal: String::new(),
            is_filtered: !asked.is_empty(),
            query: String::new(),
            rows: Vec::new(),
            next_href: String::new(),
        }
    }

    /// With what was found.
    pub fn with(mut self, asked: &Asked, part: Part, now: DateTime<Utc>, zone: Tz) -> Self {
        self.query = format!("{}{}", self.kept, asked.query());
        self.next_href = part.next.map(|last| format!("{}?{}&cursor={last}", self.path, self.query)).unwrap_or_default();
        self.rows = part.lines.into_iter().map(|line| Row::of(line, now, zone)).collect();
        self
    }
}

impl Row {
    fn of(line: Line, now: DateTime<Utc>, zone: Tz) -> Self {
        Self {
            position: line.position,
            at: when::ago(line.at, now, zone),
            at_exact: when::exact(line.at, zone),
            who: line.who,
            sentence: line.words.sentence,
            wholesaler: line.wholesaler,
            changes: line.words.changes,
        }
    }
}

/// Why there is no file.
pub const TOO_MANY: &str = "That is more than one file holds: 20,000 entries. Choose fewer days, and take it in several.";

/// The lines as a file to be kept.
pub fn file(lines: &[Line], zone: Tz, is_table: bool) -> Result<Response> {
    let (body, kind, name) = if is_table {
        // Spreadsheets take the mark in front for what it is, and the letters after it for UTF-8.
        (format!("\u{feff}{}", export::csv(lines, zone)?), "text/csv; charset=utf-8", "audit-log.csv")
    } else {
        (export::json(lines), "application/json; charset=utf-8", "audit-log.json")
    };
    let disposition = format!("attachment; filename=\"{name}\"");
    Ok(Response::builder().header(CONTENT_TYPE, kind).header(CONTENT_DISPOSITION, disposition).body(body))
}
