//! What the folders say. Reading them finds every mistake at once, each with its file, line and column.

mod customers;
mod keys;
mod logo;
mod mistakes;
mod orders;
mod prices;
mod products;
mod table;
mod trading;
mod wholesaler;

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use chrono_tz::Tz;
use sha2::{Digest, Sha256};

pub use customers::DeclaredCustomer;
pub use logo::Logo;
pub use mistakes::{Mistake, Mistakes};
pub use orders::{DeclaredLine, DeclaredOrder};
pub use prices::{DeclaredPrice, Whose};
pub use trading::Trading;
pub use wholesaler::{Contact, DeclaredStaff};

use self::prices::Known;
use crate::config::DemoPeople;
use crate::products::NewProduct;
use crate::tenancy::StaffRole;
use crate::values::{Country, Currency, PhoneNumber, Slug};

/// A wholesaler, as its folder says it should be.
#[derive(Clone)]
pub struct Declared {
    /// The subdomain; the folder's name.
    pub slug: Slug,
    pub business_name: String,
    pub country: Country,
    pub currency: Currency,
    pub time_zone: Tz,
    /// `#rrggbb` in small letters; white or near-black can be read on it.
    pub brand_colour: String,
    pub logo: Option<Logo>,
    /// Where codes may be sent.
    pub sms_countries: Vec<Country>,
    pub contact: Contact,
    pub opening_text: String,
    /// At least one of them an owner.
    pub staff: Vec<DeclaredStaff>,
    pub customers: Vec<DeclaredCustomer>,
    pub trading: Trading,
    pub products: Vec<NewProduct>,
    pub prices: Vec<DeclaredPrice>,
    pub orders: Vec<DeclaredOrder>,
    /// SHA-256 of its files: the same for as long as nobody writes in the folder.
    pub hash: Vec<u8>,
}

impl Declared {
    /// Two customers of its own country, and whoever owns it.
    pub fn demo_people(&self) -> DemoPeople {
        let mut phones: Vec<&PhoneNumber> = self.customers.iter().map(|customer| &customer.phone).collect();
        phones.retain(|phone| phone.country() == Some(self.country));
        phones.sort_unstable();
        let owners = self.staff.iter().filter(|member| member.role == StaffRole::Owner);
        DemoPeople {
            phones: phones.into_iter().take(2).map(|phone| phone.national(self.country)).collect(),
            owners: owners.map(|owner| owner.email.as_str().to_owned()).collect(),
        }
    }
}

/// Reads every tenant's folder in `dir`, in the order of their names. Files, and folders whose name begins with a dot, are
/// left out.
///
/// # Errors
/// Everything that is wrong in any of them; nothing of what was read is then given.
pub fn read(dir: &Path) -> Result<Vec<Declared>, Mistakes> {
    let mut mistakes = Mistakes::default();
    let folders = folders_of(dir, &mut mistakes);
    if folders.is_empty() && mistakes.is_empty() {
        mistakes.about(dir, "there is no tenant here; each is a folder with a tenant.toml");
    }
    let declared: Vec<Declared> = folders.iter().filter_map(|folder| read_one(folder, &mut mistakes)).collect();
    if mistakes.is_empty() { Ok(declared) } else { Err(mistakes) }
}

fn read_one(folder: &Path, mistakes: &mut Mistakes) -> Option<Declared> {
    let slug = read_slug(folder, mistakes);
    let wholesaler = wholesaler::read(&folder.join("tenant.toml"), mistakes);
    let (customers, are_customers_whole) = whole(mistakes, |mistakes| customers::read(&folder.join("customers.csv"), mistakes));
    let currency = wholesaler.as_ref().map(|wholesaler| wholesaler.currency);
    let (products, are_products_whole) = whole(mistakes, |mistakes| products::read(&folder.join("products.csv"), currency, mistakes));
    let skus: HashSet<String> = products.iter().map(|product| product.sku.key()).collect();
    let accounts: HashSet<&str> = customers.iter().map(|customer| customer.account_number.as_str()).collect();
    let known = Known { skus: are_products_whole.then_some(&skus), accounts: are_customers_whole.then_some(&accounts) };
    let (prices, are_prices_whole) = whole(mistakes, |mistakes| prices::read(&folder.join("prices.csv"), &known, currency, mistakes));
    let orders = orders::read(&folder.join("orders.csv"), &known, currency, mistakes);
    if are_prices_whole {
        customers::have_their_lists(&folder.join("customers.csv"), &customers, &prices, mistakes);
    }
    let (slug, wholesaler) = (slug?, wholesaler?);
    let logo = wholesaler.logo.and_then(|file| logo::read(&folder.join(file), mistakes));
    let hash = hash_of(folder, logo.as_ref());
    Some(Declared {
        slug,
        business_name: wholesaler.business_name,
        country: wholesaler.country,
        currency: wholesaler.currency,
        time_zone: wholesaler.time_zone,
        brand_colour: wholesaler.brand_colour,
        logo,
        sms_countries: wholesaler.sms_countries,
        contact: wholesaler.contact,
        opening_text: wholesaler.opening_text,
        staff: wholesaler.staff,
        customers,
        trading: wholesaler.trading,
        products,
        prices,
        orders,
        hash,
    })
}

/// What was read, and whether no mistake was noted in it.
fn whole<T>(mistakes: &mut Mistakes, read: impl FnOnce(&mut Mistakes) -> T) -> (T, bool) {
    let before = mistakes.count();
    let read = read(mistakes);
    (read, mistakes.count() == before)
}

/// Of every file that says something of it, each with its length, so that nothing can move from one to the next.
fn hash_of(folder: &Path, logo: Option<&Logo>) -> Vec<u8> {
    let mut hash = Sha256::new();
    let texts = ["tenant.toml", "customers.csv", "products.csv", "prices.csv", "orders.csv"]
        .map(|file| std::fs::read(folder.join(file)).unwrap_or_default());
    for bytes in texts.iter().map(Vec::as_slice).chain(logo.map(|logo| logo.bytes.as_slice())) {
        hash.update(bytes.len().to_be_bytes());
        hash.update(bytes);
    }
    hash.finalize().to_vec()
}

fn read_slug(folder: &Path, mistakes: &mut Mistakes) -> Option<Slug> {
    let name = folder.file_name().unwrap_or_default().to_string_lossy();
    match Slug::parse(&name) {
        Ok(slug) if slug.is_reserved() => mistakes.about(folder, "this subdomain is kept for ourselves; rename the folder"),
        Ok(slug) => return Some(slug),
        Err(why) => mistakes.about(folder, format_args!("the folder's name is the subdomain: {why}")),
    }
    None
}

fn folders_of(dir: &Path, mistakes: &mut Mistakes) -> Vec<PathBuf> {
    let mut folders = Vec::new();
    let entries = match std::fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(error) => {
            mistakes.about(dir, format_args!("cannot be read: {error}"));
            return folders;
        }
    };
    for entry in entries {
        match entry {
            Ok(entry) if entry.file_name().to_string_lossy().starts_with('.') => {}
            Ok(entry) if entry.path().is_dir() => folders.push(entry.path()),
            Ok(_) => {}
            Err(error) => mistakes.about(dir, format_args!("cannot be read to its end: {error}")),
        }
    }
    folders.sort();
    folders
}
