//! For machines that watch: is the process there, and can it serve.

use http::StatusCode;
use poem::{Response, handler};

use crate::tenancy::extract::Public;

/// `GET /healthz`: the process answers.
#[handler]
pub fn alive() -> &'static str {
    "ok\n"
}

/// `GET /readyz`: so does the database.
#[handler]
pub async fn ready(Public(here): Public) -> Response {
    readiness(here.house.db().is_ready().await)
}

/// The answer of a readiness check.
pub fn readiness(is_ready: bool) -> Response {
    let (status, word) = if is_ready { (StatusCode::OK, "ready\n") } else { (StatusCode::SERVICE_UNAVAILABLE, "not ready\n") };
    Response::builder().status(status).content_type("text/plain; charset=utf-8").body(word)
}
