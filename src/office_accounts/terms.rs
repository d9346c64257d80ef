//! What was agreed with an account: the list that it buys from, the route of its goods, and where news of its orders goes.

use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::{Account, find};
use crate::audit::{self, Actor, Event};
use crate::db::{Office, Tx};
use crate::error::{Error, FieldErrors, Result};
use crate::ids::AccountId;
use crate::pricing;
use crate::tenancy::extract::Member;
use crate::values::{EmailAddress, text};

/// How an account is told of its orders.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OrderNews {
    /// By text, to whoever has ordered.
    Text,
    /// To one address.
    Email,
    None,
}

impl OrderNews {
    pub const ALL: [Self; 3] = [Self::Text, Self::Email, Self::None];

    /// The word of the database and of the API.
    pub fn word(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Email => "email",
            Self::None => "none",
        }
    }

    /// From that word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|news| news.word() == word)
    }
}

/// What was typed, field by field; what is None stays as it is.
#[derive(Debug, Default, Clone)]
pub struct TypedTerms {
    /// The id of a list; empty for none.
    pub price_list: Option<String>,
    pub route: Option<String>,
    pub order_news: Option<String>,
    pub order_email: Option<String>,
}

impl Account {
    pub const LONGEST_ROUTE: usize = 60;

    /// Another one whenever what was agreed is another.
    pub fn version(&self) -> String {
        let hash = Sha256::digest(json!([self.price_list, self.route, self.order_news, self.order_email]).to_string());
        hex::encode(hash.get(..8).unwrap_or_default())
    }
}

/// Changes what was agreed. Nobody else may have since `version`, unless it is none.
///
/// # Errors
/// [`Error::NotFound`]; [`Error::Conflict`] when somebody has; [`Error::Invalid`] with what is wrong beside each field.
pub async fn change_terms(tx: &mut Tx<Office>, member: &Member, id: AccountId, typed: &TypedTerms, version: Option<&str>) -> Result<()> {
    let tenant = tx.tenant().uuid();
    sqlx::query_scalar!(
        "select account_id from trade_accounts where tenant_id = $1 and account_id = $2 for no key update",
        tenant,
        id.uuid()
    )
    .fetch_optional(&mut *tx)
    .await?
    .ok_or(Error::NotFound)?;
    let before = find(tx, id).await?;
    let after = read(tx, typed, &before).await?;
    if after == before {
        return Ok(());
    }
    if version.is_some_and(|version| version != before.version()) {
        return Err(Error::Conflict("Somebody else has changed what was agreed meanwhile"));
    }
    sqlx::query!(
        "update trade_accounts set price_list_id = $3, route = $4, order_news = $5, order_email = $6, news_ended_at = $7, news_ended_why = $8
          where tenant_id = $1 and account_id = $2",
        tenant,
        id.uuid(),
        after.price_list,
        after.route,
        after.order_news,
        after.order_email,
        after.news_ended_at,
        after.news_ended_why
    )
    .execute(&mut *tx)
    .await?;
    let details = json!({ "account_number": after.account_number, "changes": changes(&before, &after) });
    let event =
        Event { actor: Actor::staff(member), action: "account.terms_changed", subject_kind: "account", subject_id: id.uuid(), details };
    audit::record(tx, event, member.house.now()).await
}

async fn read(tx: &mut Tx<Office>, typed: &TypedTerms, before: &Account) -> Result<Account> {
    let (mut wrong, mut after) = (FieldErrors::new(), before.clone());
    if let Some(typed) = &typed.price_list {
        let lists = pricing::lists(tx).await?;
        let named = Uuid::parse_str(typed.trim()).ok().and_then(|id| lists.into_iter().find(|list| list.id.uuid() == id));
        match named {
            Some(list) => (after.price_list, after.price_list_name) = (Some(list.id.uuid()), list.name),
            None if typed.trim().is_empty() => (after.price_list, after.price_list_name) = (None, String::new()),
            None => wrong.add("price_list", "There is no such price list."),
        }
    }
    if let Some(typed) = &typed.route {
        match text::optional(typed, Account::LONGEST_ROUTE) {
            Ok(route) if !route.contains('\n') => after.route = route,
            Ok(_) => wrong.add("route", "A route is one line."),
            Err(why) => wrong.add("route", why.about("the route")),
        }
    }
    if let Some(word) = &typed.order_news {
        match OrderNews::parse(word) {
            Some(news) => news.word().clone_into(&mut after.order_news),
            None => wrong.add("order_news", "News of orders goes by text, by email or nowhere (none)."),
        }
    }
    if let Some(typed) = &typed.order_email {
        match typed.trim() {
            "" => after.order_email.clear(),
            typed => match EmailAddress::parse(typed) {
                Ok(email) => email.as_str().clone_into(&mut after.order_email),
                Err(why) => wrong.add("order_email", why.to_string()),
            },
        }
    }
    if after.order_news == OrderNews::Email.word() && after.order_email.is_empty() && wrong.of("order_email").is_empty() {
        wrong.add("order_email", "Write where the e-mail goes.");
    }
    // Set anew, it has not ended any more.
    let is_begun = after.order_news == OrderNews::Email.word() && before.order_news != after.order_news;
    if is_begun || after.order_email != before.order_email {
        (after.news_ended_at, after.news_ended_why) = (None, String::new());
    }
    wrong.or(Some(after))
}

/// What is otherwise. The address is somebody's: that it is another one is said, and not which.
fn changes(before: &Account, after: &Account) -> Vec<Value> {
    let email = |account: &Account| if account.order_email.is_empty() { String::new() } else { "set".to_owned() };
    let mut changes: Vec<Value> = [
        ("price list", &before.price_list_name, &after.price_list_name),
        ("route", &before.route, &after.route),
        ("news of orders", &before.order_news, &after.order_news),
    ]
    .into_iter()
    .filter(|(_, before, after)| before != after)
    .map(|(what, before, after)| json!({ "what": what, "before": before, "after": after }))
    .collect();
    if before.order_email != after.order_email {
        let after = if before.order_email.is_empty() || after.order_email.is_empty() { email(after) } else { "another one".to_owned() };
        changes.push(json!({ "what": "e-mail for news of orders", "before": email(before), "after": after }));
    }
    changes
}
