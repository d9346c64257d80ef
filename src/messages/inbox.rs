//! The demo's inbox: what would have gone to a phone or a mailbox stays in memory, for everyone to read.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, Utc};

use crate::clock::Clock;

/// Messages kept; the oldest makes room for the next.
const CAPACITY: usize = 1_000;

/// Takes every message and delivers none. For the demo and the tests; production refuses to be configured with it.
pub struct Inbox {
    clock: Clock,
    newest_first: Mutex<VecDeque<InboxMessage>>,
}

/// One message as its receiver would have seen it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InboxMessage {
    /// A phone number in E.164 form, or an e-mail address.
    pub to: String,
    pub channel: Channel,
    /// Of an e-mail: the subject, a blank line, the text.
    pub text: String,
    pub sent_at: DateTime<Utc>,
}

/// The way a message takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Channel {
    Sms,
    Email,
}

impl Channel {
    /// The name used in the API and the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Channel::Sms => "sms",
            Channel::Email => "email",
        }
    }
}

impl Inbox {
    /// An empty inbox that stamps what [`Inbox::deliver`] brings with the time of `clock`.
    pub fn new(clock: Clock) -> Arc<Inbox> {
        Arc::new(Inbox { clock, newest_first: Mutex::default() })
    }

    /// Keeps a message that is sent now.
    pub fn deliver(&self, channel: Channel, to: &str, text: &str) {
        self.put(channel, to, text, self.clock.now());
    }

    /// Keeps a message.
    pub fn put(&self, channel: Channel, to: &str, text: &str, sent_at: DateTime<Utc>) {
        let message = InboxMessage { to: to.to_owned(), channel, text: text.to_owned(), sent_at };
        let mut messages = self.newest_first.lock().unwrap_or_else(PoisonError::into_inner);
        messages.truncate(CAPACITY - 1);
        messages.push_front(message);
    }

    /// What arrived, newest first: everything, or only what went to one number or address.
    pub fn list(&self, to: Option<&str>) -> Vec<InboxMessage> {
        let to = to.map(comparable);
        let messages = self.newest_first.lock().unwrap_or_else(PoisonError::into_inner);
        messages.iter().filter(|message| to.as_ref().is_none_or(|to| comparable(&message.to) == *to)).cloned().collect()
    }
}

/// An address as it is looked for: of a number its digits, however it is spaced; of mail small letters. In a query
/// string a bare plus means a blank, and an address has none.
fn comparable(to: &str) -> String {
    let to = to.trim();
    if to.contains('@') { to.replace(' ', "+").to_lowercase() } else { to.chars().filter(char::is_ascii_digit).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_found_however_it_is_written() {
        let inbox = Inbox::new(Clock::system());
        inbox.deliver(Channel::Sms, "+447400123456", "to a number");
        inbox.deliver(Channel::Email, "owner+1@acme.example", "to an address");
        let found = |to: &str| inbox.list(Some(to)).into_iter().map(|message| message.text).collect::<Vec<_>>();
        for to in ["+447400123456", "447400123456", " 447400123456", "+44 7400 123456", " 44 7400-123456 "] {
            assert_eq!(found(to), ["to a number"], "{to:?}");
        }
        for to in ["owner+1@acme.example", "Owner+1@ACME.example", "owner 1@acme.example", " owner+1@acme.example "] {
            assert_eq!(found(to), ["to an address"], "{to:?}");
        }
        for to in ["", "acme", "7400123456", "owner@acme.example", "owner1@acme.example"] {
            assert!(found(to).is_empty(), "{to:?}");
        }
        assert_eq!(inbox.list(None).len(), 2);
    }
}
