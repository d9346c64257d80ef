//! The `Idempotency-Key` of a request that makes something.

use crate::error::{Error, Result};
use crate::tenancy::extract::Here;

/// The longest that is kept.
pub const LONGEST_KEY: usize = 200;

/// The key of a request, if it has one. A key that cannot be kept is not passed over in silence: its retry would be done twice.
pub fn read_key<'a>(here: &Here, key: Option<&'a str>) -> Result<Option<&'a str>> {
    match key {
        None if !here.headers.contains_key("idempotency-key") => Ok(None),
        Some(key) if (1..=LONGEST_KEY).contains(&key.len()) => Ok(Some(key)),
        _ => Err(Error::invalid("Idempotency-Key", format!("A key is 1 to {LONGEST_KEY} visible ASCII characters."))),
    }
}
