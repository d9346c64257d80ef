//! THE table: every page and every operation, one line each.

use http::Method;
use poem::endpoint::{BoxEndpoint, make_sync};
use poem::{EndpointExt, IntoEndpoint, Request, Response, RouteMethod};
use poem_openapi::{OpenApi, OpenApiService};
use serde_json::Value;

use crate::api::docs::{self, Document};
use crate::api::document::{self, Described};
use crate::archives::{self, api::ArchivesApi};
use crate::certificates::{self, api::CertificatesApi};
use crate::confirmations::{self, api::ConfirmationsApi};
use crate::console_domains::{self, api::ConsoleDomainsApi};
use crate::console_events::{self, api::ConsoleEventsApi};
use crate::console_sign_in::{self, api::ConsoleSignInApi};
use crate::console_support::{self, api::ConsoleSupportApi};
use crate::console_tenants::{self, api::ConsoleTenantsApi, changes};
use crate::console_tokens::{self, api::ConsoleTokensApi};
use crate::devices::{self, api::DevicesApi};
use crate::domains::{self, api::DomainsApi};
use crate::getting_started;
use crate::home::api::MeApi;
use crate::inbox::{self, DemoInbox, api::InboxApi};
use crate::invitations::{self, api::InvitationsApi};
use crate::my_data::{self, api::MyDataApi};
use crate::number_changes::{self, api::NumberChangesApi};
use crate::office_audit::{self, api::OfficeAuditApi};
use crate::office_closing::{self, api::ClosingApi};
use crate::office_customers::{self, api::OfficeCustomersApi};
use crate::office_home;
use crate::office_requests::{self, api::OfficeRequestsApi};
use crate::office_sign_in::{self, api::OfficeSignInApi};
use crate::public_site;
use crate::registrations::{self, api::RegistrationsApi};
use crate::settings::logo::HEAVIEST_UPLOAD_BYTES;
use crate::settings::{self, api::SettingsApi};
use crate::sign_in::{self, api::SignInApi};
use crate::signups::{self, api::SignupsApi};
use crate::support::{self, api::SupportApi};
use crate::team::{self, api::TeamApi};
use crate::tenancy::Hosts;
use crate::web::door::SiteRoutes;
use crate::web::table::{self, PageRoute, back_up, page, two_up};
use crate::web::{Redirect, assets};
use crate::wholesalers::{self, api::WholesalersApi};

const GET: Method = Method::GET;
const POST: Method = Method::POST;

/// Pictures are larger than forms.
const LARGE_BODIES: &[(&str, usize)] =
    &[("/office/settings/logo", HEAVIEST_UPLOAD_BYTES), ("/api/v1/office/settings/logo", HEAVIEST_UPLOAD_BYTES)];

/// From where access is asked for to the page with the form.
fn back_to_support(request: Request) -> Redirect {
    Redirect::to(request.uri().path().trim_end_matches("-requests"))
}

/// The public site at the base host.
pub fn public_pages() -> Vec<PageRoute> {
    vec![
        page(GET, "/", public_site::pages::front),
        page(GET, "/signups/new", signups::pages::new),
        page(POST, "/signups", signups::pages::create),
        page(GET, "/signups", make_sync(|_| Redirect::to("/signups/new"))),
        page(GET, "/signups/:id", signups::pages::show),
        page(POST, "/signups/:id/codes", signups::pages::code_again),
        page(GET, "/signups/:id/codes", make_sync(back_up)),
        page(POST, "/signups/:id/confirmation", signups::pages::confirmation),
        page(GET, "/signups/:id/confirmation", make_sync(back_up)),
        page(POST, "/signups/:id/subdomain", signups::pages::choose_other_name),
        page(GET, "/signups/:id/subdomain", make_sync(back_up)),
        page(GET, "/signups/:id/departure", signups::pages::depart),
        page(GET, "/inbox", inbox::show),
        page(GET, "/api/docs", docs::docs),
        page(GET, "/assets/style.css", assets::style),
        page(GET, "/assets/page.js", assets::script),
        page(GET, "/favicon.ico", assets::favicon),
        page(GET, "/logos/:slug", assets::logo),
    ]
}

/// A tenant's counter and its office.
pub fn counter_pages() -> Vec<PageRoute> {
    vec![
        page(GET, "/", sign_in::pages::front_door),
        page(POST, "/codes", sign_in::pages::ask_for_code),
        page(GET, "/codes", make_sync(|_| Redirect::to("/"))),
        page(GET, "/code", sign_in::pages::code),
        page(POST, "/sessions", sign_in::pages::sign_in),
        page(GET, "/sessions", make_sync(|_| Redirect::to("/code"))),
        page(POST, "/sessions/current/end", sign_in::pages::sign_out),
        page(GET, "/registration-requests/new", registrations::pages::new),
        page(POST, "/registration-requests", registrations::pages::create),
        page(GET, "/registration-requests", make_sync(|_| Redirect::to("/registration-requests/new"))),
        page(POST, "/registration-requests/current/withdrawal", registrations::pages::take_back),
        page(GET, "/wholesalers", wholesalers::pages::index),
        page(POST, "/wholesalers/:slug/visit", wholesalers::pages::visit),
        page(GET, "/arrivals/new", wholesalers::pages::prepare_arrival),
        page(GET, "/departures", wholesalers::pages::depart),
        page(GET, "/arrivals", wholesalers::pages::finish_arrival),
        page(GET, "/devices", devices::pages::index),
        page(POST, "/devices/end-others", devices::pages::end_all_others),
        page(POST, "/devices/:session_id/end", devices::pages::end_one),
        page(POST, "/confirmation", confirmations::pages::confirmation),
        page(GET, "/confirmation", make_sync(|_| Redirect::to("/"))),
        page(POST, "/confirmation/dismissal", confirmations::pages::dismissal),
        page(GET, "/my-data", my_data::pages::index),
        page(GET, "/my-data/download", my_data::pages::download),
        page(POST, "/erasures", my_data::pages::ask),
        page(GET, "/erasures", make_sync(|_| Redirect::to("/my-data"))),
        page(GET, "/erasures/confirmation", my_data::pages::code),
        page(POST, "/erasures/confirmation", my_data::pages::confirmation),
        page(GET, "/number-changes/new", number_changes::pages::new),
        page(POST, "/number-changes", number_changes::pages::create),
        page(GET, "/number-changes", make_sync(|_| Redirect::to("/number-changes/new"))),
        page(GET, "/number-changes/confirmation", number_changes::pages::codes),
        page(POST, "/number-changes/confirmation", number_changes::pages::confirmation),
    ]
    .into_iter()
    .chain(office_pages())
    .chain(shared_pages())
    .collect()
}

/// The office of a counter.
fn office_pages() -> Vec<PageRoute> {
    vec![
        page(GET, "/office", office_home::pages::index),
        page(GET, "/office/sign-in", office_sign_in::pages::show),
        page(POST, "/office/codes", office_sign_in::pages::ask_for_code),
        page(GET, "/office/codes", make_sync(|_| Redirect::to("/office/sign-in"))),
        page(GET, "/office/code", office_sign_in::pages::code),
        page(POST, "/office/sessions", office_sign_in::pages::sign_in),
        page(GET, "/office/sessions", make_sync(|_| Redirect::to("/office/code"))),
        page(POST, "/office/sessions/current/end", office_sign_in::pages::sign_out),
        page(GET, "/office/arrivals/new", signups::pages::prepare_arrival),
        page(GET, "/office/arrivals", signups::pages::finish_arrival),
        page(GET, "/office/getting-started", getting_started::pages::index),
        page(POST, "/office/samples/removal", getting_started::pages::samples_removal),
        page(GET, "/office/registration-requests/:request_id", office_requests::pages::show),
        page(POST, "/office/registration-requests/:request_id/approval", office_requests::pages::approval),
        page(GET, "/office/registration-requests/:request_id/approval", make_sync(back_up)),
        page(POST, "/office/registration-requests/:request_id/rejection", office_requests::pages::rejection),
        page(GET, "/office/registration-requests/:request_id/rejection", make_sync(back_up)),
        page(GET, "/office/customers", office_customers::pages::index),
        page(GET, "/office/customers/:access_id", office_customers::pages::show),
        page(POST, "/office/customers/:access_id/suspension", office_customers::pages::suspension),
        page(GET, "/office/customers/:access_id/suspension", make_sync(back_up)),
        page(POST, "/office/customers/:access_id/restoration", office_customers::pages::restoration),
        page(GET, "/office/team", team::pages::index),
        page(GET, "/office/team/roles", team::pages::what_roles_may),
        page(GET, "/office/team/invitations/new", invitations::pages::new),
        page(POST, "/office/team/invitations", invitations::pages::create),
        page(GET, "/office/team/invitations", make_sync(|_| Redirect::to("/office/team/invitations/new"))),
        page(POST, "/office/team/invitations/:invitation_id/letters", invitations::pages::letter),
        page(GET, "/office/team/invitations/:invitation_id/letters", make_sync(|_| Redirect::to("/office/team"))),
        page(POST, "/office/team/invitations/:invitation_id/withdrawal", invitations::pages::withdrawal),
        page(GET, "/office/team/invitations/:invitation_id/withdrawal", make_sync(|_| Redirect::to("/office/team"))),
        page(GET, "/office/team/:staff_id", team::pages::show),
        page(POST, "/office/team/:staff_id/role", team::pages::role_change),
        page(GET, "/office/team/:staff_id/role", make_sync(back_up)),
        page(POST, "/office/team/:staff_id/removal", team::pages::removal),
        page(GET, "/office/team/:staff_id/removal", make_sync(back_up)),
        page(GET, "/office/support", support::pages::index),
        page(POST, "/office/support/:id/grant", support::pages::granting),
        page(GET, "/office/support/:id/grant", make_sync(|_| Redirect::to("/office/support"))),
        page(POST, "/office/support/:id/refusal", support::pages::declining),
        page(GET, "/office/support/:id/refusal", make_sync(|_| Redirect::to("/office/support"))),
        page(POST, "/office/support/:id/end", support::pages::ending),
        page(GET, "/office/support/:id/end", make_sync(|_| Redirect::to("/office/support"))),
        page(GET, "/office/invitations/:invitation_id", invitations::pages::show),
        page(GET, "/office/settings", settings::pages::index),
        page(POST, "/office/settings", settings::pages::update),
        page(POST, "/office/settings/logo", settings::pages::upload_logo),
        page(GET, "/office/settings/logo", make_sync(back_up)),
        page(POST, "/office/settings/logo/removal", settings::pages::logo_removal),
        page(GET, "/office/audit", office_audit::pages::index),
        page(GET, "/office/audit/export.csv", office_audit::pages::export_csv),
        page(GET, "/office/audit/export.json", office_audit::pages::export_json),
        page(GET, "/office/closing", office_closing::pages::index),
        page(POST, "/office/closing", office_closing::pages::create),
        page(POST, "/office/closing/withdrawal", office_closing::pages::withdrawal),
        page(GET, "/office/closing/withdrawal", make_sync(back_up)),
        page(GET, "/office/domains", domains::pages::index),
        page(POST, "/office/domains", domains::pages::create),
        page(POST, "/office/domains/:domain_id/check", domains::pages::look),
        page(GET, "/office/domains/:domain_id/check", make_sync(two_up)),
        page(POST, "/office/domains/:domain_id/primary", domains::pages::primary),
        page(POST, "/office/domains/:domain_id/primary/removal", domains::pages::primary_removal),
        page(POST, "/office/domains/:domain_id/removal", domains::pages::removal),
        page(GET, "/office/export", archives::pages::show),
        page(POST, "/office/export", archives::pages::create),
    ]
}

/// What every counter has besides its own.
fn shared_pages() -> Vec<PageRoute> {
    vec![
        page(GET, "/api/docs", docs::docs),
        page(GET, "/brand.css", assets::brand),
        page(GET, "/assets/style.css", assets::style),
        page(GET, "/assets/page.js", assets::script),
        page(GET, "/favicon.ico", assets::favicon),
        page(GET, "/logos/:slug", assets::logo),
    ]
}

/// The platform's console, at `admin.`.
pub fn console_pages() -> Vec<PageRoute> {
    vec![
        page(GET, "/", console_tenants::pages::index),
        page(GET, "/sign-in", console_sign_in::pages::show),
        page(POST, "/codes", console_sign_in::pages::ask_for_code),
        page(GET, "/codes", make_sync(|_| Redirect::to("/sign-in"))),
        page(GET, "/code", console_sign_in::pages::code),
        page(POST, "/sessions", console_sign_in::pages::sign_in),
        page(GET, "/sessions", make_sync(|_| Redirect::to("/code"))),
        page(POST, "/sessions/current/end", console_sign_in::pages::sign_out),
        page(GET, "/tenants", make_sync(|_| Redirect::to("/tenants/new"))),
        page(GET, "/tenants/new", console_tenants::pages::new),
        page(POST, "/tenants", console_tenants::pages::make),
        page(GET, "/tenants/:id", console_tenants::pages::show),
        page(POST, "/tenants/:id/suspension", changes::pages::suspension),
        page(GET, "/tenants/:id/suspension", make_sync(back_up)),
        page(POST, "/tenants/:id/reactivation", changes::pages::reactivation),
        page(GET, "/tenants/:id/reactivation", make_sync(back_up)),
        page(POST, "/tenants/:id/rename", changes::pages::rename),
        page(GET, "/tenants/:id/rename", make_sync(back_up)),
        page(POST, "/tenants/:id/closing", changes::pages::closing),
        page(GET, "/tenants/:id/closing", make_sync(back_up)),
        page(POST, "/tenants/:id/closing/withdrawal", changes::pages::closing_withdrawal),
        page(GET, "/tenants/:id/closing/withdrawal", make_sync(back_up)),
        page(POST, "/tenants/:id/purge", changes::pages::purge),
        page(GET, "/tenants/:id/purge", make_sync(back_up)),
        page(GET, "/certificates", certificates::pages::index),
        page(GET, "/certificates/:id", certificates::pages::show),
        page(GET, "/tenants/:id/domains", console_domains::pages::index),
        page(POST, "/tenants/:id/domains", console_domains::pages::create),
        page(POST, "/tenants/:id/domains/:domain_id/check", console_domains::pages::look),
        page(GET, "/tenants/:id/domains/:domain_id/check", make_sync(two_up)),
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
        page(GET, "/api/docs", docs::docs),
        page(GET, "/assets/style.css", assets::style),
        page(GET, "/assets/page.js", assets::script),
        page(GET, "/favicon.ico", assets::favicon),
    ]
}

/// The operations of the public site.
fn public_api() -> OpenApiService<(SignupsApi, InboxApi), ()> {
    service((SignupsApi, InboxApi), OF_WHOLESALERS)
}

type CustomersApi = (SignInApi, MeApi, RegistrationsApi, WholesalersApi, DevicesApi, ConfirmationsApi, MyDataApi, NumberChangesApi);

type OfficeApi = (
    OfficeSignInApi,
    OfficeRequestsApi,
    OfficeCustomersApi,
    TeamApi,
    InvitationsApi,
    SettingsApi,
    OfficeAuditApi,
    DomainsApi,
    ArchivesApi,
    SupportApi,
    ClosingApi,
);

/// The operations of a counter, and of its office.
fn counter_api() -> OpenApiService<(CustomersApi, OfficeApi), ()> {
    let of_customers = (SignInApi, MeApi, RegistrationsApi, WholesalersApi, DevicesApi, ConfirmationsApi, MyDataApi, NumberChangesApi);
    let of_office = (
        OfficeSignInApi,
        OfficeRequestsApi,
        OfficeCustomersApi,
        TeamApi,
        InvitationsApi,
        SettingsApi,
        OfficeAuditApi,
        DomainsApi,
        ArchivesApi,
        SupportApi,
        ClosingApi,
    );
    service((of_customers, of_office), OF_WHOLESALERS)
}

type ConsoleApi =
    (ConsoleSignInApi, ConsoleTenantsApi, ConsoleDomainsApi, CertificatesApi, ConsoleTokensApi, ConsoleEventsApi, ConsoleSupportApi);

/// The operations of the console.
fn console_api() -> OpenApiService<ConsoleApi, ()> {
    let operations =
        (ConsoleSignInApi, ConsoleTenantsApi, ConsoleDomainsApi, CertificatesApi, ConsoleTokensApi, ConsoleEventsApi, ConsoleSupportApi);
    service(operations, OF_CONSOLE)
}

const OF_WHOLESALERS: &str = "The same verbs as the pages, on the same hosts. A customer or a member of staff signs in by a one-time code \
    and is known by a cookie; errors are problems (RFC 9457); lists are `items` and `next`; times are RFC 3339 in UTC. \
    Every operation is on the wholesaler's own host, but `/api/v1/signups`, `/api/v1/subdomains` and `/api/v1/inbox`: those are on \
    the host without a name in front. The platform's console, at `admin.` in front of it, has a document of its own.";

const OF_CONSOLE: &str = "The platform's console: wholesalers, and who may look after them. An operator signs in by a one-time code and \
    is known by a cookie; a program shows a token as `Authorization: Bearer`. Errors are problems (RFC 9457); lists are `items` \
    and `next`; times are RFC 3339 in UTC. Every operation is on the host `admin.`; the wholesalers' own hosts have a document of \
    their own.";

fn service<T: OpenApi>(operations: T, description: &str) -> OpenApiService<T, ()> {
    OpenApiService::new(operations, "Tradecounter API", env!("CARGO_PKG_VERSION")).description(description)
}

fn read(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_default()
}

/// The OpenAPI document of the wholesalers' hosts and of the public site.
pub fn openapi(hosts: &Hosts) -> Value {
    let counter = hosts.counter_url("{wholesaler}");
    let documents = vec![(read(&counter_api().spec()), counter), (read(&public_api().spec()), hosts.public_url())];
    document::merge(documents, Described::Wholesalers)
}

/// The OpenAPI document of the console: some of its paths are other operations on the other hosts, and one document
/// cannot say both.
pub fn console_openapi(hosts: &Hosts) -> Value {
    document::merge(vec![(read(&console_api().spec()), hosts.console_url())], Described::Console)
}

/// The public site's routes.
pub fn public_site(hosts: &Hosts, inbox: DemoInbox) -> SiteRoutes {
    let operations = document::paths(&read(&public_api().spec()));
    let api = public_api().into_endpoint().data(inbox.clone()).map_to_response().boxed();
    site(openapi(hosts), public_pages(), api, operations, inbox)
}

/// A counter's routes.
pub fn counter_site(hosts: &Hosts) -> SiteRoutes {
    let operations = document::paths(&read(&counter_api().spec()));
    site(openapi(hosts), counter_pages(), counter_api().into_endpoint().map_to_response().boxed(), operations, DemoInbox(None))
}

/// The console's routes.
pub fn console_site(hosts: &Hosts) -> SiteRoutes {
    let operations = document::paths(&read(&console_api().spec()));
    site(console_openapi(hosts), console_pages(), console_api().into_endpoint().map_to_response().boxed(), operations, DemoInbox(None))
}

fn site(
    document: Value,
    pages: Vec<PageRoute>,
    api: BoxEndpoint<'static>,
    mut paths: Vec<(String, Vec<Method>)>,
    inbox: DemoInbox,
) -> SiteRoutes {
    let document = Document(std::sync::Arc::new(document));
    paths.push(("/api/v1/openapi.json".to_owned(), vec![GET]));
    let text = document.0.to_string();
    let json = make_sync(move |_| Response::builder().content_type("application/json").body(text.clone()));
    let routes = table::gather(pages, &mut paths).at("/api/v1/openapi.json", RouteMethod::new().method(GET, json));
    let routes = routes.nest_no_strip("/api/v1", api);
    SiteRoutes { endpoint: routes.data(document).data(inbox).map_to_response().boxed(), paths, large_bodies: LARGE_BODIES }
}
