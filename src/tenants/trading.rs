//! How a tenant trades, as its folder says it: what is not said there is the wholesaler's own to choose.

use chrono::{DateTime, Utc};

use super::declared::{Declared, Trading};
use super::plan::Change;
use crate::db::{Office, Tx};
use crate::error::{Error, Result};
use crate::tax::{OwnRate, Rounding};
use crate::tenancy::{PricesShown, StockShown};
use crate::values::{Currency, Money};

/// How it trades now.
pub(super) struct Standing {
    prices_shown: String,
    stock_shown: String,
    vat_rounding: String,
    minimum_order_minor: i64,
    pub rounding: Rounding,
    pub rates: Vec<OwnRate>,
}

impl Standing {
    pub async fn read(tx: &mut Tx<Office>) -> Result<Self> {
        let row = sqlx::query!(
            "select prices_shown, stock_shown, vat_rounding, minimum_order_minor, tax_rates from tenants where id = $1",
            tx.tenant().uuid()
        );
        let row = row.fetch_one(&mut *tx).await?;
        let not_ours = || Error::Internal(anyhow::anyhow!("a tenant's VAT is none that we know"));
        Ok(Self {
            rounding: Rounding::parse(&row.vat_rounding).ok_or_else(not_ours)?,
            rates: OwnRate::parse_all(&row.tax_rates).ok_or_else(not_ours)?,
            prices_shown: row.prices_shown,
            stock_shown: row.stock_shown,
            vat_rounding: row.vat_rounding,
            minimum_order_minor: row.minimum_order_minor,
        })
    }

    /// As it should be.
    fn with(&self, declared: &Trading) -> [String; 3] {
        let said = |word: Option<&'static str>, there: &str| word.map_or_else(|| there.to_owned(), str::to_owned);
        [
            said(declared.prices_shown.map(PricesShown::word), &self.prices_shown),
            said(declared.stock_shown.map(StockShown::word), &self.stock_shown),
            said(declared.vat_rounding.map(Rounding::word), &self.vat_rounding),
        ]
    }
}

/// Writes it where it differs.
pub(super) async fn put(tx: &mut Tx<Office>, declared: &Declared, now: DateTime<Utc>) -> Result<Vec<Change>> {
    let standing = Standing::read(tx).await?;
    let [prices_shown, stock_shown, vat_rounding] = standing.with(&declared.trading);
    let minimum = declared.trading.minimum_order_minor.unwrap_or(standing.minimum_order_minor);
    let changes = changes(&standing, [&prices_shown, &stock_shown, &vat_rounding], minimum, declared.currency);
    if !changes.is_empty() {
        sqlx::query!(
            "update tenants set prices_shown = $2, stock_shown = $3, vat_rounding = $4, minimum_order_minor = $5, updated_at = $6 where id = $1",
            tx.tenant().uuid(),
            prices_shown,
            stock_shown,
            vat_rounding,
            minimum,
            now
        )
        .execute(&mut *tx)
        .await?;
    }
    Ok(changes)
}

fn changes(standing: &Standing, words: [&str; 3], minimum: i64, currency: Currency) -> Vec<Change> {
    let plain = |minor: i64| Money::new(minor, currency).plain();
    let [prices_shown, stock_shown, vat_rounding] = words.map(str::to_owned);
    let values = [
        ("prices_shown", standing.prices_shown.clone(), prices_shown),
        ("stock_shown", standing.stock_shown.clone(), stock_shown),
        ("vat_rounding", standing.vat_rounding.clone(), vat_rounding),
        ("minimum_order", plain(standing.minimum_order_minor), plain(minimum)),
    ];
    let differing = values.into_iter().filter(|(_, from, to)| from != to);
    differing.map(|(what, from, to)| Change::Different { what: what.to_owned(), from, to }).collect()
}
