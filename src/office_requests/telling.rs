//! What the customer is told of the decision, by text message.

use crate::db::{Office, Tx};
use crate::error::{Error, Result};
use crate::ids::CustomerId;
use crate::languages;
use crate::message_templates::kinds::{BUSINESS_NAME, REASON, URL};
use crate::message_templates::{self, Kind};
use crate::messages::{self, Message, Person};
use crate::office_customers::moving::Former;
use crate::tenancy::extract::Member;
use crate::values::PhoneNumber;

/// Whoever holds the number that an access was under is told that it is not any more.
pub(super) async fn moved(tx: &mut Tx<Office>, member: &Member, former: &Former) -> Result<()> {
    let Some(phone) = &former.phone else { return Ok(()) };
    text_to(tx, member, Person { customer: former.customer, phone: phone.as_str() }, Kind::AccessMoved, "").await
}

pub(super) async fn approved(tx: &mut Tx<Office>, member: &Member, customer: CustomerId, phone: &str) -> Result<()> {
    text_to(tx, member, Person { customer, phone }, Kind::AccountApproved, "").await
}

pub(super) async fn rejected(tx: &mut Tx<Office>, member: &Member, customer: CustomerId, phone: &str, reason: &str) -> Result<()> {
    text_to(tx, member, Person { customer, phone }, Kind::AccountRejected, reason).await
}

async fn text_to(tx: &mut Tx<Office>, member: &Member, person: Person<'_>, kind: Kind, reason: &str) -> Result<()> {
    let language = languages::of(&member.house, &member.tenant, &[person.customer]).await?.by(person.customer);
    let values = [
        (&BUSINESS_NAME, member.tenant.business_name.clone()),
        (&REASON, messages::beginning_of(reason)),
        (&URL, member.tenant.main_url(&member.house.hosts)),
    ];
    let text = message_templates::find(tx, kind, language).await?.text(&values);
    let to = PhoneNumber::from_e164(person.phone).map_err(|wrong| Error::Internal(anyhow::anyhow!("a request's phone: {wrong}")))?;
    messages::say_about(tx, person, Message::Text { to, text }, member.house.now()).await
}
