//! The parameter is the permission. A handler that takes a [`Staff<Decider>`] cannot run for anybody else,
//! and the transaction it gets is already narrowed to whom it runs for.

use std::marker::PhantomData;
use std::net::IpAddr;
use std::ops::Deref;
use std::sync::Arc;

use chrono::DateTime;
use poem::{FromRequest, Request, RequestBody};

use super::House;
pub use super::operator::{Agent, AnyOperator, AtConsole, Enrolling, FreshOperator, FreshPerson, Operator, Person, Present, Who};
pub use super::rules::{
    AnyRole, Closer, Decider, DomainKeeper, Exporter, Fresh, GoodsKeeper, Keeper, Leaving, LogReader, RoleGiver, RoleRule, Seller,
    SettingsKeeper, SupportGiver, TeamKeeper,
};
use super::session::{self, CustomerSession, Doorway, StaffSession};
pub use super::shopping::{Buyer, Shopper, Shows};
use super::states::{Role, State};
use super::tenant::{OwnDomain, PricesShown, Tenant};
use super::token::{OFFICE_COOKIE, SESSION_COOKIE, Token};
use crate::db::{Counter, Office, Tx};
use crate::error::{Error, Result};

/// Where a request arrived, found out once at the door.
#[derive(Clone)]
pub struct Here {
    pub house: Arc<House>,
    /// The host name, without a port.
    pub host: String,
    pub place: Place,
    /// When it is a domain of the tenant's own.
    pub own_domain: Option<OwnDomain>,
    pub client: IpAddr,
    /// What the browser calls itself, cut short.
    pub user_agent: String,
    pub request_id: String,
    /// Whether the request may change something (POST, PUT, PATCH, DELETE).
    pub writes: bool,
    pub headers: Arc<http::HeaderMap>,
}

/// The site behind the host.
#[derive(Clone)]
pub enum Place {
    Public,
    Console,
    Counter(Arc<Tenant>),
}

impl Here {
    /// The secret in one of this browser's cookies.
    pub fn token(&self, cookie: &str) -> Option<Token> {
        Token::in_cookie(&self.headers, cookie)
    }

    pub(super) fn of(request: &Request) -> Result<Self> {
        request.extensions().get::<Self>().cloned().ok_or(Error::NotFound)
    }
}

/// Anybody, at the public site.
pub struct Public(pub Here);

/// Anybody, at a tenant's counter.
#[derive(Clone)]
pub struct Visitor {
    pub here: Here,
    pub tenant: Arc<Tenant>,
}

impl Visitor {
    /// The host they stand at, as sessions know it.
    pub fn doorway(&self) -> Doorway<'_> {
        let (domain, since) = match &self.here.own_domain {
            Some(own) => (Some(own.domain.as_str()), own.since),
            None => (None, self.tenant.renamed_at.unwrap_or(DateTime::UNIX_EPOCH)),
        };
        let strangers_see_prices = self.tenant.prices_shown == PricesShown::All;
        Doorway { tenant: self.tenant.id, country: self.tenant.country, domain, since, strangers_see_prices }
    }
}

/// A customer who has proven their number here, let in or not, with the open transaction that only sees
/// what is theirs: one that can write when the request may.
pub struct SignedIn {
    pub caller: Caller,
    pub tx: Tx<Counter>,
}

/// A signed-in customer without their transaction.
#[derive(Clone)]
pub struct Caller {
    pub visitor: Visitor,
    pub session: CustomerSession,
}

/// One of the tenant's own people whose role the rule allows, with their open transaction.
pub struct Staff<R> {
    pub member: Member,
    pub tx: Tx<Office>,
    rule: PhantomData<R>,
}

/// A member of staff without their transaction.
#[derive(Clone)]
pub struct Member {
    pub visitor: Visitor,
    pub session: StaffSession,
}

impl SignedIn {
    /// Writes in the transaction that the session was read in, and keeps it when the work succeeds.
    pub async fn write<T>(self, work: impl AsyncFnOnce(&mut Tx<Counter>, &Caller) -> Result<T>) -> Result<T> {
        let Self { caller, mut tx } = self;
        let done = work(&mut tx, &caller).await?;
        tx.commit().await?;
        Ok(done)
    }

    /// Ends the transaction, for work at another door of the database: this one may have touched the session's
    /// row, and whoever changes that row by the other door would wait for it.
    pub async fn leave(self) -> Result<Caller> {
        let Self { caller, tx } = self;
        tx.commit().await?;
        Ok(caller)
    }
}

impl Staff<AnyRole> {
    /// The same for a narrower rule.
    ///
    /// # Errors
    /// [`Error::Forbidden`] when their role is not among those.
    pub fn narrow<R: RoleRule>(self) -> Result<Staff<R>> {
        let Self { member, tx, .. } = self;
        if R::allows(member.session.role) { Ok(Staff { member, tx, rule: PhantomData }) } else { Err(Error::Forbidden) }
    }
}

impl<R> Staff<R> {
    /// Writes in the transaction that the session was read in, and keeps it when the work succeeds.
    pub async fn write<T>(self, work: impl AsyncFnOnce(&mut Tx<Office>, &Member) -> Result<T>) -> Result<T> {
        let Self { member, mut tx, .. } = self;
        let done = work(&mut tx, &member).await?;
        tx.commit().await?;
        Ok(done)
    }

    /// Ends the transaction, which may have touched the session's row, for work that waits its turn: whoever has the turn
    /// may want to end that very session.
    pub async fn leave(self) -> Result<Member> {
        let Self { member, tx, .. } = self;
        tx.commit().await?;
        Ok(member)
    }
}

impl Deref for SignedIn {
    type Target = Caller;

    fn deref(&self) -> &Caller {
        &self.caller
    }
}

impl Deref for Caller {
    type Target = Visitor;

    fn deref(&self) -> &Visitor {
        &self.visitor
    }
}

impl<R> Deref for Staff<R> {
    type Target = Member;

    fn deref(&self) -> &Member {
        &self.member
    }
}

impl Deref for Member {
    type Target = Visitor;

    fn deref(&self) -> &Visitor {
        &self.visitor
    }
}

impl Deref for Visitor {
    type Target = Here;

    fn deref(&self) -> &Here {
        &self.here
    }
}

impl<'a> FromRequest<'a> for Public {
    async fn from_request(request: &'a Request, _: &mut RequestBody) -> poem::Result<Self> {
        match Here::of(request)? {
            here @ Here { place: Place::Public, .. } => Ok(Self(here)),
            _ => Err(Error::NotFound.into()),
        }
    }
}

impl<'a> FromRequest<'a> for Visitor {
    async fn from_request(request: &'a Request, _: &mut RequestBody) -> poem::Result<Self> {
        Ok(visitor(request)?)
    }
}

impl<'a> FromRequest<'a> for SignedIn {
    async fn from_request(request: &'a Request, _: &mut RequestBody) -> poem::Result<Self> {
        Ok(signed_in(visitor(request)?).await?)
    }
}

impl<'a, R: RoleRule> FromRequest<'a> for Staff<R> {
    async fn from_request(request: &'a Request, _: &mut RequestBody) -> poem::Result<Self> {
        Ok(staff(visitor(request)?).await?)
    }
}

/// Whoever is at a counter: while it is shut, only at its office's door. A route that forgets to ask is shut as well.
pub(super) fn visitor(request: &Request) -> Result<Visitor> {
    let here = Here::of(request)?;
    let Place::Counter(tenant) = &here.place else { return Err(Error::NotFound) };
    let role = match request.uri().path() {
        path if is_of_the_office(path) => Role::StaffReading,
        "/sessions/current/end" | "/api/v1/sessions/current" => Role::CustomerLeaving,
        // Whoever wants to hear no more need not wait for a counter to open.
        path if path.starts_with("/unsubscriptions/") => Role::CustomerLeaving,
        _ => Role::Customer,
    };
    if !tenant.serves(role) {
        return Err(if tenant.state == State::Closing { Error::ClosedForGood } else { Error::Closed });
    }
    Ok(Visitor { tenant: Arc::clone(tenant), here })
}

fn is_of_the_office(path: &str) -> bool {
    let path = path.strip_prefix("/api/v1").unwrap_or(path);
    path.strip_prefix("/office").is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Who this visitor is, if they are signed in: for the front door, which is for both.
pub async fn signed_in(visitor: Visitor) -> Result<SignedIn> {
    let token = visitor.token(SESSION_COOKIE).ok_or(Error::Unauthenticated)?;
    signed_in_with(visitor, &token).await
}

/// The same, with a token that the browser is only about to get.
pub async fn signed_in_with(visitor: Visitor, token: &Token) -> Result<SignedIn> {
    let house = Arc::clone(&visitor.house);
    let now = house.now();
    let open =
        async |writes| house.holders().open(house.db(), visitor.doorway(), token.hash(), writes, house.customer_idle_since(), now).await;
    let (mut tx, mut session) = open(visitor.writes).await?;
    // Once in a while the use is noted: in this transaction when it writes, else in one before it. Not beside
    // it: requests that each hold a connection and wait for a second one would wait for each other.
    if session::wants_touch(session.last_seen_at, now) {
        if visitor.writes {
            session::touch(&mut tx, session.session_id, now).await?;
        } else {
            drop(tx);
            let (mut noting, noted) = open(true).await?;
            session::touch(&mut noting, noted.session_id, now).await?;
            noting.commit().await?;
            (tx, session) = open(false).await?;
        }
    }
    Ok(SignedIn { caller: Caller { visitor, session }, tx })
}

/// Whether a request is of a signed-in member of staff: for the door, which takes larger bodies from them alone.
pub async fn is_of_staff(here: &Here) -> Result<bool> {
    let Place::Counter(tenant) = &here.place else { return Ok(false) };
    match staff::<AnyRole>(Visitor { tenant: Arc::clone(tenant), here: here.clone() }).await {
        Ok(_) => Ok(true),
        Err(Error::Unauthenticated) => Ok(false),
        Err(error) => Err(error),
    }
}

async fn staff<R: RoleRule>(visitor: Visitor) -> Result<Staff<R>> {
    let house = Arc::clone(&visitor.house);
    let token = visitor.token(OFFICE_COOKIE).ok_or(Error::Unauthenticated)?;
    let now = house.now();
    let scope = house.office(&visitor.tenant);
    let mut tx = if visitor.writes { scope.open_write().await? } else { scope.open_read().await? };
    let session = session::find_staff(&mut tx, visitor.doorway(), token.hash(), house.staff_idle_since(), now)
        .await?
        .ok_or(Error::Unauthenticated)?;
    if !R::allows(session.role) {
        return Err(Error::Forbidden);
    }
    if !visitor.tenant.serves(R::needs(visitor.writes)) {
        return Err(match visitor.tenant.state {
            State::Closing => Error::Closing { until: visitor.tenant.erased_on() },
            _ => Error::Suspended { reason: visitor.tenant.state_reason.clone() },
        });
    }
    if R::proven_within(visitor.writes).is_some_and(|life| now - session.began_at > life) {
        return Err(Error::ProofNeeded);
    }
    if session::wants_touch(session.last_seen_at, now) {
        if visitor.writes {
            session::touch_staff(&mut tx, session.session_id, now).await?;
        } else {
            drop(tx);
            scope.write(async |tx| session::touch_staff(tx, session.session_id, now).await).await?;
            tx = scope.open_read().await?;
        }
    }
    Ok(Staff { member: Member { visitor, session }, tx, rule: PhantomData })
}

/// Anybody, at any site.
pub struct Anywhere(pub Here);

impl<'a> FromRequest<'a> for Anywhere {
    async fn from_request(request: &'a Request, _: &mut RequestBody) -> poem::Result<Self> {
        Ok(Self(Here::of(request)?))
    }
}
