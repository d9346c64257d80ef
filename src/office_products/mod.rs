//! Goods, as the office keeps them.
