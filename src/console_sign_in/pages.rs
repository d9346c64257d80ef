//! The console's own door.

use askama::Template;
use http::StatusCode;
use poem::web::Form;
use poem::{IntoResponse, Response, handler};
use serde::Deserialize;

use super::{open_session, request_code};
use crate::challenges::code::Code;
use crate::challenges::{Purpose, known_cookie, pending};
use crate::error::{Error, Result};
use crate::office_sign_in::read_email;
use crate::tenancy::Here;
use crate::tenancy::extract::{AtConsole, Operator, Person};
use crate::tenancy::token::{OPERATOR_COOKIE, PENDING_COOKIE, end_cookie, pending_cookie, set_cookie};
use crate::web::failure::in_words;
use crate::web::page::{CLEAR_SITE_DATA, CLEARED};
use crate::web::{Page, Redirect, Shell};

#[derive(Template)]
#[template(path = "console_sign_in/sign_in.html")]
struct SignInPage {
    shell: Shell,
    email: String,
    email_error: String,
    /// Why no code can be asked for just now.
    refusal: String,
    notice: String,
}

#[derive(Template)]
#[template(path = "console_sign_in/code.html")]
struct CodePage {
    shell: Shell,
    email: String,
    code_error: String,
    /// Why nothing can be tried just now.
    refusal: String,
    notice: String,
    is_used_up: bool,
    was_sent: bool,
    resend_in_seconds: u32,
    expires_in_minutes: u32,
}

/// What an address's form sends.
#[derive(Deserialize)]
pub struct EmailForm {
    #[serde(default)]
    email: String,
}

/// What a code's form sends.
#[derive(Deserialize)]
pub struct CodeForm {
    #[serde(default)]
    email: String,
    #[serde(default)]
    code: String,
}

/// `GET /sign-in`
#[handler]
pub fn show(AtConsole(here): AtConsole) -> Result<Page> {
    sign_in_page(&here, String::new(), String::new(), String::new(), "")
}

/// `POST /codes`
#[handler]
pub async fn ask_for_code(AtConsole(here): AtConsole, Form(form): Form<EmailForm>) -> Result<Response> {
    let asked = match read_email(&form.email) {
        Ok(email) => request_code(&here, email).await,
        Err(error) => Err(error),
    };
    match asked {
        Ok(asked) => Ok(Redirect::to("/code").with_cookie(pending_cookie(&asked.browser)).into_response()),
        Err(Error::Invalid(fields)) => {
            let page = sign_in_page(&here, form.email, fields.of("email"), String::new(), "")?;
            Ok(page.with_status(StatusCode::UNPROCESSABLE_ENTITY).into_response())
        }
        Err(refusal @ Error::TooManyCodes { .. }) => {
            let page = sign_in_page(&here, form.email, String::new(), in_words(&refusal), "")?;
            Ok(page.with_refusal(&refusal).into_response())
        }
        Err(error) => Err(error),
    }
}

/// `GET /code`
#[handler]
pub async fn code(AtConsole(here): AtConsole) -> Result<Response> {
    Ok(match code_page(&here, String::new(), String::new()).await? {
        Some(page) => page.into_response(),
        None => Redirect::to("/sign-in").into_response(),
    })
}

/// `POST /sessions`
#[handler]
pub async fn sign_in(AtConsole(here): AtConsole, Form(form): Form<CodeForm>) -> Result<Response> {
    let opened = match (read_email(&form.email), Code::parse(&form.code)) {
        (Ok(email), Ok(typed)) => open_session(&here, email, &typed).await,
        (Err(error), _) | (_, Err(error)) => Err(error),
    };
    let wrong = match opened {
        Ok(opened) => {
            let session = set_cookie(OPERATOR_COOKIE, &opened.token.reveal(), opened.life_seconds);
            return Ok(Redirect::to("/").with_cookie(session).with_cookie(known_cookie(&here.house, &opened.known)).into_response());
        }
        Err(refusal @ Error::SlowDown { .. }) => {
            let page = match code_page(&here, String::new(), in_words(&refusal)).await? {
                Some(page) => page,
                None => sign_in_page(&here, form.email, String::new(), in_words(&refusal), "")?,
            };
            return Ok(page.with_refusal(&refusal).into_response());
        }
        Err(Error::Invalid(fields)) => fields.of("code"),
        Err(error @ Error::WrongCode) => format!("{error}."),
        Err(error) => return Err(error),
    };
    let page = match code_page(&here, wrong, String::new()).await? {
        Some(page) => page,
        None => sign_in_page(&here, form.email, String::new(), String::new(), "That code is no longer good. Ask for a new one.")?,
    };
    Ok(page.with_status(StatusCode::UNPROCESSABLE_ENTITY).into_response())
}

/// `POST /sessions/current/end`
#[handler]
pub async fn sign_out(operator: Operator<Person>) -> Result<Redirect> {
    operator.write(async |tx, agent| super::end_session(tx, agent).await).await?;
    Ok(Redirect::to("/sign-in")
        .with_cookie(end_cookie(OPERATOR_COOKIE))
        .with_cookie(end_cookie(PENDING_COOKIE))
        .with_header(CLEAR_SITE_DATA, CLEARED))
}

fn sign_in_page(here: &Here, email: String, email_error: String, refusal: String, notice: &str) -> Result<Page> {
    let shell = Shell::of(here, "Console sign-in");
    Page::of(&SignInPage { shell, email, email_error, refusal, notice: notice.to_owned() })?.with_pending_cookie(here)
}

/// None when this browser has no open question here.
async fn code_page(here: &Here, code_error: String, refusal: String) -> Result<Option<Page>> {
    let Some(open) = pending(&here.house, here, Purpose::Operator).await? else { return Ok(None) };
    Page::of(&CodePage {
        shell: Shell { private: true, ..Shell::of(here, "Your code") },
        code_error: if open.is_used_up { String::new() } else { code_error },
        refusal: if open.is_used_up { "Too many tries with this code. Get a new one.".to_owned() } else { refusal },
        notice: open.notice(),
        email: open.address,
        is_used_up: open.is_used_up,
        was_sent: open.was_sent,
        resend_in_seconds: open.resend_in_seconds,
        expires_in_minutes: open.expires_in_seconds.div_ceil(60),
    })
    .map(Some)
}
