//! Whether a log is still what was written: every entry's hash is of what it says and of the hash before it, made and
//! compared by the same function of the database, `audit_hash`.
//!
//! Whoever may write everything can write the whole chain anew, or cut its end off. That is found out by whoever keeps a
//! hash of earlier elsewhere: it must still be part of the chain.

use std::fmt;

use crate::db::{Db, Office, Platform, Tx};
use crate::error::Result;
use crate::ids::TenantId;

/// How many entries are read at once.
const AT_ONCE: i64 = 5_000;

/// Whose log.
#[derive(Clone, Copy)]
pub enum Chain {
    Tenant(TenantId),
    Platform,
}

/// The newest entry of a chain.
pub struct Head {
    pub position: i64,
    pub hash: Vec<u8>,
}

/// How a chain was found.
#[derive(Debug, Default)]
pub struct Found {
    pub entries: u64,
    /// The hash of the newest entry.
    pub head: Option<Vec<u8>>,
    /// Where it breaks first.
    pub fault: Option<Fault>,
    /// Which of the expected hashes are part of it.
    pub holds: Vec<Vec<u8>>,
}

/// Where a chain breaks, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// What stands there does not give its hash.
    Changed(i64),
    /// From here to there.
    Missing(i64, i64),
    /// It gives its hash, and that is not of the entry before it.
    Unlinked(i64),
    /// There are no such places.
    Misplaced(i64),
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Changed(at) => write!(f, "entry {at} is not what was written there: it was changed, or moved from elsewhere"),
            Self::Missing(from, to) if from == to => write!(f, "entry {from} is missing"),
            Self::Missing(from, to) => write!(f, "entries {from} to {to} are missing"),
            Self::Unlinked(at) => write!(f, "entry {at} does not follow from the one before it: one of them was put in or written anew"),
            Self::Misplaced(at) => write!(f, "entry {at} was put in: entries are counted from 1"),
        }
    }
}

struct Link {
    position: i64,
    previous_hash: Vec<u8>,
    hash: Vec<u8>,
    computed: Vec<u8>,
}

/// The chains of these tenants, by subdomain; of none named, those of all tenants, and the platform's.
pub async fn named(db: &Db, slugs: &[String]) -> Result<Vec<(String, Chain)>> {
    let find = async |tx: &mut Tx<Platform>| {
        let rows = sqlx::query!("select slug, id from tenants where cardinality($1::text[]) = 0 or slug = any($1) order by slug", slugs)
            .fetch_all(&mut *tx)
            .await?;
        Ok(rows.into_iter().map(|row| (row.slug, Chain::Tenant(row.id.into()))).collect::<Vec<_>>())
    };
    let mut chains = db.platform().read(find).await?;
    if slugs.is_empty() {
        chains.push(("the platform".to_owned(), Chain::Platform));
    }
    Ok(chains)
}

/// Walks along a chain from its beginning, and looks for hashes of earlier.
pub async fn verify(db: &Db, chain: Chain, expected: &[Vec<u8>]) -> Result<Found> {
    let (mut found, mut after) = (Found::default(), None);
    let mut end = End { position: 0, hash: Vec::new() };
    loop {
        let links = match chain {
            Chain::Tenant(tenant) => db.office(tenant).read(async |tx| of_tenant(tx, after).await).await?,
            Chain::Platform => db.platform().read(async |tx| of_platform(tx, after).await).await?,
        };
        let Some(last) = links.last() else { return Ok(found) };
        (after, found.head) = (Some(last.position), Some(last.hash.clone()));
        for link in links {
            found.entries += 1;
            found.fault = found.fault.or(end.fault_of(&link));
            found.holds.extend(expected.iter().filter(|hash| **hash == link.hash).cloned());
            end = End { position: link.position, hash: link.hash };
        }
    }
}

/// Where the part ends that has been looked at.
struct End {
    position: i64,
    hash: Vec<u8>,
}

impl End {
    /// What is wrong with the link that comes next.
    fn fault_of(&self, link: &Link) -> Option<Fault> {
        let (place, next) = (link.position, self.position + 1);
        if place < next {
            Some(Fault::Misplaced(place))
        } else if place > next {
            Some(Fault::Missing(next, place - 1))
        } else if link.computed != link.hash {
            Some(Fault::Changed(place))
        } else if link.previous_hash != self.hash {
            Some(Fault::Unlinked(place))
        } else {
            None
        }
    }
}

async fn of_tenant(tx: &mut Tx<Office>, after: Option<i64>) -> Result<Vec<Link>> {
    Ok(sqlx::query_as!(
        Link,
        r#"select position, previous_hash, hash, audit_hash(e) as "computed!" from audit_events e
            where tenant_id = $1 and ($2::bigint is null or position > $2) order by position limit $3"#,
        tx.tenant().uuid(),
        after,
        AT_ONCE
    )
    .fetch_all(&mut *tx)
    .await?)
}

async fn of_platform(tx: &mut Tx<Platform>, after: Option<i64>) -> Result<Vec<Link>> {
    Ok(sqlx::query_as!(
        Link,
        r#"select position, previous_hash, hash, audit_hash(e) as "computed!" from operator_events e
            where $1::bigint is null or position > $1 order by position limit $2"#,
        after,
        AT_ONCE
    )
    .fetch_all(&mut *tx)
    .await?)
}
