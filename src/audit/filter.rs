//! Which entries of a log are looked for: whose, about what, and of which days.

use chrono::{DateTime, Datelike, Days, NaiveDate, NaiveTime, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;
use serde::Deserialize;
use uuid::Uuid;

use super::words::Thing;
use crate::error::{FieldErrors, Result};

/// What was asked for, as it was typed or chosen. Empty texts mean all.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default)]
pub struct Asked {
    /// A kind of people, or the id of one.
    pub person: String,
    /// The word of a [`Thing`].
    pub about: String,
    /// The first day,
    pub from: String,
    /// and the last.
    pub to: String,
}

impl Asked {
    /// Whether anything was asked for at all.
    pub fn is_empty(&self) -> bool {
        [&self.person, &self.about, &self.from, &self.to].into_iter().all(String::is_empty)
    }

    /// The same as the query of an address; only of what [`Filter::read`] has read, which needs no encoding.
    pub fn query(&self) -> String {
        let Self { person, about, from, to } = self;
        format!("person={person}&about={about}&from={from}&to={to}")
    }
}

/// The same, read.
#[derive(Debug, Default)]
pub struct Filter {
    pub(super) actor_kind: String,
    pub(super) actor_id: Option<Uuid>,
    pub(super) nouns: Option<Vec<String>>,
    pub(super) from: Option<DateTime<Utc>>,
    pub(super) until: Option<DateTime<Utc>>,
}

impl Filter {
    /// Reads what was asked for. Days begin and end where the reader is.
    ///
    /// # Errors
    /// [`Error::Invalid`](crate::error::Error::Invalid) about the fields of [`Asked`].
    pub fn read(asked: &Asked, kinds: &[(&str, &str)], things: &[Thing], zone: Tz) -> Result<Self> {
        let mut wrong = FieldErrors::new();
        let is_kind = kinds.iter().any(|(kind, _)| *kind == asked.person);
        let actor_id = Uuid::parse_str(&asked.person).ok();
        if !asked.person.is_empty() && !is_kind && actor_id.is_none() {
            wrong.add("person", "Choose one of the people.");
        }
        let thing = things.iter().find(|thing| thing.word == asked.about);
        if !asked.about.is_empty() && thing.is_none() {
            let known: Vec<&str> = things.iter().map(|thing| thing.word).collect();
            wrong.add("about", format!("Choose one of {}.", known.join(", ")));
        }
        let mut day = |field: &'static str, text: &str| {
            // Other years are none that the database has.
            let day = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok().filter(|day| (1..=9999).contains(&day.year()));
            if day.is_none() && !text.is_empty() {
                wrong.add(field, "Write the day as year, month and day: 2026-11-30.");
            }
            day
        };
        let (first, last) = (day("from", &asked.from), day("to", &asked.to));
        if first.zip(last).is_some_and(|(first, last)| last < first) {
            wrong.add("to", "The last day is before the first one.");
        }
        wrong.or(Some(Self {
            actor_kind: if is_kind { asked.person.clone() } else { String::new() },
            actor_id,
            nouns: thing.map(|thing| thing.nouns.iter().map(|noun| (*noun).to_owned()).collect()),
            from: first.and_then(|day| begin(day, zone)),
            until: last.and_then(|day| day.checked_add_days(Days::new(1))).and_then(|day| begin(day, zone)),
        }))
    }
}

/// When a day begins there: not always at midnight, where the clock is put forward just then.
fn begin(day: NaiveDate, zone: Tz) -> Option<DateTime<Utc>> {
    let midnight = day.and_time(NaiveTime::MIN);
    let begins = |hours: i64| zone.from_local_datetime(&(midnight + TimeDelta::hours(hours))).earliest();
    (0..3).find_map(begins).map(|begin| begin.with_timezone(&Utc))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::words::OF_TENANTS;

    fn read(from: &str, to: &str, zone: Tz) -> Result<Filter> {
        let asked = Asked { from: from.to_owned(), to: to.to_owned(), ..Asked::default() };
        Filter::read(&asked, &[], OF_TENANTS, zone)
    }

    fn utc(text: &str) -> Option<DateTime<Utc>> {
        text.parse().ok()
    }

    #[test]
    fn a_day_begins_and_ends_where_the_reader_is() {
        let november = read("2026-11-23", "2026-11-23", Tz::Europe__Paris).unwrap_or_default();
        assert_eq!((november.from, november.until), (utc("2026-11-22T23:00:00Z"), utc("2026-11-23T23:00:00Z")));
        // The day on which the clock goes forward at midnight has no midnight.
        let spring = read("2026-09-06", "2026-09-06", Tz::America__Santiago).unwrap_or_default();
        assert_eq!((spring.from, spring.until), (utc("2026-09-06T04:00:00Z"), utc("2026-09-07T03:00:00Z")));
        for (from, to) in [
            ("yesterday", ""),
            ("", "2026-02-30"),
            ("2026-11-23", "2026-11-22"),
            ("-4714-01-01", ""),
            ("+262142-12-31", ""),
            ("0000-01-01", ""),
        ] {
            assert!(read(from, to, Tz::UTC).is_err(), "{from} {to}");
        }
        assert!(read("9999-12-31", "9999-12-31", Tz::UTC).is_ok());
    }

    #[test]
    fn people_and_things_are_those_there_are() {
        let person = |person: &str, about: &str| {
            let asked = Asked { person: person.to_owned(), about: about.to_owned(), ..Asked::default() };
            Filter::read(&asked, &[("customer", "Customers")], OF_TENANTS, Tz::UTC)
        };
        assert!(person("customer", "team").is_ok_and(|filter| filter.actor_kind == "customer" && filter.nouns.is_some()));
        assert!(person("0196f3a0-0000-7000-8000-000000000000", "").is_ok_and(|filter| filter.actor_id.is_some()));
        assert!(person("somebody", "").is_err() && person("", "weather").is_err());
    }
}
