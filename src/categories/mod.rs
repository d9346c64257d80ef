//! What products are gathered under. A category is known by its slug: whoever writes its name a little otherwise means the same.

pub mod api;
pub mod pages;

use std::collections::{HashMap, HashSet};

use deunicode::deunicode;
use serde_json::json;
use uuid::Uuid;

use crate::audit::{self, Actor, Event};
use crate::db::{Office, Tx};
use crate::error::{Error, Result};
use crate::idempotency::{Key, Made, Once};
use crate::ids::CategoryId;
use crate::tenancy::extract::Member;
use crate::values::text;

/// The name of a category, as somebody has written it.
#[derive(Debug, Clone)]
pub struct CategoryName {
    name: String,
    slug: String,
}

impl CategoryName {
    pub const LONGEST: usize = 60;

    /// Reads one.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub fn parse(typed: &str) -> std::result::Result<Self, String> {
        let name = text::line(typed, Self::LONGEST).map_err(|why| why.about("the name of the category"))?;
        let slug = slug_of(&name);
        if slug.is_empty() { Err("The name of a category has letters or digits in it.".to_owned()) } else { Ok(Self { name, slug }) }
    }

    pub fn as_str(&self) -> &str {
        &self.name
    }

    /// As it stands in addresses.
    pub fn slug(&self) -> &str {
        &self.slug
    }
}

impl PartialEq for CategoryName {
    fn eq(&self, other: &Self) -> bool {
        self.slug == other.slug
    }
}

impl Eq for CategoryName {}

/// Small letters and digits, and one hyphen between two words.
fn slug_of(name: &str) -> String {
    let plain = deunicode(name).to_ascii_lowercase();
    plain.split(|character: char| !character.is_ascii_alphanumeric()).filter(|word| !word.is_empty()).collect::<Vec<_>>().join("-")
}

/// A category, and how many products are under it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Category {
    pub id: Uuid,
    pub slug: String,
    pub name: String,
    pub products: i64,
}

/// All of them, as the wholesaler has put them.
pub async fn list(tx: &mut Tx<Office>) -> Result<Vec<Category>> {
    Ok(sqlx::query_as!(
        Category,
        r#"select c.category_id as id, c.slug, c.name,
                  (select count(*) from products p where p.tenant_id = $1 and p.category_id = c.category_id) as "products!"
             from categories c
            where c.tenant_id = $1
            order by c.place, c.name"#,
        tx.tenant().uuid()
    )
    .fetch_all(&mut *tx)
    .await?)
}

/// One of them.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn find(tx: &mut Tx<Office>, id: CategoryId) -> Result<Category> {
    list(tx).await?.into_iter().find(|one| one.id == id.uuid()).ok_or(Error::NotFound)
}

/// Makes a category, after all others: once under one key.
///
/// # Errors
/// [`Error::Invalid`] when it cannot be called that, or another one is.
pub async fn add(tx: &mut Tx<Office>, member: &Member, typed: &str, key: Option<&Key>) -> Result<CategoryId> {
    let once = Once { key, asker: member.into(), action: "category.added", asked: &typed };
    if let Some(Made { id, .. }) = once.earlier(tx).await? {
        return Ok(id.into());
    }
    let name = CategoryName::parse(typed).map_err(|why| Error::invalid("name", why))?;
    if list(tx).await?.iter().any(|other| other.slug == name.slug) {
        return Err(is_taken());
    }
    let id = put_all(tx, &[&name]).await?.remove(name.slug()).ok_or(Error::NotFound)?;
    let now = member.house.now();
    once.keep(tx, &Made { id: id.uuid(), at: now }, now).await?;
    record(tx, member, "category.added", id.uuid(), json!({ "name": name.as_str() })).await?;
    Ok(id)
}

/// Calls a category otherwise. Its address stays.
///
/// # Errors
/// [`Error::NotFound`]; [`Error::Invalid`] when it cannot be called that, or another one is.
pub async fn rename(tx: &mut Tx<Office>, member: &Member, id: CategoryId, typed: &str) -> Result<()> {
    let name = CategoryName::parse(typed).map_err(|why| Error::invalid("name", why))?;
    let all = list(tx).await?;
    let before = all.iter().find(|one| one.id == id.uuid()).ok_or(Error::NotFound)?;
    if all.iter().any(|other| other.id != id.uuid() && (other.slug == name.slug || other.name.eq_ignore_ascii_case(name.as_str()))) {
        return Err(is_taken());
    }
    if before.name == name.as_str() {
        return Ok(());
    }
    sqlx::query!("update categories set name = $3 where tenant_id = $1 and category_id = $2", tx.tenant().uuid(), id.uuid(), name.as_str())
        .execute(&mut *tx)
        .await?;
    record(tx, member, "category.renamed", id.uuid(), json!({ "before": before.name, "name": name.as_str() })).await
}

/// Removes a category. What was under it is under none.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn remove(tx: &mut Tx<Office>, member: &Member, id: CategoryId) -> Result<()> {
    let tenant = tx.tenant().uuid();
    sqlx::query!("update products set category_id = null where tenant_id = $1 and category_id = $2", tenant, id.uuid())
        .execute(&mut *tx)
        .await?;
    let gone = sqlx::query_scalar!("delete from categories where tenant_id = $1 and category_id = $2 returning name", tenant, id.uuid());
    let name = gone.fetch_optional(&mut *tx).await?.ok_or(Error::NotFound)?;
    record(tx, member, "category.removed", id.uuid(), json!({ "name": name })).await
}

fn is_taken() -> Error {
    Error::invalid("name", "There is a category of this name already.")
}

async fn record(tx: &mut Tx<Office>, member: &Member, action: &'static str, id: Uuid, details: serde_json::Value) -> Result<()> {
    let event = Event { actor: Actor::staff(member), action, subject_kind: "category", subject_id: id, details };
    audit::record(tx, event, member.house.now()).await
}

/// The ids of these categories by their slugs; those that are not there yet are made, after all others.
pub async fn put_all(tx: &mut Tx<Office>, names: &[&CategoryName]) -> Result<HashMap<String, CategoryId>> {
    let mut seen = HashSet::new();
    let distinct = names.iter().filter(|name| seen.insert(name.slug.as_str()));
    let (slugs, names): (Vec<String>, Vec<String>) = distinct.map(|name| (name.slug.clone(), name.name.clone())).unzip();
    let ids: Vec<Uuid> = slugs.iter().map(|_| CategoryId::new().uuid()).collect();
    sqlx::query!(
        "insert into categories (tenant_id, category_id, slug, name, place)
         select $1::uuid, new.category_id, new.slug, new.name,
                (select coalesce(max(place), 0) from categories where tenant_id = $1)::int + new.place::int
           from unnest($2::uuid[], $3::text[], $4::text[]) with ordinality as new (category_id, slug, name, place)
          where not exists (select from categories c where c.tenant_id = $1 and c.slug = new.slug)
         on conflict (tenant_id, slug) do nothing",
        tx.tenant().uuid(),
        &ids,
        &slugs,
        &names
    )
    .execute(&mut *tx)
    .await?;
    let rows = sqlx::query!("select slug, category_id from categories where tenant_id = $1 and slug = any($2)", tx.tenant().uuid(), &slugs)
        .fetch_all(&mut *tx)
        .await?;
    Ok(rows.into_iter().map(|row| (row.slug, row.category_id.into())).collect())
}

/// The ids of all of them.
pub async fn all_ids(tx: &mut Tx<Office>) -> Result<Vec<CategoryId>> {
    let ids = sqlx::query_scalar!("select category_id from categories where tenant_id = $1", tx.tenant().uuid());
    Ok(ids.fetch_all(&mut *tx).await?.into_iter().map(CategoryId::from).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_category_is_known_by_its_slug() {
        let parse = |typed| CategoryName::parse(typed).unwrap();
        assert_eq!(parse("  Crémerie &  Œufs ").slug(), "cremerie-oeufs");
        assert_eq!(parse("Rice"), parse("rice"));
        assert_ne!(parse("Rice"), parse("Rice flour"));
        assert!(CategoryName::parse("---").is_err() && CategoryName::parse("").is_err());
    }
}
