//! What a route is: one that anybody may ask for, or one that is for somebody.

use super::scene::Right;

/// A route that anybody may ask for.
pub struct Open {
    pub site: &'static str,
    pub method: &'static str,
    pub path: &'static str,
    pub query: &'static str,
    pub body: &'static str,
    /// What nobody in particular gets.
    pub status: u16,
}

/// For whom a guarded route is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Door {
    /// A signed-in customer, with or without an account here.
    Customer,
    /// Everybody of the office.
    AnyRole,
    /// Sales and above.
    Decider,
    /// Managers and owners.
    Keeper,
    /// Owners.
    Owner,
}

/// A route that is for somebody.
pub struct Guarded {
    pub door: Door,
    pub method: &'static str,
    pub path: &'static str,
    /// What goes with it: a body, or the query of a GET.
    pub body: &'static str,
    /// The least that is served, and with what.
    pub right: (Right, u16),
    /// What a proven number without access gets at a customers' route.
    pub stranger: u16,
}

pub(super) const fn open(site: &'static str, method: &'static str, path: &'static str, status: u16) -> Open {
    Open { site, method, path, query: "", body: "", status }
}

pub(super) const fn with(site: &'static str, path: &'static str, query: &'static str, body: &'static str, status: u16) -> Open {
    Open { site, method: if body.is_empty() { "GET" } else { "POST" }, path, query, body, status }
}

pub(super) const fn customer(method: &'static str, path: &'static str, body: &'static str, right: (Right, u16), stranger: u16) -> Guarded {
    Guarded { door: Door::Customer, method, path, body, right, stranger }
}

pub const fn office(door: Door, method: &'static str, path: &'static str, body: &'static str, status: u16) -> Guarded {
    let least = match door {
        Door::Customer | Door::AnyRole => "picker",
        Door::Decider => "sales",
        Door::Keeper => "manager",
        Door::Owner => "owner",
    };
    Guarded { door, method, path, body, right: (Right::Staff(least), status), stranger: 0 }
}
