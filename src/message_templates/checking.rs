//! What somebody wrote as a message, looked over before it is kept.

use super::kinds::CODE;
use super::preview::Preview;
use super::{Kind, Own, Template, Wording};
use crate::error::{FieldErrors, Result};
use crate::tenancy::{House, Tenant};
use crate::values::{Language, text};

/// The most characters of a text message: more than any that costs few enough segments,
pub const LONGEST_SMS: usize = 800;
/// of the subject of an e-mail,
pub const LONGEST_SUBJECT: usize = 150;
/// and of its text.
pub const LONGEST_EMAIL: usize = 3_000;

/// What was typed. What is empty stays ours.
#[derive(Debug, Clone, Default)]
pub struct Typed {
    pub sms: String,
    pub email_subject: String,
    pub email_text: String,
}

/// What came of reading it.
pub struct Looked {
    /// None where something cannot be read at all.
    pub wording: Option<Wording>,
    pub wrong: FieldErrors,
}

/// Reads it. What says the same as we do is ours, and becomes what we say when we find better words.
///
/// # Errors
/// [`Error::Invalid`](crate::error::Error::Invalid) about `sms`, `email_subject` and `email_text`: a variable that is not there, a
/// brace without its other half, a code's text without its code, more segments than it may cost.
pub fn read(house: &House, tenant: &Tenant, kind: Kind, language: Language, typed: &Typed) -> Result<Wording> {
    let Looked { wording, wrong } = look(house, tenant, kind, language, typed);
    wrong.or(wording)
}

/// The same for whoever wants to see also what cannot go like that.
pub fn look(house: &House, tenant: &Tenant, kind: Kind, language: Language, typed: &Typed) -> Looked {
    let mut wrong = FieldErrors::new();
    let ours = kind.ours(language);
    let mut field = |name: &'static str, typed: &str, ours: &str, read: &dyn Fn(&str) -> Result<String, String>| {
        if typed.trim().is_empty() {
            return String::new();
        }
        let read = read(typed).and_then(|text| Template::read(kind, &text).map(|_| text.clone()));
        read.map_err(|why| wrong.add(name, why)).ok().filter(|text| text != ours.trim_end()).unwrap_or_default()
    };
    let one_line = |most: usize| move |typed: &str| text::line(typed, most).map_err(|why| why.about("the text"));
    let several = |typed: &str| text::optional(typed, LONGEST_EMAIL).map_err(|why| why.about("the text"));
    let own = Own {
        sms: field("sms", &typed.sms, ours, &one_line(LONGEST_SMS)),
        email_subject: field("email_subject", &typed.email_subject, Kind::our_subject(language), &one_line(LONGEST_SUBJECT)),
        email_text: field("email_text", &typed.email_text, ours, &several),
    };
    if wrong.iter().next().is_some() {
        return Looked { wording: None, wrong };
    }
    let wording = Wording { kind, language, own };
    if let Some(why) = why_not(house, tenant, &wording) {
        wrong.add("sms", why);
    }
    let has_letter = !wording.own.email_subject.is_empty() || !wording.own.email_text.is_empty();
    if has_letter && !kind.goes_by_email() {
        wrong.add("email_text", "This message goes by text message alone.");
    }
    Looked { wording: Some(wording), wrong }
}

/// Why a text message cannot go like that, though it can be read.
fn why_not(house: &House, tenant: &Tenant, wording: &Wording) -> Option<String> {
    let own = wording.own.sms.as_str();
    if own.is_empty() {
        return None;
    }
    let is_whole = |name: &str| Template::read(wording.kind, own).is_ok_and(|template| template.has(name));
    if wording.kind.required().is_some_and(|name| !is_whole(name)) {
        return Some(format!("Write {{{}}} where the code is to stand: without it nobody gets in.", CODE.name));
    }
    let (count, most) = (Preview::of(house, tenant, wording).segments.count, wording.kind.most_segments());
    (count > most).then(|| format!("This comes to {count} texts, and {most} are the most. Please shorten it."))
}
