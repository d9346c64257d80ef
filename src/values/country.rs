//! Countries, as far as phone numbers and addresses need them.

use std::fmt;

use phonenumber::metadata::DATABASE;

use super::country_names::{NAMES, WITH_ARTICLE};

/// A country or territory with a numbering plan of its own, by its ISO 3166-1 alpha-2 code.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Country(&'static str);

/// Why a text is no country.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CountryError {
    #[error("A country is written as two capital letters, such as GB.")]
    Shape,
    #[error("We do not know that country.")]
    Unknown,
}

impl Country {
    /// Reads two capital letters that the phone metadata knows as a country. `UK` is none; Britain's code is `GB`.
    pub fn parse(code: &str) -> Result<Country, CountryError> {
        if code.len() != 2 || !code.bytes().all(|byte| byte.is_ascii_uppercase()) {
            return Err(CountryError::Shape);
        }
        DATABASE.by_id(code).map(|plan| Country(plan.id())).ok_or(CountryError::Unknown)
    }

    /// Two capital letters, as in `GB`.
    pub fn as_str(&self) -> &'static str {
        self.0
    }

    /// What stands after the plus in the country's phone numbers: 44 for `GB`.
    pub fn calling_code(&self) -> u16 {
        DATABASE.by_id(self.0).map_or(0, phonenumber::Metadata::country_code)
    }

    /// The short English name; the code itself for a country that the metadata knows and we have not named.
    pub fn name(&self) -> &'static str {
        match NAMES.binary_search_by_key(&self.0, |(code, _)| code) {
            Ok(place) => NAMES.get(place).map_or(self.0, |(_, name)| name),
            Err(_) => self.0,
        }
    }

    /// The name as it stands in a sentence: «the Netherlands».
    pub fn name_in_sentence(&self) -> String {
        if WITH_ARTICLE.contains(&self.0) { format!("the {}", self.name()) } else { self.name().to_owned() }
    }
}

impl fmt::Display for Country {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.0)
    }
}

impl fmt::Debug for Country {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Country({})", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_countries_are_read_and_named() {
        let britain = Country::parse("GB").unwrap();
        assert_eq!((britain.as_str(), britain.calling_code(), britain.name()), ("GB", 44, "United Kingdom"));
        assert_eq!(Country::parse("CN").unwrap().name_in_sentence(), "China");
        assert_eq!(Country::parse("US").unwrap().name_in_sentence(), "the United States");
        assert_eq!(format!("{britain} {britain:?}"), "GB Country(GB)");
    }

    #[test]
    fn anything_else_is_refused() {
        for code in ["", "G", "gb", "GBR", "00", "001", "É"] {
            assert_eq!(Country::parse(code), Err(CountryError::Shape), "{code:?}");
        }
        assert_eq!(Country::parse("UK"), Err(CountryError::Unknown));
        assert_eq!(Country::parse("ZZ"), Err(CountryError::Unknown));
    }

    #[test]
    fn every_country_is_named_and_found() {
        assert!(NAMES.is_sorted_by_key(|(code, _)| *code));
        for (code, name) in NAMES {
            assert_eq!(Country::parse(code).map(|country| country.name()), Ok(name));
        }
        for code in ('A'..='Z').flat_map(|one| ('A'..='Z').map(move |two| format!("{one}{two}"))) {
            if let Ok(country) = Country::parse(&code) {
                assert_ne!(country.name(), code);
            }
        }
        for code in WITH_ARTICLE {
            assert!(Country::parse(code).is_ok(), "{code}");
        }
    }
}
