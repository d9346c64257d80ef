//! Work for later, queued in the same transaction as its reason: it exists if and only if that does.

pub mod worker;

use std::time::Duration;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::db::{Door, Tx};
use crate::error::Result;
use crate::ids::{ChallengeId, JobId, MessageId, RequestId, TenantId};

/// What is to be done, and with what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Job {
    /// Derive the challenge's code and send it.
    SendCode(ChallengeId),
    /// Hand an entry of the tenant's outbox to its carrier.
    SendMessage(MessageId),
    /// Tell the staff that somebody asks for an account.
    TellStaff(RequestId),
}

impl Job {
    fn kind(self) -> &'static str {
        match self {
            Self::SendCode(_) => "send_code",
            Self::SendMessage(_) => "send_message",
            Self::TellStaff(_) => "tell_staff",
        }
    }

    fn subject(self) -> Uuid {
        match self {
            Self::SendCode(id) => id.uuid(),
            Self::SendMessage(id) => id.uuid(),
            Self::TellStaff(id) => id.uuid(),
        }
    }

    fn parse(kind: &str, subject: Uuid) -> Option<Self> {
        match kind {
            "send_code" => Some(Self::SendCode(subject.into())),
            "send_message" => Some(Self::SendMessage(subject.into())),
            "tell_staff" => Some(Self::TellStaff(subject.into())),
            _ => None,
        }
    }
}

/// A claimed job.
#[derive(Debug, Clone, Copy)]
pub struct Claimed {
    pub job: Job,
    pub tenant: Option<TenantId>,
    /// How often it was tried before.
    pub attempts: i16,
}

/// How it went.
#[derive(Debug)]
pub enum Outcome {
    Done,
    /// Not this time; it may be tried again after the pause.
    Later(Duration, String),
    /// It will never go. The words stay with the job, for whoever looks.
    GiveUp(String),
}

/// Adds a job to the queue.
pub async fn enqueue<D: Door>(tx: &mut Tx<D>, job: Job, tenant: Option<TenantId>, now: DateTime<Utc>) -> Result<()> {
    sqlx::query!(
        "insert into jobs (id, kind, for_tenant, subject_id, run_at, created_at) values ($1, $2, $3, $4, $5, $5)",
        JobId::new().uuid(),
        job.kind(),
        tenant.map(TenantId::uuid),
        job.subject(),
        now
    )
    .execute(&mut *tx)
    .await?;
    Ok(())
}

/// Whether nobody waits for it any more when this try fails, too: it is the twelfth.
pub fn is_last_attempt(attempts: i16) -> bool {
    attempts >= 11
}

/// How long to wait before the next try: 2 s, 4 s, 8 s … ten minutes.
pub fn pause_after(attempts: i16) -> Duration {
    let doublings = u32::try_from(attempts).unwrap_or_default().min(9);
    Duration::from_secs(2u64.pow(doublings + 1).min(600))
}
