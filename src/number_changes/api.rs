//! Changing the number, by the API.

use poem_openapi::payload::{Json, Response};
use poem_openapi::{ApiResponse, Object, OpenApi};

use super::{confirm, request_codes};
use crate::api::Chapter;
use crate::api::signing::{CodeAccepted, CodeSent, code_accepted};
use crate::api::typed::{Body, Text};
use crate::challenges::code::{Code, LONGEST_CODE};
use crate::error::Result;
use crate::sign_in::read_phone;
use crate::tenancy::extract::SignedIn;
use crate::tenancy::token::{SESSION_COOKIE, set_cookie};

pub struct NumberChangesApi;

/// The number they will come under.
#[derive(Object)]
#[oai(deny_unknown_fields)]
pub struct NumberChangeBody {
    /// A mobile number, in any usual way of writing.
    phone: Text<1, 100>,
}

/// The number again, and the two codes that came.
#[derive(Object)]
#[oai(deny_unknown_fields)]
pub struct NumberChangeConfirmationBody {
    phone: Text<1, 100>,
    /// Six digits, sent to the number they have.
    old_code: Text<1, LONGEST_CODE>,
    /// Six digits, sent to the number they will have.
    new_code: Text<1, LONGEST_CODE>,
}

/// The number is changed.
#[derive(Object)]
pub struct NumberChanged {
    /// E.164.
    phone: String,
    /// Wholesalers where the new number had an access of its own already: it stays, and the other one has ended.
    kept: Vec<String>,
}

#[derive(ApiResponse)]
pub enum NumberChangeConfirmed {
    /// Signed in under the new number; every other session has ended.
    #[oai(status = 201)]
    Created(
        Json<NumberChanged>,
        /// `__Host-session`.
        #[oai(header = "Set-Cookie")]
        String,
    ),
}

#[OpenApi(prefix_path = "/api/v1", tag = "Chapter::Customer")]
impl NumberChangesApi {
    /// Ask for the codes that changing the number takes
    ///
    /// Sends one to the number they have and one to the number they will have. The answer is the same for every number.
    #[oai(path = "/number-changes", method = "post")]
    async fn create_number_change(&self, customer: SignedIn, body: Body<NumberChangeBody>) -> Result<CodeAccepted> {
        let phone = read_phone(&customer, &body.phone)?;
        let asked = request_codes(customer, phone).await?;
        let sent = CodeSent { expires_in_seconds: asked.expires_in_seconds, resend_in_seconds: asked.resend_in_seconds };
        Ok(code_accepted(sent, &asked.browser))
    }

    /// Change the number
    ///
    /// At every wholesaler, at once. A wrong code: 422, with which of the two.
    #[oai(path = "/number-changes/confirmation", method = "post")]
    async fn create_number_change_confirmation(
        &self,
        customer: SignedIn,
        body: Body<NumberChangeConfirmationBody>,
    ) -> Result<Response<NumberChangeConfirmed>> {
        let phone = read_phone(&customer, &body.phone)?;
        let (old, new) = (Code::parse_field(&body.old_code, "old_code")?, Code::parse_field(&body.new_code, "new_code")?);
        let changed = confirm(customer, phone.clone(), &old, &new).await?;
        let answer =
            NumberChanged { phone: phone.as_str().to_owned(), kept: changed.kept.into_iter().map(|place| place.business_name).collect() };
        let cookie = set_cookie(SESSION_COOKIE, &changed.token.reveal(), changed.life_seconds);
        Ok(Response::new(NumberChangeConfirmed::Created(Json(answer), cookie)))
    }
}
