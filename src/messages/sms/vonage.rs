//! Vonage's SMS API (<https://developer.vonage.com/en/api/sms>). What it means by its answers stands in them: the status of HTTP is 200.

use std::time::Duration;

use anyhow::ensure;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;

use super::http::{Answer, Wire, reference, refusal_of_status};
use super::segments::{Encoding, segments};
use super::{GatewayName, Refusal, check_sender};

/// An account at Vonage.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VonageConfig {
    /// The whole address that texts are posted to.
    pub url: String,
    pub api_key: String,
    pub api_secret: SecretString,
    /// A number, or a name of up to 11 letters, digits and blanks.
    pub sender: String,
    /// How long a message may take to be accepted, from connecting to the answer.
    pub timeout_seconds: u64,
}

/// A client of one account.
pub struct Vonage {
    wire: Wire,
    api_key: String,
    api_secret: SecretString,
    sender: String,
}

impl Vonage {
    /// Checks the configuration. Does not connect.
    pub fn new(config: VonageConfig) -> anyhow::Result<Vonage> {
        let wire = Wire::new(GatewayName::Vonage, &config.url, config.timeout_seconds)?;
        ensure!(!config.api_key.is_empty(), "[sms.vonage] api_key is missing");
        ensure!(!config.api_secret.expose_secret().is_empty(), "[sms.vonage] api_secret is missing");
        check_sender(GatewayName::Vonage, &config.sender)?;
        // It writes numbers without the plus.
        let sender = config.sender.trim_start_matches('+').to_owned();
        Ok(Vonage { wire, api_key: config.api_key, api_secret: config.api_secret, sender })
    }

    pub(super) async fn send(&self, to: &str, text: &str, patience: Option<Duration>) -> Result<Option<String>, Refusal> {
        let alphabet = match segments(text).encoding {
            Encoding::Gsm7 => "text",
            Encoding::Ucs2 => "unicode",
        };
        let form = [
            ("api_key", self.api_key.as_str()),
            ("api_secret", self.api_secret.expose_secret()),
            ("from", &self.sender),
            ("to", to.trim_start_matches('+')),
            ("text", text),
            ("type", alphabet),
        ];
        let request = self.wire.client.post(self.wire.url.clone()).form(&form).build();
        verdict(&self.wire.ask(request, patience).await?)
    }
}

/// One entry for each segment of the text.
#[derive(Deserialize)]
struct Said {
    messages: Vec<Segment>,
}

#[derive(Deserialize)]
struct Segment {
    status: String,
    #[serde(rename = "message-id", default)]
    message_id: String,
}

fn verdict(answer: &Answer) -> Result<Option<String>, Refusal> {
    if answer.status != 200 {
        return Err(refusal_of_status(answer.status));
    }
    let unreadable = || Refusal::Unknown("HTTP 200 without a status".to_owned());
    let said: Said = serde_json::from_str(&answer.body).map_err(|_| unreadable())?;
    let first = said.messages.first().ok_or_else(unreadable)?;
    let accepted = said.messages.iter().filter(|segment| segment.status == "0").count();
    if accepted == said.messages.len() {
        return Ok(reference(&first.message_id));
    }
    if accepted > 0 {
        return Err(Refusal::Unknown("a part of the text was refused".to_owned()));
    }
    let status: u16 = first.status.parse().map_err(|_| unreadable())?;
    Err(match status {
        // Too many in a second, or at once.
        1 | 10 => Refusal::RateLimited,
        // Wrong credentials; the account is barred, without credit, or not for this; signed where it must not be, or not where it must.
        4 | 8 | 9 | 11 | 14 | 32 => Refusal::Authentication,
        // An error of its own, after which it does not say what became of the text.
        5 => Refusal::Unknown("status 5".to_owned()),
        33 => Refusal::InvalidRecipient,
        // No route (6), on its black list (7), a sender (15) or a destination (29) that it does not allow, and whatever comes to be.
        status => Refusal::Rejected(format!("status {status}")),
    })
}
