//! The rows of a table of text, as they are found while it is read: nothing of it is held but the row that is just coming.

use csv_core::{ReadRecordResult, Reader, ReaderBuilder, Terminator};

/// What stands between two cells: in most of Europe a comma is before the decimals, and so another sign is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Separator {
    Comma,
    Semicolon,
    Tab,
    Bar,
}

impl Separator {
    pub const ALL: [Self; 4] = [Self::Comma, Self::Semicolon, Self::Tab, Self::Bar];

    /// As the database keeps it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Comma => "comma",
            Self::Semicolon => "semicolon",
            Self::Tab => "tab",
            Self::Bar => "bar",
        }
    }

    /// From that word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|separator| separator.word() == word)
    }

    fn byte(self) -> u8 {
        match self {
            Self::Comma => b',',
            Self::Semicolon => b';',
            Self::Tab => b'\t',
            Self::Bar => b'|',
        }
    }

    /// The one with which the beginning of a table has most columns in most of its rows; what Excel says itself in a first line `sep=;`
    /// goes before.
    pub fn of(beginning: &str) -> Self {
        if beginning.get(..4).is_some_and(|said| said.eq_ignore_ascii_case("sep="))
            && let Some(said) = Self::ALL.into_iter().find(|one| beginning.as_bytes().get(4) == Some(&one.byte()))
        {
            return said;
        }
        let columns = |separator: &Self| {
            let found = Rows::first_of(beginning, *separator, 20);
            let wide = found.first().map_or(0, |row| row.cells.len());
            let alike = found.iter().filter(|row| row.cells.len() == wide).count();
            if wide < 2 { 0 } else { wide * alike }
        };
        let most = Self::ALL.iter().map(columns).max().unwrap_or_default();
        Self::ALL.into_iter().find(|separator| most > 0 && columns(separator) == most).unwrap_or(Self::Comma)
    }
}

/// A row, with its number as a spreadsheet shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    pub number: u32,
    pub cells: Vec<String>,
}

impl Row {
    fn is_blank(&self) -> bool {
        self.cells.iter().all(|cell| cell.trim().is_empty())
    }
}

/// Why the rest cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Broken {
    #[error("Row {0} does not end. There is a quotation mark in it, or shortly before, that is never closed.")]
    Endless(u32),
    #[error("Row {0} has more than {most} cells.", most = Rows::MOST_CELLS)]
    TooWide(u32),
    #[error("There are more than {most} rows. Split the file in two.", most = Rows::MOST)]
    TooMany,
}

/// Finds the rows.
pub struct Rows {
    reader: Reader,
    text: Vec<u8>,
    ends: Vec<usize>,
    /// How much of both is filled by the row that is coming.
    filled: (usize, usize),
    /// How many lines there were before it, and its number in a spreadsheet.
    lines_before: u64,
    number: u32,
    found: u32,
}

impl Rows {
    /// The most rows of one file,
    pub const MOST: u32 = 200_000;
    /// the most cells of one row,
    pub const MOST_CELLS: usize = 256;
    /// and the most bytes of it.
    const LONGEST: usize = 64 * 1024;

    pub fn new(separator: Separator) -> Self {
        let reader = ReaderBuilder::new().delimiter(separator.byte()).terminator(Terminator::Any(b'\n')).build();
        Self { reader, text: vec![0; Self::LONGEST], ends: vec![0; Self::MOST_CELLS], filled: (0, 0), lines_before: 0, number: 0, found: 0 }
    }

    /// The rows with which a text begins, as far as it can be read.
    pub fn first_of(text: &str, separator: Separator, most: usize) -> Vec<Row> {
        let (mut rows, mut found) = (Self::new(separator), Vec::new());
        for line in text.split_inclusive('\n') {
            match rows.take(line) {
                Ok(more) => found.extend(more),
                Err(_) => return found,
            }
            if found.len() >= most {
                return found;
            }
        }
        found.extend(rows.end().unwrap_or_default());
        found
    }

    /// The rows that are whole with this piece of the text. Blank ones are counted and left out.
    ///
    /// # Errors
    /// Why nothing can be read from here on.
    pub fn take(&mut self, text: &str) -> Result<Vec<Row>, Broken> {
        let mut rows = Vec::new();
        let mut rest = text.as_bytes();
        // Nothing at all would mean that the file is over.
        while !rest.is_empty() {
            rest = self.step(rest, &mut rows)?;
        }
        Ok(rows)
    }

    /// The last row, which may lack its end.
    ///
    /// # Errors
    /// The same.
    pub fn end(&mut self) -> Result<Vec<Row>, Broken> {
        let mut rows = Vec::new();
        self.step(&[], &mut rows)?;
        Ok(rows)
    }

    fn step<'t>(&mut self, text: &'t [u8], rows: &mut Vec<Row>) -> Result<&'t [u8], Broken> {
        let (texts, ends) = self.filled;
        let (room, places) = (self.text.get_mut(texts..).unwrap_or_default(), self.ends.get_mut(ends..).unwrap_or_default());
        let (result, read, written, ended) = self.reader.read_record(text, room, places);
        self.filled = (texts + written, ends + ended);
        match result {
            ReadRecordResult::InputEmpty | ReadRecordResult::End => {}
            ReadRecordResult::OutputFull => return Err(Broken::Endless(self.number + 1)),
            ReadRecordResult::OutputEndsFull => return Err(Broken::TooWide(self.number + 1)),
            ReadRecordResult::Record => rows.extend(self.row(text.is_empty())?),
        }
        Ok(text.get(read..).unwrap_or_default())
    }

    /// The row that has just become whole.
    fn row(&mut self, is_without_end: bool) -> Result<Option<Row>, Broken> {
        let (_, ends) = std::mem::take(&mut self.filled);
        let mut from = 0;
        let cells = self.ends.iter().take(ends).map(|end| {
            let cell = self.text.get(from..*end).unwrap_or_default();
            from = *end;
            String::from_utf8_lossy(cell).into_owned()
        });
        let cells: Vec<String> = cells.collect();
        // A spreadsheet counts blank lines as rows, and the lines within a cell not.
        let inside: usize = cells.iter().map(|cell| cell.matches('\n').count()).sum();
        let lines = self.reader.line() - 1;
        let blank = (lines - self.lines_before).saturating_sub(inside as u64 + u64::from(!is_without_end));
        self.lines_before = lines;
        self.number = self.number.saturating_add(u32::try_from(blank).unwrap_or(u32::MAX)).saturating_add(1);
        let row = Row { number: self.number, cells };
        if self.found == 0 && row.cells.first().is_some_and(|cell| cell.to_ascii_lowercase().starts_with("sep=")) {
            // Excel reads it and does not show it.
            self.number -= 1;
            return Ok(None);
        }
        if row.is_blank() {
            return Ok(None);
        }
        self.found += 1;
        if self.found > Self::MOST { Err(Broken::TooMany) } else { Ok(Some(row)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(separator: Separator, text: &str) -> Result<Vec<Row>, Broken> {
        let mut rows = Rows::new(separator);
        let mut found = Vec::new();
        // Character by character: no row may depend on where a piece ends.
        for character in text.chars() {
            found.extend(rows.take(character.encode_utf8(&mut [0; 4]))?);
        }
        found.extend(rows.end()?);
        let mut whole = Rows::new(separator);
        let mut at_once = whole.take(text)?;
        at_once.extend(whole.end()?);
        assert_eq!(found, at_once);
        Ok(found)
    }

    fn cells(row: &Row) -> Vec<&str> {
        row.cells.iter().map(String::as_str).collect()
    }

    #[test]
    fn rows_are_found_with_their_numbers() {
        let rows = read(Separator::Comma, "a,b\n\n1,\"x, \"\"y\"\"\nz\"\n,,\n2,é").unwrap();
        let expected: [(u32, &[&str]); 3] = [(1, &["a", "b"]), (3, &["1", "x, \"y\"\nz"]), (5, &["2", "é"])];
        assert_eq!(rows.iter().map(|row| (row.number, cells(row))).collect::<Vec<_>>(), expected.map(|(at, cells)| (at, cells.to_vec())));
    }

    #[test]
    fn what_excel_says_of_its_separator_is_no_row() {
        let rows = read(Separator::Semicolon, "sep=;\nsku;name\n1;Tea\n").unwrap();
        assert_eq!(rows.iter().map(|row| row.number).collect::<Vec<_>>(), [1, 2]);
        assert_eq!(Separator::of("sep=;\na,b,c\n"), Separator::Semicolon);
        assert_eq!(Separator::of("SEP=|\na,b,c\n"), Separator::Bar);
    }

    #[test]
    fn the_separator_is_the_one_with_most_columns() {
        for (beginning, separator) in [
            ("sku,name,price\n1,Tea,2.50\n", Separator::Comma),
            ("sku;name;preis\n1;Tee, lose;2,50\n2;Öl;1,00\n", Separator::Semicolon),
            ("sku\tname\tprice\n1\tTea, loose; best\t2,50\n", Separator::Tab),
            ("sku|name\n1|Tea\n", Separator::Bar),
            ("sku;name", Separator::Semicolon),
            ("sku\n1\n2\n", Separator::Comma),
            ("", Separator::Comma),
            ("é", Separator::Comma),
            ("abcé;d\n", Separator::Semicolon),
            ("\"a;b\",c\n\"d;e\",f\n", Separator::Comma),
        ] {
            assert_eq!(Separator::of(beginning), separator, "{beginning}");
        }
    }

    #[test]
    fn what_never_ends_is_found_out_before_it_is_held() {
        let endless = format!("a,b\n1,\"open\n{}", "x,y\n".repeat(50_000));
        assert_eq!(read(Separator::Comma, &endless), Err(Broken::Endless(2)));
        assert_eq!(read(Separator::Comma, &"x,".repeat(300)), Err(Broken::TooWide(1)));
        assert_eq!(Rows::new(Separator::Comma).take(&"x\n".repeat(200_001)), Err(Broken::TooMany));
    }
}
