//! Currencies, and how their amounts are written where they are used.

use std::fmt;

use super::Country;

/// One in which a wholesaler can trade, by its ISO 4217 code. All of them have two decimals.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Currency(&'static Known);

/// Why a text is no currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("A currency is written as three capital letters of one that we know, such as GBP.")]
pub struct CurrencyError;

#[derive(PartialEq, Eq, Hash)]
struct Known {
    code: &'static str,
    /// As it is written where it is the country's own.
    symbol: &'static str,
    countries: &'static [&'static str],
}

const fn known(code: &'static str, symbol: &'static str, countries: &'static [&'static str]) -> Known {
    Known { code, symbol, countries }
}

/// Those of the markets of `tenants/markets.rs`, where a test compares the two.
static CURRENCIES: [Known; 14] = [
    known("AUD", "$", &["AU"]),
    known("CAD", "$", &["CA"]),
    known("CHF", "CHF", &["CH"]),
    known("CZK", "Kč", &["CZ"]),
    known("DKK", "kr.", &["DK"]),
    known(
        "EUR",
        "€",
        &["AT", "BE", "BG", "CY", "DE", "EE", "ES", "FI", "FR", "GR", "HR", "IE", "IT", "LT", "LU", "LV", "MT", "NL", "PT", "SI", "SK"],
    ),
    known("GBP", "£", &["GB"]),
    known("HUF", "Ft", &["HU"]),
    known("NOK", "kr", &["NO"]),
    known("NZD", "$", &["NZ"]),
    known("PLN", "zł", &["PL"]),
    known("RON", "lei", &["RO"]),
    known("SEK", "kr", &["SE"]),
    known("USD", "$", &["US"]),
];

impl Currency {
    /// Reads three capital letters.
    pub fn parse(code: &str) -> Result<Self, CurrencyError> {
        CURRENCIES.iter().find(|known| known.code == code).map(Self).ok_or(CurrencyError)
    }

    /// Three capital letters, as in `GBP`.
    pub fn as_str(self) -> &'static str {
        self.0.code
    }

    /// As it stands at an amount in this country: the code where it is not the country's own.
    pub fn sign_in(self, country: Country) -> &'static str {
        if self.is_of(country) { self.0.symbol } else { self.0.code }
    }

    /// What people may write at an amount of it.
    pub(super) fn signs(self) -> [&'static str; 2] {
        [self.0.code, self.0.symbol]
    }

    fn is_of(self, country: Country) -> bool {
        self.0.countries.contains(&country.as_str())
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.0.code)
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Currency({})", self.0.code)
    }
}

/// How numbers are written in a country.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Habit {
    pub thousands: char,
    pub decimals: char,
    pub sign: SignPlace,
}

/// Where the sign of the currency stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SignPlace {
    Before,
    BeforeWithBlank,
    Behind,
}

/// The blank that no line is broken at.
pub(super) const BLANK: char = '\u{a0}';

impl Habit {
    /// Countries that are not named write as Britain does.
    pub fn of(country: Country) -> Self {
        use SignPlace::{Before, BeforeWithBlank, Behind};
        let (thousands, decimals, sign) = match country.as_str() {
            "BG" | "CZ" | "EE" | "FI" | "FR" | "HU" | "LT" | "LV" | "NO" | "PL" | "PT" | "SE" | "SK" => (BLANK, ',', Behind),
            "BE" | "DE" | "DK" | "ES" | "GR" | "HR" | "IT" | "LU" | "RO" | "SI" => ('.', ',', Behind),
            "AT" | "NL" => ('.', ',', BeforeWithBlank),
            "CH" => ('’', '.', BeforeWithBlank),
            _ => (',', '.', Before),
        };
        Self { thousands, decimals, sign }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn currencies_are_read_by_their_codes_alone() {
        let pound = Currency::parse("GBP").unwrap();
        assert_eq!((pound.as_str(), pound.to_string(), format!("{pound:?}")), ("GBP", "GBP".to_owned(), "Currency(GBP)".to_owned()));
        for other in ["", "gbp", "£", "GB", "GBPX", "JPY", "XXX"] {
            assert_eq!(Currency::parse(other), Err(CurrencyError), "{other}");
        }
        assert!(CURRENCIES.is_sorted_by_key(|known| known.code));
    }

    #[test]
    fn a_sign_is_for_where_the_currency_is_the_countrys_own() {
        let (britain, ireland) = (Country::parse("GB").unwrap(), Country::parse("IE").unwrap());
        let euro = Currency::parse("EUR").unwrap();
        assert_eq!((euro.sign_in(ireland), euro.sign_in(britain)), ("€", "EUR"));
    }
}
