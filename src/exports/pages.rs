//! The files themselves.

use std::io::{self, Read};

use bytes::Bytes;
use http::header::{CONTENT_DISPOSITION, CONTENT_LENGTH};
use poem::{Body, Response, handler};

use super::{Export, export};
use crate::error::Result;
use crate::imports::Kind;
use crate::tenancy::extract::{GoodsKeeper, Staff};

/// `GET /office/exports/products.csv`
#[handler]
pub async fn products(staff: Staff<GoodsKeeper>) -> Result<Response> {
    sent(staff, Kind::Products).await
}

/// `GET /office/exports/prices.csv`
#[handler]
pub async fn prices(staff: Staff<GoodsKeeper>) -> Result<Response> {
    sent(staff, Kind::Prices).await
}

/// `GET /office/exports/customers.csv`
#[handler]
pub async fn customers(staff: Staff<GoodsKeeper>) -> Result<Response> {
    sent(staff, Kind::Customers).await
}

async fn sent(staff: Staff<GoodsKeeper>, kind: Kind) -> Result<Response> {
    // No transaction of the session's is open while the file is written.
    let member = staff.leave().await?;
    let export = export(&member, kind).await?;
    let day = member.house.now().with_timezone(&member.tenant.time_zone).format("%Y-%m-%d");
    let name = format!("attachment; filename=\"{}-{}-{day}.csv\"", member.tenant.slug.as_str(), kind.word());
    let response = Response::builder().content_type("text/csv; charset=utf-8").header(CONTENT_LENGTH, export.bytes);
    Ok(response.header(CONTENT_DISPOSITION, name).body(body(export)))
}

/// Its bytes, read as they are fetched.
fn body(export: Export) -> Body {
    Body::from_bytes_stream(futures_util::stream::try_unfold(export, |mut export| async {
        let (export, piece) = tokio::task::spawn_blocking(move || {
            let mut piece = vec![0; 64 * 1024];
            let read = export.file.read(&mut piece);
            (export, read.map(|length| Bytes::copy_from_slice(piece.get(..length).unwrap_or_default())))
        })
        .await?;
        let piece = piece?;
        Ok::<_, io::Error>(if piece.is_empty() { None } else { Some((piece, export)) })
    }))
}
