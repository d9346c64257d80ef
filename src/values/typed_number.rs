//! What somebody typed as a phone number, brought down to plain digits before any numbering plan looks at it.
//!
//! The `phonenumber` crate is never shown the raw text: it reads letters as keypad digits (`74OO` becomes
//! somebody else's `7466`), drops extensions without a word and refuses the digits of most scripts.

use super::phone::PhoneError;

/// Longer texts are refused unread. The longest honest way to write a number, with `tel:`, separators and
/// invisible marks from an address book, stays well below.
const LONGEST_TYPED_CHARACTERS: usize = 40;

/// Digits in the order they were typed, and the two marks that change what they mean. No `Debug`, lest a whole number
/// gets into a log.
pub(super) struct TypedNumber {
    /// ASCII digits only; never empty.
    pub digits: String,
    /// A plus stood in front.
    pub plus: bool,
    /// Position in `digits` of the zero of a `(0)`, the trunk zero that is not dialled after a country code.
    pub bracketed_zero: Option<usize>,
}

impl TypedNumber {
    pub fn read(typed: &str) -> Result<TypedNumber, PhoneError> {
        if typed.chars().nth(LONGEST_TYPED_CHARACTERS).is_some() {
            return Err(PhoneError::TooLong);
        }
        let folded: Vec<char> = typed.chars().map(fold).filter(|character| !is_invisible(*character)).collect();
        let characters = without_scheme(&folded);
        let mut number = TypedNumber { digits: String::new(), plus: false, bracketed_zero: None };

        for (position, &character) in characters.iter().enumerate() {
            match character {
                '0'..='9' => {
                    if character == '0' && is_bracketed(characters, position) {
                        number.bracketed_zero.get_or_insert(number.digits.len());
                    }
                    number.digits.push(character);
                }
                '+' if !number.plus && number.digits.is_empty() => number.plus = true,
                ' ' | '-' | '.' | '/' | '(' | ')' => {}
                '#' | ',' | ';' if !number.digits.is_empty() => return Err(PhoneError::Extension),
                letter if letter.is_alphabetic() => {
                    let rest = characters.get(position..).unwrap_or_default();
                    return Err(if number.digits.is_empty() { PhoneError::Letters } else { word_after_digits(rest) });
                }
                _ => return Err(PhoneError::NotANumber),
            }
        }

        match (number.digits.is_empty(), number.plus) {
            (false, _) => Ok(number),
            (true, true) => Err(PhoneError::NotANumber),
            (true, false) => Err(PhoneError::Empty),
        }
    }
}

/// One character as the reader below knows it: a digit of any script as ASCII, every separator as one of a few.
fn fold(character: char) -> char {
    if let Some(digit) = digit_of_any_script(character) {
        return digit;
    }
    match character {
        '\u{FF0B}' | '\u{FE62}' => '+',
        '\u{FF03}' => '#',
        '\u{FF0C}' | '\u{3001}' | '\u{060C}' => ',',
        '\u{FF1A}' => ':',
        '\u{FF1B}' => ';',
        // Full-width Latin letters, so that a full-width `ｘ` is an extension too.
        '\u{FF21}'..='\u{FF3A}' | '\u{FF41}'..='\u{FF5A}' => {
            char::from_u32(u32::from(character) - 0xFEE0).unwrap_or(character).to_ascii_lowercase()
        }
        '(' | '[' | '{' | '\u{FF08}' | '\u{FF3B}' | '\u{FE59}' | '\u{207D}' => '(',
        ')' | ']' | '}' | '\u{FF09}' | '\u{FF3D}' | '\u{FE5A}' | '\u{207E}' => ')',
        '/' | '\\' | '|' | '\u{2044}' | '\u{2215}' | '\u{FF0F}' | '\u{FF3C}' => '/',
        '.' | '·' | '•' | '\u{2024}' | '\u{2027}' | '\u{2219}' | '\u{22C5}' | '\u{30FB}' | '\u{3002}' | '\u{FF0E}' | '\u{FF61}'
        | '\u{FF65}' => '.',
        dash if DASHES.contains(&dash) => '-',
        space if space.is_whitespace() => ' ',
        other => other.to_ascii_lowercase(),
    }
}

/// Dashes, minus signs, tildes and the long-vowel mark that Japanese keyboards give for a dash.
const DASHES: [char; 28] = [
    '-', '_', '~', '\u{058A}', '\u{05BE}', '\u{1806}', '\u{2010}', '\u{2011}', '\u{2012}', '\u{2013}', '\u{2014}', '\u{2015}', '\u{2043}',
    '\u{2053}', '\u{2212}', '\u{223C}', '\u{2E3A}', '\u{2E3B}', '\u{301C}', '\u{3030}', '\u{30FC}', '\u{FE31}', '\u{FE32}', '\u{FE58}',
    '\u{FE63}', '\u{FF0D}', '\u{FF5E}', '\u{FF70}',
];

/// Marks that take no room and that address books and web pages put around numbers: soft hyphen, zero-width
/// characters, the marks of writing direction, byte order mark, variation selectors.
fn is_invisible(character: char) -> bool {
    matches!(
        character,
        '\u{00AD}' | '\u{034F}' | '\u{061C}' | '\u{180E}'
            | '\u{200B}'..='\u{200F}'
            | '\u{202A}'..='\u{202E}'
            | '\u{2060}'..='\u{2064}'
            | '\u{2066}'..='\u{206F}'
            | '\u{FE00}'..='\u{FE0F}'
            | '\u{FEFF}'
    )
}

/// The code point of zero in every script of Unicode 14 that writes decimal digits; the other nine follow it.
const ZEROS: [u32; 66] = [
    0x30, 0x660, 0x6F0, 0x7C0, 0x966, 0x9E6, 0xA66, 0xAE6, 0xB66, 0xBE6, 0xC66, 0xCE6, 0xD66, 0xDE6, 0xE50, 0xED0, 0xF20, 0x1040, 0x1090,
    0x17E0, 0x1810, 0x1946, 0x19D0, 0x1A80, 0x1A90, 0x1B50, 0x1BB0, 0x1C40, 0x1C50, 0xA620, 0xA8D0, 0xA900, 0xA9D0, 0xA9F0, 0xAA50, 0xABF0,
    0xFF10, 0x104A0, 0x10D30, 0x11066, 0x110F0, 0x11136, 0x111D0, 0x112F0, 0x11450, 0x114D0, 0x11650, 0x116C0, 0x11730, 0x118E0, 0x11950,
    0x11C50, 0x11D50, 0x11DA0, 0x16A60, 0x16AC0, 0x16B50, 0x1D7CE, 0x1D7D8, 0x1D7E2, 0x1D7EC, 0x1D7F6, 0x1E140, 0x1E2F0, 0x1E950, 0x1FBF0,
];

pub(super) fn digit_of_any_script(character: char) -> Option<char> {
    let code_point = u32::from(character);
    let following = ZEROS.partition_point(|zero| *zero <= code_point);
    let zero = ZEROS.get(following.checked_sub(1)?)?;
    char::from_digit(code_point - zero, 10)
}

/// The characters after blanks and a leading `tel:`.
fn without_scheme(characters: &[char]) -> &[char] {
    let start = characters.iter().position(|character| *character != ' ').unwrap_or(characters.len());
    let trimmed = characters.get(start..).unwrap_or_default();
    trimmed.strip_prefix(&['t', 'e', 'l', ':']).unwrap_or(trimmed)
}

/// Whether the zero at `position` stands alone between brackets, blanks inside allowed.
fn is_bracketed(characters: &[char], position: usize) -> bool {
    let (before, from_here) = characters.split_at(position);
    let opened = before.iter().rev().find(|character| **character != ' ') == Some(&'(');
    let closed = from_here.iter().skip(1).find(|character| **character != ' ') == Some(&')');
    opened && closed
}

/// Letters after digits are an extension when they are a word for one and digits follow, a slip otherwise.
fn word_after_digits(rest: &[char]) -> PhoneError {
    const WORDS: [&str; 10] = ["x", "ex", "ext", "extn", "extension", "poste", "anexo", "interno", "int", "dw"];
    let word: String = rest.iter().take_while(|character| character.is_alphabetic()).collect();
    let rest_has_digits = rest.iter().any(char::is_ascii_digit);
    if WORDS.contains(&word.as_str()) && rest_has_digits { PhoneError::Extension } else { PhoneError::Letters }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digits(typed: &str) -> Result<String, PhoneError> {
        TypedNumber::read(typed).map(|number| format!("{}{}", if number.plus { "+" } else { "" }, number.digits))
    }

    #[test]
    fn every_script_and_separator_comes_down_to_the_same_digits() {
        for typed in [
            "07400123456",
            " 07400 123-456\t",
            "(07400) 123.456",
            "07400/123\u{00A0}456",
            "\u{202A}07400\u{200B}123\u{2011}456\u{202C}",
            "０７４００　１２３４５６",
            "٠٧٤٠٠ ١٢٣٤٥٦",
            "۰۷۴۰۰۱۲۳۴۵۶",
            "०७४०० १२३४५६",
            "০৭৪০০১২৩৪৫৬",
            "๐๗๔๐๐๑๒๓๔๕๖",
            "TEL:07400123456",
        ] {
            assert_eq!(digits(typed).as_deref(), Ok("07400123456"), "{typed:?}");
        }
        assert_eq!(digits("＋４４ 7400").as_deref(), Ok("+447400"));
    }

    #[test]
    fn tables_of_digits_are_whole() {
        assert!(ZEROS.is_sorted());
        for zero in ZEROS {
            let written = |step| char::from_u32(zero + step).and_then(digit_of_any_script);
            assert_eq!((written(0), written(9)), (Some('0'), Some('9')));
        }
        assert_eq!(['/', ':', '\u{65F}', '\u{66A}', '²', '①'].map(digit_of_any_script), [None; 6]);
    }

    #[test]
    fn what_is_not_digits_is_refused_with_its_reason() {
        use PhoneError::*;
        for (typed, error) in [
            ("", Empty),
            (" \u{200B}()", Empty),
            ("+", NotANumber),
            ("+44 74OO 123456", Letters),
            ("+1800FLOWERS", Letters),
            ("abc+447400123456def", Letters),
            ("07400 123456 ask for Ada", Letters),
            ("07400 123456 х9", Letters), // a Cyrillic х
            ("07400 123456x9", Extension),
            ("07400 123456 ｘ９", Extension),
            ("07400 123456 Ext. 9", Extension),
            ("07400 123456#9", Extension),
            ("07400 123456,,12", Extension),
            ("tel:+447400123456;ext=9", Extension),
            ("++447400123456", NotANumber),
            ("07400+123456", NotANumber),
            ("44+7400123456", NotANumber),
            ("*#06#", NotANumber),
            ("07400 123456!", NotANumber),
            ("07400\u{0}123456", NotANumber),
            ("①07400123456", NotANumber),
            ("0740012345600000000000000000000000000000000", TooLong),
        ] {
            assert_eq!(digits(typed), Err(error), "{typed:?}");
        }
    }

    #[test]
    fn the_bracketed_zero_is_remembered() {
        let place = |typed| TypedNumber::read(typed).map(|number| number.bracketed_zero);
        assert_eq!(place("+44 (0)7400 123456"), Ok(Some(2)));
        assert_eq!(place("0044 [ 0 ] 7400 123456"), Ok(Some(4)));
        assert_eq!(place("(07400) 123456"), Ok(None));
    }
}
