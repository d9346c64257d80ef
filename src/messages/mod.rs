//! What is said to people: an outbox row in the same transaction as what it tells, and carriers that take it
//! away afterwards.

pub mod bounces;
pub mod cost;
pub mod dkim;
pub mod email;
pub mod html;
pub mod inbox;
pub mod letters;
pub mod news;
pub mod receipts;
pub mod sms;
pub mod texts;

use std::net::IpAddr;
use std::sync::Arc;

use chrono::{DateTime, Utc};

use self::email::Mailer;
use self::letters::{Mail, News, Sender};
use self::sms::{Gateways, Refusal, Urgency};
use self::texts::{Known, Text, Went};
use crate::db::{Door, Office, Tx};
use crate::error::Result;
use crate::ids::{AccountId, ChallengeId, CustomerId, MessageId, TenantId};
use crate::jobs::{self, Claimed, Job, Lane, Outcome};
use crate::tenancy::{House, Tenant};
use crate::values::phone::FICTIONAL_PREFIX;
use crate::values::{EmailAddress, PhoneNumber};

/// Who takes messages away.
pub struct Carriers {
    pub sms: Arc<Gateways>,
    pub mail: Mailer,
}

/// One thing to say.
pub enum Message {
    Text {
        to: PhoneNumber,
        text: String,
    },
    Letter {
        to: EmailAddress,
        subject: String,
        text: String,
    },
    /// News of an account's orders, to the mailbox that was set for them.
    News {
        of: AccountId,
        to: EmailAddress,
        subject: String,
        text: String,
    },
}

/// Whom a message is said to, or is about. They get it when they ask what is held about them, and it is erased with them.
#[derive(Clone, Copy)]
pub struct Person<'a> {
    pub customer: CustomerId,
    /// By which the wholesaler knows them: not always the number that it goes to.
    pub phone: &'a str,
}

/// A code that is on its way out.
pub struct Code<'a> {
    pub challenge: ChallengeId,
    pub to: &'a str,
    pub text: &'a str,
}

/// Puts what is about no customer into the tenant's outbox; it goes when the transaction is committed.
pub async fn say(tx: &mut Tx<Office>, message: Message, now: DateTime<Utc>) -> Result<()> {
    let tenant = tx.tenant();
    put(tx, tenant, None, message, now).await
}

/// The same for what is said to a customer or about one.
pub async fn say_about(tx: &mut Tx<Office>, person: Person<'_>, message: Message, now: DateTime<Utc>) -> Result<()> {
    let tenant = tx.tenant();
    put(tx, tenant, Some(person), message, now).await
}

/// Puts it into this tenant's outbox, from whichever door.
pub async fn put<D: Door>(
    tx: &mut Tx<D>,
    tenant: TenantId,
    person: Option<Person<'_>>,
    message: Message,
    now: DateTime<Utc>,
) -> Result<()> {
    let message_id = MessageId::new();
    add(tx, tenant, person, (message_id, message), Job::SendMessage(message_id), now).await
}

/// The same for what the platform has to say at a counter that is shut. Said twice under the same id, it goes once.
pub async fn notify(tx: &mut Tx<Office>, message_id: MessageId, message: Message, now: DateTime<Utc>) -> Result<()> {
    let tenant = tx.tenant();
    add(tx, tenant, None, (message_id, message), Job::SendNotice(message_id), now).await
}

/// The same to each owner. `about` says of what, and when it matters of when: the same owner gets one letter about the same.
pub async fn notify_owners(tx: &mut Tx<Office>, about: &str, subject: &str, text: &str, now: DateTime<Utc>) -> Result<()> {
    let owners = sqlx::query!(
        "select staff_id, email from staff where tenant_id = $1 and role = 'owner' and removed_at is null order by staff_id",
        tx.tenant().uuid()
    );
    for owner in owners.fetch_all(&mut *tx).await? {
        let Ok(to) = EmailAddress::parse(&owner.email) else { continue };
        let letter = Message::Letter { to, subject: subject.to_owned(), text: text.to_owned() };
        notify(tx, texts::id_made_of(&format!("{about} to {}", owner.staff_id)), letter, now).await?;
    }
    Ok(())
}

async fn add<D: Door>(
    tx: &mut Tx<D>,
    tenant: TenantId,
    person: Option<Person<'_>>,
    (message_id, message): (MessageId, Message),
    job: Job,
    now: DateTime<Utc>,
) -> Result<()> {
    let news_of = if let Message::News { of, .. } = message { Some(of.uuid()) } else { None };
    let (lane, channel, recipient, subject, text) = match message {
        Message::Text { to, text } => (Lane::Texts, "sms", to.as_str().to_owned(), String::new(), text),
        Message::Letter { to, subject, text } | Message::News { to, subject, text, .. } => {
            (Lane::Letters, "email", to.as_str().to_owned(), subject, text)
        }
    };
    let added = sqlx::query!(
        "insert into messages (tenant_id, message_id, channel, recipient, subject, text, status, created_at, customer_id, phone,
                               news_of)
         values ($1, $2, $3, $4, $5, $6, 'waiting', $7, $8, $9, $10)
         on conflict (tenant_id, message_id) do nothing",
        tenant.uuid(),
        message_id.uuid(),
        channel,
        recipient,
        subject,
        text,
        now,
        person.map(|person| person.customer.uuid()),
        person.map(|person| person.phone),
        news_of
    )
    .execute(&mut *tx)
    .await?;
    if added.rows_affected() == 0 {
        return Ok(());
    }
    jobs::enqueue(tx, lane, job, Some(tenant), now).await
}

/// Hands a waiting entry to its carrier and writes down what became of it.
pub async fn deliver(house: &House, carriers: &Carriers, tenant: &Tenant, message_id: MessageId, claimed: Claimed) -> Result<Outcome> {
    let scope = house.office(tenant);
    let waiting = scope
        .read(async |tx| {
            Ok(sqlx::query!(
                "select channel, recipient, subject, text, news_of from messages
                  where tenant_id = $1 and message_id = $2 and status = 'waiting'",
                tx.tenant().uuid(),
                message_id.uuid()
            )
            .fetch_optional(&mut *tx)
            .await?)
        })
        .await?;
    let Some(message) = waiting else { return Ok(Outcome::Done) };
    let sent = if message.recipient.starts_with(FICTIONAL_PREFIX) {
        // A sample customer: nobody has the number, and a text to it would only cost.
        Ok(Some("sample".to_owned()))
    } else if message.channel == "sms" {
        let text = Text { message_id, to: &message.recipient, text: &message.text, urgency: Urgency::Ordinary };
        return settle(house, tenant, message_id, texts::hand_over(house, carriers, tenant, text).await?, claimed).await;
    } else {
        let news_of = message.news_of.map(AccountId::from);
        let (to, subject, text) = (message.recipient.clone(), message.subject, message.text);
        let sent = carriers.mail.send(&letter(house, tenant, message_id, news_of, (to, subject, text))?).await;
        sent.map(|accepted| accepted.provider_reference)
    };
    let outcome = claimed.settled(outcome_of(&sent));
    let status = match &outcome {
        Outcome::Done => "sent",
        Outcome::Held | Outcome::Later(..) => return Ok(outcome),
        Outcome::GiveUp(_) => "failed",
    };
    let problem = if let Outcome::GiveUp(why) = &outcome { problem_in_words(&message.channel, &sent, why) } else { String::new() };
    let no_mailbox = message.news_of.filter(|_| message.channel == "email" && sent == Err(Refusal::InvalidRecipient));
    let reference = sent.ok().flatten();
    scope
        .write(async |tx| {
            sqlx::query!(
                "update messages set status = $3, provider_reference = $4, sent_at = $5, problem = $6,
                        failed_at = case when $3 = 'failed' then $5::timestamptz end
                  where tenant_id = $1 and message_id = $2 and status = 'waiting'",
                tx.tenant().uuid(),
                message_id.uuid(),
                status,
                reference,
                house.now(),
                problem
            )
            .execute(&mut *tx)
            .await?;
            match no_mailbox {
                Some(account) => news::give_up(tx, account.into(), &message.recipient, &problem, house.now()).await,
                None => Ok(()),
            }
        })
        .await?;
    Ok(outcome)
}

/// Sends a code, which somebody waits for; of its words nothing is kept.
pub async fn send_code(house: &House, carriers: &Carriers, tenant: &Tenant, code: Code<'_>, claimed: Claimed) -> Result<Outcome> {
    let message_id = texts::id_of_code(code.challenge);
    let text = Text { message_id, to: code.to, text: code.text, urgency: Urgency::Code };
    let went = texts::hand_over(house, carriers, tenant, text).await?;
    if matches!(went, Went::Sent(_)) {
        let waited = (house.now() - claimed.queued_at).to_std().unwrap_or_default();
        metrics::histogram!("sms_code_accepted_seconds").record(waited.as_secs_f64());
    }
    settle(house, tenant, message_id, went, claimed).await
}

/// Writes down what became of a text.
async fn settle(house: &House, tenant: &Tenant, message_id: MessageId, went: Went, claimed: Claimed) -> Result<Outcome> {
    let (sent, status) = match went {
        Went::Held => (None, "held"),
        Went::Refused(refusal) if refusal.outcome_is_unknown() => (Some(Err(refusal)), "unknown"),
        Went::Refused(refusal) => (Some(Err(refusal)), "failed"),
        Went::Sent(sent) => (Some(Ok(sent)), "sent"),
    };
    let outcome = sent.as_ref().map_or(Outcome::Done, |sent| claimed.settled(outcome_of(sent)));
    let problem = match (&outcome, &sent) {
        (Outcome::Held | Outcome::Later(..), _) => return Ok(outcome),
        (Outcome::GiveUp(why), Some(sent)) => problem_in_words("sms", sent, why),
        _ => String::new(),
    };
    let known = Known { status, sent: sent.as_ref().and_then(|sent| sent.as_ref().ok()), problem: &problem };
    house.office(tenant).write(async |tx| texts::write_down(tx, message_id, known, house.now()).await).await?;
    Ok(outcome)
}

/// An entry of the outbox as a mail.
fn letter(
    house: &House,
    tenant: &Tenant,
    message_id: MessageId,
    news_of: Option<AccountId>,
    (to, subject, text): (String, String, String),
) -> Result<Mail> {
    let keys = &house.config.keys;
    let news = match news_of {
        Some(account) => {
            let ends_at = news::ends_at(&house.hosts, keys, tenant, account, &to)?;
            Some(News { ends_at, reply_to: tenant.contact_email.clone() })
        }
        None => None,
    };
    let return_token = bounces::token(keys, tenant.id, message_id)?;
    Ok(Mail { id: message_id.uuid(), to, sender: Sender::of_tenant(tenant, &house.hosts), subject, text, news, return_token })
}

/// Why a message did not go, for whoever looks.
fn problem_in_words<T>(channel: &str, sent: &Result<T, Refusal>, why: &str) -> String {
    match (sent, channel) {
        (Err(Refusal::InvalidRecipient), "email") => "the mailbox does not exist".to_owned(),
        (Err(Refusal::InvalidRecipient), _) => "there is no such number".to_owned(),
        _ => why.to_owned(),
    }
}

/// What a carrier's answer means for the job. What may have been sent is not sent blindly again: a text is
/// paid for twice, and a person is told twice.
pub fn outcome_of<T>(sent: &Result<T, Refusal>) -> Outcome {
    metrics::counter!("messages_handed_over", "outcome" => match sent {
        Ok(_) => "accepted",
        Err(refusal) if refusal.outcome_is_unknown() => "unknown",
        Err(_) => "refused",
    })
    .increment(1);
    match sent {
        Ok(_) => Outcome::Done,
        Err(refusal) if refusal.may_retry() => Outcome::Later(refusal.to_string()),
        Err(refusal) => Outcome::GiveUp(refusal.to_string()),
    }
}

/// The text with every run of control characters and line separators made one blank: what somebody typed cannot begin a line
/// of its own, and so forge a header, or the last line of a code's text.
pub fn one_line(text: &str) -> String {
    let breaks = |character: char| character.is_control() || matches!(character, '\u{2028}' | '\u{2029}');
    text.split(breaks).map(str::trim).filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
}

/// The beginning of somebody's words, in one line, for a text message; the whole stands on a page.
pub fn beginning_of(words: &str) -> String {
    const LONGEST: usize = 140;
    let mut short = words.split_whitespace().collect::<Vec<_>>().join(" ");
    if let Some((end, _)) = short.char_indices().nth(LONGEST) {
        short.truncate(end);
        short.push_str("...");
    }
    short
}

/// Whether this host is this very machine, the only one to which secrets may go without TLS.
fn is_loopback(host: &str) -> bool {
    let address = host.trim_matches(['[', ']']);
    host == "localhost" || address.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}
