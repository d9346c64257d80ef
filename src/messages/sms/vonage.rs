//! Vonage's SMS API (<https://developer.vonage.com/en/api/sms>). What it means by its answers stands in them: the status of HTTP is 200.

use std::time::Duration;

use anyhow::ensure;
use hmac::{Hmac, KeyInit as _, Mac as _};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use sha2::Sha256;

use super::http::{Answer, Wire, reference, refusal_of_status};
use super::segments::{Encoding, segments};
use super::{Callback, GatewayName, Refusal, check_sender};
use crate::messages::receipts::{Delivery, Receipt};

/// An account at Vonage.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VonageConfig {
    /// The whole address that texts are posted to.
    pub url: String,
    pub api_key: String,
    pub api_secret: SecretString,
    /// With which it signs its reports (SHA-256 HMAC, in the account's settings). Empty: they are not signed, and whoever knows the
    /// address of a text's reports is believed.
    pub signature_secret: SecretString,
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
    signature_secret: SecretString,
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
        let VonageConfig { api_key, api_secret, signature_secret, .. } = config;
        Ok(Vonage { wire, api_key, api_secret, signature_secret, sender })
    }

    pub(super) async fn send(
        &self,
        to: &str,
        text: &str,
        receipts: Option<&str>,
        patience: Option<Duration>,
    ) -> Result<Option<String>, Refusal> {
        let alphabet = match segments(text).encoding {
            Encoding::Gsm7 => "text",
            Encoding::Ucs2 => "unicode",
        };
        let mut form = vec![
            ("api_key", self.api_key.as_str()),
            ("api_secret", self.api_secret.expose_secret()),
            ("from", &self.sender),
            ("to", to.trim_start_matches('+')),
            ("text", text),
            ("type", alphabet),
        ];
        form.extend(receipts.iter().flat_map(|receipts| [("status-report-req", "1"), ("callback", receipts)]));
        let request = self.wire.client.post(self.wire.url.clone()).form(&form).build();
        verdict(&self.wire.ask(request, patience).await?)
    }
}

impl Vonage {
    /// The fields come in the address or in the body. Signed, they carry `sig`: the HMAC of all others, in the order of their names.
    pub(super) fn read_receipt(&self, callback: &Callback) -> Option<Receipt> {
        let fields = if callback.form.is_empty() { &callback.query } else { &callback.form };
        let field = |name: &str| fields.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
        let key = self.signature_secret.expose_secret().as_bytes();
        if !key.is_empty() {
            let signature = hex::decode(field("sig")?).ok()?;
            let mac = Hmac::<Sha256>::new_from_slice(key).ok()?.chain_update(signed_fields(fields));
            mac.verify_slice(&signature).ok()?;
        }
        let state = match field("status").unwrap_or_default() {
            "delivered" => Delivery::Delivered,
            "expired" | "failed" | "rejected" => Delivery::Undelivered,
            "accepted" | "buffered" => Delivery::OnItsWay,
            _ => Delivery::Unclear,
        };
        Some(Receipt { state, provider_reference: field("messageId").map(str::to_owned) })
    }
}

/// `&name=value` of each but the signature, by name, with what would join fields taken out of the values.
fn signed_fields(fields: &[(String, String)]) -> String {
    let mut fields: Vec<&(String, String)> = fields.iter().filter(|(name, _)| name != "sig").collect();
    fields.sort();
    let parts = fields.into_iter().flat_map(|(name, value)| ["&".to_owned(), name.clone(), "=".to_owned(), value.replace(['&', '='], "_")]);
    parts.collect()
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
