//! Who of the platform asks and looks, by the office's API.

use chrono::{DateTime, Utc};
use poem_openapi::param::Path;
use poem_openapi::payload::Json;
use poem_openapi::{ApiResponse, Object, OpenApi};
use uuid::Uuid;

use super::{Request, decline, end, grant, list};
use crate::api::typed::Id;
use crate::api::{Chapter, time};
use crate::error::Result;
use crate::tenancy::extract::{Staff, SupportGiver};

pub struct SupportApi;

/// Somebody of the platform asks to look at a wholesaler's office.
#[derive(Object)]
pub struct SupportRequest {
    id: Uuid,
    operator_name: String,
    reason: String,
    /// `asked`, `granted`, `declined`, `ended` or `lapsed`.
    status: String,
    asked_at: String,
    decided_at: Option<String>,
    /// The name of the owner who answered.
    decided_by: Option<String>,
    granted_until: Option<String>,
    ended_at: Option<String>,
}

impl SupportRequest {
    /// As it stands by now.
    pub fn of(request: Request, now: DateTime<Utc>) -> Self {
        Self {
            id: request.request_id,
            status: request.state(now).word().to_owned(),
            operator_name: request.operator_name,
            reason: request.reason,
            asked_at: time(request.asked_at),
            decided_at: request.decided_at.map(time),
            decided_by: Some(request.decided_by).filter(|name| !name.is_empty()),
            granted_until: request.granted_until.map(time),
            ended_at: request.ended_at.map(time),
        }
    }
}

/// The newest fifty.
#[derive(Object)]
pub struct SupportRequestList {
    items: Vec<SupportRequest>,
    next: Option<String>,
}

impl SupportRequestList {
    /// As they stand by now.
    pub fn of(requests: Vec<Request>, now: DateTime<Utc>) -> Self {
        Self { items: requests.into_iter().map(|request| SupportRequest::of(request, now)).collect(), next: None }
    }
}

#[derive(ApiResponse)]
pub enum SupportEnded {
    /// They see nothing any more.
    #[oai(status = 204)]
    Done,
}

#[OpenApi(prefix_path = "/api/v1", tag = "Chapter::Office")]
impl SupportApi {
    /// Who of Tradecounter asks, and who was let in
    ///
    /// For owners, newest first.
    #[oai(path = "/office/support-requests", method = "get")]
    async fn list_support_requests(&self, mut staff: Staff<SupportGiver>) -> Result<Json<SupportRequestList>> {
        let requests = list(&mut staff.tx).await?;
        Ok(Json(SupportRequestList::of(requests, staff.house.now())))
    }

    /// Let them in for an hour
    ///
    /// They read customers, requests, messages (not what they say) and the audit log, and change nothing. Answered already: 409.
    #[oai(path = "/office/support-requests/:id/grant", method = "post")]
    async fn create_support_grant(&self, staff: Staff<SupportGiver>, id: Path<Id>) -> Result<Json<SupportRequest>> {
        let now = staff.house.now();
        let request = staff.write(async |tx, member| grant(tx, member, id.uuid()).await).await?;
        Ok(Json(SupportRequest::of(request, now)))
    }

    /// Do not let them in
    ///
    /// Answered already: 409.
    #[oai(path = "/office/support-requests/:id/refusal", method = "post")]
    async fn create_support_refusal(&self, staff: Staff<SupportGiver>, id: Path<Id>) -> Result<Json<SupportRequest>> {
        let now = staff.house.now();
        let request = staff.write(async |tx, member| decline(tx, member, id.uuid()).await).await?;
        Ok(Json(SupportRequest::of(request, now)))
    }

    /// End it before the hour is over
    ///
    /// Not running: 409.
    #[oai(path = "/office/support-requests/:id/grant", method = "delete")]
    async fn delete_support_grant(&self, staff: Staff<SupportGiver>, id: Path<Id>) -> Result<SupportEnded> {
        staff.write(async |tx, member| end(tx, member, id.uuid()).await).await?;
        Ok(SupportEnded::Done)
    }
}
