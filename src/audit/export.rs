//! A log as a file: a table for people, or everything for programs.

use chrono::SecondsFormat;
use chrono_tz::Tz;
use serde_json::{Value, json};

use super::reading::Line;
use super::words::Change;
use crate::error::{Error, Result};
use crate::values::text::as_cell;

/// The most entries of one file; whoever wants more takes it in several, by day.
pub const MOST: usize = 20_000;

/// The lines as CSV (RFC 4180), newest first, with the times of this zone.
pub fn csv(lines: &[Line], zone: Tz) -> Result<String> {
    let mut table = csv::Writer::from_writer(Vec::new());
    let heading = ["entry", "time", "who", "kind of person", "what", "before and after", "wholesaler", "action", "about", "id", "hash"];
    let written = table.write_record(heading).and_then(|()| {
        for line in lines {
            let changes: Vec<String> = line.words.changes.iter().map(in_words).collect();
            let cells = [
                line.position.to_string(),
                line.at.with_timezone(&zone).to_rfc3339_opts(SecondsFormat::Micros, false),
                line.who.clone(),
                line.actor_kind.clone(),
                line.words.sentence.clone(),
                changes.join("; "),
                line.wholesaler.clone(),
                line.action.clone(),
                line.subject_kind.clone(),
                line.subject_id.to_string(),
                hex::encode(&line.hash),
            ];
            table.write_record(cells.map(|cell| as_cell(&cell)))?;
        }
        Ok(())
    });
    written.map_err(|error| Error::Internal(error.into()))?;
    let bytes = table.into_inner().map_err(|error| Error::Internal(anyhow::anyhow!("{error}")))?;
    String::from_utf8(bytes).map_err(|error| Error::Internal(error.into()))
}

/// «role: sales → manager».
pub fn in_words(change: &Change) -> String {
    let word = |text: &str| if text.is_empty() { "nothing".to_owned() } else { text.to_owned() };
    format!("{}: {} → {}", change.what, word(&change.before), word(&change.after))
}

/// The lines as a JSON array: all that a hash covers, and the same in words.
pub fn json(lines: &[Line]) -> String {
    let entry = |line: &Line| -> Value {
        let changes = line.words.changes.iter();
        json!({
            "position": line.position,
            "id": line.id,
            "at": line.at.to_rfc3339_opts(SecondsFormat::Micros, true),
            "actor": { "kind": line.actor_kind, "id": line.actor_id, "name": line.who },
            "action": line.action,
            "subject": { "kind": line.subject_kind, "id": line.subject_id },
            "wholesaler": line.wholesaler,
            "sentence": line.words.sentence,
            "changes": changes.map(|one| json!({ "what": one.what, "before": one.before, "after": one.after })).collect::<Vec<_>>(),
            "details": line.details,
            "previous_hash": hex::encode(&line.previous_hash),
            "hash": hex::encode(&line.hash),
        })
    };
    let entries: Vec<String> = lines.iter().map(|line| entry(line).to_string()).collect();
    format!("[\n{}\n]\n", entries.join(",\n"))
}
