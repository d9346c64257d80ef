//! What every door of the house needs, made once at the start and shared.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};

use super::host::{Hosts, Site};
use super::session::SessionHolders;
use super::tenant::{Found, Tenant, Tenants};
use crate::clock::Clock;
use crate::config::Config;
use crate::db::{Db, Office, Scope};
use crate::error::Result;

/// The shared things.
pub struct House {
    pub config: Config,
    pub clock: Clock,
    pub hosts: Hosts,
    pub tenants: Tenants,
    db: Db,
    holders: SessionHolders,
}

impl House {
    /// Puts them together.
    pub fn new(config: Config, clock: Clock, hosts: Hosts, db: Db) -> Arc<Self> {
        let tenants = Tenants::new(db.clone());
        Arc::new(Self { config, clock, hosts, tenants, db, holders: SessionHolders::default() })
    }

    /// The present moment.
    pub fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    /// How long a tenant that is being closed can be opened again.
    pub fn grace(&self) -> TimeDelta {
        TimeDelta::days(self.config.tenants.grace_days)
    }

    /// The doors of the database.
    pub fn db(&self) -> &Db {
        &self.db
    }

    /// A tenant's own business, for its jobs and its staff.
    pub fn office(&self, tenant: &Tenant) -> Scope<Office> {
        self.db.office(tenant.id)
    }

    /// The tenant whose counter is at this host, if one's is.
    pub async fn counter_at(&self, host: &str) -> Result<Option<Arc<Tenant>>> {
        match self.hosts.site(host) {
            Ok(Site::Counter(slug)) => self.tenants.find(slug.as_str()).await,
            Ok(Site::Domain(domain)) => Ok(self.tenants.at_domain(&domain).await?.map(|(tenant, _)| tenant)),
            Ok(Site::Public | Site::Console) | Err(_) => Ok(None),
        }
    }

    /// Whether anything is to be seen at this host, and so a certificate may be had for it: the sites of the platform, the
    /// tenants' subdomains, also those that lead to their next ones, and the domains that tenants have proven.
    pub async fn answers_at(&self, host: &str) -> Result<bool> {
        match self.hosts.site(host) {
            Ok(Site::Public | Site::Console) => Ok(true),
            Ok(Site::Counter(slug)) => Ok(!matches!(self.tenants.look_up(slug.as_str()).await?, Found::Nobody)),
            Ok(Site::Domain(_)) => Ok(self.counter_at(host).await?.is_some()),
            Err(_) => Ok(false),
        }
    }

    pub(super) fn holders(&self) -> &SessionHolders {
        &self.holders
    }

    /// A customer's session that was not used since then has ended.
    pub fn customer_idle_since(&self) -> DateTime<Utc> {
        self.now() - TimeDelta::days(self.config.sessions.customer_idle_days)
    }

    /// A number that was not proven since then may have another owner.
    pub fn silent_since(&self) -> DateTime<Utc> {
        self.now() - TimeDelta::days(self.config.sessions.customer_silent_days)
    }

    /// A staff session that was not used since then has ended.
    pub fn staff_idle_since(&self) -> DateTime<Utc> {
        self.now() - TimeDelta::hours(self.config.sessions.staff_idle_hours)
    }
}
