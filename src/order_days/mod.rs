//! On which days goods go out or are fetched, and until when orders for them are taken.
