//! What a mail server says of a delivery: the part of a mail that is made for programs (RFC 3464).

use mail_parser::{Message, MessageParser, MimeHeaders as _};

/// Headers in which a mail server names the address that a mail came to.
const RECIPIENTS: [&str; 4] = ["Delivered-To", "X-Original-To", "Envelope-To", "To"];

/// The lines of a mail that name whom it came to, the surest first.
pub fn recipients(mail: &[u8]) -> Vec<String> {
    let Some(message) = parsed(mail) else { return Vec::new() };
    let named = |wanted: &'static str| message.headers_raw().filter(move |(name, _)| name.eq_ignore_ascii_case(wanted));
    RECIPIENTS.iter().flat_map(|wanted| named(wanted)).map(|(_, value)| value.to_owned()).collect()
}

fn parsed(mail: &[u8]) -> Option<Message<'_>> {
    // A mail that is handed to a program often has a line in front that is of no header: who sent it, as mailbox files have it.
    let end = if mail.starts_with(b"From ") { mail.iter().position(|byte| *byte == b'\n').map_or(0, |end| end + 1) } else { 0 };
    MessageParser::default().parse(mail.get(end..)?)
}

/// A delivery that has failed for good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// Class, subject and detail (RFC 3463), such as 5, 1, 1.
    status: (u16, u16, u16),
}

impl Report {
    /// What the mail says; None when it does not say that a delivery has failed. That it takes longer is no failure, but that it was given
    /// up after having taken too long is (RFC 3464 §2.3.3).
    pub fn read(mail: &[u8]) -> Option<Self> {
        let message = parsed(mail)?;
        let status = message.parts.iter().find(|part| {
            part.content_type().is_some_and(|kind| {
                kind.ctype().eq_ignore_ascii_case("message")
                    && kind.subtype().is_some_and(|kind| {
                        kind.eq_ignore_ascii_case("delivery-status") || kind.eq_ignore_ascii_case("global-delivery-status")
                    })
            })
        })?;
        let text = String::from_utf8_lossy(status.contents());
        // One block for each recipient, behind one about the mail.
        text.replace("\r\n", "\n").split("\n\n").find_map(|block| {
            let field = |wanted: &str| {
                block
                    .lines()
                    .filter_map(|line| line.split_once(':'))
                    .find(|(name, _)| name.trim().eq_ignore_ascii_case(wanted))
                    .map(|(_, value)| value.trim())
            };
            let has_failed = field("Action")?.eq_ignore_ascii_case("failed");
            let status = read_status(field("Status")?)?;
            (has_failed && matches!(status.0, 4 | 5)).then_some(Self { status })
        })
    }

    /// Whether it is the mailbox or its host that is not there or takes nothing, and so will not the next time either. What is refused for
    /// other reasons, such as a bad name that our mail has got, is not the reader's doing.
    pub fn is_of_the_mailbox(&self) -> bool {
        matches!(self.status, (5, 1, _) | (5, 2, 0..=2) | (5, 4, 4))
    }

    /// In words for whoever looks, and nothing of the server's own: those may repeat the address.
    pub fn in_words(&self) -> String {
        let (class, subject, detail) = self.status;
        let words = match (class, subject, detail) {
            (5, 1, 1 | 6) => "the mailbox does not exist",
            (5, 1, 2 | 10) | (5, 4, 4) => "the address leads to no mail server",
            (5, 1, _) => "the address is not right",
            (5, 2, 1) => "the mailbox is closed",
            (_, 2, 2) => "the mailbox is full",
            (_, 2, 3) | (_, 3, 4) => "the mail is too large for the mailbox",
            (5, 7, _) => "the mail server refuses mail from here",
            (4, ..) => "the mail server could not be reached for days",
            _ => "the mail server could not deliver it",
        };
        format!("{words} ({class}.{subject}.{detail})")
    }
}

/// The three numbers of a status; words may stand behind them.
fn read_status(text: &str) -> Option<(u16, u16, u16)> {
    let code = text.split([' ', '\t', '(']).next()?;
    let mut numbers = code.split('.').map(|number| number.parse::<u16>().ok().filter(|number| *number < 1_000));
    let status = (numbers.next()??, numbers.next()??, numbers.next()??);
    numbers.next().is_none().then_some(status)
}
