//! All wholesalers, as the platform's own people see them: names, states and numbers, and nothing of what they hold.

pub mod api;
pub mod changes;
pub mod pages;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::audit::Actor;
use crate::audit::platform::Doer;
use crate::db::{Door, Platform, Tx};
use crate::error::{Error, FieldErrors, Result};
use crate::idempotency::{Key, Once};
use crate::ids::TenantId;
use crate::lists::{Part, one_more};
use crate::signups::read_subdomain;
use crate::tenancy::extract::Agent;
use crate::tenants::markets::Market;
use crate::tenants::provision::{NewTenant, provision};
use crate::tenants::{lifecycle, names, purge};
use crate::values::{EmailAddress, Slug, text};

/// What a tenant can be.
pub const STATES: [&str; 5] = ["demo", "active", "suspended", "closing", "purged"];

/// A wholesaler in the list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listed {
    pub id: Uuid,
    pub slug: String,
    pub business_name: String,
    pub status: String,
    /// Why it is in its state; empty when nobody said.
    pub status_reason: String,
    /// Until when one that is being closed can be opened again.
    pub grace_ends_at: Option<DateTime<Utc>>,
    pub created_at: DateTime<Utc>,
}

/// Which of them are looked for. Empty texts mean all.
#[derive(Debug, Default, Clone)]
pub struct Wanted {
    query: String,
    status: String,
}

impl Wanted {
    /// Reads what was asked for.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a state that there is not, and for too many words.
    pub fn read(query: &str, status: &str) -> Result<Self> {
        let mut wrong = FieldErrors::new();
        let query = text::optional(query, text::LONGEST_QUERY).map_err(|why| wrong.add("query", why.about("what to look for"))).ok();
        if !status.is_empty() && !STATES.contains(&status) {
            wrong.add("status", format!("A tenant is one of {}.", STATES.join(", ")));
        }
        wrong.or(query.map(|query| Self { query, status: status.to_owned() }))
    }
}

/// The newest first. `before` is where the page before ended.
pub async fn list(tx: &mut Tx<Platform>, wanted: &Wanted, before: Uuid) -> Result<Part<Listed>> {
    let rows = sqlx::query_as!(
        Listed,
        "select id, slug, business_name, status, status_reason, grace_ends_at, created_at from tenants
          where id < $3 and ($2 = '' or status = $2)
            and ($1 = '' or strpos(slug, lower($1)) > 0 or strpos(lower(business_name), lower($1)) > 0)
          order by id desc limit $4",
        wanted.query,
        wanted.status,
        before,
        one_more()
    )
    .fetch_all(&mut *tx)
    .await?;
    Ok(Part::of(rows, |row| row.id))
}

/// How many tenants there are, and how many of them [`list`] finds.
pub struct Counted {
    pub all: i64,
    pub found: i64,
}

/// Counts them.
pub async fn count(tx: &mut Tx<Platform>, wanted: &Wanted) -> Result<Counted> {
    Ok(sqlx::query_as!(
        Counted,
        r#"select count(*) as "all!", count(*) filter (where ($2 = '' or status = $2)
                   and ($1 = '' or strpos(slug, lower($1)) > 0 or strpos(lower(business_name), lower($1)) > 0)) as "found!"
             from tenants"#,
        wanted.query,
        wanted.status
    )
    .fetch_one(&mut *tx)
    .await?)
}

/// One of them.
///
/// # Errors
/// [`Error::NotFound`] when there is none of this id.
pub async fn find(tx: &mut Tx<impl Door>, id: Uuid) -> Result<Listed> {
    Ok(sqlx::query_as!(
        Listed,
        "select id, slug, business_name, status, status_reason, grace_ends_at, created_at from tenants where id = $1",
        id
    )
    .fetch_one(&mut *tx)
    .await?)
}

/// What a tenant says of itself on its counter, and how it stands.
pub struct Facts {
    pub country: String,
    pub time_zone: String,
    pub contact_email: String,
    /// Who closed it.
    pub closed_by: String,
}

/// Of one of them.
pub async fn facts(tx: &mut Tx<Platform>, id: Uuid) -> Result<Facts> {
    Ok(sqlx::query_as!(Facts, "select country, time_zone, contact_email, closed_by from tenants where id = $1", id)
        .fetch_one(&mut *tx)
        .await?)
}

/// What is asked for when a counter is made by hand, as it was typed.
#[derive(Debug, Default, Clone)]
pub struct Typed {
    pub business_name: String,
    pub subdomain: String,
    pub country: String,
    pub owner_name: String,
    pub owner_email: String,
}

/// The same, read.
pub struct NewCounter {
    business_name: String,
    slug: Slug,
    market: Market,
    owner_name: String,
    owner_email: EmailAddress,
}

impl NewCounter {
    /// Reads what was typed. An owner without a name is called as the business is.
    ///
    /// # Errors
    /// [`Error::Invalid`] with what wants correcting.
    pub fn parse(typed: &Typed) -> Result<Self> {
        let mut wrong = FieldErrors::new();
        let business_name = text::line(&typed.business_name, text::LONGEST_NAME)
            .map_err(|why| wrong.add("business_name", why.about("the name of the business")))
            .ok();
        let slug = read_subdomain(&typed.subdomain).and_then(names::not_reserved).map_err(|why| wrong.add("subdomain", why)).ok();
        let market = Market::of(&typed.country);
        if market.is_none() {
            wrong.add("country", "Choose the country that they trade in.");
        }
        let named = if typed.owner_name.trim().is_empty() { &typed.business_name } else { &typed.owner_name };
        let owner_name = text::line(named, text::LONGEST_NAME).map_err(|why| wrong.add("owner_name", why.about("the owner’s name"))).ok();
        let owner_email = EmailAddress::parse(&typed.owner_email).map_err(|why| wrong.add("owner_email", why.to_string())).ok();
        let all = business_name.zip(owner_name).zip(slug.zip(owner_email)).zip(market);
        let read =
            |(((business_name, owner_name), (slug, owner_email)), market)| Self { business_name, slug, market, owner_name, owner_email };
        wrong.or(all.map(read))
    }
}

/// Makes a counter, without samples; its owner can sign in to its office at once.
///
/// # Errors
/// [`Error::Conflict`] when the name is taken, [`Error::Invalid`] when nobody can have it.
pub async fn create(agent: &Agent, new: NewCounter, key: Option<&Key>) -> Result<Listed> {
    let house = &agent.house;
    let (tenant, now) = (TenantId::new(), house.now());
    let asked = [&new.business_name, new.slug.as_str(), new.market.country.as_str(), &new.owner_name, new.owner_email.as_str()];
    let once = Once { key, asker: agent.into(), action: "tenant.created", asked: &asked };
    let made = house
        .db()
        .founding(tenant)
        .write(async |tx| {
            if let Some(earlier) = once.earlier(tx).await? {
                return Ok(earlier);
            }
            names::state_of(tx, &new.slug, None, now).await?.insist_on_free()?;
            let made = NewTenant {
                slug: &new.slug,
                business_name: &new.business_name,
                market: new.market,
                owner_name: &new.owner_name,
                owner_email: &new.owner_email,
                with_samples: false,
                actor: Actor::operator(agent),
            };
            if provision(tx, made, now).await?.is_none() {
                return Err(Error::Conflict(names::JUST_TAKEN));
            }
            let made = find(tx, tenant.uuid()).await?;
            once.keep(tx, &made, now).await?;
            Ok(made)
        })
        .await?;
    // Other processes are told by the database; this one must not remember that there was nobody.
    house.tenants.forget(new.slug.as_str()).await;
    Ok(made)
}

/// What an operator does with a counter that is there.
pub enum Change {
    /// Shuts it, for this reason.
    Suspend(String),
    Reactivate,
    /// Gives it another name.
    Rename(Slug),
    /// Closes it for good, for this reason.
    Close(String),
    /// Takes that back.
    Reopen,
}

/// Does it; it is written down in the tenant's log and in the platform's with the same stroke.
///
/// # Errors
/// As [`lifecycle`]'s verbs.
pub async fn change(agent: &Agent, id: Uuid, change: Change) -> Result<Listed> {
    let (house, tenant, actor) = (&agent.house, TenantId::from(id), Actor::operator(agent));
    match change {
        Change::Suspend(reason) => lifecycle::suspend(house, tenant, &reason, actor).await?,
        Change::Reactivate => lifecycle::reactivate(house, tenant, actor).await?,
        Change::Rename(slug) => lifecycle::rename(house, tenant, &slug, actor).await?,
        Change::Close(reason) => lifecycle::close(house, tenant, &reason, actor).await?,
        Change::Reopen => lifecycle::reopen(house, tenant, actor).await?,
    }
    house.db().platform().read(async |tx| find(tx, id).await).await
}

/// Deletes everything of it, when its subdomain was typed to say that it is meant.
///
/// # Errors
/// [`Error::Invalid`] about `confirmation`, as [`purge::purge`].
pub async fn erase(agent: &Agent, id: Uuid, typed: &str) -> Result<()> {
    let tenant = agent.house.db().platform().read(async |tx| find(tx, id).await).await?;
    lifecycle::confirm(typed, &tenant.slug)?;
    purge::purge(&agent.house, TenantId::from(id), &Doer::agent(agent)).await
}
