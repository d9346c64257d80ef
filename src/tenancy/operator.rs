//! Who comes to the platform's console: one of the platform's own people with a browser, or a program with a token.

use std::marker::PhantomData;
use std::ops::Deref;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use http::header::{AUTHORIZATION, HeaderMap};
use poem::{FromRequest, Request, RequestBody};
use uuid::Uuid;

use super::extract::{Here, Place};
use super::rules::{PROVEN_FOR_ACTS, PROVEN_FOR_FORMS};
use super::session::wants_touch;
use super::token::{OPERATOR_COOKIE, Token};
use crate::db::{Platform, Tx};
use crate::error::{Error, Result};
use crate::ids::{OperatorId, OperatorTokenId, SessionId};

/// Anybody, at the console.
pub struct AtConsole(pub Here);

/// One who may act for the platform, as the rule says, with their open transaction: one that can write when the
/// request may.
pub struct Operator<R> {
    pub agent: Agent,
    pub tx: Tx<Platform>,
    rule: PhantomData<R>,
}

/// The same without their transaction.
#[derive(Clone)]
pub struct Agent {
    pub here: Here,
    pub who: Who,
}

/// A person with a session, or a program with a token.
#[derive(Clone)]
pub enum Who {
    Person { session_id: SessionId, operator_id: OperatorId, name: String, email: String, proof: Proof, last_seen_at: DateTime<Utc> },
    Program { token_id: OperatorTokenId, name: String, may_write: bool, last_used_at: Option<DateTime<Utc>> },
}

/// How a person came in.
#[derive(Debug, Clone, Copy)]
pub struct Proof {
    pub began_at: DateTime<Utc>,
    /// By a passkey, or by a code with which they then made their first one.
    pub is_by_passkey: bool,
    /// Whether they have a passkey at all.
    pub has_passkey: bool,
}

/// What a person must have shown; a program has shown its token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shown {
    /// A code or a passkey.
    Anything,
    /// A passkey. Whoever has none yet, a code within the last minutes.
    BestThereIs,
    /// A passkey.
    Passkey,
    /// A passkey, within the last minutes.
    PasskeyLately,
}

/// Who of them may.
pub trait OperatorRule: Send + Sync + 'static {
    const PEOPLE_ALONE: bool;
    const SHOWN: Shown;
}

macro_rules! rules {
    ($($(#[$note:meta])* $name:ident: $people_alone:literal, $shown:ident;)*) => {$(
        $(#[$note])*
        pub enum $name {}

        impl OperatorRule for $name {
            const PEOPLE_ALONE: bool = $people_alone;
            const SHOWN: Shown = Shown::$shown;
        }
    )*};
}

rules! {
    /// Whoever is there, on their way in or out.
    Present: false, Anything;
    /// People who are about to make a passkey.
    Enrolling: true, BestThereIs;
    /// People and programs alike.
    AnyOperator: false, Passkey;
    /// The same, for what cannot be undone or opens other ways in.
    FreshOperator: false, PasskeyLately;
    /// People alone: for what is about a browser.
    Person: true, Passkey;
    /// The same, for what cannot be undone or opens other ways in.
    FreshPerson: true, PasskeyLately;
}

impl Shown {
    /// # Errors
    /// [`Error::PasskeyNeeded`] for who came in by a code, [`Error::ProofNeeded`] for whose proof is too old.
    fn is_enough(self, proof: Proof, now: DateTime<Utc>, writes: bool) -> Result<()> {
        let (needs_passkey, needs_fresh) = match self {
            Self::Anything => (false, false),
            Self::BestThereIs => (proof.has_passkey, true),
            Self::Passkey => (true, false),
            Self::PasskeyLately => (true, true),
        };
        if needs_passkey && !proof.is_by_passkey {
            return Err(Error::PasskeyNeeded);
        }
        if needs_fresh && !proof.is_fresh(now, writes) { Err(Error::ProofNeeded) } else { Ok(()) }
    }
}

impl Proof {
    /// Whether it is of the last minutes: for a form, and some more to send it.
    pub fn is_fresh(&self, now: DateTime<Utc>, writes: bool) -> bool {
        now - self.began_at <= if writes { PROVEN_FOR_ACTS } else { PROVEN_FOR_FORMS }
    }
}

impl Agent {
    /// Of the operator, or of the token.
    pub fn id(&self) -> Uuid {
        match &self.who {
            Who::Person { operator_id, .. } => operator_id.uuid(),
            Who::Program { token_id, .. } => token_id.uuid(),
        }
    }

    /// Whether they have shown in the last minutes that it is them; a program shows its token each time.
    pub fn is_fresh(&self) -> bool {
        match &self.who {
            Who::Person { proof, .. } => proof.is_fresh(self.house.now(), self.writes),
            Who::Program { .. } => true,
        }
    }

    /// As the person is called, or the token.
    pub fn name(&self) -> &str {
        match &self.who {
            Who::Person { name, .. } | Who::Program { name, .. } => name,
        }
    }
}

impl<R> Operator<R> {
    /// Writes in the transaction that they were known in, and keeps it when the work succeeds.
    pub async fn write<T>(self, work: impl AsyncFnOnce(&mut Tx<Platform>, &Agent) -> Result<T>) -> Result<T> {
        let Self { agent, mut tx, .. } = self;
        let done = work(&mut tx, &agent).await?;
        tx.commit().await?;
        Ok(done)
    }

    /// Ends the transaction, for work at another door of the database: a request holds one connection at a time.
    pub async fn leave(self) -> Result<Agent> {
        let Self { agent, tx, .. } = self;
        tx.commit().await?;
        Ok(agent)
    }
}

impl<R> Deref for Operator<R> {
    type Target = Agent;

    fn deref(&self) -> &Agent {
        &self.agent
    }
}

impl Deref for Agent {
    type Target = Here;

    fn deref(&self) -> &Here {
        &self.here
    }
}

impl<'a> FromRequest<'a> for AtConsole {
    async fn from_request(request: &'a Request, _: &mut RequestBody) -> poem::Result<Self> {
        Ok(Self(at_console(request)?))
    }
}

impl<'a, R: OperatorRule> FromRequest<'a> for Operator<R> {
    async fn from_request(request: &'a Request, _: &mut RequestBody) -> poem::Result<Self> {
        Ok(operator(at_console(request)?).await?)
    }
}

fn at_console(request: &Request) -> Result<Here> {
    match Here::of(request)? {
        here @ Here { place: Place::Console, .. } => Ok(here),
        _ => Err(Error::NotFound),
    }
}

async fn operator<R: OperatorRule>(here: Here) -> Result<Operator<R>> {
    let house = Arc::clone(&here.house);
    let (scope, now) = (house.db().platform(), house.now());
    let open = async || if here.writes { scope.open_write().await } else { scope.open_read().await };
    let mut tx = open().await?;
    let who = match shown_token(&here.headers) {
        Some(token) => find_program(&mut tx, &token?).await?,
        None => {
            let token = here.token(OPERATOR_COOKIE).ok_or(Error::Unauthenticated)?;
            find_person(&mut tx, &token, house.staff_idle_since(), now).await?
        }
    };
    // In a transaction of its own: whatever becomes of the request, they were here.
    if who.wants_noting(now) {
        drop(tx);
        scope.write(async |tx| note_use(tx, &who, now).await).await?;
        tx = open().await?;
    }
    if here.writes && matches!(who, Who::Program { may_write: false, .. }) {
        return Err(Error::ReadOnlyToken);
    }
    match &who {
        Who::Person { proof, .. } => R::SHOWN.is_enough(*proof, now, here.writes)?,
        Who::Program { .. } if R::PEOPLE_ALONE => return Err(Error::Forbidden),
        Who::Program { .. } => {}
    }
    Ok(Operator { agent: Agent { here, who }, tx, rule: PhantomData })
}

/// What stands in `Authorization`, if there is such a header; an error where it is not one token of our form.
fn shown_token(headers: &HeaderMap) -> Option<Result<Token>> {
    let mut shown = headers.get_all(AUTHORIZATION).iter();
    let first = shown.next()?;
    let token = first.to_str().ok().and_then(|text| text.split_once(' '));
    let token = token.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer")).and_then(|(_, token)| Token::parse(token.trim()));
    Some(token.filter(|_| shown.next().is_none()).ok_or(Error::WrongToken))
}

async fn find_program(tx: &mut Tx<Platform>, token: &Token) -> Result<Who> {
    let row = sqlx::query!(
        "select id, name, scope, last_used_at from operator_tokens where token_hash = $1 and revoked_at is null",
        &token.hash()[..]
    )
    .fetch_optional(&mut *tx)
    .await?
    .ok_or(Error::WrongToken)?;
    Ok(Who::Program { token_id: row.id.into(), name: row.name, may_write: row.scope == "write", last_used_at: row.last_used_at })
}

async fn find_person(tx: &mut Tx<Platform>, token: &Token, idle_since: DateTime<Utc>, now: DateTime<Utc>) -> Result<Who> {
    let row = sqlx::query!(
        r#"select s.id as session_id, s.created_at, s.last_seen_at, o.id as operator_id, o.name, o.email,
                  s.passkey_id is not null as "is_by_passkey!",
                  exists (select from operator_passkeys k where k.operator_id = o.id) as "has_passkey!"
           from operator_sessions s join operators o on o.id = s.operator_id and o.removed_at is null
          where s.token_hash = $1 and s.ended_at is null and s.expires_at > $2 and s.last_seen_at > $3"#,
        &token.hash()[..],
        now,
        idle_since
    )
    .fetch_optional(&mut *tx)
    .await?
    .ok_or(Error::Unauthenticated)?;
    let (session_id, operator_id) = (row.session_id.into(), row.operator_id.into());
    let proof = Proof { began_at: row.created_at, is_by_passkey: row.is_by_passkey, has_passkey: row.has_passkey };
    Ok(Who::Person { session_id, operator_id, name: row.name, email: row.email, proof, last_seen_at: row.last_seen_at })
}

impl Who {
    fn wants_noting(&self, now: DateTime<Utc>) -> bool {
        match self {
            Self::Person { last_seen_at, .. } => wants_touch(*last_seen_at, now),
            Self::Program { last_used_at, .. } => last_used_at.is_none_or(|at| now - at >= TimeDelta::minutes(1)),
        }
    }
}

/// Notes the use, once in a while: of a session in five minutes, of a token in one.
async fn note_use(tx: &mut Tx<Platform>, who: &Who, now: DateTime<Utc>) -> Result<()> {
    match who {
        Who::Person { session_id, .. } => {
            sqlx::query!("update operator_sessions set last_seen_at = $2 where id = $1", session_id.uuid(), now).execute(&mut *tx).await?;
        }
        Who::Program { token_id, .. } => {
            sqlx::query!("update operator_tokens set last_used_at = $2 where id = $1", token_id.uuid(), now).execute(&mut *tx).await?;
        }
    }
    Ok(())
}
