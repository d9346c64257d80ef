//! Sessions everywhere, by the API.

use poem_openapi::param::Path;
use poem_openapi::payload::Json;
use poem_openapi::{ApiResponse, Object, OpenApi};
use uuid::Uuid;

use super::{all, device_name, end};
use crate::api::typed::Id;
use crate::api::{Chapter, time};
use crate::error::Result;
use crate::tenancy::extract::SignedIn;

pub struct DevicesApi;

/// A browser that is signed in somewhere.
#[derive(Object)]
pub struct DeviceAnswer {
    id: Uuid,
    wholesaler: String,
    device: String,
    signed_in_at: String,
    last_seen_at: String,
    /// Whether it is the one that asks.
    current: bool,
}

/// All of them.
#[derive(Object)]
pub struct DeviceList {
    items: Vec<DeviceAnswer>,
    next: Option<String>,
}

#[derive(ApiResponse)]
pub enum DeviceEnded {
    /// Signed out there.
    #[oai(status = 204)]
    Ended,
}

#[OpenApi(prefix_path = "/api/v1", tag = "Chapter::Customer")]
impl DevicesApi {
    /// Where this customer is signed in, at every wholesaler
    #[oai(path = "/devices", method = "get")]
    async fn list_devices(&self, customer: SignedIn) -> Result<Json<DeviceList>> {
        let items = all(&customer).await?.into_iter().map(|device| DeviceAnswer {
            id: device.session_id,
            device: device_name(&device.user_agent),
            signed_in_at: time(device.signed_in_at),
            last_seen_at: time(device.last_seen_at),
            current: device.session_id == customer.session.session_id.uuid(),
            wholesaler: device.wholesaler,
        });
        Ok(Json(DeviceList { items: items.collect(), next: None }))
    }

    /// Sign out there
    #[oai(path = "/devices/:id", method = "delete")]
    async fn delete_device(&self, customer: SignedIn, id: Path<Id>) -> Result<DeviceEnded> {
        end(customer, id.uuid()).await?;
        Ok(DeviceEnded::Ended)
    }
}
