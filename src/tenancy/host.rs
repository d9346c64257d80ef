//! From the name a browser asked for to the site it meant, once, before anything else is looked at.

use http::header::{HOST, HeaderMap};
use http::uri::{Authority, Uri};

use crate::values::{Domain, Slug};

/// The label of the platform's console, which no tenant can have.
const CONSOLE: &str = "admin";

/// The base host and how links to it and its tenants are written.
#[derive(Debug, Clone)]
pub struct Hosts {
    scheme: String,
    base: String,
    port: Option<u16>,
}

/// What a well-formed host name stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Site {
    /// The base itself: the public site.
    Public,
    /// `admin.`: the platform's console.
    Console,
    /// One label that could be a tenant's.
    Counter(Slug),
    /// Not under the base: a domain that could be a tenant's own.
    Domain(Domain),
}

/// Why a request has no site.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HostError {
    /// The request contradicts itself, or names no host in a way that could be read: 400.
    Malformed,
    /// Well formed, and none of ours: 404.
    Unknown,
}

impl Hosts {
    /// From the public URL, such as `https://tradecounter.example` or `http://localhost:8080`.
    pub fn parse(public_url: &str) -> anyhow::Result<Self> {
        let uri: Uri = public_url.parse()?;
        let scheme = uri.scheme_str().unwrap_or_default().to_owned();
        anyhow::ensure!(matches!(scheme.as_str(), "http" | "https"), "[http] public_url must begin with http:// or https://");
        let host = uri.host().unwrap_or_default().to_ascii_lowercase();
        anyhow::ensure!(
            !host.is_empty() && uri.path() == "/" && uri.query().is_none(),
            "[http] public_url must be a host and nothing after it"
        );
        Ok(Self { scheme, base: host, port: uri.port_u16() })
    }

    /// The same, served at another port.
    pub fn with_port(&self, port: u16) -> Self {
        let usual = if self.scheme == "https" { 443 } else { 80 };
        Self { port: (port != usual).then_some(port), ..self.clone() }
    }

    /// Whether browsers come by TLS.
    pub fn is_secure(&self) -> bool {
        self.scheme == "https"
    }

    /// The public site's host, without a port.
    pub fn base(&self) -> &str {
        &self.base
    }

    /// A tenant's host, without a port: what codes and sessions are bound to.
    pub fn host_of(&self, slug: &str) -> String {
        format!("{slug}.{}", self.base)
    }

    /// The tenant's slug in one of our own host names.
    pub fn slug_in<'a>(&self, host: &'a str) -> Option<&'a str> {
        host.strip_suffix(&self.base)?.strip_suffix('.')
    }

    /// The address of the public site.
    pub fn public_url(&self) -> String {
        self.url(&self.base)
    }

    /// The address of a tenant's counter.
    pub fn counter_url(&self, slug: &str) -> String {
        self.url(&self.host_of(slug))
    }

    /// The host of the platform's console, without a port.
    pub fn console_host(&self) -> String {
        self.host_of(CONSOLE)
    }

    /// The address of the platform's console.
    pub fn console_url(&self) -> String {
        self.counter_url(CONSOLE)
    }

    /// Every counter's subdomain, as a source in a content security policy.
    pub fn any_counter(&self) -> String {
        self.url(&format!("*.{}", self.base))
    }

    /// The address of a host of ours or of a tenant's own.
    pub fn url(&self, host: &str) -> String {
        match self.port {
            Some(port) => format!("{}://{host}:{port}", self.scheme),
            None => format!("{}://{host}", self.scheme),
        }
    }

    /// Whether this is the base or a name under it, which no tenant can have as a domain of its own.
    pub fn is_ours(&self, host: &str) -> bool {
        host == self.base || self.slug_in(host).is_some()
    }

    /// Which site a host name stands for. Equal to the base, or exactly one label in front of it, or else a domain that
    /// somebody may have here.
    pub fn site(&self, host: &str) -> Result<Site, HostError> {
        if host == self.base {
            return Ok(Site::Public);
        }
        let Some(label) = self.slug_in(host) else {
            return Domain::of_host(host).map(Site::Domain).ok_or(HostError::Unknown);
        };
        if label == CONSOLE {
            return Ok(Site::Console);
        }
        match Slug::parse(label) {
            Ok(slug) if !slug.is_listed() => Ok(Site::Counter(slug)),
            _ => Err(HostError::Unknown),
        }
    }
}

/// The host a request names: lower case, without a port or a trailing dot.
///
/// HTTP/2 has it in the URI, HTTP/1.1 in `Host`, and the absolute form in both: then they must agree
/// (RFC 9112, 3.2.2). More than one, a contradiction, user information, anything but ASCII: refused.
pub fn requested_host(uri: &Uri, headers: &HeaderMap) -> Result<String, HostError> {
    let mut named = headers.get_all(HOST).iter();
    let in_header = named.next().map(|value| value.to_str().map_err(|_| HostError::Malformed)).transpose()?;
    if named.next().is_some() {
        return Err(HostError::Malformed);
    }
    let in_uri = uri.authority().map(|authority| host_in(authority.as_str())).transpose()?;
    let in_header = in_header.map(host_in).transpose()?;
    match (in_uri, in_header) {
        (Some(uri), Some(header)) if uri != header => Err(HostError::Malformed),
        (Some(host), _) | (None, Some(host)) => Ok(host),
        (None, None) => Err(HostError::Malformed),
    }
}

fn host_in(authority: &str) -> Result<String, HostError> {
    if authority.is_empty() || authority.contains('@') || !authority.is_ascii() {
        return Err(HostError::Malformed);
    }
    let authority: Authority = authority.parse().map_err(|_| HostError::Malformed)?;
    // A port may be empty (RFC 3986, 3.2.3); one that is there must be a number: `host:http` is not.
    let port = authority.as_str().get(authority.host().len()..).unwrap_or_default();
    if !matches!(port, "" | ":") && authority.port_u16().is_none() {
        return Err(HostError::Malformed);
    }
    let host = authority.host().to_ascii_lowercase();
    let host = host.strip_suffix('.').unwrap_or(&host);
    if host.is_empty() || host.ends_with('.') {
        return Err(HostError::Malformed);
    }
    Ok(host.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(uri: &str, hosts: &[&str]) -> Result<Site, HostError> {
        let mut headers = HeaderMap::new();
        for host in hosts {
            headers.append(HOST, http::HeaderValue::from_bytes(host.as_bytes()).expect("a header value"));
        }
        let host = requested_host(&uri.parse().expect("a URI"), &headers)?;
        Hosts::parse("https://tradecounter.example").expect("a base").site(&host)
    }

    #[expect(clippy::unnecessary_wraps, reason = "it stands beside what is asked")]
    fn counter(slug: &str) -> Result<Site, HostError> {
        Ok(Site::Counter(Slug::parse(slug).expect("a slug")))
    }

    #[test]
    fn every_way_to_write_a_host_is_the_same_host() {
        for host in [
            "acme.tradecounter.example",
            "ACME.Tradecounter.Example",
            "acme.tradecounter.example.",
            "acme.tradecounter.example:8443",
            "acme.tradecounter.example:",
        ] {
            assert_eq!(ask("/", &[host]), counter("acme"), "{host}");
        }
        assert_eq!(ask("https://acme.tradecounter.example/x", &[]), counter("acme"));
        assert_eq!(ask("https://acme.tradecounter.example/x", &["acme.tradecounter.example"]), counter("acme"));
        assert_eq!(ask("/", &["tradecounter.example"]), Ok(Site::Public));
        assert_eq!(ask("/", &["admin.tradecounter.example"]), Ok(Site::Console));
    }

    #[test]
    fn what_contradicts_itself_is_refused() {
        assert_eq!(ask("https://acme.tradecounter.example/", &["other.tradecounter.example"]), Err(HostError::Malformed));
        assert_eq!(ask("/", &["acme.tradecounter.example", "acme.tradecounter.example"]), Err(HostError::Malformed));
        for host in [
            "",
            "user@acme.tradecounter.example",
            "acme.tradecounter.example:http",
            "acmé.tradecounter.example",
            ".",
            "a..",
            "acme.tradecounter.example:99999",
        ] {
            assert_eq!(ask("/", &[host]), Err(HostError::Malformed), "{host:?}");
        }
        assert_eq!(ask("/", &[]), Err(HostError::Malformed));
    }

    #[test]
    fn what_is_not_under_the_base_may_be_a_domain_of_somebodys_own() {
        for host in ["eviltradecounter.example", "acme.tradecounter.example.evil.net", "shop.acme.example"] {
            assert_eq!(ask("/", &[host]), Ok(Site::Domain(Domain::of_host(host).expect("a domain"))), "{host}");
        }
        let hosts = Hosts::parse("https://tradecounter.example").expect("a base");
        for (host, is_ours) in [
            ("tradecounter.example", true),
            ("acme.tradecounter.example", true),
            ("a.b.tradecounter.example", true),
            ("eviltradecounter.example", false),
            ("tradecounter.example.evil.net", false),
        ] {
            assert_eq!(hosts.is_ours(host), is_ours, "{host}");
        }
    }

    #[test]
    fn what_is_not_ours_is_unknown() {
        for host in [
            "example",
            "a.b.tradecounter.example",
            ".tradecounter.example",
            "127.0.0.1",
            "[::1]",
            "xn--acme-9ua.tradecounter.example",
            "_acme.example",
            "12345.tradecounter.example",
            "www.tradecounter.example",
            "-acme.tradecounter.example",
            "ac_me.tradecounter.example",
        ] {
            assert_eq!(ask("/", &[host]), Err(HostError::Unknown), "{host:?}");
        }
    }
}
