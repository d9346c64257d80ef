//! What has run out, on an operator's desk. Raised by [`alarms`](crate::alarms).

pub mod pages;
