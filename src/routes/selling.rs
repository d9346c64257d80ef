//! The pages of a counter's office on which orders are worked on.

use super::{GET, POST};
use crate::amendments;
use crate::office_orders;
use crate::order_settings;
use crate::phone_orders;
use crate::picking;
use crate::web::table::{PageRoute, page};

/// Orders, from the desk to the van, and how they are taken.
pub fn selling_pages() -> Vec<PageRoute> {
    vec![
        page(GET, "/office/orders", office_orders::pages::index),
        page(GET, "/office/orders/new", phone_orders::pages::new),
        page(POST, "/office/orders", phone_orders::pages::create),
        page(GET, "/office/orders/:number", office_orders::pages::show),
        page(GET, "/office/orders/:number/order.pdf", office_orders::pages::paper),
        page(GET, "/office/orders/:number/amendment", amendments::pages::new),
        page(POST, "/office/orders/:number/amendment", amendments::pages::create),
        page(POST, "/office/orders/:number/acceptance", office_orders::pages::acceptance),
        page(POST, "/office/orders/:number/refusal", office_orders::pages::refusal),
        page(POST, "/office/orders/:number/cancellation", office_orders::pages::cancellation),
        page(GET, "/office/picking", picking::pages::index),
        page(GET, "/office/picking/list", picking::pages::list),
        page(GET, "/office/picking/:number", picking::pages::show),
        page(POST, "/office/picking/:number/start", picking::pages::begin),
        page(POST, "/office/picking/:number/lines", picking::pages::record),
        page(POST, "/office/picking/:number/delivery", picking::pages::delivery),
        page(GET, "/office/settings/orders", order_settings::pages::index),
        page(POST, "/office/settings/orders", order_settings::pages::update),
    ]
}
