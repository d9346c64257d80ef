//! What the customer is told of an order: whoever placed it, or else the owners of the account, by text message or e-mail as the
//! account wants it.

use askama::Template;
use serde_json::Value;
use uuid::Uuid;

use super::changes::Changes;
use crate::db::{Office, Tx};
use crate::error::{Error, Result};
use crate::ids::OrderEventId;
use crate::jobs::Outcome;
use crate::messages::{self, Message, Person};
use crate::tenancy::{House, Tenant};
use crate::values::{Currency, EmailAddress, Money, PhoneNumber};

/// What stands in every text.
#[derive(Template)]
#[template(path = "orders/submitted.sms.txt", escape = "none")]
struct Submitted<'a> {
    business_name: &'a str,
    /// Who of the staff has; empty when the customer has.
    placed_by: &'a str,
    number: &'a str,
    total: &'a str,
    url: &'a str,
}

#[derive(Template)]
#[template(path = "orders/accepted.sms.txt", escape = "none")]
struct Accepted<'a> {
    business_name: &'a str,
    number: &'a str,
    total: &'a str,
    url: &'a str,
}

#[derive(Template)]
#[template(path = "orders/amended.sms.txt", escape = "none")]
struct Amended<'a> {
    business_name: &'a str,
    number: &'a str,
    what: &'a str,
    total: &'a str,
    url: &'a str,
}

#[derive(Template)]
#[template(path = "orders/dispatched.sms.txt", escape = "none")]
struct Dispatched<'a> {
    business_name: &'a str,
    number: &'a str,
    is_collected: bool,
    what: &'a str,
    url: &'a str,
}

#[derive(Template)]
#[template(path = "orders/declined.sms.txt", escape = "none")]
struct Declined<'a> {
    business_name: &'a str,
    number: &'a str,
    reason: &'a str,
    url: &'a str,
}

#[derive(Template)]
#[template(path = "orders/cancelled.sms.txt", escape = "none")]
struct Cancelled<'a> {
    business_name: &'a str,
    number: &'a str,
    reason: &'a str,
    url: &'a str,
}

/// What has happened, and to whose order.
struct Told {
    what: String,
    reason: String,
    details: Value,
    number: String,
    net_minor: i64,
    currency: String,
    method: String,
    account_id: Uuid,
    placed_by_kind: String,
    placed_by: Option<Uuid>,
    placed_by_name: String,
    order_news: String,
    order_email: String,
}

/// Tells of something that has happened to an order.
pub async fn tell_customer(house: &House, tenant: &Tenant, event: OrderEventId) -> Result<Outcome> {
    house
        .office(tenant)
        .write(async |tx| {
            let told = sqlx::query_as!(
                Told,
                r#"select e.move as what, e.reason, e.details, o.number, o.net_minor, o.currency, o.method, o.account_id, o.placed_by_kind, o.placed_by, o.placed_by_name,
                          t.order_news, t.order_email
                     from order_events e
                     join orders o on o.tenant_id = $1 and o.order_id = e.order_id
                     join trade_accounts t on t.tenant_id = $1 and t.account_id = o.account_id
                    where e.tenant_id = $1 and e.event_id = $2"#,
                tx.tenant().uuid(),
                event.uuid()
            )
            .fetch_optional(&mut *tx)
            .await?;
            let Some(told) = told else { return Ok(Outcome::Done) };
            let Some(text) = words(house, tenant, &told)? else {
                return Ok(Outcome::GiveUp(format!("nothing is said of an order that is {}", told.what)));
            };
            match told.order_news.as_str() {
                "text" => by_text(tx, house, &told, &text).await?,
                "email" => by_letter(tx, house, &told, text).await?,
                _ => {}
            }
            Ok(Outcome::Done)
        })
        .await
}

fn words(house: &House, tenant: &Tenant, told: &Told) -> Result<Option<String>> {
    let url = format!("{}/orders/{}", tenant.main_url(&house.hosts), told.number);
    let currency = Currency::parse(&told.currency).map_err(|wrong| Error::Internal(anyhow::anyhow!("an order's currency: {wrong}")))?;
    // A blank that no line is broken at would make the text twice as dear.
    let total = Money::new(told.net_minor, currency).shown_in(tenant.country).replace('\u{a0}', " ");
    let reason = messages::beginning_of(&told.reason);
    let business_name = messages::one_line(&tenant.business_name);
    let placed_by = messages::one_line(&told.placed_by_name);
    let (business_name, number) = (business_name.as_str(), told.number.as_str());
    let text = match told.what.as_str() {
        "submitted" => Submitted { business_name, placed_by: &placed_by, number, total: &total, url: &url }.render(),
        "accepted" => Accepted { business_name, number, total: &total, url: &url }.render(),
        "amended" => Amended { business_name, number, what: &changes(tenant, told, currency)?, total: &total, url: &url }.render(),
        "dispatched" => {
            let what = changes(tenant, told, currency)?;
            Dispatched { business_name, number, is_collected: told.method == "collection", what: &what, url: &url }.render()
        }
        "declined" => Declined { business_name, number, reason: &reason, url: &url }.render(),
        "cancelled" => Cancelled { business_name, number, reason: &reason, url: &url }.render(),
        _ => return Ok(None),
    };
    text.map(Some).map_err(|error| Error::Internal(error.into()))
}

/// The beginning of what has changed; all of it stands on the page.
fn changes(tenant: &Tenant, told: &Told, currency: Currency) -> Result<String> {
    let changes: Changes = serde_json::from_value(told.details.clone()).map_err(|error| Error::Internal(error.into()))?;
    let shown = |minor: i64| Money::new(minor, currency).shown_in(tenant.country).replace('\u{a0}', " ");
    // The arrow would make the text twice as dear.
    let said = changes.in_words(shown).join("; ").replace('→', "->");
    Ok(messages::beginning_of(&said).trim_end_matches('.').to_owned())
}

/// To whoever placed it, when a customer did who still comes here; else to the owners of the account.
async fn by_text(tx: &mut Tx<Office>, house: &House, told: &Told, text: &str) -> Result<()> {
    let people = sqlx::query!(
        "select access_id, customer_id, phone, role from account_access where tenant_id = $1 and account_id = $2 and status = 'active'",
        tx.tenant().uuid(),
        told.account_id
    )
    .fetch_all(&mut *tx)
    .await?;
    let placer = told.placed_by.filter(|_| told.placed_by_kind == "customer");
    let is_here = people.iter().any(|person| Some(person.access_id) == placer);
    let to_tell = people.iter().filter(|person| if is_here { Some(person.access_id) == placer } else { person.role == "owner" });
    for person in to_tell {
        let to = PhoneNumber::from_e164(&person.phone).map_err(|wrong| Error::Internal(anyhow::anyhow!("a customer's phone: {wrong}")))?;
        let whom = Person { customer: person.customer_id.into(), phone: &person.phone };
        messages::say_about(tx, whom, Message::Text { to, text: text.to_owned() }, house.now()).await?;
    }
    Ok(())
}

async fn by_letter(tx: &mut Tx<Office>, house: &House, told: &Told, text: String) -> Result<()> {
    // The address of an account that was erased meanwhile is empty.
    let Ok(to) = EmailAddress::parse(&told.order_email) else { return Ok(()) };
    let subject = format!("Your order {}", told.number);
    let of = told.account_id.into();
    messages::say(tx, Message::News { of, to, subject, text }, house.now()).await
}
