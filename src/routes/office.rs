//! The pages of a counter's office.

use poem::endpoint::make_sync;

use super::{GET, POST};
use crate::archives;
use crate::categories;
use crate::dashboard;
use crate::domains;
use crate::exports;
use crate::getting_started;
use crate::imports;
use crate::invitations;
use crate::message_templates;
use crate::office_accounts;
use crate::office_audit;
use crate::office_closing;
use crate::office_customers;
use crate::office_home;
use crate::office_messages;
use crate::office_passkeys;
use crate::office_products;
use crate::office_requests;
use crate::office_sign_in;
use crate::pictures;
use crate::price_lists;
use crate::settings;
use crate::signups;
use crate::support;
use crate::team;
use crate::web::Redirect;
use crate::web::table::{PageRoute, page};

/// The office of a counter.
pub fn office_pages() -> Vec<PageRoute> {
    let mut pages = vec![
        page(GET, "/office", office_home::pages::index),
        page(GET, "/office/sign-in", office_sign_in::pages::show),
        page(POST, "/office/codes", office_sign_in::pages::ask_for_code),
        page(GET, "/office/code", office_sign_in::pages::code),
        page(POST, "/office/sessions", office_sign_in::pages::sign_in),
        page(GET, "/office/sessions", make_sync(|_| Redirect::to("/office/code"))),
        page(POST, "/office/passkey-sessions", office_sign_in::pages::sign_in_by_passkey),
        page(GET, "/office/proof", office_sign_in::pages::proof),
        page(GET, "/office/passkeys", office_passkeys::pages::index),
        page(POST, "/office/passkeys", office_passkeys::pages::create),
        page(POST, "/office/passkeys/:id/name", office_passkeys::pages::renaming),
        page(POST, "/office/passkeys/:id/removal", office_passkeys::pages::removal),
        page(POST, "/office/sessions/current/end", office_sign_in::pages::sign_out),
        page(GET, "/office/arrivals/new", signups::pages::prepare_arrival),
        page(GET, "/office/arrivals", signups::pages::finish_arrival),
        page(GET, "/office/getting-started", getting_started::pages::index),
        page(POST, "/office/samples/removal", getting_started::pages::samples_removal),
        page(GET, "/office/registration-requests/:request_id", office_requests::pages::show),
        page(POST, "/office/registration-requests/:request_id/approval", office_requests::pages::approval),
        page(POST, "/office/registration-requests/:request_id/rejection", office_requests::pages::rejection),
        page(GET, "/office/customers", office_customers::pages::index),
        page(GET, "/office/customers/:access_id", office_customers::pages::show),
        page(POST, "/office/customers/:access_id/suspension", office_customers::pages::suspension),
        page(POST, "/office/customers/:access_id/restoration", office_customers::pages::restoration),
        page(GET, "/office/team", team::pages::index),
        page(GET, "/office/team/roles", team::pages::what_roles_may),
        page(GET, "/office/team/invitations/new", invitations::pages::new),
        page(POST, "/office/team/invitations", invitations::pages::create),
        page(POST, "/office/team/invitations/:invitation_id/letters", invitations::pages::letter),
        page(POST, "/office/team/invitations/:invitation_id/withdrawal", invitations::pages::withdrawal),
        page(GET, "/office/team/:staff_id", team::pages::show),
        page(POST, "/office/team/:staff_id/role", team::pages::role_change),
        page(POST, "/office/team/:staff_id/removal", team::pages::removal),
        page(GET, "/office/support", support::pages::index),
        page(POST, "/office/support/:id/grant", support::pages::granting),
        page(POST, "/office/support/:id/refusal", support::pages::declining),
        page(POST, "/office/support/:id/end", support::pages::ending),
        page(GET, "/office/invitations/:invitation_id", invitations::pages::show),
        page(GET, "/office/settings", settings::pages::index),
        page(POST, "/office/settings", settings::pages::update),
        page(POST, "/office/settings/logo", settings::pages::upload_logo),
        page(POST, "/office/settings/logo/removal", settings::pages::logo_removal),
        page(GET, "/office/audit", office_audit::pages::index),
        page(GET, "/office/audit/export.csv", office_audit::pages::export_csv),
        page(GET, "/office/audit/export.json", office_audit::pages::export_json),
        page(GET, "/office/closing", office_closing::pages::index),
        page(POST, "/office/closing", office_closing::pages::create),
        page(POST, "/office/closing/withdrawal", office_closing::pages::withdrawal),
        page(GET, "/office/domains", domains::pages::index),
        page(POST, "/office/domains", domains::pages::create),
        page(POST, "/office/domains/:domain_id/check", domains::pages::look),
        page(POST, "/office/domains/:domain_id/primary", domains::pages::primary),
        page(POST, "/office/domains/:domain_id/primary/removal", domains::pages::primary_removal),
        page(POST, "/office/domains/:domain_id/removal", domains::pages::removal),
        page(GET, "/office/export", archives::pages::show),
        page(POST, "/office/export", archives::pages::create),
    ];
    pages.extend(message_pages());
    pages.extend(goods_pages());
    pages.extend(file_pages());
    pages
}

/// What is said, in which words, and what it costs.
fn message_pages() -> Vec<PageRoute> {
    vec![
        page(GET, "/office/messages", office_messages::pages::index),
        page(POST, "/office/messages/limits", office_messages::pages::limits),
        page(POST, "/office/messages/:message_id/resending", office_messages::pages::resending),
        page(POST, "/office/messages/:message_id/dropping", office_messages::pages::dropping),
        page(GET, "/office/settings/messages", message_templates::pages::index),
        page(GET, "/office/settings/messages/:kind", message_templates::pages::show),
        page(POST, "/office/settings/messages/:kind", message_templates::pages::update),
        page(POST, "/office/settings/messages/:kind/preview", message_templates::pages::look),
        page(POST, "/office/settings/messages/:kind/removal", message_templates::pages::removal),
    ]
}

/// What is sold, and at which price to whom.
fn goods_pages() -> Vec<PageRoute> {
    vec![
        page(GET, "/office/accounts/:account_id", office_accounts::pages::show),
        page(POST, "/office/accounts/:account_id", office_accounts::pages::update),
        page(POST, "/office/accounts/:account_id/prices", office_accounts::pages::put_price),
        page(POST, "/office/accounts/:account_id/prices/removal", office_accounts::pages::remove_price),
        page(GET, "/office/why-this-price", office_accounts::why::pages::show),
        page(GET, "/office/products", office_products::pages::index),
        page(POST, "/office/products", office_products::pages::create),
        page(GET, "/office/products/new", office_products::pages::new),
        page(GET, "/office/products/:product_id", office_products::pages::show),
        page(POST, "/office/products/:product_id", office_products::pages::update),
        page(POST, "/office/products/:product_id/picture", pictures::pages::upload),
        page(POST, "/office/products/:product_id/picture/removal", pictures::pages::removal),
        page(GET, "/office/products/changes/new", office_products::bulk::pages::new),
        page(POST, "/office/products/changes", office_products::bulk::pages::create),
        page(GET, "/office/categories", categories::pages::index),
        page(POST, "/office/categories", categories::pages::create),
        page(POST, "/office/categories/:category_id", categories::pages::update),
        page(POST, "/office/categories/:category_id/removal", categories::pages::removal),
        page(GET, "/office/price-lists", price_lists::pages::index),
        page(POST, "/office/price-lists", price_lists::pages::create),
        page(GET, "/office/price-lists/:price_list_id", price_lists::pages::show),
        page(POST, "/office/price-lists/:price_list_id", price_lists::pages::update),
        page(POST, "/office/price-lists/:price_list_id/prices", price_lists::pages::put_price),
        page(POST, "/office/price-lists/:price_list_id/prices/removal", price_lists::pages::remove_price),
    ]
}

/// Files that are brought in and taken along, and the day in numbers.
fn file_pages() -> Vec<PageRoute> {
    vec![
        page(GET, "/office/dashboard", dashboard::pages::index),
        page(GET, "/office/imports", imports::pages::index),
        page(POST, "/office/imports", imports::pages::create),
        page(GET, "/office/imports/:import_id", imports::pages::show),
        page(GET, "/office/imports/:import_id/columns", imports::pages::columns),
        page(POST, "/office/imports/:import_id/columns", imports::pages::say_columns),
        page(POST, "/office/imports/:import_id/application", imports::pages::application),
        page(POST, "/office/imports/:import_id/undoing", imports::pages::undoing),
        page(POST, "/office/imports/:import_id/removal", imports::pages::removal),
        page(GET, "/office/exports/products.csv", exports::pages::products),
        page(GET, "/office/exports/prices.csv", exports::pages::prices),
        page(GET, "/office/exports/customers.csv", exports::pages::customers),
    ]
}
