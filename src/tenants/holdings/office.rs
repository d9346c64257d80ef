//! The part of the table that is of the office itself: whom it invites, whom it lets look in, and in which words it speaks.

use super::{Holding, whole};

pub const INVITATIONS: Holding = whole(
    "invitations",
    &[
        "tenant_id",
        "invitation_id",
        "email",
        "name",
        "role",
        "invited_by",
        "created_at",
        "sent_at",
        "times_sent",
        "expires_at",
        "accepted_at",
        "withdrawn_at",
    ],
);

pub const SUPPORT_REQUESTS: Holding = whole(
    "support_requests",
    &[
        "tenant_id",
        "request_id",
        "operator_id",
        "operator_name",
        "reason",
        "status",
        "asked_at",
        "decided_at",
        "decided_by",
        "granted_until",
        "ended_at",
    ],
);

pub const MESSAGE_TEMPLATES: Holding =
    whole("message_templates", &["tenant_id", "kind", "language", "channel", "subject", "text", "changed_at", "changed_by"]);
