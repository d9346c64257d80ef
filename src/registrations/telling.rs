//! Tells the people who decide that somebody asks for an account.

use askama::Template;

use crate::error::{Error, Result};
use crate::ids::RequestId;
use crate::jobs::Outcome;
use crate::messages::{self, Message};
use crate::tenancy::{House, Tenant};
use crate::values::EmailAddress;

/// The letter to those who decide.
#[derive(Template)]
#[template(path = "registrations/asked.mail.txt", escape = "none")]
pub struct Asked<'a> {
    pub tenant_name: &'a str,
    pub business_name: &'a str,
    pub contact_name: &'a str,
    pub message: &'a str,
    pub url: &'a str,
}

/// Puts one letter for each owner and manager into the outbox.
pub async fn tell_staff(house: &House, tenant: &Tenant, request_id: RequestId) -> Result<Outcome> {
    house
        .office(tenant)
        .write(async |tx| {
            let request = sqlx::query!(
                "select business_name, contact_name, message from registration_requests
                  where tenant_id = $1 and request_id = $2 and status = 'pending'",
                tx.tenant().uuid(),
                request_id.uuid()
            )
            .fetch_optional(&mut *tx)
            .await?;
            let Some(request) = request else { return Ok(Outcome::Done) };
            let deciders = sqlx::query_scalar!(
                "select email from staff where tenant_id = $1 and removed_at is null and role in ('owner', 'manager')",
                tx.tenant().uuid()
            )
            .fetch_all(&mut *tx)
            .await?;
            let url = format!("{}/office/registration-requests/{}", house.hosts.counter_url(tenant.slug.as_str()), request_id.uuid());
            let letter = Asked {
                tenant_name: &tenant.business_name,
                business_name: &request.business_name,
                contact_name: &request.contact_name,
                message: &request.message,
                url: &url,
            };
            let text = letter.render().map_err(|error| Error::Internal(error.into()))?;
            for email in deciders {
                let to = EmailAddress::parse(&email).map_err(|wrong| Error::Internal(anyhow::anyhow!("a member's address: {wrong}")))?;
                let subject = format!("{} asks for an account", request.business_name);
                messages::say(tx, Message::Letter { to, subject, text: text.clone() }, house.now()).await?;
            }
            Ok(Outcome::Done)
        })
        .await
}
