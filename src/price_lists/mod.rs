//! Lists of prices that accounts share.
