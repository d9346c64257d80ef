//! The first page of the office.

use askama::Template;
use poem::web::Query;
use poem::{IntoResponse, Response, handler};

use crate::error::Result;
use crate::office_requests::pages::{IndexQuery, queue};
use crate::tenancy::extract::{AnyRole, Decider, RoleRule, Staff};
use crate::web::{Page, Shell};

#[derive(Template)]
#[template(path = "office_home/index.html")]
struct IndexPage {
    shell: Shell,
}

/// `GET /office`
#[handler]
pub async fn index(staff: Staff<AnyRole>, Query(query): Query<IndexQuery>) -> Result<Response> {
    let page = if Decider::allows(staff.session.role) {
        queue(staff.narrow()?, query).await?
    } else {
        Page::of(&IndexPage { shell: Shell::of_staff(&staff, "Office", "start", 0) })?
    };
    Ok(page.into_response())
}
