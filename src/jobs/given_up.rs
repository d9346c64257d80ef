//! What was given up, for the platform's people: it can be tried again, or let go. After ninety days it goes by itself.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::Job;
use crate::db::{Platform, Tx};
use crate::error::{Error, Result};
use crate::lists::{Part, one_more};

/// A job that was given up.
pub struct GivenUp {
    pub id: Uuid,
    pub kind: String,
    pub subject_id: Uuid,
    pub tenant: Option<Uuid>,
    /// Of the tenant; empty of what is for none.
    pub business_name: String,
    pub queued_at: DateTime<Utc>,
    pub given_up_at: DateTime<Utc>,
    /// How often it was tried.
    pub tries: i16,
    /// Without anything of whom it is about.
    pub why: String,
}

impl GivenUp {
    /// What is to be done; None when this version does not know it.
    pub fn job(&self) -> Option<Job> {
        Job::parse(&self.kind, self.subject_id)
    }
}

/// What was put into the queue last comes first. `before` is where the page before ended.
pub async fn list(tx: &mut Tx<Platform>, before: Uuid) -> Result<Part<GivenUp>> {
    let rows = sqlx::query_as!(
        GivenUp,
        r#"select j.id, j.kind, j.subject_id, t.id as "tenant?", coalesce(t.business_name, '') as "business_name!", j.created_at as queued_at,
                  j.given_up_at as "given_up_at!", j.attempts as tries, coalesce(j.last_error, '') as "why!"
             from jobs j left join tenants t on t.id = j.for_tenant
            where j.given_up_at is not null and j.id < $1 order by j.id desc limit $2"#,
        before,
        one_more()
    )
    .fetch_all(&mut *tx)
    .await?;
    Ok(Part::of(rows, |row| row.id))
}

/// One of them.
///
/// # Errors
/// [`Error::NotFound`] when there is none of this id that was given up.
pub async fn find(tx: &mut Tx<Platform>, id: Uuid) -> Result<GivenUp> {
    let row = sqlx::query_as!(
        GivenUp,
        r#"select j.id, j.kind, j.subject_id, t.id as "tenant?", coalesce(t.business_name, '') as "business_name!", j.created_at as queued_at,
                  j.given_up_at as "given_up_at!", j.attempts as tries, coalesce(j.last_error, '') as "why!"
             from jobs j left join tenants t on t.id = j.for_tenant
            where j.given_up_at is not null and j.id = $1"#,
        id
    );
    row.fetch_optional(&mut *tx).await?.ok_or(Error::NotFound)
}

/// Puts it back into the queue, to be tried at once and for as long as if it were new.
///
/// # Errors
/// [`Error::NotFound`] when somebody else was faster.
pub async fn put_back(tx: &mut Tx<Platform>, id: Uuid, now: DateTime<Utc>) -> Result<()> {
    let back = sqlx::query!(
        "update jobs set given_up_at = null, attempts = 0, run_at = $2, created_at = $2, last_error = null
          where id = $1 and given_up_at is not null",
        id,
        now
    );
    if back.execute(&mut *tx).await?.rows_affected() == 0 { Err(Error::NotFound) } else { Ok(()) }
}

/// Takes it away.
///
/// # Errors
/// [`Error::NotFound`] when somebody else was faster.
pub async fn remove(tx: &mut Tx<Platform>, id: Uuid) -> Result<()> {
    let removed = sqlx::query!("delete from jobs where id = $1 and given_up_at is not null", id);
    if removed.execute(&mut *tx).await?.rows_affected() == 0 { Err(Error::NotFound) } else { Ok(()) }
}

/// Whether something in the queue is about the same thing, of the same kind or another.
pub async fn is_queued_again(tx: &mut Tx<Platform>, subject: Uuid) -> Result<bool> {
    let queued =
        sqlx::query_scalar!(r#"select exists (select from jobs where subject_id = $1 and given_up_at is null) as "is_queued!""#, subject);
    Ok(queued.fetch_one(&mut *tx).await?)
}
