//! Amounts of money, as operations answer and take them.

use poem_openapi::Object;

use super::typed::{Text, Whole};
use crate::error::{Error, Result};
use crate::values::{Currency, Money};

/// An amount.
#[derive(Object, Debug, Clone, PartialEq, Eq)]
pub struct MoneyAnswer {
    /// In the currency's smallest unit: pence, cents.
    minor: i64,
    /// ISO 4217.
    currency: String,
}

impl From<Money> for MoneyAnswer {
    fn from(money: Money) -> Self {
        Self { minor: money.minor, currency: money.currency.to_string() }
    }
}

/// An amount.
#[derive(Object)]
#[oai(deny_unknown_fields)]
pub struct MoneyBody {
    /// In the currency's smallest unit: pence, cents.
    minor: Whole<0, { Money::MOST_MINOR }>,
    /// ISO 4217, and the wholesaler's own.
    currency: Text<3, 3>,
}

impl MoneyBody {
    /// The amount, which is in this currency.
    pub fn read(&self, field: &'static str, currency: Currency) -> Result<Money> {
        if *self.currency == *currency.as_str() {
            Ok(Money::new(*self.minor, currency))
        } else {
            Err(Error::invalid(field, format!("Amounts are in {currency} here.")))
        }
    }
}
