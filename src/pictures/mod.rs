//! Pictures of products.
