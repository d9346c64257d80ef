//! Kannel, and the many gateways that speak its `sendsms` form.

use std::time::Duration;

use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;

use super::http::{Answer, Wire, refusal_of_status};
use super::segments::{Encoding, segments};
use super::{Callback, GatewayName, Refusal, check_sender};
use crate::messages::receipts::{Delivery, Receipt};

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
    pub timeout_seconds: u64,
}

/// A client of one Kannel gateway.
pub struct Kannel {
    wire: Wire,
    username: String,
    password: SecretString,
    sender: String,
}

impl Kannel {
    /// Checks the configuration. Does not connect.
    pub fn new(config: KannelConfig) -> anyhow::Result<Kannel> {
        check_sender(GatewayName::Kannel, &config.sender)?;
        let wire = Wire::new(GatewayName::Kannel, &config.url, config.timeout_seconds)?;
        Ok(Kannel { wire, username: config.username, password: config.password, sender: config.sender })
    }

    pub(super) async fn send(
        &self,
        to: &str,
        text: &str,
        receipts: Option<&str>,
        patience: Option<Duration>,
    ) -> Result<Option<String>, Refusal> {
        let coding = match segments(text).encoding {
            Encoding::Gsm7 => "0",
            Encoding::Ucs2 => "2",
        };
        // It puts the number of the state for `%d`.
        let reports = receipts.map(|receipts| format!("{receipts}?state=%d"));
        let mut form = vec![
            ("username", self.username.as_str()),
            ("password", self.password.expose_secret()),
            ("from", &self.sender),
            ("to", to),
            ("text", text),
            ("charset", "UTF-8"),
            ("coding", coding),
        ];
        form.extend(reports.iter().flat_map(|reports| [("dlr-mask", REPORTED), ("dlr-url", reports.as_str())]));
        let request = self.wire.client.get(self.wire.url.clone()).query(&form).build();
        verdict(&self.wire.ask(request, patience).await?)
    }
}

/// What is final: arrived (1), given up (2), refused by the SMS centre (16). That it is there (8) or kept for later (4) is more of the same:
/// on its way.
const REPORTED: &str = "19";

/// It signs nothing: whoever knows the address has it from us.
pub(super) fn read_receipt(callback: &Callback) -> Option<Receipt> {
    let state = match callback.query("state")? {
        "1" => Delivery::Delivered,
        "2" | "16" => Delivery::Undelivered,
        "4" | "8" => Delivery::OnItsWay,
        _ => Delivery::Unclear,
    };
    Some(Receipt { state, provider_reference: None })
}

/// What Kannel 1.4.5 means by its answers, as its `smsbox` gives them. It has no names for messages.
fn verdict(answer: &Answer) -> Result<Option<String>, Refusal> {
    Err(match answer.status {
        // "Sent." comes from a gateway that is set to answer before its bearerbox does.
        202 if ["0:", "3:", "Sent."].iter().any(|start| answer.body.starts_with(start)) => return Ok(None),
        // Its black list, or a character it does not allow in a number.
        400 if answer.body.starts_with("Number(s) has/have been denied") => Refusal::InvalidRecipient,
        403 if answer.body.starts_with("Not routable") => Refusal::Rejected("HTTP 403, no route to this number".to_owned()),
        408 | 503 => Refusal::RateLimited,
        status => refusal_of_status(status),
    })
}
