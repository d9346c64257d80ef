//! The two lists of routes: those that anybody may ask for, and those that are for somebody.

use super::files::FILES;
use super::goods::GOODS;
use super::scene::Right;
use super::words::WORDS;

/// A route that anybody may ask for.
pub struct Open {
    pub site: &'static str,
    pub method: &'static str,
    pub path: &'static str,
    pub query: &'static str,
    pub body: &'static str,
    /// What nobody in particular gets.
    pub status: u16,
}

/// For whom a guarded route is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Door {
    /// A signed-in customer, with or without an account here.
    Customer,
    /// Everybody of the office.
    AnyRole,
    /// Sales and above.
    Decider,
    /// Managers and owners.
    Keeper,
    /// Owners.
    Owner,
}

/// A route that is for somebody.
pub struct Guarded {
    pub door: Door,
    pub method: &'static str,
    pub path: &'static str,
    /// What goes with it: a body, or the query of a GET.
    pub body: &'static str,
    /// The least that is served, and with what.
    pub right: (Right, u16),
    /// What a proven number without access gets at a customers' route.
    pub stranger: u16,
}

const fn open(site: &'static str, method: &'static str, path: &'static str, status: u16) -> Open {
    Open { site, method, path, query: "", body: "", status }
}

const fn with(site: &'static str, path: &'static str, query: &'static str, body: &'static str, status: u16) -> Open {
    Open { site, method: if body.is_empty() { "GET" } else { "POST" }, path, query, body, status }
}

const fn customer(method: &'static str, path: &'static str, body: &'static str, right: (Right, u16), stranger: u16) -> Guarded {
    Guarded { door: Door::Customer, method, path, body, right, stranger }
}

pub const fn office(door: Door, method: &'static str, path: &'static str, body: &'static str, status: u16) -> Guarded {
    let least = match door {
        Door::Customer | Door::AnyRole => "picker",
        Door::Decider => "sales",
        Door::Keeper => "manager",
        Door::Owner => "owner",
    };
    Guarded { door, method, path, body, right: (Right::Staff(least), status), stranger: 0 }
}

const PHONE: &str = "phone=%2B447400129999";
const PHONE_JSON: &str = r#"{"phone":"+447400129999"}"#;
const PHONE_CODE: &str = "phone=%2B447400129999&code=123456";
const PHONE_CODE_JSON: &str = r#"{"phone":"+447400129999","code":"123456"}"#;
const TWO_CODES: &str = "phone=%2B447400129999&old_code=123456&new_code=123456";
const TWO_CODES_JSON: &str = r#"{"phone":"+447400129999","old_code":"123456","new_code":"123456"}"#;
const EMAIL: &str = "email=nobody%40example.com";
const EMAIL_JSON: &str = r#"{"email":"nobody@example.com"}"#;
const EMAIL_CODE: &str = "email=nobody%40example.com&code=123456";
const EMAIL_CODE_JSON: &str = r#"{"email":"nobody@example.com","code":"123456"}"#;
const SHOP: &str = "business_name=Deli&contact_name=Dan";
const SHOP_JSON: &str = r#"{"business_name":"Deli","contact_name":"Dan"}"#;
const INVITED: &str = "name=Ivy&email=ivy%40example.com&role=picker";
const INVITED_JSON: &str = r#"{"name":"Ian","email":"ian@example.com","role":"picker"}"#;
/// Stands for a picture, which is no text.
pub const PICTURE: &str = "a picture";
/// Stands for a form with a file in it.
pub const LIST: &str = "a list";
const SETTINGS: &str = "business_name=Acme+Wholesale&brand_colour=%2314532d&country=GB&time_zone=Europe%2FLondon&prices_shown=nothing";
pub const DOMAIN: &str = "domain=shop.acme.example";
pub const DOMAIN_JSON: &str = r#"{"domain":"trade.acme.example"}"#;
const NO_PRODUCT: &str = r#"{"edits":[{"product_id":"00000000-0000-0000-0000-000000000000","quantity":1}]}"#;
const NO_SKU: &str = r#"{"lines":[{"sku":"NO-1","quantity":1}]}"#;
const NO_ACCOUNT: &str = r#"{"account_number":"X-9","lines":[{"sku":"SUG-1","quantity":1}]}"#;
const SELLING: &str = r#"{"minimum_order":{"minor":0,"currency":"GBP"},"stock_shown":"words","vat_rounding":"line","order_days":[],"closed_days":[],"tax_rates":[]}"#;
const AS_IT_IS: &str = r#"{"revision":1}"#;
const SAME_SKU: &str = r#"{"revision":1,"lines":[{"sku":"NO-1","quantity":1}]}"#;
const NO_BASKET: &str = r#"{"submission_id":"00000000-0000-0000-0000-000000000001","version":1,"seen":[{"product_id":"00000000-0000-0000-0000-000000000000","minor":1}]}"#;
pub const REASON: &str = "reason=Because";
pub const WHY: &str = "reason=Customers+cannot+sign+in";
pub const WHY_JSON: &str = r#"{"reason":"Customers cannot sign in"}"#;
/// A question that nobody was asked, and an answer that is none.
pub const SHOWN: &str = "challenge=00&credential=%7B%7D";
pub const SHOWN_JSON: &str = r#"{"challenge":"00","credential":"{}"}"#;
pub const REASON_JSON: &str = r#"{"reason":"Because"}"#;

/// What strangers may see. This list may only shrink: whoever lengthens it has to say so here, in its type.
pub const OPEN: [Open; 75] = [
    open("public", "GET", "/", 200),
    open("public", "GET", "/inbox", 200), // Of a demo; production has none.
    // For gateways, which prove who they are.
    open("public", "GET", "/receipts/:gateway/:token", 404),
    with("public", "/receipts/:gateway/:token", "", "MessageStatus=delivered", 404),
    open("public", "GET", "/api/docs", 200),
    open("public", "GET", "/assets/style.css", 200),
    open("public", "GET", "/assets/page.js", 200),
    open("public", "GET", "/logos/:slug", 404),
    open("public", "GET", "/favicon.ico", 204),
    // Signing up is for strangers; a sign-up that has begun is for the browser that began it.
    open("public", "GET", "/signups/new", 200),
    with("public", "/signups", "", SHOP, 422),
    open("public", "GET", "/signups/:id", 404),
    with("public", "/signups/:id/codes", "", "again=", 404),
    with("public", "/signups/:id/confirmation", "", "code=123456", 404),
    with("public", "/signups/:id/subdomain", "", "subdomain=acme", 404),
    with("public", "/signups/:id/departure", "?arrival=00", "", 404),
    open("public", "GET", "/api/v1/subdomains/:slug", 200),
    with("public", "/api/v1/signups", "", SHOP_JSON, 422),
    with("public", "/api/v1/signups/:id/codes", "", "{}", 404),
    with("public", "/api/v1/signups/:id/confirmation", "", r#"{"code":"123456"}"#, 404),
    with("public", "/api/v1/signups/:id/subdomain", "", r#"{"subdomain":"nordic"}"#, 404),
    open("public", "GET", "/api/v1/inbox", 200),
    open("public", "GET", "/api/v1/openapi.json", 200),
    open("counter", "GET", "/", 200),
    with("counter", "/codes", "", PHONE, 303),
    open("counter", "GET", "/code", 303),
    // The addresses of forms lead back to the pages that they are on: most by themselves.
    open("counter", "GET", "/sessions", 303),
    open("counter", "GET", "/erasures", 303),
    open("counter", "GET", "/office/sessions", 303),
    // The link in a letter of news, which is good for ending them and for nothing else.
    open("counter", "GET", "/unsubscriptions/:token", 404),
    with("counter", "/unsubscriptions/:token", "", "List-Unsubscribe=One-Click", 404),
    // What the letter's link shows; it opens nothing.
    open("counter", "GET", "/office/invitations/:invitation_id", 404),
    with("counter", "/sessions", "", PHONE_CODE, 422),
    with("counter", "/arrivals/new", "?from=bravo.localhost", "", 303),
    with("counter", "/arrivals", "?ticket=none", "", 303),
    with("counter", "/office/arrivals/new", "?signup=00000000-0000-0000-0000-000000000000", "", 303),
    with("counter", "/office/arrivals", "?ticket=none", "", 303),
    open("counter", "GET", "/office/sign-in", 200),
    with("counter", "/office/codes", "", EMAIL, 303),
    open("counter", "GET", "/office/code", 303),
    with("counter", "/office/sessions", "", EMAIL_CODE, 422),
    with("counter", "/office/passkey-sessions", "", SHOWN, 422),
    open("counter", "GET", "/api/docs", 200),
    open("counter", "GET", "/favicon.ico", 204),
    open("counter", "GET", "/brand.css", 200),
    open("counter", "GET", "/assets/style.css", 200),
    open("counter", "GET", "/assets/page.js", 200),
    open("counter", "GET", "/assets/basket.js", 200),
    open("counter", "GET", "/sw.js", 200),
    open("counter", "GET", "/offline", 200),
    open("counter", "GET", "/logos/:slug", 404),
    // Named by what is in it, which nobody can guess; the office's pages show it as well.
    open("counter", "GET", "/pictures/:picture_hash", 404),
    open("counter", "GET", "/api/v1/openapi.json", 200),
    with("counter", "/api/v1/codes", "", PHONE_JSON, 202),
    with("counter", "/api/v1/sessions", "", PHONE_CODE_JSON, 401),
    with("counter", "/api/v1/office/codes", "", EMAIL_JSON, 202),
    with("counter", "/api/v1/office/sessions", "", EMAIL_CODE_JSON, 401),
    with("counter", "/api/v1/office/passkey-challenges", "", "{}", 201),
    with("counter", "/api/v1/office/passkey-sessions", "", SHOWN_JSON, 401),
    open("console", "GET", "/sign-in", 200),
    with("console", "/codes", "", EMAIL, 303),
    open("console", "GET", "/code", 303),
    with("console", "/sessions", "", EMAIL_CODE, 422),
    open("console", "GET", "/sessions", 303),
    with("console", "/passkey-sessions", "", SHOWN, 422),
    open("console", "GET", "/tenants/:id/support-requests", 303),
    open("console", "GET", "/api/docs", 200),
    open("console", "GET", "/favicon.ico", 204),
    open("console", "GET", "/assets/style.css", 200),
    open("console", "GET", "/assets/page.js", 200),
    open("console", "GET", "/api/v1/openapi.json", 200),
    with("console", "/api/v1/codes", "", EMAIL_JSON, 202),
    with("console", "/api/v1/sessions", "", EMAIL_CODE_JSON, 401),
    with("console", "/api/v1/passkey-challenges", "", "{}", 201),
    with("console", "/api/v1/passkey-sessions", "", SHOWN_JSON, 401),
];

/// What is for somebody.
pub const GUARDED: &[Guarded] = &[
    customer("POST", "/sessions/current/end", "", (Right::Ada, 303), 303),
    customer("GET", "/registration-requests/new", "", (Right::Stranger, 200), 200),
    customer("POST", "/registration-requests", SHOP, (Right::Stranger, 303), 303),
    customer("POST", "/registration-requests/current/withdrawal", "", (Right::Applicant, 303), 303),
    customer("GET", "/account", "", (Right::Ada, 200), 303),
    // A wholesaler may open these to strangers; acme has not.
    customer("GET", "/products", "?query=tea", (Right::Ada, 200), 303),
    customer("GET", "/products/:product_id", "", (Right::Ada, 200), 303),
    customer("GET", "/usuals", "", (Right::Ada, 200), 303),
    customer("GET", "/basket", "", (Right::Ada, 200), 303),
    customer("POST", "/basket/lines", "", (Right::Ada, 303), 303),
    customer("POST", "/basket/emptying", "", (Right::Ada, 303), 303),
    customer("GET", "/orders", "", (Right::Ada, 200), 303),
    // There is nothing in the basket.
    customer("POST", "/orders", "", (Right::Ada, 409), 303),
    customer("GET", "/orders/:number", "", (Right::Ada, 200), 303),
    customer("GET", "/orders/:number/edit", "", (Right::Ada, 200), 303),
    // Nothing is left of it.
    customer("POST", "/orders/:number/edit", "revision=1", (Right::Ada, 422), 303),
    customer("GET", "/orders/:number/order.pdf", "", (Right::Ada, 200), 303),
    customer("POST", "/orders/:number/cancellation", "", (Right::Ada, 303), 303),
    customer("POST", "/orders/:number/reorder", "basket=0", (Right::Ada, 303), 303),
    customer("GET", "/quick-order", "", (Right::Ada, 200), 303),
    customer("POST", "/quick-order", LIST, (Right::Ada, 200), 303),
    customer("POST", "/quick-order/lines", "", (Right::Ada, 303), 303),
    customer("GET", "/api/v1/basket", "", (Right::Ada, 200), 403),
    customer("PATCH", "/api/v1/basket", NO_PRODUCT, (Right::Ada, 404), 403),
    customer("POST", "/api/v1/basket/submission", NO_BASKET, (Right::Ada, 409), 403),
    customer("POST", "/api/v1/orders", NO_SKU, (Right::Ada, 422), 403),
    customer("GET", "/api/v1/orders", "", (Right::Ada, 200), 403),
    customer("GET", "/api/v1/orders/:number", "", (Right::Ada, 200), 403),
    customer("PATCH", "/api/v1/orders/:number", SAME_SKU, (Right::Ada, 422), 403),
    customer("DELETE", "/api/v1/orders/:number", "", (Right::Ada, 204), 403),
    customer("GET", "/wholesalers", "", (Right::Ada, 200), 200),
    customer("POST", "/wholesalers/:slug/visit", "", (Right::Cat, 303), 404),
    customer("GET", "/departures", "?to=bravo.localhost&arrival=00", (Right::Ada, 303), 303),
    customer("GET", "/devices", "", (Right::Ada, 200), 200),
    customer("POST", "/devices/end-others", "", (Right::Ada, 303), 303),
    customer("POST", "/devices/:session_id/end", "", (Right::Ada, 303), 404),
    customer("POST", "/confirmation", "account=Shop+A-9", (Right::Silent, 303), 303),
    customer("POST", "/confirmation/dismissal", "", (Right::Silent, 303), 303),
    // A wholesaler may open these to strangers; acme has not.
    customer("GET", "/language", "", (Right::Ada, 200), 200),
    customer("POST", "/language", "language=fr", (Right::Ada, 303), 303),
    customer("GET", "/my-data", "", (Right::Ada, 200), 200),
    customer("GET", "/my-data/download", "", (Right::Ada, 200), 200),
    customer("POST", "/erasures", "", (Right::Ada, 303), 303),
    customer("GET", "/erasures/confirmation", "", (Right::Ada, 303), 303),
    customer("POST", "/erasures/confirmation", "code=123456", (Right::Ada, 303), 303),
    customer("GET", "/number-changes/new", "", (Right::Ada, 200), 200),
    customer("POST", "/number-changes", PHONE, (Right::Ada, 303), 303),
    customer("GET", "/number-changes/confirmation", "", (Right::Ada, 303), 303),
    customer("POST", "/number-changes/confirmation", TWO_CODES, (Right::Ada, 303), 303),
    customer("GET", "/api/v1/confirmation", "", (Right::Silent, 200), 404),
    customer("POST", "/api/v1/confirmation", r#"{"account":"Shop A-9"}"#, (Right::Silent, 204), 409),
    customer("DELETE", "/api/v1/confirmation", "", (Right::Silent, 204), 409),
    customer("GET", "/api/v1/my-data", "", (Right::Ada, 200), 200),
    customer("POST", "/api/v1/erasures", "", (Right::Ada, 202), 202),
    customer("POST", "/api/v1/erasures/confirmation", r#"{"code":"123456"}"#, (Right::Ada, 401), 401),
    customer("POST", "/api/v1/number-changes", PHONE_JSON, (Right::Ada, 202), 202),
    customer("POST", "/api/v1/number-changes/confirmation", TWO_CODES_JSON, (Right::Ada, 422), 422),
    customer("DELETE", "/api/v1/sessions/current", "", (Right::Ada, 204), 204),
    customer("GET", "/api/v1/me", "", (Right::Ada, 200), 200),
    customer("GET", "/api/v1/me/language", "", (Right::Ada, 200), 200),
    customer("PUT", "/api/v1/me/language", r#"{"language":"en"}"#, (Right::Ada, 200), 200),
    customer("POST", "/api/v1/registration-requests", SHOP_JSON, (Right::Stranger, 201), 201),
    customer("GET", "/api/v1/registration-requests/current", "", (Right::Applicant, 200), 404),
    customer("DELETE", "/api/v1/registration-requests/current", "", (Right::Applicant, 204), 409),
    customer("GET", "/api/v1/products", "", (Right::Ada, 200), 403),
    customer("GET", "/api/v1/wholesalers", "", (Right::Ada, 200), 200),
    customer("GET", "/api/v1/devices", "", (Right::Ada, 200), 200),
    customer("DELETE", "/api/v1/devices/:id", "", (Right::Ada, 204), 404),
    office(Door::AnyRole, "GET", "/office/proof", "?to=/office/team", 200),
    office(Door::AnyRole, "GET", "/office/passkeys", "", 200),
    office(Door::AnyRole, "POST", "/office/passkeys", SHOWN, 422),
    office(Door::AnyRole, "POST", "/office/passkeys/:id/name", "name=Blue", 303),
    office(Door::AnyRole, "POST", "/office/passkeys/:id/removal", "", 303),
    office(Door::AnyRole, "GET", "/api/v1/office/passkeys", "", 200),
    office(Door::AnyRole, "POST", "/api/v1/office/passkey-registrations", "", 201),
    office(Door::AnyRole, "POST", "/api/v1/office/passkeys", SHOWN_JSON, 422),
    office(Door::AnyRole, "PATCH", "/api/v1/office/passkeys/:id", r#"{"name":"Green"}"#, 200),
    office(Door::AnyRole, "DELETE", "/api/v1/office/passkeys/:id", "", 204),
    office(Door::AnyRole, "GET", "/office", "", 200),
    office(Door::AnyRole, "POST", "/office/sessions/current/end", "", 303),
    office(Door::Decider, "GET", "/office/registration-requests/:request_id", "", 200),
    office(Door::Decider, "POST", "/office/registration-requests/:request_id/approval", "account_number=", 303),
    office(Door::Decider, "POST", "/office/registration-requests/:request_id/rejection", REASON, 303),
    office(Door::Decider, "GET", "/office/orders", "", 200),
    office(Door::Decider, "GET", "/office/orders/:number", "", 200),
    office(Door::Decider, "GET", "/office/orders/:number/order.pdf", "", 200),
    office(Door::Decider, "GET", "/office/orders/:number/amendment", "", 200),
    // Nothing is otherwise.
    office(Door::Decider, "POST", "/office/orders/:number/amendment", "revision=1&quantity.1=1", 422),
    office(Door::Decider, "GET", "/office/orders/new", "?account=A-1", 200),
    office(Door::Decider, "POST", "/office/orders", "account=A-1&lines=SUG-1+1", 200),
    // Nobody has accepted it, so there is nothing to pick.
    office(Door::AnyRole, "GET", "/office/picking", "", 200),
    office(Door::AnyRole, "GET", "/office/picking/list", "", 200),
    office(Door::AnyRole, "GET", "/office/picking/:number", "", 404),
    office(Door::AnyRole, "POST", "/office/picking/:number/start", "", 404),
    office(Door::AnyRole, "POST", "/office/picking/:number/lines", "", 404),
    office(Door::AnyRole, "POST", "/office/picking/:number/delivery", "", 404),
    office(Door::AnyRole, "GET", "/api/v1/office/picking", "", 200),
    office(Door::AnyRole, "GET", "/api/v1/office/picking/:number", "", 404),
    office(Door::AnyRole, "PATCH", "/api/v1/office/picking/:number", "{}", 409),
    office(Door::AnyRole, "POST", "/api/v1/office/picking/:number/start", "", 409),
    office(Door::AnyRole, "POST", "/api/v1/office/picking/:number/dispatch", "", 409),
    office(Door::AnyRole, "POST", "/api/v1/office/picking/:number/delivery", "{}", 409),
    office(Door::Decider, "POST", "/api/v1/office/orders", NO_ACCOUNT, 422),
    office(Door::Decider, "POST", "/api/v1/office/orders/:number/amendment-preview", AS_IT_IS, 422),
    office(Door::Decider, "POST", "/api/v1/office/orders/:number/amendment", AS_IT_IS, 422),
    office(Door::Decider, "POST", "/office/orders/:number/acceptance", "revision=1", 303),
    office(Door::Decider, "POST", "/office/orders/:number/refusal", REASON, 303),
    // Nobody has accepted it yet.
    office(Door::Decider, "POST", "/office/orders/:number/cancellation", REASON, 409),
    office(Door::Decider, "GET", "/api/v1/office/orders", "", 200),
    office(Door::Decider, "GET", "/api/v1/office/orders/pulse", "", 200),
    office(Door::Decider, "GET", "/api/v1/office/orders/:number", "", 200),
    office(Door::Decider, "POST", "/api/v1/office/orders/:number/acceptance", "{}", 200),
    office(Door::Decider, "POST", "/api/v1/office/orders/:number/refusal", REASON_JSON, 200),
    office(Door::Decider, "POST", "/api/v1/office/orders/:number/cancellation", REASON_JSON, 409),
    office(Door::Decider, "GET", "/office/customers", "", 200),
    office(Door::Decider, "GET", "/office/customers/:access_id", "", 200),
    office(Door::Keeper, "POST", "/office/customers/:access_id/suspension", REASON, 303),
    office(Door::Keeper, "POST", "/office/customers/:access_id/restoration", "", 303),
    office(Door::Keeper, "GET", "/office/getting-started", "", 200),
    office(Door::Keeper, "POST", "/office/samples/removal", "", 303),
    office(Door::AnyRole, "GET", "/office/team", "", 200),
    office(Door::AnyRole, "GET", "/office/team/roles", "", 200),
    office(Door::Keeper, "GET", "/office/team/:staff_id", "", 200),
    office(Door::Owner, "POST", "/office/team/:staff_id/role", "role=sales", 303),
    office(Door::Keeper, "POST", "/office/team/:staff_id/removal", "", 303),
    office(Door::Keeper, "GET", "/office/team/invitations/new", "", 200),
    office(Door::Keeper, "POST", "/office/team/invitations", INVITED, 303),
    office(Door::Keeper, "POST", "/office/team/invitations/:invitation_id/letters", "", 303),
    office(Door::Keeper, "POST", "/office/team/invitations/:invitation_id/withdrawal", "", 303),
    office(Door::Owner, "GET", "/office/domains", "", 200),
    office(Door::Owner, "POST", "/office/domains", DOMAIN, 303),
    office(Door::Owner, "POST", "/office/domains/:domain_id/check", "", 303),
    office(Door::Owner, "POST", "/office/domains/:domain_id/primary", "", 303),
    office(Door::Owner, "POST", "/office/domains/:domain_id/primary/removal", "", 303),
    office(Door::Owner, "POST", "/office/domains/:domain_id/removal", "", 303),
    office(Door::Owner, "GET", "/api/v1/office/domains", "", 200),
    office(Door::Owner, "POST", "/api/v1/office/domains", DOMAIN_JSON, 201),
    office(Door::Owner, "POST", "/api/v1/office/domains/:id/check", "", 200),
    office(Door::Owner, "PUT", "/api/v1/office/domains/:id/primary", "", 200),
    office(Door::Owner, "DELETE", "/api/v1/office/domains/:id/primary", "", 204),
    office(Door::Owner, "DELETE", "/api/v1/office/domains/:id", "", 204),
    office(Door::Keeper, "GET", "/office/settings", "", 200),
    office(Door::Keeper, "POST", "/office/settings", SETTINGS, 303),
    office(Door::Keeper, "GET", "/office/settings/orders", "", 200),
    office(Door::Keeper, "POST", "/office/settings/orders", "stock_shown=words&vat_rounding=line", 303),
    office(Door::Keeper, "GET", "/api/v1/office/settings/orders", "", 200),
    office(Door::Keeper, "PUT", "/api/v1/office/settings/orders", SELLING, 200),
    office(Door::Keeper, "POST", "/office/settings/logo", PICTURE, 303),
    office(Door::Keeper, "POST", "/office/settings/logo/removal", "", 303),
    office(Door::Owner, "GET", "/office/support", "", 200),
    office(Door::Owner, "POST", "/office/support/:id/grant", "", 303),
    office(Door::Owner, "POST", "/office/support/:id/refusal", "", 303),
    office(Door::Owner, "POST", "/office/support/:id/end", "", 303),
    office(Door::Owner, "GET", "/api/v1/office/support-requests", "", 200),
    office(Door::Owner, "POST", "/api/v1/office/support-requests/:id/grant", "", 200),
    office(Door::Owner, "POST", "/api/v1/office/support-requests/:id/refusal", "", 200),
    office(Door::Owner, "DELETE", "/api/v1/office/support-requests/:id/grant", "", 204),
    office(Door::Keeper, "GET", "/api/v1/office/settings", "", 200),
    office(Door::Keeper, "PATCH", "/api/v1/office/settings", r#"{"opening_text":"Hello"}"#, 200),
    office(Door::Keeper, "PUT", "/api/v1/office/settings/logo", PICTURE, 204),
    office(Door::Keeper, "DELETE", "/api/v1/office/settings/logo", "", 204),
    office(Door::Owner, "GET", "/office/audit", "", 200),
    office(Door::Owner, "GET", "/office/audit/export.csv", "", 200),
    office(Door::Owner, "GET", "/office/audit/export.json", "", 200),
    office(Door::Owner, "GET", "/api/v1/office/audit-events", "", 200),
    office(Door::Owner, "GET", "/office/export", "", 200),
    office(Door::Owner, "POST", "/office/export", "", 200),
    office(Door::Owner, "POST", "/api/v1/office/export", "", 200),
    office(Door::AnyRole, "DELETE", "/api/v1/office/sessions/current", "", 204),
    office(Door::AnyRole, "GET", "/api/v1/office/team", "", 200),
    office(Door::Owner, "PATCH", "/api/v1/office/team/:id", r#"{"role":"sales"}"#, 200),
    office(Door::Keeper, "DELETE", "/api/v1/office/team/:id", "", 204),
    office(Door::Keeper, "GET", "/api/v1/office/invitations", "", 200),
    office(Door::Keeper, "POST", "/api/v1/office/invitations", INVITED_JSON, 201),
    office(Door::Keeper, "DELETE", "/api/v1/office/invitations/:id", "", 204),
    office(Door::Decider, "GET", "/api/v1/office/registration-requests", "", 200),
    office(Door::Decider, "GET", "/api/v1/office/registration-requests/:id", "", 200),
    office(Door::Decider, "POST", "/api/v1/office/registration-requests/:id/approval", "{}", 200),
    office(Door::Decider, "POST", "/api/v1/office/registration-requests/:id/rejection", REASON_JSON, 200),
    office(Door::Decider, "GET", "/api/v1/office/customers", "", 200),
    office(Door::Decider, "GET", "/api/v1/office/customers/:id", "", 200),
    office(Door::Keeper, "POST", "/api/v1/office/customers/:id/suspension", REASON_JSON, 200),
    office(Door::Keeper, "DELETE", "/api/v1/office/customers/:id/suspension", "", 204),
    // The last, because they shut the counter and open it again.
    office(Door::Owner, "GET", "/office/closing", "", 200),
    office(Door::Owner, "POST", "/office/closing", "confirmation=acme", 303),
    office(Door::Owner, "POST", "/office/closing/withdrawal", "", 303),
    office(Door::Owner, "POST", "/api/v1/office/closure", r#"{"confirmation":"acme"}"#, 200),
    office(Door::Owner, "DELETE", "/api/v1/office/closure", "", 204),
];

/// All that is for somebody.
pub fn guarded() -> impl Iterator<Item = &'static Guarded> {
    GUARDED.iter().chain(GOODS).chain(FILES).chain(WORDS)
}

/// Whether a program brings a code there, which nobody here has read: whom it serves is told that the code is wrong.
pub fn takes_a_code(route: &Guarded) -> bool {
    route.path.starts_with("/api/") && route.body.contains("123456")
}
