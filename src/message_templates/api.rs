//! The messages to customers, by the API.

use poem_openapi::param::{Path, Query};
use poem_openapi::payload::Json;
use poem_openapi::{ApiResponse, Object, OpenApi};

use super::checking::{self, LONGEST_EMAIL, LONGEST_SMS, LONGEST_SUBJECT, Typed};
use super::preview::{Preview, examples};
use super::{Kind, Own, Wording, all, find, save};
use crate::api::Chapter;
use crate::api::typed::{Body, Text};
use crate::error::{Error, Result};
use crate::languages;
use crate::messages::sms::Encoding;
use crate::tenancy::extract::{Member, SettingsKeeper, Staff};
use crate::values::Language;

pub struct MessageTemplatesApi;

/// A message to customers in one language.
#[derive(Object)]
pub struct MessageTemplateAnswer {
    /// Such as `order_accepted`.
    kind: String,
    /// `en` or `fr`.
    language: String,
    title: String,
    /// When it goes.
    when: String,
    /// The text message as it is written; with your own words or ours.
    sms: String,
    /// Null where the message goes by text alone.
    email_subject: Option<String>,
    email_text: Option<String>,
    /// Which of them are your own words: `sms`, `email_subject`, `email_text`.
    own: Vec<String>,
    variables: Vec<MessageVariable>,
    preview: MessagePreview,
    /// Another one whenever your words are others; to be sent with a change.
    version: String,
}

/// What can stand in a message.
#[derive(Object)]
pub struct MessageVariable {
    /// As it is written, in braces: `{number}`.
    name: String,
    meaning: String,
    example: String,
}

/// What a message comes to, filled in with the examples.
#[derive(Object)]
pub struct MessagePreview {
    /// The text message, line by line.
    text: String,
    /// `gsm-7`, or `ucs-2` when a letter is outside the alphabet of text messages.
    encoding: String,
    /// How many units of it the text takes.
    units: u32,
    /// How many texts it is charged as.
    segments: u32,
    /// What they cost, to a number of your country, in millionths of the currency.
    cost_micros: i64,
    currency: String,
    /// Letters outside the alphabet of text messages, each with the nearest that would do.
    outside: Vec<OutsideLetter>,
    /// How many texts it would be without them.
    segments_without: u32,
    /// Null where the message goes by text alone.
    email_subject: Option<String>,
    email_text: Option<String>,
}

/// A letter outside the alphabet of text messages.
#[derive(Object)]
pub struct OutsideLetter {
    letter: String,
    /// Null where nothing is near.
    instead: Option<String>,
}

/// All messages in one language.
#[derive(Object)]
pub struct MessageTemplateList {
    items: Vec<MessageTemplateAnswer>,
    next: Option<String>,
}

/// What a message is to say. What is left out, or empty, is said in our words.
#[derive(Object)]
#[oai(deny_unknown_fields)]
pub struct MessageTemplateBody {
    /// In one line; line breaks become blanks.
    sms: Option<Text<0, LONGEST_SMS>>,
    email_subject: Option<Text<0, LONGEST_SUBJECT>>,
    email_text: Option<Text<0, LONGEST_EMAIL>>,
    /// Of the message as it was read: when somebody has changed it since, 409.
    version: Option<Text<1, 64>>,
}

#[derive(ApiResponse)]
pub enum MessageTemplateRestored {
    /// It is said in our words.
    #[oai(status = 204)]
    Restored,
}

fn small(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

impl MessagePreview {
    fn of(member: &Member, wording: &Wording) -> Self {
        let preview = Preview::of(&member.house, &member.tenant, wording);
        let examples = examples(&member.house, &member.tenant, wording.kind, wording.language);
        let (email_subject, email_text) = wording.kind.goes_by_email().then(|| wording.letter(&examples)).unzip();
        let outside = preview.outside.iter().map(|outside| OutsideLetter {
            letter: outside.letter.to_string(),
            instead: Some(outside.instead.clone()).filter(|instead| !instead.is_empty()),
        });
        Self {
            outside: outside.collect(),
            encoding: if preview.segments.encoding == Encoding::Gsm7 { "gsm-7" } else { "ucs-2" }.to_owned(),
            units: small(preview.segments.units),
            segments: small(preview.segments.count),
            cost_micros: preview.cost.micros,
            currency: preview.cost.currency.to_string(),
            segments_without: small(preview.without),
            text: preview.text,
            email_subject,
            email_text,
        }
    }
}

impl MessageTemplateAnswer {
    fn of(member: &Member, wording: &Wording) -> Self {
        let Wording { kind, language, own: Own { sms, email_subject, email_text } } = wording;
        let fields = [("sms", sms), ("email_subject", email_subject), ("email_text", email_text)];
        let or_ours = |own: &str, ours: &str| if own.is_empty() { ours.trim_end().to_owned() } else { own.to_owned() };
        let by_email = |own: &str, ours: &str| kind.goes_by_email().then(|| or_ours(own, ours));
        let variables = examples(&member.house, &member.tenant, *kind, *language).into_iter().map(|(variable, example)| {
            let (name, meaning) = (format!("{{{}}}", variable.name), variable.meaning.to_owned());
            MessageVariable { name, meaning, example }
        });
        Self {
            kind: kind.word().to_owned(),
            language: language.code().to_owned(),
            title: kind.title().to_owned(),
            when: kind.when().to_owned(),
            sms: or_ours(sms, kind.ours(*language)),
            email_subject: by_email(email_subject, Kind::our_subject(*language)),
            email_text: by_email(email_text, kind.ours(*language)),
            own: fields.into_iter().filter(|(_, text)| !text.is_empty()).map(|(field, _)| field.to_owned()).collect(),
            variables: variables.collect(),
            preview: MessagePreview::of(member, wording),
            version: wording.version(),
        }
    }
}

/// Which message, in which language.
fn named(kind: &Path<String>, language: &Path<String>) -> Result<(Kind, Language)> {
    Kind::parse(&kind.0).zip(Language::parse(&language.0)).ok_or(Error::NotFound)
}

fn read(member: &Member, (kind, language): (Kind, Language), body: &MessageTemplateBody) -> Result<Wording> {
    let typed = Typed {
        sms: body.sms.as_deref().unwrap_or_default().to_owned(),
        email_subject: body.email_subject.as_deref().unwrap_or_default().to_owned(),
        email_text: body.email_text.as_deref().unwrap_or_default().to_owned(),
    };
    checking::read(&member.house, &member.tenant, kind, language, &typed)
}

#[OpenApi(prefix_path = "/api/v1", tag = "Chapter::Office")]
impl MessageTemplatesApi {
    /// What customers are told
    ///
    /// Every message in one language, as it goes out now.
    #[oai(path = "/office/settings/messages", method = "get")]
    async fn list_message_templates(
        &self,
        mut staff: Staff<SettingsKeeper>,
        /// `en` or `fr`; without one, that of your country.
        language: Query<Option<Text<0, 8>>>,
    ) -> Result<Json<MessageTemplateList>> {
        let unknown = || Error::invalid("language", "There is en and fr.");
        let language = match language.0.as_deref().unwrap_or_default() {
            "" => languages::own(&staff.member.tenant),
            code => Language::parse(code).ok_or_else(unknown)?,
        };
        let wordings = all(&mut staff.tx, language).await?;
        let items = wordings.iter().map(|wording| MessageTemplateAnswer::of(&staff.member, wording)).collect();
        Ok(Json(MessageTemplateList { items, next: None }))
    }

    /// One message in one language
    #[oai(path = "/office/settings/messages/:kind/:language", method = "get")]
    async fn get_message_template(
        &self,
        mut staff: Staff<SettingsKeeper>,
        kind: Path<String>,
        language: Path<String>,
    ) -> Result<Json<MessageTemplateAnswer>> {
        let (kind, language) = named(&kind, &language)?;
        let wording = find(&mut staff.tx, kind, language).await?;
        Ok(Json(MessageTemplateAnswer::of(&staff.member, &wording)))
    }

    /// Say it in your own words
    ///
    /// What is left out, or empty, is said in ours. A variable that is not there, a code's text without its code, and more texts than
    /// a message may cost are refused. Changed meanwhile: 409.
    #[oai(path = "/office/settings/messages/:kind/:language", method = "put")]
    async fn update_message_template(
        &self,
        staff: Staff<SettingsKeeper>,
        kind: Path<String>,
        language: Path<String>,
        body: Body<MessageTemplateBody>,
    ) -> Result<Json<MessageTemplateAnswer>> {
        let Staff { member, mut tx, .. } = staff;
        let new = read(&member, named(&kind, &language)?, &body)?;
        save(&mut tx, &member, &new, body.version.as_deref()).await?;
        tx.commit().await?;
        Ok(Json(MessageTemplateAnswer::of(&member, &new)))
    }

    /// Say it in our words again
    #[oai(path = "/office/settings/messages/:kind/:language", method = "delete")]
    async fn delete_message_template(
        &self,
        staff: Staff<SettingsKeeper>,
        kind: Path<String>,
        language: Path<String>,
    ) -> Result<MessageTemplateRestored> {
        let Staff { member, mut tx, .. } = staff;
        let (kind, language) = named(&kind, &language)?;
        save(&mut tx, &member, &Wording::ours(kind, language), None).await?;
        tx.commit().await?;
        Ok(MessageTemplateRestored::Restored)
    }

    /// See what it would come to
    ///
    /// Nothing is saved.
    #[oai(path = "/office/settings/messages/:kind/:language/preview", method = "post")]
    #[expect(clippy::unused_async, reason = "operations are asynchronous by form")]
    async fn preview_message_template(
        &self,
        staff: Staff<SettingsKeeper>,
        kind: Path<String>,
        language: Path<String>,
        body: Body<MessageTemplateBody>,
    ) -> Result<Json<MessagePreview>> {
        let wording = read(&staff.member, named(&kind, &language)?, &body)?;
        Ok(Json(MessagePreview::of(&staff.member, &wording)))
    }
}
