//! An operator asks to look at a wholesaler's office, and looks while an owner lets them. Every look is one transaction of
//! `tc_support` with its entry in both logs; without a running grant the database neither shows a row nor takes the entry.

pub mod api;
pub mod looks;
pub mod pages;

use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::audit::{self, Actor, Event};
use crate::console_tenants::{Listed, find};
use crate::db::{Scope, Support, TenantDoor, Tx};
use crate::error::{Error, Result, is_duplicate, is_refused_by_policy};
use crate::idempotency::{Key, Made, Once};
use crate::ids::{SupportRequestId, TenantId};
use crate::jobs::{self, Job, Lane};
use crate::operators::{self, Doer};
use crate::support::{self, Request, State, close_what_has_lapsed};
use crate::tenancy::extract::Agent;
use crate::tenancy::states::{self, Role};
use crate::values::text;

/// The fewest characters of a reason: an owner shall understand it.
pub const SHORTEST_REASON: usize = 10;

/// The door by which this operator looks at this tenant.
pub fn scope(agent: &Agent, tenant: Uuid) -> Scope<Support> {
    agent.house.db().support(TenantId::from(tenant), agent.id().into())
}

/// The tenant, if there is one.
pub async fn tenant_of(agent: &Agent, tenant: Uuid) -> Result<Listed> {
    agent.house.db().platform().read(async |tx| find(tx, tenant).await).await
}

/// What this operator has asked of this tenant, the newest first.
pub async fn asked_before(agent: &Agent, tenant: Uuid) -> Result<Vec<Request>> {
    scope(agent, tenant).read(async |tx| support::list(tx).await).await
}

/// Asks the owners, for this reason. They are told by letter.
///
/// # Errors
/// [`Error::Invalid`] about `reason`, [`Error::Conflict`] when a request waits or a grant runs, [`Error::NotFound`].
pub async fn ask(agent: &Agent, tenant: Uuid, reason: &str, key: Option<&Key>) -> Result<Request> {
    let reason = read_reason(reason)?;
    let (house, now) = (&agent.house, agent.house.now());
    let once = Once { key, asker: agent.into(), action: "support.asked", asked: &(tenant, &reason) };
    let as_asked = |made: Made| Request::asked(made.id, agent.name().to_owned(), reason.clone(), made.at);
    if let Some(earlier) = once.earlier_at_platform(house).await? {
        return Ok(as_asked(earlier));
    }
    let found = tenant_of(agent, tenant).await?;
    if !states::State::parse(&found.status).is_some_and(|state| state.serves(Role::Operator)) {
        return Err(Error::Conflict("This counter has been erased"));
    }
    let (operator, request_id, id) = (agent.id(), SupportRequestId::new(), TenantId::from(tenant));
    if asked_before(agent, tenant).await?.iter().any(|request| request.state(now) == State::Granted) {
        return Err(Error::Conflict("You are let in already"));
    }
    house.db().office(id).write(async |tx| close_what_has_lapsed(tx, operator, now).await).await?;
    house
        .db()
        .founding(id)
        .write(async |tx| {
            if let Some(earlier) = once.earlier(tx).await? {
                return Ok(as_asked(earlier));
            }
            let asked = sqlx::query!(
                "insert into support_requests (tenant_id, request_id, operator_id, operator_name, reason, asked_at)
                 values ($1, $2, $3, $4, $5, $6)",
                tenant,
                request_id.uuid(),
                operator,
                agent.name(),
                reason,
                now
            );
            match asked.execute(&mut *tx).await {
                Err(error) if is_duplicate(&error) => return Err(Error::Conflict("You have asked already, and nobody has answered yet")),
                other => other.map(drop)?,
            }
            jobs::enqueue(tx, Lane::Letters, Job::TellOwners(request_id), Some(id), now).await?;
            let made = Made { id: request_id.uuid(), at: now };
            once.keep(tx, &made, now).await?;
            record(tx, agent, "support.asked", request_id.uuid(), json!({ "reason": reason })).await?;
            Ok(as_asked(made))
        })
        .await
}

fn read_reason(reason: &str) -> Result<String> {
    let line = text::line(reason, text::LONGEST_REASON).map_err(|why| Error::invalid("reason", why.about("the reason")))?;
    if line.chars().count() < SHORTEST_REASON {
        return Err(Error::invalid("reason", format!("Please write at least {SHORTEST_REASON} characters: the owners decide by it.")));
    }
    Ok(line)
}

/// Ends what an owner granted, before its hour is over: the operator is done.
///
/// # Errors
/// [`Error::Conflict`] when it does not run, [`Error::NotFound`] for another's.
pub async fn finish(agent: &Agent, tenant: Uuid, request_id: Uuid) -> Result<()> {
    let now = agent.house.now();
    scope(agent, tenant)
        .write(async |tx| {
            let request = support::find(tx, request_id).await?;
            if request.state(now) != State::Granted {
                return Err(Error::Conflict("This access does not run"));
            }
            // Written down first: once it has ended, the database takes no entry any more.
            record(tx, agent, "support.ended", request_id, json!({})).await.map_err(refused)?;
            sqlx::query!(
                "update support_requests set ended_at = $3 where tenant_id = $1 and request_id = $2",
                tx.tenant().uuid(),
                request_id,
                now
            )
            .execute(&mut *tx)
            .await?;
            Ok(())
        })
        .await
}

/// One look under the running grant, with its entry in both logs.
///
/// # Errors
/// [`Error::SupportNotGranted`] when none runs: by our own clock, and by the database's, which takes no entry then.
pub async fn look<T>(agent: &Agent, tenant: Uuid, at: &'static str, read: impl AsyncFnOnce(&mut Tx<Support>) -> Result<T>) -> Result<T> {
    let now = agent.house.now();
    scope(agent, tenant)
        .write(async |tx| {
            let running = support::list(tx).await?.into_iter().find(|request| request.state(now) == State::Granted);
            let request = running.ok_or(Error::SupportNotGranted)?;
            let details = json!({ "at": at, "reason": request.reason });
            record(tx, agent, "support.looked", request.request_id, details).await.map_err(refused)?;
            read(tx).await
        })
        .await
}

fn refused(error: Error) -> Error {
    match error {
        Error::Internal(source) if source.downcast_ref::<sqlx::Error>().is_some_and(is_refused_by_policy) => Error::SupportNotGranted,
        other => other,
    }
}

/// In the tenant's log about the request, and in the platform's about the tenant.
async fn record<D: TenantDoor>(tx: &mut Tx<D>, agent: &Agent, action: &'static str, request_id: Uuid, mut details: Value) -> Result<()> {
    let (tenant, now) = (tx.tenant().uuid(), agent.house.now());
    let actor = Actor::operator(agent);
    let event = Event { actor, action, subject_kind: "support_request", subject_id: request_id, details: details.clone() };
    audit::record(tx, event, now).await?;
    if let Some(details) = details.as_object_mut() {
        details.insert("request".to_owned(), Value::from(request_id.to_string()));
    }
    operators::record(tx, &Doer::agent(agent), action, tenant, details, now).await
}

/// Until when the running one of these runs.
pub fn running(requests: &[Request], now: DateTime<Utc>) -> Option<(&Request, DateTime<Utc>)> {
    requests.iter().find(|request| request.state(now) == State::Granted).and_then(|request| Some((request, request.granted_until?)))
}
