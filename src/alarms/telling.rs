//! Tells the platform's people.

use askama::Template;

use super::find;
use crate::error::{Error, Result};
use crate::ids::AlarmId;
use crate::jobs::Outcome;
use crate::messages::letters::{Mail, Sender};
use crate::messages::{Carriers, one_line, outcome_of, texts};
use crate::tenancy::House;

#[derive(Template)]
#[template(path = "alarms/alarm.mail.txt", escape = "none")]
struct AlarmLetter<'a> {
    what: &'a str,
    url: &'a str,
}

/// Writes to every operator. A letter that went already goes again under the same `Message-ID` when another has to be tried again.
pub async fn tell_operators(house: &House, carriers: &Carriers, alarm: AlarmId) -> Result<Outcome> {
    let found = house.db().identity().read(async |tx| find(tx, Some(alarm), 1, house.now()).await).await?;
    let Some(raised) = found.into_iter().next() else { return Ok(Outcome::Done) };
    let operators = house.db().platform();
    let operators = operators.read(async |tx| {
        Ok(sqlx::query!("select id, email from operators where removed_at is null order by id").fetch_all(&mut *tx).await?)
    });
    let what = format!("{} ran out {}.", one_line(&raised.what()), raised.began_at.format("at %H:%M UTC on %-d %B %Y"));
    let url = format!("{}/alarms", house.hosts.console_url());
    let text = AlarmLetter { what: &what, url: &url }.render().map_err(|error| Error::Internal(error.into()))?;
    let mut outcome = Outcome::Done;
    for operator in operators.await? {
        let id = texts::id_made_of(&format!("alarm {alarm} to {}", operator.id)).uuid();
        let (sender, subject) = (Sender::of_platform(&house.hosts), "Codes are being asked for that nobody enters".to_owned());
        let mail = Mail { id, to: operator.email, sender, subject, text: text.clone(), news: None, return_token: String::new() };
        match (outcome_of(&carriers.mail.send(&mail).await), &outcome) {
            // Who can be told, is.
            (Outcome::Done, _) | (_, Outcome::Later(_)) => {}
            (other, _) => outcome = other,
        }
    }
    Ok(outcome)
}
