//! What there is to buy, as a customer sees it.

pub mod words;

pub use self::words::words_of;
