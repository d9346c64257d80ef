//! What holds for every page.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use regex::Regex;

pub const HEAVIEST_PAGE: usize = 30 * 1024;

pub fn find_all<'a>(pattern: &str, html: &'a str) -> Vec<&'a str> {
    Regex::new(pattern).expect("a pattern").find_iter(html).map(|found| found.as_str()).collect()
}

pub fn attribute<'a>(tag: &'a str, name: &str) -> Option<&'a str> {
    tag.split_once(&format!(" {name}=\""))?.1.split('"').next()
}

pub fn look_over(name: &str, html: &str) {
    assert!(html.starts_with("<!doctype html>\n<html lang=\"en\""), "{name}: a document in a language");
    assert_eq!(find_all("<h1[ >]", html).len(), 1, "{name}: one main heading");
    assert_eq!(find_all("<main[ >]", html).len(), 1, "{name}: one main part");
    assert!(Regex::new(r"<title>[^<]+ · [^<]+</title>").expect("a pattern").is_match(html), "{name}: a title, and whose");
    for field in find_all(r"(?s)<(input|select|textarea)\b[^>]*>", html) {
        if attribute(field, "type") == Some("hidden") {
            continue;
        }
        let labelled = attribute(field, "id").is_some_and(|id| html.contains(&format!("<label for=\"{id}\">")));
        assert!(labelled || attribute(field, "aria-label").is_some(), "{name}: no label for {field}");
        for described in attribute(field, "aria-describedby").unwrap_or_default().split_whitespace() {
            assert!(html.contains(&format!("id=\"{described}\"")), "{name}: {described} describes {field}, and is not there");
        }
    }
    for image in find_all(r"<img\b[^>]*>", html) {
        assert!(attribute(image, "alt").is_some(), "{name}: no words for {image}");
    }
    let mut ids = find_all(r#" id="[^"]*""#, html);
    let there = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), there, "{name}: two things of one id");
    let inline = find_all(r#"(?i)<style|\sstyle=|<script(?:\s[^>]*)?>[^<]|\son[a-z]+="|javascript:"#, html);
    assert!(inline.is_empty(), "{name}: the policy would refuse {inline:?}");
    for loaded in find_all(r#"<(?:link|script|img|source|iframe|object|embed|use)\b[^>]*>"#, html) {
        let from = attribute(loaded, "src").or_else(|| attribute(loaded, "href")).unwrap_or_default();
        assert!(from.starts_with('/') && !from.starts_with("//"), "{name}: {loaded} comes from elsewhere");
    }
    assert!(!html.contains("{{") && !html.contains("{%"), "{name}: a template that was not rendered");
    let weight = packed(html);
    assert!(weight <= HEAVIEST_PAGE, "{name} weighs {weight} bytes");
}

pub fn packed(text: &str) -> usize {
    let mut packer = GzEncoder::new(Vec::new(), Compression::default());
    packer.write_all(text.as_bytes()).expect("memory");
    packer.finish().expect("memory").len()
}
