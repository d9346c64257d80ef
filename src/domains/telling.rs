//! Tells the owners that a domain of theirs is about to be lost, or is.

use askama::Template;
use chrono_tz::Tz;

use super::course::{State, WARNING};
use super::{Claim, dns, find};
use crate::error::{Error, Result};
use crate::ids::DomainId;
use crate::jobs::Outcome;
use crate::messages::{self, Message, one_line};
use crate::tenancy::{House, Tenant};
use crate::values::EmailAddress;

#[derive(Template)]
#[template(path = "domains/missing.mail.txt", escape = "none")]
struct Missing<'a> {
    tenant_name: &'a str,
    domain: &'a str,
    record_name: &'a str,
    record_value: &'a str,
    until: &'a str,
    url: &'a str,
}

#[derive(Template)]
#[template(path = "domains/lost.mail.txt", escape = "none")]
struct Lost<'a> {
    tenant_name: &'a str,
    domain: &'a str,
    counter_url: &'a str,
    url: &'a str,
}

/// Puts one letter for each owner into the outbox.
pub async fn tell_owners(house: &House, tenant: &Tenant, domain: DomainId) -> Result<Outcome> {
    let claim = match house.db().platform().read(async |tx| find(tx, tenant.id, domain.uuid()).await).await {
        // Removed meanwhile.
        Err(Error::NotFound) => return Ok(Outcome::Done),
        found => found?,
    };
    let Some((subject, text)) = letter(house, tenant, &claim)? else { return Ok(Outcome::Done) };
    house
        .office(tenant)
        .write(async |tx| {
            let owners = sqlx::query_scalar!(
                "select email from staff where tenant_id = $1 and removed_at is null and role = 'owner'",
                tx.tenant().uuid()
            )
            .fetch_all(&mut *tx)
            .await?;
            for email in owners {
                let to = EmailAddress::parse(&email).map_err(|wrong| Error::Internal(anyhow::anyhow!("a member's address: {wrong}")))?;
                messages::say(tx, Message::Letter { to, subject: subject.clone(), text: text.clone() }, house.now()).await?;
            }
            Ok(Outcome::Done)
        })
        .await
}

/// What there is to say, if it is not over already. Links lead to the subdomain: that one is not lost.
fn letter(house: &House, tenant: &Tenant, claim: &Claim) -> Result<Option<(String, String)>> {
    let domain = claim.domain.as_str();
    let counter_url = house.hosts.counter_url(tenant.slug.as_str());
    let (tenant_name, url) = (one_line(&tenant.business_name), format!("{counter_url}/office/domains"));
    let (subject, text) = match (claim.course.state, claim.course.warned_at) {
        (State::Verified, Some(warned_at)) => {
            let until = (warned_at + WARNING).with_timezone::<Tz>(&tenant.time_zone).format("%-d %B").to_string();
            let letter = Missing {
                tenant_name: &tenant_name,
                domain,
                record_name: &claim.domain.challenge_name(),
                record_value: &dns::proof(&claim.token),
                until: &until,
                url: &url,
            };
            (format!("{domain} will stop leading to your counter"), letter.render())
        }
        (State::Lost, _) => {
            let letter = Lost { tenant_name: &tenant_name, domain, counter_url: &counter_url, url: &url };
            (format!("{domain} does not lead to your counter any more"), letter.render())
        }
        _ => return Ok(None),
    };
    Ok(Some((subject, text.map_err(|error| Error::Internal(error.into()))?)))
}
