//! Makes answers smaller for those who take gzip (RFC 9110, 12.5.3): text over a kilobyte. What browsers keep
//! for good is packed once, as small as it gets, and remembered; everything else quickly, each time.
//!
//! Packing tells an eavesdropper a little of what is inside by its length (BREACH). Pages hold no token of any
//! kind (cookies are not in the body), so there is nothing to guess letter by letter.

use std::io::Write;

use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use http::header::{ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, VARY};
use http::{HeaderMap, HeaderValue};
use moka::future::Cache;
use poem::Response;
use sha2::{Digest, Sha256};

/// Shorter bodies fit one packet as they are.
const SHORTEST_BYTES: usize = 1024;
/// How much of what is packed for good is remembered.
const REMEMBERED_BYTES: u64 = 8 * 1024 * 1024;
/// For answers that are made anew each time: three quarters of the gain for a fifth of the work.
const QUICKLY: Compression = Compression::new(2);

/// Packs answers, and remembers those that never change by their digest.
pub struct Packer {
    for_good: Cache<[u8; 32], Bytes>,
}

impl Default for Packer {
    fn default() -> Self {
        let length = |_: &[u8; 32], body: &Bytes| u32::try_from(body.len()).unwrap_or(u32::MAX);
        Self { for_good: Cache::builder().weigher(length).max_capacity(REMEMBERED_BYTES).build() }
    }
}

impl Packer {
    /// Packs the body when that is worth it and the client takes it. Whatever could have been packed says so
    /// to caches on the way.
    pub async fn pack(&self, response: &mut Response, takes_gzip: bool) {
        if !is_text(response.headers()) || response.headers().contains_key(CONTENT_ENCODING) {
            return;
        }
        // Every body that is left lies in memory whole.
        let Ok(body) = response.take_body().into_bytes().await else {
            return tracing::error!("an answer's body cannot be read");
        };
        if body.len() < SHORTEST_BYTES {
            return response.set_body(body);
        }
        let headers = response.headers_mut();
        headers.append(VARY, HeaderValue::from_static("accept-encoding"));
        if !takes_gzip {
            return response.set_body(body);
        }
        let packed = if is_for_good(headers) {
            let digest = Sha256::digest(&body).into();
            self.for_good.get_with(digest, async { gzip(&body, Compression::best()) }).await
        } else {
            gzip(&body, QUICKLY)
        };
        headers.remove(CONTENT_LENGTH);
        headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        response.set_body(packed);
    }
}

/// Whether the client says that it takes gzip, and does not say that it would rather not.
pub fn takes_gzip(headers: &HeaderMap) -> bool {
    let mut any = false;
    for told in headers.get_all(ACCEPT_ENCODING).iter().filter_map(|line| line.to_str().ok()).flat_map(|line| line.split(',')) {
        let (coding, weight) = told.split_once(';').unwrap_or((told, ""));
        let wanted = weight.trim().strip_prefix("q=").is_none_or(|weight| weight.parse::<f32>().is_ok_and(|weight| weight > 0.0));
        match coding.trim() {
            coding if coding.eq_ignore_ascii_case("gzip") => return wanted,
            "*" => any = wanted,
            _ => {}
        }
    }
    any
}

/// Whether it is worth packing. A file that is taken along comes as it is read, and is never in memory whole.
fn is_text(headers: &HeaderMap) -> bool {
    let media_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let media_type = media_type.split(';').next().unwrap_or_default().trim();
    (media_type.starts_with("text/") && media_type != "text/csv")
        || matches!(media_type, "application/json" | "application/problem+json" | "image/svg+xml")
}

fn is_for_good(headers: &HeaderMap) -> bool {
    headers.get(CACHE_CONTROL).and_then(|value| value.to_str().ok()).is_some_and(|rule| rule.contains("immutable"))
}

fn gzip(body: &[u8], level: Compression) -> Bytes {
    let mut packer = GzEncoder::new(Vec::with_capacity(body.len() / 2), level);
    // Writing into memory does not fail.
    let _ = packer.write_all(body);
    packer.finish().unwrap_or_default().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gzip_is_taken_only_by_those_who_say_so() {
        let takes = |told: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(ACCEPT_ENCODING, told.parse().expect("a header value"));
            takes_gzip(&headers)
        };
        for told in ["gzip", "br, gzip", "GZIP;q=0.5", "*", "deflate, *;q=0.1", "gzip;q=1.0, *;q=0"] {
            assert!(takes(told), "{told}");
        }
        for told in ["", "br", "identity", "gzip;q=0", "gzip; q=0", "*, gzip;q=0", "*;q=0", "gzip;q=nonsense"] {
            assert!(!takes(told), "{told}");
        }
        assert!(!takes_gzip(&HeaderMap::new()));
    }
}
