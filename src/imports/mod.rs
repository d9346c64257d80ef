//! Files whose rows become products, prices or customers.
