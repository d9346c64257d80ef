//! What each server role may touch, written down a second time, beside `migrations/replaceable/grants.sql`.
//! Two lists by two hands: the process refuses to start when the database grants more than this one.

mod trade;

/// One role's rights on one table. `columns` is empty for the whole table.
#[derive(Clone, Copy)]
pub struct Grant {
    pub role: &'static str,
    pub table: &'static str,
    pub rights: &'static [&'static str],
    pub columns: &'static [&'static str],
}

const fn whole(role: &'static str, table: &'static str, rights: &'static [&'static str]) -> Grant {
    Grant { role, table, rights, columns: &[] }
}

const fn part(role: &'static str, table: &'static str, rights: &'static [&'static str], columns: &'static [&'static str]) -> Grant {
    Grant { role, table, rights, columns }
}

const READ: &[&str] = &["SELECT"];
const ADD: &[&str] = &["INSERT"];
const CHANGE: &[&str] = &["UPDATE"];
const REMOVE: &[&str] = &["DELETE"];
const READ_ADD: &[&str] = &["SELECT", "INSERT"];
const READ_REMOVE: &[&str] = &["SELECT", "DELETE"];
const READ_ADD_REMOVE: &[&str] = &["SELECT", "INSERT", "DELETE"];
const READ_ADD_CHANGE: &[&str] = &["SELECT", "INSERT", "UPDATE"];
const EVERYTHING: &[&str] = &["SELECT", "INSERT", "UPDATE", "DELETE"];

/// What somebody says who asks for an account.
const REQUEST: &[&str] =
    &["tenant_id", "request_id", "customer_id", "phone", "kind", "business_name", "contact_name", "message", "status", "created_at"];

/// Where the chain of a tenant's audit log ends, and nothing of what it says.
const CHAIN_END: &[&str] = &["tenant_id", "position", "hash"];

/// What a wholesaler sets for itself, as its office reads it
const SETTINGS_READ: &[&str] = &[
    "id",
    "business_name",
    "country",
    "currency",
    "time_zone",
    "brand_colour",
    "second_colour",
    "opening_text",
    "contact_email",
    "contact_phone",
    "contact_address",
    "prices_shown",
    "sms_countries",
    "sms_limit_minor",
    "logo_type",
    "updated_at",
];
/// and as it writes it.
const SETTINGS_WRITTEN: &[&str] = &[
    "business_name",
    "country",
    "currency",
    "time_zone",
    "brand_colour",
    "second_colour",
    "opening_text",
    "contact_email",
    "contact_phone",
    "contact_address",
    "prices_shown",
    "sms_countries",
    "sms_limit_minor",
    "logo",
    "logo_type",
    "updated_at",
    "declared_hash",
];

/// What the office reads of its own row beside the settings, for its owner who takes everything along.
const TAKEN_ALONG: &[&str] = &["slug", "samples", "logo", "created_at"];
/// What an operator says who asks to look,
const SUPPORT_ASKED: &[&str] = &["tenant_id", "request_id", "operator_id", "operator_name", "reason", "asked_at"];
/// what the office answers,
const SUPPORT_ANSWERED: &[&str] = &["status", "decided_at", "decided_by", "granted_until", "ended_at"];
/// and what the operator then sees of customers,
const ACCESS_LOOKED_AT: &[&str] = &["tenant_id", "access_id", "account_id", "phone", "contact_name", "role", "status", "created_at"];
/// of who asks for an account,
const REQUEST_LOOKED_AT: &[&str] = &[
    "tenant_id",
    "request_id",
    "phone",
    "business_name",
    "contact_name",
    "message",
    "status",
    "reason",
    "decided_by",
    "created_at",
    "decided_at",
];
/// and of messages.
const MESSAGE_LOOKED_AT: &[&str] =
    &["tenant_id", "message_id", "channel", "recipient", "subject", "status", "problem", "created_at", "sent_at"];

/// The list.
pub const GRANTS: &[Grant] = &both::<{ PEOPLE.len() + trade::GRANTS.len() }>();

/// The two parts of it, one behind the other.
const fn both<const LENGTH: usize>() -> [Grant; LENGTH] {
    let mut list = [whole("", "", &[]); LENGTH];
    let (people, others) = list.split_at_mut(PEOPLE.len());
    people.copy_from_slice(PEOPLE);
    others.copy_from_slice(trade::GRANTS);
    list
}

/// The part of it that is of people and of the platform.
const PEOPLE: &[Grant] = &[
    whole("tc_counter", "sessions", READ),
    part("tc_counter", "sessions", CHANGE, &["last_seen_at", "ended_at"]),
    whole("tc_counter", "account_access", READ),
    whole("tc_counter", "trade_accounts", READ),
    whole("tc_counter", "registration_requests", READ),
    part("tc_counter", "registration_requests", ADD, REQUEST),
    part("tc_counter", "registration_requests", CHANGE, &["status", "decided_at"]),
    whole("tc_counter", "idempotency_keys", READ_ADD),
    whole("tc_counter", "confirmations", READ),
    whole("tc_counter", "audit_events", ADD),
    part("tc_counter", "audit_events", READ, CHAIN_END),
    whole("tc_counter", "jobs", ADD),
    whole("tc_office", "staff", READ_ADD),
    part("tc_office", "staff", CHANGE, &["name", "role", "removed_at"]),
    whole("tc_office", "invitations", READ_ADD_REMOVE),
    part("tc_office", "invitations", CHANGE, &["sent_at", "times_sent", "expires_at", "accepted_at", "withdrawn_at"]),
    whole("tc_office", "staff_sessions", READ_ADD_REMOVE),
    part("tc_office", "staff_sessions", CHANGE, &["last_seen_at", "ended_at"]),
    whole("tc_office", "staff_passkeys", READ_ADD_REMOVE),
    part("tc_office", "staff_passkeys", CHANGE, &["name", "credential", "last_used_at"]),
    whole("tc_office", "trade_accounts", READ_ADD),
    part("tc_office", "trade_accounts", CHANGE, &["business_name", "town", "country"]),
    whole("tc_office", "account_access", READ_ADD),
    part("tc_office", "account_access", CHANGE, &["account_id", "contact_name", "role", "status"]),
    whole("tc_office", "idempotency_keys", READ_ADD_REMOVE),
    whole("tc_office", "sessions", READ_REMOVE),
    part("tc_office", "sessions", CHANGE, &["ended_at"]),
    whole("tc_office", "registration_requests", READ),
    part("tc_office", "registration_requests", CHANGE, &["status", "reason", "decided_by", "decided_at"]),
    whole("tc_office", "messages", READ_ADD),
    part(
        "tc_office",
        "messages",
        CHANGE,
        &["status", "provider_reference", "sent_at", "gateway", "segments", "cost_micros", "receipt_at", "problem", "failed_at"],
    ),
    whole("tc_office", "audit_events", READ_ADD),
    whole("tc_office", "jobs", ADD),
    whole("tc_office", "registration_requests", &["INSERT", "DELETE"]),
    whole("tc_office", "account_access", REMOVE),
    whole("tc_office", "trade_accounts", REMOVE),
    part("tc_office", "account_access", CHANGE, &["customer_id", "phone"]),
    part("tc_office", "registration_requests", CHANGE, &["customer_id", "phone"]),
    part("tc_office", "messages", CHANGE, &["customer_id", "phone"]),
    whole("tc_office", "confirmations", READ),
    part("tc_office", "confirmations", CHANGE, &["tries", "status", "decided_at"]),
    part("tc_office", "tenants", READ, SETTINGS_READ),
    part("tc_office", "tenants", CHANGE, SETTINGS_WRITTEN),
    part("tc_office", "tenants", READ, TAKEN_ALONG),
    whole("tc_office", "message_templates", READ_ADD_REMOVE),
    part("tc_office", "message_templates", CHANGE, &["subject", "text", "changed_at", "changed_by"]),
    whole("tc_identity", "challenges", EVERYTHING),
    whole("tc_identity", "address_counters", EVERYTHING),
    whole("tc_identity", "known_browsers", EVERYTHING),
    whole("tc_identity", "allowances", EVERYTHING),
    whole("tc_identity", "used_proofs", EVERYTHING),
    whole("tc_identity", "alarms", READ_ADD_REMOVE),
    whole("tc_identity", "hand_overs", EVERYTHING),
    whole("tc_identity", "customers", READ_ADD),
    whole("tc_identity", "customers", REMOVE),
    part("tc_identity", "customers", CHANGE, &["last_proven_at", "phone", "language"]),
    part("tc_identity", "tenants", READ, &["id", "slug", "business_name", "status", "logo_type", "renamed_at", "updated_at"]),
    whole("tc_identity", "account_access", READ_ADD_REMOVE),
    whole("tc_identity", "registration_requests", READ_ADD_REMOVE),
    part("tc_identity", "registration_requests", CHANGE, &["business_name", "contact_name", "message", "reason", "status", "decided_at"]),
    whole("tc_identity", "messages", READ_ADD_REMOVE),
    part("tc_identity", "messages", CHANGE, &["recipient", "subject", "text", "status", "provider_reference"]),
    whole("tc_identity", "confirmations", READ_ADD),
    part("tc_identity", "domains", READ, &["tenant", "domain", "is_primary"]),
    whole("tc_identity", "sessions", READ_ADD),
    part("tc_identity", "sessions", CHANGE, &["ended_at"]),
    whole("tc_identity", "jobs", ADD),
    whole("tc_identity", "operators", READ),
    whole("tc_identity", "operator_sessions", READ_ADD),
    part("tc_identity", "operator_sessions", CHANGE, &["ended_at"]),
    whole("tc_identity", "passkey_challenges", READ_ADD_REMOVE),
    whole("tc_identity", "operator_passkeys", READ),
    part("tc_identity", "operator_passkeys", CHANGE, &["credential", "last_used_at"]),
    whole("tc_platform", "tenants", READ_ADD_CHANGE),
    whole("tc_platform", "jobs", EVERYTHING),
    whole("tc_platform", "signups", EVERYTHING),
    whole("tc_platform", "retired_names", EVERYTHING),
    whole("tc_platform", "domains", EVERYTHING),
    whole("tc_platform", "operators", READ_ADD),
    part("tc_platform", "operators", CHANGE, &["name", "removed_at"]),
    whole("tc_platform", "operator_sessions", READ_REMOVE),
    part("tc_platform", "operator_sessions", CHANGE, &["last_seen_at", "ended_at", "passkey_id"]),
    whole("tc_platform", "operator_passkeys", READ_ADD_REMOVE),
    part("tc_platform", "operator_passkeys", CHANGE, &["name"]),
    whole("tc_platform", "operator_tokens", READ_ADD),
    part("tc_platform", "operator_tokens", CHANGE, &["last_used_at", "revoked_at"]),
    whole("tc_platform", "operator_events", READ_ADD),
    whole("tc_platform", "staff", ADD),
    whole("tc_platform", "audit_events", ADD),
    part("tc_platform", "audit_events", READ, CHAIN_END),
    whole("tc_platform", "tenants", REMOVE),
    whole("tc_platform", "alarms", REMOVE),
    part("tc_platform", "alarms", READ, &["for_tenant"]),
    whole("tc_platform", "staff_passkeys", REMOVE),
    part("tc_platform", "staff_passkeys", READ, &["tenant_id"]),
    whole("tc_platform", "staff_sessions", REMOVE),
    part("tc_platform", "staff_sessions", READ, &["tenant_id"]),
    whole("tc_platform", "sessions", REMOVE),
    part("tc_platform", "sessions", READ, &["tenant_id", "customer_id"]),
    whole("tc_platform", "platform_idempotency_keys", READ_ADD_REMOVE),
    whole("tc_platform", "idempotency_keys", REMOVE),
    part("tc_platform", "idempotency_keys", READ, &["tenant_id"]),
    whole("tc_platform", "support_requests", REMOVE),
    part("tc_platform", "support_requests", READ, &["tenant_id"]),
    whole("tc_platform", "confirmations", REMOVE),
    part("tc_platform", "confirmations", READ, &["tenant_id"]),
    whole("tc_platform", "invitations", REMOVE),
    part("tc_platform", "invitations", READ, &["tenant_id"]),
    whole("tc_platform", "messages", REMOVE),
    part("tc_platform", "messages", READ, &["tenant_id"]),
    whole("tc_platform", "registration_requests", REMOVE),
    part("tc_platform", "registration_requests", READ, &["tenant_id", "customer_id"]),
    whole("tc_platform", "account_access", REMOVE),
    part("tc_platform", "account_access", READ, &["tenant_id", "customer_id"]),
    whole("tc_platform", "trade_accounts", REMOVE),
    part("tc_platform", "trade_accounts", READ, &["tenant_id"]),
    whole("tc_platform", "audit_events", REMOVE),
    part("tc_platform", "audit_events", READ, &["tenant_id"]),
    whole("tc_platform", "staff", REMOVE),
    part("tc_platform", "staff", READ, &["tenant_id"]),
    whole("tc_platform", "message_templates", REMOVE),
    part("tc_platform", "message_templates", READ, &["tenant_id"]),
    whole("tc_platform", "deletion_certificates", READ_ADD),
    whole("tc_platform", "tenant_usage", EVERYTHING),
    whole("tc_platform", "tenant_days", EVERYTHING),
    whole("tc_import", "tenants", READ_ADD),
    whole("tc_import", "staff", READ_ADD),
    whole("tc_import", "trade_accounts", READ_ADD),
    whole("tc_import", "account_access", READ_ADD),
    whole("tc_import", "registration_requests", READ_ADD),
    whole("tc_import", "messages", READ_ADD),
    whole("tc_import", "audit_events", READ_ADD),
    whole("tc_import", "invitations", READ_ADD),
    whole("tc_import", "message_templates", READ_ADD),
    whole("tc_import", "support_requests", READ_ADD),
    whole("tc_import", "customers", READ_ADD),
    whole("tc_import", "retired_names", READ_REMOVE),
    whole("tc_import", "operator_events", ADD),
    part("tc_import", "operator_events", READ, &["position", "hash"]),
    part("tc_platform", "support_requests", ADD, SUPPORT_ASKED),
    whole("tc_office", "support_requests", READ),
    part("tc_office", "support_requests", CHANGE, SUPPORT_ANSWERED),
    whole("tc_support", "support_requests", READ),
    part("tc_support", "support_requests", CHANGE, &["ended_at"]),
    whole("tc_support", "trade_accounts", READ),
    part("tc_support", "account_access", READ, ACCESS_LOOKED_AT),
    part("tc_support", "registration_requests", READ, REQUEST_LOOKED_AT),
    part("tc_support", "messages", READ, MESSAGE_LOOKED_AT),
    whole("tc_support", "audit_events", READ_ADD),
    whole("tc_support", "operator_events", ADD),
    part("tc_support", "operator_events", READ, &["position", "hash"]),
    part("tc_support", "operators", READ, &["id", "removed_at"]),
];

/// Whether the list knows this right. `column` is None for a right on the whole table.
pub fn is_listed(role: &str, table: &str, right: &str, column: Option<&str>) -> bool {
    GRANTS.iter().any(|grant| {
        grant.role == role
            && grant.table == table
            && grant.rights.contains(&right)
            && column.map_or(grant.columns.is_empty(), |column| grant.columns.contains(&column))
    })
}
