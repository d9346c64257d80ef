//! A tenant as the doors need to know it, kept in memory: no request asks the database whose host it is.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use moka::future::Cache;
use tokio::sync::Semaphore;

use super::host::Hosts;
use super::states::{Role, State};
use crate::db::{Db, Platform, Tx};
use crate::error::{Error, Result};
use crate::ids::TenantId;
use crate::tax::{OwnRate, Rounding};
use crate::values::{Country, Currency, Domain, Money, Slug};

/// A wholesaler, as its counter shows it.
#[derive(Debug, Clone)]
pub struct Tenant {
    pub id: TenantId,
    pub slug: Slug,
    /// Of its own domains the one that links and texts name, if it chose one.
    pub primary_domain: Option<Domain>,
    pub business_name: String,
    pub country: Country,
    pub currency: Currency,
    pub time_zone: Tz,
    pub brand_colour: String,
    /// For what is current, beside the first; without it the house's own ink.
    pub second_colour: Option<String>,
    pub opening_text: String,
    pub contact_email: String,
    pub contact_phone: String,
    pub contact_address: String,
    /// Where codes may be sent.
    pub sms_countries: Vec<Country>,
    /// What its texts may cost in a month, in hundredths of the currency in which texts are paid.
    pub sms_limit_minor: i64,
    pub has_logo: bool,
    /// What strangers see of goods and prices.
    pub prices_shown: PricesShown,
    /// What customers see of how much there is.
    pub stock_shown: StockShown,
    pub vat_rounding: Rounding,
    /// The least that an order comes to, without VAT; nothing when any order will do.
    pub minimum_order: Money,
    /// Rates that the wholesaler has set beside those that are known here.
    pub tax_rates: Arc<[OwnRate]>,
    pub state: State,
    /// Why it is in this state; empty when nobody said.
    pub state_reason: String,
    /// Until when one that is being closed can be opened again for certain.
    pub grace_ends_at: Option<DateTime<Utc>>,
    /// Since when it has its present name, if that is not its first: sessions of before are over.
    pub renamed_at: Option<DateTime<Utc>>,
    pub updated_at: DateTime<Utc>,
}

/// What somebody sees who is nobody's customer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PricesShown {
    /// Goods and base prices.
    All,
    /// Goods, and no price.
    NoPrices,
    Nothing,
}

impl PricesShown {
    /// The database's word.
    pub fn word(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::NoPrices => "no_prices",
            Self::Nothing => "nothing",
        }
    }

    /// From the database's word.
    pub fn parse(word: &str) -> Option<Self> {
        match word {
            "all" => Some(Self::All),
            "no_prices" => Some(Self::NoPrices),
            "nothing" => Some(Self::Nothing),
            _ => None,
        }
    }
}

/// What a customer sees of how much of a product there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StockShown {
    Numbers,
    Words,
    Nothing,
}

impl StockShown {
    /// The database's word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Numbers => "numbers",
            Self::Words => "words",
            Self::Nothing => "nothing",
        }
    }

    /// From the database's word.
    pub fn parse(word: &str) -> Option<Self> {
        match word {
            "numbers" => Some(Self::Numbers),
            "words" => Some(Self::Words),
            "nothing" => Some(Self::Nothing),
            _ => None,
        }
    }
}

impl Tenant {
    /// Whether this one may, as the tenant stands.
    pub fn serves(&self, role: Role) -> bool {
        self.state.serves(role)
    }

    /// The host that links and texts name.
    pub fn main_host(&self, hosts: &Hosts) -> String {
        self.primary_domain.as_ref().map_or_else(|| hosts.host_of(self.slug.as_str()), ToString::to_string)
    }

    /// The address that links and texts name.
    pub fn main_url(&self, hosts: &Hosts) -> String {
        hosts.url(&self.main_host(hosts))
    }

    /// The day on which everything of it is deleted, in its own zone; empty while it is not being closed.
    pub fn erased_on(&self) -> String {
        self.grace_ends_at.map(|at| at.with_timezone(&self.time_zone).format("%-d %B %Y").to_string()).unwrap_or_default()
    }

    /// Changes whenever the tenant does: part of the address of what browsers may keep.
    pub fn version(&self) -> i64 {
        self.updated_at.timestamp_micros()
    }
}

/// A domain of a tenant's own at which it is met.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnDomain {
    pub domain: Domain,
    /// Since when it has led there without a break.
    pub since: DateTime<Utc>,
}

/// A tenant's picture.
pub struct Logo {
    pub bytes: Vec<u8>,
    pub media_type: String,
    /// The tenant's, at the moment the picture was read.
    pub version: i64,
}

/// What a name leads to.
#[derive(Clone)]
pub enum Found {
    Tenant(Arc<Tenant>),
    /// It was a tenant's, who has this one now.
    Moved(Slug),
    Nobody,
}

/// How many names are looked up at once; a role has at least eight connections.
const LOOKED_UP_AT_ONCE: usize = 4;

/// The tenants this process has met.
#[derive(Clone)]
pub struct Tenants {
    db: Db,
    known: Cache<String, Arc<Tenant>>,
    // By domain: whose it is. Kept apart from the tenants, so that it is dropped whenever any of them changes.
    domains: Cache<String, (Slug, DateTime<Utc>)>,
    // Names nobody has, or has any more, are remembered apart and briefly, so that guessing at them cannot push real
    // tenants out.
    elsewhere: Cache<String, Option<Slug>>,
    // How often something was forgotten: what was being read meanwhile may be of before.
    changes: Arc<AtomicU64>,
    // Names that nobody is known by are looked up a few at a time: whoever asks for thousands of them waits for their own,
    // and leaves the others their connections.
    turns: Arc<Semaphore>,
}

impl Tenants {
    /// An empty memory over the database.
    pub fn new(db: Db) -> Self {
        Self {
            db,
            known: Cache::builder().max_capacity(20_000).time_to_live(Duration::from_mins(1)).build(),
            elsewhere: Cache::builder().max_capacity(10_000).time_to_live(Duration::from_secs(5)).build(),
            domains: Cache::builder().max_capacity(20_000).time_to_live(Duration::from_mins(1)).build(),
            changes: Arc::default(),
            turns: Arc::new(Semaphore::new(LOOKED_UP_AT_ONCE)),
        }
    }

    /// The tenant of this name, whatever its state, if there is one.
    pub async fn find(&self, slug: &str) -> Result<Option<Arc<Tenant>>> {
        Ok(match self.look_up(slug).await? {
            Found::Tenant(tenant) => Some(tenant),
            Found::Moved(_) | Found::Nobody => None,
        })
    }

    /// What a name leads to.
    pub async fn look_up(&self, slug: &str) -> Result<Found> {
        if let Some(tenant) = self.known.get(slug).await {
            return Ok(Found::Tenant(tenant));
        }
        if let Some(moved) = self.elsewhere.get(slug).await {
            return Ok(moved.map_or(Found::Nobody, Found::Moved));
        }
        let _turn = self.turns.acquire().await;
        let changes = self.changes.load(Ordering::SeqCst);
        let found = self.db.platform().read(async |tx| load(tx, slug).await).await?;
        match &found {
            Found::Tenant(tenant) => self.known.insert(slug.to_owned(), Arc::clone(tenant)).await,
            Found::Moved(to) => self.elsewhere.insert(slug.to_owned(), Some(to.clone())).await,
            Found::Nobody => self.elsewhere.insert(slug.to_owned(), None).await,
        }
        // Asked after it was remembered, as forgetting counts before it forgets: one of the two sees the other.
        if self.changes.load(Ordering::SeqCst) != changes {
            self.known.invalidate(slug).await;
            self.elsewhere.invalidate(slug).await;
        }
        Ok(found)
    }

    /// The tenant that has proven this domain, whatever its state, if there is one.
    pub async fn at_domain(&self, domain: &Domain) -> Result<Option<(Arc<Tenant>, OwnDomain)>> {
        let Some((slug, since)) = self.owner_of(domain.as_str()).await? else { return Ok(None) };
        let tenant = match self.look_up(slug.as_str()).await? {
            Found::Tenant(tenant) => Some(tenant),
            // It was given another name in this very moment.
            Found::Moved(to) => self.find(to.as_str()).await?,
            Found::Nobody => None,
        };
        Ok(tenant.map(|tenant| (tenant, OwnDomain { domain: domain.clone(), since })))
    }

    async fn owner_of(&self, domain: &str) -> Result<Option<(Slug, DateTime<Utc>)>> {
        if let Some(owner) = self.domains.get(domain).await {
            return Ok(Some(owner));
        }
        // A slug has no dot: the two kinds of names never meet here.
        if self.elsewhere.contains_key(domain) {
            return Ok(None);
        }
        let _turn = self.turns.acquire().await;
        let changes = self.changes.load(Ordering::SeqCst);
        let owner = self.db.platform().read(async |tx| load_owner(tx, domain).await).await?;
        match &owner {
            Some(owner) => self.domains.insert(domain.to_owned(), owner.clone()).await,
            None => self.elsewhere.insert(domain.to_owned(), None).await,
        }
        // As above.
        if self.changes.load(Ordering::SeqCst) != changes {
            self.domains.invalidate(domain).await;
            self.elsewhere.invalidate(domain).await;
        }
        Ok(owner)
    }

    /// The tenant of this id: for jobs, which know no host.
    pub async fn by_id(&self, id: TenantId) -> Result<Arc<Tenant>> {
        let slug = self
            .db
            .platform()
            .read(async |tx| Ok(sqlx::query_scalar!("select slug from tenants where id = $1", id.uuid()).fetch_one(&mut *tx).await?))
            .await?;
        self.find(&slug).await?.ok_or(Error::NotFound)
    }

    /// The logo of this tenant, if it has one.
    pub async fn logo(&self, id: TenantId) -> Result<Option<Logo>> {
        let row = self
            .db
            .platform()
            .read(async |tx| {
                let query = sqlx::query!("select logo, logo_type, updated_at from tenants where id = $1", id.uuid());
                Ok(query.fetch_one(&mut *tx).await?)
            })
            .await?;
        let version = row.updated_at.timestamp_micros();
        Ok(row.logo.zip(row.logo_type).map(|(bytes, media_type)| Logo { bytes, media_type, version }))
    }

    /// Forgets one, because it has changed.
    pub async fn forget(&self, slug: &str) {
        self.changes.fetch_add(1, Ordering::SeqCst);
        self.known.invalidate(slug).await;
        // Names that lead to it are forgotten with it.
        self.elsewhere.invalidate_all();
        self.domains.invalidate_all();
    }

    /// Forgets all, because something may have been missed.
    pub fn forget_all(&self) {
        self.changes.fetch_add(1, Ordering::SeqCst);
        self.known.invalidate_all();
        self.elsewhere.invalidate_all();
        self.domains.invalidate_all();
    }
}

async fn load(tx: &mut Tx<Platform>, slug: &str) -> Result<Found> {
    if let Some(tenant) = load_tenant(tx, slug).await? {
        return Ok(Found::Tenant(Arc::new(tenant)));
    }
    let moved = sqlx::query_scalar!(
        "select t.slug from retired_names r join tenants t on t.id = r.tenant where r.slug = $1 and t.status <> 'purged'",
        slug
    );
    // A name that can no longer be read is nobody's.
    let moved = moved.fetch_optional(&mut *tx).await?.and_then(|slug| Slug::parse(&slug).ok());
    Ok(moved.map_or(Found::Nobody, Found::Moved))
}

async fn load_owner(tx: &mut Tx<Platform>, domain: &str) -> Result<Option<(Slug, DateTime<Utc>)>> {
    let row = sqlx::query!(
        "select t.slug, d.state_since from domains d join tenants t on t.id = d.tenant
          where d.domain = $1 and d.state = 'verified' and t.status <> 'purged'",
        domain
    );
    let row = row.fetch_optional(&mut *tx).await?;
    Ok(row.and_then(|row| Some((Slug::parse(&row.slug).ok()?, row.state_since))))
}

async fn load_tenant(tx: &mut Tx<Platform>, slug: &str) -> Result<Option<Tenant>> {
    let Some(row) = sqlx::query!(
        "select id, slug, business_name, country, currency, time_zone, brand_colour, second_colour, opening_text, contact_email,
                contact_phone, contact_address, sms_countries, sms_limit_minor, logo_type, prices_shown, stock_shown, vat_rounding, minimum_order_minor,
                tax_rates, status, status_reason, grace_ends_at, renamed_at, updated_at,
                (select d.domain from domains d where d.tenant = tenants.id and d.is_primary) as primary_domain
           from tenants where slug = $1 and status <> 'purged'",
        slug
    )
    .fetch_optional(&mut *tx)
    .await?
    else {
        return Ok(None);
    };
    let unreadable = |what: &str| Error::Internal(anyhow::anyhow!("the tenant {slug} has an unreadable {what}"));
    let currency = Currency::parse(&row.currency).map_err(|_| unreadable("currency"))?;
    Ok(Some(Tenant {
        id: row.id.into(),
        slug: Slug::parse(&row.slug).map_err(|_| unreadable("slug"))?,
        primary_domain: row.primary_domain.as_deref().and_then(Domain::of_host),
        business_name: row.business_name,
        country: Country::parse(&row.country).map_err(|_| unreadable("country"))?,
        currency,
        time_zone: row.time_zone.parse().map_err(|_| unreadable("time zone"))?,
        brand_colour: row.brand_colour,
        second_colour: row.second_colour,
        opening_text: row.opening_text,
        contact_email: row.contact_email,
        contact_phone: row.contact_phone,
        contact_address: row.contact_address,
        sms_countries: row.sms_countries.iter().filter_map(|code| Country::parse(code).ok()).collect(),
        sms_limit_minor: row.sms_limit_minor,
        has_logo: row.logo_type.is_some(),
        prices_shown: PricesShown::parse(&row.prices_shown).ok_or_else(|| unreadable("choice of prices"))?,
        stock_shown: StockShown::parse(&row.stock_shown).ok_or_else(|| unreadable("choice of stock"))?,
        vat_rounding: Rounding::parse(&row.vat_rounding).ok_or_else(|| unreadable("rounding"))?,
        minimum_order: Money::new(row.minimum_order_minor, currency),
        tax_rates: OwnRate::parse_all(&row.tax_rates).ok_or_else(|| unreadable("list of tax rates"))?.into(),
        state: State::parse(&row.status).ok_or_else(|| unreadable("state"))?,
        state_reason: row.status_reason,
        grace_ends_at: row.grace_ends_at,
        renamed_at: row.renamed_at,
        updated_at: row.updated_at,
    }))
}
