//! What a wholesaler says, and in which words: the routes of the office. A text is named by a word that is the same everywhere, and
//! so no id of anybody's.

use super::routes::{Door, Guarded, office};

const TEXT: &str = "language=fr&sms=Non.";
const TEXT_JSON: &str = r#"{"sms":"Non, {reason}"}"#;

/// Whether a route is about one of them.
pub fn is_of_a_word(route: &Guarded) -> bool {
    route.path.contains(":kind")
}

/// For those who keep the settings.
pub const WORDS: &[Guarded] = &[
    office(Door::Keeper, "GET", "/office/messages", "", 200),
    office(Door::Keeper, "POST", "/office/messages/limits", "limit=100&countries=GB", 303),
    office(Door::Keeper, "POST", "/office/messages/:message_id/resending", "", 303),
    office(Door::Keeper, "POST", "/office/messages/:message_id/dropping", "", 303),
    office(Door::Keeper, "GET", "/api/v1/office/messages", "", 200),
    office(Door::Keeper, "GET", "/api/v1/office/messages/limits", "", 200),
    office(Door::Keeper, "PUT", "/api/v1/office/messages/limits", r#"{"limit":{"minor":10000,"currency":"EUR"},"countries":["GB"]}"#, 200),
    office(Door::Keeper, "POST", "/api/v1/office/messages/:id/resending", "", 204),
    office(Door::Keeper, "POST", "/api/v1/office/messages/:id/dropping", "", 204),
    office(Door::Keeper, "GET", "/office/settings/messages", "?language=fr", 200),
    office(Door::Keeper, "GET", "/office/settings/messages/:kind", "", 200),
    office(Door::Keeper, "POST", "/office/settings/messages/:kind", TEXT, 303),
    office(Door::Keeper, "POST", "/office/settings/messages/:kind/preview", TEXT, 200),
    office(Door::Keeper, "POST", "/office/settings/messages/:kind/removal", "language=fr", 303),
    office(Door::Keeper, "GET", "/api/v1/office/settings/messages", "", 200),
    office(Door::Keeper, "GET", "/api/v1/office/settings/messages/:kind/:language", "", 200),
    office(Door::Keeper, "PUT", "/api/v1/office/settings/messages/:kind/:language", TEXT_JSON, 200),
    office(Door::Keeper, "POST", "/api/v1/office/settings/messages/:kind/:language/preview", TEXT_JSON, 200),
    office(Door::Keeper, "DELETE", "/api/v1/office/settings/messages/:kind/:language", "", 204),
];
