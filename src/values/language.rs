//! The languages that customers are written to in.

use super::Country;

/// One of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Language {
    English,
    French,
}

impl Language {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::English, Self::French];

    /// Reads a two-letter code of ISO 639-1, such as `fr`.
    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|language| language.code() == code)
    }

    /// The two letters.
    pub fn code(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::French => "fr",
        }
    }

    /// As it is called in English.
    pub fn name(self) -> &'static str {
        match self {
            Self::English => "English",
            Self::French => "French",
        }
    }

    /// As those call it who speak it.
    pub fn own_name(self) -> &'static str {
        match self {
            Self::English => "English",
            Self::French => "Français",
        }
    }

    /// The one in which a wholesaler of this country writes to whoever has chosen none. Where several are spoken, English offends
    /// nobody.
    pub fn of_country(country: Country) -> Self {
        if matches!(country.as_str(), "FR" | "MC") { Self::French } else { Self::English }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn languages_are_read_and_come_from_countries() {
        for language in Language::ALL {
            assert_eq!(Language::parse(language.code()), Some(language));
        }
        for unknown in ["", "FR", "de", "fra"] {
            assert_eq!(Language::parse(unknown), None, "{unknown}");
        }
        for (country, language) in [("FR", Language::French), ("GB", Language::English), ("BE", Language::English)] {
            assert_eq!(Language::of_country(Country::parse(country).unwrap()), language, "{country}");
        }
    }
}
