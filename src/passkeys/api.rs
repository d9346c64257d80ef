//! Passkeys as both APIs, the office's and the console's, take and show them.

use std::collections::BTreeMap;

use poem_openapi::payload::Json;
use poem_openapi::types::Any;
use poem_openapi::{ApiResponse, Object};
use serde_json::Value;
use uuid::Uuid;

use super::list::Owned;
use super::{Asked, LONGEST_CREDENTIAL};
use crate::api::time;
use crate::api::typed::Text;
use crate::tenancy::token::pending_cookie;
use crate::values::text::LONGEST_NAME;

/// What a device is asked.
#[derive(Object)]
pub struct PasskeyQuestion {
    /// To be brought back with the answer.
    id: Uuid,
    /// For `PublicKeyCredential.parseCreationOptionsFromJSON()` or `parseRequestOptionsFromJSON()`.
    options: BTreeMap<String, Any<Value>>,
}

#[derive(ApiResponse)]
pub enum PasskeyAsked {
    /// Good for five minutes, once, in this browser.
    #[oai(status = 201)]
    Created(
        Json<PasskeyQuestion>,
        /// `__Host-pending`: the answer is taken from this browser alone.
        #[oai(header = "Set-Cookie")]
        String,
    ),
}

impl From<Asked> for PasskeyAsked {
    fn from(asked: Asked) -> Self {
        let cookie = pending_cookie(&asked.browser);
        let options = asked.options.into_iter().map(|(name, value)| (name, Any(value))).collect();
        Self::Created(Json(PasskeyQuestion { id: asked.id, options }), cookie)
    }
}

/// What the device has signed.
#[derive(Object)]
#[oai(deny_unknown_fields)]
pub struct PasskeyShownBody {
    /// The id of the question.
    pub challenge: Text<1, 64>,
    /// The text of `JSON.stringify(credential)`.
    pub credential: Text<1, LONGEST_CREDENTIAL>,
}

/// The key that the device has made.
#[derive(Object)]
#[oai(deny_unknown_fields)]
pub struct PasskeyMadeBody {
    /// The id of the question.
    pub challenge: Text<1, 64>,
    /// The text of `JSON.stringify(credential)`.
    pub credential: Text<1, LONGEST_CREDENTIAL>,
    /// What its owner knows it by; the browser's name when nothing is said.
    pub name: Option<Text<0, LONGEST_NAME>>,
}

/// Another name for it.
#[derive(Object)]
#[oai(deny_unknown_fields)]
pub struct PasskeyNameBody {
    pub name: Text<1, LONGEST_NAME>,
}

/// A passkey of one's own.
#[derive(Object)]
pub struct PasskeyAnswer {
    id: Uuid,
    name: String,
    /// Where it was made, and is good.
    host: String,
    created_at: String,
    last_used_at: Option<String>,
}

impl From<Owned> for PasskeyAnswer {
    fn from(owned: Owned) -> Self {
        let last_used_at = owned.last_used_at.map(time);
        Self { id: owned.id, name: owned.name, host: owned.host, created_at: time(owned.created_at), last_used_at }
    }
}

/// All of one's own.
#[derive(Object)]
pub struct PasskeyList {
    pub items: Vec<PasskeyAnswer>,
    pub next: Option<String>,
}

#[derive(ApiResponse)]
pub enum PasskeyAdded {
    /// It can be signed in with.
    #[oai(status = 201)]
    Created(Json<PasskeyAnswer>),
}

#[derive(ApiResponse)]
pub enum PasskeyRemoved {
    /// Nobody signs in with it any more, and the sessions that it began have ended, but for this one.
    #[oai(status = 204)]
    Done,
}
