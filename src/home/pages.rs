//! The home page of a signed-in customer, and their account.

use askama::Template;
use poem::{IntoResponse, Response, handler};

use super::account as read_account;
use crate::catalogue::pages::{List, ShelfView};
use crate::catalogue::shown::View;
use crate::catalogue::{Ask, all, usuals};
use crate::confirmations;
use crate::error::Result;
use crate::registrations;
use crate::tenancy::extract::{Buyer, SignedIn};
use crate::tenancy::session::AccessRole;
use crate::web::{Contact, Page, Redirect, Shell};

#[derive(Template)]
#[template(path = "home/home.html")]
struct HomePage {
    shell: Shell,
    shelf: ShelfView,
}

#[derive(Template)]
#[template(path = "home/account.html")]
struct AccountPage {
    shell: Shell,
    account_business_name: String,
    account_number: String,
    role: String,
    town: String,
    /// Whether some of its prices are not everybody's.
    has_own_prices: bool,
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
        Some(_) => home(customer).await,
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

/// What they usually order; who has ordered nothing yet sees all there is.
async fn home(customer: SignedIn) -> Result<Response> {
    let mut buyer = Buyer::try_from(customer)?;
    let terms = buyer.terms();
    let everything = Ask::default();
    let (mut shelf, mut list) = (usuals(&mut buyer.tx, &terms).await?, List::Usuals);
    if shelf.goods.is_empty() {
        (shelf, list) = (all(&mut buyer.tx, &terms).await?, List::Found(&everything));
    }
    let shelf = ShelfView::of(&shelf, list, View::of_buyer(&buyer, &terms), &buyer.tenant);
    Ok(Page::of(&HomePage { shell: Shell::of_customer(&buyer, "Home", "home"), shelf })?.into_response())
}

/// `GET /account`
#[handler]
pub async fn account(mut buyer: Buyer) -> Result<Page> {
    let found = read_account(&mut buyer.tx, &buyer.access).await?;
    let role = match buyer.access.role {
        AccessRole::Owner => "Owner of the account",
        AccessRole::Buyer => "Buyer",
    };
    let shell = Shell::of_customer(&buyer, "Account", "account");
    Page::of(&AccountPage {
        phone_shown: shell.phone.clone(),
        shell,
        account_business_name: found.business_name,
        account_number: found.account_number,
        role: role.to_owned(),
        town: found.town,
        has_own_prices: buyer.access.has_own_prices || buyer.access.price_list.is_some(),
        contact: Contact::of(&buyer.tenant),
    })
}

fn suspended(customer: &SignedIn) -> Result<Response> {
    let page =
        SuspendedPage { shell: Shell::of_customer(customer, "Your account is suspended", "home"), contact: Contact::of(&customer.tenant) };
    Ok(Page::of(&page)?.into_response())
}
