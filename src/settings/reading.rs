//! What somebody typed into the settings, read against how they stand.

use chrono_tz::Tz;

use super::Settings;
use crate::error::{FieldErrors, Result};
use crate::tenants::markets::Market;
use crate::values::colour::{self, READABLE, contrast, readable_on};
use crate::values::text::{self, LONGEST_NAME};
use crate::values::{Country, EmailAddress, PhoneError, PhoneNumber};

/// The most characters of an opening text,
pub const LONGEST_OPENING: usize = 600;
/// of an address,
pub const LONGEST_ADDRESS: usize = 300;
/// and of anything else that is one line.
pub const LONGEST_LINE: usize = 254;

/// Who sees prices before being let in: the word that is kept, what it is called, and what it does.
pub const PRICES_SHOWN: [(&str, &str, &str); 3] = [
    ("all", "Everybody sees goods and prices", "Also people you do not know. They order once you have let them in."),
    ("no_prices", "Strangers see the goods without prices", "Prices are for the customers you let in."),
    ("nothing", "Strangers see nothing", "They see your name, how to reach you, and where to sign in."),
];

/// What was typed, field by field; what is None stays as it is.
#[derive(Default, Clone)]
pub struct Typed {
    pub business_name: Option<String>,
    pub brand_colour: Option<String>,
    pub second_colour: Option<String>,
    pub contact_email: Option<String>,
    pub contact_phone: Option<String>,
    pub contact_address: Option<String>,
    pub opening_text: Option<String>,
    pub country: Option<String>,
    pub time_zone: Option<String>,
    pub prices_shown: Option<String>,
}

/// A colour on which nothing could be read, and the nearest one that was taken instead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Correction {
    pub field: &'static str,
    pub wanted: String,
    pub taken: String,
}

impl Correction {
    /// What becomes of a colour that is wanted; None when it can be taken as it is.
    pub fn of(field: &'static str, wanted: &str) -> Option<Self> {
        let taken = colour::readable(wanted);
        (taken != wanted).then(|| Self { field, wanted: wanted.to_owned(), taken })
    }

    /// For whoever wanted it.
    pub fn in_words(&self) -> String {
        let Self { wanted, taken, .. } = self;
        let way = if contrast(taken, colour::WHITE) > contrast(wanted, colour::WHITE) { "darker" } else { "lighter" };
        format!(
            "{wanted} was too light for white text and too dark for black text: the better of the two has a contrast of {} to 1, and \
             {READABLE} is needed. So we took {taken}, the nearest that is {way} and can be read on.",
            rounded_down(contrast(wanted, readable_on(wanted)))
        )
    }
}

/// Which words can be read on a colour, in words.
pub fn remark(colour: &str) -> String {
    let on = readable_on(colour);
    let ratio = rounded_down(contrast(colour, on));
    if on == colour::WHITE {
        format!("Words on {colour} are white, with a contrast of {ratio} to 1.")
    } else {
        format!("{colour} is too light for white text, so words on it are black, with a contrast of {ratio} to 1.")
    }
}

/// Lest 4.49 be called 4.5.
fn rounded_down(ratio: f64) -> f64 {
    (ratio * 10.0).floor() / 10.0
}

impl Typed {
    /// The settings as they would be, and the colours that had to be corrected.
    pub(super) fn read(&self, current: &Settings) -> Result<(Settings, Vec<Correction>)> {
        let mut wrong = FieldErrors::new();
        let mut corrections = Vec::new();
        let mut new = current.clone();
        let mut take = |field: &'static str, typed: &Option<String>, place: &mut String, parse: &dyn Fn(&str) -> Result<String, String>| {
            // What stands there already was right when it was put there.
            let Some(typed) = typed.as_deref().filter(|typed| *typed != place.as_str()) else { return };
            match parse(typed) {
                Ok(value) => *place = value,
                Err(why) => wrong.add(field, why),
            }
        };
        take("business_name", &self.business_name, &mut new.business_name, &|typed| {
            text::line(typed, LONGEST_NAME).map_err(|why| why.about("the business name"))
        });
        take("brand_colour", &self.brand_colour, &mut new.brand_colour, &read_colour);
        take("second_colour", &self.second_colour, &mut new.second_colour, &or_nothing(&read_colour));
        take("contact_email", &self.contact_email, &mut new.contact_email, &or_nothing(&read_email));
        take("country", &self.country, &mut new.country, &read_country);
        let country = Country::parse(&new.country).ok();
        take("contact_phone", &self.contact_phone, &mut new.contact_phone, &or_nothing(&|typed| read_phone(typed, country)));
        take("contact_address", &self.contact_address, &mut new.contact_address, &|typed| {
            text::optional(typed, LONGEST_ADDRESS).map_err(|why| why.about("the address"))
        });
        take("opening_text", &self.opening_text, &mut new.opening_text, &|typed| {
            text::optional(typed, LONGEST_OPENING).map_err(|why| why.about("the opening text"))
        });
        take("time_zone", &self.time_zone, &mut new.time_zone, &|typed| {
            typed.parse::<Tz>().map(|zone| zone.name().to_owned()).map_err(|_| "Choose a time zone from the list.".to_owned())
        });
        take("prices_shown", &self.prices_shown, &mut new.prices_shown, &|typed| {
            let known = PRICES_SHOWN.iter().any(|(word, ..)| *word == typed);
            if known { Ok(typed.to_owned()) } else { Err("Choose one of the three.".to_owned()) }
        });
        for (field, place) in [("brand_colour", &mut new.brand_colour), ("second_colour", &mut new.second_colour)] {
            if let Some(correction) = Correction::of(field, place).filter(|_| !place.is_empty()) {
                place.clone_from(&correction.taken);
                corrections.push(correction);
            }
        }
        // Prices are in the money of the country; whether it can change still, the verb asks.
        if let Some(market) = Market::of(&new.country).filter(|_| new.country != current.country) {
            market.currency.clone_into(&mut new.currency);
        }
        wrong.or(Some((new, corrections)))
    }
}

/// The same for a field that may be left empty.
fn or_nothing(parse: &dyn Fn(&str) -> Result<String, String>) -> impl Fn(&str) -> Result<String, String> {
    move |typed| if typed.trim().is_empty() { Ok(String::new()) } else { parse(typed.trim()) }
}

fn read_colour(typed: &str) -> Result<String, String> {
    colour::parse(typed).ok_or_else(|| "A colour is written as #rrggbb, such as #1e3a8a.".to_owned())
}

fn read_email(typed: &str) -> Result<String, String> {
    EmailAddress::parse(typed).map(|email| email.as_str().to_owned()).map_err(|why| why.to_string())
}

fn read_country(typed: &str) -> Result<String, String> {
    let market = Market::of(typed).ok_or("Choose a country from the list.")?;
    Ok(market.country.to_string())
}

fn read_phone(typed: &str, country: Option<Country>) -> Result<String, String> {
    let country = country.ok_or("Choose the country first.")?;
    PhoneNumber::parse_to_call(typed, country).map(|phone| phone.as_str().to_owned()).map_err(|why| match why {
        PhoneError::Extension => "Leave the extension out: the number is dialled from phones.".to_owned(),
        other => other.to_string(),
    })
}
