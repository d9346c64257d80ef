//! Mail that comes back after it was taken (RFC 3464). It comes to an address of its own for every message, so that it says which one it is
//! about without being believed in anything else.

mod report;

use chrono::{DateTime, Utc};
use data_encoding::BASE32_NOPAD;
use subtle::ConstantTimeEq as _;
use uuid::Uuid;

use self::report::Report;
use super::news;
use crate::config::Keys;
use crate::db::Db;
use crate::error::Result;
use crate::ids::{MessageId, TenantId};

/// Of a mail no more is read than this: what it says of the delivery stands at its beginning, the mail itself behind it.
pub const READ_BYTES: usize = 256 * 1024;

/// As a token has them: the version of the key, the end of the tenant's id (all of it would make the address too long), the message's id,
/// and the proof that it was us who wrote to that address.
const VERSION_BYTES: usize = 2;
const TENANT_BYTES: usize = 6;
const MESSAGE_BYTES: usize = 16;
const PROOF_BYTES: usize = 8;

/// How long a token is.
pub const TOKEN_LENGTH: usize = ((VERSION_BYTES + TENANT_BYTES + MESSAGE_BYTES + PROOF_BYTES) * 8).div_ceil(5);

/// What stands behind the plus of the address that a message comes back to. In one case, because mail servers change that.
pub fn token(keys: &Keys, tenant: TenantId, message: MessageId) -> Result<String> {
    let version = keys.current_version;
    let proof = proof(keys, version, tenant, message)?;
    let token = [&version.to_be_bytes()[..], &tail(tenant.uuid()), message.uuid().as_bytes(), &proof].concat();
    Ok(BASE32_NOPAD.encode(&token).to_lowercase())
}

fn proof(keys: &Keys, version: i16, tenant: TenantId, message: MessageId) -> Result<[u8; PROOF_BYTES]> {
    let whole = keys.derive(version, &[b"mail that comes back", tenant.uuid().as_bytes(), message.uuid().as_bytes()])?;
    Ok(first(&whole))
}

fn tail(tenant: Uuid) -> [u8; TENANT_BYTES] {
    let mut tail = [0; TENANT_BYTES];
    tail.copy_from_slice(tenant.as_bytes().last_chunk::<TENANT_BYTES>().unwrap_or(&[0; TENANT_BYTES]));
    tail
}

fn first<const LENGTH: usize>(bytes: &[u8]) -> [u8; LENGTH] {
    bytes.first_chunk().copied().unwrap_or([0; LENGTH])
}

/// A token that somebody has sent.
struct Token {
    version: i16,
    tenant: [u8; TENANT_BYTES],
    message: MessageId,
    proof: [u8; PROOF_BYTES],
}

impl Token {
    fn parse(text: &str) -> Option<Self> {
        let bytes = BASE32_NOPAD.decode(text.to_uppercase().as_bytes()).ok()?;
        let (version, rest) = bytes.split_first_chunk::<VERSION_BYTES>()?;
        let (tenant, rest) = rest.split_first_chunk::<TENANT_BYTES>()?;
        let (message, rest) = rest.split_first_chunk::<MESSAGE_BYTES>()?;
        let proof: [u8; PROOF_BYTES] = rest.try_into().ok()?;
        Some(Self { version: i16::from_be_bytes(*version), tenant: *tenant, message: Uuid::from_bytes(*message).into(), proof })
    }

    /// The first one in an address, or in a line that has addresses in it.
    fn found_in(line: &str) -> Option<Self> {
        let is_of_one = |c: char| !c.is_ascii_alphanumeric();
        line.split(is_of_one).filter(|word| word.len() == TOKEN_LENGTH).find_map(Self::parse)
    }
}

/// What became of a mail that came back. Nothing is ever sent for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// It came to no address that we wrote from.
    NotOurs,
    /// It says nothing of a delivery that can be read, or not that it failed.
    NoFailure,
    /// The message had failed before, or is not there any more.
    KnownAlready,
    /// The message is marked as failed now.
    Failed(MessageId),
}

/// Reads one mail that came to the address for mail that comes back; `recipient` is that address where the mail server has said it. What
/// somebody else made up changes nothing.
pub async fn take(db: &Db, keys: &Keys, mail: &[u8], recipient: Option<&str>, now: DateTime<Utc>) -> Result<Taken> {
    let mail = mail.get(..READ_BYTES).unwrap_or(mail);
    let Some(token) =
        recipient.and_then(Token::found_in).or_else(|| report::recipients(mail).iter().find_map(|line| Token::found_in(line)))
    else {
        return Ok(Taken::NotOurs);
    };
    let Some(tenant) = tenant_of(db, keys, &token).await? else { return Ok(Taken::NotOurs) };
    let Some(report) = Report::read(mail) else { return Ok(Taken::NoFailure) };
    db.office(tenant)
        .write(async |tx| {
            let problem = report.in_words();
            let failed = sqlx::query!(
                "update messages set status = 'failed', problem = $3, failed_at = $4
              where tenant_id = $1 and message_id = $2 and channel = 'email' and status <> 'failed'
             returning recipient, news_of",
                tx.tenant().uuid(),
                token.message.uuid(),
                problem,
                now
            );
            let Some(failed) = failed.fetch_optional(&mut *tx).await? else { return Ok(Taken::KnownAlready) };
            if let (Some(account), true) = (failed.news_of, report.is_of_the_mailbox()) {
                news::give_up(tx, account.into(), &failed.recipient, &problem, now).await?;
            }
            Ok(Taken::Failed(token.message))
        })
        .await
}

/// Whose message a token names, if we made it. The end of an id is hardly ever that of two.
async fn tenant_of(db: &Db, keys: &Keys, token: &Token) -> Result<Option<TenantId>> {
    let tail = hex::encode(token.tenant);
    let alike = db
        .platform()
        .read(async |tx| {
            Ok(sqlx::query_scalar!(r#"select id from tenants where right(id::text, 12) = $1"#, tail).fetch_all(&mut *tx).await?)
        })
        .await?;
    let is_proven = |tenant: &TenantId| {
        // A key that is not kept any more proves nothing.
        proof(keys, token.version, *tenant, token.message).is_ok_and(|wanted| bool::from(wanted.ct_eq(&token.proof)))
    };
    Ok(alike.into_iter().map(TenantId::from).find(is_proven))
}
