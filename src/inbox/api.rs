//! The demo's inbox, by the API.

use poem::web::Data;
use poem_openapi::param::Query;
use poem_openapi::payload::Json;
use poem_openapi::{Object, OpenApi};

use super::DemoInbox;
use crate::api::{Chapter, time};
use crate::error::{Error, Result};
use crate::tenancy::extract::Public;

pub struct InboxApi;

/// What would have been sent.
#[derive(Object)]
pub struct InboxEntry {
    /// E.164, or an e-mail address.
    to: String,
    /// `sms` or `email`.
    channel: String,
    text: String,
    sent_at: String,
}

/// The newest first.
#[derive(Object)]
pub struct InboxList {
    items: Vec<InboxEntry>,
    next: Option<String>,
}

#[OpenApi(prefix_path = "/api/v1", tag = "Chapter::Demo")]
impl InboxApi {
    /// What would have been sent
    ///
    /// In a demo only, and on the public site: the host without a wholesaler's name in front.
    #[oai(path = "/inbox", method = "get")]
    #[expect(clippy::unused_async, reason = "operations are asynchronous by form")]
    async fn list_inbox(
        &self,
        public: Public,
        inbox: Data<&DemoInbox>,
        /// Whose messages, by number or e-mail address in any usual way of writing it; everybody's without it.
        to: Query<Option<String>>,
    ) -> Result<Json<InboxList>> {
        let Public(_here) = public;
        let inbox = inbox.0.0.as_ref().ok_or(Error::NotFound)?;
        let items = inbox.list(to.0.as_deref().filter(|to| !to.trim().is_empty())).into_iter().map(|message| InboxEntry {
            to: message.to,
            channel: message.channel.as_str().to_owned(),
            text: message.text,
            sent_at: time(message.sent_at),
        });
        Ok(Json(InboxList { items: items.collect(), next: None }))
    }
}
