//! Things that people type, parsed once, at the door. A value of these types is always well formed; nothing
//! behind the door checks it again, and none of them can be deserialized around its `parse`.

pub mod colour;
pub mod country;
mod country_names;
pub mod currency;
pub mod domain;
pub mod email;
pub mod language;
pub mod money;
mod numbering_plan;
pub mod phone;
pub mod quantity;
pub mod sku;
pub mod slug;
pub mod text;
mod typed_number;

pub use country::{Country, CountryError};
pub use currency::{Currency, CurrencyError};
pub use domain::{Domain, DomainError};
pub use email::{EmailAddress, EmailError};
pub use language::Language;
pub use money::{DecimalMark, Money, MoneyError};
pub use phone::{PhoneError, PhoneNumber};
pub use quantity::{Quantity, QuantityError};
pub use sku::{Sku, SkuError};
pub use slug::{Slug, SlugError};

/// The value of a decimal digit in any script that a phone's keyboard may write.
pub fn digit(character: char) -> Option<u8> {
    typed_number::digit_of_any_script(character).and_then(|digit| digit.to_digit(10)).and_then(|value| u8::try_from(value).ok())
}
