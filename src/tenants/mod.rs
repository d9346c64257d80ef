//! Tenants as files: a folder says what a wholesaler is, [`plan`] says what is otherwise in the database, [`apply`] makes it so.
//!
//! A folder is a floor, not a cage. What it does not name stays as it is: customers come in by approval, staff are invited,
//! and neither is undone from here. Nor are the decisions that people at the wholesaler took: a suspended customer stays
//! suspended, staff who were removed stay removed, and what the office has set stays until the folder itself changes.
//! Stock that was counted once is the wholesaler's to count.

mod accounts;
mod apply;
pub mod closing;
pub mod declared;
mod difference;
mod goods;
pub mod holdings;
pub mod lifecycle;
pub mod markets;
pub mod names;
mod people;
mod plan;
pub mod provision;
pub mod purge;
pub mod samples;
mod standing;
mod trading;
pub mod usage;

pub use apply::{apply, apply_until};
pub use declared::{Declared, Mistakes, read};
pub use people::find_or_make_people;
pub use plan::{Change, Plan, TenantPlan, plan};
