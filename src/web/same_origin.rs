//! Tenants are same-site to each other, so `SameSite` cookies protect nothing between them. A request that
//! changes something must come from a page of the same origin, or from no browser at all: the rule of Go's
//! `CrossOriginProtection`.

use http::{HeaderMap, Method, Uri};

use super::table::matches;

/// Whether this method may change something.
pub fn is_unsafe(method: &Method) -> bool {
    !matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
}

/// What may be asked for from everywhere: a link that is good for one thing by itself, whoever follows it. No cookie is looked at there,
/// and mail programs, which send it in their readers' names (RFC 8058), come from wherever they are.
const FROM_EVERYWHERE: &[&str] = &["/unsubscriptions/:token"];

/// Whether a request may pass. `authority` is the host and port that it was sent to.
pub fn passes(method: &Method, path: &str, headers: &HeaderMap, authority: &str) -> bool {
    if !is_unsafe(method) || FROM_EVERYWHERE.iter().any(|pattern| matches(pattern, path)) {
        return true;
    }
    // An empty one says nothing.
    let mut sites = headers.get_all("sec-fetch-site").iter().filter(|site| !site.is_empty());
    if let Some(site) = sites.next() {
        return sites.next().is_none() && matches!(site.as_bytes(), b"same-origin" | b"none");
    }
    let mut origins = headers.get_all("origin").iter();
    match (origins.next(), origins.next()) {
        // Neither header: not a browser, and so nobody whose cookies could be borrowed.
        (None, _) => true,
        (Some(origin), None) => origin.to_str().is_ok_and(|origin| is_of(origin, authority)),
        (Some(_), Some(_)) => false,
    }
}

fn is_of(origin: &str, authority: &str) -> bool {
    let Ok(origin) = origin.parse::<Uri>() else { return false };
    origin.authority().is_some_and(|from| from.as_str().eq_ignore_ascii_case(authority))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn post(pairs: &[(&'static str, &'static str)]) -> bool {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(*name, value.parse().expect("a header value"));
        }
        passes(&Method::POST, "/codes", &headers, "acme.localhost:8080")
    }

    #[test]
    fn a_link_that_stands_for_itself_may_be_followed_from_everywhere() {
        let headers = HeaderMap::from_iter([(http::header::ORIGIN, "https://mail.example".parse().expect("a header value"))]);
        let passes = |path: &str| passes(&Method::POST, path, &headers, "acme.localhost:8080");
        assert!(passes("/unsubscriptions/AAEB"));
        for other in ["/unsubscriptions", "/unsubscriptions/", "/unsubscriptions/AAEB/x", "/codes"] {
            assert!(!passes(other), "{other}");
        }
    }

    #[test]
    fn only_the_same_origin_or_no_browser_passes() {
        assert!(post(&[]));
        assert!(post(&[("sec-fetch-site", "same-origin")]));
        assert!(post(&[("sec-fetch-site", "none")]));
        assert!(post(&[("sec-fetch-site", "")]));
        assert!(post(&[("sec-fetch-site", ""), ("origin", "http://acme.localhost:8080")]));
        assert!(!post(&[("sec-fetch-site", ""), ("origin", "http://other.localhost:8080")]));
        assert!(post(&[("origin", "http://acme.localhost:8080")]));
        assert!(!post(&[("sec-fetch-site", "same-site")]));
        assert!(!post(&[("sec-fetch-site", "cross-site")]));
        assert!(!post(&[("sec-fetch-site", "cross-site"), ("origin", "http://acme.localhost:8080")]));
        assert!(!post(&[("sec-fetch-site", "same-origin"), ("sec-fetch-site", "cross-site")]));
        assert!(!post(&[("origin", "http://other.localhost:8080")]));
        assert!(!post(&[("origin", "http://acme.localhost:9999")]));
        assert!(!post(&[("origin", "null")]));
        assert!(!post(&[("origin", "http://acme.localhost:8080"), ("origin", "http://evil.example")]));
    }
}
