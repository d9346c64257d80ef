//! Texts of a tenant: what each costs, whether one may still go this month, and what became of it.

use askama::Template;
use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};
use uuid::Builder;

use super::cost::Cost;
use super::receipts::{ReceiptAddress, Subject};
use super::sms::{Refusal, Sent, Urgency, segments};
use super::{Carriers, notify_owners, one_line};
use crate::clock::month_start;
use crate::db::{Office, Tx};
use crate::error::{Error, Result};
use crate::ids::{ChallengeId, MessageId};
use crate::tenancy::{House, Tenant};
use crate::values::{Money, PhoneNumber};

/// From so much of the limit on the owners are told.
const WARNED_AT_PERCENT: i64 = 80;

/// A text on its way out.
#[derive(Clone, Copy)]
pub(super) struct Text<'a> {
    pub message_id: MessageId,
    pub to: &'a str,
    pub text: &'a str,
    pub urgency: Urgency,
}

/// How it went.
pub(super) enum Went {
    Sent(Sent),
    Refused(Refusal),
    /// The month's limit is reached: nothing was sent.
    Held,
}

/// Hands a text over, unless the month's limit is reached, and counts what it costs.
pub(super) async fn hand_over(house: &House, carriers: &Carriers, tenant: &Tenant, text: Text<'_>) -> Result<Went> {
    let (scope, prices, now) = (house.office(tenant), &house.config.sms.cost, house.now());
    let count = segments(text.text).count;
    let country = PhoneNumber::from_e164(text.to).ok().and_then(|number| number.country());
    let cost = prices.of(count, country);
    let may_go = scope
        .write(async |tx| {
            if text.urgency == Urgency::Code {
                begin_code(tx, text, now).await?;
            }
            let spent = spent(tx, month_start(now, tenant.time_zone), prices.none()).await?;
            Ok(!is_reached(spent, tenant) || (text.urgency == Urgency::Code && is_known(tx, text.to).await?))
        })
        .await?;
    let went = if may_go {
        let receipts = ReceiptAddress::of(house, Subject { tenant: tenant.id, message: text.message_id })?;
        match carriers.sms.send_receipted(text.to, text.text, text.urgency, Some(&receipts)).await {
            Ok(sent) => Went::Sent(sent),
            Err(refusal) => Went::Refused(refusal),
        }
    } else {
        Went::Held
    };
    // What may have gone is paid for, as far as anybody knows.
    let paid = match &went {
        Went::Sent(_) => cost,
        Went::Refused(refusal) if refusal.outcome_is_unknown() => cost,
        Went::Refused(_) | Went::Held => prices.none(),
    };
    let spent = scope
        .write(async |tx| {
            count_in(tx, text.message_id, i16::try_from(count).unwrap_or(i16::MAX), paid).await?;
            spent(tx, month_start(now, tenant.time_zone), prices.none()).await
        })
        .await?;
    warn(house, tenant, spent, paid).await?;
    Ok(went)
}

/// A code's place among the messages, without its words and with the end of the number alone.
async fn begin_code(tx: &mut Tx<Office>, text: Text<'_>, now: DateTime<Utc>) -> Result<()> {
    let masked = PhoneNumber::from_e164(text.to).map(|number| number.masked()).unwrap_or_default();
    sqlx::query!(
        "insert into messages (tenant_id, message_id, channel, recipient, text, status, created_at, is_code)
         values ($1, $2, 'sms', $3, '', 'waiting', $4, true) on conflict (tenant_id, message_id) do nothing",
        tx.tenant().uuid(),
        text.message_id.uuid(),
        masked,
        now
    )
    .execute(&mut *tx)
    .await?;
    Ok(())
}

async fn count_in(tx: &mut Tx<Office>, message: MessageId, segments: i16, paid: Cost) -> Result<()> {
    // Sent again after a crash, it is paid for again.
    sqlx::query!(
        "update messages set segments = $3, cost_micros = cost_micros + $4 where tenant_id = $1 and message_id = $2",
        tx.tenant().uuid(),
        message.uuid(),
        segments,
        paid.micros
    )
    .execute(&mut *tx)
    .await?;
    Ok(())
}

/// What is known of a text after it was handed over.
#[derive(Clone, Copy)]
pub(super) struct Known<'a> {
    pub status: &'a str,
    pub sent: Option<&'a Sent>,
    /// Why it did not go; empty when it did.
    pub problem: &'a str,
}

/// Writes that down. A receipt may have come before this.
pub(super) async fn write_down(tx: &mut Tx<Office>, message: MessageId, known: Known<'_>, now: DateTime<Utc>) -> Result<()> {
    let Known { status, sent, problem } = known;
    sqlx::query!(
        "update messages set status = case when status = 'waiting' then $3 else status end, gateway = $4, provider_reference = $5, sent_at = $6,
                problem = $7, failed_at = case when $7 <> '' then $6::timestamptz end
          where tenant_id = $1 and message_id = $2",
        tx.tenant().uuid(),
        message.uuid(),
        status,
        sent.map_or("", |sent| sent.gateway.word()),
        sent.and_then(|sent| sent.provider_reference.as_deref()),
        now,
        problem
    )
    .execute(&mut *tx)
    .await?;
    Ok(())
}

/// What texts have cost since then.
pub async fn spent(tx: &mut Tx<Office>, since: DateTime<Utc>, none: Cost) -> Result<Cost> {
    let micros = sqlx::query_scalar!(
        r#"select coalesce(sum(cost_micros), 0)::bigint as "micros!" from messages where tenant_id = $1 and created_at >= $2 and cost_micros > 0"#,
        tx.tenant().uuid(),
        since
    );
    Ok(Cost { micros: micros.fetch_one(&mut *tx).await?, ..none })
}

/// How much of its limit a tenant has used, in percent.
pub fn percent_used(spent: Cost, tenant: &Tenant) -> i64 {
    percent_of(spent, tenant.sms_limit_minor)
}

/// The same of this limit; of one of nothing, all.
pub fn percent_of(spent: Cost, limit_minor: i64) -> i64 {
    // A hundredth of the currency is ten thousand millionths of it.
    spent.micros.checked_div(limit_minor.saturating_mul(100)).unwrap_or(100)
}

fn is_reached(spent: Cost, tenant: &Tenant) -> bool {
    percent_used(spent, tenant) >= 100
}

/// Whether whoever has this number is let in here.
async fn is_known(tx: &mut Tx<Office>, phone: &str) -> Result<bool> {
    let known = sqlx::query_scalar!(
        r#"select exists (select from account_access where tenant_id = $1 and phone = $2 and status = 'active') as "is_known!""#,
        tx.tenant().uuid(),
        phone
    );
    Ok(known.fetch_one(&mut *tx).await?)
}

/// The letter to the owners.
#[derive(Template)]
#[template(path = "messages/limit.mail.txt", escape = "none")]
pub struct LimitLetter<'a> {
    pub business_name: &'a str,
    pub spent: &'a str,
    pub limit: &'a str,
    pub is_reached: bool,
    pub url: &'a str,
}

/// Tells the owners, once a month each, that most of the limit is used, or all of it; `paid` is what has just been added.
async fn warn(house: &House, tenant: &Tenant, spent: Cost, paid: Cost) -> Result<()> {
    let before = percent_used(Cost { micros: spent.micros - paid.micros, ..spent }, tenant);
    let after = percent_used(spent, tenant);
    let Some(step) = [100, WARNED_AT_PERCENT].into_iter().find(|step| before < *step && after >= *step) else { return Ok(()) };
    let (now, name) = (house.now(), one_line(&tenant.business_name));
    let (spent, limit) = (spent.shown_in(tenant.country), Money::new(tenant.sms_limit_minor, spent.currency).shown_in(tenant.country));
    let url = format!("{}/office/messages", tenant.main_url(&house.hosts));
    let letter = LimitLetter { business_name: &name, spent: &spent, limit: &limit, is_reached: step == 100, url: &url };
    let text = letter.render().map_err(|error| Error::Internal(error.into()))?;
    let subject =
        if step == 100 { "Texts have stopped: the month’s limit is reached" } else { "Most of the month’s limit for texts is used" };
    let month = month_start(now, tenant.time_zone);
    // Two workers that see it reached write one letter.
    let about = format!("limit for texts {month} {step} {}", tenant.sms_limit_minor);
    house.office(tenant).write(async |tx| notify_owners(tx, &about, subject, &text, now).await).await
}

/// The same for the same code, however often it is sent; the id of what it was made of is not to be had from it.
pub(super) fn id_of_code(challenge: ChallengeId) -> MessageId {
    id_made_of(&format!("code {challenge}"))
}

pub(crate) fn id_made_of(what: &str) -> MessageId {
    let hash = Sha256::digest(what);
    let mut bytes = [0; 16];
    bytes.iter_mut().zip(hash).for_each(|(byte, hashed)| *byte = hashed);
    Builder::from_custom_bytes(bytes).into_uuid().into()
}
