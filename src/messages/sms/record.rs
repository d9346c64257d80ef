//! What this process knows of a gateway: whether it works, how the last text went, and how many have gone. In memory alone.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, DurationRound, TimeDelta, Utc};

use super::breaker::{Breaker, State};
use super::{GatewayName, Refusal};

/// Counts are kept by the minute, for an hour.
const COUNTED_FOR: TimeDelta = TimeDelta::hours(1);

/// Of one gateway.
pub(super) struct Record {
    gateway: GatewayName,
    known: Mutex<Known>,
}

struct Known {
    breaker: Breaker,
    last: Option<(DateTime<Utc>, String)>,
    minutes: VecDeque<Minute>,
}

struct Minute {
    start: DateTime<Utc>,
    accepted: u32,
    not_accepted: u32,
}

/// The same, for whoever looks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    pub gateway: GatewayName,
    pub state: State,
    /// Since when it is in this state.
    pub since: DateTime<Utc>,
    /// When it was asked last, and what came of it, in words.
    pub last: Option<(DateTime<Utc>, String)>,
    /// Texts that it has accepted in the last hour, to the minute,
    pub accepted: u32,
    /// and those that it has not.
    pub not_accepted: u32,
}

impl Record {
    /// Of a gateway that nobody has asked yet.
    pub fn new(gateway: GatewayName, now: DateTime<Utc>) -> Self {
        let record = Self { gateway, known: Mutex::new(Known { breaker: Breaker::new(now), last: None, minutes: VecDeque::new() }) };
        record.with(|_| ());
        record
    }

    /// Whether a text may go to it now.
    pub fn lets_through(&self, now: DateTime<Utc>) -> bool {
        self.with(|known| known.breaker.lets_through(now))
    }

    /// Writes down how a text went.
    pub fn note(&self, answer: &Result<Option<String>, Refusal>, now: DateTime<Utc>) {
        let (outcome, words) = match answer {
            Ok(_) => ("accepted", "accepted".to_owned()),
            Err(refusal) => (refusal.word(), refusal.of_it()),
        };
        metrics::counter!("sms_handed_over", "gateway" => self.gateway.word(), "outcome" => outcome).increment(1);
        self.with(|known| {
            let before = known.breaker.state();
            match answer {
                Err(refusal) if refusal.is_the_carriers() => known.breaker.fails(now),
                _ => known.breaker.works(now),
            }
            match known.breaker.state() {
                state if state == before => {}
                State::Resting(until) => tracing::warn!(gateway = %self.gateway, %until, "a gateway is left alone"),
                State::Working | State::OnTrial => tracing::info!(gateway = %self.gateway, "a gateway works again"),
            }
            known.last = Some((now, words));
            known.count(answer.is_ok(), now);
        });
    }

    /// What is known at this time.
    pub fn seen(&self, now: DateTime<Utc>) -> Seen {
        self.with(|known| {
            known.forget(now);
            Seen {
                gateway: self.gateway,
                state: known.breaker.state(),
                since: known.breaker.since(),
                last: known.last.clone(),
                accepted: known.minutes.iter().map(|minute| minute.accepted).sum(),
                not_accepted: known.minutes.iter().map(|minute| minute.not_accepted).sum(),
            }
        })
    }

    fn with<T>(&self, work: impl FnOnce(&mut Known) -> T) -> T {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let done = work(&mut known);
        let is_open = known.breaker.state() != State::Working;
        metrics::gauge!("sms_breaker_open", "gateway" => self.gateway.word()).set(if is_open { 1.0 } else { 0.0 });
        done
    }
}

impl Known {
    fn count(&mut self, is_accepted: bool, now: DateTime<Utc>) {
        self.forget(now);
        let start = now.duration_trunc(TimeDelta::minutes(1)).unwrap_or(now);
        if self.minutes.back().is_none_or(|minute| minute.start != start) {
            self.minutes.push_back(Minute { start, accepted: 0, not_accepted: 0 });
        }
        if let Some(minute) = self.minutes.back_mut() {
            if is_accepted { minute.accepted += 1 } else { minute.not_accepted += 1 }
        }
    }

    fn forget(&mut self, now: DateTime<Utc>) {
        self.minutes.retain(|minute| minute.start > now - COUNTED_FOR);
    }
}
