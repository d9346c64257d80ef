//! What the customer is told of an order: whoever placed it, or else the owners of the account, by text message or e-mail as the
//! account wants it.

use serde_json::Value;
use uuid::Uuid;

use super::changes::Changes;
use crate::db::{Office, Tx};
use crate::error::{Error, Result};
use crate::ids::{CustomerId, OrderEventId};
use crate::jobs::Outcome;
use crate::languages::{self, Spoken};
use crate::message_templates::kinds::{BUSINESS_NAME, CHANGES, NOT_AS_ORDERED, NUMBER, PLACED_BY, REASON, TOTAL, URL};
use crate::message_templates::{self, Kind, Variable};
use crate::messages::{self, Message, Person};
use crate::tenancy::{House, Tenant};
use crate::values::{Currency, EmailAddress, Language, Money, PhoneNumber};

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
            let Some(kind) = told.kind() else {
                return Ok(Outcome::GiveUp(format!("nothing is said of an order that is {}", told.what)));
            };
            let news = News { house, tenant, told: &told, kind };
            match told.order_news.as_str() {
                "text" => by_text(tx, &news).await?,
                "email" => by_letter(tx, &news).await?,
                _ => {}
            }
            Ok(Outcome::Done)
        })
        .await
}

impl Told {
    /// Which message says it.
    fn kind(&self) -> Option<Kind> {
        Some(match self.what.as_str() {
            "submitted" if self.placed_by_name.is_empty() => Kind::OrderSubmitted,
            "submitted" => Kind::OrderPlaced,
            "accepted" => Kind::OrderAccepted,
            "amended" => Kind::OrderAmended,
            "dispatched" if self.method == "collection" => Kind::OrderReady,
            "dispatched" => Kind::OrderDispatched,
            "declined" => Kind::OrderDeclined,
            "cancelled" => Kind::OrderCancelled,
            _ => return None,
        })
    }
}

/// What is said, of which order.
struct News<'a> {
    house: &'a House,
    tenant: &'a Tenant,
    told: &'a Told,
    kind: Kind,
}

impl News<'_> {
    /// What stands for the variables of whichever message it is.
    fn values(&self, language: Language) -> Result<[(&'static Variable, String); 8]> {
        let (tenant, told) = (self.tenant, self.told);
        let currency = Currency::parse(&told.currency).map_err(|wrong| Error::Internal(anyhow::anyhow!("an order's currency: {wrong}")))?;
        let changes = changes(tenant, told, currency, language)?;
        let not_as_ordered = match language {
            _ if changes.is_empty() => String::new(),
            Language::English => format!("Not as ordered: {changes}."),
            Language::French => format!("Modifications : {changes}."),
        };
        Ok([
            (&BUSINESS_NAME, tenant.business_name.clone()),
            (&PLACED_BY, told.placed_by_name.clone()),
            (&NUMBER, told.number.clone()),
            (&TOTAL, Money::new(told.net_minor, currency).shown_in(tenant.country)),
            (&REASON, messages::beginning_of(&told.reason)),
            (&CHANGES, changes),
            (&NOT_AS_ORDERED, not_as_ordered),
            (&URL, format!("{}/orders/{}", tenant.main_url(&self.house.hosts), told.number)),
        ])
    }
}

/// The beginning of what has changed; all of it stands on the page.
fn changes(tenant: &Tenant, told: &Told, currency: Currency, language: Language) -> Result<String> {
    let changes: Changes = serde_json::from_value(told.details.clone()).map_err(|error| Error::Internal(error.into()))?;
    let shown = |minor: i64| Money::new(minor, currency).shown_in(tenant.country);
    // The arrow would make the text twice as dear.
    let said = changes.in_language(language, shown).join("; ").replace('→', "->");
    Ok(messages::beginning_of(&said).trim_end_matches('.').to_owned())
}

/// Somebody of the account.
struct Recipient {
    access_id: Uuid,
    customer_id: Uuid,
    phone: String,
    role: String,
}

/// Whoever placed it, when a customer did who still comes here; else the owners of the account; with what they speak.
async fn whom(tx: &mut Tx<Office>, news: &News<'_>) -> Result<(Vec<Recipient>, Spoken)> {
    let told = news.told;
    let mut people = sqlx::query_as!(
        Recipient,
        "select access_id, customer_id, phone, role from account_access
          where tenant_id = $1 and account_id = $2 and status = 'active' order by access_id",
        tx.tenant().uuid(),
        told.account_id
    )
    .fetch_all(&mut *tx)
    .await?;
    let placer = told.placed_by.filter(|_| told.placed_by_kind == "customer");
    let is_here = people.iter().any(|person| Some(person.access_id) == placer);
    people.retain(|person| if is_here { Some(person.access_id) == placer } else { person.role == "owner" });
    let customers: Vec<CustomerId> = people.iter().map(|person| person.customer_id.into()).collect();
    let spoken = languages::of(news.house, news.tenant, &customers).await?;
    Ok((people, spoken))
}

async fn by_text(tx: &mut Tx<Office>, news: &News<'_>) -> Result<()> {
    let (people, spoken) = whom(tx, news).await?;
    for person in people {
        let language = spoken.by(person.customer_id.into());
        let text = message_templates::find(tx, news.kind, language).await?.text(&news.values(language)?);
        let to = PhoneNumber::from_e164(&person.phone).map_err(|wrong| Error::Internal(anyhow::anyhow!("a customer's phone: {wrong}")))?;
        let whom = Person { customer: person.customer_id.into(), phone: &person.phone };
        messages::say_about(tx, whom, Message::Text { to, text }, news.house.now()).await?;
    }
    Ok(())
}

/// In the language of whoever would get the text.
async fn by_letter(tx: &mut Tx<Office>, news: &News<'_>) -> Result<()> {
    // The address of an account that was erased meanwhile is empty.
    let Ok(to) = EmailAddress::parse(&news.told.order_email) else { return Ok(()) };
    let (people, spoken) = whom(tx, news).await?;
    let language = people.first().map_or_else(|| languages::own(news.tenant), |person| spoken.by(person.customer_id.into()));
    let (subject, text) = message_templates::find(tx, news.kind, language).await?.letter(&news.values(language)?);
    let of = news.told.account_id.into();
    messages::say(tx, Message::News { of, to, subject, text }, news.house.now()).await
}
