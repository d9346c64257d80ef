//! The log on a desk, and as a file.

use askama::Template;
use http::StatusCode;
use poem::web::Query;
use poem::{IntoResponse, Response, handler};
use serde::Deserialize;

use super::{head, people, read};
use crate::audit::export::MOST;
use crate::audit::filter::Asked;
use crate::audit::reading::{NEWEST, PAGE, of_tenant, read_cursor};
use crate::audit::words::OF_TENANTS;
use crate::error::{Error, Result};
use crate::office_requests;
use crate::tenancy::extract::{LogReader, Staff};
use crate::web::log::{Log, TOO_MANY, file};
use crate::web::{Page, Shell};

const PATH: &str = "/office/audit";

#[derive(Template)]
#[template(path = "office_audit/index.html")]
struct IndexPage {
    shell: Shell,
    log: Log,
    head_position: i64,
    head_hash: String,
}

/// What to look for, and where the page before ended.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct IndexQuery {
    #[serde(flatten)]
    asked: Asked,
    cursor: String,
}

/// `GET /office/audit`
#[handler]
pub async fn index(staff: Staff<LogReader>, Query(query): Query<IndexQuery>) -> Result<Page> {
    let before = read_cursor(&query.cursor)?;
    show(staff, &query.asked, before, "").await
}

async fn show(mut staff: Staff<LogReader>, asked: &Asked, before: i64, refusal: &str) -> Result<Page> {
    let (member, tx) = (&staff.member, &mut staff.tx);
    let log = Log::form(PATH, asked, people(tx).await?, OF_TENANTS);
    let (log, status) = match read(asked, member) {
        Ok(filter) => {
            let part = of_tenant(tx, &filter, before, PAGE).await?;
            let status = if refusal.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
            (log.with(asked, part, member.house.now(), member.tenant.time_zone), status)
        }
        Err(Error::Invalid(wrong)) => (Log { wrong, ..log }, StatusCode::UNPROCESSABLE_ENTITY),
        Err(error) => return Err(error),
    };
    let head = head(tx).await?;
    let shell = Shell::of_staff(member, "Audit log", "audit", office_requests::waiting(tx, member).await?);
    let page = Page::of(&IndexPage {
        shell,
        log: Log { refusal: refusal.to_owned(), ..log },
        head_position: head.as_ref().map_or(0, |head| head.position),
        head_hash: head.map(|head| hex::encode(head.hash)).unwrap_or_default(),
    })?;
    Ok(page.with_status(status))
}

/// `GET /office/audit/export.csv`
#[handler]
pub async fn export_csv(staff: Staff<LogReader>, Query(asked): Query<Asked>) -> Result<Response> {
    export(staff, asked, true).await
}

/// `GET /office/audit/export.json`
#[handler]
pub async fn export_json(staff: Staff<LogReader>, Query(asked): Query<Asked>) -> Result<Response> {
    export(staff, asked, false).await
}

async fn export(mut staff: Staff<LogReader>, asked: Asked, is_table: bool) -> Result<Response> {
    let Ok(filter) = read(&asked, &staff.member) else {
        return Ok(show(staff, &asked, NEWEST, "").await?.into_response());
    };
    let part = of_tenant(&mut staff.tx, &filter, NEWEST, MOST).await?;
    if part.next.is_some() {
        return Ok(show(staff, &asked, NEWEST, TOO_MANY).await?.into_response());
    }
    file(&part.lines, staff.tenant.time_zone, is_table)
}
