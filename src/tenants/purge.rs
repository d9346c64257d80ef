//! The end of a tenant: every row of it is deleted, as [`HOLDINGS`] says of each table, and a certificate is left.
//!
//! The database has the last word: to the role that deletes, the rows of a tenant are not there before its grace is over, by
//! the database's own clock (`policies.sql`).

use chrono::{DateTime, SecondsFormat, Utc};
use serde::Serialize;
use serde_json::json;
use sha2::{Digest, Sha256};

use super::holdings::{Erased, HOLDINGS};
use super::lifecycle::{Row, lock};
use super::names;
use crate::db::{Founding, Identity, Tx};
use crate::error::{Error, Result, is_pointed_to};
use crate::ids::{CustomerId, TenantId};
use crate::jobs::{self, Job, Lane, Outcome};
use crate::operators::{self, Doer};
use crate::tenancy::House;
use crate::tenancy::states::Step;

/// What is left of a tenant, in the words that the hash is of.
#[derive(Serialize)]
struct Document<'a> {
    certificate: &'static str,
    tenant: String,
    subdomain: &'a str,
    business_name: &'a str,
    opened_at: String,
    closed_at: String,
    closed_by: &'a str,
    grace_ended_at: String,
    purged_at: String,
    purged_by: &'a str,
    /// The hash of the last entry of its audit log.
    #[serde(skip_serializing_if = "Option::is_none")]
    audit_head: Option<String>,
    rows_deleted: Vec<Deleted>,
}

/// How many rows of a table were deleted.
#[derive(Serialize)]
struct Deleted {
    table: &'static str,
    rows: u64,
}

/// Purges it, for good.
///
/// # Errors
/// [`Error::Conflict`] unless it is being closed and its grace is over, [`Error::NotFound`].
pub async fn purge(house: &House, tenant: TenantId, doer: &Doer) -> Result<()> {
    let scope = house.db().founding(tenant);
    let check = |row: &Row| row.standing.after(Step::Purge, house.now(), house.grace()).map(drop);
    scope
        .write(async |tx| {
            let row = lock(tx).await?;
            check(&row)
        })
        .await?;
    let at_hosts = erase_hosts(house, tenant).await?;
    let slug = scope
        .write(async |tx| {
            let row = lock(tx).await?;
            check(&row)?;
            erase(tx, &row, at_hosts, doer, house.now()).await?;
            Ok(row.slug)
        })
        .await?;
    house.tenants.forget(&slug).await;
    Ok(())
}

/// Deletes what is of the tenant's hosts and ends by itself: codes, browsers that are known, passes. It is of no role that
/// deletes the rest, and not of use to anybody from here on, whatever becomes of the rest.
async fn erase_hosts(house: &House, tenant: TenantId) -> Result<Vec<Deleted>> {
    let (names, domains) = house
        .db()
        .platform()
        .read(async |tx| {
            let names = sqlx::query_scalar!(
                r#"select slug as "slug!" from tenants where id = $1 union select slug from retired_names where tenant = $1"#,
                tenant.uuid()
            );
            let names = names.fetch_all(&mut *tx).await?;
            let domains = sqlx::query_scalar!("select domain from domains where tenant = $1", tenant.uuid());
            Ok((names, domains.fetch_all(&mut *tx).await?))
        })
        .await?;
    let hosts: Vec<String> = names.iter().map(|slug| house.hosts.host_of(slug)).chain(domains).collect();
    house.db().identity().write(async |tx| erase_at(tx, &hosts).await).await
}

async fn erase_at(tx: &mut Tx<Identity>, hosts: &[String]) -> Result<Vec<Deleted>> {
    let challenges = sqlx::query!("delete from challenges where host = any($1)", hosts).execute(&mut *tx).await?;
    let passkeys = sqlx::query!("delete from passkey_challenges where host = any($1)", hosts).execute(&mut *tx).await?;
    let browsers = sqlx::query!("delete from known_browsers where host = any($1)", hosts).execute(&mut *tx).await?;
    let passes = sqlx::query!("delete from hand_overs where target_host = any($1)", hosts).execute(&mut *tx).await?;
    Ok(vec![
        Deleted { table: "challenges", rows: challenges.rows_affected() },
        Deleted { table: "passkey_challenges", rows: passkeys.rows_affected() },
        Deleted { table: "known_browsers", rows: browsers.rows_affected() },
        Deleted { table: "hand_overs", rows: passes.rows_affected() },
    ])
}

async fn erase(tx: &mut Tx<Founding>, row: &Row, at_hosts: Vec<Deleted>, doer: &Doer, now: DateTime<Utc>) -> Result<()> {
    let tenant = tx.tenant();
    let last = sqlx::query!(
        "select business_name, created_at, status_changed_at, closed_by, grace_ends_at from tenants where id = $1",
        tenant.uuid()
    )
    .fetch_one(&mut *tx)
    .await?;
    let audit_head = audit_head(tx).await?;
    let known = known_customers(tx).await?;
    let mut rows_deleted = Vec::new();
    for holding in HOLDINGS {
        let rows = match holding.erased {
            Erased::Row(column) | Erased::Cascades(column) => tx.erase(holding.table, column).await?,
            Erased::ForgottenNames => forget_names(tx, &row.slug, now).await?,
            Erased::ItselfLast => tx.erase(holding.table, "id").await?,
            Erased::Hosts(_) | Erased::OneByOne | Erased::Kept(_) => continue,
        };
        // The database says no, whatever was asked before.
        if holding.erased == Erased::ItselfLast && rows != 1 {
            return Err(Error::Conflict("This counter can still be opened again"));
        }
        rows_deleted.push(Deleted { table: holding.table, rows });
    }
    rows_deleted.extend(at_hosts);
    let jobs: Vec<Job> = known.into_iter().map(Job::ForgetCustomer).collect();
    jobs::enqueue_all(tx, Lane::Letters, &jobs, now).await?;
    let document = Document {
        certificate: "Everything that this wholesaler held here was deleted",
        tenant: tenant.to_string(),
        subdomain: &row.slug,
        business_name: &last.business_name,
        opened_at: time(last.created_at),
        closed_at: last.status_changed_at.map(time).unwrap_or_default(),
        closed_by: &last.closed_by,
        grace_ended_at: last.grace_ends_at.map(time).unwrap_or_default(),
        purged_at: time(now),
        purged_by: &doer.name,
        audit_head,
        rows_deleted,
    };
    certify(tx, &document, now).await?;
    let details = json!({ "subdomain": row.slug, "business_name": last.business_name });
    operators::record(tx, doer, "tenant.purged", tenant.uuid(), details, now).await
}

/// The hash that ends the tenant's audit log.
async fn audit_head(tx: &mut Tx<Founding>) -> Result<Option<String>> {
    let head = sqlx::query_scalar!("select hash from audit_events where tenant_id = $1 order by position desc limit 1", tx.tenant().uuid());
    Ok(head.fetch_optional(&mut *tx).await?.map(hex::encode))
}

/// Whoever this tenant knows; each is looked at afterwards, because another one may know them as well.
async fn known_customers(tx: &mut Tx<Founding>) -> Result<Vec<CustomerId>> {
    let known = sqlx::query_scalar!(
        r#"select customer_id as "customer_id!" from account_access where tenant_id = $1
            union select customer_id from registration_requests where tenant_id = $1 and customer_id is not null
            union select customer_id from sessions where tenant_id = $1"#,
        tx.tenant().uuid()
    );
    Ok(known.fetch_all(&mut *tx).await?.into_iter().map(CustomerId::from).collect())
}

/// The name that it had leads nowhere, and neither do those before; nobody else gets them for a while.
async fn forget_names(tx: &mut Tx<Founding>, slug: &str, now: DateTime<Utc>) -> Result<u64> {
    let tenant = tx.tenant();
    sqlx::query!("update retired_names set tenant = null where tenant = $1", tenant.uuid()).execute(&mut *tx).await?;
    names::retire(tx, slug, None, now).await?;
    Ok(0)
}

async fn certify(tx: &mut Tx<Founding>, document: &Document<'_>, now: DateTime<Utc>) -> Result<()> {
    let text = serde_json::to_string_pretty(document).map_err(|error| Error::Internal(error.into()))?;
    let hash = Sha256::digest(&text);
    sqlx::query!(
        "insert into deletion_certificates (tenant, subdomain, business_name, purged_at, document, hash) values ($1, $2, $3, $4, $5, $6)",
        tx.tenant().uuid(),
        document.subdomain,
        document.business_name,
        now,
        text,
        &hash[..]
    )
    .execute(&mut *tx)
    .await?;
    Ok(())
}

fn time(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// Deletes a person whom no tenant knows: neither by an account, nor by a request, nor by having been there, nor by the question
/// whether they are whom it knew under their number.
pub async fn forget_customer(house: &House, customer: CustomerId) -> Result<Outcome> {
    let forgotten = house
        .db()
        .person(customer)
        .write(async |tx| {
            let deleted = sqlx::query!(
                "delete from customers
                  where id = $1 and not exists (select from account_access where customer_id = $1)
                    and not exists (select from registration_requests where customer_id = $1)
                    and not exists (select from sessions where customer_id = $1)
                    and not exists (select from confirmations where customer_id = $1)",
                customer.uuid()
            );
            match deleted.execute(&mut *tx).await {
                // Somebody has come to know them this moment.
                Err(error) if is_pointed_to(&error) => Err(Error::Conflict("This person is known elsewhere")),
                other => other.map(drop).map_err(Into::into),
            }
        })
        .await;
    match forgotten {
        Ok(()) | Err(Error::Conflict(_)) => Ok(Outcome::Done),
        Err(error) => Err(error),
    }
}
