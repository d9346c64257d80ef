//! Files on a desk: brought in, looked at row by row, applied and undone.

use http::StatusCode;
use poem::web::{Form, Multipart, Path, Query};
use poem::{IntoResponse, Response, handler};
use serde::Deserialize;
use tokio::io::{AsyncRead, AsyncReadExt};
use uuid::Uuid;

use super::keeping::mark_of;
use super::shown::{columns_page, index_page, show_page};
use super::{Kind, Status, Upload, Verdict, apply, find, read_anew, remove, undo};
use crate::db::{Office, Tx};
use crate::error::{Error, FieldErrors, Result};
use crate::ids::ImportId;
use crate::tenancy::extract::{GoodsKeeper, Member, Staff};
use crate::web::{Page, Redirect};

/// How often whoever waits sees how far it is, in seconds.
const REFRESH: u8 = 2;

/// Of what kind a file is to be, and what has just been done.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct IndexQuery {
    kind: String,
    done: String,
}

/// `GET /office/imports`
#[handler]
pub async fn index(mut staff: Staff<GoodsKeeper>, Query(query): Query<IndexQuery>) -> Result<Page> {
    let mut page = index_page(&mut staff.tx, &staff.member, &query.kind).await?;
    page.notice = if query.done == "removed" { "The file is gone. Nothing of what you sell was changed by that." } else { "" };
    Page::of(&page)
}

/// `POST /office/imports`
#[handler]
pub async fn create(staff: Staff<GoodsKeeper>, mut parts: Multipart) -> Result<Response> {
    let member = staff.member.clone();
    let mut kind = String::new();
    let taken = staff
        .write(async |tx, member| {
            let unreadable = || Error::Malformed("The form cannot be read".to_owned());
            while let Some(field) = parts.next_field().await.map_err(|_| unreadable())? {
                match field.name() {
                    Some("kind") => kind = field.text().await.map_err(|_| unreadable())?,
                    Some("file") => {
                        let kind = Kind::parse(&kind).ok_or_else(|| Error::invalid("kind", "Choose what is in the file."))?;
                        let mut upload = Upload::begin(tx, member, kind, field.file_name().unwrap_or_default()).await?;
                        let mut body = Box::pin(field.into_async_read());
                        while let Some(piece) = next_piece(&mut body).await.map_err(|_| unreadable())? {
                            upload.take(tx, &piece).await?;
                        }
                        return upload.finish(tx, member).await;
                    }
                    _ => {}
                }
            }
            Err(Error::invalid("file", "Choose a file."))
        })
        .await;
    match taken {
        Ok(id) => Ok(Redirect::to(format!("/office/imports/{id}/columns")).into_response()),
        Err(error @ Error::Invalid(_)) => {
            let mut page = member.house.office(&member.tenant).read(async |tx| index_page(tx, &member, &kind).await).await?;
            page.file_error = error.fields().iter().next().map(|(_, why)| why.to_owned()).unwrap_or_default();
            Ok(Page::of(&page)?.with_status(StatusCode::UNPROCESSABLE_ENTITY).into_response())
        }
        Err(error) => Err(error),
    }
}

/// As much as a piece of a file has, or what is left.
async fn next_piece(body: &mut (impl AsyncRead + Unpin)) -> std::io::Result<Option<Vec<u8>>> {
    let mut piece = Vec::with_capacity(Upload::PIECE);
    body.take(Upload::PIECE as u64).read_to_end(&mut piece).await?;
    Ok(Some(piece).filter(|piece| !piece.is_empty()))
}

/// `GET /office/imports/:import_id/columns`
#[handler]
pub async fn columns(mut staff: Staff<GoodsKeeper>, Path(import_id): Path<Uuid>) -> Result<Response> {
    let import = find(&mut staff.tx, import_id.into()).await?;
    if !matches!(import.status, Status::Columns | Status::Read | Status::Broken) {
        return Ok(Redirect::to(format!("/office/imports/{import_id}")).into_response());
    }
    let page = columns_page(&mut staff.tx, &staff.member, &import, (&import.fields, import.written.mark), FieldErrors::new()).await?;
    Ok(Page::of(&page)?.into_response())
}

/// `POST /office/imports/:import_id/columns`
#[handler]
pub async fn say_columns(
    staff: Staff<GoodsKeeper>,
    Path(import_id): Path<Uuid>,
    Form(said): Form<Vec<(String, String)>>,
) -> Result<Response> {
    let (member, id) = (staff.member.clone(), ImportId::from(import_id));
    let mut fields: Vec<String> = Vec::new();
    for (name, value) in &said {
        if let Some(place) =
            name.strip_prefix("column-").and_then(|place| place.parse::<usize>().ok()).filter(|place| *place < super::Rows::MOST_CELLS)
        {
            fields.resize(fields.len().max(place + 1), String::new());
            if let Some(field) = fields.get_mut(place) {
                field.clone_from(value);
            }
        }
    }
    let mark = mark_of(said.iter().find(|(name, _)| name == "decimal_mark").map(|(_, value)| value.as_str()).unwrap_or_default());
    match staff.write(async |tx, member| read_anew(tx, member, id, &fields, mark).await).await {
        Ok(()) => Ok(Redirect::to(format!("/office/imports/{import_id}")).into_response()),
        Err(error @ Error::Invalid(_)) => {
            let work = async |tx: &mut Tx<Office>| {
                let import = find(tx, id).await?;
                columns_page(tx, &member, &import, (&fields, mark), error.fields()).await
            };
            let page = member.house.office(&member.tenant).read(work).await?;
            Ok(Page::of(&page)?.with_status(StatusCode::UNPROCESSABLE_ENTITY).into_response())
        }
        Err(error) => refused(&member, id, error).await,
    }
}

/// Which rows, and where the page before ended.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct ShowQuery {
    rows: String,
    after: i32,
}

/// `GET /office/imports/:import_id`
#[handler]
pub async fn show(mut staff: Staff<GoodsKeeper>, Path(import_id): Path<Uuid>, Query(query): Query<ShowQuery>) -> Result<Response> {
    let import = find(&mut staff.tx, import_id.into()).await?;
    if matches!(import.status, Status::Columns | Status::Broken) {
        return Ok(Redirect::to(format!("/office/imports/{import_id}/columns")).into_response());
    }
    let is_under_way = import.status.is_under_way();
    let page = Page::of(&show_page(&mut staff.tx, &staff.member, import, Verdict::parse(&query.rows), query.after).await?)?;
    Ok(if is_under_way { page.with_refresh(REFRESH) } else { page }.into_response())
}

/// `POST /office/imports/:import_id/application`
#[handler]
pub async fn application(staff: Staff<GoodsKeeper>, Path(import_id): Path<Uuid>) -> Result<Response> {
    let (member, id) = (staff.member.clone(), ImportId::from(import_id));
    match staff.write(async |tx, member| apply(tx, member, id).await).await {
        Ok(()) => Ok(Redirect::to(format!("/office/imports/{import_id}")).into_response()),
        Err(error) => refused(&member, id, error).await,
    }
}

/// `POST /office/imports/:import_id/undoing`
#[handler]
pub async fn undoing(staff: Staff<GoodsKeeper>, Path(import_id): Path<Uuid>) -> Result<Response> {
    let (member, id) = (staff.member.clone(), ImportId::from(import_id));
    match staff.write(async |tx, member| undo(tx, member, id).await).await {
        Ok(()) => Ok(Redirect::to(format!("/office/imports/{import_id}")).into_response()),
        Err(error) => refused(&member, id, error).await,
    }
}

/// `POST /office/imports/:import_id/removal`
#[handler]
pub async fn removal(staff: Staff<GoodsKeeper>, Path(import_id): Path<Uuid>) -> Result<Response> {
    let (member, id) = (staff.member.clone(), ImportId::from(import_id));
    match staff.write(async |tx, _| remove(tx, id).await).await {
        Ok(import) => Ok(Redirect::to(format!("/office/imports?kind={}&done=removed", import.kind.word())).into_response()),
        Err(error) => refused(&member, id, error).await,
    }
}

/// The page, with why it was not done.
async fn refused(member: &Member, id: ImportId, refusal: Error) -> Result<Response> {
    let Error::Conflict(why) = refusal else { return Err(refusal) };
    let work = async |tx: &mut Tx<Office>| {
        let import = find(tx, id).await?;
        let mut page = show_page(tx, member, import, None, 0).await?;
        page.refusal = format!("{why}.");
        Page::of(&page)
    };
    let page = member.house.office(&member.tenant).read(work).await?;
    Ok(page.with_status(StatusCode::CONFLICT).into_response())
}
