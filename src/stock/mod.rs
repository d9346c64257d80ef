//! How much there is of a product, and how much of that is promised.
