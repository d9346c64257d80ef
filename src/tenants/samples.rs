//! Made-up customers and requests for a counter that has just been opened, to play with and to take away.
//!
//! Their phone numbers are kept for fiction: nobody has them, and nothing is ever sent to them. That is also how
//! whatever became of them is known when they are taken away: an approved sample request is still a sample.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;
use uuid::Uuid;

use super::lifecycle;
use super::people::find_or_make_people;
use crate::audit::{self, Actor, Event};
use crate::db::{Db, Office, Tx};
use crate::error::{Error, Result};
use crate::ids::{AccessId, AccountId, RequestId, TenantId};
use crate::values::phone::FICTIONAL_PREFIX;

/// Who buys already: account number, business, town, contact, last digits of the phone.
const CUSTOMERS: [(&str, &str, &str, &str, u16); 5] = [
    ("SAMPLE-1", "The Corner Pantry (sample)", "Ludlow", "Priya Shah", 1),
    ("SAMPLE-2", "Harbour Café (sample)", "Whitby", "Tom Ellis", 2),
    ("SAMPLE-3", "Green Lane Stores (sample)", "Leeds", "Aleksandra Nowak", 3),
    ("SAMPLE-4", "Mill Street Deli (sample)", "Frome", "Yusuf Karim", 4),
    ("SAMPLE-5", "The Old Post Office (sample)", "Settle", "Grace Bell", 5),
];

/// Who asks: business, contact, message, hours ago, last digits of the phone.
const REQUESTS: [(&str, &str, &str, i64, u16); 3] = [
    ("Bridge Road Bakery (sample)", "Hannah Price", "We open in March and would like to buy weekly.", 2, 11),
    ("Station Kiosk (sample)", "Omar Haddad", "My brother has an account with you: SAMPLE-3.", 20, 12),
    ("Nobody in particular (sample)", "J. Smith", "", 70, 13),
];

/// Every number that a sample can have.
pub fn phones() -> Vec<String> {
    let last = CUSTOMERS.iter().map(|customer| customer.4).chain(REQUESTS.iter().map(|request| request.4));
    last.map(phone).collect()
}

fn phone(last: u16) -> String {
    format!("{FICTIONAL_PREFIX}{last:03}")
}

/// Makes the samples of a tenant that wants them. Doing it again, or twice at once, changes nothing.
pub async fn make(db: &Db, tenant: TenantId, now: DateTime<Utc>) -> Result<()> {
    let wanted = db
        .platform()
        .read(async |tx| {
            Ok(sqlx::query_scalar!("select country from tenants where id = $1 and samples = 'wanted'", tenant.uuid())
                .fetch_optional(&mut *tx)
                .await?)
        })
        .await?;
    let Some(country) = wanted else { return Ok(()) };
    let people = find_or_make_people(db, &phones(), now).await?;
    let customer =
        |last: u16| people.get(&phone(last)).map(|id| id.uuid()).ok_or_else(|| Error::Internal(anyhow::anyhow!("a sample is missing")));
    db.office(tenant)
        .write(async |tx| {
            for (number, business_name, town, contact_name, last) in CUSTOMERS {
                let account = open_account(tx, number, business_name, town, &country, now).await?;
                let Some(account) = account else { continue };
                let_in(tx, account, customer(last)?, &phone(last), contact_name, now).await?;
            }
            for (business_name, contact_name, message, hours, last) in REQUESTS {
                ask(tx, customer(last)?, &phone(last), (business_name, contact_name, message), now - TimeDelta::hours(hours)).await?;
            }
            Ok(())
        })
        .await?;
    db.platform()
        .write(async |tx| {
            sqlx::query!("update tenants set samples = 'there' where id = $1 and samples = 'wanted'", tenant.uuid())
                .execute(&mut *tx)
                .await?;
            Ok(())
        })
        .await
}

async fn open_account(
    tx: &mut Tx<Office>,
    number: &str,
    business_name: &str,
    town: &str,
    country: &str,
    now: DateTime<Utc>,
) -> Result<Option<Uuid>> {
    Ok(sqlx::query_scalar!(
        "insert into trade_accounts (tenant_id, account_id, account_number, business_name, town, country, created_at)
         values ($1, $2, $3, $4, $5, $6, $7)
         on conflict (tenant_id, account_number) do nothing
         returning account_id",
        tx.tenant().uuid(),
        AccountId::new().uuid(),
        number,
        business_name,
        town,
        country,
        now
    )
    .fetch_optional(&mut *tx)
    .await?)
}

async fn let_in(tx: &mut Tx<Office>, account: Uuid, customer: Uuid, phone: &str, contact_name: &str, now: DateTime<Utc>) -> Result<()> {
    sqlx::query!(
        "insert into account_access (tenant_id, access_id, account_id, customer_id, phone, contact_name, role, status, created_at)
         values ($1, $2, $3, $4, $5, $6, 'owner', 'active', $7)
         on conflict (tenant_id, customer_id) do nothing",
        tx.tenant().uuid(),
        AccessId::new().uuid(),
        account,
        customer,
        phone,
        contact_name,
        now
    )
    .execute(&mut *tx)
    .await?;
    Ok(())
}

async fn ask(tx: &mut Tx<Office>, customer: Uuid, phone: &str, words: (&str, &str, &str), at: DateTime<Utc>) -> Result<()> {
    let (business_name, contact_name, message) = words;
    sqlx::query!(
        "insert into registration_requests
           (tenant_id, request_id, customer_id, phone, business_name, contact_name, message, status, created_at)
         select $1::uuid, $2::uuid, $3::uuid, $4::text, $5::text, $6::text, $7::text, 'pending', $8::timestamptz
          where not exists (select from registration_requests where tenant_id = $1 and customer_id = $3)
         on conflict (tenant_id, customer_id) where status = 'pending' do nothing",
        tx.tenant().uuid(),
        RequestId::new().uuid(),
        customer,
        phone,
        business_name,
        contact_name,
        message,
        at
    )
    .execute(&mut *tx)
    .await?;
    Ok(())
}

/// Takes away every sample, and what became of it, and opens the counter for real: its state becomes `active`.
///
/// # Errors
/// [`Error::Conflict`] when there are none.
pub async fn remove(db: &Db, tenant: TenantId, actor: Actor, now: DateTime<Utc>) -> Result<()> {
    let phones = phones();
    let gone = db
        .office(tenant)
        .write(async |tx| {
            let gone = delete(tx, &phones).await?;
            let details = json!({ "accounts": gone });
            let event =
                Event { actor: actor.clone(), action: "samples.removed", subject_kind: "tenant", subject_id: tenant.uuid(), details };
            audit::record(tx, event, now).await?;
            Ok(gone)
        })
        .await?;
    tracing::info!(tenant = %tenant, accounts = gone, "samples were taken away");
    db.founding(tenant)
        .write(async |tx| {
            sqlx::query!("update tenants set samples = 'gone', updated_at = $2 where id = $1 and samples <> 'gone'", tenant.uuid(), now)
                .execute(&mut *tx)
                .await?;
            lifecycle::activate(tx, actor, now).await
        })
        .await
}

/// The requests, the access, and the accounts that nobody but samples was let in for. How many accounts went.
async fn delete(tx: &mut Tx<Office>, phones: &[String]) -> Result<u64> {
    sqlx::query!("delete from registration_requests where tenant_id = $1 and phone = any($2)", tx.tenant().uuid(), phones)
        .execute(&mut *tx)
        .await?;
    let accounts = sqlx::query_scalar!(
        "delete from account_access where tenant_id = $1 and phone = any($2) returning account_id",
        tx.tenant().uuid(),
        phones
    )
    .fetch_all(&mut *tx)
    .await?;
    let gone = sqlx::query!(
        "delete from trade_accounts t
          where t.tenant_id = $1 and t.account_id = any($2)
            and not exists (select from account_access a where a.tenant_id = t.tenant_id and a.account_id = t.account_id)",
        tx.tenant().uuid(),
        &accounts
    )
    .execute(&mut *tx)
    .await?;
    Ok(gone.rows_affected())
}
