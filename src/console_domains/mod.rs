//! A wholesaler's own domains at the console: the verbs are those of [`domains`](crate::domains).

pub mod api;
pub mod pages;
