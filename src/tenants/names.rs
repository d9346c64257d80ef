//! Which subdomains can be had, and which to offer a business.

use std::collections::HashSet;

use chrono::{DateTime, TimeDelta, Utc};

use crate::db::{Door, Platform, Tx};
use crate::error::{Error, Result};
use crate::ids::TenantId;
use crate::tenancy::House;
use crate::values::Slug;

/// Of a name that was free a moment ago.
pub const JUST_TAKEN: &str = "Somebody else has just taken that address. Choose another one";

/// Whether a tenant can have this name, and if not, why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NameState {
    Free,
    InUse,
    Reserved,
    /// Another tenant had it until lately.
    Quarantined,
}

impl NameState {
    /// The stable word for programs.
    pub fn word(self) -> &'static str {
        match self {
            Self::Free => "free",
            Self::InUse => "in_use",
            Self::Reserved => "reserved",
            Self::Quarantined => "quarantined",
        }
    }

    /// For the person who chose it, without a full stop, as [`Error::Conflict`] has it; None when it is free.
    pub fn objection(self) -> Option<&'static str> {
        match self {
            Self::Free => None,
            Self::InUse => Some("That address is taken. Choose another one"),
            Self::Reserved => Some("That address is reserved. Choose another one"),
            Self::Quarantined => Some("That address was another business’s until lately, and is kept free for a while. Choose another one"),
        }
    }
}

impl NameState {
    /// A name that nobody can have wants correcting; one that somebody has, or had, was chosen too late.
    ///
    /// # Errors
    /// [`Error::Invalid`] or [`Error::Conflict`], unless it is free.
    pub fn insist_on_free(self) -> Result<()> {
        match (self, self.objection()) {
            (Self::InUse | Self::Quarantined, Some(objection)) => Err(Error::Conflict(objection)),
            (_, Some(objection)) => Err(Error::invalid("subdomain", format!("{objection}."))),
            (_, None) => Ok(()),
        }
    }
}

/// Refuses a name that nobody can have, with what else is wrong with a form and before the database is asked.
///
/// # Errors
/// Why, for the person who chose it.
pub fn not_reserved(slug: Slug) -> Result<Slug, String> {
    let objection = NameState::Reserved.objection().filter(|_| slug.is_reserved());
    objection.map_or(Ok(slug), |objection| Err(format!("{objection}.")))
}

/// How it stands with one name, for a tenant-to-be or for this one: what was once its own it may have back.
pub async fn state_of<D: Door>(tx: &mut Tx<D>, slug: &Slug, tenant: Option<TenantId>, now: DateTime<Utc>) -> Result<NameState> {
    if slug.is_reserved() {
        return Ok(NameState::Reserved);
    }
    let found = sqlx::query!(
        r#"select exists (select from tenants where slug = $1) as "in_use!",
                  exists (select from retired_names where slug = $1 and free_at > $2 and (tenant is null or tenant is distinct from $3)) as "quarantined!""#,
        slug.as_str(),
        now,
        tenant.map(TenantId::uuid)
    )
    .fetch_one(&mut *tx)
    .await?;
    Ok(match (found.in_use, found.quarantined) {
        (true, _) => NameState::InUse,
        (_, true) => NameState::Quarantined,
        _ => NameState::Free,
    })
}

/// Makes a name that a tenant was given in this transaction its own: it leads nowhere else from now on. False when it
/// turns out to be another tenant's retired one; then the transaction must not be kept.
///
/// Whoever was waited for at the name's key has retired it only then: this looks anew, after it was given.
pub async fn take(tx: &mut Tx<impl Door>, slug: &Slug, tenant: TenantId, now: DateTime<Utc>) -> Result<bool> {
    sqlx::query!("delete from retired_names where slug = $1 and (tenant = $2 or free_at <= $3)", slug.as_str(), tenant.uuid(), now)
        .execute(&mut *tx)
        .await?;
    Ok(sqlx::query_scalar!(r#"select not exists (select from retired_names where slug = $1) as "taken!""#, slug.as_str())
        .fetch_one(&mut *tx)
        .await?)
}

/// How long a name that a tenant gave up leads to the tenant, and nobody else can have it.
const QUARANTINE: TimeDelta = TimeDelta::days(90);

/// Keeps a name that a tenant gives up in this transaction; for nobody, when there is no tenant any more.
pub async fn retire(tx: &mut Tx<impl Door>, slug: &str, tenant: Option<TenantId>, now: DateTime<Utc>) -> Result<()> {
    sqlx::query!(
        "insert into retired_names (slug, tenant, retired_at, free_at) values ($1, $2, $3, $4)
         on conflict (slug) do update set tenant = excluded.tenant, retired_at = excluded.retired_at, free_at = excluded.free_at",
        slug,
        tenant.map(TenantId::uuid),
        now,
        now + QUARANTINE
    )
    .execute(&mut *tx)
    .await?;
    Ok(())
}

/// Lets go of the names whose time is over.
pub async fn sweep(house: &House) -> Result<()> {
    house
        .db()
        .platform()
        .write(async |tx| {
            sqlx::query!("delete from retired_names where free_at <= $1", house.now()).execute(&mut *tx).await?;
            Ok(())
        })
        .await
}

/// Up to four free names that fit a business, the likeliest first.
pub async fn suggest(tx: &mut Tx<Platform>, business_name: &str, now: DateTime<Utc>) -> Result<Vec<Slug>> {
    let candidates = candidates(business_name);
    let taken = taken(tx, &candidates, now).await?;
    Ok(candidates.into_iter().filter(|slug| !taken.contains(slug.as_str())).take(4).collect())
}

async fn taken(tx: &mut Tx<Platform>, slugs: &[Slug], now: DateTime<Utc>) -> Result<HashSet<String>> {
    let names: Vec<String> = slugs.iter().map(Slug::to_string).collect();
    let taken = sqlx::query_scalar!(
        r#"select slug as "slug!" from tenants where slug = any($1)
            union select slug from retired_names where slug = any($1) and free_at > $2"#,
        &names,
        now
    );
    Ok(taken.fetch_all(&mut *tx).await?.into_iter().collect())
}

/// What says nothing about a business in its name.
const EMPTY_WORDS: &[&str] = &[
    "ab", "ag", "and", "aps", "as", "bv", "co", "company", "der", "die", "du", "et", "gmbh", "inc", "kg", "la", "le", "les", "limited",
    "llc", "llp", "ltd", "nv", "oy", "plc", "pty", "sa", "sarl", "sas", "spa", "srl", "the", "und",
];

/// Names made of the business's own words, shorter and longer, and numbered ones for when all are gone.
fn candidates(business_name: &str) -> Vec<Slug> {
    let plain = deunicode::deunicode(business_name).to_ascii_lowercase().replace(['\'', '.'], "");
    let all: Vec<&str> = plain.split(|character: char| !character.is_ascii_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let telling: Vec<&str> = all.iter().copied().filter(|word| !EMPTY_WORDS.contains(word)).collect();
    let words = if telling.is_empty() { &all } else { &telling };
    let first = |count: usize| words.iter().take(count).copied().collect::<Vec<_>>();
    let stem = first(2).concat();
    let initials: String = words.iter().filter_map(|word| word.get(..1)).collect();
    let mut names = vec![stem.clone(), words.join("-"), words.concat(), first(1).concat(), first(2).join("-"), initials];
    names.extend(["trade", "wholesale", "direct"].map(|word| format!("{stem}-{word}")));
    names.extend((2..=9).map(|number| format!("{stem}{number}")));
    let mut seen = HashSet::new();
    names
        .iter()
        .filter_map(|name| Slug::parse(name.get(..name.len().min(40))?.trim_end_matches('-')).ok())
        .filter(|slug| !slug.is_reserved() && seen.insert(slug.clone()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first_of(business_name: &str) -> Vec<String> {
        candidates(business_name).iter().take(3).map(Slug::to_string).collect()
    }

    #[test]
    fn names_are_made_of_the_businesss_words() {
        assert_eq!(first_of("Spice Route Cash & Carry Ltd"), ["spiceroute", "spice-route-cash-carry", "spiceroutecashcarry"]);
        assert_eq!(first_of("Fromagerie Saint-Aubin SARL"), ["fromageriesaint", "fromagerie-saint-aubin", "fromageriesaintaubin"]);
        assert_eq!(first_of("O'Brien's Crème"), ["obrienscreme", "obriens-creme", "obriens"]);
        assert_eq!(first_of("Łódź"), ["lodz", "lodz-trade", "lodz-wholesale"]);
    }

    #[test]
    fn whatever_is_typed_there_is_something_to_offer_or_nothing_at_all() {
        for odd in ["The Company", "Support Ltd", "3", "日本酒", &"x".repeat(120), "a b c d e f g h i j k l m n o p"] {
            let names = candidates(odd);
            assert!(!names.is_empty(), "{odd}");
            assert!(names.iter().all(|slug| !slug.is_reserved() && slug.as_str().len() <= 40), "{odd}: {names:?}");
        }
        assert!(candidates("!!!").is_empty());
    }
}
