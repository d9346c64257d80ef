//! On which days goods go out or are fetched, and until when orders for them are taken.

mod days;
mod keeping;

pub use self::days::{Choice, Method, Rule, choices, closes_at};
pub use self::keeping::{put_all, rules};
