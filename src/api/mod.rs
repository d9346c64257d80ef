//! What all operations share: how failure is described, the words of the document, and its readable form.

pub mod docs;
pub mod document;
pub mod money;
pub mod once;
pub mod signing;
pub mod typed;
pub mod upload;

use chrono::{DateTime, SecondsFormat, Utc};
use poem_openapi::registry::{MetaMediaType, MetaResponse, MetaResponses, MetaSchemaRef, Registry};
use poem_openapi::types::Type;
use poem_openapi::{ApiResponse, Object, Tags};

use crate::error::Error;

/// The chapters of the document.
#[derive(Tags)]
pub enum Chapter {
    /// A wholesaler opens a counter of its own.
    #[oai(rename = "Opening a counter")]
    SignUp,
    /// A customer proves a number and holds a session.
    #[oai(rename = "Signing in")]
    SignIn,
    /// A customer asks for an account.
    #[oai(rename = "Asking for an account")]
    Registration,
    /// What is sold, and at which price.
    Goods,
    /// A customer fills a basket, orders, and sees what was ordered.
    Ordering,
    /// What is a customer's own.
    Customer,
    /// The wholesaler's staff: signing in, deciding, customers.
    Office,
    /// What only a demo has.
    Demo,
    /// An operator proves an address and holds a session, or a program shows a token.
    Console,
    /// The platform's wholesalers.
    Tenants,
    /// Looking at a wholesaler's office, when an owner there allows it.
    Support,
    /// What programs show instead of a session.
    Tokens,
    /// What was done at the platform, and by whom.
    Events,
    /// What did not work, however often it was tried.
    #[oai(rename = "Given up")]
    Jobs,
}

/// Any error, as `application/problem+json` (RFC 9457).
#[derive(Object)]
struct Problem {
    /// A stable word for programs, such as `urn:tradecounter:problem:not-found`.
    r#type: String,
    /// The kind of error, in words.
    title: String,
    /// The HTTP status.
    status: u16,
    /// What went wrong this time, in words.
    detail: String,
    /// What to quote when you ask about it.
    request_id: String,
    /// What is wrong with which field.
    #[oai(skip_serializing_if_is_none)]
    errors: Option<Vec<FieldProblem>>,
    /// What is the matter with which line of what was sent.
    #[oai(skip_serializing_if_is_none)]
    lines: Option<Vec<LineProblem>>,
    /// When it may be tried again; also in `Retry-After`.
    #[oai(skip_serializing_if_is_none)]
    retry_after_seconds: Option<u64>,
    /// Of a code: what can be done instead of waiting, a challenge of ALTCHA's second version. The solution goes
    /// into the header `Proof-Of-Work` of the same request, sent again within five minutes.
    #[oai(skip_serializing_if_is_none)]
    proof_of_work: Option<ProofOfWork>,
}

/// Find the `counter`, from nought, for which the key that is derived from the nonce and the counter begins with `keyPrefix`.
#[derive(Object)]
struct ProofOfWork {
    /// As ALTCHA describes them: `algorithm`, `cost`, `nonce`, `salt`, `keyLength`, `keyPrefix` and the rest, to be sent back unchanged.
    parameters: poem_openapi::types::Any<serde_json::Value>,
    /// Over the parameters.
    signature: String,
}

/// What is wrong with one field.
#[derive(Object)]
struct FieldProblem {
    /// The name of the field, the parameter or the header.
    field: String,
    /// What is wrong with it, in words for whoever wrote it.
    detail: String,
}

/// What is the matter with one line.
#[derive(Object)]
struct LineProblem {
    sku: String,
    /// In words for whoever sent it.
    detail: String,
    /// Of too little: how many were asked for.
    #[oai(skip_serializing_if_is_none)]
    wanted: Option<i64>,
    /// Of too little: how many there are.
    #[oai(skip_serializing_if_is_none)]
    available: Option<i64>,
    /// Of a price: what one cost when it was looked at, in the currency's smallest unit.
    #[oai(skip_serializing_if_is_none)]
    before: Option<i64>,
    /// Of a price: what one costs now.
    #[oai(skip_serializing_if_is_none)]
    now: Option<i64>,
}

/// Every operation can answer with a problem; the door writes it.
impl ApiResponse for Error {
    fn meta() -> MetaResponses {
        let content = vec![MetaMediaType {
            content_type: "application/problem+json",
            schema: MetaSchemaRef::Reference(Problem::name().into_owned()),
        }];
        let problem =
            MetaResponse { description: "Any error, as a problem (RFC 9457)", status: None, status_range: None, content, headers: vec![] };
        MetaResponses { responses: vec![problem] }
    }

    fn register(registry: &mut Registry) {
        Problem::register(registry);
    }
}

/// A time as the API writes it (RFC 3339, UTC, milliseconds).
pub fn time(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Millis, true)
}
