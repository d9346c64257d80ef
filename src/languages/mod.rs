//! In which language a customer is written to: the one that they have chosen, at every wholesaler; else the wholesaler's own.

pub mod api;
pub mod pages;

use std::collections::HashMap;

use uuid::Uuid;

use crate::error::Result;
use crate::ids::CustomerId;
use crate::tenancy::extract::{Caller, SignedIn};
use crate::tenancy::{House, Tenant};
use crate::values::Language;

/// In which this wholesaler writes to whoever has chosen none.
pub fn own(tenant: &Tenant) -> Language {
    Language::of_country(tenant.country)
}

/// In which it writes to these people.
pub struct Spoken {
    chosen: HashMap<Uuid, Language>,
    own: Language,
}

impl Spoken {
    /// In which to this one.
    pub fn by(&self, customer: CustomerId) -> Language {
        self.chosen.get(&customer.uuid()).copied().unwrap_or(self.own)
    }
}

/// Looks up what these people have chosen. No wholesaler sees the row of a person, so this is asked at the door of persons.
pub async fn of(house: &House, tenant: &Tenant, customers: &[CustomerId]) -> Result<Spoken> {
    let ids: Vec<Uuid> = customers.iter().map(|customer| customer.uuid()).collect();
    let rows = house
        .db()
        .identity()
        .read(async |tx| {
            let rows = sqlx::query!("select id, language from customers where id = any($1) and language <> ''", &ids);
            Ok(rows.fetch_all(&mut *tx).await?)
        })
        .await?;
    let chosen = rows.into_iter().filter_map(|row| Some((row.id, Language::parse(&row.language)?)));
    Ok(Spoken { chosen: chosen.collect(), own: own(tenant) })
}

/// What whoever asks has chosen.
pub async fn chosen(caller: &Caller) -> Result<Option<Language>> {
    let me = caller.session.customer_id;
    let language = caller
        .house
        .db()
        .person(me)
        .read(async |tx| {
            let language = sqlx::query_scalar!("select language from customers where id = $1", me.uuid());
            Ok(language.fetch_optional(&mut *tx).await?)
        })
        .await?;
    Ok(language.as_deref().and_then(Language::parse))
}

/// Has everybody write to them in this language, or each wholesaler in its own.
pub async fn choose(customer: SignedIn, language: Option<Language>) -> Result<()> {
    let caller = customer.leave().await?;
    let me = caller.session.customer_id;
    caller
        .house
        .db()
        .person(me)
        .write(async |tx| {
            sqlx::query!("update customers set language = $2 where id = $1", me.uuid(), language.map_or("", Language::code))
                .execute(&mut *tx)
                .await?;
            Ok(())
        })
        .await
}
