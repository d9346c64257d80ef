//! The platform's log by the console's API.

#![expect(clippy::too_many_arguments, reason = "each is a parameter of the query")]

use poem_openapi::OpenApi;
use poem_openapi::param::Query;
use poem_openapi::payload::Json;
use uuid::Uuid;

use super::read;
use crate::api::Chapter;
use crate::api::typed::Text;
use crate::audit::filter::Asked;
use crate::audit::reading::{NEWEST, PAGE, of_platform, read_cursor};
use crate::error::{Error, Result};
use crate::office_audit::api::{AuditEventList, said};
use crate::tenancy::extract::{AnyOperator, Operator};

pub struct ConsoleEventsApi;

#[OpenApi(prefix_path = "/api/v1", tag = "Chapter::Events")]
impl ConsoleEventsApi {
    /// What was done at the platform, newest first
    ///
    /// Nobody can change or remove an entry, and each one's hash covers the one before.
    #[oai(path = "/events", method = "get")]
    async fn list_events(
        &self,
        mut operator: Operator<AnyOperator>,
        /// The id of one wholesaler.
        tenant: Query<Option<Text<0, 36>>>,
        /// The id of one operator or token, or `operator`, `token` or `system`.
        person: Query<Option<Text<0, 36>>>,
        /// `wholesalers`, `operators` or `tokens`.
        about: Query<Option<Text<0, 36>>>,
        /// The first day, such as `2026-11-30`, in UTC.
        from: Query<Option<Text<0, 10>>>,
        /// The last day.
        to: Query<Option<Text<0, 10>>>,
        /// The `next` of the page before.
        cursor: Query<Option<String>>,
    ) -> Result<Json<AuditEventList>> {
        let tenant = tenant.0.as_deref().filter(|id| !id.is_empty()).map(Uuid::parse_str).transpose();
        let tenant = tenant.map_err(|_| Error::invalid("tenant", "This is no id of a wholesaler."))?;
        let filter = read(&Asked { person: said(&person), about: said(&about), from: said(&from), to: said(&to) })?;
        let before = cursor.0.as_deref().map_or(Ok(NEWEST), read_cursor)?;
        Ok(Json(of_platform(&mut operator.tx, &filter, tenant, before, PAGE).await?.into()))
    }
}
