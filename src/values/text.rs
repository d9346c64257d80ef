//! Words that people type about themselves: trimmed, bounded, without control characters.

/// The most characters of a business's or a person's name,
pub const LONGEST_NAME: usize = 120;
/// of what a shop writes with its request,
pub const LONGEST_MESSAGE: usize = 1000;
/// of why a request is rejected or a customer suspended,
pub const LONGEST_REASON: usize = 500;
/// of a trade account's number,
pub const LONGEST_ACCOUNT_NUMBER: usize = 32;
/// and of what is searched for.
pub const LONGEST_QUERY: usize = 100;

/// Why words were not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TextError {
    /// There are none.
    Empty,
    /// More than this many characters.
    TooLong(usize),
    /// Characters that no keyboard writes.
    Unprintable,
}

impl TextError {
    /// In words, about this thing (`your name`).
    pub fn about(self, what: &str) -> String {
        match self {
            Self::Empty => format!("Please write {what}."),
            Self::TooLong(most) => format!("Please shorten {what} to {most} characters."),
            Self::Unprintable => format!("There are characters in {what} that cannot be shown. Please type it anew."),
        }
    }
}

/// One line of at least one character: blanks in a row become one.
pub fn line(typed: &str, most: usize) -> Result<String, TextError> {
    let line = typed.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.is_empty() {
        return Err(TextError::Empty);
    }
    bounded(line, most)
}

/// Several lines, at least one character.
pub fn block(typed: &str, most: usize) -> Result<String, TextError> {
    let text = optional(typed, most)?;
    if text.is_empty() { Err(TextError::Empty) } else { Ok(text) }
}

/// Several lines, or nothing.
pub fn optional(typed: &str, most: usize) -> Result<String, TextError> {
    bounded(typed.trim().replace("\r\n", "\n"), most)
}

fn bounded(text: String, most: usize) -> Result<String, TextError> {
    if text.chars().count() > most {
        return Err(TextError::TooLong(most));
    }
    // Directional overrides can make one text look like another.
    let unprintable = |c: char| (c.is_control() && c != '\n') || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    if text.chars().any(unprintable) { Err(TextError::Unprintable) } else { Ok(text) }
}

/// What a spreadsheet is shown. A text that it would take for a formula gets an apostrophe in front, and stays what was written
/// (OWASP, CSV injection).
pub fn as_cell(text: &str) -> String {
    const BEGINNINGS: [char; 11] = ['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'];
    if text.starts_with(BEGINNINGS) { format!("'{text}") } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_is_a_formula_and_nothing_else_is_changed() {
        for formula in
            ["=HYPERLINK(\"http://x\")", "+447400123001", "-1", "@SUM(A1)", "\t=1", "\r\n=1", "\n=1", "＝1", "＋1", "－1", "＠SUM(A1)"]
        {
            assert_eq!(as_cell(formula), format!("'{formula}"));
        }
        for harmless in ["", "Crème & Co, \"Deli\"", " =1", "1 = 1", "'=1", "é=1"] {
            assert_eq!(as_cell(harmless), harmless);
        }
    }
}
