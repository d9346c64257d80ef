//! Signing up by the API.

use poem_openapi::param::Path;
use poem_openapi::payload::Json;
use poem_openapi::{ApiResponse, Object, OpenApi};

use super::{NewSignup, Opened, Typed, availability, begin, confirm, find, open_as, read_subdomain, send_code};
use crate::api::Chapter;
use crate::api::once::{KeyHeader, read_key};
use crate::api::signing::CodeSent;
use crate::api::typed::{Body, Id, Text};
use crate::challenges::code::{Code, LONGEST_CODE};
use crate::error::{Error, Result};
use crate::tenancy::Hosts;
use crate::tenancy::extract::Public;
use crate::tenancy::token::Token;
use crate::tenants::names::NameState;
use crate::values::email::LONGEST_EMAIL;
use crate::values::text::LONGEST_NAME;

pub struct SignupsApi;

/// Whether a subdomain can be had.
#[derive(Object)]
pub struct Availability {
    available: bool,
    /// `in_use`, `reserved`, `quarantined` or `malformed`; null when it is available.
    reason: Option<String>,
    /// The reason in words.
    detail: Option<String>,
}

impl Availability {
    /// Of a name, or of what is none, and why.
    pub fn of(state: Result<NameState, String>) -> Self {
        let (reason, detail) = match state {
            Ok(state) => (state.word(), state.objection().map(|objection| format!("{objection}."))),
            Err(why) => ("malformed", Some(why)),
        };
        Self { available: detail.is_none(), reason: detail.is_some().then(|| reason.to_owned()), detail }
    }
}

/// A wholesaler-to-be.
#[derive(Object)]
#[oai(deny_unknown_fields)]
pub struct SignupBody {
    business_name: Text<1, LONGEST_NAME>,
    /// The first label of the counter's host.
    subdomain: Text<1, 63>,
    /// The owner's, for the code and for signing in later.
    email: Text<1, LONGEST_EMAIL>,
    /// ISO 3166-1 alpha-2, such as `GB`.
    country: Text<2, 2>,
    /// What colleagues call the owner; the business's name when it is not given.
    owner_name: Option<Text<1, LONGEST_NAME>>,
}

/// A sign-up that waits for its code.
#[derive(Object)]
pub struct SignupBegun {
    id: String,
}

#[derive(ApiResponse)]
pub enum SignupAccepted {
    /// A code is on its way by e-mail.
    #[oai(status = 202)]
    Accepted(Json<SignupBegun>),
}

/// The code that came.
#[derive(Object)]
#[oai(deny_unknown_fields)]
pub struct SignupConfirmationBody {
    /// Six digits.
    code: Text<1, LONGEST_CODE>,
}

/// A counter that is open.
#[derive(Object)]
pub struct CounterOpened {
    /// Its address; the office is at `/office` there.
    url: String,
}

#[derive(ApiResponse)]
pub enum SignupConfirmed {
    /// The counter is open. The same code again gets the same answer.
    #[oai(status = 201)]
    Created(Json<CounterOpened>),
}

#[derive(ApiResponse)]
pub enum SignupCodeAccepted {
    /// A code is on its way, or was a moment ago.
    #[oai(status = 202)]
    Accepted(Json<CodeSent>),
}

/// The name that is wanted instead.
#[derive(Object)]
#[oai(deny_unknown_fields)]
pub struct OtherNameBody {
    subdomain: Text<1, 63>,
}

fn opened_at(hosts: &Hosts, opened: &Opened) -> SignupConfirmed {
    SignupConfirmed::Created(Json(CounterOpened { url: hosts.counter_url(opened.slug.as_str()) }))
}

#[OpenApi(prefix_path = "/api/v1", tag = "Chapter::SignUp")]
impl SignupsApi {
    /// Whether a subdomain can be had
    #[oai(path = "/subdomains/:slug", method = "get")]
    async fn get_subdomain(&self, here: Public, slug: Path<String>) -> Result<Json<Availability>> {
        let state = match read_subdomain(&slug.0) {
            Ok(slug) => Ok(availability(&here.0.house, &slug).await?),
            Err(why) => Err(why),
        };
        Ok(Json(Availability::of(state)))
    }

    /// Sign a wholesaler up
    ///
    /// Sends a code to the address; the counter opens when it is brought to `…/confirmation`. With an `Idempotency-Key`, the
    /// same body again gets the first answer and sends nothing; another body, 422.
    #[oai(path = "/signups", method = "post")]
    async fn create_signup(
        &self,
        here: Public,
        /// Of visible ASCII characters. Nobody is known here: choose it by chance, such as a UUID.
        #[oai(name = "Idempotency-Key")]
        idempotency_key: KeyHeader,
        body: Body<SignupBody>,
    ) -> Result<SignupAccepted> {
        let key = read_key(&here.0.headers, &idempotency_key)?;
        let body = body.0;
        let typed = Typed {
            owner_name: body.owner_name.as_deref().unwrap_or(&body.business_name).to_owned(),
            business_name: body.business_name.to_owned(),
            subdomain: body.subdomain.to_owned(),
            country: body.country.to_owned(),
            email: body.email.to_owned(),
        };
        // No browser is let in without a second code.
        let id = begin(&here.0, NewSignup::parse(&typed)?, &Token::new()?, key.as_ref()).await?;
        Ok(SignupAccepted::Accepted(Json(SignupBegun { id: id.to_string() })))
    }

    /// Ask for the code again
    ///
    /// Within half a minute nothing is sent, and within its life the same one.
    #[oai(path = "/signups/:id/codes", method = "post")]
    async fn create_signup_code(&self, here: Public, id: Path<Id>) -> Result<SignupCodeAccepted> {
        let signup = find(&here.0.house, id.uuid()).await?;
        let asked = send_code(&here.0, signup.id, signup.email).await?;
        let sent = CodeSent { expires_in_seconds: asked.expires_in_seconds, resend_in_seconds: asked.resend_in_seconds };
        Ok(SignupCodeAccepted::Accepted(Json(sent)))
    }

    /// Open the counter
    ///
    /// Somebody else has the subdomain by now: 409, and another one can be chosen at `…/subdomain` without another code.
    #[oai(path = "/signups/:id/confirmation", method = "post")]
    async fn confirm_signup(&self, here: Public, id: Path<Id>, body: Body<SignupConfirmationBody>) -> Result<SignupConfirmed> {
        let opened = confirm(&here.0, id.uuid(), &Code::parse(&body.code)?).await?;
        Ok(opened_at(&here.0.house.hosts, &opened))
    }

    /// Open the counter under another name
    ///
    /// Once the code was brought and the first name was gone. Before: 401; gone as well: 409.
    #[oai(path = "/signups/:id/subdomain", method = "post")]
    async fn choose_signup_subdomain(&self, here: Public, id: Path<Id>, body: Body<OtherNameBody>) -> Result<SignupConfirmed> {
        let slug = read_subdomain(&body.subdomain).map_err(|why| Error::invalid("subdomain", why))?;
        let signup = find(&here.0.house, id.uuid()).await?;
        let opened = open_as(&here.0.house, &signup, slug).await?;
        Ok(opened_at(&here.0.house.hosts, &opened))
    }
}
