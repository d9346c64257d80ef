//! The pages of the platform's console.

use poem::Request;
use poem::endpoint::make_sync;

use super::{GET, POST};
use crate::api::docs;
use crate::certificates;
use crate::console_alarms;
use crate::console_domains;
use crate::console_events;
use crate::console_gateways;
use crate::console_jobs;
use crate::console_passkeys;
use crate::console_sign_in;
use crate::console_support;
use crate::console_tenants;
use crate::console_tenants::changes;
use crate::console_tokens;
use crate::web::Redirect;
use crate::web::assets;
use crate::web::table::{PageRoute, page};

/// From where access is asked for to the page with the form.
fn back_to_support(request: Request) -> Redirect {
    Redirect::to(request.uri().path().trim_end_matches("-requests"))
}

/// The platform's console, at `admin.`.
pub fn console_pages() -> Vec<PageRoute> {
    vec![
        page(GET, "/", console_tenants::pages::index),
        page(GET, "/sign-in", console_sign_in::pages::show),
        page(POST, "/codes", console_sign_in::pages::ask_for_code),
        page(GET, "/code", console_sign_in::pages::code),
        page(POST, "/sessions", console_sign_in::pages::sign_in),
        page(GET, "/sessions", make_sync(|_| Redirect::to("/code"))),
        page(POST, "/sessions/current/end", console_sign_in::pages::sign_out),
        page(POST, "/passkey-sessions", console_sign_in::pages::sign_in_by_passkey),
        page(GET, "/proof", console_sign_in::pages::proof),
        page(GET, "/passkeys", console_passkeys::pages::index),
        page(POST, "/passkeys", console_passkeys::pages::create),
        page(POST, "/passkeys/:id/name", console_passkeys::pages::renaming),
        page(POST, "/passkeys/:id/removal", console_passkeys::pages::removal),
        page(GET, "/tenants/new", console_tenants::pages::new),
        page(POST, "/tenants", console_tenants::pages::make),
        page(GET, "/tenants/:id", console_tenants::pages::show),
        page(POST, "/tenants/:id/suspension", changes::pages::suspension),
        page(POST, "/tenants/:id/reactivation", changes::pages::reactivation),
        page(POST, "/tenants/:id/rename", changes::pages::rename),
        page(POST, "/tenants/:id/closing", changes::pages::closing),
        page(POST, "/tenants/:id/closing/withdrawal", changes::pages::closing_withdrawal),
        page(POST, "/tenants/:id/purge", changes::pages::purge),
        page(GET, "/certificates", certificates::pages::index),
        page(GET, "/certificates/:id", certificates::pages::show),
        page(GET, "/tenants/:id/domains", console_domains::pages::index),
        page(POST, "/tenants/:id/domains", console_domains::pages::create),
        page(POST, "/tenants/:id/domains/:domain_id/check", console_domains::pages::look),
        page(POST, "/tenants/:id/domains/:domain_id/primary", console_domains::pages::primary),
        page(POST, "/tenants/:id/domains/:domain_id/primary/removal", console_domains::pages::primary_removal),
        page(POST, "/tenants/:id/domains/:domain_id/removal", console_domains::pages::removal),
        page(GET, "/tenants/:id/support", console_support::pages::show),
        page(POST, "/tenants/:id/support-requests", console_support::pages::create),
        page(GET, "/tenants/:id/support-requests", make_sync(back_to_support)),
        page(POST, "/tenants/:id/support-requests/:request_id/end", console_support::pages::ending),
        page(GET, "/tenants/:id/support/customers", console_support::pages::customers),
        page(GET, "/tenants/:id/support/registration-requests", console_support::pages::registration_requests),
        page(GET, "/tenants/:id/support/messages", console_support::pages::messages),
        page(GET, "/tenants/:id/support/audit-events", console_support::pages::audit_events),
        page(GET, "/tokens", console_tokens::pages::index),
        page(POST, "/tokens", console_tokens::pages::create),
        page(POST, "/tokens/:id/revocation", console_tokens::pages::revocation),
        page(GET, "/events", console_events::pages::index),
        page(GET, "/events/export.csv", console_events::pages::export_csv),
        page(GET, "/events/export.json", console_events::pages::export_json),
        page(GET, "/gateways", console_gateways::pages::index),
        page(GET, "/alarms", console_alarms::pages::index),
        page(GET, "/jobs", console_jobs::pages::index),
        page(POST, "/jobs/:id/retry", console_jobs::pages::retrying),
        page(POST, "/jobs/:id/dropping", console_jobs::pages::dropping),
        page(GET, "/api/docs", docs::docs),
        page(GET, "/assets/style.css", assets::style),
        page(GET, "/assets/page.js", assets::script),
        page(GET, "/favicon.ico", assets::favicon),
    ]
}
