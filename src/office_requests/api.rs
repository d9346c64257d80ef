//! The queue and its decisions, by the API.

use poem_openapi::param::{Path, Query};
use poem_openapi::payload::Json;
use poem_openapi::{Object, OpenApi};
use uuid::Uuid;

use super::{Choice, PAGE, Request, Wanted, approve, approve_return, find, list, reject};
use crate::api::typed::{Body, Id, Text};
use crate::api::{Chapter, time};
use crate::error::{Error, Result};
use crate::lists::read_cursor;
use crate::tenancy::extract::{Decider, Staff};
use crate::values::text::{LONGEST_ACCOUNT_NUMBER, LONGEST_REASON};

pub struct OfficeRequestsApi;

/// A request, as the office sees it.
#[derive(Object)]
pub struct OfficeRequest {
    id: Uuid,
    /// `account`, or `return` of somebody who says that they had one, under another number or long ago.
    kind: String,
    /// E.164; null once the customer has been erased, and then the names and the message are empty.
    phone: Option<String>,
    business_name: String,
    contact_name: String,
    message: String,
    /// `pending`, `approved`, `rejected` or `withdrawn`.
    status: String,
    created_at: String,
    /// Why it was rejected.
    reason: Option<String>,
    decided_by: Option<String>,
    decided_at: Option<String>,
}

impl From<Request> for OfficeRequest {
    fn from(request: Request) -> Self {
        Self {
            id: request.request_id,
            kind: request.kind,
            phone: request.phone,
            business_name: request.business_name,
            contact_name: request.contact_name,
            message: request.message,
            reason: (request.status == "rejected").then_some(request.reason),
            decided_by: (!request.decided_by.is_empty()).then_some(request.decided_by),
            decided_at: request.decided_at.map(time),
            created_at: time(request.created_at),
            status: request.status,
        }
    }
}

/// A page of the queue.
#[derive(Object)]
pub struct OfficeRequestList {
    items: Vec<OfficeRequest>,
    /// Pass it as `cursor` for the next page; null on the last.
    next: Option<String>,
}

/// For which trade account.
#[derive(Object)]
#[oai(deny_unknown_fields)]
pub struct ApprovalBody {
    /// An existing account's number, in whatever case, or the number of a new one: letters and digits, with - / . and
    /// blanks between them. Without it a new account gets a number made up.
    account_number: Option<Text<0, LONGEST_ACCOUNT_NUMBER>>,
    /// Of a request of the kind `return`, and of no other: whose access moves to the number that asks, by the customer's id.
    customer: Option<Text<36, 36>>,
}

/// The customer is in.
#[derive(Object)]
pub struct ApprovalAnswer {
    id: Uuid,
    status: String,
    account_number: String,
}

/// Why not.
#[derive(Object)]
#[oai(deny_unknown_fields)]
pub struct RejectionBody {
    /// The customer reads it.
    reason: Text<1, LONGEST_REASON>,
}

/// The customer is told.
#[derive(Object)]
pub struct RejectionAnswer {
    id: Uuid,
    status: String,
    reason: String,
}

#[OpenApi(prefix_path = "/api/v1", tag = "Chapter::Office")]
impl OfficeRequestsApi {
    /// The queue
    #[oai(path = "/office/registration-requests", method = "get")]
    async fn list_registration_requests(
        &self,
        mut staff: Staff<Decider>,
        /// `pending`, `approved`, `rejected`, `withdrawn` or `all`.
        status: Query<Option<String>>,
        /// The `next` of the page before.
        cursor: Query<Option<String>>,
    ) -> Result<Json<OfficeRequestList>> {
        let wanted = Wanted::parse(status.0.as_deref().unwrap_or_default())?;
        let after = read_cursor(cursor.0.as_deref())?;
        let requests = list(&mut staff.tx, wanted, after).await?;
        let is_full = i64::try_from(requests.len()).is_ok_and(|length| length == PAGE);
        let next = requests.last().filter(|_| is_full).map(|last| last.request_id.to_string());
        Ok(Json(OfficeRequestList { items: requests.into_iter().map(Into::into).collect(), next }))
    }

    /// One request
    #[oai(path = "/office/registration-requests/:id", method = "get")]
    async fn get_registration_request(&self, mut staff: Staff<Decider>, id: Path<Id>) -> Result<Json<OfficeRequest>> {
        Ok(Json(find(&mut staff.tx, id.uuid()).await?.into()))
    }

    /// Approve a request
    ///
    /// Lets the customer in, and tells them by text message. Decided already: 409.
    #[oai(path = "/office/registration-requests/:id/approval", method = "post")]
    async fn create_approval(&self, staff: Staff<Decider>, id: Path<Id>, body: Body<Option<ApprovalBody>>) -> Result<Json<ApprovalAnswer>> {
        let (number, customer) = body.0.map(|body| (body.account_number, body.customer)).unwrap_or_default();
        let choice = Choice::Either(number.as_deref().unwrap_or_default().to_owned());
        let no_id = |_| Error::invalid("customer", "This is the id of no customer.");
        let customer = customer.map(|id| Uuid::parse_str(&id).map_err(no_id)).transpose()?;
        let approved = staff
            .write(async |tx, member| match customer {
                Some(access_id) => approve_return(tx, member, id.uuid(), access_id).await,
                None => approve(tx, member, id.uuid(), &choice).await,
            })
            .await?;
        Ok(Json(ApprovalAnswer { id: id.uuid(), status: "approved".to_owned(), account_number: approved.account_number }))
    }

    /// Reject a request
    ///
    /// The customer is told the reason. Decided already: 409.
    #[oai(path = "/office/registration-requests/:id/rejection", method = "post")]
    async fn create_rejection(&self, staff: Staff<Decider>, id: Path<Id>, body: Body<RejectionBody>) -> Result<Json<RejectionAnswer>> {
        let reason = staff.write(async |tx, member| reject(tx, member, id.uuid(), &body.reason).await).await?;
        Ok(Json(RejectionAnswer { id: id.uuid(), status: "rejected".to_owned(), reason }))
    }
}
