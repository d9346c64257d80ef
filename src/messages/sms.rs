//! Text messages: the gateways that carry them, what a gateway can answer, and how long a text may be.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use reqwest::{StatusCode, Url};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;

use super::inbox::{Channel, Inbox};
use super::is_loopback;
use crate::values::PhoneNumber;

/// Where text messages go. One variant per provider; the next provider is a variant and a file.
pub enum SmsGateway {
    Kannel(Kannel),
    Inbox(Arc<Inbox>),
}

/// The carrier has taken the message over and will try to deliver it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// How the carrier calls the message, for questions to its support.
    pub provider_reference: Option<String>,
}

/// Why a carrier did not confirm that it took a message. Holds no number, no address and no text, so it can be logged and stored.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The carrier knows no such phone number or mailbox.
    #[error("the carrier does not know this recipient")]
    InvalidRecipient,
    /// Too much at once, or a passing trouble on the carrier's side; it asks us to come back later.
    #[error("the carrier asks to try later")]
    RateLimited,
    /// The carrier does not accept our user name and password: our fault, not the recipient's.
    #[error("the carrier refuses our credentials")]
    Authentication,
    /// Refused for good; the words tell the code that the carrier gave.
    #[error("the carrier refuses the message: {0}")]
    Rejected(String),
    /// Handed over, but no answer came in time: the message may be on its way.
    #[error("the carrier did not answer in time")]
    TimedOut,
    /// The message certainly was not handed over: no connection, none that is safe, or something else answers there.
    #[error("the carrier cannot be reached")]
    Unreachable,
    /// Handed over, but what came back does not say whether the message is on its way.
    #[error("the carrier's answer is unclear: {0}")]
    Unknown(String),
}

impl Refusal {
    /// The carrier certainly does not have the message, and may well take it another time.
    pub fn may_retry(&self) -> bool {
        matches!(self, Refusal::RateLimited | Refusal::Authentication | Refusal::Unreachable)
    }

    /// The message may have been sent. To send it again may mean that it arrives twice, and is paid for twice.
    pub fn outcome_is_unknown(&self) -> bool {
        matches!(self, Refusal::TimedOut | Refusal::Unknown(_))
    }
}

impl SmsGateway {
    /// Hands one text to the gateway. `to` is a phone number in E.164 form.
    pub async fn send(&self, to: &str, text: &str) -> Result<Accepted, Refusal> {
        // Gateways take lists of numbers too, so anything but one whole number must stop here.
        if PhoneNumber::from_e164(to).is_err() {
            return Err(Refusal::InvalidRecipient);
        }
        match self {
            SmsGateway::Kannel(kannel) => kannel.send(to, text).await,
            SmsGateway::Inbox(inbox) => {
                inbox.deliver(Channel::Sms, to, text);
                Ok(Accepted { provider_reference: None })
            }
        }
    }
}

/// How to reach a Kannel gateway, or one of the many that speak its `sendsms` form.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KannelConfig {
    /// The whole address of the form, such as `https://sms.example/cgi-bin/sendsms`. Password, number and text travel in its query, so
    /// plain HTTP is only for this very machine.
    pub url: String,
    pub username: String,
    pub password: SecretString,
    /// What the phone shows as the sender: up to 15 digits (a plus may lead), or up to 11 letters, digits and blanks.
    pub sender: String,
    /// How long a message may take to be accepted, from connecting to the answer.
    #[serde(default = "ten_seconds")]
    pub timeout_seconds: u64,
}

/// A client of one Kannel gateway.
pub struct Kannel {
    client: reqwest::Client,
    url: Url,
    username: String,
    password: SecretString,
    sender: String,
}

impl Kannel {
    /// Checks the configuration. Does not connect.
    pub fn new(config: KannelConfig) -> anyhow::Result<Kannel> {
        let url = Url::parse(&config.url).context("the SMS gateway's url is not a URL")?;
        anyhow::ensure!(matches!(url.scheme(), "http" | "https"), "the SMS gateway's url must begin with http:// or https://");
        anyhow::ensure!(
            url.scheme() == "https" || url.host_str().is_some_and(is_loopback),
            "text messages may go without TLS only to this machine itself: the SMS gateway's url must begin with https://"
        );
        anyhow::ensure!(is_sender(&config.sender), "the SMS sender must be up to 15 digits, or up to 11 letters, digits and blanks");
        anyhow::ensure!(config.timeout_seconds > 0, "the SMS gateway's timeout_seconds must be at least 1");

        // Fails when a provider is installed already, which is just as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder()
            .connect_timeout(Duration::from_secs(5))
            .timeout(Duration::from_secs(config.timeout_seconds))
            // Sending is not idempotent: what follows makes sure that one call is one request, on a connection of its own,
            // so that "no connection" proves that nothing was sent.
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .pool_max_idle_per_host(0)
            .http1_only()
            // The query holds the password, the number and the text: it goes to the gateway and nowhere else.
            .referer(false)
            .no_proxy()
            .build()
            .context("the SMS gateway's HTTP client")?;
        Ok(Kannel { client, url, username: config.username, password: config.password, sender: config.sender })
    }

    async fn send(&self, to: &str, text: &str) -> Result<Accepted, Refusal> {
        let coding = match segments(text).encoding {
            Encoding::Gsm7 => "0",
            Encoding::Ucs2 => "2",
        };
        let form = [
            ("username", self.username.as_str()),
            ("password", self.password.expose_secret()),
            ("from", &self.sender),
            ("to", to),
            ("text", text),
            ("charset", "UTF-8"),
            ("coding", coding),
        ];
        let mut response = self.client.get(self.url.clone()).query(&form).send().await.map_err(refusal_of_transport)?;
        let status = response.status();
        let body = read_start(&mut response).await?;
        verdict(status, &body)
    }
}

fn ten_seconds() -> u64 {
    10
}

/// A number, or the alphanumeric name that GSM 03.40 allows, which needs a letter to differ from a number.
fn is_sender(sender: &str) -> bool {
    let digits = sender.strip_prefix('+').unwrap_or(sender);
    let is_number = (1..=15).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
    let is_name = sender.len() <= 11
        && sender.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b' ')
        && sender.bytes().any(|byte| byte.is_ascii_alphabetic());
    is_number || is_name
}

/// The error itself must not leave this function with its URL, which holds password, number and text.
fn refusal_of_transport(error: reqwest::Error) -> Refusal {
    let refusal = if error.is_connect() || error.is_builder() {
        Refusal::Unreachable
    } else if error.is_timeout() {
        Refusal::TimedOut
    } else {
        Refusal::Unknown("the connection broke before the answer".to_owned())
    };
    let cause = anyhow::Error::from(error.without_url());
    tracing::warn!(cause = format!("{cause:#}"), "the SMS gateway did not answer");
    refusal
}

/// The first kilobyte of the answer; the gateway's answers are one line.
async fn read_start(response: &mut reqwest::Response) -> Result<String, Refusal> {
    const LIMIT_BYTES: usize = 1_024;
    let mut start = Vec::new();
    while start.len() < LIMIT_BYTES {
        let Some(chunk) = response.chunk().await.map_err(refusal_of_transport)? else { break };
        start.extend(chunk.iter().take(LIMIT_BYTES - start.len()));
    }
    Ok(String::from_utf8_lossy(&start).into_owned())
}

/// What Kannel 1.4.5 means by its answers, as its `smsbox` gives them. Only fixed words leave this function: a gateway may repeat
/// the number in its answer.
fn verdict(status: StatusCode, body: &str) -> Result<Accepted, Refusal> {
    let code = format!("HTTP {}", status.as_u16());
    Err(match status.as_u16() {
        // "Sent." comes from a gateway that is set to answer before its bearerbox does.
        202 if ["0:", "3:", "Sent."].iter().any(|start| body.starts_with(start)) => {
            return Ok(Accepted { provider_reference: None });
        }
        // Its black list, or a character it does not allow in a number.
        400 if body.starts_with("Number(s) has/have been denied") => Refusal::InvalidRecipient,
        403 if body.starts_with("Not routable") => Refusal::Rejected(format!("{code}, no route to this number")),
        401 | 403 => Refusal::Authentication,
        408 | 429 | 503 => Refusal::RateLimited,
        // Whoever redirects, or does not know the address or the method, is no gateway: the configuration is wrong.
        300..=399 | 404 | 405 | 410 => Refusal::Unreachable,
        400..=499 => Refusal::Rejected(code),
        _ => Refusal::Unknown(code),
    })
}

/// How a text travels, and what it costs: gateways charge by the segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Segments {
    pub encoding: Encoding,
    /// Messages that the phone receives and puts together; at least one.
    pub count: usize,
    /// Units of the encoding in the whole text, without the headers that join segments.
    pub units: usize,
}

/// The alphabet a text needs (3GPP TS 23.038).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// Seven bits a unit: 160 units in one segment, 153 in each of several.
    Gsm7,
    /// Sixteen bits a unit: 70 units in one segment, 67 in each of several.
    Ucs2,
}

/// Counts the segments of a text. One character outside the GSM alphabet (ú, a curly quote, a long dash) makes the whole text UCS-2.
pub fn segments(text: &str) -> Segments {
    let gsm: Option<Vec<usize>> = text.chars().map(gsm_units).collect();
    let (encoding, widths, alone, joined) = match gsm {
        Some(widths) => (Encoding::Gsm7, widths, 160, 153),
        None => (Encoding::Ucs2, text.chars().map(char::len_utf16).collect(), 70, 67),
    };
    let units = widths.iter().sum();
    let count = if units <= alone { 1 } else { pack(&widths, joined) };
    Segments { encoding, count, units }
}

/// Segments of `capacity` units that hold these characters in order. No character is cut in two, so a segment may stay one unit short.
fn pack(widths: &[usize], capacity: usize) -> usize {
    let mut count = 1;
    let mut used = 0;
    for width in widths {
        if used + width > capacity {
            count += 1;
            used = 0;
        }
        used += width;
    }
    count
}

/// The GSM 7 bit default alphabet, without the escape (3GPP TS 23.038 §6.2.1).
const GSM_BASIC: &str = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?\
    ¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";

/// Its extension table, reached by an escape and therefore two units wide (3GPP TS 23.038 §6.2.1.1).
const GSM_EXTENSION: &str = "\u{c}^{}\\[~]|€";

fn gsm_units(character: char) -> Option<usize> {
    if GSM_BASIC.contains(character) {
        Some(1)
    } else if GSM_EXTENSION.contains(character) {
        Some(2)
    } else {
        None
    }
}
