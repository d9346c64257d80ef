//! Who of a tenant's staff may: each permission is a type, and a handler names the one it needs.

use std::marker::PhantomData;

use chrono::TimeDelta;

use super::roles;
use super::session::StaffRole;
use super::states::Role;

/// Which roles may.
pub trait RoleRule: Send + Sync + 'static {
    fn allows(role: StaffRole) -> bool;

    /// What the tenant's state must allow.
    fn needs(writes: bool) -> Role {
        if writes { Role::StaffWriting } else { Role::StaffReading }
    }

    /// How long ago they may have signed in; None is as long as their session lasts.
    fn proven_within(_writes: bool) -> Option<TimeDelta> {
        None
    }
}

/// How long ago somebody signed in who may open a form for what wants a fresh proof: to send it they have
/// [ten minutes more](PROVEN_FOR_ACTS), so that nothing that was typed is refused for it.
pub const PROVEN_FOR_FORMS: TimeDelta = TimeDelta::minutes(10);
/// How long ago somebody signed in who may do what wants a fresh proof.
pub const PROVEN_FOR_ACTS: TimeDelta = TimeDelta::minutes(20);

/// Of those whom the rule allows, who has signed in within minutes: whoever finds a browser open cannot act.
pub struct Fresh<R>(PhantomData<R>);

impl<R: RoleRule> RoleRule for Fresh<R> {
    fn allows(role: StaffRole) -> bool {
        R::allows(role)
    }

    fn needs(writes: bool) -> Role {
        R::needs(writes)
    }

    fn proven_within(writes: bool) -> Option<TimeDelta> {
        Some(if writes { PROVEN_FOR_ACTS } else { PROVEN_FOR_FORMS })
    }
}

/// Everybody who works here.
pub enum AnyRole {}
/// The same, on their way out: whoever may be in may leave, whatever the tenant's state.
pub enum Leaving {}
/// Who decides about requests and sees who the customers are.
pub enum Decider {}
/// Who sees orders and prices and works with them.
pub enum Seller {}
/// Who changes goods, stock and prices.
pub enum GoodsKeeper {}
/// Who may shut a customer out and let them back in.
pub enum Keeper {}
/// Who may change how the counter looks and how it is reached.
pub enum SettingsKeeper {}
/// Who may bring people into the team and let them go; whom, [`StaffRole::may_appoint`] says.
pub enum TeamKeeper {}
/// Who may say what others are.
pub enum RoleGiver {}
/// Who reads the audit log.
pub enum LogReader {}
/// Who may close the counter for good, and take that back: whatever its state, which is asked by the verb.
pub enum Closer {}
/// Who may give the counter a domain.
pub enum DomainKeeper {}
/// Who may take everything along, in every state that still has anything.
pub enum Exporter {}
/// Who may let the platform's people look in, also while the counter is shut: that is when they are needed most.
pub enum SupportGiver {}

impl RoleRule for AnyRole {
    fn allows(_: StaffRole) -> bool {
        true
    }
}

impl RoleRule for Leaving {
    fn allows(_: StaffRole) -> bool {
        true
    }

    fn needs(_: bool) -> Role {
        Role::StaffReading
    }
}

impl RoleRule for Decider {
    fn allows(role: StaffRole) -> bool {
        roles::DECIDE.is_of(role)
    }
}

impl RoleRule for Seller {
    fn allows(role: StaffRole) -> bool {
        roles::SELL.is_of(role)
    }
}

impl RoleRule for GoodsKeeper {
    fn allows(role: StaffRole) -> bool {
        roles::KEEP_GOODS.is_of(role)
    }
}

impl RoleRule for Keeper {
    fn allows(role: StaffRole) -> bool {
        roles::SUSPEND.is_of(role)
    }
}

impl RoleRule for SettingsKeeper {
    fn allows(role: StaffRole) -> bool {
        roles::CHANGE_SETTINGS.is_of(role)
    }
}

impl RoleRule for TeamKeeper {
    fn allows(role: StaffRole) -> bool {
        roles::APPOINT_HELPERS.is_of(role)
    }
}

impl RoleRule for Closer {
    fn allows(role: StaffRole) -> bool {
        roles::CLOSE.is_of(role)
    }

    fn needs(_: bool) -> Role {
        Role::StaffReading
    }
}

impl RoleRule for RoleGiver {
    fn allows(role: StaffRole) -> bool {
        roles::APPOINT_ANYBODY.is_of(role)
    }
}

impl RoleRule for LogReader {
    fn allows(role: StaffRole) -> bool {
        roles::READ_LOG.is_of(role)
    }
}

impl RoleRule for DomainKeeper {
    fn allows(role: StaffRole) -> bool {
        roles::KEEP_DOMAINS.is_of(role)
    }
}

impl RoleRule for Exporter {
    fn allows(role: StaffRole) -> bool {
        roles::EXPORT.is_of(role)
    }

    fn needs(_: bool) -> Role {
        Role::OwnerExporting
    }
}

impl RoleRule for SupportGiver {
    fn allows(role: StaffRole) -> bool {
        roles::LET_SUPPORT_IN.is_of(role)
    }

    fn needs(_: bool) -> Role {
        Role::StaffReading
    }
}
