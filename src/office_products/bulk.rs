//! Many products changed with one stroke: what would become of each is shown first, and done only when it still is what was shown.

pub mod pages;

use std::collections::HashMap;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::{Filter, Typed};
use crate::audit::{self, Actor, Event};
use crate::categories::CategoryName;
use crate::db::{Office, Tx};
use crate::error::{Error, FieldErrors, Result};
use crate::ids::ProductId;
use crate::pricing;
use crate::products::{self, NewProduct, Status};
use crate::tax::TaxClass;
use crate::tenancy::extract::Member;
use crate::values::{Currency, Money};

/// More are not changed with one stroke.
pub const MOST: usize = 5_000;

/// Which products.
#[derive(Debug, Clone)]
pub enum Chosen {
    Ticked(Vec<ProductId>),
    Found(Filter),
}

/// What is to become of them, as it was typed; an empty text leaves it as it is.
#[derive(Debug, Clone, Default)]
pub struct TypedChange {
    pub status: String,
    /// A category's name, or [`Self::NO_CATEGORY`].
    pub category: String,
    pub tax_class: String,
    /// How much more everybody's price is to be, in percent: `5`, `-2.5`.
    pub percent: String,
}

impl TypedChange {
    /// No category has this name: there is no letter in it.
    pub const NO_CATEGORY: &str = "-";
}

/// Under which category they are to be, or under none.
#[derive(Debug, Clone, PartialEq, Eq)]
struct NewCategory(Option<CategoryName>);

/// The same, read.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Change {
    status: Option<Status>,
    category: Option<NewCategory>,
    tax_class: Option<TaxClass>,
    /// In hundredths of a percent.
    price: Option<i64>,
}

/// What becomes of one of them.
#[derive(Debug, Clone)]
pub struct Effect {
    pub id: ProductId,
    pub before: NewProduct,
    pub after: NewProduct,
}

/// What becomes of all of them.
pub struct Effects {
    /// Those of which something becomes otherwise.
    pub changed: Vec<Effect>,
    /// How many stay as they are.
    pub unchanged: usize,
}

impl Effects {
    /// Another one whenever something else would be done.
    pub fn fingerprint(&self, currency: Currency) -> String {
        let mut hash = Sha256::new();
        for effect in &self.changed {
            hash.update(effect.id.uuid().as_bytes());
            hash.update(json!([Typed::of(&effect.before, currency), Typed::of(&effect.after, currency)]).to_string());
        }
        hex::encode(hash.finalize())
    }
}

/// What would become of them.
///
/// # Errors
/// [`Error::Invalid`] with what is wrong beside each field.
pub async fn effects(tx: &mut Tx<Office>, chosen: &Chosen, typed: &TypedChange) -> Result<Effects> {
    let change = read(typed)?;
    let keys = keys_of(tx, chosen).await?;
    if keys.len() > MOST {
        return Err(Error::invalid("products", format!("These are more than {MOST} products. Look for fewer, and change those first.")));
    }
    effects_on(tx, &keys, &change).await
}

/// Does it, when what becomes of them is what was `seen`. How many became otherwise.
///
/// # Errors
/// [`Error::Conflict`] when it is not any more; [`Error::Invalid`] as [`effects`] has it.
pub async fn apply(tx: &mut Tx<Office>, member: &Member, chosen: &Chosen, typed: &TypedChange, seen: &str) -> Result<usize> {
    let change = read(typed)?;
    let keys = keys_of(tx, chosen).await?;
    products::lock(tx, &keys).await?;
    let effects = effects_on(tx, &keys, &change).await?;
    if effects.fingerprint(member.tenant.currency) != seen {
        return Err(Error::Conflict("Something of this has changed since you looked"));
    }
    if effects.changed.is_empty() {
        return Ok(0);
    }
    let rows: Vec<NewProduct> = effects.changed.iter().map(|effect| effect.after.clone()).collect();
    products::put_all(tx, &rows, member.house.now()).await?;
    if let Some(more) = change.price {
        let raised: Vec<ProductId> =
            effects.changed.iter().filter(|effect| effect.after.price_minor != effect.before.price_minor).map(|effect| effect.id).collect();
        pricing::raise_others(tx, &raised, more).await?;
    }
    let details = json!({
        "count": rows.len(),
        "changes": in_words(typed),
        "products": effects.changed.iter().map(|effect| in_the_log(effect, member.tenant.currency)).collect::<Vec<_>>(),
    });
    let event = Event {
        actor: Actor::staff(member),
        action: "product.many_changed",
        subject_kind: "tenant",
        subject_id: tx.tenant().uuid(),
        details,
    };
    audit::record(tx, event, member.house.now()).await?;
    Ok(rows.len())
}

async fn effects_on(tx: &mut Tx<Office>, keys: &[String], change: &Change) -> Result<Effects> {
    let standing: HashMap<String, products::Standing> = products::standing(tx, keys).await?;
    let mut changed = Vec::new();
    for key in keys {
        let Some(standing) = standing.get(key) else { continue };
        let after = change.of(&standing.product)?;
        if after != standing.product {
            changed.push(Effect { id: standing.id, before: standing.product.clone(), after });
        }
    }
    let unchanged = standing.len() - changed.len();
    Ok(Effects { changed, unchanged })
}

impl Change {
    fn of(&self, product: &NewProduct) -> Result<NewProduct> {
        let mut product = product.clone();
        if let Some(status) = self.status {
            product.status = status;
        }
        if let Some(NewCategory(category)) = &self.category {
            product.category.clone_from(category);
        }
        if let Some(tax_class) = self.tax_class {
            product.tax_class = tax_class;
        }
        if let (Some(more), Some(minor)) = (self.price, product.price_minor) {
            product.price_minor =
                Some(raised(minor, more).ok_or_else(|| Error::invalid("percent", "Some price would be more than any there is."))?);
        }
        Ok(product)
    }
}

/// So many hundredths of a percent more, to the nearest penny; half a penny is rounded up, and nothing comes to cost nothing.
fn raised(minor: i64, more: i64) -> Option<i64> {
    let raised = i64::try_from((i128::from(minor) * i128::from(10_000 + more) + 5_000).div_euclid(10_000)).ok()?.max(1);
    (raised <= Money::MOST_MINOR).then_some(raised)
}

fn read(typed: &TypedChange) -> Result<Change> {
    let mut wrong = FieldErrors::new();
    let some = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
    let change = Change {
        status: some(&typed.status)
            .and_then(|word| Status::parse(&word).or_else(|| refuse(&mut wrong, "status", "Choose one of the list."))),
        category: some(&typed.category).and_then(|name| match name.as_str() {
            TypedChange::NO_CATEGORY => Some(NewCategory(None)),
            name => CategoryName::parse(name).map_err(|why| wrong.add("category", why)).ok().map(|name| NewCategory(Some(name))),
        }),
        tax_class: some(&typed.tax_class)
            .and_then(|word| TaxClass::parse(&word).or_else(|| refuse(&mut wrong, "tax_class", "Choose one of the list."))),
        price: some(&typed.percent).and_then(|percent| read_percent(&percent).map_err(|why| wrong.add("percent", why)).ok()),
    };
    let is_nothing = change == Change { status: None, category: None, tax_class: None, price: None };
    if is_nothing && wrong.iter().next().is_none() {
        wrong.add("status", "Say what is to become of them.");
    }
    wrong.or(Some(change))
}

fn refuse<T>(wrong: &mut FieldErrors, field: &'static str, why: &str) -> Option<T> {
    wrong.add(field, why);
    None
}

/// `5`, `+5 %`, `-2,5`: in hundredths of a percent.
fn read_percent(typed: &str) -> std::result::Result<i64, &'static str> {
    const SHAPE: &str = "Write a percentage such as 5 or -2.5, with at most two decimals.";
    let text: String =
        typed.chars().filter(|c| !c.is_whitespace() && *c != '%').collect::<String>().replace(',', ".").replace('\u{2212}', "-");
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, text.strip_prefix('+').unwrap_or(&text)),
    };
    let (whole, decimals) = digits.split_once('.').unwrap_or((digits, ""));
    let are_digits = whole.bytes().chain(decimals.bytes()).all(|byte| byte.is_ascii_digit());
    if !are_digits || whole.is_empty() || whole.len() > 4 || decimals.len() > 2 {
        return Err(SHAPE);
    }
    let number: i64 = format!("{whole}{decimals:0<2}").parse().map_err(|_| SHAPE)?;
    match sign * number {
        0 => Err("Nothing would become otherwise."),
        ..=-10_000 => Err("Prices cannot fall by all of it, or more."),
        100_001.. => Err("Prices cannot rise by more than 1000%."),
        number => Ok(number),
    }
}

/// The products' SKUs as they are compared, by name.
/// How many are chosen.
pub async fn how_many(tx: &mut Tx<Office>, chosen: &Chosen) -> Result<usize> {
    Ok(keys_of(tx, chosen).await?.len())
}

async fn keys_of(tx: &mut Tx<Office>, chosen: &Chosen) -> Result<Vec<String>> {
    let (ids, filter) = match chosen {
        Chosen::Ticked(ids) => (Some(ids.iter().map(|id| id.uuid()).collect::<Vec<Uuid>>()), Filter::default()),
        Chosen::Found(filter) => (None, filter.clone()),
    };
    let most = i64::try_from(MOST + 1).unwrap_or(i64::MAX);
    let keys = sqlx::query_scalar!(
        "select p.sku_key from products p
           left join categories c on c.tenant_id = $1 and c.category_id = p.category_id
          where p.tenant_id = $1 and ($2::uuid[] is null or p.product_id = any($2))
            and ($3::text is null or c.slug = $3) and ($4::text is null or p.status = $4)
            and not exists (select from unnest($5::text[]) as wanted (word)
                             where strpos(concat_ws(' ', p.name_key, lower(p.sku_key), lower(p.keywords), lower(p.barcode)), wanted.word) = 0)
          order by p.name_key, p.product_id
          limit $6",
        tx.tenant().uuid(),
        ids as _,
        filter.category.as_deref(),
        filter.status.map(Status::word),
        &filter.words_sought(),
        most
    );
    Ok(keys.fetch_all(&mut *tx).await?)
}

/// What was asked for, for the audit log.
fn in_words(typed: &TypedChange) -> Vec<Value> {
    let category = if typed.category.trim() == TypedChange::NO_CATEGORY { "none" } else { typed.category.trim() };
    let percent = Some(typed.percent.trim())
        .filter(|percent| !percent.is_empty())
        .map(|percent| format!("{} %", percent.trim_end_matches([' ', '%'])));
    [
        ("status", typed.status.trim().to_owned()),
        ("category", category.to_owned()),
        ("VAT", typed.tax_class.trim().to_owned()),
        ("price", percent.unwrap_or_default()),
    ]
    .into_iter()
    .filter(|(_, after)| !after.is_empty())
    .map(|(what, after)| json!({ "what": what, "before": "", "after": after }))
    .collect()
}

/// What became of one, as the log keeps it.
fn in_the_log(effect: &Effect, currency: Currency) -> Value {
    let plain = |product: &NewProduct| product.price_minor.map(|minor| Money::new(minor, currency).plain()).unwrap_or_default();
    let (before, after) = (plain(&effect.before), plain(&effect.after));
    if before == after {
        json!({ "sku": effect.after.sku.as_str() })
    } else {
        json!({ "sku": effect.after.sku.as_str(), "before": before, "after": after })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentages_are_read_as_people_write_them() {
        for (typed, hundredths) in
            [("5", 500), ("+5 %", 500), ("-2,5", -250), ("\u{2212}2.55%", -255), ("0.01", 1), ("1000", 100_000), ("-99.99", -9_999)]
        {
            assert_eq!(read_percent(typed), Ok(hundredths), "{typed}");
        }
        for typed in ["", "0", "0.00", "-100", "1000.01", "5.555", "five", "1e3", "--5", "5-", "."] {
            assert!(read_percent(typed).is_err(), "{typed}");
        }
    }

    #[test]
    fn half_a_penny_is_rounded_up_and_nothing_is_free() {
        for (minor, more, raised_is) in
            [(100, 500, 105), (10, 500, 11), (9, 500, 9), (33, -250, 32), (1, -9_999, 1), (1_999, 1, 1_999), (5_000, 1, 5_001)]
        {
            assert_eq!(raised(minor, more), Some(raised_is), "{minor} {more}");
        }
        assert_eq!(raised(Money::MOST_MINOR, 1), None);
    }
}
