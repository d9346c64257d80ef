//! When a gateway is left alone for a while. A gateway that is down costs every text the time to find that out; so after some failures
//! in a row it is not asked any more, until one text after a pause shows whether it works again.
//!
//! Each process finds out for itself: what one sees of the network another need not see, and nothing that is shared can be wrong.

use chrono::{DateTime, TimeDelta, Utc};

/// So many failures in a row, and the gateway is left alone:
const FAILURES: u8 = 5;
/// for so long the first time,
const FIRST_PAUSE: TimeDelta = TimeDelta::seconds(30);
/// twice as long each time that it still does not work, but never for longer than this.
const LONGEST_PAUSE: TimeDelta = TimeDelta::minutes(5);
/// A text that is to show whether it works again, and of which nothing was heard in this time, is lost with whoever sent it: the
/// next one may. Longer than any gateway is waited for.
const LOST_AFTER: TimeDelta = TimeDelta::minutes(1);

/// Knows of one gateway whether it may be asked. Time is passed in, so that this is only a table of states.
#[derive(Clone, Debug)]
pub struct Breaker {
    phase: Phase,
    since: DateTime<Utc>,
}

#[derive(Clone, Copy, Debug)]
enum Phase {
    /// Everybody may.
    Closed { failures: u8 },
    /// Nobody may, until then.
    Open { until: DateTime<Utc>, pause: TimeDelta },
    /// One is trying.
    HalfOpen { lost_at: DateTime<Utc>, pause: TimeDelta },
}

/// As an operator is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    Working,
    /// It is not asked before this time.
    Resting(DateTime<Utc>),
    /// One text is finding out whether it works again; the others pass it by.
    OnTrial,
}

impl Breaker {
    /// Of a gateway of which nothing is known: it may be asked.
    pub fn new(now: DateTime<Utc>) -> Self {
        Self { phase: Phase::Closed { failures: 0 }, since: now }
    }

    /// Whether this text may go to the gateway. When it is the one that tries, no other may until it is known how that went.
    pub fn lets_through(&mut self, now: DateTime<Utc>) -> bool {
        let pause = match self.phase {
            Phase::Closed { .. } => return true,
            Phase::Open { until, pause } => {
                // A clock that was set back must not make a pause longer than it is.
                if now < until && until - now <= pause {
                    return false;
                }
                pause
            }
            Phase::HalfOpen { lost_at, pause } => {
                if now < lost_at && lost_at - now <= LOST_AFTER {
                    return false;
                }
                pause
            }
        };
        self.become_in(Phase::HalfOpen { lost_at: now + LOST_AFTER, pause }, now);
        true
    }

    /// It has answered as gateways do that work, whatever it said of the message.
    pub fn works(&mut self, now: DateTime<Utc>) {
        match self.phase {
            Phase::Closed { .. } => self.phase = Phase::Closed { failures: 0 },
            Phase::Open { .. } | Phase::HalfOpen { .. } => self.become_in(Phase::Closed { failures: 0 }, now),
        }
    }

    /// It has failed, in a way that speaks of itself and not of the message.
    pub fn fails(&mut self, now: DateTime<Utc>) {
        match self.phase {
            Phase::Closed { failures } if failures + 1 < FAILURES => self.phase = Phase::Closed { failures: failures + 1 },
            Phase::Closed { .. } => self.open(FIRST_PAUSE, now),
            // Heard of late: whoever says so was on the way before it was known.
            Phase::Open { .. } => {}
            Phase::HalfOpen { pause, .. } => self.open((pause * 2).min(LONGEST_PAUSE), now),
        }
    }

    /// What it is at this time. A pause that is over lasts until somebody tries.
    pub fn state(&self) -> State {
        match self.phase {
            Phase::Closed { .. } => State::Working,
            Phase::Open { until, .. } => State::Resting(until),
            Phase::HalfOpen { .. } => State::OnTrial,
        }
    }

    /// Since when it is in this state.
    pub fn since(&self) -> DateTime<Utc> {
        self.since
    }

    fn open(&mut self, pause: TimeDelta, now: DateTime<Utc>) {
        self.become_in(Phase::Open { until: now + pause, pause }, now);
    }

    fn become_in(&mut self, phase: Phase, now: DateTime<Utc>) {
        *self = Self { phase, since: now };
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::seconds(seconds)
    }

    fn opened() -> Breaker {
        let mut breaker = Breaker::new(at(0));
        for _ in 0..FAILURES {
            assert!(breaker.lets_through(at(0)));
            breaker.fails(at(0));
        }
        breaker
    }

    #[test]
    fn five_failures_in_a_row_open_it_and_an_answer_in_between_begins_the_row_anew() {
        let mut breaker = Breaker::new(at(0));
        for round in 0..20 {
            for _ in 1..FAILURES {
                breaker.fails(at(round));
                assert_eq!(breaker.state(), State::Working);
            }
            breaker.works(at(round));
        }
        assert_eq!(breaker.since(), at(0), "it was working all the time");
        assert_eq!((opened().state(), opened().since()), (State::Resting(at(30)), at(0)));
    }

    #[test]
    fn after_the_pause_one_tries_and_the_others_pass_by() {
        let mut breaker = opened();
        assert!(!breaker.lets_through(at(29)));
        assert!(breaker.lets_through(at(30)));
        assert_eq!(breaker.state(), State::OnTrial);
        assert!(!breaker.lets_through(at(30)) && !breaker.lets_through(at(60)), "one is enough");
        breaker.works(at(61));
        assert_eq!((breaker.state(), breaker.since()), (State::Working, at(61)));
        assert!(breaker.lets_through(at(61)) && breaker.lets_through(at(61)));
        for _ in 1..FAILURES {
            breaker.fails(at(62));
        }
        assert_eq!(breaker.state(), State::Working, "it starts anew");
    }

    #[test]
    fn pauses_double_up_to_five_minutes_and_begin_anew_once_it_has_worked() {
        let (mut breaker, mut now) = (opened(), 30);
        for pause in [60, 120, 240, 300, 300] {
            assert!(!breaker.lets_through(at(now - 1)) && breaker.lets_through(at(now)), "{pause}");
            breaker.fails(at(now));
            assert_eq!(breaker.state(), State::Resting(at(now + pause)));
            now += pause;
        }
        breaker.works(at(now));
        for _ in 0..FAILURES {
            breaker.fails(at(now));
        }
        assert_eq!(breaker.state(), State::Resting(at(now + 30)));
    }

    #[test]
    fn what_is_heard_late_neither_lengthens_a_pause_nor_hides_that_it_works() {
        let mut breaker = opened();
        breaker.fails(at(20));
        assert_eq!(breaker.state(), State::Resting(at(30)));
        breaker.works(at(21));
        assert_eq!(breaker.state(), State::Working);
    }

    #[test]
    fn a_trial_that_is_lost_and_a_clock_that_is_set_back_keep_nobody_out_for_good() {
        let mut breaker = opened();
        assert!(breaker.lets_through(at(30)));
        assert!(!breaker.lets_through(at(89)) && breaker.lets_through(at(90)), "nobody heard how it went");
        assert!(opened().lets_through(at(-3_600)));
    }

    proptest! {
        /// Whatever happens and when: it never rests for longer than the longest pause, lets one through at a time while it is on
        /// trial, and an answer opens it to everybody.
        #[test]
        fn it_is_never_shut_for_longer_than_the_longest_pause(events in proptest::collection::vec((0u8..3, 0i64..400), 0..60)) {
            let (mut breaker, mut now) = (Breaker::new(at(0)), at(0));
            for (event, seconds) in events {
                now += TimeDelta::seconds(seconds);
                match event {
                    0 => {
                        let passes = breaker.lets_through(now);
                        prop_assert!(passes || breaker.state() != State::Working);
                        if passes && breaker.state() == State::OnTrial {
                            prop_assert!(!breaker.lets_through(now));
                        }
                    }
                    1 => {
                        breaker.works(now);
                        prop_assert_eq!(breaker.state(), State::Working);
                    }
                    _ => breaker.fails(now),
                }
                if let State::Resting(until) = breaker.state() {
                    prop_assert!(until - breaker.since() <= LONGEST_PAUSE && until - breaker.since() >= FIRST_PAUSE);
                }
                prop_assert!(breaker.clone().lets_through(now + LONGEST_PAUSE));
            }
        }
    }
}
