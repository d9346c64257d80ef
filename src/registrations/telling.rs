//! Tells the people who decide that somebody asks for an account.

use askama::Template;

use crate::db::{Office, Tx};
use crate::error::{Error, Result};
use crate::ids::RequestId;
use crate::jobs::Outcome;
use crate::messages::{self, Message, Person};
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
    /// They had an account before, under another number or long ago.
    pub is_return: bool,
    pub url: &'a str,
}

/// Puts one letter for each owner and manager into the outbox.
pub async fn tell_staff(house: &House, tenant: &Tenant, request_id: RequestId) -> Result<Outcome> {
    house
        .office(tenant)
        .write(async |tx| {
            let request = sqlx::query!(
                r#"select customer_id as "customer_id!", phone as "phone!", kind, business_name, contact_name, message from registration_requests
                  where tenant_id = $1 and request_id = $2 and status = 'pending'"#,
                tx.tenant().uuid(),
                request_id.uuid()
            )
            .fetch_optional(&mut *tx)
            .await?;
            let Some(request) = request else { return Ok(Outcome::Done) };
            let url = format!("{}/office/registration-requests/{}", tenant.main_url(&house.hosts), request_id.uuid());
            let letter = Asked {
                tenant_name: &tenant.business_name,
                business_name: &request.business_name,
                contact_name: &request.contact_name,
                message: &request.message,
                is_return: request.kind == "return",
                url: &url,
            };
            let text = letter.render().map_err(|error| Error::Internal(error.into()))?;
            let asks = if request.kind == "return" { "had an account before" } else { "asks for an account" };
            let subject = format!("{} {asks}", request.business_name);
            let about = Person { customer: request.customer_id.into(), phone: &request.phone };
            tell_deciders(tx, house, Some(about), &subject, &text).await?;
            Ok(Outcome::Done)
        })
        .await
}

/// One letter for each owner and manager, about this customer or about nobody by name.
pub async fn tell_deciders(tx: &mut Tx<Office>, house: &House, about: Option<Person<'_>>, subject: &str, text: &str) -> Result<()> {
    let deciders = sqlx::query_scalar!(
        "select email from staff where tenant_id = $1 and removed_at is null and role in ('owner', 'manager') order by email",
        tx.tenant().uuid()
    )
    .fetch_all(&mut *tx)
    .await?;
    for email in deciders {
        let to = EmailAddress::parse(&email).map_err(|wrong| Error::Internal(anyhow::anyhow!("a member's address: {wrong}")))?;
        let letter = Message::Letter { to, subject: subject.to_owned(), text: text.to_owned() };
        let tenant = tx.tenant();
        messages::put(tx, tenant, about, letter, house.now()).await?;
    }
    Ok(())
}
