//! Signing in by the API.

use poem_openapi::payload::Json;
use poem_openapi::{ApiResponse, Object, OpenApi};

use super::{end_session, open_session, read_phone, request_code};
use crate::api::Chapter;
use crate::api::typed::{Body, Text};
use crate::challenges::code::{Code, LONGEST_CODE};
use crate::error::Result;
use crate::sign_in::pages::CLEARED;
use crate::tenancy::Visitor;
use crate::tenancy::extract::SignedIn;
use crate::tenancy::token::{PENDING_COOKIE, SESSION_COOKIE, end_cookie, set_cookie};

pub struct SignInApi;

/// Where to send a code.
#[derive(Object)]
#[oai(deny_unknown_fields)]
pub struct PhoneBody {
    /// A mobile number, in any usual way of writing; without a country code it is read as in the wholesaler's country.
    phone: Text<1, 100>,
}

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

/// The number again, and the code that came.
#[derive(Object)]
#[oai(deny_unknown_fields)]
pub struct SessionBody {
    /// As it was asked with, or in any other way of writing it.
    phone: Text<1, 100>,
    /// Six digits.
    code: Text<1, LONGEST_CODE>,
}

/// How things stand between this customer and this wholesaler.
#[derive(Object)]
pub struct SessionOpened {
    /// `active`, `none`, `pending`, `rejected` or `suspended`.
    access: String,
}

#[derive(ApiResponse)]
pub enum SessionCreated {
    /// Signed in.
    #[oai(status = 201)]
    Created(
        Json<SessionOpened>,
        /// `__Host-session`.
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

#[OpenApi(prefix_path = "/api/v1", tag = "Chapter::SignIn")]
impl SignInApi {
    /// Ask for a code
    ///
    /// Sends a six-digit code by text message.
    #[oai(path = "/codes", method = "post")]
    async fn create_code(&self, visitor: Visitor, body: Body<PhoneBody>) -> Result<CodeAccepted> {
        let asked = request_code(&visitor, read_phone(&visitor, &body.phone)?).await?;
        let cookie = set_cookie(PENDING_COOKIE, &asked.browser.reveal(), visitor.house.config.codes.life_seconds.into());
        let sent = CodeSent { expires_in_seconds: asked.expires_in_seconds, resend_in_seconds: asked.resend_in_seconds };
        Ok(CodeAccepted::Accepted(Json(sent), cookie))
    }

    /// Sign in
    ///
    /// Compares the code, in the browser that asked for it, and opens a session.
    #[oai(path = "/sessions", method = "post")]
    async fn create_session(&self, visitor: Visitor, body: Body<SessionBody>) -> Result<SessionCreated> {
        let opened = open_session(&visitor, read_phone(&visitor, &body.phone)?, &Code::parse(&body.code)?).await?;
        let cookie = set_cookie(SESSION_COOKIE, &opened.token.reveal(), opened.life_seconds);
        Ok(SessionCreated::Created(Json(SessionOpened { access: opened.access.word().to_owned() }), cookie))
    }

    /// Sign out
    #[oai(path = "/sessions/current", method = "delete")]
    async fn delete_session(&self, customer: SignedIn) -> Result<SessionEnded> {
        customer.write(async |tx, caller| end_session(tx, caller).await).await?;
        Ok(SessionEnded::Ended(end_cookie(SESSION_COOKIE), CLEARED.to_owned()))
    }
}
