//! THE table: every page and every operation, one line each. The pages are in a file for each site.

mod console;
mod counter;
mod office;
mod public;
mod selling;

use std::sync::Arc;

use http::Method;
use poem::endpoint::{BoxEndpoint, make_sync};
use poem::{EndpointExt, IntoEndpoint, Response, RouteMethod};
use poem_openapi::{OpenApi, OpenApiService};
use serde_json::Value;

use crate::amendments::api::AmendmentsApi;
use crate::api::docs::Document;
use crate::api::document::{self, Described};
use crate::archives::api::ArchivesApi;
use crate::basket::api::BasketApi;
use crate::catalogue::{Remembered, api::ProductsApi};
use crate::categories::api::CategoriesApi;
use crate::certificates::api::CertificatesApi;
use crate::confirmations::api::ConfirmationsApi;
use crate::console_domains::api::ConsoleDomainsApi;
use crate::console_events::api::ConsoleEventsApi;
use crate::console_jobs::api::ConsoleJobsApi;
use crate::console_passkeys::api::ConsolePasskeysApi;
use crate::console_sign_in::api::ConsoleSignInApi;
use crate::console_support::api::ConsoleSupportApi;
use crate::console_tenants::api::ConsoleTenantsApi;
use crate::console_tokens::api::ConsoleTokensApi;
use crate::devices::api::DevicesApi;
use crate::domains::api::DomainsApi;
use crate::home::api::MeApi;
use crate::imports;
use crate::inbox::{DemoInbox, api::InboxApi};
use crate::invitations::api::InvitationsApi;
use crate::languages::api::LanguagesApi;
use crate::message_templates::api::MessageTemplatesApi;
use crate::messages::sms::Gateways;
use crate::my_data::api::MyDataApi;
use crate::number_changes::api::NumberChangesApi;
use crate::office_accounts::api::OfficeAccountsApi;
use crate::office_audit::api::OfficeAuditApi;
use crate::office_closing::api::ClosingApi;
use crate::office_customers::api::OfficeCustomersApi;
use crate::office_messages::api::OfficeMessagesApi;
use crate::office_orders::api::OfficeOrdersApi;
use crate::office_passkeys::api::OfficePasskeysApi;
use crate::office_products::api::OfficeProductsApi;
use crate::office_requests::api::OfficeRequestsApi;
use crate::office_sign_in::api::OfficeSignInApi;
use crate::order_settings::api::OrderSettingsApi;
use crate::orders::api::OrdersApi;
use crate::picking::api::PickingApi;
use crate::pictures::decoding::HEAVIEST_UPLOAD_BYTES;
use crate::price_lists::api::PriceListsApi;
use crate::registrations::api::RegistrationsApi;
use crate::settings::api::SettingsApi;
use crate::sign_in::api::SignInApi;
use crate::signups::api::SignupsApi;
use crate::support::api::SupportApi;
use crate::team::api::TeamApi;
use crate::tenancy::Hosts;
use crate::web::door::SiteRoutes;
use crate::web::table::{self, PageRoute};
use crate::wholesalers::api::WholesalersApi;

pub use self::console::console_pages;
pub use self::counter::counter_pages;
pub use self::public::public_pages;

const GET: Method = Method::GET;
const POST: Method = Method::POST;

/// Pictures are larger than forms.
const LARGE_BODIES: &[(&str, usize)] = &[
    ("/office/settings/logo", HEAVIEST_UPLOAD_BYTES),
    ("/api/v1/office/settings/logo", HEAVIEST_UPLOAD_BYTES),
    ("/office/imports", HEAVIEST_FORM_BYTES),
    ("/office/products/:product_id/picture", HEAVIEST_UPLOAD_BYTES),
    ("/api/v1/office/products/:id/picture", HEAVIEST_UPLOAD_BYTES),
];

/// Everything that a wholesaler owns is packed before the first byte of it is sent.
const SLOW: &[&str] = &[
    "/office/export",
    "/api/v1/office/export",
    "/office/imports",
    "/office/exports/products.csv",
    "/office/exports/prices.csv",
    "/office/exports/customers.csv",
];
/// A file with what a form puts around it.
const HEAVIEST_FORM_BYTES: usize = imports::HEAVIEST_UPLOAD_BYTES + 64 * 1024;

/// The operations of the public site.
fn public_api() -> OpenApiService<(SignupsApi, InboxApi), ()> {
    service((SignupsApi, InboxApi), OF_WHOLESALERS)
}

type CustomersApi = (
    SignInApi,
    MeApi,
    BasketApi,
    OrdersApi,
    RegistrationsApi,
    WholesalersApi,
    DevicesApi,
    ConfirmationsApi,
    MyDataApi,
    NumberChangesApi,
    LanguagesApi,
    ProductsApi,
);

/// What is done with orders.
type DeskApi = (OfficeOrdersApi, AmendmentsApi, PickingApi, OrderSettingsApi);

/// What a wholesaler says of itself, and to its customers.
type WordsApi = (SettingsApi, MessageTemplatesApi);

/// What is done with goods and their prices.
type GoodsApi = (OfficeProductsApi, CategoriesApi, PriceListsApi, OfficeAccountsApi);

type OfficeApi = (
    OfficeSignInApi,
    OfficePasskeysApi,
    DeskApi,
    OfficeRequestsApi,
    OfficeCustomersApi,
    TeamApi,
    InvitationsApi,
    WordsApi,
    GoodsApi,
    OfficeAuditApi,
    DomainsApi,
    ArchivesApi,
    SupportApi,
    ClosingApi,
    OfficeMessagesApi,
);

/// The operations of a counter, and of its office.
fn counter_api() -> OpenApiService<(CustomersApi, OfficeApi), ()> {
    let of_customers = (
        SignInApi,
        MeApi,
        BasketApi,
        OrdersApi,
        RegistrationsApi,
        WholesalersApi,
        DevicesApi,
        ConfirmationsApi,
        MyDataApi,
        NumberChangesApi,
        LanguagesApi,
        ProductsApi,
    );
    let of_office = (
        OfficeSignInApi,
        OfficePasskeysApi,
        (OfficeOrdersApi, AmendmentsApi, PickingApi, OrderSettingsApi),
        OfficeRequestsApi,
        OfficeCustomersApi,
        TeamApi,
        InvitationsApi,
        (SettingsApi, MessageTemplatesApi),
        (OfficeProductsApi, CategoriesApi, PriceListsApi, OfficeAccountsApi),
        OfficeAuditApi,
        DomainsApi,
        ArchivesApi,
        SupportApi,
        ClosingApi,
        OfficeMessagesApi,
    );
    service((of_customers, of_office), OF_WHOLESALERS)
}

type ConsoleApi = (
    ConsoleSignInApi,
    ConsolePasskeysApi,
    ConsoleTenantsApi,
    ConsoleDomainsApi,
    CertificatesApi,
    ConsoleTokensApi,
    ConsoleEventsApi,
    ConsoleSupportApi,
    ConsoleJobsApi,
);

/// The operations of the console.
fn console_api() -> OpenApiService<ConsoleApi, ()> {
    let operations = (
        ConsoleSignInApi,
        ConsolePasskeysApi,
        ConsoleTenantsApi,
        ConsoleDomainsApi,
        CertificatesApi,
        ConsoleTokensApi,
        ConsoleEventsApi,
        ConsoleSupportApi,
        ConsoleJobsApi,
    );
    service(operations, OF_CONSOLE)
}

const OF_WHOLESALERS: &str = "The same verbs as the pages, on the same hosts. A customer or a member of staff signs in by a one-time code, \
    staff by a passkey as well, and is known by a cookie; errors are problems (RFC 9457); lists are `items` and `next`; times are RFC 3339 in UTC. \
    Every operation is on the wholesaler's own host, but `/api/v1/signups`, `/api/v1/subdomains` and `/api/v1/inbox`: those are on \
    the host without a name in front. The platform's console, at `admin.` in front of it, has a document of its own.";

const OF_CONSOLE: &str = "The platform's console: wholesalers, and who may look after them. An operator signs in by a passkey, which \
    the first one-time code makes, and is known by a cookie; a program shows a token as `Authorization: Bearer`. Errors are problems (RFC 9457); lists are `items` \
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
pub fn public_site(hosts: &Hosts, inbox: DemoInbox, gateways: Arc<Gateways>) -> SiteRoutes {
    let operations = document::paths(&read(&public_api().spec()));
    let api = public_api().into_endpoint().data(inbox.clone()).map_to_response().boxed();
    let routes = site(openapi(hosts), public_pages(), api, operations, inbox);
    SiteRoutes { endpoint: routes.endpoint.data(gateways).map_to_response().boxed(), ..routes }
}

/// A counter's routes.
pub fn counter_site(hosts: &Hosts, remembered: Remembered) -> SiteRoutes {
    let operations = document::paths(&read(&counter_api().spec()));
    let routes =
        site(openapi(hosts), counter_pages(), counter_api().into_endpoint().map_to_response().boxed(), operations, DemoInbox(None));
    SiteRoutes { endpoint: routes.endpoint.data(remembered).map_to_response().boxed(), ..routes }
}

/// The console's routes.
pub fn console_site(hosts: &Hosts, gateways: Arc<Gateways>) -> SiteRoutes {
    let operations = document::paths(&read(&console_api().spec()));
    let routes =
        site(console_openapi(hosts), console_pages(), console_api().into_endpoint().map_to_response().boxed(), operations, DemoInbox(None));
    SiteRoutes { endpoint: routes.endpoint.data(gateways).map_to_response().boxed(), ..routes }
}

fn site(
    document: Value,
    pages: Vec<PageRoute>,
    api: BoxEndpoint<'static>,
    mut paths: Vec<(String, Vec<Method>)>,
    inbox: DemoInbox,
) -> SiteRoutes {
    let document = Document(Arc::new(document));
    paths.push(("/api/v1/openapi.json".to_owned(), vec![GET]));
    let text = document.0.to_string();
    let json = make_sync(move |_| Response::builder().content_type("application/json").body(text.clone()));
    let routes = table::gather(pages, &mut paths).at("/api/v1/openapi.json", RouteMethod::new().method(GET, json));
    let routes = routes.nest_no_strip("/api/v1", api);
    SiteRoutes { endpoint: routes.data(document).data(inbox).map_to_response().boxed(), paths, large_bodies: LARGE_BODIES, slow: SLOW }
}
