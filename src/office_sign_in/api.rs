//! Staff sign in by the API.

use poem_openapi::payload::{Json, Response};
use poem_openapi::{ApiResponse, Object, OpenApi};

use super::{end_session, open_session, open_session_by_passkey, request_code};
use crate::api::Chapter;
use crate::api::signing::{CodeAccepted, CodeSent, SessionEnded, code_accepted, session_ended, with_cookies};
use crate::api::typed::{Body, Text};
use crate::challenges::code::{Code, LONGEST_CODE};
use crate::challenges::known_cookie;
use crate::email_sign_in::{Opened, read_email};
use crate::error::Result;
use crate::passkeys;
use crate::passkeys::api::{PasskeyAsked, PasskeyShownBody};
use crate::tenancy::extract::{Leaving, Staff};
use crate::tenancy::token::{OFFICE_COOKIE, set_cookie};
use crate::tenancy::{StaffRole, Visitor};
use crate::values::email::LONGEST_EMAIL;

pub struct OfficeSignInApi;

/// Where to send a code.
#[derive(Object)]
#[oai(deny_unknown_fields)]
pub struct EmailBody {
    email: Text<1, LONGEST_EMAIL>,
}

/// The address again, and the code that came.
#[derive(Object)]
#[oai(deny_unknown_fields)]
pub struct OfficeSessionBody {
    email: Text<1, LONGEST_EMAIL>,
    /// Six digits.
    code: Text<1, LONGEST_CODE>,
}

/// What the member of staff is here.
#[derive(Object)]
pub struct OfficeSessionOpened {
    /// `owner`, `manager`, `sales` or `picker`.
    role: String,
}

#[derive(ApiResponse)]
pub enum OfficeSessionCreated {
    /// Signed in.
    #[oai(status = 201)]
    Created(
        Json<OfficeSessionOpened>,
        /// `__Host-office`; and `__Host-known`, by which the browser is known the next time.
        #[oai(header = "Set-Cookie")]
        String,
    ),
}

#[OpenApi(prefix_path = "/api/v1", tag = "Chapter::Office")]
impl OfficeSignInApi {
    /// Ask for a code by e-mail
    ///
    /// The same answer for every address; mail goes to those who work here.
    #[oai(path = "/office/codes", method = "post")]
    async fn create_office_code(&self, visitor: Visitor, body: Body<EmailBody>) -> Result<CodeAccepted> {
        let asked = request_code(&visitor, read_email(&body.email)?).await?;
        let sent = CodeSent { expires_in_seconds: asked.expires_in_seconds, resend_in_seconds: asked.resend_in_seconds };
        Ok(code_accepted(sent, &asked.browser))
    }

    /// Sign in to the office
    #[oai(path = "/office/sessions", method = "post")]
    async fn create_office_session(&self, visitor: Visitor, body: Body<OfficeSessionBody>) -> Result<Response<OfficeSessionCreated>> {
        let opened = open_session(&visitor, read_email(&body.email)?, &Code::parse(&body.code)?).await?;
        Ok(created(&visitor, &opened))
    }

    /// Ask what a passkey is to sign
    #[oai(path = "/office/passkey-challenges", method = "post")]
    async fn create_office_passkey_challenge(&self, visitor: Visitor) -> Result<PasskeyAsked> {
        Ok(passkeys::ask_for_one(&visitor).await?.into())
    }

    /// Sign in to the office with a passkey
    ///
    /// Nobody says who they are: the passkey does.
    #[oai(path = "/office/passkey-sessions", method = "post")]
    async fn create_office_passkey_session(
        &self,
        visitor: Visitor,
        body: Body<PasskeyShownBody>,
    ) -> Result<Response<OfficeSessionCreated>> {
        let opened = open_session_by_passkey(&visitor, &body.challenge, &body.credential).await?;
        Ok(created(&visitor, &opened))
    }

    /// Sign out of the office
    #[oai(path = "/office/sessions/current", method = "delete")]
    async fn delete_office_session(&self, staff: Staff<Leaving>) -> Result<Response<SessionEnded>> {
        staff.write(async |tx, member| end_session(tx, member).await).await?;
        Ok(session_ended(OFFICE_COOKIE))
    }
}

fn created(visitor: &Visitor, opened: &Opened<StaffRole>) -> Response<OfficeSessionCreated> {
    let cookie = set_cookie(OFFICE_COOKIE, &opened.token.reveal(), opened.life_seconds);
    let created = OfficeSessionCreated::Created(Json(OfficeSessionOpened { role: opened.who.word().to_owned() }), cookie.clone());
    with_cookies(created, [Some(cookie), opened.known.as_ref().map(|known| known_cookie(&visitor.house, known))])
}
