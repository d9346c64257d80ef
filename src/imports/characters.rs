//! In which characters a file is written: found out from its bytes, all of which are looked at, a piece at a time.
//!
//! Spreadsheets do not say it. Excel writes UTF-8 with a mark in front, UTF-16 as «Unicode text», and otherwise what the machine has
//! always written: Windows-1252 in western Europe, Mac Roman on an older Mac.

use encoding_rs::{Decoder, Encoding, MACINTOSH, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

/// The characters that files of spreadsheets are written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Characters {
    Utf8,
    Utf16LittleEnd,
    Utf16BigEnd,
    Windows1252,
    MacRoman,
}

/// Why a file is no text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    #[error("There is nothing in this file.")]
    Empty,
    #[error(
        "This is a workbook. Open it in Excel, Numbers or LibreOffice, choose “Save as” and then “CSV UTF-8”, and choose that file here."
    )]
    Workbook,
    #[error("This is a PDF. Ask for the list as a table, as CSV, and choose that file here.")]
    Pdf,
    #[error("This is a ZIP file. Unpack it, and choose the CSV file in it.")]
    Packed,
    #[error("This file is no table of text. Save it as CSV, and choose that file here.")]
    Binary,
}

impl Characters {
    pub const ALL: [Self; 5] = [Self::Utf8, Self::Utf16LittleEnd, Self::Utf16BigEnd, Self::Windows1252, Self::MacRoman];

    /// As the database keeps it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Utf8 => "utf-8",
            Self::Utf16LittleEnd => "utf-16le",
            Self::Utf16BigEnd => "utf-16be",
            Self::Windows1252 => "windows-1252",
            Self::MacRoman => "macintosh",
        }
    }

    /// From that word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|characters| characters.word() == word)
    }

    /// As people call them.
    pub fn name(self) -> &'static str {
        match self {
            Self::Utf8 => "UTF-8",
            Self::Utf16LittleEnd | Self::Utf16BigEnd => "UTF-16",
            Self::Windows1252 => "Windows",
            Self::MacRoman => "Mac",
        }
    }

    fn encoding(self) -> &'static Encoding {
        match self {
            Self::Utf8 => UTF_8,
            Self::Utf16LittleEnd => UTF_16LE,
            Self::Utf16BigEnd => UTF_16BE,
            Self::Windows1252 => WINDOWS_1252,
            Self::MacRoman => MACINTOSH,
        }
    }
}

/// Looks at a file, piece by piece.
#[derive(Debug, Default)]
pub struct Sniffer {
    beginning: Vec<u8>,
    length: u64,
    /// How many zeros there are at even and at odd places, and how many bytes that no text has.
    zeros: (u64, u64),
    controls: u64,
    /// What may still become a character of UTF-8; None once something was none.
    unfinished: Option<Vec<u8>>,
    has_begun: bool,
    /// How likely each of the two old alphabets is.
    windows: i64,
    mac: i64,
    last: [u8; 2],
}

impl Sniffer {
    /// So much says what a packed file is.
    const BEGINNING: usize = 1024;

    /// Looks at the next piece.
    pub fn take(&mut self, piece: &[u8]) {
        if !self.has_begun {
            (self.has_begun, self.unfinished) = (true, Some(Vec::new()));
        }
        let wanted = Self::BEGINNING.saturating_sub(self.beginning.len()).min(piece.len());
        self.beginning.extend_from_slice(piece.get(..wanted).unwrap_or_default());
        self.look_for_utf8(piece);
        for byte in piece {
            match byte {
                0 if self.length.is_multiple_of(2) => self.zeros.0 += 1,
                0 => self.zeros.1 += 1,
                1..=8 | 14..=31 => self.controls += 1,
                _ => {}
            }
            self.length += 1;
            // One behind, because its neighbour on the right counts as well.
            self.weigh(*byte);
        }
    }

    fn look_for_utf8(&mut self, piece: &[u8]) {
        let Some(mut bytes) = self.unfinished.take() else { return };
        bytes.extend_from_slice(piece);
        self.unfinished = match std::str::from_utf8(&bytes) {
            Ok(_) => Some(Vec::new()),
            Err(error) if error.error_len().is_none() => bytes.get(error.valid_up_to()..).map(<[u8]>::to_vec),
            Err(_) => None,
        };
    }

    fn weigh(&mut self, next: u8) {
        let [before, byte] = self.last;
        if byte >= 0x80 {
            self.windows += likelihood(before, decoded(WINDOWS_1252, byte), next);
            self.mac += likelihood(before, decoded(MACINTOSH, byte), next);
        }
        self.last = [byte, next];
    }

    /// Whether a packed file begins as those of spreadsheets do.
    fn is_of_office(&self) -> bool {
        ["[Content_Types]", "xl/", "oasis.opendocument.spreadsheet", "Index/"]
            .into_iter()
            .any(|name| self.beginning.windows(name.len()).any(|bytes| bytes == name.as_bytes()))
    }

    /// In which characters the file is written.
    ///
    /// # Errors
    /// Why it is no text.
    pub fn verdict(mut self) -> Result<Characters, Unreadable> {
        self.weigh(b'\n');
        match self.beginning.as_slice() {
            [] => return Err(Unreadable::Empty),
            [0xD0, 0xCF, 0x11, 0xE0, ..] => return Err(Unreadable::Workbook),
            // Workbooks are packed.
            [b'P', b'K', 3, 4, ..] => return Err(if self.is_of_office() { Unreadable::Workbook } else { Unreadable::Packed }),
            [b'%', b'P', b'D', b'F', ..] => return Err(Unreadable::Pdf),
            [0xFF, 0xFE, ..] => return Ok(Characters::Utf16LittleEnd),
            [0xFE, 0xFF, ..] => return Ok(Characters::Utf16BigEnd),
            _ => {}
        }
        let (even, odd) = self.zeros;
        // Without a mark, UTF-16 is known by every other byte of its plain letters.
        match (even, odd) {
            (0, 0) => {}
            (even, odd) if odd > self.length / 4 && even < odd / 8 => return Ok(Characters::Utf16LittleEnd),
            (even, odd) if even > self.length / 4 && odd < even / 8 => return Ok(Characters::Utf16BigEnd),
            _ => return Err(Unreadable::Binary),
        }
        if self.controls > self.length / 100 {
            return Err(Unreadable::Binary);
        }
        if self.unfinished.is_some_and(|rest| rest.is_empty()) {
            return Ok(Characters::Utf8);
        }
        Ok(if self.mac > self.windows { Characters::MacRoman } else { Characters::Windows1252 })
    }
}

fn decoded(encoding: &'static Encoding, byte: u8) -> char {
    encoding.decode_without_bom_handling(&[byte]).0.chars().next().unwrap_or('\u{fffd}')
}

/// How well a character stands between its neighbours: letters beside letters, signs beside blanks and digits. A large letter in the middle of
/// a word is most likely another one, read wrongly.
fn likelihood(before: u8, character: char, next: u8) -> i64 {
    const COMMON: &str = "éèêëàâäáãåæçîïíìñôöóòõøœùûüúýÿß";
    const SIGNS: &str = "€£–—‘“”„«»…°½¼¾×®©™•§²³\u{a0}";
    let is_letter = |byte: u8| byte.is_ascii_alphabetic() || byte >= 0x80;
    let in_a_word = is_letter(before) || is_letter(next);
    match character {
        '’' if in_a_word => 2,
        _ if COMMON.contains(character) => {
            if in_a_word {
                4
            } else {
                1
            }
        }
        _ if SIGNS.contains(character) => {
            if in_a_word {
                0
            } else {
                3
            }
        }
        'š' | 'ž' | 'Š' | 'Ž' => i64::from(in_a_word),
        _ if character.is_uppercase() => match (before.is_ascii_lowercase(), in_a_word) {
            (true, _) => -2,
            (false, true) => 2,
            (false, false) => 0,
        },
        _ if character.is_lowercase() => i64::from(in_a_word),
        _ => -3,
    }
}

/// Reads a file from its beginning, piece by piece, as text whose lines all end in the same way.
pub struct Reading {
    decoder: Decoder,
    ends_with_return: bool,
}

impl Reading {
    pub fn new(characters: Characters) -> Self {
        // The mark in front goes, and says nothing else: what the characters are is known.
        Self { decoder: characters.encoding().new_decoder_with_bom_removal(), ends_with_return: false }
    }

    /// The text of the next piece.
    pub fn text(&mut self, piece: &[u8], is_last: bool) -> String {
        let mut text = String::new();
        let room = self.decoder.max_utf8_buffer_length(piece.len()).unwrap_or(piece.len() * 3 + 16);
        text.reserve(room);
        let _ = self.decoder.decode_to_string(piece, &mut text, is_last);
        self.with_one_kind_of_end(&text)
    }

    /// Windows ends a line with two characters, a Mac of long ago with the first of them alone.
    fn with_one_kind_of_end(&mut self, text: &str) -> String {
        let text = if self.ends_with_return { text.strip_prefix('\n').unwrap_or(text) } else { text };
        if !text.is_empty() {
            self.ends_with_return = text.ends_with('\r');
        }
        text.replace("\r\n", "\n").replace('\r', "\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sniffed(bytes: &[u8]) -> Result<Characters, Unreadable> {
        // In pieces of which no two begin alike.
        let mut sniffer = Sniffer::default();
        bytes.chunks(7).for_each(|piece| sniffer.take(piece));
        sniffer.verdict()
    }

    fn read(bytes: &[u8]) -> String {
        let mut reading = Reading::new(sniffed(bytes).unwrap());
        let mut text: String = bytes.chunks(3).map(|piece| reading.text(piece, false)).collect();
        text.push_str(&reading.text(&[], true));
        text
    }

    fn in_mac(text: &str) -> Vec<u8> {
        MACINTOSH.encode(text).0.into_owned()
    }

    fn in_windows(text: &str) -> Vec<u8> {
        WINDOWS_1252.encode(text).0.into_owned()
    }

    const LISTS: [&str; 6] = [
        "sku;name;preis\nK-1;Käse für Gäste, groß;12,50 €\nÖ-2;Öl, kaltgepresst;3,00 €\n",
        "sku;désignation;prix\nC-1;Comté affiné à l’ancienne;12,50 €\nE-1;Époisses de garçon, mûre;9,00 €\n",
        "sku,name,price\nT-1,Tea “Ceylon” – best,£2.50\nT-2,Crème brûlée,£1.00\n",
        "sku,name\n1,Smørrebrød på færge\n2,Señor Muñoz\n",
        "sku,name,price\n1,Tea,£2.50\n",
        "sku;preis\n1;2,50 €\n2;4,00 €\n",
    ];

    #[test]
    fn the_characters_are_found_out_and_read_again() {
        for list in LISTS {
            let utf16 = |of: fn(u16) -> [u8; 2], mark: bool| {
                let marked = if mark { format!("\u{feff}{list}") } else { list.to_owned() };
                marked.encode_utf16().flat_map(of).collect::<Vec<u8>>()
            };
            for (bytes, expected) in [
                (list.as_bytes().to_vec(), Characters::Utf8),
                (format!("\u{feff}{list}").into_bytes(), Characters::Utf8),
                (utf16(u16::to_le_bytes, true), Characters::Utf16LittleEnd),
                (utf16(u16::to_be_bytes, true), Characters::Utf16BigEnd),
                (utf16(u16::to_le_bytes, false), Characters::Utf16LittleEnd),
                (utf16(u16::to_be_bytes, false), Characters::Utf16BigEnd),
                (in_windows(list), Characters::Windows1252),
            ] {
                assert_eq!((sniffed(&bytes), read(&bytes).as_str()), (Ok(expected), list), "{expected:?}");
            }
            assert_eq!(read(&in_mac(list)), list, "from a Mac");
        }
    }

    #[test]
    fn lines_end_in_one_way() {
        for ends in ["\n", "\r\n", "\r"] {
            let list = ["a,b", "1,é", "2,\"x", "y\"", ""].join(ends);
            assert_eq!(read(list.as_bytes()), "a,b\n1,é\n2,\"x\ny\"\n", "{ends:?}");
        }
    }

    #[test]
    fn what_is_no_text_says_what_it_is() {
        for (bytes, why) in [
            (b"".to_vec(), Unreadable::Empty),
            (b"PK\x03\x04\x14\x00\x06\x00\x08\x00\x00\x00!\x00[Content_Types].xml".to_vec(), Unreadable::Workbook),
            (b"PK\x03\x04\x14\x00\x00\x00\x08\x00products.csv".to_vec(), Unreadable::Packed),
            (b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1".to_vec(), Unreadable::Workbook),
            (b"%PDF-1.7\n%\xE2\xE3".to_vec(), Unreadable::Pdf),
            (b"\x89PNG\r\n\x1A\n\0\0\0\rIHDR\0\0".to_vec(), Unreadable::Binary),
            (b"a\x01\x02\x03\x04b".to_vec(), Unreadable::Binary),
        ] {
            assert_eq!(sniffed(&bytes), Err(why), "{bytes:?}");
        }
    }
}
