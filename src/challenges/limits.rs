//! How often codes may be sent to one address, and guessed at. All of it is counted in the database, so that another process
//! or a restart changes nothing, and none of it depends on whether an address is known to anybody. What many share is in `draws`.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use super::{Address, Question};
use crate::config::Config;
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
            return Err(Error::TooManyCodes { retry_after: at_least_a_second(oldest + TimeDelta::days(1) - now), work: None });
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

/// Counters are kept under an HMAC, so that they outlive a person's wish to be forgotten without naming them.
pub(super) fn key_of(config: &Config, what: &[u8]) -> Result<[u8; 32]> {
    config.keys.derive_counter(&[b"counter", what])
}

pub(super) fn at_least_a_second(wait: TimeDelta) -> Duration {
    wait.to_std().unwrap_or_default().max(Duration::from_secs(1))
}
