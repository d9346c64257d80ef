//! Files of rows: a first line that names the columns, and under it one row a line, commas between the fields.

use std::fmt::Display;
use std::path::Path;

use csv::{ReaderBuilder, StringRecord};

use super::mistakes::{Mistakes, Source};
use crate::values::text;

const LARGEST_BYTES: u64 = 32 * 1024 * 1024;

/// The columns of a file, in the order in which they stand there; the optional ones last, all of them or none.
pub(super) struct Columns {
    pub required: &'static [&'static str],
    pub optional: &'static [&'static str],
}

/// Reads a file that must be there, row by row. What comes back is whole only when no mistake was noted.
pub(super) fn read<Row>(
    file: &Path,
    columns: &Columns,
    mistakes: &mut Mistakes,
    mut read_row: impl FnMut(&mut Fields<'_>) -> Option<Row>,
) -> Vec<Row> {
    let Some(source) = Source::read(file, LARGEST_BYTES, mistakes) else { return Vec::new() };
    let mut reader = ReaderBuilder::new().has_headers(false).flexible(true).from_reader(source.text.as_bytes());
    let mut records = reader.records();
    let first = records.next().and_then(Result::ok).unwrap_or_default();
    let Some(columns) = columns.of(&first, &source, mistakes) else { return Vec::new() };
    let mut rows = Vec::new();
    for record in records {
        match record {
            Ok(record) => {
                let line = line_of(&source, &record);
                let mut fields = Fields { source: &source, mistakes, columns: &columns, record: &record, line };
                if fields.are_all_there() {
                    rows.extend(read_row(&mut fields));
                }
            }
            Err(error) => mistakes.about(file, error),
        }
    }
    rows
}

/// The same of a file that need not be there.
pub(super) fn read_if_there<Row>(
    file: &Path,
    columns: &Columns,
    mistakes: &mut Mistakes,
    read_row: impl FnMut(&mut Fields<'_>) -> Option<Row>,
) -> Vec<Row> {
    if file.exists() { read(file, columns, mistakes, read_row) } else { Vec::new() }
}

impl Columns {
    /// Those that the first line names.
    fn of(&self, first: &StringRecord, source: &Source, mistakes: &mut Mistakes) -> Option<Vec<&'static str>> {
        let mut columns = self.required.to_vec();
        if first.len() > columns.len() {
            columns.extend(self.optional);
        }
        let wrong = (0..columns.len().max(first.len())).find(|index| first.get(*index) != columns.get(*index).copied());
        let Some(index) = wrong else { return Some(columns) };
        let optional = if self.optional.is_empty() { String::new() } else { format!(" (and {})", self.optional.join(",")) };
        mistakes.at(source, (1, index + 1), format_args!("the first line must be {}{optional}", self.required.join(",")));
        None
    }
}

/// The crate counts a row from the end of the one before; blank lines and the second half of a line's end lie between.
fn line_of(source: &Source, record: &StringRecord) -> usize {
    let from = record.position().and_then(|position| usize::try_from(position.byte()).ok()).unwrap_or_default();
    let rest = source.text.get(from..).unwrap_or_default();
    let blank = rest.len() - rest.trim_start_matches(['\r', '\n']).len();
    source.place(from + blank).0
}

/// One row, asked for its fields by the names of their columns.
pub(super) struct Fields<'a> {
    source: &'a Source,
    mistakes: &'a mut Mistakes,
    columns: &'a [&'static str],
    record: &'a StringRecord,
    /// Where the row stands in the file.
    pub line: usize,
}

impl<'a> Fields<'a> {
    fn are_all_there(&mut self) -> bool {
        let (found, wanted) = (self.record.len(), self.columns.len());
        if found != wanted {
            let place = (self.line, found.min(wanted) + 1);
            self.mistakes.at(self.source, place, format_args!("this row has {found} fields instead of {wanted}"));
        }
        found == wanted
    }

    fn index_of(&self, column: &str) -> usize {
        self.columns.iter().position(|name| *name == column).unwrap_or(self.columns.len())
    }

    /// As it stands there; nothing where the file does not have the column.
    pub fn text(&self, column: &str) -> &'a str {
        self.record.get(self.index_of(column)).unwrap_or_default()
    }

    /// Whether the file has a column.
    pub fn has(&self, column: &str) -> bool {
        self.columns.contains(&column)
    }

    /// A line of words that must be there.
    pub fn words(&mut self, column: &'static str, most: usize) -> Option<String> {
        self.parsed(column, |typed| read_line(column, typed, most))
    }

    /// A line of words, or nothing.
    pub fn may_be_words(&mut self, column: &'static str, most: usize) -> Option<String> {
        self.may_be(column, |typed| read_line(column, typed, most)).map(Option::unwrap_or_default)
    }

    /// What must be there and be right.
    pub fn parsed<T, E: Display>(&mut self, column: &'static str, parse: impl FnOnce(&str) -> Result<T, E>) -> Option<T> {
        match parse(self.text(column)) {
            Ok(value) => Some(value),
            Err(why) => {
                self.note(column, why);
                None
            }
        }
    }

    /// What may be left out, and must be right when it is there.
    #[expect(clippy::option_option, reason = "none is wrong, and some of none was left out")]
    pub fn may_be<T, E: Display>(&mut self, column: &'static str, parse: impl FnOnce(&str) -> Result<T, E>) -> Option<Option<T>> {
        if self.text(column).trim().is_empty() { Some(None) } else { self.parsed(column, parse).map(Some) }
    }

    /// Notes what is wrong with a field.
    pub fn note(&mut self, column: &str, text: impl Display) {
        self.mistakes.at(self.source, (self.line, self.index_of(column) + 1), text);
    }
}

fn read_line(column: &str, typed: &str, most: usize) -> Result<String, String> {
    if typed.contains(['\n', '\r']) {
        return Err("there is a line break in this field; is a quotation mark missing?".to_owned());
    }
    text::line(typed, most).map_err(|why| why.about(&format!("the {column}")))
}
