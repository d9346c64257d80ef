//! What the queue has given up: seen by operators, tried again or let go. Both stand in the platform's log, and a message that is sent once more
//! in its wholesaler's as well.

pub mod api;
pub mod pages;

use serde_json::json;
use uuid::Uuid;

use crate::audit::Actor;
use crate::db::{Platform, Tx};
use crate::error::{Error, Result};
use crate::ids::MessageId;
use crate::jobs::Job;
use crate::jobs::given_up::{self, GivenUp};
use crate::jobs::words::in_words;
use crate::office_messages::{self, Again};
use crate::operators::{self, Doer};
use crate::tenancy::extract::Agent;

const OF_CODES: Error = Error::Conflict("A code is good for minutes: whoever still wants in asks for another one. Let it go");
const UNKNOWN: Error = Error::Conflict("This version knows no such job. Let it go");
const SETTLED: Error =
    Error::Conflict("There is nothing to send any more: the message has arrived, was let go, or is of somebody who was erased. Let it go");
const QUEUED: Error = Error::Conflict("The message is in the queue again already. Let this go");

/// What a job does, in words.
pub fn what(job: &GivenUp) -> String {
    in_words(&job.kind).map_or_else(|| job.kind.clone(), str::to_owned)
}

/// Whether trying it again can come to anything.
pub fn can_be_retried(job: &GivenUp) -> bool {
    !matches!(job.job(), None | Some(Job::SendCode(_)))
}

/// Has a job tried again, at once and for as long as if it were new. A message that has failed waits again, as when its wholesaler sends it again.
///
/// # Errors
/// [`Error::NotFound`] when it is not given up; [`Error::Conflict`] when there is nothing left to do.
pub async fn retry(agent: &Agent, id: Uuid) -> Result<()> {
    let platform = agent.house.db().platform();
    let found = platform.read(async |tx| given_up::find(tx, id).await).await?;
    if matches!(found.job().ok_or(UNKNOWN)?, Job::SendCode(_)) {
        return Err(OF_CODES);
    }
    let stands = match message_of(&found) {
        Some(message) => Some(send_again(agent, &found, message).await?),
        None => None,
    };
    platform
        .write(async |tx| {
            match stands {
                // Something new is in the queue, and does what this one could not.
                Some(Again::Queued) => given_up::remove(tx, id).await?,
                Some(Again::Settled) => return Err(SETTLED),
                Some(Again::Waits) if given_up::is_queued_again(tx, found.subject_id).await? => return Err(QUEUED),
                Some(Again::Waits) | None => given_up::put_back(tx, id, agent.house.now()).await?,
            }
            note(tx, agent, "job.retried", &found).await
        })
        .await
}

async fn send_again(agent: &Agent, found: &GivenUp, message: MessageId) -> Result<Again> {
    let (Some(tenant), Some(job)) = (found.tenant, found.job()) else { return Ok(Again::Settled) };
    let (operator, now) = (Actor::operator(agent), agent.house.now());
    let office = agent.house.db().office(tenant.into());
    office.write(async |tx| office_messages::send_again(tx, message, job, operator, now).await).await
}

/// Nothing more is done about a job. A message that nothing else carries has then failed, for its wholesaler to see.
///
/// # Errors
/// [`Error::NotFound`] when it is not given up.
pub async fn let_go(agent: &Agent, id: Uuid) -> Result<()> {
    let (platform, now) = (agent.house.db().platform(), agent.house.now());
    let (found, is_carried) = platform
        .read(async |tx| {
            let found = given_up::find(tx, id).await?;
            let is_carried = given_up::is_queued_again(tx, found.subject_id).await?;
            Ok((found, is_carried))
        })
        .await?;
    if let (Some(message), Some(tenant), false) = (message_of(&found), found.tenant, is_carried) {
        let office = agent.house.db().office(tenant.into());
        office.write(async |tx| office_messages::leave_to_the_office(tx, message, now).await).await?;
    }
    platform
        .write(async |tx| {
            given_up::remove(tx, id).await?;
            note(tx, agent, "job.dropped", &found).await
        })
        .await
}

/// What it would have sent; None of what sends nothing, or a code.
fn message_of(job: &GivenUp) -> Option<MessageId> {
    match job.job() {
        Some(Job::SendMessage(message) | Job::SendNotice(message)) => Some(message),
        _ => None,
    }
}

async fn note(tx: &mut Tx<Platform>, agent: &Agent, action: &'static str, job: &GivenUp) -> Result<()> {
    let (about, details) = (job.tenant.unwrap_or(job.id), json!({ "job": what(job), "why": job.why }));
    operators::record(tx, &Doer::agent(agent), action, about, details, agent.house.now()).await
}
