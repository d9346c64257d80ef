//! `customers.csv`: the trade accounts, and the people who buy for them.

use std::collections::HashMap;
use std::fmt::Display;
use std::path::Path;

use csv::{ReaderBuilder, StringRecord};

use super::mistakes::{Mistakes, Source};
use crate::values::{Country, PhoneNumber, text};

const LARGEST_BYTES: u64 = 32 * 1024 * 1024;
const HEADER: [&str; 7] = ["account_number", "business_name", "contact_name", "phone", "role", "town", "country"];

/// One person who buys for one trade account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeclaredCustomer {
    pub account_number: String,
    pub business_name: String,
    pub contact_name: String,
    pub phone: PhoneNumber,
    /// `owner` or `buyer`.
    pub role: &'static str,
    pub town: String,
    pub country: Country,
}

/// Reads the file. What comes back is whole only when no mistake was noted.
pub(super) fn read(file: &Path, mistakes: &mut Mistakes) -> Vec<DeclaredCustomer> {
    let Some(source) = Source::read(file, LARGEST_BYTES, mistakes) else { return Vec::new() };
    let mut reader = ReaderBuilder::new().has_headers(false).flexible(true).from_reader(source.text.as_bytes());
    let mut records = reader.records();
    let first = records.next().and_then(Result::ok).unwrap_or_default();
    if !is_header(&first, &source, mistakes) {
        return Vec::new();
    }
    let mut rows = Rows { source: &source, mistakes, accounts: HashMap::new(), phones: HashMap::new() };
    let mut customers = Vec::new();
    for record in records {
        match record {
            Ok(record) => customers.extend(rows.read(&record)),
            Err(error) => rows.mistakes.about(file, error),
        }
    }
    customers
}

fn is_header(first: &StringRecord, source: &Source, mistakes: &mut Mistakes) -> bool {
    let wrong = (0..HEADER.len().max(first.len())).find(|index| first.get(*index) != HEADER.get(*index).copied());
    if let Some(index) = wrong {
        mistakes.at(source, (1, index + 1), format_args!("the first line must be {}", HEADER.join(",")));
    }
    wrong.is_none()
}

/// The rows read so far, as far as later ones must agree with them.
struct Rows<'a> {
    source: &'a Source,
    mistakes: &'a mut Mistakes,
    /// What each account was first said to be, and in which line.
    accounts: HashMap<String, (usize, [String; 3])>,
    /// In which line each phone stands.
    phones: HashMap<PhoneNumber, usize>,
}

impl Rows<'_> {
    fn read(&mut self, record: &StringRecord) -> Option<DeclaredCustomer> {
        let line = self.line_of(record);
        if record.len() != HEADER.len() {
            let column = record.len().min(HEADER.len()) + 1;
            self.note(line, column, format_args!("this row has {} fields instead of {}", record.len(), HEADER.len()));
            return None;
        }
        // Fields are read one by one rather than in one expression, so that each says what is wrong with it.
        let account_number = self.words(record, line, 0, 32);
        let business_name = self.words(record, line, 1, 120);
        let contact_name = self.words(record, line, 2, 120);
        let country = self.parsed(record, line, 6, Country::parse);
        let phone = self.parsed(record, line, 3, |typed| read_phone(typed, country));
        let role = self
            .parsed(record, line, 4, |word| ["owner", "buyer"].into_iter().find(|role| *role == word).ok_or("the role is owner or buyer"));
        let town = self.words(record, line, 5, 120);
        if let Some(phone) = &phone {
            self.once(phone, line);
        }
        let customer = DeclaredCustomer {
            account_number: account_number?,
            business_name: business_name?,
            contact_name: contact_name?,
            phone: phone?,
            role: role?,
            town: town?,
            country: country?,
        };
        self.agree(&customer, line);
        Some(customer)
    }

    /// A phone is one person, who has one place at a wholesaler.
    fn once(&mut self, phone: &PhoneNumber, line: usize) {
        let first = *self.phones.entry(phone.clone()).or_insert(line);
        if first != line {
            self.note(line, 4, format_args!("this phone stands in line {first} already"));
        }
    }

    /// Rows of one account say the same of it.
    fn agree(&mut self, customer: &DeclaredCustomer, line: usize) {
        let said = [customer.business_name.clone(), customer.town.clone(), customer.country.to_string()];
        let (first_line, first) = self.accounts.entry(customer.account_number.clone()).or_insert_with(|| (line, said.clone())).clone();
        for ((index, now), before) in [1, 5, 6].into_iter().zip(&said).zip(&first) {
            if now != before {
                let what = HEADER.get(index).copied().unwrap_or_default();
                let account = &customer.account_number;
                self.note(line, index + 1, format_args!("the {what} of account {account} is “{before}” in line {first_line}"));
            }
        }
    }

    fn words(&mut self, record: &StringRecord, line: usize, index: usize, most: usize) -> Option<String> {
        let what = HEADER.get(index).copied().unwrap_or_default();
        self.parsed(record, line, index, |typed| {
            if typed.contains(['\n', '\r']) {
                return Err("there is a line break in this field; is a quotation mark missing?".to_owned());
            }
            text::line(typed, most).map_err(|why| why.about(&format!("the {what}")))
        })
    }

    fn parsed<T, E: Display>(
        &mut self,
        record: &StringRecord,
        line: usize,
        index: usize,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        match parse(record.get(index).unwrap_or_default()) {
            Ok(value) => Some(value),
            Err(why) => {
                self.note(line, index + 1, why);
                None
            }
        }
    }

    fn note(&mut self, line: usize, column: usize, text: impl Display) {
        self.mistakes.at(self.source, (line, column), text);
    }

    /// The crate counts a row from the end of the one before; blank lines and the second half of a line's end lie between.
    fn line_of(&self, record: &StringRecord) -> usize {
        let from = record.position().and_then(|position| usize::try_from(position.byte()).ok()).unwrap_or_default();
        let rest = self.source.text.get(from..).unwrap_or_default();
        let blank = rest.len() - rest.trim_start_matches(['\r', '\n']).len();
        self.source.place(from + blank).0
    }
}

/// In full, so that the file means the same whatever country somebody reads it in.
fn read_phone(typed: &str, country: Option<Country>) -> Result<PhoneNumber, String> {
    const SHAPE: &str = "write the phone number in full, such as +447400123456";
    if !typed.starts_with('+') {
        return Err(SHAPE.to_owned());
    }
    // A number with a plus is read without regard to the country; any will do where the row's own cannot be read.
    let country = country.or_else(|| Country::parse("GB").ok()).ok_or(SHAPE)?;
    let phone = PhoneNumber::parse(typed, country).map_err(|why| why.to_string())?;
    if phone.as_str() == typed { Ok(phone) } else { Err(SHAPE.to_owned()) }
}
