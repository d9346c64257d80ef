//! Where a customer arrives: their trade account, or how things stand while they have none.

pub mod api;
pub mod pages;

use crate::db::{Counter, Tx};
use crate::error::Result;
use crate::tenancy::session::Access;

/// A customer's trade account.
pub struct Account {
    pub account_number: String,
    pub business_name: String,
    pub town: String,
}

/// The account that this access opens.
pub async fn account(tx: &mut Tx<Counter>, access: &Access) -> Result<Account> {
    Ok(sqlx::query_as!(
        Account,
        "select account_number, business_name, town from trade_accounts where tenant_id = $1 and account_id = $2",
        tx.tenant().uuid(),
        access.account_id.uuid()
    )
    .fetch_one(&mut *tx)
    .await?)
}
