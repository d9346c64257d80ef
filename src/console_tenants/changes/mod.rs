//! What an operator does with one wholesaler, on its own page: one form each, and each says what will happen.

pub mod pages;
