//! The states of a tenant, in one table: whom each still serves, and which steps lead out of it. The doors ask it
//! before they let anybody in, the verbs before they change anything.
//!
//! A tenant that is purged has no row any more: what is left of it is its certificate.

use chrono::{DateTime, TimeDelta, Utc};

use self::Goal::{Back, Onward, OnwardAfterGrace};
use self::Role::{Customer, CustomerLeaving, Jobs, Operator, OwnerExporting, StaffReading, StaffWriting};
use self::State::{Active, Closing, Demo, Purged, Suspended};
use self::Step::{Activate, Close, Purge, Reactivate, Reopen, Suspend};
use crate::error::{Error, Result};

/// How long a tenant that is being closed can be opened again, where nothing else is configured.
pub const GRACE: TimeDelta = TimeDelta::days(30);

/// What state a tenant is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum State {
    /// Open, with samples to play with.
    Demo,
    /// Open.
    Active,
    /// Shut by the platform, until it is opened again.
    Suspended,
    /// Shut for good, with time to change one's mind.
    Closing,
    /// Erased.
    Purged,
}

/// Who wants something of a tenant, or in its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// Anybody at the counter: signing in, asking for an account, everything a customer does.
    Customer,
    /// A customer who signs out: whoever came in may leave.
    CustomerLeaving,
    /// The tenant's own people, looking; signing in to the office, and its codes, belong to it.
    StaffReading,
    /// The tenant's own people, changing something.
    StaffWriting,
    /// The owner, taking everything along.
    OwnerExporting,
    /// The platform's people, giving the tenant another name or state.
    Operator,
    /// The queue, working for the tenant: what is said in its name. Codes go by who asked for them.
    Jobs,
}

/// What leads from one state to the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Step {
    Activate,
    Suspend,
    Reactivate,
    Close,
    Reopen,
    Purge,
}

/// Where a step leads.
#[derive(Clone, Copy)]
enum Goal {
    Onward(State),
    OnwardAfterGrace(State),
    /// To where it was before.
    Back,
}

/// A line of the table.
struct Line {
    word: &'static str,
    serves: &'static [Role],
    steps: &'static [(Step, Goal)],
}

const EVERYBODY: &[Role] = &[Customer, CustomerLeaving, StaffReading, StaffWriting, OwnerExporting, Operator, Jobs];
const LOOKING: &[Role] = &[CustomerLeaving, StaffReading, OwnerExporting, Operator];

impl State {
    pub const ALL: [Self; 5] = [Demo, Active, Suspended, Closing, Purged];

    /// THE table.
    const fn line(self) -> Line {
        match self {
            Demo => Line {
                word: "demo",
                serves: EVERYBODY,
                steps: &[(Activate, Onward(Active)), (Suspend, Onward(Suspended)), (Close, Onward(Closing))],
            },
            Active => Line { word: "active", serves: EVERYBODY, steps: &[(Suspend, Onward(Suspended)), (Close, Onward(Closing))] },
            Suspended => Line { word: "suspended", serves: LOOKING, steps: &[(Reactivate, Back), (Close, Onward(Closing))] },
            Closing => Line { word: "closing", serves: LOOKING, steps: &[(Reopen, Back), (Purge, OnwardAfterGrace(Purged))] },
            Purged => Line { word: "purged", serves: &[], steps: &[] },
        }
    }

    /// Whether this one may, in this state.
    pub fn serves(self, role: Role) -> bool {
        self.line().serves.contains(&role)
    }

    /// The word of the API and the database.
    pub fn word(self) -> &'static str {
        self.line().word
    }

    /// From the database's word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.word() == word)
    }
}

impl Step {
    pub const ALL: [Self; 6] = [Activate, Suspend, Reactivate, Close, Reopen, Purge];

    /// What it is called in the tenant's audit log.
    pub fn event(self) -> &'static str {
        match self {
            Activate => "tenant.activated",
            Suspend => "tenant.suspended",
            Reactivate => "tenant.reactivated",
            Close => "tenant.closed",
            Reopen => "tenant.reopened",
            Purge => "tenant.purged",
        }
    }

    /// Who may take it, in the words of the audit log: there is no step without an actor.
    pub fn takers(self) -> &'static [&'static str] {
        match self {
            Activate | Close | Reopen => &["staff", "operator"],
            Suspend | Reactivate => &["operator"],
            Purge => &["operator", "system"],
        }
    }
}

/// A tenant's state, since when, and the way back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Standing {
    pub state: State,
    /// Of a suspended tenant, also while it is being closed.
    pub before_suspension: Option<State>,
    /// Of one that is being closed.
    pub before_closing: Option<State>,
    /// Until when one that is being closed can be opened again for certain.
    pub grace_ends_at: Option<DateTime<Utc>>,
    pub changed_at: DateTime<Utc>,
}

impl Standing {
    /// How it stands after this step. What begins to close has this much grace.
    ///
    /// # Errors
    /// [`Error::Conflict`] when no such step leads out of this state, or not yet.
    pub fn after(self, step: Step, now: DateTime<Utc>, grace: TimeDelta) -> Result<Self> {
        let refused = || Error::Conflict(self.state.objection(step));
        let (_, goal) = self.state.line().steps.iter().find(|(known, _)| *known == step).ok_or_else(refused)?;
        let mut next = Self { changed_at: now, grace_ends_at: None, ..self };
        match *goal {
            OnwardAfterGrace(_) if self.grace_ends_at.is_none_or(|end| now < end) => return Err(refused()),
            Onward(state) | OnwardAfterGrace(state) => next.state = state,
            Back if self.state == Closing => next.state = next.before_closing.take().ok_or_else(refused)?,
            Back => next.state = next.before_suspension.take().ok_or_else(refused)?,
        }
        match next.state {
            Suspended if step == Suspend => next.before_suspension = Some(self.state),
            Closing => (next.before_closing, next.grace_ends_at) = (Some(self.state), Some(now + grace)),
            Purged => (next.before_suspension, next.before_closing) = (None, None),
            _ => {}
        }
        Ok(next)
    }
}

impl State {
    /// Why a step does not lead out of this state.
    fn objection(self, step: Step) -> &'static str {
        match (self, step) {
            (Purged, _) => "This counter has been erased",
            (Closing, Purge) => "This counter can still be opened again",
            (Closing, _) => "This counter is being closed",
            (Suspended, Suspend) => "This counter is suspended already",
            (Suspended, Activate) => "This counter is suspended",
            (_, Reactivate) => "This counter is not suspended",
            (_, Activate) => "This counter has no samples any more",
            (_, Suspend | Close | Reopen | Purge) => "This counter is not being closed",
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::prelude::*;

    use super::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::seconds(seconds)
    }

    fn new(state: State) -> Standing {
        Standing { state, before_suspension: None, before_closing: None, grace_ends_at: None, changed_at: at(0) }
    }

    /// Every way a tenant can stand, with how it got there forgotten.
    fn reachable_from(start: Standing) -> HashSet<Standing> {
        let (mut seen, mut open) = (HashSet::new(), vec![Standing { changed_at: at(0), ..start }]);
        while let Some(standing) = open.pop() {
            if seen.insert(standing) {
                let next = Step::ALL.into_iter().filter_map(|step| standing.after(step, at(0) + GRACE, GRACE).ok());
                let timeless = |standing: Standing| standing.grace_ends_at.map(|_| at(0) + GRACE);
                open.extend(next.map(|standing| Standing { changed_at: at(0), grace_ends_at: timeless(standing), ..standing }));
            }
        }
        seen
    }

    #[test]
    fn nothing_but_what_is_erased_is_stuck() {
        for standing in reachable_from(new(Demo)) {
            let states: HashSet<State> = reachable_from(standing).into_iter().map(|standing| standing.state).collect();
            assert_eq!(states.contains(&Active), standing.state != Purged, "{standing:?} may trade again");
            assert!(states.contains(&Purged), "{standing:?} can come to its end");
        }
        let all: HashSet<State> = reachable_from(new(Demo)).into_iter().map(|standing| standing.state).collect();
        assert_eq!(all.len(), State::ALL.len(), "every state is reached");
    }

    #[test]
    fn what_is_there_can_be_read_and_taken_along_until_it_is_erased() {
        for state in State::ALL {
            for role in [CustomerLeaving, StaffReading, OwnerExporting] {
                assert_eq!(state.serves(role), state != Purged, "{state:?} {role:?}");
            }
            for role in [Customer, StaffWriting, Jobs] {
                assert_eq!(state.serves(role), matches!(state, Demo | Active), "{state:?} {role:?}");
            }
            assert_eq!(state.serves(Operator), state != Purged, "{state:?}");
            assert_eq!(State::parse(state.word()), Some(state));
        }
        assert_eq!(State::parse("open"), None);
    }

    #[test]
    fn every_step_has_an_event_of_its_own_and_somebody_who_takes_it() {
        let events: HashSet<&str> = Step::ALL.into_iter().map(Step::event).collect();
        assert_eq!(events.len(), Step::ALL.len());
        assert!(Step::ALL.into_iter().all(|step| !step.takers().is_empty()));
    }

    proptest! {
        /// However steps follow each other, each that is taken is one of these, and undoing leads back exactly.
        #[test]
        fn no_path_skips(starts_active in any::<bool>(), tries in prop::collection::vec((0usize..6, 0i64..40), 0..60)) {
            let mut standing = new(if starts_active { Active } else { Demo });
            let mut now = at(0);
            for (step, days) in tries {
                now += TimeDelta::days(days);
                let before = standing;
                let Ok(after) = standing.after(Step::ALL[step], now, GRACE) else { continue };
                let arrow = match (before.state, after.state) {
                    (Demo, Active) | (Demo | Active, Suspended) | (Demo | Active | Suspended, Closing) => true,
                    (Suspended, back @ (Demo | Active)) => before.before_suspension == Some(back),
                    (Closing, Purged) => now - before.changed_at >= TimeDelta::days(30),
                    (Closing, back @ (Demo | Active | Suspended)) => before.before_closing == Some(back),
                    _ => false,
                };
                prop_assert!(arrow, "{before:?} → {after:?}");
                let undo = match after.state {
                    Suspended if before.state != Closing => Some(Reactivate),
                    Closing => Some(Reopen),
                    _ => None,
                };
                if let Some(undo) = undo {
                    let back = after.after(undo, now, GRACE).map_err(|why| TestCaseError::fail(why.to_string()))?;
                    prop_assert_eq!(Standing { changed_at: before.changed_at, ..back }, before);
                }
                // What the database insists on.
                if after.state != Purged {
                    let is_suspended = after.state == Suspended || after.before_closing == Some(Suspended);
                    prop_assert_eq!(after.before_suspension.is_some(), is_suspended);
                    prop_assert_eq!(after.before_closing.is_some(), after.state == Closing);
                    prop_assert_eq!(after.grace_ends_at, (after.state == Closing).then_some(now + GRACE));
                }
                standing = after;
            }
        }
    }
}
