//! The office's own door.

use askama::Template;
use http::StatusCode;
use poem::web::Form;
use poem::{IntoResponse, Response, handler};
use serde::Deserialize;

use super::{open_session, read_email, request_code};
use crate::challenges::code::Code;
use crate::challenges::{Purpose, known_cookie, pending};
use crate::error::{Error, Result};
use crate::tenancy::Visitor;
use crate::tenancy::extract::{Leaving, Staff};
use crate::tenancy::token::{OFFICE_COOKIE, PENDING_COOKIE, end_cookie, pending_cookie, set_cookie};
use crate::web::failure::in_words;
use crate::web::page::{CLEAR_SITE_DATA, CLEARED};
use crate::web::{Contact, Page, Redirect, Shell};

#[derive(Template)]
#[template(path = "office_sign_in/sign_in.html")]
struct SignInPage {
    shell: Shell,
    email: String,
    email_error: String,
    /// Why no code can be asked for just now.
    refusal: String,
    notice: String,
    contact: Contact,
}

#[derive(Template)]
#[template(path = "office_sign_in/code.html")]
struct CodePage {
    shell: Shell,
    email: String,
    code_error: String,
    /// Why nothing can be tried just now.
    refusal: String,
    notice: String,
    is_used_up: bool,
    was_sent: bool,
    contact: Contact,
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

/// `GET /office/sign-in`
#[handler]
pub fn show(visitor: Visitor) -> Result<Page> {
    sign_in_page(&visitor, String::new(), String::new(), "")
}

/// `POST /office/codes`
#[handler]
pub async fn ask_for_code(visitor: Visitor, Form(form): Form<EmailForm>) -> Result<Response> {
    let asked = match read_email(&form.email) {
        Ok(email) => request_code(&visitor, email).await,
        Err(error) => Err(error),
    };
    match asked {
        Ok(asked) => Ok(Redirect::to("/office/code").with_cookie(pending_cookie(&asked.browser)).into_response()),
        Err(Error::Invalid(fields)) => {
            let page = sign_in_page(&visitor, form.email, fields.of("email"), "")?;
            Ok(page.with_status(StatusCode::UNPROCESSABLE_ENTITY).into_response())
        }
        Err(refusal @ Error::TooManyCodes { .. }) => {
            Ok(refused_page(&visitor, form.email, &refusal)?.with_refusal(&refusal).into_response())
        }
        Err(error) => Err(error),
    }
}

/// `GET /office/code`
#[handler]
pub async fn code(visitor: Visitor) -> Result<Response> {
    Ok(match code_page(&visitor, String::new(), String::new()).await? {
        Some(page) => page.into_response(),
        None => Redirect::to("/office/sign-in").into_response(),
    })
}

/// `POST /office/sessions`
#[handler]
pub async fn sign_in(visitor: Visitor, Form(form): Form<CodeForm>) -> Result<Response> {
    let opened = match (read_email(&form.email), Code::parse(&form.code)) {
        (Ok(email), Ok(typed)) => open_session(&visitor, email, &typed).await,
        (Err(error), _) | (_, Err(error)) => Err(error),
    };
    let wrong = match opened {
        Ok(opened) => {
            let session = set_cookie(OFFICE_COOKIE, &opened.token.reveal(), opened.life_seconds);
            return Ok(Redirect::to("/office")
                .with_cookie(session)
                .with_cookie(known_cookie(&visitor.house, &opened.known))
                .into_response());
        }
        Err(refusal @ Error::SlowDown { .. }) => {
            let page = match code_page(&visitor, String::new(), in_words(&refusal)).await? {
                Some(page) => page,
                None => refused_page(&visitor, form.email, &refusal)?,
            };
            return Ok(page.with_refusal(&refusal).into_response());
        }
        Err(Error::Invalid(fields)) => fields.of("code"),
        Err(error @ Error::WrongCode) => format!("{error}."),
        Err(error) => return Err(error),
    };
    Ok(match code_page(&visitor, wrong, String::new()).await? {
        Some(page) => page.with_status(StatusCode::UNPROCESSABLE_ENTITY).into_response(),
        None => {
            let page = sign_in_page(&visitor, form.email, String::new(), "That code is no longer good. Ask for a new one.")?;
            page.with_status(StatusCode::UNPROCESSABLE_ENTITY).into_response()
        }
    })
}

/// `POST /office/sessions/current/end`
#[handler]
pub async fn sign_out(staff: Staff<Leaving>) -> Result<Redirect> {
    staff.write(async |tx, member| super::end_session(tx, member).await).await?;
    Ok(Redirect::to("/office/sign-in")
        .with_cookie(end_cookie(OFFICE_COOKIE))
        .with_cookie(end_cookie(PENDING_COOKIE))
        .with_header(CLEAR_SITE_DATA, CLEARED))
}

fn sign_in_page(visitor: &Visitor, email: String, email_error: String, notice: &str) -> Result<Page> {
    Page::of(&SignInPage { email, email_error, notice: notice.to_owned(), ..SignInPage::empty(visitor) })?.with_pending_cookie(visitor)
}

fn refused_page(visitor: &Visitor, email: String, refusal: &Error) -> Result<Page> {
    Page::of(&SignInPage { email, refusal: in_words(refusal), ..SignInPage::empty(visitor) })?.with_pending_cookie(visitor)
}

impl SignInPage {
    fn empty(visitor: &Visitor) -> Self {
        Self {
            shell: Shell::of(visitor, "Office sign-in"),
            email: String::new(),
            email_error: String::new(),
            refusal: String::new(),
            notice: String::new(),
            contact: Contact::of(&visitor.tenant),
        }
    }
}

async fn code_page(visitor: &Visitor, code_error: String, refusal: String) -> Result<Option<Page>> {
    let Some(open) = pending(&visitor.house, visitor, Purpose::Staff).await? else { return Ok(None) };
    Page::of(&CodePage {
        shell: Shell { private: true, ..Shell::of(visitor, "Your code") },
        code_error: if open.is_used_up { String::new() } else { code_error },
        refusal: if open.is_used_up { "Too many tries with this code. Get a new one.".to_owned() } else { refusal },
        notice: open.notice(),
        email: open.address,
        is_used_up: open.is_used_up,
        was_sent: open.was_sent,
        contact: Contact::of(&visitor.tenant),
        resend_in_seconds: open.resend_in_seconds,
        expires_in_minutes: open.expires_in_seconds.div_ceil(60),
    })
    .map(Some)
}
