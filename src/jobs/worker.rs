//! Takes jobs off the queue. A job is claimed by locking its row for as long as it runs: when the process
//! dies, the lock dies with its connection, and the next worker finds the job as it was.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use tokio::sync::{Notify, watch};

use super::{Claimed, Job, Outcome};
use crate::db::{Platform, Tx};
use crate::error::Result;
use crate::tenancy::House;

const WORKERS: usize = 4;
/// How long a worker sleeps when nothing wakes it.
const POLL: Duration = Duration::from_secs(2);

/// What runs a job.
pub trait Runner: Send + Sync + 'static {
    /// Does it.
    fn run(self: Arc<Self>, claimed: Claimed) -> impl Future<Output = Result<Outcome>> + Send;
}

/// Works until `stop` says so, and then finishes what has begun.
pub async fn work<R: Runner>(house: Arc<House>, runner: Arc<R>, wake: Arc<Notify>, stop: watch::Receiver<bool>) {
    let workers = (0..WORKERS).map(|_| {
        let (house, runner, wake, mut stop) = (Arc::clone(&house), Arc::clone(&runner), Arc::clone(&wake), stop.clone());
        tokio::spawn(async move {
            while !*stop.borrow() {
                match run_next(&house, &runner).await {
                    Ok(true) => {}
                    Ok(false) => {
                        tokio::select! {
                            () = wake.notified() => {}
                            () = tokio::time::sleep(POLL) => {}
                            _ = stop.changed() => {}
                        }
                    }
                    Err(error) => {
                        tracing::error!(error = format!("{error:#?}"), "the queue could not be worked");
                        tokio::time::sleep(POLL).await;
                    }
                }
            }
        })
    });
    futures_util::future::join_all(workers).await;
}

/// Runs the next due job; false when there is none.
pub async fn run_next<R: Runner>(house: &House, runner: &Arc<R>) -> Result<bool> {
    let mut tx = house.db().platform().open_write().await?;
    let now = house.now();
    let row = sqlx::query!(
        "select id, kind, for_tenant, subject_id, attempts from jobs
          where given_up_at is null and run_at <= $1
          order by run_at limit 1 for update skip locked",
        now
    )
    .fetch_optional(&mut tx)
    .await?;
    let Some(row) = row else { return Ok(false) };
    let outcome = match Job::parse(&row.kind, row.subject_id) {
        Some(job) => {
            let claimed = Claimed { job, tenant: row.for_tenant.map(Into::into), attempts: row.attempts };
            // In a task of its own, so that a panic in one job ends neither the worker nor the claim.
            match tokio::spawn(Arc::clone(runner).run(claimed)).await {
                Ok(Ok(outcome)) => outcome,
                Ok(Err(error)) => Outcome::Later(super::pause_after(row.attempts), format!("{error:?}")),
                Err(_) => Outcome::Later(super::pause_after(row.attempts), "it panicked".to_owned()),
            }
        }
        None => Outcome::GiveUp(format!("no job is called {}", row.kind)),
    };
    settle(&mut tx, row.id, row.attempts, outcome, now).await?;
    tx.commit().await?;
    Ok(true)
}

async fn settle(tx: &mut Tx<Platform>, id: uuid::Uuid, attempts: i16, outcome: Outcome, now: DateTime<Utc>) -> Result<()> {
    let outcome = match outcome {
        Outcome::Later(_, why) if super::is_last_attempt(attempts) => Outcome::GiveUp(why),
        other => other,
    };
    metrics::counter!("jobs_run", "outcome" => match &outcome {
        Outcome::Done => "done",
        Outcome::Later(..) => "later",
        Outcome::GiveUp(_) => "given up",
    })
    .increment(1);
    match outcome {
        Outcome::Done => {
            sqlx::query!("delete from jobs where id = $1", id).execute(&mut *tx).await?;
        }
        Outcome::Later(pause, why) => {
            tracing::warn!(job = %id, why, attempts, "a job goes back into the queue");
            let again_at = now + TimeDelta::from_std(pause).unwrap_or_default();
            sqlx::query!("update jobs set attempts = attempts + 1, run_at = $2, last_error = $3 where id = $1", id, again_at, why)
                .execute(&mut *tx)
                .await?;
        }
        Outcome::GiveUp(why) => {
            tracing::error!(job = %id, why, "a job was given up");
            sqlx::query!("update jobs set attempts = attempts + 1, given_up_at = $2, last_error = $3 where id = $1", id, now, why)
                .execute(&mut *tx)
                .await?;
        }
    }
    Ok(())
}
