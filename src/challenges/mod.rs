//! «Is this address yours?» A challenge is a question to one browser, on one host, about one address; a
//! six-digit code answers it, once. The answers here are the same whether the address is known or not.

mod budgets;
pub mod code;
pub mod delivery;
mod draws;
mod known;
mod limits;
mod pending;
mod sweep;
mod work;

use std::net::IpAddr;

use chrono::{DateTime, TimeDelta, Utc};

use self::budgets::Standing;
use self::code::Code;
pub use self::draws::spend_domain_check;
use self::known::KnownBrowser;
pub use self::known::{ProvenBrowser, forget_others, known_browsers, known_cookie};
use self::limits::Counters;
pub use self::pending::{Pending, pending, pending_but};
pub use self::sweep::sweep;
pub use self::work::LONGEST_PROOF;
use self::work::Proof;
use crate::db::{Identity, Tx};
use crate::error::{Error, Result};
use crate::ids::ChallengeId;
use crate::jobs::{self, Job, Lane};
use crate::tenancy::token::{KNOWN_COOKIE, PENDING_COOKIE, Token};
use crate::tenancy::{House, Tenant, Visitor};
use crate::values::{EmailAddress, PhoneNumber};

/// What a code is sent to, and so what it is for.
#[derive(Debug, Clone)]
pub enum Address {
    /// A customer signs in.
    Phone(PhoneNumber),
    /// A customer has everything about this number erased.
    Erasure(PhoneNumber),
    /// A customer changes this number for another, or another for this one.
    NumberChange(PhoneNumber),
    /// A member of staff signs in.
    Email(EmailAddress),
    /// A wholesaler signs up.
    Signup(EmailAddress),
    /// An operator signs in to the console.
    Operator(EmailAddress),
}

impl Address {
    /// The whole address: for the database and the carrier.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Phone(phone) | Self::Erasure(phone) | Self::NumberChange(phone) => phone.as_str(),
            Self::Email(email) | Self::Signup(email) | Self::Operator(email) => email.as_str(),
        }
    }

    fn purpose(&self) -> &'static str {
        match self {
            Self::Phone(_) => Purpose::Customer.word(),
            Self::Erasure(_) => Purpose::Erasure.word(),
            Self::NumberChange(_) => Purpose::NumberChange.word(),
            Self::Email(_) => Purpose::Staff.word(),
            Self::Signup(_) => Purpose::Signup.word(),
            Self::Operator(_) => Purpose::Operator.word(),
        }
    }

    /// The number, when codes go by text.
    fn phone(&self) -> Option<&PhoneNumber> {
        match self {
            Self::Phone(phone) | Self::Erasure(phone) | Self::NumberChange(phone) => Some(phone),
            Self::Email(_) | Self::Signup(_) | Self::Operator(_) => None,
        }
    }

    fn lane(&self) -> Lane {
        if self.phone().is_some() { Lane::TextCodes } else { Lane::MailCodes }
    }
}

/// Who asks, where, about what.
pub struct Question<'a> {
    pub address: &'a Address,
    /// Whose counter it is asked at; None on the public site and at the console.
    pub tenant: Option<&'a Tenant>,
    pub host: &'a str,
    pub client: IpAddr,
    /// The name under which this browser asks.
    pub browser: Option<Token>,
    /// What it is known by, if an address was proven in it.
    pub known: Option<Token>,
    /// The proof of work that it brings, if it was asked for one.
    pub work: Option<&'a str>,
}

impl<'a> Question<'a> {
    /// The question that this visitor asks.
    pub fn of(visitor: &'a Visitor, address: &'a Address) -> Self {
        Self {
            address,
            tenant: Some(&visitor.tenant),
            host: &visitor.host,
            client: visitor.client,
            browser: visitor.token(PENDING_COOKIE),
            known: visitor.token(KNOWN_COOKIE),
            work: None,
        }
    }

    /// The same for what lets nobody in: no browser is known for it.
    pub fn apart(visitor: &'a Visitor, address: &'a Address) -> Self {
        Self { known: None, ..Self::of(visitor, address) }
    }
}

/// What the browser is told, and given to hold.
pub struct Asked {
    pub expires_in_seconds: u32,
    pub resend_in_seconds: u32,
    pub browser: Token,
}

/// A code with less left to live is not sent again: another one is made.
const SHORTEST_LIFE: TimeDelta = TimeDelta::seconds(60);

/// Asks for a code. Within a code's life the same browser is sent the same code; within the resend time
/// nothing is sent, and the answer is the same but for the seconds.
///
/// # Errors
/// [`Error::TooManyCodes`] when the address, its network or the house has had enough for now; with some work that would help, where it
/// would.
pub async fn ask(house: &House, question: Question<'_>) -> Result<Asked> {
    let (config, now) = (&house.config, house.now());
    let browser = question.browser.clone().map_or_else(Token::new, Ok)?;
    let proof = question.work.map(|text| Proof::read(config, question.host, text, now)).transpose()?.flatten();
    let asked = house
        .db()
        .identity()
        .write(async |tx| {
            let mut counters = Counters::lock(tx, config, question.address, now).await?;
            let open = open_challenge(tx, house, &question, &browser, now).await?;
            let resend = TimeDelta::seconds(config.codes.resend_seconds.into());
            // Every browser of one phone waits together, because each text costs; mail waits by browser.
            let waits = question.address.phone().is_some() || open.is_some();
            let wait = if waits { resend_wait(counters.last_sent(question.host), resend, now) } else { TimeDelta::zero() };
            let sends = wait.is_zero();
            let standing = draws::standing(tx, config, &question, proof.as_ref().filter(|_| sends), now).await?;
            if let Err(refused) = draws::draw(tx, config, &question, (standing, sends), now).await? {
                if let (Some(proof), Standing::Worked) = (&proof, standing) {
                    proof.leave(tx).await?;
                }
                return Ok(Err(refused));
            }
            if sends {
                counters.count_send(tx, config, &question, now).await?;
            }
            let (challenge, expires_at) = match open.filter(|(_, expires_at)| !sends || *expires_at - now >= SHORTEST_LIFE) {
                Some(open) => open,
                None => create(tx, house, &question, &browser, now).await?,
            };
            note_asking(tx, challenge, sends, now).await?;
            if sends {
                jobs::enqueue(tx, question.address.lane(), Job::SendCode(challenge), question.tenant.map(|tenant| tenant.id), now).await?;
            }
            Ok(Ok(Asked {
                expires_in_seconds: seconds(expires_at - now),
                resend_in_seconds: if sends { config.codes.resend_seconds } else { seconds(wait) },
                browser: browser.clone(),
            }))
        })
        .await?;
    match asked {
        Ok(asked) => Ok(asked),
        Err(refused) => {
            // A letter costs nothing: whoever wants one can wait.
            let depth = refused.work_at_depth.filter(|_| question.address.phone().is_some());
            let work = depth.map(|depth| work::wanted(config, question.host, depth, now)).transpose()?;
            Err(Error::TooManyCodes { retry_after: refused.retry_after, work: work.map(String::into_boxed_str) })
        }
    }
}

/// A guess that was right. It opens something once it is [consumed](Proven::consume).
pub struct Proven {
    challenge: ChallengeId,
    in_known_browser: bool,
}

/// Compares a guess with the code of the question that this browser asked. The guess is counted, and the
/// count is committed, before anything is compared.
///
/// # Errors
/// [`Error::WrongCode`] for every reason alike; [`Error::SlowDown`] when the address was guessed at too often.
pub async fn prove(house: &House, question: &Question<'_>, guess: &Code) -> Result<Proven> {
    let (config, now) = (&house.config, house.now());
    let browser = question.browser.as_ref().ok_or(Error::WrongCode)?;
    let (challenge, key_version, in_known_browser) = house
        .db()
        .identity()
        .write(async |tx| {
            let (challenge, _) = open_challenge(tx, house, question, browser, now).await?.ok_or(Error::WrongCode)?;
            // An address's counters are locked before its challenges, here as everywhere.
            let mut counters = Counters::lock(tx, config, question.address, now).await?;
            let mut known = KnownBrowser::lock(tx, config, question, now).await?;
            let key_version = sqlx::query_scalar!(
                "update challenges set guesses = guesses + 1
                  where id = $1 and consumed_at is null and expires_at > $2 and guesses < $3
                 returning key_version",
                challenge.uuid(),
                now,
                config.codes.guesses_per_code
            )
            .fetch_optional(&mut *tx)
            .await?
            .ok_or(Error::WrongCode)?;
            match &mut known {
                Some(known) => known.count_guess(tx, config, now).await?,
                None => counters.count_guess(tx, config, now).await?,
            }
            Ok((challenge, key_version, known.is_some()))
        })
        .await?;
    if Code::derive(&config.keys, key_version, challenge)?.is(guess) {
        Ok(Proven { challenge, in_known_browser })
    } else {
        Err(Error::WrongCode)
    }
}

impl Proven {
    /// Uses the code up: of many who bring it at once, one gets through. Whatever it opens belongs into the
    /// same transaction. Answers what the browser is known by from now on.
    pub async fn consume(self, tx: &mut Tx<Identity>, house: &House, question: &Question<'_>) -> Result<Token> {
        self.use_up(tx, house, question).await?;
        known::remember(tx, &house.config, question, house.now()).await
    }

    /// The same for what lets nobody in: the browser is known afterwards as it was before.
    pub async fn use_up(self, tx: &mut Tx<Identity>, house: &House, question: &Question<'_>) -> Result<()> {
        let (config, now) = (&house.config, house.now());
        limits::lock_and_forgive(tx, config, question.address, !self.in_known_browser).await?;
        sqlx::query_scalar!(
            "update challenges set consumed_at = $2 where id = $1 and consumed_at is null returning id",
            self.challenge.uuid(),
            now
        )
        .fetch_optional(&mut *tx)
        .await?
        .ok_or(Error::WrongCode)?;
        draws::give_back(tx, config, question, true, now).await
    }

    /// Leaves the code good for the rest of its life: for what is done once however often it is brought.
    pub async fn keep(self, house: &House, question: &Question<'_>) -> Result<()> {
        house
            .db()
            .identity()
            .write(async |tx| {
                limits::lock_and_forgive(tx, &house.config, question.address, true).await?;
                draws::give_back(tx, &house.config, question, false, house.now()).await
            })
            .await
    }
}

/// Forgets every code and every browser of this number: it belongs to nobody now.
pub async fn forget_number(tx: &mut Tx<Identity>, house: &House, phone: &PhoneNumber) -> Result<()> {
    forget_others(tx, &house.config, &Address::Phone(phone.clone()), None).await?;
    sqlx::query!("delete from challenges where address = $1", phone.as_str()).execute(&mut *tx).await?;
    Ok(())
}

async fn open_challenge(
    tx: &mut Tx<Identity>,
    house: &House,
    question: &Question<'_>,
    browser: &Token,
    now: DateTime<Utc>,
) -> Result<Option<(ChallengeId, DateTime<Utc>)>> {
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
    Ok(row.map(|row| (row.id.into(), row.expires_at)))
}

async fn create(
    tx: &mut Tx<Identity>,
    house: &House,
    question: &Question<'_>,
    browser: &Token,
    now: DateTime<Utc>,
) -> Result<(ChallengeId, DateTime<Utc>)> {
    let challenge = ChallengeId::new();
    let expires_at = now + TimeDelta::seconds(house.config.codes.life_seconds.into());
    sqlx::query!(
        "insert into challenges (id, host, purpose, address, browser_hash, key_version, created_at, asked_at, expires_at)
         values ($1, $2, $3, $4, $5, $6, $7, $7, $8)",
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
    Ok((challenge, expires_at))
}

/// What the code page will say came of it.
async fn note_asking(tx: &mut Tx<Identity>, challenge: ChallengeId, sends: bool, now: DateTime<Utc>) -> Result<()> {
    sqlx::query!(
        "update challenges set asked_at = $2, sent_at = case when $3 then $2 else sent_at end where id = $1",
        challenge.uuid(),
        now,
        sends
    )
    .execute(&mut *tx)
    .await?;
    Ok(())
}

/// How long until a code may be sent again, when the last one was sent then.
fn resend_wait(last: Option<DateTime<Utc>>, resend: TimeDelta, now: DateTime<Utc>) -> TimeDelta {
    last.map_or(TimeDelta::zero(), |at| (at + resend - now).clamp(TimeDelta::zero(), resend))
}

/// Whole seconds, rounded up, at least one.
fn seconds(time: TimeDelta) -> u32 {
    u32::try_from((time.num_milliseconds() + 999) / 1000).unwrap_or_default().max(1)
}

/// What a code opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    Customer,
    Staff,
    Signup,
    Operator,
    Erasure,
    NumberChange,
}

impl Purpose {
    fn word(self) -> &'static str {
        match self {
            Self::Customer => "customer",
            Self::Staff => "staff",
            Self::Signup => "signup",
            Self::Operator => "operator",
            Self::Erasure => "erasure",
            Self::NumberChange => "number_change",
        }
    }

    fn address(self, text: &str) -> Result<Address> {
        let unreadable = || Error::Internal(anyhow::anyhow!("a challenge's address is unreadable"));
        match self {
            Self::Customer => PhoneNumber::from_e164(text).map(Address::Phone).map_err(|_| unreadable()),
            Self::Erasure => PhoneNumber::from_e164(text).map(Address::Erasure).map_err(|_| unreadable()),
            Self::NumberChange => PhoneNumber::from_e164(text).map(Address::NumberChange).map_err(|_| unreadable()),
            Self::Staff => EmailAddress::parse(text).map(Address::Email).map_err(|_| unreadable()),
            Self::Signup => EmailAddress::parse(text).map(Address::Signup).map_err(|_| unreadable()),
            Self::Operator => EmailAddress::parse(text).map(Address::Operator).map_err(|_| unreadable()),
        }
    }
}
