//! The routes of the console, which are for operators.

use super::routes::{DOMAIN, DOMAIN_JSON, REASON, REASON_JSON, SHOWN, SHOWN_JSON, WHY, WHY_JSON};

/// A route of the console that is for operators, and what they get.
pub struct ForOperators {
    pub method: &'static str,
    pub path: &'static str,
    pub body: &'static str,
    pub status: u16,
}

const fn console(method: &'static str, path: &'static str, body: &'static str, status: u16) -> ForOperators {
    ForOperators { method, path, body, status }
}

const COUNTER: &str = "business_name=Nordic&subdomain=nordic&country=GB&owner_email=nora%40nordic.example";
const COUNTER_JSON: &str = r#"{"business_name":"Nordic","subdomain":"nordic-two","country":"GB","owner_email":"nora@nordic.example"}"#;

/// What is for operators.
pub const CONSOLE: &[ForOperators] = &[
    console("GET", "/", "", 200),
    console("POST", "/sessions/current/end", "", 303),
    console("GET", "/proof", "", 200),
    console("GET", "/passkeys", "", 200),
    console("POST", "/passkeys", SHOWN, 422),
    console("POST", "/passkeys/:id/name", "name=Blue", 303),
    console("POST", "/passkeys/:id/removal", "", 303),
    console("GET", "/api/v1/passkeys", "", 200),
    console("POST", "/api/v1/passkey-registrations", "", 201),
    console("POST", "/api/v1/passkeys", SHOWN_JSON, 422),
    console("PATCH", "/api/v1/passkeys/:id", r#"{"name":"Blue"}"#, 200),
    console("DELETE", "/api/v1/passkeys/:id", "", 204),
    console("GET", "/tenants/new", "", 200),
    console("POST", "/tenants", COUNTER, 303),
    console("GET", "/tenants/:id", "", 200),
    console("POST", "/tenants/:id/suspension", REASON, 303),
    console("POST", "/tenants/:id/reactivation", "", 303),
    console("POST", "/tenants/:id/rename", "subdomain=bravo", 422),
    console("POST", "/tenants/:id/closing", "reason=Because&confirmation=acme", 303),
    console("POST", "/tenants/:id/closing/withdrawal", "", 303),
    // It is not being closed.
    console("POST", "/tenants/:id/purge", "confirmation=acme", 409),
    console("GET", "/certificates", "", 200),
    // Nobody was deleted.
    console("GET", "/certificates/:id", "", 404),
    console("GET", "/tenants/:id/domains", "", 200),
    console("POST", "/tenants/:id/domains", DOMAIN, 303),
    console("POST", "/tenants/:id/domains/:domain_id/check", "", 303),
    console("POST", "/tenants/:id/domains/:domain_id/primary", "", 303),
    console("POST", "/tenants/:id/domains/:domain_id/primary/removal", "", 303),
    console("POST", "/tenants/:id/domains/:domain_id/removal", "", 303),
    console("GET", "/tokens", "", 200),
    console("POST", "/tokens", "name=nightly", 200),
    console("POST", "/tokens/:id/revocation", "", 303),
    console("GET", "/gateways", "", 200),
    console("GET", "/alarms", "", 200),
    console("GET", "/jobs", "", 200),
    console("POST", "/jobs/:id/retry", "", 303),
    console("POST", "/jobs/:id/dropping", "", 303),
    console("GET", "/events", "", 200),
    console("GET", "/events/export.csv", "", 200),
    console("GET", "/events/export.json", "", 200),
    console("GET", "/api/v1/events", "", 200),
    console("DELETE", "/api/v1/sessions/current", "", 204),
    console("GET", "/api/v1/me", "", 200),
    console("GET", "/api/v1/tenants", "", 200),
    console("POST", "/api/v1/tenants", COUNTER_JSON, 201),
    console("GET", "/api/v1/tenants/:id", "", 200),
    console("GET", "/api/v1/tenants/:id/usage", "", 200),
    console("GET", "/api/v1/usage", "", 200),
    console("POST", "/api/v1/tenants/:id/suspension", REASON_JSON, 200),
    console("DELETE", "/api/v1/tenants/:id/suspension", "", 204),
    // It has that name already.
    console("POST", "/api/v1/tenants/:id/rename", r#"{"subdomain":"acme"}"#, 409),
    console("POST", "/api/v1/tenants/:id/closure", REASON_JSON, 200),
    console("DELETE", "/api/v1/tenants/:id/closure", "", 204),
    console("POST", "/api/v1/tenants/:id/purge", r#"{"confirmation":"acme"}"#, 409),
    console("GET", "/api/v1/subdomains/:slug", "", 200),
    console("GET", "/api/v1/tenants/:id/subdomains/:slug", "", 200),
    console("GET", "/api/v1/deletion-certificates", "", 200),
    console("GET", "/api/v1/deletion-certificates/:id", "", 404),
    console("GET", "/api/v1/tenants/:id/domains", "", 200),
    console("POST", "/api/v1/tenants/:id/domains", DOMAIN_JSON, 201),
    console("POST", "/api/v1/tenants/:id/domains/:domain_id/check", "", 200),
    console("PUT", "/api/v1/tenants/:id/domains/:domain_id/primary", "", 200),
    console("DELETE", "/api/v1/tenants/:id/domains/:domain_id/primary", "", 204),
    console("DELETE", "/api/v1/tenants/:id/domains/:domain_id", "", 204),
    // Whom an owner has let in, and who asks.
    console("GET", "/tenants/:id/support", "", 200),
    console("POST", "/tenants/:id/support-requests", WHY, 303),
    console("POST", "/tenants/:id/support-requests/:request_id/end", "", 303),
    console("GET", "/tenants/:id/support/customers", "", 200),
    console("GET", "/tenants/:id/support/registration-requests", "", 200),
    console("GET", "/tenants/:id/support/messages", "", 200),
    console("GET", "/tenants/:id/support/audit-events", "", 200),
    console("POST", "/api/v1/tenants/:id/support-requests", WHY_JSON, 201),
    console("GET", "/api/v1/tenants/:id/support-requests", "", 200),
    console("DELETE", "/api/v1/tenants/:id/support-requests/:request_id", "", 204),
    console("GET", "/api/v1/tenants/:id/support/customers", "", 200),
    console("GET", "/api/v1/tenants/:id/support/registration-requests", "", 200),
    console("GET", "/api/v1/tenants/:id/support/messages", "", 200),
    console("GET", "/api/v1/tenants/:id/support/audit-events", "", 200),
    console("GET", "/api/v1/jobs", "", 200),
    console("POST", "/api/v1/jobs/:id/retry", "", 204),
    console("DELETE", "/api/v1/jobs/:id", "", 204),
    console("GET", "/api/v1/tokens", "", 200),
    console("POST", "/api/v1/tokens", r#"{"name":"nightly"}"#, 201),
    console("DELETE", "/api/v1/tokens/:id", "", 204),
];
