//! Where a customer is signed in, with a button at each.

use askama::Template;
use poem::handler;
use poem::web::Path;
use uuid::Uuid;

use super::{all, device_name, end, end_others};
use crate::error::Result;
use crate::tenancy::extract::SignedIn;
use crate::web::{Page, Redirect, Shell, when};

#[derive(Template)]
#[template(path = "devices/index.html")]
struct IndexPage {
    shell: Shell,
    items: Vec<Item>,
    has_others: bool,
}

struct Item {
    session_id: Uuid,
    wholesaler: String,
    device: String,
    signed_in: String,
    signed_in_exact: String,
    last_seen: String,
    last_seen_exact: String,
    is_this: bool,
}

/// `GET /devices`
#[handler]
pub async fn index(customer: SignedIn) -> Result<Page> {
    let (now, zone) = (customer.house.now(), customer.tenant.time_zone);
    let devices = all(&customer).await?;
    let has_others = devices.len() > 1;
    let items = devices.into_iter().map(|device| Item {
        session_id: device.session_id,
        device: device_name(&device.user_agent),
        signed_in: when::ago(device.signed_in_at, now, zone),
        signed_in_exact: when::exact(device.signed_in_at, zone),
        last_seen: when::ago(device.last_seen_at, now, zone),
        last_seen_exact: when::exact(device.last_seen_at, zone),
        is_this: device.session_id == customer.session.session_id.uuid(),
        wholesaler: device.wholesaler,
    });
    Page::of(&IndexPage { items: items.collect(), has_others, shell: Shell::of_customer(&customer, "Devices", "devices") })
}

/// `POST /devices/:session_id/end`
#[handler]
pub async fn end_one(customer: SignedIn, Path(session_id): Path<Uuid>) -> Result<Redirect> {
    end(customer, session_id).await?;
    Ok(Redirect::to("/devices"))
}

/// `POST /devices/end-others`
#[handler]
pub async fn end_all_others(customer: SignedIn) -> Result<Redirect> {
    end_others(customer).await?;
    Ok(Redirect::to("/devices"))
}
