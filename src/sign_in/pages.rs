//! The front door: for strangers a sign-in, for customers their counter.

use askama::Template;
use http::StatusCode;
use poem::web::{Form, Query};
use poem::{IntoResponse, Response, handler};
use serde::Deserialize;

use super::{open_session, read_phone, request_code};
use crate::challenges::code::Code;
use crate::challenges::{Purpose, known_cookie, pending};
use crate::error::{Error, Result};
use crate::home;
use crate::tenancy::extract::{SignedIn, signed_in};
use crate::tenancy::token::{PENDING_COOKIE, SESSION_COOKIE, end_cookie, pending_cookie, set_cookie};
use crate::tenancy::{PricesShown, Visitor};
use crate::values::PhoneNumber;
use crate::web::failure::in_words;
use crate::web::page::{CLEAR_SITE_DATA, CLEARED};
use crate::web::shell::phone_example;
use crate::web::{Contact, Page, Redirect, Shell};

#[derive(Template)]
#[template(path = "sign_in/sign_in.html")]
struct SignInPage {
    shell: Shell,
    phone: String,
    phone_error: String,
    /// Why no code can be asked for just now.
    refusal: String,
    notice: String,
    phone_hint: String,
    contact: Contact,
    /// What there is to see without an account; empty when there is nothing.
    goods_shown: &'static str,
}

#[derive(Template)]
#[template(path = "sign_in/work.html")]
struct WorkPage {
    shell: Shell,
    phone: String,
    phone_shown: String,
    /// What the browser is to compute.
    work: String,
    /// Why, and when it goes without.
    refusal: String,
    contact: Contact,
}

#[derive(Template)]
#[template(path = "sign_in/code.html")]
struct CodePage {
    shell: Shell,
    phone: String,
    phone_shown: String,
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

/// What a phone's form sends.
#[derive(Deserialize)]
pub struct PhoneForm {
    #[serde(default)]
    phone: String,
    #[serde(default)]
    proof_of_work: String,
}

/// What a code's form sends.
#[derive(Deserialize)]
pub struct CodeForm {
    #[serde(default)]
    phone: String,
    #[serde(default)]
    code: String,
}

/// What was just done.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct DoorQuery {
    done: String,
}

/// `GET /`
#[handler]
pub async fn front_door(visitor: Visitor, Query(query): Query<DoorQuery>) -> Result<Response> {
    let had_session = visitor.token(SESSION_COOKIE).is_some();
    match signed_in(visitor.clone()).await {
        Ok(customer) => home::pages::show(customer).await,
        Err(Error::Unauthenticated) => {
            let notice = match query.done.as_str() {
                "erased" => "Everything about your number is erased, at every wholesaler.",
                _ if had_session => "You have been signed out. Sign in again to go on.",
                _ => "",
            };
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
        Ok(phone) => request_code(&visitor, phone, &form.proof_of_work).await,
        Err(error) => Err(error),
    };
    match asked {
        Ok(asked) => Ok(Redirect::to("/code").with_cookie(pending_cookie(&asked.browser)).into_response()),
        Err(Error::Invalid(fields)) => {
            let page = sign_in_page(&visitor, form.phone, fields.of("phone"), "")?;
            Ok(page.with_status(StatusCode::UNPROCESSABLE_ENTITY).into_response())
        }
        Err(refusal @ Error::TooManyCodes { work: Some(_), .. }) => Ok(work_page(&visitor, form.phone, &refusal)?.into_response()),
        Err(refusal @ Error::TooManyCodes { .. }) => {
            Ok(refused_page(&visitor, form.phone, &refusal)?.with_refusal(&refusal).into_response())
        }
        Err(error) => Err(error),
    }
}

/// `GET /code`
#[handler]
pub async fn code(visitor: Visitor) -> Result<Response> {
    Ok(match code_page(&visitor, String::new(), String::new()).await? {
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
            return Ok(Redirect::to("/").with_cookie(session).with_cookie(known_cookie(&visitor.house, &opened.known)).into_response());
        }
        Err(refusal @ Error::SlowDown { .. }) => {
            let page = match code_page(&visitor, String::new(), in_words(&refusal)).await? {
                Some(page) => page,
                None => refused_page(&visitor, form.phone, &refusal)?,
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
            let page = sign_in_page(&visitor, form.phone, String::new(), "That code is no longer good. Ask for a new one.")?;
            page.with_status(StatusCode::UNPROCESSABLE_ENTITY).into_response()
        }
    })
}

/// `POST /sessions/current/end`: leaves nothing behind on a shared phone.
#[handler]
pub async fn sign_out(customer: SignedIn) -> Result<Redirect> {
    customer.write(async |tx, caller| super::end_session(tx, caller).await).await?;
    Ok(Redirect::to("/")
        .with_cookie(end_cookie(SESSION_COOKIE))
        .with_cookie(end_cookie(PENDING_COOKIE))
        .with_header(CLEAR_SITE_DATA, CLEARED))
}

fn sign_in_page(visitor: &Visitor, phone: String, phone_error: String, notice: &str) -> Result<Page> {
    Page::of(&SignInPage { phone, phone_error, notice: notice.to_owned(), ..SignInPage::empty(visitor) })?.with_pending_cookie(visitor)
}

fn refused_page(visitor: &Visitor, phone: String, refusal: &Error) -> Result<Page> {
    Page::of(&SignInPage { phone, refusal: in_words(refusal), ..SignInPage::empty(visitor) })?.with_pending_cookie(visitor)
}

/// Where a browser that computes for a while need not wait.
fn work_page(visitor: &Visitor, phone: String, refusal: &Error) -> Result<Page> {
    let shown = read_phone(visitor, &phone).map(|phone| phone.national(visitor.tenant.country)).unwrap_or_default();
    let page = Page::of(&WorkPage {
        shell: Shell { private: true, ..Shell::of(visitor, "One moment") },
        phone,
        phone_shown: shown,
        work: refusal.work().unwrap_or_default().to_owned(),
        refusal: in_words(refusal),
        contact: Contact::of(&visitor.tenant),
    });
    Ok(page?.with_pending_cookie(visitor)?.with_refusal(refusal))
}

impl SignInPage {
    fn empty(visitor: &Visitor) -> Self {
        Self {
            shell: Shell::of(visitor, "Sign in"),
            phone: String::new(),
            phone_error: String::new(),
            refusal: String::new(),
            notice: String::new(),
            phone_hint: phone_hint(visitor),
            contact: Contact::of(&visitor.tenant),
            goods_shown: match visitor.tenant.prices_shown {
                PricesShown::All => "See goods and prices",
                PricesShown::NoPrices => "See what we sell",
                PricesShown::Nothing => "",
            },
        }
    }
}

/// How numbers are written here: with an example of the country's own where there is one, else of another's.
fn phone_hint(visitor: &Visitor) -> String {
    let (country, example) = (visitor.tenant.country, phone_example(visitor));
    let from = if country.as_str() == "GB" { "UK numbers".to_owned() } else { format!("Numbers from {}", country.name_in_sentence()) };
    if example.starts_with('+') {
        format!("{from} as usual; others with + and the country code, for example {example}")
    } else {
        format!("{from} as usual, for example {example}; others with + and the country code")
    }
}

async fn code_page(visitor: &Visitor, code_error: String, refusal: String) -> Result<Option<Page>> {
    let Some(open) = pending(&visitor.house, visitor, Purpose::Customer).await? else { return Ok(None) };
    let phone = PhoneNumber::from_e164(&open.address).map_err(|_| Error::NotFound)?;
    Page::of(&CodePage {
        shell: Shell { private: true, ..Shell::of(visitor, "Your code") },
        phone_shown: phone.national(visitor.tenant.country),
        code_error: if open.is_used_up { String::new() } else { code_error },
        refusal: if open.is_used_up { "Too many tries with this code. Get a new one.".to_owned() } else { refusal },
        notice: open.notice(),
        phone: open.address,
        is_used_up: open.is_used_up,
        was_sent: open.was_sent,
        contact: Contact::of(&visitor.tenant),
        resend_in_seconds: open.resend_in_seconds,
        expires_in_minutes: open.expires_in_seconds.div_ceil(60),
    })
    .map(Some)
}
