//! What was said to people.

use super::{Holding, THE_PERSONS, part};

pub const MESSAGES: Holding = part(
    "messages",
    THE_PERSONS,
    &[
        "tenant_id",
        "message_id",
        "phone",
        "channel",
        "recipient",
        "subject",
        "text",
        "status",
        "provider_reference",
        "created_at",
        "sent_at",
        "is_code",
        "gateway",
        "segments",
        "cost_micros",
        "receipt_at",
        "problem",
        "failed_at",
        "news_of",
    ],
    &["customer_id"],
);
