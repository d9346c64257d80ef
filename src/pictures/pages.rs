//! Pictures as browsers fetch them, and the forms that bring them.

use http::StatusCode;
use http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderValue};
use poem::web::{Multipart, Path, Query};
use poem::{IntoResponse, Response, handler};
use serde::Deserialize;
use uuid::Uuid;

use super::{Size, draw_anew, find, put, remove};
use crate::error::{Error, Result};
use crate::ids::ProductId;
use crate::office_products::pages::again_after_upload;
use crate::tenancy::Shopper;
use crate::tenancy::extract::{GoodsKeeper, Seller, Staff};
use crate::web::Redirect;

/// A browser need not ask again: under this name there is never another one. Nobody in between keeps it, for a wholesaler may show
/// its goods to its customers alone.
const FOR_GOOD: &str = "private, max-age=31536000, immutable";

/// In which size.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Asked {
    size: String,
}

impl Asked {
    fn size(&self) -> Size {
        if self.size == "small" { Size::Small } else { Size::Large }
    }
}

fn read_name(name: &str) -> Result<Vec<u8>> {
    let hash = hex::decode(name).map_err(|_| Error::NotFound)?;
    if hash.len() == 32 { Ok(hash) } else { Err(Error::NotFound) }
}

/// `GET /pictures/:picture`
#[handler]
pub async fn show(mut shopper: Shopper, Path(picture): Path<String>, Query(asked): Query<Asked>) -> Result<Response> {
    Ok(as_answer(find(&mut shopper.tx, &read_name(&picture)?, asked.size()).await?))
}

/// `GET /office/pictures/:picture`
#[handler]
pub async fn show_at_office(mut staff: Staff<Seller>, Path(picture): Path<String>, Query(asked): Query<Asked>) -> Result<Response> {
    Ok(as_answer(find(&mut staff.tx, &read_name(&picture)?, asked.size()).await?))
}

fn as_answer(jpeg: Vec<u8>) -> Response {
    let mut response =
        Response::builder().status(StatusCode::OK).header(CONTENT_TYPE, "image/jpeg").header(CACHE_CONTROL, FOR_GOOD).body(jpeg);
    // Opened by itself, it must not be able to do anything here.
    response.headers_mut().insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'; sandbox"));
    response
}

/// `POST /office/products/:product_id/picture`
#[handler]
pub async fn upload(staff: Staff<GoodsKeeper>, Path(product_id): Path<Uuid>, mut parts: Multipart) -> Result<Response> {
    let (member, id) = (staff.member.clone(), ProductId::from(product_id));
    // No transaction is open while the picture is drawn.
    drop(staff);
    let unreadable = || Error::Malformed("The form cannot be read".to_owned());
    let mut bytes = Vec::new();
    while let Some(field) = parts.next_field().await.map_err(|_| unreadable())? {
        if field.name() == Some("picture") {
            bytes = field.bytes().await.map_err(|_| unreadable())?;
        }
    }
    match draw_anew(bytes).await {
        Ok(picture) => {
            member.house.office(&member.tenant).write(async |tx| put(tx, &member, id, &picture).await).await?;
            Ok(Redirect::to(format!("/office/products/{id}?done=picture")).into_response())
        }
        Err(error @ Error::Invalid(_)) => again_after_upload(&member, id, error).await,
        Err(error) => Err(error),
    }
}

/// `POST /office/products/:product_id/picture/removal`
#[handler]
pub async fn removal(staff: Staff<GoodsKeeper>, Path(product_id): Path<Uuid>) -> Result<Redirect> {
    let id = ProductId::from(product_id);
    staff.write(async |tx, member| remove(tx, member, id).await).await?;
    Ok(Redirect::to(format!("/office/products/{id}?done=no-picture")))
}
