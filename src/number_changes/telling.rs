//! Tells a wholesaler that a customer comes under another number: in its audit log, and by a letter.

use askama::Template;
use serde_json::json;

use crate::audit::{self, Actor, Event};
use crate::error::{Error, Result};
use crate::ids::AccessId;
use crate::jobs::Outcome;
use crate::messages::Person;
use crate::registrations::telling::tell_deciders;
use crate::tenancy::{House, Tenant};

/// The letter to owners and managers.
#[derive(Template)]
#[template(path = "number_changes/changed.mail.txt", escape = "none")]
struct Changed<'a> {
    contact_name: &'a str,
    business_name: &'a str,
    account_number: &'a str,
    became_one: bool,
    url: &'a str,
}

/// Somebody has changed their number.
pub async fn changed(house: &House, tenant: &Tenant, access_id: AccessId) -> Result<Outcome> {
    tell(house, tenant, access_id, false).await
}

/// Somebody who had two has one.
pub async fn became_one(house: &House, tenant: &Tenant, access_id: AccessId) -> Result<Outcome> {
    tell(house, tenant, access_id, true).await
}

async fn tell(house: &House, tenant: &Tenant, access_id: AccessId, became_one: bool) -> Result<Outcome> {
    house
        .office(tenant)
        .write(async |tx| {
            let access = sqlx::query!(
                "select a.customer_id, a.phone, a.contact_name, t.business_name, t.account_number
                   from account_access a join trade_accounts t on t.tenant_id = a.tenant_id and t.account_id = a.account_id
                  where a.tenant_id = $1 and a.access_id = $2",
                tx.tenant().uuid(),
                access_id.uuid()
            )
            .fetch_optional(&mut *tx)
            .await?;
            // Erased meanwhile, which is told by itself.
            let Some(access) = access else { return Ok(Outcome::Done) };
            let event = Event {
                actor: Actor::access(access_id),
                action: if became_one { "account_access.two_became_one" } else { "account_access.number_changed" },
                subject_kind: "account_access",
                subject_id: access_id.uuid(),
                details: json!({}),
            };
            audit::record(tx, event, house.now()).await?;
            let url = format!("{}/office/customers/{}", tenant.main_url(&house.hosts), access_id.uuid());
            let letter = Changed {
                contact_name: &access.contact_name,
                business_name: &access.business_name,
                account_number: &access.account_number,
                became_one,
                url: &url,
            };
            let text = letter.render().map_err(|error| Error::Internal(error.into()))?;
            let subject = format!("{} has another number", access.business_name);
            let about = Person { customer: access.customer_id.into(), phone: &access.phone };
            tell_deciders(tx, house, Some(about), &subject, &text).await?;
            Ok(Outcome::Done)
        })
        .await
}
