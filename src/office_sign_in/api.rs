//! Staff sign in by the API.

use poem_openapi::payload::Json;
use poem_openapi::{ApiResponse, Object, OpenApi};

use super::{end_session, open_session, read_email, request_code};
use crate::api::Chapter;
use crate::api::typed::{Body, Text};
use crate::challenges::code::{Code, LONGEST_CODE};
use crate::error::Result;
use crate::sign_in::api::{CodeAccepted, CodeSent, SessionEnded};
use crate::sign_in::pages::CLEARED;
use crate::tenancy::Visitor;
use crate::tenancy::extract::{AnyRole, Staff};
use crate::tenancy::token::{OFFICE_COOKIE, PENDING_COOKIE, end_cookie, set_cookie};
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
        /// `__Host-office`.
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
        let cookie = set_cookie(PENDING_COOKIE, &asked.browser.reveal(), visitor.house.config.codes.life_seconds.into());
        let sent = CodeSent { expires_in_seconds: asked.expires_in_seconds, resend_in_seconds: asked.resend_in_seconds };
        Ok(CodeAccepted::Accepted(Json(sent), cookie))
    }

    /// Sign in to the office
    #[oai(path = "/office/sessions", method = "post")]
    async fn create_office_session(&self, visitor: Visitor, body: Body<OfficeSessionBody>) -> Result<OfficeSessionCreated> {
        let opened = open_session(&visitor, read_email(&body.email)?, &Code::parse(&body.code)?).await?;
        let cookie = set_cookie(OFFICE_COOKIE, &opened.token.reveal(), opened.life_seconds);
        Ok(OfficeSessionCreated::Created(Json(OfficeSessionOpened { role: opened.role.word().to_owned() }), cookie))
    }

    /// Sign out of the office
    #[oai(path = "/office/sessions/current", method = "delete")]
    async fn delete_office_session(&self, staff: Staff<AnyRole>) -> Result<SessionEnded> {
        staff.write(async |tx, member| end_session(tx, member).await).await?;
        Ok(SessionEnded::Ended(end_cookie(OFFICE_COOKIE), CLEARED.to_owned()))
    }
}
