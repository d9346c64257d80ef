//! Proofs of work: when codes for strangers run out, a browser may earn one by computing for a while. It is made here, solved there, and
//! asks no third party. The form is ALTCHA's, version 2 (<https://altcha.org/docs/v2/>), which libraries of many languages speak.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use altcha::types::{Challenge, Payload};
use altcha::{CreateChallengeOptions, VerifySolutionOptions, create_challenge, verify_solution};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;

use crate::config::Config;
use crate::db::{Identity, Tx};
use crate::error::{Error, Result};

/// Rounds of PBKDF2 in one try: so many that a browser loses little between two tries.
const ROUNDS: u32 = 1_000;
/// How long one may take, and a finished one may wait.
const LIFE: TimeDelta = TimeDelta::minutes(5);
/// At the very bottom it is so many times the work it is at first.
const HARDEST: f64 = 8.0;
/// In characters; no solution of ours is as long.
pub const LONGEST_PROOF: usize = 4_000;

/// A finished one.
pub(super) struct Proof {
    signature: Vec<u8>,
    expires_at: DateTime<Utc>,
}

/// What a browser has to do to be sent a code at this host: the deeper below nothing the allowance is, the more.
pub(super) fn wanted(config: &Config, host: &str, depth: f64, now: DateTime<Utc>) -> Result<String> {
    let secrets = Secrets::of(config)?;
    let challenge = create_challenge(CreateChallengeOptions {
        algorithm: "PBKDF2/SHA-256".to_owned(),
        cost: ROUNDS,
        counter: Some(rand::random_range(tries(config.codes.work_rounds, depth))),
        data: Some(BTreeMap::from([("host".to_owned(), Value::String(host.to_owned()))])),
        expires_at: Some((now + LIFE).timestamp()),
        hmac_signature_secret: Some(secrets.challenges),
        hmac_key_signature_secret: Some(secrets.solutions),
        ..CreateChallengeOptions::default()
    });
    let challenge = challenge.map_err(|error| Error::Internal(error.into()))?;
    serde_json::to_string(&challenge).map_err(|error| Error::Internal(error.into()))
}

/// Which try solves it: one in here, so that it takes about as long each time.
fn tries(rounds: u32, depth: f64) -> RangeInclusive<u32> {
    let harder = 1.0 + (HARDEST - 1.0) * depth.clamp(0.0, 1.0);
    let mean = (f64::from(rounds / ROUNDS) * harder).clamp(1.0, 1e6);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between one and a million")]
    let mean = mean as u32;
    mean.div_ceil(2)..=mean + mean / 2
}

impl Proof {
    /// Reads what a browser brings; None when it is not the solution of what was asked of it, of another host, or too old.
    pub fn read(config: &Config, host: &str, text: &str, now: DateTime<Utc>) -> Result<Option<Self>> {
        let payload = Some(text).filter(|text| text.len() <= LONGEST_PROOF).and_then(|text| STANDARD.decode(text).ok());
        let payload: Option<Payload> = payload.and_then(|json| serde_json::from_slice(&json).ok());
        let Some(Payload { challenge, solution }) = payload else { return Ok(None) };
        let Some(expires_at) = challenge.parameters.expires_at.and_then(|at| DateTime::from_timestamp(at, 0)) else { return Ok(None) };
        if expires_at <= now || host_of(&challenge) != Some(host) {
            return Ok(None);
        }
        let secrets = Secrets::of(config)?;
        let verdict = verify_solution(VerifySolutionOptions {
            hmac_key_signature_secret: Some(secrets.solutions),
            ..VerifySolutionOptions::new(&challenge, &solution, secrets.challenges)
        });
        // What cannot be verified at all is no solution either.
        let is_right = verdict.is_ok_and(|verdict| verdict.verified);
        let signature = challenge.signature.and_then(|signature| hex::decode(signature).ok());
        Ok(signature.filter(|_| is_right).map(|signature| Self { signature, expires_at }))
    }

    /// Uses it up; false when it was before.
    pub async fn use_up(&self, tx: &mut Tx<Identity>) -> Result<bool> {
        let used = sqlx::query!(
            "insert into used_proofs (signature, expires_at) values ($1, $2) on conflict do nothing",
            &self.signature,
            self.expires_at
        );
        Ok(used.execute(&mut *tx).await?.rows_affected() == 1)
    }

    /// Leaves it good, because nothing came of it.
    pub async fn leave(&self, tx: &mut Tx<Identity>) -> Result<()> {
        sqlx::query!("delete from used_proofs where signature = $1", &self.signature).execute(&mut *tx).await?;
        Ok(())
    }
}

/// Forgets those that would be too old by now.
pub(super) async fn forget_used(tx: &mut Tx<Identity>, now: DateTime<Utc>) -> Result<()> {
    sqlx::query!("delete from used_proofs where expires_at < $1", now).execute(&mut *tx).await?;
    Ok(())
}

fn host_of(challenge: &Challenge) -> Option<&str> {
    challenge.parameters.data.as_ref()?.get("host")?.as_str()
}

/// What they are signed with.
struct Secrets {
    challenges: String,
    solutions: String,
}

impl Secrets {
    fn of(config: &Config) -> Result<Self> {
        let secret = |what: &[u8]| Ok::<_, Error>(hex::encode(config.keys.derive_counter(&[b"work", what])?));
        Ok(Self { challenges: secret(b"challenge")?, solutions: secret(b"solution")? })
    }
}
