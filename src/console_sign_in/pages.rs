//! The console's own door.

use poem::web::{Form, Query};
use poem::{IntoResponse, Response, handler};

use super::{open_session, open_session_by_passkey, request_code};
use crate::challenges::Purpose;
use crate::challenges::code::Code;
use crate::email_sign_in::pages::{Door, Typed};
use crate::email_sign_in::read_email;
use crate::error::{Error, Result};
use crate::tenancy::extract::{AtConsole, Operator, Present, Who};
use crate::tenancy::token::OPERATOR_COOKIE;
use crate::web::{Page, Redirect};

fn door() -> Door {
    Door {
        place: "Console",
        heading: "Sign in to the console",
        promise: "With your passkey. If you have none yet, we e-mail you a six-digit code to make one with. There is no password.",
        label: "Your e-mail",
        hint: "The address you were invited with".to_owned(),
        condition: "is an operator’s",
        prefix: "",
        home: "/",
        cookie: OPERATOR_COOKIE,
        purpose: Purpose::Operator,
        contact: None,
        elsewhere: "",
    }
}

/// `GET /sign-in`
#[handler]
pub fn show(AtConsole(here): AtConsole, Query(typed): Query<Typed>) -> Result<Page> {
    door().show(&here, &Typed { to: typed.to, ..Typed::default() })
}

/// `GET /proof`
///
/// Of who has a passkey it is asked. Who has none is on the way to making one, by a code that is not old.
#[handler]
pub async fn proof(operator: Operator<Present>, Query(typed): Query<Typed>) -> Result<Response> {
    let agent = operator.leave().await?;
    let Who::Person { proof, email, .. } = &agent.who else { return Err(Error::Forbidden) };
    if !proof.has_passkey && agent.is_fresh() {
        return Ok(Redirect::to("/passkeys").into_response());
    }
    let typed = Typed { email: email.clone(), to: typed.to, ..Typed::default() };
    Ok(door().show_again(&agent, &typed, !proof.has_passkey)?.into_response())
}

/// `POST /codes`
#[handler]
pub async fn ask_for_code(AtConsole(here): AtConsole, Form(typed): Form<Typed>) -> Result<Response> {
    let asked = match read_email(&typed.email) {
        Ok(email) => request_code(&here, email).await,
        Err(error) => Err(error),
    };
    door().after_asking(&here, &typed, asked)
}

/// `GET /code`
#[handler]
pub async fn code(AtConsole(here): AtConsole, Query(typed): Query<Typed>) -> Result<Response> {
    door().code(&here, &typed).await
}

/// `POST /sessions`
#[handler]
pub async fn sign_in(AtConsole(here): AtConsole, Form(typed): Form<Typed>) -> Result<Response> {
    let opened = match (read_email(&typed.email), Code::parse(&typed.code)) {
        (Ok(email), Ok(guess)) => open_session(&here, email, &guess).await,
        (Err(error), _) | (_, Err(error)) => Err(error),
    };
    door().after_bringing(&here, &typed, opened).await
}

/// `POST /passkey-sessions`
#[handler]
pub async fn sign_in_by_passkey(AtConsole(here): AtConsole, Form(typed): Form<Typed>) -> Result<Response> {
    let opened = open_session_by_passkey(&here, &typed.challenge, &typed.credential).await;
    door().after_bringing(&here, &typed, opened).await
}

/// `POST /sessions/current/end`
#[handler]
pub async fn sign_out(operator: Operator<Present>) -> Result<Redirect> {
    operator.write(async |tx, agent| super::end_session(tx, agent).await).await?;
    Ok(door().after_leaving())
}
