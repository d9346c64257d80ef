//! The one careful way to ask a gateway over HTTP: one call is one request, and every way it can go wrong is told apart.

use std::time::Duration;

use anyhow::{Context, ensure};
use reqwest::{Client, Request, Url};

use super::{GatewayName, Refusal};
use crate::messages::is_loopback;

/// The longest that a connection may take to come about, TLS and all. While it does, nothing has been handed over.
const CONNECTING: Duration = Duration::from_secs(3);

/// No gateway has more to say about one text.
const LONGEST_ANSWER_BYTES: usize = 16 * 1_024;

/// A client of one gateway at one address.
pub(super) struct Wire {
    pub client: Client,
    pub url: Url,
    gateway: GatewayName,
    timeout: Duration,
}

/// What came back, as far as it is worth reading.
pub(super) struct Answer {
    pub status: u16,
    pub body: String,
}

impl Wire {
    /// Checks the address. Does not connect.
    pub fn new(gateway: GatewayName, url: &str, timeout_seconds: u64) -> anyhow::Result<Self> {
        let url = Url::parse(url).with_context(|| format!("[sms.{gateway}] url is not a URL"))?;
        ensure!(matches!(url.scheme(), "http" | "https"), "[sms.{gateway}] url must begin with http:// or https://");
        ensure!(
            url.scheme() == "https" || url.host_str().is_some_and(is_loopback),
            "text messages may go without TLS only to this machine itself: [sms.{gateway}] url must begin with https://"
        );
        ensure!(timeout_seconds > 0, "[sms.{gateway}] timeout_seconds must be at least 1");
        let timeout = Duration::from_secs(timeout_seconds);

        // Fails when a provider is installed already, which is just as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = Client::builder()
            .connect_timeout(CONNECTING.min(timeout / 2))
            // Sending is not idempotent: what follows makes sure that one call is one request, on a connection of its own,
            // so that "no connection" proves that nothing was sent.
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .pool_max_idle_per_host(0)
            .http1_only()
            // The address may hold the password, the number and the text: it goes to the gateway and nowhere else.
            .referer(false)
            .no_proxy()
            .build()
            .context("the SMS gateway's HTTP client")?;
        Ok(Self { client, url, gateway, timeout })
    }

    /// Hands one request over and waits for the answer, from connecting on for as long as is configured, or as `patience` says when
    /// that is shorter.
    pub async fn ask(&self, request: reqwest::Result<Request>, patience: Option<Duration>) -> Result<Answer, Refusal> {
        let mut request = request.map_err(|error| self.refusal(error))?;
        *request.timeout_mut() = Some(patience.map_or(self.timeout, |patience| patience.min(self.timeout)));
        let mut response = self.client.execute(request).await.map_err(|error| self.refusal(error))?;
        let status = response.status().as_u16();
        let mut body = Vec::new();
        while body.len() < LONGEST_ANSWER_BYTES {
            let Some(chunk) = response.chunk().await.map_err(|error| self.refusal(error))? else { break };
            body.extend(chunk.iter().take(LONGEST_ANSWER_BYTES - body.len()));
        }
        Ok(Answer { status, body: String::from_utf8_lossy(&body).into_owned() })
    }

    /// The error itself must not leave this function with its URL, which may hold password, number and text.
    fn refusal(&self, error: reqwest::Error) -> Refusal {
        let refusal = if error.is_connect() || error.is_builder() {
            Refusal::Unreachable
        } else if error.is_timeout() {
            Refusal::TimedOut
        } else {
            Refusal::Unknown("the connection broke before the answer".to_owned())
        };
        let cause = anyhow::Error::from(error.without_url());
        tracing::warn!(gateway = %self.gateway, cause = format!("{cause:#}"), "the SMS gateway did not answer");
        refusal
    }
}

/// What a status says by itself, whoever answers. Only fixed words leave this function: a gateway may repeat the number in its answer.
pub(super) fn refusal_of_status(status: u16) -> Refusal {
    let code = format!("HTTP {status}");
    match status {
        401 | 403 => Refusal::Authentication,
        429 => Refusal::RateLimited,
        // Whoever redirects, or does not know the address or the method, is no gateway: the configuration is wrong.
        300..=399 | 404 | 405 | 410 => Refusal::Unreachable,
        400..=499 => Refusal::Rejected(code),
        _ => Refusal::Unknown(code),
    }
}

/// How a gateway calls a message, when it looks like a name and not like something that went wrong: it is kept and shown.
pub(super) fn reference(name: &str) -> Option<String> {
    let is_name = (1..=64).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
    is_name.then(|| name.to_owned())
}
