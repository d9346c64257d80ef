//! Asking for an account, by the API.

use poem_openapi::param::Header;
use poem_openapi::payload::Json;
use poem_openapi::{ApiResponse, Object, OpenApi};

use super::{NewRequest, Request, ask, current, withdraw};
use crate::api::{Chapter, time};
use crate::error::{Error, Result};
use crate::tenancy::extract::SignedIn;

pub struct RegistrationsApi;

/// What a shop says of itself.
#[derive(Object)]
#[oai(deny_unknown_fields)]
pub struct RequestBody {
    #[oai(validator(max_length = 500))]
    business_name: String,
    #[oai(validator(max_length = 500))]
    contact_name: String,
    #[oai(validator(max_length = 5000))]
    message: Option<String>,
}

/// A request for an account.
#[derive(Object)]
pub struct RequestAnswer {
    id: String,
    /// `pending`, `approved`, `rejected` or `withdrawn`.
    status: String,
    business_name: String,
    contact_name: String,
    message: String,
    created_at: String,
    /// Why it was rejected, in the wholesaler's words.
    reason: Option<String>,
}

impl From<Request> for RequestAnswer {
    fn from(request: Request) -> Self {
        Self {
            id: request.request_id.to_string(),
            reason: (request.status == "rejected").then_some(request.reason),
            status: request.status,
            business_name: request.business_name,
            contact_name: request.contact_name,
            message: request.message,
            created_at: time(request.created_at),
        }
    }
}

#[derive(ApiResponse)]
pub enum RequestMade {
    /// The wholesaler is told.
    #[oai(status = 201)]
    Created(Json<RequestAnswer>),
}

#[derive(ApiResponse)]
pub enum Withdrawn {
    /// The request is taken back.
    #[oai(status = 204)]
    Done,
}

#[OpenApi(prefix_path = "/api/v1", tag = "Chapter::Registration")]
impl RegistrationsApi {
    /// Ask for an account
    ///
    /// With an `Idempotency-Key`, asking again with the same body gives the same answer; with another body, 422.
    #[oai(path = "/registration-requests", method = "post")]
    async fn create_registration_request(
        &self,
        customer: SignedIn,
        #[oai(name = "Idempotency-Key", validator(min_length = 1, max_length = 200))] idempotency_key: Header<Option<String>>,
        body: Json<RequestBody>,
    ) -> Result<RequestMade> {
        let new = NewRequest::parse(&body.business_name, &body.contact_name, body.message.as_deref().unwrap_or_default())?;
        let made = customer.write(async |tx, caller| ask(tx, caller, new, idempotency_key.0.as_deref()).await).await?;
        Ok(RequestMade::Created(Json(made.into())))
    }

    /// How the newest request stands
    #[oai(path = "/registration-requests/current", method = "get")]
    async fn get_current_registration_request(&self, customer: SignedIn) -> Result<Json<RequestAnswer>> {
        let SignedIn { caller, mut tx } = customer;
        let request = current(&mut tx, &caller).await?.ok_or(Error::NotFound)?;
        Ok(Json(request.into()))
    }

    /// Take an open request back
    #[oai(path = "/registration-requests/current", method = "delete")]
    async fn delete_current_registration_request(&self, customer: SignedIn) -> Result<Withdrawn> {
        customer.write(async |tx, caller| withdraw(tx, caller).await).await?;
        Ok(Withdrawn::Done)
    }
}
