//! Closing on an owner's desk: what will happen, and the way back.

use askama::Template;
use http::StatusCode;
use poem::web::Form;
use poem::{IntoResponse, Response, handler};
use serde::Deserialize;

use super::{close, take_back};
use crate::error::{Error, Result};
use crate::tenancy::extract::{Closer, Fresh, Member, Staff};
use crate::tenancy::states::State;
use crate::web::{Page, Redirect, Shell};

#[derive(Template)]
#[template(path = "office_closing/index.html")]
struct IndexPage {
    shell: Shell,
    subdomain: String,
    is_closing: bool,
    erased_on: String,
    grace_days: i64,
    typed: String,
    confirmation_error: String,
    refusal: String,
}

/// `GET /office/closing`
#[handler]
pub fn index(staff: Staff<Fresh<Closer>>) -> Result<Page> {
    index_page(&staff, String::new(), String::new(), "")
}

/// What the form sends.
#[derive(Deserialize)]
pub struct ClosingForm {
    #[serde(default)]
    confirmation: String,
}

/// `POST /office/closing`
#[handler]
pub async fn create(staff: Staff<Fresh<Closer>>, Form(form): Form<ClosingForm>) -> Result<Response> {
    let member = staff.leave().await?;
    let done = close(&member, &form.confirmation).await;
    after(&member, form.confirmation, done)
}

/// `POST /office/closing/withdrawal`
#[handler]
pub async fn withdrawal(staff: Staff<Fresh<Closer>>) -> Result<Response> {
    let member = staff.leave().await?;
    let done = take_back(&member).await;
    after(&member, String::new(), done)
}

/// On to the page as it is now, or the form again with why nothing was done.
fn after(member: &Member, typed: String, done: Result<()>) -> Result<Response> {
    let (status, wrong, refusal) = match done {
        Ok(()) => return Ok(Redirect::to("/office/closing").into_response()),
        Err(Error::Invalid(fields)) => (StatusCode::UNPROCESSABLE_ENTITY, fields.of("confirmation"), ""),
        Err(Error::Conflict(refusal)) => (StatusCode::CONFLICT, String::new(), refusal),
        Err(error) => return Err(error),
    };
    Ok(index_page(member, typed, wrong, refusal)?.with_status(status).into_response())
}

fn index_page(member: &Member, typed: String, confirmation_error: String, refusal: &str) -> Result<Page> {
    let is_closing = member.tenant.state == State::Closing;
    let title = if is_closing { "This counter is being closed" } else { "Close this counter" };
    Page::of(&IndexPage {
        shell: Shell::of_staff(member, title, "settings", 0),
        subdomain: member.tenant.slug.to_string(),
        is_closing,
        erased_on: member.tenant.erased_on(),
        grace_days: member.house.config.tenants.grace_days,
        typed,
        confirmation_error,
        refusal: if refusal.is_empty() { String::new() } else { format!("{refusal}.") },
    })
}
