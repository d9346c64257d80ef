//! How a domain goes from being wanted to being had and, when its record is gone, to being lost.

use chrono::{DateTime, TimeDelta, Utc};

/// How long a domain is waited for.
pub const PATIENCE: TimeDelta = TimeDelta::days(7);
/// How long a record may be gone before the owners are told,
const UNNOTICED: TimeDelta = TimeDelta::days(1);
/// and how long they then have to set it again.
pub const WARNING: TimeDelta = TimeDelta::days(6);

/// Where a domain stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Its record is looked for.
    Waiting,
    /// The counter answers there.
    Verified,
    /// Its record was never found.
    Expired,
    /// Its record is gone.
    Lost,
}

impl State {
    pub const ALL: [Self; 4] = [Self::Waiting, Self::Verified, Self::Expired, Self::Lost];

    /// The word of the API and the database.
    pub fn word(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Verified => "verified",
            Self::Expired => "expired",
            Self::Lost => "lost",
        }
    }

    /// From the database's word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.word() == word)
    }
}

/// What came of a look at the record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::enum_variant_names, reason = "«no answer» is what a name server gave")]
pub enum Answer {
    NotAsked,
    Found,
    /// It is found, and the domain is another tenant's.
    Taken,
    NoName,
    NoRecord,
    OtherRecord,
    Refused,
    NoAnswer,
}

impl Answer {
    pub const ALL: [Self; 8] =
        [Self::NotAsked, Self::Found, Self::Taken, Self::NoName, Self::NoRecord, Self::OtherRecord, Self::Refused, Self::NoAnswer];

    /// The word of the API and the database.
    pub fn word(self) -> &'static str {
        match self {
            Self::NotAsked => "not_asked",
            Self::Found => "found",
            Self::Taken => "taken",
            Self::NoName => "no_name",
            Self::NoRecord => "no_record",
            Self::OtherRecord => "other_record",
            Self::Refused => "refused",
            Self::NoAnswer => "no_answer",
        }
    }

    /// From the database's word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|answer| answer.word() == word)
    }

    /// For the people who set the record.
    pub fn in_words(self) -> &'static str {
        match self {
            Self::NotAsked => "Nobody has looked yet.",
            Self::Found => "The record is there.",
            Self::Taken => "The record is there, but another counter has proven this domain before and still has it.",
            Self::NoName => "There is no record of that name yet.",
            Self::NoRecord => "That name is known, but has no TXT record yet.",
            Self::OtherRecord => "There is a TXT record of that name, but it says something else. Compare the value letter by letter.",
            Self::Refused => "The domain’s own name servers answered with an error. Ask whoever runs them.",
            Self::NoAnswer => "No name server answered in time. That says nothing about the record: try again in a while.",
        }
    }

    /// Whether it says that there is no such record. A server that fails says nothing, for or against.
    fn denies(self) -> bool {
        matches!(self, Self::NoName | Self::NoRecord | Self::OtherRecord)
    }
}

/// How far a domain has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Course {
    pub state: State,
    pub state_since: DateTime<Utc>,
    pub created_at: DateTime<Utc>,
    pub next_check_at: Option<DateTime<Utc>>,
    pub missing_since: Option<DateTime<Utc>>,
    pub warned_at: Option<DateTime<Utc>>,
}

/// What a look brought about, beside what it saw.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    Verified,
    Expired,
    /// The owners are to be told.
    Missing,
    Lost,
}

impl Turn {
    /// What it is called in the audit log.
    pub fn event(self) -> &'static str {
        match self {
            Self::Verified => "domain.verified",
            Self::Expired => "domain.expired",
            Self::Missing => "domain.missing",
            Self::Lost => "domain.lost",
        }
    }
}

impl Course {
    /// How one begins.
    pub fn new(now: DateTime<Utc>) -> Self {
        let next_check_at = Some(now + TimeDelta::minutes(1));
        Self { state: State::Waiting, state_since: now, created_at: now, next_check_at, missing_since: None, warned_at: None }
    }

    /// How it goes on.
    pub fn after(self, answer: Answer, now: DateTime<Utc>) -> (Self, Option<Turn>) {
        let turned = |state, next_check_at| Self { state, state_since: now, next_check_at, missing_since: None, warned_at: None, ..self };
        let later = |by| Some(now + by);
        match (self.state, answer) {
            (State::Verified, Answer::Found) => {
                (Self { next_check_at: later(TimeDelta::days(1)), missing_since: None, warned_at: None, ..self }, None)
            }
            (_, Answer::Found) => (turned(State::Verified, later(TimeDelta::days(1))), Some(Turn::Verified)),
            (State::Verified, answer) => {
                let missing_since = if answer.denies() { Some(self.missing_since.unwrap_or(now)) } else { self.missing_since };
                let stays = Self { next_check_at: later(TimeDelta::hours(6)), missing_since, ..self };
                match (missing_since, self.warned_at) {
                    // What nobody denied just now goes on as before.
                    _ if !answer.denies() => (stays, None),
                    (_, Some(warned_at)) if now - warned_at >= WARNING => (turned(State::Lost, None), Some(Turn::Lost)),
                    (Some(since), None) if now - since >= UNNOTICED => (Self { warned_at: Some(now), ..stays }, Some(Turn::Missing)),
                    _ => (stays, None),
                }
            }
            (State::Waiting, _) if now - self.created_at >= PATIENCE => (turned(State::Expired, None), Some(Turn::Expired)),
            (State::Waiting, _) => {
                // As long again as it has waited already.
                let pause = (now - self.created_at).clamp(TimeDelta::minutes(1), TimeDelta::hours(6));
                (Self { next_check_at: later(pause), ..self }, None)
            }
            (State::Expired | State::Lost, _) => (Self { next_check_at: None, ..self }, None),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn start() -> DateTime<Utc> {
        DateTime::UNIX_EPOCH
    }

    /// Looks whenever it is time, with this answer, until nobody looks any more or so many looks are done.
    fn go(mut course: Course, answer: Answer, looks: usize) -> (Course, Vec<(TimeDelta, Turn)>) {
        let mut turns = Vec::new();
        for _ in 0..looks {
            let Some(at) = course.next_check_at else { break };
            let (next, turn) = course.after(answer, at);
            turns.extend(turn.map(|turn| (at - start(), turn)));
            course = next;
        }
        (course, turns)
    }

    #[test]
    fn it_is_waited_for_a_week_ever_more_seldom() {
        let (course, turns) = go(Course::new(start()), Answer::NoName, 100);
        assert_eq!((course.state, course.next_check_at), (State::Expired, None));
        assert!(
            matches!(turns.as_slice(), [(after, Turn::Expired)] if *after >= PATIENCE && *after < PATIENCE + TimeDelta::hours(6)),
            "{turns:?}"
        );
        let looks = (0..100).find(|looks| go(Course::new(start()), Answer::NoName, *looks).0.state == State::Expired);
        assert!(looks.is_some_and(|looks| (30..50).contains(&looks)), "{looks:?} looks");
        // Whoever looks by hand when the record is there at last has it all the same.
        assert_eq!(course.after(Answer::Found, start() + TimeDelta::days(30)).1, Some(Turn::Verified));
    }

    #[test]
    fn a_record_that_goes_is_told_after_a_day_and_lost_after_a_week() {
        let had = Course::new(start()).after(Answer::Found, start()).0;
        assert_eq!((had.state, had.next_check_at), (State::Verified, Some(start() + TimeDelta::days(1))));
        let (lost, turns) = go(had, Answer::OtherRecord, 100);
        assert_eq!((lost.state, lost.next_check_at), (State::Lost, None));
        let days: Vec<_> = turns.iter().map(|(after, turn)| (after.num_days(), *turn)).collect();
        assert_eq!(days, [(2, Turn::Missing), (8, Turn::Lost)]);
        // Nobody was there to look for a month: it is told first.
        let (first, _) = had.after(Answer::NoName, start() + TimeDelta::days(30));
        assert_eq!(first.after(Answer::NoName, start() + TimeDelta::days(60)).1, Some(Turn::Missing));
        // It comes back.
        let warned = go(had, Answer::NoName, 6).0;
        assert!(warned.warned_at.is_some());
        let back = warned.after(Answer::Found, start() + TimeDelta::days(4)).0;
        assert_eq!((back.missing_since, back.warned_at, back.state_since), (None, None, start()));
    }

    #[test]
    fn a_server_that_fails_neither_proves_nor_takes_away() {
        let had = Course::new(start()).after(Answer::Found, start()).0;
        for answer in [Answer::Refused, Answer::NoAnswer] {
            assert_eq!(go(had, answer, 200).0.state, State::Verified);
            assert_eq!(Course::new(start()).after(answer, start()).0.state, State::Waiting);
            let warned = go(had, Answer::NoName, 6).0;
            assert_eq!(go(warned, answer, 200).0.state, State::Verified);
        }
    }

    #[test]
    fn words_are_read_back() {
        assert!(State::ALL.into_iter().all(|state| State::parse(state.word()) == Some(state)));
        assert!(Answer::ALL.into_iter().all(|answer| Answer::parse(answer.word()) == Some(answer)));
    }

    proptest! {
        #[test]
        fn only_a_found_record_gives_a_domain_and_none_is_lost_untold(looks in prop::collection::vec((0usize..8, 0i64..100), 0..80)) {
            let (mut course, mut now, mut told) = (Course::new(start()), start(), false);
            for (answer, hours) in looks {
                now += TimeDelta::hours(hours);
                let answer = Answer::ALL[answer];
                let (next, turn) = course.after(answer, now);
                if next.state == State::Verified && course.state != State::Verified {
                    prop_assert_eq!(answer, Answer::Found);
                    prop_assert_eq!(next.state_since, now);
                }
                told = match turn {
                    Some(Turn::Missing) => true,
                    Some(Turn::Lost) => {
                        prop_assert!(told && now - course.warned_at.unwrap_or(now) >= WARNING);
                        false
                    }
                    _ => told && answer != Answer::Found,
                };
                // Whoever has it or is waited for is looked at again.
                prop_assert_eq!(next.next_check_at.is_some(), matches!(next.state, State::Waiting | State::Verified));
                course = next;
            }
        }
    }
}
