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

/// What may have been meant by a word, nearest first. A word with digits in it is no mistyped other one: it is another SKU.
pub fn corrections<'a>(word: &str, vocabulary: impl IntoIterator<Item = &'a str>) -> Vec<Correction> {
    let most: u8 = match word.len() {
        0..4 => return Vec::new(),
        4..8 => 1,
        _ => 2,
    };
    if has_digit(word) {
        return Vec::new();
    }
    let mut found = Vec::new();
    for known in vocabulary {
        if known.len().abs_diff(word.len()) > usize::from(most) || has_digit(known) {
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
mod tests {
    use super::*;

    /// Whether a product with these words would be found, and how near it is.
    fn rank(typed: &str, words: &BTreeSet<String>) -> Option<i32> {
        let within = |slot: &Slot| {
            slot.alternatives.iter().filter(|a| words.iter().any(|word| **word >= *a.low && **word < *a.high)).map(|a| a.rank).min()
        };
        let slots = asked(typed);
        if slots.is_empty() { None } else { slots.iter().map(within).sum() }
    }

    fn holder() -> BTreeSet<String> {
        words_of("85123A", "White hanging heart T-light holder", "tealight", "5012345678900")
    }

    #[test]
    fn a_product_is_kept_under_the_words_of_its_name_its_sku_its_keywords_and_its_barcode() {
        let words = words_of("SR-TUR-400", "Turmeric, ground (Café)", "haldi; kunyit", "0012345678905");
        let wanted = ["0012345678905", "12345678905", "400", "cafe", "ground", "haldi", "kunyit", "sr", "srtur400", "tur", "turmeric"]
            .map(str::to_owned);
        assert_eq!(words, BTreeSet::from(wanted));
    }

    #[test]
    fn several_are_found_as_one_and_one_as_several() {
        for (many, one) in [("candles", "candle"), ("boxes", "box"), ("dishes", "dish"), ("berries", "berry"), ("glasses", "glass")] {
            assert!(rank(one, &words_of("1", many, "", "")).is_some(), "{one} among {many}");
            assert_eq!(rank(many, &words_of("1", one, "", "")), Some(SINGULAR), "{many}, of which there is {one}");
        }
        assert_eq!(rank("glas", &words_of("1", "big glass bowl", "", "")), Some(BEGINNING), "but a glass is not several of a glas");
    }

    #[test]
    fn words_are_found_in_any_order_and_by_their_beginnings() {
        let words = holder();
        assert_eq!(rank("heart white", &words), Some(0));
        assert_eq!(rank("holder hanging white", &words), Some(0));
        assert_eq!(rank("hang", &words), Some(BEGINNING));
        assert_eq!(rank("heart h", &words), Some(BEGINNING), "the last word may still be in the writing");
        assert_eq!(rank("h heart", &words), None, "another one may not");
        assert_eq!(rank("white red", &words), None, "each word counts");
        assert_eq!(rank("", &words), None);
        assert_eq!(rank(" - ", &words), None);
    }

    #[test]
    fn what_is_written_together_is_found_apart_and_the_other_way_round() {
        let words = holder();
        for typed in ["t-light", "t light", "tlight", "tealight", "tea light", "T-LIGHT holder", "holder t-light", "Tea-Light"] {
            assert!(rank(typed, &words).is_some(), "{typed}");
        }
    }

    #[test]
    fn an_sku_is_found_however_it_is_written() {
        let words = words_of("SR-TUR-400", "Turmeric", "", "");
        for typed in ["SR-TUR-400", "sr-tur-400", "srtur400", "sr tur 400", "SRTUR400", "sr-tur", "srtur", "sr–tur–400", "SR/TUR/400"] {
            assert!(rank(typed, &words).is_some(), "{typed}");
        }
        assert_eq!(rank("sr-tur-400", &words_of("SRTUR400", "Turmeric", "", "")), Some(0), "where the wholesaler writes no hyphens");
        assert_eq!(rank("85123 a", &holder()), Some(0));
        assert_eq!(rank("85124", &holder()), None, "the next SKU is another product");
    }

    #[test]
    fn a_barcode_is_found_with_any_zeros_in_front_and_any_blanks_between() {
        let words = words_of("1", "Turmeric", "", "0012345678905");
        for typed in ["12345678905", "012345678905", "0012345678905", "00012345678905", "0 012345 678905", "0-012345-678905"] {
            assert_eq!(rank(typed, &words), Some(0), "{typed}");
        }
        assert_eq!(rank("12345678906", &words), None);
        assert_eq!(barcode("0012"), None, "a short number with zeros is an SKU");
    }

    #[test]
    fn accents_and_capitals_make_no_difference() {
        let words = words_of("1", "Comté affiné, Crème brûlée, Bœuf, Straße", "", "");
        for typed in ["comte affine", "CREME BRULEE", "crème", "boeuf", "bœuf", "strasse", "COMTÉ"] {
            assert!(rank(typed, &words).is_some(), "{typed}");
        }
    }

    #[test]
    fn a_number_and_its_unit_are_found_with_a_blank_and_without() {
        for name in ["Turmeric 400g", "Turmeric 400 g"] {
            let words = words_of("1", name, "", "");
            for typed in ["turmeric 400g", "turmeric 400 g", "400", "400 g turmeric"] {
                assert!(rank(typed, &words).is_some(), "{typed} in {name}");
            }
        }
    }

    #[test]
    fn endless_texts_have_an_end() {
        let long = "word-upon-word ".repeat(200) + &"x".repeat(300);
        let many: String = (0..300).map(|number| format!("word{number}x ")).collect();
        let words = words_of("SKU-1", &many, &long, &"9".repeat(300));
        assert_eq!(words.len(), MOST_WORDS);
        assert!(words.contains("sku1") && words.iter().all(|word| word.len() <= LONGEST_WORD));
        let slots = asked(&many);
        assert_eq!(slots.len(), MOST_SLOTS);
        assert!(slots.iter().all(|slot| slot.alternatives.iter().all(|a| a.low.len() <= LONGEST_WORD && a.low < a.high)));
        assert_eq!(rank(&"y".repeat(300), &words), None, "what is too long for a word is none");
        assert_eq!(asked("⚠ \u{0} %_'\"").iter().filter(|slot| slot.word.is_empty()).count(), 0);
    }

    const VOCABULARY: [&str; 12] =
        ["bag", "box", "candle", "candy", "canvas", "chocolate", "christmas", "handle", "holder", "lamp", "reindeer", "22726"];

    fn meant(word: &str) -> Vec<String> {
        corrections(word, VOCABULARY).into_iter().map(|found| found.word).collect()
    }

    #[test]
    fn a_mistyped_word_is_understood() {
        assert_eq!(meant("choclate"), ["chocolate"], "one is missing");
        assert_eq!(meant("chocollate"), ["chocolate"], "one too many");
        assert_eq!(meant("chocolaet"), ["chocolate"], "two in each other's place");
        assert_eq!(meant("hocolate"), ["chocolate"], "the first one");
        assert_eq!(meant("chrismas"), ["christmas"]);
        assert_eq!(meant("kristmas"), ["christmas"], "two of eight letters");
        assert_eq!(meant("candel"), ["candle"]);
        assert_eq!(meant("candle"), ["handle"], "what is right stays, and its neighbours are offered behind it");
        assert_eq!(meant("hondle"), ["handle"], "two letters of six are another word");
        assert_eq!(meant("dandle"), ["candle", "handle"]);
        let both: Vec<String> = corrections("tanks", ["banks", "tank"]).into_iter().map(|found| found.word).collect();
        assert_eq!(both, ["tank", "banks"], "of two as near, the one that begins alike first");
    }

    #[test]
    fn short_words_and_numbers_are_meant_as_they_are() {
        assert!(meant("bog").is_empty(), "short words have too many neighbours");
        assert!(meant("22727").is_empty(), "that is another SKU");
        assert!(meant("2272b").is_empty());
        assert!(meant("").is_empty());
    }

    #[test]
    fn what_was_meant_comes_after_what_was_typed() {
        let [slot] = asked("candel").try_into().expect("one word");
        let slot: Slot = slot;
        let corrected = slot.clone().corrected(&corrections("candel", VOCABULARY));
        assert_eq!(corrected.alternatives.len(), slot.alternatives.len() + 1);
        assert_eq!(corrected.alternatives.last(), Some(&Alternative::word("candle", MISTYPED)));
        assert!(slot.alternatives.iter().all(|a| a.rank < MISTYPED));
    }
}
