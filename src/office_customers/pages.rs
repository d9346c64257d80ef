//! The customers on a desk, and one of them with what may be done.

use askama::Template;
use http::StatusCode;
use poem::web::{Form, Path, Query};
use poem::{IntoResponse, Response, handler};
use serde::Deserialize;
use uuid::Uuid;

use super::moving::{Deserted, deserted};
use super::{Counted, Customer, PAGE, count, find, list, restore, suspend};
use crate::audit::{self, Named, tell};
use crate::db::{Office, Tx};
use crate::error::{Error, Result};
use crate::office_requests;
use crate::tenancy::extract::{Decider, Keeper, Member, RoleRule, Seller, Staff};
use crate::values::PhoneNumber;
use crate::web::address::encode;
use crate::web::{Page, Redirect, Shell, when};

#[derive(Template)]
#[template(path = "office_customers/index.html")]
struct IndexPage {
    shell: Shell,
    query: String,
    items: Vec<Item>,
    next_href: String,
    total: String,
    /// Accounts whose people are gone.
    deserted: Vec<Deserted>,
}

struct Item {
    access_id: Uuid,
    business_name: String,
    account_number: String,
    contact_name: String,
    phone_shown: String,
    role: String,
    status: String,
    last_seen: String,
    last_seen_exact: String,
}

impl Item {
    fn of(customer: &Customer, member: &Member) -> Self {
        let (now, zone) = (member.house.now(), member.tenant.time_zone);
        Self {
            access_id: customer.access_id,
            business_name: customer.business_name.clone(),
            account_number: customer.account_number.clone(),
            contact_name: customer.contact_name.clone(),
            phone_shown: PhoneNumber::from_e164(&customer.phone)
                .map_or_else(|_| "silent for long".to_owned(), |phone| phone.national(member.tenant.country)),
            role: customer.role.clone(),
            status: customer.status.clone(),
            last_seen: customer.last_seen_at.map_or("never".to_owned(), |at| when::ago(at, now, zone)),
            last_seen_exact: customer.last_seen_at.map(|at| when::exact(at, zone)).unwrap_or_default(),
        }
    }
}

/// What to look for, and where the page before ended.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct IndexQuery {
    query: String,
    after: Option<Uuid>,
}

/// `GET /office/customers`
#[handler]
pub async fn index(mut staff: Staff<Decider>, Query(query): Query<IndexQuery>) -> Result<Page> {
    let words: String = query.query.trim().chars().filter(|c| !c.is_control()).take(100).collect();
    let now = staff.house.now();
    let after = match query.after {
        Some(access_id) => Some((find(&mut staff.tx, access_id, now).await?.business_name, access_id)),
        None => None,
    };
    let customers = list(&mut staff.tx, &words, after, now).await?;
    let counted = count(&mut staff.tx, &words).await?;
    let deserted = if words.is_empty() && query.after.is_none() { deserted(&mut staff.tx).await? } else { Vec::new() };
    let waiting = office_requests::waiting(&mut staff.tx, &staff.member).await?;
    let is_full = i64::try_from(customers.len()).is_ok_and(|length| length == PAGE);
    let next_href = match customers.last() {
        Some(last) if is_full => format!("/office/customers?query={}&after={}", encode(&words), last.access_id),
        _ => String::new(),
    };
    Page::of(&IndexPage {
        shell: Shell::of_staff(&staff, "Customers", "customers", waiting),
        total: in_number(&counted, &words),
        query: words,
        items: customers.iter().map(|customer| Item::of(customer, &staff.member)).collect(),
        deserted,
        next_href,
    })
}

/// «169 customers», or «3 of 169 customers» when some were looked for.
fn in_number(counted: &Counted, words: &str) -> String {
    let customers = if counted.all == 1 { "customer" } else { "customers" };
    if words.is_empty() { format!("{} {customers}", counted.all) } else { format!("{} of {} {customers}", counted.found, counted.all) }
}

#[derive(Template)]
#[template(path = "office_customers/show.html")]
struct ShowPage {
    shell: Shell,
    access_id: Uuid,
    /// Empty for those who do not see prices.
    account_href: String,
    business_name: String,
    account_number: String,
    contact_name: String,
    phone_shown: String,
    role: String,
    status: String,
    last_seen: String,
    last_seen_exact: String,
    town: String,
    since: String,
    since_exact: String,
    can_suspend: bool,
    can_restore: bool,
    sessions_open: String,
    events: Vec<EventLine>,
    reason: String,
    reason_error: String,
    notice: String,
}

struct EventLine {
    at: String,
    at_exact: String,
    what: String,
    who: String,
}

/// `GET /office/customers/:access_id`
#[handler]
pub async fn show(mut staff: Staff<Decider>, Path(access_id): Path<Uuid>) -> Result<Page> {
    show_page(&mut staff.tx, &staff.member, access_id, String::new(), String::new(), "").await
}

/// What the form of a suspension sends.
#[derive(Deserialize)]
pub struct SuspensionForm {
    #[serde(default)]
    reason: String,
}

/// `POST /office/customers/:access_id/suspension`
#[handler]
pub async fn suspension(staff: Staff<Keeper>, Path(access_id): Path<Uuid>, Form(form): Form<SuspensionForm>) -> Result<Response> {
    let member = staff.member.clone();
    let done = staff.write(async |tx, member| suspend(tx, member, access_id, &form.reason).await).await;
    after(&member, access_id, done, form.reason).await
}

/// `POST /office/customers/:access_id/restoration`
#[handler]
pub async fn restoration(staff: Staff<Keeper>, Path(access_id): Path<Uuid>) -> Result<Response> {
    let member = staff.member.clone();
    let done = staff.write(async |tx, member| restore(tx, member, access_id).await).await;
    after(&member, access_id, done, String::new()).await
}

/// Back to the customer, or the customer again with why nothing was done.
async fn after(member: &Member, access_id: Uuid, done: Result<()>, reason: String) -> Result<Response> {
    let (status, reason_error, notice) = match done {
        Ok(()) => return Ok(Redirect::to(format!("/office/customers/{access_id}")).into_response()),
        Err(Error::Invalid(fields)) => (StatusCode::UNPROCESSABLE_ENTITY, fields.of("reason"), ""),
        Err(Error::Conflict(notice)) => (StatusCode::CONFLICT, String::new(), notice),
        Err(error) => return Err(error),
    };
    let scope = member.house.office(&member.tenant);
    let page = scope.read(async |tx| show_page(tx, member, access_id, reason, reason_error, notice).await).await?;
    Ok(page.with_status(status).into_response())
}

async fn show_page(
    tx: &mut Tx<Office>,
    member: &Member,
    access_id: Uuid,
    reason: String,
    reason_error: String,
    notice: &str,
) -> Result<Page> {
    let (now, zone) = (member.house.now(), member.tenant.time_zone);
    let customer = find(tx, access_id, now).await?;
    let entries = audit::about(tx, access_id).await?;
    let waiting = office_requests::waiting(tx, member).await?;
    let item = Item::of(&customer, member);
    let may_keep = Keeper::allows(member.session.role);
    let named = Named { customer: item.contact_name.clone(), ..Named::default() };
    Page::of(&ShowPage {
        shell: Shell::of_staff(member, &item.business_name, "customers", waiting),
        access_id,
        account_href: if Seller::allows(member.session.role) { format!("/office/accounts/{}", customer.account_id) } else { String::new() },
        can_suspend: may_keep && item.status == "active",
        can_restore: may_keep && item.status == "suspended",
        business_name: item.business_name,
        account_number: item.account_number,
        contact_name: item.contact_name,
        phone_shown: item.phone_shown,
        role: item.role,
        status: item.status,
        last_seen: item.last_seen,
        last_seen_exact: item.last_seen_exact,
        town: customer.town,
        since: when::ago(customer.created_at, now, zone),
        since_exact: when::exact(customer.created_at, zone),
        sessions_open: match customer.sessions_open {
            0 => "nowhere".to_owned(),
            1 => "on 1 device".to_owned(),
            number => format!("on {number} devices"),
        },
        events: entries
            .into_iter()
            .map(|entry| EventLine {
                at: when::ago(entry.at, now, zone),
                at_exact: when::exact(entry.at, zone),
                what: tell(&entry.action, &entry.details, &named).sentence,
                who: entry.actor_name,
            })
            .collect(),
        reason,
        reason_error,
        notice: if notice.is_empty() { String::new() } else { format!("{notice}.") },
    })
}
