//! The countries in which a wholesaler can open a counter by itself, with what follows from the country.

use chrono_tz::Tz;

use crate::values::Country;

/// Where a wholesaler trades.
#[derive(Debug, Clone, Copy)]
pub struct Market {
    pub country: Country,
    /// ISO 4217.
    pub currency: &'static str,
    /// The zone that most of the country's people live in; a tenant can choose another.
    pub time_zone: Tz,
}

impl Market {
    /// The market of this country, if we serve it.
    pub fn of(country: &str) -> Option<Self> {
        MARKETS.iter().find(|(code, ..)| *code == country).and_then(read)
    }

    /// All of them, by name.
    pub fn all() -> Vec<Self> {
        let mut all: Vec<Self> = MARKETS.iter().filter_map(read).collect();
        all.sort_by_key(|market| market.country.name());
        all
    }
}

fn read((code, currency, time_zone): &(&str, &'static str, Tz)) -> Option<Market> {
    Some(Market { country: Country::parse(code).ok()?, currency, time_zone: *time_zone })
}

/// The time zones of a country that people live in, the one of most of them first; none for a country that is no market.
pub fn time_zones(country: Country) -> Vec<Tz> {
    let first = Market::of(country.as_str()).map(|market| market.time_zone);
    let others = OTHER_ZONES.iter().filter(|(code, _)| *code == country.as_str()).flat_map(|(_, zones)| zones.iter().copied());
    first.into_iter().chain(others).collect()
}

/// Of the markets with several zones, those beside the first.
const OTHER_ZONES: &[(&str, &[Tz])] = &[
    (
        "AU",
        &[
            Tz::Australia__Melbourne,
            Tz::Australia__Brisbane,
            Tz::Australia__Adelaide,
            Tz::Australia__Perth,
            Tz::Australia__Hobart,
            Tz::Australia__Darwin,
        ],
    ),
    (
        "CA",
        &[
            Tz::America__Vancouver,
            Tz::America__Edmonton,
            Tz::America__Winnipeg,
            Tz::America__Regina,
            Tz::America__Halifax,
            Tz::America__St_Johns,
        ],
    ),
    ("CY", &[Tz::Asia__Famagusta]),
    ("ES", &[Tz::Atlantic__Canary, Tz::Africa__Ceuta]),
    ("NZ", &[Tz::Pacific__Chatham]),
    ("PT", &[Tz::Atlantic__Madeira, Tz::Atlantic__Azores]),
    (
        "US",
        &[
            Tz::America__Chicago,
            Tz::America__Denver,
            Tz::America__Phoenix,
            Tz::America__Los_Angeles,
            Tz::America__Anchorage,
            Tz::Pacific__Honolulu,
        ],
    ),
];

const MARKETS: &[(&str, &str, Tz)] = &[
    ("AT", "EUR", Tz::Europe__Vienna),
    ("AU", "AUD", Tz::Australia__Sydney),
    ("BE", "EUR", Tz::Europe__Brussels),
    ("BG", "EUR", Tz::Europe__Sofia),
    ("CA", "CAD", Tz::America__Toronto),
    ("CH", "CHF", Tz::Europe__Zurich),
    ("CY", "EUR", Tz::Asia__Nicosia),
    ("CZ", "CZK", Tz::Europe__Prague),
    ("DE", "EUR", Tz::Europe__Berlin),
    ("DK", "DKK", Tz::Europe__Copenhagen),
    ("EE", "EUR", Tz::Europe__Tallinn),
    ("ES", "EUR", Tz::Europe__Madrid),
    ("FI", "EUR", Tz::Europe__Helsinki),
    ("FR", "EUR", Tz::Europe__Paris),
    ("GB", "GBP", Tz::Europe__London),
    ("GR", "EUR", Tz::Europe__Athens),
    ("HR", "EUR", Tz::Europe__Zagreb),
    ("HU", "HUF", Tz::Europe__Budapest),
    ("IE", "EUR", Tz::Europe__Dublin),
    ("IT", "EUR", Tz::Europe__Rome),
    ("LT", "EUR", Tz::Europe__Vilnius),
    ("LU", "EUR", Tz::Europe__Luxembourg),
    ("LV", "EUR", Tz::Europe__Riga),
    ("MT", "EUR", Tz::Europe__Malta),
    ("NL", "EUR", Tz::Europe__Amsterdam),
    ("NO", "NOK", Tz::Europe__Oslo),
    ("NZ", "NZD", Tz::Pacific__Auckland),
    ("PL", "PLN", Tz::Europe__Warsaw),
    ("PT", "EUR", Tz::Europe__Lisbon),
    ("RO", "RON", Tz::Europe__Bucharest),
    ("SE", "SEK", Tz::Europe__Stockholm),
    ("SI", "EUR", Tz::Europe__Ljubljana),
    ("SK", "EUR", Tz::Europe__Bratislava),
    ("US", "USD", Tz::America__New_York),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::values::Currency;

    #[test]
    fn every_market_is_read_and_named() {
        let all = Market::all();
        assert_eq!(all.len(), MARKETS.len());
        assert!(all.iter().all(|market| market.country.name().len() > 2), "{all:?}");
        for market in all {
            let currency = Currency::parse(market.currency).unwrap();
            assert_ne!(currency.sign_in(market.country), "", "{market:?}");
        }
        assert_eq!(Market::of("GB").map(|market| market.currency), Some("GBP"));
        assert!(Market::of("gb").is_none() && Market::of("KP").is_none());
    }
}
