//! The page behind the link that ends news by e-mail. What the link is worth is known by [`crate::messages::news`].

pub mod pages;
