//! Orders on their way out, for people who need no price to do it.
