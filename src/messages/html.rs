//! A mail's text as HTML: nothing is said there that the text does not say, and nothing is fetched.

use askama::Template;

use super::letters::Mail;
use crate::values::colour::{readable, readable_on};

/// How many digits a one-time code has.
const CODE_DIGITS: usize = 6;

#[derive(Template)]
#[template(path = "messages/letter.html")]
struct Letter<'a> {
    subject: String,
    name: &'a str,
    /// The colour of who writes, and what can be read on it.
    band: String,
    ink: &'static str,
    blocks: Vec<Block>,
    /// Empty when there is nothing to end.
    ends_at: &'a str,
}

/// What stands between two empty lines of the text.
enum Block {
    /// To be typed somewhere.
    Code(String),
    Paragraph(Vec<Vec<Piece>>),
    /// Each line is a point.
    List(Vec<Vec<Piece>>),
    /// Lines that were set apart, to be copied as they are.
    AsItIs(String),
}

/// A part of a line.
struct Piece {
    text: String,
    is_link: bool,
}

/// The whole of a mail as HTML.
pub fn letter(mail: &Mail) -> askama::Result<String> {
    let band = readable(&mail.sender.colour);
    let letter = Letter {
        subject: super::one_line(&mail.subject),
        name: &mail.sender.name,
        ink: readable_on(&band),
        band,
        blocks: blocks(&mail.text, &mail.sender.pages),
        ends_at: mail.news.as_ref().map_or("", |news| &news.ends_at),
    };
    letter.render()
}

/// A mail's lines are broken for a reader's eighty columns; a phone has fewer, and breaks them itself.
pub fn unwrapped(text: &str) -> String {
    const FULL_LINE: usize = 60;
    let mut whole = String::with_capacity(text.len());
    let mut goes_on = false;
    for line in text.lines() {
        if !whole.is_empty() {
            whole.push(if goes_on && line.starts_with(char::is_alphanumeric) { ' ' } else { '\n' });
        }
        whole.push_str(line);
        goes_on = line.chars().count() > FULL_LINE;
    }
    whole
}

fn blocks(text: &str, pages: &[String]) -> Vec<Block> {
    let text = unwrapped(text);
    let mut blocks = Vec::new();
    let mut paragraph: Vec<&str> = Vec::new();
    for line in text.lines().chain([""]) {
        if !line.trim().is_empty() {
            paragraph.push(line);
        } else if !paragraph.is_empty() {
            blocks.push(block(&std::mem::take(&mut paragraph), pages));
        }
    }
    blocks
}

fn block(lines: &[&str], pages: &[String]) -> Block {
    let pieces = |line: &&str| pieces(line.trim(), pages);
    let is_code = |text: &str| text.len() == CODE_DIGITS && text.bytes().all(|byte| byte.is_ascii_digit());
    match lines {
        [one] if is_code(one.trim()) => Block::Code(one.trim().to_owned()),
        points if points.iter().all(|line| line.starts_with("  - ")) => {
            Block::List(points.iter().map(|line| pieces(&line.trim_start().trim_start_matches("- "))).collect())
        }
        set_apart if set_apart.iter().all(|line| line.starts_with("  ")) => {
            Block::AsItIs(set_apart.iter().map(|line| line.trim()).collect::<Vec<_>>().join("\n"))
        }
        lines => Block::Paragraph(lines.iter().map(pieces).collect()),
    }
}

/// A line, with what leads to our own pages apart from the rest. What somebody typed leads nowhere.
fn pieces(line: &str, pages: &[String]) -> Vec<Piece> {
    let mut pieces: Vec<Piece> = Vec::new();
    for word in line.split_inclusive(char::is_whitespace) {
        let address = word.trim_end().trim_end_matches(['.', ',', ';', ':', '!', '?', ')']);
        if leads_to(address, pages) {
            pieces.push(Piece { text: address.to_owned(), is_link: true });
        }
        let rest = if leads_to(address, pages) { word.strip_prefix(address).unwrap_or_default() } else { word };
        match pieces.last_mut() {
            Some(last) if !last.is_link => last.text.push_str(rest),
            _ => pieces.push(Piece { text: rest.to_owned(), is_link: false }),
        }
    }
    pieces
}

/// Whether it is the address of one of these sites, or of a page of theirs.
fn leads_to(address: &str, pages: &[String]) -> bool {
    pages.iter().any(|page| address.strip_prefix(page.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn links(line: &str) -> Vec<String> {
        let pages = ["https://acme.example".to_owned(), "http://acme.localhost:8080".to_owned()];
        pieces(line, &pages).into_iter().filter(|piece| piece.is_link).map(|piece| piece.text).collect()
    }

    #[test]
    fn only_our_own_pages_are_links() {
        assert_eq!(
            links("See https://acme.example/orders/AW-1, and http://acme.localhost:8080."),
            ["https://acme.example/orders/AW-1", "http://acme.localhost:8080"]
        );
        for foreign in [
            "https://acme.example.evil.example/",
            "https://acme.example@evil.example/",
            "https://acme.example:81/",
            "https://evil.example",
            "javascript:alert(1)",
        ] {
            assert!(links(foreign).is_empty(), "{foreign}");
        }
    }

    #[test]
    fn no_word_is_lost() {
        let line = "Order AW-1 is https://acme.example/orders/AW-1 (accepted), £3 + VAT.";
        let whole: String = pieces(line, &["https://acme.example".to_owned()]).into_iter().map(|piece| piece.text).collect();
        assert_eq!(whole, line);
    }
}
