//! Makes a tenant: its row, its owner, the entry in its audit log and the wish for sample customers, all in one
//! transaction. There is either nothing of it or a counter that works.

use chrono::{DateTime, Utc};
use serde_json::json;

use super::markets::Market;
use super::names;
use crate::audit::{self, Actor, Event};
use crate::db::{Founding, Tx};
use crate::error::Result;
use crate::ids::StaffId;
use crate::jobs::{self, Job, Lane};
use crate::values::{EmailAddress, Slug};

/// What every counter looks like until its owner chooses a colour.
pub const FIRST_COLOUR: &str = "#1f5f5b";

/// What a tenant is made of.
pub struct NewTenant<'a> {
    pub slug: &'a Slug,
    pub business_name: &'a str,
    pub market: Market,
    pub owner_name: &'a str,
    pub owner_email: &'a EmailAddress,
    /// With made-up customers to play with, until the owner takes them away.
    pub with_samples: bool,
    pub actor: Actor,
}

/// Makes it, with the id of the transaction's tenant. None when the name cannot be had; then the transaction must not
/// be kept.
pub async fn provision(tx: &mut Tx<Founding>, new: NewTenant<'_>, now: DateTime<Utc>) -> Result<Option<StaffId>> {
    let tenant = tx.tenant();
    let made = sqlx::query_scalar!(
        "insert into tenants (id, slug, business_name, status, country, currency, time_zone, brand_colour, sms_countries, samples,
                              created_at, updated_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $11)
         on conflict (slug) do nothing
         returning id",
        tenant.uuid(),
        new.slug.as_str(),
        new.business_name,
        if new.with_samples { "demo" } else { "active" },
        new.market.country.as_str(),
        new.market.currency,
        new.market.time_zone.name(),
        FIRST_COLOUR,
        &[new.market.country.as_str().to_owned()],
        if new.with_samples { "wanted" } else { "none" },
        now
    )
    .fetch_optional(&mut *tx)
    .await?;
    if made.is_none() || !names::take(tx, new.slug, tenant, now).await? {
        return Ok(None);
    }
    let owner = StaffId::new();
    sqlx::query!(
        "insert into staff (tenant_id, staff_id, email, name, role, created_at) values ($1, $2, $3, $4, 'owner', $5)",
        tenant.uuid(),
        owner.uuid(),
        new.owner_email.as_str(),
        new.owner_name,
        now
    )
    .execute(&mut *tx)
    .await?;
    let details = json!({ "subdomain": new.slug.as_str(), "business_name": new.business_name, "owner": new.owner_name });
    let event = Event { actor: new.actor, action: "tenant.created", subject_kind: "tenant", subject_id: tenant.uuid(), details };
    audit::record_of_tenant(tx, event, now).await?;
    if new.with_samples {
        jobs::enqueue(tx, Lane::Letters, Job::MakeSamples(tenant), Some(tenant), now).await?;
    }
    Ok(Some(owner))
}
