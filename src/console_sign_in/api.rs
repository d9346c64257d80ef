//! Operators sign in by the API.

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
use crate::tenancy::Here;
use crate::tenancy::extract::{AtConsole, Operator, Present, Who};
use crate::tenancy::token::{OPERATOR_COOKIE, set_cookie};
use crate::values::email::LONGEST_EMAIL;

pub struct ConsoleSignInApi;

/// Where to send a code.
#[derive(Object)]
#[oai(deny_unknown_fields)]
pub struct OperatorCodeBody {
    email: Text<1, LONGEST_EMAIL>,
}

/// The address again, and the code that came.
#[derive(Object)]
#[oai(deny_unknown_fields)]
pub struct OperatorSessionBody {
    email: Text<1, LONGEST_EMAIL>,
    /// Six digits.
    code: Text<1, LONGEST_CODE>,
}

/// Who has signed in.
#[derive(Object)]
pub struct OperatorSessionOpened {
    name: String,
}

#[derive(ApiResponse)]
pub enum OperatorSessionCreated {
    /// Signed in.
    #[oai(status = 201)]
    Created(
        Json<OperatorSessionOpened>,
        /// `__Host-operator`; and `__Host-known`, by which the browser is known the next time.
        #[oai(header = "Set-Cookie")]
        String,
    ),
}

/// Who is asking.
#[derive(Object)]
pub struct OperatorMe {
    /// `operator` or `token`.
    kind: String,
    name: String,
    /// A token has none.
    email: Option<String>,
    /// `read` or `write`; a person may write.
    scope: String,
}

#[OpenApi(prefix_path = "/api/v1", tag = "Chapter::Console")]
impl ConsoleSignInApi {
    /// Ask for a code by e-mail
    ///
    /// The same answer for every address; mail goes to operators.
    #[oai(path = "/codes", method = "post")]
    async fn create_operator_code(&self, here: AtConsole, body: Body<OperatorCodeBody>) -> Result<CodeAccepted> {
        let asked = request_code(&here.0, read_email(&body.email)?).await?;
        let sent = CodeSent { expires_in_seconds: asked.expires_in_seconds, resend_in_seconds: asked.resend_in_seconds };
        Ok(code_accepted(sent, &asked.browser))
    }

    /// Sign in to the console by a code
    ///
    /// Such a session is good for making a first passkey, and for nothing else: whoever has one signs in with it.
    #[oai(path = "/sessions", method = "post")]
    async fn create_operator_session(&self, here: AtConsole, body: Body<OperatorSessionBody>) -> Result<Response<OperatorSessionCreated>> {
        let opened = open_session(&here.0, read_email(&body.email)?, &Code::parse(&body.code)?).await?;
        Ok(created(&here.0, opened))
    }

    /// Ask what a passkey is to sign
    #[oai(path = "/passkey-challenges", method = "post")]
    async fn create_operator_passkey_challenge(&self, here: AtConsole) -> Result<PasskeyAsked> {
        Ok(passkeys::ask_for_one(&here.0).await?.into())
    }

    /// Sign in to the console with a passkey
    ///
    /// Nobody says who they are: the passkey does.
    #[oai(path = "/passkey-sessions", method = "post")]
    async fn create_operator_passkey_session(
        &self,
        here: AtConsole,
        body: Body<PasskeyShownBody>,
    ) -> Result<Response<OperatorSessionCreated>> {
        let opened = open_session_by_passkey(&here.0, &body.challenge, &body.credential).await?;
        Ok(created(&here.0, opened))
    }

    /// Sign out of the console
    #[oai(path = "/sessions/current", method = "delete")]
    async fn delete_operator_session(&self, operator: Operator<Present>) -> Result<Response<SessionEnded>> {
        operator.write(async |tx, agent| end_session(tx, agent).await).await?;
        Ok(session_ended(OPERATOR_COOKIE))
    }

    /// Who is asking
    #[oai(path = "/me", method = "get")]
    async fn get_operator(&self, operator: Operator<Present>) -> Result<Json<OperatorMe>> {
        let agent = operator.leave().await?;
        let (kind, email, scope) = match &agent.who {
            Who::Person { email, .. } => ("operator", Some(email.clone()), "write"),
            Who::Program { may_write: true, .. } => ("token", None, "write"),
            Who::Program { may_write: false, .. } => ("token", None, "read"),
        };
        Ok(Json(OperatorMe { kind: kind.to_owned(), name: agent.name().to_owned(), email, scope: scope.to_owned() }))
    }
}

fn created(here: &Here, opened: Opened<String>) -> Response<OperatorSessionCreated> {
    let cookie = set_cookie(OPERATOR_COOKIE, &opened.token.reveal(), opened.life_seconds);
    let created = OperatorSessionCreated::Created(Json(OperatorSessionOpened { name: opened.who }), cookie.clone());
    with_cookies(created, [Some(cookie), opened.known.as_ref().map(|known| known_cookie(&here.house, known))])
}
