//! What a carrier can answer.

use super::GatewayName;

/// The carrier has taken the message over and will try to deliver it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// How the carrier calls the message, for questions to its support.
    pub provider_reference: Option<String>,
}

/// A text that one of the gateways has taken over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sent {
    /// Which one: a reference means something only together with it.
    pub gateway: GatewayName,
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
    /// The carrier does not accept our user name and password, or our account is barred or used up: our fault, not the recipient's.
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
    /// Nobody was asked: every gateway has failed too often just now, and is left alone for a while.
    #[error("no gateway works at the moment")]
    NotTried,
}

impl Refusal {
    /// The carrier certainly does not have the message, and may well take it another time.
    pub fn may_retry(&self) -> bool {
        matches!(self, Refusal::RateLimited | Refusal::Authentication | Refusal::Unreachable | Refusal::NotTried)
    }

    /// The message may have been sent. To send it again may mean that it arrives twice, and is paid for twice.
    pub fn outcome_is_unknown(&self) -> bool {
        matches!(self, Refusal::TimedOut | Refusal::Unknown(_))
    }

    /// It speaks of the carrier, and not of the message: with the next message it would very likely be the same.
    pub fn is_the_carriers(&self) -> bool {
        match self {
            Refusal::RateLimited | Refusal::Authentication | Refusal::TimedOut | Refusal::Unreachable | Refusal::Unknown(_) => true,
            Refusal::InvalidRecipient | Refusal::Rejected(_) | Refusal::NotTried => false,
        }
    }

    /// One word for it, as metrics name it.
    pub fn word(&self) -> &'static str {
        match self {
            Refusal::InvalidRecipient => "invalid_recipient",
            Refusal::RateLimited => "rate_limited",
            Refusal::Authentication => "authentication",
            Refusal::Rejected(_) => "rejected",
            Refusal::TimedOut => "timed_out",
            Refusal::Unreachable => "unreachable",
            Refusal::Unknown(_) => "unknown",
            Refusal::NotTried => "not_tried",
        }
    }

    /// The same where the carrier has been named just before: «it cannot be reached».
    pub fn of_it(&self) -> String {
        self.to_string().replacen("the carrier's", "its", 1).replacen("the carrier", "it", 1)
    }
}
