//! What every door of the house needs, made once at the start and shared.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};

use super::host::Hosts;
use super::session::SessionHolders;
use super::tenant::{Tenant, Tenants};
use crate::clock::Clock;
use crate::config::Config;
use crate::db::{Db, Office, Scope};

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
