//! Files whose rows become products, prices or customers. A file is read twice before it does anything: once for what its columns are,
//! and once for what each row would do. Then all of it is done, or nothing; and the last that was done can be undone.
//!
//! Whatever the rows are about, they are [`Cells`]: of each column that the file has what stands there, as the export writes it. So
//! what stood there before is compared with what the file says, and later with what stands there then, as texts.

mod applying;
mod cells;
mod characters;
mod customers;
mod fields;
mod judging;
mod keeping;
pub mod pages;
mod prices;
mod products;
mod reading;
mod rows;
mod shown;
mod work;

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub use cells::{Batch, Sight, next_batch};
pub use characters::{Characters, Unreadable};
pub use fields::{Field, field_of, fields_of, guess, plain};
pub use keeping::{Sample, find, forget_people, guessed, last_applied, list, remove, rows_of, sample, sweep};
pub use rows::{Broken, Row, Rows, Separator};
pub use work::{Upload, apply, read_anew, run, undo};

use crate::ids::ImportId;
use crate::values::DecimalMark;

/// The heaviest file: a hundred thousand rows of a hundred and fifty letters in UTF-16 are about as much.
pub const HEAVIEST_UPLOAD_BYTES: usize = 32 * 1024 * 1024;

/// What a row says, or what stands there: by the words of the fields, as the export writes it.
pub type Cells = BTreeMap<String, String>;

/// What rows become.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    Products,
    Prices,
    Customers,
}

impl Kind {
    pub const ALL: [Self; 3] = [Self::Products, Self::Prices, Self::Customers];

    /// The word of the database and of addresses, and in sentences.
    pub fn word(self) -> &'static str {
        match self {
            Self::Products => "products",
            Self::Prices => "prices",
            Self::Customers => "customers",
        }
    }

    /// From that word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }
}

/// How far a file has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// Somebody is to say what its columns are.
    Columns,
    /// Its rows are compared with what there is.
    Reading,
    /// It can be looked at, and applied.
    Read,
    Applying,
    Applied,
    Undoing,
    Undone,
    /// It cannot be read.
    Broken,
}

impl Status {
    const ALL: [Self; 8] =
        [Self::Columns, Self::Reading, Self::Read, Self::Applying, Self::Applied, Self::Undoing, Self::Undone, Self::Broken];

    /// The database's word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Columns => "columns",
            Self::Reading => "reading",
            Self::Read => "read",
            Self::Applying => "applying",
            Self::Applied => "applied",
            Self::Undoing => "undoing",
            Self::Undone => "undone",
            Self::Broken => "broken",
        }
    }

    fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.word() == word)
    }

    /// Whether a job has it in its hands.
    pub fn is_under_way(self) -> bool {
        matches!(self, Self::Reading | Self::Applying | Self::Undoing)
    }
}

/// What a row does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    New,
    Changed,
    Unchanged,
    Wrong,
}

impl Verdict {
    pub const ALL: [Self; 4] = [Self::New, Self::Changed, Self::Unchanged, Self::Wrong];

    /// The word of the database and of addresses.
    pub fn word(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Changed => "changed",
            Self::Unchanged => "unchanged",
            Self::Wrong => "wrong",
        }
    }

    /// From that word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|verdict| verdict.word() == word)
    }
}

/// How many rows do what.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    pub new: i32,
    pub changed: i32,
    pub unchanged: i32,
    pub wrong: i32,
}

impl Counts {
    /// All of them.
    pub fn all(self) -> i32 {
        self.new + self.changed + self.unchanged + self.wrong
    }

    /// Of one kind.
    pub fn of(self, verdict: Verdict) -> i32 {
        match verdict {
            Verdict::New => self.new,
            Verdict::Changed => self.changed,
            Verdict::Unchanged => self.unchanged,
            Verdict::Wrong => self.wrong,
        }
    }

    fn count(&mut self, verdict: Verdict) {
        let counted = match verdict {
            Verdict::New => &mut self.new,
            Verdict::Changed => &mut self.changed,
            Verdict::Unchanged => &mut self.unchanged,
            Verdict::Wrong => &mut self.wrong,
        };
        *counted += 1;
    }
}

/// How a file is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Written {
    pub characters: Characters,
    pub separator: Separator,
    /// What stands before the decimals.
    pub mark: DecimalMark,
}

/// A file on its way.
#[derive(Debug, Clone)]
pub struct Import {
    pub id: ImportId,
    pub kind: Kind,
    pub file_name: String,
    pub bytes: i64,
    pub written: Written,
    pub headings: Vec<String>,
    /// What each column is; empty for one that is left out.
    pub fields: Vec<String>,
    pub status: Status,
    /// How often it was begun to be read.
    pub reading: i32,
    /// How far the work under way is: bytes while it is read, then rows.
    pub done: i64,
    pub counts: Counts,
    /// Why it could not be read, applied or undone, in words.
    pub trouble: String,
    pub staff_id: Uuid,
    pub staff_name: String,
    pub created_at: DateTime<Utc>,
    pub applied_at: Option<DateTime<Utc>>,
    pub undone_at: Option<DateTime<Utc>>,
}

impl Import {
    /// How much of the work under way is done, in hundredths.
    pub fn percent(&self) -> i64 {
        let all = if self.status == Status::Reading { self.bytes } else { i64::from(self.counts.all()) };
        (self.done * 100 / all.max(1)).clamp(0, 100)
    }

    /// Whether it can be applied: something is to be done, and nothing is wrong.
    pub fn can_be_applied(&self) -> bool {
        self.status == Status::Read && self.counts.wrong == 0 && self.counts.new + self.counts.changed > 0
    }
}

/// What is said of a row: something that becomes otherwise, or something that is wrong.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Remark {
    /// The name of the field; empty when it is about the whole row.
    pub what: String,
    /// What stands there, or what the file says that is wrong.
    pub from: String,
    pub to: String,
    /// Why it is wrong.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub why: String,
}

/// A row of a file, and what it does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judged {
    /// As a spreadsheet numbers it.
    pub line: i32,
    pub verdict: Verdict,
    /// By which it is known; empty when it says too little for that.
    pub key: String,
    /// Of customers, whose they are; else empty.
    pub of_account: String,
    pub title: String,
    pub before: Cells,
    pub after: Cells,
    pub remarks: Vec<Remark>,
}
