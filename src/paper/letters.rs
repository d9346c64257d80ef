//! The letters of `WinAnsi` (PDF 32000-1, annex D.2) and how wide they are in Helvetica, in thousandths of the font's size.

use deunicode::deunicode_char;

/// From the blank to the tilde.
const PLAIN: [u16; 95] = [
    278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278, 556, 556, 556, 556, 556, 556, 556, 556, 556, 556, 278,
    278, 584, 584, 584, 556, 1015, 667, 667, 722, 722, 667, 611, 778, 722, 278, 500, 667, 556, 833, 722, 778, 667, 778, 722, 667, 611, 722,
    667, 944, 667, 667, 611, 278, 278, 278, 469, 556, 333, 556, 556, 500, 556, 556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556, 556,
    556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334, 260, 334, 584,
];
const BOLD: [u16; 95] = [
    278, 333, 474, 556, 556, 889, 722, 238, 333, 333, 389, 584, 278, 333, 278, 278, 556, 556, 556, 556, 556, 556, 556, 556, 556, 556, 333,
    333, 584, 584, 584, 611, 975, 722, 722, 722, 722, 667, 611, 778, 722, 278, 556, 722, 611, 833, 722, 778, 667, 778, 722, 667, 611, 722,
    667, 944, 667, 667, 611, 333, 278, 333, 584, 556, 333, 556, 611, 556, 611, 556, 333, 611, 611, 278, 278, 556, 278, 889, 611, 611, 611,
    611, 389, 556, 333, 611, 556, 778, 556, 556, 500, 389, 280, 389, 584,
];

/// The letters between 0x80 and 0x9F.
const OTHERS: [(char, u8); 27] = [
    ('€', 0x80),
    ('‚', 0x82),
    ('ƒ', 0x83),
    ('„', 0x84),
    ('…', 0x85),
    ('†', 0x86),
    ('‡', 0x87),
    ('ˆ', 0x88),
    ('‰', 0x89),
    ('Š', 0x8a),
    ('‹', 0x8b),
    ('Œ', 0x8c),
    ('Ž', 0x8e),
    ('‘', 0x91),
    ('’', 0x92),
    ('“', 0x93),
    ('”', 0x94),
    ('•', 0x95),
    ('–', 0x96),
    ('—', 0x97),
    ('˜', 0x98),
    ('™', 0x99),
    ('š', 0x9a),
    ('›', 0x9b),
    ('œ', 0x9c),
    ('ž', 0x9e),
    ('Ÿ', 0x9f),
];

/// A letter as `WinAnsi` writes it; None when it has none.
fn byte(letter: char) -> Option<u8> {
    match letter {
        ' '..='~' | '\u{a0}'..='ÿ' => u8::try_from(letter).ok(),
        // A narrow blank that no line is broken at, and the minus of amounts.
        '\u{202f}' => Some(0xa0),
        '−' => Some(b'-'),
        other => OTHERS.iter().find(|(known, _)| *known == other).map(|(_, byte)| *byte),
    }
}

/// A text as `WinAnsi` writes it; letters that it has not by the nearest ones, and what is no letter by nothing.
pub fn bytes(text: &str) -> Vec<u8> {
    let mut written = Vec::with_capacity(text.len());
    for letter in text.chars() {
        match byte(letter) {
            Some(byte) => written.push(byte),
            None if letter == '→' => written.extend(b"->"),
            None => written.extend(deunicode_char(letter).unwrap_or_default().chars().filter_map(byte)),
        }
    }
    written
}

/// How wide a text is, in points.
pub fn width(text: &str, is_bold: bool, size: f32) -> f32 {
    let thousandths: u32 = bytes(text).into_iter().map(|byte| u32::from(wide(byte, is_bold))).sum();
    #[expect(clippy::cast_precision_loss, reason = "no text is so wide")]
    let thousandths = thousandths as f32;
    thousandths * size / 1000.0
}

fn wide(byte: u8, is_bold: bool) -> u16 {
    let table = if is_bold { &BOLD } else { &PLAIN };
    let of = |letter: u8| letter.checked_sub(b' ').and_then(|at| table.get(usize::from(at))).copied();
    match byte {
        0xa0 => 278,
        0x85 | 0x89 | 0x97 | 0x99 => 1000,
        // Letters with an accent are as wide as those without; signs as a digit.
        0xc0..=0xff => deunicode_char(char::from(byte)).and_then(|plain| of(*plain.as_bytes().first()?)).unwrap_or(611),
        _ => of(byte).unwrap_or(556),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_letter_is_written_or_comes_near() {
        for (text, written) in [
            ("Tea £1.25", &b"Tea \xa31.25"[..]),
            ("1 250,00\u{a0}€", b"1 250,00\xa0\x80"),
            ("1\u{202f}250", b"1\xa0250"),
            ("Crème brûlée – “best”", b"Cr\xe8me br\xfbl\xe9e \x96 \x93best\x94"),
            ("Łódź", b"L\xf3dz"),
            ("5 → 3", b"5 -> 3"),
            ("−£1", b"-\xa31"),
            ("a\u{0}\nb", b"ab"),
        ] {
            assert_eq!(bytes(text), written, "{text}");
        }
    }

    #[test]
    fn widths_are_those_of_the_font() {
        for (text, is_bold, thousandths) in [
            ("Tea", false, 611.0 + 556.0 + 556.0),
            ("Tea", true, 611.0 + 556.0 + 556.0),
            ("£1", false, 1112.0),
            ("é", false, 556.0),
            ("…", false, 1000.0),
        ] {
            assert!((width(text, is_bold, 1000.0) - thousandths).abs() < 0.01, "{text}: {}", width(text, is_bold, 1000.0));
        }
    }
}
