//! Which days goods go out on, and until when orders for each are taken. The one function that says so, for the page, the
//! API and whoever orders for somebody: the server's clock decides, in the wholesaler's own time zone.

use chrono::{DateTime, Datelike, Days, NaiveDate, NaiveDateTime, NaiveTime, TimeZone, Utc};
use chrono_tz::Tz;
use serde::Serialize;

/// How many days ahead may be chosen from,
const HORIZON_DAYS: u64 = 28;
/// and how many of them are shown.
const MOST_CHOICES: usize = 14;

/// How goods change hands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub enum Method {
    Delivery,
    Collection,
}

impl Method {
    /// The word of the API and the database.
    pub fn word(self) -> &'static str {
        match self {
            Self::Delivery => "delivery",
            Self::Collection => "collection",
        }
    }

    /// From the database's word, or somebody's.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Delivery, Self::Collection].into_iter().find(|method| method.word() == word)
    }
}

/// A weekday on which goods change hands in one way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule {
    pub method: Method,
    /// Monday is 1.
    pub weekday: u32,
    /// How many days before, and until what time of that day, orders are taken.
    pub days_before: u64,
    pub cut_off: NaiveTime,
}

/// A day that can be chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Choice {
    pub method: Method,
    pub day: NaiveDate,
    pub closes_at: DateTime<Utc>,
}

/// Until when orders for this day are taken. A time that a clock skips in spring is the first after the gap; one that it shows
/// twice in autumn is the later: nobody is shut out by a clock that is put back.
pub fn closes_at(day: NaiveDate, rule: &Rule, zone: Tz) -> DateTime<Utc> {
    let local = day.checked_sub_days(Days::new(rule.days_before)).unwrap_or(day).and_time(rule.cut_off);
    last_at(local, zone)
}

fn last_at(local: NaiveDateTime, zone: Tz) -> DateTime<Utc> {
    if let Some(at) = zone.from_local_datetime(&local).latest() {
        return at.with_timezone(&Utc);
    }
    // Inside the gap: clocks jump at a full quarter of an hour everywhere, and never by more than a day.
    let minute = local.and_utc().timestamp().div_euclid(900);
    let mut after = (1..=96).filter_map(|quarter| DateTime::from_timestamp((minute + quarter) * 900, 0));
    let found = after.find_map(|later| zone.from_local_datetime(&later.naive_utc()).earliest());
    found.map_or(local.and_utc(), |at| at.with_timezone(&Utc))
}

/// The days that can be chosen now, soonest first. A method without rules is not offered.
pub fn choices(rules: &[Rule], closed: &[NaiveDate], now: DateTime<Utc>, zone: Tz) -> Vec<Choice> {
    let today = now.with_timezone(&zone).date_naive();
    let days = (0..=HORIZON_DAYS).filter_map(|ahead| today.checked_add_days(Days::new(ahead))).filter(|day| !closed.contains(day));
    let mut found: Vec<Choice> = days
        .flat_map(|day| rules.iter().filter(move |rule| rule.weekday == day.weekday().number_from_monday()).map(move |rule| (day, rule)))
        .map(|(day, rule)| Choice { method: rule.method, day, closes_at: closes_at(day, rule, zone) })
        .filter(|choice| now < choice.closes_at)
        .collect();
    found.sort_by_key(|choice| (choice.day, choice.method));
    found.truncate(MOST_CHOICES);
    found
}

/// «by Wed 16:00»: the last minute that is still in time.
pub fn in_words(closes_at: DateTime<Utc>, zone: Tz) -> String {
    format!("by {}", closes_at.with_timezone(&zone).format("%a %H:%M"))
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use chrono_tz::Europe::{London, Paris};
    use chrono_tz::{America::Sao_Paulo, Australia::Lord_Howe};
    use proptest::prelude::*;

    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().expect(text)
    }

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().expect(text)
    }

    fn time(text: &str) -> NaiveTime {
        text.parse().expect(text)
    }

    fn rule(weekday: u32, days_before: u64, cut_off: &str) -> Rule {
        Rule { method: Method::Delivery, weekday, days_before, cut_off: time(cut_off) }
    }

    #[test]
    fn a_cut_off_in_the_nights_when_clocks_are_put() {
        for (on, days_before, cut_off, zone, closes) in [
            // There is no 01:30 in London that night.
            ("2026-03-29", 0, "01:30:00", London, "2026-03-29T01:00:00Z"),
            ("2026-03-30", 1, "01:30:00", London, "2026-03-29T01:00:00Z"),
            ("2026-03-29", 0, "00:59:00", London, "2026-03-29T00:59:00Z"),
            ("2026-03-29", 0, "02:00:00", London, "2026-03-29T01:00:00Z"),
            // There are two of them.
            ("2026-10-25", 0, "01:30:00", London, "2026-10-25T01:30:00Z"),
            ("2026-10-25", 0, "00:30:00", London, "2026-10-24T23:30:00Z"),
            ("2026-10-26", 1, "02:30:00", Paris, "2026-10-25T01:30:00Z"),
            // A day that begins at one o'clock, and a clock that is put by half an hour.
            ("2017-10-15", 0, "00:00:00", Sao_Paulo, "2017-10-15T03:00:00Z"),
            ("2026-10-04", 0, "02:15:00", Lord_Howe, "2026-10-03T15:30:00Z"),
            ("2026-12-01", 1, "16:00:00", London, "2026-11-30T16:00:00Z"),
            ("2026-07-01", 1, "16:00:00", London, "2026-06-30T15:00:00Z"),
        ] {
            let rule = rule(day(on).weekday().number_from_monday(), days_before, cut_off);
            assert_eq!(closes_at(day(on), &rule, zone), at(closes), "{on} {cut_off}");
        }
    }

    #[test]
    fn a_second_before_is_in_time_and_the_second_itself_is_not() {
        // Thursdays, until Wednesday 16:00; it is Wednesday.
        let rules = [rule(4, 1, "16:00:00")];
        let days = |now: &str| choices(&rules, &[], at(now), London).iter().map(|choice| choice.day).collect::<Vec<_>>();
        let (this, next) = (day("2026-11-26"), day("2026-12-03"));
        assert_eq!(days("2026-11-25T15:59:59Z").first(), Some(&this));
        assert_eq!(days("2026-11-25T16:00:00Z").first(), Some(&next));
        // The night when clocks are put back: between the two times of 01:30 orders are taken, after the second they are not.
        let rules = [rule(7, 0, "01:30:00")];
        let is_open = |now: &str| choices(&rules, &[], at(now), London).first().is_some_and(|choice| choice.day == day("2026-10-25"));
        assert!(is_open("2026-10-25T00:30:00Z") && is_open("2026-10-25T01:29:59Z") && !is_open("2026-10-25T01:30:00Z"));
        // The night when they are put forward.
        let is_open = |now: &str| choices(&rules, &[], at(now), London).first().is_some_and(|choice| choice.day == day("2026-03-29"));
        assert!(is_open("2026-03-29T00:59:59Z") && !is_open("2026-03-29T01:00:00Z"));
    }

    #[test]
    fn closed_days_and_ways_that_are_not_offered_are_left_out() {
        let monday = Rule { method: Method::Collection, ..rule(1, 0, "11:00:00") };
        let rules = [rule(1, 1, "16:00:00"), monday];
        let found = choices(&rules, &[day("2026-12-07")], at("2026-11-28T12:00:00Z"), London);
        let shown: Vec<(u32, u32, Method)> = found.iter().map(|choice| (choice.day.month(), choice.day.day(), choice.method)).collect();
        let (out, fetched) = (Method::Delivery, Method::Collection);
        assert_eq!(
            shown,
            [(11, 30, out), (11, 30, fetched), (12, 14, out), (12, 14, fetched), (12, 21, out), (12, 21, fetched)],
            "the 28th day is the last"
        );
        assert_eq!(choices(&[], &[], at("2026-11-28T12:00:00Z"), London), []);
        assert_eq!(in_words(at("2026-11-25T16:00:00Z"), London), "by Wed 16:00");
    }

    proptest! {
        /// Whatever the rules, what is offered is open, in order, soon, on its weekday, and no more than can be shown.
        #[test]
        fn what_is_offered_can_be_had(
            rules in prop::collection::vec((any::<bool>(), 1u32..8, 0u64..15, 0u32..24, 0u32..60), 0..8),
            closed in prop::collection::vec(0u64..30, 0..6),
            minutes in 0i64..600_000,
        ) {
            let rules: Vec<Rule> = rules.into_iter().map(|(fetched, weekday, days_before, hour, minute)| Rule {
                method: if fetched { Method::Collection } else { Method::Delivery },
                weekday,
                days_before,
                cut_off: NaiveTime::from_hms_opt(hour, minute, 0).unwrap_or_default(),
            }).collect();
            let now = at("2026-01-01T00:00:00Z") + TimeDelta::minutes(minutes);
            let today = now.with_timezone(&London).date_naive();
            let closed: Vec<NaiveDate> = closed.into_iter().filter_map(|ahead| today.checked_add_days(Days::new(ahead))).collect();
            let found = choices(&rules, &closed, now, London);
            prop_assert!(found.len() <= MOST_CHOICES && found.is_sorted_by_key(|choice| choice.day));
            for choice in &found {
                prop_assert!(now < choice.closes_at && !closed.contains(&choice.day));
                prop_assert!((choice.day - today).num_days() <= 28);
                prop_assert!(rules.iter().any(|rule| rule.method == choice.method
                    && rule.weekday == choice.day.weekday().number_from_monday()
                    && closes_at(choice.day, rule, London) == choice.closes_at));
            }
        }
    }
}
