//! The pages of such a door, for whoever stands in front of it.

use askama::Template;
use http::StatusCode;
use poem::{IntoResponse, Response};
use serde::Deserialize;

use super::{Opened, way_on};
use crate::challenges::{Asked, Purpose, known_cookie, pending};
use crate::error::{Error, Result};
use crate::tenancy::Here;
use crate::tenancy::token::{PENDING_COOKIE, end_cookie, pending_cookie, set_cookie};
use crate::web::failure::in_words;
use crate::web::page::{CLEAR_SITE_DATA, CLEARED};
use crate::web::{Contact, Page, Redirect, Shell};

/// One of the doors.
pub struct Door {
    /// As it stands beside the name.
    pub place: &'static str,
    /// The heading, as a sentence.
    pub heading: &'static str,
    pub promise: &'static str,
    pub label: &'static str,
    pub hint: String,
    /// What has to be true of an address for a code to come.
    pub condition: &'static str,
    /// In front of each of its paths.
    pub prefix: &'static str,
    /// Where one is when one is in.
    pub home: &'static str,
    pub cookie: &'static str,
    pub purpose: Purpose,
    /// Whom to ask who gets no code.
    pub contact: Option<Contact>,
    /// Where those go who are wrong here; empty when there is no such place.
    pub elsewhere: &'static str,
}

/// What somebody brings to the door.
#[derive(Deserialize, Default, Clone)]
#[serde(default)]
pub struct Typed {
    pub email: String,
    pub code: String,
    /// The question that a passkey has answered,
    pub challenge: String,
    /// and how.
    pub credential: String,
    /// Where they were going.
    pub to: String,
}

#[derive(Template)]
#[template(path = "email_sign_in/sign_in.html")]
struct SignInPage<'a> {
    shell: Shell,
    door: &'a Door,
    email: String,
    to: String,
    /// Who they are is known; they show it again. `asks_for_code` is whether a code is enough.
    is_again: bool,
    asks_for_code: bool,
    email_error: String,
    /// Why nothing can be tried just now, or nothing came of it.
    refusal: String,
    notice: String,
}

#[derive(Template)]
#[template(path = "email_sign_in/code.html")]
struct CodePage<'a> {
    shell: Shell,
    door: &'a Door,
    email: String,
    to: String,
    code_error: String,
    /// Why nothing can be tried just now.
    refusal: String,
    notice: String,
    is_used_up: bool,
    was_sent: bool,
    resend_in_seconds: u32,
    expires_in_minutes: u32,
}

impl<'a> SignInPage<'a> {
    fn of(door: &'a Door, here: &Here, typed: &Typed) -> Self {
        Self {
            shell: Shell::of(here, door.heading),
            email: typed.email.clone(),
            to: way_on(&typed.to, door.home).to_owned(),
            is_again: false,
            asks_for_code: true,
            email_error: String::new(),
            refusal: String::new(),
            notice: String::new(),
            door,
        }
    }

    fn shown(&self, here: &Here) -> Result<Page> {
        Page::of(self)?.with_pending_cookie(here)
    }
}

impl Door {
    fn path(&self, noun: &str, to: &str) -> String {
        let (prefix, to) = (self.prefix, way_on(to, self.home));
        if to == self.home { format!("{prefix}/{noun}") } else { format!("{prefix}/{noun}?to={to}") }
    }

    /// The way in.
    pub fn show(&self, here: &Here, typed: &Typed) -> Result<Page> {
        SignInPage::of(self, here, typed).shown(here)
    }

    /// The same for somebody who is in, and is asked who they are once more.
    pub fn show_again(&self, here: &Here, typed: &Typed, asks_for_code: bool) -> Result<Page> {
        let shell = Shell { private: true, ..Shell::of(here, "Show that it is you") };
        SignInPage { shell, is_again: true, asks_for_code, ..SignInPage::of(self, here, typed) }.shown(here)
    }

    /// What came of asking for a code.
    pub fn after_asking(&self, here: &Here, typed: &Typed, asked: Result<Asked>) -> Result<Response> {
        let page = SignInPage::of(self, here, typed);
        match asked {
            Ok(asked) => Ok(Redirect::to(self.path("code", &typed.to)).with_cookie(pending_cookie(&asked.browser)).into_response()),
            Err(Error::Invalid(fields)) => {
                let page = SignInPage { email_error: fields.of("email"), ..page }.shown(here)?;
                Ok(page.with_status(StatusCode::UNPROCESSABLE_ENTITY).into_response())
            }
            Err(refusal @ Error::TooManyCodes { .. }) => {
                let page = SignInPage { refusal: in_words(&refusal), ..page }.shown(here)?;
                Ok(page.with_refusal(&refusal).into_response())
            }
            Err(error) => Err(error),
        }
    }

    /// Where the code is typed; the way in for a browser without an open question.
    pub async fn code(&self, here: &Here, typed: &Typed) -> Result<Response> {
        Ok(match self.code_page(here, typed, String::new(), String::new()).await? {
            Some(page) => page.into_response(),
            None => Redirect::to(self.path("sign-in", &typed.to)).into_response(),
        })
    }

    /// What came of bringing a code or a passkey.
    pub async fn after_bringing<Who>(&self, here: &Here, typed: &Typed, opened: Result<Opened<Who>>) -> Result<Response> {
        let (code_error, refusal) = match opened {
            Ok(opened) => {
                let session = set_cookie(self.cookie, &opened.token.reveal(), opened.life_seconds);
                let on = Redirect::to(way_on(&typed.to, self.home)).with_cookie(session);
                return Ok(match &opened.known {
                    Some(known) => on.with_cookie(known_cookie(&here.house, known)),
                    None => on,
                }
                .into_response());
            }
            Err(error @ Error::WrongPasskey) => {
                let no_answer = "Your browser did not ask for a passkey: that takes JavaScript, and a browser that knows passkeys. A code by e-mail works without.";
                let refusal = if typed.credential.is_empty() { no_answer.to_owned() } else { format!("{error}.") };
                let page = SignInPage { refusal, ..SignInPage::of(self, here, typed) }.shown(here)?;
                return Ok(page.with_status(StatusCode::UNPROCESSABLE_ENTITY).into_response());
            }
            Err(Error::Invalid(fields)) => (fields.of("code"), None),
            Err(error @ Error::WrongCode) => (format!("{error}."), None),
            Err(refusal @ Error::SlowDown { .. }) => (String::new(), Some(refusal)),
            Err(error) => return Err(error),
        };
        let words = refusal.as_ref().map(in_words).unwrap_or_default();
        let page = match self.code_page(here, typed, code_error, words.clone()).await? {
            Some(page) => page,
            None => {
                let notice = if refusal.is_none() { "That code is no longer good. Ask for a new one." } else { "" };
                SignInPage { refusal: words, notice: notice.to_owned(), ..SignInPage::of(self, here, typed) }.shown(here)?
            }
        };
        Ok(match &refusal {
            Some(refusal) => page.with_refusal(refusal),
            None => page.with_status(StatusCode::UNPROCESSABLE_ENTITY),
        }
        .into_response())
    }

    /// Back in front of the door, with nothing left behind.
    pub fn after_leaving(&self) -> Redirect {
        Redirect::to(format!("{}/sign-in", self.prefix))
            .with_cookie(end_cookie(self.cookie))
            .with_cookie(end_cookie(PENDING_COOKIE))
            .with_header(CLEAR_SITE_DATA, CLEARED)
    }

    /// None when this browser has no open question here.
    async fn code_page(&self, here: &Here, typed: &Typed, code_error: String, refusal: String) -> Result<Option<Page>> {
        let Some(open) = pending(&here.house, here, self.purpose).await? else { return Ok(None) };
        Page::of(&CodePage {
            shell: Shell { private: true, ..Shell::of(here, "Your code") },
            door: self,
            to: way_on(&typed.to, self.home).to_owned(),
            code_error: if open.is_used_up { String::new() } else { code_error },
            refusal: if open.is_used_up { "Too many tries with this code. Get a new one.".to_owned() } else { refusal },
            notice: open.notice(),
            email: open.address,
            is_used_up: open.is_used_up,
            was_sent: open.was_sent,
            resend_in_seconds: open.resend_in_seconds,
            expires_in_minutes: open.expires_in_seconds.div_ceil(60),
        })
        .map(Some)
    }
}
