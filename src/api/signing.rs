//! What signing in and out answers, at the counter and at the office alike.

use http::header::SET_COOKIE;
use poem_openapi::payload::{Json, Response};
use poem_openapi::{ApiResponse, Object};

use crate::tenancy::token::{PENDING_COOKIE, Token, end_cookie, pending_cookie};
use crate::web::page::CLEARED;

/// A code is on its way.
#[derive(Object)]
pub struct CodeSent {
    /// How long the code is good for.
    pub expires_in_seconds: u32,
    /// When it may be asked for again; sooner, nothing is sent.
    pub resend_in_seconds: u32,
}

#[derive(ApiResponse)]
pub enum CodeAccepted {
    /// A code is on its way, or was a moment ago. The same for every number.
    #[oai(status = 202)]
    Accepted(
        Json<CodeSent>,
        /// `__Host-pending`: the code answers to this browser alone.
        #[oai(header = "Set-Cookie")]
        String,
    ),
}

#[derive(ApiResponse)]
pub enum SessionEnded {
    /// Signed out; nothing is left in the browser.
    #[oai(status = 204)]
    Ended(
        /// The cookie is taken back.
        #[oai(header = "Set-Cookie")]
        String,
        /// What the browser kept of this site is dropped.
        #[oai(header = "Clear-Site-Data")]
        String,
    ),
}

/// What asking for a code answers.
pub fn code_accepted(sent: CodeSent, browser: &Token) -> CodeAccepted {
    CodeAccepted::Accepted(Json(sent), pending_cookie(browser))
}

/// What signing out answers.
pub fn session_ended(session_cookie: &str) -> Response<SessionEnded> {
    let ended = SessionEnded::Ended(end_cookie(session_cookie), CLEARED.to_owned());
    with_cookies(ended, [Some(end_cookie(session_cookie)), Some(end_cookie(PENDING_COOKIE))])
}

/// The document names one cookie of an answer; these are all that are sent, in place of that one.
pub fn with_cookies<T>(answer: T, cookies: [Option<String>; 2]) -> Response<T> {
    cookies.into_iter().flatten().fold(Response::new(answer), |answer, cookie| answer.header(SET_COOKIE, cookie))
}
