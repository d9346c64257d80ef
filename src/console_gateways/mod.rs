//! The gateways that carry text messages, as the process that answers sees them. All there is to know of them stands in
//! [`Gateways::seen`](crate::messages::sms::Gateways::seen).

pub mod pages;
