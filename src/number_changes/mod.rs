//! A customer comes under another number. Both numbers are proven, at one counter and in one browser; then everything
//! they have goes over, at every wholesaler and in one transaction. Until then nothing tells whether the new number is
//! known to anybody: who has proven it may know.
//!
//! Whoever has the old number no more asks the wholesaler: a registration request of the kind `return`.

pub mod api;
pub mod pages;
pub mod telling;

use serde_json::Value;
use uuid::Uuid;

use crate::challenges::code::Code;
use crate::challenges::{self, Address, Asked, Question};
use crate::confirmations;
use crate::db::{Identity, Tx};
use crate::error::{Error, FieldErrors, Result, is_duplicate};
use crate::ids::CustomerId;
use crate::jobs::{self, Job, Lane};
use crate::languages;
use crate::message_templates::kinds::BUSINESS_NAME;
use crate::message_templates::{self, Kind};
use crate::messages::{self, Message, Person};
use crate::sign_in;
use crate::tenancy::extract::{Caller, SignedIn};
use crate::tenancy::token::Token;
use crate::values::PhoneNumber;

/// Sends a code to each of the two numbers.
///
/// # Errors
/// [`Error::Invalid`] when it is the number they have; [`Error::TooManyCodes`] as when signing in.
pub async fn request_codes(customer: SignedIn, phone: PhoneNumber) -> Result<Asked> {
    let caller = customer.leave().await?;
    if phone == caller.session.phone {
        return Err(Error::invalid("phone", "That is the number you have already."));
    }
    let (new, old) = (Address::NumberChange(phone), Address::NumberChange(caller.session.phone.clone()));
    let first = challenges::ask(&caller.house, Question::apart(&caller, &new)).await?;
    let question = Question { browser: Some(first.browser.clone()), ..Question::apart(&caller, &old) };
    let second = challenges::ask(&caller.house, question).await?;
    Ok(Asked {
        expires_in_seconds: first.expires_in_seconds.min(second.expires_in_seconds),
        resend_in_seconds: first.resend_in_seconds.max(second.resend_in_seconds),
        browser: first.browser,
    })
}

/// What came of it.
pub struct Changed {
    /// A session under the new number; all others have ended.
    pub token: Token,
    pub life_seconds: i64,
    /// Wholesalers where the new number had an access of its own: it stays, and the other one has ended.
    pub kept: Vec<Kept>,
}

/// A wholesaler, as its customers know it.
pub struct Kept {
    pub slug: String,
    pub business_name: String,
}

/// Changes the number.
///
/// # Errors
/// [`Error::Invalid`] with which code was wrong, for every reason alike; [`Error::Unauthenticated`] when they are not
/// known any more.
pub async fn confirm(customer: SignedIn, phone: PhoneNumber, old_code: &Code, new_code: &Code) -> Result<Changed> {
    let caller = customer.leave().await?;
    let house = &caller.house;
    let (old, new) = (Address::NumberChange(caller.session.phone.clone()), Address::NumberChange(phone.clone()));
    let (of_old, of_new) = (Question::apart(&caller, &old), Question::apart(&caller, &new));
    let mut wrong = FieldErrors::new();
    let mut proven = Vec::new();
    for (question, code, field) in [(&of_old, old_code, "old_code"), (&of_new, new_code, "new_code")] {
        match challenges::prove(house, question, code).await {
            Ok(right) => proven.push((question, right)),
            Err(error @ Error::WrongCode) => wrong.add(field, format!("{error}.")),
            Err(error) => return Err(error),
        }
    }
    wrong.or(Some(()))?;
    // In one order for everybody: two who swap their numbers wait for each other in turn.
    proven.sort_by(|(one, _), (other, _)| one.address.as_str().cmp(other.address.as_str()));
    let me = caller.session.customer_id;
    let text = text_to_old_number(&caller).await?;
    house
        .db()
        .person(me)
        .write(async |tx| {
            for (question, right) in proven {
                right.use_up(tx, house, question).await?;
            }
            let kept = move_to(tx, &caller, &phone).await?;
            let who = find(tx, &phone).await?.ok_or(Error::Unauthenticated)?;
            tell_old_number(tx, &caller, Person { customer: who, phone: phone.as_str() }, text).await?;
            let token = sign_in::begin_session(tx, &caller, who, &phone).await?;
            Ok(Changed { token, life_seconds: sign_in::session_life(house).num_seconds(), kept })
        })
        .await
}

/// Moves everything to the number; where it had something of its own, it keeps that.
async fn move_to(tx: &mut Tx<Identity>, caller: &Caller, phone: &PhoneNumber) -> Result<Vec<Kept>> {
    let (house, me) = (&caller.house, caller.session.customer_id);
    // What whoever had the new number before has not confirmed is not theirs to join.
    confirmations::set_aside(tx, house, phone).await?;
    tx.become_customer(me).await?;
    sqlx::query!("update sessions set ended_at = $2 where customer_id = $1 and ended_at is null", me.uuid(), house.now())
        .execute(&mut *tx)
        .await?;
    // Whoever is just on the way to another counter arrives with the old number, and so not at all.
    sqlx::query!("delete from hand_overs where customer_id = $1", me.uuid()).execute(&mut *tx).await?;
    if let Some(other) = find(tx, phone).await? {
        return join(tx, caller, other).await;
    }
    let changed = sqlx::query!(
        "update customers set phone = $2, last_proven_at = $3 where id = $1 and phone = $4",
        me.uuid(),
        phone.as_str(),
        house.now(),
        caller.session.phone.as_str()
    )
    .execute(&mut *tx)
    .await;
    match changed {
        // Somebody has just signed in with it for the first time: the same once more finds them there.
        Err(error) if is_duplicate(&error) => return Err(Error::Conflict("This number is just being used. Please try once more")),
        Err(error) => return Err(error.into()),
        Ok(changed) if changed.rows_affected() == 0 => return Err(Error::Unauthenticated),
        Ok(_) => {}
    }
    let accesses =
        sqlx::query!("select tenant_id, access_id from account_access where customer_id = $1", me.uuid()).fetch_all(&mut *tx).await?;
    for access in accesses {
        let job = Job::TellNumberChange(access.access_id.into());
        jobs::enqueue(tx, Lane::Letters, job, Some(access.tenant_id.into()), house.now()).await?;
    }
    Ok(Vec::new())
}

/// The customer of this number, who stays as they are until this transaction ends.
async fn find(tx: &mut Tx<Identity>, phone: &PhoneNumber) -> Result<Option<CustomerId>> {
    let found =
        sqlx::query_scalar!("select id from customers where phone = $1 for update", phone.as_str()).fetch_optional(&mut *tx).await?;
    Ok(found.map(Into::into))
}

/// Makes one person of two: what the one has goes to the other. The door shows one person's rows at a time, so they are
/// taken out as the one and put back as the other.
async fn join(tx: &mut Tx<Identity>, caller: &Caller, other: CustomerId) -> Result<Vec<Kept>> {
    let (me, now) = (caller.session.customer_id.uuid(), caller.house.now());
    let theirs = |rows: Vec<Value>| Value::Array(rows);
    let accesses = sqlx::query_scalar!(r#"delete from account_access a where customer_id = $1 returning to_jsonb(a) as "row!""#, me)
        .fetch_all(&mut *tx)
        .await?;
    let requests = sqlx::query_scalar!(r#"delete from registration_requests r where customer_id = $1 returning to_jsonb(r) as "row!""#, me)
        .fetch_all(&mut *tx)
        .await?;
    let said = sqlx::query_scalar!(r#"delete from messages m where customer_id = $1 returning to_jsonb(m) as "row!""#, me)
        .fetch_all(&mut *tx)
        .await?;
    let gone =
        sqlx::query_scalar!("delete from customers where id = $1 and phone = $2 returning language", me, caller.session.phone.as_str());
    let Some(language) = gone.fetch_optional(&mut *tx).await? else { return Err(Error::Unauthenticated) };
    tx.become_customer(other).await?;
    sqlx::query!(
        "update customers set last_proven_at = $2, language = case when language = '' then $3 else language end where id = $1",
        other.uuid(),
        now,
        language
    )
    .execute(&mut *tx)
    .await?;
    let before =
        sqlx::query_scalar!("select tenant_id from account_access where customer_id = $1", other.uuid()).fetch_all(&mut *tx).await?;
    let tenants: Vec<Uuid> = accesses.iter().filter_map(|row| row.get("tenant_id")?.as_str()?.parse().ok()).collect();
    put_accesses(tx, other, &theirs(accesses)).await?;
    put_requests(tx, other, &theirs(requests), caller).await?;
    sqlx::query!(
        "insert into messages (tenant_id, message_id, channel, recipient, subject, text, status, provider_reference, created_at, sent_at,
                               customer_id, phone)
         select m.tenant_id, m.message_id, m.channel, m.recipient, m.subject, m.text, m.status, m.provider_reference, m.created_at, m.sent_at,
                c.id, c.phone
           from jsonb_populate_recordset(null::messages, $1) m, customers c where c.id = $2",
        theirs(said),
        other.uuid()
    )
    .execute(&mut *tx)
    .await?;
    let now_theirs = sqlx::query!(
        "select a.tenant_id, a.access_id, t.slug, t.business_name from account_access a join tenants t on t.id = a.tenant_id
          where a.customer_id = $1 order by lower(t.business_name)",
        other.uuid()
    )
    .fetch_all(&mut *tx)
    .await?;
    let mut kept = Vec::new();
    for access in now_theirs.into_iter().filter(|access| tenants.contains(&access.tenant_id)) {
        let had_both = before.contains(&access.tenant_id);
        let access_id = access.access_id.into();
        let job = if had_both { Job::TellTwoBecameOne(access_id) } else { Job::TellNumberChange(access_id) };
        jobs::enqueue(tx, Lane::Letters, job, Some(access.tenant_id.into()), now).await?;
        if had_both {
            kept.push(Kept { slug: access.slug, business_name: access.business_name });
        }
    }
    Ok(kept)
}

async fn put_accesses(tx: &mut Tx<Identity>, other: CustomerId, rows: &Value) -> Result<()> {
    sqlx::query!(
        "insert into account_access (tenant_id, access_id, account_id, customer_id, phone, contact_name, role, status, created_at)
         select r.tenant_id, r.access_id, r.account_id, c.id, c.phone, r.contact_name, r.role, r.status, r.created_at
           from jsonb_populate_recordset(null::account_access, $1) r, customers c where c.id = $2
         on conflict (tenant_id, customer_id) do nothing",
        rows,
        other.uuid()
    )
    .execute(&mut *tx)
    .await?;
    Ok(())
}

/// Nobody waits for an answer twice, nor where they are let in.
async fn put_requests(tx: &mut Tx<Identity>, other: CustomerId, rows: &Value, caller: &Caller) -> Result<()> {
    sqlx::query!(
        "update registration_requests r set status = 'withdrawn', decided_at = $2
          where r.customer_id = $1 and r.status = 'pending'
            and exists (select from account_access a where a.tenant_id = r.tenant_id and a.customer_id = r.customer_id)",
        other.uuid(),
        caller.house.now()
    )
    .execute(&mut *tx)
    .await?;
    sqlx::query!(
        "insert into registration_requests
           (tenant_id, request_id, customer_id, phone, kind, business_name, contact_name, message, status, reason, decided_by, created_at,
            decided_at)
         select r.tenant_id, r.request_id, c.id, c.phone, r.kind, r.business_name, r.contact_name, r.message,
                case when r.status = 'pending' and (
                            exists (select from registration_requests p where p.tenant_id = r.tenant_id and p.customer_id = $2 and p.status = 'pending')
                            or exists (select from account_access a where a.tenant_id = r.tenant_id and a.customer_id = $2))
                     then 'withdrawn' else r.status end,
                r.reason, r.decided_by, r.created_at, r.decided_at
           from jsonb_populate_recordset(null::registration_requests, $1) r, customers c where c.id = $2",
        rows,
        other.uuid()
    )
    .execute(&mut *tx)
    .await?;
    Ok(())
}

/// In the words of the wholesaler at whose counter it happens, which stand at its own door.
async fn text_to_old_number(caller: &Caller) -> Result<String> {
    let (house, tenant) = (&caller.house, &caller.tenant);
    let language = languages::chosen(caller).await?.unwrap_or_else(|| languages::own(tenant));
    let wording = house.office(tenant).read(async |tx| message_templates::find(tx, Kind::NumberChanged, language).await).await?;
    Ok(wording.text(&[(&BUSINESS_NAME, tenant.business_name.clone())]))
}

/// Whoever holds the old number learns of it there.
async fn tell_old_number(tx: &mut Tx<Identity>, caller: &Caller, who: Person<'_>, text: String) -> Result<()> {
    let message = Message::Text { to: caller.session.phone.clone(), text };
    tx.become_customer(who.customer).await?;
    messages::put(tx, caller.tenant.id, Some(who), message, caller.house.now()).await
}
