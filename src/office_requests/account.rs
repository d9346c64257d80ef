//! Which trade account somebody is let in for: one that exists, or a new one.

use chrono::{DateTime, Utc};
use rand::RngExt;

use crate::db::{Office, Tx};
use crate::error::{Error, Result, is_duplicate};
use crate::ids::AccountId;
use crate::tenancy::extract::Member;
use crate::values::{PhoneNumber, text};

/// A trade account to choose from.
pub struct Account {
    pub account_number: String,
    pub business_name: String,
}

/// The trade accounts there are, for the list under the field.
pub async fn accounts(tx: &mut Tx<Office>) -> Result<Vec<Account>> {
    Ok(sqlx::query_as!(
        Account,
        "select account_number, business_name from trade_accounts where tenant_id = $1 order by business_name limit 500",
        tx.tenant().uuid()
    )
    .fetch_all(&mut *tx)
    .await?)
}

/// Which account an approval is for, as it was typed.
#[derive(Debug, Clone)]
pub enum Choice {
    /// A new one: with this number, or, when that is empty, with one that is made up.
    New(String),
    /// The one that has this number.
    Existing(String),
    /// The one that has this number, or else a new one with it.
    Either(String),
}

pub(super) enum Chosen {
    New(String),
    Existing(AccountId, String),
}

/// Finds the account, or a number for the new one. Numbers are the same without regard to case: nobody opens
/// `f-0101` beside `F-0101` by accident.
pub(super) async fn choose(tx: &mut Tx<Office>, choice: &Choice) -> Result<Chosen> {
    let (field, typed) = match choice {
        Choice::New(typed) => ("new_number", typed),
        Choice::Existing(typed) | Choice::Either(typed) => ("account_number", typed),
    };
    let number = match (text::line(typed, text::LONGEST_ACCOUNT_NUMBER), choice) {
        (Err(text::TextError::Empty), Choice::Existing(_)) => {
            return Err(Error::invalid(field, "Please write the number of the account."));
        }
        (Err(text::TextError::Empty), _) => return Ok(Chosen::New(make_up_number(tx, field).await?)),
        (line, _) => line.map_err(|why| Error::invalid(field, why.about("the account number")))?,
    };
    match (find(tx, &number).await?, choice) {
        (Some((_, number)), Choice::New(_)) => Err(Error::invalid(
            field,
            format!("There is an account {number} already. To add this person to it, choose “An existing account”."),
        )),
        (Some((account_id, number)), _) => Ok(Chosen::Existing(account_id, number)),
        (None, Choice::Existing(_)) => Err(Error::invalid(field, format!("No account has the number {number}. Please check it."))),
        (None, _) if !is_fit(&number) => {
            Err(Error::invalid(field, "A new account’s number has letters and digits; between them it may have - / . and blanks."))
        }
        (None, _) => Ok(Chosen::New(number)),
    }
}

/// Letters and digits at both ends, and nothing odd between.
fn is_fit(number: &str) -> bool {
    number.starts_with(char::is_alphanumeric)
        && number.ends_with(char::is_alphanumeric)
        && number.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '/' | '.' | ' '))
}

async fn find(tx: &mut Tx<Office>, number: &str) -> Result<Option<(AccountId, String)>> {
    // Of two that were declared with different cases, the one that is meant to the letter.
    let found = sqlx::query!(
        "select account_id, account_number from trade_accounts
          where tenant_id = $1 and lower(account_number) = lower($2)
          order by account_number <> $2 limit 1",
        tx.tenant().uuid(),
        number
    )
    .fetch_optional(&mut *tx)
    .await?;
    Ok(found.map(|account| (account.account_id.into(), account.account_number)))
}

/// A number for a new account: random, so that it tells nobody how many there are.
async fn make_up_number(tx: &mut Tx<Office>, field: &'static str) -> Result<String> {
    for _ in 0..20 {
        let number = format!("N{:05}", rand::rng().random_range(0..100_000));
        if find(tx, &number).await?.is_none() {
            return Ok(number);
        }
    }
    Err(Error::invalid(field, "Please choose a number for the new account."))
}

/// Opens a new account.
pub(super) async fn open(
    tx: &mut Tx<Office>,
    member: &Member,
    number: &str,
    business_name: &str,
    phone: &str,
    now: DateTime<Utc>,
) -> Result<AccountId> {
    let account_id = AccountId::new();
    let country = PhoneNumber::from_e164(phone).ok().and_then(|phone| phone.country()).unwrap_or(member.tenant.country);
    let opened = sqlx::query!(
        "insert into trade_accounts (tenant_id, account_id, account_number, business_name, country, created_at)
         values ($1, $2, $3, $4, $5, $6)",
        tx.tenant().uuid(),
        account_id.uuid(),
        number,
        business_name,
        country.as_str(),
        now
    )
    .execute(&mut *tx)
    .await;
    match opened {
        Err(error) if is_duplicate(&error) => Err(Error::Conflict("Somebody has just opened an account of that number")),
        opened => {
            opened?;
            Ok(account_id)
        }
    }
}
