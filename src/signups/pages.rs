//! Signing up, page by page, and the way from the public site into the new office.

use askama::Template;
use http::StatusCode;
use poem::web::{Form, Path, Query};
use poem::{IntoResponse, Response, handler};
use serde::Deserialize;
use uuid::Uuid;

use super::{
    NewSignup, Opened, Signup, Typed, availability, begin, confirm, find, issue_ticket, open_as, read_subdomain, send_code, suggestions,
    use_ticket,
};
use crate::challenges::code::Code;
use crate::error::{Error, FieldErrors, Result};
use crate::office_sign_in;
use crate::tenancy::Visitor;
use crate::tenancy::extract::{Here, Public};
use crate::tenancy::token::{ARRIVAL_COOKIE, OFFICE_COOKIE, SIGNUP_COOKIE, Token, end_cookie, set_cookie};
use crate::tenants::markets::Market;
use crate::tenants::names::NameState;
use crate::values::Slug;
use crate::web::failure::in_words;
use crate::web::{Page, Redirect, Shell};

/// As long as the sign-up itself may take.
const SIGNUP_SECONDS: i64 = 24 * 60 * 60;
/// Long enough for four page loads on a bad line.
const WAY_SECONDS: i64 = 60;

#[derive(Template)]
#[template(path = "signups/new.html")]
struct NewPage {
    shell: Shell,
    typed: Typed,
    business_name_error: String,
    subdomain_error: String,
    country_error: String,
    owner_name_error: String,
    email_error: String,
    has_errors: bool,
    suggestions: Vec<String>,
    countries: Vec<CountryChoice>,
    /// What stands after the subdomain: `.tradecounter.example`.
    after_subdomain: String,
    /// The address is proven already; only another name is wanted.
    other_name_of: String,
    /// Not even that: the name can still be had.
    is_still_free: bool,
    /// Why nothing can be done just now.
    refusal: String,
}

struct CountryChoice {
    code: &'static str,
    name: &'static str,
    is_chosen: bool,
}

#[derive(Template)]
#[template(path = "signups/code.html")]
struct CodePage {
    shell: Shell,
    id: Uuid,
    email: String,
    address: String,
    code_error: String,
    notice: String,
    refusal: String,
}

/// What the form sends.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct SignupForm {
    business_name: String,
    subdomain: String,
    country: String,
    owner_name: String,
    email: String,
}

impl From<SignupForm> for Typed {
    fn from(form: SignupForm) -> Self {
        let SignupForm { business_name, subdomain, country, owner_name, email } = form;
        Self { business_name, subdomain, country, owner_name, email }
    }
}

/// `GET /signups/new`: with a business name, there are names to choose from.
#[handler]
pub async fn new(Public(here): Public, Query(form): Query<SignupForm>) -> Result<Page> {
    let mut typed = Typed::from(form);
    let suggestions = suggestions(&here.house, &typed.business_name).await?;
    if let (true, Some(first)) = (typed.subdomain.is_empty(), suggestions.first()) {
        first.as_str().clone_into(&mut typed.subdomain);
    }
    form_page(&here, NewPage { suggestions: shown(suggestions), ..new_page(&here, typed, &FieldErrors::new()) })
}

/// `POST /signups`
#[handler]
pub async fn create(Public(here): Public, Form(form): Form<SignupForm>) -> Result<Response> {
    let typed = Typed::from(form);
    let browser = Token::new()?;
    let begun = match NewSignup::parse(&typed) {
        Ok(signup) => begin(&here, signup, &browser, None).await,
        Err(error) => Err(error),
    };
    match begun {
        Ok(id) => {
            let cookie = set_cookie(SIGNUP_COOKIE, &browser.reveal(), SIGNUP_SECONDS);
            Ok(Redirect::to(format!("/signups/{id}")).with_cookie(cookie).into_response())
        }
        Err(error) => form_again(&here, typed, error).await,
    }
}

/// That the code was asked for again, and when it can be once more.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct AskedAgain {
    again_in: Option<u32>,
}

/// `GET /signups/:id`: where the code is typed; the way into the office once the counter is open.
#[handler]
pub async fn show(Public(here): Public, Path(id): Path<Uuid>, Query(asked): Query<AskedAgain>) -> Result<Response> {
    let signup = own_signup(&here, id).await?;
    if signup.made_tenant.is_some() {
        return Ok(way_in(&here, &signup.slug, id).into_response());
    }
    if signup.is_proven {
        return Ok(other_name(&here, &signup, signup.slug.clone(), String::new()).await?.into_response());
    }
    let again = |seconds| format!("If it has not come yet, it is on its way again. You can ask once more in {seconds} seconds.");
    let notice = asked.again_in.map(again).unwrap_or_default();
    Ok(code_page(&here, &signup, CodeAgain { notice, ..CodeAgain::default() })?.into_response())
}

/// `POST /signups/:id/codes`: the code again.
#[handler]
pub async fn code_again(Public(here): Public, Path(id): Path<Uuid>) -> Result<Response> {
    let signup = own_signup(&here, id).await?;
    match send_code(&here, signup.id, signup.email.clone()).await {
        Ok(asked) => Ok(Redirect::to(format!("/signups/{id}?again_in={}", asked.resend_in_seconds)).into_response()),
        Err(refusal @ Error::TooManyCodes { .. }) => refused(&here, &signup, &refusal),
        Err(error) => Err(error),
    }
}

/// What the code's form sends.
#[derive(Deserialize)]
pub struct CodeForm {
    #[serde(default)]
    code: String,
}

/// `POST /signups/:id/confirmation`
#[handler]
pub async fn confirmation(Public(here): Public, Path(id): Path<Uuid>, Form(form): Form<CodeForm>) -> Result<Response> {
    let signup = own_signup(&here, id).await?;
    let opened = match Code::parse(&form.code) {
        Ok(code) => confirm(&here, id, &code).await,
        Err(error) => Err(error),
    };
    let wrong = match opened {
        Ok(Opened { slug }) => return Ok(way_in(&here, slug.as_str(), id).into_response()),
        Err(Error::Conflict(taken)) => {
            let page = other_name(&here, &signup, signup.slug.clone(), format!("{taken}.")).await?;
            return Ok(page.with_status(StatusCode::CONFLICT).into_response());
        }
        Err(refusal @ Error::SlowDown { .. }) => return refused(&here, &signup, &refusal),
        Err(Error::Invalid(fields)) => fields.of("code"),
        Err(error @ Error::WrongCode) => format!("{error}."),
        Err(error) => return Err(error),
    };
    let page = code_page(&here, &signup, CodeAgain { wrong, ..CodeAgain::default() })?;
    Ok(page.with_status(StatusCode::UNPROCESSABLE_ENTITY).into_response())
}

/// The code's page, with why it has to wait.
fn refused(here: &Here, signup: &Signup, refusal: &Error) -> Result<Response> {
    let page = code_page(here, signup, CodeAgain { refusal: in_words(refusal), ..CodeAgain::default() })?;
    Ok(page.with_refusal(refusal).into_response())
}

/// What the form for another name sends.
#[derive(Deserialize)]
pub struct OtherNameForm {
    #[serde(default)]
    subdomain: String,
}

/// `POST /signups/:id/subdomain`: the first name was gone when the code came; this is another.
#[handler]
pub async fn choose_other_name(Public(here): Public, Path(id): Path<Uuid>, Form(form): Form<OtherNameForm>) -> Result<Response> {
    let signup = own_signup(&here, id).await?;
    let opened = match read_subdomain(&form.subdomain) {
        Ok(slug) => open_as(&here.house, &signup, slug).await,
        Err(why) => Err(Error::invalid("subdomain", why)),
    };
    let wrong = match opened {
        Ok(Opened { slug }) => return Ok(way_in(&here, slug.as_str(), id).into_response()),
        Err(Error::Conflict(taken)) => format!("{taken}."),
        Err(Error::Invalid(fields)) => fields.of("subdomain"),
        Err(error) => return Err(error),
    };
    let page = other_name(&here, &signup, form.subdomain, wrong).await?;
    Ok(page.with_status(StatusCode::UNPROCESSABLE_ENTITY).into_response())
}

/// The sign-up, if this browser began it: to others it does not exist.
async fn own_signup(here: &Here, id: Uuid) -> Result<Signup> {
    let browser = here.token(SIGNUP_COOKIE).ok_or(Error::NotFound)?;
    let signup = find(&here.house, id).await?;
    if signup.is_of(&browser) { Ok(signup) } else { Err(Error::NotFound) }
}

fn way_in(here: &Here, slug: &str, id: Uuid) -> Redirect {
    Redirect::to(format!("{}/office/arrivals/new?signup={id}", here.house.hosts.counter_url(slug)))
}

/// Which sign-up a browser comes from.
#[derive(Deserialize)]
pub struct FromSignup {
    signup: Uuid,
}

/// `GET /office/arrivals/new`, at the new counter: gives the browser something to be known by, and sends it back for its ticket.
#[handler]
pub fn prepare_arrival(visitor: Visitor, Query(from): Query<FromSignup>) -> Result<Redirect> {
    let token = Token::new()?;
    let back = format!("{}/signups/{}/departure?arrival={}", visitor.house.hosts.public_url(), from.signup, hex::encode(token.hash()));
    Ok(Redirect::to(back).with_cookie(set_cookie(ARRIVAL_COOKIE, &token.reveal(), WAY_SECONDS)))
}

/// What the browser will be known by there.
#[derive(Deserialize)]
pub struct Departure {
    arrival: String,
}

/// `GET /signups/:id/departure`: makes the ticket, for the browser that began the sign-up.
#[handler]
pub async fn depart(Public(here): Public, Path(id): Path<Uuid>, Query(query): Query<Departure>) -> Result<Redirect> {
    let browser = here.token(SIGNUP_COOKIE).ok_or(Error::NotFound)?;
    let mut arrival = [0; 32];
    hex::decode_to_slice(&query.arrival, &mut arrival).map_err(|_| Error::NotFound)?;
    let signup = find(&here.house, id).await?;
    let ticket = issue_ticket(&here.house, &signup, &browser, arrival).await?;
    let there = here.house.hosts.counter_url(&signup.slug);
    Ok(Redirect::to(format!("{there}/office/arrivals?ticket={}", ticket.reveal())))
}

/// What a browser brings.
#[derive(Deserialize)]
pub struct Arrival {
    ticket: String,
}

/// `GET /office/arrivals`: takes the ticket and signs the owner in. A ticket that is not good is the office's door.
#[handler]
pub async fn finish_arrival(visitor: Visitor, Query(query): Query<Arrival>) -> Result<Response> {
    let arrived = match (Token::parse(&query.ticket), visitor.token(ARRIVAL_COOKIE)) {
        (Some(ticket), Some(browser)) => use_ticket(&visitor, &browser, &ticket).await,
        _ => Err(Error::Unauthenticated),
    };
    match arrived {
        Ok(owner) => {
            let office = visitor.house.office(&visitor.tenant);
            let token = office.write(async |tx| office_sign_in::begin_session(tx, &visitor, owner, None).await).await?;
            let session = set_cookie(OFFICE_COOKIE, &token.reveal(), office_sign_in::session_life(&visitor.house).num_seconds());
            let welcome = Redirect::to("/office/getting-started").with_cookie(end_cookie(ARRIVAL_COOKIE));
            Ok(welcome.with_cookie(session).into_response())
        }
        Err(Error::Unauthenticated) => Ok(Redirect::to("/office/sign-in").with_cookie(end_cookie(ARRIVAL_COOKIE)).into_response()),
        Err(error) => Err(error),
    }
}

/// The form with what was typed and what is wrong with it.
async fn form_again(here: &Here, typed: Typed, error: Error) -> Result<Response> {
    let suggestions = shown(suggestions(&here.house, &typed.business_name).await?);
    if let Error::TooManyCodes { .. } = &error {
        let page = NewPage { suggestions, refusal: in_words(&error), ..new_page(here, typed, &FieldErrors::new()) };
        return Ok(form_page(here, page)?.with_refusal(&error).into_response());
    }
    let (wrong, status) = match error {
        Error::Invalid(fields) => (fields, StatusCode::UNPROCESSABLE_ENTITY),
        Error::Conflict(taken) => (Error::invalid("subdomain", format!("{taken}.")).fields(), StatusCode::CONFLICT),
        other => return Err(other),
    };
    let page = NewPage { suggestions, ..new_page(here, typed, &wrong) };
    Ok(form_page(here, page)?.with_status(status).into_response())
}

async fn other_name(here: &Here, signup: &Signup, subdomain: String, wrong: String) -> Result<Page> {
    let is_still_free = match read_subdomain(&subdomain) {
        Ok(slug) => availability(&here.house, &slug).await? == NameState::Free,
        Err(_) => false,
    };
    let mut fields = FieldErrors::new();
    if !wrong.is_empty() {
        fields.add("subdomain", wrong);
    }
    let suggestions = shown(suggestions(&here.house, &signup.business_name).await?);
    let page = new_page(here, Typed { subdomain, ..signup.typed() }, &fields);
    form_page(here, NewPage { suggestions, is_still_free, other_name_of: signup.id.to_string(), ..page })
}

fn shown(slugs: Vec<Slug>) -> Vec<String> {
    slugs.iter().map(ToString::to_string).collect()
}

fn new_page(here: &Here, typed: Typed, wrong: &FieldErrors) -> NewPage {
    let chosen = if typed.country.is_empty() { "GB" } else { &typed.country };
    let countries = Market::all()
        .into_iter()
        .map(|market| CountryChoice {
            code: market.country.as_str(),
            name: market.country.name(),
            is_chosen: market.country.as_str() == chosen,
        })
        .collect();
    NewPage {
        shell: Shell::of(here, "Open your counter"),
        business_name_error: wrong.of("business_name"),
        subdomain_error: wrong.of("subdomain"),
        country_error: wrong.of("country"),
        owner_name_error: wrong.of("owner_name"),
        email_error: wrong.of("email"),
        has_errors: wrong.iter().next().is_some(),
        suggestions: Vec::new(),
        countries,
        after_subdomain: format!(".{}", here.house.hosts.base()),
        other_name_of: String::new(),
        is_still_free: false,
        refusal: String::new(),
        typed,
    }
}

fn form_page(here: &Here, page: NewPage) -> Result<Page> {
    Ok(Page::of(&page)?.with_form_targets(&here.house.hosts.any_counter()))
}

/// What the code's page says besides.
#[derive(Default)]
struct CodeAgain {
    wrong: String,
    notice: String,
    refusal: String,
}

fn code_page(here: &Here, signup: &Signup, again: CodeAgain) -> Result<Page> {
    let page = CodePage {
        shell: Shell { private: true, ..Shell::of(here, "Your code") },
        id: signup.id.uuid(),
        email: signup.email.as_str().to_owned(),
        address: here.house.hosts.host_of(&signup.slug),
        code_error: again.wrong,
        notice: again.notice,
        refusal: again.refusal,
    };
    Ok(Page::of(&page)?.with_form_targets(&here.house.hosts.any_counter()))
}
