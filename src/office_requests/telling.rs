//! What the customer is told of the decision, by text message.

use askama::Template;

use crate::db::{Office, Tx};
use crate::error::{Error, Result};
use crate::ids::CustomerId;
use crate::messages::{self, Message, Person};
use crate::office_customers::moving::Former;
use crate::tenancy::extract::Member;
use crate::values::PhoneNumber;

#[derive(Template)]
#[template(path = "office_requests/approved.sms.txt", escape = "none")]
struct Approved<'a> {
    business_name: &'a str,
    url: &'a str,
}

#[derive(Template)]
#[template(path = "office_requests/rejected.sms.txt", escape = "none")]
struct Rejected<'a> {
    business_name: &'a str,
    reason: &'a str,
    url: &'a str,
}

#[derive(Template)]
#[template(path = "office_requests/moved.sms.txt", escape = "none")]
struct Moved<'a> {
    business_name: &'a str,
}

/// Whoever holds the number that an access was under is told that it is not any more.
pub(super) async fn moved(tx: &mut Tx<Office>, member: &Member, former: &Former) -> Result<()> {
    let Some(phone) = &former.phone else { return Ok(()) };
    let text = Moved { business_name: &member.tenant.business_name };
    text_to(tx, member, former.customer, phone.as_str(), text.render()).await
}

pub(super) async fn approved(tx: &mut Tx<Office>, member: &Member, customer: CustomerId, phone: &str) -> Result<()> {
    let url = member.tenant.main_url(&member.house.hosts);
    let text = Approved { business_name: &member.tenant.business_name, url: &url };
    text_to(tx, member, customer, phone, text.render()).await
}

pub(super) async fn rejected(tx: &mut Tx<Office>, member: &Member, customer: CustomerId, phone: &str, reason: &str) -> Result<()> {
    let url = member.tenant.main_url(&member.house.hosts);
    let short = messages::beginning_of(reason);
    let text = Rejected { business_name: &member.tenant.business_name, reason: &short, url: &url };
    text_to(tx, member, customer, phone, text.render()).await
}

async fn text_to(tx: &mut Tx<Office>, member: &Member, customer: CustomerId, phone: &str, text: askama::Result<String>) -> Result<()> {
    let text = text.map_err(|error| Error::Internal(error.into()))?;
    let to = PhoneNumber::from_e164(phone).map_err(|wrong| Error::Internal(anyhow::anyhow!("a request's phone: {wrong}")))?;
    messages::say_about(tx, Person { customer, phone }, Message::Text { to, text }, member.house.now()).await
}
