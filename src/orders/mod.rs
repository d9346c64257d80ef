//! What trade accounts ordered, and what became of it.

pub mod telling;

pub mod document;
pub mod history;
pub mod number;
pub mod states;

pub use self::number::OrderNumber;
pub use self::states::{Move, Status};
