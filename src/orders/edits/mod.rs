//! The doors at which a customer changes an order that nobody has accepted yet.

pub mod api;
pub mod pages;
