//! What a wholesaler sells.
