//! The pages of a counter.

use poem::endpoint::make_sync;

use super::{GET, POST};
use crate::api::docs;
use crate::basket;
use crate::catalogue;
use crate::confirmations;
use crate::devices;
use crate::home;
use crate::languages;
use crate::my_data;
use crate::number_changes;
use crate::orders;
use crate::pictures;
use crate::quick_orders;
use crate::registrations;
use crate::sign_in;
use crate::unsubscriptions;
use crate::web::Redirect;
use crate::web::assets;
use crate::web::offline;
use crate::web::table::{PageRoute, page};
use crate::wholesalers;

/// A tenant's counter and its office.
pub fn counter_pages() -> Vec<PageRoute> {
    vec![
        page(GET, "/", sign_in::pages::front_door),
        page(POST, "/codes", sign_in::pages::ask_for_code),
        page(GET, "/code", sign_in::pages::code),
        page(POST, "/sessions", sign_in::pages::sign_in),
        page(GET, "/sessions", make_sync(|_| Redirect::to("/code"))),
        page(POST, "/sessions/current/end", sign_in::pages::sign_out),
        page(GET, "/registration-requests/new", registrations::pages::new),
        page(POST, "/registration-requests", registrations::pages::create),
        page(POST, "/registration-requests/current/withdrawal", registrations::pages::take_back),
        page(GET, "/account", home::pages::account),
        page(GET, "/products", catalogue::pages::index),
        page(GET, "/products/:product_id", catalogue::pages::show),
        page(GET, "/usuals", catalogue::pages::usuals),
        page(GET, "/basket", basket::pages::show),
        page(POST, "/basket/lines", basket::pages::update),
        page(POST, "/basket/emptying", basket::pages::emptying),
        page(GET, "/orders", orders::pages::index),
        page(POST, "/orders", orders::pages::create),
        page(GET, "/orders/:number", orders::pages::show),
        page(GET, "/orders/:number/edit", orders::edits::pages::new),
        page(POST, "/orders/:number/edit", orders::edits::pages::create),
        page(GET, "/orders/:number/order.pdf", orders::pages::paper),
        page(POST, "/orders/:number/cancellation", orders::pages::cancellation),
        page(POST, "/orders/:number/reorder", orders::pages::again),
        page(GET, "/quick-order", quick_orders::pages::show),
        page(POST, "/quick-order", quick_orders::pages::look),
        page(POST, "/quick-order/lines", quick_orders::pages::take),
        page(GET, "/unsubscriptions/:token", unsubscriptions::pages::show),
        page(POST, "/unsubscriptions/:token", unsubscriptions::pages::create),
        page(GET, "/wholesalers", wholesalers::pages::index),
        page(POST, "/wholesalers/:slug/visit", wholesalers::pages::visit),
        page(GET, "/arrivals/new", wholesalers::pages::prepare_arrival),
        page(GET, "/departures", wholesalers::pages::depart),
        page(GET, "/arrivals", wholesalers::pages::finish_arrival),
        page(GET, "/devices", devices::pages::index),
        page(POST, "/devices/end-others", devices::pages::end_all_others),
        page(POST, "/devices/:session_id/end", devices::pages::end_one),
        page(POST, "/confirmation", confirmations::pages::confirmation),
        page(POST, "/confirmation/dismissal", confirmations::pages::dismissal),
        page(GET, "/language", languages::pages::index),
        page(POST, "/language", languages::pages::update),
        page(GET, "/my-data", my_data::pages::index),
        page(GET, "/my-data/download", my_data::pages::download),
        page(POST, "/erasures", my_data::pages::ask),
        page(GET, "/erasures", make_sync(|_| Redirect::to("/my-data"))),
        page(GET, "/erasures/confirmation", my_data::pages::code),
        page(POST, "/erasures/confirmation", my_data::pages::confirmation),
        page(GET, "/number-changes/new", number_changes::pages::new),
        page(POST, "/number-changes", number_changes::pages::create),
        page(GET, "/number-changes/confirmation", number_changes::pages::codes),
        page(POST, "/number-changes/confirmation", number_changes::pages::confirmation),
    ]
    .into_iter()
    .chain(super::office::office_pages())
    .chain(super::selling::selling_pages())
    .chain(shared_pages())
    .collect()
}

/// What every counter has besides its own.
fn shared_pages() -> Vec<PageRoute> {
    vec![
        page(GET, "/api/docs", docs::docs),
        page(GET, "/brand.css", assets::brand),
        page(GET, "/assets/style.css", assets::style),
        page(GET, "/assets/page.js", assets::script),
        page(GET, "/assets/basket.js", assets::basket_script),
        page(GET, "/sw.js", assets::service_worker),
        page(GET, "/offline", offline::page),
        page(GET, "/favicon.ico", assets::favicon),
        page(GET, "/logos/:slug", assets::logo),
        page(GET, "/pictures/:picture_hash", pictures::pages::show),
    ]
}
