//! What a trade account means to order, shared by its phones.
