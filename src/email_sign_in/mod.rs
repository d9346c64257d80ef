//! What the office's door and the console's have in common: an address by e-mail, a code, or a passkey instead of both. Each
//! says what it is called and where it is; whom it lets in is its own.

pub mod pages;

use crate::error::{Error, Result};
use crate::tenancy::token::Token;
use crate::values::EmailAddress;

/// A session that has just begun.
pub struct Opened<Who> {
    pub token: Token,
    /// What the browser is known by from now on; after a passkey as it was before.
    pub known: Option<Token>,
    pub who: Who,
    pub life_seconds: i64,
}

/// Reads an address.
pub fn read_email(typed: &str) -> Result<EmailAddress> {
    EmailAddress::parse(typed).map_err(|wrong| Error::invalid("email", wrong.to_string()))
}

/// Where somebody was going when they were asked who they are: a path of this host, beneath the door's own place. Anything else
/// is its front page.
pub fn way_on<'a>(to: &'a str, home: &'a str) -> &'a str {
    let is_plain = to.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'-' | b'_'));
    let is_beneath = to.strip_prefix(home.trim_end_matches('/')).is_some_and(|rest| rest.starts_with('/'));
    if is_plain && is_beneath && !to.contains("//") { to } else { home }
}

#[cfg(test)]
mod tests {
    use super::way_on;

    #[test]
    fn one_goes_on_to_a_path_of_the_same_place_and_nowhere_else() {
        for to in ["/office/team", "/office/team/invitations/new", "/office/export"] {
            assert_eq!(way_on(to, "/office"), to);
        }
        assert_eq!(way_on("/tenants/x-1/closing", "/"), "/tenants/x-1/closing");
        for to in [
            "",
            "office",
            "/officer",
            "/",
            "//evil.example",
            "/office//evil.example",
            "/office/../x",
            "/office/\\evil",
            "/office/team?x",
            "https://evil.example",
            "/office/a\r\nb",
        ] {
            assert_eq!(way_on(to, "/office"), "/office", "{to:?}");
        }
        for to in ["//evil.example", "/\\evil.example", "https://evil.example", "javascript:x", "/.."] {
            assert_eq!(way_on(to, "/"), "/", "{to:?}");
        }
    }
}
