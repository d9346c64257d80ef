//! The queue on a desk, and one request with the two ways to decide it.

use askama::Template;
use http::StatusCode;
use poem::web::{Form, Path, Query};
use poem::{IntoResponse, Response, handler};
use serde::Deserialize;
use uuid::Uuid;

use super::{
    Candidate, Choice, Figures, LetIn, PAGE, Request, Wanted, accounts, approve, approve_return, candidates, figures, find, let_in_by,
    list, reject,
};
use crate::clock::month_start;
use crate::db::{Office, Tx};
use crate::error::{Error, FieldErrors, Result};
use crate::tenancy::extract::{Decider, Member, Staff};
use crate::values::PhoneNumber;
use crate::values::text::LONGEST_ACCOUNT_NUMBER;
use crate::web::{Page, Redirect, Shell, when};

#[derive(Template)]
#[template(path = "office_requests/index.html")]
struct IndexPage {
    shell: Shell,
    status: String,
    waiting: String,
    longest_wait: String,
    approved_this_month: String,
    rejected_this_month: String,
    items: Vec<Item>,
    next_href: String,
}

/// What stands for the name of somebody who has been erased.
const ERASED: &str = "A customer who has been erased";

struct Item {
    request_id: Uuid,
    is_return: bool,
    is_erased: bool,
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
        let is_erased = request.phone.is_none();
        let phone = request.phone.and_then(|phone| PhoneNumber::from_e164(&phone).ok());
        Self {
            request_id: request.request_id,
            is_return: request.kind == "return",
            is_erased,
            business_name: if is_erased { ERASED.to_owned() } else { request.business_name },
            contact_name: request.contact_name,
            phone_shown: phone.map(|phone| phone.national(member.tenant.country)).unwrap_or_default(),
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

/// Which part of the queue to show, and where the page before ended.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct IndexQuery {
    status: String,
    after: Option<Uuid>,
}

/// The queue, or what was decided: what `GET /office` is for whoever decides.
pub async fn queue(mut staff: Staff<Decider>, query: IndexQuery) -> Result<Page> {
    let (status, wanted) = if query.status == "decided" { ("decided", Wanted::Decided) } else { ("pending", Wanted::Pending) };
    let figures = figures_now(&mut staff.tx, &staff.member).await?;
    let requests = list(&mut staff.tx, wanted, query.after).await?;
    let is_full = i64::try_from(requests.len()).is_ok_and(|length| length == PAGE);
    let next_href = match requests.last() {
        Some(last) if is_full => format!("/office?status={status}&after={}", last.request_id),
        _ => String::new(),
    };
    let wait = figures.longest_waiting_since.map_or("–".to_owned(), |since| when::length(staff.house.now() - since));
    Page::of(&IndexPage {
        shell: Shell::of_staff(&staff, "Requests", "requests", figures.waiting),
        status: status.to_owned(),
        waiting: figures.waiting.to_string(),
        longest_wait: wait,
        approved_this_month: figures.approved_this_month.to_string(),
        rejected_this_month: figures.rejected_this_month.to_string(),
        items: requests.into_iter().map(|request| Item::of(request, &staff.member)).collect(),
        next_href,
    })
}

#[derive(Template)]
#[template(path = "office_requests/show.html")]
struct ShowPage {
    shell: Shell,
    item: Item,
    let_in: Option<LetIn>,
    typed: Typed,
    accounts: Vec<super::Account>,
    /// Whose access they may mean, when they had one before.
    candidates: Vec<Candidate>,
    customer_error: String,
    notice: String,
    warning: String,
    account_number_error: String,
    new_number_error: String,
    reason_error: String,
}

/// Which decision was just made here, and among whom somebody is looked for who had an account before.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct ShowQuery {
    done: String,
    query: String,
}

/// `GET /office/registration-requests/:request_id`
#[handler]
pub async fn show(mut staff: Staff<Decider>, Path(request_id): Path<Uuid>, Query(query): Query<ShowQuery>) -> Result<Page> {
    show_page(&mut staff.tx, &staff.member, request_id, Typed { done: query.done, query: query.query, ..Typed::default() }).await
}

/// What was typed into one of the two forms, and how it went.
#[derive(Default)]
struct Typed {
    approval: ApprovalForm,
    /// None when it was not a rejection.
    reason: Option<String>,
    wrong: FieldErrors,
    /// Why nothing was done.
    conflict: &'static str,
    /// The decision that was made.
    done: String,
    /// What is looked for among the customers.
    query: String,
}

/// What the form of an approval sends.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct ApprovalForm {
    /// `new` or `existing`; empty, and the numbers tell.
    account: String,
    new_number: String,
    account_number: String,
    /// The access that moves, of a request by somebody who had one.
    customer: Option<Uuid>,
}

impl ApprovalForm {
    fn is_existing(&self) -> bool {
        self.account == "existing" || (self.account != "new" && !self.account_number.trim().is_empty())
    }

    fn choice(&self) -> Result<Choice> {
        if self.is_existing() {
            return Ok(Choice::Existing(self.account_number.clone()));
        }
        if self.account_number.trim().is_empty() {
            return Ok(Choice::New(self.new_number.clone()));
        }
        // Nobody types a number for nothing: rather ask than open an account that was not meant.
        Err(Error::invalid("account_number", "To use this number, choose “An existing account”. For a new account, leave it empty."))
    }
}

/// `POST /office/registration-requests/:request_id/approval`
#[handler]
pub async fn approval(staff: Staff<Decider>, Path(request_id): Path<Uuid>, Form(form): Form<ApprovalForm>) -> Result<Response> {
    let member = staff.member.clone();
    let done = staff
        .write(async |tx, member| match form.customer {
            Some(access_id) => approve_return(tx, member, request_id, access_id).await,
            None => approve(tx, member, request_id, &form.choice()?).await,
        })
        .await;
    match done {
        Ok(_) => Ok(Redirect::to(format!("/office/registration-requests/{request_id}?done=approved")).into_response()),
        Err(error) => not_decided(&member, request_id, error, Typed { approval: form, ..Typed::default() }).await,
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
        Ok(_) => Ok(Redirect::to(format!("/office/registration-requests/{request_id}?done=rejected")).into_response()),
        Err(error) => not_decided(&member, request_id, error, Typed { reason: Some(form.reason), ..Typed::default() }).await,
    }
}

/// The request again, with what was typed and why nothing was done.
async fn not_decided(member: &Member, request_id: Uuid, error: Error, typed: Typed) -> Result<Response> {
    let (status, typed) = match error {
        Error::Invalid(wrong) => (StatusCode::UNPROCESSABLE_ENTITY, Typed { wrong, ..typed }),
        Error::Conflict(conflict) => (StatusCode::CONFLICT, Typed { conflict, ..typed }),
        error => return Err(error),
    };
    let page = member.house.office(&member.tenant).read(async |tx| show_page(tx, member, request_id, typed).await).await?;
    Ok(page.with_status(status).into_response())
}

async fn show_page(tx: &mut Tx<Office>, member: &Member, request_id: Uuid, typed: Typed) -> Result<Page> {
    let item = Item::of(find(tx, request_id).await?, member);
    let figures = figures_now(tx, member).await?;
    let let_in = let_in_by(tx, request_id).await?;
    let is_open = item.status == "pending";
    let accounts = if is_open && !item.is_return { accounts(tx).await? } else { Vec::new() };
    let candidates = if is_open && item.is_return { candidates(tx, member, request_id, &typed.query).await? } else { Vec::new() };
    Page::of(&ShowPage {
        shell: Shell::of_staff(member, &item.business_name, "requests", figures.waiting),
        notice: what_was_done(&typed, &item, let_in.as_ref()),
        warning: why_not(&typed, &item),
        account_number_error: typed.wrong.of("account_number"),
        new_number_error: typed.wrong.of("new_number"),
        reason_error: typed.wrong.of("reason"),
        customer_error: typed.wrong.of("customer"),
        candidates,
        item,
        let_in,
        typed,
        accounts,
    })
}

/// Says the decision once, after it was made: only one that the request bears out.
fn what_was_done(typed: &Typed, item: &Item, let_in: Option<&LetIn>) -> String {
    match (typed.done.as_str(), item.status.as_str(), let_in) {
        ("approved", "approved", Some(LetIn { business_name, account_number, .. })) if item.is_return => {
            format!("Approved: the access for {business_name} ({account_number}) is under this number now. They are told by text message.")
        }
        ("approved", "approved", Some(LetIn { role, account_number, .. })) if role == "owner" => {
            format!("Approved: {} has a new account, {account_number}. They are told by text message.", item.business_name)
        }
        ("approved", "approved", Some(LetIn { business_name, account_number, .. })) => {
            format!("Approved: {} now buys for {business_name} ({account_number}). They are told by text message.", item.contact_name)
        }
        ("rejected", "rejected", _) => format!("Rejected: {} stays outside. They are told by text message.", item.business_name),
        _ => String::new(),
    }
}

/// Why nothing was done: mostly because somebody was first.
fn why_not(typed: &Typed, item: &Item) -> String {
    if typed.conflict.is_empty() {
        return String::new();
    }
    let first = match item.status.as_str() {
        "pending" => return format!("{}.", typed.conflict),
        "withdrawn" => format!("{} took this back {}.", item.contact_name, item.decided_at),
        decided => format!("{} {decided} this {}.", item.decided_by, item.decided_at),
    };
    let late = match (&typed.reason, item.status.as_str()) {
        (Some(_), _) => "Your rejection was not sent.",
        (None, "approved") => "Your approval was not needed.",
        (None, _) => "Your approval did not count.",
    };
    format!("{first} {late}")
}

/// The figures of this month.
async fn figures_now(tx: &mut Tx<Office>, member: &Member) -> Result<Figures> {
    figures(tx, month_start(member.house.now(), member.tenant.time_zone)).await
}
