//! What asking for a code draws on: allowances of the network it is asked from, of the numbers that are like it, of its country, of the
//! counter it is asked at, and of all. Counted in the database, in the transaction that asks.

use std::net::IpAddr;
use std::time::Duration;

use chrono::{DateTime, Utc};

use super::budgets::{Level, Short, Standing};
use super::known::KnownBrowser;
use super::limits::{at_least_a_second, key_of};
use super::work::Proof;
use super::{Address, Question};
use crate::alarms::{self, Alarm};
use crate::config::{Allowance, Config};
use crate::db::{Identity, Tx};
use crate::error::{Error, Result};
use crate::ids::TenantId;
use crate::tenancy::House;
use crate::values::PhoneNumber;

/// How far below nothing a browser goes that has worked, in allowances; then it is over for it, too.
const WORKED_OVERDRAFT: f64 = 1.0;
/// What is kept, of what is spent proven or not, for browsers in which the address was proven.
const KEPT_FOR_KNOWN: f64 = 0.5;

/// What is bounded, and by which allowance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Limit {
    /// Asking, whether a code is sent or not.
    Asking,
    Network,
    WideNetwork,
    /// The numbers that share all but their last four digits.
    Prefix,
    /// A country, at one counter,
    Unproven,
    /// and at all.
    Country,
    /// What is spent at one counter, proven or not: texts cost, and mail does not use them up.
    Tenant,
    TenantMail,
    Platform,
    DomainChecks,
}

impl Limit {
    fn word(self) -> &'static str {
        match self {
            Self::Asking => "asking",
            Self::Network => "network",
            Self::WideNetwork => "wide_network",
            Self::Prefix => "prefix",
            Self::Unproven => "unproven",
            Self::Country => "country",
            Self::Tenant => "tenant",
            Self::TenantMail => "tenant_mail",
            Self::Platform => "platform",
            Self::DomainChecks => "domain_checks",
        }
    }

    /// Whether it is of codes that nobody enters: wider for whoever proves numbers, and narrower under attack.
    fn is_of_unproven(self) -> bool {
        matches!(self, Self::Network | Self::WideNetwork | Self::Prefix | Self::Unproven | Self::Country)
    }

    /// How far below nothing somebody may go, in what is configured.
    fn overdraft(self, standing: Standing) -> f64 {
        match standing {
            Standing::Worked if self.is_of_unproven() => WORKED_OVERDRAFT,
            // Their numbers have days of their own, and somebody holds each of those phones.
            Standing::Known if self.is_of_unproven() => f64::MAX,
            Standing::Known if self != Self::Asking => KEPT_FOR_KNOWN,
            _ => 0.0,
        }
    }

    /// Whether operators are told when it runs out. One network that runs out is nobody's trouble but its own.
    fn alarms(self) -> bool {
        matches!(self, Self::Prefix | Self::Unproven | Self::Country | Self::Tenant | Self::Platform)
    }
}

/// One allowance that asking draws on.
struct Draw {
    limit: Limit,
    key: [u8; 32],
    allowance: Allowance,
}

/// An allowance that is used up, for whoever asks.
pub(super) struct Refused {
    limit: Limit,
    pub retry_after: Duration,
    /// How far the browser is below nothing, in allowances, when working for it would help.
    pub work_at_depth: Option<f64>,
}

/// What the browser that asks is to be taken for. A proof of work is used up with it.
pub(super) async fn standing(
    tx: &mut Tx<Identity>,
    config: &Config,
    question: &Question<'_>,
    proof: Option<&Proof>,
    now: DateTime<Utc>,
) -> Result<Standing> {
    if KnownBrowser::lock(tx, config, question, now).await?.is_some() {
        return Ok(Standing::Known);
    }
    Ok(match proof {
        Some(proof) if proof.use_up(tx).await? => Standing::Worked,
        _ => Standing::Stranger,
    })
}

/// Takes one from every allowance that asking draws on, or from none: those of the network first, so that what is
/// refused to it touches nothing that others share. A refusal is counted, and goes into the log.
pub(super) async fn draw(
    tx: &mut Tx<Identity>,
    config: &Config,
    question: &Question<'_>,
    (standing, sends): (Standing, bool),
    now: DateTime<Utc>,
) -> Result<Result<(), Refused>> {
    let mut drawn = match left(tx, of_network(config, question, sends)?, standing, now).await? {
        Ok(drawn) => drawn,
        Err(refused) => return refuse(tx, question, refused, now).await.map(Err),
    };
    if sends {
        let shared = of_many(config, question)?.into_iter().chain(of_house(config, question)?).collect();
        match left(tx, shared, standing, now).await? {
            Ok(shared) => drawn.extend(shared),
            Err(refused) => return refuse(tx, question, refused, now).await.map(Err),
        }
    }
    write_down(tx, &drawn, now).await.map(Ok)
}

/// Takes one from a tenant's allowance for checking domains.
///
/// # Errors
/// [`Error::SlowDown`] when it is used up for now.
pub async fn spend_domain_check(house: &House, tenant: TenantId) -> Result<()> {
    let (limit, now) = (Limit::DomainChecks, house.now());
    let draw = draw_of(&house.config, limit, tenant.uuid().as_bytes(), house.config.limits.domain_checks)?;
    let work = async |tx: &mut Tx<Identity>| match left(tx, vec![draw], Standing::Stranger, now).await? {
        Ok(drawn) => write_down(tx, &drawn, now).await,
        Err((_, refused, _)) => Err(Error::SlowDown { retry_after: refused.retry_after }),
    };
    house.db().identity().write(work).await
}

/// Gives back what a code took that was entered, so that only codes that nobody enters dry an allowance out: people
/// behind one address of their carrier do not use each other's up, and an attack uses up its own. `is_new` says that it was
/// entered for the first time: each counts once for how much its network, its row and its country have proven.
pub(super) async fn give_back(
    tx: &mut Tx<Identity>,
    config: &Config,
    question: &Question<'_>,
    is_new: bool,
    now: DateTime<Utc>,
) -> Result<()> {
    let draws: Vec<Draw> = of_network(config, question, true)?.into_iter().chain(of_many(config, question)?).collect();
    let levels = lock(tx, &draws, now).await?;
    let (kinds, keys) = names(&draws);
    let proven: Vec<f64> = levels.iter().map(|level| if is_new { level.proven_once_more(now) } else { level.proven }).collect();
    sqlx::query!(
        "update allowances a set tokens = a.tokens + 1, proven = d.proven, proven_at = case when $4 then $5 else a.proven_at end
           from unnest($1::text[], $2::bytea[], $3::float8[]) as d (kind, key, proven) where a.kind = d.kind and a.key = d.key",
        &kinds[..],
        &keys[..],
        &proven[..],
        is_new,
        now
    )
    .execute(&mut *tx)
    .await?;
    Ok(())
}

/// What one network has to itself.
fn of_network(config: &Config, question: &Question<'_>, sends: bool) -> Result<Vec<Draw>> {
    let limits = &config.limits;
    let (near, wide) = networks(question.client);
    let mut draws = vec![draw_of(config, Limit::Asking, near.as_bytes(), limits.asking)?];
    if let Some(wide) = &wide {
        draws.push(draw_of(config, Limit::Asking, wide.as_bytes(), limits.asking)?);
    }
    if sends {
        draws.push(draw_of(config, Limit::Network, near.as_bytes(), limits.network)?);
        if let Some(wide) = &wide {
            draws.push(draw_of(config, Limit::WideNetwork, wide.as_bytes(), limits.wide_network)?);
        }
    }
    Ok(draws)
}

/// What the numbers of a row, those of a country at one counter, and those of a country share until they are proven.
fn of_many(config: &Config, question: &Question<'_>) -> Result<Vec<Draw>> {
    let Some(phone) = question.address.phone() else { return Ok(Vec::new()) };
    let limits = &config.limits;
    let country = country_of(phone);
    let unproven = [&site_of(question), country.as_bytes()].concat();
    Ok(vec![
        draw_of(config, Limit::Prefix, row_of(phone).as_bytes(), limits.prefix)?,
        draw_of(config, Limit::Unproven, &unproven, limits.unproven)?,
        draw_of(config, Limit::Country, country.as_bytes(), limits.country)?,
    ])
}

/// What is spent, proven or not.
fn of_house(config: &Config, question: &Question<'_>) -> Result<[Draw; 2]> {
    let limits = &config.limits;
    let (limit, allowance) = match question.address.phone() {
        Some(_) => (Limit::Tenant, limits.tenant),
        None => (Limit::TenantMail, limits.tenant_mail),
    };
    Ok([draw_of(config, limit, &site_of(question), allowance)?, draw_of(config, Limit::Platform, b"", limits.platform)?])
}

/// The tenant at whose counter it is asked; the public site counts as one, and the console as another: whoever
/// signs up without end keeps no operator out.
fn site_of(question: &Question<'_>) -> [u8; 16] {
    if let Address::Operator(_) = question.address {
        return [0xff; 16];
    }
    question.tenant.map(|tenant| tenant.id.uuid()).unwrap_or_default().into_bytes()
}

/// All of a number but its last four digits.
fn row_of(phone: &PhoneNumber) -> &str {
    let number = phone.as_str();
    number.get(..number.len().saturating_sub(4)).unwrap_or(number)
}

fn country_of(phone: &PhoneNumber) -> String {
    phone.country().map(|country| country.as_str().to_owned()).unwrap_or_default()
}

fn draw_of(config: &Config, limit: Limit, key: &[u8], allowance: Allowance) -> Result<Draw> {
    Ok(Draw { limit, key: key_of(config, key)?, allowance })
}

/// What is left of each after one more; or the first that is used up, and its level.
async fn left(
    tx: &mut Tx<Identity>,
    draws: Vec<Draw>,
    standing: Standing,
    now: DateTime<Utc>,
) -> Result<Result<Vec<(Draw, f64)>, (Draw, Refused, Level)>> {
    let levels = lock(tx, &draws, now).await?;
    let mut drawn = Vec::with_capacity(draws.len());
    for (draw, level) in draws.into_iter().zip(levels) {
        // What is spent, proven or not, becomes neither wider nor narrower: it is money.
        let allowance = if draw.limit.is_of_unproven() { level.now(draw.allowance, now) } else { draw.allowance };
        match level.draw(allowance, draw.limit.overdraft(standing) * draw.allowance.burst, now) {
            Ok(tokens) => drawn.push((draw, tokens)),
            Err(short) => {
                let refused = Refused::of(&draw, short, standing);
                return Ok(Err((draw, refused, level)));
            }
        }
    }
    Ok(Ok(drawn))
}

impl Refused {
    fn of(draw: &Draw, short: Short, standing: Standing) -> Self {
        let depth = short.depth / draw.allowance.burst.max(1.0);
        let would_help = standing == Standing::Stranger && depth <= draw.limit.overdraft(Standing::Worked);
        Self { limit: draw.limit, retry_after: at_least_a_second(short.wait), work_at_depth: would_help.then_some(depth) }
    }
}

/// Reads each level and locks it, in this order; makes those that are not there yet, which are full.
async fn lock(tx: &mut Tx<Identity>, draws: &[Draw], now: DateTime<Utc>) -> Result<Vec<Level>> {
    let (kinds, keys) = names(draws);
    let bursts: Vec<f64> = draws.iter().map(|draw| draw.allowance.burst).collect();
    let rows = sqlx::query!(
        "insert into allowances (kind, key, tokens, filled_at)
         select d.kind, d.key, d.burst, $4
           from unnest($1::text[], $2::bytea[], $3::float8[]) with ordinality as d (kind, key, burst, place)
          order by d.place
         on conflict (kind, key) do update set kind = excluded.kind
         returning kind, key, tokens, filled_at, proven, proven_at, refused, refused_at",
        &kinds[..],
        &keys[..],
        &bursts[..],
        now
    )
    .fetch_all(&mut *tx)
    .await?;
    let level_of = |draw: &Draw| {
        let row = rows.iter().find(|row| row.kind == draw.limit.word() && row.key == draw.key);
        let row = row.ok_or_else(|| Error::Internal(anyhow::anyhow!("an allowance is not there after it was made")))?;
        Ok(Level {
            tokens: row.tokens,
            filled_at: row.filled_at,
            proven: row.proven,
            proven_at: row.proven_at,
            refused: row.refused,
            refused_at: row.refused_at,
        })
    };
    draws.iter().map(level_of).collect()
}

async fn write_down(tx: &mut Tx<Identity>, drawn: &[(Draw, f64)], now: DateTime<Utc>) -> Result<()> {
    let kinds: Vec<String> = drawn.iter().map(|(draw, _)| draw.limit.word().to_owned()).collect();
    let keys: Vec<Vec<u8>> = drawn.iter().map(|(draw, _)| draw.key.to_vec()).collect();
    let tokens: Vec<f64> = drawn.iter().map(|(_, tokens)| *tokens).collect();
    sqlx::query!(
        "update allowances a set tokens = d.tokens, filled_at = $4
           from unnest($1::text[], $2::bytea[], $3::float8[]) as d (kind, key, tokens) where a.kind = d.kind and a.key = d.key",
        &kinds[..],
        &keys[..],
        &tokens[..],
        now
    )
    .execute(&mut *tx)
    .await?;
    Ok(())
}

/// Counts the refusal, and raises the alarm when this is the one that makes it an attack.
async fn refuse(
    tx: &mut Tx<Identity>,
    question: &Question<'_>,
    (draw, refused, level): (Draw, Refused, Level),
    now: DateTime<Utc>,
) -> Result<Refused> {
    let count = level.refused_once_more(draw.allowance, now);
    sqlx::query!(
        "update allowances set refused = $3, refused_at = $4 where kind = $1 and key = $2",
        draw.limit.word(),
        &draw.key[..],
        count,
        now
    )
    .execute(&mut *tx)
    .await?;
    let limit = refused.limit.word();
    metrics::counter!("code_requests_refused", "limit" => limit).increment(1);
    let begins = !level.is_tight(draw.allowance, now) && Level { refused: count, refused_at: now, ..level }.is_tight(draw.allowance, now);
    if begins && draw.limit.alarms() {
        let tenant = question.tenant.filter(|_| matches!(draw.limit, Limit::Unproven | Limit::Tenant)).map(|tenant| tenant.id);
        let phone = question.address.phone().filter(|_| draw.limit.is_of_unproven());
        let numbers = phone.filter(|_| draw.limit == Limit::Prefix).map(row_of).unwrap_or_default();
        let alarm = Alarm { kind: limit, key: &draw.key, tenant, country: &phone.map(country_of).unwrap_or_default(), numbers };
        tracing::warn!(limit, "codes are asked for faster than this limit lets through: it is tight from here on");
        alarms::raise(tx, alarm, now).await?;
    } else {
        tracing::info!(limit, "codes are asked for faster than this limit lets through");
    }
    Ok(refused)
}

fn names(draws: &[Draw]) -> (Vec<String>, Vec<Vec<u8>>) {
    draws.iter().map(|draw| (draw.limit.word().to_owned(), draw.key.to_vec())).unzip()
}

/// An IPv4 address, or the /64 that one IPv6 customer has to themselves and the /48 that is given to one site.
fn networks(client: IpAddr) -> (String, Option<String>) {
    match client.to_canonical() {
        IpAddr::V4(address) => (address.to_string(), None),
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            (format!("{a:x}:{b:x}:{c:x}:{d:x}::/64"), Some(format!("{a:x}:{b:x}:{c:x}::/48")))
        }
    }
}
