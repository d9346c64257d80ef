//! What trade accounts order: placed once, however often it is sent, and then taken from state to state by whoever may.

mod adding;
mod again;
pub mod api;
pub mod changes;
pub mod document;
mod editing;
pub mod edits;
pub mod history;
pub mod moves;
pub mod number;
pub mod pages;
mod placing;
pub mod printing;
mod reading;
pub mod shown;
pub mod states;
pub mod telling;
mod writing;

use chrono::{DateTime, Utc};

pub use self::adding::{Adding, added_line};
pub use self::again::{otherwise, reorder};
pub use self::editing::{EditDraft, Edited, edit, preview_edit};
pub use self::moves::{By, Locked, lock, make, make_telling};
pub use self::number::OrderNumber;
pub use self::placing::{Asked, Lines, Placed, PlacedLine, Placing, Sender, submit, submit_listed, worth};
pub use self::reading::{Happened, Head, Line, Order, PAGE, find, happened, of_account};
pub use self::shown::Outcome;
pub use self::states::{Move, Status};
pub use self::writing::{add_lines, recount};

use crate::db::{Counter, Tx};
use crate::error::{Error, Result};
use crate::tenancy::extract::Caller;
use crate::values::text;

/// That somebody has ordered, in the audit log and beside the key it was ordered under.
pub const SUBMITTED: &str = "order.submitted";
/// The most characters of what a customer calls an order,
pub const LONGEST_REFERENCE: usize = 80;
/// and of what they write with it.
pub const LONGEST_NOTE: usize = 1000;

/// What a customer writes on an order, read and bounded.
///
/// # Errors
/// [`Error::Invalid`] with what is wrong beside each.
pub fn read_words(reference: &str, note: &str) -> Result<(String, String)> {
    let mut wrong = crate::error::FieldErrors::new();
    let reference = match reference.trim() {
        "" => Some(String::new()),
        typed => text::line(typed, LONGEST_REFERENCE).map_err(|why| wrong.add("reference", why.about("your reference"))).ok(),
    };
    let note = text::optional(note, LONGEST_NOTE).map_err(|why| wrong.add("note", why.about("your note"))).ok();
    wrong.or(reference.zip(note))
}

/// Takes an order back that its wholesaler has not accepted.
///
/// # Errors
/// [`Error::Conflict`] when it is too late.
pub async fn cancel(tx: &mut Tx<Counter>, caller: &Caller, number: &OrderNumber, now: DateTime<Utc>) -> Result<()> {
    let mut order = lock(tx, number).await?;
    make(tx, &mut order, Move::Cancel, "", By::Customer(caller), now).await
}

/// The number of the order that was made of this submission.
pub async fn number_of_submission(tx: &mut Tx<Counter>, submission: &str, account: crate::ids::AccountId) -> Result<String> {
    sqlx::query_scalar!(
        "select o.number from submissions s join orders o on o.tenant_id = s.tenant_id and o.order_id = s.order_id
          where s.tenant_id = $1 and s.account_id = $2 and s.submission = $3",
        tx.tenant().uuid(),
        account.uuid(),
        submission
    )
    .fetch_optional(&mut *tx)
    .await?
    .ok_or(Error::NotFound)
}
