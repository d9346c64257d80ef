//! How many queries a request made and how long the database took: the two figures of the request's log
//! line that show a loop of queries before anybody complains.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// The figures of one request.
#[derive(Default)]
pub struct Stats {
    round_trips: AtomicU64,
    microseconds: AtomicU64,
}

impl Stats {
    /// Messages sent to the database and waited for.
    pub fn round_trips(&self) -> u64 {
        self.round_trips.load(Ordering::Relaxed)
    }

    /// Time spent waiting for the database.
    pub fn time(&self) -> Duration {
        Duration::from_micros(self.microseconds.load(Ordering::Relaxed))
    }
}

tokio::task_local! {
    static STATS: Arc<Stats>;
}

/// Runs the work with its queries counted in `stats`.
pub async fn with_stats<T>(stats: Arc<Stats>, work: impl Future<Output = T>) -> T {
    STATS.scope(stats, work).await
}

/// Counts for the request it was made in, or for nobody (jobs, commands).
#[derive(Clone, Default)]
pub(super) struct Meter(Option<Arc<Stats>>);

impl Meter {
    pub(super) fn current() -> Self {
        Self(STATS.try_with(Arc::clone).ok())
    }

    /// Counts one round trip now, and its time when the guard is dropped.
    pub(super) fn start(&self) -> Timed {
        if let Some(stats) = &self.0 {
            stats.round_trips.fetch_add(1, Ordering::Relaxed);
        }
        Timed { meter: self.clone(), since: Instant::now() }
    }
}

pub(super) struct Timed {
    meter: Meter,
    since: Instant,
}

impl Drop for Timed {
    fn drop(&mut self) {
        if let Some(stats) = &self.meter.0 {
            let elapsed = u64::try_from(self.since.elapsed().as_micros()).unwrap_or(u64::MAX);
            stats.microseconds.fetch_add(elapsed, Ordering::Relaxed);
        }
    }
}
