//! Makes the database as the folders say. Each role writes what it alone may: the platform the tenant's row, the identity
//! door the people, the office the rest. What was written before a failure stays, and applying again goes on from there.

use std::collections::HashMap;

use anyhow::{Context, anyhow};
use chrono::{DateTime, Utc};
use serde_json::json;
use uuid::Uuid;

use super::declared::{Declared, DeclaredCustomer, DeclaredStaff};
use super::difference::{Difference, Rows};
use super::names;
use super::plan::{Change, Plan, TenantPlan, plan};
use super::standing::{Settings, Standing, codes};
use crate::audit::{self, Actor, Event};
use crate::clock::Clock;
use crate::db::{Db, Office, Platform, Tx};
use crate::error::{Error, Result};
use crate::ids::{AccessId, AccountId, CustomerId, StaffId, TenantId};

/// Does what [`plan`] says, and tells what was done. Where nothing differs, nothing is written.
///
/// # Errors
/// As [`plan`], and when the database refuses.
pub async fn apply(db: &Db, clock: &Clock, declared: &[Declared]) -> anyhow::Result<Plan> {
    let mut done = plan(db, declared).await?;
    for (tenant, one) in done.tenants.iter_mut().zip(declared) {
        if !tenant.is_empty() {
            *tenant = apply_one(db, clock.now(), one).await.with_context(|| format!("applying {}", one.slug))?;
        }
    }
    Ok(done)
}

async fn apply_one(db: &Db, now: DateTime<Utc>, declared: &Declared) -> Result<TenantPlan> {
    let written = db.platform().write(async |tx| write_settings(tx, declared, now).await).await?;
    let changes = db
        .office(written.tenant)
        .write(async |tx| {
            let standing = Standing::read(tx, declared).await?;
            let difference = Difference::of(declared, &standing);
            write_staff(tx, &difference.staff, now).await?;
            write_accounts(tx, &difference.accounts, now).await?;
            write_customers(tx, db, &difference.customers, now).await?;
            if written.is_new || !written.changes.is_empty() || !difference.is_empty() {
                record(tx, &written, &difference, now).await?;
            }
            Ok(difference.changes())
        })
        .await?;
    Ok(TenantPlan { slug: declared.slug.clone(), is_new: written.is_new, changes: [written.changes, changes].concat() })
}

/// What became of the tenant's own row.
struct Written {
    tenant: TenantId,
    is_new: bool,
    changes: Vec<Change>,
}

async fn write_settings(tx: &mut Tx<Platform>, declared: &Declared, now: DateTime<Utc>) -> Result<Written> {
    if let Some(settings) = Settings::read(tx, &declared.slug).await? {
        let changes = settings.changes_to(declared);
        if !changes.is_empty() {
            update_tenant(tx, settings.id, declared, now).await?;
        }
        return Ok(Written { tenant: settings.id.into(), is_new: false, changes });
    }
    match insert_tenant(tx, declared, now).await? {
        Some(tenant) if names::take(tx, &declared.slug, tenant, now).await? => Ok(Written { tenant, is_new: true, changes: Vec::new() }),
        _ => Err(Error::Conflict("Somebody else has just made this tenant; apply again")),
    }
}

async fn insert_tenant(tx: &mut Tx<Platform>, declared: &Declared, now: DateTime<Utc>) -> Result<Option<TenantId>> {
    let countries = codes(declared);
    let made = sqlx::query_scalar!(
        "insert into tenants (id, slug, business_name, status, country, currency, time_zone, brand_colour, opening_text,
                              contact_email, contact_phone, contact_address, sms_countries, logo, logo_type, created_at, updated_at)
         values ($1, $2, $3, 'active', $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $15)
         on conflict (slug) do nothing
         returning id",
        TenantId::new().uuid(),
        declared.slug.as_str(),
        declared.business_name,
        declared.country.as_str(),
        declared.currency,
        declared.time_zone.name(),
        declared.brand_colour,
        declared.opening_text,
        declared.contact.email.as_str(),
        declared.contact.phone,
        declared.contact.address,
        &countries,
        declared.logo.as_ref().map(|logo| logo.bytes.as_slice()),
        declared.logo.as_ref().map(|logo| logo.media_type),
        now
    )
    .fetch_optional(&mut *tx)
    .await?;
    Ok(made.map(TenantId::from))
}

async fn update_tenant(tx: &mut Tx<Platform>, id: Uuid, declared: &Declared, now: DateTime<Utc>) -> Result<()> {
    let countries = codes(declared);
    sqlx::query!(
        "update tenants
            set business_name = $2, country = $3, currency = $4, time_zone = $5, brand_colour = $6, opening_text = $7,
                contact_email = $8, contact_phone = $9, contact_address = $10, sms_countries = $11, logo = $12, logo_type = $13,
                updated_at = $14
          where id = $1",
        id,
        declared.business_name,
        declared.country.as_str(),
        declared.currency,
        declared.time_zone.name(),
        declared.brand_colour,
        declared.opening_text,
        declared.contact.email.as_str(),
        declared.contact.phone,
        declared.contact.address,
        &countries,
        declared.logo.as_ref().map(|logo| logo.bytes.as_slice()),
        declared.logo.as_ref().map(|logo| logo.media_type),
        now
    )
    .execute(&mut *tx)
    .await?;
    Ok(())
}

async fn write_staff(tx: &mut Tx<Office>, staff: &Rows<'_, DeclaredStaff>, now: DateTime<Utc>) -> Result<()> {
    let columns = |people: &[&DeclaredStaff]| {
        let emails: Vec<String> = people.iter().map(|person| person.email.as_str().to_owned()).collect();
        let names: Vec<String> = people.iter().map(|person| person.name.clone()).collect();
        let roles: Vec<String> = people.iter().map(|person| person.role.word().to_owned()).collect();
        (emails, names, roles)
    };
    if !staff.missing.is_empty() {
        let ids: Vec<Uuid> = staff.missing.iter().map(|_| StaffId::new().uuid()).collect();
        let (emails, names, roles) = columns(&staff.missing);
        sqlx::query_scalar!(
            "insert into staff (tenant_id, staff_id, email, name, role, created_at)
             select $1::uuid, new.staff_id, new.email, new.name, new.role, $6::timestamptz
               from unnest($2::uuid[], $3::text[], $4::text[], $5::text[]) as new (staff_id, email, name, role)
             on conflict (tenant_id, email) do nothing
             returning staff_id",
            tx.tenant().uuid(),
            &ids,
            &emails,
            &names,
            &roles,
            now
        )
        .fetch_all(&mut *tx)
        .await?;
    }
    if !staff.different.is_empty() {
        let (emails, names, roles) = columns(&staff.different);
        sqlx::query!(
            "update staff set name = new.name, role = new.role
               from unnest($2::text[], $3::text[], $4::text[]) as new (email, name, role)
              where staff.tenant_id = $1 and staff.email = new.email and staff.removed_at is null",
            tx.tenant().uuid(),
            &emails,
            &names,
            &roles
        )
        .execute(&mut *tx)
        .await?;
    }
    Ok(())
}

async fn write_accounts(tx: &mut Tx<Office>, accounts: &Rows<'_, DeclaredCustomer>, now: DateTime<Utc>) -> Result<()> {
    let columns = |rows: &[&DeclaredCustomer]| {
        let numbers: Vec<String> = rows.iter().map(|row| row.account_number.clone()).collect();
        let names: Vec<String> = rows.iter().map(|row| row.business_name.clone()).collect();
        let towns: Vec<String> = rows.iter().map(|row| row.town.clone()).collect();
        let countries: Vec<String> = rows.iter().map(|row| row.country.to_string()).collect();
        (numbers, names, towns, countries)
    };
    if !accounts.missing.is_empty() {
        let ids: Vec<Uuid> = accounts.missing.iter().map(|_| AccountId::new().uuid()).collect();
        let (numbers, names, towns, countries) = columns(&accounts.missing);
        sqlx::query_scalar!(
            "insert into trade_accounts (tenant_id, account_id, account_number, business_name, town, country, created_at)
             select $1::uuid, new.account_id, new.account_number, new.business_name, new.town, new.country, $7::timestamptz
               from unnest($2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[])
                    as new (account_id, account_number, business_name, town, country)
             on conflict (tenant_id, account_number) do nothing
             returning account_id",
            tx.tenant().uuid(),
            &ids,
            &numbers,
            &names,
            &towns,
            &countries,
            now
        )
        .fetch_all(&mut *tx)
        .await?;
    }
    if !accounts.different.is_empty() {
        let (numbers, names, towns, countries) = columns(&accounts.different);
        sqlx::query!(
            "update trade_accounts set business_name = new.business_name, town = new.town, country = new.country
               from unnest($2::text[], $3::text[], $4::text[], $5::text[]) as new (account_number, business_name, town, country)
              where trade_accounts.tenant_id = $1 and trade_accounts.account_number = new.account_number",
            tx.tenant().uuid(),
            &numbers,
            &names,
            &towns,
            &countries
        )
        .execute(&mut *tx)
        .await?;
    }
    Ok(())
}

/// What `account_access` holds of some customers, column by column.
struct AccessColumns {
    phones: Vec<String>,
    account_numbers: Vec<String>,
    contact_names: Vec<String>,
    roles: Vec<String>,
}

impl AccessColumns {
    fn of(rows: &[&DeclaredCustomer]) -> Self {
        Self {
            phones: rows.iter().map(|row| row.phone.as_str().to_owned()).collect(),
            account_numbers: rows.iter().map(|row| row.account_number.clone()).collect(),
            contact_names: rows.iter().map(|row| row.contact_name.clone()).collect(),
            roles: rows.iter().map(|row| row.role.to_owned()).collect(),
        }
    }
}

async fn write_customers(tx: &mut Tx<Office>, db: &Db, customers: &Rows<'_, DeclaredCustomer>, now: DateTime<Utc>) -> Result<()> {
    if !customers.missing.is_empty() {
        let access = AccessColumns::of(&customers.missing);
        let people = find_or_make_people(db, &access.phones, now).await?;
        let customer_ids: Option<Vec<Uuid>> = access.phones.iter().map(|phone| people.get(phone).map(|id| id.uuid())).collect();
        let customer_ids = customer_ids.ok_or_else(|| Error::Internal(anyhow!("a customer just made is not there")))?;
        let access_ids: Vec<Uuid> = access.phones.iter().map(|_| AccessId::new().uuid()).collect();
        sqlx::query_scalar!(
            "insert into account_access (tenant_id, access_id, account_id, customer_id, phone, contact_name, role, status, created_at)
             select $1::uuid, new.access_id, t.account_id, new.customer_id, new.phone, new.contact_name, new.role, 'active', $8::timestamptz
               from unnest($2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::text[], $7::text[])
                    as new (access_id, customer_id, phone, account_number, contact_name, role)
               join trade_accounts t on t.tenant_id = $1 and t.account_number = new.account_number
             on conflict (tenant_id, customer_id) do nothing
             returning access_id",
            tx.tenant().uuid(),
            &access_ids,
            &customer_ids,
            &access.phones,
            &access.account_numbers,
            &access.contact_names,
            &access.roles,
            now
        )
        .fetch_all(&mut *tx)
        .await?;
    }
    if !customers.different.is_empty() {
        let access = AccessColumns::of(&customers.different);
        sqlx::query!(
            "update account_access set account_id = t.account_id, contact_name = new.contact_name, role = new.role
               from unnest($2::text[], $3::text[], $4::text[], $5::text[]) as new (phone, account_number, contact_name, role)
               join trade_accounts t on t.tenant_id = $1 and t.account_number = new.account_number
              where account_access.tenant_id = $1 and account_access.phone = new.phone",
            tx.tenant().uuid(),
            &access.phones,
            &access.account_numbers,
            &access.contact_names,
            &access.roles
        )
        .execute(&mut *tx)
        .await?;
    }
    Ok(())
}

/// The people behind these phones, those nobody knew until now made. They belong to no tenant, and stay should the rest
/// not come about.
pub(super) async fn find_or_make_people(db: &Db, phones: &[String], now: DateTime<Utc>) -> Result<HashMap<String, CustomerId>> {
    const BATCH: usize = 1_000;
    let mut sorted = phones.to_vec();
    // One order for everybody, so that two who make the same people wait for each other in turn.
    sorted.sort();
    let mut people = HashMap::new();
    for batch in sorted.chunks(BATCH) {
        let known = find_people(db, batch).await?;
        let missing: Vec<String> = batch.iter().filter(|phone| !known.contains_key(*phone)).cloned().collect();
        people.extend(known);
        if missing.is_empty() {
            continue;
        }
        make_people(db, &missing, now).await?;
        // Read anew rather than taken from the insert: somebody else may have made some of them meanwhile.
        people.extend(find_people(db, &missing).await?);
    }
    Ok(people)
}

async fn find_people(db: &Db, phones: &[String]) -> Result<HashMap<String, CustomerId>> {
    db.identity()
        .read(async |tx| {
            let rows = sqlx::query!("select id, phone from customers where phone = any($1)", phones).fetch_all(&mut *tx).await?;
            Ok(rows.into_iter().map(|row| (row.phone, CustomerId::from(row.id))).collect())
        })
        .await
}

async fn make_people(db: &Db, phones: &[String], now: DateTime<Utc>) -> Result<()> {
    let ids: Vec<Uuid> = phones.iter().map(|_| CustomerId::new().uuid()).collect();
    db.identity()
        .write(async |tx| {
            sqlx::query_scalar!(
                "insert into customers (id, phone, created_at, last_proven_at)
                 select new.id, new.phone, $3::timestamptz, $3::timestamptz
                   from unnest($1::uuid[], $2::text[]) as new (id, phone)
                 on conflict (phone) do nothing
                 returning id",
                &ids,
                phones,
                now
            )
            .fetch_all(&mut *tx)
            .await?;
            Ok(())
        })
        .await
}

async fn record(tx: &mut Tx<Office>, written: &Written, difference: &Difference<'_>, now: DateTime<Utc>) -> Result<()> {
    let event = Event {
        actor: Actor::system("tenant apply"),
        action: "tenant.applied",
        subject_kind: "tenant",
        subject_id: written.tenant.uuid(),
        details: json!({
            "new_tenant": written.is_new,
            "settings_changed": written.changes.len(),
            "staff_added": difference.staff.missing.len(),
            "staff_changed": difference.staff.different.len(),
            "accounts_added": difference.accounts.missing.len(),
            "accounts_changed": difference.accounts.different.len(),
            "customers_added": difference.customers.missing.len(),
            "customers_changed": difference.customers.different.len(),
        }),
    };
    audit::record(tx, event, now).await
}
