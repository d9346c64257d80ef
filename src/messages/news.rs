//! News that people can do without: the link with which they end it, and its end. It only ever ends; the office begins it.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use serde_json::json;
use subtle::ConstantTimeEq as _;
use uuid::Uuid;

use crate::audit::{self, Actor, Event};
use crate::config::Keys;
use crate::db::{Office, Tx};
use crate::error::{Error, Result};
use crate::ids::{AccountId, TenantId};
use crate::tenancy::{Hosts, Tenant};

/// Why it ended, where the reader said so themselves.
const UNSUBSCRIBED: &str = "they unsubscribed";

/// How much of the proof is in a link: nobody tries 2¹²⁸ of them.
const PROOF_BYTES: usize = 16;

/// The address that ends the news of an account's orders to this mailbox. It is good for as long as the key is, whoever opens it.
pub fn ends_at(hosts: &Hosts, keys: &Keys, tenant: &Tenant, account: AccountId, email: &str) -> Result<String> {
    let version = keys.current_version;
    let token = [&version.to_be_bytes()[..], account.uuid().as_bytes(), &proof(keys, version, tenant.id, account, email)?].concat();
    Ok(format!("{}/unsubscriptions/{}", tenant.main_url(hosts), URL_SAFE_NO_PAD.encode(token)))
}

fn proof(keys: &Keys, version: i16, tenant: TenantId, account: AccountId, email: &str) -> Result<[u8; PROOF_BYTES]> {
    let (tenant, account) = (tenant.uuid(), account.uuid());
    let whole = keys.derive(version, &[b"end of news by e-mail", tenant.as_bytes(), account.as_bytes(), email.as_bytes()])?;
    let mut proof = [0; PROOF_BYTES];
    proof.copy_from_slice(whole.get(..PROOF_BYTES).unwrap_or_default());
    Ok(proof)
}

/// What a link is about.
pub struct Standing {
    account: AccountId,
    email: String,
    /// Whether there is anything to end.
    pub is_on: bool,
}

/// Looks a link up.
///
/// # Errors
/// [`Error::NotFound`] when it is none of this tenant's, or when the mailbox is not the account's any more.
pub async fn look_up(tx: &mut Tx<Office>, keys: &Keys, token: &str) -> Result<Standing> {
    let token = URL_SAFE_NO_PAD.decode(token).map_err(|_| Error::NotFound)?;
    let (version, rest) = token.split_first_chunk::<2>().ok_or(Error::NotFound)?;
    let (account, given) = rest.split_first_chunk::<16>().ok_or(Error::NotFound)?;
    let (version, account) = (i16::from_be_bytes(*version), AccountId::from(Uuid::from_bytes(*account)));
    let found = sqlx::query!(
        "select order_news, order_email from trade_accounts where tenant_id = $1 and account_id = $2",
        tx.tenant().uuid(),
        account.uuid()
    );
    let found = found.fetch_optional(&mut *tx).await?.ok_or(Error::NotFound)?;
    // A key that is not kept any more proves nothing.
    let wanted = proof(keys, version, tx.tenant(), account, &found.order_email).map_err(|_| Error::NotFound)?;
    if found.order_email.is_empty() || !bool::from(wanted.ct_eq(given)) {
        return Err(Error::NotFound);
    }
    Ok(Standing { account, email: found.order_email, is_on: found.order_news == "email" })
}

/// Ends the news that a link is about; a second time does nothing.
///
/// # Errors
/// As [`look_up`].
pub async fn unsubscribe(tx: &mut Tx<Office>, keys: &Keys, token: &str, now: DateTime<Utc>) -> Result<()> {
    let standing = look_up(tx, keys, token).await?;
    end(tx, standing.account, &standing.email, (UNSUBSCRIBED, "whoever has the link"), now).await
}

/// Ends the news to a mailbox that takes no mail.
pub async fn give_up(tx: &mut Tx<Office>, account: AccountId, email: &str, problem: &str, now: DateTime<Utc>) -> Result<()> {
    end(tx, account, email, (problem, "the mail server"), now).await
}

/// News that goes elsewhere by now, or nowhere, is not touched. The address is somebody's, and does not stand in the log.
async fn end(tx: &mut Tx<Office>, account: AccountId, email: &str, (why, who): (&str, &str), now: DateTime<Utc>) -> Result<()> {
    let ended = sqlx::query_scalar!(
        "update trade_accounts set order_news = 'none', news_ended_at = $4, news_ended_why = $5
          where tenant_id = $1 and account_id = $2 and order_news = 'email' and order_email = $3
         returning account_number",
        tx.tenant().uuid(),
        account.uuid(),
        email,
        now,
        why
    );
    let Some(account_number) = ended.fetch_optional(&mut *tx).await? else { return Ok(()) };
    let details = json!({ "account_number": account_number, "reason": why });
    let event =
        Event { actor: Actor::system(who), action: "account.news_ended", subject_kind: "account", subject_id: account.uuid(), details };
    audit::record(tx, event, now).await
}
