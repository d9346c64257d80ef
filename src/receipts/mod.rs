//! Receipts: what gateways report of the texts that they have taken over. What they mean stands in
//! [`messages::receipts`](crate::messages::receipts); here is the door they come in by.

pub mod pages;
