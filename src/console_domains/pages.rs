//! A wholesaler's own domains on an operator's desk.

use askama::Template;
use chrono_tz::Tz;
use poem::web::{Form, Path};
use poem::{IntoResponse, Response, handler};
use uuid::Uuid;

use crate::console_tenants;
use crate::domains::pages::{DomainForm, Entered, Listing};
use crate::domains::{self, By};
use crate::error::Result;
use crate::tenancy::extract::{Agent, Operator, Person};
use crate::web::{Page, Redirect, Shell};

#[derive(Template)]
#[template(path = "console_domains/index.html")]
struct IndexPage {
    shell: Shell,
    tenant_id: Uuid,
    business_name: String,
    subdomain: String,
    listing: Listing,
}

/// `GET /tenants/:id/domains`
#[handler]
pub async fn index(operator: Operator<Person>, Path(id): Path<Uuid>) -> Result<Page> {
    let agent = operator.leave().await?;
    index_page(&agent, id, Entered::default()).await
}

/// `POST /tenants/:id/domains`
#[handler]
pub async fn create(operator: Operator<Person>, Path(id): Path<Uuid>, Form(form): Form<DomainForm>) -> Result<Response> {
    let agent = operator.leave().await?;
    let added = domains::add(&agent.house, id.into(), By::Agent(&agent), &form.domain, None).await;
    answer(&agent, id, added.map(drop), form.domain).await
}

/// `POST /tenants/:id/domains/:domain_id/check`
#[handler]
pub async fn look(operator: Operator<Person>, Path((id, domain_id)): Path<(Uuid, Uuid)>) -> Result<Response> {
    let agent = operator.leave().await?;
    let checked = domains::check(&agent.house, id.into(), By::Agent(&agent), domain_id).await;
    answer(&agent, id, checked.map(drop), String::new()).await
}

/// `POST /tenants/:id/domains/:domain_id/primary`
#[handler]
pub async fn primary(operator: Operator<Person>, Path((id, domain_id)): Path<(Uuid, Uuid)>) -> Result<Redirect> {
    let agent = operator.leave().await?;
    domains::set_primary(&agent.house, id.into(), By::Agent(&agent), domain_id, true).await?;
    Ok(Redirect::to(base(id)))
}

/// `POST /tenants/:id/domains/:domain_id/primary/removal`
#[handler]
pub async fn primary_removal(operator: Operator<Person>, Path((id, domain_id)): Path<(Uuid, Uuid)>) -> Result<Redirect> {
    let agent = operator.leave().await?;
    domains::set_primary(&agent.house, id.into(), By::Agent(&agent), domain_id, false).await?;
    Ok(Redirect::to(base(id)))
}

/// `POST /tenants/:id/domains/:domain_id/removal`
#[handler]
pub async fn removal(operator: Operator<Person>, Path((id, domain_id)): Path<(Uuid, Uuid)>) -> Result<Redirect> {
    let agent = operator.leave().await?;
    domains::remove(&agent.house, id.into(), By::Agent(&agent), domain_id).await?;
    Ok(Redirect::to(base(id)))
}

fn base(tenant: Uuid) -> String {
    format!("/tenants/{tenant}/domains")
}

async fn answer(agent: &Agent, tenant: Uuid, done: Result<()>, typed: String) -> Result<Response> {
    let Err(error) = done else { return Ok(Redirect::to(base(tenant)).into_response()) };
    let (entered, status, refusal) = Entered::of(error, typed)?;
    Ok(index_page(agent, tenant, entered).await?.with_refusal(&refusal).with_status(status).into_response())
}

async fn index_page(agent: &Agent, id: Uuid, entered: Entered) -> Result<Page> {
    let house = &agent.house;
    let (tenant, claims) =
        house.db().platform().read(async |tx| Ok((console_tenants::find(tx, id).await?, domains::list(tx, id.into()).await?))).await?;
    let subdomain = house.hosts.host_of(&tenant.slug);
    Page::of(&IndexPage {
        shell: Shell::of_operator(agent, "Domains", "tenants"),
        tenant_id: id,
        listing: Listing::of(house, base(id), subdomain.clone(), Tz::UTC, claims, entered),
        business_name: tenant.business_name,
        subdomain,
    })
}
