//! A creating request may be sent twice when an answer is lost on the way: with the same `Idempotency-Key` it
//! is done once, and answered each time as it was the first time. An order is, under its account's own key: [`submission`].

pub mod submission;

use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};

use crate::db::{Counter, Tx};
use crate::error::{Error, Result};
use crate::tenancy::extract::Caller;

/// What is asked for, and under which key of the customer's.
pub struct Once<'a, Asked> {
    /// Without one, every request is done.
    pub key: Option<&'a str>,
    /// What is done, such as `registration_request.made`: a key is good for one kind of thing.
    pub action: &'static str,
    pub asked: &'a Asked,
}

impl<Asked: Serialize> Once<'_, Asked> {
    /// The answer that was given under this key before. Of several that come at once the first finds none and
    /// works; the others wait here until it has kept its answer.
    ///
    /// # Errors
    /// [`Error::KeyReused`] when the key came with something else before.
    pub async fn earlier<Answer: DeserializeOwned>(&self, tx: &mut Tx<Counter>, caller: &Caller) -> Result<Option<Answer>> {
        let Some(key) = self.key else { return Ok(None) };
        let customer = caller.session.customer_id.uuid();
        let lock = format!("{}:{customer}:{key}", tx.tenant().uuid());
        sqlx::query!("select from pg_advisory_xact_lock(hashtextextended($1, 0))", lock).execute(&mut *tx).await?;
        let earlier = sqlx::query!(
            "select request_hash, answer from idempotency_keys where tenant_id = $1 and customer_id = $2 and key = $3",
            tx.tenant().uuid(),
            customer,
            key
        )
        .fetch_optional(&mut *tx)
        .await?;
        let Some(earlier) = earlier else { return Ok(None) };
        if earlier.request_hash != fingerprint(self.action, self.asked)? {
            return Err(Error::KeyReused);
        }
        serde_json::from_value(earlier.answer).map_err(unreadable)
    }

    /// Keeps the first answer, in the transaction that did the work.
    pub async fn keep<Answer: Serialize>(&self, tx: &mut Tx<Counter>, caller: &Caller, answer: &Answer) -> Result<()> {
        let Some(key) = self.key else { return Ok(()) };
        let answer = serde_json::to_value(answer).map_err(unreadable)?;
        sqlx::query!(
            "insert into idempotency_keys (tenant_id, customer_id, key, request_hash, answer, created_at)
             values ($1, $2, $3, $4, $5, $6)",
            tx.tenant().uuid(),
            caller.session.customer_id.uuid(),
            key,
            &fingerprint(self.action, self.asked)?[..],
            answer,
            caller.house.now()
        )
        .execute(&mut *tx)
        .await?;
        Ok(())
    }
}

/// What is asked for, as far as it must be the same the second time.
fn fingerprint<Asked: Serialize>(action: &str, asked: &Asked) -> Result<[u8; 32]> {
    let asked = serde_json::to_vec(&(action, asked)).map_err(unreadable)?;
    Ok(Sha256::digest(asked).into())
}

fn unreadable(error: serde_json::Error) -> Error {
    Error::Internal(error.into())
}
