//! Work for later, queued in the same transaction as its reason: it exists if and only if that does.

pub mod given_up;
pub mod words;
pub mod worker;

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use crate::db::{Door, Tx};
use crate::error::Result;
use crate::ids::{
    AccessId, AlarmId, ChallengeId, CustomerId, DomainId, ImportId, JobId, MessageId, OrderEventId, ReminderId, RequestId,
    SupportRequestId, TenantId,
};

/// How long a job is tried again and again before it is given up: a carrier may be out for a night.
const PATIENCE: TimeDelta = TimeDelta::days(1);

/// Where a job waits. Each carrier has lanes of its own, so that neither waits for the other, and each of them has one for codes, because
/// somebody stands at the door with each of those.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lane {
    TextCodes,
    MailCodes,
    /// What else goes by text message.
    Texts,
    /// What else goes by e-mail, and what brings it about.
    Letters,
    /// What takes long, and goes nowhere.
    Files,
}

impl Lane {
    /// Codes first.
    pub const ALL: [Self; 5] = [Self::TextCodes, Self::MailCodes, Self::Texts, Self::Letters, Self::Files];

    fn word(self) -> &'static str {
        match self {
            Self::TextCodes => "text_codes",
            Self::MailCodes => "mail_codes",
            Self::Texts => "texts",
            Self::Letters => "letters",
            Self::Files => "files",
        }
    }
}

/// What is to be done, and with what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Job {
    /// Derive the challenge's code and send it.
    SendCode(ChallengeId),
    /// Hand an entry of the tenant's outbox to its carrier.
    SendMessage(MessageId),
    /// Tell the staff that somebody asks for an account.
    TellStaff(RequestId),
    /// Tell the staff, and the audit log, that somebody of this account, or of this request, had everything about them erased.
    TellErasure(Uuid),
    /// The same of a customer who is reached under another number now
    TellNumberChange(AccessId),
    /// or who came under two numbers and now comes under one.
    TellTwoBecameOne(AccessId),
    /// Tell the owners what is the matter with a domain of theirs.
    TellOfDomain(DomainId),
    /// Make the samples of a tenant that has just been made.
    MakeSamples(TenantId),
    /// Write to the owners of a tenant that is being closed until when that can be undone.
    RemindOfClosing(ReminderId),
    /// Hand an entry of the outbox to its carrier that the platform itself says, whatever the tenant's state.
    SendNotice(MessageId),
    /// Forget a person whom no tenant knows any more.
    ForgetCustomer(CustomerId),
    /// Tell the owners that an operator asks to look.
    TellOwners(SupportRequestId),
    /// Tell the operator what an owner answered.
    TellOperator(SupportRequestId),
    /// Tell the operators that codes have run out.
    TellOfAlarm(AlarmId),
    /// Tell a customer what happened to an order of theirs.
    TellOfOrder(OrderEventId),
    /// Read a file of products, prices or customers, apply it, or undo it.
    WorkOnImport(ImportId),
}

impl Job {
    fn kind(self) -> &'static str {
        match self {
            Self::SendCode(_) => "send_code",
            Self::SendMessage(_) => "send_message",
            Self::TellStaff(_) => "tell_staff",
            Self::TellErasure(_) => "tell_erasure",
            Self::TellNumberChange(_) => "tell_number_change",
            Self::TellTwoBecameOne(_) => "tell_two_became_one",
            Self::TellOfDomain(_) => "tell_of_domain",
            Self::MakeSamples(_) => "make_samples",
            Self::RemindOfClosing(_) => "remind_of_closing",
            Self::SendNotice(_) => "send_notice",
            Self::ForgetCustomer(_) => "forget_customer",
            Self::TellOwners(_) => "tell_owners",
            Self::TellOperator(_) => "tell_operator",
            Self::TellOfAlarm(_) => "tell_of_alarm",
            Self::TellOfOrder(_) => "tell_of_order",
            Self::WorkOnImport(_) => "work_on_import",
        }
    }

    fn subject(self) -> Uuid {
        match self {
            Self::SendCode(id) => id.uuid(),
            Self::SendMessage(id) | Self::SendNotice(id) => id.uuid(),
            Self::TellStaff(id) => id.uuid(),
            Self::TellErasure(id) => id,
            Self::TellNumberChange(id) | Self::TellTwoBecameOne(id) => id.uuid(),
            Self::TellOfDomain(id) => id.uuid(),
            Self::MakeSamples(id) => id.uuid(),
            Self::RemindOfClosing(id) => id.uuid(),
            Self::ForgetCustomer(id) => id.uuid(),
            Self::TellOwners(id) | Self::TellOperator(id) => id.uuid(),
            Self::TellOfAlarm(id) => id.uuid(),
            Self::TellOfOrder(id) => id.uuid(),
            Self::WorkOnImport(id) => id.uuid(),
        }
    }

    fn parse(kind: &str, subject: Uuid) -> Option<Self> {
        match kind {
            "send_code" => Some(Self::SendCode(subject.into())),
            "send_message" => Some(Self::SendMessage(subject.into())),
            "tell_staff" => Some(Self::TellStaff(subject.into())),
            "tell_erasure" => Some(Self::TellErasure(subject)),
            "tell_number_change" => Some(Self::TellNumberChange(subject.into())),
            "tell_two_became_one" => Some(Self::TellTwoBecameOne(subject.into())),
            "tell_of_domain" => Some(Self::TellOfDomain(subject.into())),
            "make_samples" => Some(Self::MakeSamples(subject.into())),
            "remind_of_closing" => Some(Self::RemindOfClosing(subject.into())),
            "send_notice" => Some(Self::SendNotice(subject.into())),
            "forget_customer" => Some(Self::ForgetCustomer(subject.into())),
            "tell_owners" => Some(Self::TellOwners(subject.into())),
            "tell_operator" => Some(Self::TellOperator(subject.into())),
            "tell_of_alarm" => Some(Self::TellOfAlarm(subject.into())),
            "tell_of_order" => Some(Self::TellOfOrder(subject.into())),
            "work_on_import" => Some(Self::WorkOnImport(subject.into())),
            _ => None,
        }
    }
}

/// A claimed job.
#[derive(Debug, Clone, Copy)]
pub struct Claimed {
    pub job: Job,
    pub tenant: Option<TenantId>,
    /// When it was put into the queue, or when its tenant's counter was last seen to be shut.
    pub queued_at: DateTime<Utc>,
    /// It has been tried for long enough: when this fails, too, it is given up.
    pub is_last_try: bool,
}

impl Claimed {
    /// After the last try there is no later.
    pub fn settled(self, outcome: Outcome) -> Outcome {
        match outcome {
            Outcome::Later(why) if self.is_last_try => Outcome::GiveUp(why),
            other => other,
        }
    }
}

/// How it went.
#[derive(Debug)]
pub enum Outcome {
    Done,
    /// Its tenant's counter is shut: it waits, and waiting is no try.
    Held,
    /// Not this time; it is tried again after a pause.
    Later(String),
    /// It will never go. The words stay with the job, for whoever looks.
    GiveUp(String),
}

impl Outcome {
    /// As it may be kept, and shown to the platform's people.
    fn without_secrets(self) -> Self {
        match self {
            Self::Later(why) => Self::Later(words::without_secrets(&why)),
            Self::GiveUp(why) => Self::GiveUp(words::without_secrets(&why)),
            other => other,
        }
    }
}

/// Adds a job to the queue.
pub async fn enqueue<D: Door>(tx: &mut Tx<D>, lane: Lane, job: Job, tenant: Option<TenantId>, now: DateTime<Utc>) -> Result<()> {
    sqlx::query!(
        "insert into jobs (id, lane, kind, for_tenant, subject_id, run_at, created_at) values ($1, $2, $3, $4, $5, $6, $6)",
        JobId::new().uuid(),
        lane.word(),
        job.kind(),
        tenant.map(TenantId::uuid),
        job.subject(),
        now
    )
    .execute(&mut *tx)
    .await?;
    Ok(())
}

/// Adds many at once that are for no tenant.
pub async fn enqueue_all<D: Door>(tx: &mut Tx<D>, lane: Lane, jobs: &[Job], now: DateTime<Utc>) -> Result<()> {
    let ids: Vec<Uuid> = jobs.iter().map(|_| JobId::new().uuid()).collect();
    let kinds: Vec<String> = jobs.iter().map(|job| job.kind().to_owned()).collect();
    let subjects: Vec<Uuid> = jobs.iter().map(|job| job.subject()).collect();
    sqlx::query!(
        "insert into jobs (id, lane, kind, subject_id, run_at, created_at)
         select j.id, $2, j.kind, j.subject_id, $5, $5 from unnest($1::uuid[], $3::text[], $4::uuid[]) as j (id, kind, subject_id)",
        &ids[..],
        lane.word(),
        &kinds[..],
        &subjects[..],
        now
    )
    .execute(&mut *tx)
    .await?;
    Ok(())
}

/// Lets everything of a tenant be tried at once that waits for later: its counter is open again.
pub async fn bring_forward<D: Door>(tx: &mut Tx<D>, tenant: TenantId, now: DateTime<Utc>) -> Result<()> {
    // What a worker has in its hands is not waiting.
    sqlx::query!(
        "update jobs set run_at = $2 where id in (
           select id from jobs where for_tenant = $1 and run_at > $2 and given_up_at is null for update skip locked)",
        tenant.uuid(),
        now
    )
    .execute(&mut *tx)
    .await?;
    Ok(())
}

/// How long to wait before the next try: 2 s, 4 s, 8 s … half an hour, and up to a quarter more, by chance, so that what failed
/// together does not come back together.
fn pause_after(attempts: i16) -> Duration {
    let doublings = u32::try_from(attempts).unwrap_or_default().min(10);
    Duration::from_secs(2u64.pow(doublings + 1).min(1_800)).mul_f64(rand::random_range(1.0..1.25))
}
