//! Makes the database as the folders say. Each role writes what it alone may: the platform the tenant's row, the identity
//! door the people, the office the rest. What was written before a failure stays, and applying again goes on from there.

use anyhow::{Context, anyhow};
use chrono::{DateTime, Utc};
use futures_util::{StreamExt, TryStreamExt, stream};
use serde_json::{Value, json};
use uuid::Uuid;

use super::declared::{Declared, DeclaredCustomer, DeclaredStaff};
use super::difference::{Difference, Rows};
use super::people::find_or_make_people;
use super::plan::{Change, IS_GOING, IS_KEPT_FREE, Plan, TenantPlan, is_kept_free, unchanged};
use super::standing::{Settings, Standing, codes};
use super::{accounts, goods, names, trading};
use crate::audit::{self, Actor, Event};
use crate::clock::Clock;
use crate::db::{Db, Office, Platform, Tx};
use crate::error::{Error, Result};
use crate::ids::{AccessId, StaffId, TenantId};
use crate::operators::{self, Doer};

/// So many tenants are worked on at once.
const AT_ONCE: usize = 4;

/// Does what [`plan`] says, and tells what was done. Where nothing differs, nothing is written.
///
/// # Errors
/// When the database refuses.
pub async fn apply(db: &Db, clock: &Clock, declared: &[Declared]) -> anyhow::Result<Plan> {
    apply_until(db, clock, declared, std::future::pending(), || ()).await
}

/// The same, until `stop`: what was begun is then finished, nothing else begun, and the plan is shorter than what was
/// declared. `done` is called after each tenant.
///
/// # Errors
/// As [`apply`].
pub async fn apply_until(
    db: &Db,
    clock: &Clock,
    declared: &[Declared],
    stop: impl Future<Output = ()>,
    done: impl Fn(),
) -> anyhow::Result<Plan> {
    let unchanged = unchanged(db, declared).await?;
    let applied = stream::iter(declared).take_until(stop).map(async |one| {
        let plan = if unchanged.contains(&one.slug) {
            TenantPlan::nothing(one)
        } else {
            Box::pin(apply_one(db, clock.now(), one)).await.with_context(|| format!("applying {}", one.slug))?
        };
        done();
        anyhow::Ok(plan)
    });
    Ok(Plan { tenants: applied.buffered(AT_ONCE).try_collect().await? })
}

async fn apply_one(db: &Db, now: DateTime<Utc>, declared: &Declared) -> Result<TenantPlan> {
    let written = match db.platform().write(async |tx| write_settings(tx, declared, now).await).await? {
        Settled::Written(written) => written,
        Settled::LeftAlone(why) => return Ok(TenantPlan::left_alone(declared, why)),
    };
    let changes = db
        .office(written.tenant)
        .write(async |tx| {
            let standing = Standing::read(tx, declared).await?;
            let difference = Difference::of(declared, &standing);
            write_staff(tx, &difference.staff, now).await?;
            let mut trade = put_trade(tx, declared, &difference, now).await?;
            // Of a new tenant everything is as nobody has chosen it yet.
            trade.retain(|change| !(written.is_new && matches!(change, Change::Different { .. })));
            write_customers(tx, db, &difference.customers, now).await?;
            if written.is_new || !written.changes.is_empty() || !difference.is_empty() || !trade.is_empty() {
                record(tx, &written, &difference, &trade, now).await?;
            }
            remember(tx, declared).await?;
            Ok([difference.changes(), trade].concat())
        })
        .await?;
    let changes = [written.changes, changes].concat();
    Ok(TenantPlan { is_new: written.is_new, changes, ..TenantPlan::nothing(declared) })
}

/// Everything that is traded, and who trades: price lists, accounts, goods, prices and orders. What was not as declared, but for
/// the accounts, which `difference` names.
pub(super) async fn put_trade(
    tx: &mut Tx<Office>,
    declared: &Declared,
    difference: &Difference<'_>,
    now: DateTime<Utc>,
) -> Result<Vec<Change>> {
    let mut changes = trading::put(tx, declared, now).await?;
    let lists = goods::put_lists(tx, declared, now).await?;
    accounts::write(tx, &difference.accounts, now).await?;
    changes.extend(goods::put(tx, declared, lists, now).await?.changes());
    Ok(changes)
}

/// Last of all: a folder counts as applied when everything of it is.
async fn remember(tx: &mut Tx<Office>, declared: &Declared) -> Result<()> {
    sqlx::query!("update tenants set declared_hash = $2 where id = $1", tx.tenant().uuid(), declared.hash.as_slice())
        .execute(&mut *tx)
        .await?;
    Ok(())
}

/// What became of the tenant's own row.
struct Written {
    tenant: TenantId,
    is_new: bool,
    changes: Vec<Change>,
}

/// What could be done about the tenant's own row.
enum Settled {
    Written(Written),
    LeftAlone(&'static str),
}

async fn write_settings(tx: &mut Tx<Platform>, declared: &Declared, now: DateTime<Utc>) -> Result<Settled> {
    if let Some(settings) = Settings::read(tx, &declared.slug).await? {
        if settings.is_going() {
            return Ok(Settled::LeftAlone(IS_GOING));
        }
        let changes = settings.changes_to(declared);
        if !changes.is_empty() {
            update_tenant(tx, settings.id, declared, now).await?;
            let details = json!({ "settings_changed": changes.len() });
            operators::record(tx, &Doer::command_line(), "tenant.applied", settings.id, details, now).await?;
        }
        return Ok(Settled::Written(Written { tenant: settings.id.into(), is_new: false, changes }));
    }
    if is_kept_free(tx, &declared.slug, now).await? {
        return Ok(Settled::LeftAlone(IS_KEPT_FREE));
    }
    match insert_tenant(tx, declared, now).await? {
        Some(tenant) if names::take(tx, &declared.slug, tenant, now).await? => {
            let details = json!({ "subdomain": declared.slug.as_str(), "business_name": declared.business_name });
            // Last, for the log's turn is kept until all of this is.
            operators::record(tx, &Doer::command_line(), "tenant.created", tenant.uuid(), details, now).await?;
            Ok(Settled::Written(Written { tenant, is_new: true, changes: Vec::new() }))
        }
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
        declared.currency.as_str(),
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
        declared.currency.as_str(),
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

/// A change as the audit log keeps it.
fn in_the_log(change: &Change) -> Value {
    match change {
        Change::Missing(what) => json!({ "what": what, "after": "added" }),
        Change::Changed(what) => json!({ "what": what, "after": "changed" }),
        Change::Different { what, from, to } => json!({ "what": what, "before": from, "after": to }),
    }
}

async fn record(tx: &mut Tx<Office>, written: &Written, difference: &Difference<'_>, trade: &[Change], now: DateTime<Utc>) -> Result<()> {
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
            "changes": trade.iter().map(in_the_log).collect::<Vec<_>>(),
        }),
    };
    audit::record(tx, event, now).await
}
