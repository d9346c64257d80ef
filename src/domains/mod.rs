//! Domains of a wholesaler's own: wanted, proven by a record that only the domain's owner can set, looked at again and
//! again, and taken away. The office and the console do the same here.
//!
//! A domain that is wanted hinders nobody: two may want the same, and the first whose record is found has it. The text of
//! the record is made anew whenever a domain is added, so what a former owner left in the zone proves nothing.

pub mod api;
pub mod checking;
pub mod course;
pub mod dns;
pub mod pages;
pub mod telling;

use chrono::{DateTime, Utc};
use rand::TryRng;
use rand::rngs::SysRng;
use serde::{Deserialize, Serialize};
use serde_json::json;
use uuid::Uuid;

use self::course::{Answer, Course, State, Turn};
use crate::audit::{self, Actor, Event};
use crate::challenges;
use crate::db::{Door, Founding, Tx};
use crate::error::{Error, Result, is_duplicate};
use crate::idempotency::{Asker, Key, Made, Once};
use crate::ids::{DomainId, TenantId};
use crate::jobs::{self, Job, Lane};
use crate::operators::{self, Doer};
use crate::tenancy::House;
use crate::tenancy::extract::{Agent, Member};
use crate::tenancy::states::{self, Role};
use crate::values::Domain;

/// How many a tenant may have, wanted ones counted.
pub const MOST: usize = 5;

/// A domain that a tenant wants, has or had.
#[derive(Debug, Clone)]
pub struct Claim {
    pub id: Uuid,
    pub tenant: TenantId,
    pub domain: Domain,
    pub token: String,
    pub course: Course,
    /// Whether links and texts name it.
    pub is_primary: bool,
    pub answer: Answer,
    pub checked_at: Option<DateTime<Utc>>,
}

/// Who does something with a domain.
#[derive(Clone, Copy)]
pub enum By<'a> {
    Member(&'a Member),
    Agent(&'a Agent),
    /// The look that nobody asked for.
    Routine,
}

impl By<'_> {
    fn actor(&self) -> Actor {
        match self {
            Self::Member(member) => Actor::staff(member),
            Self::Agent(agent) => Actor::operator(agent),
            Self::Routine => Actor::system("the look at the domain’s record"),
        }
    }

    fn asker(&self) -> Asker {
        match *self {
            Self::Member(member) => member.into(),
            Self::Agent(agent) => agent.into(),
            Self::Routine => Asker::Stranger,
        }
    }
}

/// What is left to know of a domain that was just added.
#[derive(Serialize, Deserialize)]
struct Added {
    made: Made,
    token: String,
}

impl Claim {
    fn wanted(tenant: TenantId, domain: Domain, Added { made, token }: Added) -> Self {
        let course = Course::new(made.at);
        Self { id: made.id, tenant, domain, token, course, is_primary: false, answer: Answer::NotAsked, checked_at: None }
    }
}

/// All of a tenant's, in the order in which they were added.
pub async fn list(tx: &mut Tx<impl Door>, tenant: TenantId) -> Result<Vec<Claim>> {
    let rows = sqlx::query_as!(
        Row,
        "select id, tenant, domain, token, state, state_since, is_primary, answer, checked_at, next_check_at, missing_since, warned_at,
                created_at
           from domains where tenant = $1 order by created_at, id",
        tenant.uuid()
    );
    rows.fetch_all(&mut *tx).await?.into_iter().map(Claim::try_from).collect()
}

/// One of them.
///
/// # Errors
/// [`Error::NotFound`] when this tenant has none of this id.
pub async fn find(tx: &mut Tx<impl Door>, tenant: TenantId, id: Uuid) -> Result<Claim> {
    list(tx, tenant).await?.into_iter().find(|claim| claim.id == id).ok_or(Error::NotFound)
}

/// Wants a domain. It is looked for from now on.
///
/// # Errors
/// [`Error::Invalid`] about `domain` when nobody can have it, [`Error::Conflict`] when it is had already or there are too
/// many, [`Error::SlowDown`].
pub async fn add(house: &House, tenant: TenantId, by: By<'_>, typed: &str, key: Option<&Key>) -> Result<Claim> {
    let domain = Domain::parse(typed).map_err(|why| Error::invalid("domain", why.to_string()))?;
    if house.hosts.is_ours(domain.as_str()) {
        return Err(Error::invalid(
            "domain",
            format!("Names under {} are ours to give. Please write one of your own.", house.hosts.base()),
        ));
    }
    let once = Once { key, asker: by.asker(), action: "domain.added", asked: &(tenant.uuid(), domain.as_str()) };
    if let Some(earlier) = once.earlier_at_platform(house).await? {
        return Ok(Claim::wanted(tenant, domain, earlier));
    }
    challenges::spend_domain_check(house, tenant).await?;
    let now = house.now();
    house
        .db()
        .founding(tenant)
        .write(async |tx| {
            if let Some(earlier) = once.earlier(tx).await? {
                return Ok(Claim::wanted(tenant, domain.clone(), earlier));
            }
            lock_tenant(tx).await?;
            let own = list(tx, tenant).await?;
            if own.iter().any(|claim| claim.domain == domain) {
                return Err(Error::Conflict("This domain is on the list already"));
            }
            if own.len() >= MOST {
                return Err(Error::Conflict("There can be five domains at the most: remove one first"));
            }
            if is_taken(tx, &domain).await? {
                return Err(Error::Conflict("Another counter has proven this domain, and still has it"));
            }
            let added = Added { made: Made { id: DomainId::new().uuid(), at: now }, token: new_token()? };
            let course = Course::new(now);
            sqlx::query!(
                "insert into domains (id, tenant, domain, token, state, state_since, next_check_at, created_at)
                 values ($1, $2, $3, $4, $5, $6, $7, $6)",
                added.made.id,
                tenant.uuid(),
                domain.as_str(),
                added.token,
                course.state.word(),
                now,
                course.next_check_at
            )
            .execute(&mut *tx)
            .await?;
            once.keep(tx, &added, now).await?;
            let claim = Claim::wanted(tenant, domain.clone(), added);
            write_down(tx, by, "domain.added", &claim, now).await?;
            Ok(claim)
        })
        .await
}

/// Looks at its record now.
///
/// # Errors
/// [`Error::NotFound`], [`Error::SlowDown`].
pub async fn check(house: &House, tenant: TenantId, by: By<'_>, id: Uuid) -> Result<Claim> {
    let claim = house.db().platform().read(async |tx| find(tx, tenant, id).await).await?;
    challenges::spend_domain_check(house, tenant).await?;
    // No transaction is open meanwhile: strangers' name servers take their time.
    let answer = dns::look(&house.config.domains, &claim.domain, &claim.token).await;
    settle(house, &claim, answer, by).await
}

/// Writes down what came of a look, and what that brings about.
///
/// # Errors
/// [`Error::NotFound`] when it was removed meanwhile.
async fn settle(house: &House, looked_at: &Claim, answer: Answer, by: By<'_>) -> Result<Claim> {
    let (tenant, id, now) = (looked_at.tenant, looked_at.id, house.now());
    let done = house
        .db()
        .founding(tenant)
        .write(async |tx| {
            // Of two who prove the same domain at once the second sees the first. The index is there as well.
            let lock = format!("domain:{}", looked_at.domain);
            sqlx::query!("select from pg_advisory_xact_lock(hashtextextended($1, 0))", lock).execute(&mut *tx).await?;
            let slug = lock_tenant(tx).await?;
            let mut claim = find(tx, tenant, id).await?;
            let proves_anew = answer == Answer::Found && claim.course.state != State::Verified;
            claim.answer = if proves_anew && is_taken(tx, &claim.domain).await? { Answer::Taken } else { answer };
            claim.checked_at = Some(now);
            let turn;
            (claim.course, turn) = claim.course.after(claim.answer, now);
            claim.is_primary &= claim.course.state == State::Verified;
            save(tx, &claim).await?;
            if let Some(turn) = turn {
                write_down(tx, by, turn.event(), &claim, now).await?;
            }
            if let Some(Turn::Missing | Turn::Lost) = turn {
                jobs::enqueue(tx, Lane::Letters, Job::TellOfDomain(id.into()), Some(tenant), now).await?;
            }
            Ok((claim, turn.map(|_| slug)))
        })
        .await;
    let (claim, changed) = done?;
    if let Some(slug) = changed {
        // Other processes are told by the database.
        house.tenants.forget(&slug).await;
    }
    Ok(claim)
}

/// Has links and texts name this domain, or the subdomain again.
///
/// # Errors
/// [`Error::Conflict`] when it is not verified, [`Error::NotFound`].
pub async fn set_primary(house: &House, tenant: TenantId, by: By<'_>, id: Uuid, is_primary: bool) -> Result<Claim> {
    let now = house.now();
    let (claim, slug) = house
        .db()
        .founding(tenant)
        .write(async |tx| {
            let slug = lock_tenant(tx).await?;
            let mut claim = find(tx, tenant, id).await?;
            if is_primary && claim.course.state != State::Verified {
                return Err(Error::Conflict("This domain is not proven, so links cannot lead there"));
            }
            if claim.is_primary != is_primary {
                sqlx::query!("update domains set is_primary = false where tenant = $1 and is_primary", tenant.uuid())
                    .execute(&mut *tx)
                    .await?;
                claim.is_primary = is_primary;
                save(tx, &claim).await?;
                write_down(tx, by, if is_primary { "domain.made_primary" } else { "domain.primary_ended" }, &claim, now).await?;
            }
            Ok((claim, slug))
        })
        .await?;
    house.tenants.forget(&slug).await;
    Ok(claim)
}

/// Takes a domain away: the counter does not answer there any more, and whoever was signed in there is not.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn remove(house: &House, tenant: TenantId, by: By<'_>, id: Uuid) -> Result<()> {
    let now = house.now();
    let slug = house
        .db()
        .founding(tenant)
        .write(async |tx| {
            let slug = lock_tenant(tx).await?;
            let claim = find(tx, tenant, id).await?;
            sqlx::query!("delete from domains where tenant = $1 and id = $2", tenant.uuid(), id).execute(&mut *tx).await?;
            write_down(tx, by, "domain.removed", &claim, now).await?;
            Ok(slug)
        })
        .await?;
    house.tenants.forget(&slug).await;
    Ok(())
}

/// What changes a tenant's domains goes one after the other. Answers with its subdomain.
async fn lock_tenant(tx: &mut Tx<Founding>) -> Result<String> {
    let row = sqlx::query!("select slug, status from tenants where id = $1 for update", tx.tenant().uuid());
    let row = row.fetch_optional(&mut *tx).await?.ok_or(Error::NotFound)?;
    match states::State::parse(&row.status) {
        Some(state) if state.serves(Role::Operator) => Ok(row.slug),
        _ => Err(Error::Conflict("This counter has been erased")),
    }
}

async fn is_taken(tx: &mut Tx<Founding>, domain: &Domain) -> Result<bool> {
    let taken = sqlx::query_scalar!(
        r#"select exists (select from domains where domain = $1 and state = 'verified' and tenant <> $2) as "taken!""#,
        domain.as_str(),
        tx.tenant().uuid()
    );
    Ok(taken.fetch_one(&mut *tx).await?)
}

async fn save(tx: &mut Tx<Founding>, claim: &Claim) -> Result<()> {
    let Claim { course, .. } = claim;
    let saved = sqlx::query!(
        "update domains
            set state = $3, state_since = $4, next_check_at = $5, missing_since = $6, warned_at = $7, is_primary = $8, answer = $9,
                checked_at = $10
          where tenant = $1 and id = $2",
        claim.tenant.uuid(),
        claim.id,
        course.state.word(),
        course.state_since,
        course.next_check_at,
        course.missing_since,
        course.warned_at,
        claim.is_primary,
        claim.answer.word(),
        claim.checked_at
    );
    match saved.execute(&mut *tx).await {
        Err(error) if is_duplicate(&error) => Err(Error::Conflict("Another counter has just proven this domain")),
        other => other.map(drop).map_err(Into::into),
    }
}

/// In the tenant's log and, when it was an operator, in the platform's.
async fn write_down(tx: &mut Tx<Founding>, by: By<'_>, action: &'static str, claim: &Claim, now: DateTime<Utc>) -> Result<()> {
    let details = json!({ "domain": claim.domain.as_str() });
    let event = Event { actor: by.actor(), action, subject_kind: "domain", subject_id: claim.id, details: details.clone() };
    audit::record(tx, event, now).await?;
    match by {
        By::Agent(agent) => operators::record(tx, &Doer::agent(agent), action, claim.tenant.uuid(), details, now).await,
        By::Member(_) | By::Routine => Ok(()),
    }
}

/// Nobody can know it before it is shown.
fn new_token() -> Result<String> {
    let mut bytes = [0; 16];
    SysRng.try_fill_bytes(&mut bytes).map_err(|error| Error::Internal(anyhow::anyhow!("no randomness: {error}")))?;
    Ok(hex::encode(bytes))
}

struct Row {
    id: Uuid,
    tenant: Uuid,
    domain: String,
    token: String,
    state: String,
    state_since: DateTime<Utc>,
    is_primary: bool,
    answer: String,
    checked_at: Option<DateTime<Utc>>,
    next_check_at: Option<DateTime<Utc>>,
    missing_since: Option<DateTime<Utc>>,
    warned_at: Option<DateTime<Utc>>,
    created_at: DateTime<Utc>,
}

impl TryFrom<Row> for Claim {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self> {
        let unreadable = |what: &str| Error::Internal(anyhow::anyhow!("a domain has an unreadable {what}"));
        let course = Course {
            state: State::parse(&row.state).ok_or_else(|| unreadable("state"))?,
            state_since: row.state_since,
            created_at: row.created_at,
            next_check_at: row.next_check_at,
            missing_since: row.missing_since,
            warned_at: row.warned_at,
        };
        Ok(Self {
            id: row.id,
            tenant: row.tenant.into(),
            domain: Domain::of_host(&row.domain).ok_or_else(|| unreadable("name"))?,
            token: row.token,
            course,
            is_primary: row.is_primary,
            answer: Answer::parse(&row.answer).ok_or_else(|| unreadable("answer"))?,
            checked_at: row.checked_at,
        })
    }
}
