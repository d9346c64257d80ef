//! The messages on a desk: all of them as they go out now, and one to be written anew.

use http::StatusCode;
use poem::web::{Form, Path, Query};
use poem::{IntoResponse, Response, handler};
use serde::Deserialize;

use super::checking::{self, Looked, Typed};
use super::preview::{Preview, examples};
use super::{Kind, Own, Wording, all, find, save};
use crate::error::{Error, FieldErrors, Result};
use crate::languages;
use crate::tenancy::extract::{Member, SettingsKeeper, Staff};
use crate::values::Language;
use crate::web::{Page, Redirect, Shell};

const HERE: &str = "/office/settings/messages";

#[derive(askama::Template)]
#[template(path = "message_templates/index.html")]
struct IndexPage {
    shell: Shell,
    tabs: Vec<Tab>,
    language: &'static str,
    /// In which whoever has chosen none is written to.
    own_language: &'static str,
    country: String,
    chapters: Vec<ChapterView>,
}

/// A language to look at.
struct Tab {
    href: String,
    name: &'static str,
    is_here: bool,
}

struct ChapterView {
    title: &'static str,
    items: Vec<Item>,
}

struct Item {
    href: String,
    title: &'static str,
    when: &'static str,
    is_own: bool,
    text: String,
    cost: String,
    warning: String,
}

#[derive(askama::Template)]
#[template(path = "message_templates/edit.html")]
struct EditPage {
    shell: Shell,
    kind: &'static str,
    title: &'static str,
    when: &'static str,
    tabs: Vec<Tab>,
    language: &'static str,
    country: String,
    notice: &'static str,
    warning: String,
    wrong: FieldErrors,
    version: String,
    form: MessageForm,
    is_code: bool,
    by_email: bool,
    /// None while what is typed cannot be filled in.
    preview: Option<PreviewView>,
    letter_subject: String,
    letter_text: String,
    variables: Vec<VariableView>,
    is_own: bool,
    ours: &'static str,
}

struct PreviewView {
    text: String,
    cost: String,
    warning: String,
}

struct VariableView {
    /// With its braces.
    name: String,
    meaning: &'static str,
    example: String,
}

/// Which language is looked at, and what has just been done.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Asked {
    language: String,
    done: String,
}

/// What was typed.
#[derive(Deserialize, Default, Clone)]
#[serde(default)]
pub struct MessageForm {
    language: String,
    version: String,
    sms: String,
    email_subject: String,
    email_text: String,
}

impl MessageForm {
    /// What goes out now, to be changed.
    fn of(wording: &Wording) -> Self {
        let Wording { kind, language, own } = wording;
        let or_ours = |own: &String, ours: &str| if own.is_empty() { ours.trim_end().to_owned() } else { own.clone() };
        Self {
            language: language.code().to_owned(),
            version: wording.version(),
            sms: or_ours(&own.sms, kind.ours(*language)),
            email_subject: or_ours(&own.email_subject, Kind::our_subject(*language)),
            email_text: or_ours(&own.email_text, kind.ours(*language)),
        }
    }

    fn typed(&self, kind: Kind) -> Typed {
        let Self { sms, email_subject, email_text, .. } = self.clone();
        if kind.goes_by_email() { Typed { sms, email_subject, email_text } } else { Typed { sms, ..Typed::default() } }
    }
}

/// In which language; the wholesaler's own when none is named.
fn language_of(code: &str, member: &Member) -> Result<Language> {
    if code.is_empty() { Ok(languages::own(&member.tenant)) } else { Language::parse(code).ok_or(Error::NotFound) }
}

fn kind_of(word: &str) -> Result<Kind> {
    Kind::parse(word).ok_or(Error::NotFound)
}

fn tabs(address: &str, here: Language) -> Vec<Tab> {
    let tab = |one: Language| Tab { href: format!("{address}?language={}", one.code()), name: one.name(), is_here: one == here };
    Language::ALL.map(tab).into()
}

/// `GET /office/settings/messages`
#[handler]
pub async fn index(mut staff: Staff<SettingsKeeper>, Query(asked): Query<Asked>) -> Result<Page> {
    let language = language_of(&asked.language, &staff.member)?;
    let wordings = all(&mut staff.tx, language).await?;
    let member = &staff.member;
    let item = |wording: &Wording| {
        let preview = Preview::of(&member.house, &member.tenant, wording);
        Item {
            href: format!("{HERE}/{}?language={}", wording.kind.word(), language.code()),
            title: wording.kind.title(),
            when: wording.kind.when(),
            is_own: wording.own != Own::default(),
            cost: preview.in_words(&member.tenant),
            warning: preview.warning(&member.tenant),
            text: preview.text,
        }
    };
    let chapter = |title: &'static str, is_in: &dyn Fn(Kind) -> bool| ChapterView {
        title,
        items: wordings.iter().filter(|wording| is_in(wording.kind)).map(item).collect(),
    };
    Page::of(&IndexPage {
        shell: Shell::of_staff(member, "Messages", "settings", member.session.waiting.requests),
        tabs: tabs(HERE, language),
        language: language.code(),
        own_language: languages::own(&member.tenant).name(),
        country: member.tenant.country.name_in_sentence(),
        chapters: vec![
            chapter("Codes", &Kind::is_code),
            chapter("Accounts", &|kind| !kind.is_code() && !kind.goes_by_email()),
            chapter("Orders", &Kind::goes_by_email),
        ],
    })
}

/// The page with this form; `wording` is what stands, `shown` what is filled in below the fields.
fn page(member: &Member, wording: &Wording, shown: Option<&Wording>, form: MessageForm, wrong: FieldErrors) -> EditPage {
    let (kind, language, tenant) = (wording.kind, wording.language, &member.tenant);
    let examples = examples(&member.house, tenant, kind, language);
    let preview = shown.map(|shown| Preview::of(&member.house, tenant, shown));
    let preview =
        preview.map(|preview| PreviewView { cost: preview.in_words(tenant), warning: preview.warning(tenant), text: preview.text });
    let letter = shown.filter(|_| kind.goes_by_email()).map(|shown| shown.letter(&examples)).unwrap_or_default();
    EditPage {
        shell: Shell::of_staff(member, kind.title(), "settings", member.session.waiting.requests),
        kind: kind.word(),
        title: kind.title(),
        when: kind.when(),
        tabs: tabs(&format!("{HERE}/{}", kind.word()), language),
        language: language.code(),
        country: tenant.country.name_in_sentence(),
        notice: "",
        warning: String::new(),
        wrong,
        version: form.version.clone(),
        form,
        is_code: kind.is_code(),
        by_email: kind.goes_by_email(),
        preview,
        letter_subject: letter.0,
        letter_text: letter.1,
        variables: examples
            .into_iter()
            .map(|(variable, example)| VariableView { name: format!("{{{}}}", variable.name), meaning: variable.meaning, example })
            .collect(),
        is_own: wording.own != Own::default(),
        ours: kind.ours(language),
    }
}

/// `GET /office/settings/messages/:kind`
#[handler]
pub async fn show(mut staff: Staff<SettingsKeeper>, Path(kind): Path<String>, Query(asked): Query<Asked>) -> Result<Page> {
    let (kind, language) = (kind_of(&kind)?, language_of(&asked.language, &staff.member)?);
    let wording = find(&mut staff.tx, kind, language).await?;
    let mut page = page(&staff.member, &wording, Some(&wording), MessageForm::of(&wording), FieldErrors::new());
    page.notice = match asked.done.as_str() {
        "saved" => "Saved. It goes out like this now.",
        "ours" => "It goes out in our words again.",
        _ => "",
    };
    Page::of(&page)
}

/// `POST /office/settings/messages/:kind`
#[handler]
pub async fn update(staff: Staff<SettingsKeeper>, Path(kind): Path<String>, Form(form): Form<MessageForm>) -> Result<Response> {
    let Staff { member, mut tx, .. } = staff;
    let (kind, language) = (kind_of(&kind)?, language_of(&form.language, &member)?);
    let Looked { wording, wrong } = checking::look(&member.house, &member.tenant, kind, language, &form.typed(kind));
    let Ok(new) = wrong.clone().or(wording.clone()) else {
        let current = find(&mut tx, kind, language).await?;
        let page = page(&member, &current, wording.as_ref(), form, wrong);
        return Ok(Page::of(&page)?.with_status(StatusCode::UNPROCESSABLE_ENTITY).into_response());
    };
    match save(&mut tx, &member, &new, Some(form.version.as_str()).filter(|version| !version.is_empty())).await {
        Ok(()) => {
            tx.commit().await?;
            Ok(Redirect::to(format!("{HERE}/{}?language={}&done=saved", kind.word(), language.code())).into_response())
        }
        Err(Error::Conflict(why)) => {
            let current = find(&mut tx, kind, language).await?;
            // Whoever sends it once more has been told.
            let form = MessageForm { version: current.version(), ..form };
            let mut page = page(&member, &current, Some(&new), form, FieldErrors::new());
            page.warning = format!("{why}. It stands below as you typed it: save once more to write yours over theirs.");
            Ok(Page::of(&page)?.with_status(StatusCode::CONFLICT).into_response())
        }
        Err(error) => Err(error),
    }
}

/// `POST /office/settings/messages/:kind/preview`: the form with what it comes to; nothing is saved.
#[handler]
pub async fn look(mut staff: Staff<SettingsKeeper>, Path(kind): Path<String>, Form(form): Form<MessageForm>) -> Result<Response> {
    let (kind, language) = (kind_of(&kind)?, language_of(&form.language, &staff.member)?);
    let current = find(&mut staff.tx, kind, language).await?;
    let member = &staff.member;
    let Looked { wording, wrong } = checking::look(&member.house, &member.tenant, kind, language, &form.typed(kind));
    let status = if wrong.iter().next().is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    Ok(Page::of(&page(member, &current, wording.as_ref(), form, wrong))?.with_status(status).into_response())
}

/// `POST /office/settings/messages/:kind/removal`
#[handler]
pub async fn removal(staff: Staff<SettingsKeeper>, Path(kind): Path<String>, Form(form): Form<MessageForm>) -> Result<Redirect> {
    let Staff { member, mut tx, .. } = staff;
    let (kind, language) = (kind_of(&kind)?, language_of(&form.language, &member)?);
    save(&mut tx, &member, &Wording::ours(kind, language), None).await?;
    tx.commit().await?;
    Ok(Redirect::to(format!("{HERE}/{}?language={}&done=ours", kind.word(), language.code())))
}
