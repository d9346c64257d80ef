//! The public site's pages.

use super::{GET, POST};
use crate::api::docs;
use crate::inbox;
use crate::public_site;
use crate::receipts;
use crate::signups;
use crate::web::assets;
use crate::web::table::{PageRoute, page};

/// The public site at the base host.
pub fn public_pages() -> Vec<PageRoute> {
    vec![
        page(GET, "/", public_site::pages::front),
        page(GET, "/signups/new", signups::pages::new),
        page(POST, "/signups", signups::pages::create),
        page(GET, "/signups/:id", signups::pages::show),
        page(POST, "/signups/:id/codes", signups::pages::code_again),
        page(POST, "/signups/:id/confirmation", signups::pages::confirmation),
        page(POST, "/signups/:id/subdomain", signups::pages::choose_other_name),
        page(GET, "/signups/:id/departure", signups::pages::depart),
        page(GET, "/inbox", inbox::show),
        page(GET, "/receipts/:gateway/:token", receipts::pages::create),
        page(POST, "/receipts/:gateway/:token", receipts::pages::create),
        page(GET, "/api/docs", docs::docs),
        page(GET, "/assets/style.css", assets::style),
        page(GET, "/assets/page.js", assets::script),
        page(GET, "/favicon.ico", assets::favicon),
        page(GET, "/logos/:slug", assets::logo),
    ]
}
