//! `tenant.toml`: who the wholesaler is.
//!
//! The file is read as a tree that knows its places rather than through serde, which stops at the first mistake.

use std::collections::HashMap;
use std::path::Path;

use chrono_tz::Tz;
use toml::de::DeTable;

use super::keys::{Page, Section};
use super::mistakes::{Mistakes, Source};
use super::trading::{self, Trading};
use crate::tenancy::StaffRole;
use crate::values::{Country, Currency, EmailAddress, colour, text};

const LARGEST_BYTES: u64 = 256 * 1024;

/// What the file says.
pub(super) struct Wholesaler {
    pub business_name: String,
    pub country: Country,
    pub currency: Currency,
    pub time_zone: Tz,
    pub brand_colour: String,
    /// A file beside this one.
    pub logo: Option<String>,
    pub sms_countries: Vec<Country>,
    pub contact: Contact,
    pub opening_text: String,
    pub staff: Vec<DeclaredStaff>,
    pub trading: Trading,
}

/// How a customer reaches a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contact {
    pub email: EmailAddress,
    /// As people write it; a landline as a rule.
    pub phone: String,
    pub address: String,
}

/// One of the wholesaler's own people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeclaredStaff {
    pub email: EmailAddress,
    pub name: String,
    pub role: StaffRole,
}

/// Reads the file, or notes everything that is wrong with it.
pub(super) fn read(file: &Path, mistakes: &mut Mistakes) -> Option<Wholesaler> {
    let source = Source::read(file, LARGEST_BYTES, mistakes)?;
    let (tree, errors) = DeTable::parse_recoverable(&source.text);
    if !errors.is_empty() {
        for error in errors {
            let byte = error.span().map_or(0, |span| span.start);
            mistakes.at(&source, source.place(byte), error.message());
        }
        return None;
    }
    let mut page = Page { source: &source, mistakes };
    let mut top = Section::new("", tree.get_ref(), 0);
    let wholesaler = read_top(&mut page, &mut top);
    top.finish(&mut page);
    wholesaler
}

fn read_top(page: &mut Page, top: &mut Section) -> Option<Wholesaler> {
    let business_name = top.words(page, "business_name", "the business name", 60);
    let country = top.parsed(page, "country", Country::parse);
    let currency = top.parsed(page, "currency", read_currency);
    let time_zone = top.parsed(page, "time_zone", |name| {
        name.parse::<Tz>().map_err(|_| "this is no time zone; write its IANA name, such as Europe/London")
    });
    let brand_colour = top.parsed(page, "brand_colour", read_colour);
    let logo = if top.may_have("logo") { top.parsed(page, "logo", read_file_name).map(Some) } else { Some(None) };
    let sms_countries = read_countries(page, top);
    let contact = top.section(page, "contact").and_then(|mut section| {
        let contact = read_contact(page, &mut section);
        section.finish(page);
        contact
    });
    let opening_text = top.section(page, "opening").and_then(|mut section| {
        let words = section.parsed(page, "text", |typed| text::block(typed, 600).map_err(|why| why.about("the opening text")));
        section.finish(page);
        words
    });
    let staff = read_staff(page, top);
    let trading = trading::read(page, top, currency);
    Some(Wholesaler {
        business_name: business_name?,
        country: country?,
        currency: currency?,
        time_zone: time_zone?,
        brand_colour: brand_colour?,
        logo: logo?,
        sms_countries: sms_countries?,
        contact: contact?,
        opening_text: opening_text?,
        staff: staff?,
        trading: trading?,
    })
}

fn read_contact(page: &mut Page, section: &mut Section) -> Option<Contact> {
    let email = section.parsed(page, "email", EmailAddress::parse);
    let phone = section.parsed(page, "phone", |typed| {
        let is_of_a_number = |c: char| c.is_ascii_digit() || matches!(c, '+' | ' ' | '(' | ')' | '-' | '.');
        let phone = text::line(typed, 40).map_err(|why| why.about("the phone number"))?;
        if !phone.chars().all(is_of_a_number) {
            return Err("a phone number is written with digits, blanks and + ( ) - .".to_owned());
        }
        Ok(phone)
    });
    let address = section.parsed(page, "address", |typed| text::block(typed, 300).map_err(|why| why.about("the address")));
    Some(Contact { email: email?, phone: phone?, address: address? })
}

fn read_staff(page: &mut Page, top: &mut Section) -> Option<Vec<DeclaredStaff>> {
    let people = top.list(page, "staff")?;
    let mut staff = Vec::new();
    let mut whole = true;
    let mut seen = HashMap::new();
    for person in people {
        let Some(mut section) = page.table_of("staff", person) else {
            whole = false;
            continue;
        };
        let email = section.parsed(page, "email", EmailAddress::parse);
        let name = section.words(page, "name", "the name", 120);
        let role = section.parsed(page, "role", |word| StaffRole::parse(word).ok_or("the role is owner, manager, sales or picker"));
        if let Some(email) = &email {
            let byte = section.place_of("email");
            if let Some(first) = seen.insert(email.clone(), byte) {
                page.note(byte, format_args!("this e-mail address stands in line {} already", page.source.place(first).0));
            }
        }
        section.finish(page);
        match (email, name, role) {
            (Some(email), Some(name), Some(role)) => staff.push(DeclaredStaff { email, name, role }),
            _ => whole = false,
        }
    }
    if whole && !staff.iter().any(|person| person.role == StaffRole::Owner) {
        page.note(top.place_of("staff"), "nobody of the staff is an owner; at least one must be");
    }
    whole.then_some(staff)
}

fn read_countries(page: &mut Page, top: &mut Section) -> Option<Vec<Country>> {
    let codes = top.list(page, "sms_countries")?;
    let mut countries = Vec::new();
    let mut whole = true;
    for code in codes {
        let read = page.text_of("sms_countries", code).and_then(|word| page.accept(code.span().start, Country::parse(word)));
        match read {
            Some(country) if countries.contains(&country) => page.note(code.span().start, format_args!("{country} stands here twice")),
            Some(country) => countries.push(country),
            None => whole = false,
        }
    }
    if whole && countries.is_empty() {
        page.note(top.place_of("sms_countries"), "codes must be able to go somewhere: name at least one country");
    }
    whole.then_some(countries)
}

fn read_currency(code: &str) -> Result<Currency, &'static str> {
    let is_code = code.len() == 3 && code.bytes().all(|byte| byte.is_ascii_uppercase());
    match Currency::parse(code) {
        Ok(currency) => Ok(currency),
        Err(_) if is_code => Err("we do not know that currency"),
        Err(_) => Err("a currency is written as three capital letters, such as GBP"),
    }
}

fn read_colour(typed: &str) -> Result<String, String> {
    let colour = typed.to_ascii_lowercase();
    let digits = colour.strip_prefix('#').unwrap_or_default();
    if digits.len() != 6 || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err("a colour is written as #rrggbb, such as #1e3a8a".to_owned());
    }
    let contrast = colour::contrast(&colour, colour::readable_on(&colour));
    // Rounded down, lest 4.49 be called 4.5.
    if contrast < colour::READABLE {
        let shown = (contrast * 100.0).floor() / 100.0;
        return Err(format!(
            "neither white nor near-black can be read on {colour}: the better of the two has a contrast of {shown} to 1, \
             and {} is needed; choose a darker or a lighter colour",
            colour::READABLE
        ));
    }
    Ok(colour)
}

fn read_file_name(name: &str) -> Result<String, &'static str> {
    let is_plain = !name.is_empty() && name != "." && name != ".." && !name.contains(['/', '\\', '\0']);
    if is_plain { Ok(name.to_owned()) } else { Err("the logo is a file in this folder; write its name alone") }
}
