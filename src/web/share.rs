//! No tenant takes everything. So many requests of one tenant are worked on at once, the others of that tenant wait their
//! turn. A request holds at most one connection of a database role at a time, so this is the tenant's share of connections
//! as well: what is left of each pool is for its neighbours.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use moka::sync::Cache;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::error::{Error, Result};
use crate::ids::TenantId;

/// More tenants than this are not busy within a minute of each other.
const REMEMBERED: u64 = 100_000;

/// The shares of all tenants, in this process.
pub struct Shares {
    at_once: usize,
    /// Worked on and waiting together.
    inside: usize,
    tenants: Cache<TenantId, Arc<Share>>,
}

struct Share {
    turns: Arc<Semaphore>,
    inside: AtomicUsize,
}

/// The right to work on one request of a tenant, until it is dropped.
pub struct Turn {
    share: Arc<Share>,
    permit: Option<OwnedSemaphorePermit>,
}

impl Shares {
    /// So many requests of one tenant at once, and so many more that wait.
    pub fn new(at_once: usize, waiting: usize) -> Self {
        let tenants = Cache::builder().max_capacity(REMEMBERED).time_to_idle(Duration::from_mins(1)).build();
        Self { at_once, inside: at_once + waiting, tenants }
    }

    /// Waits for a turn, behind the same tenant's other requests and nobody else's.
    ///
    /// # Errors
    /// [`Error::Crowded`] when too many wait already.
    pub async fn turn(&self, tenant: TenantId) -> Result<Turn> {
        let share = self
            .tenants
            .get_with(tenant, || Arc::new(Share { turns: Arc::new(Semaphore::new(self.at_once)), inside: AtomicUsize::new(0) }));
        let before = share.inside.fetch_add(1, Ordering::Relaxed);
        // Leaves again however this ends, also when the client goes away while it waits.
        let mut turn = Turn { share, permit: None };
        if before >= self.inside {
            return Err(Error::Crowded);
        }
        turn.permit = Some(Arc::clone(&turn.share.turns).acquire_owned().await.map_err(|_| Error::Crowded)?);
        Ok(turn)
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.share.inside.fetch_sub(1, Ordering::Relaxed);
    }
}
