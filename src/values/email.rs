//! E-mail addresses: how staff and operators are known.

use std::fmt;

/// Longest address that SMTP carries (RFC 5321 §4.5.3.1.3: a path of 256, less its brackets).
pub const LONGEST_EMAIL: usize = 254;
/// RFC 5321 §4.5.3.1.1.
const LONGEST_LOCAL_PART_BYTES: usize = 64;
/// RFC 1035 §2.3.4.
const LONGEST_LABEL_BYTES: usize = 63;

/// One e-mail address, all in lower case, so that two ways to write it are one identity. Narrower than RFC 5321 on
/// purpose: no quoted or commented forms, no address literals, ASCII alone; what is left cannot carry a header, a second
/// recipient or a command-line flag.
///
/// `Display` and `Debug` mask it; [`EmailAddress::as_str`] is the way to the whole of it.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EmailAddress(String);

/// Why a text is no e-mail address, in words for the person who typed it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum EmailError {
    #[error("Type your e-mail address.")]
    Empty,
    #[error("That e-mail address is too long.")]
    TooLong,
    #[error("An e-mail address has one @ in it, such as ada@example.com.")]
    At,
    #[error("Check what stands before the @: letters, digits, dots and + - _ are fine, blanks and quotes are not.")]
    LocalPart,
    #[error("Check what stands after the @: it should look like example.com.")]
    Domain,
}

impl EmailAddress {
    /// Reads one address; blanks around it are forgiven, capitals become small.
    pub fn parse(typed: &str) -> Result<EmailAddress, EmailError> {
        let address = typed.trim_matches([' ', '\t', '\r', '\n', '\u{A0}']);
        if address.is_empty() {
            return Err(EmailError::Empty);
        }
        if address.len() > LONGEST_EMAIL {
            return Err(EmailError::TooLong);
        }
        let (local_part, domain) = address.split_once('@').ok_or(EmailError::At)?;
        if domain.contains('@') {
            return Err(EmailError::At);
        }
        if local_part.len() > LONGEST_LOCAL_PART_BYTES {
            return Err(EmailError::TooLong);
        }
        if !is_local_part(local_part) {
            return Err(EmailError::LocalPart);
        }
        if !is_domain(domain) {
            return Err(EmailError::Domain);
        }
        Ok(EmailAddress(address.to_ascii_lowercase()))
    }

    /// The whole address, in lower case.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Enough to know one's own address by: `o•••@unionjack.example`.
    pub fn masked(&self) -> String {
        let (local_part, domain) = self.0.split_once('@').unwrap_or_default();
        // A local part of one letter would be shown whole.
        let first = local_part.get(..1).filter(|_| local_part.len() > 1).unwrap_or_default();
        format!("{first}•••@{domain}")
    }
}

impl fmt::Display for EmailAddress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.masked())
    }
}

impl fmt::Debug for EmailAddress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "EmailAddress({})", self.masked())
    }
}

/// Atoms between single dots. Of the marks that RFC 5322 allows, those stay out that mean something to shells, to
/// mail routing (`%`, `!`, `|`, `/`) or, in front, to command lines (`-`).
fn is_local_part(local_part: &str) -> bool {
    let is_atom = |atom: &str| !atom.is_empty() && atom.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-_'&=~".contains(&byte));
    !local_part.starts_with('-') && local_part.split('.').all(is_atom)
}

/// Two labels or more of letters, digits and inner hyphens; the last one is no number, so it is no IP address.
fn is_domain(domain: &str) -> bool {
    let is_label = |label: &str| {
        (1..=LONGEST_LABEL_BYTES).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let last_is_a_name = |(_, last): (&str, &str)| last.len() >= 2 && !last.starts_with(|first: char| first.is_ascii_digit());
    domain.split('.').all(is_label) && domain.rsplit_once('.').is_some_and(last_is_a_name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_address_however_it_is_typed() {
        for typed in ["owner@unionjack.example", "Owner@UnionJack.Example", " owner@unionjack.example\t\r\n"] {
            assert_eq!(EmailAddress::parse(typed).unwrap().as_str(), "owner@unionjack.example");
        }
        for typed in ["a.b+c-d_e@x-y.co.uk", "o'neil@example.ie", "1@2.example", "a@xn--bcher-kva.example"] {
            assert!(EmailAddress::parse(typed).is_ok(), "{typed:?}");
        }
    }

    #[test]
    fn what_could_be_more_than_an_address_is_refused() {
        use EmailError::*;
        for (typed, error) in [
            ("", Empty),
            (" \n", Empty),
            ("owner", At),
            ("a@b@c.example", At),
            ("a@x.example, b@x.example", At),
            ("@x.example", LocalPart),
            (".a@x.example", LocalPart),
            ("a..b@x.example", LocalPart),
            ("-f@x.example", LocalPart),
            ("\"a b\"@x.example", LocalPart),
            ("a(comment)@x.example", LocalPart),
            ("a%b@x.example", LocalPart),
            ("a\r\nBcc: b@x.example", LocalPart),
            ("jürgen@x.example", LocalPart),
            ("Ada <ada@x.example>", LocalPart),
            ("a@x.example\0", Domain),
            ("a@x", Domain),
            ("a@x.", Domain),
            ("a@.x", Domain),
            ("a@-x.example", Domain),
            ("a@x-.example", Domain),
            ("a@[127.0.0.1]", Domain),
            ("a@127.0.0.1", Domain),
            ("a@x.example.", Domain),
            ("a@x_y.example", Domain),
            ("a@bücher.example", Domain),
            ("a@x.example\r\nBcc:", Domain),
        ] {
            assert_eq!(EmailAddress::parse(typed), Err(error), "{typed:?}");
        }
    }

    #[test]
    fn lengths_are_those_of_smtp() {
        let local_part = |length| format!("{}@x.example", "a".repeat(length));
        assert!(EmailAddress::parse(&local_part(64)).is_ok());
        assert_eq!(EmailAddress::parse(&local_part(65)), Err(EmailError::TooLong));
        let whole = |length: usize| format!("a@{}.example", ["b"; 123].join(".").get(..length - 10).unwrap());
        assert!(EmailAddress::parse(&whole(253)).is_ok());
        assert_eq!(EmailAddress::parse(&format!("abc@{}", &whole(253)[2..])), Err(EmailError::TooLong));
        assert_eq!(EmailAddress::parse(&format!("a@{}.example", "b".repeat(64))), Err(EmailError::Domain));
    }

    #[test]
    fn printing_hides_who_it_is() {
        let masked = |typed| EmailAddress::parse(typed).unwrap().to_string();
        assert_eq!(masked("owner@unionjack.example"), "o•••@unionjack.example");
        assert_eq!(masked("o@unionjack.example"), "•••@unionjack.example");
        let owner = EmailAddress::parse("owner@unionjack.example").unwrap();
        assert_eq!(format!("{owner:?}"), "EmailAddress(o•••@unionjack.example)");
    }
}
