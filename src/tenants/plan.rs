//! What would change, in words that an operator can nod to.

use std::collections::{HashMap, HashSet};
use std::fmt;

use chrono::{DateTime, Utc};

use super::apply;
use super::declared::Declared;
use super::difference::Difference;
use super::goods::Goods;
use super::names::{self, NameState};
use super::standing::{Settings, Standing};
use crate::db::{Db, Platform, Tx};
use crate::error::Result;
use crate::ids::TenantId;
use crate::values::Slug;

/// What is, or was, to be done: one part for each declared tenant, in the same order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Plan {
    pub tenants: Vec<TenantPlan>,
}

/// What is to be done at one tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TenantPlan {
    pub slug: Slug,
    /// Whether the tenant itself is to be made.
    pub is_new: bool,
    pub changes: Vec<Change>,
    /// Why nothing can be done about it, though it is declared.
    pub left_alone: Option<&'static str>,
}

pub(super) const IS_GOING: &str = "is being closed, and its folder is left alone";
pub(super) const IS_KEPT_FREE: &str = "was another's name until lately, which is kept free for a while";

/// One thing that is not as declared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// It is not there: `staff owner@unionjack.example`, `161 trade accounts`.
    Missing(String),
    /// So many of them are not as declared: `12 prices`.
    Changed(String),
    /// It has another value: `account 17850 town`, from, to.
    Different { what: String, from: String, to: String },
}

impl Plan {
    /// Whether everything is as declared.
    pub fn is_empty(&self) -> bool {
        self.tenants.iter().all(TenantPlan::is_empty)
    }
}

impl TenantPlan {
    /// Whether this tenant is as declared.
    pub fn is_empty(&self) -> bool {
        !self.is_new && self.changes.is_empty() && self.left_alone.is_none()
    }

    pub(super) fn nothing(declared: &Declared) -> Self {
        Self { slug: declared.slug.clone(), is_new: false, changes: Vec::new(), left_alone: None }
    }

    pub(super) fn left_alone(declared: &Declared, why: &'static str) -> Self {
        Self { left_alone: Some(why), ..Self::nothing(declared) }
    }
}

/// Compares the folders with the database. Nothing is written. A folder that has not changed since it was applied whole is
/// as declared, whatever its people have changed at the counter since: their settings are theirs.
///
/// # Errors
/// When the database does not answer.
pub async fn plan(db: &Db, declared: &[Declared], now: DateTime<Utc>) -> anyhow::Result<Plan> {
    let unchanged = unchanged(db, declared).await?;
    let mut tenants = Vec::new();
    for one in declared {
        tenants.push(if unchanged.contains(&one.slug) { TenantPlan::nothing(one) } else { plan_one(db, one, now).await? });
    }
    Ok(Plan { tenants })
}

async fn plan_one(db: &Db, declared: &Declared, now: DateTime<Utc>) -> Result<TenantPlan> {
    let read = async |tx: &mut Tx<Platform>| Ok((Settings::read(tx, &declared.slug).await?, is_kept_free(tx, &declared.slug, now).await?));
    let settings = match db.platform().read(read).await? {
        (Some(settings), _) if settings.is_going() => return Ok(TenantPlan::left_alone(declared, IS_GOING)),
        (Some(settings), _) => settings,
        (None, true) => return Ok(TenantPlan::left_alone(declared, IS_KEPT_FREE)),
        (None, false) => {
            let mut changes = Difference::of(declared, &Standing::default()).changes();
            changes.extend(Goods::all_of(declared).changes());
            return Ok(TenantPlan { is_new: true, changes, ..TenantPlan::nothing(declared) });
        }
    };
    let mut changes = settings.changes_to(declared);
    // Goods are written to see what would be, by the same code that applies them, and nothing of it is kept.
    let mut tx = db.office(TenantId::from(settings.id)).open_write().await?;
    let standing = Standing::read(&mut tx, declared).await?;
    let difference = Difference::of(declared, &standing);
    changes.extend(difference.changes());
    changes.extend(apply::put_trade(&mut tx, declared, &difference, now).await?);
    Ok(TenantPlan { changes, ..TenantPlan::nothing(declared) })
}

/// Whether the name was somebody's who is no longer there.
pub(super) async fn is_kept_free(tx: &mut Tx<Platform>, slug: &Slug, now: DateTime<Utc>) -> Result<bool> {
    Ok(names::state_of(tx, slug, None, now).await? == NameState::Quarantined)
}

/// Those whose folder was applied whole as it is now.
pub(super) async fn unchanged(db: &Db, declared: &[Declared]) -> Result<HashSet<Slug>> {
    let slugs: Vec<String> = declared.iter().map(|one| one.slug.to_string()).collect();
    let applied = db
        .platform()
        .read(async |tx| {
            let rows = sqlx::query!(
                r#"select slug as "slug!", declared_hash as "hash!"
                     from (select slug, declared_hash from tenants
                           union all
                           select r.slug, t.declared_hash from retired_names r join tenants t on t.id = r.tenant) as applied
                    where slug = any($1) and declared_hash is not null"#,
                &slugs
            );
            Ok(rows.fetch_all(&mut *tx).await?.into_iter().map(|row| (row.slug, row.hash)).collect::<HashMap<_, _>>())
        })
        .await?;
    let same = declared.iter().filter(|one| applied.get(one.slug.as_str()).is_some_and(|hash| *hash == one.hash));
    Ok(same.map(|one| one.slug.clone()).collect())
}

/// So many that are not there, in words.
pub(super) fn counted(number: usize, what: &str) -> Option<Change> {
    in_words(number, what).map(Change::Missing)
}

/// So many that are otherwise, in words.
pub(super) fn changed(number: usize, what: &str) -> Option<Change> {
    in_words(number, what).map(Change::Changed)
}

fn in_words(number: usize, what: &str) -> Option<String> {
    match number {
        0 => None,
        1 => Some(format!("1 {what}")),
        _ => Some(format!("{} {what}s", grouped(number))),
    }
}

/// With a comma between thousands.
fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let groups: Vec<&str> = digits.as_bytes().rchunks(3).rev().filter_map(|group| std::str::from_utf8(group).ok()).collect();
    groups.join(",")
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_empty() {
            return f.write_str("Nothing to change: everything is as declared.");
        }
        let mut next_line = "";
        for tenant in self.tenants.iter().filter(|tenant| !tenant.is_empty()) {
            write!(f, "{next_line}{tenant}")?;
            next_line = "\n";
        }
        Ok(())
    }
}

impl fmt::Display for TenantPlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(why) = self.left_alone {
            return write!(f, "= tenant {} {why}", self.slug);
        }
        let sign = if self.is_new { '+' } else { '~' };
        write!(f, "{sign} tenant {}", self.slug)?;
        for change in &self.changes {
            write!(f, "\n  {change}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing(what) => write!(f, "+ {what}"),
            Self::Changed(what) => write!(f, "~ {what}"),
            Self::Different { what, from, to } => write!(f, "~ {what} {} → {}", shown(from), shown(to)),
        }
    }
}

/// A value on one line, not longer than can be read at a glance.
fn shown(value: &str) -> String {
    const MOST_CHARACTERS: usize = 60;
    let line = value.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(MOST_CHARACTERS) {
        _ if line.is_empty() => "(nothing)".to_owned(),
        Some((end, _)) => format!("{}…", line.get(..end).unwrap_or_default()),
        None => line,
    }
}
