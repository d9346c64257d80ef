//! The style sheet, the script, a tenant's colours and its logo: what browsers may keep. Each has its version
//! in its address, so it is kept for good and never stale. Asked for as another version, it is kept by nobody: the
//! next release may answer that address with something else.

use std::sync::LazyLock;

use http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use http::{HeaderValue, StatusCode};
use poem::web::{Path, Query};
use poem::{Response, handler};
use serde::Deserialize;
use sha2::{Digest, Sha256};

use crate::error::{Error, Result};
use crate::tenancy::extract::{Anywhere, Place};
use crate::values::Slug;
use crate::values::colour::{readable_on, stands_out};

const STYLE: &str = include_str!("style.css");
const SCRIPT: &str = include_str!("page.js");
const BASKET_SCRIPT: &str = include_str!("basket.js");
const SERVICE_WORKER: &str = include_str!("sw.js");
/// Of what can never be otherwise at the same address.
pub const FOR_GOOD: &str = "public, max-age=31536000, immutable";

static STYLE_VERSION: LazyLock<String> = LazyLock::new(|| fingerprint(STYLE));
static SCRIPT_VERSION: LazyLock<String> = LazyLock::new(|| fingerprint(SCRIPT));
static BASKET_SCRIPT_VERSION: LazyLock<String> = LazyLock::new(|| fingerprint(BASKET_SCRIPT));

/// The style sheet's address.
pub fn style_href() -> String {
    format!("/assets/style.css?v={}", *STYLE_VERSION)
}

/// The script's address.
pub fn script_href() -> String {
    format!("/assets/page.js?v={}", *SCRIPT_VERSION)
}

/// The address of the script that keeps a basket while there is no signal.
pub fn basket_script_href() -> String {
    format!("/assets/basket.js?v={}", *BASKET_SCRIPT_VERSION)
}

fn fingerprint(text: &str) -> String {
    hex::encode(Sha256::digest(text).get(..8).unwrap_or_default())
}

/// Which version is asked for.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Version {
    v: String,
}

#[handler]
pub fn style(Query(asked): Query<Version>) -> Response {
    kept("text/css; charset=utf-8", STYLE, asked.v == *STYLE_VERSION)
}

#[handler]
pub fn script(Query(asked): Query<Version>) -> Response {
    kept("text/javascript; charset=utf-8", SCRIPT, asked.v == *SCRIPT_VERSION)
}

#[handler]
pub fn basket_script(Query(asked): Query<Version>) -> Response {
    kept("text/javascript; charset=utf-8", BASKET_SCRIPT, asked.v == *BASKET_SCRIPT_VERSION)
}

/// What a phone keeps for when there is no signal. It looks for a newer one by itself, so this one is not kept.
#[handler]
pub fn service_worker() -> Response {
    kept("text/javascript; charset=utf-8", SERVICE_WORKER, false)
}

/// What browsers ask for unbidden where a page names no icon: nothing, for a long time.
#[handler]
pub fn favicon() -> Response {
    Response::builder().status(StatusCode::NO_CONTENT).header(CACHE_CONTROL, "public, max-age=31536000").finish()
}

/// The tenant's two colours. A stylesheet of its own because pages allow no inline styles.
#[handler]
pub fn brand(Anywhere(here): Anywhere, Query(asked): Query<Version>) -> Result<Response> {
    let Place::Counter(tenant) = &here.place else { return Err(Error::NotFound) };
    let (brand, second) = (&tenant.brand_colour, tenant.second_colour.as_deref());
    let rim = |name: &str, colour: &str| if stands_out(colour) { String::new() } else { format!(";--{name}:var(--edge)") };
    let second = second.map(|second| format!(";--second:{second};--on-second:{}{}", readable_on(second), rim("second-rim", second)));
    let css = format!(":root{{--brand:{brand};--on-brand:{}{}{}}}", readable_on(brand), rim("rim", brand), second.unwrap_or_default());
    Ok(kept("text/css; charset=utf-8", css, asked.v == tenant.version().to_string()))
}

/// A tenant's logo, on every site: it stands on lists of counters as well as on its own.
#[handler]
pub async fn logo(Anywhere(here): Anywhere, Path(slug): Path<String>, Query(asked): Query<Version>) -> Result<Response> {
    let slug = Slug::parse(&slug).map_err(|_| Error::NotFound)?;
    let tenant = here.house.tenants.find(slug.as_str()).await?.ok_or(Error::NotFound)?;
    let logo = here.house.tenants.logo(tenant.id).await?.ok_or(Error::NotFound)?;
    let mut response = kept(&logo.media_type, logo.bytes, asked.v == logo.version.to_string());
    // Opened by itself, a drawing must not be able to do anything here.
    response.headers_mut().insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'; sandbox"));
    Ok(response)
}

fn kept(media_type: &str, body: impl Into<poem::Body>, is_this_version: bool) -> Response {
    let rule = if is_this_version { FOR_GOOD } else { "no-store" };
    Response::builder().status(StatusCode::OK).header(CONTENT_TYPE, media_type).header(CACHE_CONTROL, rule).body(body)
}
