//! The only room that knows the database's address. From here one can get a [`Scope`], and from a scope a
//! [`Tx`]; nothing else opens a transaction, and no pool leaves this room.
//!
//! There are five doors, each a role of its own with only the grants it needs. Which rows a role may see is
//! decided by settings that are made in the very message that opens the transaction:
//!
//! | door | role | settings |
//! | --- | --- | --- |
//! | [`Counter`] | `tc_counter` | tenant, session, customer, trade account, and two lists of prices |
//! | [`Office`] | `tc_office` | tenant |
//! | [`Identity`] | `tc_identity` | customer |
//! | [`Platform`] | `tc_platform` | none: nothing of any tenant's can be read |
//! | [`Founding`] | `tc_platform` | the tenant that is being made, given another state or name, or asked for access |
//! | [`Support`] | `tc_support` | tenant, operator: nothing is seen unless an owner has let this one in, and the hour runs |
//! | [`Import`] | `tc_import` | the tenant that is being brought back |
//!
//! A verb takes the transaction of the door whose grants it needs:
//!
//! ```no_run
//! # use tradecounter::{db::{Counter, Tx}, error::Result, home, tenancy::Access};
//! async fn at_a_counter(tx: &mut Tx<Counter>, access: &Access) -> Result<()> {
//!     home::account(tx, access).await.map(drop)
//! }
//! ```
//!
//! and so a tenant's rows cannot even be asked for where there is no tenant:
//!
//! ```compile_fail
//! # use tradecounter::{db::{Platform, Tx}, error::Result, home, tenancy::Access};
//! async fn without_a_tenant(tx: &mut Tx<Platform>, access: &Access) -> Result<()> {
//!     home::account(tx, access).await.map(drop)
//! }
//! ```
//!
//! Nobody but this room can make a transaction, and no request can carry a tenant's id:
//!
//! ```compile_fail
//! # use tradecounter::ids::TenantId;
//! let id: TenantId = serde_json::from_str("\"0196f3a0-0000-7000-8000-000000000000\"").unwrap();
//! ```

#![expect(clippy::disallowed_types, reason = "this is the room that holds the pools")]

pub mod cluster;
pub mod connect;
pub mod grants;
pub mod guard;
pub mod listen;
mod meter;
pub mod migrate;
pub mod rows;
pub mod template;
mod tx;

use std::marker::PhantomData;

use sqlx::PgPool;
use uuid::Uuid;

pub use meter::{Stats, with_stats};
pub use tx::{Counter, Door, Founding, Identity, Import, Office, Platform, Support, TenantDoor, Tx};

use crate::error::Result;
use crate::ids::{AccountId, CustomerId, OperatorId, PriceListId, TenantId};

/// The pools, one for each door.
#[derive(Clone)]
pub struct Db {
    counter: PgPool,
    office: PgPool,
    identity: PgPool,
    platform: PgPool,
    import: PgPool,
    support: PgPool,
}

/// What a customer's transaction is narrowed to. The customer, the account and the lists are claims until the session
/// has been read under them: see [`crate::tenancy`].
#[derive(Clone, Copy)]
pub struct CounterKeys {
    /// Whose counter.
    pub tenant: TenantId,
    /// SHA-256 of the session's token: the session's row is seen by holding it.
    pub session_hash: [u8; 32],
    /// The person.
    pub customer: CustomerId,
    /// Their trade account here, which is also the list of its own prices.
    pub account: AccountId,
    /// The list whose prices the account shares, or nil.
    pub price_list: PriceListId,
    /// The base prices, whose list has the tenant's own id; nil when they are not to be seen.
    pub base_list: PriceListId,
}

impl CounterKeys {
    /// Somebody who is nobody's customer: of prices they see the base prices, or none.
    pub fn of_stranger(tenant: TenantId, sees_prices: bool) -> Self {
        let nobody = Uuid::nil();
        Self {
            tenant,
            session_hash: [0; 32],
            customer: nobody.into(),
            account: nobody.into(),
            price_list: nobody.into(),
            base_list: if sees_prices { tenant.uuid() } else { nobody }.into(),
        }
    }
}

/// The right to open transactions through one door, narrowed to what the settings say.
pub struct Scope<D> {
    pool: PgPool,
    settings: String,
    tenant: Option<TenantId>,
    door: PhantomData<D>,
}

impl Db {
    /// A customer at a tenant's counter. Made by `tenancy` from a resolved host and a session.
    pub fn counter(&self, keys: CounterKeys) -> Scope<Counter> {
        Scope::new(&self.counter, Some(keys.tenant), tx::counter_settings(&keys))
    }

    /// A tenant's staff, or a job of the tenant.
    pub fn office(&self, tenant: TenantId) -> Scope<Office> {
        Scope::new(&self.office, Some(tenant), tx::tenant_setting(tenant))
    }

    /// Codes and limits: nobody in particular is known yet.
    pub fn identity(&self) -> Scope<Identity> {
        Scope::new(&self.identity, None, String::new())
    }

    /// One person across all tenants: their access and their sessions, nobody else's.
    pub fn person(&self, customer: CustomerId) -> Scope<Identity> {
        Scope::new(&self.identity, None, tx::customer_setting(customer))
    }

    /// Hosts, provisioning and the queue.
    pub fn platform(&self) -> Scope<Platform> {
        Scope::new(&self.platform, None, String::new())
    }

    /// The platform, making the tenant that will have this id, or changing what it is.
    pub fn founding(&self, tenant: TenantId) -> Scope<Founding> {
        Scope::new(&self.platform, Some(tenant), tx::tenant_setting(tenant))
    }

    /// The command line, bringing back the tenant of this id.
    pub fn import(&self, tenant: TenantId) -> Scope<Import> {
        Scope::new(&self.import, Some(tenant), tx::tenant_setting(tenant))
    }

    /// One of the platform's people, looking at a tenant. What they see of it is what an owner's grant lets them see.
    pub fn support(&self, tenant: TenantId, operator: OperatorId) -> Scope<Support> {
        Scope::new(&self.support, Some(tenant), tx::support_settings(tenant, operator))
    }

    /// Whether the database answers.
    pub async fn is_ready(&self) -> bool {
        self.platform().open_read().await.is_ok()
    }

    /// Ends every connection once it is idle.
    pub async fn close(&self) {
        for pool in [&self.counter, &self.office, &self.identity, &self.platform, &self.support, &self.import] {
            pool.close().await;
        }
    }
}

impl<D: Door> Scope<D> {
    fn new(pool: &PgPool, tenant: Option<TenantId>, settings: String) -> Self {
        Self { pool: pool.clone(), settings, tenant, door: PhantomData }
    }

    /// Opens a transaction that can only read. Dropping it ends it; the rollback rides on the
    /// connection's way back to the pool.
    pub async fn open_read(&self) -> Result<Tx<D>> {
        Tx::begin(&self.pool, self.tenant, format!("begin read only;{}", self.settings)).await
    }

    /// The same, with everything seen as it was at one moment, however long it is looked at.
    pub async fn open_snapshot(&self) -> Result<Tx<D>> {
        Tx::begin(&self.pool, self.tenant, format!("begin isolation level repeatable read read only;{}", self.settings)).await
    }

    /// Opens a transaction that can write. It is lost unless [`Tx::commit`] is called.
    pub async fn open_write(&self) -> Result<Tx<D>> {
        Tx::begin(&self.pool, self.tenant, format!("begin;{}", self.settings)).await
    }

    /// Reads.
    pub async fn read<T>(&self, work: impl AsyncFnOnce(&mut Tx<D>) -> Result<T>) -> Result<T> {
        let mut tx = self.open_read().await?;
        work(&mut tx).await
    }

    /// Writes: commits when the work succeeds, rolls back when it does not.
    pub async fn write<T>(&self, work: impl AsyncFnOnce(&mut Tx<D>) -> Result<T>) -> Result<T> {
        let mut tx = self.open_write().await?;
        let done = work(&mut tx).await?;
        tx.commit().await?;
        Ok(done)
    }
}
