//! A migrated database that tests copy.

use sqlx::{AssertSqlSafe, ConnectOptions, Connection};

use super::connect::Address;
use super::{guard, migrate};

/// Makes it anew each time, so that a migration that was changed while it was written is no trouble. What earlier
/// tests left behind, databases named `test_…`, goes with it.
pub async fn make(address: &Address) -> anyhow::Result<()> {
    let mut admin = address.with_database("postgres").as_administrator().connect().await?;
    let left: Vec<String> = sqlx::query_scalar("select datname from pg_database where datname = $1 or datname like 'test\\_%'")
        .bind(address.database())
        .fetch_all(&mut admin)
        .await?;
    for database in left {
        sqlx::query(AssertSqlSafe(format!("drop database \"{database}\" with (force)"))).execute(&mut admin).await?;
    }
    admin.close().await?;
    migrate::migrate(address).await?;
    guard::insist(address).await
}
