//! What there is to buy, as a customer sees it.
