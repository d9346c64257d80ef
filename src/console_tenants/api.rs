//! Wholesalers by the console's API.

use poem_openapi::param::{Path, Query};
use poem_openapi::payload::Json;
use poem_openapi::{ApiResponse, Object, OpenApi};
use uuid::Uuid;

use super::{Listed, NEWEST, NewCounter, Typed, Wanted, create, find, list};
use crate::api::typed::{Body, Id, Text};
use crate::api::{Chapter, time};
use crate::error::Result;
use crate::tenancy::Hosts;
use crate::tenancy::extract::{AnyOperator, Operator};
use crate::values::email::LONGEST_EMAIL;
use crate::values::text::{LONGEST_NAME, LONGEST_QUERY};

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
        let before = cursor.0.as_deref().map_or(Ok(NEWEST), Wanted::read_cursor)?;
        let part = list(&mut operator.tx, &wanted, before).await?;
        let items = part.items.into_iter().map(|tenant| ConsoleTenant::of(tenant, &operator.house.hosts)).collect();
        Ok(Json(ConsoleTenantList { items, next: part.next.map(|id| id.to_string()) }))
    }

    /// Make a wholesaler by hand
    ///
    /// Without samples; the owner can sign in to the office at once.
    #[oai(path = "/tenants", method = "post")]
    async fn create_tenant(&self, operator: Operator<AnyOperator>, body: Body<ConsoleTenantBody>) -> Result<ConsoleTenantCreated> {
        let typed = Typed {
            business_name: body.business_name.to_owned(),
            subdomain: body.subdomain.to_owned(),
            country: body.country.to_owned(),
            owner_name: body.owner_name.as_deref().unwrap_or_default().to_owned(),
            owner_email: body.owner_email.to_owned(),
        };
        let new = NewCounter::parse(&typed)?;
        let agent = operator.leave().await?;
        let made = create(&agent, new).await?;
        Ok(ConsoleTenantCreated::Created(Json(ConsoleTenant::of(made, &agent.house.hosts))))
    }

    /// One wholesaler
    #[oai(path = "/tenants/:id", method = "get")]
    async fn get_tenant(&self, mut operator: Operator<AnyOperator>, id: Path<Id>) -> Result<Json<ConsoleTenant>> {
        let tenant = find(&mut operator.tx, id.uuid()).await?;
        Ok(Json(ConsoleTenant::of(tenant, &operator.house.hosts)))
    }

    // What changes the state or the name of a wholesaler stands below, each by its verb.
}
