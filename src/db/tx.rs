//! A transaction that knows through which door it was opened. Having one proves that its settings are made.

#![expect(clippy::disallowed_types, reason = "this is the room that holds the pools")]

use std::fmt;
use std::marker::PhantomData;

use futures_util::future::BoxFuture;
use futures_util::stream::{BoxStream, StreamExt};
use sqlx::postgres::{PgQueryResult, PgRow, PgStatement, PgTypeInfo};
use sqlx::{AssertSqlSafe, Either, Execute, Executor, PgPool, Postgres, SqlStr, Transaction};

use super::CounterKeys;
use super::meter::Meter;
use crate::error::{Error, Result, is_lost_connection};
use crate::ids::{CustomerId, OperatorId, TenantId};

/// Through which role a transaction was opened. Verbs name the one whose grants they need.
pub trait Door: Send + Sync + 'static {}

/// A door behind which there is always one tenant.
pub trait TenantDoor: Door {}

/// Customers at a tenant's counter.
pub enum Counter {}
/// A tenant's staff and the jobs of a tenant.
pub enum Office {}
/// Codes, the global customer, «my wholesalers».
pub enum Identity {}
/// Hosts, provisioning, the queue.
pub enum Platform {}
/// The platform, making one tenant or changing what it is: its row, its owner, its audit entry.
pub enum Founding {}
/// The command that brings a tenant back from its archive: rows are added, and none is changed or removed.
pub enum Import {}
/// One of the platform's people, let in to look at one tenant.
pub enum Support {}

impl Door for Counter {}
impl Door for Office {}
impl Door for Identity {}
impl Door for Platform {}
impl Door for Founding {}
impl Door for Support {}
impl Door for Import {}
impl TenantDoor for Counter {}
impl TenantDoor for Office {}
impl TenantDoor for Founding {}
impl TenantDoor for Support {}
impl TenantDoor for Import {}

/// An open transaction. Verbs take `&mut Tx<…>` and hand `&mut *tx` to a query.
#[must_use]
pub struct Tx<D> {
    inner: Transaction<'static, Postgres>,
    tenant: Option<TenantId>,
    meter: Meter,
    door: PhantomData<D>,
}

impl<D: Door> Tx<D> {
    /// Opens it in one message: `begin` and the settings together.
    ///
    /// The opening runs in a task of its own. sqlx's `begin` is not safe to cancel: dropped half-way, it
    /// would hand an open transaction, settings and all, to the connection's next borrower.
    pub(super) async fn begin(pool: &PgPool, tenant: Option<TenantId>, opening: String) -> Result<Self> {
        let meter = Meter::current();
        let pool = pool.clone();
        let timed = meter.start();
        let opened = tokio::spawn(async move {
            // Only the typed ids of `counter_settings` and its neighbours are ever written into this text.
            // Connections that were ended from the other side while they were idle are found out here, where nothing
            // has been done yet: at the most all that are idle are tried, and then a new one.
            // The pool counts them without a lock, and for a moment may say that there are fewer than none, which is very many.
            let most = usize::try_from(pool.options().get_max_connections()).unwrap_or(usize::MAX - 1);
            let mut tries_left = pool.num_idle().min(most) + 1;
            loop {
                match pool.begin_with(AssertSqlSafe(opening.clone())).await {
                    Err(error) if is_lost_connection(&error) && tries_left > 0 => tries_left -= 1,
                    begun => return begun,
                }
            }
        });
        let inner = opened.await.map_err(|gone| Error::Internal(gone.into()))??;
        drop(timed);
        Ok(Self { inner, tenant, meter, door: PhantomData })
    }

    /// Keeps what was written.
    pub async fn commit(self) -> Result<()> {
        let _timed = self.meter.start();
        Ok(self.inner.commit().await?)
    }
}

impl<D: TenantDoor> Tx<D> {
    /// Whose rows this transaction sees. Every statement also says `where tenant_id = …` with it.
    pub fn tenant(&self) -> TenantId {
        // A tenant's door is only ever opened with a tenant; the nil id owns nothing.
        self.tenant.unwrap_or(TenantId::from(uuid::Uuid::nil()))
    }
}

impl Tx<Counter> {
    /// Changes whose rows are seen within the same tenant and session, once the session has said who it is.
    pub async fn narrow(&mut self, keys: &CounterKeys) -> Result<()> {
        let _timed = self.meter.start();
        sqlx::raw_sql(AssertSqlSafe(customers_settings(keys))).execute(&mut *self.inner).await?;
        Ok(())
    }
}

impl Tx<Founding> {
    /// Deletes what is the tenant's in a table, where this column says whose a row is. Neither is ever anything that
    /// somebody typed: both are of the one list, [`crate::tenants::holdings`].
    pub async fn erase(&mut self, table: &'static str, column: &'static str) -> Result<u64> {
        let tenant = self.tenant().uuid();
        let statement = AssertSqlSafe(format!("delete from {table} where {column} = $1"));
        let _timed = self.meter.start();
        Ok(sqlx::query(statement).bind(tenant).persistent(false).execute(&mut *self.inner).await?.rows_affected())
    }
}

impl Tx<Identity> {
    /// Names the person, once they are proven.
    pub async fn become_customer(&mut self, customer: CustomerId) -> Result<()> {
        let _timed = self.meter.start();
        sqlx::raw_sql(AssertSqlSafe(customer_setting(customer))).execute(&mut *self.inner).await?;
        Ok(())
    }
}

pub(super) fn counter_settings(keys: &CounterKeys) -> String {
    format!(
        "{}; set local app.session_hash = '{}'; {}",
        tenant_setting(keys.tenant),
        hex::encode(keys.session_hash),
        customers_settings(keys)
    )
}

fn customers_settings(keys: &CounterKeys) -> String {
    format!(
        "set local app.customer_id = '{}'; set local app.account_id = '{}'; \
         set local app.price_list_id = '{}'; set local app.base_list_id = '{}'",
        keys.customer.uuid(),
        keys.account.uuid(),
        keys.price_list.uuid(),
        keys.base_list.uuid()
    )
}

pub(super) fn tenant_setting(tenant: TenantId) -> String {
    format!("set local app.tenant_id = '{}'", tenant.uuid())
}

pub(super) fn support_settings(tenant: TenantId, operator: OperatorId) -> String {
    format!("{}; set local app.operator_id = '{}'", tenant_setting(tenant), operator.uuid())
}

pub(super) fn customer_setting(customer: CustomerId) -> String {
    format!("set local app.customer_id = '{}'", customer.uuid())
}

impl<D> fmt::Debug for Tx<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tx").field("tenant", &self.tenant).finish_non_exhaustive()
    }
}

/// Queries run on the connection inside, counted and timed for the request's log line.
impl<'c, D: Door> Executor<'c> for &'c mut Tx<D> {
    type Database = Postgres;

    fn fetch_many<'e, 'q: 'e, E>(self, query: E) -> BoxStream<'e, Result<Either<PgQueryResult, PgRow>, sqlx::Error>>
    where
        'c: 'e,
        E: 'q + Execute<'q, Postgres>,
    {
        let timed = self.meter.start();
        // The guard lives as long as the stream does.
        self.inner.fetch_many(query).inspect(move |_| _ = &timed).boxed()
    }

    fn fetch_optional<'e, 'q: 'e, E>(self, query: E) -> BoxFuture<'e, Result<Option<PgRow>, sqlx::Error>>
    where
        'c: 'e,
        E: 'q + Execute<'q, Postgres>,
    {
        let timed = self.meter.start();
        let answer = self.inner.fetch_optional(query);
        Box::pin(async move {
            let answer = answer.await;
            drop(timed);
            answer
        })
    }

    fn prepare_with<'e>(self, query: SqlStr, parameters: &'e [PgTypeInfo]) -> BoxFuture<'e, Result<PgStatement, sqlx::Error>>
    where
        'c: 'e,
    {
        self.inner.prepare_with(query, parameters)
    }

    fn describe<'e>(self, query: SqlStr) -> BoxFuture<'e, Result<sqlx::Describe<Postgres>, sqlx::Error>>
    where
        'c: 'e,
    {
        self.inner.describe(query)
    }
}
