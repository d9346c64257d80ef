//! What is traded, and with whom: accounts, goods, prices, baskets and orders. In which order their rows are deleted, [`super::HOLDINGS`] says.

use super::Erased::Row;
use super::{Holding, no, whole};

const ON_ITS_WAY: &str = "what a file has done stands in what it is about, and one that has done nothing is brought in again";
const NOT_ORDERED: &str = "what nobody has ordered yet is put in again";

pub const TRADE_ACCOUNTS: Holding = whole(
    "trade_accounts",
    &[
        "tenant_id",
        "account_id",
        "account_number",
        "business_name",
        "town",
        "country",
        "created_at",
        "price_list_id",
        "route",
        "order_news",
        "order_email",
        "news_ended_at",
        "news_ended_why",
    ],
);
pub const IMPORT_PIECES: Holding = no("import_pieces", ON_ITS_WAY, Row("tenant_id"), &["tenant_id", "import_id", "piece", "bytes"]);
pub const IMPORT_ROWS: Holding = no(
    "import_rows",
    ON_ITS_WAY,
    Row("tenant_id"),
    &["tenant_id", "import_id", "line", "verdict", "key", "of_account", "title", "before", "after", "remarks"],
);
pub const IMPORT_MAPPINGS: Holding =
    no("import_mappings", "it is said anew with the next file", Row("tenant_id"), &["tenant_id", "kind", "heading", "field", "said_at"]);
pub const IMPORTS: Holding = no(
    "imports",
    ON_ITS_WAY,
    Row("tenant_id"),
    &[
        "tenant_id",
        "import_id",
        "kind",
        "file_name",
        "bytes",
        "characters",
        "separator",
        "decimal_mark",
        "headings",
        "fields",
        "status",
        "reading",
        "done",
        "new_rows",
        "changed_rows",
        "unchanged_rows",
        "wrong_rows",
        "trouble",
        "staff_id",
        "staff_name",
        "created_at",
        "applied_at",
        "undone_at",
        "made_categories",
    ],
);
pub const SUBMISSIONS: Holding = no(
    "submissions",
    "it is of use for thirty days, to who sent an order twice",
    Row("tenant_id"),
    &["tenant_id", "account_id", "submission", "request_hash", "order_id", "answer", "created_at"],
);
pub const ORDER_EVENTS: Holding = whole(
    "order_events",
    &[
        "tenant_id",
        "order_id",
        "event_id",
        "account_id",
        "at",
        "actor_kind",
        "actor_id",
        "actor_name",
        "move",
        "from_status",
        "to_status",
        "reason",
        "details",
    ],
);
pub const ORDER_LINES: Holding = whole(
    "order_lines",
    &[
        "tenant_id",
        "order_id",
        "line",
        "account_id",
        "product_id",
        "sku",
        "name",
        "pack",
        "tax_class",
        "tax_basis_points",
        "unit_minor",
        "price_source",
        "price_from_quantity",
        "price_valid_until",
        "price_list_id",
        "ordered",
        "accepted",
        "picked",
        "delivered",
        "substitute_for",
        "why",
        "reserved",
        "net_minor",
        "tax_minor",
    ],
);
pub const ORDERS: Holding = whole(
    "orders",
    &[
        "tenant_id",
        "order_id",
        "account_id",
        "number",
        "status",
        "status_since",
        "placed_at",
        "placed_by_kind",
        "placed_by",
        "placed_by_name",
        "method",
        "wanted_day",
        "closes_at",
        "reference",
        "note",
        "office_note",
        "currency",
        "vat_rounding",
        "tax_country",
        "net_minor",
        "tax_minor",
        "revision",
    ],
);
pub const BASKET_LINES: Holding = no(
    "basket_lines",
    NOT_ORDERED,
    Row("tenant_id"),
    &["tenant_id", "account_id", "product_id", "quantity", "minor_when_added", "changed_at"],
);
pub const BASKETS: Holding = no(
    "baskets",
    NOT_ORDERED,
    Row("tenant_id"),
    &["tenant_id", "account_id", "submission_id", "version", "reference", "note", "changed_at"],
);
pub const PRICES: Holding =
    whole("prices", &["tenant_id", "price_list_id", "product_id", "from_quantity", "valid_from", "valid_until", "minor"]);
pub const PRICE_LISTS: Holding = whole("price_lists", &["tenant_id", "price_list_id", "kind", "name", "created_at"]);
pub const PRODUCT_COSTS: Holding = whole("product_costs", &["tenant_id", "product_id", "cost_minor", "supplier", "updated_at"]);
pub const STOCK: Holding = whole("stock", &["tenant_id", "product_id", "on_hand", "reserved", "back_order_limit", "low_at", "counted_at"]);
// Nothing else makes them again when they are brought back.
pub const SEARCH_WORDS: Holding = whole("search_words", &["tenant_id", "word", "product_id"]);
pub const PRODUCTS: Holding = whole(
    "products",
    &[
        "tenant_id",
        "product_id",
        "sku",
        "sku_key",
        "name",
        "name_key",
        "keywords",
        "description",
        "category_id",
        "status",
        "replaced_by",
        "pack",
        "content_thousandths",
        "content_measure",
        "barcode",
        "tax_class",
        "minimum",
        "multiple",
        "stock_mode",
        "picture_hash",
        "created_at",
        "updated_at",
    ],
);
pub const PICTURES: Holding = whole("pictures", &["tenant_id", "picture_hash", "small", "large", "created_at"]);
pub const CATEGORIES: Holding = whole("categories", &["tenant_id", "category_id", "slug", "name", "place"]);
pub const ORDER_DAYS: Holding = whole("order_days", &["tenant_id", "method", "weekday", "days_before", "cut_off"]);
pub const CLOSED_DAYS: Holding = whole("closed_days", &["tenant_id", "day", "words"]);
pub const CATALOGUE_STATES: Holding =
    no("catalogue_states", "it is counted anew", Row("tenant_id"), &["tenant_id", "version", "words_version"]);
