//! How often codes may be sent and guessed at. All of it is counted in the database, so that another process
//! or a restart changes nothing, and none of it depends on whether an address is known to anybody.

use std::net::IpAddr;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use secrecy::ExposeSecret;

use super::code::hmac_sha256;
use super::{Address, Question};
use crate::config::{Allowance, Config};
use crate::db::{Identity, Tx};
use crate::error::{Error, Result};

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
        let guessed = row.guessed_at.into_iter().filter(|at| *at > since).collect();
        Ok(Self { key, purpose, sent, guessed })
    }

    /// How long until a code may be sent again to this address on this host.
    pub(super) fn resend_wait(&self, host: &str, resend: TimeDelta, now: DateTime<Utc>) -> TimeDelta {
        let last = self.sent.iter().filter(|(_, to)| to == host).map(|(at, _)| *at).max();
        last.map_or(TimeDelta::zero(), |at| (at + resend - now).clamp(TimeDelta::zero(), resend))
    }

    /// Counts one more code sent, or says when the next one may be.
    pub(super) async fn count_send(&mut self, tx: &mut Tx<Identity>, host: &str, most: usize, now: DateTime<Utc>) -> Result<()> {
        if self.sent.len() >= most {
            let oldest = self.sent.iter().map(|(at, _)| *at).min().unwrap_or(now);
            return Err(slow_down(oldest + TimeDelta::days(1) - now));
        }
        self.sent.push((now, host.to_owned()));
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

    /// Counts one more guess, before anything is compared, or says when the next one may be made. After the
    /// day's guesses are used up there is one more for every `slow` interval, so that nobody can be locked
    /// out for good by somebody else's guessing.
    pub(super) async fn count_guess(&mut self, tx: &mut Tx<Identity>, config: &Config, now: DateTime<Utc>) -> Result<()> {
        let slow = TimeDelta::seconds(config.codes.slow_guess_seconds.into());
        if self.guessed.len() >= config.codes.guesses_per_day {
            let last = self.guessed.iter().max().copied().unwrap_or(now);
            if last + slow > now {
                return Err(slow_down(last + slow - now));
            }
        }
        self.guessed.push(now);
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

/// When a code was last sent to this address on this host.
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

/// A right code clears the wrong ones before it.
pub(super) async fn forgive_guesses(tx: &mut Tx<Identity>, config: &Config, address: &Address) -> Result<()> {
    let key = key_of(config, address.as_str().as_bytes())?;
    sqlx::query!("update address_counters set guessed_at = '{}' where address_key = $1 and purpose = $2", &key[..], address.purpose())
        .execute(&mut *tx)
        .await?;
    Ok(())
}

/// Takes one from every allowance that a send draws on, or from none.
pub(super) async fn draw_for_send(tx: &mut Tx<Identity>, config: &Config, question: &Question<'_>, now: DateTime<Utc>) -> Result<()> {
    let limits = &config.limits;
    let tenant = question.tenant.id.uuid();
    draw(tx, config, "network", network(question.client).as_bytes(), limits.network, now).await?;
    if let Address::Phone(phone) = question.address {
        let number = phone.as_str();
        let prefix = number.get(..number.len().saturating_sub(4)).unwrap_or(number);
        draw(tx, config, "prefix", prefix.as_bytes(), limits.prefix, now).await?;
        draw(tx, config, "unproven", &unproven_key(question), limits.unproven, now).await?;
    }
    draw(tx, config, "tenant", tenant.as_bytes(), limits.tenant, now).await?;
    draw(tx, config, "platform", b"", limits.platform, now).await
}

/// Gives back what an unproven code took, because it was proven: an attack that nobody answers dries its own
/// allowance out, and customers who sign in keep it filled.
pub(super) async fn give_back_unproven(tx: &mut Tx<Identity>, config: &Config, question: &Question<'_>) -> Result<()> {
    let key = key_of(config, &unproven_key(question))?;
    sqlx::query!(
        "update allowances set tokens = least(tokens + 1, $2) where kind = 'unproven' and key = $1",
        &key[..],
        config.limits.unproven.burst
    )
    .execute(&mut *tx)
    .await?;
    Ok(())
}

/// Takes one token from a bucket, in one statement.
async fn draw(tx: &mut Tx<Identity>, config: &Config, kind: &str, key: &[u8], allowance: Allowance, now: DateTime<Utc>) -> Result<()> {
    let key = key_of(config, key)?;
    let drawn = sqlx::query_scalar!(
        r#"insert into allowances as a (kind, key, tokens, filled_at) values ($1, $2, $3::float8 - 1, $5)
           on conflict (kind, key) do update
             set tokens = least($3::float8, a.tokens + $4::float8 / 3600 * greatest(0, extract(epoch from $5 - a.filled_at)::float8)) - 1,
                 filled_at = $5
             where least($3::float8, a.tokens + $4::float8 / 3600 * greatest(0, extract(epoch from $5 - a.filled_at)::float8)) >= 1
           returning tokens"#,
        kind,
        &key[..],
        allowance.burst,
        allowance.per_hour,
        now
    )
    .fetch_optional(&mut *tx)
    .await?;
    if drawn.is_none() {
        tracing::warn!(limit = kind, "codes are asked for faster than this limit lets through");
        let seconds = 3600.0 / allowance.per_hour.max(1.0);
        return Err(Error::SlowDown { retry_after: Duration::from_secs_f64(seconds.max(1.0)) });
    }
    Ok(())
}

/// An IPv4 address, or the /64 that one IPv6 customer has to themselves.
fn network(client: IpAddr) -> String {
    match client.to_canonical() {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
    }
}

fn unproven_key(question: &Question<'_>) -> Vec<u8> {
    let country = match question.address {
        Address::Phone(phone) => phone.country().map(|country| country.as_str().to_owned()).unwrap_or_default(),
        Address::Email(_) => String::new(),
    };
    [question.tenant.id.uuid().as_bytes(), country.as_bytes()].concat()
}

/// Counters are kept under an HMAC, so that they outlive a person's wish to be forgotten without naming them.
fn key_of(config: &Config, what: &[u8]) -> Result<[u8; 32]> {
    hmac_sha256(config.keys.counters.expose_secret().as_bytes(), &[b"counter", what])
}

fn slow_down(wait: TimeDelta) -> Error {
    Error::SlowDown { retry_after: wait.to_std().unwrap_or(Duration::from_secs(1)).max(Duration::from_secs(1)) }
}
