//! What closing does by the clock: each day a letter to the owners, while it can be taken back, and the purge when it cannot.
//!
//! Every process looks once in a while, and any number of them may: whose turn it is to write is decided by moving the tenant's
//! own date on, and who comes second finds it moved.

use std::time::Duration;

use askama::Template;

use super::purge;
use crate::error::{Error, Result};
use crate::ids::{ReminderId, TenantId};
use crate::jobs::{self, Job, Lane, Outcome};
use crate::messages::{self, one_line};
use crate::operators::Doer;
use crate::tenancy::{House, Tenant};

const PAUSE: Duration = Duration::from_mins(1);
/// How many tenants one statement takes at the most.
const AT_ONCE: i64 = 100;

/// Looks until the task is aborted.
pub async fn now_and_then(house: &House) {
    loop {
        tokio::time::sleep(PAUSE).await;
        if let Err(error) = look(house).await {
            tracing::error!(error = error.for_log(), "those who are being closed could not be looked after");
        }
    }
}

/// Queues the letters that are due, and purges those whose grace is over.
pub async fn look(house: &House) -> Result<()> {
    while queue_reminders(house).await? == AT_ONCE.unsigned_abs() {}
    for tenant in over(house).await? {
        match purge::purge(house, tenant, &Doer::end_of_grace()).await {
            // Somebody else has, or has taken the closing back.
            Ok(()) | Err(Error::Conflict(_) | Error::NotFound) => {}
            Err(error) => tracing::error!(error = error.for_log(), %tenant, "a tenant whose grace is over could not be purged"),
        }
    }
    Ok(())
}

/// A day's letters for each tenant whose next are due: one job, in the transaction that moves the date on. Days on which
/// nobody looked are not made up for.
async fn queue_reminders(house: &House) -> Result<u64> {
    let now = house.now();
    let queued = house
        .db()
        .platform()
        .write(async |tx| {
            let due = sqlx::query_scalar!(
                "update tenants
                    set reminder_at = reminder_at + interval '1 day' * (1 + floor(extract(epoch from $1 - reminder_at) / 86400))
                  where id in (select id from tenants where status = 'closing' and reminder_at <= $1 and reminder_at < grace_ends_at
                                order by id limit $2 for update skip locked)
                 returning id",
                now,
                AT_ONCE
            )
            .fetch_all(&mut *tx)
            .await?;
            for tenant in &due {
                let reminder = Job::RemindOfClosing(ReminderId::new());
                jobs::enqueue(tx, Lane::Letters, reminder, Some(TenantId::from(*tenant)), now).await?;
            }
            Ok(due.len())
        })
        .await?;
    Ok(u64::try_from(queued).unwrap_or_default())
}

async fn over(house: &House) -> Result<Vec<TenantId>> {
    let scope = house.db().platform();
    let due = scope
        .read(async |tx| {
            let due = sqlx::query_scalar!(
                "select id from tenants where status = 'closing' and grace_ends_at <= $1 order by grace_ends_at limit $2",
                house.now(),
                AT_ONCE
            );
            Ok(due.fetch_all(&mut *tx).await?)
        })
        .await?;
    Ok(due.into_iter().map(TenantId::from).collect())
}

#[derive(Template)]
#[template(path = "tenants/closing.mail.txt", escape = "none")]
struct Letter<'a> {
    business_name: &'a str,
    closed_by: &'a str,
    day: &'a str,
    left: &'a str,
    url: &'a str,
}

/// Puts a letter to each owner into the outbox. Done again, because whoever did it could not say so, it adds none.
pub async fn write_letters(house: &House, tenant: &Tenant, reminder: ReminderId) -> Result<Outcome> {
    let now = house.now();
    let scope = house.db().platform();
    // Not from memory: it may have been taken back meanwhile.
    let closing = scope
        .read(async |tx| {
            let row = sqlx::query!("select closed_by, grace_ends_at from tenants where id = $1 and status = 'closing'", tenant.id.uuid());
            Ok(row.fetch_optional(&mut *tx).await?)
        })
        .await?;
    let Some((closed_by, end)) = closing.and_then(|row| Some((row.closed_by, row.grace_ends_at?))) else { return Ok(Outcome::Done) };
    let day = end.with_timezone(&tenant.time_zone).format("%-d %B %Y").to_string();
    let name = one_line(&tenant.business_name);
    let left = left_in_words((end - now).num_days());
    let url = format!("{}/office/closing", tenant.main_url(&house.hosts));
    let closed_by = if closed_by.is_empty() { "the platform" } else { &closed_by };
    let letter = Letter { business_name: &name, closed_by, day: &day, left: &left, url: &url };
    let text = letter.render().map_err(|error| Error::Internal(error.into()))?;
    let subject = format!("{name} is deleted on {day}");
    let about = format!("closing {reminder}");
    house.office(tenant).write(async |tx| messages::notify_owners(tx, &about, &subject, &text, now).await).await?;
    Ok(Outcome::Done)
}

fn left_in_words(days: i64) -> String {
    match days {
        i64::MIN..=0 => "That is less than a day".to_owned(),
        1 => "That is in one day".to_owned(),
        days => format!("That is in {days} days"),
    }
}
