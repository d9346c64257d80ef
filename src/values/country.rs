//! Countries, as far as phone numbers and addresses need them.

use std::fmt;

use phonenumber::metadata::DATABASE;

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

    /// The short English name; the code itself for countries we have not named yet.
    pub fn name(&self) -> &'static str {
        match NAMES.binary_search_by_key(&self.0, |(code, _)| code) {
            Ok(place) => NAMES.get(place).map_or(self.0, |(_, name)| name),
            Err(_) => self.0,
        }
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

/// Europe, and the English-speaking countries most likely to trade with it, by code.
const NAMES: [(&str, &str); 65] = [
    ("AD", "Andorra"),
    ("AL", "Albania"),
    ("AM", "Armenia"),
    ("AT", "Austria"),
    ("AU", "Australia"),
    ("AX", "Åland Islands"),
    ("AZ", "Azerbaijan"),
    ("BA", "Bosnia and Herzegovina"),
    ("BE", "Belgium"),
    ("BG", "Bulgaria"),
    ("BY", "Belarus"),
    ("CA", "Canada"),
    ("CH", "Switzerland"),
    ("CY", "Cyprus"),
    ("CZ", "Czechia"),
    ("DE", "Germany"),
    ("DK", "Denmark"),
    ("EE", "Estonia"),
    ("ES", "Spain"),
    ("FI", "Finland"),
    ("FO", "Faroe Islands"),
    ("FR", "France"),
    ("GB", "United Kingdom"),
    ("GE", "Georgia"),
    ("GG", "Guernsey"),
    ("GI", "Gibraltar"),
    ("GR", "Greece"),
    ("HR", "Croatia"),
    ("HU", "Hungary"),
    ("IE", "Ireland"),
    ("IM", "Isle of Man"),
    ("IN", "India"),
    ("IS", "Iceland"),
    ("IT", "Italy"),
    ("JE", "Jersey"),
    ("JM", "Jamaica"),
    ("LI", "Liechtenstein"),
    ("LT", "Lithuania"),
    ("LU", "Luxembourg"),
    ("LV", "Latvia"),
    ("MC", "Monaco"),
    ("MD", "Moldova"),
    ("ME", "Montenegro"),
    ("MK", "North Macedonia"),
    ("MT", "Malta"),
    ("NG", "Nigeria"),
    ("NL", "Netherlands"),
    ("NO", "Norway"),
    ("NZ", "New Zealand"),
    ("PL", "Poland"),
    ("PT", "Portugal"),
    ("RO", "Romania"),
    ("RS", "Serbia"),
    ("RU", "Russia"),
    ("SE", "Sweden"),
    ("SG", "Singapore"),
    ("SI", "Slovenia"),
    ("SK", "Slovakia"),
    ("SM", "San Marino"),
    ("TR", "Türkiye"),
    ("UA", "Ukraine"),
    ("US", "United States"),
    ("VA", "Vatican City"),
    ("XK", "Kosovo"),
    ("ZA", "South Africa"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_countries_are_read_and_named() {
        let britain = Country::parse("GB").unwrap();
        assert_eq!((britain.as_str(), britain.calling_code(), britain.name()), ("GB", 44, "United Kingdom"));
        assert_eq!(Country::parse("BR").unwrap().name(), "BR");
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
    fn every_named_country_can_be_read_and_found() {
        assert!(NAMES.is_sorted_by_key(|(code, _)| *code));
        for (code, name) in NAMES {
            assert_eq!(Country::parse(code).map(|country| country.name()), Ok(name));
        }
    }
}
