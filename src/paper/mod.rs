//! Pages of paper: text, rules and columns as a PDF.
