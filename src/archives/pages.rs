//! What an owner can take along, in words, and the archive itself.

use std::io;

use askama::Template;
use bytes::Bytes;
use futures_util::Stream;
use http::header::{CONTENT_DISPOSITION, CONTENT_LENGTH};
use poem::error::ResponseError;
use poem::{Body, IntoResponse, Response, handler};

use super::{Archive, take_along};
use crate::error::{Error, Result};
use crate::office_requests;
use crate::tenancy::extract::{Exporter, Fresh, Member, Staff};
use crate::web::{Page, Shell};

#[derive(Template)]
#[template(path = "archives/export.html")]
struct ExportPage {
    shell: Shell,
    refusal: String,
}

/// `GET /office/export`
#[handler]
pub async fn show(staff: Staff<Fresh<Exporter>>) -> Result<Page> {
    let member = staff.leave().await?;
    export_page(&member, String::new()).await
}

/// `POST /office/export`
#[handler]
pub async fn create(staff: Staff<Fresh<Exporter>>) -> Result<Response> {
    // No transaction of the session's is open while the archive is made.
    let member = staff.leave().await?;
    match take_along(&member).await {
        Ok(archive) => Ok(sent(archive)),
        Err(error @ Error::Conflict(_)) => {
            let page = export_page(&member, format!("{error}.")).await?;
            Ok(page.with_status(error.status()).into_response())
        }
        Err(error) => Err(error),
    }
}

async fn export_page(member: &Member, refusal: String) -> Result<Page> {
    let waiting = member.house.office(&member.tenant).read(async |tx| office_requests::waiting(tx, member).await).await?;
    let shell = Shell::of_staff(member, "Download everything", "settings", waiting);
    Page::of(&ExportPage { shell, refusal })
}

fn sent(archive: Archive) -> Response {
    let (length, name) = (archive.bytes, as_attachment(&archive));
    let response = Response::builder().content_type("application/zip").header(CONTENT_LENGTH, length);
    response.header(CONTENT_DISPOSITION, name).body(body(archive))
}

/// Under which name a browser keeps it.
pub fn as_attachment(archive: &Archive) -> String {
    format!("attachment; filename=\"{}\"", archive.file_name)
}

/// Its bytes, read as they are fetched. The tenant's turn ends with them, or with whoever stops fetching.
pub fn body(archive: Archive) -> Body {
    Body::from_bytes_stream(pieces(archive))
}

fn pieces(archive: Archive) -> impl Stream<Item = io::Result<Bytes>> + Send + 'static {
    futures_util::stream::try_unfold(archive, |mut archive| async {
        let (archive, piece) = tokio::task::spawn_blocking(move || {
            let piece = archive.next_piece();
            (archive, piece)
        })
        .await?;
        let piece = piece?;
        Ok(if piece.is_empty() { None } else { Some((piece.into(), archive)) })
    })
}
