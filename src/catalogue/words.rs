//! The words by which goods are found: those a product is kept under, those that are looked for, and what somebody may have
//! meant who mistyped one. Pure: what is done with them stands in `search.rs`.

use std::collections::BTreeSet;
use std::ops::Range;

use deunicode::deunicode;
use strsim::osa_distance;

/// No product is kept under more words,
const MOST_WORDS: usize = 40;
/// and none of more letters; they are plain ASCII.
const LONGEST_WORD: usize = 40;
/// So many words are looked for at once; the others are left out.
const MOST_SLOTS: usize = 8;
/// From here on it is the beginning of a word as well: shorter ones begin too many.
const SHORTEST_BEGINNING: usize = 3;
/// From here on digits in a row are a barcode, however many zeros stand in front of it: an EAN-13 is a GTIN-14 with one.
const SHORTEST_BARCODE: usize = 8;
/// The most words that somebody may have meant.
const MOST_CORRECTIONS: usize = 8;
/// What stands behind a number without being a word: `400 g` and `400g` are the same.
const UNITS: [&str; 14] = ["g", "kg", "mg", "l", "ml", "cl", "m", "cm", "mm", "oz", "lb", "pt", "pk", "pcs"];

/// The words a product is kept under: of its SKU and its barcode first, because there is room for so many and no more.
pub fn words_of(sku: &str, name: &str, keywords: &str, barcode: &str) -> BTreeSet<String> {
    let mut words = Words::default();
    let sku = tokens(sku);
    words.add(&sku.concat());
    for token in &sku {
        words.add(token);
    }
    words.add(&tokens(barcode).concat());
    for text in [name, keywords] {
        for chunk in plain(text).split_whitespace() {
            let parts: Vec<&str> = parts(chunk).collect();
            words.add(&parts.concat());
            for part in parts {
                words.add(part);
            }
        }
        let tokens = tokens(text);
        for pair in tokens.windows(2) {
            if let [number, unit] = pair
                && is_number(number)
                && UNITS.contains(&unit.as_str())
            {
                words.add(&format!("{number}{unit}"));
            }
        }
    }
    words.0
}

#[derive(Default)]
struct Words(BTreeSet<String>);

impl Words {
    fn add(&mut self, word: &str) {
        self.keep(word);
        for other in [singular(word), barcode(word)].into_iter().flatten() {
            self.keep(&other);
        }
        if let Some((number, unit)) = split_unit(word) {
            self.keep(number);
            self.keep(unit);
        }
    }

    fn keep(&mut self, word: &str) {
        if !word.is_empty() && word.len() <= LONGEST_WORD && self.0.len() < MOST_WORDS {
            self.0.insert(word.to_owned());
        }
    }
}

/// One of the words that are looked for. A product has it when one of its own words is within one of these.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slot {
    /// As it was typed, in plain letters.
    pub word: String,
    pub alternatives: Vec<Alternative>,
}

/// Words from `low` on and before `high`; the lower the rank, the closer to what was typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alternative {
    pub low: String,
    pub high: String,
    pub rank: i32,
}

const SAME: i32 = 0;
const SINGULAR: i32 = 1;
const BEGINNING: i32 = 2;
/// Mistyped by one letter; by two it is twice as far.
const MISTYPED: i32 = 4;

impl Alternative {
    fn word(word: &str, rank: i32) -> Self {
        Self { low: word.to_owned(), high: format!("{word}\u{1}"), rank }
    }

    fn beginning(word: &str) -> Self {
        Self { low: word.to_owned(), high: format!("{word}\u{10ffff}"), rank: BEGINNING }
    }
}

impl Slot {
    fn of(word: &str) -> Self {
        let mut slot = Self { word: word.to_owned(), alternatives: vec![Alternative::word(word, SAME)] };
        for (other, rank) in [(singular(word), SINGULAR), (barcode(word), SAME)] {
            if let Some(other) = other {
                slot.may_be(Alternative::word(&other, rank));
            }
        }
        slot
    }

    fn may_be(&mut self, alternative: Alternative) {
        if alternative.low.len() <= LONGEST_WORD && !self.alternatives.contains(&alternative) {
            self.alternatives.push(alternative);
        }
    }

    /// The same word, or what else was meant by it.
    pub fn corrected(mut self, corrections: &[Correction]) -> Self {
        for Correction { word, letters } in corrections {
            self.may_be(Alternative::word(word, MISTYPED * i32::from(*letters)));
        }
        self
    }
}

/// What is looked for: a product is found when it has each of these words, in whatever order.
pub fn asked(typed: &str) -> Vec<Slot> {
    let (mut words, mut together): (Vec<String>, Vec<Range<usize>>) = (Vec::new(), Vec::new());
    for chunk in plain(typed).split_whitespace() {
        let begin = words.len();
        words.extend(parts(chunk).map(str::to_owned));
        if words.len() > begin + 1 {
            together.push(begin..words.len());
        }
    }
    words.truncate(MOST_SLOTS);
    // Barcodes are printed with blanks, and whoever copies an SKU may set one where the wholesaler has none.
    if words.len() > 1 && words.iter().all(|word| is_number(word)) {
        together.push(0..words.len());
    }
    together.extend((1..words.len()).map(|at| at - 1..at + 1));
    let last = words.len().saturating_sub(1);
    let mut slots: Vec<Slot> = words.iter().map(|word| Slot::of(word)).collect();
    for span in together {
        let Some(joined) = words.get(span.clone()).map(<[String]>::concat) else { continue };
        for slot in slots.get_mut(span).unwrap_or_default() {
            for alternative in Slot::of(&joined).alternatives {
                slot.may_be(alternative);
            }
        }
    }
    for (at, slot) in slots.iter_mut().enumerate() {
        if at == last || slot.word.len() >= SHORTEST_BEGINNING {
            let beginning = Alternative::beginning(&slot.word);
            slot.may_be(beginning);
        }
    }
    slots
}

/// A word that somebody may have meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Correction {
    pub word: String,
    /// How many letters are otherwise, missing, too many, or in each other's place.
    pub letters: u8,
}

/// What may have been meant by a word, nearest first. Never a word with digits in it: an SKU that differs by one is another product.
pub fn corrections<'a>(word: &str, vocabulary: impl IntoIterator<Item = &'a str>) -> Vec<Correction> {
    let most: u8 = match word.len() {
        0..4 => return Vec::new(),
        4..8 => 1,
        _ => 2,
    };
    let (of_word, mut found) = (letters(word), Vec::new());
    for known in vocabulary {
        // A letter that is another one makes two of a difference here. Nearly all words are told apart by this alone, and a
        // large catalogue has more than a hundred thousand of them.
        let differ = (letters(known) ^ of_word).count_ones();
        if known.len().abs_diff(word.len()) > usize::from(most) || differ > 2 * u32::from(most) || has_digit(known) {
            continue;
        }
        if let Some(letters) = u8::try_from(osa_distance(word, known)).ok().filter(|letters| (1..=most).contains(letters)) {
            found.push(Correction { word: known.to_owned(), letters });
        }
    }
    // Of equals the one that begins alike: the first letter is seldom the wrong one.
    let first = |word: &str| word.bytes().next();
    found.sort_by_key(|found: &Correction| (found.letters, first(&found.word) != first(word), found.word.clone()));
    found.truncate(MOST_CORRECTIONS);
    found
}

/// Which letters are in a word, one bit each.
fn letters(word: &str) -> u32 {
    word.bytes().filter(u8::is_ascii_lowercase).fold(0, |letters, letter| letters | 1 << (letter - b'a'))
}

/// Small letters and digits of ASCII, with whatever else there was between them.
fn plain(text: &str) -> String {
    deunicode(text).to_ascii_lowercase()
}

fn parts(chunk: &str) -> impl Iterator<Item = &str> {
    chunk.split(|c: char| !c.is_ascii_alphanumeric()).filter(|part| !part.is_empty())
}

fn tokens(text: &str) -> Vec<String> {
    parts(&plain(text)).map(str::to_owned).collect()
}

/// Of one thing, where the word is of several.
fn singular(word: &str) -> Option<String> {
    if word.len() < 4 || has_digit(word) || word.ends_with("ss") {
        return None;
    }
    if let Some(stem) = word.strip_suffix("ies") {
        return Some(format!("{stem}y"));
    }
    let of_es = word.strip_suffix("es").filter(|stem| ["s", "x", "sh", "ch"].iter().any(|end| stem.ends_with(end)));
    of_es.or_else(|| word.strip_suffix('s')).map(str::to_owned)
}

/// A barcode without the zeros in front of it.
fn barcode(word: &str) -> Option<String> {
    let digits = word.trim_start_matches('0');
    (word.len() >= SHORTEST_BARCODE && is_number(word) && digits.len() < word.len()).then(|| digits.to_owned())
}

fn split_unit(word: &str) -> Option<(&str, &str)> {
    let at = word.find(|c: char| !c.is_ascii_digit()).filter(|at| *at > 0)?;
    let (number, unit) = word.split_at_checked(at)?;
    UNITS.contains(&unit).then_some((number, unit))
}

fn is_number(word: &str) -> bool {
    !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_digit())
}

fn has_digit(word: &str) -> bool {
    word.bytes().any(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests;
