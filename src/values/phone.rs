//! Phone numbers: the one name by which a customer is known everywhere.

use std::fmt;
use std::sync::LazyLock;

use moka::sync::Cache;
use phonenumber::Mode;

use super::country::Country;
use super::numbering_plan::{Kind, Subscriber};
use super::typed_number::TypedNumber;

/// A phone number in full, E.164 (ITU-T E.164: country code and national number, at most 15 digits).
///
/// Whatever prints it, `Display` and `Debug` alike, prints it masked, so that no log line holds a whole number by
/// accident; [`PhoneNumber::as_str`] and [`PhoneNumber::national`] are the two ways to the whole of it.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PhoneNumber(String);

/// Why a text is no phone number that we can send codes to, in words for the person who typed it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum PhoneError {
    #[error("Type your mobile number.")]
    Empty,
    #[error("That has letters in it. Type the number with digits only; look out for O in place of 0.")]
    Letters,
    #[error("That has an extension. We need a mobile number that can get texts by itself.")]
    Extension,
    #[error("That number is too short. Is a digit missing?")]
    TooShort,
    #[error("That number is too long. Is there a digit too many?")]
    TooLong,
    #[error("That is not a phone number in use. Check the digits; a foreign number starts with + and its country code.")]
    NotANumber,
    #[error("That is a freephone, premium-rate or shared-cost number. We need a mobile number that can get texts.")]
    Premium,
    #[error("That is a landline, or an internet phone. We need a mobile number that can get texts.")]
    NotMobile,
}

/// Ofcom keeps these thousand mobile numbers for drama: nobody has them.
pub const FICTIONAL_PREFIX: &str = "+447700900";

impl PhoneNumber {
    /// Reads a number as somebody in `country` would write it: in the national way, or with a plus or the international
    /// prefix; with digits of any script and any separators. All ways that mean the same number give equal values.
    ///
    /// Only numbers that can belong to a mobile pass. Letters and extensions are refused, never guessed at.
    pub fn parse(typed: &str, country: Country) -> Result<PhoneNumber, PhoneError> {
        let subscriber = Subscriber::read(&TypedNumber::read(typed)?, country)?;
        match subscriber.kind() {
            // Satellite and other networks without a country cost many times a text on land, and draw fraud.
            Some(Kind::Mobile) if subscriber.country().is_none() => Err(PhoneError::Premium),
            Some(Kind::Mobile) => PhoneNumber::from_e164(&subscriber.e164()),
            Some(Kind::Premium) => Err(PhoneError::Premium),
            Some(Kind::Other) => Err(PhoneError::NotMobile),
            None => Err(subscriber.complaint()),
        }
    }

    /// Reads a number that people are to call: a landline, a freephone or a mobile, written as for [`PhoneNumber::parse`].
    pub fn parse_to_call(typed: &str, country: Country) -> Result<PhoneNumber, PhoneError> {
        let subscriber = Subscriber::read(&TypedNumber::read(typed)?, country)?;
        if subscriber.kind().is_none() {
            return Err(subscriber.complaint());
        }
        PhoneNumber::from_e164(&subscriber.e164())
    }

    /// Takes a number back from our own database. Only its shape is checked (a plus, then 7 to 15 digits of which the
    /// first is not zero), so that a number stays readable when a numbering plan changes under it.
    pub fn from_e164(e164: &str) -> Result<PhoneNumber, PhoneError> {
        let digits = e164.strip_prefix('+').ok_or(PhoneError::NotANumber)?;
        if !digits.bytes().all(|byte| byte.is_ascii_digit()) || digits.starts_with('0') {
            return Err(PhoneError::NotANumber);
        }
        match digits.len() {
            ..7 => Err(PhoneError::TooShort),
            7..=15 => Ok(PhoneNumber(e164.to_owned())),
            _ => Err(PhoneError::TooLong),
        }
    }

    /// The whole number, as in `+447400123456`.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The whole number as people in `viewer` write it: `07400 123456` for a number of their own country,
    /// `+44 7400 123456` for any other.
    pub fn national(&self, viewer: Country) -> String {
        // On every page of every customer, and a dozen patterns each time: a fifteenth of the home page's cost.
        static SHOWN: LazyLock<Cache<(PhoneNumber, Country), String>> = LazyLock::new(|| Cache::new(10_000));
        SHOWN.get_with((self.clone(), viewer), || {
            let mode = if self.country() == Some(viewer) { Mode::National } else { Mode::International };
            self.formatted(mode).unwrap_or_else(|| self.0.clone())
        })
    }

    /// Enough to know one's own number by, too little to dial: `+44 7400 ••• 456`. At least three digits stay hidden.
    pub fn masked(&self) -> String {
        let Some(subscriber) = Subscriber::split(&self.0) else {
            return "+•••".to_owned();
        };
        let national = &subscriber.national;
        let first_group = self.formatted(Mode::International).and_then(|number| {
            let group = number.split([' ', '-']).nth(1)?;
            group.bytes().all(|byte| byte.is_ascii_digit()).then_some(group.len())
        });
        let shown = first_group.unwrap_or(0).min(national.len().saturating_sub(6));
        let beginning = national.get(..shown).filter(|group| !group.is_empty());
        let end = national.len().checked_sub(3).filter(|start| *start >= 3).and_then(|start| national.get(start..));
        let country_code = format!("+{}", subscriber.calling_code);
        [Some(country_code.as_str()), beginning, Some("•••"), end].into_iter().flatten().collect::<Vec<_>>().join(" ")
    }

    /// Where the number belongs; `None` when today's numbering plans do not say.
    pub fn country(&self) -> Option<Country> {
        Subscriber::split(&self.0)?.country()
    }

    /// The crate's formatter works on its own kind of number, which only its parser makes; since that parser may bend
    /// a number, what it made is used only when it still is the same one.
    fn formatted(&self, mode: Mode) -> Option<String> {
        let number = phonenumber::parse(None, &self.0).ok()?;
        let is_the_same = number.format().mode(Mode::E164).to_string() == self.0;
        is_the_same.then(|| number.format().mode(mode).to_string())
    }
}

impl fmt::Display for PhoneNumber {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.masked())
    }
}

impl fmt::Debug for PhoneNumber {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "PhoneNumber({})", self.masked())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(typed: &str, country: &str) -> Result<String, PhoneError> {
        PhoneNumber::parse(typed, Country::parse(country).unwrap()).map(|number| number.0)
    }

    #[test]
    fn every_way_to_write_a_number_is_the_same_number() {
        for typed in [
            "07400 123456",
            "7400123456",
            "+44 7400 123456",
            "+44 (0)7400-123-456",
            "+44(0) 7400 123456",
            "+4407400123456",
            "0044 7400 123456",
            "0044 (0) 7400 123456",
            "+0044 7400 123456",
            "+07400 123456",
            "447400123456",
            "44 (0)7400 123456",
            "tel:+44-7400-123456",
            "\u{202A}+44\u{00A0}7400\u{200B}123456\u{202C}",
            "\u{FF10}\u{FF17}\u{FF14}\u{FF10}\u{FF10}\u{FF11}\u{FF12}\u{FF13}\u{FF14}\u{FF15}\u{FF16}",
            "٠٧٤٠٠١٢٣٤٥٦",
        ] {
            assert_eq!(read(typed, "GB").as_deref(), Ok("+447400123456"), "{typed:?}");
        }
    }

    #[test]
    fn a_foreign_number_keeps_its_digits_whatever_the_tenants_country() {
        for home in ["GB", "US", "RU", "IT", "BR", "JP"] {
            assert_eq!(read("+86 138 1234 5678", home).as_deref(), Ok("+8613812345678"), "{home}");
            assert_eq!(read("+7 912 345 67 89", home).as_deref(), Ok("+79123456789"), "{home}");
            assert_eq!(read("+39 312 345 6789", home).as_deref(), Ok("+393123456789"), "{home}");
        }
        assert_eq!(read("011 86 138 1234 5678", "US").as_deref(), Ok("+8613812345678"));
        assert_eq!(read("06 12 34 56 78", "FR").as_deref(), Ok("+33612345678"));
        assert_eq!(read("011 15-2345-6789", "AR").as_deref(), Ok("+5491123456789"));
    }

    #[test]
    fn digits_that_look_like_a_prefix_are_taken_off_only_when_they_are_one() {
        for (typed, country, e164) in [
            ("376 394 524", "AD", "+376394524"),
            ("376 37 63 94", "AD", "+376376394"),
            ("508 55 67 71", "PM", "+508556771"),
            ("971 50 174 2411", "AE", "+971501742411"),
            ("39 312 345 6789", "IT", "+393123456789"),
            ("391 234 5678", "IT", "+393912345678"),
        ] {
            assert_eq!(read(typed, country).as_deref(), Ok(e164), "{typed:?}");
        }
        // Freephone without its trunk 8, not a trunk 8 and half a number.
        assert_eq!(read("800 123 45 67", "RU"), Err(PhoneError::Premium));
    }

    #[test]
    fn what_cannot_get_a_text_is_refused() {
        use PhoneError::*;
        for (typed, country, error) in [
            ("07700 900123", "GB", NotANumber), // set aside for drama, never in use
            ("020 7946 0018", "GB", NotMobile),
            ("0332 123456", "IT", NotMobile), // a mobile if its zero were taken off
            ("070 1234 5678", "GB", NotMobile),
            ("0800 123 4567", "GB", Premium),
            ("0909 879 0000", "GB", Premium),
            ("+881 612 345 678", "GB", Premium),
            ("07400 12345", "GB", TooShort),
            ("07400 1234567", "GB", TooLong),
            ("12", "GB", TooShort),
            ("+999 123456789", "GB", NotANumber),
            ("+44 74OO 123456", "GB", Letters),
            ("07400 123456 x9", "GB", Extension),
        ] {
            assert_eq!(read(typed, country), Err(error), "{typed:?}");
        }
    }

    #[test]
    fn a_number_to_call_may_be_a_landline_and_must_be_one_in_use() {
        let [britain, france] = ["GB", "FR"].map(|code| Country::parse(code).unwrap());
        let read = |typed, country| PhoneNumber::parse_to_call(typed, country).map(|number| number.0);
        assert_eq!(read("020 7946 0018", britain).as_deref(), Ok("+442079460018"));
        assert_eq!(read("0800 123 4567", britain).as_deref(), Ok("+448001234567"));
        assert_eq!(read("01 42 68 53 00", france).as_deref(), Ok("+33142685300"));
        assert_eq!(read("+44 20 7946 0018", france).as_deref(), Ok("+442079460018"));
        assert_eq!(read("020 7946", britain), Err(PhoneError::TooShort));
        assert_eq!(read("020 7946 0018 x9", britain), Err(PhoneError::Extension));
    }

    #[test]
    fn printing_hides_the_middle() {
        for (e164, masked) in [
            ("+447400123456", "+44 7400 ••• 456"),
            ("+4915123456678", "+49 1512 ••• 678"),
            ("+33612345678", "+33 6 ••• 678"),
            ("+12015550123", "+1 201 ••• 123"),
            ("+29051234", "+290 •••"),
            ("+298211234", "+298 ••• 234"),
            ("+9991234567", "+•••"),
        ] {
            let number = PhoneNumber::from_e164(e164).unwrap();
            assert_eq!(number.masked(), masked);
            assert_eq!(format!("{number} {number:?}"), format!("{masked} PhoneNumber({masked})"));
        }
    }

    #[test]
    fn people_read_their_own_countrys_way() {
        let [britain, france] = ["GB", "FR"].map(|code| Country::parse(code).unwrap());
        let number = PhoneNumber::parse("07400123456", britain).unwrap();
        assert_eq!(number.country(), Some(britain));
        assert_eq!(number.national(britain), "07400 123456");
        assert_eq!(number.national(france), "+44 7400 123456");
    }

    #[test]
    fn our_own_database_gives_back_only_well_formed_numbers() {
        for e164 in ["", "447400123456", "+", "+0447400123456", "+44 7400 123456", "+44740", "+4474001234567890"] {
            assert!(PhoneNumber::from_e164(e164).is_err(), "{e164:?}");
        }
        assert_eq!(PhoneNumber::from_e164("+447700900123").unwrap().as_str(), "+447700900123");
    }
}
