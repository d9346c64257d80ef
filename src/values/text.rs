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
    let line = without_nothing(typed).split_whitespace().collect::<Vec<_>>().join(" ");
    if !line.chars().any(is_seen) {
        return Err(TextError::Empty);
    }
    bounded(line, most)
}

/// Several lines, at least one character.
pub fn block(typed: &str, most: usize) -> Result<String, TextError> {
    let text = optional(typed, most)?;
    if text.chars().any(is_seen) { Ok(text) } else { Err(TextError::Empty) }
}

/// Several lines, or nothing.
pub fn optional(typed: &str, most: usize) -> Result<String, TextError> {
    bounded(without_nothing(typed).trim().replace("\r\n", "\n"), most)
}

/// Leaves out what is nothing on a page and comes along when words are copied from one: blanks without width, hyphens that
/// are only there at the end of a line, marks of the order of bytes.
fn without_nothing(typed: &str) -> String {
    typed.replace(['\u{ad}', '\u{180e}', '\u{200b}', '\u{2060}', '\u{feff}'], "")
}

/// Whether a character leaves any mark. Some only join others, or fill the place of one: a name of these alone has nothing
/// to press on.
fn is_seen(character: char) -> bool {
    let joins = matches!(character, '\u{200c}'..='\u{200f}' | '\u{2061}'..='\u{2064}' | '\u{fe00}'..='\u{fe0f}' | '\u{61c}' | '\u{34f}');
    let fills = matches!(character, '\u{115f}' | '\u{1160}' | '\u{2800}' | '\u{3164}' | '\u{ffa0}' | '\u{e0000}'..='\u{e0fff}');
    !character.is_whitespace() && !joins && !fills
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

/// The same for a file that is to be read again: what begins with such an apostrophe already gets another one.
pub fn as_cell_to_read(text: &str) -> String {
    if text.starts_with('\'') && as_cell(text.trim_start_matches('\'')) != text.trim_start_matches('\'') {
        format!("'{text}")
    } else {
        as_cell(text)
    }
}

/// What a spreadsheet was shown, as it was before.
pub fn from_cell(cell: &str) -> &str {
    match cell.strip_prefix('\'') {
        Some(rest) if as_cell(rest.trim_start_matches('\'')) != rest.trim_start_matches('\'') => rest,
        _ => cell,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_seen_is_nothing() {
        for nothing in ["", "  ", "\u{200b}", "\u{feff} \u{ad}", "\u{200d}\u{200c}", "\u{3164}", "\u{2800}", "\u{fe0f}", "\u{2060}\n"] {
            assert_eq!(line(nothing, 10), Err(TextError::Empty), "{nothing:?}");
            assert_eq!(block(nothing, 10), Err(TextError::Empty), "{nothing:?}");
        }
        assert_eq!(line("\u{feff}Ac\u{ad}me\u{200b} \u{a0} Ltd", 10).as_deref(), Ok("Acme Ltd"), "as it is copied from a page");
        for kept in ["👩\u{200d}🍳", "می\u{200c}خواهم", "日本酒", "❤\u{fe0f}"] {
            assert_eq!(line(kept, 20).as_deref(), Ok(kept), "what joins the others stays with them");
        }
        assert_eq!(line("\u{202e}evil", 10), Err(TextError::Unprintable));
        assert_eq!(optional("\u{200b}", 10).as_deref(), Ok(""));
    }

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

    #[test]
    fn what_a_cell_shows_is_read_as_what_it_was() {
        for text in ["=1", "+44", "-3", "'=1", "''=1", "'90s tea", "''", "O'Neill", "", "'", "＝1", "\t=1"] {
            let cell = as_cell_to_read(text);
            assert_eq!(from_cell(&cell), text, "{cell}");
            assert!(!cell.starts_with(['=', '+', '-', '@', '\t']), "{cell}");
        }
    }
}
