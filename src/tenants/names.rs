//! Which subdomains can be had, and which to offer a business.

use std::collections::HashSet;

use crate::db::{Platform, Tx};
use crate::error::Result;
use crate::values::Slug;

/// Whether a tenant can have this name, and if not, why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NameState {
    Free,
    InUse,
    Reserved,
}

impl NameState {
    /// The stable word for programs.
    pub fn word(self) -> &'static str {
        match self {
            Self::Free => "free",
            Self::InUse => "in_use",
            Self::Reserved => "reserved",
        }
    }

    /// For the person who chose it; None when it is free.
    pub fn objection(self) -> Option<&'static str> {
        match self {
            Self::Free => None,
            Self::InUse => Some("That address is taken. Choose another one."),
            Self::Reserved => Some("That address is reserved. Choose another one."),
        }
    }
}

/// How it stands with one name.
pub async fn state_of(tx: &mut Tx<Platform>, slug: &Slug) -> Result<NameState> {
    if slug.is_reserved() {
        return Ok(NameState::Reserved);
    }
    let taken = in_use(tx, std::slice::from_ref(slug)).await?;
    Ok(if taken.is_empty() { NameState::Free } else { NameState::InUse })
}

/// Up to four free names that fit a business, the likeliest first.
pub async fn suggest(tx: &mut Tx<Platform>, business_name: &str) -> Result<Vec<Slug>> {
    let candidates = candidates(business_name);
    let taken = in_use(tx, &candidates).await?;
    Ok(candidates.into_iter().filter(|slug| !taken.contains(slug.as_str())).take(4).collect())
}

async fn in_use(tx: &mut Tx<Platform>, slugs: &[Slug]) -> Result<HashSet<String>> {
    let names: Vec<String> = slugs.iter().map(Slug::to_string).collect();
    Ok(sqlx::query_scalar!("select slug from tenants where slug = any($1)", &names).fetch_all(&mut *tx).await?.into_iter().collect())
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
