//! A member of staff signs in: an e-mail address and a code, or a passkey; then a session at the office of this counter.

pub mod api;
pub mod pages;

use chrono::TimeDelta;

use crate::challenges::code::Code;
use crate::challenges::{self, Address, Asked, Question};
use crate::db::{Office, Tx};
use crate::email_sign_in::Opened;
use crate::error::{Error, Result};
use crate::ids::{PasskeyId, SessionId, StaffId};
use crate::invitations;
use crate::office_passkeys;
use crate::passkeys;
use crate::team::read_role;
use crate::tenancy::extract::Member;
use crate::tenancy::token::{OFFICE_COOKIE, Token};
use crate::tenancy::{House, StaffRole, Visitor};
use crate::values::EmailAddress;

/// Sends a code to the address if somebody of it works here; the answer is the same either way.
pub async fn request_code(visitor: &Visitor, email: EmailAddress) -> Result<Asked> {
    let address = Address::Email(email);
    challenges::ask(&visitor.house, Question::of(visitor, &address)).await
}

/// Compares the code and opens a session; whoever was invited joins with it.
pub async fn open_session(visitor: &Visitor, email: EmailAddress, code: &Code) -> Result<Opened<StaffRole>> {
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
            Ok((begin_session(tx, visitor, member.staff_id.into(), None).await?, read_role(&member.role)?))
        })
        .await?;
    let (token, who) = begun;
    Ok(Opened { token, known: Some(known), who, life_seconds: session_life(house).num_seconds() })
}

/// Opens a session for whoever holds a passkey that is good here, without asking who they are.
///
/// # Errors
/// [`Error::WrongPasskey`] for every reason alike.
pub async fn open_session_by_passkey(visitor: &Visitor, challenge: &str, credential: &str) -> Result<Opened<StaffRole>> {
    let house = &visitor.house;
    let shown = passkeys::take_shown(visitor, challenge, credential).await?;
    let begun = house
        .office(&visitor.tenant)
        .write(async |tx| {
            let (passkey, member, role) = office_passkeys::verify(tx, visitor, shown).await?;
            Ok((begin_session(tx, visitor, member, Some(passkey)).await?, role))
        })
        .await?;
    let (token, who) = begun;
    Ok(Opened { token, known: None, who, life_seconds: session_life(house).num_seconds() })
}

/// How long a session of staff lasts.
pub fn session_life(house: &House) -> TimeDelta {
    TimeDelta::hours(house.config.sessions.staff_life_hours)
}

/// Begins a session of somebody who works here, with this passkey or with a code; whoever was signed in with this browser is
/// not any more.
pub async fn begin_session(tx: &mut Tx<Office>, visitor: &Visitor, member: StaffId, passkey: Option<PasskeyId>) -> Result<Token> {
    let (token, now) = (Token::new()?, visitor.house.now());
    end_previous(tx, visitor).await?;
    sqlx::query!(
        "insert into staff_sessions (tenant_id, session_id, staff_id, token_hash, user_agent, created_at, last_seen_at, expires_at, domain,
           passkey_id)
         values ($1, $2, $3, $4, $5, $6, $6, $7, $8, $9)",
        tx.tenant().uuid(),
        SessionId::new().uuid(),
        member.uuid(),
        &token.hash()[..],
        visitor.user_agent,
        now,
        now + session_life(&visitor.house),
        visitor.doorway().domain,
        passkey.map(PasskeyId::uuid)
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
