//! How often codes may be sent and guessed at. All of it is counted in the database, so that another process
//! or a restart changes nothing, and none of it depends on whether an address is known to anybody.

use std::net::IpAddr;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use super::{Address, Question};
use crate::config::{Allowance, Config};
use crate::db::{Identity, Tx};
use crate::error::{Error, Result};
use crate::ids::TenantId;
use crate::tenancy::House;

/// What happened to an address within the rolling day. The row stays locked until the transaction ends.
pub(super) struct Counters {
    key: [u8; 32],
    purpose: &'static str,
    sent: Vec<(DateTime<Utc>, String)>,
    guessed: Vec<DateTime<Utc>>,
}

impl Counters {
    /// Reads and locks them; makes them when there are none.
    pub(super) async fn lock(tx: &mut Tx<Identity>, config: &Config, address: &Address, now: DateTime<Utc>) -> Result<Self> {
        let key = key_of(config, address.as_str().as_bytes())?;
        let purpose = address.purpose();
        let row = sqlx::query!(
            "insert into address_counters (address_key, purpose) values ($1, $2)
             on conflict (address_key, purpose) do update set purpose = excluded.purpose
             returning sent_at, sent_hosts, guessed_at",
            &key[..],
            purpose
        )
        .fetch_one(&mut *tx)
        .await?;
        let since = now - TimeDelta::days(1);
        let sent = row.sent_at.into_iter().zip(row.sent_hosts).filter(|(at, _)| *at > since).collect();
        Ok(Self { key, purpose, sent, guessed: row.guessed_at })
    }

    /// When a code was last sent to this address on this host.
    pub(super) fn last_sent(&self, host: &str) -> Option<DateTime<Utc>> {
        self.sent.iter().filter(|(_, to)| to == host).map(|(at, _)| *at).max()
    }

    /// Counts one more code sent, or says when the next one may be.
    pub(super) async fn count_send(
        &mut self,
        tx: &mut Tx<Identity>,
        config: &Config,
        question: &Question<'_>,
        now: DateTime<Utc>,
    ) -> Result<()> {
        let most = match question.address.phone() {
            Some(_) => config.codes.sms_per_day,
            None => config.codes.emails_per_day,
        };
        if self.sent.len() >= most {
            let oldest = self.sent.iter().map(|(at, _)| *at).min().unwrap_or(now);
            return Err(Error::TooManyCodes { retry_after: at_least_a_second(oldest + TimeDelta::days(1) - now) });
        }
        self.sent.push((now, question.host.to_owned()));
        let (at, hosts): (Vec<_>, Vec<_>) = self.sent.iter().cloned().unzip();
        sqlx::query!(
            "update address_counters set sent_at = $3, sent_hosts = $4 where address_key = $1 and purpose = $2",
            &self.key[..],
            self.purpose,
            &at[..],
            &hosts[..]
        )
        .execute(&mut *tx)
        .await?;
        Ok(())
    }

    /// Counts one more guess of a stranger's browser, before anything is compared, or says when the next one may be made.
    pub(super) async fn count_guess(&mut self, tx: &mut Tx<Identity>, config: &Config, now: DateTime<Utc>) -> Result<()> {
        one_more_guess(&mut self.guessed, config, now)?;
        sqlx::query!(
            "update address_counters set guessed_at = $3 where address_key = $1 and purpose = $2",
            &self.key[..],
            self.purpose,
            &self.guessed[..]
        )
        .execute(&mut *tx)
        .await?;
        Ok(())
    }
}

/// Adds a guess to those of the rolling day. After the day's guesses are used up there is one more for every `slow`
/// interval: the lock ends by itself. Somebody who goes on guessing can take each of these, and so keep the browsers of
/// strangers out; not those in which the address was proven, because their guesses are counted apart.
pub(super) fn one_more_guess(guessed: &mut Vec<DateTime<Utc>>, config: &Config, now: DateTime<Utc>) -> Result<()> {
    guessed.retain(|at| *at > now - TimeDelta::days(1));
    let slow = TimeDelta::seconds(config.codes.slow_guess_seconds.into());
    if guessed.len() >= config.codes.guesses_per_day {
        let next = guessed.iter().max().copied().unwrap_or(now) + slow;
        if next > now {
            return Err(Error::SlowDown { retry_after: at_least_a_second(next - now) });
        }
    }
    guessed.push(now);
    Ok(())
}

/// When a code was last sent to this address on this host, without a lock.
pub(super) async fn last_sent(tx: &mut Tx<Identity>, config: &Config, address: &Address, host: &str) -> Result<Option<DateTime<Utc>>> {
    let key = key_of(config, address.as_str().as_bytes())?;
    let row = sqlx::query!(
        "select sent_at, sent_hosts from address_counters where address_key = $1 and purpose = $2",
        &key[..],
        address.purpose()
    )
    .fetch_optional(&mut *tx)
    .await?;
    Ok(row.and_then(|row| row.sent_at.into_iter().zip(row.sent_hosts).filter(|(_, to)| to == host).map(|(at, _)| at).max()))
}

/// Locks the counters of a proven address. A right code clears the wrong ones before it, where it was counted with them.
pub(super) async fn lock_and_forgive(tx: &mut Tx<Identity>, config: &Config, address: &Address, forgives: bool) -> Result<()> {
    let key = key_of(config, address.as_str().as_bytes())?;
    sqlx::query!(
        "update address_counters set guessed_at = case when $3 then '{}' else guessed_at end where address_key = $1 and purpose = $2",
        &key[..],
        address.purpose(),
        forgives
    )
    .execute(&mut *tx)
    .await?;
    Ok(())
}

/// One allowance that asking draws on.
struct Draw {
    kind: &'static str,
    key: [u8; 32],
    allowance: Allowance,
}

/// Takes one from every allowance that asking draws on, or from none: those of the network first, so that what is
/// refused to it touches nothing that others share.
pub(super) async fn draw(tx: &mut Tx<Identity>, config: &Config, question: &Question<'_>, sends: bool, now: DateTime<Utc>) -> Result<()> {
    draw_each(tx, &of_network(config, question, sends)?, now).await?;
    if sends {
        let shared = [of_many(config, question)?, of_house(config, question)?].into_iter().flatten().collect::<Vec<_>>();
        draw_each(tx, &shared, now).await?;
    }
    Ok(())
}

/// Takes one from a tenant's allowance for something else than codes.
///
/// # Errors
/// [`Error::SlowDown`] when it is used up for now.
pub async fn spend(house: &House, kind: &'static str, tenant: TenantId, allowance: Allowance) -> Result<()> {
    let draw = draw_of(&house.config, kind, tenant.uuid().as_bytes(), allowance)?;
    let drawn = house.db().identity().write(async |tx| draw_each(tx, &[draw], house.now()).await).await;
    drawn.map_err(|error| match error {
        Error::TooManyCodes { retry_after } => Error::SlowDown { retry_after },
        other => other,
    })
}

/// Gives back what a code took that was entered, so that only codes that nobody enters dry an allowance out: people
/// behind one address of their carrier do not use each other's up, and an attack uses up its own.
pub(super) async fn give_back(tx: &mut Tx<Identity>, config: &Config, question: &Question<'_>) -> Result<()> {
    let given: Vec<Draw> = of_network(config, question, true)?.into_iter().chain(of_many(config, question)?).collect();
    let kinds: Vec<String> = given.iter().map(|draw| draw.kind.to_owned()).collect();
    let keys: Vec<Vec<u8>> = given.iter().map(|draw| draw.key.to_vec()).collect();
    let bursts: Vec<f64> = given.iter().map(|draw| draw.allowance.burst).collect();
    // In the order in which they are drawn: two that lock the same rows must not wait for each other.
    sqlx::query!(
        "update allowances a set tokens = least(a.tokens + 1, given.burst)
           from (select drawn.kind, drawn.key, g.burst
                   from unnest($1::text[], $2::bytea[], $3::float8[]) with ordinality as g (kind, key, burst, place)
                   join allowances drawn on drawn.kind = g.kind and drawn.key = g.key
                  order by g.place for update of drawn) as given
          where a.kind = given.kind and a.key = given.key",
        &kinds[..],
        &keys[..],
        &bursts[..]
    )
    .execute(&mut *tx)
    .await?;
    Ok(())
}

/// What one network has to itself.
fn of_network(config: &Config, question: &Question<'_>, sends: bool) -> Result<Vec<Draw>> {
    let limits = &config.limits;
    let (near, wide) = networks(question.client);
    let mut draws = vec![draw_of(config, "asking", near.as_bytes(), limits.asking)?];
    if let Some(wide) = &wide {
        draws.push(draw_of(config, "asking", wide.as_bytes(), limits.asking)?);
    }
    if sends {
        draws.push(draw_of(config, "network", near.as_bytes(), limits.network)?);
        if let Some(wide) = &wide {
            draws.push(draw_of(config, "wide_network", wide.as_bytes(), limits.wide_network)?);
        }
    }
    Ok(draws)
}

/// What the numbers of a row, and those of a country at one tenant, share until they are proven.
fn of_many(config: &Config, question: &Question<'_>) -> Result<Vec<Draw>> {
    let Some(phone) = question.address.phone() else { return Ok(Vec::new()) };
    let number = phone.as_str();
    let prefix = number.get(..number.len().saturating_sub(4)).unwrap_or(number);
    let country = phone.country().map(|country| country.as_str()).unwrap_or_default();
    let unproven = [&site_of(question), country.as_bytes()].concat();
    Ok(vec![
        draw_of(config, "prefix", prefix.as_bytes(), config.limits.prefix)?,
        draw_of(config, "unproven", &unproven, config.limits.unproven)?,
    ])
}

/// What is spent, proven or not. Texts cost and mail does not: the one does not use up the other's.
fn of_house(config: &Config, question: &Question<'_>) -> Result<Vec<Draw>> {
    let limits = &config.limits;
    let (kind, allowance) = match question.address.phone() {
        Some(_) => ("tenant", limits.tenant),
        None => ("tenant_mail", limits.tenant_mail),
    };
    Ok(vec![draw_of(config, kind, &site_of(question), allowance)?, draw_of(config, "platform", b"", limits.platform)?])
}

/// The tenant at whose counter it is asked; the public site counts as one, and the console as another: whoever
/// signs up without end keeps no operator out.
fn site_of(question: &Question<'_>) -> [u8; 16] {
    if let Address::Operator(_) = question.address {
        return [0xff; 16];
    }
    question.tenant.map(|tenant| tenant.id.uuid()).unwrap_or_default().into_bytes()
}

fn draw_of(config: &Config, kind: &'static str, key: &[u8], allowance: Allowance) -> Result<Draw> {
    Ok(Draw { kind, key: key_of(config, key)?, allowance })
}

/// Takes one token from each bucket, in one statement and in this order.
async fn draw_each(tx: &mut Tx<Identity>, draws: &[Draw], now: DateTime<Utc>) -> Result<()> {
    let kinds: Vec<String> = draws.iter().map(|draw| draw.kind.to_owned()).collect();
    let keys: Vec<Vec<u8>> = draws.iter().map(|draw| draw.key.to_vec()).collect();
    let bursts: Vec<f64> = draws.iter().map(|draw| draw.allowance.burst).collect();
    let refills: Vec<f64> = draws.iter().map(|draw| draw.allowance.per_hour).collect();
    // Of what was proposed, `excluded` has the brim less one; how fast it is refilled stands beside its kind.
    let drawn = sqlx::query!(
        "insert into allowances as a (kind, key, tokens, filled_at)
         select d.kind, d.key, d.burst - 1, $5
           from unnest($1::text[], $2::bytea[], $3::float8[]) with ordinality as d (kind, key, burst, place)
          order by d.place
         on conflict (kind, key) do update
           set tokens = least(excluded.tokens + 1, a.tokens + ($4::float8[])[array_position($1::text[], a.kind)] / 3600
                              * greatest(0, extract(epoch from $5 - a.filled_at)::float8)) - 1,
               filled_at = $5
           where least(excluded.tokens + 1, a.tokens + ($4::float8[])[array_position($1::text[], a.kind)] / 3600
                       * greatest(0, extract(epoch from $5 - a.filled_at)::float8)) >= 1
         returning kind, key",
        &kinds[..],
        &keys[..],
        &bursts[..],
        &refills[..],
        now
    )
    .fetch_all(&mut *tx)
    .await?;
    match draws.iter().find(|draw| !drawn.iter().any(|row| row.kind == draw.kind && row.key == draw.key)) {
        None => Ok(()),
        Some(refused) => {
            tracing::warn!(limit = refused.kind, "it is asked faster than this limit lets through");
            let seconds = 3600.0 / refused.allowance.per_hour.max(1.0);
            Err(Error::TooManyCodes { retry_after: Duration::from_secs_f64(seconds.max(1.0)) })
        }
    }
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

/// Counters are kept under an HMAC, so that they outlive a person's wish to be forgotten without naming them.
pub(super) fn key_of(config: &Config, what: &[u8]) -> Result<[u8; 32]> {
    config.keys.derive_counter(&[b"counter", what])
}

fn at_least_a_second(wait: TimeDelta) -> Duration {
    wait.to_std().unwrap_or_default().max(Duration::from_secs(1))
}
