//! A domain of somebody's own, such as `shop.acme.example`: read once, and then always a plain ASCII name in small letters.

use std::fmt;
use std::net::IpAddr;

use idna::uts46::{AsciiDenyList, DnsLength, Hyphens, Uts46};

/// What stands in front of a domain in the name of the record that proves it.
pub const CHALLENGE_LABEL: &str = "_tradecounter-challenge";
/// The longest domain whose record's name is still one (RFC 1035, 2.3.4: 253 characters as it is written).
pub const LONGEST_DOMAIN: usize = 253 - CHALLENGE_LABEL.len() - 1;
const LONGEST_LABEL: usize = 63;

/// At least two labels of letters, digits and hyphens. Other alphabets are written as `xn--…`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Domain(String);

/// Why a text is no domain that somebody can have here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DomainError {
    #[error("Please write a domain, such as shop.example.com.")]
    Empty,
    #[error("Please write the name alone: without https://, a path, a port or an @.")]
    Address,
    #[error("Please leave the dot at the end away.")]
    TrailingDot,
    #[error("A domain with * stands for many. Please add them one by one.")]
    Wildcard,
    #[error("This is the address of a machine. Please write a domain, such as shop.example.com.")]
    IpAddress,
    #[error("This is one word. Please write a whole domain, such as shop.example.com.")]
    SingleLabel,
    #[error("This is too long: at most {LONGEST_DOMAIN} characters, and {LONGEST_LABEL} between two dots.")]
    TooLong,
    #[error("A domain has letters, digits and hyphens between its dots, and no hyphen next to a dot.")]
    Character,
    #[error("Everybody’s names end in this. Please write your own, such as shop.example.com.")]
    PublicSuffix,
}

impl Domain {
    /// Reads what somebody typed. Names in other alphabets are taken, as every browser does, in their `xn--` form: who
    /// can prove a name may have it, and how it looks is between its owner and the browser that shows it.
    pub fn parse(typed: &str) -> Result<Self, DomainError> {
        let typed = typed.trim();
        if typed.is_empty() {
            return Err(DomainError::Empty);
        }
        if typed.parse::<IpAddr>().is_ok() || typed.starts_with('[') {
            return Err(DomainError::IpAddress);
        }
        if typed.contains(['/', ':', '@', '?', '#', '\\']) {
            return Err(DomainError::Address);
        }
        if typed.contains('*') {
            return Err(DomainError::Wildcard);
        }
        if typed.ends_with(['.', '。']) {
            return Err(DomainError::TrailingDot);
        }
        // Longer than any name, also in letters that become several.
        if typed.len() > 4 * LONGEST_DOMAIN {
            return Err(DomainError::TooLong);
        }
        let ascii = Uts46::new()
            .to_ascii(typed.as_bytes(), AsciiDenyList::STD3, Hyphens::CheckFirstLast, DnsLength::Ignore)
            .map_err(|_| DomainError::Character)?;
        let domain = Self::check(&ascii)?;
        // What is no suffix has one, and something in front of it.
        if psl::domain(domain.0.as_bytes()).is_none() { Err(DomainError::PublicSuffix) } else { Ok(domain) }
    }

    /// One that a request names, or that the database holds: written as it is kept, or none.
    pub fn of_host(host: &str) -> Option<Self> {
        Self::check(host).ok()
    }

    fn check(name: &str) -> Result<Self, DomainError> {
        let labels = || name.split('.');
        if name.len() > LONGEST_DOMAIN || labels().any(|label| label.len() > LONGEST_LABEL) {
            return Err(DomainError::TooLong);
        }
        let is_of_letters = |label: &str| label.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
        if labels().any(|label| label.is_empty() || label.starts_with('-') || label.ends_with('-') || !is_of_letters(label)) {
            return Err(DomainError::Character);
        }
        // The last label of a name is never a number, however an address of numbers is written (RFC 1123, 2.1).
        let last = labels().next_back().unwrap_or_default();
        let is_number = last.bytes().all(|byte| byte.is_ascii_digit()) || last.starts_with("0x");
        match labels().count() {
            _ if is_number => Err(DomainError::IpAddress),
            1 => Err(DomainError::SingleLabel),
            _ => Ok(Self(name.to_owned())),
        }
    }

    /// As it is written in a host.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name of the TXT record that proves it.
    pub fn challenge_name(&self) -> String {
        format!("{CHALLENGE_LABEL}.{}", self.0)
    }
}

impl fmt::Display for Domain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(typed: &str) -> Result<String, DomainError> {
        Domain::parse(typed).map(|domain| domain.to_string())
    }

    #[test]
    fn domains_are_read() {
        let longest = format!("{0}.{0}.{0}.{1}.example", "a".repeat(63), "b".repeat(LONGEST_DOMAIN - 3 * 64 - ".example".len()));
        for (typed, domain) in [
            ("shop.acme.example", "shop.acme.example"),
            ("  Shop.ACME.Example ", "shop.acme.example"),
            ("acme.co.uk", "acme.co.uk"),
            ("a--b.example", "a--b.example"),
            ("3com.example", "3com.example"),
            ("bücher.example", "xn--bcher-kva.example"),
            ("xn--bcher-kva.example", "xn--bcher-kva.example"),
            ("食狮.公司.cn", "xn--85x722f.xn--55qx5d.cn"),
            ("shop.github.io", "shop.github.io"),
            (&longest, &longest),
        ] {
            assert_eq!(read(typed).as_deref(), Ok(domain), "{typed}");
            assert_eq!(Domain::of_host(domain).map(|domain| domain.to_string()).as_deref(), Some(domain));
        }
        assert_eq!(longest.len(), LONGEST_DOMAIN);
        assert_eq!(Domain::parse(&longest).map(|domain| domain.challenge_name().len()), Ok(253));
    }

    #[test]
    fn other_texts_are_refused() {
        use DomainError::*;
        let long_label = format!("{}.example", "a".repeat(64));
        let long_name = format!("{}example", "abc.".repeat(56));
        assert!(long_name.len() > LONGEST_DOMAIN && long_name.len() < 253);
        for (typed, error) in [
            ("", Empty),
            ("  ", Empty),
            ("localhost", SingleLabel),
            ("acme", SingleLabel),
            ("https://shop.acme.example", Address),
            ("shop.acme.example/", Address),
            ("shop.acme.example:443", Address),
            ("me@acme.example", Address),
            ("shop.acme.example.", TrailingDot),
            ("*.acme.example", Wildcard),
            ("203.0.113.9", IpAddress),
            ("[2001:db8::1]", IpAddress),
            ("2001:db8::1", IpAddress),
            ("127.1", IpAddress),
            ("0x7f.0x1", IpAddress),
            (&long_label, TooLong),
            (&long_name, TooLong),
            (&"a".repeat(5_000), TooLong),
            ("_dmarc.acme.example", Character),
            ("sh op.acme.example", Character),
            ("shop..acme.example", Character),
            (".acme.example", Character),
            ("-shop.acme.example", Character),
            ("shop-.acme.example", Character),
            ("xn--a.example", Character),
            ("shop\u{202e}.acme.example", Character),
            ("co.uk", PublicSuffix),
            ("github.io", PublicSuffix),
        ] {
            assert_eq!(read(typed), Err(error), "{typed:?}");
        }
    }

    #[test]
    fn hosts_are_read_as_they_are_kept_alone() {
        for host in ["Shop.acme.example", "shop.acme.example.", "203.0.113.9", "[::1]", "acme", "bücher.example", "a_b.example", ""] {
            assert_eq!(Domain::of_host(host), None, "{host}");
        }
    }

    proptest! {
        #[test]
        fn whatever_is_typed_is_refused_or_reads_as_itself(typed in "\\PC{0,80}") {
            if let Ok(domain) = Domain::parse(&typed) {
                prop_assert_eq!(Domain::parse(domain.as_str()), Ok(domain.clone()));
                prop_assert!(Domain::of_host(domain.as_str()).is_some_and(|host| host == domain));
            }
        }
    }
}
