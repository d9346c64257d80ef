//! Twilio's Messages resource (`twilio_api_v2010.json` of its OpenAPI documents; <https://www.twilio.com/docs/api/errors>).

use std::time::Duration;

use anyhow::ensure;
use reqwest::Url;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;

use super::http::{Answer, Wire, reference, refusal_of_status};
use super::{GatewayName, Refusal, check_sender};

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

    pub(super) async fn send(&self, to: &str, text: &str, patience: Option<Duration>) -> Result<Option<String>, Refusal> {
        let form = [("To", to), (self.from.0, &self.from.1), ("Body", text)];
        let request = self.wire.client.post(self.messages.clone());
        let request = request.basic_auth(&self.account_sid, Some(self.auth_token.expose_secret())).form(&form).build();
        verdict(&self.wire.ask(request, patience).await?)
    }
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
