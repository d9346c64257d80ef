//! Orders that staff place for a customer who calls, or stands at the counter. The order says who placed it.

pub mod api;
pub mod pages;

use uuid::Uuid;

use crate::db::{Office, Tx};
use crate::error::{Error, Result};
use crate::idempotency::submission::Patience;
use crate::ids::AccountId;
use crate::orders::{By, Placed, Placing, Sender, submit_listed};
use crate::pricing;
use crate::tenancy::extract::Member;
use crate::tenancy::terms::Terms;
use crate::values::{Money, text};

/// How many accounts are shown to choose from.
const MOST: i64 = 20;

/// A trade account that is ordered for.
#[derive(Debug, Clone)]
pub struct Account {
    pub account_id: Uuid,
    pub account_number: String,
    pub business_name: String,
    pub town: String,
}

/// The accounts that have these words in their name or their number; the first ones by name when there are none.
///
/// # Errors
/// [`Error::Invalid`] when the words are too long.
pub async fn look_up(tx: &mut Tx<Office>, words: &str) -> Result<Vec<Account>> {
    let words = text::optional(words, text::LONGEST_QUERY).map_err(|why| Error::invalid("query", why.about("what to look for")))?;
    Ok(sqlx::query_as!(
        Account,
        "select account_id, account_number, business_name, town from trade_accounts
          where tenant_id = $1 and ($2 = '' or strpos(lower(business_name), lower($2)) > 0 or strpos(lower(account_number), lower($2)) > 0)
          order by business_name, account_number limit $3",
        tx.tenant().uuid(),
        words,
        MOST
    )
    .fetch_all(&mut *tx)
    .await?)
}

/// The account of this number.
///
/// # Errors
/// [`Error::NotFound`] when there is none.
pub async fn account(tx: &mut Tx<Office>, number: &str) -> Result<Account> {
    Ok(sqlx::query_as!(
        Account,
        "select account_id, account_number, business_name, town from trade_accounts where tenant_id = $1 and account_number = $2",
        tx.tenant().uuid(),
        number
    )
    .fetch_one(&mut *tx)
    .await?)
}

/// For whom it is priced.
pub async fn terms(tx: &mut Tx<Office>, member: &Member, account: &Account) -> Result<Terms> {
    pricing::terms_of(tx, &member.tenant, AccountId::from(account.account_id), member.house.now()).await
}

/// Places it, once under its key. It may be less than customers have to order at once.
///
/// # Errors
/// Those of [`submit_listed`].
pub async fn place(
    tx: &mut Tx<Office>,
    member: &Member,
    account: &Account,
    placing: &Placing,
    key: Option<(&str, Patience)>,
    seen_gross_minor: Option<i64>,
) -> Result<Placed> {
    let terms = terms(tx, member, account).await?;
    let sender = Sender {
        account: AccountId::from(account.account_id),
        account_number: &account.account_number,
        zone: member.tenant.time_zone,
        business_name: &member.tenant.business_name,
        least: Money::zero(terms.currency),
        by: By::Staff(member),
        key: key.map(|(key, _)| key),
        patience: key.map_or(Patience::Refuse, |(_, patience)| patience),
        seen_gross_minor,
        terms: &terms,
    };
    submit_listed(tx, &sender, placing, member.house.now()).await
}
