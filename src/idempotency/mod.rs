//! A creating request may be sent twice when an answer is lost on the way: with the same `Idempotency-Key` it
//! is done once, and answered each time as it was the first time.
//!
//! The answer is kept in the transaction that does the work, and so by the role that does it: among the tenant's rows, or
//! among the platform's.
//! An order's is kept for longer, under its account's own key: [`submission`].

pub mod submission;

use chrono::{DateTime, Utc};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::db::{Counter, Door, Founding, Office, Platform, Tx};
use crate::error::{Error, Result};
use crate::ids::{CustomerId, StaffId};
use crate::tenancy::House;
use crate::tenancy::extract::{Agent, Caller, Member};

/// The longest key that is kept.
pub const LONGEST_KEY: usize = 200;

/// What a client names its request by, to send it again.
#[derive(Clone)]
pub struct Key(String);

impl Key {
    /// A header's value, which is there.
    ///
    /// # Errors
    /// [`Error::Invalid`] for one that cannot be kept: passed over in silence, its retry would be done twice.
    pub fn parse(value: &str) -> Result<Self> {
        let can_be_kept = (1..=LONGEST_KEY).contains(&value.len()) && value.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ');
        let what_is_one = || format!("A key is 1 to {LONGEST_KEY} visible ASCII characters.");
        if can_be_kept { Ok(Self(value.to_owned())) } else { Err(Error::invalid("Idempotency-Key", what_is_one())) }
    }

    /// As it came.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// For what is made of it.
    pub fn bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

/// Whose key it is: nobody else's request is answered by it.
#[derive(Clone, Copy)]
pub enum Asker {
    Customer(CustomerId),
    Staff(StaffId),
    /// An operator, or a program by its token.
    Agent(Uuid),
    /// Somebody who signs up. Nobody knows them yet, so that they have all keys in common: one that was chosen by chance is
    /// nobody else's.
    Stranger,
}

impl Asker {
    fn id(self) -> Uuid {
        match self {
            Self::Customer(customer) => customer.uuid(),
            Self::Staff(staff) => staff.uuid(),
            Self::Agent(agent) => agent,
            Self::Stranger => Uuid::nil(),
        }
    }
}

impl From<&Caller> for Asker {
    fn from(caller: &Caller) -> Self {
        Self::Customer(caller.session.customer_id)
    }
}

impl From<&Member> for Asker {
    fn from(member: &Member) -> Self {
        Self::Staff(member.session.staff_id)
    }
}

impl From<&Agent> for Asker {
    fn from(agent: &Agent) -> Self {
        Self::Agent(agent.id())
    }
}

/// What is asked for, by whom, and under which key of theirs.
pub struct Once<'a, Asked> {
    /// Without one, every request is done.
    pub key: Option<&'a Key>,
    pub asker: Asker,
    /// What is done, such as `registration_request.made`: a key is good for one kind of thing.
    pub action: &'static str,
    pub asked: &'a Asked,
}

/// What is left to know of something that was made of what was asked for.
#[derive(Clone, Copy, Serialize, Deserialize)]
pub struct Made {
    pub id: Uuid,
    pub at: DateTime<Utc>,
}

/// A door behind which answers are kept.
pub trait Keeps: Door + Sized {
    fn place(tx: &Tx<Self>) -> Place;
}

/// Among whose rows.
pub enum Place {
    Tenant(Uuid),
    /// The platform's, about this tenant.
    Platform(Option<Uuid>),
}

impl Keeps for Counter {
    fn place(tx: &Tx<Self>) -> Place {
        Place::Tenant(tx.tenant().uuid())
    }
}

impl Keeps for Office {
    fn place(tx: &Tx<Self>) -> Place {
        Place::Tenant(tx.tenant().uuid())
    }
}

impl Keeps for Founding {
    fn place(tx: &Tx<Self>) -> Place {
        Place::Platform(Some(tx.tenant().uuid()))
    }
}

impl Keeps for Platform {
    fn place(_: &Tx<Self>) -> Place {
        Place::Platform(None)
    }
}

struct Kept {
    request_hash: Vec<u8>,
    answer: Value,
}

impl<Asked: Serialize> Once<'_, Asked> {
    /// The answer that was given under this key before. Of several that come at once the first finds none and
    /// works; the others wait here until it has kept its answer.
    ///
    /// # Errors
    /// [`Error::KeyReused`] when the key came with something else before.
    pub async fn earlier<D: Keeps, Answer: DeserializeOwned>(&self, tx: &mut Tx<D>) -> Result<Option<Answer>> {
        let Some(key) = self.key else { return Ok(None) };
        let kept = match D::place(tx) {
            Place::Tenant(tenant) => self.find_at_tenant(tx, tenant, key).await?,
            Place::Platform(_) => self.find_at_platform(tx, key).await?,
        };
        let Some(kept) = kept else { return Ok(None) };
        if kept.request_hash != self.fingerprint()? {
            return Err(Error::KeyReused);
        }
        serde_json::from_value(kept.answer).map_err(unreadable)
    }

    /// The same for work that does much before the transaction in which its answer is kept; that one asks again.
    pub async fn earlier_at_platform<Answer: DeserializeOwned>(&self, house: &House) -> Result<Option<Answer>> {
        match self.key {
            Some(_) => house.db().platform().read(async |tx| self.earlier(tx).await).await,
            None => Ok(None),
        }
    }

    async fn find_at_tenant<D: Keeps>(&self, tx: &mut Tx<D>, tenant: Uuid, key: &Key) -> Result<Option<Kept>> {
        let asker = self.asker.id();
        wait_for_turn(tx, &format!("{tenant}:{asker}:{}", key.0)).await?;
        Ok(sqlx::query_as!(
            Kept,
            "select request_hash, answer from idempotency_keys where tenant_id = $1 and asker_id = $2 and key = $3",
            tenant,
            asker,
            key.0
        )
        .fetch_optional(&mut *tx)
        .await?)
    }

    async fn find_at_platform<D: Keeps>(&self, tx: &mut Tx<D>, key: &Key) -> Result<Option<Kept>> {
        let (asker, key_hash) = (self.asker.id(), hash(key));
        wait_for_turn(tx, &format!("platform:{asker}:{}", key.0)).await?;
        Ok(sqlx::query_as!(
            Kept,
            "select request_hash, answer from platform_idempotency_keys where asker_id = $1 and key_hash = $2",
            asker,
            &key_hash[..]
        )
        .fetch_optional(&mut *tx)
        .await?)
    }

    /// Keeps the first answer, in the transaction that did the work.
    pub async fn keep<D: Keeps, Answer: Serialize>(&self, tx: &mut Tx<D>, answer: &Answer, now: DateTime<Utc>) -> Result<()> {
        let Some(key) = self.key else { return Ok(()) };
        let answer = serde_json::to_value(answer).map_err(unreadable)?;
        match D::place(tx) {
            Place::Tenant(tenant) => self.put_at_tenant(tx, tenant, key, &answer, now).await,
            Place::Platform(tenant) => self.put_at_platform(tx, tenant, key, &answer, now).await,
        }
    }

    async fn put_at_tenant<D: Keeps>(&self, tx: &mut Tx<D>, tenant: Uuid, key: &Key, answer: &Value, now: DateTime<Utc>) -> Result<()> {
        let (customer, staff) = match self.asker {
            Asker::Staff(staff) => (None, Some(staff.uuid())),
            other => (Some(other.id()), None),
        };
        sqlx::query!(
            "insert into idempotency_keys (tenant_id, customer_id, staff_id, key, request_hash, answer, created_at)
             values ($1, $2, $3, $4, $5, $6, $7)",
            tenant,
            customer,
            staff,
            key.0,
            &self.fingerprint()?[..],
            answer,
            now
        )
        .execute(&mut *tx)
        .await?;
        Ok(())
    }

    async fn put_at_platform<D: Keeps>(
        &self,
        tx: &mut Tx<D>,
        tenant: Option<Uuid>,
        key: &Key,
        answer: &Value,
        now: DateTime<Utc>,
    ) -> Result<()> {
        sqlx::query!(
            "insert into platform_idempotency_keys (asker_id, key_hash, tenant, request_hash, answer, created_at)
             values ($1, $2, $3, $4, $5, $6)",
            self.asker.id(),
            &hash(key)[..],
            tenant,
            &self.fingerprint()?[..],
            answer,
            now
        )
        .execute(&mut *tx)
        .await?;
        Ok(())
    }

    /// The same for the same request.
    pub fn fingerprint(&self) -> Result<[u8; 32]> {
        fingerprint(self.action, self.asked)
    }
}

/// What is asked for, as far as it must be the same the second time.
fn fingerprint<Asked: Serialize>(action: &str, asked: &Asked) -> Result<[u8; 32]> {
    let asked = serde_json::to_vec(&(action, asked)).map_err(unreadable)?;
    Ok(Sha256::digest(asked).into())
}

async fn wait_for_turn<D: Door>(tx: &mut Tx<D>, lock: &str) -> Result<()> {
    sqlx::query!("select from pg_advisory_xact_lock(hashtextextended($1, 0))", lock).execute(&mut *tx).await?;
    Ok(())
}

fn hash(key: &Key) -> [u8; 32] {
    Sha256::digest(key.bytes()).into()
}

fn unreadable(error: serde_json::Error) -> Error {
    Error::Internal(error.into())
}
