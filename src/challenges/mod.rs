//! «Is this address yours?» A challenge is a question to one browser, on one host, about one address; a
//! six-digit code answers it, once. The answers here are the same whether the address is known or not.

pub mod code;
pub mod delivery;
mod limits;

use std::net::IpAddr;

use chrono::{DateTime, TimeDelta, Utc};

use self::code::Code;
use self::limits::Counters;
use crate::db::{Identity, Tx};
use crate::error::{Error, Result};
use crate::ids::ChallengeId;
use crate::jobs::{self, Job, Lane};
use crate::tenancy::token::{PENDING_COOKIE, Token};
use crate::tenancy::{House, Tenant, Visitor};
use crate::values::{EmailAddress, PhoneNumber};

/// What a code is sent to, and so what it is for.
#[derive(Debug, Clone)]
pub enum Address {
    /// A customer signs in.
    Phone(PhoneNumber),
    /// A member of staff signs in.
    Email(EmailAddress),
}

impl Address {
    /// The whole address: for the database and the carrier.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Phone(phone) => phone.as_str(),
            Self::Email(email) => email.as_str(),
        }
    }

    fn purpose(&self) -> &'static str {
        match self {
            Self::Phone(_) => Purpose::Customer.word(),
            Self::Email(_) => Purpose::Staff.word(),
        }
    }

    fn lane(&self) -> Lane {
        match self {
            Self::Phone(_) => Lane::TextCodes,
            Self::Email(_) => Lane::MailCodes,
        }
    }
}

/// Who asks, where, about what.
pub struct Question<'a> {
    pub address: &'a Address,
    pub tenant: &'a Tenant,
    pub host: &'a str,
    pub client: IpAddr,
    /// What the browser holds from an earlier question.
    pub browser: Option<Token>,
}

impl<'a> Question<'a> {
    /// The question that this visitor asks.
    pub fn of(visitor: &'a Visitor, address: &'a Address) -> Self {
        Self { address, tenant: &visitor.tenant, host: &visitor.host, client: visitor.client, browser: visitor.token(PENDING_COOKIE) }
    }
}

/// What the browser is told, and given to hold.
pub struct Asked {
    pub expires_in_seconds: u32,
    pub resend_in_seconds: u32,
    pub browser: Token,
}

/// Asks for a code. Within a code's life the same browser is sent the same code; within the resend time
/// nothing is sent, and the answer is the same but for the seconds.
///
/// # Errors
/// [`Error::SlowDown`] when the address, its network or the house has had enough for now.
pub async fn ask(house: &House, question: Question<'_>) -> Result<Asked> {
    let codes = &house.config.codes;
    let now = house.now();
    house
        .db()
        .identity()
        .write(async |tx| {
            let mut counters = Counters::lock(tx, &house.config, question.address, now).await?;
            let open = match &question.browser {
                Some(browser) => open_challenge(tx, house, &question, browser, now).await?,
                None => None,
            };
            let resend = TimeDelta::seconds(codes.resend_seconds.into());
            // Every browser of one phone waits together, because each text costs; mail waits by browser.
            let waits = matches!(question.address, Address::Phone(_)) || open.is_some();
            let wait = if waits { counters.resend_wait(question.host, resend, now) } else { TimeDelta::zero() };
            if wait.is_zero() {
                let most = match question.address {
                    Address::Phone(_) => codes.sms_per_day,
                    Address::Email(_) => codes.emails_per_day,
                };
                counters.count_send(tx, question.host, most, now).await?;
                limits::draw_for_send(tx, &house.config, &question, now).await?;
            }
            let (challenge, browser, expires_at) = match open {
                Some(open) => open,
                None => create(tx, house, &question, now).await?,
            };
            if wait.is_zero() {
                jobs::enqueue(tx, question.address.lane(), Job::SendCode(challenge), Some(question.tenant.id), now).await?;
            }
            Ok(Asked {
                expires_in_seconds: seconds(expires_at - now),
                resend_in_seconds: if wait.is_zero() { codes.resend_seconds } else { seconds(wait) },
                browser,
            })
        })
        .await
}

/// A guess that was right. It opens something once it is [consumed](Proven::consume).
pub struct Proven {
    challenge: ChallengeId,
}

/// Compares a guess with the code of the question that this browser asked. The guess is counted, and the
/// count is committed, before anything is compared.
///
/// # Errors
/// [`Error::WrongCode`] for every reason alike; [`Error::SlowDown`] when the address was guessed at too often.
pub async fn prove(house: &House, question: &Question<'_>, guess: &Code) -> Result<Proven> {
    let now = house.now();
    let browser = question.browser.as_ref().ok_or(Error::WrongCode)?;
    let (challenge, key_version) = house
        .db()
        .identity()
        .write(async |tx| {
            let counted = sqlx::query!(
                "update challenges set guesses = guesses + 1
                  where id = (select id from challenges
                               where browser_hash = $1 and host = $2 and purpose = $3 and address = $4
                               order by created_at desc limit 1)
                    and consumed_at is null and expires_at > $5 and guesses < $6
                 returning id, key_version",
                &browser.hash()[..],
                question.host,
                question.address.purpose(),
                question.address.as_str(),
                now,
                house.config.codes.guesses_per_code
            )
            .fetch_optional(&mut *tx)
            .await?
            .ok_or(Error::WrongCode)?;
            let mut counters = Counters::lock(tx, &house.config, question.address, now).await?;
            counters.count_guess(tx, &house.config, now).await?;
            Ok((ChallengeId::from(counted.id), counted.key_version))
        })
        .await?;
    if Code::derive(&house.config.keys, key_version, challenge)?.is(guess) { Ok(Proven { challenge }) } else { Err(Error::WrongCode) }
}

impl Proven {
    /// Uses the code up: of many who bring it at once, one gets through. Whatever it opens belongs into the
    /// same transaction.
    pub async fn consume(self, tx: &mut Tx<Identity>, house: &House, question: &Question<'_>) -> Result<()> {
        sqlx::query_scalar!(
            "update challenges set consumed_at = $2 where id = $1 and consumed_at is null returning id",
            self.challenge.uuid(),
            house.now()
        )
        .fetch_optional(&mut *tx)
        .await?
        .ok_or(Error::WrongCode)?;
        limits::forgive_guesses(tx, &house.config, question.address).await?;
        limits::give_back_unproven(tx, &house.config, question).await
    }
}

/// Removes what has ended and can tell nothing any more.
pub async fn sweep(house: &House) -> Result<()> {
    let day_ago = house.now() - TimeDelta::days(1);
    house
        .db()
        .identity()
        .write(async |tx| {
            sqlx::query!("delete from challenges where expires_at < $1", day_ago).execute(&mut *tx).await?;
            sqlx::query!("delete from hand_overs where expires_at < $1", day_ago).execute(&mut *tx).await?;
            sqlx::query!("delete from allowances where filled_at < $1", day_ago).execute(&mut *tx).await?;
            sqlx::query!(
                "delete from address_counters
                  where not exists (select from unnest(sent_at || guessed_at) as happened (at) where happened.at >= $1)",
                day_ago
            )
            .execute(&mut *tx)
            .await?;
            Ok(())
        })
        .await
}

async fn open_challenge(
    tx: &mut Tx<Identity>,
    house: &House,
    question: &Question<'_>,
    browser: &Token,
    now: DateTime<Utc>,
) -> Result<Option<(ChallengeId, Token, DateTime<Utc>)>> {
    let row = sqlx::query!(
        "select id, expires_at from challenges
          where browser_hash = $1 and host = $2 and purpose = $3 and address = $4
            and consumed_at is null and expires_at > $5 and guesses < $6
          order by created_at desc limit 1",
        &browser.hash()[..],
        question.host,
        question.address.purpose(),
        question.address.as_str(),
        now,
        house.config.codes.guesses_per_code
    )
    .fetch_optional(&mut *tx)
    .await?;
    Ok(row.map(|row| (row.id.into(), browser.clone(), row.expires_at)))
}

async fn create(
    tx: &mut Tx<Identity>,
    house: &House,
    question: &Question<'_>,
    now: DateTime<Utc>,
) -> Result<(ChallengeId, Token, DateTime<Utc>)> {
    let (challenge, browser) = (ChallengeId::new(), Token::new()?);
    let expires_at = now + TimeDelta::seconds(house.config.codes.life_seconds.into());
    sqlx::query!(
        "insert into challenges (id, host, purpose, address, browser_hash, key_version, created_at, expires_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8)",
        challenge.uuid(),
        question.host,
        question.address.purpose(),
        question.address.as_str(),
        &browser.hash()[..],
        house.config.keys.current_version,
        now,
        expires_at
    )
    .execute(&mut *tx)
    .await?;
    Ok((challenge, browser, expires_at))
}

/// Whole seconds, rounded up, at least one.
fn seconds(time: TimeDelta) -> u32 {
    u32::try_from((time.num_milliseconds() + 999) / 1000).unwrap_or_default().max(1)
}

/// The question that this browser was asked last here and has not answered: what the code page shows.
pub struct Pending {
    pub address: String,
    pub expires_in_seconds: u32,
    pub resend_in_seconds: u32,
}

/// The open question of this browser on this host, if there is one.
pub async fn pending(house: &House, visitor: &Visitor, purpose: Purpose) -> Result<Option<Pending>> {
    let Some(browser) = visitor.token(PENDING_COOKIE) else { return Ok(None) };
    let now = house.now();
    let open = house
        .db()
        .identity()
        .read(async |tx| {
            Ok(sqlx::query!(
                "select address, expires_at, created_at from challenges
                  where browser_hash = $1 and host = $2 and purpose = $3 and consumed_at is null and expires_at > $4
                  order by created_at desc limit 1",
                &browser.hash()[..],
                &visitor.host,
                purpose.word(),
                now
            )
            .fetch_optional(&mut *tx)
            .await?)
        })
        .await?;
    let Some(open) = open else { return Ok(None) };
    let address = purpose.address(&open.address)?;
    let last = house.db().identity().read(async |tx| limits::last_sent(tx, &house.config, &address, &visitor.host).await).await?;
    let resend = TimeDelta::seconds(house.config.codes.resend_seconds.into());
    let wait = last.map_or(TimeDelta::zero(), |at| (at + resend - now).max(TimeDelta::zero()));
    Ok(Some(Pending {
        address: open.address,
        expires_in_seconds: seconds(open.expires_at - now),
        resend_in_seconds: if wait.is_zero() { 0 } else { seconds(wait) },
    }))
}

/// What a code opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    Customer,
    Staff,
}

impl Purpose {
    fn word(self) -> &'static str {
        match self {
            Self::Customer => "customer",
            Self::Staff => "staff",
        }
    }

    fn address(self, text: &str) -> Result<Address> {
        let unreadable = || Error::Internal(anyhow::anyhow!("a challenge's address is unreadable"));
        match self {
            Self::Customer => PhoneNumber::from_e164(text).map(Address::Phone).map_err(|_| unreadable()),
            Self::Staff => EmailAddress::parse(text).map(Address::Email).map_err(|_| unreadable()),
        }
    }
}
