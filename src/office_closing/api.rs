//! Closing by the API.

use poem_openapi::payload::Json;
use poem_openapi::{ApiResponse, Object, OpenApi};

use super::{close, take_back};
use crate::api::typed::{Body, Text};
use crate::api::{Chapter, time};
use crate::error::Result;
use crate::tenancy::extract::{Closer, Fresh, Staff};

pub struct ClosingApi;

/// That it is meant.
#[derive(Object)]
#[oai(deny_unknown_fields)]
pub struct ClosureBody {
    /// The counter's own subdomain.
    confirmation: Text<1, 63>,
}

/// A counter that is being closed.
#[derive(Object)]
pub struct Closure {
    /// Until then it can be opened again; then everything of it is deleted.
    grace_ends_at: String,
}

#[derive(ApiResponse)]
pub enum ClosureEnded {
    /// The counter is as it was before.
    #[oai(status = 204)]
    Done,
}

#[OpenApi(prefix_path = "/api/v1", tag = "Chapter::Office")]
impl ClosingApi {
    /// Close the counter for good
    ///
    /// For owners. Customers are not served any more; the team may read and not write. Being closed already: 409.
    #[oai(path = "/office/closure", method = "post")]
    async fn create_closure(&self, staff: Staff<Fresh<Closer>>, body: Body<ClosureBody>) -> Result<Json<Closure>> {
        let member = staff.leave().await?;
        close(&member, &body.confirmation).await?;
        Ok(Json(Closure { grace_ends_at: time(member.house.now() + member.house.grace()) }))
    }

    /// Take the closing back
    ///
    /// For owners. Not being closed: 409.
    #[oai(path = "/office/closure", method = "delete")]
    async fn delete_closure(&self, staff: Staff<Fresh<Closer>>) -> Result<ClosureEnded> {
        take_back(&staff.leave().await?).await?;
        Ok(ClosureEnded::Done)
    }
}
