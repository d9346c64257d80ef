//! Twilio's Messages resource (`twilio_api_v2010.json` of its OpenAPI documents; <https://www.twilio.com/docs/api/errors>).

use std::collections::BTreeSet;
use std::time::Duration;

use anyhow::ensure;
use base64::Engine as _;
use hmac::{Hmac, KeyInit as _, Mac as _};
use reqwest::Url;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use sha1::Sha1;

use super::http::{Answer, Wire, reference, refusal_of_status};
use super::{Callback, GatewayName, Refusal, check_sender};
use crate::messages::receipts::{Delivery, Receipt};

/// An account at Twilio.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TwilioConfig {
    /// Where its API is.
    pub url: String,
    /// `AC` and 32 hexadecimal digits.
    pub account_sid: String,
    pub auth_token: SecretString,
    /// A number of the account, or a name of up to 11 letters, digits and blanks; empty where a service chooses.
    pub sender: String,
    /// `MG` and 32 hexadecimal digits: the messaging service that chooses the sender; empty where `sender` is given.
    pub messaging_service_sid: String,
    /// How long a message may take to be accepted, from connecting to the answer.
    pub timeout_seconds: u64,
}

/// A client of one account.
pub struct Twilio {
    wire: Wire,
    messages: Url,
    account_sid: String,
    auth_token: SecretString,
    /// The name of the field that says who the text is from, and its value.
    from: (&'static str, String),
}

impl Twilio {
    /// Checks the configuration. Does not connect.
    pub fn new(config: TwilioConfig) -> anyhow::Result<Twilio> {
        let wire = Wire::new(GatewayName::Twilio, &config.url, config.timeout_seconds)?;
        ensure!(is_sid("AC", &config.account_sid), "[sms.twilio] account_sid must be AC and 32 hexadecimal digits");
        ensure!(!config.auth_token.expose_secret().is_empty(), "[sms.twilio] auth_token is missing");
        let from = match (config.sender.is_empty(), config.messaging_service_sid.is_empty()) {
            (false, true) => {
                check_sender(GatewayName::Twilio, &config.sender)?;
                ("From", config.sender)
            }
            (true, false) => {
                let is_service = is_sid("MG", &config.messaging_service_sid);
                ensure!(is_service, "[sms.twilio] messaging_service_sid must be MG and 32 hexadecimal digits");
                ("MessagingServiceSid", config.messaging_service_sid)
            }
            _ => anyhow::bail!("[sms.twilio] needs a sender or a messaging_service_sid, and not both"),
        };
        let messages = wire.url.join(&format!("/2010-04-01/Accounts/{}/Messages.json", config.account_sid))?;
        Ok(Twilio { wire, messages, account_sid: config.account_sid, auth_token: config.auth_token, from })
    }

    pub(super) async fn send(
        &self,
        to: &str,
        text: &str,
        receipts: Option<&str>,
        patience: Option<Duration>,
    ) -> Result<Option<String>, Refusal> {
        let mut form = vec![("To", to), (self.from.0, &self.from.1), ("Body", text)];
        form.extend(receipts.map(|receipts| ("StatusCallback", receipts)));
        let request = self.wire.client.post(self.messages.clone());
        let request = request.basic_auth(&self.account_sid, Some(self.auth_token.expose_secret())).form(&form).build();
        verdict(&self.wire.ask(request, patience).await?)
    }
}

impl Twilio {
    /// <https://www.twilio.com/docs/usage/security>: `X-Twilio-Signature` is the HMAC-SHA-1, with the account's token, of the address as
    /// it was asked for and of every field in the order of the names.
    pub(super) fn read_receipt(&self, callback: &Callback) -> Option<Receipt> {
        let signature = base64::engine::general_purpose::STANDARD.decode(callback.signature.as_ref()?).ok()?;
        let key = self.auth_token.expose_secret().as_bytes();
        let is_signed = callback.addresses().into_iter().any(|address| {
            let mac = Hmac::<Sha1>::new_from_slice(key).map(|mac| mac.chain_update(address).chain_update(signed_fields(&callback.form)));
            mac.is_ok_and(|mac| mac.verify_slice(&signature).is_ok())
        });
        if !is_signed {
            return None;
        }
        let state = match callback.form("MessageStatus").or_else(|| callback.form("SmsStatus")).unwrap_or_default() {
            "delivered" | "read" => Delivery::Delivered,
            "undelivered" | "failed" | "canceled" => Delivery::Undelivered,
            "accepted" | "scheduled" | "queued" | "sending" | "sent" => Delivery::OnItsWay,
            _ => Delivery::Unclear,
        };
        let provider_reference = callback.form("MessageSid").or_else(|| callback.form("SmsSid")).map(str::to_owned);
        Some(Receipt { state, provider_reference })
    }
}

/// Name and value of each, by name and then by value, each pair once.
fn signed_fields(form: &[(String, String)]) -> String {
    let fields: BTreeSet<(&str, &str)> = form.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    fields.into_iter().flat_map(|(name, value)| [name, value]).collect()
}

fn is_sid(prefix: &str, sid: &str) -> bool {
    sid.strip_prefix(prefix).is_some_and(|digits| digits.len() == 32 && digits.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

#[derive(Deserialize)]
struct Created {
    sid: String,
}

#[derive(Deserialize)]
struct Problem {
    code: u32,
}

/// A 5xx is no refusal: "sending an SMS is not idempotent", and a request that ended so may have been sent (its error 20500).
fn verdict(answer: &Answer) -> Result<Option<String>, Refusal> {
    if answer.status == 201 {
        let created = serde_json::from_str::<Created>(&answer.body).ok().and_then(|created| reference(&created.sid));
        return created.map(Some).ok_or_else(|| Refusal::Unknown("HTTP 201 without a sid".to_owned()));
    }
    let code = serde_json::from_str::<Problem>(&answer.body).map(|problem| problem.code);
    Err(match (answer.status, code) {
        // No number, not a valid one, one that nobody has, or one that takes no texts.
        (400..=499, Ok(21211 | 21214 | 21217 | 21614)) => Refusal::InvalidRecipient,
        // The account is closed, suspended, or must not do this.
        (400..=499, Ok(20003 | 20005 | 20403)) => Refusal::Authentication,
        (400..=499, Ok(20429)) => Refusal::RateLimited,
        (status @ 400..=499, Ok(code @ 21000..)) => Refusal::Rejected(format!("HTTP {status}, code {code}")),
        // The codes below are those of HTTP once more.
        (status, _) => refusal_of_status(status),
    })
}
