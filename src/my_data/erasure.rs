//! Everything about a person goes, at every wholesaler and in one transaction. What trade law keeps stays without them:
//! the trade account of the business, and that something was asked and how it was decided.

use crate::challenges::code::Code;
use crate::challenges::{self, Address, Asked, Question};
use crate::db::{Identity, Tx};
use crate::error::Result;
use crate::jobs::{self, Job, Lane};
use crate::tenancy::extract::{Caller, SignedIn};

/// Sends a code to the number, which erasing asks for: whoever finds a phone unlocked cannot do it.
pub async fn request_code(customer: SignedIn) -> Result<Asked> {
    let caller = customer.leave().await?;
    let address = Address::Erasure(caller.session.phone.clone());
    challenges::ask(&caller.house, Question::apart(&caller, &address)).await
}

/// Erases everything.
///
/// # Errors
/// [`Error::WrongCode`](crate::error::Error::WrongCode) for every reason alike, as when signing in.
pub async fn erase(customer: SignedIn, code: &Code) -> Result<()> {
    let caller = customer.leave().await?;
    let (house, me) = (&caller.house, caller.session.customer_id);
    let address = Address::Erasure(caller.session.phone.clone());
    let question = Question::apart(&caller, &address);
    let proven = challenges::prove(house, &question, code).await?;
    house
        .db()
        .person(me)
        .write(async |tx| {
            proven.use_up(tx, house, &question).await?;
            // Twice: who writes about them just now is waited for, and from here on nobody begins to.
            forget(tx, &caller).await?;
            sqlx::query_scalar!("select id from customers where id = $1 for update", me.uuid()).fetch_one(&mut *tx).await?;
            forget(tx, &caller).await?;
            challenges::forget_number(tx, house, &caller.session.phone).await?;
            // Sessions, tickets, kept answers and open questions go with it.
            sqlx::query!("delete from customers where id = $1", me.uuid()).execute(&mut *tx).await?;
            Ok(())
        })
        .await
}

/// What does not go by itself with the person's row; and each wholesaler is told, by what stays there.
async fn forget(tx: &mut Tx<Identity>, caller: &Caller) -> Result<()> {
    let (me, now) = (caller.session.customer_id.uuid(), caller.house.now());
    let asked = sqlx::query!(
        "update registration_requests
            set business_name = '', contact_name = '', message = '', reason = '',
                status = case when status = 'pending' then 'withdrawn' else status end, decided_at = coalesce(decided_at, $2)
          where customer_id = $1 and business_name <> ''
         returning tenant_id, request_id",
        me,
        now
    )
    .fetch_all(&mut *tx)
    .await?;
    sqlx::query!(
        "update messages
            set recipient = '', subject = '', text = '', provider_reference = null,
                status = case when status = 'waiting' then 'failed' else status end
          where customer_id = $1",
        me
    )
    .execute(&mut *tx)
    .await?;
    let let_in =
        sqlx::query!("delete from account_access where customer_id = $1 returning tenant_id, account_id", me).fetch_all(&mut *tx).await?;
    let told = asked.into_iter().map(|row| (row.tenant_id, row.request_id));
    for (tenant, subject) in told.chain(let_in.into_iter().map(|row| (row.tenant_id, row.account_id))) {
        jobs::enqueue(tx, Lane::Letters, Job::TellErasure(subject), Some(tenant.into()), now).await?;
    }
    Ok(())
}
