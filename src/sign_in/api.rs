//! Signing in by the API.

use poem_openapi::param::Header;
use poem_openapi::payload::{Json, Response};
use poem_openapi::{ApiResponse, Object, OpenApi};

use super::{end_session, open_session, read_phone, request_code};
use crate::api::Chapter;
use crate::api::signing::{CodeAccepted, CodeSent, SessionEnded, code_accepted, session_ended, with_cookies};
use crate::api::typed::{Body, Text};
use crate::challenges::code::{Code, LONGEST_CODE};
use crate::challenges::{LONGEST_PROOF, known_cookie};
use crate::error::Result;
use crate::tenancy::Visitor;
use crate::tenancy::extract::SignedIn;
use crate::tenancy::token::{SESSION_COOKIE, set_cookie};

pub struct SignInApi;

/// Where to send a code.
#[derive(Object)]
#[oai(deny_unknown_fields)]
pub struct PhoneBody {
    /// A mobile number, in any usual way of writing; without a country code it is read as in the wholesaler's country.
    phone: Text<1, 100>,
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
        /// `__Host-session`; and `__Host-known`, by which the browser is known the next time.
        #[oai(header = "Set-Cookie")]
        String,
    ),
}

#[OpenApi(prefix_path = "/api/v1", tag = "Chapter::SignIn")]
impl SignInApi {
    /// Ask for a code
    ///
    /// Sends a six-digit code by text message. Where there is none left for strangers, the answer 429 may say in `proof_of_work` what can
    /// be computed instead of waiting.
    #[oai(path = "/codes", method = "post")]
    async fn create_code(
        &self,
        visitor: Visitor,
        /// What came of it, as ALTCHA's libraries write it: `challenge` and `solution`, in Base64.
        #[oai(name = "Proof-Of-Work")]
        proof: Header<Option<Text<0, LONGEST_PROOF>>>,
        body: Body<PhoneBody>,
    ) -> Result<CodeAccepted> {
        let asked = request_code(&visitor, read_phone(&visitor, &body.phone)?, proof.0.as_deref().unwrap_or_default()).await?;
        let sent = CodeSent { expires_in_seconds: asked.expires_in_seconds, resend_in_seconds: asked.resend_in_seconds };
        Ok(code_accepted(sent, &asked.browser))
    }

    /// Sign in
    ///
    /// Compares the code, in the browser that asked for it, and opens a session.
    #[oai(path = "/sessions", method = "post")]
    async fn create_session(&self, visitor: Visitor, body: Body<SessionBody>) -> Result<Response<SessionCreated>> {
        let opened = open_session(&visitor, read_phone(&visitor, &body.phone)?, &Code::parse(&body.code)?).await?;
        let cookie = set_cookie(SESSION_COOKIE, &opened.token.reveal(), opened.life_seconds);
        let created = SessionCreated::Created(Json(SessionOpened { access: opened.access.word().to_owned() }), cookie.clone());
        Ok(with_cookies(created, [Some(cookie), Some(known_cookie(&visitor.house, &opened.known))]))
    }

    /// Sign out
    #[oai(path = "/sessions/current", method = "delete")]
    async fn delete_session(&self, customer: SignedIn) -> Result<Response<SessionEnded>> {
        customer.write(async |tx, caller| end_session(tx, caller).await).await?;
        Ok(session_ended(SESSION_COOKIE))
    }
}
