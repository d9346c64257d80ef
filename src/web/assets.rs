//! The style sheet, the script, a tenant's colours and its logo: what browsers may keep. Each has its version
//! in its address, so it is kept for good and never stale.

use std::sync::LazyLock;

use http::StatusCode;
use http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use poem::web::Path;
use poem::{Response, handler};
use sha2::{Digest, Sha256};

use crate::error::{Error, Result};
use crate::tenancy::Visitor;
use crate::tenancy::extract::Anywhere;
use crate::values::Slug;

const STYLE: &str = include_str!("style.css");
const SCRIPT: &str = include_str!("page.js");
const FOR_GOOD: &str = "public, max-age=31536000, immutable";

static STYLE_HREF: LazyLock<String> = LazyLock::new(|| format!("/assets/style.css?v={}", fingerprint(STYLE)));
static SCRIPT_HREF: LazyLock<String> = LazyLock::new(|| format!("/assets/page.js?v={}", fingerprint(SCRIPT)));

/// The style sheet's address.
pub fn style_href() -> String {
    STYLE_HREF.clone()
}

/// The script's address.
pub fn script_href() -> String {
    SCRIPT_HREF.clone()
}

fn fingerprint(text: &str) -> String {
    hex::encode(Sha256::digest(text).get(..8).unwrap_or_default())
}

#[handler]
pub fn style() -> Response {
    kept("text/css; charset=utf-8", STYLE)
}

#[handler]
pub fn script() -> Response {
    kept("text/javascript; charset=utf-8", SCRIPT)
}

/// What browsers ask for unbidden where a page names no icon: nothing, for a long time.
#[handler]
pub fn favicon() -> Response {
    Response::builder().status(StatusCode::NO_CONTENT).header(CACHE_CONTROL, "public, max-age=31536000").finish()
}

/// The tenant's two colours. A stylesheet of its own because pages allow no inline styles.
#[handler]
pub fn brand(visitor: Visitor) -> Response {
    let css = format!(":root{{--brand:{};--on-brand:{}}}", visitor.tenant.brand_colour, visitor.tenant.on_brand());
    kept("text/css; charset=utf-8", css)
}

/// A tenant's logo, on every site: it stands on lists of counters as well as on its own.
#[handler]
pub async fn logo(Anywhere(here): Anywhere, Path(slug): Path<String>) -> Result<Response> {
    let slug = Slug::parse(&slug).map_err(|_| Error::NotFound)?;
    let tenant = here.house.tenants.find(slug.as_str()).await?.ok_or(Error::NotFound)?;
    let logo = here
        .house
        .db()
        .platform()
        .read(async |tx| {
            Ok(sqlx::query!("select logo, logo_type from tenants where id = $1", tenant.id.uuid()).fetch_one(&mut *tx).await?)
        })
        .await?;
    let (Some(bytes), Some(media_type)) = (logo.logo, logo.logo_type) else { return Err(Error::NotFound) };
    // Opened by itself, a drawing must not be able to do anything here.
    Ok(Response::builder()
        .header(CONTENT_TYPE, media_type)
        .header(CACHE_CONTROL, FOR_GOOD)
        .header(CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox")
        .body(bytes))
}

fn kept(media_type: &str, body: impl Into<poem::Body>) -> Response {
    Response::builder().status(StatusCode::OK).header(CONTENT_TYPE, media_type).header(CACHE_CONTROL, FOR_GOOD).body(body)
}
