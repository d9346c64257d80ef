//! A wholesaler's own domains, by the console's API.

use poem_openapi::OpenApi;
use poem_openapi::param::Path;
use poem_openapi::payload::Json;

use crate::api::Chapter;
use crate::api::once::{KeyHeader, read_key};
use crate::api::typed::{Body, Id};
use crate::console_tenants;
use crate::domains::api::{DomainAdded, DomainAnswer, DomainBody, DomainList, DomainRemoved};
use crate::domains::{self, By};
use crate::error::Result;
use crate::tenancy::extract::{AnyOperator, Operator};

pub struct ConsoleDomainsApi;

#[OpenApi(prefix_path = "/api/v1", tag = "Chapter::Tenants")]
impl ConsoleDomainsApi {
    /// A wholesaler's own domains
    #[oai(path = "/tenants/:id/domains", method = "get")]
    async fn list_tenant_domains(&self, mut operator: Operator<AnyOperator>, id: Path<Id>) -> Result<Json<DomainList>> {
        let tenant = console_tenants::find(&mut operator.tx, id.uuid()).await?;
        let claims = domains::list(&mut operator.tx, tenant.id.into()).await?;
        Ok(Json(DomainList::of(claims)))
    }

    /// Add a domain
    ///
    /// It is looked for the TXT record `record_name`, and the counter answers there once that says `record_value`. Nobody's
    /// name: 422. On the list already, another counter's, or the sixth: 409.
    #[oai(path = "/tenants/:id/domains", method = "post")]
    async fn create_tenant_domain(
        &self,
        operator: Operator<AnyOperator>,
        id: Path<Id>,
        /// Of visible ASCII characters.
        #[oai(name = "Idempotency-Key")]
        idempotency_key: KeyHeader,
        body: Body<DomainBody>,
    ) -> Result<DomainAdded> {
        let key = read_key(&operator.headers, &idempotency_key)?;
        let agent = operator.leave().await?;
        let claim = domains::add(&agent.house, id.uuid().into(), By::Agent(&agent), &body.domain, key.as_ref()).await?;
        Ok(DomainAdded::Added(Json(claim.into())))
    }

    /// Remove a domain
    ///
    /// At once, on every instance.
    #[oai(path = "/tenants/:id/domains/:domain_id", method = "delete")]
    async fn delete_tenant_domain(&self, operator: Operator<AnyOperator>, id: Path<Id>, domain_id: Path<Id>) -> Result<DomainRemoved> {
        let agent = operator.leave().await?;
        domains::remove(&agent.house, id.uuid().into(), By::Agent(&agent), domain_id.uuid()).await?;
        Ok(DomainRemoved::Done)
    }

    /// Look for its record now
    ///
    /// Too often: 429.
    #[oai(path = "/tenants/:id/domains/:domain_id/check", method = "post")]
    async fn check_tenant_domain(&self, operator: Operator<AnyOperator>, id: Path<Id>, domain_id: Path<Id>) -> Result<Json<DomainAnswer>> {
        let agent = operator.leave().await?;
        Ok(Json(domains::check(&agent.house, id.uuid().into(), By::Agent(&agent), domain_id.uuid()).await?.into()))
    }

    /// Have links and texts name it
    ///
    /// Instead of the subdomain, where the counter goes on answering. Not verified: 409.
    #[oai(path = "/tenants/:id/domains/:domain_id/primary", method = "put")]
    async fn create_tenant_primary_domain(
        &self,
        operator: Operator<AnyOperator>,
        id: Path<Id>,
        domain_id: Path<Id>,
    ) -> Result<Json<DomainAnswer>> {
        let agent = operator.leave().await?;
        Ok(Json(domains::set_primary(&agent.house, id.uuid().into(), By::Agent(&agent), domain_id.uuid(), true).await?.into()))
    }

    /// Have links and texts name the subdomain again
    #[oai(path = "/tenants/:id/domains/:domain_id/primary", method = "delete")]
    async fn delete_tenant_primary_domain(
        &self,
        operator: Operator<AnyOperator>,
        id: Path<Id>,
        domain_id: Path<Id>,
    ) -> Result<DomainRemoved> {
        let agent = operator.leave().await?;
        domains::set_primary(&agent.house, id.uuid().into(), By::Agent(&agent), domain_id.uuid(), false).await?;
        Ok(DomainRemoved::Done)
    }
}
