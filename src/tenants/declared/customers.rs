//! `customers.csv`: the trade accounts, and the people who buy for them.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use super::mistakes::Mistakes;
use super::prices::DeclaredPrice;
use super::table::{self, Columns, Fields};
use crate::pricing::PriceList;
use crate::values::{Country, PhoneNumber};

const COLUMNS: Columns = Columns {
    required: &["account_number", "business_name", "contact_name", "phone", "role", "town", "country"],
    optional: &["price_list", "route"],
};

/// One person who buys for one trade account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeclaredCustomer {
    /// Where the row stands in the file.
    pub line: usize,
    pub account_number: String,
    pub business_name: String,
    pub contact_name: String,
    pub phone: PhoneNumber,
    /// `owner` or `buyer`.
    pub role: &'static str,
    pub town: String,
    pub country: Country,
    /// The name of the price list that the account buys from, empty when it buys from none, and which van or carrier takes its
    /// goods; nothing where the file does not say either.
    pub terms: Option<[String; 2]>,
}

/// Reads the file. What comes back is whole only when no mistake was noted.
pub(super) fn read(file: &Path, mistakes: &mut Mistakes) -> Vec<DeclaredCustomer> {
    let mut seen = Seen::default();
    table::read(file, &COLUMNS, mistakes, |fields| read_row(fields, &mut seen))
}

/// The rows read so far, as far as later ones must agree with them.
#[derive(Default)]
struct Seen {
    /// What each account was first said to be, and in which line.
    accounts: HashMap<String, (usize, [String; 5])>,
    /// In which line each phone stands.
    phones: HashMap<PhoneNumber, usize>,
}

fn read_row(fields: &mut Fields<'_>, seen: &mut Seen) -> Option<DeclaredCustomer> {
    // Fields are read one by one rather than in one expression, so that each says what is wrong with it.
    let account_number = fields.words("account_number", 32);
    let business_name = fields.words("business_name", 120);
    let contact_name = fields.words("contact_name", 120);
    let country = fields.parsed("country", Country::parse);
    let phone = fields.parsed("phone", |typed| read_phone(typed, country));
    let role = fields.parsed("role", |word| ["owner", "buyer"].into_iter().find(|role| *role == word).ok_or("the role is owner or buyer"));
    let town = fields.words("town", 120);
    let price_list = fields.may_be_words("price_list", PriceList::LONGEST_NAME);
    let route = fields.may_be_words("route", 60);
    let are_terms_said = fields.has("price_list");
    if let Some(phone) = &phone {
        once(fields, seen, phone);
    }
    let customer = DeclaredCustomer {
        line: fields.line,
        account_number: account_number?,
        business_name: business_name?,
        contact_name: contact_name?,
        phone: phone?,
        role: role?,
        town: town?,
        country: country?,
        terms: price_list.zip(route).map(|(price_list, route)| are_terms_said.then_some([price_list, route]))?,
    };
    agree(fields, seen, &customer);
    Some(customer)
}

/// A phone is one person, who has one place at a wholesaler.
fn once(fields: &mut Fields<'_>, seen: &mut Seen, phone: &PhoneNumber) {
    let first = *seen.phones.entry(phone.clone()).or_insert(fields.line);
    if first != fields.line {
        fields.note("phone", format_args!("this phone stands in line {first} already"));
    }
}

/// Rows of one account say the same of it.
fn agree(fields: &mut Fields<'_>, seen: &mut Seen, customer: &DeclaredCustomer) {
    let [price_list, route] = customer.terms.clone().unwrap_or_default();
    let said = [customer.business_name.clone(), customer.town.clone(), customer.country.to_string(), price_list, route];
    let account = &customer.account_number;
    let (first_line, first) = seen.accounts.entry(account.clone()).or_insert_with(|| (fields.line, said.clone())).clone();
    for ((column, now), before) in ["business_name", "town", "country", "price_list", "route"].into_iter().zip(&said).zip(&first) {
        if now != before {
            fields.note(column, format_args!("the {column} of account {account} is “{before}” in line {first_line}"));
        }
    }
}

/// Whoever buys from a price list buys from one that has prices.
pub(super) fn have_their_lists(file: &Path, customers: &[DeclaredCustomer], prices: &[DeclaredPrice], mistakes: &mut Mistakes) {
    let lists: HashSet<String> = prices.iter().filter_map(|price| price.whose.list()).map(str::to_lowercase).collect();
    let column = COLUMNS.required.len() + 1;
    for customer in customers {
        if let Some([list, _]) = &customer.terms
            && !list.is_empty()
            && !lists.contains(&list.to_lowercase())
        {
            mistakes.at_place(file, (customer.line, column), format_args!("prices.csv has no price list “{list}”"));
        }
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
