//! A wholesaler's own domains, by the API.

use poem_openapi::param::Path;
use poem_openapi::payload::Json;
use poem_openapi::{ApiResponse, Object, OpenApi};
use uuid::Uuid;

use super::{By, Claim, add, check, dns, list, remove, set_primary};
use crate::api::once::{KeyHeader, read_key};
use crate::api::typed::{Body, Id, Text};
use crate::api::{Chapter, time};
use crate::error::Result;
use crate::tenancy::extract::{DomainKeeper, Staff};

pub struct DomainsApi;

/// A domain that a wholesaler wants, has or had.
#[derive(Object)]
pub struct DomainAnswer {
    id: Uuid,
    domain: String,
    /// `waiting`, `verified`, `expired` or `lost`.
    state: String,
    state_since: String,
    /// Whether links and texts name it.
    primary: bool,
    /// The name of the TXT record that shows whose it is,
    record_name: String,
    /// and what it has to say.
    record_value: String,
    /// What came of the last look at the record: `not_asked`, `found`, `taken`, `no_name`, `no_record`, `other_record`,
    /// `refused` or `no_answer`.
    answer: String,
    checked_at: Option<String>,
    /// When it is looked at next; null when it is not.
    next_check_at: Option<String>,
    /// Since when the record of a verified domain is gone.
    missing_since: Option<String>,
}

impl From<Claim> for DomainAnswer {
    fn from(claim: Claim) -> Self {
        let course = claim.course;
        Self {
            id: claim.id,
            record_name: claim.domain.challenge_name(),
            record_value: dns::proof(&claim.token),
            domain: claim.domain.to_string(),
            state: course.state.word().to_owned(),
            state_since: time(course.state_since),
            primary: claim.is_primary,
            answer: claim.answer.word().to_owned(),
            checked_at: claim.checked_at.map(time),
            next_check_at: course.next_check_at.map(time),
            missing_since: course.missing_since.map(time),
        }
    }
}

/// All of them.
#[derive(Object)]
pub struct DomainList {
    items: Vec<DomainAnswer>,
    next: Option<String>,
}

impl DomainList {
    /// Of these; there are few enough for one page.
    pub fn of(claims: Vec<Claim>) -> Self {
        Self { items: claims.into_iter().map(Into::into).collect(), next: None }
    }
}

/// A domain that is wanted.
#[derive(Object)]
#[oai(deny_unknown_fields)]
pub struct DomainBody {
    /// The name alone, such as `shop.example.com`.
    pub domain: Text<1, 253>,
}

#[derive(ApiResponse)]
pub enum DomainAdded {
    /// Its record is looked for from now on.
    #[oai(status = 201)]
    Added(Json<DomainAnswer>),
}

#[derive(ApiResponse)]
pub enum DomainRemoved {
    /// The counter does not answer there any more.
    #[oai(status = 204)]
    Done,
}

#[OpenApi(prefix_path = "/api/v1", tag = "Chapter::Office")]
impl DomainsApi {
    /// The counter's own domains
    ///
    /// For owners.
    #[oai(path = "/office/domains", method = "get")]
    async fn list_domains(&self, staff: Staff<DomainKeeper>) -> Result<Json<DomainList>> {
        let member = staff.leave().await?;
        let claims = member.house.db().platform().read(async |tx| list(tx, member.tenant.id).await).await?;
        Ok(Json(DomainList::of(claims)))
    }

    /// Add a domain
    ///
    /// It is looked for the TXT record `record_name`, and the counter answers there once that says `record_value`. Nobody's
    /// name: 422. On the list already, another counter's, or the sixth: 409.
    #[oai(path = "/office/domains", method = "post")]
    async fn create_domain(
        &self,
        staff: Staff<DomainKeeper>,
        /// Of visible ASCII characters.
        #[oai(name = "Idempotency-Key")]
        idempotency_key: KeyHeader,
        body: Body<DomainBody>,
    ) -> Result<DomainAdded> {
        let key = read_key(&staff.headers, &idempotency_key)?;
        let member = staff.leave().await?;
        let claim = add(&member.house, member.tenant.id, By::Member(&member), &body.domain, key.as_ref()).await?;
        Ok(DomainAdded::Added(Json(claim.into())))
    }

    /// Remove a domain
    ///
    /// At once, on every instance.
    #[oai(path = "/office/domains/:id", method = "delete")]
    async fn delete_domain(&self, staff: Staff<DomainKeeper>, id: Path<Id>) -> Result<DomainRemoved> {
        let member = staff.leave().await?;
        remove(&member.house, member.tenant.id, By::Member(&member), id.uuid()).await?;
        Ok(DomainRemoved::Done)
    }

    /// Look for its record now
    ///
    /// Too often: 429.
    #[oai(path = "/office/domains/:id/check", method = "post")]
    async fn check_domain(&self, staff: Staff<DomainKeeper>, id: Path<Id>) -> Result<Json<DomainAnswer>> {
        let member = staff.leave().await?;
        Ok(Json(check(&member.house, member.tenant.id, By::Member(&member), id.uuid()).await?.into()))
    }

    /// Have links and texts name it
    ///
    /// Instead of the subdomain, where the counter goes on answering. Not verified: 409.
    #[oai(path = "/office/domains/:id/primary", method = "put")]
    async fn create_primary_domain(&self, staff: Staff<DomainKeeper>, id: Path<Id>) -> Result<Json<DomainAnswer>> {
        let member = staff.leave().await?;
        Ok(Json(set_primary(&member.house, member.tenant.id, By::Member(&member), id.uuid(), true).await?.into()))
    }

    /// Have links and texts name the subdomain again
    #[oai(path = "/office/domains/:id/primary", method = "delete")]
    async fn delete_primary_domain(&self, staff: Staff<DomainKeeper>, id: Path<Id>) -> Result<DomainRemoved> {
        let member = staff.leave().await?;
        set_primary(&member.house, member.tenant.id, By::Member(&member), id.uuid(), false).await?;
        Ok(DomainRemoved::Done)
    }
}
