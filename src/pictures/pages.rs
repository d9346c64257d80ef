//! Pictures as browsers fetch them, and the forms that bring them.

use http::StatusCode;
use http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use poem::web::{Multipart, Path, Query};
use poem::{IntoResponse, Response, handler};
use serde::Deserialize;
use uuid::Uuid;

use super::{PictureHash, Size, draw_anew, find, put, remove};
use crate::db::CounterKeys;
use crate::error::{Error, Result};
use crate::ids::ProductId;
use crate::office_products::pages::again_after_upload;
use crate::tenancy::Visitor;
use crate::tenancy::extract::{GoodsKeeper, Staff};
use crate::web::Redirect;
use crate::web::assets::FOR_GOOD;

/// How large it is wanted.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Wanted {
    size: String,
}

/// `GET /pictures/:picture_hash`: for whoever knows its name, which stands on pages alone that show it, and is no easier to guess than
/// the picture itself to draw. What has a name can never be another picture, so it is kept for good.
#[handler]
pub async fn show(visitor: Visitor, Path(hash): Path<String>, Query(wanted): Query<Wanted>) -> Result<Response> {
    // One way of writing it: another would be another address of the same.
    let hash = Some(hash).filter(|hash| !hash.bytes().any(|byte| byte.is_ascii_uppercase()));
    let hash: PictureHash = hash.and_then(|hash| hex::decode(hash).ok()?.try_into().ok()).ok_or(Error::NotFound)?;
    let size = match wanted.size.as_str() {
        "" => Size::Large,
        "small" => Size::Small,
        _ => return Err(Error::NotFound),
    };
    let nobody = visitor.house.db().counter(CounterKeys::of_stranger(visitor.tenant.id, false));
    let jpeg = nobody.read(async |tx| find(tx, &hash, size).await).await?;
    let response = Response::builder().status(StatusCode::OK).header(CONTENT_TYPE, "image/jpeg").header(CACHE_CONTROL, FOR_GOOD);
    // Opened by itself, it must not be able to do anything here.
    Ok(response.header(CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox").body(jpeg))
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
