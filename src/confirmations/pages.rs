//! «Confirm it is you», at the front door.

use askama::Template;
use http::StatusCode;
use poem::web::Form;
use poem::{IntoResponse, Response, handler};
use serde::Deserialize;

use super::{Open, Said, confirm, dismiss, open};
use crate::error::{Error, Result};
use crate::tenancy::extract::{Caller, SignedIn, signed_in};
use crate::web::{Contact, Page, Redirect, Shell};

#[derive(Template)]
#[template(path = "confirmations/show.html")]
struct ShowPage {
    shell: Shell,
    phone_shown: String,
    tries_left: i16,
    account: String,
    account_error: String,
    contact: Contact,
}

/// What the form sends.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct ConfirmationForm {
    account: String,
}

/// The page, with what was typed and what is wrong with it.
pub fn show(caller: &Caller, open: Open, account: String, account_error: String) -> Result<Page> {
    Page::of(&ShowPage {
        shell: Shell::of_customer(caller, "Confirm it is you", "home"),
        phone_shown: caller.session.phone.national(caller.tenant.country),
        tries_left: open.tries_left,
        account,
        account_error,
        contact: Contact::of(&caller.tenant),
    })
}

/// What is said of a wrong try: the same whatever was typed.
pub fn wrong(wholesaler: &str, open: &Open) -> String {
    let left = match open.tries_left {
        0 => "That was the last try".to_owned(),
        1 => "You have one try left".to_owned(),
        tries => format!("You have {tries} tries left"),
    };
    format!("That is not what {wholesaler} has for this number. {left}.")
}

/// `POST /confirmation`
#[handler]
pub async fn confirmation(customer: SignedIn, Form(form): Form<ConfirmationForm>) -> Result<Response> {
    let (visitor, wholesaler) = (customer.caller.visitor.clone(), customer.tenant.business_name.clone());
    let error = match confirm(customer, &form.account).await {
        Ok(Said::Right) | Err(Error::Conflict(_)) => return Ok(Redirect::to("/").into_response()),
        Ok(Said::Wrong(open)) => wrong(&wholesaler, &open),
        Err(Error::Invalid(fields)) => fields.of("account"),
        Err(error) => return Err(error),
    };
    let SignedIn { caller, mut tx } = signed_in(visitor).await?;
    let Some(open) = open(&mut tx, &caller).await? else { return Ok(Redirect::to("/").into_response()) };
    Ok(show(&caller, open, form.account, error)?.with_status(StatusCode::UNPROCESSABLE_ENTITY).into_response())
}

/// `POST /confirmation/dismissal`
#[handler]
pub async fn dismissal(customer: SignedIn) -> Result<Redirect> {
    match dismiss(customer).await {
        Ok(()) | Err(Error::Conflict(_)) => Ok(Redirect::to("/registration-requests/new")),
        Err(error) => Err(error),
    }
}
