//! A mail as it travels: the text, the same as HTML in the colours of who writes, and the headers that mail programs go by.

use lettre::Address;
use lettre::message::header::{ContentTransferEncoding, ContentType, Header, HeaderName, HeaderValue, MIME_VERSION_1_0};
use lettre::message::{Body, Mailbox, Message, MessageBuilder, MultiPart};
use uuid::Uuid;

use super::dkim::Signer;
use super::sms::Refusal;
use super::{html, one_line};
use crate::tenancy::{Hosts, Tenant};

/// One mail to one mailbox.
pub struct Mail {
    /// Of the entry of the outbox, or of what else it is about: sent a second time, it is the same mail to those who get it.
    pub id: Uuid,
    /// A bare address, such as `owner@acme.example`.
    pub to: String,
    pub sender: Sender,
    pub subject: String,
    pub text: String,
    /// Of news that its reader can do without.
    pub news: Option<News>,
    /// By which a mail that comes back names this one; empty when nothing is done about it.
    pub return_token: String,
}

/// Who writes. The address is the configured one.
#[derive(Clone)]
pub struct Sender {
    /// As people read it.
    pub name: String,
    /// `#rrggbb`.
    pub colour: String,
    /// Where its pages are: what else a text names as an address is no link.
    pub pages: Vec<String>,
}

/// What goes with news.
#[derive(Clone)]
pub struct News {
    /// The address that ends them (RFC 8058).
    pub ends_at: String,
    /// Who reads what is written back; empty when nobody does.
    pub reply_to: String,
}

impl Sender {
    /// A wholesaler.
    pub fn of_tenant(tenant: &Tenant, hosts: &Hosts) -> Self {
        let pages = vec![tenant.main_url(hosts), hosts.counter_url(tenant.slug.as_str())];
        Self { name: one_line(&tenant.business_name), colour: tenant.brand_colour.clone(), pages }
    }

    /// The platform.
    pub fn of_platform(hosts: &Hosts) -> Self {
        const COLOUR: &str = "#14532d";
        Self { name: "Tradecounter".to_owned(), colour: COLOUR.to_owned(), pages: vec![hosts.public_url(), hosts.console_url()] }
    }
}

impl Mail {
    /// The text with what stands below it.
    pub fn whole_text(&self) -> String {
        match &self.news {
            Some(news) => format!("{}\n\nNo more e-mails about orders to this address:\n\n{}\n", self.text.trim_end(), news.ends_at),
            None => self.text.clone(),
        }
    }

    /// All of it, as a mail server takes it. Values with line breaks cannot add headers: the breaks are taken out.
    pub fn compose(&self, from: &Address, to: Address, signer: Option<&Signer>) -> Result<Vec<u8>, Refusal> {
        let unwritable = || Refusal::Rejected("the mail cannot be written".to_owned());
        let html = html::letter(self).map_err(|_| unwritable())?;
        let mut message = Message::builder()
            .from(Mailbox::new(Some(one_line(&self.sender.name)), from.clone()))
            .to(Mailbox::new(None, to))
            .subject(one_line(&self.subject))
            .message_id(Some(format!("<{}@{}>", self.id, from.domain())))
            .header(AutoSubmitted);
        if let Some(news) = &self.news {
            if let Ok(reader) = news.reply_to.parse() {
                message = message.reply_to(Mailbox::new(None, reader));
            }
            message = message.header(ListUnsubscribe(news.ends_at.clone()));
            // One click is for links that nobody in between can change (RFC 8058 §3.1).
            if news.ends_at.starts_with("https:") {
                message = message.header(ListUnsubscribePost);
            }
        }
        let mut message = in_parts(message, &MultiPart::alternative_plain_html(self.whole_text(), html)).ok_or_else(unwritable)?;
        if let Some(signer) = signer {
            signer.sign(&mut message);
        }
        Ok(message.formatted())
    }
}

/// The mail with these parts as its body. Their `Content-Type` becomes one of the mail's own headers, where a signature covers it.
fn in_parts(message: MessageBuilder, parts: &MultiPart) -> Option<Message> {
    let kind: ContentType = parts.headers().get()?;
    let written = parts.formatted();
    let body = written.get(parts.headers().to_string().len() + "\r\n".len()..)?;
    // Each part is encoded as it needs it; what holds them together has seven bits (RFC 2045 §6.4).
    let body = Body::dangerous_pre_encoded(body.to_vec(), ContentTransferEncoding::SevenBit);
    message.header(MIME_VERSION_1_0).header(kind).body(body).ok()
}

/// Tells out-of-office answerers to stay quiet (RFC 3834 §5).
#[derive(Clone)]
struct AutoSubmitted;

impl Header for AutoSubmitted {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self)
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), "auto-generated".to_owned())
    }
}

/// Where the reader says that they want no more of it (RFC 2369 §3.2).
#[derive(Clone)]
struct ListUnsubscribe(String);

impl Header for ListUnsubscribe {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("List-Unsubscribe")
    }

    fn parse(value: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self(value.trim_matches(['<', '>']).to_owned()))
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), format!("<{}>", self.0))
    }
}

/// And that a mail program may say so for them, without showing a page (RFC 8058).
#[derive(Clone)]
struct ListUnsubscribePost;

impl Header for ListUnsubscribePost {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("List-Unsubscribe-Post")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self)
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), "List-Unsubscribe=One-Click".to_owned())
    }
}
