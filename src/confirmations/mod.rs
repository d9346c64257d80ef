//! Numbers change hands. One that was silent for long and is proven again begins anew, as somebody who has nothing
//! anywhere; what it had before stays where it is, under a name that is no number. At each wholesaler where that was an
//! access, whoever has the number now may confirm that they are the same, by one fact of the account, and gets it back.
//!
//! So nothing from before is shown by mistake: there is nothing to hide in what they see.

pub mod api;
pub mod pages;

use serde_json::json;
use uuid::Uuid;

use crate::audit::{self, Actor, Event};
use crate::db::{Counter, Identity, Office, Tx};
use crate::error::{Error, Result};
use crate::ids::CustomerId;
use crate::office_customers::moving;
use crate::tenancy::House;
use crate::tenancy::extract::{Caller, SignedIn};
use crate::values::{PhoneNumber, text};

/// How often somebody may say which account it is, for good: then the wholesaler decides.
const TRIES: i16 = 3;

/// A question that waits for an answer: is it still you?
pub struct Open {
    /// Nought when only the wholesaler can say so.
    pub tries_left: i16,
}

/// The open question of this customer here, if there is one.
pub async fn open(tx: &mut Tx<Counter>, caller: &Caller) -> Result<Option<Open>> {
    if caller.session.access.is_some() {
        return Ok(None);
    }
    let tries = sqlx::query_scalar!(
        "select tries from confirmations where tenant_id = $1 and customer_id = $2 and status = 'open'",
        tx.tenant().uuid(),
        caller.session.customer_id.uuid()
    )
    .fetch_optional(&mut *tx)
    .await?;
    Ok(tries.map(|tries| Open { tries_left: (TRIES - tries).max(0) }))
}

/// What came of saying which account it was.
pub enum Said {
    Right,
    Wrong(Open),
}

/// Says which account it was. The try is counted, and the count is committed, before anything is compared.
///
/// # Errors
/// [`Error::Invalid`] when nothing is said; [`Error::Conflict`] when there is no question, or no try left.
pub async fn confirm(customer: SignedIn, typed: &str) -> Result<Said> {
    let typed = text::line(typed, text::LONGEST_NAME)
        .map_err(|why| Error::invalid("account", why.about("the name of your business, or your account number")))?;
    let caller = customer.leave().await?;
    let (scope, me) = (caller.house.office(&caller.tenant), caller.session.customer_id);
    let counted = scope.write(async |tx| count_try(tx, me).await).await?;
    scope
        .write(async |tx| {
            let account = sqlx::query!(
                "select a.access_id, t.business_name, t.account_number
                   from account_access a join trade_accounts t on t.tenant_id = a.tenant_id and t.account_id = a.account_id
                  where a.tenant_id = $1 and a.customer_id = $2",
                tx.tenant().uuid(),
                counted.former
            )
            .fetch_optional(&mut *tx)
            .await?;
            let named = account.filter(|account| is_meant(&typed, &account.business_name, &account.account_number));
            let Some(account) = named else { return Ok(Said::Wrong(Open { tries_left: counted.tries_left })) };
            settle(tx, me, "confirmed", &caller.house).await?;
            moving::move_access(tx, account.access_id, me, caller.session.phone.as_str(), caller.house.now()).await?;
            record(tx, &caller, "account_access.confirmed", account.access_id).await?;
            Ok(Said::Right)
        })
        .await
}

struct Counted {
    former: Uuid,
    tries_left: i16,
}

async fn count_try(tx: &mut Tx<Office>, me: CustomerId) -> Result<Counted> {
    let counted = sqlx::query!(
        "update confirmations set tries = tries + 1
          where tenant_id = $1 and customer_id = $2 and status = 'open' and tries < $3
         returning former_customer_id, tries",
        tx.tenant().uuid(),
        me.uuid(),
        TRIES
    )
    .fetch_optional(&mut *tx)
    .await?
    .ok_or(Error::Conflict("There is nothing to confirm here, or no try left"))?;
    Ok(Counted { former: counted.former_customer_id, tries_left: TRIES - counted.tries })
}

/// They are somebody else than whom the wholesaler knew under this number, and begin as anybody does.
pub async fn dismiss(customer: SignedIn) -> Result<()> {
    let caller = customer.leave().await?;
    let me = caller.session.customer_id;
    caller
        .house
        .office(&caller.tenant)
        .write(async |tx| {
            let former = settle(tx, me, "dismissed", &caller.house).await?;
            let access = sqlx::query_scalar!(
                "select access_id from account_access where tenant_id = $1 and customer_id = $2",
                tx.tenant().uuid(),
                former
            )
            .fetch_optional(&mut *tx)
            .await?;
            match access {
                Some(access_id) => record(tx, &caller, "account_access.number_given_up", access_id).await,
                None => Ok(()),
            }
        })
        .await
}

/// Ends the open question of this customer; whom it was about.
///
/// # Errors
/// [`Error::Conflict`] when there is none.
pub async fn settle(tx: &mut Tx<Office>, customer: CustomerId, status: &str, house: &House) -> Result<Uuid> {
    sqlx::query_scalar!(
        "update confirmations set status = $3, decided_at = $4
          where tenant_id = $1 and customer_id = $2 and status = 'open' returning former_customer_id",
        tx.tenant().uuid(),
        customer.uuid(),
        status,
        house.now()
    )
    .fetch_optional(&mut *tx)
    .await?
    .ok_or(Error::Conflict("There is nothing to confirm here"))
}

/// The one whom the open question of this customer is about, for the office.
pub async fn former_of(tx: &mut Tx<Office>, customer: CustomerId) -> Result<Option<CustomerId>> {
    let former = sqlx::query_scalar!(
        "select former_customer_id from confirmations where tenant_id = $1 and customer_id = $2 and status = 'open'",
        tx.tenant().uuid(),
        customer.uuid()
    )
    .fetch_optional(&mut *tx)
    .await?;
    Ok(former.map(Into::into))
}

async fn record(tx: &mut Tx<Office>, caller: &Caller, action: &'static str, access_id: Uuid) -> Result<()> {
    let event = Event { actor: Actor::customer(caller), action, subject_kind: "account_access", subject_id: access_id, details: json!({}) };
    audit::record(tx, event, caller.house.now()).await
}

/// Whether that is the account's name or number, as people write them: in whatever case and with whatever between the
/// letters, with or without «Ltd».
fn is_meant(typed: &str, business_name: &str, account_number: &str) -> bool {
    let plain = |text: &str| text.to_lowercase().chars().filter(|c| c.is_alphanumeric()).collect::<String>();
    let said = [plain(typed), name_of(typed)];
    let known = [plain(account_number), plain(business_name), name_of(business_name)];
    said.iter().any(|said| !said.is_empty() && known.contains(said))
}

/// A business's name without what says what kind of company it is.
fn name_of(text: &str) -> String {
    const KINDS: [&str; 14] = ["ltd", "limited", "plc", "llp", "llc", "inc", "co", "company", "the", "sarl", "sas", "gmbh", "bv", "and"];
    let lower = text.to_lowercase();
    let words = lower.split(|c: char| !c.is_alphanumeric() && c != '.' && c != '\'' && c != '’');
    let words = words.map(|word| word.chars().filter(|c| c.is_alphanumeric()).collect::<String>());
    words.filter(|word| !KINDS.contains(&word.as_str())).collect()
}

/// Sets aside what this number had, when it was silent for long: whoever has proven it now is somebody new until they
/// confirm that they are not.
pub async fn set_aside(tx: &mut Tx<Identity>, house: &House, phone: &PhoneNumber) -> Result<()> {
    let now = house.now();
    let silent = sqlx::query_scalar!(
        "select id from customers where phone = $1 and last_proven_at < $2 for update",
        phone.as_str(),
        house.silent_since()
    )
    .fetch_optional(&mut *tx)
    .await?;
    let Some(former) = silent else { return Ok(()) };
    tx.become_customer(former.into()).await?;
    let there = leave_behind(tx, former, phone, house).await?;
    if there.is_none() {
        return Ok(());
    }
    let me = CustomerId::new();
    sqlx::query!("update customers set phone = 'former:' || id::text where id = $1", former).execute(&mut *tx).await?;
    sqlx::query!("insert into customers (id, phone, created_at, last_proven_at) values ($1, $2, $3, $3)", me.uuid(), phone.as_str(), now)
        .execute(&mut *tx)
        .await?;
    tx.become_customer(me).await?;
    for (tenant, former, tries) in there.unwrap_or_default() {
        sqlx::query!(
            "insert into confirmations (tenant_id, customer_id, former_customer_id, tries, status, created_at)
             values ($1, $2, $3, $4, 'open', $5) on conflict (tenant_id, customer_id) do nothing",
            tenant,
            me.uuid(),
            former,
            tries,
            now
        )
        .execute(&mut *tx)
        .await?;
    }
    Ok(())
}

/// What is to be confirmed where, by whom it is and how often it was tried; None when there is nothing of theirs
/// anywhere. Signs them out, takes back what they asked, and forgets where they were written to.
async fn leave_behind(tx: &mut Tx<Identity>, former: Uuid, phone: &PhoneNumber, house: &House) -> Result<Option<Vec<(Uuid, Uuid, i16)>>> {
    let now = house.now();
    // A question that was never answered goes on with its tries; an access of their own comes first.
    let there = sqlx::query!(
        r#"select tenant_id as "tenant_id!", customer_id as "former!", 0::smallint as "tries!" from account_access where customer_id = $1
           union all
           select tenant_id, former_customer_id, tries from confirmations where customer_id = $1 and status = 'open'"#,
        former
    )
    .fetch_all(&mut *tx)
    .await?;
    let asked = sqlx::query!(
        "update registration_requests set status = case when status = 'pending' then 'withdrawn' else status end,
                decided_at = case when status = 'pending' then $2 else decided_at end
          where customer_id = $1",
        former,
        now
    )
    .execute(&mut *tx)
    .await?;
    if there.is_empty() && asked.rows_affected() == 0 {
        return Ok(None);
    }
    sqlx::query!("update sessions set ended_at = $2 where customer_id = $1 and ended_at is null", former, now).execute(&mut *tx).await?;
    sqlx::query!(
        "update messages set recipient = '', status = case when status = 'waiting' then 'failed' else status end
          where customer_id = $1 and recipient = $2",
        former,
        phone.as_str()
    )
    .execute(&mut *tx)
    .await?;
    Ok(Some(there.into_iter().map(|row| (row.tenant_id, row.former, row.tries)).collect()))
}

#[cfg(test)]
mod tests {
    use super::is_meant;

    #[test]
    fn an_account_is_meant_however_people_write_it() {
        let is = |typed| is_meant(typed, "O’Brien & Sons (Deli) Ltd.", "F-0101");
        for typed in ["F-0101", "f 0101", "f0101", "O'Brien & Sons (Deli) Ltd.", "obrien and sons deli", "O’BRIEN SONS DELI LIMITED"] {
            assert!(is(typed), "{typed}");
        }
        for typed in ["", " ", "Ltd", "limited", "0101", "F-010", "O'Brien", "Sons", "&", "F-0101 O'Brien"] {
            assert!(!is(typed), "{typed}");
        }
        assert!(!is_meant("-", "!!!", "-"), "nothing is nobody's name");
    }
}
