//! Signing up by the API.

use poem_openapi::param::Path;
use poem_openapi::payload::Json;
use poem_openapi::{ApiResponse, Object, OpenApi};

use super::{NewSignup, Typed, availability, begin, confirm};
use crate::api::Chapter;
use crate::api::typed::{Body, Id, Text};
use crate::challenges::code::{Code, LONGEST_CODE};
use crate::error::Result;
use crate::tenancy::extract::Public;
use crate::tenants::names::NameState;
use crate::values::Slug;
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
            Ok(state) => (state.word(), state.objection().map(str::to_owned)),
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
pub struct ConfirmationBody {
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

#[OpenApi(prefix_path = "/api/v1", tag = "Chapter::SignUp")]
impl SignupsApi {
    /// Whether a subdomain can be had
    #[oai(path = "/subdomains/:slug", method = "get")]
    async fn get_subdomain(&self, here: Public, slug: Path<String>) -> Result<Json<Availability>> {
        let state = match Slug::parse(&slug.0.to_lowercase()) {
            Ok(slug) => Ok(availability(&here.0.house, &slug).await?),
            Err(why) => Err(why.to_string()),
        };
        Ok(Json(Availability::of(state)))
    }

    /// Sign a wholesaler up
    ///
    /// Sends a code to the address; the counter opens when it is brought to `…/confirmation`.
    #[oai(path = "/signups", method = "post")]
    async fn create_signup(&self, here: Public, body: Body<SignupBody>) -> Result<SignupAccepted> {
        let body = body.0;
        let typed = Typed {
            owner_name: body.owner_name.as_deref().unwrap_or(&body.business_name).to_owned(),
            business_name: body.business_name.to_owned(),
            subdomain: body.subdomain.to_owned(),
            country: body.country.to_owned(),
            email: body.email.to_owned(),
        };
        let begun = begin(&here.0, NewSignup::parse(&typed)?).await?;
        Ok(SignupAccepted::Accepted(Json(SignupBegun { id: begun.id.to_string() })))
    }

    /// Open the counter
    #[oai(path = "/signups/:id/confirmation", method = "post")]
    async fn confirm_signup(&self, here: Public, id: Path<Id>, body: Body<ConfirmationBody>) -> Result<SignupConfirmed> {
        let opened = confirm(&here.0, id.uuid(), &Code::parse(&body.code)?).await?;
        let url = here.0.house.hosts.counter_url(opened.slug.as_str());
        Ok(SignupConfirmed::Created(Json(CounterOpened { url })))
    }
}
