//! One's own passkeys, in the office.

use askama::Template;
use http::StatusCode;
use poem::web::{Form, Path};
use poem::{IntoResponse, Response, handler};
use uuid::Uuid;

use super::{add, list, remove, rename};
use crate::db::{Office, Tx};
use crate::devices::device_name;
use crate::error::{Error, Result};
use crate::office_requests;
use crate::passkeys::list::{Item, Typed, name_of_new, read_name, why_not};
use crate::tenancy::extract::{AnyRole, Fresh, Member, Staff};
use crate::web::{Page, Redirect, Shell};

#[derive(Template)]
#[template(path = "office_passkeys/index.html")]
struct IndexPage {
    shell: Shell,
    prefix: &'static str,
    items: Vec<Item>,
    name: String,
    refusal: String,
}

/// `GET /office/passkeys`
#[handler]
pub async fn index(mut staff: Staff<Fresh<AnyRole>>) -> Result<Page> {
    page(&mut staff.tx, &staff.member, String::new(), String::new()).await
}

/// `POST /office/passkeys`
#[handler]
pub async fn create(staff: Staff<Fresh<AnyRole>>, Form(typed): Form<Typed>) -> Result<Response> {
    let member = staff.leave().await?;
    let added = match name_of_new(&typed.name, &member) {
        Ok(name) => add(&member, &typed.challenge, &typed.credential, name).await,
        Err(error) => Err(error),
    };
    after(&member, added.map(drop), typed).await
}

/// `POST /office/passkeys/:id/name`
#[handler]
pub async fn renaming(staff: Staff<Fresh<AnyRole>>, Path(id): Path<Uuid>, Form(typed): Form<Typed>) -> Result<Response> {
    let member = staff.member.clone();
    let renamed = match read_name(&typed.name) {
        Ok(name) => staff.write(async |tx, member| rename(tx, member, id, name).await).await,
        Err(error) => Err(error),
    };
    after(&member, renamed.map(drop), Typed::default()).await
}

/// `POST /office/passkeys/:id/removal`
#[handler]
pub async fn removal(staff: Staff<Fresh<AnyRole>>, Path(id): Path<Uuid>) -> Result<Redirect> {
    staff.write(async |tx, member| remove(tx, member, id).await).await?;
    Ok(Redirect::to("/office/passkeys"))
}

async fn after(member: &Member, done: Result<()>, typed: Typed) -> Result<Response> {
    let Err(error) = done else { return Ok(Redirect::to("/office/passkeys").into_response()) };
    let status = if matches!(error, Error::Conflict(_)) { StatusCode::CONFLICT } else { StatusCode::UNPROCESSABLE_ENTITY };
    let refusal = why_not(error, &typed)?;
    let scope = member.house.office(&member.tenant);
    let page = scope.read(async |tx| page(tx, member, typed.name, refusal).await).await?;
    Ok(page.with_status(status).into_response())
}

async fn page(tx: &mut Tx<Office>, member: &Member, name: String, refusal: String) -> Result<Page> {
    let zone = member.tenant.time_zone;
    let items = list(tx, member).await?.into_iter().map(|owned| Item::of(owned, member, zone)).collect();
    let name = if name.is_empty() { device_name(&member.user_agent) } else { name };
    let shell = Shell::of_staff(member, "Your passkeys", "passkeys", office_requests::waiting(tx, member).await?);
    Page::of(&IndexPage { shell, prefix: "/office", items, name, refusal })?.with_pending_cookie(member)
}
