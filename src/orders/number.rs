//! The number of an order, such as `UJ-7K3-94Q`: two letters of the wholesaler's name and six by chance, none of which is
//! mistaken for another when it is read out. Nothing in it tells how many orders there are.

use std::fmt;

use deunicode::deunicode;
use rand::{Rng, RngExt};

/// Without 0, O, 1, I, L and U.
const ALPHABET: &[u8; 30] = b"23456789ABCDEFGHJKMNPQRSTVWXYZ";

/// The number of an order at one wholesaler.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderNumber(String);

impl OrderNumber {
    /// A new one, for whoever tries whether it is free.
    pub fn random(business_name: &str, random: &mut impl Rng) -> Self {
        let mut three = || -> String {
            (0..3).filter_map(|_| ALPHABET.get(random.random_range(0..ALPHABET.len()))).map(|letter| char::from(*letter)).collect()
        };
        Self(format!("{}-{}-{}", letters_of(business_name), three(), three()))
    }

    /// Reads it as people type it: small letters and missing hyphens are forgiven. None is the number of nothing.
    pub fn parse(typed: &str) -> Option<Self> {
        let plain: Vec<char> = typed.trim().chars().filter(|c| *c != '-').map(|c| c.to_ascii_uppercase()).collect();
        let (letters, chance) = plain.split_at_checked(2)?;
        let is_chance = |c: &char| u8::try_from(*c).is_ok_and(|c| ALPHABET.contains(&c));
        let fits = letters.iter().all(char::is_ascii_alphanumeric) && chance.len() == 6 && chance.iter().all(is_chance);
        let (first, second) = chance.split_at_checked(3).filter(|_| fits)?;
        let text = |part: &[char]| part.iter().collect::<String>();
        Some(Self(format!("{}-{}-{}", text(letters), text(first), text(second))))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for OrderNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The first letters of the first two words, or the first two of the only one; X where there is none.
fn letters_of(business_name: &str) -> String {
    let plain = deunicode(business_name).to_ascii_uppercase();
    let words: Vec<&str> = plain.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let letters: String = match words.as_slice() {
        [only] => only.chars().take(2).collect(),
        several => several.iter().filter_map(|word| word.chars().next()).take(2).collect(),
    };
    format!("{letters:X<2}")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rand::SeedableRng;
    use rand::rngs::StdRng;

    use super::*;

    #[test]
    fn the_letters_are_of_the_name() {
        for (name, letters) in [
            ("Union Jack Gifts", "UJ"),
            ("Spice Route", "SR"),
            ("Fromagerie", "FR"),
            ("Éclair & Œuf", "EO"),
            ("北京 茶", "BJ"),
            ("É", "EX"),
            ("4 Seasons", "4S"),
            ("…", "XX"),
            ("", "XX"),
        ] {
            assert_eq!(letters_of(name), letters, "{name}");
        }
    }

    #[test]
    fn what_is_typed_is_read() {
        for typed in ["UJ-7K3-94Q", "uj-7k3-94q", " UJ7K394Q ", "uj7k3-94q"] {
            assert_eq!(OrderNumber::parse(typed).expect(typed).as_str(), "UJ-7K3-94Q");
        }
        for typed in
            ["", "UJ", "UJ-7K3-94", "UJ-7K3-94QQ", "UJ-7K3-94O", "UJ-7K1-94Q", "UJ 7K3 94Q", "ÉJ-7K3-94Q", "UJ-7K3-94É", "../../etc"]
        {
            assert_eq!(OrderNumber::parse(typed), None, "{typed}");
        }
    }

    proptest! {
        #[test]
        fn every_number_is_of_the_one_form(name in ".*", seed in any::<u64>()) {
            let number = OrderNumber::random(&name, &mut StdRng::seed_from_u64(seed));
            let text = number.as_str();
            prop_assert!(text.len() == 10 && text.bytes().enumerate().all(|(at, byte)| match at {
                2 | 6 => byte == b'-',
                0 | 1 => byte.is_ascii_uppercase() || byte.is_ascii_digit(),
                _ => ALPHABET.contains(&byte),
            }), "{text}");
            prop_assert_eq!(OrderNumber::parse(&text.to_ascii_lowercase()), Some(number.clone()));
        }
    }
}
