//! Support by the console's API: for people, never for a program's token.

use poem_openapi::param::{Path, Query};
use poem_openapi::payload::Json;
use poem_openapi::{ApiResponse, Object, OpenApi};
use serde_json::Value;
use uuid::Uuid;

use super::looks::{self, Asked, Customer, Noted, Said};
use super::{SHORTEST_REASON, ask, asked_before, finish, look, tenant_of};
use crate::api::once::{KeyHeader, read_key};
use crate::api::typed::{Body, Id, Text};
use crate::api::{Chapter, time};
use crate::error::Result;
use crate::lists::{NEWEST, read_cursor};
use crate::support::api::{SupportEnded, SupportRequest, SupportRequestList};
use crate::tenancy::extract::{Operator, Person};
use crate::values::text::LONGEST_REASON;

pub struct ConsoleSupportApi;

/// Why the owners should let you in.
#[derive(Object)]
#[oai(deny_unknown_fields)]
pub struct SupportRequestBody {
    /// The owners decide by it; it stays in both audit logs.
    reason: Text<SHORTEST_REASON, LONGEST_REASON>,
}

#[derive(ApiResponse)]
pub enum SupportAsked {
    /// The owners are told.
    #[oai(status = 201)]
    Created(Json<SupportRequest>),
}

/// A customer of the wholesaler's.
#[derive(Object)]
pub struct SeenCustomer {
    id: Uuid,
    account_number: String,
    business_name: String,
    town: String,
    contact_name: String,
    /// Masked.
    phone: String,
    role: String,
    status: String,
    created_at: String,
}

/// A page of customers.
#[derive(Object)]
pub struct SeenCustomerList {
    items: Vec<SeenCustomer>,
    /// Pass it as `cursor` for the next page; null on the last.
    next: Option<String>,
}

/// Somebody asks, or asked, for an account.
#[derive(Object)]
pub struct SeenRegistrationRequest {
    id: Uuid,
    business_name: String,
    contact_name: String,
    /// Masked.
    phone: String,
    status: String,
    created_at: String,
    decided_by: Option<String>,
    decided_at: Option<String>,
}

/// A page of requests.
#[derive(Object)]
pub struct SeenRegistrationRequestList {
    items: Vec<SeenRegistrationRequest>,
    /// Pass it as `cursor` for the next page; null on the last.
    next: Option<String>,
}

/// Something that was said to somebody, without the words.
#[derive(Object)]
pub struct SeenMessage {
    id: Uuid,
    /// `sms` or `email`.
    channel: String,
    /// An e-mail address, or a masked number.
    recipient: String,
    subject: Option<String>,
    /// `waiting`, `sent` or `failed`.
    status: String,
    /// Why it failed, if that is known.
    problem: Option<String>,
    created_at: String,
    sent_at: Option<String>,
}

/// A page of messages.
#[derive(Object)]
pub struct SeenMessageList {
    items: Vec<SeenMessage>,
    /// Pass it as `cursor` for the next page; null on the last.
    next: Option<String>,
}

/// An entry of the wholesaler's audit log.
#[derive(Object)]
pub struct SeenAuditEvent {
    id: Uuid,
    at: String,
    /// `customer`, `staff`, `operator` or `system`.
    actor_kind: String,
    actor_name: String,
    action: String,
    details: Value,
}

/// A page of the audit log.
#[derive(Object)]
pub struct SeenAuditEventList {
    items: Vec<SeenAuditEvent>,
    /// Pass it as `cursor` for the next page; null on the last.
    next: Option<String>,
}

impl From<Customer> for SeenCustomer {
    fn from(row: Customer) -> Self {
        let Customer { access_id: id, account_number, business_name, town, contact_name, phone, role, status, created_at } = row;
        Self { id, account_number, business_name, town, contact_name, phone, role, status, created_at: time(created_at) }
    }
}

impl From<Asked> for SeenRegistrationRequest {
    fn from(row: Asked) -> Self {
        let Asked { request_id: id, business_name, contact_name, phone, status, decided_by, created_at, decided_at } = row;
        let decided_by = Some(decided_by).filter(|name| !name.is_empty());
        let (created_at, decided_at) = (time(created_at), decided_at.map(time));
        Self { id, business_name, contact_name, phone, status, created_at, decided_by, decided_at }
    }
}

impl From<Said> for SeenMessage {
    fn from(row: Said) -> Self {
        let Said { message_id: id, channel, recipient, subject, status, problem, created_at, sent_at } = row;
        let problem = Some(problem).filter(|problem| !problem.is_empty());
        let subject = Some(subject).filter(|subject| !subject.is_empty());
        Self { id, channel, recipient, subject, status, problem, created_at: time(created_at), sent_at: sent_at.map(time) }
    }
}

impl From<Noted> for SeenAuditEvent {
    fn from(row: Noted) -> Self {
        let Noted { event_id: id, at, actor_kind, actor_name, action, details } = row;
        Self { id, at: time(at), actor_kind, actor_name, action, details }
    }
}

fn before(cursor: &Query<Option<String>>) -> Result<Uuid> {
    Ok(read_cursor(cursor.0.as_deref())?.unwrap_or(NEWEST))
}

#[OpenApi(prefix_path = "/api/v1", tag = "Chapter::Support")]
impl ConsoleSupportApi {
    /// Ask a wholesaler's owners for access
    ///
    /// One of them lets you in for an hour, or declines; you are told by mail. A request waits, or access runs: 409.
    #[oai(path = "/tenants/:id/support-requests", method = "post")]
    async fn create_support_request(
        &self,
        operator: Operator<Person>,
        id: Path<Id>,
        /// Of visible ASCII characters.
        #[oai(name = "Idempotency-Key")]
        idempotency_key: KeyHeader,
        body: Body<SupportRequestBody>,
    ) -> Result<SupportAsked> {
        let key = read_key(&operator.headers, &idempotency_key)?;
        let agent = operator.leave().await?;
        let request = ask(&agent, id.uuid(), &body.reason, key.as_ref()).await?;
        Ok(SupportAsked::Created(Json(SupportRequest::of(request, agent.house.now()))))
    }

    /// What you asked of a wholesaler, newest first
    #[oai(path = "/tenants/:id/support-requests", method = "get")]
    async fn list_own_support_requests(&self, operator: Operator<Person>, id: Path<Id>) -> Result<Json<SupportRequestList>> {
        let agent = operator.leave().await?;
        tenant_of(&agent, id.uuid()).await?;
        let requests = asked_before(&agent, id.uuid()).await?;
        Ok(Json(SupportRequestList::of(requests, agent.house.now())))
    }

    /// You are done
    ///
    /// Not running: 409.
    #[oai(path = "/tenants/:id/support-requests/:request_id", method = "delete")]
    async fn delete_support_request(&self, operator: Operator<Person>, id: Path<Id>, request_id: Path<Id>) -> Result<SupportEnded> {
        let agent = operator.leave().await?;
        finish(&agent, id.uuid(), request_id.uuid()).await?;
        Ok(SupportEnded::Done)
    }

    /// Look at the customers
    ///
    /// Every look is written into both audit logs. No owner has let you in: 403, `support-not-granted`.
    #[oai(path = "/tenants/:id/support/customers", method = "get")]
    async fn list_seen_customers(
        &self,
        operator: Operator<Person>,
        id: Path<Id>,
        /// The `next` of the page before.
        cursor: Query<Option<String>>,
    ) -> Result<Json<SeenCustomerList>> {
        let (agent, before) = (operator.leave().await?, before(&cursor)?);
        let part = look(&agent, id.uuid(), "customers", async |tx| looks::customers(tx, before).await).await?;
        let next = part.next.map(|id| id.to_string());
        Ok(Json(SeenCustomerList { items: part.items.into_iter().map(Into::into).collect(), next }))
    }

    /// Look at who asks for an account
    ///
    /// As customers are looked at.
    #[oai(path = "/tenants/:id/support/registration-requests", method = "get")]
    async fn list_seen_registration_requests(
        &self,
        operator: Operator<Person>,
        id: Path<Id>,
        /// The `next` of the page before.
        cursor: Query<Option<String>>,
    ) -> Result<Json<SeenRegistrationRequestList>> {
        let (agent, before) = (operator.leave().await?, before(&cursor)?);
        let read = look(&agent, id.uuid(), "registration requests", async |tx| looks::registration_requests(tx, before).await);
        let part = read.await?;
        let next = part.next.map(|id| id.to_string());
        Ok(Json(SeenRegistrationRequestList { items: part.items.into_iter().map(Into::into).collect(), next }))
    }

    /// Look at the messages
    ///
    /// Without what they say. As customers are looked at.
    #[oai(path = "/tenants/:id/support/messages", method = "get")]
    async fn list_seen_messages(
        &self,
        operator: Operator<Person>,
        id: Path<Id>,
        /// The `next` of the page before.
        cursor: Query<Option<String>>,
    ) -> Result<Json<SeenMessageList>> {
        let (agent, before) = (operator.leave().await?, before(&cursor)?);
        let part = look(&agent, id.uuid(), "messages", async |tx| looks::messages(tx, before).await).await?;
        let next = part.next.map(|id| id.to_string());
        Ok(Json(SeenMessageList { items: part.items.into_iter().map(Into::into).collect(), next }))
    }

    /// Look at the audit log
    ///
    /// With this very look on top. As customers are looked at.
    #[oai(path = "/tenants/:id/support/audit-events", method = "get")]
    async fn list_seen_audit_events(
        &self,
        operator: Operator<Person>,
        id: Path<Id>,
        /// The `next` of the page before.
        cursor: Query<Option<String>>,
    ) -> Result<Json<SeenAuditEventList>> {
        let (agent, before) = (operator.leave().await?, before(&cursor)?);
        let part = look(&agent, id.uuid(), "the audit log", async |tx| looks::audit_events(tx, before).await).await?;
        let next = part.next.map(|id| id.to_string());
        Ok(Json(SeenAuditEventList { items: part.items.into_iter().map(Into::into).collect(), next }))
    }
}
