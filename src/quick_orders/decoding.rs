//! The text of a file, whichever program wrote it: UTF-8 and UTF-16 with or without their mark, or the letters of Windows.

/// Reads it. What is none of them is read as Windows-1252, in which every byte is something.
pub fn decode(bytes: &[u8]) -> String {
    match bytes {
        [0xef, 0xbb, 0xbf, rest @ ..] => String::from_utf8_lossy(rest).into_owned(),
        [0xff, 0xfe, rest @ ..] => utf_16(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => utf_16(rest, u16::from_be_bytes),
        // Every other byte of plain text is nothing in UTF-16, and none is in anything else.
        [_, 0, ..] => utf_16(bytes, u16::from_le_bytes),
        [0, _, ..] => utf_16(bytes, u16::from_be_bytes),
        _ => std::str::from_utf8(bytes).map_or_else(|_| bytes.iter().map(|byte| windows(*byte)).collect(), str::to_owned),
    }
}

fn utf_16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> String {
    let units = bytes.chunks_exact(2).filter_map(|pair| Some(unit(pair.try_into().ok()?)));
    char::decode_utf16(units).map(|letter| letter.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
}

/// A byte of Windows-1252.
fn windows(byte: u8) -> char {
    const OTHERS: [char; 32] = [
        '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}', '\u{90}', '‘', '’', '“', '”', '•',
        '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
    ];
    byte.checked_sub(0x80).and_then(|at| OTHERS.get(usize::from(at))).copied().unwrap_or_else(|| char::from(byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_list_is_read_from_whatever_wrote_it() {
        let text = "SKU;Menge\r\nCAFÉ-1;12\r\n€-2;3";
        let little: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let big: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
        let windows = b"SKU;Menge\r\nCAF\xc9-1;12\r\n\x80-2;3".to_vec();
        for (name, bytes) in [
            ("UTF-8", text.as_bytes().to_vec()),
            ("UTF-8 with its mark", [b"\xef\xbb\xbf", text.as_bytes()].concat()),
            ("UTF-16 of Excel", [b"\xff\xfe".to_vec(), little.clone()].concat()),
            ("UTF-16 the other way round", [b"\xfe\xff".to_vec(), big.clone()].concat()),
            ("UTF-16 without its mark", little),
            ("the other without its mark", big),
            ("Windows", windows),
        ] {
            assert_eq!(decode(&bytes), text, "{name}");
        }
        assert_eq!(decode(b""), "");
        assert_eq!(decode(b"\xff\xfeA"), "", "half a letter is none");
    }
}
