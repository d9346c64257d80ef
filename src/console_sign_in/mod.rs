//! An operator signs in: an e-mail address, a code, a session at the console.

pub mod api;
pub mod pages;

use crate::challenges::code::Code;
use crate::challenges::{self, Address, Asked, Question};
use crate::db::{Identity, Platform, Tx};
use crate::error::{Error, Result};
use crate::ids::SessionId;
use crate::office_sign_in::session_life;
use crate::tenancy::Here;
use crate::tenancy::extract::{Agent, Who};
use crate::tenancy::token::{KNOWN_COOKIE, OPERATOR_COOKIE, PENDING_COOKIE, Token};
use crate::values::EmailAddress;

/// Sends a code to the address if it is an operator's; the answer is the same either way.
pub async fn request_code(here: &Here, email: EmailAddress) -> Result<Asked> {
    challenges::ask(&here.house, question(here, &Address::Operator(email))).await
}

fn question<'a>(here: &'a Here, address: &'a Address) -> Question<'a> {
    let (browser, known) = (here.token(PENDING_COOKIE), here.token(KNOWN_COOKIE));
    Question { address, tenant: None, host: &here.host, client: here.client, browser, known }
}

/// A session that has just begun.
pub struct Opened {
    pub token: Token,
    /// What the browser is known by from now on.
    pub known: Token,
    pub name: String,
    pub life_seconds: i64,
}

/// Compares the code and opens a session, in the transaction that uses the code up.
///
/// # Errors
/// [`Error::WrongCode`] for every reason alike.
pub async fn open_session(here: &Here, email: EmailAddress, code: &Code) -> Result<Opened> {
    let house = &here.house;
    let address = Address::Operator(email);
    let question = question(here, &address);
    let proven = challenges::prove(house, &question, code).await?;
    let (token, now, life) = (Token::new()?, house.now(), session_life(house));
    let identity = house.db().identity();
    let opened = identity.write(async |tx| {
        let known = proven.consume(tx, house, &question).await?;
        let operator = sqlx::query!("select id, name from operators where email = $1 and removed_at is null", address.as_str())
            .fetch_optional(&mut *tx)
            .await?
            .ok_or(Error::WrongCode)?;
        end_previous(tx, here).await?;
        sqlx::query!(
            "insert into operator_sessions (id, operator_id, token_hash, user_agent, created_at, last_seen_at, expires_at)
             values ($1, $2, $3, $4, $5, $5, $6)",
            SessionId::new().uuid(),
            operator.id,
            &token.hash()[..],
            here.user_agent,
            now,
            now + life
        )
        .execute(&mut *tx)
        .await?;
        Ok((known, operator.name))
    });
    let (known, name) = opened.await?;
    Ok(Opened { token, known, name, life_seconds: life.num_seconds() })
}

/// Whoever was signed in with this browser is not any more.
async fn end_previous(tx: &mut Tx<Identity>, here: &Here) -> Result<()> {
    let Some(token) = here.token(OPERATOR_COOKIE) else { return Ok(()) };
    sqlx::query!(
        "update operator_sessions set ended_at = $2 where token_hash = $1 and ended_at is null",
        &token.hash()[..],
        here.house.now()
    )
    .execute(&mut *tx)
    .await?;
    Ok(())
}

/// Signs out.
pub async fn end_session(tx: &mut Tx<Platform>, agent: &Agent) -> Result<()> {
    let Who::Person { session_id, .. } = &agent.who else { return Err(Error::Forbidden) };
    sqlx::query!("update operator_sessions set ended_at = $2 where id = $1 and ended_at is null", session_id.uuid(), agent.house.now())
        .execute(&mut *tx)
        .await?;
    Ok(())
}
