//! What customers are told, in whose words: a wholesaler's own where it has written some, else ours; in the language that the
//! customer has chosen. What is told to staff stands with its noun, in English.

pub mod api;
pub mod checking;
pub mod codes;
pub mod kinds;
pub mod pages;
pub mod parsing;
pub mod preview;
pub mod template;

use std::collections::HashMap;

use serde_json::json;
use sha2::{Digest, Sha256};

pub use self::kinds::{Kind, Variable};
pub use self::template::Template;

use crate::audit::{self, Actor, Event};
use crate::db::{Office, Tx};
use crate::error::{Error, Result};
use crate::tenancy::extract::Member;
use crate::values::Language;

/// What stands for the variables.
pub type Values = [(&'static Variable, String)];

/// A wholesaler's own words of one message in one language. What is empty is ours.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Own {
    pub sms: String,
    pub email_subject: String,
    pub email_text: String,
}

/// One message in one language, ready to be filled in.
#[derive(Debug, Clone)]
pub struct Wording {
    pub kind: Kind,
    pub language: Language,
    pub own: Own,
}

impl Wording {
    /// In our own words.
    pub fn ours(kind: Kind, language: Language) -> Self {
        Self { kind, language, own: Own::default() }
    }

    /// The text message. Of a code it is what stands before the last line, see [`codes`].
    pub fn text(&self, values: &Values) -> String {
        self.template(&self.own.sms, self.kind.ours(self.language)).in_one_line(values)
    }

    /// Subject and text of the e-mail.
    pub fn letter(&self, values: &Values) -> (String, String) {
        let subject = self.template(&self.own.email_subject, Kind::our_subject(self.language)).in_one_line(values);
        (subject, self.template(&self.own.email_text, self.kind.ours(self.language)).in_lines(values))
    }

    /// What was read once can be read again, unless another version of this program wrote it: then ours is said.
    fn template<'a>(&self, own: &'a str, ours: &'a str) -> Template<'a> {
        let is_whole = |template: &Template<'_>| self.kind.required().is_none_or(|name| template.has(name));
        let own = (!own.is_empty()).then(|| Template::read(self.kind, own).ok()).flatten().filter(is_whole);
        own.unwrap_or_else(|| Template::of_ours(ours))
    }

    /// Another one whenever any of it is another.
    pub fn version(&self) -> String {
        let Own { sms, email_subject, email_text } = &self.own;
        let hash = Sha256::digest(json!([sms, email_subject, email_text]).to_string());
        hex::encode(hash.get(..8).unwrap_or_default())
    }
}

/// How a message is worded here, in this language.
pub async fn find(tx: &mut Tx<Office>, kind: Kind, language: Language) -> Result<Wording> {
    let rows = sqlx::query!(
        "select channel, subject, text from message_templates where tenant_id = $1 and kind = $2 and language = $3",
        tx.tenant().uuid(),
        kind.word(),
        language.code()
    )
    .fetch_all(&mut *tx)
    .await?;
    let mut wording = Wording::ours(kind, language);
    for row in rows {
        wording.own.take(&row.channel, row.subject, row.text);
    }
    Ok(wording)
}

/// The same of all messages, in the order of the table.
pub async fn all(tx: &mut Tx<Office>, language: Language) -> Result<Vec<Wording>> {
    let rows = sqlx::query!(
        "select kind, channel, subject, text from message_templates where tenant_id = $1 and language = $2",
        tx.tenant().uuid(),
        language.code()
    )
    .fetch_all(&mut *tx)
    .await?;
    let mut written: HashMap<String, Own> = HashMap::new();
    for row in rows {
        written.entry(row.kind).or_default().take(&row.channel, row.subject, row.text);
    }
    Ok(Kind::all().map(|kind| Wording { kind, language, own: written.remove(kind.word()).unwrap_or_default() }).collect())
}

impl Own {
    fn take(&mut self, channel: &str, subject: String, text: String) {
        if channel == "sms" {
            self.sms = text;
        } else {
            (self.email_subject, self.email_text) = (subject, text);
        }
    }
}

/// Saves a wholesaler's own words; where none are left, ours are said again. `version` is that of what was on the screen.
///
/// # Errors
/// [`Error::Conflict`] when somebody else has saved since.
pub async fn save(tx: &mut Tx<Office>, member: &Member, new: &Wording, version: Option<&str>) -> Result<()> {
    // One after the other, also where there is no row yet.
    sqlx::query_scalar!("select id from tenants where id = $1 for update", tx.tenant().uuid()).fetch_one(&mut *tx).await?;
    let current = find(tx, new.kind, new.language).await?;
    if current.own == new.own {
        return Ok(());
    }
    if version.is_some_and(|version| version != current.version()) {
        return Err(Error::Conflict("Somebody else has changed this message since you opened it"));
    }
    let Own { sms, email_subject, email_text } = &new.own;
    for (channel, subject, text) in [("sms", "", sms.as_str()), ("email", email_subject, email_text)] {
        put(tx, member, new, (channel, subject, text)).await?;
    }
    let action = if new.own == Own::default() { "message_template.restored" } else { "message_template.changed" };
    let details = json!({ "message": new.kind.title(), "language": new.language.name() });
    let event = Event { actor: Actor::staff(member), action, subject_kind: "tenant", subject_id: tx.tenant().uuid(), details };
    audit::record(tx, event, member.house.now()).await
}

async fn put(tx: &mut Tx<Office>, member: &Member, new: &Wording, (channel, subject, text): (&str, &str, &str)) -> Result<()> {
    if subject.is_empty() && text.is_empty() {
        sqlx::query!(
            "delete from message_templates where tenant_id = $1 and kind = $2 and language = $3 and channel = $4",
            tx.tenant().uuid(),
            new.kind.word(),
            new.language.code(),
            channel
        )
        .execute(&mut *tx)
        .await?;
        return Ok(());
    }
    sqlx::query!(
        "insert into message_templates (tenant_id, kind, language, channel, subject, text, changed_at, changed_by)
         values ($1, $2, $3, $4, $5, $6, $7, $8)
         on conflict (tenant_id, kind, language, channel) do update
            set subject = excluded.subject, text = excluded.text, changed_at = excluded.changed_at, changed_by = excluded.changed_by",
        tx.tenant().uuid(),
        new.kind.word(),
        new.language.code(),
        channel,
        subject,
        text,
        member.house.now(),
        member.session.name
    )
    .execute(&mut *tx)
    .await?;
    Ok(())
}
