//! A customer signs in: a phone number, a code, a session on this host.

pub mod api;
pub mod pages;

use chrono::{DateTime, TimeDelta, Utc};

use crate::challenges::code::Code;
use crate::challenges::{self, Address, Asked, Question};
use crate::confirmations;
use crate::db::{Counter, CounterKeys, Identity, Tx};
use crate::error::{Error, Result};
use crate::ids::{CustomerId, SessionId};
use crate::tenancy::extract::{Caller, signed_in_with};
use crate::tenancy::token::{SESSION_COOKIE, Token};
use crate::tenancy::{AccessStatus, House, Visitor};
use crate::values::PhoneNumber;

/// Reads a number as somebody in the tenant's country writes it, and checks that this counter texts there.
pub fn read_phone(visitor: &Visitor, typed: &str) -> Result<PhoneNumber> {
    let phone = PhoneNumber::parse(typed, visitor.tenant.country).map_err(|wrong| Error::invalid("phone", wrong.to_string()))?;
    let country = phone.country();
    if country.is_some_and(|country| visitor.tenant.sms_countries.contains(&country)) {
        return Ok(phone);
    }
    let where_from = country.map_or("to that number".to_owned(), |country| format!("to numbers from {}", country.name_in_sentence()));
    Err(Error::invalid("phone", format!("{} cannot send texts {where_from}. Please call them.", visitor.tenant.business_name)))
}

/// Sends a code to the number, or says how long until it may be sent again. `work` is the proof of it, where the answer before asked
/// for one; empty where not.
pub async fn request_code(visitor: &Visitor, phone: PhoneNumber, work: &str) -> Result<Asked> {
    let address = Address::Phone(phone);
    let work = Some(work).filter(|work| !work.is_empty());
    challenges::ask(&visitor.house, Question { work, ..Question::of(visitor, &address) }).await
}

/// A session that has just begun.
pub struct Opened {
    pub token: Token,
    /// What the browser is known by from now on.
    pub known: Token,
    pub access: AccessStatus,
    pub life_seconds: i64,
}

/// Compares the code and opens a session: a new one each time, whatever the browser held before.
pub async fn open_session(visitor: &Visitor, phone: PhoneNumber, code: &Code) -> Result<Opened> {
    let house = &visitor.house;
    let address = Address::Phone(phone.clone());
    let question = Question::of(visitor, &address);
    let proven = challenges::prove(house, &question, code).await?;
    let (token, known) = house
        .db()
        .identity()
        .write(async |tx| {
            let known = proven.consume(tx, house, &question).await?;
            confirmations::set_aside(tx, house, &phone).await?;
            let customer = find_or_create_customer(tx, &phone, house.now()).await?;
            Ok((begin_session(tx, visitor, customer, &phone).await?, known))
        })
        .await?;
    end_previous(visitor).await?;
    let mut signed_in = signed_in_with(visitor.clone(), &token).await?;
    let caller = signed_in.caller.clone();
    let access = crate::registrations::standing(&mut signed_in.tx, &caller).await?;
    Ok(Opened { token, known, access, life_seconds: session_life(house).num_seconds() })
}

/// Makes a session for a customer who is proven, in the transaction that proved them.
pub async fn begin_session(tx: &mut Tx<Identity>, visitor: &Visitor, customer: CustomerId, phone: &PhoneNumber) -> Result<Token> {
    let (house, token) = (&visitor.house, Token::new()?);
    let now = house.now();
    tx.become_customer(customer).await?;
    sqlx::query!(
        "insert into sessions (tenant_id, session_id, customer_id, phone, token_hash, user_agent, created_at, last_seen_at, expires_at, domain)
         values ($1, $2, $3, $4, $5, $6, $7, $7, $8, $9)",
        visitor.tenant.id.uuid(),
        SessionId::new().uuid(),
        customer.uuid(),
        phone.as_str(),
        &token.hash()[..],
        visitor.user_agent,
        now,
        now + session_life(house),
        visitor.doorway().domain
    )
    .execute(&mut *tx)
    .await?;
    Ok(token)
}

/// Signs out of this host.
pub async fn end_session(tx: &mut Tx<Counter>, caller: &Caller) -> Result<()> {
    sqlx::query!(
        "update sessions set ended_at = $3 where tenant_id = $1 and session_id = $2 and ended_at is null",
        tx.tenant().uuid(),
        caller.session.session_id.uuid(),
        caller.house.now()
    )
    .execute(&mut *tx)
    .await?;
    Ok(())
}

/// How long a session may last.
pub fn session_life(house: &House) -> TimeDelta {
    TimeDelta::days(house.config.sessions.customer_life_days)
}

/// On a shared phone somebody may still be signed in: holding their token is enough to end it.
pub async fn end_previous(visitor: &Visitor) -> Result<()> {
    let Some(token) = visitor.token(SESSION_COOKIE) else { return Ok(()) };
    let keys = CounterKeys { session_hash: token.hash(), ..CounterKeys::of_stranger(visitor.tenant.id, false) };
    visitor
        .house
        .db()
        .counter(keys)
        .write(async |tx| {
            sqlx::query!(
                "update sessions set ended_at = $3 where tenant_id = $1 and token_hash = $2 and ended_at is null",
                tx.tenant().uuid(),
                &token.hash()[..],
                visitor.house.now()
            )
            .execute(&mut *tx)
            .await?;
            Ok(())
        })
        .await
}

/// The person of this number, everywhere. Two who prove it for the first time at once are one person.
async fn find_or_create_customer(tx: &mut Tx<Identity>, phone: &PhoneNumber, now: DateTime<Utc>) -> Result<CustomerId> {
    let customer = sqlx::query_scalar!(
        "insert into customers (id, phone, created_at, last_proven_at) values ($1, $2, $3, $3)
         on conflict (phone) do update set last_proven_at = excluded.last_proven_at
         returning id",
        CustomerId::new().uuid(),
        phone.as_str(),
        now
    )
    .fetch_one(&mut *tx)
    .await?;
    Ok(customer.into())
}
