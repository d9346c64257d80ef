//! What a wholesaler calls one of its products in lists, on labels and at the telephone.

use std::fmt;

use super::text;

/// One to forty printable characters with single blanks between them, written as the wholesaler writes them.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Sku(String);

/// Why a text is no SKU.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SkuError {
    #[error("Please write a SKU.")]
    Empty,
    #[error("A SKU has at most 40 characters.")]
    TooLong,
    #[error("There are characters in this SKU that cannot be shown. Please type it anew.")]
    Unprintable,
}

impl Sku {
    pub const LONGEST: usize = 40;

    /// Reads one.
    pub fn parse(typed: &str) -> Result<Self, SkuError> {
        text::line(typed, Self::LONGEST).map(Self).map_err(|wrong| match wrong {
            text::TextError::Empty => SkuError::Empty,
            text::TextError::TooLong(_) => SkuError::TooLong,
            text::TextError::Unprintable => SkuError::Unprintable,
        })
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// As it is compared: whoever types one need not think of capitals.
    pub fn key(&self) -> String {
        self.0.to_uppercase()
    }
}

impl fmt::Display for Sku {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn skus_are_kept_as_written_and_compared_in_capitals() {
        for (typed, kept, key) in [
            ("tea-1", "tea-1", "TEA-1"),
            ("  85123A ", "85123A", "85123A"),
            ("a \u{a0} b", "a b", "A B"),
            ("½/12 «é»", "½/12 «é»", "½/12 «É»"),
        ] {
            let sku = Sku::parse(typed).unwrap();
            assert_eq!((sku.as_str(), sku.key().as_str()), (kept, key));
        }
        assert_eq!(Sku::parse(" \t"), Err(SkuError::Empty));
        assert_eq!(Sku::parse(&"é".repeat(40)).map(|sku| sku.as_str().chars().count()), Ok(40));
        assert_eq!(Sku::parse(&"x".repeat(41)), Err(SkuError::TooLong));
        assert_eq!((Sku::parse("a\0b"), Sku::parse("a\u{202e}b")), (Err(SkuError::Unprintable), Err(SkuError::Unprintable)));
    }
}
