//! What each role of the office may do: the one table. The rules of the extractors are rows of it, and the page «What each
//! role may do» shows it.

use super::session::StaffRole::{self, Manager, Owner, Picker, Sales};

/// Something that may be done in the office.
pub struct Right {
    /// After «may».
    pub words: &'static str,
    roles: &'static [StaffRole],
}

impl Right {
    /// Whether this role has it.
    pub fn is_of(&self, role: StaffRole) -> bool {
        self.roles.contains(&role)
    }
}

pub const SEE_TEAM: Right = Right { words: "see who works here", roles: &[Owner, Manager, Sales, Picker] };
pub const DECIDE: Right =
    Right { words: "see the customers, and approve or reject who asks for an account", roles: &[Owner, Manager, Sales] };
pub const PICK: Right =
    Right { words: "pick, dispatch and hand over orders, without seeing prices", roles: &[Owner, Manager, Sales, Picker] };
pub const SELL: Right = Right {
    words: "see orders and prices, accept, amend, decline and cancel orders, and order for a customer",
    roles: &[Owner, Manager, Sales],
};
pub const KEEP_GOODS: Right = Right { words: "change products, stock, prices and price lists, and import them", roles: &[Owner, Manager] };
pub const TAKE_BACK: Right = Right { words: "cancel an order that has left", roles: &[Owner, Manager] };
pub const SUSPEND: Right =
    Right { words: "suspend a customer and restore the access, and take the samples away", roles: &[Owner, Manager] };
pub const CHANGE_SETTINGS: Right =
    Right { words: "change the settings: name, logo, colours, how customers reach you, who sees prices", roles: &[Owner, Manager] };
pub const APPOINT_HELPERS: Right = Right { words: "invite sales people and pickers, and remove them", roles: &[Owner, Manager] };
pub const APPOINT_ANYBODY: Right =
    Right { words: "invite owners and managers, change anybody’s role, and remove anybody", roles: &[Owner] };
pub const READ_LOG: Right = Right { words: "read the audit log, and take it along", roles: &[Owner] };
pub const KEEP_DOMAINS: Right = Right { words: "give the counter a domain of your own, and take it away", roles: &[Owner] };
pub const LET_SUPPORT_IN: Right = Right { words: "let Tradecounter’s support look in for an hour, or decline", roles: &[Owner] };
pub const EXPORT: Right = Right { words: "take everything along as one file", roles: &[Owner] };
pub const CLOSE: Right = Right { words: "close the counter for good, and take that back", roles: &[Owner] };

/// The table, row by row.
pub const RIGHTS: [&Right; 15] = [
    &SEE_TEAM,
    &PICK,
    &DECIDE,
    &SELL,
    &KEEP_GOODS,
    &TAKE_BACK,
    &SUSPEND,
    &CHANGE_SETTINGS,
    &APPOINT_HELPERS,
    &APPOINT_ANYBODY,
    &READ_LOG,
    &KEEP_DOMAINS,
    &LET_SUPPORT_IN,
    &EXPORT,
    &CLOSE,
];

impl StaffRole {
    /// Who may do most first.
    pub const ALL: [Self; 4] = [Owner, Manager, Sales, Picker];

    /// As a heading.
    pub fn title(self) -> &'static str {
        match self {
            Owner => "Owner",
            Manager => "Manager",
            Sales => "Sales",
            Picker => "Picker",
        }
    }

    /// In a sentence: «as a picker».
    pub fn in_a_sentence(self) -> &'static str {
        match self {
            Owner => "an owner",
            Manager => "a manager",
            Sales => "a salesperson",
            Picker => "a picker",
        }
    }

    /// What it may do.
    pub fn rights(self) -> Vec<&'static str> {
        RIGHTS.iter().filter(|right| right.is_of(self)).map(|right| right.words).collect()
    }

    /// What it may not do.
    pub fn lacks(self) -> Vec<&'static str> {
        RIGHTS.iter().filter(|right| !right.is_of(self)).map(|right| right.words).collect()
    }

    /// Whether it may invite and remove people of that role.
    pub fn may_appoint(self, role: Self) -> bool {
        match role {
            Owner | Manager => APPOINT_ANYBODY.is_of(self),
            Sales | Picker => APPOINT_HELPERS.is_of(self),
        }
    }
}
