//! Wholesalers by the console's API.

use poem_openapi::param::{Path, Query};
use poem_openapi::payload::Json;
use poem_openapi::{ApiResponse, Object, OpenApi};
use uuid::Uuid;

use super::{Change, Listed, NewCounter, Typed, Wanted, change, create, erase, find, list};
use crate::api::once::{KeyHeader, read_key};
use crate::api::typed::{Body, Id, Text};
use crate::api::{Chapter, time};
use crate::certificates;
use crate::certificates::api::DeletionCertificate;
use crate::error::{Error, Result};
use crate::ids::TenantId;
use crate::lists::{NEWEST, read_cursor};
use crate::signups::api::Availability;
use crate::signups::read_subdomain;
use crate::tenancy::Hosts;
use crate::tenancy::extract::{AnyOperator, FreshOperator, Operator};
use crate::tenants::names;
use crate::tenants::usage::{self, Day};
use crate::values::email::LONGEST_EMAIL;
use crate::values::text::{LONGEST_NAME, LONGEST_QUERY, LONGEST_REASON};

pub struct ConsoleTenantsApi;

/// A wholesaler.
#[derive(Object)]
pub struct ConsoleTenant {
    id: Uuid,
    subdomain: String,
    business_name: String,
    /// `demo`, `active`, `suspended`, `closing` or `purged`.
    status: String,
    /// Its counter's address; the office is at `/office` there.
    url: String,
    /// Why it is in its state, when somebody said.
    status_reason: Option<String>,
    /// Until when one that is being closed can be opened again; then everything of it is deleted.
    grace_ends_at: Option<String>,
    created_at: String,
}

impl ConsoleTenant {
    /// As this installation's hosts write its address.
    pub fn of(tenant: Listed, hosts: &Hosts) -> Self {
        Self {
            id: tenant.id,
            url: hosts.counter_url(&tenant.slug),
            subdomain: tenant.slug,
            business_name: tenant.business_name,
            status: tenant.status,
            status_reason: Some(tenant.status_reason).filter(|reason| !reason.is_empty()),
            grace_ends_at: tenant.grace_ends_at.map(time),
            created_at: time(tenant.created_at),
        }
    }
}

/// A page of wholesalers.
#[derive(Object)]
pub struct ConsoleTenantList {
    items: Vec<ConsoleTenant>,
    /// Pass it as `cursor` for the next page; null on the last.
    next: Option<String>,
}

/// What a wholesaler uses, in numbers.
#[derive(Object)]
pub struct TenantUsage {
    customers: i64,
    staff: i64,
    /// The logo, and what the rows take up in their tables without their indexes.
    storage_bytes: i64,
    /// When somebody signed in was last there.
    last_activity_at: Option<String>,
    /// Of the last thirty days, the oldest first.
    days: Vec<UsageDay>,
}

/// What all wholesalers together use, as each was last counted: within the hour.
#[derive(Object)]
pub struct PlatformUsage {
    customers: i64,
    storage_bytes: i64,
    last_activity_at: Option<String>,
    /// Of the last thirty days, the oldest first.
    days: Vec<UsageDay>,
}

/// What happened on a day, in UTC.
#[derive(Object)]
pub struct UsageDay {
    day: String,
    /// For an account.
    requests: i64,
    /// Texts and letters.
    messages: i64,
}

impl UsageDay {
    fn of(days: &[Day]) -> Vec<Self> {
        days.iter().map(|day| Self { day: day.day.to_string(), requests: day.requests, messages: day.messages }).collect()
    }
}

/// A wholesaler to be made by hand.
#[derive(Object)]
#[oai(deny_unknown_fields)]
pub struct ConsoleTenantBody {
    business_name: Text<1, LONGEST_NAME>,
    /// The first label of the counter's host.
    subdomain: Text<1, 63>,
    /// Signs in to the office with it.
    owner_email: Text<1, LONGEST_EMAIL>,
    /// ISO 3166-1 alpha-2, such as `GB`.
    country: Text<2, 2>,
    /// What colleagues call the owner; the business's name when it is not given.
    owner_name: Option<Text<1, LONGEST_NAME>>,
}

#[derive(ApiResponse)]
pub enum ConsoleTenantCreated {
    /// The counter is open.
    #[oai(status = 201)]
    Created(Json<ConsoleTenant>),
}

/// Why a counter is shut.
#[derive(Object)]
#[oai(deny_unknown_fields)]
pub struct TenantSuspensionBody {
    /// The wholesaler's staff read it.
    reason: Text<1, LONGEST_REASON>,
}

/// The name that it gets.
#[derive(Object)]
#[oai(deny_unknown_fields)]
pub struct TenantNameBody {
    subdomain: Text<1, 63>,
}

/// Why a counter is closed for good.
#[derive(Object)]
#[oai(deny_unknown_fields)]
pub struct TenantClosureBody {
    /// Operators read it.
    reason: Text<1, LONGEST_REASON>,
}

/// That everything is to be deleted.
#[derive(Object)]
#[oai(deny_unknown_fields)]
pub struct TenantPurgeBody {
    /// The wholesaler's own subdomain, to say that it is meant.
    confirmation: Text<1, 63>,
}

#[derive(ApiResponse)]
pub enum TenantReopened {
    /// The counter is open.
    #[oai(status = 204)]
    Done,
}

#[OpenApi(prefix_path = "/api/v1", tag = "Chapter::Tenants")]
impl ConsoleTenantsApi {
    /// The wholesalers, newest first
    #[oai(path = "/tenants", method = "get")]
    async fn list_tenants(
        &self,
        mut operator: Operator<AnyOperator>,
        /// Part of a subdomain or of a business name.
        query: Query<Option<Text<0, LONGEST_QUERY>>>,
        /// `demo`, `active`, `suspended`, `closing` or `purged`.
        status: Query<Option<String>>,
        /// The `next` of the page before.
        cursor: Query<Option<String>>,
    ) -> Result<Json<ConsoleTenantList>> {
        let wanted = Wanted::read(query.0.as_deref().unwrap_or_default(), status.0.as_deref().unwrap_or_default())?;
        let before = read_cursor(cursor.0.as_deref())?.unwrap_or(NEWEST);
        let part = list(&mut operator.tx, &wanted, before).await?;
        let items = part.items.into_iter().map(|tenant| ConsoleTenant::of(tenant, &operator.house.hosts)).collect();
        Ok(Json(ConsoleTenantList { items, next: part.next.map(|id| id.to_string()) }))
    }

    /// Make a wholesaler by hand
    ///
    /// Without samples; the owner can sign in to the office at once. With an `Idempotency-Key`, the same body again gets the
    /// first answer; another body, 422.
    #[oai(path = "/tenants", method = "post")]
    async fn create_tenant(
        &self,
        operator: Operator<AnyOperator>,
        /// Of visible ASCII characters.
        #[oai(name = "Idempotency-Key")]
        idempotency_key: KeyHeader,
        body: Body<ConsoleTenantBody>,
    ) -> Result<ConsoleTenantCreated> {
        let typed = Typed {
            business_name: body.business_name.to_owned(),
            subdomain: body.subdomain.to_owned(),
            country: body.country.to_owned(),
            owner_name: body.owner_name.as_deref().unwrap_or_default().to_owned(),
            owner_email: body.owner_email.to_owned(),
        };
        let (new, key) = (NewCounter::parse(&typed)?, read_key(&operator.headers, &idempotency_key)?);
        let agent = operator.leave().await?;
        let made = create(&agent, new, key.as_ref()).await?;
        Ok(ConsoleTenantCreated::Created(Json(ConsoleTenant::of(made, &agent.house.hosts))))
    }

    /// One wholesaler
    #[oai(path = "/tenants/:id", method = "get")]
    async fn get_tenant(&self, mut operator: Operator<AnyOperator>, id: Path<Id>) -> Result<Json<ConsoleTenant>> {
        let tenant = find(&mut operator.tx, id.uuid()).await?;
        Ok(Json(ConsoleTenant::of(tenant, &operator.house.hosts)))
    }

    /// What a wholesaler uses, counted now
    #[oai(path = "/tenants/:id/usage", method = "get")]
    async fn get_tenant_usage(&self, operator: Operator<AnyOperator>, id: Path<Id>) -> Result<Json<TenantUsage>> {
        let agent = operator.leave().await?;
        let counted = usage::count(&agent.house, id.uuid().into()).await?;
        Ok(Json(TenantUsage {
            customers: counted.customers,
            staff: counted.staff,
            storage_bytes: counted.storage_bytes(),
            last_activity_at: counted.last_activity_at.map(time),
            days: UsageDay::of(&counted.days),
        }))
    }

    /// What all wholesalers together use
    #[oai(path = "/usage", method = "get")]
    async fn get_usage(&self, mut operator: Operator<AnyOperator>) -> Result<Json<PlatformUsage>> {
        let now = operator.house.now();
        let usage::Totals { customers, storage_bytes, last_activity_at, days } = usage::totals(&mut operator.tx, now).await?;
        let last_activity_at = last_activity_at.map(time);
        Ok(Json(PlatformUsage { customers, storage_bytes, last_activity_at, days: UsageDay::of(&days) }))
    }

    /// Suspend a wholesaler
    ///
    /// Its customers are told that it is closed; its staff may read and not write. Suspended already: 409.
    #[oai(path = "/tenants/:id/suspension", method = "post")]
    async fn create_tenant_suspension(
        &self,
        operator: Operator<AnyOperator>,
        id: Path<Id>,
        body: Body<TenantSuspensionBody>,
    ) -> Result<Json<ConsoleTenant>> {
        let agent = operator.leave().await?;
        let tenant = change(&agent, id.uuid(), Change::Suspend(body.reason.to_owned())).await?;
        Ok(Json(ConsoleTenant::of(tenant, &agent.house.hosts)))
    }

    /// Open it again
    ///
    /// As it was before. Not suspended: 409.
    #[oai(path = "/tenants/:id/suspension", method = "delete")]
    async fn delete_tenant_suspension(&self, operator: Operator<AnyOperator>, id: Path<Id>) -> Result<TenantReopened> {
        let agent = operator.leave().await?;
        change(&agent, id.uuid(), Change::Reactivate).await?;
        Ok(TenantReopened::Done)
    }

    /// Give it another subdomain
    ///
    /// The old one leads there for ninety days; whoever was signed in signs in anew. Somebody else's: 409.
    #[oai(path = "/tenants/:id/rename", method = "post")]
    async fn rename_tenant(
        &self,
        operator: Operator<AnyOperator>,
        id: Path<Id>,
        body: Body<TenantNameBody>,
    ) -> Result<Json<ConsoleTenant>> {
        let slug = read_subdomain(&body.subdomain).map_err(|why| Error::invalid("subdomain", why))?;
        let agent = operator.leave().await?;
        let tenant = change(&agent, id.uuid(), Change::Rename(slug)).await?;
        Ok(Json(ConsoleTenant::of(tenant, &agent.house.hosts)))
    }

    /// Close a wholesaler for good
    ///
    /// It can be taken back for 30 days, or as long as this installation says; then everything of it is deleted. Being
    /// closed already: 409.
    #[oai(path = "/tenants/:id/closure", method = "post")]
    async fn create_tenant_closure(
        &self,
        operator: Operator<FreshOperator>,
        id: Path<Id>,
        body: Body<TenantClosureBody>,
    ) -> Result<Json<ConsoleTenant>> {
        let agent = operator.leave().await?;
        let tenant = change(&agent, id.uuid(), Change::Close(body.reason.to_owned())).await?;
        Ok(Json(ConsoleTenant::of(tenant, &agent.house.hosts)))
    }

    /// Take the closing back
    ///
    /// It is as it was before. Not being closed: 409.
    #[oai(path = "/tenants/:id/closure", method = "delete")]
    async fn delete_tenant_closure(&self, operator: Operator<AnyOperator>, id: Path<Id>) -> Result<TenantReopened> {
        let agent = operator.leave().await?;
        change(&agent, id.uuid(), Change::Reopen).await?;
        Ok(TenantReopened::Done)
    }

    /// Delete everything of a wholesaler
    ///
    /// When the time to take its closing back is over; until then 409. A certificate is left.
    #[oai(path = "/tenants/:id/purge", method = "post")]
    async fn purge_tenant(
        &self,
        operator: Operator<FreshOperator>,
        id: Path<Id>,
        body: Body<TenantPurgeBody>,
    ) -> Result<Json<DeletionCertificate>> {
        let agent = operator.leave().await?;
        erase(&agent, id.uuid(), &body.confirmation).await?;
        let certificate = agent.house.db().platform().read(async |tx| certificates::find(tx, id.uuid()).await).await?;
        Ok(Json(certificate.into()))
    }

    /// Whether a subdomain can be had by a wholesaler that is to be made
    #[oai(path = "/subdomains/:slug", method = "get")]
    async fn get_free_subdomain(&self, mut operator: Operator<AnyOperator>, slug: Path<String>) -> Result<Json<Availability>> {
        availability(&mut operator, &slug.0, None).await
    }

    /// Whether a subdomain can be had by this wholesaler
    ///
    /// What was once its own it can have back.
    #[oai(path = "/tenants/:id/subdomains/:slug", method = "get")]
    async fn get_tenant_subdomain(
        &self,
        mut operator: Operator<AnyOperator>,
        id: Path<Id>,
        slug: Path<String>,
    ) -> Result<Json<Availability>> {
        availability(&mut operator, &slug.0, Some(id.uuid().into())).await
    }
}

async fn availability(operator: &mut Operator<AnyOperator>, typed: &str, tenant: Option<TenantId>) -> Result<Json<Availability>> {
    let now = operator.house.now();
    let state = match read_subdomain(typed) {
        Ok(slug) => Ok(names::state_of(&mut operator.tx, &slug, tenant, now).await?),
        Err(why) => Err(why),
    };
    Ok(Json(Availability::of(state)))
}
