//! The forms on a wholesaler's page at the console.

use http::StatusCode;
use poem::web::{Form, Path};
use poem::{IntoResponse, Response, handler};
use serde::Deserialize;
use uuid::Uuid;

use crate::console_tenants::pages::show_page;
use crate::console_tenants::{Change, Facts, Listed, change, erase, find};
use crate::error::{Error, FieldErrors, Result};
use crate::signups::read_subdomain;
use crate::tenancy::extract::{Agent, FreshPerson, Operator, Person};
use crate::tenants::lifecycle;
use crate::web::Redirect;

/// What was typed into one of the forms, and why nothing came of it.
#[derive(Default)]
pub struct Attempt {
    /// Which form: it stays open.
    pub form: &'static str,
    pub typed: ChangeForm,
    pub wrong: FieldErrors,
    pub refusal: String,
}

impl Attempt {
    /// What is wrong with this field of this form.
    pub fn error(&self, form: &str, field: &str) -> String {
        if self.form == form { self.wrong.of(field) } else { String::new() }
    }

    /// Each thing that is wrong, with the id of its field on the page.
    pub fn errors(&self) -> Vec<(String, String)> {
        let id = |field: &str| if field == "subdomain" { field.to_owned() } else { format!("{}-{field}", self.form) };
        self.wrong.iter().map(|(field, text)| (id(field), text.to_owned())).collect()
    }
}

/// Any of the forms.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct ChangeForm {
    pub reason: String,
    pub subdomain: String,
    pub confirmation: String,
}

/// What the page shows of how the wholesaler stands, and what can be done about it.
#[expect(clippy::struct_excessive_bools, reason = "each is one form of the page that is there or not")]
pub struct Standing {
    pub may_suspend: bool,
    pub may_reactivate: bool,
    pub may_close: bool,
    pub is_closing: bool,
    pub is_over: bool,
    pub subdomain: String,
    pub reason: String,
    pub closed_by: String,
    /// On which day it is deleted.
    pub day: String,
    pub grace_days: i64,
    pub after_subdomain: String,
    /// Whether they have signed in lately enough for what cannot be undone.
    pub is_fresh: bool,
    pub attempt: Attempt,
}

impl Standing {
    /// As it is.
    pub fn of(agent: &Agent, tenant: &Listed, facts: &Facts, attempt: Attempt) -> Self {
        let now = agent.house.now();
        let trades = matches!(tenant.status.as_str(), "demo" | "active");
        Self {
            may_suspend: trades,
            may_reactivate: tenant.status == "suspended",
            may_close: trades || tenant.status == "suspended",
            is_closing: tenant.status == "closing",
            is_over: tenant.grace_ends_at.is_some_and(|end| end <= now),
            subdomain: tenant.slug.clone(),
            reason: tenant.status_reason.clone(),
            closed_by: facts.closed_by.clone(),
            day: tenant.grace_ends_at.map(|end| end.format("%-d %B %Y").to_string()).unwrap_or_default(),
            grace_days: agent.house.config.tenants.grace_days,
            after_subdomain: format!(".{}", agent.house.hosts.base()),
            is_fresh: agent.is_fresh(),
            attempt,
        }
    }
}

/// `POST /tenants/:id/suspension`
#[handler]
pub async fn suspension(operator: Operator<Person>, Path(id): Path<Uuid>, Form(form): Form<ChangeForm>) -> Result<Response> {
    let agent = operator.leave().await?;
    let done = change(&agent, id, Change::Suspend(form.reason.clone())).await;
    after(&agent, id, ("suspension", form), done.map(drop)).await
}

/// `POST /tenants/:id/reactivation`
#[handler]
pub async fn reactivation(operator: Operator<Person>, Path(id): Path<Uuid>) -> Result<Response> {
    let agent = operator.leave().await?;
    let done = change(&agent, id, Change::Reactivate).await;
    after(&agent, id, ("reactivation", ChangeForm::default()), done.map(drop)).await
}

/// `POST /tenants/:id/rename`
#[handler]
pub async fn rename(operator: Operator<Person>, Path(id): Path<Uuid>, Form(form): Form<ChangeForm>) -> Result<Response> {
    let agent = operator.leave().await?;
    let done = match read_subdomain(&form.subdomain) {
        Ok(slug) => change(&agent, id, Change::Rename(slug)).await,
        Err(why) => Err(Error::invalid("subdomain", why)),
    };
    // One that is somebody else's is said beside the field.
    let done = done.map_err(|error| match error {
        Error::Conflict(taken) => Error::invalid("subdomain", format!("{taken}.")),
        other => other,
    });
    after(&agent, id, ("rename", form), done.map(drop)).await
}

/// `POST /tenants/:id/closing`
#[handler]
pub async fn closing(operator: Operator<FreshPerson>, Path(id): Path<Uuid>, Form(form): Form<ChangeForm>) -> Result<Response> {
    let agent = operator.leave().await?;
    let tenant = agent.house.db().platform().read(async |tx| find(tx, id).await).await?;
    let done = match lifecycle::confirm(&form.confirmation, &tenant.slug) {
        Ok(()) => change(&agent, id, Change::Close(form.reason.clone())).await.map(drop),
        Err(error) => Err(error),
    };
    after(&agent, id, ("closing", form), done).await
}

/// `POST /tenants/:id/closing/withdrawal`
#[handler]
pub async fn closing_withdrawal(operator: Operator<Person>, Path(id): Path<Uuid>) -> Result<Response> {
    let agent = operator.leave().await?;
    let done = change(&agent, id, Change::Reopen).await;
    after(&agent, id, ("withdrawal", ChangeForm::default()), done.map(drop)).await
}

/// `POST /tenants/:id/purge`
#[handler]
pub async fn purge(operator: Operator<FreshPerson>, Path(id): Path<Uuid>, Form(form): Form<ChangeForm>) -> Result<Response> {
    let agent = operator.leave().await?;
    match erase(&agent, id, &form.confirmation).await {
        Ok(()) => Ok(Redirect::to(format!("/certificates/{id}")).into_response()),
        done => after(&agent, id, ("purge", form), done).await,
    }
}

/// On to the wholesaler as it is now, or its page again with why nothing was done.
async fn after(agent: &Agent, id: Uuid, (form, typed): (&'static str, ChangeForm), done: Result<()>) -> Result<Response> {
    let (status, wrong, refusal) = match done {
        Ok(()) => return Ok(Redirect::to(format!("/tenants/{id}")).into_response()),
        Err(Error::Invalid(fields)) => (StatusCode::UNPROCESSABLE_ENTITY, fields, String::new()),
        Err(Error::Conflict(refusal)) => (StatusCode::CONFLICT, FieldErrors::new(), format!("{refusal}.")),
        Err(error) => return Err(error),
    };
    Ok(show_page(agent, id, Attempt { form, typed, wrong, refusal }).await?.with_status(status).into_response())
}
