//! Times as people say them, and exactly, in the tenant's zone.

use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;

/// «just now», «50 minutes ago», «4 hours ago», «3 days ago», then the date.
pub fn ago(at: DateTime<Utc>, now: DateTime<Utc>, zone: Tz) -> String {
    let past = now - at;
    match past {
        past if past < TimeDelta::minutes(1) => "just now".to_owned(),
        past if past < TimeDelta::hours(1) => count(past.num_minutes(), "minute"),
        past if past < TimeDelta::days(1) => count(past.num_hours(), "hour"),
        past if past < TimeDelta::days(7) => count(past.num_days(), "day"),
        _ => at.with_timezone(&zone).format("%-d %B %Y").to_string(),
    }
}

/// «2026-11-22 21:04:05+00:00»: what HTML's `datetime` takes, and a person can read on hover.
pub fn exact(at: DateTime<Utc>, zone: Tz) -> String {
    at.with_timezone(&zone).format("%Y-%m-%d %H:%M:%S%:z").to_string()
}

/// How long, in the largest unit that fits: «4 h».
pub fn length(span: TimeDelta) -> String {
    match span {
        span if span < TimeDelta::hours(1) => format!("{} min", span.num_minutes().max(1)),
        span if span < TimeDelta::days(2) => format!("{} h", span.num_hours()),
        span => format!("{} days", span.num_days()),
    }
}

/// How long one waits: «in 18 seconds», «in about 5 minutes», «in about an hour».
pub fn soon(seconds: u64) -> String {
    match seconds {
        1 => "in 1 second".to_owned(),
        0..=90 => format!("in {seconds} seconds"),
        91..=3300 => format!("in about {} minutes", seconds.div_ceil(60)),
        3301..=5400 => "in about an hour".to_owned(),
        _ => format!("in about {} hours", seconds.div_ceil(3600)),
    }
}

fn count(number: i64, unit: &str) -> String {
    if number == 1 { format!("1 {unit} ago") } else { format!("{number} {unit}s ago") }
}
