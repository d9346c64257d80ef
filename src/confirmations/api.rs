//! Confirming that one is whom the wholesaler knew under this number, by the API.

use poem_openapi::payload::Json;
use poem_openapi::{ApiResponse, Object, OpenApi};

use super::{Open, Said, confirm, dismiss, open};
use crate::api::Chapter;
use crate::api::typed::{Body, Text};
use crate::error::{Error, Result};
use crate::tenancy::extract::SignedIn;
use crate::values::text::LONGEST_NAME;

pub struct ConfirmationsApi;

/// The question whether the number is still the same person's.
#[derive(Object)]
pub struct ConfirmationAnswer {
    /// How often an account may still be named. After that, ask the wholesaler: a registration request of the kind `return`.
    tries_left: i16,
}

impl From<Open> for ConfirmationAnswer {
    fn from(open: Open) -> Self {
        Self { tries_left: open.tries_left }
    }
}

/// Which account it was.
#[derive(Object)]
#[oai(deny_unknown_fields)]
pub struct ConfirmationBody {
    /// The name of the business, or the number of the account.
    account: Text<1, LONGEST_NAME>,
}

#[derive(ApiResponse)]
pub enum Settled {
    /// What was here before is theirs again.
    #[oai(status = 204)]
    Confirmed,
}

#[derive(ApiResponse)]
pub enum Dismissed {
    /// They begin anew.
    #[oai(status = 204)]
    Done,
}

#[OpenApi(prefix_path = "/api/v1", tag = "Chapter::Customer")]
impl ConfirmationsApi {
    /// Whether something is to be confirmed here
    ///
    /// After a year or more without a code, a number may have another owner. 404 when there is nothing to confirm.
    #[oai(path = "/confirmation", method = "get")]
    async fn get_confirmation(&self, customer: SignedIn) -> Result<Json<ConfirmationAnswer>> {
        let SignedIn { caller, mut tx } = customer;
        Ok(Json(open(&mut tx, &caller).await?.ok_or(Error::NotFound)?.into()))
    }

    /// Confirm it
    ///
    /// Three tries, in all. A wrong one: 422.
    #[oai(path = "/confirmation", method = "post")]
    async fn create_confirmation(&self, customer: SignedIn, body: Body<ConfirmationBody>) -> Result<Settled> {
        let wholesaler = customer.tenant.business_name.clone();
        match confirm(customer, &body.account).await? {
            Said::Right => Ok(Settled::Confirmed),
            Said::Wrong(open) => Err(Error::invalid("account", super::pages::wrong(&wholesaler, &open))),
        }
    }

    /// Say that one is new here
    ///
    /// Nothing from before is shown, and it is not asked again.
    #[oai(path = "/confirmation", method = "delete")]
    async fn delete_confirmation(&self, customer: SignedIn) -> Result<Dismissed> {
        dismiss(customer).await?;
        Ok(Dismissed::Done)
    }
}
