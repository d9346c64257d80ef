//! Who is signed in, by the API.

use poem_openapi::payload::Json;
use poem_openapi::{Object, OpenApi};

use super::account;
use crate::api::Chapter;
use crate::error::Result;
use crate::registrations::standing;
use crate::tenancy::extract::SignedIn;

pub struct MeApi;

/// The signed-in customer, as this wholesaler knows them.
#[derive(Object)]
pub struct Me {
    /// E.164.
    phone: String,
    /// `active`, `none`, `pending`, `rejected` or `suspended`.
    access: String,
    /// The trade account; null while there is none, or while it is suspended.
    account: Option<MyAccount>,
}

/// A trade account.
#[derive(Object)]
pub struct MyAccount {
    account_number: String,
    business_name: String,
    /// What the customer is there: `owner` or `buyer`.
    role: String,
}

#[OpenApi(prefix_path = "/api/v1", tag = "Chapter::Customer")]
impl MeApi {
    /// Who is signed in
    #[oai(path = "/me", method = "get")]
    async fn get_me(&self, customer: SignedIn) -> Result<Json<Me>> {
        let SignedIn { caller, mut tx } = customer;
        let access = standing(&mut tx, &caller).await?;
        let account = match &caller.session.access {
            Some(opens) if !opens.suspended => {
                let found = account(&mut tx, opens).await?;
                Some(MyAccount {
                    account_number: found.account_number,
                    business_name: found.business_name,
                    role: opens.role.word().to_owned(),
                })
            }
            _ => None,
        };
        Ok(Json(Me { phone: caller.session.phone.as_str().to_owned(), access: access.word().to_owned(), account }))
    }
}
