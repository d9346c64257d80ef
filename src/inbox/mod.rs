//! The demo's inbox on the public site: what would have been sent. Production has no such page.

pub mod api;

use std::sync::Arc;

use askama::Template;
use poem::handler;
use poem::web::{Data, Query};
use serde::Deserialize;

use crate::error::{Error, Result};
use crate::messages::html::unwrapped;
use crate::messages::inbox::{Channel, Inbox};
use crate::tenancy::extract::Public;
use crate::web::{Page, Shell, when};

/// The inbox, when there is one.
#[derive(Clone)]
pub struct DemoInbox(pub Option<Arc<Inbox>>);

#[derive(Template)]
#[template(path = "inbox/inbox.html")]
struct InboxPage {
    shell: Shell,
    to: String,
    items: Vec<Item>,
}

struct Item {
    to: String,
    channel: String,
    /// Of an e-mail.
    subject: String,
    text: String,
    sent_at: String,
    sent_at_exact: String,
}

/// Whose messages to show.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct InboxQuery {
    to: String,
}

/// `GET /inbox`
#[handler]
pub fn show(Public(here): Public, Data(inbox): Data<&DemoInbox>, Query(query): Query<InboxQuery>) -> Result<Page> {
    let inbox = inbox.0.as_ref().ok_or(Error::NotFound)?;
    let wanted = query.to.trim();
    let now = here.house.now();
    let items = inbox.list((!wanted.is_empty()).then_some(wanted)).into_iter().map(|message| {
        let (subject, text) = match message.channel {
            Channel::Sms => ("", message.text.clone()),
            Channel::Email => {
                message.text.split_once("\n\n").map_or(("", message.text.clone()), |(subject, text)| (subject, unwrapped(text)))
            }
        };
        Item {
            channel: message.channel.as_str().to_owned(),
            sent_at: when::ago(message.sent_at, now, chrono_tz::UTC),
            sent_at_exact: when::exact(message.sent_at, chrono_tz::UTC),
            to: message.to,
            subject: subject.to_owned(),
            text,
        }
    });
    Page::of(&InboxPage { shell: Shell::of(&here, "Demo inbox"), to: wanted.to_owned(), items: items.collect() })
}
