//! The home page of a signed-in customer.

use askama::Template;
use poem::{IntoResponse, Response};

use super::account;
use crate::confirmations;
use crate::error::Result;
use crate::registrations;
use crate::tenancy::extract::SignedIn;
use crate::tenancy::session::{Access, AccessRole};
use crate::web::{Contact, Page, Redirect, Shell};

#[derive(Template)]
#[template(path = "home/home.html")]
struct HomePage {
    shell: Shell,
    account_business_name: String,
    account_number: String,
    role: String,
    town: String,
    phone_shown: String,
    contact: Contact,
}

#[derive(Template)]
#[template(path = "home/suspended.html")]
struct SuspendedPage {
    shell: Shell,
    contact: Contact,
}

/// The counter, the state of the request, or the way to ask.
pub async fn show(customer: SignedIn) -> Result<Response> {
    match customer.session.access.clone() {
        Some(access) if access.suspended => suspended(&customer),
        Some(access) => home(customer, &access).await,
        None => outside(customer).await,
    }
}

/// Who has no access yet has asked, or is asked who they are, or may ask.
async fn outside(mut customer: SignedIn) -> Result<Response> {
    let request = registrations::current(&mut customer.tx, &customer.caller).await?;
    let open = confirmations::open(&mut customer.tx, &customer.caller).await?;
    let is_decided_about_it = |request: &registrations::Request| request.status == "rejected" && request.kind == "return";
    Ok(match (request, open) {
        (Some(request), Some(_)) if request.status == "pending" || is_decided_about_it(&request) => {
            registrations::pages::state(&customer, request)?.into_response()
        }
        (_, Some(open)) => confirmations::pages::show(&customer, open, String::new(), String::new())?.into_response(),
        (Some(request), None) => registrations::pages::state(&customer, request)?.into_response(),
        (None, None) => Redirect::to("/registration-requests/new").into_response(),
    })
}

async fn home(mut customer: SignedIn, access: &Access) -> Result<Response> {
    let account = account(&mut customer.tx, access).await?;
    let role = match access.role {
        AccessRole::Owner => "Owner of the account",
        AccessRole::Buyer => "Buyer",
    };
    let shell = Shell::of_customer(&customer, "Home", "home");
    let page = Page::of(&HomePage {
        phone_shown: shell.phone.clone(),
        shell,
        account_business_name: account.business_name,
        account_number: account.account_number,
        role: role.to_owned(),
        town: account.town,
        contact: Contact::of(&customer.tenant),
    })?;
    Ok(page.into_response())
}

fn suspended(customer: &SignedIn) -> Result<Response> {
    let page =
        SuspendedPage { shell: Shell::of_customer(customer, "Your account is suspended", "home"), contact: Contact::of(&customer.tenant) };
    Ok(Page::of(&page)?.into_response())
}
