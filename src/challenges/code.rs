//! One-time codes. A code is never stored: it is derived from the server's key and the id of the challenge
//! that it answers, when it is sent and when it is compared. A copy of the database tells no code.

use std::fmt;

use subtle::ConstantTimeEq;

use crate::config::Keys;
use crate::error::{Error, Result};
use crate::ids::ChallengeId;

const DIGITS: usize = 6;
/// With blanks and dashes between.
pub const LONGEST_CODE: usize = 32;

/// Six digits. Shows them only when asked to [`reveal`](Self::reveal).
#[derive(Clone)]
pub struct Code([u8; DIGITS]);

impl Code {
    /// The code of a challenge, under the key version it was made with.
    pub fn derive(keys: &Keys, version: i16, challenge: ChallengeId) -> Result<Self> {
        let digest = keys.derive(version, &[b"one-time code", challenge.uuid().as_bytes()])?;
        // Eight bytes against a million: no digit is likelier than another by more than one in 10^13.
        let mut number = u64::from_be_bytes(digest[..8].try_into().map_err(|_| Error::Internal(anyhow::anyhow!("a short digest")))?);
        let mut digits = [b'0'; DIGITS];
        for digit in digits.iter_mut().rev() {
            *digit = b'0' + u8::try_from(number % 10).unwrap_or_default();
            number /= 10;
        }
        Ok(Self(digits))
    }

    /// What a person typed: six digits, of any script a phone's keyboard may give, with blanks or dashes between.
    pub fn parse(typed: &str) -> Result<Self> {
        let wrong = || Error::invalid("code", "The code has six digits, as in the message we sent.");
        let mut digits = Vec::with_capacity(DIGITS);
        for character in typed.chars().take(LONGEST_CODE) {
            if character.is_whitespace() || matches!(character, '-' | '\u{200b}') {
                continue;
            }
            digits.push(crate::values::digit(character).ok_or_else(wrong)? + b'0');
        }
        digits.try_into().map(Self).map_err(|_| wrong())
    }

    /// The same of a field with another name.
    pub fn parse_field(typed: &str, field: &'static str) -> Result<Self> {
        Self::parse(typed).map_err(|error| Error::invalid(field, error.fields().of("code")))
    }

    /// Compares without telling by the time it takes where they differ.
    pub fn is(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }

    /// For the text of the message, and nothing else.
    pub fn reveal(&self) -> String {
        self.0.iter().map(|digit| char::from(*digit)).collect()
    }
}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Code(••••••)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys() -> Keys {
        let codes = [("1".to_owned(), "0123456789abcdef0123456789abcdef".into())].into();
        Keys { current_version: 1, codes, counters: String::new().into() }
    }

    #[test]
    fn a_challenge_has_one_code_and_another_has_another() {
        let (one, two) = (ChallengeId::new(), ChallengeId::new());
        let code = |id| Code::derive(&keys(), 1, id).expect("a code").reveal();
        assert_eq!(code(one), code(one));
        assert_ne!((code(one), code(two)), (code(two), code(one)));
        assert!(Code::derive(&keys(), 2, one).is_err());
    }

    #[test]
    fn every_digit_is_as_likely_as_the_next() {
        const CODES: u32 = 10_000;
        let mut seen = [[0u32; 10]; DIGITS];
        for _ in 0..CODES {
            for (place, digit) in Code::derive(&keys(), 1, ChallengeId::new()).expect("a code").0.iter().enumerate() {
                seen[place][usize::from(digit - b'0')] += 1;
            }
        }
        for place in seen {
            let expected = f64::from(CODES) / 10.0;
            let chi_square: f64 = place.iter().map(|count| (f64::from(*count) - expected).powi(2) / expected).sum();
            // Nine degrees of freedom: over 40 happens by chance less than once in 100,000 times.
            assert!(chi_square < 40.0, "{place:?}");
        }
    }

    #[test]
    fn codes_are_read_as_people_type_them() {
        for typed in ["123456", " 123 456 ", "123-456", "１２３４５６", "١٢٣٤٥٦"] {
            assert_eq!(Code::parse(typed).expect(typed).reveal(), "123456");
        }
        for typed in ["", "12345", "1234567", "12345a", "abcdef", "½23456"] {
            assert!(Code::parse(typed).is_err(), "{typed:?}");
        }
    }
}
