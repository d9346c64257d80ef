//! The header by which a creating request may be sent twice.

use http::HeaderMap;
use poem_openapi::param::Header;

use super::typed::Text;
use crate::error::Result;
use crate::idempotency::{Key, LONGEST_KEY};

/// What an operation takes that creates something.
pub type KeyHeader = Header<Option<Text<1, LONGEST_KEY>>>;

/// The key that came, if any did. Of a header that is no text the framework says that it is not there.
pub fn read_key(headers: &HeaderMap, header: &KeyHeader) -> Result<Option<Key>> {
    match header.0.as_deref() {
        None if !headers.contains_key("idempotency-key") => Ok(None),
        value => Key::parse(value.unwrap_or_default()).map(Some),
    }
}
