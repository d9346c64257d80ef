//! What was given up, by the console's API.

use poem_openapi::param::{Path, Query};
use poem_openapi::payload::Json;
use poem_openapi::{ApiResponse, Object, OpenApi};
use uuid::Uuid;

use super::{can_be_retried, let_go, retry, what};
use crate::api::typed::Id;
use crate::api::{Chapter, time};
use crate::error::Result;
use crate::jobs::given_up::{GivenUp, list};
use crate::lists::{NEWEST, read_cursor};
use crate::tenancy::extract::{AnyOperator, Operator};

pub struct ConsoleJobsApi;

/// A job that was given up.
#[derive(Object)]
pub struct GivenUpJob {
    id: Uuid,
    /// Such as `send_message`.
    kind: String,
    /// The same in words.
    what: String,
    /// The id of the wholesaler whose it is; null of what is the platform's own.
    tenant: Option<Uuid>,
    queued_at: String,
    given_up_at: String,
    /// How often it was tried.
    tries: i16,
    /// Why it did not work. No number, address or code stands in it.
    why: String,
    /// Whether trying it again can come to anything; not of a code, which is good for minutes.
    can_be_retried: bool,
}

impl From<GivenUp> for GivenUpJob {
    fn from(job: GivenUp) -> Self {
        Self {
            id: job.id,
            what: what(&job),
            can_be_retried: can_be_retried(&job),
            kind: job.kind,
            tenant: job.tenant,
            queued_at: time(job.queued_at),
            given_up_at: time(job.given_up_at),
            tries: job.tries,
            why: job.why,
        }
    }
}

/// A page of them.
#[derive(Object)]
pub struct GivenUpJobList {
    items: Vec<GivenUpJob>,
    /// Pass it as `cursor` for the next page; null on the last.
    next: Option<String>,
}

#[derive(ApiResponse)]
pub enum JobTended {
    #[oai(status = 204)]
    Done,
}

#[OpenApi(prefix_path = "/api/v1", tag = "Chapter::Jobs")]
impl ConsoleJobsApi {
    /// What was given up; what was queued last comes first
    #[oai(path = "/jobs", method = "get")]
    async fn list_given_up_jobs(
        &self,
        mut operator: Operator<AnyOperator>,
        /// The `next` of the page before.
        cursor: Query<Option<String>>,
    ) -> Result<Json<GivenUpJobList>> {
        let before = read_cursor(cursor.0.as_deref())?.unwrap_or(NEWEST);
        let part = list(&mut operator.tx, before).await?;
        let next = part.next.map(|id| id.to_string());
        Ok(Json(GivenUpJobList { items: part.items.into_iter().map(Into::into).collect(), next }))
    }

    /// Have a job tried again
    ///
    /// At once, and for as long as if it were new. A message that has failed waits again, under another job. A code, or a message that has arrived or
    /// was let go meanwhile: 409.
    #[oai(path = "/jobs/:id/retry", method = "post")]
    async fn create_job_retry(&self, operator: Operator<AnyOperator>, id: Path<Id>) -> Result<JobTended> {
        let agent = operator.leave().await?;
        retry(&agent, id.uuid()).await?;
        Ok(JobTended::Done)
    }

    /// Let a job go
    ///
    /// A message of its that still waited has then failed.
    #[oai(path = "/jobs/:id", method = "delete")]
    async fn delete_job(&self, operator: Operator<AnyOperator>, id: Path<Id>) -> Result<JobTended> {
        let_go(&operator.leave().await?, id.uuid()).await?;
        Ok(JobTended::Done)
    }
}
