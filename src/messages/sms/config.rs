//! What can be configured about text messages.

use anyhow::ensure;
use serde::{Deserialize, Deserializer};

use super::{GatewayName, KannelConfig, SnsConfig, TwilioConfig, VonageConfig};
use crate::config::one_by_one;
use crate::messages::cost::SmsCost;

/// `[sms]`: who carries texts, in which order, and how each is reached.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SmsConfig {
    /// In the order in which they are tried.
    #[serde(deserialize_with = "gateways")]
    pub gateways: Vec<GatewayName>,
    /// How long one is waited for with a code, before the next one is asked as well.
    pub code_patience_seconds: u64,
    pub twilio: TwilioConfig,
    pub vonage: VonageConfig,
    pub sns: SnsConfig,
    pub kannel: KannelConfig,
    pub cost: SmsCost,
}

impl SmsConfig {
    /// Whether texts could be sent with it; what is said of each gateway is looked at where its client is made.
    pub fn check(&self) -> anyhow::Result<()> {
        ensure!(!self.gateways.is_empty(), "[sms] gateways names none");
        for (at, name) in self.gateways.iter().enumerate() {
            ensure!(!self.gateways.iter().take(at).any(|before| before == name), "[sms] gateways names {name} twice");
            ensure!(self.timeout_seconds(*name) <= 45, "[sms.{name}] timeout_seconds is over 45");
        }
        // With two of them a code goes within ten seconds.
        ensure!((1..=4).contains(&self.code_patience_seconds), "[sms] code_patience_seconds must be 1 to 4");
        Ok(())
    }

    fn timeout_seconds(&self, name: GatewayName) -> u64 {
        match name {
            GatewayName::Twilio => self.twilio.timeout_seconds,
            GatewayName::Vonage => self.vonage.timeout_seconds,
            GatewayName::Sns => self.sns.timeout_seconds,
            GatewayName::Kannel => self.kannel.timeout_seconds,
            GatewayName::Inbox => 0,
        }
    }
}

fn gateways<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<GatewayName>, D::Error> {
    one_by_one(deserializer, "no gateway for text messages", GatewayName::parse)
}
