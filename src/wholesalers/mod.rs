//! A customer's wholesalers: everybody who lets this phone in, and the way from one counter to the next
//! without a second text.
//!
//! Cookies do not cross hosts, so moving takes four steps, each a plain page load:
//!
//! 1. here: the customer says where to (`POST /wholesalers/{slug}/visit`); a cookie remembers the wish;
//! 2. there: the browser is given a random arrival cookie and sent back with its hash;
//! 3. here: the wish is compared, and a ticket is made for that host and that hash, good once, for 30 seconds;
//! 4. there: the ticket is used up by the browser that holds the arrival cookie, and a session begins.

pub mod api;
pub mod pages;

use chrono::TimeDelta;

use crate::error::{Error, Result};
use crate::ids::CustomerId;
use crate::sign_in;
use crate::tenancy::extract::Caller;
use crate::tenancy::token::{ARRIVAL_COOKIE, Token};
use crate::tenancy::{Hosts, Tenant, Visitor};
use crate::values::PhoneNumber;

const TICKET_LIFE_SECONDS: i64 = 30;

/// A wholesaler who lets this customer in.
pub struct Wholesaler {
    pub slug: String,
    primary_domain: Option<String>,
    pub business_name: String,
    pub has_logo: bool,
    pub version: i64,
}

impl Wholesaler {
    /// The host that links to it name.
    pub fn main_host(&self, hosts: &Hosts) -> String {
        self.primary_domain.clone().unwrap_or_else(|| hosts.host_of(&self.slug))
    }

    /// The address that links to it name.
    pub fn main_url(&self, hosts: &Hosts) -> String {
        hosts.url(&self.main_host(hosts))
    }
}

/// All of them, by name.
pub async fn all(caller: &Caller) -> Result<Vec<Wholesaler>> {
    let customer = caller.session.customer_id;
    caller
        .house
        .db()
        .person(customer)
        .read(async |tx| {
            let rows = sqlx::query!(
                "select t.slug, t.business_name, t.logo_type, t.updated_at,
                        (select d.domain from domains d where d.tenant = t.id and d.is_primary) as primary_domain
                   from account_access a join tenants t on t.id = a.tenant_id
                  where a.customer_id = $1 and a.status = 'active' and t.status in ('demo', 'active')
                  order by lower(t.business_name), t.slug",
                customer.uuid()
            )
            .fetch_all(&mut *tx)
            .await?;
            Ok(rows
                .into_iter()
                .map(|row| Wholesaler {
                    slug: row.slug,
                    primary_domain: row.primary_domain,
                    business_name: row.business_name,
                    has_logo: row.logo_type.is_some(),
                    version: row.updated_at.timestamp_micros(),
                })
                .collect())
        })
        .await
}

/// A one-time pass for this customer to the other counter at this host of its, for the browser that holds what hashes to `arrival`.
///
/// # Errors
/// [`Error::NotFound`] when that wholesaler does not let them in.
pub async fn issue_ticket(caller: &Caller, to: &Tenant, host: &str, arrival: [u8; 32]) -> Result<Token> {
    let house = &caller.house;
    let customer = caller.session.customer_id;
    let ticket = Token::new()?;
    house
        .db()
        .person(customer)
        .write(async |tx| {
            if !lets_in(tx, customer, to).await? {
                return Err(Error::NotFound);
            }
            sqlx::query!(
                "insert into hand_overs (ticket_hash, customer_id, phone, target_host, browser_hash, expires_at)
                 values ($1, $2, $3, $4, $5, $6)",
                &ticket.hash()[..],
                customer.uuid(),
                caller.session.phone.as_str(),
                host,
                &arrival[..],
                house.now() + TimeDelta::seconds(TICKET_LIFE_SECONDS)
            )
            .execute(&mut *tx)
            .await?;
            Ok(())
        })
        .await?;
    Ok(ticket)
}

/// Uses a ticket up and begins a session here.
///
/// # Errors
/// [`Error::Unauthenticated`] when the ticket is not for this host and this browser, is old or was used.
pub async fn arrive(visitor: &Visitor, ticket: &Token) -> Result<Token> {
    let browser = visitor.token(ARRIVAL_COOKIE).ok_or(Error::Unauthenticated)?;
    let house = &visitor.house;
    let token = house
        .db()
        .identity()
        .write(async |tx| {
            let used = sqlx::query!(
                "update hand_overs set consumed_at = $4
                  where ticket_hash = $1 and target_host = $2 and browser_hash = $3 and customer_id is not null
                    and consumed_at is null and expires_at > $4
                 returning customer_id as \"customer_id!\", phone as \"phone!\"",
                &ticket.hash()[..],
                visitor.host,
                &browser.hash()[..],
                house.now()
            )
            .fetch_optional(&mut *tx)
            .await?
            .ok_or(Error::Unauthenticated)?;
            let customer = CustomerId::from(used.customer_id);
            tx.become_customer(customer).await?;
            if !lets_in(tx, customer, &visitor.tenant).await? {
                return Err(Error::Unauthenticated);
            }
            let phone = PhoneNumber::from_e164(&used.phone).map_err(|_| Error::Unauthenticated)?;
            sign_in::begin_session(tx, visitor, customer, &phone).await
        })
        .await?;
    sign_in::end_previous(visitor).await?;
    Ok(token)
}

async fn lets_in(tx: &mut crate::db::Tx<crate::db::Identity>, customer: CustomerId, tenant: &Tenant) -> Result<bool> {
    Ok(sqlx::query_scalar!(
        r#"select exists (
             select from account_access a join tenants t on t.id = a.tenant_id
              where a.tenant_id = $1 and a.customer_id = $2 and a.status = 'active' and t.status in ('demo', 'active')) as "lets_in!""#,
        tenant.id.uuid(),
        customer.uuid()
    )
    .fetch_one(&mut *tx)
    .await?)
}
