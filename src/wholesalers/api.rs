//! A customer's wholesalers, by the API.

use poem_openapi::payload::Json;
use poem_openapi::{Object, OpenApi};

use super::all;
use crate::api::Chapter;
use crate::error::Result;
use crate::tenancy::extract::SignedIn;

pub struct WholesalersApi;

/// A wholesaler who lets this customer in.
#[derive(Object)]
pub struct WholesalerAnswer {
    business_name: String,
    /// The address of its counter.
    url: String,
}

/// All of them.
#[derive(Object)]
pub struct WholesalerList {
    items: Vec<WholesalerAnswer>,
    next: Option<String>,
}

#[OpenApi(prefix_path = "/api/v1", tag = "Chapter::Customer")]
impl WholesalersApi {
    /// Everybody who lets this customer in
    #[oai(path = "/wholesalers", method = "get")]
    async fn list_wholesalers(&self, customer: SignedIn) -> Result<Json<WholesalerList>> {
        let items = all(&customer).await?.into_iter().map(|wholesaler| WholesalerAnswer {
            url: wholesaler.main_url(&customer.house.hosts),
            business_name: wholesaler.business_name,
        });
        Ok(Json(WholesalerList { items: items.collect(), next: None }))
    }
}
