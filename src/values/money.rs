//! Amounts of money: whole pence, cents and their like, never a fraction of one.

use super::currency::{BLANK, Habit, SignPlace};
use super::{Country, Currency, Quantity};

/// An amount, in the currency's smallest unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Money {
    pub minor: i64,
    pub currency: Currency,
}

/// Why there is no such amount.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    #[error("Write an amount in digits, such as 12.50.")]
    Shape,
    #[error("An amount has at most two decimals.")]
    Decimals,
    #[error("An amount is not below zero.")]
    Negative,
    #[error("A price is more than nothing.")]
    Zero,
    #[error("That is more than we can count with.")]
    TooLarge,
    #[error("Amounts of two currencies have no sum.")]
    TwoCurrencies,
}

/// What stands before the decimals when one cannot see it: in `1,234`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DecimalMark {
    Point,
    Comma,
}

impl DecimalMark {
    /// The one that people of a country write.
    pub fn of(country: Country) -> Self {
        if Habit::of(country).decimals == ',' { Self::Comma } else { Self::Point }
    }

    fn character(self) -> char {
        match self {
            Self::Point => '.',
            Self::Comma => ',',
        }
    }
}

impl Money {
    /// The largest amount that anybody types: an order of 999 lines of 999,999 each at this price can still be counted with its
    /// VAT in 64 bits.
    pub const MOST_MINOR: i64 = 999_999_999;

    /// So much.
    pub fn new(minor: i64, currency: Currency) -> Self {
        Self { minor, currency }
    }

    /// Nothing.
    pub fn zero(currency: Currency) -> Self {
        Self::new(0, currency)
    }

    /// Reads an amount as people write it, with or without the currency's sign: `12.50`, `£1,250`, `1.234,56 €`. Of a mark that
    /// could be either, such as in `1,234`, it is taken for the one before the decimals when it is this one.
    pub fn parse(typed: &str, currency: Currency, mark: DecimalMark) -> Result<Self, MoneyError> {
        let number = number_of(typed, currency);
        if number.starts_with(['-', '−', '(']) {
            return Err(MoneyError::Negative);
        }
        let (whole, decimals) = split(&number, mark)?;
        let digits = |text: &str| if text.bytes().all(|byte| byte.is_ascii_digit()) { Ok(()) } else { Err(MoneyError::Shape) };
        digits(&whole).and(digits(&decimals))?;
        if whole.is_empty() && decimals.is_empty() {
            return Err(MoneyError::Shape);
        }
        if decimals.len() > 2 {
            return Err(MoneyError::Decimals);
        }
        // Leading zeros are no size.
        let minor = format!("{whole}{decimals:0<2}").parse().unwrap_or(i64::MAX);
        if minor > Self::MOST_MINOR { Err(MoneyError::TooLarge) } else { Ok(Self { minor, currency }) }
    }

    /// The same of a price, which is never nothing.
    pub fn parse_price(typed: &str, currency: Currency, mark: DecimalMark) -> Result<Self, MoneyError> {
        Self::price(Self::parse(typed, currency, mark)?.minor, currency)
    }

    /// A price of so much.
    pub fn price(minor: i64, currency: Currency) -> Result<Self, MoneyError> {
        match minor {
            ..0 => Err(MoneyError::Negative),
            0 => Err(MoneyError::Zero),
            1..=Self::MOST_MINOR => Ok(Self { minor, currency }),
            _ => Err(MoneyError::TooLarge),
        }
    }

    /// The sum of both.
    pub fn checked_add(self, other: Self) -> Result<Self, MoneyError> {
        if self.currency != other.currency {
            return Err(MoneyError::TwoCurrencies);
        }
        let minor = self.minor.checked_add(other.minor).ok_or(MoneyError::TooLarge)?;
        Ok(Self { minor, ..self })
    }

    /// So many times.
    pub fn times(self, quantity: Quantity) -> Result<Self, MoneyError> {
        let minor = self.minor.checked_mul(i64::from(quantity.get())).ok_or(MoneyError::TooLarge)?;
        Ok(Self { minor, ..self })
    }

    /// As it is written in a country: `£1,250.00`, `1 250,00 €`, `CHF 12.50`. Lines are not broken in it.
    pub fn shown_in(self, country: Country) -> String {
        let habit = Habit::of(country);
        let (sign, minus) = (self.currency.sign_in(country), if self.minor < 0 { "−" } else { "" });
        let all = self.minor.unsigned_abs();
        let number = format!("{}{}{:02}", grouped(all / 100, habit.thousands), habit.decimals, all % 100);
        // A code is never glued to its number.
        match habit.sign {
            SignPlace::Behind => format!("{minus}{number}{BLANK}{sign}"),
            SignPlace::Before if sign.chars().count() == 1 => format!("{minus}{sign}{number}"),
            SignPlace::Before | SignPlace::BeforeWithBlank => format!("{minus}{sign}{BLANK}{number}"),
        }
    }

    /// As programs and files write it: `1250.00`.
    pub fn plain(self) -> String {
        let (minus, all) = (if self.minor < 0 { "-" } else { "" }, self.minor.unsigned_abs());
        format!("{minus}{}.{:02}", all / 100, all % 100)
    }
}

/// Without blanks and the currency's sign, on either side.
fn number_of(typed: &str, currency: Currency) -> String {
    let mut number: String = typed.chars().filter(|character| !character.is_whitespace()).collect();
    for sign in currency.signs() {
        let stripped = number.strip_prefix(sign).or_else(|| number.strip_suffix(sign)).map(str::to_owned);
        number = stripped.unwrap_or(number);
    }
    number
}

/// What stands before and behind the mark of the decimals.
fn split(number: &str, mark: DecimalMark) -> Result<(String, String), MoneyError> {
    let marks: Vec<(usize, char)> = number.char_indices().filter(|(_, character)| matches!(character, '.' | ',')).collect();
    let Some((place, last)) = marks.last().copied() else { return Ok((ungrouped(number)?, String::new())) };
    let behind = number.get(place + last.len_utf8()..).unwrap_or_default();
    let is_alone = marks.iter().filter(|(_, character)| *character == last).count() == 1;
    // What comes once and is not followed by three digits, or is the last of two kinds, or is expected there.
    let is_decimal = is_alone && (behind.len() != 3 || marks.len() > 1 || last == mark.character());
    if !is_decimal {
        return Ok((ungrouped(number)?, String::new()));
    }
    let before = number.get(..place).unwrap_or_default();
    if before.contains(last) { Err(MoneyError::Shape) } else { Ok((ungrouped(before)?, behind.to_owned())) }
}

/// The digits of a whole number whose thousands may be set apart.
fn ungrouped(number: &str) -> Result<String, MoneyError> {
    let groups: Vec<&str> = number.split(['.', ',', '’', '\'']).collect();
    let mut marks = number.chars().filter(|character| !character.is_ascii_digit());
    let first_mark = marks.next();
    let is_grouped = marks.all(|mark| Some(mark) == first_mark)
        && groups.first().is_some_and(|first| (1..=3).contains(&first.len()))
        && groups.iter().skip(1).all(|group| group.len() == 3);
    if groups.len() == 1 || is_grouped { Ok(groups.concat()) } else { Err(MoneyError::Shape) }
}

/// So many, as it is written in a country: `1,455`.
pub fn many(count: impl TryInto<u64>, country: Country) -> String {
    grouped(count.try_into().unwrap_or_default(), Habit::of(country).thousands)
}

fn grouped(number: u64, mark: char) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(mark);
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use DecimalMark::{Comma, Point};

    fn currency(code: &str) -> Currency {
        Currency::parse(code).unwrap()
    }

    fn pounds(minor: i64) -> Money {
        Money::new(minor, currency("GBP"))
    }

    fn shown(minor: i64, code: &str, country: &str) -> String {
        Money::new(minor, currency(code)).shown_in(Country::parse(country).unwrap())
    }

    #[test]
    fn amounts_are_written_as_people_of_the_country_write_them() {
        for (minor, code, country, expected) in [
            (125_000, "GBP", "GB", "£1,250.00"),
            (5, "GBP", "GB", "£0.05"),
            (0, "GBP", "GB", "£0.00"),
            (-1_250, "GBP", "GB", "−£12.50"),
            (100_000_000, "USD", "US", "$1,000,000.00"),
            (125_000, "EUR", "FR", "1\u{a0}250,00\u{a0}€"),
            (125_000, "EUR", "DE", "1.250,00\u{a0}€"),
            (125_000, "EUR", "AT", "€\u{a0}1.250,00"),
            (125_000, "EUR", "IE", "€1,250.00"),
            (125_000, "CHF", "CH", "CHF\u{a0}1’250.00"),
            (125_000, "PLN", "PL", "1\u{a0}250,00\u{a0}zł"),
            (1_250, "CHF", "GB", "CHF\u{a0}12.50"),
            (1_250, "GBP", "FR", "12,50\u{a0}GBP"),
            (i64::MIN, "GBP", "GB", "−£92,233,720,368,547,758.08"),
        ] {
            assert_eq!(shown(minor, code, country), expected);
        }
        assert_eq!((pounds(125_005).plain(), pounds(-5).plain()), ("1250.05".to_owned(), "-0.05".to_owned()));
    }

    #[test]
    fn amounts_are_read_as_people_write_them() {
        for (typed, code, mark, minor) in [
            ("12.50", "GBP", Point, 1_250),
            ("12,50", "GBP", Point, 1_250),
            ("12.5", "GBP", Comma, 1_250),
            ("£12.50", "GBP", Point, 1_250),
            (" £ 12.50 ", "GBP", Point, 1_250),
            ("GBP 12.50", "GBP", Point, 1_250),
            ("12", "GBP", Point, 1_200),
            (".5", "GBP", Point, 50),
            ("12.", "GBP", Point, 1_200),
            ("0", "GBP", Point, 0),
            ("007.10", "GBP", Point, 710),
            ("1,234", "GBP", Point, 123_400),
            ("1.234", "EUR", Comma, 123_400),
            ("1,234.56", "GBP", Point, 123_456),
            ("1.234,56 €", "EUR", Comma, 123_456),
            ("1.234,56", "EUR", Point, 123_456),
            ("1\u{202f}234,56\u{a0}€", "EUR", Comma, 123_456),
            ("1’234.50", "CHF", Point, 123_450),
            ("1.234.567,8", "EUR", Comma, 123_456_780),
            ("1,234,567", "GBP", Point, 123_456_700),
            ("9999999.99", "GBP", Point, Money::MOST_MINOR),
        ] {
            assert_eq!(Money::parse(typed, currency(code), mark), Ok(Money::new(minor, currency(code))), "{typed}");
        }
        for (typed, mark, wrong) in [
            ("", Point, MoneyError::Shape),
            ("£", Point, MoneyError::Shape),
            (".", Point, MoneyError::Shape),
            ("free", Point, MoneyError::Shape),
            ("12.50p", Point, MoneyError::Shape),
            ("€12.50", Point, MoneyError::Shape),
            ("1.2.3", Point, MoneyError::Shape),
            ("1,2,3", Point, MoneyError::Shape),
            ("12,34.5", Point, MoneyError::Shape),
            ("1,234,56", Point, MoneyError::Shape),
            ("1.234,567.8", Point, MoneyError::Shape),
            ("1e3", Point, MoneyError::Shape),
            ("+5", Point, MoneyError::Shape),
            ("１２", Point, MoneyError::Shape),
            ("1.234", Point, MoneyError::Decimals),
            ("1,234", Comma, MoneyError::Decimals),
            ("0.0001", Point, MoneyError::Decimals),
            ("-1", Point, MoneyError::Negative),
            ("(1)", Point, MoneyError::Negative),
            ("10000000", Point, MoneyError::TooLarge),
            ("99999999999999999999999999", Point, MoneyError::TooLarge),
        ] {
            assert_eq!(Money::parse(typed, currency("GBP"), mark), Err(wrong), "{typed}");
        }
        assert_eq!(Money::parse_price("0.00", currency("GBP"), Point), Err(MoneyError::Zero));
        assert_eq!(Money::parse_price("0.01", currency("GBP"), Point), Ok(pounds(1)));
        assert_eq!(Money::price(-1, currency("GBP")), Err(MoneyError::Negative));
        assert_eq!(Money::price(Money::MOST_MINOR + 1, currency("GBP")), Err(MoneyError::TooLarge));
    }

    #[test]
    fn what_is_shown_is_read_again_as_the_same() {
        for (code, country) in [("GBP", "GB"), ("EUR", "FR"), ("EUR", "DE"), ("EUR", "NL"), ("CHF", "CH"), ("SEK", "SE"), ("RON", "RO")] {
            let country = Country::parse(country).unwrap();
            for minor in [1, 10, 99, 100, 12_345, 100_000, 123_456_789, Money::MOST_MINOR] {
                let money = Money::new(minor, currency(code));
                let shown = money.shown_in(country);
                assert_eq!(Money::parse(&shown, money.currency, DecimalMark::of(country)), Ok(money), "{shown}");
            }
        }
    }

    #[test]
    fn amounts_of_two_currencies_and_amounts_too_large_have_no_sum() {
        assert_eq!(pounds(1).checked_add(pounds(2)), Ok(pounds(3)));
        assert_eq!(pounds(1).checked_add(Money::zero(currency("EUR"))), Err(MoneyError::TwoCurrencies));
        assert_eq!(pounds(i64::MAX).checked_add(pounds(1)), Err(MoneyError::TooLarge));
        let many = Quantity::new(999_999).unwrap();
        assert_eq!(pounds(33).times(Quantity::new(3).unwrap()), Ok(pounds(99)));
        assert_eq!(pounds(i64::MAX / 2).times(many), Err(MoneyError::TooLarge));
        let largest = pounds(Money::MOST_MINOR).times(many).unwrap();
        assert!(largest.minor.checked_mul(999).and_then(|net| net.checked_mul(2)).is_some(), "the largest order and its VAT");
    }
}
