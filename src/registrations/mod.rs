//! A proven phone asks one wholesaler for an account. Asking and deciding are separate acts by separate
//! people: this is the asking; `office_requests` is the deciding.

pub mod api;
pub mod pages;
pub mod telling;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::json;
use uuid::Uuid;

use crate::audit::{self, Actor, Event};
use crate::confirmations;
use crate::db::{Counter, Tx};
use crate::error::{Error, FieldErrors, Result, is_duplicate};
use crate::ids::RequestId;
use crate::jobs::{self, Job, Lane};
use crate::tenancy::AccessStatus;
use crate::tenancy::extract::Caller;
use crate::values::text;

/// That somebody has asked, in the audit log and beside the key they asked under.
pub const MADE: &str = "registration_request.made";

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// An account.
    #[default]
    Account,
    /// The account one had before, under another number or long ago.
    Return,
}

impl Kind {
    /// From a form's or a body's word; an account when it says nothing.
    ///
    /// # Errors
    /// [`Error::Invalid`] when it is neither.
    pub fn parse(word: &str) -> Result<Self> {
        match word {
            "" | "account" => Ok(Self::Account),
            "return" => Ok(Self::Return),
            _ => Err(Error::invalid("kind", "There is account and return.")),
        }
    }

    /// The word of the API and the database.
    pub fn word(self) -> &'static str {
        match self {
            Self::Account => "account",
            Self::Return => "return",
        }
    }
}

/// What a shop says of itself, read and bounded.
#[derive(Debug, Clone, Serialize)]
pub struct NewRequest {
    pub kind: Kind,
    /// Of somebody who comes back: the account's number may stand here as well.
    pub business_name: String,
    pub contact_name: String,
    pub message: String,
}

impl NewRequest {
    /// Reads a form or a body.
    ///
    /// # Errors
    /// [`Error::Invalid`] with what is wrong beside each field.
    pub fn parse(kind: Kind, business_name: &str, contact_name: &str, message: &str) -> Result<Self> {
        let mut wrong = FieldErrors::new();
        let name = if kind == Kind::Return { "the name of your business, or your account number" } else { "the name of your business" };
        let business_name = text::line(business_name, text::LONGEST_NAME).map_err(|why| wrong.add("business_name", why.about(name))).ok();
        let contact_name =
            text::line(contact_name, text::LONGEST_NAME).map_err(|why| wrong.add("contact_name", why.about("your name"))).ok();
        let message = text::optional(message, text::LONGEST_MESSAGE).map_err(|why| wrong.add("message", why.about("your message"))).ok();
        let all = business_name.zip(contact_name).zip(message);
        wrong.or(all.map(|((business_name, contact_name), message)| Self { kind, business_name, contact_name, message }))
    }
}

/// A request, as the customer who made it sees it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Request {
    pub request_id: Uuid,
    /// Answers that were kept before there were kinds have none.
    #[serde(default = "account")]
    pub kind: String,
    pub business_name: String,
    pub contact_name: String,
    pub message: String,
    pub status: String,
    pub reason: String,
    pub created_at: DateTime<Utc>,
    pub decided_at: Option<DateTime<Utc>>,
}

fn account() -> String {
    Kind::Account.word().to_owned()
}

/// How things stand between this customer and this wholesaler.
pub async fn standing(tx: &mut Tx<Counter>, caller: &Caller) -> Result<AccessStatus> {
    if let Some(access) = &caller.session.access {
        return Ok(if access.suspended { AccessStatus::Suspended } else { AccessStatus::Active });
    }
    Ok(match current(tx, caller).await? {
        Some(request) if request.status == "pending" => AccessStatus::Pending,
        Some(request) if request.status == "rejected" => AccessStatus::Rejected,
        _ if confirmations::open(tx, caller).await?.is_some() => AccessStatus::Pending,
        _ => AccessStatus::None,
    })
}

/// The newest request of this customer here.
pub async fn current(tx: &mut Tx<Counter>, caller: &Caller) -> Result<Option<Request>> {
    Ok(sqlx::query_as!(
        Request,
        "select request_id, kind, business_name, contact_name, message, status, reason, created_at, decided_at
           from registration_requests where tenant_id = $1 and customer_id = $2
          order by created_at desc limit 1",
        tx.tenant().uuid(),
        caller.session.customer_id.uuid()
    )
    .fetch_optional(&mut *tx)
    .await?)
}

/// Asks for an account.
///
/// # Errors
/// [`Error::Conflict`] when there is an account or an open request already; [`Error::ConfirmationNeeded`] while it is
/// not settled whether they are somebody who had an account.
pub async fn ask(tx: &mut Tx<Counter>, caller: &Caller, new: &NewRequest) -> Result<Request> {
    let now = caller.house.now();
    if caller.session.access.is_some() {
        return Err(Error::Conflict("You have an account here already"));
    }
    if new.kind == Kind::Account && confirmations::open(tx, caller).await?.is_some() {
        return Err(Error::ConfirmationNeeded);
    }
    let request_id = RequestId::new();
    let made = sqlx::query!(
        "insert into registration_requests
           (tenant_id, request_id, customer_id, phone, business_name, contact_name, message, status, created_at, kind)
         values ($1, $2, $3, $4, $5, $6, $7, 'pending', $8, $9)",
        tx.tenant().uuid(),
        request_id.uuid(),
        caller.session.customer_id.uuid(),
        caller.session.phone.as_str(),
        new.business_name,
        new.contact_name,
        new.message,
        now,
        new.kind.word()
    )
    .execute(&mut *tx)
    .await;
    match made {
        Err(error) if is_duplicate(&error) => return Err(Error::Conflict("You have asked already, and they have not decided yet")),
        made => made?,
    };
    let event = Event {
        actor: Actor::customer(caller),
        action: MADE,
        subject_kind: "registration_request",
        subject_id: request_id.uuid(),
        details: json!({}),
    };
    let tenant = tx.tenant();
    jobs::enqueue(tx, Lane::Letters, Job::TellStaff(request_id), Some(tenant), now).await?;
    audit::record(tx, event, now).await?;
    current(tx, caller).await?.ok_or(Error::NotFound)
}

/// Takes an open request back.
pub async fn withdraw(tx: &mut Tx<Counter>, caller: &Caller) -> Result<()> {
    let now = caller.house.now();
    let withdrawn = sqlx::query_scalar!(
        "update registration_requests set status = 'withdrawn', decided_at = $3
          where tenant_id = $1 and customer_id = $2 and status = 'pending' returning request_id",
        tx.tenant().uuid(),
        caller.session.customer_id.uuid(),
        now
    )
    .fetch_optional(&mut *tx)
    .await?
    .ok_or(Error::Conflict("There is no open request to take back"))?;
    let event = Event {
        actor: Actor::customer(caller),
        action: "registration_request.withdrawn",
        subject_kind: "registration_request",
        subject_id: withdrawn,
        details: json!({}),
    };
    audit::record(tx, event, now).await
}
