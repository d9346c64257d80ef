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
use crate::categories::CategoryName;
use crate::db::{Db, Office, Tx};
use crate::error::{Error, Result};
use crate::ids::{AccessId, AccountId, ProductId, RequestId, TenantId};
use crate::products::{self, NewProduct, NewStock};
use crate::tax::TaxClass;
use crate::values::Sku;
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

/// What is sold: SKU, name, category, pack, VAT, price, how many there are, if that is counted.
type Good = (&'static str, &'static str, &'static str, &'static str, TaxClass, i64, Option<i64>);
const GOODS: [Good; 12] = [
    ("SAMPLE-TEA-80", "Breakfast tea, 80 bags (sample)", "Drinks", "box", TaxClass::Zero, 285, None),
    ("SAMPLE-TEA-80C6", "Breakfast tea, case of 6 × 80 bags (sample)", "Drinks", "case of 6", TaxClass::Zero, 1_590, Some(40)),
    ("SAMPLE-COF-1", "Ground coffee, 1 kg (sample)", "Drinks", "bag", TaxClass::Zero, 1_150, Some(24)),
    ("SAMPLE-COLA-24", "Cola, case of 24 × 330 ml (sample)", "Drinks", "case of 24", TaxClass::Standard, 1_099, Some(60)),
    ("SAMPLE-RICE-5", "Long-grain rice, 5 kg (sample)", "Pantry", "sack", TaxClass::Zero, 720, None),
    ("SAMPLE-OIL-5", "Rapeseed oil, 5 l (sample)", "Pantry", "can", TaxClass::Zero, 915, Some(8)),
    ("SAMPLE-SUG-1", "Sugar, 1 kg (sample)", "Pantry", "bag", TaxClass::Zero, 110, None),
    ("SAMPLE-TOM-12", "Chopped tomatoes, case of 12 (sample)", "Pantry", "case of 12", TaxClass::Zero, 780, Some(30)),
    ("SAMPLE-NAP-500", "White napkins, 500 (sample)", "Household", "pack of 500", TaxClass::Standard, 480, None),
    ("SAMPLE-BAG-250", "Paper carrier bags, 250 (sample)", "Household", "pack of 250", TaxClass::Standard, 2_150, Some(0)),
    ("SAMPLE-WUL-5", "Washing-up liquid, 5 l (sample)", "Household", "can", TaxClass::Standard, 520, Some(15)),
    ("SAMPLE-ROLL-6", "Blue roll, pack of 6 (sample)", "Household", "pack of 6", TaxClass::Standard, 840, None),
];

/// The same, as products are made.
fn goods() -> Result<Vec<NewProduct>> {
    let wrong = |why: String| Error::Internal(anyhow::anyhow!("a sample is none: {why}"));
    let product = |(sku, name, category, pack, tax_class, price, on_hand): Good| {
        let stock = on_hand.map(|on_hand| NewStock::Counted { on_hand, low_at: NewStock::LOW_AT, back_orders: None });
        Ok(NewProduct {
            category: Some(CategoryName::parse(category).map_err(wrong)?),
            pack: pack.to_owned(),
            tax_class,
            price_minor: Some(price),
            stock: stock.unwrap_or(NewStock::Untracked),
            ..NewProduct::named(Sku::parse(sku).map_err(|why| wrong(why.to_string()))?, name.to_owned())
        })
    };
    GOODS.into_iter().map(product).collect()
}

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
            put_goods(tx, now).await?;
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

/// Those whose SKU nobody has used yet.
async fn put_goods(tx: &mut Tx<Office>, now: DateTime<Utc>) -> Result<()> {
    let mut goods = goods()?;
    let keys: Vec<String> = goods.iter().map(|product| product.sku.key()).collect();
    let there = products::ids_of(tx, &keys).await?;
    goods.retain(|product| !there.contains_key(&product.sku.key()));
    products::put_all(tx, &goods, now).await?;
    Ok(())
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
            take_goods(tx, now).await?;
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

/// The goods, and their categories when nothing else is under them. What somebody has ordered stays, and is not sold any more.
async fn take_goods(tx: &mut Tx<Office>, now: DateTime<Utc>) -> Result<()> {
    let keys: Vec<String> = GOODS.iter().map(|(sku, ..)| (*sku).to_owned()).collect();
    let there: Vec<ProductId> = products::ids_of(tx, &keys).await?.into_values().collect();
    products::remove(tx, &there, now).await?;
    let slugs: Vec<String> = GOODS.iter().map(|(_, _, category, ..)| category.to_ascii_lowercase()).collect();
    sqlx::query!(
        "delete from categories c
          where c.tenant_id = $1 and c.slug = any($2)
            and not exists (select from products p where p.tenant_id = $1 and p.category_id = c.category_id)",
        tx.tenant().uuid(),
        &slugs
    )
    .execute(&mut *tx)
    .await?;
    Ok(())
}

/// The requests, the access, and the accounts that nobody but samples was let in for, and that nothing was ordered for. How many
/// accounts went.
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
            and not exists (select from account_access a where a.tenant_id = t.tenant_id and a.account_id = t.account_id)
            and not exists (select from orders o where o.tenant_id = t.tenant_id and o.account_id = t.account_id)",
        tx.tenant().uuid(),
        &accounts
    )
    .execute(&mut *tx)
    .await?;
    Ok(gone.rows_affected())
}
