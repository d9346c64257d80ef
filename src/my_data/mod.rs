//! What is held about the person behind a phone, at every wholesaler: to be looked at, taken along and erased.

pub mod api;
pub mod erasure;
pub mod pages;
pub mod telling;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::challenges::{self, Address, ProvenBrowser};
use crate::db::{Identity, Tx};
use crate::error::Result;
use crate::ids::TenantId;
use crate::tenancy::extract::Caller;
use crate::values::Language;

/// Everything that is held.
pub struct Held {
    pub phone: String,
    pub known_since: DateTime<Utc>,
    pub last_proven_at: DateTime<Utc>,
    /// In which they want to be written to, if they have said.
    pub language: Option<Language>,
    /// Browsers in which the number was confirmed.
    pub known_browsers: Vec<ProvenBrowser>,
    /// By name.
    pub wholesalers: Vec<AtWholesaler>,
}

/// What one wholesaler holds.
pub struct AtWholesaler {
    tenant: Uuid,
    pub slug: String,
    pub business_name: String,
    pub account: Option<Account>,
    pub requests: Vec<Request>,
    pub sessions: Vec<Session>,
    pub messages: Vec<Text>,
    pub letters: Vec<Letter>,
    /// What they ordered for the account.
    pub orders: Vec<Order>,
    pub history: Vec<Entry>,
}

/// What lets them in.
pub struct Account {
    tenant_id: Uuid,
    access_id: Uuid,
    account_id: Uuid,
    pub account_number: String,
    pub business_name: String,
    pub contact_name: String,
    pub role: String,
    pub status: String,
    pub since: DateTime<Utc>,
}

/// What they asked, and what was decided.
pub struct Request {
    request_id: Uuid,
    tenant_id: Uuid,
    pub kind: String,
    pub business_name: String,
    pub contact_name: String,
    pub message: String,
    pub status: String,
    pub reason: String,
    pub asked_at: DateTime<Utc>,
    pub decided_at: Option<DateTime<Utc>>,
}

/// Where they were signed in.
pub struct Session {
    tenant_id: Uuid,
    pub user_agent: String,
    pub signed_in_at: DateTime<Utc>,
    pub last_seen_at: DateTime<Utc>,
    pub ended_at: Option<DateTime<Utc>>,
}

/// What they were told.
pub struct Text {
    tenant_id: Uuid,
    pub recipient: String,
    pub text: String,
    pub status: String,
    pub written_at: DateTime<Utc>,
    pub sent_at: Option<DateTime<Utc>>,
}

/// What the wholesaler's own people were told of them. Each of them got it; who they are is not the customer's to know.
pub struct Letter {
    tenant_id: Uuid,
    pub subject: String,
    pub text: String,
    pub written_at: DateTime<Utc>,
}

/// An order that they placed: what they wrote on it. What is in it is the account's, and stays with it.
pub struct Order {
    pub number: String,
    pub reference: String,
    pub note: String,
    pub placed_at: DateTime<Utc>,
}

/// What was done about them: by which kind of people, not by whom.
pub struct Entry {
    pub at: DateTime<Utc>,
    pub by: String,
    pub action: String,
}

/// Gathers it. What is a person's own is read as that person; the number and the name of their account, and what the
/// audit log says of it, at each wholesaler by what was found there.
pub async fn held(caller: &Caller) -> Result<Held> {
    let house = &caller.house;
    let mut held = house.db().person(caller.session.customer_id).read(async |tx| own(tx, caller).await).await?;
    for place in &mut held.wholesalers {
        let scope = house.db().office(TenantId::from(place.tenant));
        scope
            .read(async |tx| {
                let subjects: Vec<Uuid> = place.requests.iter().map(|request| request.request_id).collect();
                let subjects = [subjects, place.account.iter().map(|account| account.access_id).collect()].concat();
                if let Some(account) = &mut place.account {
                    let named = sqlx::query!(
                        "select account_number, business_name from trade_accounts where tenant_id = $1 and account_id = $2",
                        tx.tenant().uuid(),
                        account.account_id
                    )
                    .fetch_one(&mut *tx)
                    .await?;
                    (account.account_number, account.business_name) = (named.account_number, named.business_name);
                    place.orders = sqlx::query_as!(
                        Order,
                        "select number, reference, note, placed_at from orders
                          where tenant_id = $1 and account_id = $2 and placed_by_kind = 'customer' and placed_by = $3
                          order by placed_at, order_id",
                        tx.tenant().uuid(),
                        account.account_id,
                        account.access_id
                    )
                    .fetch_all(&mut *tx)
                    .await?;
                }
                place.history = sqlx::query_as!(
                    Entry,
                    "select at, actor_kind as by, action from audit_events
                      where tenant_id = $1 and subject_id = any($2) order by at, event_id",
                    tx.tenant().uuid(),
                    &subjects
                )
                .fetch_all(&mut *tx)
                .await?;
                Ok(())
            })
            .await?;
    }
    Ok(held)
}

/// The person's own rows, wherever they are: the door shows no others.
async fn own(tx: &mut Tx<Identity>, caller: &Caller) -> Result<Held> {
    let me = caller.session.customer_id.uuid();
    let customer =
        sqlx::query!("select phone, created_at, last_proven_at, language from customers where id = $1", me).fetch_one(&mut *tx).await?;
    let mut accounts = accounts(tx, me).await?;
    let mut requests = sqlx::query_as!(
        Request,
        "select request_id, tenant_id, kind, business_name, contact_name, message, status, reason, created_at as asked_at, decided_at
           from registration_requests where customer_id = $1 order by created_at, request_id",
        me
    )
    .fetch_all(&mut *tx)
    .await?;
    let mut sessions = sqlx::query_as!(
        Session,
        "select tenant_id, user_agent, created_at as signed_in_at, last_seen_at, ended_at
           from sessions where customer_id = $1 order by created_at, session_id",
        me
    )
    .fetch_all(&mut *tx)
    .await?;
    let mut messages = sqlx::query_as!(
        Text,
        "select tenant_id, recipient, text, status, created_at as written_at, sent_at
           from messages where customer_id = $1 and channel = 'sms' order by created_at, message_id",
        me
    )
    .fetch_all(&mut *tx)
    .await?;
    let mut letters = sqlx::query_as!(
        Letter,
        r#"select tenant_id, subject, text, min(created_at) as "written_at!"
             from messages where customer_id = $1 and channel = 'email' group by tenant_id, subject, text order by min(created_at), text"#,
        me
    )
    .fetch_all(&mut *tx)
    .await?;
    let tenants: Vec<Uuid> = (accounts.iter().map(|row| row.tenant_id))
        .chain(requests.iter().map(|row| row.tenant_id))
        .chain(sessions.iter().map(|row| row.tenant_id))
        .chain(messages.iter().map(|row| row.tenant_id))
        .chain(letters.iter().map(|row| row.tenant_id))
        .collect();
    let tenants = sqlx::query!(
        "select id, slug, business_name from tenants where id = any($1) and status <> 'purged' order by lower(business_name), slug",
        &tenants
    )
    .fetch_all(&mut *tx)
    .await?;
    let wholesalers = tenants.into_iter().map(|tenant| AtWholesaler {
        account: accounts.extract_if(.., |row| row.tenant_id == tenant.id).next(),
        requests: requests.extract_if(.., |row| row.tenant_id == tenant.id).collect(),
        sessions: sessions.extract_if(.., |row| row.tenant_id == tenant.id).collect(),
        messages: messages.extract_if(.., |row| row.tenant_id == tenant.id).collect(),
        letters: letters.extract_if(.., |row| row.tenant_id == tenant.id).collect(),
        orders: Vec::new(),
        history: Vec::new(),
        tenant: tenant.id,
        slug: tenant.slug,
        business_name: tenant.business_name,
    });
    Ok(Held {
        wholesalers: wholesalers.collect(),
        known_browsers: challenges::known_browsers(tx, &caller.house.config, &Address::Phone(caller.session.phone.clone())).await?,
        phone: customer.phone,
        known_since: customer.created_at,
        last_proven_at: customer.last_proven_at,
        language: Language::parse(&customer.language),
    })
}

/// Their accesses; what the accounts are called is each wholesaler's own.
async fn accounts(tx: &mut Tx<Identity>, me: Uuid) -> Result<Vec<Account>> {
    Ok(sqlx::query_as!(
        Account,
        r#"select tenant_id, access_id, account_id, '' as "account_number!", '' as "business_name!", contact_name, role, status,
                  created_at as since
             from account_access where customer_id = $1"#,
        me
    )
    .fetch_all(&mut *tx)
    .await?)
}
