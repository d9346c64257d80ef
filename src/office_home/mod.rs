//! Where staff arrive: the queue for those who decide, and a small page for those who do not.

pub mod pages;
