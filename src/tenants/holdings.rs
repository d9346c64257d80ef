//! Every table of the schema: whose it is, what of it a tenant takes along when it leaves, and how it is erased when the
//! tenant is purged. A table or a column that is not here fails the build (`tests/it/holdings.rs`).

mod office;
mod said;
mod trade;

use self::Erased::{Cascades, ForgottenNames, Hosts, ItselfLast, Kept, OneByOne, Row};
use self::Export::{Columns, Nothing, Whole};

/// One table.
pub struct Holding {
    pub table: &'static str,
    pub export: Export,
    pub erased: Erased,
    /// Every column that is exported, in the order of the archive.
    pub exported: &'static [&'static str],
    /// Every column that is not.
    pub withheld: &'static [&'static str],
}

/// What the tenant's owner takes along of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Export {
    /// Each of the tenant's rows, as it is.
    Whole,
    /// Each of the tenant's rows, without some columns, for this reason.
    Columns(&'static str),
    /// No row, for this reason.
    Nothing(&'static str),
}

/// What becomes of it when the tenant is purged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Erased {
    /// The tenant's rows are deleted, found by this column, in the order of [`HOLDINGS`].
    Row(&'static str),
    /// They go with the tenant's own row, to which this column points.
    Cascades(&'static str),
    /// The tenant's own row: the last one.
    ItselfLast,
    /// Rows of the tenant's hosts, which end by themselves within days, are deleted before the others, found by this column.
    Hosts(&'static str),
    /// A row goes when no tenant knows the person any more.
    OneByOne,
    /// The names stay for as long as nobody else may have them, and lead to nobody.
    ForgottenNames,
    /// It stays as it is: it is of no tenant, for this reason.
    Kept(&'static str),
}

const fn whole(table: &'static str, exported: &'static [&'static str]) -> Holding {
    Holding { table, export: Whole, erased: Row("tenant_id"), exported, withheld: &[] }
}

const fn part(table: &'static str, why: &'static str, exported: &'static [&'static str], withheld: &'static [&'static str]) -> Holding {
    Holding { table, export: Columns(why), erased: Row("tenant_id"), exported, withheld }
}

const fn no(table: &'static str, why: &'static str, erased: Erased, withheld: &'static [&'static str]) -> Holding {
    Holding { table, export: Nothing(why), erased, exported: &[], withheld }
}

const A_SECRET: &str = "who is signed in is of use to nobody else, and the hashes of tokens are secrets";
const THE_PERSONS: &str = "the id by which all wholesalers know one person is shown to none of them; the phone says who it is";
const OF_THE_PLATFORM: &str = "it is the platform's";
const OF_AN_ADDRESS: &str = "it is of an address or a browser, whatever the counter, and ends by itself";

/// THE table, in the order in which rows are deleted: what points to others before them.
pub const HOLDINGS: &[Holding] = &[
    no(
        "staff_sessions",
        A_SECRET,
        Row("tenant_id"),
        &[
            "tenant_id",
            "session_id",
            "staff_id",
            "token_hash",
            "user_agent",
            "created_at",
            "last_seen_at",
            "expires_at",
            "ended_at",
            "domain",
            "passkey_id",
        ],
    ),
    no(
        "staff_passkeys",
        "each is good at one host, and made anew wherever its owner signs in next",
        Row("tenant_id"),
        &["tenant_id", "passkey_id", "staff_id", "host", "credential_id", "credential", "name", "created_at", "last_used_at"],
    ),
    no(
        "sessions",
        A_SECRET,
        Row("tenant_id"),
        &[
            "tenant_id",
            "session_id",
            "customer_id",
            "phone",
            "token_hash",
            "user_agent",
            "created_at",
            "last_seen_at",
            "expires_at",
            "ended_at",
            "domain",
        ],
    ),
    no(
        "confirmations",
        "it is asked of whoever comes under a number that was silent, and asked again elsewhere",
        Row("tenant_id"),
        &["tenant_id", "customer_id", "former_customer_id", "tries", "status", "created_at", "decided_at"],
    ),
    no(
        "idempotency_keys",
        "it is of use for two days, to who sent a request twice",
        Row("tenant_id"),
        &["tenant_id", "customer_id", "staff_id", "asker_id", "key", "request_hash", "created_at", "answer"],
    ),
    no(
        "platform_idempotency_keys",
        "it is of use for two days, to who sent a request twice",
        Row("tenant"),
        &["asker_id", "key_hash", "tenant", "request_hash", "answer", "created_at"],
    ),
    office::INVITATIONS,
    office::SUPPORT_REQUESTS,
    said::MESSAGES,
    part(
        "registration_requests",
        THE_PERSONS,
        &[
            "tenant_id",
            "request_id",
            "kind",
            "phone",
            "business_name",
            "contact_name",
            "message",
            "status",
            "reason",
            "decided_by",
            "created_at",
            "decided_at",
        ],
        &["customer_id"],
    ),
    part(
        "account_access",
        THE_PERSONS,
        &["tenant_id", "access_id", "account_id", "phone", "contact_name", "role", "status", "created_at"],
        &["customer_id"],
    ),
    office::MESSAGE_TEMPLATES,
    trade::IMPORT_PIECES,
    trade::IMPORT_ROWS,
    trade::IMPORT_MAPPINGS,
    trade::IMPORTS,
    trade::SUBMISSIONS,
    trade::ORDER_EVENTS,
    trade::ORDER_LINES,
    trade::ORDERS,
    trade::BASKET_LINES,
    trade::BASKETS,
    trade::TRADE_ACCOUNTS,
    trade::PRICES,
    trade::PRICE_LISTS,
    trade::PRODUCT_COSTS,
    trade::STOCK,
    trade::SEARCH_WORDS,
    trade::PRODUCTS,
    trade::PICTURES,
    trade::CATEGORIES,
    trade::ORDER_DAYS,
    trade::CLOSED_DAYS,
    trade::CATALOGUE_STATES,
    whole(
        "audit_events",
        &[
            "tenant_id",
            "position",
            "event_id",
            "at",
            "actor_kind",
            "actor_id",
            "actor_name",
            "action",
            "subject_kind",
            "subject_id",
            "details",
            "previous_hash",
            "hash",
        ],
    ),
    whole("staff", &["tenant_id", "staff_id", "email", "name", "role", "created_at", "removed_at"]),
    no(
        "jobs",
        "it is work that is under way here",
        Row("for_tenant"),
        &["id", "kind", "for_tenant", "subject_id", "attempts", "run_at", "created_at", "given_up_at", "last_error", "lane", "whose"],
    ),
    no(
        "alarms",
        "it is told to the platform's people, and not to the tenant",
        Cascades("for_tenant"),
        &["id", "began_at", "kind", "key", "for_tenant", "country", "numbers", "is_told"],
    ),
    no(
        "signups",
        "what it says became the tenant",
        Row("made_tenant"),
        &["id", "business_name", "slug", "country", "owner_name", "email", "browser_hash", "created_at", "proven_at", "made_tenant"],
    ),
    no(
        "domains",
        "that a name is its owner's is proven anew, wherever it is to lead",
        Row("tenant"),
        &[
            "id",
            "tenant",
            "domain",
            "token",
            "state",
            "state_since",
            "is_primary",
            "answer",
            "checked_at",
            "next_check_at",
            "missing_since",
            "warned_at",
            "created_at",
        ],
    ),
    no("retired_names", "they are kept free here, and nowhere else", ForgottenNames, &["slug", "tenant", "retired_at", "free_at"]),
    no(
        "tenant_usage",
        "it is counted from what is exported",
        Cascades("tenant"),
        &["tenant", "counted_at", "customers", "staff", "storage_bytes", "last_activity_at"],
    ),
    no("tenant_days", "it is counted from what is exported", Cascades("tenant"), &["day", "tenant", "requests", "messages"]),
    Holding {
        table: "tenants",
        export: Columns("the state and what goes with it are the platform's"),
        erased: ItselfLast,
        exported: &[
            "id",
            "slug",
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
            "sms_countries",
            "sms_limit_minor",
            "prices_shown",
            "stock_shown",
            "vat_rounding",
            "minimum_order_minor",
            "tax_rates",
            "samples",
            "logo",
            "logo_type",
            "created_at",
            "updated_at",
        ],
        withheld: &[
            "status",
            "before_suspension",
            "before_closing",
            "status_reason",
            "reason_before_closing",
            "status_changed_at",
            "renamed_at",
            "grace_ends_at",
            "reminder_at",
            "closed_by",
            "declared_hash",
        ],
    },
    no(
        "challenges",
        OF_AN_ADDRESS,
        Hosts("host"),
        &[
            "id",
            "host",
            "purpose",
            "address",
            "browser_hash",
            "key_version",
            "guesses",
            "created_at",
            "expires_at",
            "consumed_at",
            "asked_at",
            "sent_at",
        ],
    ),
    no("passkey_challenges", OF_AN_ADDRESS, Hosts("host"), &["id", "host", "holder", "browser_hash", "state", "expires_at"]),
    no("known_browsers", OF_AN_ADDRESS, Hosts("host"), &["token_hash", "host", "purpose", "address_key", "guessed_at", "proven_at"]),
    no(
        "hand_overs",
        OF_AN_ADDRESS,
        Hosts("target_host"),
        &["ticket_hash", "customer_id", "phone", "target_host", "browser_hash", "expires_at", "consumed_at", "staff_id"],
    ),
    no("customers", THE_PERSONS, OneByOne, &["id", "phone", "created_at", "last_proven_at", "language"]),
    no(
        "address_counters",
        OF_AN_ADDRESS,
        Kept("it is counted under a key that tells no address, for a day"),
        &["address_key", "purpose", "sent_at", "sent_hosts", "guessed_at"],
    ),
    no(
        "allowances",
        OF_AN_ADDRESS,
        Kept("it is counted under a key that tells nothing, for a month"),
        &["kind", "key", "tokens", "filled_at", "proven", "proven_at", "refused", "refused_at"],
    ),
    no("used_proofs", OF_AN_ADDRESS, Kept("it is of no tenant, for a day"), &["signature", "expires_at"]),
    no("operators", OF_THE_PLATFORM, Kept(OF_THE_PLATFORM), &["id", "email", "name", "created_at", "removed_at"]),
    no(
        "operator_sessions",
        OF_THE_PLATFORM,
        Kept(OF_THE_PLATFORM),
        &["id", "operator_id", "token_hash", "user_agent", "created_at", "last_seen_at", "expires_at", "ended_at", "passkey_id"],
    ),
    no(
        "operator_passkeys",
        OF_THE_PLATFORM,
        Kept(OF_THE_PLATFORM),
        &["id", "operator_id", "host", "credential_id", "credential", "name", "created_at", "last_used_at"],
    ),
    no(
        "operator_tokens",
        OF_THE_PLATFORM,
        Kept(OF_THE_PLATFORM),
        &["id", "name", "token_hash", "scope", "made_by", "created_at", "last_used_at", "revoked_at"],
    ),
    no(
        "operator_events",
        OF_THE_PLATFORM,
        Kept("what the platform's own people did is never changed; of a tenant it names no more than its certificate does"),
        &["id", "at", "actor_kind", "actor_id", "actor_name", "action", "subject_id", "details", "position", "previous_hash", "hash"],
    ),
    no(
        "deletion_certificates",
        OF_THE_PLATFORM,
        Kept("it is what is left"),
        &["tenant", "subdomain", "business_name", "purged_at", "document", "hash"],
    ),
];
