//! The prices of one list as a page shows them, with the form for one more: of everybody, of accounts that share a list, of one
//! account alone.

use chrono::NaiveDate;
use serde::Deserialize;
use uuid::Uuid;

use super::{Listed, PAGE, Typed, prices};
use crate::db::{Office, Tx};
use crate::error::Result;
use crate::pricing::{ALWAYS, ListKey};
use crate::tenancy::extract::{GoodsKeeper, Member, RoleRule};
use crate::values::Money;
use crate::values::text::LONGEST_QUERY;
use crate::web::address::encode;

/// What a page's templates `price_lists/put.html` and `price_lists/table.html` show.
pub struct PriceTable {
    /// Of the page that it is on; the forms are sent beneath it.
    pub href: String,
    pub query: String,
    pub items: Vec<Item>,
    pub next_href: String,
    pub form: PriceForm,
    pub currency: String,
    /// What is paid as long as nothing stands here.
    pub until_then: &'static str,
    /// Whether this member of staff may change it.
    pub may_change: bool,
}

/// A price in words.
pub struct Item {
    pub product_id: Uuid,
    pub sku: String,
    pub name: String,
    pub from_quantity: i32,
    pub price: String,
    pub days: String,
    pub valid_from: String,
}

/// A price as the page's form sends it, and shows it again.
#[derive(Deserialize, Default, Clone)]
#[serde(default)]
pub struct PriceForm {
    pub sku: String,
    pub from_quantity: String,
    pub price: String,
    pub valid_from: String,
    pub valid_until: String,
}

impl PriceForm {
    /// What was typed.
    pub fn typed(&self) -> Typed {
        let Self { sku, from_quantity, price, valid_from, valid_until } = self.clone();
        Typed { sku, from_quantity, price, valid_from, valid_until }
    }
}

/// Which price is to go.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct RemovalForm {
    sku: String,
    from_quantity: String,
    valid_from: String,
}

impl RemovalForm {
    /// What tells it from others.
    pub fn typed(&self) -> Typed {
        let Self { sku, from_quantity, valid_from } = self;
        Typed { sku: sku.clone(), from_quantity: from_quantity.clone(), valid_from: valid_from.clone(), ..Typed::default() }
    }
}

/// Which prices, and where the page before ended.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct TableQuery {
    pub query: String,
    pub after: i64,
}

impl PriceTable {
    /// Reads a page of them.
    pub async fn read(tx: &mut Tx<Office>, member: &Member, list: ListKey, href: String, query: &TableQuery) -> Result<Self> {
        let words: String = query.query.trim().chars().filter(|c| !c.is_control()).take(LONGEST_QUERY).collect();
        let offset = query.after.clamp(0, 1_000_000);
        let found = prices(tx, list, &words, offset).await?;
        let is_full = i64::try_from(found.len()).is_ok_and(|length| length == PAGE);
        Ok(Self {
            next_href: if is_full { format!("{href}?query={}&after={}", encode(&words), offset + PAGE) } else { String::new() },
            href,
            query: words,
            items: found.into_iter().map(|price| Item::of(price, member)).collect(),
            form: PriceForm::default(),
            currency: member.tenant.currency.to_string(),
            may_change: GoodsKeeper::allows(member.session.role),
            until_then: match list {
                ListKey::Base => "Until then, only those can order who have another price.",
                ListKey::List(_) => "Until then, whoever buys from this list pays the base prices.",
                ListKey::Account(_) => "Until then, this account pays what stands on its list, or the base prices.",
            },
        })
    }
}

impl Item {
    fn of(price: Listed, member: &Member) -> Self {
        Self {
            product_id: price.product_id,
            sku: price.sku,
            name: price.name,
            from_quantity: price.from_quantity,
            price: Money::new(price.minor, member.tenant.currency).shown_in(member.tenant.country),
            days: in_words(price.valid_from, price.valid_until),
            valid_from: price.valid_from.to_string(),
        }
    }
}

/// When a price is good; nothing when it always is.
pub fn in_words(from: NaiveDate, until: Option<NaiveDate>) -> String {
    let day = |day: NaiveDate| day.format("%-d %b %Y").to_string();
    match (Some(from).filter(|from| *from != ALWAYS), until) {
        (None, None) => String::new(),
        (None, Some(until)) => format!("until {}", day(until)),
        (Some(from), None) => format!("from {}", day(from)),
        (Some(from), Some(until)) => format!("{} to {}", day(from), day(until)),
    }
}
