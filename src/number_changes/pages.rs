//! Changing the number: which one, and the two codes.

use askama::Template;
use http::StatusCode;
use poem::web::Form;
use poem::{IntoResponse, Response, handler};
use serde::Deserialize;

use super::{confirm, request_codes};
use crate::challenges::code::Code;
use crate::challenges::{Purpose, pending_but};
use crate::error::{Error, FieldErrors, Result};
use crate::sign_in::read_phone;
use crate::tenancy::extract::{Caller, SignedIn};
use crate::tenancy::token::{SESSION_COOKIE, pending_cookie, set_cookie};
use crate::values::PhoneNumber;
use crate::web::failure::in_words;
use crate::web::{Page, Redirect, Shell};

#[derive(Template)]
#[template(path = "number_changes/new.html")]
struct NewPage {
    shell: Shell,
    phone: String,
    phone_error: String,
    refusal: String,
}

#[derive(Template)]
#[template(path = "number_changes/codes.html")]
struct CodesPage {
    shell: Shell,
    phone: String,
    new_shown: String,
    notice: String,
    refusal: String,
    old_code_error: String,
    new_code_error: String,
    resend_in_seconds: u32,
}

/// What the first form sends.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct NumberForm {
    phone: String,
}

/// What the second form sends.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct CodesForm {
    phone: String,
    old_code: String,
    new_code: String,
}

/// `GET /number-changes/new`
#[handler]
pub fn new(customer: SignedIn) -> Result<Page> {
    new_page(&customer, String::new(), String::new(), String::new())
}

/// `POST /number-changes`
#[handler]
pub async fn create(customer: SignedIn, Form(form): Form<NumberForm>) -> Result<Response> {
    let caller = customer.caller.clone();
    let asked = match read_phone(&caller, &form.phone) {
        Ok(phone) => request_codes(customer, phone).await,
        Err(error) => Err(error),
    };
    Ok(match asked {
        Ok(asked) => Redirect::to("/number-changes/confirmation").with_cookie(pending_cookie(&asked.browser)).into_response(),
        Err(Error::Invalid(wrong)) => {
            let page = new_page(&caller, form.phone, wrong.of("phone"), String::new())?;
            page.with_status(StatusCode::UNPROCESSABLE_ENTITY).into_response()
        }
        Err(refusal @ Error::TooManyCodes { .. }) => {
            new_page(&caller, form.phone, String::new(), in_words(&refusal))?.with_refusal(&refusal).into_response()
        }
        Err(error) => return Err(error),
    })
}

/// `GET /number-changes/confirmation`
#[handler]
pub async fn codes(customer: SignedIn) -> Result<Response> {
    Ok(match codes_page(&customer, &FieldErrors::new(), String::new()).await? {
        Some(page) => page.into_response(),
        None => Redirect::to("/number-changes/new").into_response(),
    })
}

/// `POST /number-changes/confirmation`
#[handler]
pub async fn confirmation(customer: SignedIn, Form(form): Form<CodesForm>) -> Result<Response> {
    let caller = customer.caller.clone();
    let done = match read_codes(&caller, &form) {
        Ok((phone, of_old, of_new)) => confirm(customer, phone, &of_old, &of_new).await,
        Err(error) => Err(error),
    };
    let error = match done {
        Ok(changed) => {
            let kept = changed.kept.into_iter().map(|place| place.slug).collect::<Vec<_>>().join(",");
            let session = set_cookie(SESSION_COOKIE, &changed.token.reveal(), changed.life_seconds);
            return Ok(Redirect::to(format!("/my-data?done=number&kept={kept}")).with_cookie(session).into_response());
        }
        Err(error) => error,
    };
    let refusal = match &error {
        Error::Invalid(_) => String::new(),
        Error::SlowDown { .. } => in_words(&error),
        Error::Conflict(why) => format!("{why}."),
        _ => return Err(error),
    };
    Ok(match codes_page(&caller, &error.fields(), refusal).await? {
        Some(page) if matches!(error, Error::Invalid(_)) => page.with_status(StatusCode::UNPROCESSABLE_ENTITY).into_response(),
        Some(page) => page.with_refusal(&error).into_response(),
        None => Redirect::to("/number-changes/new").into_response(),
    })
}

fn read_codes(caller: &Caller, form: &CodesForm) -> Result<(PhoneNumber, Code, Code)> {
    let phone = read_phone(caller, &form.phone)?;
    Ok((phone, Code::parse_field(&form.old_code, "old_code")?, Code::parse_field(&form.new_code, "new_code")?))
}

fn new_page(caller: &Caller, phone: String, phone_error: String, refusal: String) -> Result<Page> {
    Page::of(&NewPage { shell: Shell::of_customer(caller, "Change my number", "my-data"), phone, phone_error, refusal })
}

async fn codes_page(caller: &Caller, wrong: &FieldErrors, refusal: String) -> Result<Option<Page>> {
    let open = pending_but(&caller.house, caller, Purpose::NumberChange, caller.session.phone.as_str()).await?;
    let Some(open) = open else { return Ok(None) };
    let phone = PhoneNumber::from_e164(&open.address).map_err(|_| Error::NotFound)?;
    Page::of(&CodesPage {
        shell: Shell::of_customer(caller, "Two codes", "my-data"),
        new_shown: phone.national(caller.tenant.country),
        notice: open.notice(),
        refusal: if open.is_used_up && refusal.is_empty() { "Too many tries with these codes. Get new ones.".to_owned() } else { refusal },
        old_code_error: wrong.of("old_code"),
        new_code_error: wrong.of("new_code"),
        resend_in_seconds: open.resend_in_seconds,
        phone: open.address,
    })
    .map(Some)
}
