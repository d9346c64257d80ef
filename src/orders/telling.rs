//! Telling a customer what happened to an order.

use crate::error::Result;
use crate::ids::OrderEventId;
use crate::jobs::Outcome;
use crate::tenancy::{House, Tenant};

/// Whoever placed the order, by the way that the account wants to be told.
#[expect(clippy::unused_async, reason = "nothing that happens to an order is told yet")]
pub async fn tell_customer(_house: &House, _tenant: &Tenant, _event: OrderEventId) -> Result<Outcome> {
    Ok(Outcome::Done)
}
