//! An operator signs in: with a passkey; or, to make the first one, an e-mail address and a code. Then a session at the console.

pub mod api;
pub mod pages;

use crate::challenges::code::Code;
use crate::challenges::{self, Address, Asked, Question};
use crate::console_passkeys;
use crate::db::{Identity, Platform, Tx};
use crate::email_sign_in::Opened;
use crate::error::{Error, Result};
use crate::ids::{OperatorId, PasskeyId, SessionId};
use crate::office_sign_in::session_life;
use crate::passkeys;
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
    Question { address, tenant: None, host: &here.host, client: here.client, browser, known, work: None }
}

/// Compares the code and opens a session, in the transaction that uses the code up.
///
/// # Errors
/// [`Error::WrongCode`] for every reason alike.
pub async fn open_session(here: &Here, email: EmailAddress, code: &Code) -> Result<Opened<String>> {
    let house = &here.house;
    let address = Address::Operator(email);
    let question = question(here, &address);
    let proven = challenges::prove(house, &question, code).await?;
    let identity = house.db().identity();
    let opened = identity.write(async |tx| {
        let known = proven.consume(tx, house, &question).await?;
        let operator = sqlx::query!("select id, name from operators where email = $1 and removed_at is null", address.as_str())
            .fetch_optional(&mut *tx)
            .await?
            .ok_or(Error::WrongCode)?;
        Ok((begin_session(tx, here, operator.id.into(), None).await?, known, operator.name))
    });
    let (token, known, who) = opened.await?;
    Ok(Opened { token, known: Some(known), who, life_seconds: session_life(house).num_seconds() })
}

/// Opens a session for whoever holds a passkey that is good here, without asking who they are.
///
/// # Errors
/// [`Error::WrongPasskey`] for every reason alike.
pub async fn open_session_by_passkey(here: &Here, challenge: &str, credential: &str) -> Result<Opened<String>> {
    let shown = passkeys::take_shown(here, challenge, credential).await?;
    let identity = here.house.db().identity();
    let opened = identity.write(async |tx| {
        let (passkey, operator, name) = console_passkeys::verify(tx, here, shown).await?;
        Ok((begin_session(tx, here, operator, Some(passkey)).await?, name))
    });
    let (token, who) = opened.await?;
    Ok(Opened { token, known: None, who, life_seconds: session_life(&here.house).num_seconds() })
}

/// Begins a session with this passkey, or with a code; whoever was signed in with this browser is not any more.
async fn begin_session(tx: &mut Tx<Identity>, here: &Here, operator: OperatorId, passkey: Option<PasskeyId>) -> Result<Token> {
    let (token, now) = (Token::new()?, here.house.now());
    end_previous(tx, here).await?;
    sqlx::query!(
        "insert into operator_sessions (id, operator_id, token_hash, user_agent, created_at, last_seen_at, expires_at, passkey_id)
         values ($1, $2, $3, $4, $5, $5, $6, $7)",
        SessionId::new().uuid(),
        operator.uuid(),
        &token.hash()[..],
        here.user_agent,
        now,
        now + session_life(&here.house),
        passkey.map(PasskeyId::uuid)
    )
    .execute(&mut *tx)
    .await?;
    Ok(token)
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
