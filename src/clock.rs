//! Where the time comes from. Nothing else may ask the system for it, so that tests can move it.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, OnceLock};

use chrono::{DateTime, Datelike, Duration, SubsecRound, TimeZone, Utc};
use chrono_tz::Tz;

/// The time of day, in UTC, to the microsecond (what PostgreSQL keeps).
#[derive(Clone, Default)]
pub struct Clock(Arc<Hands>);

#[derive(Default)]
struct Hands {
    ahead_microseconds: AtomicI64,
    stopped_at: OnceLock<DateTime<Utc>>,
}

impl Clock {
    /// The system's clock.
    pub fn system() -> Self {
        Self::default()
    }

    /// The present moment.
    pub fn now(&self) -> DateTime<Utc> {
        let ahead = &self.0.ahead_microseconds;
        match self.0.stopped_at.get() {
            // Each look is a microsecond after the one before: what comes later must not be at the same time.
            Some(then) => *then + Duration::microseconds(ahead.fetch_add(1, Ordering::Relaxed)),
            None => system_time() + Duration::microseconds(ahead.load(Ordering::Relaxed)),
        }
    }

    /// Moves this clock, and every clone of it, forward. For tests.
    pub fn advance(&self, by: Duration) {
        self.0.ahead_microseconds.fetch_add(by.num_microseconds().unwrap_or(i64::MAX), Ordering::Relaxed);
    }

    /// From now on this clock, and every clone of it, only goes on when it is moved. For tests, which may take their time then.
    pub fn stop(&self) {
        self.0.stopped_at.get_or_init(system_time);
    }
}

/// The beginning of the month in this zone.
pub fn month_start(now: DateTime<Utc>, zone: Tz) -> DateTime<Utc> {
    let local = now.with_timezone(&zone);
    zone.with_ymd_and_hms(local.year(), local.month(), 1, 0, 0, 0).earliest().map_or(now, |start| start.with_timezone(&Utc))
}

#[expect(clippy::disallowed_methods, reason = "this is the one place that asks")]
fn system_time() -> DateTime<Utc> {
    Utc::now().trunc_subsecs(6)
}

#[cfg(test)]
mod tests {
    use chrono_tz::Europe::{London, Paris};

    use super::*;

    #[test]
    fn a_month_begins_at_midnight_where_the_wholesaler_is() {
        let at = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
        for (now, zone, begins) in [
            ("2026-11-29T22:00:00Z", London, "2026-11-01T00:00:00Z"),
            ("2026-07-31T22:30:00Z", Paris, "2026-07-31T22:00:00Z"),
            ("2026-07-31T21:30:00Z", Paris, "2026-06-30T22:00:00Z"),
            ("2026-04-01T00:00:00Z", London, "2026-03-31T23:00:00Z"),
        ] {
            assert_eq!(month_start(at(now), zone), at(begins), "{now}");
        }
    }
}
