//! What a failed request answers, said once and then shown as a page or as `application/problem+json`
//! (RFC 9457). The text of an internal error stays in the log.

use askama::Template;
use http::header::{ALLOW, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderValue, StatusCode};
use poem::error::{ParsePathError, ResponseError};
use poem::{IntoResponse, Response};
use serde_json::{Map, Value, json};

use super::{Contact, Page, Redirect, Shell, when};
use crate::error::{Error, LineFault};
use crate::tenancy::extract::{Here, Place};
use crate::tenancy::states::State;
use crate::tenancy::token::SESSION_COOKIE;

impl ResponseError for Error {
    fn status(&self) -> StatusCode {
        match self {
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::Unauthenticated | Self::WrongCode | Self::WrongPasskey | Self::WrongToken => StatusCode::UNAUTHORIZED,
            Self::Forbidden
            | Self::ProofNeeded
            | Self::PasskeyNeeded
            | Self::ReadOnlyToken
            | Self::SupportNotGranted
            | Self::NoAccount
            | Self::CrossSite
            | Self::Closed
            | Self::ClosedForGood
            | Self::Suspended { .. }
            | Self::Closing { .. } => StatusCode::FORBIDDEN,
            Self::Invalid(_) | Self::KeyReused => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Conflict(_) | Self::ConfirmationNeeded | Self::InFlight | Self::NotEnough(_) | Self::Moved(_) => StatusCode::CONFLICT,
            Self::SlowDown { .. } | Self::TooManyCodes { .. } => StatusCode::TOO_MANY_REQUESTS,
            Self::Malformed(_) => StatusCode::BAD_REQUEST,
            Self::Unavailable(_) | Self::Crowded => StatusCode::SERVICE_UNAVAILABLE,
            Self::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}

/// A failed request, ready to be shown.
pub struct Failure {
    pub status: StatusCode,
    /// A stable word for machines.
    pub kind: &'static str,
    pub title: String,
    pub detail: String,
    fields: Vec<(String, String)>,
    lines: Vec<LineFault>,
    retry_after_seconds: Option<u64>,
    work: Option<Value>,
    allow: Option<String>,
    /// How one could be known here (RFC 9110, 11.6.1).
    challenge: &'static str,
}

/// There is no registered scheme for sessions in cookies.
const BY_COOKIE: &str = "Cookie realm=\"Tradecounter\"";

impl Failure {
    /// From whatever a handler, the router or a parser answered.
    pub fn of(error: &poem::Error) -> Self {
        match error.downcast_ref::<Error>() {
            Some(own) => Self::of_own(own),
            // A page's address with something in it that is no id is the address of nothing.
            None if error.is::<ParsePathError>() => Self::of_status(StatusCode::NOT_FOUND),
            None => Self::of_status(error.status()),
        }
    }

    /// From one of our own errors.
    pub fn of_own(error: &Error) -> Self {
        let mut failure = Self { lines: error.lines().to_vec(), ..Self::of_status(error.status()) };
        failure.retry_after_seconds = error.retry_after_seconds();
        failure.work = error.work().and_then(|work| serde_json::from_str(work).ok());
        match error {
            Error::WrongCode => (failure.kind, failure.title) = ("wrong-code", "Not the right code".to_owned()),
            Error::WrongPasskey => (failure.kind, failure.title) = ("wrong-passkey", "Not a passkey of yours".to_owned()),
            Error::ProofNeeded => (failure.kind, failure.title) = ("proof-needed", "Show that it is you".to_owned()),
            Error::PasskeyNeeded => (failure.kind, failure.title) = ("passkey-needed", "A passkey is needed".to_owned()),
            Error::WrongToken => {
                (failure.title, failure.challenge) =
                    ("No token of ours".to_owned(), "Bearer realm=\"Tradecounter\", error=\"invalid_token\"");
            }
            Error::CrossSite => failure.kind = "cross-site",
            Error::KeyReused => failure.kind = "key-reused",
            Error::SupportNotGranted => (failure.kind, failure.title) = ("support-not-granted", "You are not let in".to_owned()),
            Error::NoAccount => (failure.kind, failure.title) = ("no-account", "You are not let in".to_owned()),
            Error::InFlight => (failure.kind, failure.title) = ("in-flight", "It is on its way".to_owned()),
            Error::NotEnough(_) => (failure.kind, failure.title) = ("not-enough-stock", "Not enough of it".to_owned()),
            Error::Moved(_) => (failure.kind, failure.title) = ("basket-moved", "Have another look".to_owned()),
            Error::Closed | Error::ClosedForGood => failure.kind = "counter-closed",
            Error::Closing { .. } => failure.kind = "counter-closing",
            Error::ConfirmationNeeded => failure.kind = "confirmation-needed",
            Error::Crowded => failure.kind = "crowded",
            Error::Suspended { .. } => failure.kind = "counter-suspended",
            _ => {}
        }
        match error {
            Error::WrongCode
            | Error::WrongPasskey
            | Error::ProofNeeded
            | Error::PasskeyNeeded
            | Error::WrongToken
            | Error::ReadOnlyToken
            | Error::Forbidden
            | Error::SupportNotGranted
            | Error::NoAccount
            | Error::InFlight
            | Error::NotEnough(_)
            | Error::Moved(_)
            | Error::CrossSite
            | Error::KeyReused
            | Error::ConfirmationNeeded
            | Error::Conflict(_)
            | Error::Malformed(_) => {
                failure.detail = sentence(&error.to_string());
            }
            Error::Closed => (failure.title, failure.detail) = (error.to_string(), CLOSED_FOR_NOW.to_owned()),
            Error::ClosedForGood => (failure.title, failure.detail) = (error.to_string(), CLOSED_FOR_GOOD.to_owned()),
            Error::Closing { until } => (failure.title, failure.detail) = (error.to_string(), until_erased(until)),
            Error::Suspended { reason } => (failure.title, failure.detail) = (error.to_string(), only_to_be_read(reason)),
            Error::Invalid(fields) => failure.fields = fields.iter().map(|(field, text)| (field.to_owned(), text.to_owned())).collect(),
            Error::SlowDown { .. } | Error::TooManyCodes { .. } => {
                (failure.title, failure.detail) = (error.to_string(), when_again(error));
            }
            _ => {}
        }
        failure
    }

    /// Where a counter was that has another address now.
    pub fn moved(to: &str) -> Self {
        Self { detail: format!("This counter is at {to} now."), ..Self::of_status(StatusCode::NOT_FOUND) }
    }

    /// From a status alone.
    pub fn of_status(status: StatusCode) -> Self {
        let (kind, title, detail) = match status {
            StatusCode::BAD_REQUEST => ("malformed", "The request cannot be read", "It is not of the form that this address takes."),
            StatusCode::UNAUTHORIZED => ("unauthenticated", "Sign in first", "Nobody is signed in, or the session has ended."),
            StatusCode::FORBIDDEN => ("forbidden", "This is not for you", "Your role does not allow it."),
            StatusCode::NOT_FOUND => ("not-found", "There is nothing here", "The address may be mistyped, or what was here is gone."),
            StatusCode::METHOD_NOT_ALLOWED => ("method-not-allowed", "Not in this way", "This address does not take this method."),
            StatusCode::REQUEST_TIMEOUT => ("timeout", "That took too long", "The request did not arrive in time. Please send it again."),
            StatusCode::CONFLICT => ("conflict", "That does not fit", "Things have changed meanwhile."),
            StatusCode::PAYLOAD_TOO_LARGE => {
                ("too-large", "That is too much at once", "The request's body is larger than this address takes.")
            }
            StatusCode::UNSUPPORTED_MEDIA_TYPE => ("media-type", "Not in this format", "This address takes application/json."),
            StatusCode::UNPROCESSABLE_ENTITY => ("invalid", "Some of it wants correcting", "See what is said about each field."),
            StatusCode::TOO_MANY_REQUESTS => ("slow-down", "Too many tries for now", "Wait a while and try again."),
            StatusCode::SERVICE_UNAVAILABLE => ("unavailable", "Back in a moment", "The counter cannot answer just now. Please try again."),
            status if status.is_client_error() => {
                ("malformed", "The request cannot be answered", "It is not of the form that this address takes.")
            }
            _ => ("internal", "Something went wrong on our side", "It is written down. Please try again in a moment."),
        };
        Self {
            status: if status.is_client_error() || status.is_server_error() { status } else { StatusCode::INTERNAL_SERVER_ERROR },
            kind,
            title: title.to_owned(),
            detail: detail.to_owned(),
            fields: Vec::new(),
            lines: Vec::new(),
            retry_after_seconds: (status == StatusCode::SERVICE_UNAVAILABLE).then_some(5),
            work: None,
            allow: None,
            challenge: BY_COOKIE,
        }
    }

    /// With the methods that this address does take (RFC 9110, 15.5.6).
    pub fn with_allow(mut self, methods: String) -> Self {
        self.allow = Some(methods);
        self
    }

    /// At the console, where programs come with a token.
    pub fn at_console(mut self) -> Self {
        if self.challenge == BY_COOKIE {
            self.challenge = "Cookie realm=\"Tradecounter\", Bearer realm=\"Tradecounter\"";
        }
        self
    }

    /// As `application/problem+json`.
    pub fn problem(&self, request_id: &str) -> Response {
        let mut body = Map::new();
        body.insert("type".to_owned(), Value::String(format!("urn:tradecounter:problem:{}", self.kind)));
        body.insert("title".to_owned(), Value::String(self.title.clone()));
        body.insert("status".to_owned(), json!(self.status.as_u16()));
        body.insert("detail".to_owned(), Value::String(self.detail.clone()));
        body.insert("request_id".to_owned(), Value::String(request_id.to_owned()));
        if !self.fields.is_empty() {
            let fields = self.fields.iter().map(|(field, text)| json!({ "field": field, "detail": text })).collect();
            body.insert("errors".to_owned(), Value::Array(fields));
        }
        if !self.lines.is_empty() {
            body.insert("lines".to_owned(), self.lines.iter().map(line).collect());
        }
        if let Some(seconds) = self.retry_after_seconds {
            body.insert("retry_after_seconds".to_owned(), json!(seconds));
        }
        body.extend(self.work.clone().map(|work| ("proof_of_work".to_owned(), work)));
        let response =
            Response::builder().status(self.status).header(CONTENT_TYPE, "application/problem+json").body(Value::Object(body).to_string());
        self.with_headers(response)
    }

    /// As a page; nobody signed in means the way to the sign-in, and not lately the way to doing so again.
    pub fn page(&self, here: Option<&Here>, request_id: &str, path: &str) -> Response {
        let Some(here) = here else { return self.words() };
        // Their own page says how things stand.
        if self.kind == "no-account" {
            return Redirect::to("/").into_response();
        }
        if self.kind == "unauthenticated" {
            let door = match &here.place {
                Place::Console => "/sign-in",
                _ if path.starts_with("/office") => "/office/sign-in",
                _ => "/",
            };
            return Redirect::to(door).into_response();
        }
        if let "proof-needed" | "passkey-needed" = self.kind {
            let door = if path.starts_with("/office") { "/office/proof" } else { "/proof" };
            return Redirect::to(format!("{door}?to={path}")).into_response();
        }
        if let ("counter-closed", Place::Counter(tenant)) = (self.kind, &here.place) {
            let (title, heading, words) = match tenant.state {
                State::Closing => ("Closed", "has closed its counter", CLOSED_FOR_GOOD_TO_CUSTOMERS),
                _ => ("Closed at the moment", "is closed at the moment", CLOSED_FOR_NOW_TO_CUSTOMERS),
            };
            let heading = format!("{} {heading}", tenant.business_name);
            let is_signed_in = here.token(SESSION_COOKIE).is_some();
            let template = ClosedPage { shell: Shell::of(here, title), heading, words, is_signed_in, contact: Contact::of(tenant) };
            return self.shown(Page::of(&template));
        }
        let (heading, advice) = match self.status {
            StatusCode::METHOD_NOT_ALLOWED => ("This page cannot be opened directly", "Go back to the start and take the way from there."),
            _ => (self.title.as_str(), self.detail.as_str()),
        };
        let template = ErrorPage {
            shell: Shell::of(here, heading),
            status: self.status.as_u16().to_string(),
            heading: heading.to_owned(),
            advice: advice.to_owned(),
            // The end of it is enough to find it by, and can be read out.
            reference: request_id.get(request_id.len().saturating_sub(8)..).unwrap_or_default().to_owned(),
            home_href: if path.starts_with("/office") { "/office" } else { "/" }.to_owned(),
        };
        self.shown(Page::of(&template))
    }

    fn shown(&self, page: crate::error::Result<Page>) -> Response {
        match page {
            Ok(page) => self.with_headers(page.with_status(self.status).into_response()),
            Err(error) => {
                tracing::error!(error = format!("{error:#?}"), "the error page cannot be shown");
                self.words()
            }
        }
    }

    /// In plain words, for where no page can be shown.
    fn words(&self) -> Response {
        self.text(format!("{}. {}\n", self.title, self.detail))
    }

    /// One plain line, for where there is no site: unknown, reserved and malformed hosts look the same.
    pub fn plain(&self) -> Response {
        self.text("There is nothing here.\n".to_owned())
    }

    fn text(&self, body: String) -> Response {
        self.with_headers(Response::builder().status(self.status).header(CONTENT_TYPE, "text/plain; charset=utf-8").body(body))
    }

    fn with_headers(&self, mut response: Response) -> Response {
        if let Some(seconds) = self.retry_after_seconds {
            response.headers_mut().insert(RETRY_AFTER, seconds.into());
        }
        if self.status == StatusCode::UNAUTHORIZED {
            response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static(self.challenge));
        }
        if let Some(allow) = self.allow.as_deref().and_then(|methods| methods.parse().ok()) {
            response.headers_mut().insert(ALLOW, allow);
        }
        response
    }
}

/// One line of a problem, with what there is to say of it.
fn line(fault: &LineFault) -> Value {
    let LineFault { sku, name: _, detail, wanted, available, before_minor, now_minor } = fault;
    let numbers = [("wanted", wanted), ("available", available), ("before", before_minor), ("now", now_minor)];
    let numbers = numbers.into_iter().filter_map(|(name, number)| Some((name, json!(number.as_ref()?))));
    [("sku", json!(sku)), ("detail", json!(detail))].into_iter().chain(numbers).map(|(name, value)| (name.to_owned(), value)).collect()
}

/// With the full stop at its end that some of them have already.
fn sentence(text: &str) -> String {
    format!("{}.", text.trim_end_matches('.'))
}

/// Why something can not be tried just now, and when it can be: for the page it was tried on.
pub fn in_words(refusal: &Error) -> String {
    format!("{refusal}. {}", when_again(refusal))
}

fn when_again(refusal: &Error) -> String {
    format!("You can try again {}.", when::soon(refusal.retry_after_seconds().unwrap_or_default()))
}

const CLOSED_FOR_NOW: &str = "Nobody can sign in or go on here until it opens again. Please talk to the wholesaler.";
const CLOSED_FOR_GOOD: &str = "Nobody can sign in or go on here any more. Please talk to the wholesaler.";
const CLOSED_FOR_NOW_TO_CUSTOMERS: &str =
    "Nobody can sign in here just now. Nothing of yours is lost: when the counter opens again, you go on where you were.";
const CLOSED_FOR_GOOD_TO_CUSTOMERS: &str = "Nobody can sign in or order here any more. Other wholesalers are not touched by this.";

/// What staff of a counter that is being closed are told, beside what they may still do.
pub fn until_erased(day: &str) -> String {
    format!(
        "Everything can be read and taken along, and nothing be changed. On {day} all of it is deleted; until then an owner can take the closing back."
    )
}

/// What staff of a suspended counter are told, beside what they may still do.
pub fn only_to_be_read(reason: &str) -> String {
    let why = reason.trim_end_matches('.');
    let why = if why.is_empty() { String::new() } else { format!(" The reason given: {why}.") };
    format!("Everything can be read, and nothing be changed, until it is opened again.{why}")
}

#[derive(Template)]
#[template(path = "web/closed.html")]
struct ClosedPage {
    shell: Shell,
    heading: String,
    words: &'static str,
    /// Somebody who came in before it was shut may leave.
    is_signed_in: bool,
    contact: Contact,
}

#[derive(Template)]
#[template(path = "web/error.html")]
struct ErrorPage {
    shell: Shell,
    status: String,
    heading: String,
    advice: String,
    reference: String,
    home_href: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_below_a_heading_is_not_the_heading_again() {
        let errors = [
            Error::NotFound,
            Error::Unauthenticated,
            Error::WrongCode,
            Error::WrongToken,
            Error::ReadOnlyToken,
            Error::Forbidden,
            Error::CrossSite,
            Error::Closed,
            Error::ClosedForGood,
            Error::Suspended { reason: "Unpaid.".to_owned() },
            Error::Closing { until: "23 December 2026".to_owned() },
            Error::Invalid(crate::error::FieldErrors::new()),
            Error::Conflict("It is decided already"),
            Error::KeyReused,
            Error::ConfirmationNeeded,
            Error::NoAccount,
            Error::InFlight,
            Error::NotEnough(Vec::new()),
            Error::Moved(Vec::new()),
            Error::SlowDown { retry_after: std::time::Duration::from_secs(7) },
            Error::Malformed("The body is no JSON".to_owned()),
            Error::Unavailable(anyhow::anyhow!("secret")),
            Error::Internal(anyhow::anyhow!("secret")),
        ];
        for failure in errors
            .iter()
            .map(Failure::of_own)
            .chain([405, 408, 413, 415].map(|status| Failure::of_status(StatusCode::from_u16(status).unwrap_or_default())))
        {
            assert!(!failure.detail.starts_with(&failure.title) && !failure.detail.contains("secret"), "{}", failure.title);
            assert!(failure.detail.ends_with('.') && !failure.title.ends_with('.'), "{}: {}", failure.title, failure.detail);
        }
    }
}
