//! Addresses of pages, with what is asked of them.

use std::fmt::Write;

/// For a query's value.
pub fn encode(words: &str) -> String {
    words.bytes().fold(String::new(), |mut encoded, byte| {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' => encoded.push(char::from(byte)),
            other => {
                let _ = write!(encoded, "%{other:02X}");
            }
        }
        encoded
    })
}

/// A path with those of these that say something.
pub fn with(path: &str, asked: &[(&str, &str)]) -> String {
    let said = asked.iter().filter(|(_, value)| !value.is_empty());
    let query: Vec<String> = said.map(|(name, value)| format!("{name}={}", encode(value))).collect();
    if query.is_empty() { path.to_owned() } else { format!("{path}?{}", query.join("&")) }
}
