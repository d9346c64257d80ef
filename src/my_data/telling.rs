//! Tells a wholesaler that somebody had everything about them erased: in its audit log, and by a letter when it was a
//! customer. Who it was is not known any more, and so not said.

use askama::Template;
use serde_json::json;
use uuid::Uuid;

use crate::audit::{self, Actor, Event};
use crate::db::{Office, Tx};
use crate::error::{Error, Result};
use crate::imports;
use crate::jobs::Outcome;
use crate::registrations::telling::tell_deciders;
use crate::tenancy::{House, Tenant};

/// The letter to owners and managers.
#[derive(Template)]
#[template(path = "my_data/erased.mail.txt", escape = "none")]
struct Erased<'a> {
    business_name: &'a str,
    account_number: &'a str,
    others: i64,
    url: &'a str,
}

/// Writes it down and says it; `subject` is the trade account, or the request, that stays.
pub async fn erased(house: &House, tenant: &Tenant, subject: Uuid) -> Result<Outcome> {
    house
        .office(tenant)
        .write(async |tx| {
            let account = sqlx::query!(
                r#"select t.business_name, t.account_number,
                          (select count(*) from account_access a where a.tenant_id = t.tenant_id and a.account_id = t.account_id) as "others!"
                     from trade_accounts t where t.tenant_id = $1 and t.account_id = $2"#,
                tx.tenant().uuid(),
                subject
            )
            .fetch_optional(&mut *tx)
            .await?;
            let subject_kind = if account.is_some() { "trade_account" } else { "registration_request" };
            let event = Event {
                actor: Actor::system("A customer who has been erased"),
                action: "customer.erased",
                subject_kind,
                subject_id: subject,
                details: json!({}),
            };
            audit::record(tx, event, house.now()).await?;
            // Files of customers that are on their way may hold who it was.
            imports::forget_people(tx).await?;
            if let Some(account) = account {
                if account.others == 0 {
                    forget_address(tx, subject).await?;
                }
                let url = format!("{}/office/customers", tenant.main_url(&house.hosts));
                let letter = Erased {
                    business_name: &account.business_name,
                    account_number: &account.account_number,
                    others: account.others,
                    url: &url,
                };
                let text = letter.render().map_err(|error| Error::Internal(error.into()))?;
                tell_deciders(tx, house, None, &format!("A customer of {} is gone", account.business_name), &text).await?;
            }
            Ok(Outcome::Done)
        })
        .await
}

/// Where an account's news went may have been the address of somebody who is gone, and with the last of its people nobody is
/// left whose it could be.
async fn forget_address(tx: &mut Tx<Office>, account: Uuid) -> Result<()> {
    sqlx::query!(
        "update trade_accounts set order_email = '' where tenant_id = $1 and account_id = $2 and order_email <> ''",
        tx.tenant().uuid(),
        account
    )
    .execute(&mut *tx)
    .await?;
    Ok(())
}
