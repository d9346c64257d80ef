//! What other processes tell: a tenant has changed, or its goods have, or a job is waiting.

#![expect(clippy::disallowed_types, reason = "this is the room that holds the pools")]

use std::time::Duration;

use sqlx::postgres::PgListener;

use uuid::Uuid;

use super::connect::Address;
use crate::ids::TenantId;

/// What was told.
pub enum Told {
    /// This slug's tenant is not what it was.
    TenantChanged(String),
    /// This tenant's goods, or what they cost, are not what they were.
    CatalogueChanged(TenantId),
    /// There is work.
    JobQueued,
    /// Something may have been missed: the connection was lost and is back.
    Reconnected,
}

/// Listens until the task is aborted, on a connection of its own. A lost connection is made anew, after a
/// pause, and said so, because what was told meanwhile is lost.
pub async fn listen(address: Address, mut hear: impl FnMut(Told) + Send) {
    loop {
        if let Err(error) = listen_once(&address, &mut hear).await {
            tracing::warn!(%error, "listening to the database was interrupted");
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
        hear(Told::Reconnected);
    }
}

async fn listen_once(address: &Address, hear: &mut (impl FnMut(Told) + Send)) -> sqlx::Result<()> {
    let pool = address.pool("tc_platform", 1);
    let mut listener = PgListener::connect_with(&pool).await?;
    listener.listen_all(["tenant_changed", "catalogue_changed", "job_queued"]).await?;
    hear(Told::Reconnected);
    while let Some(notification) = listener.try_recv().await? {
        match notification.channel() {
            "tenant_changed" => hear(Told::TenantChanged(notification.payload().to_owned())),
            "catalogue_changed" => {
                if let Ok(tenant) = Uuid::parse_str(notification.payload()) {
                    hear(Told::CatalogueChanged(tenant.into()));
                }
            }
            _ => hear(Told::JobQueued),
        }
    }
    Ok(())
}
