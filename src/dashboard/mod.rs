//! The day and the weeks of a wholesaler, in numbers.
