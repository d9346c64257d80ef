//! A wholesaler's mark. It is served from the wholesaler's own host, so it must be a picture and nothing more.

use std::path::Path;

use super::mistakes::{Mistakes, Source, read_bytes};

const LARGEST_BYTES: u64 = 64 * 1024;
const PNG_MAGIC: &[u8] = b"\x89PNG\r\n\x1a\n";

/// The mark, as it will be served.
#[derive(Clone, PartialEq, Eq)]
pub struct Logo {
    pub bytes: Vec<u8>,
    /// `image/svg+xml` or `image/png`.
    pub media_type: &'static str,
}

/// Reads a PNG, or an SVG that can neither run nor fetch anything.
pub(super) fn read(file: &Path, mistakes: &mut Mistakes) -> Option<Logo> {
    let bytes = read_bytes(file, LARGEST_BYTES, mistakes)?;
    if bytes.starts_with(PNG_MAGIC) {
        return Some(Logo { bytes, media_type: "image/png" });
    }
    let Ok(text) = String::from_utf8(bytes) else {
        mistakes.about(file, "this is neither a PNG nor an SVG in UTF-8");
        return None;
    };
    if !text.trim_start().starts_with('<') || !text.contains("<svg") {
        mistakes.about(file, "this is neither a PNG nor an SVG");
        return None;
    }
    let source = Source::of(file, text);
    let lively = lively_parts(&source.text);
    for (byte, what) in &lively {
        mistakes.at(&source, source.place(*byte), format_args!("a logo must be inert: take out {what}"));
    }
    lively.is_empty().then(|| Logo { bytes: source.text.into_bytes(), media_type: "image/svg+xml" })
}

/// Shapes and what groups or describes them.
const ELEMENTS: [&str; 11] = ["circle", "desc", "ellipse", "g", "line", "path", "polygon", "polyline", "rect", "svg", "title"];

/// Ways to run, to fetch, or to write either so that this list would not see it.
const WORDS: [(&str, &str); 11] = [
    ("script", "the script"),
    ("foreignobject", "foreignObject"),
    ("href", "the link"),
    ("url(", "url(…)"),
    ("image-set", "image-set"),
    ("<style", "the style sheet"),
    ("style=", "the style attribute; write fill=\"…\" and the like instead"),
    ("<!entity", "the entity"),
    ("<!doctype", "the document type"),
    ("<?", "the <?…?> line"),
    ("&#", "the character written as a number"),
];

/// Where something stands that is not plainly drawing, and what. What a browser would let pass may be refused here:
/// a logo can always be written more plainly.
fn lively_parts(svg: &str) -> Vec<(usize, String)> {
    // Lower case of ASCII alone keeps every byte in its place.
    let small = svg.to_ascii_lowercase();
    let mut found = Vec::new();
    for (word, what) in WORDS {
        found.extend(small.match_indices(word).map(|(byte, _)| (byte, what.to_owned())));
    }
    found.extend(small.match_indices('\\').map(|(byte, _)| (byte, "the backslash".to_owned())));
    found.extend(event_handlers(&small));
    for (byte, _) in small.match_indices('<') {
        let after = small.get(byte + 1..).unwrap_or_default();
        let name: String = after.chars().take_while(|c| !c.is_whitespace() && !matches!(c, '>' | '/')).collect();
        let known = after.starts_with('/') || after.starts_with("!--") || ELEMENTS.contains(&name.as_str());
        if !known && !found.iter().any(|(place, _)| *place == byte || *place == byte + 1) {
            found.push((byte, format!("<{name}>; only {} may be there", ELEMENTS.join(", "))));
        }
    }
    found
}

/// Attributes such as `onload=`, however they are parted from what stands before.
fn event_handlers(small: &str) -> Vec<(usize, String)> {
    let is_of_a_name = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | ':' | '.');
    let mut found = Vec::new();
    for (byte, _) in small.match_indices("on") {
        let (before, from_here) = small.split_at(byte);
        let name: String = from_here.chars().take_while(|c| is_of_a_name(*c)).collect();
        let is_set = from_here.strip_prefix(name.as_str()).is_some_and(|rest| rest.trim_start().starts_with('='));
        if is_set && !before.ends_with(is_of_a_name) {
            found.push((byte, format!("{name}=")));
        }
    }
    found
}
