//! Asking for an account, and reading how the request stands.

use askama::Template;
use http::StatusCode;
use poem::web::Form;
use poem::{IntoResponse, Response, handler};
use serde::Deserialize;

use super::{NewRequest, ask, current, withdraw};
use crate::error::{Error, FieldErrors, Result};
use crate::tenancy::extract::{Caller, SignedIn};
use crate::web::{Contact, Page, Redirect, Shell, when};

#[derive(Template)]
#[template(path = "registrations/new.html")]
struct NewPage {
    shell: Shell,
    business_name: String,
    contact_name: String,
    message: String,
    business_name_error: String,
    contact_name_error: String,
    message_error: String,
    has_errors: bool,
    phone_shown: String,
}

#[derive(Template)]
#[template(path = "registrations/state.html")]
struct StatePage {
    shell: Shell,
    status: String,
    business_name: String,
    contact_name: String,
    message: String,
    asked_at: String,
    asked_at_exact: String,
    decided_at: String,
    decided_at_exact: String,
    reason: String,
    contact: Contact,
}

/// What the form sends.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct RequestForm {
    business_name: String,
    contact_name: String,
    message: String,
}

/// How the newest request stands; None when there is none to show.
pub async fn state(mut customer: SignedIn) -> Result<Option<Page>> {
    let Some(request) = current(&mut customer.tx, &customer.caller).await? else { return Ok(None) };
    let (now, zone) = (customer.house.now(), customer.tenant.time_zone);
    Page::of(&StatePage {
        shell: Shell::of_customer(&customer, "Your request", ""),
        status: request.status,
        business_name: request.business_name,
        contact_name: request.contact_name,
        message: request.message,
        asked_at: when::ago(request.created_at, now, zone),
        asked_at_exact: when::exact(request.created_at, zone),
        decided_at: request.decided_at.map(|at| when::ago(at, now, zone)).unwrap_or_default(),
        decided_at_exact: request.decided_at.map(|at| when::exact(at, zone)).unwrap_or_default(),
        reason: request.reason,
        contact: Contact::of(&customer.tenant),
    })
    .map(Some)
}

/// `GET /registration-requests/new`
#[handler]
pub async fn new(mut customer: SignedIn) -> Result<Response> {
    let waiting = current(&mut customer.tx, &customer.caller).await?.is_some_and(|request| request.status == "pending");
    if waiting || customer.session.access.is_some() {
        return Ok(Redirect::to("/").into_response());
    }
    Ok(new_page(&customer, RequestForm::default(), &FieldErrors::new())?.into_response())
}

/// `POST /registration-requests`
#[handler]
pub async fn create(customer: SignedIn, Form(form): Form<RequestForm>) -> Result<Response> {
    let caller = customer.caller.clone();
    let asked = match NewRequest::parse(&form.business_name, &form.contact_name, &form.message) {
        Ok(request) => customer.write(async |tx, caller| ask(tx, caller, request, None).await).await,
        Err(error) => Err(error),
    };
    match asked {
        // Asked twice, or let in meanwhile: the front door shows how things stand.
        Ok(_) | Err(Error::Conflict(_)) => Ok(Redirect::to("/").into_response()),
        Err(Error::Invalid(fields)) => Ok(new_page(&caller, form, &fields)?.with_status(StatusCode::UNPROCESSABLE_ENTITY).into_response()),
        Err(error) => Err(error),
    }
}

/// `POST /registration-requests/current/withdrawal`
#[handler]
pub async fn take_back(customer: SignedIn) -> Result<Redirect> {
    match customer.write(async |tx, caller| withdraw(tx, caller).await).await {
        Ok(()) | Err(Error::Conflict(_)) => Ok(Redirect::to("/")),
        Err(error) => Err(error),
    }
}

fn new_page(caller: &Caller, form: RequestForm, wrong: &FieldErrors) -> Result<Page> {
    Page::of(&NewPage {
        shell: Shell::of_customer(caller, "Ask for an account", ""),
        business_name: form.business_name,
        contact_name: form.contact_name,
        message: form.message,
        business_name_error: wrong.of("business_name"),
        contact_name_error: wrong.of("contact_name"),
        message_error: wrong.of("message"),
        has_errors: wrong.iter().next().is_some(),
        phone_shown: caller.session.phone.national(caller.tenant.country),
    })
}
