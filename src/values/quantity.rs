//! How many of a product.

use std::fmt;

/// At least one, and fewer than a million.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Quantity(u32);

/// Why a text is no quantity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum QuantityError {
    #[error("A quantity is a whole number, such as 12.")]
    Shape,
    #[error("A quantity is 1 to 999,999.")]
    Range,
}

impl Quantity {
    pub const ONE: Self = Self(1);
    pub const MOST: u32 = 999_999;

    /// So many.
    pub fn new(number: u32) -> Result<Self, QuantityError> {
        if (1..=Self::MOST).contains(&number) { Ok(Self(number)) } else { Err(QuantityError::Range) }
    }

    /// Reads digits, in whichever script a phone's keyboard writes them.
    pub fn parse(typed: &str) -> Result<Self, QuantityError> {
        match Self::parse_or_none(typed)? {
            Some(quantity) => Ok(quantity),
            None => Err(QuantityError::Range),
        }
    }

    /// The same where nothing, or zero, means that it is not wanted.
    pub fn parse_or_none(typed: &str) -> Result<Option<Self>, QuantityError> {
        let mut number = 0_u32;
        for character in typed.trim().chars() {
            let digit = super::digit(character).ok_or(QuantityError::Shape)?;
            // More digits than fit are no other kind of mistake than one too many.
            number = number.saturating_mul(10).saturating_add(u32::from(digit));
        }
        if number == 0 { Ok(None) } else { Self::new(number).map(Some) }
    }

    /// The number.
    pub fn get(self) -> u32 {
        self.0
    }

    /// As the database keeps it.
    pub fn as_i32(self) -> i32 {
        i32::try_from(self.0).unwrap_or(i32::MAX)
    }
}

/// From the database, where nothing else can be.
impl TryFrom<i32> for Quantity {
    type Error = QuantityError;

    fn try_from(number: i32) -> Result<Self, QuantityError> {
        u32::try_from(number).map_err(|_| QuantityError::Range).and_then(Self::new)
    }
}

impl fmt::Display for Quantity {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_numbers_from_one_to_a_million_are_quantities() {
        for (typed, number) in [("1", 1), (" 12 ", 12), ("007", 7), ("999999", 999_999), ("１２", 12), ("٣", 3)] {
            assert_eq!(Quantity::parse(typed).map(Quantity::get), Ok(number), "{typed}");
        }
        for typed in ["1.5", "-1", "+1", "1 2", "a", "1e3", "½", "0x1"] {
            assert_eq!(Quantity::parse(typed), Err(QuantityError::Shape), "{typed}");
        }
        for typed in ["", "0", "000", "1000000", "4294967296", "99999999999999999999"] {
            assert_eq!(Quantity::parse(typed), Err(QuantityError::Range), "{typed}");
        }
        assert_eq!((Quantity::parse_or_none(""), Quantity::parse_or_none("0")), (Ok(None), Ok(None)));
        assert_eq!((Quantity::try_from(-1), Quantity::try_from(0)), (Err(QuantityError::Range), Err(QuantityError::Range)));
        assert_eq!(Quantity::try_from(5).map(Quantity::as_i32), Ok(5));
    }
}
