//! The question that a browser has not answered yet: what the code page shows.

use chrono::TimeDelta;

use super::limits::last_sent;
use super::{Purpose, resend_wait, seconds};
use crate::error::Result;
use crate::tenancy::token::PENDING_COOKIE;
use crate::tenancy::{Here, House};

/// The question that this browser was asked last here.
pub struct Pending {
    purpose: Purpose,
    pub address: String,
    pub expires_in_seconds: u32,
    /// Nought when a code may be asked for now.
    pub resend_in_seconds: u32,
    /// The code was guessed at too often, and is not good any more.
    pub is_used_up: bool,
    /// A message with this browser's code is on its way.
    pub was_sent: bool,
    /// It was sent when it was last asked for.
    is_newly_sent: bool,
}

impl Pending {
    /// What came of asking, in words. It depends on the address and the host, and not on whether anybody is known.
    pub fn notice(&self) -> String {
        let seconds = match self.resend_in_seconds {
            1 => "1 second".to_owned(),
            seconds => format!("{seconds} seconds"),
        };
        match (self.is_newly_sent, self.resend_in_seconds) {
            (true, 0) => String::new(),
            // Mail goes to staff and operators alone, and the page does not say who is one.
            (true, _) if matches!(self.purpose, Purpose::Staff | Purpose::Operator) => format!("You can ask for another in {seconds}."),
            (true, _) => format!("Sent. You can ask for another in {seconds}."),
            (false, 0) => "No new code was sent. You can ask for one now.".to_owned(),
            (false, _) => format!("A code was asked for a moment ago, so no new one was sent. You can ask again in {seconds}."),
        }
    }
}

/// The open question of this browser on this host, if there is one.
pub async fn pending(house: &House, here: &Here, purpose: Purpose) -> Result<Option<Pending>> {
    pending_but(house, here, purpose, "").await
}

/// The same, about any address but this one.
pub async fn pending_but(house: &House, here: &Here, purpose: Purpose, but: &str) -> Result<Option<Pending>> {
    let Some(browser) = here.token(PENDING_COOKIE) else { return Ok(None) };
    let now = house.now();
    house
        .db()
        .identity()
        .read(async |tx| {
            let open = sqlx::query!(
                "select address, expires_at, asked_at, sent_at, guesses from challenges
                  where browser_hash = $1 and host = $2 and purpose = $3 and consumed_at is null and expires_at > $4
                    and address <> $5
                  order by asked_at desc, created_at desc limit 1",
                &browser.hash()[..],
                &here.host,
                purpose.word(),
                now,
                but
            )
            .fetch_optional(&mut *tx)
            .await?;
            let Some(open) = open else { return Ok(None) };
            let last = last_sent(tx, &house.config, &purpose.address(&open.address)?, &here.host).await?;
            let wait = resend_wait(last, TimeDelta::seconds(house.config.codes.resend_seconds.into()), now);
            Ok(Some(Pending {
                purpose,
                address: open.address,
                expires_in_seconds: seconds(open.expires_at - now),
                resend_in_seconds: if wait.is_zero() { 0 } else { seconds(wait) },
                is_used_up: open.guesses >= house.config.codes.guesses_per_code,
                was_sent: open.sent_at.is_some(),
                is_newly_sent: open.sent_at.is_some_and(|sent_at| sent_at == open.asked_at),
            }))
        })
        .await
}
