//! Asking for an account, by the API.

use poem_openapi::param::Header;
use poem_openapi::payload::Json;
use poem_openapi::{ApiResponse, Object, OpenApi};

use super::{Kind, MADE, NewRequest, Request, ask, current, withdraw};
use crate::api::keys::{LONGEST_KEY, read_key};
use crate::api::typed::{Body, Text};
use crate::api::{Chapter, time};
use crate::error::{Error, Result};
use crate::idempotency::Once;
use crate::tenancy::extract::SignedIn;
use crate::values::text::{LONGEST_MESSAGE, LONGEST_NAME};

pub struct RegistrationsApi;

/// What a shop says of itself.
#[derive(Object)]
#[oai(deny_unknown_fields)]
pub struct RequestBody {
    /// `account`, when there is none so far; `return` of somebody who had one, under another number or long ago, and then
    /// `business_name` may be the account's number. Without it, `account`.
    kind: Option<Text<0, 20>>,
    business_name: Text<1, LONGEST_NAME>,
    contact_name: Text<1, LONGEST_NAME>,
    message: Option<Text<0, LONGEST_MESSAGE>>,
}

/// A request for an account.
#[derive(Object)]
pub struct RequestAnswer {
    id: String,
    /// `account` or `return`.
    kind: String,
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
            kind: request.kind,
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
    /// With an `Idempotency-Key`, asking again with the same body gives the first answer again; with another body, 422.
    #[oai(path = "/registration-requests", method = "post")]
    async fn create_registration_request(
        &self,
        customer: SignedIn,
        /// Of visible ASCII characters.
        #[oai(name = "Idempotency-Key")]
        idempotency_key: Header<Option<Text<1, LONGEST_KEY>>>,
        body: Body<RequestBody>,
    ) -> Result<RequestMade> {
        let kind = Kind::parse(body.kind.as_deref().unwrap_or_default())?;
        let new = NewRequest::parse(kind, &body.business_name, &body.contact_name, body.message.as_deref().unwrap_or_default())?;
        let key = read_key(&customer, idempotency_key.0.as_deref())?.map(str::to_owned);
        let once = Once { key: key.as_deref(), action: MADE, asked: &new };
        let made = customer
            .write(async |tx, caller| {
                if let Some(earlier) = once.earlier(tx, caller).await? {
                    return Ok(earlier);
                }
                let made = ask(tx, caller, &new).await?;
                once.keep(tx, caller, &made).await?;
                Ok(made)
            })
            .await?;
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
