//! Browsers in which an address was proven. Each keeps a random token, and while it does, its guesses are counted by
//! themselves: whoever guesses at somebody's number from elsewhere does not shut them out of their own browser.
//! (OWASP, Blocking Brute Force Attacks, «device cookies».)

use chrono::{DateTime, TimeDelta, Utc};

use super::limits::{key_of, one_more_guess};
use super::{Address, Question};
use crate::config::Config;
use crate::db::{Identity, Tx};
use crate::error::Result;
use crate::tenancy::House;
use crate::tenancy::token::{KNOWN_COOKIE, Token, set_cookie};

/// How many browsers are known to an address at once. Each may guess as often as all strangers together, and NIST allows
/// a hundred failures in a row (SP 800-63B-4, 3.2.2).
const MOST_OF_AN_ADDRESS: i64 = 8;

/// The guesses of the browser that asks. The row stays locked until the transaction ends.
pub(super) struct KnownBrowser {
    token_hash: [u8; 32],
    guessed: Vec<DateTime<Utc>>,
}

impl KnownBrowser {
    /// The one that asks, if this address was proven in it on this host, and not too long ago.
    pub(super) async fn lock(tx: &mut Tx<Identity>, config: &Config, question: &Question<'_>, now: DateTime<Utc>) -> Result<Option<Self>> {
        let Some(token) = &question.known else { return Ok(None) };
        let (token_hash, key) = (token.hash(), key_of(config, question.address.as_str().as_bytes())?);
        let guessed = sqlx::query_scalar!(
            "select guessed_at from known_browsers
              where token_hash = $1 and host = $2 and purpose = $3 and address_key = $4 and proven_at > $5
                for update",
            &token_hash[..],
            question.host,
            question.address.purpose(),
            &key[..],
            now - TimeDelta::days(config.codes.known_browser_days)
        )
        .fetch_optional(&mut *tx)
        .await?;
        Ok(guessed.map(|guessed| Self { token_hash, guessed }))
    }

    /// Counts one more guess, or says when the next one may be made.
    pub(super) async fn count_guess(&mut self, tx: &mut Tx<Identity>, config: &Config, now: DateTime<Utc>) -> Result<()> {
        one_more_guess(&mut self.guessed, config, now)?;
        sqlx::query!("update known_browsers set guessed_at = $2 where token_hash = $1", &self.token_hash[..], &self.guessed[..])
            .execute(&mut *tx)
            .await?;
        Ok(())
    }
}

/// Knows this browser from now on, by a new token, and no longer by the one it brought. The oldest of too many goes.
pub(super) async fn remember(tx: &mut Tx<Identity>, config: &Config, question: &Question<'_>, now: DateTime<Utc>) -> Result<Token> {
    let (token, key) = (Token::new()?, key_of(config, question.address.as_str().as_bytes())?);
    let before = question.known.as_ref().map(Token::hash).unwrap_or_default();
    sqlx::query!(
        "delete from known_browsers
          where (token_hash = $1 and host = $2)
             or token_hash in (select token_hash from known_browsers where address_key = $3 and purpose = $4
                                order by proven_at desc, token_hash offset $5)",
        &before[..],
        question.host,
        &key[..],
        question.address.purpose(),
        MOST_OF_AN_ADDRESS - 1
    )
    .execute(&mut *tx)
    .await?;
    sqlx::query!(
        "insert into known_browsers (token_hash, host, purpose, address_key, proven_at) values ($1, $2, $3, $4, $5)",
        &token.hash()[..],
        question.host,
        question.address.purpose(),
        &key[..],
        now
    )
    .execute(&mut *tx)
    .await?;
    Ok(token)
}

/// What the browser keeps of it.
pub fn known_cookie(house: &House, token: &Token) -> String {
    let life = TimeDelta::days(house.config.codes.known_browser_days);
    set_cookie(KNOWN_COOKIE, &token.reveal(), life.num_seconds())
}

/// A browser in which an address was proven: at which host, and when last.
pub struct ProvenBrowser {
    pub host: String,
    pub at: DateTime<Utc>,
}

/// The browsers that this address is known in, in the order in which that was done.
pub async fn known_browsers(tx: &mut Tx<Identity>, config: &Config, address: &Address) -> Result<Vec<ProvenBrowser>> {
    let key = key_of(config, address.as_str().as_bytes())?;
    Ok(sqlx::query_as!(
        ProvenBrowser,
        "select host, proven_at as at from known_browsers where address_key = $1 and purpose = $2 order by proven_at, host",
        &key[..],
        address.purpose()
    )
    .fetch_all(&mut *tx)
    .await?)
}

/// Forgets every browser of this address but the one with this token.
pub async fn forget_others(tx: &mut Tx<Identity>, config: &Config, address: &Address, kept: Option<&Token>) -> Result<()> {
    let key = key_of(config, address.as_str().as_bytes())?;
    sqlx::query!(
        "delete from known_browsers where address_key = $1 and purpose = $2 and token_hash <> $3",
        &key[..],
        address.purpose(),
        &kept.map(Token::hash).unwrap_or_default()[..]
    )
    .execute(&mut *tx)
    .await?;
    Ok(())
}
