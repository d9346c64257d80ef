//! How a wholesaler sells: on which days, until when orders for them are taken, the least that is ordered at once, what is shown
//! of stock, and its VAT.

pub mod api;
pub mod pages;
pub mod reading;

use chrono::{NaiveDate, NaiveTime};
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::audit::{self, Actor, Event};
use crate::db::{Office, Tx};
use crate::error::{Error, Result};
use crate::order_days::{Method, day_in_words};
use crate::tax::{OwnRate, Rounding};
use crate::tenancy::extract::Member;
use crate::values::{Country, Currency, Money};

/// How many days there may be on which nothing goes out.
pub const MOST_CLOSED: usize = 100;
/// And rates of VAT beside those that are known.
pub const MOST_RATES: usize = 100;
/// What is shown of stock: the word that is kept, and what it is called.
pub const STOCK_SHOWN: [(&str, &str); 3] =
    [("words", "In words: in stock, few left, none"), ("numbers", "How many there are"), ("nothing", "Nothing")];
/// How VAT is rounded: the same.
pub const VAT_ROUNDING: [(&str, &str); 2] = [("line", "On each line"), ("rate_group", "On all lines of a rate together")];

/// As they stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderSettings {
    /// Without VAT; nothing when any order will do.
    pub minimum_order: Money,
    pub stock_shown: String,
    pub rounding: Rounding,
    pub days: Vec<Day>,
    pub closed: Vec<ClosedDay>,
    /// Beside those that are known.
    pub rates: Vec<OwnRate>,
}

/// A weekday on which goods change hands in one way.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Day {
    pub method: Method,
    /// Monday is 1.
    pub weekday: u32,
    /// How many days before, and until when on it, orders are taken.
    pub days_before: u32,
    pub cut_off: NaiveTime,
}

/// A day on which nothing goes out.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ClosedDay {
    pub day: NaiveDate,
    /// Why, such as «Christmas»; empty when nobody says.
    pub words: String,
}

/// «Monday» is 1.
pub const WEEKDAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

/// The name of a weekday, of which Monday is 1.
pub fn weekday_name(weekday: u32) -> &'static str {
    let at = usize::try_from(weekday).ok().and_then(|number| number.checked_sub(1));
    at.and_then(|at| WEEKDAYS.get(at)).copied().unwrap_or_default()
}

impl OrderSettings {
    /// Each with what people call it, in words.
    pub fn named(&self, country: Country) -> [(&'static str, String); 6] {
        let days = self.days.iter().map(|day| {
            let Day { method, weekday, days_before, cut_off } = day;
            format!("{} {}, {days_before} days before until {}", method.word(), weekday_name(*weekday), cut_off.format("%H:%M"))
        });
        let closed = self.closed.iter().map(|closed| format!("{} {}", day_in_words(closed.day), closed.words).trim().to_owned());
        [
            ("least order", self.minimum_order.shown_in(country)),
            ("stock shown", self.stock_shown.clone()),
            ("rounding of VAT", self.rounding.word().to_owned()),
            ("order days", days.collect::<Vec<_>>().join("; ")),
            ("closed days", closed.collect::<Vec<_>>().join("; ")),
            ("rates of VAT", self.rates.iter().map(reading::rate_line).collect::<Vec<_>>().join("; ")),
        ]
    }

    /// Another one whenever any of them is another.
    pub fn version(&self) -> String {
        let hash = Sha256::digest(format!("{self:?}"));
        hex::encode(hash.get(..8).unwrap_or_default())
    }
}

/// Reads them.
pub async fn find(tx: &mut Tx<Office>) -> Result<OrderSettings> {
    let row = sqlx::query!(
        "select currency, minimum_order_minor, stock_shown, vat_rounding, tax_rates from tenants where id = $1",
        tx.tenant().uuid()
    )
    .fetch_one(&mut *tx)
    .await?;
    let unreadable = |what: &str| Error::Internal(anyhow::anyhow!("a tenant's {what} is unreadable"));
    let currency = Currency::parse(&row.currency).map_err(|_| unreadable("currency"))?;
    Ok(OrderSettings {
        minimum_order: Money::new(row.minimum_order_minor, currency),
        stock_shown: row.stock_shown,
        rounding: Rounding::parse(&row.vat_rounding).ok_or_else(|| unreadable("rounding"))?,
        rates: OwnRate::parse_all(&row.tax_rates).ok_or_else(|| unreadable("rates of VAT"))?,
        days: days(tx).await?,
        closed: closed(tx).await?,
    })
}

async fn days(tx: &mut Tx<Office>) -> Result<Vec<Day>> {
    let rows = sqlx::query!(
        "select method, weekday, days_before, cut_off from order_days where tenant_id = $1 order by method, weekday",
        tx.tenant().uuid()
    )
    .fetch_all(&mut *tx)
    .await?;
    let day = |row| {
        let Row { method, weekday, days_before, cut_off } = row;
        let count = |number: i16| u32::try_from(number).unwrap_or_default();
        Some(Day { method: Method::parse(&method)?, weekday: count(weekday), days_before: count(days_before), cut_off })
    };
    let rows =
        rows.into_iter().map(|row| Row { method: row.method, weekday: row.weekday, days_before: row.days_before, cut_off: row.cut_off });
    let mut days: Vec<Day> = rows.filter_map(day).collect();
    days.sort();
    Ok(days)
}

struct Row {
    method: String,
    weekday: i16,
    days_before: i16,
    cut_off: NaiveTime,
}

async fn closed(tx: &mut Tx<Office>) -> Result<Vec<ClosedDay>> {
    let rows = sqlx::query_as!(ClosedDay, "select day, words from closed_days where tenant_id = $1 order by day", tx.tenant().uuid());
    Ok(rows.fetch_all(&mut *tx).await?)
}

/// Saves them, with what they were and what they are in the audit log. `version` is that of the settings that were on the screen.
///
/// # Errors
/// [`Error::Conflict`] when somebody else has saved since.
pub async fn save(tx: &mut Tx<Office>, member: &Member, new: &OrderSettings, version: Option<&str>) -> Result<()> {
    sqlx::query_scalar!("select id from tenants where id = $1 for update", tx.tenant().uuid()).fetch_one(&mut *tx).await?;
    let current = find(tx).await?;
    if *new == current {
        return Ok(());
    }
    if version.is_some_and(|version| version != current.version()) {
        return Err(Error::Conflict("Somebody else has changed these settings since you opened them"));
    }
    write(tx, member, new).await?;
    let country = member.tenant.country;
    let pairs = current.named(country).into_iter().zip(new.named(country)).filter(|(before, after)| before != after);
    let changes: Vec<_> = pairs.map(|((what, before), (_, after))| json!({ "what": what, "before": before, "after": after })).collect();
    let (subject_id, details) = (tx.tenant().uuid(), json!({ "changes": changes }));
    let event = Event { actor: Actor::staff(member), action: "order_settings.changed", subject_kind: "tenant", subject_id, details };
    audit::record(tx, event, member.house.now()).await
}

async fn write(tx: &mut Tx<Office>, member: &Member, new: &OrderSettings) -> Result<()> {
    sqlx::query!(
        "update tenants set minimum_order_minor = $2, stock_shown = $3, vat_rounding = $4, tax_rates = $5,
                updated_at = greatest($6, updated_at + interval '1 microsecond')
          where id = $1",
        tx.tenant().uuid(),
        new.minimum_order.minor,
        new.stock_shown,
        new.rounding.word(),
        OwnRate::keep_all(&new.rates),
        member.house.now()
    )
    .execute(&mut *tx)
    .await?;
    sqlx::query!("delete from order_days where tenant_id = $1", tx.tenant().uuid()).execute(&mut *tx).await?;
    sqlx::query!("delete from closed_days where tenant_id = $1", tx.tenant().uuid()).execute(&mut *tx).await?;
    let count = |number: u32| i16::try_from(number).unwrap_or_default();
    let methods: Vec<String> = new.days.iter().map(|day| day.method.word().to_owned()).collect();
    let weekdays: Vec<i16> = new.days.iter().map(|day| count(day.weekday)).collect();
    let before: Vec<i16> = new.days.iter().map(|day| count(day.days_before)).collect();
    let cut_offs: Vec<NaiveTime> = new.days.iter().map(|day| day.cut_off).collect();
    sqlx::query!(
        "insert into order_days (tenant_id, method, weekday, days_before, cut_off)
         select $1, d.method, d.weekday, d.days_before, d.cut_off
           from unnest($2::text[], $3::smallint[], $4::smallint[], $5::time[]) as d (method, weekday, days_before, cut_off)",
        tx.tenant().uuid(),
        &methods[..],
        &weekdays[..],
        &before[..],
        &cut_offs[..]
    )
    .execute(&mut *tx)
    .await?;
    let (days, words): (Vec<NaiveDate>, Vec<String>) = new.closed.iter().map(|closed| (closed.day, closed.words.clone())).unzip();
    sqlx::query!(
        "insert into closed_days (tenant_id, day, words) select $1, c.day, c.words from unnest($2::date[], $3::text[]) as c (day, words)",
        tx.tenant().uuid(),
        &days[..],
        &words[..]
    )
    .execute(&mut *tx)
    .await?;
    Ok(())
}

/// This process forgets at once what it knew of the tenant; the others are told by the database.
pub async fn show(member: &Member) {
    member.house.tenants.forget(member.tenant.slug.as_str()).await;
}
