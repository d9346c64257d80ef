//! Takes jobs off the queue. A job is claimed by locking its row for as long as it runs: when the process
//! dies, the lock dies with its connection, and the next worker finds the job as it was.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use tokio::sync::watch;
use tokio::task::{JoinError, JoinHandle};
use uuid::Uuid;

use super::{Claimed, Job, Lane, Outcome};
use crate::db::{Platform, Tx};
use crate::error::Result;
use crate::tenancy::House;

/// One worker each, with the lanes it serves, the first before the second. Every lane has two, one of them its own, so that
/// neither a carrier that hangs nor ten thousand letters keep a code waiting. Files go nowhere, one after the other.
const WORKERS: [&[Lane]; 7] = [
    &[Lane::TextCodes],
    &[Lane::TextCodes, Lane::Texts],
    &[Lane::Texts],
    &[Lane::MailCodes],
    &[Lane::MailCodes, Lane::Letters],
    &[Lane::Letters],
    &[Lane::Files],
];
/// How long a worker sleeps when nothing wakes it.
const POLL: Duration = Duration::from_secs(2);

/// How often a claim is used while its job runs: a connection on which nothing happens is ended by the database.
const BREATH: Duration = Duration::from_secs(20);

/// How long until it is looked whether the counter of a job that is held is open again; opening it brings it forward.
const HELD: TimeDelta = TimeDelta::minutes(5);

/// What runs a job.
pub trait Runner: Send + Sync + 'static {
    /// Does it.
    fn run(self: Arc<Self>, claimed: Claimed) -> impl Future<Output = Result<Outcome>> + Send;
}

/// Works until `stop` says so, and then finishes what has begun. Every change of `wake` wakes every worker; one that comes
/// while a worker is busy is not lost.
pub async fn work<R: Runner>(house: Arc<House>, runner: Arc<R>, wake: watch::Receiver<()>, stop: watch::Receiver<bool>) {
    let workers = WORKERS.map(|lanes| {
        let (house, runner, mut wake, mut stop) = (Arc::clone(&house), Arc::clone(&runner), wake.clone(), stop.clone());
        tokio::spawn(async move {
            let mut turns = Turns::default();
            while !*stop.borrow() {
                match run_next(&house, &runner, lanes, &mut turns).await {
                    Ok(true) => {}
                    Ok(false) => {
                        tokio::select! {
                            _ = wake.changed() => {}
                            () = tokio::time::sleep(POLL) => {}
                            _ = stop.changed() => {}
                        }
                    }
                    Err(error) => {
                        tracing::error!(error = error.for_log(), "the queue could not be worked");
                        tokio::time::sleep(POLL).await;
                    }
                }
            }
        })
    });
    futures_util::future::join_all(workers).await;
}

/// Whom a worker has served last in each lane. Tenants take turns, so that ten thousand texts of one keep the first of another waiting
/// for one of them and no more.
#[derive(Default)]
pub struct Turns(HashMap<&'static str, Uuid>);

/// Runs the next due job of these lanes; false when there is none.
pub async fn run_next<R: Runner>(house: &House, runner: &Arc<R>, lanes: &[Lane], turns: &mut Turns) -> Result<bool> {
    let mut tx = house.db().platform().open_write().await?;
    let Some(row) = claim(&mut tx, lanes, turns, house.now()).await? else { return Ok(false) };
    let outcome = match Job::parse(&row.kind, row.subject_id) {
        Some(job) => {
            let is_last_try = house.now() - row.created_at >= super::PATIENCE;
            let claimed = Claimed { job, tenant: row.for_tenant.map(Into::into), queued_at: row.created_at, is_last_try };
            // In a task of its own, so that a panic in one job ends neither the worker nor the claim.
            claimed.settled(match hold(&mut tx, tokio::spawn(Arc::clone(runner).run(claimed))).await {
                Ok(Ok(outcome)) => outcome,
                Ok(Err(error)) => Outcome::Later(error.for_log()),
                Err(_) => Outcome::Later("it panicked".to_owned()),
            })
        }
        None => Outcome::GiveUp(format!("no job is called {}", row.kind)),
    };
    // What came of it is known only now, which may be a time-out later: a pause begins here.
    write_down(&mut tx, &row, outcome, house.now()).await?;
    tx.commit().await?;
    Ok(true)
}

/// Waits for a job, however long it takes, and keeps its claim meanwhile.
async fn hold<T>(tx: &mut Tx<Platform>, mut job: JoinHandle<T>) -> Result<T, JoinError> {
    loop {
        match tokio::time::timeout(BREATH, &mut job).await {
            Ok(done) => return done,
            // A claim that is lost is no reason to end the job: whoever claims it next finds it done.
            Err(_) => drop(sqlx::query_scalar!(r#"select 1 as "one!""#).fetch_one(&mut *tx).await),
        }
    }
}

struct Row {
    id: Uuid,
    kind: String,
    for_tenant: Option<Uuid>,
    subject_id: Uuid,
    attempts: i16,
    created_at: DateTime<Utc>,
    /// The tenant; of what is for none, the platform, which takes turns with them.
    whose: Uuid,
}

async fn claim(tx: &mut Tx<Platform>, lanes: &[Lane], turns: &mut Turns, now: DateTime<Utc>) -> Result<Option<Row>> {
    for lane in lanes {
        let last = turns.0.get(lane.word()).copied().unwrap_or_default();
        let row = match claim_after(tx, *lane, last, now).await? {
            Some(row) => Some(row),
            None => claim_until(tx, *lane, last, now).await?,
        };
        if let Some(row) = row {
            turns.0.insert(lane.word(), row.whose);
            return Ok(Some(row));
        }
    }
    Ok(None)
}

/// The oldest of the first whose turn it is after this one.
async fn claim_after(tx: &mut Tx<Platform>, lane: Lane, last: Uuid, now: DateTime<Utc>) -> Result<Option<Row>> {
    let row = sqlx::query_as!(
        Row,
        r#"select id, kind, for_tenant, subject_id, attempts, created_at, whose as "whose!" from jobs
            where lane = $1 and given_up_at is null and whose > $3 and run_at <= $2
            order by whose, run_at limit 1 for update skip locked"#,
        lane.word(),
        now,
        last
    );
    Ok(row.fetch_optional(&mut *tx).await?)
}

/// From the beginning again, up to this one.
async fn claim_until(tx: &mut Tx<Platform>, lane: Lane, last: Uuid, now: DateTime<Utc>) -> Result<Option<Row>> {
    let row = sqlx::query_as!(
        Row,
        r#"select id, kind, for_tenant, subject_id, attempts, created_at, whose as "whose!" from jobs
            where lane = $1 and given_up_at is null and whose <= $3 and run_at <= $2
            order by whose, run_at limit 1 for update skip locked"#,
        lane.word(),
        now,
        last
    );
    Ok(row.fetch_optional(&mut *tx).await?)
}

async fn write_down(tx: &mut Tx<Platform>, row: &Row, outcome: Outcome, now: DateTime<Utc>) -> Result<()> {
    let (id, attempts) = (row.id, row.attempts);
    metrics::counter!("jobs_run", "outcome" => match &outcome {
        Outcome::Done => "done",
        Outcome::Held => "held",
        Outcome::Later(_) => "later",
        Outcome::GiveUp(_) => "given up",
    })
    .increment(1);
    match outcome.without_secrets() {
        Outcome::Done => {
            sqlx::query!("delete from jobs where id = $1", id).execute(&mut *tx).await?;
        }
        Outcome::Held => {
            // The day that it may be tried for begins when it no longer waits.
            sqlx::query!("update jobs set run_at = $2, created_at = $3 where id = $1", id, now + HELD, now).execute(&mut *tx).await?;
        }
        Outcome::Later(why) => {
            tracing::warn!(job = %id, why, attempts, "a job goes back into the queue");
            let again_at = now + TimeDelta::from_std(super::pause_after(attempts)).unwrap_or_default();
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
