//! Who comes to see goods and to order them.

use std::ops::Deref;

use poem::{FromRequest, Request, RequestBody};

use super::extract::{Caller, SignedIn, Visitor, signed_in, visitor};
use super::session::Access;
use super::tenant::PricesShown;
use super::terms::Terms;
use crate::db::{Counter, CounterKeys, Tx};
use crate::error::{Error, Result};

/// A customer who is let in, with the open transaction that sees what is theirs, and the prices that are for them.
pub struct Buyer {
    pub caller: Caller,
    pub access: Access,
    pub tx: Tx<Counter>,
}

/// Anybody who may see this wholesaler's goods: a customer who is let in, or a stranger as far as the wholesaler shows
/// anything to strangers. Somebody whose access waits, was refused or is suspended is a stranger.
pub struct Shopper {
    pub visitor: Visitor,
    pub buyer: Option<(Caller, Access)>,
    pub shows: Shows,
    /// It sees no price that is not for them, whatever it is asked.
    pub tx: Tx<Counter>,
}

/// What is shown to somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shows {
    Prices,
    Goods,
}

impl Buyer {
    /// For whom everything here is priced.
    pub fn terms(&self) -> Terms {
        Terms::of_access(&self.tenant, &self.access, self.house.now())
    }

    /// Writes in the transaction that the session was read in, and keeps it when the work succeeds.
    pub async fn write<T>(self, work: impl AsyncFnOnce(&mut Tx<Counter>, &Caller, &Access) -> Result<T>) -> Result<T> {
        let Self { caller, access, mut tx } = self;
        let done = work(&mut tx, &caller, &access).await?;
        tx.commit().await?;
        Ok(done)
    }

    /// Ends the transaction, for work at another door of the database.
    pub async fn leave(self) -> Result<(Caller, Access)> {
        let Self { caller, access, tx } = self;
        tx.commit().await?;
        Ok((caller, access))
    }
}

impl TryFrom<SignedIn> for Buyer {
    type Error = Error;

    fn try_from(customer: SignedIn) -> Result<Self> {
        let SignedIn { caller, tx } = customer;
        let access = caller.session.active_access().cloned().ok_or(Error::NoAccount)?;
        Ok(Self { caller, access, tx })
    }
}

impl Shopper {
    /// For whom everything here is priced.
    pub fn terms(&self) -> Terms {
        let now = self.visitor.house.now();
        match &self.buyer {
            Some((_, access)) => Terms::of_access(&self.visitor.tenant, access, now),
            None => Terms::of_stranger(&self.visitor.tenant, now),
        }
    }

    async fn of(visitor: Visitor) -> Result<Self> {
        match signed_in(visitor.clone()).await {
            Ok(customer) => Self::known(customer).await,
            Err(Error::Unauthenticated) => {
                let shows = shown_to_strangers(&visitor).ok_or(Error::Unauthenticated)?;
                let tx = visitor.house.db().counter(strangers_keys(&visitor)).open_read().await?;
                Ok(Self { visitor, buyer: None, shows, tx })
            }
            Err(error) => Err(error),
        }
    }

    async fn known(customer: SignedIn) -> Result<Self> {
        let SignedIn { caller, mut tx } = customer;
        let visitor = caller.visitor.clone();
        if let Some(access) = caller.session.active_access().cloned() {
            return Ok(Self { visitor, buyer: Some((caller, access)), shows: Shows::Prices, tx });
        }
        let shows = shown_to_strangers(&visitor).ok_or(Error::NoAccount)?;
        // Prices that were their own are not for them while they are shut out.
        tx.narrow(&strangers_keys(&visitor)).await?;
        Ok(Self { visitor, buyer: None, shows, tx })
    }
}

fn shown_to_strangers(visitor: &Visitor) -> Option<Shows> {
    match visitor.tenant.prices_shown {
        PricesShown::All => Some(Shows::Prices),
        PricesShown::NoPrices => Some(Shows::Goods),
        PricesShown::Nothing => None,
    }
}

fn strangers_keys(visitor: &Visitor) -> CounterKeys {
    CounterKeys::of_stranger(visitor.tenant.id, visitor.tenant.prices_shown == PricesShown::All)
}

impl Deref for Buyer {
    type Target = Caller;

    fn deref(&self) -> &Caller {
        &self.caller
    }
}

impl Deref for Shopper {
    type Target = Visitor;

    fn deref(&self) -> &Visitor {
        &self.visitor
    }
}

impl<'a> FromRequest<'a> for Buyer {
    async fn from_request(request: &'a Request, _: &mut RequestBody) -> poem::Result<Self> {
        Ok(signed_in(visitor(request)?).await?.try_into()?)
    }
}

impl<'a> FromRequest<'a> for Shopper {
    async fn from_request(request: &'a Request, _: &mut RequestBody) -> poem::Result<Self> {
        Ok(Self::of(visitor(request)?).await?)
    }
}
