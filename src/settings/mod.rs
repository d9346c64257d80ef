//! What a wholesaler sets for itself: its name, its look, how it is reached, where it is, who sees prices. It stands in
//! the tenant's own row, of which the office may change these columns and no other row.

pub mod api;
pub mod logo;
pub mod pages;
pub mod reading;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::audit::{self, Actor, Event};
use crate::db::{Office, Tx};
use crate::error::{Error, Result};
use crate::tenancy::extract::{Member, SettingsKeeper, Staff};
use logo::Picture;
use reading::{Correction, Typed};

/// As they stand. Empty texts mean «none».
#[derive(Clone, PartialEq, Eq)]
pub struct Settings {
    pub business_name: String,
    pub brand_colour: String,
    pub second_colour: String,
    pub contact_email: String,
    /// E.164, or as the tenant's files have it.
    pub contact_phone: String,
    pub contact_address: String,
    pub opening_text: String,
    pub country: String,
    pub currency: String,
    pub time_zone: String,
    pub prices_shown: String,
    pub has_logo: bool,
}

impl Settings {
    /// Each with what people call it.
    pub fn named(&self) -> [(&'static str, &str); 11] {
        [
            ("business name", &self.business_name),
            ("first colour", &self.brand_colour),
            ("second colour", &self.second_colour),
            ("e-mail", &self.contact_email),
            ("phone", &self.contact_phone),
            ("address", &self.contact_address),
            ("opening text", &self.opening_text),
            ("country", &self.country),
            ("currency", &self.currency),
            ("time zone", &self.time_zone),
            ("who sees prices", &self.prices_shown),
        ]
    }

    /// Another one whenever any of them is another. Not the row's date: a new logo is nobody's contradiction.
    pub fn version(&self) -> String {
        let hash = Sha256::digest(json!(self.named()).to_string());
        hex::encode(hash.get(..8).unwrap_or_default())
    }
}

/// Reads them.
pub async fn find(tx: &mut Tx<Office>) -> Result<Settings> {
    Ok(sqlx::query_as!(
        Settings,
        r#"select business_name, brand_colour, coalesce(second_colour, '') as "second_colour!", contact_email, contact_phone,
                  contact_address, opening_text, country, currency, time_zone, prices_shown, logo_type is not null as "has_logo!"
             from tenants where id = $1"#,
        tx.tenant().uuid()
    )
    .fetch_one(&mut *tx)
    .await?)
}

/// The same for somebody who is about to change them: nobody else does meanwhile.
async fn find_to_change(tx: &mut Tx<Office>) -> Result<Settings> {
    sqlx::query_scalar!("select id from tenants where id = $1 for update", tx.tenant().uuid()).fetch_one(&mut *tx).await?;
    find(tx).await
}

/// Saves what was typed, with what it was and what it is in the audit log. `version` is that of the settings that were
/// on the screen meanwhile; without one, whatever stands is written over. Says which colours had to be corrected.
///
/// # Errors
/// [`Error::Invalid`] with what is wrong, [`Error::Conflict`] when somebody else has saved since.
pub async fn save(staff: Staff<SettingsKeeper>, typed: &Typed, version: Option<&str>) -> Result<Vec<Correction>> {
    let member = staff.member.clone();
    let corrections = staff.write(async |tx, member| change(tx, member, typed, version).await).await?;
    show(&member).await;
    Ok(corrections)
}

async fn change(tx: &mut Tx<Office>, member: &Member, typed: &Typed, version: Option<&str>) -> Result<Vec<Correction>> {
    let current = find_to_change(tx).await?;
    let (new, corrections) = typed.read(&current)?;
    if new == current {
        return Ok(corrections);
    }
    if version.is_some_and(|version| version != current.version()) {
        return Err(Error::Conflict("Somebody else has changed the settings since you opened them"));
    }
    if new.currency != current.currency && has_orders(tx).await? {
        return Err(Error::invalid("country", "A counter’s money cannot change after its first order, and in that country it would."));
    }
    write(tx, &new, member).await?;
    let pairs = current.named().into_iter().zip(new.named()).filter(|(before, after)| before != after);
    let changes = pairs.map(|((what, before), (_, after))| json!({ "what": what, "before": before, "after": after })).collect();
    record(tx, member, changes).await?;
    Ok(corrections)
}

/// Whether anybody has ever ordered: what was ordered was ordered in a currency.
async fn has_orders(tx: &mut Tx<Office>) -> Result<bool> {
    let found = sqlx::query_scalar!(r#"select exists (select from orders where tenant_id = $1) as "has_orders!""#, tx.tenant().uuid());
    Ok(found.fetch_one(&mut *tx).await?)
}

async fn write(tx: &mut Tx<Office>, new: &Settings, member: &Member) -> Result<()> {
    sqlx::query!(
        "update tenants
            set business_name = $2, brand_colour = $3, second_colour = nullif($4, ''), contact_email = $5, contact_phone = $6,
                contact_address = $7, opening_text = $8, country = $9, currency = $10, time_zone = $11, prices_shown = $12,
                sms_countries = case when $9 = any(sms_countries) then sms_countries else sms_countries || $9 end,
                updated_at = greatest($13, updated_at + interval '1 microsecond')
          where id = $1",
        tx.tenant().uuid(),
        new.business_name,
        new.brand_colour,
        new.second_colour,
        new.contact_email,
        new.contact_phone,
        new.contact_address,
        new.opening_text,
        new.country,
        new.currency,
        new.time_zone,
        new.prices_shown,
        member.house.now()
    )
    .execute(&mut *tx)
    .await?;
    Ok(())
}

/// Puts a picture that was uploaded in the place of the logo.
///
/// # Errors
/// [`Error::Invalid`] about `logo`, when it is no picture that is taken.
pub async fn put_logo(member: &Member, upload: Vec<u8>) -> Result<()> {
    let picture = logo::draw_anew(upload).await?;
    member.house.office(&member.tenant).write(async |tx| change_logo(tx, member, Some(&picture)).await).await?;
    show(member).await;
    Ok(())
}

/// Takes the logo away; where there is none, nothing happens.
pub async fn remove_logo(member: &Member) -> Result<()> {
    member.house.office(&member.tenant).write(async |tx| change_logo(tx, member, None).await).await?;
    show(member).await;
    Ok(())
}

async fn change_logo(tx: &mut Tx<Office>, member: &Member, picture: Option<&Picture>) -> Result<()> {
    let had_logo = find_to_change(tx).await?.has_logo;
    if picture.is_none() && !had_logo {
        return Ok(());
    }
    sqlx::query!(
        "update tenants
            set logo = $2, logo_type = $3, updated_at = greatest($4, updated_at + interval '1 microsecond')
          where id = $1",
        tx.tenant().uuid(),
        picture.map(|picture| picture.png.as_slice()),
        picture.map(|_| "image/png"),
        member.house.now()
    )
    .execute(&mut *tx)
    .await?;
    let before = if had_logo { "a picture" } else { "none" };
    let after = picture.map_or("none".to_owned(), |picture| format!("a picture of {} × {} pixels", picture.width, picture.height));
    record(tx, member, vec![json!({ "what": "logo", "before": before, "after": after })]).await
}

async fn record(tx: &mut Tx<Office>, member: &Member, changes: Vec<Value>) -> Result<()> {
    let subject_id = tx.tenant().uuid();
    let details = json!({ "changes": changes });
    let event = Event { actor: Actor::staff(member), action: "settings.changed", subject_kind: "tenant", subject_id, details };
    audit::record(tx, event, member.house.now()).await
}

/// This process forgets at once what it knew, so that who has saved sees it on the next page; the others are told by
/// the database.
async fn show(member: &Member) {
    member.house.tenants.forget(member.tenant.slug.as_str()).await;
}
