//! Signed-in browsers. A session is a row, looked up on every request together with what it opens, so that
//! ending either of the two ends it at once.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use moka::future::Cache;
use uuid::Uuid;

use crate::db::{Counter, CounterKeys, Db, Office, Tx};
use crate::error::{Error, Result};
use crate::ids::{AccessId, AccountId, CustomerId, PriceListId, SessionId, StaffId, TenantId};
use crate::values::{Country, EmailAddress, PhoneNumber};

/// How things stand between a customer and a wholesaler.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccessStatus {
    Active,
    None,
    Pending,
    Rejected,
    Suspended,
}

impl AccessStatus {
    /// The word of the API.
    pub fn word(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::None => "none",
            Self::Pending => "pending",
            Self::Rejected => "rejected",
            Self::Suspended => "suspended",
        }
    }
}

/// What a customer may be for their trade account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccessRole {
    Owner,
    Buyer,
}

impl AccessRole {
    /// From the database's word.
    pub fn parse(word: &str) -> Option<Self> {
        match word {
            "owner" => Some(Self::Owner),
            "buyer" => Some(Self::Buyer),
            _ => None,
        }
    }

    /// The word of the API and the database.
    pub fn word(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Buyer => "buyer",
        }
    }
}

/// What lets a customer in.
#[derive(Debug, Clone)]
pub struct Access {
    pub access_id: AccessId,
    pub account_id: AccountId,
    /// What the account is called,
    pub business_name: String,
    /// where it is,
    pub country: Country,
    /// whose prices it shares, if it shares any,
    pub price_list: Option<PriceListId>,
    /// and whether it has any of its own.
    pub has_own_prices: bool,
    pub role: AccessRole,
    pub suspended: bool,
}

/// A customer's open session, and their access if they have one.
#[derive(Debug, Clone)]
pub struct CustomerSession {
    pub session_id: SessionId,
    pub customer_id: CustomerId,
    pub phone: PhoneNumber,
    pub access: Option<Access>,
    /// How often the tenant's goods have changed.
    pub catalogue_version: i64,
    pub last_seen_at: DateTime<Utc>,
}

impl CustomerSession {
    /// What opens the counter to them: somebody who is shut out for now has none.
    pub fn active_access(&self) -> Option<&Access> {
        self.access.as_ref().filter(|access| !access.suspended)
    }
}

/// A host of a tenant's. A session is good at the one it began at, for as long as that one has led to the tenant without a
/// break: browsers show their cookies to whoever has the name next.
#[derive(Debug, Clone, Copy)]
pub struct Doorway<'a> {
    pub tenant: TenantId,
    /// Where the wholesaler is.
    pub country: Country,
    /// One of its own domains; None is its subdomain.
    pub domain: Option<&'a str>,
    /// Since when it leads there: sessions that began earlier are over.
    pub since: DateTime<Utc>,
    /// Whether the base prices are there to be seen by everybody.
    pub strangers_see_prices: bool,
}

/// Who a token belonged to when it was last seen. Only a guess, with which the transaction is opened; the
/// session read under it says whether it was right.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Holder {
    customer: CustomerId,
    account: AccountId,
    /// Nil when there is none,
    price_list: PriceListId,
    /// and nil when the base prices are not for them.
    base_list: PriceListId,
}

impl Holder {
    const NOBODY: Uuid = Uuid::nil();

    /// Before anything is known.
    fn nobody() -> Self {
        Self {
            customer: Self::NOBODY.into(),
            account: Self::NOBODY.into(),
            price_list: Self::NOBODY.into(),
            base_list: Self::NOBODY.into(),
        }
    }

    /// What the session says.
    fn of(session: &CustomerSession, doorway: Doorway<'_>) -> Self {
        let active = session.active_access();
        let base_list = if active.is_some() || doorway.strangers_see_prices { doorway.tenant.uuid() } else { Self::NOBODY };
        Self {
            customer: session.customer_id,
            account: session.access.as_ref().map_or(Self::NOBODY.into(), |access| access.account_id),
            price_list: active.and_then(|access| access.price_list).unwrap_or(Self::NOBODY.into()),
            base_list: base_list.into(),
        }
    }

    fn keys(self, tenant: TenantId, session_hash: [u8; 32]) -> CounterKeys {
        let Self { customer, account, price_list, base_list } = self;
        CounterKeys { tenant, session_hash, customer, account, price_list, base_list }
    }
}

/// Who held which session when it was last seen, by its token's hash.
#[derive(Clone)]
pub struct SessionHolders(Cache<[u8; 32], Holder>);

impl Default for SessionHolders {
    fn default() -> Self {
        Self(Cache::builder().max_capacity(50_000).time_to_idle(Duration::from_hours(1)).build())
    }
}

impl SessionHolders {
    /// Opens a transaction as the holder of this token: to write when `writes`, else to read only.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`] when there is no such session here, or it has ended.
    pub async fn open(
        &self,
        db: &Db,
        doorway: Doorway<'_>,
        token_hash: [u8; 32],
        writes: bool,
        idle_since: DateTime<Utc>,
        now: DateTime<Utc>,
    ) -> Result<(Tx<Counter>, CustomerSession)> {
        let mut guess = self.0.get(&token_hash).await.unwrap_or(Holder::nobody());
        let scope = db.counter(guess.keys(doorway.tenant, token_hash));
        let mut tx = if writes { scope.open_write().await? } else { scope.open_read().await? };
        // Each time is told what the next can see: the session its customer, the customer's access the account, the account
        // its list of prices. Until the session has confirmed all of it, nothing else is read.
        for _ in 0..4 {
            let session = find(&mut tx, doorway, token_hash, idle_since, now).await?.ok_or(Error::Unauthenticated)?;
            let truth = Holder::of(&session, doorway);
            if truth == guess {
                return Ok((tx, session));
            }
            tx.narrow(&truth.keys(doorway.tenant, token_hash)).await?;
            self.0.insert(token_hash, truth).await;
            guess = truth;
        }
        Err(Error::Internal(anyhow::anyhow!("a session's customer or account changed while it was read")))
    }
}

async fn find(
    tx: &mut Tx<Counter>,
    doorway: Doorway<'_>,
    token_hash: [u8; 32],
    idle_since: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<Option<CustomerSession>> {
    let row = sqlx::query!(
        r#"select s.session_id, s.customer_id, s.phone, s.last_seen_at,
                  a.access_id as "access_id?", a.account_id as "account_id?", a.role as "role?", a.status as "status?",
                  t.business_name as "business_name?", t.country as "country?", t.price_list_id,
                  exists (select from prices o where o.tenant_id = s.tenant_id and o.price_list_id = a.account_id) as "has_own_prices!",
                  coalesce(c.version, 0) as "catalogue_version!"
             from sessions s
             left join account_access a on a.tenant_id = s.tenant_id and a.customer_id = s.customer_id
             left join trade_accounts t on t.tenant_id = a.tenant_id and t.account_id = a.account_id
             left join catalogue_states c on c.tenant_id = s.tenant_id
            where s.tenant_id = $1 and s.token_hash = $2 and s.ended_at is null
              and s.expires_at > $3 and s.last_seen_at > $4 and s.created_at >= $5
              and s.domain is not distinct from $6"#,
        tx.tenant().uuid(),
        &token_hash[..],
        now,
        idle_since,
        doorway.since,
        doorway.domain
    )
    .fetch_optional(&mut *tx)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let unreadable = |what: &str| Error::Internal(anyhow::anyhow!("a session's {what} is unreadable"));
    let access = match (row.access_id, row.account_id, row.role, row.status) {
        (Some(access_id), Some(account_id), Some(role), Some(status)) => Some(Access {
            access_id: access_id.into(),
            account_id: account_id.into(),
            // The account itself is seen once its id is known: what stands here before that is for nobody to read.
            business_name: row.business_name.unwrap_or_default(),
            country: row.country.as_deref().map_or(Ok(doorway.country), Country::parse).map_err(|_| unreadable("country"))?,
            price_list: row.price_list_id.map(PriceListId::from),
            has_own_prices: row.has_own_prices,
            role: AccessRole::parse(&role).ok_or_else(|| unreadable("role"))?,
            suspended: status == "suspended",
        }),
        _ => None,
    };
    Ok(Some(CustomerSession {
        session_id: row.session_id.into(),
        customer_id: row.customer_id.into(),
        phone: PhoneNumber::from_e164(&row.phone).map_err(|_| unreadable("phone"))?,
        access,
        catalogue_version: row.catalogue_version,
        last_seen_at: row.last_seen_at,
    }))
}

/// Notes that the session was used; once in five minutes is often enough.
pub async fn touch(tx: &mut Tx<Counter>, session: SessionId, now: DateTime<Utc>) -> Result<()> {
    sqlx::query!("update sessions set last_seen_at = $3 where tenant_id = $1 and session_id = $2", tx.tenant().uuid(), session.uuid(), now)
        .execute(&mut *tx)
        .await?;
    Ok(())
}

/// Whether it is time to [`touch`] again.
pub fn wants_touch(last_seen_at: DateTime<Utc>, now: DateTime<Utc>) -> bool {
    now - last_seen_at > TimeDelta::minutes(5)
}

/// What a member of staff may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StaffRole {
    Owner,
    Manager,
    Sales,
    Picker,
}

impl StaffRole {
    /// From the database's word.
    pub fn parse(word: &str) -> Option<Self> {
        match word {
            "owner" => Some(Self::Owner),
            "manager" => Some(Self::Manager),
            "sales" => Some(Self::Sales),
            "picker" => Some(Self::Picker),
            _ => None,
        }
    }

    /// The word of the API and the database.
    pub fn word(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Manager => "manager",
            Self::Sales => "sales",
            Self::Picker => "picker",
        }
    }
}

/// A member of staff's open session.
#[derive(Debug, Clone)]
pub struct StaffSession {
    pub session_id: SessionId,
    pub staff_id: StaffId,
    pub name: String,
    pub email: EmailAddress,
    pub role: StaffRole,
    /// When they showed that it is them.
    pub began_at: DateTime<Utc>,
    pub last_seen_at: DateTime<Utc>,
    pub support: Support,
    pub waiting: Waiting,
}

/// What waits for somebody of the staff.
#[derive(Debug, Clone, Copy, Default)]
pub struct Waiting {
    /// Orders that nobody has accepted yet,
    pub orders: i64,
    /// and questions for an account.
    pub requests: i64,
}

/// How it stands with the platform's people at this office, by the names they have there; empty when nobody asks or looks.
#[derive(Debug, Clone, Default)]
pub struct Support {
    pub asked_by: String,
    pub let_in: String,
}

/// How long an operator's question waits for an answer.
pub const SUPPORT_ASK_LIFE: TimeDelta = TimeDelta::days(7);

/// The staff session of this token, unless it or its person is gone.
pub async fn find_staff(
    tx: &mut Tx<Office>,
    doorway: Doorway<'_>,
    token_hash: [u8; 32],
    idle_since: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<Option<StaffSession>> {
    let row = sqlx::query!(
        r#"select s.session_id, s.created_at, s.last_seen_at, p.staff_id, p.name, p.email, p.role,
                  coalesce((select string_agg(distinct r.operator_name, ', ') from support_requests r
                             where r.tenant_id = $1 and r.status = 'asked' and r.asked_at > $7), '') as "asked_by!",
                  coalesce((select string_agg(distinct r.operator_name, ', ') from support_requests r
                             where r.tenant_id = $1 and r.status = 'granted' and r.granted_until > $3 and r.ended_at is null), '')
                    as "let_in!",
                  (select count(*) from orders o where o.tenant_id = $1 and o.status = 'submitted') as "orders!",
                  (select count(*) from registration_requests q where q.tenant_id = $1 and q.status = 'pending') as "requests!"
             from staff_sessions s
             join staff p on p.tenant_id = s.tenant_id and p.staff_id = s.staff_id and p.removed_at is null
            where s.tenant_id = $1 and s.token_hash = $2 and s.ended_at is null
              and s.expires_at > $3 and s.last_seen_at > $4 and s.created_at >= $5
              and s.domain is not distinct from $6"#,
        tx.tenant().uuid(),
        &token_hash[..],
        now,
        idle_since,
        doorway.since,
        doorway.domain,
        now - SUPPORT_ASK_LIFE
    )
    .fetch_optional(&mut *tx)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let unreadable = || Error::Internal(anyhow::anyhow!("a staff row is unreadable"));
    Ok(Some(StaffSession {
        session_id: row.session_id.into(),
        staff_id: row.staff_id.into(),
        name: row.name,
        email: EmailAddress::parse(&row.email).map_err(|_| unreadable())?,
        role: StaffRole::parse(&row.role).ok_or_else(unreadable)?,
        began_at: row.created_at,
        last_seen_at: row.last_seen_at,
        support: Support { asked_by: row.asked_by, let_in: row.let_in },
        waiting: Waiting { orders: row.orders, requests: row.requests },
    }))
}

/// Notes that a staff session was used.
pub async fn touch_staff(tx: &mut Tx<Office>, session: SessionId, now: DateTime<Utc>) -> Result<()> {
    sqlx::query!(
        "update staff_sessions set last_seen_at = $3 where tenant_id = $1 and session_id = $2",
        tx.tenant().uuid(),
        session.uuid(),
        now
    )
    .execute(&mut *tx)
    .await?;
    Ok(())
}
