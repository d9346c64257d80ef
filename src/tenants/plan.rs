//! What would change, in words that an operator can nod to.

use std::fmt;

use anyhow::ensure;

use super::declared::Declared;
use super::difference::Difference;
use super::standing::{Settings, Standing};
use crate::db::Db;
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
}

/// One thing that is not as declared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// It is not there: `staff owner@unionjack.example`, `161 trade accounts`.
    Missing(String),
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
        !self.is_new && self.changes.is_empty()
    }
}

/// Compares the folders with the database. Nothing is written.
///
/// # Errors
/// When the database does not answer, or a folder is that of a tenant who is being closed.
pub async fn plan(db: &Db, declared: &[Declared]) -> anyhow::Result<Plan> {
    let mut tenants = Vec::new();
    for one in declared {
        tenants.push(plan_one(db, one).await?);
    }
    Ok(Plan { tenants })
}

async fn plan_one(db: &Db, declared: &Declared) -> anyhow::Result<TenantPlan> {
    let settings = db.platform().read(async |tx| Settings::read(tx, &declared.slug).await).await?;
    let Some(settings) = settings else {
        let changes = Difference::of(declared, &Standing::default()).changes();
        return Ok(TenantPlan { slug: declared.slug.clone(), is_new: true, changes });
    };
    ensure!(!settings.is_going(), "{} is being closed; take its folder away, or reopen it first", declared.slug);
    let standing = db.office(TenantId::from(settings.id)).read(async |tx| Standing::read(tx, declared).await).await?;
    let mut changes = settings.changes_to(declared);
    changes.extend(Difference::of(declared, &standing).changes());
    Ok(TenantPlan { slug: declared.slug.clone(), is_new: false, changes })
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
