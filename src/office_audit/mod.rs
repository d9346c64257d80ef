//! The audit log of a counter, for its owners: who did what, when, and what is otherwise since then.

pub mod api;
pub mod pages;

use crate::audit::chain::Head;
use crate::audit::filter::{Asked, Filter};
use crate::audit::words::OF_TENANTS;
use crate::db::{Office, Tx};
use crate::error::Result;
use crate::tenancy::extract::Member;

/// The kinds of people there are besides those of the team one by one.
pub const KINDS: [(&str, &str); 4] =
    [("staff", "Anybody of the team"), ("customer", "Customers"), ("operator", "Tradecounter’s people"), ("system", "Nobody in person")];

/// Reads which entries are asked for; days are those of the wholesaler.
pub fn read(asked: &Asked, member: &Member) -> Result<Filter> {
    Filter::read(asked, &KINDS, OF_TENANTS, member.tenant.time_zone)
}

/// Whom one can look for: the kinds, and everybody who works or worked here.
pub async fn people(tx: &mut Tx<Office>) -> Result<Vec<(String, String)>> {
    let staff = sqlx::query!(
        "select staff_id, name, removed_at from staff where tenant_id = $1 order by removed_at is not null, lower(name), staff_id",
        tx.tenant().uuid()
    )
    .fetch_all(&mut *tx)
    .await?;
    let kinds = KINDS.map(|(word, name)| (word.to_owned(), name.to_owned()));
    let staff = staff.into_iter().map(|row| {
        let note = if row.removed_at.is_some() { " (removed)" } else { "" };
        (row.staff_id.to_string(), format!("{}{note}", row.name))
    });
    Ok(kinds.into_iter().chain(staff).collect())
}

/// Where the chain ends now.
pub async fn head(tx: &mut Tx<Office>) -> Result<Option<Head>> {
    Ok(sqlx::query_as!(
        Head,
        "select position, hash from audit_events where tenant_id = $1 order by position desc limit 1",
        tx.tenant().uuid()
    )
    .fetch_optional(&mut *tx)
    .await?)
}
