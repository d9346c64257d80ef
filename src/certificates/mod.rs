//! What is left of tenants that were purged: for each a certificate that says what was deleted, when, and by whom.

pub mod api;
pub mod pages;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::db::{Platform, Tx};
use crate::error::Result;
use crate::lists::{Part, one_more};

/// One in the list.
pub struct Listed {
    pub tenant: Uuid,
    pub subdomain: String,
    pub business_name: String,
    pub purged_at: DateTime<Utc>,
}

/// One of them, with the text that its hash is of.
pub struct Certificate {
    pub tenant: Uuid,
    pub subdomain: String,
    pub business_name: String,
    pub purged_at: DateTime<Utc>,
    pub document: String,
    /// SHA-256, in hexadecimal digits.
    pub hash: String,
}

/// The newest first. `before` is whose the page before ended with.
pub async fn list(tx: &mut Tx<Platform>, before: Option<Uuid>) -> Result<Part<Listed>> {
    let rows = sqlx::query_as!(
        Listed,
        "select tenant, subdomain, business_name, purged_at from deletion_certificates
          where $1::uuid is null
             or (purged_at, tenant) < (select last.purged_at, last.tenant from deletion_certificates last where last.tenant = $1)
          order by purged_at desc, tenant desc limit $2",
        before,
        one_more()
    );
    Ok(Part::of(rows.fetch_all(&mut *tx).await?, |row| row.tenant))
}

/// The one of this tenant.
///
/// # Errors
/// [`Error::NotFound`](crate::error::Error::NotFound) when no tenant of this id was purged.
pub async fn find(tx: &mut Tx<Platform>, tenant: Uuid) -> Result<Certificate> {
    Ok(sqlx::query_as!(
        Certificate,
        r#"select tenant, subdomain, business_name, purged_at, document, encode(hash, 'hex') as "hash!"
             from deletion_certificates where tenant = $1"#,
        tenant
    )
    .fetch_one(&mut *tx)
    .await?)
}
