//! The queue on a desk, and one request with the two ways to decide it.

use askama::Template;
use http::StatusCode;
use poem::web::{Form, Path, Query};
use poem::{IntoResponse, Response, handler};
use serde::Deserialize;
use uuid::Uuid;

use super::{Figures, Request, Wanted, account_of, accounts, approve, figures, find, list, reject};
use crate::db::{Office, Tx};
use crate::error::{Error, FieldErrors, Result};
use crate::tenancy::extract::{Decider, Member, Staff};
use crate::values::PhoneNumber;
use crate::web::{Page, Redirect, Shell, when};

#[derive(Template)]
#[template(path = "office_requests/index.html")]
struct IndexPage {
    shell: Shell,
    status: String,
    notice: String,
    waiting: String,
    longest_wait: String,
    approved_this_month: String,
    rejected_this_month: String,
    items: Vec<Item>,
}

struct Item {
    request_id: Uuid,
    business_name: String,
    contact_name: String,
    phone_shown: String,
    message: String,
    asked_at: String,
    asked_at_exact: String,
    status: String,
    reason: String,
    decided_by: String,
    decided_at: String,
    decided_at_exact: String,
}

impl Item {
    fn of(request: Request, member: &Member) -> Self {
        let (now, zone) = (member.house.now(), member.tenant.time_zone);
        Self {
            request_id: request.request_id,
            business_name: request.business_name,
            contact_name: request.contact_name,
            phone_shown: PhoneNumber::from_e164(&request.phone).map(|phone| phone.national(member.tenant.country)).unwrap_or_default(),
            message: request.message,
            asked_at: when::ago(request.created_at, now, zone),
            asked_at_exact: when::exact(request.created_at, zone),
            status: request.status,
            reason: request.reason,
            decided_by: request.decided_by,
            decided_at: request.decided_at.map(|at| when::ago(at, now, zone)).unwrap_or_default(),
            decided_at_exact: request.decided_at.map(|at| when::exact(at, zone)).unwrap_or_default(),
        }
    }
}

/// Which part of the queue to show.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct IndexQuery {
    status: String,
}

/// `GET /office`
#[handler]
pub async fn index(mut staff: Staff<Decider>, Query(query): Query<IndexQuery>) -> Result<Page> {
    let (status, wanted) = if query.status == "decided" { ("decided", Wanted::Decided) } else { ("pending", Wanted::Pending) };
    let figures = figures_now(&mut staff.tx, &staff.member).await?;
    let requests = list(&mut staff.tx, wanted, None).await?;
    let wait = figures.longest_waiting_since.map_or("none".to_owned(), |since| when::length(staff.house.now() - since));
    Page::of(&IndexPage {
        shell: Shell::of_staff(&staff, "Requests", "requests", figures.waiting),
        status: status.to_owned(),
        notice: String::new(),
        waiting: figures.waiting.to_string(),
        longest_wait: wait,
        approved_this_month: figures.approved_this_month.to_string(),
        rejected_this_month: figures.rejected_this_month.to_string(),
        items: requests.into_iter().map(|request| Item::of(request, &staff.member)).collect(),
    })
}

#[derive(Template)]
#[template(path = "office_requests/show.html")]
struct ShowPage {
    shell: Shell,
    request_id: Uuid,
    business_name: String,
    contact_name: String,
    phone_shown: String,
    message: String,
    asked_at: String,
    asked_at_exact: String,
    status: String,
    reason: String,
    decided_by: String,
    decided_at: String,
    decided_at_exact: String,
    notice: String,
    account_number: String,
    account_number_error: String,
    accounts: Vec<super::Account>,
    reason_error: String,
}

/// `GET /office/registration-requests/:request_id`
#[handler]
pub async fn show(mut staff: Staff<Decider>, Path(request_id): Path<Uuid>) -> Result<Page> {
    show_page(&mut staff.tx, &staff.member, request_id, Typed::default()).await
}

/// What was typed into one of the two forms, and what is wrong with it.
#[derive(Default)]
struct Typed {
    account_number: String,
    reason: String,
    wrong: FieldErrors,
    notice: &'static str,
}

/// What the form of an approval sends.
#[derive(Deserialize)]
pub struct ApprovalForm {
    #[serde(default)]
    account_number: String,
}

/// `POST /office/registration-requests/:request_id/approval`
#[handler]
pub async fn approval(staff: Staff<Decider>, Path(request_id): Path<Uuid>, Form(form): Form<ApprovalForm>) -> Result<Response> {
    let member = staff.member.clone();
    let done = staff.write(async |tx, member| approve(tx, member, request_id, &form.account_number).await).await;
    match done {
        Ok(_) => Ok(Redirect::to(format!("/office/registration-requests/{request_id}")).into_response()),
        Err(error) => not_decided(&member, request_id, error, Typed { account_number: form.account_number, ..Typed::default() }).await,
    }
}

/// What the form of a rejection sends.
#[derive(Deserialize)]
pub struct RejectionForm {
    #[serde(default)]
    reason: String,
}

/// `POST /office/registration-requests/:request_id/rejection`
#[handler]
pub async fn rejection(staff: Staff<Decider>, Path(request_id): Path<Uuid>, Form(form): Form<RejectionForm>) -> Result<Response> {
    let member = staff.member.clone();
    let done = staff.write(async |tx, member| reject(tx, member, request_id, &form.reason).await).await;
    match done {
        Ok(()) => Ok(Redirect::to(format!("/office/registration-requests/{request_id}")).into_response()),
        Err(error) => not_decided(&member, request_id, error, Typed { reason: form.reason, ..Typed::default() }).await,
    }
}

/// The request again, with what was typed and why nothing was done.
async fn not_decided(member: &Member, request_id: Uuid, error: Error, typed: Typed) -> Result<Response> {
    let (status, typed) = match error {
        Error::Invalid(wrong) => (StatusCode::UNPROCESSABLE_ENTITY, Typed { wrong, ..typed }),
        Error::Conflict(notice) => (StatusCode::CONFLICT, Typed { notice, ..typed }),
        error => return Err(error),
    };
    let page = member.house.office(&member.tenant).read(async |tx| show_page(tx, member, request_id, typed).await).await?;
    Ok(page.with_status(status).into_response())
}

async fn show_page(tx: &mut Tx<Office>, member: &Member, request_id: Uuid, typed: Typed) -> Result<Page> {
    let request = find(tx, request_id).await?;
    let figures = figures_now(tx, member).await?;
    let pending = request.status == "pending";
    let account_number = if pending { typed.account_number } else { account_of(tx, request_id).await?.unwrap_or_default() };
    let accounts = if pending { accounts(tx).await? } else { Vec::new() };
    let item = Item::of(request, member);
    let notice = if typed.notice.is_empty() { String::new() } else { format!("{}.", typed.notice) };
    Page::of(&ShowPage {
        shell: Shell::of_staff(member, &item.business_name, "requests", figures.waiting),
        request_id,
        business_name: item.business_name,
        contact_name: item.contact_name,
        phone_shown: item.phone_shown,
        message: item.message,
        asked_at: item.asked_at,
        asked_at_exact: item.asked_at_exact,
        reason: if pending { typed.reason } else { item.reason },
        status: item.status,
        decided_by: item.decided_by,
        decided_at: item.decided_at,
        decided_at_exact: item.decided_at_exact,
        notice,
        account_number,
        account_number_error: typed.wrong.of("account_number"),
        accounts,
        reason_error: typed.wrong.of("reason"),
    })
}

/// The figures of this month.
pub async fn figures_now(tx: &mut Tx<Office>, member: &Member) -> Result<Figures> {
    figures(tx, when::month_start(member.house.now(), member.tenant.time_zone)).await
}
