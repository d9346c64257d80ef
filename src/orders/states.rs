//! The states of an order, in one table: which moves lead from which state to which, who may make them, and whether the
//! customer is told. Pages ask it which buttons to show, the verbs before they change anything.

use self::Move::{Accept, Amend, Cancel, Decline, Deliver, Dispatch, Edit, Pick, Start};
use self::Status::{Accepted, Amended, Cancelled, Declined, Delivered, Dispatched, Picking, Submitted};
use self::Who::{Customer, Keeper, Picker, Seller};

/// How an order stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Status {
    /// Sent, and nobody at the wholesaler's has answered.
    Submitted,
    /// It will be delivered as it was ordered.
    Accepted,
    /// It will be delivered, with changes that the customer has been told of.
    Amended,
    /// Somebody gathers it.
    Picking,
    /// It has left, or waits to be fetched.
    Dispatched,
    Delivered,
    Cancelled,
    /// The wholesaler does not take it.
    Declined,
}

/// What takes an order to its next state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Move {
    Edit,
    Accept,
    Amend,
    Decline,
    Cancel,
    Start,
    Pick,
    Dispatch,
    Deliver,
}

/// Who makes a move.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Who {
    /// Any phone of the account.
    Customer,
    /// Staff who see no prices.
    Picker,
    /// Staff who sell; they may pick as well.
    Seller,
    /// Owners and managers; they may do what those may, and more.
    Keeper,
}

/// A line of the table.
struct Line {
    from: &'static [Status],
    to: Status,
    who: &'static [Who],
    /// Only until orders for its day are closed.
    while_open: bool,
    needs_reason: bool,
    is_told: bool,
}

/// Where a move leads from where the order stands, and what goes with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Arrow {
    pub to: Status,
    /// The customer reads it.
    pub needs_reason: bool,
    /// Whether the customer is told by message.
    pub is_told: bool,
}

const SELLERS: &[Who] = &[Seller, Keeper];
const STAFF: &[Who] = &[Picker, Seller, Keeper];

const PLAIN: Line = Line { from: &[], to: Submitted, who: SELLERS, while_open: false, needs_reason: false, is_told: false };

impl Move {
    pub const ALL: [Self; 9] = [Edit, Accept, Amend, Decline, Cancel, Start, Pick, Dispatch, Deliver];

    /// THE table.
    const fn lines(self) -> &'static [Line] {
        match self {
            Edit => &[Line { from: &[Submitted], who: &[Customer], while_open: true, ..PLAIN }],
            Accept => &[Line { from: &[Submitted], to: Accepted, is_told: true, ..PLAIN }],
            Amend => &[Line { from: &[Submitted, Accepted, Amended], to: Amended, is_told: true, ..PLAIN }],
            Decline => &[Line { from: &[Submitted], to: Declined, needs_reason: true, is_told: true, ..PLAIN }],
            Cancel => &[
                Line { from: &[Submitted], to: Cancelled, who: &[Customer], while_open: true, ..PLAIN },
                Line { from: &[Amended], to: Cancelled, who: &[Customer], ..PLAIN },
                Line { from: &[Accepted, Amended, Picking], to: Cancelled, needs_reason: true, is_told: true, ..PLAIN },
                Line { from: &[Dispatched], to: Cancelled, who: &[Keeper], needs_reason: true, is_told: true, ..PLAIN },
            ],
            Start => &[Line { from: &[Accepted, Amended], to: Picking, who: STAFF, ..PLAIN }],
            Pick => &[Line { from: &[Picking], to: Picking, who: STAFF, ..PLAIN }],
            Dispatch => &[Line { from: &[Picking], to: Dispatched, who: STAFF, is_told: true, ..PLAIN }],
            Deliver => &[Line { from: &[Dispatched], to: Delivered, who: STAFF, ..PLAIN }],
        }
    }

    /// What it is called in the order's events,
    pub fn word(self) -> &'static str {
        match self {
            Edit => "edited",
            Accept => "accepted",
            Amend => "amended",
            Decline => "declined",
            Cancel => "cancelled",
            Start => "picking_started",
            Pick => "picked",
            Dispatch => "dispatched",
            Deliver => "delivered",
        }
    }

    /// and in the audit log, which tells no single line that was picked.
    pub fn action(self) -> Option<&'static str> {
        match self {
            Edit => Some("order.edited"),
            Accept => Some("order.accepted"),
            Amend => Some("order.amended"),
            Decline => Some("order.declined"),
            Cancel => Some("order.cancelled"),
            Start => Some("order.picking_started"),
            Pick => None,
            Dispatch => Some("order.dispatched"),
            Deliver => Some("order.delivered"),
        }
    }
}

impl Status {
    pub const ALL: [Self; 8] = [Submitted, Accepted, Amended, Picking, Dispatched, Delivered, Cancelled, Declined];

    /// The word of the API and the database.
    pub fn word(self) -> &'static str {
        match self {
            Submitted => "submitted",
            Accepted => "accepted",
            Amended => "amended",
            Picking => "picking",
            Dispatched => "dispatched",
            Delivered => "delivered",
            Cancelled => "cancelled",
            Declined => "declined",
        }
    }

    /// As people read it.
    pub fn title(self) -> &'static str {
        match self {
            Submitted => "Sent",
            Accepted => "Accepted",
            Amended => "Accepted with changes",
            Picking => "Being picked",
            Dispatched => "On its way",
            Delivered => "Delivered",
            Cancelled => "Cancelled",
            Declined => "Declined",
        }
    }

    /// The same of an order that goes out by this method: what is fetched is never on its way.
    pub fn title_by(self, method: &str) -> &'static str {
        match (self, method) {
            (Dispatched, "collection") => "Ready to collect",
            (Delivered, "collection") => "Collected",
            _ => self.title(),
        }
    }

    /// And as staff read it, who answer what is new.
    pub fn title_for_staff(self, method: &str) -> &'static str {
        if self == Submitted { "New" } else { self.title_by(method) }
    }

    /// From the database's word, or somebody's.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.word() == word)
    }

    /// Whether nothing leads out of it.
    pub fn is_end(self) -> bool {
        matches!(self, Delivered | Cancelled | Declined)
    }

    /// Where a move leads; `is_open` while orders for its day may still be changed.
    ///
    /// # Errors
    /// Why it leads nowhere from here, in words for whoever tried.
    pub fn after(self, step: Move, who: Who, is_open: bool) -> Result<Arrow, &'static str> {
        let fits = |line: &&Line| line.from.contains(&self) && line.who.contains(&who) && (is_open || !line.while_open);
        let line = step.lines().iter().find(fits).ok_or_else(|| self.objection(step, who))?;
        Ok(Arrow { to: line.to, needs_reason: line.needs_reason, is_told: line.is_told })
    }

    /// Why a move leads nowhere from here.
    fn objection(self, step: Move, who: Who) -> &'static str {
        match (self, step, who) {
            (Cancelled, ..) => "This order has been cancelled",
            (Declined, ..) => "This order has been declined",
            (Delivered, ..) => "This order has been delivered",
            (Submitted, Edit | Cancel, Customer) => "It is too late to change this order here. Please call",
            (_, Edit | Cancel, Customer) => "This order has been accepted, so it cannot be changed here any more. Please call",
            (Submitted, Cancel, _) => "This order has not been accepted yet: decline it instead",
            (Dispatched, Cancel, _) => "An order that has left is cancelled by an owner or a manager",
            (Submitted, ..) => "This order has not been accepted yet",
            (Dispatched, ..) => "This order has left already",
            (Picking, Accept | Decline | Amend | Start, _) => "This order is being picked already",
            (_, Accept | Decline, _) => "This order has been accepted already",
            _ => "This order is not as far as that",
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::prelude::*;

    use super::*;

    const EVERYBODY: [Who; 4] = [Customer, Picker, Seller, Keeper];

    /// The arrows as the rules of the trade draw them, written down a second time.
    fn is_drawn(from: Status, step: Move, who: Who, is_open: bool, to: Status) -> bool {
        let (sells, works_here) = (matches!(who, Seller | Keeper), who != Customer);
        match (from, step, to) {
            (Submitted, Edit, Submitted) | (Submitted, Cancel, Cancelled) => who == Customer && is_open,
            (Submitted, Accept, Accepted)
            | (Submitted, Decline, Declined)
            | (Submitted | Accepted | Amended, Amend, Amended)
            | (Accepted | Picking, Cancel, Cancelled) => sells,
            (Amended, Cancel, Cancelled) => sells || who == Customer,
            (Dispatched, Cancel, Cancelled) => who == Keeper,
            (Accepted | Amended, Start, Picking)
            | (Picking, Pick, Picking)
            | (Picking, Dispatch, Dispatched)
            | (Dispatched, Deliver, Delivered) => works_here,
            _ => false,
        }
    }

    #[test]
    fn there_is_no_arrow_but_those_of_the_table() {
        for from in Status::ALL {
            for (step, who, is_open) in
                Move::ALL.iter().flat_map(|step| EVERYBODY.map(|who| [(*step, who, true), (*step, who, false)])).flatten()
            {
                match from.after(step, who, is_open) {
                    Ok(arrow) => {
                        assert!(is_drawn(from, step, who, is_open, arrow.to), "{who:?} {step:?}: {from:?} → {:?}", arrow.to);
                        let ends_badly = matches!(arrow.to, Cancelled | Declined);
                        assert_eq!(arrow.needs_reason, ends_badly && who != Customer, "{who:?} {step:?} from {from:?}");
                        assert!(!ends_badly || who == Customer || arrow.is_told, "{who:?} {step:?} from {from:?}");
                    }
                    Err(why) => {
                        assert!(
                            Status::ALL.into_iter().all(|to| !is_drawn(from, step, who, is_open, to)),
                            "{who:?} {step:?} from {from:?}"
                        );
                        assert!(why.len() > 10 && !why.ends_with('.'), "{why}");
                    }
                }
            }
        }
    }

    #[test]
    fn every_state_is_reached_and_every_end_is_one() {
        let (mut seen, mut open) = (HashSet::new(), vec![Submitted]);
        while let Some(status) = open.pop() {
            if seen.insert(status) {
                let next: Vec<Status> = Move::ALL
                    .iter()
                    .flat_map(|step| EVERYBODY.map(|who| status.after(*step, who, true).ok()))
                    .flatten()
                    .map(|arrow| arrow.to)
                    .collect();
                assert_eq!(next.is_empty(), status.is_end(), "{status:?}");
                open.extend(next);
            }
            assert_eq!(Status::parse(status.word()), Some(status));
        }
        assert_eq!(seen.len(), Status::ALL.len());
        assert_eq!(Status::parse("open"), None);
    }

    #[test]
    fn every_move_has_a_word_of_its_own() {
        let words: HashSet<&str> = Move::ALL.into_iter().map(Move::word).collect();
        let actions: HashSet<&str> = Move::ALL.into_iter().filter_map(Move::action).collect();
        assert_eq!((words.len(), actions.len()), (Move::ALL.len(), Move::ALL.len() - 1));
    }

    proptest! {
        /// However moves follow each other, whatever has ended stays, and nothing leaves that nobody has accepted.
        #[test]
        fn no_path_skips(tries in prop::collection::vec((0usize..9, 0usize..4, any::<bool>()), 0..60)) {
            let mut path = vec![Submitted];
            for (step, who, is_open) in tries {
                let from = path[path.len() - 1];
                let Ok(arrow) = from.after(Move::ALL[step], EVERYBODY[who], is_open) else { continue };
                prop_assert!(is_drawn(from, Move::ALL[step], EVERYBODY[who], is_open, arrow.to), "{from:?} → {arrow:?}");
                prop_assert!(!from.is_end(), "{from:?} has ended");
                path.push(arrow.to);
            }
            let at = |status: Status| path.iter().position(|there| *there == status);
            if let Some(left) = at(Dispatched) {
                let agreed = at(Accepted).or_else(|| at(Amended));
                prop_assert!(agreed.is_some_and(|agreed| agreed < left) && at(Picking).is_some_and(|picking| picking < left), "{path:?}");
            }
        }
    }
}
