//! What was said in a wholesaler's name: each message with what became of it, what the month's texts cost, and what is still to be done.

pub mod api;
pub mod pages;

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use serde_json::json;
use uuid::Uuid;

use crate::audit::{self, Actor, Event};
use crate::clock::month_start;
use crate::db::{Office, Tx};
use crate::error::{Error, FieldErrors, Result};
use crate::ids::MessageId;
use crate::jobs::{self, Job, Lane};
use crate::lists::{NEWEST, Part, one_more};
use crate::messages::cost::Cost;
use crate::messages::texts::{percent_used, spent};
use crate::tenancy::extract::Member;
use crate::values::{Country, DecimalMark, Money, PhoneNumber};

/// The most that a month may cost, in hundredths of the currency in which texts are paid.
pub const HIGHEST_LIMIT_MINOR: i64 = 100_000_000;

/// Which messages are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shown {
    All,
    /// Those that did not arrive, as far as is known, and of which nobody has said that it does not matter.
    Troubled,
}

impl Shown {
    pub const ALL: [Self; 2] = [Self::All, Self::Troubled];

    /// The word in an address.
    pub fn word(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Troubled => "troubled",
        }
    }

    /// Which one this is the word for.
    ///
    /// # Errors
    /// [`Error::Invalid`] when it is none.
    pub fn parse(word: &str) -> Result<Self> {
        let known = Self::ALL.into_iter().find(|shown| shown.word() == word || (word.is_empty() && *shown == Self::All));
        known.ok_or_else(|| Error::invalid("show", "There is all and troubled."))
    }
}

/// In these states something may be done about a message.
const TROUBLED: [&str; 4] = ["failed", "undelivered", "unknown", "held"];

/// A message as it is listed.
pub struct Row {
    pub message_id: Uuid,
    pub channel: String,
    recipient: String,
    subject: String,
    text: String,
    pub is_code: bool,
    pub status: String,
    pub segments: i16,
    cost_micros: i64,
    pub created_at: DateTime<Utc>,
    pub sent_at: Option<DateTime<Utc>>,
    pub receipt_at: Option<DateTime<Utc>>,
    problem: String,
}

impl Row {
    /// To whom, as far as is shown: the end of a number, the beginning and the host of an address.
    pub fn to(&self) -> String {
        if let Ok(number) = PhoneNumber::from_e164(&self.recipient) {
            return number.masked();
        }
        match self.recipient.split_once('@') {
            Some((name, host)) => format!("{}…@{host}", name.chars().take(1).collect::<String>()),
            // A code's, which is kept so.
            None => self.recipient.clone(),
        }
    }

    /// What it was, in a line.
    pub fn what(&self) -> &str {
        if self.is_code {
            "A code"
        } else if self.subject.is_empty() {
            &self.text
        } else {
            &self.subject
        }
    }

    /// What it cost, in the currency of `none`.
    pub fn cost(&self, none: Cost) -> Cost {
        Cost { micros: self.cost_micros, ..none }
    }

    /// Whether it can be sent once more: not a code, which is good for some minutes, and nothing of somebody who was erased.
    pub fn can_be_resent(&self) -> bool {
        self.is_troubled() && !self.is_code && !self.recipient.is_empty()
    }

    /// Why it did not arrive, in words that go on after the state; empty when it did, as far as is known.
    pub fn why(&self) -> &str {
        match self.status.as_str() {
            "failed" | "unknown" | "dropped" if !self.problem.is_empty() => &self.problem,
            "undelivered" => "the phone network could not deliver it",
            "unknown" => "nobody has said whether it went",
            "held" => "the month’s limit for texts was reached",
            "failed" => "it could not be sent",
            _ => "",
        }
    }

    /// Whether it did not arrive, as far as is known.
    pub fn is_troubled(&self) -> bool {
        TROUBLED.contains(&self.status.as_str())
    }
}

/// What a month's texts cost.
pub struct Month {
    pub since: DateTime<Utc>,
    pub spent: Cost,
    pub limit: Money,
    /// Of the limit.
    pub percent: i64,
}

/// How it is to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    pub limit_minor: i64,
    /// Where texts may go.
    pub countries: BTreeSet<String>,
}

/// A page of messages, the newest first.
pub async fn list(tx: &mut Tx<Office>, shown: Shown, before: Option<Uuid>) -> Result<Part<Row>> {
    let wanted: Vec<String> = match shown {
        Shown::All => Vec::new(),
        Shown::Troubled => TROUBLED.map(str::to_owned).to_vec(),
    };
    let rows = sqlx::query_as!(
        Row,
        "select message_id, channel, recipient, subject, text, is_code, status, segments, cost_micros, created_at, sent_at, receipt_at, problem
           from messages
          where tenant_id = $1 and (cardinality($2::text[]) = 0 or status = any($2))
            and (created_at, message_id) < (coalesce((select created_at from messages where tenant_id = $1 and message_id = $3), 'infinity'), $3)
          order by created_at desc, message_id desc limit $4",
        tx.tenant().uuid(),
        &wanted,
        before.unwrap_or(NEWEST),
        one_more()
    )
    .fetch_all(&mut *tx)
    .await?;
    Ok(Part::of(rows, |row| row.message_id))
}

/// How many did not arrive.
pub async fn troubled(tx: &mut Tx<Office>) -> Result<i64> {
    let count = sqlx::query_scalar!(
        r#"select count(*) as "count!" from messages where tenant_id = $1 and status = any($2)"#,
        tx.tenant().uuid(),
        &TROUBLED.map(str::to_owned)[..]
    );
    Ok(count.fetch_one(&mut *tx).await?)
}

/// This month, as far as it has come.
pub async fn month(tx: &mut Tx<Office>, member: &Member) -> Result<Month> {
    let none = member.house.config.sms.cost.none();
    let since = month_start(member.house.now(), member.tenant.time_zone);
    let spent = spent(tx, since, none).await?;
    let limit = Money::new(member.tenant.sms_limit_minor, none.currency);
    Ok(Month { since, spent, limit, percent: percent_used(spent, &member.tenant) })
}

/// Sends a message once more.
///
/// # Errors
/// [`Error::NotFound`] when there is none, or none that can be.
pub async fn resend(tx: &mut Tx<Office>, member: &Member, message: MessageId) -> Result<()> {
    if !queue_again(tx, message, Job::SendMessage(message), member.house.now()).await? {
        return Err(Error::NotFound);
    }
    note(tx, Actor::staff(member), "message.resent", message, member.house.now()).await
}

/// How a message stands when an operator wants it to be sent once more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Again {
    /// It is in the queue again.
    Queued,
    /// It waits already.
    Waits,
    /// It arrived after all, was let go, or is about somebody who was erased: there is nothing to be sent.
    Settled,
}

/// Sends a message once more, or a notice of the platform's, for an operator. The wholesaler reads that in its log.
pub async fn send_again(tx: &mut Tx<Office>, message: MessageId, job: Job, operator: Actor, now: DateTime<Utc>) -> Result<Again> {
    if queue_again(tx, message, job, now).await? {
        note(tx, operator, "message.resent", message, now).await?;
        return Ok(Again::Queued);
    }
    let waits = sqlx::query_scalar!(
        r#"select exists (select from messages where tenant_id = $1 and message_id = $2 and status = 'waiting') as "waits!""#,
        tx.tenant().uuid(),
        message.uuid()
    );
    Ok(if waits.fetch_one(&mut *tx).await? { Again::Waits } else { Again::Settled })
}

/// Nothing carries a message any more that waits: it has failed, and its wholesaler decides what becomes of it.
pub async fn leave_to_the_office(tx: &mut Tx<Office>, message: MessageId, now: DateTime<Utc>) -> Result<()> {
    sqlx::query!(
        "update messages set status = 'failed', problem = 'it could not be sent, and was given up', failed_at = $3
          where tenant_id = $1 and message_id = $2 and status = 'waiting'",
        tx.tenant().uuid(),
        message.uuid(),
        now
    )
    .execute(&mut *tx)
    .await?;
    Ok(())
}

/// Puts what did not arrive back into the queue; false when there is none, or none that can be sent once more.
async fn queue_again(tx: &mut Tx<Office>, message: MessageId, job: Job, now: DateTime<Utc>) -> Result<bool> {
    let channel = sqlx::query_scalar!(
        "update messages set status = 'waiting'
          where tenant_id = $1 and message_id = $2 and status = any($3) and not is_code and recipient <> '' returning channel",
        tx.tenant().uuid(),
        message.uuid(),
        &TROUBLED.map(str::to_owned)[..]
    );
    let Some(channel) = channel.fetch_optional(&mut *tx).await? else { return Ok(false) };
    let lane = if channel == "sms" { Lane::Texts } else { Lane::Letters };
    let tenant = tx.tenant();
    jobs::enqueue(tx, lane, job, Some(tenant), now).await?;
    Ok(true)
}

/// Nothing more is done about a message.
///
/// # Errors
/// [`Error::NotFound`] when there is none, or none about which anything could be done.
pub async fn let_go(tx: &mut Tx<Office>, member: &Member, message: MessageId) -> Result<()> {
    let dropped = sqlx::query!(
        "update messages set status = 'dropped' where tenant_id = $1 and message_id = $2 and status = any($3)",
        tx.tenant().uuid(),
        message.uuid(),
        &TROUBLED.map(str::to_owned)[..]
    )
    .execute(&mut *tx)
    .await?;
    if dropped.rows_affected() == 0 {
        return Err(Error::NotFound);
    }
    note(tx, Actor::staff(member), "message.dropped", message, member.house.now()).await
}

async fn note(tx: &mut Tx<Office>, actor: Actor, action: &'static str, message: MessageId, now: DateTime<Utc>) -> Result<()> {
    let event = Event { actor, action, subject_kind: "message", subject_id: message.uuid(), details: json!({}) };
    audit::record(tx, event, now).await
}

/// Reads what was typed.
///
/// # Errors
/// [`Error::Invalid`] with what is wrong in `limit` and in `countries`.
pub fn read_limits(limit: &str, countries: &str, member: &Member) -> Result<Limits> {
    let mut wrong = FieldErrors::new();
    let currency = member.house.config.sms.cost.none().currency;
    let limit_minor = match Money::parse(limit, currency, DecimalMark::of(member.tenant.country)) {
        Ok(limit) if limit.minor <= HIGHEST_LIMIT_MINOR => limit.minor,
        Ok(_) => {
            wrong.add("limit", "That is more than a month may cost.");
            0
        }
        Err(why) => {
            wrong.add("limit", why.to_string());
            0
        }
    };
    let mut known = BTreeSet::new();
    for word in countries.split(|letter: char| letter == ',' || letter.is_whitespace()).filter(|word| !word.is_empty()) {
        match Country::parse(&word.to_uppercase()) {
            Ok(country) => {
                known.insert(country.as_str().to_owned());
            }
            Err(_) => {
                wrong
                    .add("countries", format!("“{}” is no country. They are written as in GB.", word.chars().take(20).collect::<String>()));
            }
        }
    }
    let own = member.tenant.country.as_str();
    if wrong.of("countries").is_empty() && !known.contains(own) {
        wrong.add("countries", format!("Your own country, {own}, has to be among them."));
    }
    wrong.or(Some(Limits { limit_minor, countries: known }))
}

/// Keeps them.
pub async fn save(tx: &mut Tx<Office>, member: &Member, limits: &Limits) -> Result<()> {
    let countries: Vec<String> = limits.countries.iter().cloned().collect();
    sqlx::query!(
        "update tenants set sms_limit_minor = $2, sms_countries = $3, updated_at = greatest($4, updated_at + interval '1 microsecond')
          where id = $1",
        tx.tenant().uuid(),
        limits.limit_minor,
        &countries,
        member.house.now()
    )
    .execute(&mut *tx)
    .await?;
    let (currency, at) = (member.house.config.sms.cost.none().currency, member.tenant.country);
    let shown = |minor: i64| Money::new(minor, currency).shown_in(at);
    let before: BTreeSet<&str> = member.tenant.sms_countries.iter().map(Country::as_str).collect();
    let pairs = [
        ("limit for texts", shown(member.tenant.sms_limit_minor), shown(limits.limit_minor)),
        ("countries for texts", before.into_iter().collect::<Vec<_>>().join(" "), countries.join(" ")),
    ];
    let changed = pairs.into_iter().filter(|(_, before, after)| before != after);
    let changes: Vec<_> = changed.map(|(what, before, after)| json!({ "what": what, "before": before, "after": after })).collect();
    if changes.is_empty() {
        return Ok(());
    }
    let details = json!({ "changes": changes });
    let event = Event {
        actor: Actor::staff(member),
        action: "text_limits.changed",
        subject_kind: "tenant",
        subject_id: member.tenant.id.uuid(),
        details,
    };
    audit::record(tx, event, member.house.now()).await
}
