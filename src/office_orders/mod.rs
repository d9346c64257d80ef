//! The desk: orders as they come in, and what the office makes of them.
