//! Asking for an account, and reading how the request stands.

use askama::Template;
use http::StatusCode;
use poem::web::{Form, Query};
use poem::{IntoResponse, Response, handler};
use serde::Deserialize;

use super::{Kind, NewRequest, Request, ask, current, withdraw};
use crate::confirmations;
use crate::error::{Error, FieldErrors, Result};
use crate::tenancy::extract::{Caller, SignedIn};
use crate::web::{Contact, Page, Redirect, Shell, when};

#[derive(Template)]
#[template(path = "registrations/new.html")]
struct NewPage {
    shell: Shell,
    /// They had an account before.
    is_return: bool,
    business_name: String,
    contact_name: String,
    message: String,
    business_name_error: String,
    contact_name_error: String,
    message_error: String,
    has_errors: bool,
    phone_shown: String,
    /// How the request before ended; empty when there is none.
    earlier_status: String,
}

#[derive(Template)]
#[template(path = "registrations/state.html")]
struct StatePage {
    shell: Shell,
    is_return: bool,
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
    kind: String,
    business_name: String,
    contact_name: String,
    message: String,
}

impl From<Request> for RequestForm {
    fn from(request: Request) -> Self {
        Self { kind: request.kind, business_name: request.business_name, contact_name: request.contact_name, message: request.message }
    }
}

/// How a request stands.
pub fn state(customer: &Caller, request: Request) -> Result<Page> {
    let (now, zone) = (customer.house.now(), customer.tenant.time_zone);
    Page::of(&StatePage {
        shell: Shell::of_customer(customer, "Your request", "home"),
        is_return: request.kind == Kind::Return.word(),
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
}

/// Which form is wanted.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct NewQuery {
    kind: String,
}

/// `GET /registration-requests/new`
#[handler]
pub async fn new(mut customer: SignedIn, Query(query): Query<NewQuery>) -> Result<Response> {
    let kind = Kind::parse(&query.kind).unwrap_or_default();
    let earlier = current(&mut customer.tx, &customer.caller).await?;
    if customer.session.access.is_some() || earlier.as_ref().is_some_and(|request| request.status == "pending") {
        return Ok(Redirect::to("/").into_response());
    }
    if kind == Kind::Account && confirmations::open(&mut customer.tx, &customer.caller).await?.is_some() {
        return Ok(Redirect::to("/").into_response());
    }
    let earlier = earlier.filter(|request| request.kind == kind.word());
    // Whoever asks again mostly has a word to change.
    let form = earlier.clone().map_or_else(|| RequestForm { kind: query.kind, ..RequestForm::default() }, RequestForm::from);
    Ok(new_page(&customer, form, &FieldErrors::new(), earlier)?.into_response())
}

/// `POST /registration-requests`
#[handler]
pub async fn create(mut customer: SignedIn, Form(form): Form<RequestForm>) -> Result<Response> {
    let kind = Kind::parse(&form.kind)?;
    let asked = match NewRequest::parse(kind, &form.business_name, &form.contact_name, &form.message) {
        Ok(asked) => asked,
        Err(Error::Invalid(fields)) => {
            let earlier = current(&mut customer.tx, &customer.caller).await?;
            let page = new_page(&customer, form, &fields, earlier)?;
            return Ok(page.with_status(StatusCode::UNPROCESSABLE_ENTITY).into_response());
        }
        Err(error) => return Err(error),
    };
    match customer.write(async |tx, caller| ask(tx, caller, &asked).await).await {
        // Asked twice, or let in meanwhile: the front door shows how things stand.
        Ok(_) | Err(Error::Conflict(_) | Error::ConfirmationNeeded) => Ok(Redirect::to("/").into_response()),
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

fn new_page(caller: &Caller, form: RequestForm, wrong: &FieldErrors, earlier: Option<Request>) -> Result<Page> {
    Page::of(&NewPage {
        shell: Shell::of_customer(caller, "Ask for an account", ""),
        is_return: form.kind == Kind::Return.word(),
        business_name: form.business_name,
        contact_name: form.contact_name,
        message: form.message,
        business_name_error: wrong.of("business_name"),
        contact_name_error: wrong.of("contact_name"),
        message_error: wrong.of("message"),
        has_errors: wrong.iter().next().is_some(),
        phone_shown: caller.session.phone.national(caller.tenant.country),
        earlier_status: earlier.map(|request| request.status).unwrap_or_default(),
    })
}
