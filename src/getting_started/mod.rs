//! The first page of a new counter's office: what to do next, and the samples with the way to be rid of them.

pub mod pages;

use crate::audit::Actor;
use crate::error::Result;
use crate::tenancy::extract::Member;
use crate::tenants::provision::FIRST_COLOUR;
use crate::tenants::samples;

/// How far a tenant has come.
#[expect(clippy::struct_excessive_bools, reason = "each is a line of a checklist")]
pub struct Progress {
    pub has_samples: bool,
    /// Requests, the samples' too, that wait for a decision.
    pub waiting: i64,
    /// Customers that were let in and are no samples.
    pub customers: i64,
    pub has_logo: bool,
    pub has_colours: bool,
    pub has_contact: bool,
}

/// Reads it.
pub async fn progress(member: &Member) -> Result<Progress> {
    let house = &member.house;
    let tenant = member.tenant.id;
    let samples = house
        .db()
        .platform()
        .read(async |tx| Ok(sqlx::query_scalar!("select samples from tenants where id = $1", tenant.uuid()).fetch_one(&mut *tx).await?))
        .await?;
    let counts = house
        .office(&member.tenant)
        .read(async |tx| {
            Ok(sqlx::query!(
                r#"select (select count(*) from registration_requests where tenant_id = $1 and status = 'pending') as "waiting!",
                          (select count(*) from account_access where tenant_id = $1 and not phone = any($2)) as "customers!""#,
                tx.tenant().uuid(),
                &samples::phones()
            )
            .fetch_one(&mut *tx)
            .await?)
        })
        .await?;
    Ok(Progress {
        has_samples: samples == "there" || samples == "wanted",
        waiting: counts.waiting,
        customers: counts.customers,
        has_logo: member.tenant.has_logo,
        has_colours: member.tenant.second_colour.is_some() || member.tenant.brand_colour != FIRST_COLOUR,
        has_contact: !member.tenant.contact_email.is_empty() || !member.tenant.contact_phone.is_empty(),
    })
}

/// Takes the samples away and opens the counter for real.
pub async fn remove_samples(member: &Member) -> Result<()> {
    samples::remove(member.house.db(), member.tenant.id, Actor::staff(member), member.house.now()).await
}
