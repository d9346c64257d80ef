//! How many messages a text costs.

/// How a text travels, and what it costs: gateways charge by the segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Segments {
    pub encoding: Encoding,
    /// Messages that the phone receives and puts together; at least one.
    pub count: usize,
    /// Units of the encoding in the whole text, without the headers that join segments.
    pub units: usize,
}

/// The alphabet a text needs (3GPP TS 23.038).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// Seven bits a unit: 160 units in one segment, 153 in each of several.
    Gsm7,
    /// Sixteen bits a unit: 70 units in one segment, 67 in each of several.
    Ucs2,
}

/// Counts the segments of a text. One character outside the GSM alphabet (ú, a curly quote, a long dash) makes the whole text UCS-2.
pub fn segments(text: &str) -> Segments {
    let gsm: Option<Vec<usize>> = text.chars().map(gsm_units).collect();
    let (encoding, widths, alone, joined) = match gsm {
        Some(widths) => (Encoding::Gsm7, widths, 160, 153),
        None => (Encoding::Ucs2, text.chars().map(char::len_utf16).collect(), 70, 67),
    };
    let units = widths.iter().sum();
    let count = if units <= alone { 1 } else { pack(&widths, joined) };
    Segments { encoding, count, units }
}

/// Segments of `capacity` units that hold these characters in order. No character is cut in two, so a segment may stay one unit short.
fn pack(widths: &[usize], capacity: usize) -> usize {
    let mut count = 1;
    let mut used = 0;
    for width in widths {
        if used + width > capacity {
            count += 1;
            used = 0;
        }
        used += width;
    }
    count
}

/// The GSM 7 bit default alphabet, without the escape (3GPP TS 23.038 §6.2.1).
const GSM_BASIC: &str = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?\
    ¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";

/// Its extension table, reached by an escape and therefore two units wide (3GPP TS 23.038 §6.2.1.1).
const GSM_EXTENSION: &str = "\u{c}^{}\\[~]|€";

fn gsm_units(character: char) -> Option<usize> {
    if GSM_BASIC.contains(character) {
        Some(1)
    } else if GSM_EXTENSION.contains(character) {
        Some(2)
    } else {
        None
    }
}
