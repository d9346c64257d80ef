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
    let many = (0..300).map(|number| format!("word{number}x ")).collect::<Vec<_>>().concat();
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
