//! A list of SKUs and quantities, typed, pasted or sent as a file.
