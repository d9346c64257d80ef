//! A wholesaler signs up on the public site: a name, an address of its own, a code by e-mail, and its counter is open.
//!
//! What was typed waits in one row until the address is proven. The code belongs to that row: whoever brings the row's
//! id and the code opens the counter, once, and is told the same when they bring them again.

pub mod api;
pub mod pages;

use chrono::TimeDelta;
use uuid::Uuid;

use crate::audit::Actor;
use crate::challenges::code::Code;
use crate::challenges::{self, Address, Asked, Question};
use crate::error::{Error, FieldErrors, Result};
use crate::idempotency::{Asker, Key, Made, Once};
use crate::ids::{SignupId, StaffId, TenantId};
use crate::tenancy::House;
use crate::tenancy::extract::Here;
use crate::tenancy::token::Token;
use crate::tenants::markets::Market;
use crate::tenants::names::{self, NameState};
use crate::tenants::provision::{NewTenant, provision};
use crate::tenants::samples;
use crate::values::{EmailAddress, Slug, text};

/// How long somebody may take from the form to the code, resends included.
const LIFE_HOURS: i64 = 24;

/// What the form asks for, as it was typed.
#[derive(Debug, Default, Clone)]
pub struct Typed {
    pub business_name: String,
    pub subdomain: String,
    pub country: String,
    pub owner_name: String,
    pub email: String,
}

/// The same, read.
pub struct NewSignup {
    business_name: String,
    slug: Slug,
    market: Market,
    owner_name: String,
    email: EmailAddress,
}

impl NewSignup {
    /// Reads what was typed.
    ///
    /// # Errors
    /// [`Error::Invalid`] with what wants correcting.
    pub fn parse(typed: &Typed) -> Result<Self> {
        let mut wrong = FieldErrors::new();
        let mut read = |field: &'static str, value: Result<String, text::TextError>, what: &str| {
            value.map_err(|why| wrong.add(field, why.about(what))).ok()
        };
        let business_name = read("business_name", text::line(&typed.business_name, text::LONGEST_NAME), "the name of your business");
        let owner_name = read("owner_name", text::line(&typed.owner_name, text::LONGEST_NAME), "your name");
        let slug = read_subdomain(&typed.subdomain).and_then(names::not_reserved).map_err(|why| wrong.add("subdomain", why)).ok();
        let email = EmailAddress::parse(&typed.email).map_err(|why| wrong.add("email", why.to_string())).ok();
        let market = Market::of(&typed.country);
        if market.is_none() {
            wrong.add("country", "Choose the country that you trade in.");
        }
        let all = business_name.zip(owner_name).zip(slug.zip(email)).zip(market);
        wrong.or(all.map(|(((business_name, owner_name), (slug, email)), market)| Self { business_name, slug, market, owner_name, email }))
    }
}

/// Reads a subdomain; capitals become small, and blanks around it are forgiven.
pub fn read_subdomain(typed: &str) -> Result<Slug, String> {
    Slug::parse(&typed.trim().to_lowercase()).map_err(|why| why.to_string())
}

/// How it stands with a name.
pub async fn availability(house: &House, slug: &Slug) -> Result<NameState> {
    house.db().platform().read(async |tx| names::state_of(tx, slug, None, house.now()).await).await
}

/// Free names that fit the business.
pub async fn suggestions(house: &House, business_name: &str) -> Result<Vec<Slug>> {
    house.db().platform().read(async |tx| names::suggest(tx, business_name, house.now()).await).await
}

/// Takes note of what was typed, and sends the code. `browser` is what the browser keeps, to be let into the office at the
/// end.
///
/// # Errors
/// [`Error::Invalid`] and [`Error::Conflict`] when the name cannot be had, [`Error::SlowDown`] when too many codes were
/// asked for.
pub async fn begin(here: &Here, new: NewSignup, browser: &Token, key: Option<&Key>) -> Result<SignupId> {
    let (house, now) = (&here.house, here.house.now());
    let asked = [&new.business_name, new.slug.as_str(), new.market.country.as_str(), &new.owner_name, new.email.as_str()];
    let once = Once { key, asker: Asker::Stranger, action: "sign-up", asked: &asked };
    if let Some(earlier) = once.earlier_at_platform::<Made>(house).await? {
        return Ok(earlier.id.into());
    }
    availability(house, &new.slug).await?.insist_on_free()?;
    let id = match key {
        Some(key) => id_under(house, key, &once.fingerprint()?)?,
        None => SignupId::new(),
    };
    send_code(here, id, new.email.clone()).await?;
    house
        .db()
        .platform()
        .write(async |tx| {
            if let Some(earlier) = once.earlier::<_, Made>(tx).await? {
                return Ok(earlier.id.into());
            }
            sqlx::query!(
                "insert into signups (id, business_name, slug, country, owner_name, email, browser_hash, created_at)
                 values ($1, $2, $3, $4, $5, $6, $7, $8)",
                id.uuid(),
                new.business_name,
                new.slug.as_str(),
                new.market.country.as_str(),
                new.owner_name,
                new.email.as_str(),
                &browser.hash()[..],
                now
            )
            .execute(&mut *tx)
            .await?;
            once.keep(tx, &Made { id: id.uuid(), at: now }, now).await?;
            Ok(id)
        })
        .await
}

/// The same for the same key and request, and known to nobody before: of two that come at once both send the same code.
fn id_under(house: &House, key: &Key, fingerprint: &[u8; 32]) -> Result<SignupId> {
    let keys = &house.config.keys;
    let digest = keys.derive(keys.current_version, &[b"sign-up", key.bytes(), fingerprint])?;
    let (half, _) = digest.split_first_chunk::<16>().ok_or_else(|| Error::Internal(anyhow::anyhow!("a short digest")))?;
    Ok(uuid::Builder::from_custom_bytes(*half).into_uuid().into())
}

/// Sends the code of a sign-up, the same one again within its life.
pub async fn send_code(here: &Here, id: SignupId, email: EmailAddress) -> Result<Asked> {
    let address = Address::Signup(email);
    challenges::ask(&here.house, question(here, id, &address)).await
}

/// The code belongs to the sign-up, not to a browser: the row's id stands for one.
fn question<'a>(here: &'a Here, id: SignupId, address: &'a Address) -> Question<'a> {
    let browser = Token::named("sign-up", id.uuid().as_bytes());
    Question { address, tenant: None, host: here.house.hosts.base(), client: here.client, browser: Some(browser), known: None, work: None }
}

/// A sign-up, as it stands.
pub struct Signup {
    pub id: SignupId,
    pub business_name: String,
    pub slug: String,
    pub country: String,
    pub owner_name: String,
    pub email: EmailAddress,
    pub browser_hash: Vec<u8>,
    pub is_proven: bool,
    pub made_tenant: Option<TenantId>,
}

impl Signup {
    /// Whether this browser is the one that began it.
    pub fn is_of(&self, browser: &Token) -> bool {
        self.browser_hash == browser.hash()
    }

    /// What was typed, for a form that is shown again.
    pub fn typed(&self) -> Typed {
        Typed {
            business_name: self.business_name.clone(),
            subdomain: self.slug.clone(),
            country: self.country.clone(),
            owner_name: self.owner_name.clone(),
            email: self.email.as_str().to_owned(),
        }
    }
}

/// The sign-up of this id.
///
/// # Errors
/// [`Error::NotFound`] when there is none, or no more.
pub async fn find(house: &House, id: Uuid) -> Result<Signup> {
    let since = house.now() - TimeDelta::hours(LIFE_HOURS);
    let row = house
        .db()
        .platform()
        .read(async |tx| {
            Ok(sqlx::query!(
                "select id, business_name, slug, country, owner_name, email, browser_hash, proven_at, made_tenant
                   from signups where id = $1 and created_at > $2",
                id,
                since
            )
            .fetch_optional(&mut *tx)
            .await?)
        })
        .await?
        .ok_or(Error::NotFound)?;
    Ok(Signup {
        id: row.id.into(),
        business_name: row.business_name,
        slug: row.slug,
        country: row.country,
        owner_name: row.owner_name,
        email: EmailAddress::parse(&row.email).map_err(|why| Error::Internal(why.into()))?,
        browser_hash: row.browser_hash,
        is_proven: row.proven_at.is_some(),
        made_tenant: row.made_tenant.map(TenantId::from),
    })
}

/// A counter that is open now.
pub struct Opened {
    pub slug: Slug,
}

/// Compares the code and opens the counter; brought again, the same code gets the same answer.
///
/// # Errors
/// [`Error::WrongCode`], and [`Error::Conflict`] when somebody else took the name meanwhile.
pub async fn confirm(here: &Here, id: Uuid, code: &Code) -> Result<Opened> {
    let house = &here.house;
    let signup = find(house, id).await?;
    let address = Address::Signup(signup.email.clone());
    let question = question(here, signup.id, &address);
    challenges::prove(house, &question, code).await?.keep(house, &question).await?;
    let now = house.now();
    house
        .db()
        .platform()
        .write(async |tx| {
            sqlx::query!("update signups set proven_at = coalesce(proven_at, $2) where id = $1", id, now).execute(&mut *tx).await?;
            Ok(())
        })
        .await?;
    open(house, &signup, read_subdomain(&signup.slug).map_err(|why| Error::invalid("subdomain", why))?).await
}

/// Opens the counter under another name, because the first one was gone when the code came.
///
/// # Errors
/// [`Error::Unauthenticated`] before the code; as [`begin`] when this name cannot be had either.
pub async fn open_as(house: &House, signup: &Signup, slug: Slug) -> Result<Opened> {
    if !signup.is_proven {
        return Err(Error::Unauthenticated);
    }
    open(house, signup, slug).await
}

async fn open(house: &House, signup: &Signup, slug: Slug) -> Result<Opened> {
    let market = Market::of(&signup.country).ok_or_else(|| Error::Internal(anyhow::anyhow!("a sign-up in no market")))?;
    let (tenant, now) = (TenantId::new(), house.now());
    let opened = house
        .db()
        .founding(tenant)
        .write(async |tx| {
            // Of two who bring the code at once the second waits here, and finds the counter open.
            let made = sqlx::query_scalar!("select made_tenant from signups where id = $1 for update", signup.id.uuid());
            if let Some(made) = made.fetch_one(&mut *tx).await? {
                // A statement of its own: the one that waited would still look as of before.
                let slug = sqlx::query_scalar!("select slug from tenants where id = $1", made).fetch_one(&mut *tx).await?;
                return Ok(Opened { slug: Slug::parse(&slug).map_err(|why| Error::Internal(why.into()))? });
            }
            // Whoever had the name when the code was sent may have given it up meanwhile.
            names::state_of(tx, &slug, None, now).await?.insist_on_free()?;
            let new = NewTenant {
                slug: &slug,
                business_name: &signup.business_name,
                market,
                owner_name: &signup.owner_name,
                owner_email: &signup.email,
                with_samples: true,
                actor: Actor::system("sign-up"),
            };
            if provision(tx, new, now).await?.is_none() {
                return Err(Error::Conflict(names::JUST_TAKEN));
            }
            sqlx::query!("update signups set made_tenant = $2, slug = $3 where id = $1", signup.id.uuid(), tenant.uuid(), slug.as_str())
                .execute(&mut *tx)
                .await?;
            Ok(Opened { slug: slug.clone() })
        })
        .await?;
    // Other processes are told by the database; this one must not remember that there was nobody.
    house.tenants.forget(opened.slug.as_str()).await;
    // The job would do it within a second; done here, the owner finds them on the first page.
    if let Err(error) = samples::make(house.db(), tenant, now).await {
        tracing::warn!(error = error.for_log(), "the samples wait for their job");
    }
    Ok(opened)
}

/// A one-time pass for the new owner into the office of their counter, for the browser that holds what hashes to `arrival`.
///
/// # Errors
/// [`Error::NotFound`] when this browser did not begin the sign-up, or the counter is not open.
pub async fn issue_ticket(house: &House, signup: &Signup, browser: &Token, arrival: [u8; 32]) -> Result<Token> {
    let tenant = signup.made_tenant.filter(|_| signup.is_of(browser)).ok_or(Error::NotFound)?;
    let owner = house
        .db()
        .office(tenant)
        .read(async |tx| {
            let owner = sqlx::query_scalar!(
                "select staff_id from staff where tenant_id = $1 and email = $2 and removed_at is null",
                tx.tenant().uuid(),
                signup.email.as_str()
            );
            Ok(owner.fetch_optional(&mut *tx).await?)
        })
        .await?
        .ok_or(Error::NotFound)?;
    let ticket = Token::new()?;
    let target_host = house.hosts.host_of(&signup.slug);
    let expires_at = house.now() + TimeDelta::seconds(30);
    house
        .db()
        .identity()
        .write(async |tx| {
            sqlx::query!(
                "insert into hand_overs (ticket_hash, staff_id, target_host, browser_hash, expires_at) values ($1, $2, $3, $4, $5)",
                &ticket.hash()[..],
                owner,
                target_host,
                &arrival[..],
                expires_at
            )
            .execute(&mut *tx)
            .await?;
            Ok(())
        })
        .await?;
    Ok(ticket)
}

/// Uses a ticket up: who of the staff it is for.
///
/// # Errors
/// [`Error::Unauthenticated`] when it is not for this host and this browser, is old or was used.
pub async fn use_ticket(here: &Here, browser: &Token, ticket: &Token) -> Result<StaffId> {
    let now = here.house.now();
    let used = here
        .house
        .db()
        .identity()
        .write(async |tx| {
            Ok(sqlx::query_scalar!(
                r#"update hand_overs set consumed_at = $4
                    where ticket_hash = $1 and target_host = $2 and browser_hash = $3 and staff_id is not null
                      and consumed_at is null and expires_at > $4
                   returning staff_id as "staff_id!""#,
                &ticket.hash()[..],
                here.host,
                &browser.hash()[..],
                now
            )
            .fetch_optional(&mut *tx)
            .await?)
        })
        .await?;
    used.map(StaffId::from).ok_or(Error::Unauthenticated)
}

/// Removes what was typed by people who never brought a code, and what has served its time.
pub async fn sweep(house: &House) -> Result<()> {
    let since = house.now() - TimeDelta::hours(LIFE_HOURS);
    house
        .db()
        .platform()
        .write(async |tx| {
            sqlx::query!("delete from signups where created_at < $1", since).execute(&mut *tx).await?;
            // A key that answers with one that is gone would be of no use.
            sqlx::query!("delete from platform_idempotency_keys where asker_id = $1 and created_at < $2", Uuid::nil(), since)
                .execute(&mut *tx)
                .await?;
            Ok(())
        })
        .await
}
