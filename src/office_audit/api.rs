//! The audit log by the API.

use poem_openapi::param::Query;
use poem_openapi::payload::Json;
use poem_openapi::{Object, OpenApi};
use uuid::Uuid;

use super::read;
use crate::api::typed::Text;
use crate::api::{Chapter, time};
use crate::audit::filter::Asked;
use crate::audit::reading::{Line, NEWEST, PAGE, Part, of_tenant, read_cursor};
use crate::audit::words::Change;
use crate::error::Result;
use crate::tenancy::extract::{LogReader, Staff};

pub struct OfficeAuditApi;

/// An entry of a log.
#[derive(Object)]
pub struct AuditEvent {
    id: Uuid,
    /// Its place in the chain, counted from 1.
    position: i64,
    at: String,
    /// `staff`, `customer`, `operator`, `token` or `system`.
    actor_kind: String,
    /// Of the member of staff, of the customer's access here, of the operator or of the token; none of the system.
    actor_id: Option<Uuid>,
    /// As they are called now, if they are a customer; else as they were called then.
    actor_name: String,
    /// A word for programs, such as `staff.role_changed`.
    action: String,
    subject_kind: String,
    subject_id: Uuid,
    /// What was done, in words, without who did it.
    sentence: String,
    changes: Vec<AuditChange>,
    /// SHA-256 of all of it and of the hash before, in hexadecimal digits.
    hash: String,
}

/// One thing that is otherwise since then. Empty where there was or is nothing.
#[derive(Object)]
pub struct AuditChange {
    what: String,
    before: String,
    after: String,
}

/// A page of a log, newest first.
#[derive(Object)]
pub struct AuditEventList {
    items: Vec<AuditEvent>,
    /// Pass it as `cursor` for the next page; null on the last.
    next: Option<String>,
}

impl From<Line> for AuditEvent {
    fn from(line: Line) -> Self {
        let change = |Change { what, before, after }| AuditChange { what, before, after };
        Self {
            id: line.id,
            position: line.position,
            at: time(line.at),
            actor_kind: line.actor_kind,
            actor_id: line.actor_id,
            actor_name: line.who,
            action: line.action,
            subject_kind: line.subject_kind,
            subject_id: line.subject_id,
            sentence: line.words.sentence,
            changes: line.words.changes.into_iter().map(change).collect(),
            hash: hex::encode(line.hash),
        }
    }
}

impl From<Part> for AuditEventList {
    fn from(part: Part) -> Self {
        Self { items: part.lines.into_iter().map(Into::into).collect(), next: part.next.map(|last| last.to_string()) }
    }
}

/// What a parameter says; nothing when it is not there.
pub fn said<const MOST: usize>(parameter: &Query<Option<Text<0, MOST>>>) -> String {
    parameter.0.as_deref().unwrap_or_default().to_owned()
}

#[OpenApi(prefix_path = "/api/v1", tag = "Chapter::Office")]
impl OfficeAuditApi {
    /// The audit log, newest first
    ///
    /// For owners. Nobody can change or remove an entry, and each one's hash covers the one before.
    #[oai(path = "/office/audit-events", method = "get")]
    async fn list_audit_events(
        &self,
        mut staff: Staff<LogReader>,
        /// The id of one person, or `staff`, `customer`, `operator` or `system`.
        person: Query<Option<Text<0, 36>>>,
        /// `requests`, `customers`, `team`, `settings`, `support` or `counter`.
        about: Query<Option<Text<0, 36>>>,
        /// The first day, such as `2026-11-30`, in the wholesaler's time zone.
        from: Query<Option<Text<0, 10>>>,
        /// The last day.
        to: Query<Option<Text<0, 10>>>,
        /// The `next` of the page before.
        cursor: Query<Option<String>>,
    ) -> Result<Json<AuditEventList>> {
        let asked = Asked { person: said(&person), about: said(&about), from: said(&from), to: said(&to) };
        let filter = read(&asked, &staff.member)?;
        let before = cursor.0.as_deref().map_or(Ok(NEWEST), read_cursor)?;
        Ok(Json(of_tenant(&mut staff.tx, &filter, before, PAGE).await?.into()))
    }
}
