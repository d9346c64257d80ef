//! AWS SNS: `Publish` to a phone number (<https://docs.aws.amazon.com/sns/latest/api/API_Publish.html>).

use std::time::Duration;

use anyhow::ensure;
use chrono::{DateTime, Utc};
use hmac::{Hmac, KeyInit, Mac};
use reqwest::Request;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderName, HeaderValue};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::http::{Answer, Wire, reference, refusal_of_status};
use super::{GatewayName, Refusal};
use crate::clock::Clock;

/// An account at AWS.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SnsConfig {
    /// Where SNS is; empty: `https://sns.REGION.amazonaws.com/`.
    pub url: String,
    /// Such as `eu-west-2`.
    pub region: String,
    pub access_key_id: String,
    pub secret_access_key: SecretString,
    /// The sender ID: up to 11 letters and digits, with a letter among them; empty: the number that AWS chooses.
    pub sender: String,
    /// How long a message may take to be accepted, from connecting to the answer.
    pub timeout_seconds: u64,
}

/// A client of one account in one region.
pub struct Sns {
    wire: Wire,
    clock: Clock,
    region: String,
    access_key_id: String,
    secret_access_key: SecretString,
    sender: String,
}

impl Sns {
    /// Checks the configuration. Does not connect. Requests are signed with the time of `clock`.
    pub fn new(config: SnsConfig, clock: Clock) -> anyhow::Result<Sns> {
        let is_region = !config.region.is_empty() && config.region.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        ensure!(is_region, "[sms.sns] region is missing, or no region");
        let usual = format!("https://sns.{}.amazonaws.com/", config.region);
        let wire = Wire::new(GatewayName::Sns, if config.url.is_empty() { &usual } else { &config.url }, config.timeout_seconds)?;
        let is_key = !config.access_key_id.is_empty() && config.access_key_id.bytes().all(|byte| byte.is_ascii_alphanumeric());
        ensure!(is_key, "[sms.sns] access_key_id is missing, or no key");
        ensure!(!config.secret_access_key.expose_secret().is_empty(), "[sms.sns] secret_access_key is missing");
        let is_name = config.sender.len() <= 11
            && config.sender.bytes().all(|byte| byte.is_ascii_alphanumeric())
            && config.sender.bytes().any(|byte| byte.is_ascii_alphabetic());
        ensure!(config.sender.is_empty() || is_name, "[sms.sns] sender must be up to 11 letters and digits, with a letter among them");
        Ok(Sns {
            wire,
            clock,
            region: config.region,
            access_key_id: config.access_key_id,
            secret_access_key: config.secret_access_key,
            sender: config.sender,
        })
    }

    pub(super) async fn send(&self, to: &str, text: &str, patience: Option<Duration>) -> Result<Option<String>, Refusal> {
        let mut form = vec![("Action", "Publish"), ("Version", "2010-03-31"), ("PhoneNumber", to), ("Message", text)];
        form.extend([
            ("MessageAttributes.entry.1.Name", "AWS.SNS.SMS.SMSType"),
            ("MessageAttributes.entry.1.Value.DataType", "String"),
            ("MessageAttributes.entry.1.Value.StringValue", "Transactional"),
        ]);
        if !self.sender.is_empty() {
            form.extend([
                ("MessageAttributes.entry.2.Name", "AWS.SNS.SMS.SenderID"),
                ("MessageAttributes.entry.2.Value.DataType", "String"),
                ("MessageAttributes.entry.2.Value.StringValue", self.sender.as_str()),
            ]);
        }
        let mut request = self.wire.client.post(self.wire.url.clone()).form(&form).build();
        if let Ok(request) = &mut request {
            self.sign(request, self.clock.now()).ok_or(Refusal::Unreachable)?;
        }
        verdict(&self.wire.ask(request, patience).await?)
    }

    /// Signature version 4: HMAC-SHA-256 over what the request says, under a key of this day, region and service
    /// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html>).
    fn sign(&self, request: &mut Request, now: DateTime<Utc>) -> Option<()> {
        let (moment, day) = (now.format("%Y%m%dT%H%M%SZ").to_string(), now.format("%Y%m%d").to_string());
        let url = request.url();
        let host = url.host_str()?.to_owned() + &url.port().map(|port| format!(":{port}")).unwrap_or_default();
        let content_type = request.headers().get(CONTENT_TYPE)?.to_str().ok()?;
        let body = hex::encode(Sha256::digest(request.body()?.as_bytes()?));
        let headers = "content-type;host;x-amz-date";
        let said = format!(
            "POST\n{}\n{}\ncontent-type:{content_type}\nhost:{host}\nx-amz-date:{moment}\n\n{headers}\n{body}",
            url.path(),
            url.query().unwrap_or_default()
        );
        let scope = format!("{day}/{}/sns/aws4_request", self.region);
        let to_sign = format!("AWS4-HMAC-SHA256\n{moment}\n{scope}\n{}", hex::encode(Sha256::digest(said)));
        let first = format!("AWS4{}", self.secret_access_key.expose_secret());
        let mut key = hmac(first.as_bytes(), &day)?;
        for part in [self.region.as_str(), "sns", "aws4_request"] {
            key = hmac(&key, part)?;
        }
        let signature = hex::encode(hmac(&key, &to_sign)?);
        let credential = format!("{}/{scope}", self.access_key_id);
        let shown = format!("AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders={headers}, Signature={signature}");
        let mut shown = HeaderValue::from_str(&shown).ok()?;
        shown.set_sensitive(true);
        request.headers_mut().insert(AUTHORIZATION, shown);
        request.headers_mut().insert(HeaderName::from_static("x-amz-date"), HeaderValue::from_str(&moment).ok()?);
        Some(())
    }
}

fn hmac(key: &[u8], text: &str) -> Option<[u8; 32]> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).ok()?;
    mac.update(text.as_bytes());
    Some(mac.finalize().into_bytes().into())
}

/// What stands between the first pair of these tags. The answers are small, fixed documents without attributes there.
fn tagged<'a>(body: &'a str, tag: &str) -> Option<&'a str> {
    let (_, after) = body.split_once(&format!("<{tag}>"))?;
    after.split_once(&format!("</{tag}>")).map(|(inside, _)| inside)
}

fn verdict(answer: &Answer) -> Result<Option<String>, Refusal> {
    if answer.status == 200 {
        let id = tagged(&answer.body, "MessageId").and_then(reference);
        return id.map(Some).ok_or_else(|| Refusal::Unknown("HTTP 200 without a message id".to_owned()));
    }
    let code = tagged(&answer.body, "Code").and_then(reference);
    Err(match (answer.status, code.as_deref()) {
        (400..=499, Some("InvalidParameter" | "InvalidParameterValue")) if names_the_number(&answer.body) => Refusal::InvalidRecipient,
        (400..=499, Some("Throttling" | "ThrottlingException" | "Throttled" | "RequestLimitExceeded")) => Refusal::RateLimited,
        (
            400..=499,
            Some(
                "AccessDenied"
                | "AuthorizationError"
                | "ExpiredToken"
                | "IncompleteSignature"
                | "InvalidClientTokenId"
                | "InvalidSecurity"
                | "MissingAuthenticationToken"
                | "NotAuthorized"
                | "OptInRequired"
                | "SignatureDoesNotMatch",
            ),
        ) => Refusal::Authentication,
        (400 | 402, Some(code)) => Refusal::Rejected(format!("HTTP {}, {code}", answer.status)),
        (status, _) => refusal_of_status(status),
    })
}

/// `Invalid parameter: PhoneNumber Reason: … is not valid to publish to`; other parameters are not the recipient's fault.
fn names_the_number(body: &str) -> bool {
    tagged(body, "Message").is_some_and(|message| message.trim_start_matches("Invalid parameter: ").starts_with("PhoneNumber"))
}
