//! How many codes may still go: an allowance that is drawn on, filled again as time passes, wider for whoever proves their numbers and
//! narrower while it is under attack. No clock and no database here.

use chrono::{DateTime, TimeDelta, Utc};

use crate::config::Allowance;

/// For every code that was entered on an average day there may be so much of one that is not (Authgear, docs/specs/fraud-protection.md).
const EARNED: f64 = 0.3;
/// The hours over which what a day has earned is spread: of a wholesaler's day.
const HOURS_OF_A_DAY: f64 = 12.0;
/// How long proven codes count: so that a Monday still knows of the week before.
const PROVEN_FADE: TimeDelta = TimeDelta::days(7);
/// How long refusals count.
const REFUSED_FADE: TimeDelta = TimeDelta::hours(1);
/// Under attack an allowance is so much of what it is otherwise.
const TIGHT: f64 = 0.25;
/// Refusals are counted up to so many times the allowance, so that an attack is over some time after it has ended.
const MOST_REFUSED: f64 = 4.0;

/// Who asks, as far as it can be seen without telling who is a customer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Standing {
    Stranger,
    /// A stranger whose browser has done some work for it.
    Worked,
    /// A browser in which this very address was proven.
    Known,
}

/// An allowance as it stands in the database.
#[derive(Clone, Copy, Debug)]
pub(super) struct Level {
    pub tokens: f64,
    pub filled_at: DateTime<Utc>,
    pub proven: f64,
    pub proven_at: DateTime<Utc>,
    pub refused: f64,
    pub refused_at: DateTime<Utc>,
}

/// There is not enough left.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Short {
    /// How long until there is.
    pub wait: TimeDelta,
    /// How far below nothing one more would lead.
    pub depth: f64,
}

impl Level {
    /// What is left after one more of this allowance, for somebody who may go so far below nothing.
    pub fn draw(&self, allowance: Allowance, overdraft: f64, now: DateTime<Utc>) -> Result<f64, Short> {
        let hours = in_hours(now - self.filled_at).max(0.0);
        let filled = (self.tokens + allowance.per_hour * hours).min(allowance.burst);
        if filled - 1.0 >= -overdraft {
            return Ok(filled - 1.0);
        }
        let hours = (1.0 - filled.min(0.0)) / allowance.per_hour.max(1.0);
        Err(Short { wait: of_hours(hours.min(24.0)), depth: 1.0 - filled })
    }

    /// The allowance as it is now: what is configured, less under attack, and never less than has been earned.
    pub fn now(&self, configured: Allowance, now: DateTime<Utc>) -> Allowance {
        let part = if self.is_tight(configured, now) { TIGHT } else { 1.0 };
        let earned = EARNED * self.proven_in_a_day(now);
        Allowance {
            burst: (configured.burst * part).max(earned).max(configured.burst.min(1.0)),
            per_hour: (configured.per_hour * part).max(earned / HOURS_OF_A_DAY),
        }
    }

    /// Under attack: about as many were refused within the hour as the whole allowance lets through at once.
    pub fn is_tight(&self, configured: Allowance, now: DateTime<Utc>) -> bool {
        self.refused_lately(now) >= configured.burst.max(1.0)
    }

    /// How many were refused in about the last hour.
    pub fn refused_lately(&self, now: DateTime<Utc>) -> f64 {
        faded(self.refused, self.refused_at, REFUSED_FADE, now)
    }

    /// The same after one more.
    pub fn refused_once_more(&self, configured: Allowance, now: DateTime<Utc>) -> f64 {
        (self.refused_lately(now) + 1.0).min(MOST_REFUSED * configured.burst.max(1.0))
    }

    /// How many were entered, fading, after one more.
    pub fn proven_once_more(&self, now: DateTime<Utc>) -> f64 {
        faded(self.proven, self.proven_at, PROVEN_FADE, now) + 1.0
    }

    /// As many every day would have come to what is counted.
    fn proven_in_a_day(&self, now: DateTime<Utc>) -> f64 {
        faded(self.proven, self.proven_at, PROVEN_FADE, now) / in_hours(PROVEN_FADE) * 24.0
    }
}

/// What is left of a count after so long, when all of it would be gone in about that time.
fn faded(count: f64, at: DateTime<Utc>, within: TimeDelta, now: DateTime<Utc>) -> f64 {
    if count <= 0.0 {
        return 0.0;
    }
    count * (-(in_hours(now - at).max(0.0) / in_hours(within))).exp()
}

#[expect(clippy::cast_precision_loss, reason = "of a time, to the millisecond")]
fn in_hours(time: TimeDelta) -> f64 {
    time.num_milliseconds() as f64 / 3_600_000.0
}

#[expect(clippy::cast_possible_truncation, reason = "of a day at most, to the millisecond")]
fn of_hours(hours: f64) -> TimeDelta {
    TimeDelta::milliseconds((hours * 3_600_000.0).ceil() as i64)
}
