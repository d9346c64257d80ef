//! What trade accounts ordered, and what became of it.

pub mod telling;
