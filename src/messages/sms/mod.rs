//! Text messages: the gateways that carry them, in the order in which they are tried, and when the next one is.

mod breaker;
mod callback;
mod config;
mod http;
mod kannel;
mod outcome;
mod record;
mod segments;
mod sns;
mod twilio;
mod vonage;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

pub use self::breaker::State;
pub use self::callback::Callback;
pub use self::config::SmsConfig;
pub use self::kannel::{Kannel, KannelConfig};
pub use self::outcome::{Accepted, Refusal, Sent};
use self::record::Record;
pub use self::record::Seen;
pub use self::segments::{Encoding, Segments, segments};
pub use self::sns::{Sns, SnsConfig};
pub use self::twilio::{Twilio, TwilioConfig};
pub use self::vonage::{Vonage, VonageConfig};
use super::inbox::{Channel, Inbox};
use super::receipts::{Receipt, ReceiptAddress};
use crate::clock::Clock;
use crate::values::PhoneNumber;

/// Where text messages go. One variant per provider; the next provider is a variant and a file.
pub enum SmsGateway {
    Twilio(Twilio),
    Vonage(Vonage),
    Sns(Sns),
    Kannel(Kannel),
    Inbox(Arc<Inbox>),
}

/// What a gateway is called in the configuration, in metrics and at the console.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GatewayName {
    Twilio,
    Vonage,
    Sns,
    Kannel,
    /// The demo's.
    Inbox,
}

impl GatewayName {
    const ALL: [Self; 5] = [Self::Twilio, Self::Vonage, Self::Sns, Self::Kannel, Self::Inbox];

    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Twilio => "twilio",
            Self::Vonage => "vonage",
            Self::Sns => "sns",
            Self::Kannel => "kannel",
            Self::Inbox => "inbox",
        }
    }

    /// The gateway that this is the word for.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|name| name.word() == word)
    }
}

impl fmt::Display for GatewayName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

impl SmsGateway {
    fn name(&self) -> GatewayName {
        match self {
            Self::Twilio(_) => GatewayName::Twilio,
            Self::Vonage(_) => GatewayName::Vonage,
            Self::Sns(_) => GatewayName::Sns,
            Self::Kannel(_) => GatewayName::Kannel,
            Self::Inbox(_) => GatewayName::Inbox,
        }
    }

    /// Hands one text to the gateway, and waits for its answer as long as it is configured, or as `patience` says when that is shorter.
    /// The answer is how the gateway calls the message, where it has names for them.
    /// Reports of it go to `receipts`, where the gateway sends any.
    async fn hand_over(&self, text: Text<'_>, patience: Option<Duration>) -> Result<Option<String>, Refusal> {
        let receipts = text.receipts.map(|receipts| receipts.at(self.name()));
        let Text { to, text, .. } = text;
        match self {
            Self::Twilio(twilio) => twilio.send(to, text, receipts.as_deref(), patience).await,
            Self::Vonage(vonage) => vonage.send(to, text, receipts.as_deref(), patience).await,
            Self::Sns(sns) => sns.send(to, text, patience).await,
            Self::Kannel(kannel) => kannel.send(to, text, receipts.as_deref(), patience).await,
            Self::Inbox(inbox) => {
                inbox.deliver(Channel::Sms, to, text);
                Ok(None)
            }
        }
    }

    /// What a callback reports; none when it does not come from this provider.
    fn read_receipt(&self, callback: &Callback) -> Option<Receipt> {
        match self {
            Self::Twilio(twilio) => twilio.read_receipt(callback),
            Self::Vonage(vonage) => vonage.read_receipt(callback),
            Self::Kannel(_) => kannel::read_receipt(callback),
            Self::Sns(_) | Self::Inbox(_) => None,
        }
    }
}

/// A text for one number, and where its receipts go.
#[derive(Clone, Copy)]
struct Text<'a> {
    to: &'a str,
    text: &'a str,
    receipts: Option<&'a ReceiptAddress>,
}

/// How much a text hurries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Urgency {
    /// Somebody stands at the door and waits for it, and it says the same however often it arrives.
    Code,
    Ordinary,
}

impl Urgency {
    /// Whether the next gateway may be asked after this. Only what certainly was not handed over goes to another one, so that nothing
    /// is sent twice; and what no gateway can deliver goes nowhere.
    ///
    /// A code that was handed over and not answered is the exception: a gateway that hangs has accepted nothing that we know of,
    /// somebody waits, and the second text carries the very same code.
    fn goes_on_after(self, refusal: &Refusal) -> bool {
        match refusal {
            Refusal::Unreachable | Refusal::Authentication | Refusal::RateLimited | Refusal::Rejected(_) | Refusal::NotTried => true,
            Refusal::TimedOut => self == Self::Code,
            Refusal::InvalidRecipient | Refusal::Unknown(_) => false,
        }
    }
}

/// A code has gone in this time, or has failed: the last gateway has what the others have left of it.
const A_CODE_TAKES: Duration = Duration::from_secs(9);

/// The gateways, in the order in which they are tried.
pub struct Gateways {
    in_order: Vec<(SmsGateway, Record)>,
    /// How long a gateway is waited for with a code while there is another one.
    code_patience: Duration,
    clock: Clock,
}

impl Gateways {
    /// Makes a client of each, in this order. Does not connect.
    pub fn new(gateways: Vec<SmsGateway>, code_patience: Duration, clock: Clock) -> Self {
        let in_order = gateways.into_iter().map(|gateway| {
            let record = Record::new(gateway.name(), clock.now());
            (gateway, record)
        });
        Self { in_order: in_order.collect(), code_patience, clock }
    }

    /// The same as configured; `inbox` is the demo's.
    pub fn configured(sms: &SmsConfig, inbox: Option<&Arc<Inbox>>, clock: &Clock) -> anyhow::Result<Self> {
        let mut gateways = Vec::new();
        for name in &sms.gateways {
            gateways.push(match name {
                GatewayName::Twilio => SmsGateway::Twilio(Twilio::new(sms.twilio.clone())?),
                GatewayName::Vonage => SmsGateway::Vonage(Vonage::new(sms.vonage.clone())?),
                GatewayName::Sns => SmsGateway::Sns(Sns::new(sms.sns.clone(), clock.clone())?),
                GatewayName::Kannel => SmsGateway::Kannel(Kannel::new(sms.kannel.clone())?),
                GatewayName::Inbox => SmsGateway::Inbox(inbox.map_or_else(|| Inbox::new(clock.clone()), Arc::clone)),
            });
        }
        Ok(Self::new(gateways, Duration::from_secs(sms.code_patience_seconds), clock.clone()))
    }

    /// Hands one text to the first gateway that takes it. `to` is a phone number in E.164 form.
    ///
    /// # Errors
    /// What the refusals come to, when no gateway has taken it: whether one may have it, and else whether one may take it later.
    pub async fn send(&self, to: &str, text: &str, urgency: Urgency) -> Result<Sent, Refusal> {
        self.send_receipted(to, text, urgency, None).await
    }

    /// The same, and whoever takes it reports there what becomes of it.
    ///
    /// # Errors
    /// Those of [`Gateways::send`].
    pub async fn send_receipted(&self, to: &str, text: &str, urgency: Urgency, receipts: Option<&ReceiptAddress>) -> Result<Sent, Refusal> {
        insist_on_one_number(to)?;
        let text = Text { to, text, receipts };
        let (began, mut why) = (Instant::now(), None::<Refusal>);
        for (at, (gateway, record)) in self.in_order.iter().enumerate() {
            if !record.lets_through(self.clock.now()) {
                why = Some(graver(why, Refusal::NotTried));
                continue;
            }
            let is_last = at + 1 == self.in_order.len();
            let patience = match urgency {
                Urgency::Ordinary => None,
                Urgency::Code if is_last => Some(self.code_patience.max(A_CODE_TAKES.saturating_sub(began.elapsed()))),
                Urgency::Code => Some(self.code_patience),
            };
            match self.ask(gateway, record, text, patience).await {
                Ok(sent) => return Ok(sent),
                Err(refusal) => {
                    let goes_on = urgency.goes_on_after(&refusal);
                    why = Some(graver(why, refusal));
                    if !goes_on {
                        break;
                    }
                }
            }
        }
        Err(why.unwrap_or(Refusal::NotTried))
    }

    /// Hands one text to this gateway and no other, whatever is known of it: for whoever wants to see whether it works.
    pub async fn send_through(&self, name: GatewayName, to: &str, text: &str) -> Result<Sent, Refusal> {
        insist_on_one_number(to)?;
        let found = self.in_order.iter().find(|(gateway, _)| gateway.name() == name);
        let (gateway, record) = found.ok_or(Refusal::NotTried)?;
        self.ask(gateway, record, Text { to, text, receipts: None }, None).await
    }

    /// What is known of each, in their order.
    pub fn seen(&self) -> Vec<Seen> {
        self.in_order.iter().map(|(_, record)| record.seen(self.clock.now())).collect()
    }

    /// What a callback for this gateway reports; none when it is not signed as its provider signs, or nothing goes by it here.
    pub fn read_receipt(&self, name: GatewayName, callback: &Callback) -> Option<Receipt> {
        self.in_order.iter().find(|(gateway, _)| gateway.name() == name)?.0.read_receipt(callback)
    }

    async fn ask(&self, gateway: &SmsGateway, record: &Record, text: Text<'_>, patience: Option<Duration>) -> Result<Sent, Refusal> {
        let answer = gateway.hand_over(text, patience).await;
        record.note(&answer, self.clock.now());
        if let Err(refusal) = &answer {
            tracing::warn!(gateway = %gateway.name(), why = %refusal, "a gateway did not take a text");
        }
        answer.map(|provider_reference| Sent { gateway: gateway.name(), provider_reference })
    }
}

/// Gateways take lists of numbers too, so anything but one whole number must stop here.
fn insist_on_one_number(to: &str) -> Result<(), Refusal> {
    PhoneNumber::from_e164(to).map(drop).map_err(|_| Refusal::InvalidRecipient)
}

/// What two refusals come to. That one of the gateways may have the text outweighs everything: it must not be sent again. Then, that
/// the number is none; then, that one of them may take it another time.
fn graver(before: Option<Refusal>, refusal: Refusal) -> Refusal {
    let weight = |refusal: &Refusal| match refusal {
        Refusal::TimedOut | Refusal::Unknown(_) => 4,
        Refusal::InvalidRecipient => 3,
        Refusal::RateLimited | Refusal::Authentication | Refusal::Unreachable => 2,
        Refusal::NotTried => 1,
        Refusal::Rejected(_) => 0,
    };
    match before {
        Some(before) if weight(&before) > weight(&refusal) => before,
        _ => refusal,
    }
}

/// A number, or the alphanumeric name that GSM 03.40 allows, which needs a letter to differ from a number.
fn check_sender(gateway: GatewayName, sender: &str) -> anyhow::Result<()> {
    let digits = sender.strip_prefix('+').unwrap_or(sender);
    let is_number = (1..=15).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
    let is_name = sender.len() <= 11
        && sender.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b' ')
        && sender.bytes().any(|byte| byte.is_ascii_alphabetic());
    anyhow::ensure!(is_number || is_name, "[sms.{gateway}] sender must be up to 15 digits, or up to 11 letters, digits and blanks");
    Ok(())
}
