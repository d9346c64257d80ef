//! What products are gathered under.
