//! A trade account, as the office sees it: its list, its own prices, and why something costs what it does.
