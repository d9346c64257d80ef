//! A trade account, as the office sees it: who buys for it, its list, its own prices, and why something costs what it does.

pub mod api;
pub mod pages;
mod terms;
pub mod why;

use chrono::{DateTime, Utc};
use uuid::Uuid;

pub use self::terms::{OrderNews, TypedTerms, change_terms};
use crate::db::{Office, Tx};
use crate::error::{Error, Result};
use crate::ids::AccountId;
use crate::values::text;

/// A trade account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    pub id: Uuid,
    pub account_number: String,
    pub business_name: String,
    pub town: String,
    pub country: String,
    /// The list that it buys from, if it buys from one,
    pub price_list: Option<Uuid>,
    /// and what it is called.
    pub price_list_name: String,
    /// Which van or carrier takes its goods.
    pub route: String,
    /// `text`, `email` or `none`.
    pub order_news: String,
    pub order_email: String,
    /// When news by e-mail ended that was set here; nothing once it is set anew.
    pub news_ended_at: Option<DateTime<Utc>>,
    /// Why, in words.
    pub news_ended_why: String,
}

/// How many rows a page of the API has.
pub const PAGE: i64 = 50;

/// One of them.
///
/// # Errors
/// [`Error::NotFound`] when there is none of this id.
pub async fn find(tx: &mut Tx<Office>, id: AccountId) -> Result<Account> {
    let found = sqlx::query_as!(
        Account,
        r#"select t.account_id as id, t.account_number, t.business_name, t.town, t.country, t.price_list_id as price_list,
                  coalesce(l.name, '') as "price_list_name!", t.route, t.order_news, t.order_email, t.news_ended_at,
                  t.news_ended_why
             from trade_accounts t
             left join price_lists l on l.tenant_id = t.tenant_id and l.price_list_id = t.price_list_id
            where t.tenant_id = $1 and t.account_id = $2"#,
        tx.tenant().uuid(),
        id.uuid()
    );
    found.fetch_optional(&mut *tx).await?.ok_or(Error::NotFound)
}

/// The one of this number, as it is written or in other capitals.
///
/// # Errors
/// [`Error::Invalid`] about `account` when there is none.
pub async fn find_by_number(tx: &mut Tx<Office>, number: &str) -> Result<Account> {
    let found = sqlx::query_scalar!(
        "select account_id from trade_accounts where tenant_id = $1 and lower(account_number) = lower($2)
          order by account_number = $2 desc, account_number limit 1",
        tx.tenant().uuid(),
        number.trim()
    );
    let id = found.fetch_optional(&mut *tx).await?.ok_or_else(|| Error::invalid("account", "There is no account of this number."))?;
    find(tx, id.into()).await
}

/// Accounts whose name, number or town holds the words, by name; `after` is where the page before ended.
pub async fn list(tx: &mut Tx<Office>, words: &str, after: Option<AccountId>) -> Result<Vec<Account>> {
    let words = text::optional(words, text::LONGEST_QUERY).map_err(|why| Error::invalid("query", why.about("what to look for")))?;
    let (after_name, after_id) = match after {
        Some(id) => (find(tx, id).await?.business_name, id.uuid()),
        None => (String::new(), Uuid::nil()),
    };
    Ok(sqlx::query_as!(
        Account,
        r#"select t.account_id as id, t.account_number, t.business_name, t.town, t.country, t.price_list_id as price_list,
                  coalesce(l.name, '') as "price_list_name!", t.route, t.order_news, t.order_email, t.news_ended_at,
                  t.news_ended_why
             from trade_accounts t
             left join price_lists l on l.tenant_id = t.tenant_id and l.price_list_id = t.price_list_id
            where t.tenant_id = $1 and (t.business_name, t.account_id) > ($2, $3)
              and ($4 = '' or strpos(lower(concat_ws(' ', t.business_name, t.account_number, t.town)), lower($4)) > 0)
            order by t.business_name, t.account_id
            limit $5"#,
        tx.tenant().uuid(),
        after_name,
        after_id,
        words,
        PAGE
    )
    .fetch_all(&mut *tx)
    .await?)
}

/// Somebody who buys for an account.
#[derive(Debug, Clone)]
pub struct Person {
    pub access_id: Uuid,
    pub contact_name: String,
    pub role: String,
    pub status: String,
}

/// Who buys for it.
pub async fn people(tx: &mut Tx<Office>, id: AccountId) -> Result<Vec<Person>> {
    Ok(sqlx::query_as!(
        Person,
        "select access_id, contact_name, role, status from account_access where tenant_id = $1 and account_id = $2
          order by contact_name, access_id",
        tx.tenant().uuid(),
        id.uuid()
    )
    .fetch_all(&mut *tx)
    .await?)
}
