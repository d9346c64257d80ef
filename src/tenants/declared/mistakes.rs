//! What is wrong with the files, and where: everything is noted before anybody is told, so that one look mends it all.

use std::collections::BTreeSet;
use std::fmt;
use std::path::{Path, PathBuf};

/// One thing that is wrong. A place of line and column is there when it lies inside a file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mistake {
    pub file: PathBuf,
    /// The line, and in it the character (`tenant.toml`, a logo) or the field (files of rows); all count from 1.
    pub place: Option<(usize, usize)>,
    pub text: String,
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:", self.file.display())?;
        if let Some((line, column)) = self.place {
            write!(f, "{line}:{column}:")?;
        }
        write!(f, " {}", self.text)
    }
}

/// Everything that is wrong, by file and line, each once. As an error it prints one mistake a line.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Mistakes(BTreeSet<Mistake>);

impl Mistakes {
    /// Whether all is well.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many there are.
    pub(super) fn count(&self) -> usize {
        self.0.len()
    }

    /// Each of them, in the order of the files.
    pub fn iter(&self) -> impl Iterator<Item = &Mistake> {
        self.0.iter()
    }

    /// Notes what is wrong with a file or a folder as a whole.
    pub(super) fn about(&mut self, file: &Path, text: impl fmt::Display) {
        self.0.insert(Mistake { file: file.to_owned(), place: None, text: text.to_string() });
    }

    /// Notes what is wrong at a place in a file.
    pub(super) fn at(&mut self, source: &Source, place: (usize, usize), text: impl fmt::Display) {
        self.at_place(&source.file, place, text);
    }

    /// The same of a file that has been read before.
    pub(super) fn at_place(&mut self, file: &Path, place: (usize, usize), text: impl fmt::Display) {
        self.0.insert(Mistake { file: file.to_owned(), place: Some(place), text: text.to_string() });
    }
}

impl fmt::Display for Mistakes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, mistake) in self.0.iter().enumerate() {
            if number > 0 {
                f.write_str("\n")?;
            }
            mistake.fmt(f)?;
        }
        Ok(())
    }
}

impl std::error::Error for Mistakes {}

/// A file's text, which knows its lines.
pub(super) struct Source {
    file: PathBuf,
    pub(super) text: String,
    /// Where each line begins, in bytes.
    lines: Vec<usize>,
}

impl Source {
    /// Reads a file of at most so many bytes, in UTF-8; otherwise notes why not.
    pub(super) fn read(file: &Path, most_bytes: u64, mistakes: &mut Mistakes) -> Option<Source> {
        let bytes = read_bytes(file, most_bytes, mistakes)?;
        match String::from_utf8(bytes) {
            Ok(text) => Some(Source::of(file, text)),
            Err(error) => {
                let good = error.utf8_error().valid_up_to();
                let before = String::from_utf8_lossy(error.as_bytes().get(..good).unwrap_or_default()).into_owned();
                let source = Source::of(file, before);
                mistakes.at(&source, source.place(good), "from here on this is not UTF-8; save the file as UTF-8");
                None
            }
        }
    }

    pub(super) fn of(file: &Path, text: String) -> Source {
        let lines = std::iter::once(0).chain(text.match_indices('\n').map(|(end, _)| end + 1)).collect();
        Source { file: file.to_owned(), text, lines }
    }

    /// The line of a byte, and the character in that line.
    pub(super) fn place(&self, byte: usize) -> (usize, usize) {
        let line = self.lines.partition_point(|start| *start <= byte);
        let start = line.checked_sub(1).and_then(|index| self.lines.get(index)).copied().unwrap_or_default();
        let before = self.text.get(start..byte).unwrap_or_default();
        (line, before.chars().count() + 1)
    }
}

/// Reads a file of at most so many bytes; otherwise notes why not.
pub(super) fn read_bytes(file: &Path, most_bytes: u64, mistakes: &mut Mistakes) -> Option<Vec<u8>> {
    let read = std::fs::metadata(file).and_then(|about| if about.len() > most_bytes { Ok(None) } else { std::fs::read(file).map(Some) });
    match read {
        Ok(Some(bytes)) => return Some(bytes),
        Ok(None) => mistakes.about(file, format_args!("this is larger than {} kB", most_bytes / 1024)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => mistakes.about(file, "there is no such file"),
        Err(error) => mistakes.about(file, format_args!("cannot be read: {error}")),
    }
    None
}
