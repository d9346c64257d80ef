//! An order is sent under a key of its trade account's: from whichever of its phones, and however often it comes, one order is
//! made of it, and each time it is answered as it was the first time, for thirty days.

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{fingerprint, unreadable, wait_for_turn};
use crate::db::{TenantDoor, Tx};
use crate::error::{Error, Result};
use crate::ids::{AccountId, OrderId};

/// What is done. A key is good for this alone.
const ACTION: &str = "order.submitted";

/// What is sent, and under which key.
pub struct Submission<'a, Asked> {
    pub key: &'a str,
    pub account: AccountId,
    pub asked: &'a Asked,
    pub patience: Patience,
}

/// What somebody does who comes while the same is being worked on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Patience {
    /// They wait for what becomes of it, as a page does.
    Wait,
    /// They are told to come again, as programs are.
    Refuse,
}

impl<Asked: Serialize> Submission<'_, Asked> {
    /// The answer that was given under this key before. Whoever finds none is the only one who works on it until their
    /// transaction ends.
    ///
    /// # Errors
    /// [`Error::InFlight`] when somebody works on it and there is no patience; [`Error::KeyReused`] when the key came with
    /// something else before.
    pub async fn earlier<D: TenantDoor, Answer: DeserializeOwned>(&self, tx: &mut Tx<D>) -> Result<Option<Answer>> {
        self.lock(tx).await?;
        // A statement of its own: one that also locks would not see what the winner has kept.
        let earlier = sqlx::query!(
            "select request_hash, answer from submissions where tenant_id = $1 and account_id = $2 and submission = $3",
            tx.tenant().uuid(),
            self.account.uuid(),
            self.key
        )
        .fetch_optional(&mut *tx)
        .await?;
        let Some(earlier) = earlier else { return Ok(None) };
        if earlier.request_hash != fingerprint(ACTION, self.asked)? {
            return Err(Error::KeyReused);
        }
        serde_json::from_value(earlier.answer).map_err(unreadable)
    }

    /// Keeps the first answer, in the transaction that made the order.
    pub async fn keep<D: TenantDoor, Answer: Serialize>(
        &self,
        tx: &mut Tx<D>,
        order: OrderId,
        answer: &Answer,
        now: DateTime<Utc>,
    ) -> Result<()> {
        sqlx::query!(
            "insert into submissions (tenant_id, account_id, submission, request_hash, order_id, answer, created_at)
             values ($1, $2, $3, $4, $5, $6, $7)",
            tx.tenant().uuid(),
            self.account.uuid(),
            self.key,
            &fingerprint(ACTION, self.asked)?[..],
            order.uuid(),
            serde_json::to_value(answer).map_err(unreadable)?,
            now
        )
        .execute(&mut *tx)
        .await?;
        Ok(())
    }

    async fn lock<D: TenantDoor>(&self, tx: &mut Tx<D>) -> Result<()> {
        let name = format!("submission:{}:{}:{}", tx.tenant().uuid(), self.account.uuid(), self.key);
        match self.patience {
            Patience::Wait => wait_for_turn(tx, &name).await,
            Patience::Refuse => {
                let is_ours = sqlx::query_scalar!(r#"select pg_try_advisory_xact_lock(hashtextextended($1, 0)) as "is_ours!""#, name);
                if is_ours.fetch_one(&mut *tx).await? { Ok(()) } else { Err(Error::InFlight) }
            }
        }
    }
}
