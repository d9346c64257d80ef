//! Certificates by the console's API.

use poem_openapi::param::{Path, Query};
use poem_openapi::payload::Json;
use poem_openapi::{Object, OpenApi};
use uuid::Uuid;

use super::{Certificate, Listed, find, list};
use crate::api::typed::Id;
use crate::api::{Chapter, time};
use crate::error::Result;
use crate::lists::read_cursor;
use crate::tenancy::extract::{AnyOperator, Operator};

pub struct CertificatesApi;

/// A wholesaler of which nothing is left.
#[derive(Object)]
pub struct PurgedTenant {
    /// The wholesaler's.
    id: Uuid,
    subdomain: String,
    business_name: String,
    purged_at: String,
}

/// A page of them.
#[derive(Object)]
pub struct PurgedTenantList {
    items: Vec<PurgedTenant>,
    /// Pass it as `cursor` for the next page; null on the last.
    next: Option<String>,
}

/// What says that everything of a wholesaler was deleted.
#[derive(Object)]
pub struct DeletionCertificate {
    /// The wholesaler's.
    id: Uuid,
    subdomain: String,
    business_name: String,
    purged_at: String,
    /// What was deleted, when and by whom: a JSON document, as the text that the hash is of.
    document: String,
    /// Of the document's UTF-8, in hexadecimal digits.
    sha256: String,
}

impl From<Listed> for PurgedTenant {
    fn from(row: Listed) -> Self {
        Self { id: row.tenant, subdomain: row.subdomain, business_name: row.business_name, purged_at: time(row.purged_at) }
    }
}

impl From<Certificate> for DeletionCertificate {
    fn from(row: Certificate) -> Self {
        let Certificate { tenant, subdomain, business_name, purged_at, document, hash } = row;
        Self { id: tenant, subdomain, business_name, purged_at: time(purged_at), document, sha256: hash }
    }
}

#[OpenApi(prefix_path = "/api/v1", tag = "Chapter::Tenants")]
impl CertificatesApi {
    /// The wholesalers that were deleted, newest first
    #[oai(path = "/deletion-certificates", method = "get")]
    async fn list_deletion_certificates(
        &self,
        mut operator: Operator<AnyOperator>,
        /// The `next` of the page before.
        cursor: Query<Option<String>>,
    ) -> Result<Json<PurgedTenantList>> {
        let before = read_cursor(cursor.0.as_deref())?;
        let part = list(&mut operator.tx, before).await?;
        let items = part.items.into_iter().map(Into::into).collect();
        Ok(Json(PurgedTenantList { items, next: part.next.map(|id| id.to_string()) }))
    }

    /// The certificate of one of them
    #[oai(path = "/deletion-certificates/:id", method = "get")]
    async fn get_deletion_certificate(&self, mut operator: Operator<AnyOperator>, id: Path<Id>) -> Result<Json<DeletionCertificate>> {
        Ok(Json(find(&mut operator.tx, id.uuid()).await?.into()))
    }
}
