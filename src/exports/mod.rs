//! Goods, prices, customers and orders as files.
