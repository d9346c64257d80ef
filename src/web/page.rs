//! Answers with a page: HTML that nobody may keep, or the way to the next page.

use askama::Template;
use http::StatusCode;
use http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName, HeaderValue, LOCATION, REFRESH, RETRY_AFTER, SET_COOKIE};
use poem::error::ResponseError;
use poem::{IntoResponse, Response};

use crate::error::{Error, Result};
use crate::tenancy::extract::Here;
use crate::tenancy::token::{PENDING_COOKIE, Token, pending_cookie};

/// The header that empties what the browser kept of this site.
pub const CLEAR_SITE_DATA: HeaderName = HeaderName::from_static("clear-site-data");
/// Not the cookies: the browser would drop those of every sibling host as well.
pub const CLEARED: &str = "\"cache\", \"storage\"";

/// A rendered page.
pub struct Page {
    status: StatusCode,
    html: String,
    headers: Vec<(HeaderName, String)>,
}

impl Page {
    /// Renders it.
    pub fn of(template: &impl Template) -> Result<Self> {
        let html = template.render().map_err(|error| Error::Internal(error.into()))?;
        Ok(Self { status: StatusCode::OK, html, headers: Vec::new() })
    }

    /// With another status: 422 for a form that wants correcting.
    pub fn with_status(mut self, status: StatusCode) -> Self {
        self.status = status;
        self
    }

    /// With a cookie set or taken back.
    pub fn with_cookie(mut self, cookie: String) -> Self {
        self.headers.push((SET_COOKIE, cookie));
        self
    }

    /// With a name for this browser to ask for codes under, when it has none: then both taps of a double tap bring the same.
    pub fn with_pending_cookie(self, here: &Here) -> Result<Self> {
        if here.token(PENDING_COOKIE).is_some() {
            return Ok(self);
        }
        Ok(self.with_cookie(pending_cookie(&Token::new()?)))
    }

    /// With the status of what it refuses, and when it may be tried again.
    pub fn with_refusal(mut self, refusal: &Error) -> Self {
        if let Some(seconds) = refusal.retry_after_seconds() {
            self.headers.push((RETRY_AFTER, seconds.to_string()));
        }
        self.with_status(refusal.status())
    }

    /// It is asked for again after so many seconds, without a script, for as long as it says so.
    pub fn with_refresh(mut self, seconds: u8) -> Self {
        self.headers.push((REFRESH, seconds.to_string()));
        self
    }

    /// Forms on this page may also lead to these origins, through a redirect of ours.
    pub fn with_form_targets(mut self, origins: &str) -> Self {
        self.headers.push((CONTENT_SECURITY_POLICY, content_security_policy(origins)));
        self
    }
}

/// What a page may load and where its forms may lead. No inline scripts or styles, nobody may frame it.
pub fn content_security_policy(form_targets: &str) -> String {
    format!(
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; \
         form-action 'self' {form_targets}; base-uri 'none'; frame-ancestors 'none'"
    )
}

impl IntoResponse for Page {
    fn into_response(self) -> Response {
        let mut response = Response::builder().status(self.status).header(CONTENT_TYPE, "text/html; charset=utf-8").body(self.html);
        add_headers(&mut response, self.headers);
        response
    }
}

/// `303 See Other`: what a form answers when it has done its work.
pub struct Redirect {
    location: String,
    headers: Vec<(HeaderName, String)>,
}

impl Redirect {
    /// To a path of this site, or to a host of ours.
    pub fn to(location: impl Into<String>) -> Self {
        Self { location: location.into(), headers: Vec::new() }
    }

    /// With a cookie set or taken back.
    pub fn with_cookie(mut self, cookie: String) -> Self {
        self.headers.push((SET_COOKIE, cookie));
        self
    }

    /// With another header.
    pub fn with_header(mut self, name: HeaderName, value: &str) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }
}

impl IntoResponse for Redirect {
    fn into_response(self) -> Response {
        let mut response = Response::builder().status(StatusCode::SEE_OTHER).finish();
        add_headers(&mut response, vec![(LOCATION, self.location)]);
        add_headers(&mut response, self.headers);
        response
    }
}

fn add_headers(response: &mut Response, headers: Vec<(HeaderName, String)>) {
    for (name, value) in headers {
        if let Ok(value) = HeaderValue::from_str(&value) {
            response.headers_mut().append(name, value);
        } else {
            tracing::error!(header = %name, "a header's value cannot be sent");
        }
    }
}
