//! Operators sign in by the API.

use poem_openapi::payload::{Json, Response};
use poem_openapi::{ApiResponse, Object, OpenApi};

use super::{end_session, open_session, request_code};
use crate::api::Chapter;
use crate::api::signing::{CodeAccepted, CodeSent, SessionEnded, code_accepted, session_ended, with_cookies};
use crate::api::typed::{Body, Text};
use crate::challenges::code::{Code, LONGEST_CODE};
use crate::challenges::known_cookie;
use crate::error::Result;
use crate::office_sign_in::read_email;
use crate::tenancy::extract::{AnyOperator, AtConsole, Operator, Person, Who};
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

    /// Sign in to the console
    #[oai(path = "/sessions", method = "post")]
    async fn create_operator_session(&self, here: AtConsole, body: Body<OperatorSessionBody>) -> Result<Response<OperatorSessionCreated>> {
        let opened = open_session(&here.0, read_email(&body.email)?, &Code::parse(&body.code)?).await?;
        let cookie = set_cookie(OPERATOR_COOKIE, &opened.token.reveal(), opened.life_seconds);
        let created = OperatorSessionCreated::Created(Json(OperatorSessionOpened { name: opened.name }), cookie.clone());
        Ok(with_cookies(created, [cookie, known_cookie(&here.0.house, &opened.known)]))
    }

    /// Sign out of the console
    #[oai(path = "/sessions/current", method = "delete")]
    async fn delete_operator_session(&self, operator: Operator<Person>) -> Result<Response<SessionEnded>> {
        operator.write(async |tx, agent| end_session(tx, agent).await).await?;
        Ok(session_ended(OPERATOR_COOKIE))
    }

    /// Who is asking
    #[oai(path = "/me", method = "get")]
    async fn get_operator(&self, operator: Operator<AnyOperator>) -> Result<Json<OperatorMe>> {
        let agent = operator.leave().await?;
        let (kind, email, scope) = match &agent.who {
            Who::Person { email, .. } => ("operator", Some(email.clone()), "write"),
            Who::Program { may_write: true, .. } => ("token", None, "write"),
            Who::Program { may_write: false, .. } => ("token", None, "read"),
        };
        Ok(Json(OperatorMe { kind: kind.to_owned(), name: agent.name().to_owned(), email, scope: scope.to_owned() }))
    }
}
