//! What texts cost: a price for each segment, by the country of the number that it goes to.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, de};

use crate::values::{Country, Currency, Money};

/// The money is counted in millionths: a text costs a few cents, and a price by the thousand has parts of them.
const MICROS_PER_MINOR: i64 = 10_000;

/// What the gateway takes; the meaning of each key stands in `config/default.toml`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SmsCost {
    #[serde(deserialize_with = "currency")]
    currency: Currency,
    #[serde(deserialize_with = "micros")]
    per_segment_micros: i64,
    #[serde(deserialize_with = "by_country")]
    by_country: BTreeMap<String, i64>,
}

/// An amount in millionths of its currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cost {
    pub micros: i64,
    pub currency: Currency,
}

impl SmsCost {
    /// What so many segments cost to a number of this country; of a number of no country, such as those of satellites, the price
    /// for all others.
    pub fn of(&self, segments: usize, country: Option<Country>) -> Cost {
        let own = country.and_then(|country| self.by_country.get(country.as_str()));
        let count = i64::try_from(segments).unwrap_or(i64::MAX);
        Cost { micros: own.unwrap_or(&self.per_segment_micros).saturating_mul(count), currency: self.currency }
    }

    /// Nothing yet, to be added to.
    pub fn none(&self) -> Cost {
        Cost { micros: 0, currency: self.currency }
    }
}

impl Cost {
    /// Both together, which are of one configuration and so of one currency.
    pub fn and(self, other: Self) -> Self {
        Self { micros: self.micros.saturating_add(other.micros), ..self }
    }

    /// To the nearest cent, half of one upwards.
    pub fn rounded(self) -> Money {
        let minor = self.micros.div_euclid(MICROS_PER_MINOR);
        let is_up = self.micros.rem_euclid(MICROS_PER_MINOR) * 2 >= MICROS_PER_MINOR;
        Money::new(minor.saturating_add(i64::from(is_up)), self.currency)
    }

    /// As it is written in a country, to the cent: `€0.04`. What is less than half a cent and more than nothing is not called nothing.
    pub fn shown_in(self, country: Country) -> String {
        let rounded = self.rounded();
        if rounded.minor == 0 && self.micros > 0 {
            return format!("under {}", Money::new(1, self.currency).shown_in(country));
        }
        rounded.shown_in(country)
    }
}

fn currency<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Currency, D::Error> {
    Currency::parse(&String::deserialize(deserializer)?).map_err(de::Error::custom)
}

fn micros<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
    checked(i64::deserialize(deserializer)?)
}

/// The keys as countries write them: the environment knows small letters alone.
fn by_country<'de, D: Deserializer<'de>>(deserializer: D) -> Result<BTreeMap<String, i64>, D::Error> {
    let written = BTreeMap::<String, i64>::deserialize(deserializer)?;
    let known = |(code, micros): (String, i64)| {
        let country = Country::parse(&code.to_ascii_uppercase()).map_err(|_| de::Error::custom(format!("{code} is no country")))?;
        Ok((country.as_str().to_owned(), checked(micros)?))
    };
    written.into_iter().map(known).collect()
}

/// A thousand units of any currency are no price of a text; the sums of so many stay far below what can be counted.
fn checked<E: de::Error>(micros: i64) -> Result<i64, E> {
    const MOST_MICROS: i64 = 1_000_000_000;
    if (0..=MOST_MICROS).contains(&micros) { Ok(micros) } else { Err(E::custom(format!("{micros} micros are no price of a text"))) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prices() -> SmsCost {
        let text = r#"{ "currency": "EUR", "per_segment_micros": 50000, "by_country": { "gb": 40000, "FR": 65000, "IE": 400 } }"#;
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn a_text_costs_what_its_country_costs() {
        let country = |code| Country::parse(code).unwrap();
        let of = |segments, code| prices().of(segments, Some(country(code)));
        assert_eq!(of(2, "GB").micros, 80_000);
        assert_eq!(of(1, "FR").micros, 65_000);
        assert_eq!(of(3, "DE").micros, 150_000);
        assert_eq!(prices().of(1, None).micros, 50_000);
        for (segments, code, shown) in [(1, "GB", "EUR\u{a0}0.04"), (2, "FR", "0,13\u{a0}€"), (1, "IE", "under €0.01"), (0, "IE", "€0.00")]
        {
            assert_eq!(of(segments, code).shown_in(country(code)), shown);
        }
    }

    #[test]
    fn a_month_is_summed_before_it_is_rounded() {
        let one = prices().of(1, Country::parse("IE").ok());
        let month = (0..100).fold(prices().none(), |sum, _| sum.and(one));
        assert_eq!((one.rounded().minor, month.rounded().minor), (0, 4), "a hundred times 0.04 cents");
        assert_eq!(Cost { micros: 5_000, ..one }.rounded().minor, 1, "half a cent is one");
        assert_eq!(Cost { micros: 4_999, ..one }.rounded().minor, 0);
    }

    #[test]
    fn what_is_no_price_is_refused() {
        for wrong in [
            r#"{ "currency": "eur", "per_segment_micros": 1, "by_country": {} }"#,
            r#"{ "currency": "EUR", "per_segment_micros": -1, "by_country": {} }"#,
            r#"{ "currency": "EUR", "per_segment_micros": 1, "by_country": { "XX": 1 } }"#,
            r#"{ "currency": "EUR", "per_segment_micros": 1, "by_country": { "GB": 1000000001 } }"#,
            r#"{ "currency": "EUR", "per_segment_micros": 1, "by_country": {}, "tax": 1 }"#,
        ] {
            assert!(serde_json::from_str::<SmsCost>(wrong).is_err(), "{wrong}");
        }
    }
}
