//! Sends codes. This is where a code comes into being, and it goes into the message and nowhere else.

use askama::Template;
use chrono::TimeDelta;

use super::code::Code;
use crate::error::{Error, Result};
use crate::ids::ChallengeId;
use crate::jobs::{Claimed, Outcome};
use crate::languages;
use crate::message_templates::{self, codes, codes::CodeText};
use crate::messages::letters::{Mail, Sender};
use crate::messages::{self, Carriers, one_line, outcome_of};
use crate::tenancy::states::Role;
use crate::tenancy::{House, Tenant};
use crate::values::Language;

#[derive(Template)]
#[template(path = "challenges/code.mail.txt", escape = "none")]
pub struct CodeMail<'a> {
    pub business_name: &'a str,
    pub code: &'a str,
    pub minutes: i64,
    pub office_url: &'a str,
}

#[derive(Template)]
#[template(path = "challenges/signup.mail.txt", escape = "none")]
pub struct SignupMail<'a> {
    pub code: &'a str,
    pub minutes: i64,
    pub public_url: &'a str,
}

#[derive(Template)]
#[template(path = "challenges/operator.mail.txt", escape = "none")]
pub struct OperatorMail<'a> {
    pub code: &'a str,
    pub minutes: i64,
    pub console_url: &'a str,
}

/// Sends the code of a challenge, unless it has ended meanwhile. Mail goes to people who work there, or are invited to, only;
/// the browser that asked is told the same either way.
///
/// When the process dies before it has written down that a gateway took the text, the next one sends it again: what nobody heard of
/// cannot be known, and the code of a challenge is always the same one.
pub async fn send(
    house: &House,
    carriers: &Carriers,
    tenant: Option<&Tenant>,
    challenge: ChallengeId,
    claimed: Claimed,
) -> Result<Outcome> {
    let now = house.now();
    let open = house
        .db()
        .identity()
        .read(async |tx| {
            Ok(sqlx::query!(
                // Whoever is not known has chosen nothing; either way it is this one question.
                r#"select host, purpose, address, key_version, expires_at,
                          coalesce((select language from customers where phone = address), '') as "language!"
                     from challenges where id = $1 and consumed_at is null and expires_at > $2"#,
                challenge.uuid(),
                now
            )
            .fetch_optional(&mut *tx)
            .await?)
        })
        .await?;
    let Some(open) = open else { return Ok(Outcome::Done) };
    let code = Code::derive(&house.config.keys, open.key_version, challenge)?.reveal();
    let minutes = minutes_left(open.expires_at - now);
    let sent = match tenant {
        // Nobody is let in there with it, and in five minutes it is good for nothing.
        Some(tenant) if open.purpose != "staff" && !tenant.serves(Role::Customer) => return Ok(Outcome::Done),
        Some(tenant) if open.purpose != "staff" => {
            let kind = codes::kind_of(&open.purpose);
            let language = Language::parse(&open.language).unwrap_or_else(|| languages::own(tenant));
            let wording = house.office(tenant).read(async |tx| message_templates::find(tx, kind, language).await).await?;
            let text = CodeText { code: &code, minutes, host: &open.host }.worded(tenant, &wording);
            let code = messages::Code { challenge, to: &open.address, text: &text };
            return messages::send_code(house, carriers, tenant, code, claimed).await;
        }
        Some(tenant) => {
            if !works_here(house, tenant, &open.address).await? {
                return Ok(Outcome::Done);
            }
            let office_url = format!("{}/office", house.hosts.url(&open.host));
            let business_name = one_line(&tenant.business_name);
            let mail = CodeMail { business_name: &business_name, code: &code, minutes, office_url: &office_url };
            carriers.mail.send(&mail_of(challenge, open.address, Sender::of_tenant(tenant, &house.hosts), &mail)?).await
        }
        None if open.purpose == "operator" => {
            if !is_operator(house, &open.address).await? {
                return Ok(Outcome::Done);
            }
            let mail = OperatorMail { code: &code, minutes, console_url: &house.hosts.console_url() };
            carriers.mail.send(&mail_of(challenge, open.address, Sender::of_platform(&house.hosts), &mail)?).await
        }
        None => {
            let mail = SignupMail { code: &code, minutes, public_url: &house.hosts.public_url() };
            carriers.mail.send(&mail_of(challenge, open.address, Sender::of_platform(&house.hosts), &mail)?).await
        }
    };
    Ok(outcome_of(&sent))
}

fn mail_of(challenge: ChallengeId, to: String, sender: Sender, text: &impl Template) -> Result<Mail> {
    let text = text.render().map_err(|error| Error::Internal(error.into()))?;
    let subject = format!("Your code for {}", sender.name);
    Ok(Mail { id: challenge.uuid(), to, sender, subject, text, news: None, return_token: String::new() })
}

/// To the nearest minute: a code that was asked for a moment ago has nearly all of them.
fn minutes_left(life: TimeDelta) -> i64 {
    ((life.num_seconds() + 30) / 60).max(1)
}

async fn works_here(house: &House, tenant: &Tenant, email: &str) -> Result<bool> {
    house
        .office(tenant)
        .read(async |tx| {
            Ok(sqlx::query_scalar!(
                r#"select exists (select from staff where tenant_id = $1 and email = $2 and removed_at is null)
                       or exists (select from invitations
                                   where tenant_id = $1 and email = $2 and accepted_at is null and withdrawn_at is null
                                     and expires_at > $3) as "works_here!""#,
                tx.tenant().uuid(),
                email,
                house.now()
            )
            .fetch_one(&mut *tx)
            .await?)
        })
        .await
}

async fn is_operator(house: &House, email: &str) -> Result<bool> {
    house
        .db()
        .identity()
        .read(async |tx| {
            Ok(sqlx::query_scalar!(r#"select exists (select from operators where email = $1 and removed_at is null) as "is_one!""#, email)
                .fetch_one(&mut *tx)
                .await?)
        })
        .await
}
