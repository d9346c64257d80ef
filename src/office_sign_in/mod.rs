//! A member of staff signs in: an e-mail address, a code, a session at the office of this counter.

pub mod api;
pub mod pages;

use chrono::TimeDelta;

use crate::challenges::code::Code;
use crate::challenges::{self, Address, Asked, Question};
use crate::db::{Office, Tx};
use crate::error::{Error, Result};
use crate::ids::{SessionId, StaffId};
use crate::invitations;
use crate::tenancy::extract::Member;
use crate::tenancy::token::{OFFICE_COOKIE, Token};
use crate::tenancy::{House, StaffRole, Visitor};
use crate::values::EmailAddress;

/// Reads an address.
pub fn read_email(typed: &str) -> Result<EmailAddress> {
    EmailAddress::parse(typed).map_err(|wrong| Error::invalid("email", wrong.to_string()))
}

/// Sends a code to the address if somebody of it works here; the answer is the same either way.
pub async fn request_code(visitor: &Visitor, email: EmailAddress) -> Result<Asked> {
    let address = Address::Email(email);
    challenges::ask(&visitor.house, Question::of(visitor, &address)).await
}

/// A staff session that has just begun.
pub struct Opened {
    pub token: Token,
    /// What the browser is known by from now on.
    pub known: Token,
    pub role: StaffRole,
    pub life_seconds: i64,
}

/// Compares the code and opens a session; whoever was invited joins with it.
pub async fn open_session(visitor: &Visitor, email: EmailAddress, code: &Code) -> Result<Opened> {
    let house = &visitor.house;
    let address = Address::Email(email.clone());
    let question = Question::of(visitor, &address);
    let proven = challenges::prove(house, &question, code).await?;
    let known = house.db().identity().write(async |tx| proven.consume(tx, house, &question).await).await?;
    let begun = house
        .office(&visitor.tenant)
        .write(async |tx| {
            invitations::accept(tx, &email, house.now()).await?;
            let member = sqlx::query!(
                "select staff_id, role from staff where tenant_id = $1 and email = $2 and removed_at is null",
                tx.tenant().uuid(),
                email.as_str()
            )
            .fetch_optional(&mut *tx)
            .await?
            .ok_or(Error::WrongCode)?;
            let role = StaffRole::parse(&member.role).ok_or_else(|| Error::Internal(anyhow::anyhow!("an unknown role")))?;
            Ok((begin_session(tx, visitor, member.staff_id.into()).await?, role))
        })
        .await?;
    let (token, role) = begun;
    Ok(Opened { token, known, role, life_seconds: session_life(house).num_seconds() })
}

/// How long a session of staff lasts.
pub fn session_life(house: &House) -> TimeDelta {
    TimeDelta::hours(house.config.sessions.staff_life_hours)
}

/// Begins a session of somebody who works here; whoever was signed in with this browser is not any more.
pub async fn begin_session(tx: &mut Tx<Office>, visitor: &Visitor, member: StaffId) -> Result<Token> {
    let (token, now) = (Token::new()?, visitor.house.now());
    end_previous(tx, visitor).await?;
    sqlx::query!(
        "insert into staff_sessions (tenant_id, session_id, staff_id, token_hash, user_agent, created_at, last_seen_at, expires_at, domain)
         values ($1, $2, $3, $4, $5, $6, $6, $7, $8)",
        tx.tenant().uuid(),
        SessionId::new().uuid(),
        member.uuid(),
        &token.hash()[..],
        visitor.user_agent,
        now,
        now + session_life(&visitor.house),
        visitor.doorway().domain
    )
    .execute(&mut *tx)
    .await?;
    Ok(token)
}

/// Signs out.
pub async fn end_session(tx: &mut Tx<Office>, member: &Member) -> Result<()> {
    sqlx::query!(
        "update staff_sessions set ended_at = $3 where tenant_id = $1 and session_id = $2 and ended_at is null",
        tx.tenant().uuid(),
        member.session.session_id.uuid(),
        member.house.now()
    )
    .execute(&mut *tx)
    .await?;
    Ok(())
}

/// Whoever was signed in with this browser is not any more.
async fn end_previous(tx: &mut Tx<Office>, visitor: &Visitor) -> Result<()> {
    let Some(token) = visitor.token(OFFICE_COOKIE) else { return Ok(()) };
    sqlx::query!(
        "update staff_sessions set ended_at = $3 where tenant_id = $1 and token_hash = $2 and ended_at is null",
        tx.tenant().uuid(),
        &token.hash()[..],
        visitor.house.now()
    )
    .execute(&mut *tx)
    .await?;
    Ok(())
}
