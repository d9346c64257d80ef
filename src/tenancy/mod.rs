//! Who is asking, and at whose counter: from a host name to a site, from a cookie to a person, and from
//! both to a scope of the database. The extractors here are the permissions of the whole house.

pub mod extract;
pub mod host;
mod house;
mod operator;
pub mod roles;
pub mod rules;
pub mod session;
mod shopping;
pub mod states;
pub mod tenant;
pub mod terms;
pub mod token;

pub use extract::{AnyRole, Buyer, Decider, Here, Keeper, Leaving, Place, Public, RoleRule, Shopper, SignedIn, Staff, Visitor};
pub use host::{HostError, Hosts, Site};
pub use house::House;
pub use session::{Access, AccessRole, AccessStatus, CustomerSession, Doorway, StaffRole, StaffSession};
pub use states::State;
pub use tenant::{Found, OwnDomain, PricesShown, StockShown, Tenant, Tenants};
pub use terms::Terms;
