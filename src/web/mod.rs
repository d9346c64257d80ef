//! What all pages share: the server loop, the door every request comes through, and how things are shown.

pub mod address;
pub mod assets;
pub mod chart;
pub mod client;
pub mod compression;
pub mod door;
pub mod failure;
pub mod log;
pub mod offline;
pub mod page;
pub mod same_origin;
pub mod server;
pub mod share;
pub mod shell;
pub mod table;
pub mod when;

pub use page::{Page, Redirect};
pub use shell::{Contact, Shell};
