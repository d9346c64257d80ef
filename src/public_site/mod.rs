//! The public site at the base host.

pub mod pages;

use chrono::{DateTime, Utc};

use crate::error::Result;
use crate::tenancy::House;

/// A counter, as the demo's front page lists it.
pub struct Counter {
    pub slug: String,
    pub business_name: String,
    pub opening_text: String,
    pub logo_type: Option<String>,
    pub updated_at: DateTime<Utc>,
}

/// The first counters there were.
pub async fn first_counters(house: &House) -> Result<Vec<Counter>> {
    house
        .db()
        .platform()
        .read(async |tx| {
            Ok(sqlx::query_as!(
                Counter,
                "select slug, business_name, opening_text, logo_type, updated_at from tenants
                      where status in ('demo', 'active') order by created_at, slug limit 12"
            )
            .fetch_all(&mut *tx)
            .await?)
        })
        .await
}
