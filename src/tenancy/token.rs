//! Secrets that browsers hold: random, 256 bits, and known to us by their hash alone.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::header::{COOKIE, HeaderMap};
use rand::TryRng;
use rand::rngs::SysRng;
use sha2::{Digest, Sha256};

use crate::config::Keys;
use crate::error::{Error, Result};

/// A customer's session.
pub const SESSION_COOKIE: &str = "__Host-session";
/// A member of staff's session.
pub const OFFICE_COOKIE: &str = "__Host-office";
/// An operator's session at the platform's console.
pub const OPERATOR_COOKIE: &str = "__Host-operator";
/// The browser a code was asked from.
pub const PENDING_COOKIE: &str = "__Host-pending";
/// A browser in which an address was proven.
pub const KNOWN_COOKIE: &str = "__Host-known";
/// The browser that is on its way to another counter.
pub const ARRIVAL_COOKIE: &str = "__Host-arrival";
/// Where a customer said they want to go.
pub const DEPARTURE_COOKIE: &str = "__Host-departure";

/// The browser that is signing a wholesaler up.
pub const SIGNUP_COOKIE: &str = "__Host-signup";

/// A secret in a browser's hands.
#[derive(Clone, PartialEq, Eq)]
pub struct Token([u8; 32]);

impl Token {
    /// A new one, from the operating system.
    pub fn new() -> Result<Self> {
        let mut bytes = [0; 32];
        SysRng.try_fill_bytes(&mut bytes).map_err(|error| Error::Internal(anyhow::anyhow!("no randomness: {error}")))?;
        Ok(Self(bytes))
    }

    /// The same one for the same bytes: for a question that is known by what it is about, and not by a browser.
    pub fn named(kind: &str, bytes: &[u8]) -> Self {
        Self(Sha256::new().chain_update(kind).chain_update(bytes).finalize().into())
    }

    /// The same one for the same parts, and nobody's who has not the server's key of this version.
    pub fn derived(keys: &Keys, version: i16, kind: &str, parts: &[&[u8]]) -> Result<Self> {
        Ok(Self(keys.derive(version, &[&[kind.as_bytes()], parts].concat())?))
    }

    /// One that a browser sent; None when it is not of the right form.
    pub fn parse(text: &str) -> Option<Self> {
        URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok().map(Self)
    }

    /// The one in this cookie. A cookie that comes twice is none: somebody planted one of them.
    pub fn in_cookie(headers: &HeaderMap, name: &str) -> Option<Self> {
        Self::parse(cookie_value(headers, name)?)
    }

    /// What the database keeps.
    pub fn hash(&self) -> [u8; 32] {
        Sha256::digest(self.0).into()
    }

    /// What the browser keeps.
    pub fn reveal(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
    }
}

/// Never shows what it holds.
impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

/// The value of a cookie that was sent exactly once.
pub fn cookie_value<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let mut values = headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .filter(|(sent, _)| *sent == name)
        .map(|(_, value)| value);
    let value = values.next()?;
    values.next().is_none().then_some(value)
}

/// Sets a cookie that this host alone sees, for so many seconds.
pub fn set_cookie(name: &str, value: &str, life_seconds: i64) -> String {
    format!("{name}={value}; Path=/; Max-Age={life_seconds}; Secure; HttpOnly; SameSite=Lax")
}

/// The name that a browser asks for codes under. It outlives them, so that a page that stood open for long still has it.
pub fn pending_cookie(token: &Token) -> String {
    const LIFE_SECONDS: i64 = 24 * 60 * 60;
    set_cookie(PENDING_COOKIE, &token.reveal(), LIFE_SECONDS)
}

/// Takes a cookie back, by its name. Never `Clear-Site-Data: "cookies"`: that would sign out every sibling.
pub fn end_cookie(name: &str) -> String {
    format!("{name}=; Path=/; Max-Age=0; Secure; HttpOnly; SameSite=Lax")
}
