//! A product's picture, as browsers ask for it.

use http::StatusCode;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use poem::web::{Path, Query};
use poem::{Response, handler};
use serde::Deserialize;

use super::{PictureHash, Size, find};
use crate::db::CounterKeys;
use crate::error::{Error, Result};
use crate::tenancy::Visitor;
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
    Ok(Response::builder().status(StatusCode::OK).header(CONTENT_TYPE, "image/jpeg").header(CACHE_CONTROL, FOR_GOOD).body(jpeg))
}
