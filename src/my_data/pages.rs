//! «My data»: what is held, in words; the file to take along; and having it erased.

use askama::Template;
use http::StatusCode;
use http::header::CONTENT_DISPOSITION;
use poem::web::{Form, Query};
use poem::{IntoResponse, Response, handler};
use poem_openapi::types::ToJSON;
use serde::Deserialize;

use super::api::MyData;
use super::{AtWholesaler, Held, erasure, held};
use crate::challenges::code::Code;
use crate::challenges::{Purpose, pending};
use crate::error::{Error, Result};
use crate::tenancy::extract::{Caller, SignedIn};
use crate::tenancy::token::{KNOWN_COOKIE, PENDING_COOKIE, SESSION_COOKIE, end_cookie, pending_cookie};
use crate::values::Language;
use crate::web::failure::in_words;
use crate::web::page::{CLEAR_SITE_DATA, CLEARED};
use crate::web::{Page, Redirect, Shell, when};

#[derive(Template)]
#[template(path = "my_data/index.html")]
struct IndexPage {
    shell: Shell,
    known_since: String,
    known_since_exact: String,
    known_browsers: usize,
    language: &'static str,
    items: Vec<Item>,
    notice: String,
    /// Why no code could be sent.
    refusal: String,
}

struct Item {
    business_name: String,
    account: String,
    contact: String,
    facts: Vec<String>,
}

impl Item {
    fn of(place: AtWholesaler) -> Self {
        let number = |count: usize, one: &str, more: &str| match count {
            0 => None,
            1 => Some(format!("one {one}")),
            count => Some(format!("{count} {more}")),
        };
        let facts = [
            number(place.requests.len(), "request for an account", "requests for an account"),
            number(
                place.sessions.len(),
                "sign-in, with what the browser called itself",
                "sign-ins, with what the browsers called themselves",
            ),
            number(place.messages.len(), "text message to you", "text messages to you"),
            number(place.letters.len(), "letter about you to their own people", "letters about you to their own people"),
            number(place.orders.len(), "order that you placed", "orders that you placed"),
            number(place.history.len(), "entry of what was done about you", "entries of what was done about you"),
        ];
        let (account, contact) = place
            .account
            .map(|account| {
                (format!("{}, {}", account.business_name, account.account_number), format!("{}, {}", account.contact_name, account.role))
            })
            .unwrap_or_default();
        Self { business_name: place.business_name, account, contact, facts: facts.into_iter().flatten().collect() }
    }
}

#[derive(Template)]
#[template(path = "my_data/erase.html")]
struct ErasePage {
    shell: Shell,
    notice: String,
    refusal: String,
    code_error: String,
    is_used_up: bool,
    resend_in_seconds: u32,
}

/// What was just done, and at which wholesalers the new number had an access of its own.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct IndexQuery {
    done: String,
    kept: String,
}

/// `GET /my-data`
#[handler]
pub async fn index(customer: SignedIn, Query(query): Query<IndexQuery>) -> Result<Page> {
    let caller = customer.leave().await?;
    let held = held(&caller).await?;
    let kept: Vec<&str> = query.kept.split(',').collect();
    let kept = held.wholesalers.iter().filter(|place| kept.contains(&place.slug.as_str()));
    let kept = kept.map(|place| place.business_name.as_str()).collect::<Vec<_>>().join(", ");
    let notice = match (query.done.as_str(), kept.is_empty()) {
        ("number", true) => "Your number is changed, at all your wholesalers. Every browser of the old number is signed out.".to_owned(),
        ("number", false) => format!(
            "Your number is changed. Every browser of the old number is signed out. This number had an account already at {kept}: it \
             stays with that one, and the other access there has ended."
        ),
        _ => String::new(),
    };
    index_page(&caller, held, notice, String::new())
}

fn index_page(caller: &Caller, held: Held, notice: String, refusal: String) -> Result<Page> {
    let (now, zone) = (caller.house.now(), caller.tenant.time_zone);
    Page::of(&IndexPage {
        shell: Shell::of_customer(caller, "My data", "my-data"),
        known_since: when::ago(held.known_since, now, zone),
        known_since_exact: when::exact(held.known_since, zone),
        known_browsers: held.known_browsers.len(),
        language: held.language.map_or("Each wholesaler’s own", Language::own_name),
        items: held.wholesalers.into_iter().map(Item::of).collect(),
        notice,
        refusal,
    })
}

/// `GET /my-data/download`
#[handler]
pub async fn download(customer: SignedIn) -> Result<Response> {
    let caller = customer.leave().await?;
    let data = MyData::of(held(&caller).await?, &caller.house.hosts).to_json().unwrap_or_default();
    let text = serde_json::to_string_pretty(&data).map_err(|error| Error::Internal(error.into()))?;
    Ok(Response::builder().content_type("application/json").header(CONTENT_DISPOSITION, "attachment; filename=\"my-data.json\"").body(text))
}

/// `POST /erasures`: a code is asked for.
#[handler]
pub async fn ask(customer: SignedIn) -> Result<Response> {
    let caller = customer.caller.clone();
    match erasure::request_code(customer).await {
        Ok(asked) => Ok(Redirect::to("/erasures/confirmation").with_cookie(pending_cookie(&asked.browser)).into_response()),
        Err(refusal @ Error::TooManyCodes { .. }) => {
            Ok(index_page(&caller, held(&caller).await?, String::new(), in_words(&refusal))?.with_refusal(&refusal).into_response())
        }
        Err(error) => Err(error),
    }
}

/// `GET /erasures/confirmation`: where the code is typed.
#[handler]
pub async fn code(customer: SignedIn) -> Result<Response> {
    Ok(match erase_page(&customer, String::new(), String::new()).await? {
        Some(page) => page.into_response(),
        None => Redirect::to("/my-data").into_response(),
    })
}

/// What the form sends.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct ErasureForm {
    code: String,
}

/// `POST /erasures/confirmation`
#[handler]
pub async fn confirmation(customer: SignedIn, Form(form): Form<ErasureForm>) -> Result<Response> {
    let caller = customer.caller.clone();
    let erased = match Code::parse(&form.code) {
        Ok(typed) => erasure::erase(customer, &typed).await,
        Err(error) => {
            // Its transaction may have touched the session's row.
            customer.leave().await?;
            Err(error)
        }
    };
    let error = match erased {
        Ok(()) => {
            let gone = [SESSION_COOKIE, PENDING_COOKIE, KNOWN_COOKIE].into_iter();
            let home = gone.fold(Redirect::to("/?done=erased"), |home, cookie| home.with_cookie(end_cookie(cookie)));
            return Ok(home.with_header(CLEAR_SITE_DATA, CLEARED).into_response());
        }
        Err(error) => error,
    };
    let (code_error, refusal) = match &error {
        Error::Invalid(fields) => (fields.of("code"), String::new()),
        Error::WrongCode => (format!("{error}."), String::new()),
        Error::SlowDown { .. } => (String::new(), in_words(&error)),
        _ => return Err(error),
    };
    Ok(match erase_page(&caller, code_error, refusal).await? {
        Some(page) if matches!(error, Error::SlowDown { .. }) => page.with_refusal(&error).into_response(),
        Some(page) => page.with_status(StatusCode::UNPROCESSABLE_ENTITY).into_response(),
        None => Redirect::to("/my-data").into_response(),
    })
}

async fn erase_page(caller: &Caller, code_error: String, refusal: String) -> Result<Option<Page>> {
    let Some(open) = pending(&caller.house, caller, Purpose::Erasure).await? else { return Ok(None) };
    Page::of(&ErasePage {
        shell: Shell::of_customer(caller, "Erase everything", "my-data"),
        notice: open.notice(),
        code_error: if open.is_used_up { String::new() } else { code_error },
        refusal: if open.is_used_up { "Too many tries with this code. Get a new one.".to_owned() } else { refusal },
        is_used_up: open.is_used_up,
        resend_in_seconds: open.resend_in_seconds,
    })
    .map(Some)
}
