//! Tells the owners that somebody asks, and the one who asked what they answered.

use askama::Template;

use super::{State, find};
use crate::error::{Error, Result};
use crate::ids::SupportRequestId;
use crate::jobs::Outcome;
use crate::messages::letters::{Mail, Sender};
use crate::messages::{self, Carriers, Message, one_line, outcome_of};
use crate::tenancy::{House, Tenant};
use crate::values::EmailAddress;

#[derive(Template)]
#[template(path = "support/asked.mail.txt", escape = "none")]
struct Asked<'a> {
    operator: &'a str,
    business_name: &'a str,
    reason: &'a str,
    url: &'a str,
}

#[derive(Template)]
#[template(path = "support/decided.mail.txt", escape = "none")]
struct Decided<'a> {
    is_granted: bool,
    owner: &'a str,
    business_name: &'a str,
    until: &'a str,
    url: &'a str,
}

/// Puts one letter for each owner into the outbox, unless the question has been answered or has lapsed meanwhile.
pub async fn tell_owners(house: &House, tenant: &Tenant, request_id: SupportRequestId) -> Result<Outcome> {
    house
        .office(tenant)
        .write(async |tx| {
            let request = find(tx, request_id.uuid()).await?;
            if request.state(house.now()) != State::Asked {
                return Ok(Outcome::Done);
            }
            let owners = sqlx::query_scalar!(
                "select email from staff where tenant_id = $1 and removed_at is null and role = 'owner' order by email",
                tx.tenant().uuid()
            )
            .fetch_all(&mut *tx)
            .await?;
            let business_name = one_line(&tenant.business_name);
            let url = format!("{}/office/support", house.hosts.counter_url(tenant.slug.as_str()));
            let letter = Asked { operator: &request.operator_name, business_name: &business_name, reason: &request.reason, url: &url };
            let text = letter.render().map_err(|error| Error::Internal(error.into()))?;
            for email in owners {
                let to = EmailAddress::parse(&email).map_err(|wrong| Error::Internal(anyhow::anyhow!("an owner's address: {wrong}")))?;
                let subject = format!("{} of Tradecounter asks to look at your office", request.operator_name);
                messages::say(tx, Message::Letter { to, subject, text: text.clone() }, house.now()).await?;
            }
            Ok(Outcome::Done)
        })
        .await
}

/// Sends the operator what was answered, if they are one still. It is the platform's own mail, and goes through no tenant's outbox.
pub async fn tell_operator(house: &House, carriers: &Carriers, tenant: &Tenant, request_id: SupportRequestId) -> Result<Outcome> {
    let (request, operator_id) = house
        .office(tenant)
        .read(async |tx| {
            let operator_id = sqlx::query_scalar!(
                "select operator_id from support_requests where tenant_id = $1 and request_id = $2",
                tx.tenant().uuid(),
                request_id.uuid()
            );
            let operator_id = operator_id.fetch_one(&mut *tx).await?;
            Ok((find(tx, request_id.uuid()).await?, operator_id))
        })
        .await?;
    let email = house
        .db()
        .platform()
        .read(async |tx| {
            let email = sqlx::query_scalar!("select email from operators where id = $1 and removed_at is null", operator_id);
            Ok(email.fetch_optional(&mut *tx).await?)
        })
        .await?;
    let Some(to) = email else { return Ok(Outcome::Done) };
    let business_name = one_line(&tenant.business_name);
    let letter = Decided {
        is_granted: request.granted_until.is_some(),
        owner: &request.decided_by,
        business_name: &business_name,
        until: &request.granted_until.map(|until| until.format("%H:%M UTC").to_string()).unwrap_or_default(),
        url: &format!("{}/tenants/{}/support", house.hosts.console_url(), tenant.id.uuid()),
    };
    let text = letter.render().map_err(|error| Error::Internal(error.into()))?;
    let subject = if letter.is_granted { format!("You are let in at {business_name}") } else { format!("{business_name} has declined") };
    let sender = Sender::of_platform(&house.hosts);
    let mail = Mail { id: request_id.uuid(), to, sender, subject, text, news: None, return_token: String::new() };
    Ok(outcome_of(&carriers.mail.send(&mail).await))
}
