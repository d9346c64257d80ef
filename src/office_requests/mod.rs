//! The office's queue of registration requests. Approving and rejecting are two acts, each with its own
//! message and its own line in the audit log; of two people who decide at once, one does.

mod account;
pub mod api;
pub mod pages;
mod returning;
mod telling;

use chrono::{DateTime, Utc};
use serde_json::json;
use uuid::Uuid;

use crate::audit::{self, Actor, Event};
use crate::db::{Office, Tx};
use crate::error::{Error, Result, is_duplicate};
use crate::ids::AccessId;
use crate::tenancy::extract::{Decider, Member, RoleRule};
use crate::values::text;

use account::Chosen;
pub use account::{Account, Choice, accounts};
pub use returning::{Candidate, approve_return, candidates};

/// A request, as the office sees it.
#[derive(Debug, Clone)]
pub struct Request {
    pub request_id: Uuid,
    /// `account`, or `return` of somebody who had one before.
    pub kind: String,
    /// None once the customer was erased, and then the names and the words are empty.
    pub phone: Option<String>,
    pub business_name: String,
    pub contact_name: String,
    pub message: String,
    pub status: String,
    pub reason: String,
    pub decided_by: String,
    pub created_at: DateTime<Utc>,
    pub decided_at: Option<DateTime<Utc>>,
}

/// Which part of the queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    Pending,
    Approved,
    Rejected,
    Withdrawn,
    /// Everything that is not pending.
    Decided,
    All,
}

impl Wanted {
    /// From a query's word.
    pub fn parse(word: &str) -> Result<Self> {
        Ok(match word {
            "pending" => Self::Pending,
            "approved" => Self::Approved,
            "rejected" => Self::Rejected,
            "withdrawn" => Self::Withdrawn,
            "decided" => Self::Decided,
            "" | "all" => Self::All,
            _ => return Err(Error::invalid("status", "There is pending, approved, rejected, withdrawn, decided and all.")),
        })
    }

    fn statuses(self) -> Vec<String> {
        let words: &[&str] = match self {
            Self::Pending => &["pending"],
            Self::Approved => &["approved"],
            Self::Rejected => &["rejected"],
            Self::Withdrawn => &["withdrawn"],
            Self::Decided => &["approved", "rejected", "withdrawn"],
            Self::All => &["pending", "approved", "rejected", "withdrawn"],
        };
        words.iter().map(|word| (*word).to_owned()).collect()
    }
}

/// How many rows a page of the queue has.
pub const PAGE: i64 = 50;

/// The queue, longest waiting first; decided ones, newest first. `after` is the last id of the page before.
pub async fn list(tx: &mut Tx<Office>, wanted: Wanted, after: Option<Uuid>) -> Result<Vec<Request>> {
    let statuses = wanted.statuses();
    // Ids are made in the order of time, so they are the order and the cursor at once.
    let oldest_first = wanted == Wanted::Pending;
    let after = after.unwrap_or(if oldest_first { Uuid::nil() } else { Uuid::max() });
    Ok(sqlx::query_as!(
        Request,
        "select request_id, kind, phone, business_name, contact_name, message, status, reason, decided_by, created_at, decided_at
           from registration_requests
          where tenant_id = $1 and status = any($2)
            and case when $3 then request_id > $4 else request_id < $4 end
          order by case when $3 then request_id end asc, request_id desc
          limit $5",
        tx.tenant().uuid(),
        &statuses,
        oldest_first,
        after,
        PAGE
    )
    .fetch_all(&mut *tx)
    .await?)
}

/// One request.
pub async fn find(tx: &mut Tx<Office>, request_id: Uuid) -> Result<Request> {
    Ok(sqlx::query_as!(
        Request,
        "select request_id, kind, phone, business_name, contact_name, message, status, reason, decided_by, created_at, decided_at
           from registration_requests where tenant_id = $1 and request_id = $2",
        tx.tenant().uuid(),
        request_id
    )
    .fetch_one(&mut *tx)
    .await?)
}

/// How many requests wait, for the menu of those who have the queue there.
pub async fn waiting(tx: &mut Tx<Office>, member: &Member) -> Result<i64> {
    if !Decider::allows(member.session.role) {
        return Ok(0);
    }
    let tenant = tx.tenant().uuid();
    let count = sqlx::query_scalar!(
        r#"select count(*) as "waiting!" from registration_requests where tenant_id = $1 and status = 'pending'"#,
        tenant
    );
    Ok(count.fetch_one(&mut *tx).await?)
}

/// How the queue stands.
pub struct Figures {
    pub waiting: i64,
    pub longest_waiting_since: Option<DateTime<Utc>>,
    pub approved_this_month: i64,
    pub rejected_this_month: i64,
}

/// Counts the queue; the month begins at `month_start`.
pub async fn figures(tx: &mut Tx<Office>, month_start: DateTime<Utc>) -> Result<Figures> {
    Ok(sqlx::query_as!(
        Figures,
        r#"select count(*) filter (where status = 'pending') as "waiting!",
                  min(created_at) filter (where status = 'pending') as longest_waiting_since,
                  count(*) filter (where status = 'approved' and decided_at >= $2) as "approved_this_month!",
                  count(*) filter (where status = 'rejected' and decided_at >= $2) as "rejected_this_month!"
             from registration_requests where tenant_id = $1 and (status = 'pending' or decided_at >= $2)"#,
        tx.tenant().uuid(),
        month_start
    )
    .fetch_one(&mut *tx)
    .await?)
}

/// What the customer of an approved request was let in for, as it is now.
pub struct LetIn {
    pub access_id: Uuid,
    pub account_number: String,
    pub business_name: String,
    pub role: String,
}

/// What the customer of a request was let in for, if they were.
pub async fn let_in_by(tx: &mut Tx<Office>, request_id: Uuid) -> Result<Option<LetIn>> {
    Ok(sqlx::query_as!(
        LetIn,
        "select a.access_id, t.account_number, t.business_name, a.role
           from registration_requests r
           join account_access a on a.tenant_id = r.tenant_id and a.customer_id = r.customer_id
           join trade_accounts t on t.tenant_id = a.tenant_id and t.account_id = a.account_id
          where r.tenant_id = $1 and r.request_id = $2 and r.status = 'approved'",
        tx.tenant().uuid(),
        request_id
    )
    .fetch_optional(&mut *tx)
    .await?)
}

/// What an approval gave.
pub struct Approved {
    pub account_number: String,
}

/// Lets the customer in.
///
/// # Errors
/// [`Error::Invalid`] when the number does not fit the choice, [`Error::Conflict`] when it was decided already.
pub async fn approve(tx: &mut Tx<Office>, member: &Member, request_id: Uuid, choice: &Choice) -> Result<Approved> {
    let now = member.house.now();
    let decided = sqlx::query!(
        "update registration_requests set status = 'approved', decided_by = $3, decided_at = $4
          where tenant_id = $1 and request_id = $2 and status = 'pending' and kind = 'account'
         returning customer_id as \"customer_id!\", phone as \"phone!\", business_name, contact_name",
        tx.tenant().uuid(),
        request_id,
        member.session.name,
        now
    )
    .fetch_optional(&mut *tx)
    .await?;
    let Some(request) = decided else { return Err(why_not(tx, request_id).await) };
    let (account_id, account_number, role) = match account::choose(tx, choice).await? {
        Chosen::Existing(account_id, number) => (account_id, number, "buyer"),
        Chosen::New(number) => (account::open(tx, member, &number, &request.business_name, &request.phone, now).await?, number, "owner"),
    };
    let access_id = AccessId::new();
    let let_in = sqlx::query!(
        "insert into account_access (tenant_id, access_id, account_id, customer_id, phone, contact_name, role, status, created_at)
         values ($1, $2, $3, $4, $5, $6, $7, 'active', $8)",
        tx.tenant().uuid(),
        access_id.uuid(),
        account_id.uuid(),
        request.customer_id,
        request.phone,
        request.contact_name,
        role,
        now
    )
    .execute(&mut *tx)
    .await;
    match let_in {
        Err(error) if is_duplicate(&error) => return Err(Error::Conflict("This customer has an account here already")),
        let_in => let_in?,
    };
    telling::approved(tx, member, request.customer_id.into(), &request.phone).await?;
    for (subject_kind, subject_id) in [("registration_request", request_id), ("account_access", access_id.uuid())] {
        let details = json!({ "account_number": account_number });
        let event = Event { actor: Actor::staff(member), action: "registration_request.approved", subject_kind, subject_id, details };
        audit::record(tx, event, now).await?;
    }
    Ok(Approved { account_number })
}

/// Turns the request down, with a reason that the customer will read; it comes back as it is kept.
///
/// # Errors
/// [`Error::Invalid`] without a reason, [`Error::Conflict`] when it was decided already.
pub async fn reject(tx: &mut Tx<Office>, member: &Member, request_id: Uuid, reason: &str) -> Result<String> {
    let reason = text::block(reason, text::LONGEST_REASON)
        .map_err(|why| Error::invalid("reason", why.about("the reason, in words for the customer")))?;
    let now = member.house.now();
    let decided = sqlx::query!(
        "update registration_requests set status = 'rejected', reason = $3, decided_by = $4, decided_at = $5
          where tenant_id = $1 and request_id = $2 and status = 'pending'
         returning customer_id as \"customer_id!\", phone as \"phone!\"",
        tx.tenant().uuid(),
        request_id,
        reason,
        member.session.name,
        now
    )
    .fetch_optional(&mut *tx)
    .await?;
    let Some(request) = decided else { return Err(why_not(tx, request_id).await) };
    let event = Event {
        actor: Actor::staff(member),
        action: "registration_request.rejected",
        subject_kind: "registration_request",
        subject_id: request_id,
        // The reason is about the customer, and stands with their request.
        details: json!({}),
    };
    telling::rejected(tx, member, request.customer_id.into(), &request.phone, &reason).await?;
    audit::record(tx, event, now).await?;
    Ok(reason)
}

/// Nothing was decided just now: because there is no such request, or because somebody was first.
async fn why_not(tx: &mut Tx<Office>, request_id: Uuid) -> Error {
    match find(tx, request_id).await {
        Ok(request) if request.status == "pending" => {
            Error::invalid("customer", "They say that they had an account. Choose whose it was, or reject the request.")
        }
        Ok(_) => Error::Conflict("This request has been decided already"),
        Err(error) => error,
    }
}
