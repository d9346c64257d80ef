//! How a wholesaler sells: days, the least order, what is shown of stock, VAT.
