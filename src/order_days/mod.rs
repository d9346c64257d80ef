//! On which days goods go out or are fetched, and until when orders for them are taken.

mod days;
mod keeping;

use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;

pub use self::days::{Choice, Method, Rule, choices, closes_at, in_words};
pub use self::keeping::{put_all, rules};
use crate::db::{TenantDoor, Tx};
use crate::error::{Error, Result};

/// When a wholesaler's goods change hands.
#[derive(Debug, Clone, Default)]
pub struct Calendar {
    rules: Vec<Rule>,
    closed: Vec<NaiveDate>,
}

impl Calendar {
    /// Whether a day is asked for at all.
    pub fn asks(&self) -> bool {
        !self.rules.is_empty()
    }

    /// The days that can be chosen now, soonest first.
    pub fn choices(&self, now: DateTime<Utc>, zone: Tz) -> Vec<Choice> {
        choices(&self.rules, &self.closed, now, zone)
    }

    /// The day that was chosen or, when none was, the soonest; None where no day is asked for.
    ///
    /// # Errors
    /// [`Error::Invalid`] when orders for that day are not taken, or not any more.
    pub fn choose(&self, chosen: Option<(Method, NaiveDate)>, now: DateTime<Utc>, zone: Tz) -> Result<Option<Choice>> {
        if !self.asks() {
            return match chosen {
                None => Ok(None),
                Some(_) => Err(Error::invalid("day", "There are no days to choose from here: it comes as soon as possible.")),
            };
        }
        let open = self.choices(now, zone);
        let found = match chosen {
            Some((method, day)) => open.into_iter().find(|choice| (choice.method, choice.day) == (method, day)),
            None => open.into_iter().next(),
        };
        found.map(Some).ok_or_else(|| Error::invalid("day", "Orders for that day are not taken any more. Please choose another day."))
    }
}

/// A wholesaler's days.
pub async fn calendar<D: TenantDoor>(tx: &mut Tx<D>) -> Result<Calendar> {
    let rows = sqlx::query!(
        r#"select method as "method!", weekday as "weekday!", days_before as "days_before!", cut_off as "cut_off!", null::date as day
             from order_days where tenant_id = $1
            union all
           select '', 0::smallint, 0::smallint, '00:00'::time, day from closed_days where tenant_id = $1"#,
        tx.tenant().uuid()
    )
    .fetch_all(&mut *tx)
    .await?;
    let mut calendar = Calendar::default();
    for row in rows {
        match (row.day, Method::parse(&row.method)) {
            (Some(day), _) => calendar.closed.push(day),
            (None, Some(method)) => calendar.rules.push(Rule {
                method,
                weekday: u32::try_from(row.weekday).unwrap_or_default(),
                days_before: u64::try_from(row.days_before).unwrap_or_default(),
                cut_off: row.cut_off,
            }),
            (None, None) => {}
        }
    }
    Ok(calendar)
}

/// What somebody says of how and when it is wanted: nothing, or a day, and delivery when it is not said.
///
/// # Errors
/// [`Error::Invalid`] when it is not to be read.
pub fn read(method: &str, day: &str) -> Result<Option<(Method, NaiveDate)>> {
    let method = match method {
        "" => Method::Delivery,
        word => Method::parse(word).ok_or_else(|| Error::invalid("method", "There is delivery and collection."))?,
    };
    if day.is_empty() {
        return Ok(None);
    }
    let day = day.parse().map_err(|_| Error::invalid("day", "A day is written as in 2026-12-01."))?;
    Ok(Some((method, day)))
}

/// A day as people say it: «Thursday 26 November».
pub fn day_in_words(day: NaiveDate) -> String {
    day.format("%A %-d %B").to_string()
}
