//! The front door: for strangers a sign-in, for customers their counter.

use askama::Template;
use http::StatusCode;
use http::header::HeaderName;
use poem::web::Form;
use poem::{IntoResponse, Response, handler};
use serde::Deserialize;

use super::{open_session, read_phone, request_code};
use crate::challenges::code::Code;
use crate::challenges::{Purpose, pending};
use crate::error::{Error, Result};
use crate::home;
use crate::tenancy::Visitor;
use crate::tenancy::extract::{SignedIn, signed_in};
use crate::tenancy::token::{PENDING_COOKIE, SESSION_COOKIE, end_cookie, set_cookie};
use crate::values::PhoneNumber;
use crate::web::shell::phone_example;
use crate::web::{Contact, Page, Redirect, Shell};

#[derive(Template)]
#[template(path = "sign_in/sign_in.html")]
struct SignInPage {
    shell: Shell,
    phone: String,
    phone_error: String,
    notice: String,
    country_hint: String,
    phone_example: String,
    contact: Contact,
}

#[derive(Template)]
#[template(path = "sign_in/code.html")]
struct CodePage {
    shell: Shell,
    phone: String,
    phone_shown: String,
    code_error: String,
    notice: String,
    resend_in_seconds: u32,
    expires_in_minutes: u32,
}

/// What a phone's form sends.
#[derive(Deserialize)]
pub struct PhoneForm {
    #[serde(default)]
    phone: String,
}

/// What a code's form sends.
#[derive(Deserialize)]
pub struct CodeForm {
    #[serde(default)]
    phone: String,
    #[serde(default)]
    code: String,
}

/// `GET /`
#[handler]
pub async fn front_door(visitor: Visitor) -> Result<Response> {
    let had_session = visitor.token(SESSION_COOKIE).is_some();
    match signed_in(visitor.clone()).await {
        Ok(customer) => home::pages::show(customer).await,
        Err(Error::Unauthenticated) => {
            let notice = if had_session { "You have been signed out. Sign in again to go on." } else { "" };
            let mut page = sign_in_page(&visitor, String::new(), String::new(), notice)?;
            if had_session {
                page = page.with_cookie(end_cookie(SESSION_COOKIE));
            }
            Ok(page.into_response())
        }
        Err(error) => Err(error),
    }
}

/// `POST /codes`
#[handler]
pub async fn ask_for_code(visitor: Visitor, Form(form): Form<PhoneForm>) -> Result<Response> {
    let asked = match read_phone(&visitor, &form.phone) {
        Ok(phone) => request_code(&visitor, phone).await,
        Err(error) => Err(error),
    };
    match asked {
        Ok(asked) => {
            let life = visitor.house.config.codes.life_seconds.into();
            Ok(Redirect::to("/code").with_cookie(set_cookie(PENDING_COOKIE, &asked.browser.reveal(), life)).into_response())
        }
        Err(Error::Invalid(fields)) => {
            let page = sign_in_page(&visitor, form.phone, fields.of("phone"), "")?;
            Ok(page.with_status(StatusCode::UNPROCESSABLE_ENTITY).into_response())
        }
        Err(error) => Err(error),
    }
}

/// `GET /code`
#[handler]
pub async fn code(visitor: Visitor) -> Result<Response> {
    Ok(match code_page(&visitor, String::new()).await? {
        Some(page) => page.into_response(),
        None => Redirect::to("/").into_response(),
    })
}

/// `POST /sessions`
#[handler]
pub async fn sign_in(visitor: Visitor, Form(form): Form<CodeForm>) -> Result<Response> {
    let opened = match (read_phone(&visitor, &form.phone), Code::parse(&form.code)) {
        (Ok(phone), Ok(typed)) => open_session(&visitor, phone, &typed).await,
        (Err(error), _) | (_, Err(error)) => Err(error),
    };
    let wrong = match opened {
        Ok(opened) => {
            let session = set_cookie(SESSION_COOKIE, &opened.token.reveal(), opened.life_seconds);
            return Ok(Redirect::to("/").with_cookie(session).with_cookie(end_cookie(PENDING_COOKIE)).into_response());
        }
        Err(Error::Invalid(fields)) => fields.of("code"),
        Err(error @ Error::WrongCode) => format!("{error}."),
        Err(error) => return Err(error),
    };
    Ok(match code_page(&visitor, wrong).await? {
        Some(page) => page.with_status(StatusCode::UNPROCESSABLE_ENTITY).into_response(),
        None => {
            let page = sign_in_page(&visitor, form.phone, String::new(), "That code is no longer good. Ask for a new one.")?;
            page.with_status(StatusCode::UNPROCESSABLE_ENTITY).into_response()
        }
    })
}

/// `POST /sessions/current/end`: leaves nothing behind on a shared phone.
#[handler]
pub async fn sign_out(customer: SignedIn) -> Result<Redirect> {
    customer.write(async |tx, caller| super::end_session(tx, caller).await).await?;
    Ok(Redirect::to("/").with_cookie(end_cookie(SESSION_COOKIE)).with_header(CLEAR_SITE_DATA, CLEARED))
}

/// The header that empties what the browser kept of this site.
pub const CLEAR_SITE_DATA: HeaderName = HeaderName::from_static("clear-site-data");
/// Not the cookies: the browser would drop those of every sibling host as well.
pub const CLEARED: &str = "\"cache\", \"storage\"";

fn sign_in_page(visitor: &Visitor, phone: String, phone_error: String, notice: &str) -> Result<Page> {
    let country = visitor.tenant.country;
    Page::of(&SignInPage {
        shell: Shell::of(visitor, "Sign in"),
        phone,
        phone_error,
        notice: notice.to_owned(),
        country_hint: match country.as_str() {
            "GB" => "UK numbers as usual; others with + and the country code".to_owned(),
            _ => format!("Numbers from {} as usual; others with + and the country code", country.name()),
        },
        phone_example: phone_example(visitor).to_owned(),
        contact: Contact::of(&visitor.tenant),
    })
}

async fn code_page(visitor: &Visitor, code_error: String) -> Result<Option<Page>> {
    let Some(open) = pending(&visitor.house, visitor, Purpose::Customer).await? else { return Ok(None) };
    let phone = PhoneNumber::from_e164(&open.address).map_err(|_| Error::NotFound)?;
    Page::of(&CodePage {
        shell: Shell { private: true, ..Shell::of(visitor, "Your code") },
        phone_shown: phone.national(visitor.tenant.country),
        phone: open.address,
        code_error,
        notice: String::new(),
        resend_in_seconds: open.resend_in_seconds,
        expires_in_minutes: open.expires_in_seconds.div_ceil(60),
    })
    .map(Some)
}
