//! Where a customer is signed in, at every wholesaler, and how to end it.

pub mod api;
pub mod pages;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::challenges::{self, Address};
use crate::error::{Error, Result};
use crate::tenancy::extract::{Caller, SignedIn};
use crate::tenancy::token::KNOWN_COOKIE;

/// A browser that is signed in somewhere.
pub struct Device {
    pub session_id: Uuid,
    pub wholesaler: String,
    pub user_agent: String,
    pub signed_in_at: DateTime<Utc>,
    pub last_seen_at: DateTime<Utc>,
}

/// All of them: the one that asks, then the one used last.
pub async fn all(caller: &Caller) -> Result<Vec<Device>> {
    let house = &caller.house;
    let customer = caller.session.customer_id;
    house
        .db()
        .person(customer)
        .read(async |tx| {
            Ok(sqlx::query_as!(
                Device,
                "select s.session_id, t.business_name as wholesaler, s.user_agent, s.created_at as signed_in_at, s.last_seen_at
                   from sessions s join tenants t on t.id = s.tenant_id
                  where s.customer_id = $1 and s.ended_at is null and s.expires_at > $2 and s.last_seen_at > $3
                    and s.created_at >= coalesce(t.renamed_at, s.created_at)
                  order by s.session_id <> $4, s.last_seen_at desc, s.session_id",
                customer.uuid(),
                house.now(),
                house.customer_idle_since(),
                caller.session.session_id.uuid()
            )
            .fetch_all(&mut *tx)
            .await?)
        })
        .await
}

/// Ends one, wherever it is.
///
/// # Errors
/// [`Error::NotFound`] when there is none of that id, or it is not theirs.
pub async fn end(customer: SignedIn, session_id: Uuid) -> Result<()> {
    let caller = customer.leave().await?;
    let house = &caller.house;
    let customer = caller.session.customer_id;
    house
        .db()
        .person(customer)
        .write(async |tx| {
            let ended = sqlx::query!(
                "update sessions set ended_at = $3 where customer_id = $1 and session_id = $2 and ended_at is null",
                customer.uuid(),
                session_id,
                house.now()
            )
            .execute(&mut *tx)
            .await?;
            if ended.rows_affected() == 0 { Err(Error::NotFound) } else { Ok(()) }
        })
        .await
}

/// Ends all but the one that asks, which is also the only one that stays known.
pub async fn end_others(customer: SignedIn) -> Result<()> {
    let caller = customer.leave().await?;
    let house = &caller.house;
    let customer = caller.session.customer_id;
    house
        .db()
        .person(customer)
        .write(async |tx| {
            sqlx::query!(
                "update sessions set ended_at = $3 where customer_id = $1 and session_id <> $2 and ended_at is null",
                customer.uuid(),
                caller.session.session_id.uuid(),
                house.now()
            )
            .execute(&mut *tx)
            .await?;
            let phone = Address::Phone(caller.session.phone.clone());
            challenges::forget_others(tx, &house.config, &phone, caller.token(KNOWN_COOKIE).as_ref()).await
        })
        .await
}

/// What a browser calls itself, in words that its owner knows: «Chrome on Android».
pub fn device_name(user_agent: &str) -> String {
    const BROWSERS: [(&str, &str); 8] = [
        ("SamsungBrowser", "Samsung Internet"),
        ("Edg", "Edge"),
        ("OPR", "Opera"),
        ("FxiOS", "Firefox"),
        ("Firefox", "Firefox"),
        ("CriOS", "Chrome"),
        ("Chrome", "Chrome"),
        ("Safari", "Safari"),
    ];
    const SYSTEMS: [(&str, &str); 7] = [
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Android", "Android"),
        ("Windows", "Windows"),
        ("Mac OS X", "a Mac"),
        ("CrOS", "a Chromebook"),
        ("Linux", "Linux"),
    ];
    let first = |names: &[(&str, &'static str)]| names.iter().find(|(mark, _)| user_agent.contains(mark)).map(|(_, name)| *name);
    match (first(&BROWSERS), first(&SYSTEMS)) {
        (Some(browser), Some(system)) => format!("{browser} on {system}"),
        (Some(browser), None) => browser.to_owned(),
        (None, Some(system)) => format!("A browser on {system}"),
        (None, None) => "A program or an unknown browser".to_owned(),
    }
}
