//! What was given up, on an operator's desk.

use askama::Template;
use chrono_tz::Tz;
use poem::web::{Path, Query};
use poem::{IntoResponse, Response, handler};
use serde::Deserialize;
use uuid::Uuid;

use super::{can_be_retried, let_go, retry, what};
use crate::db::{Platform, Tx};
use crate::error::{Error, Result};
use crate::jobs::given_up::{GivenUp, list};
use crate::lists::{NEWEST, read_cursor};
use crate::tenancy::extract::{Agent, Operator, Person};
use crate::web::{Page, Redirect, Shell, when};

#[derive(Template)]
#[template(path = "console_jobs/index.html")]
struct IndexPage {
    shell: Shell,
    notice: &'static str,
    refusal: String,
    items: Vec<Item>,
    next_href: String,
}

struct Item {
    id: Uuid,
    what: String,
    tenant_href: String,
    business_name: String,
    queued: String,
    queued_exact: String,
    given_up: String,
    given_up_exact: String,
    tries: String,
    why: String,
    can_be_retried: bool,
}

impl Item {
    fn of(job: GivenUp, agent: &Agent) -> Self {
        let now = agent.house.now();
        Self {
            id: job.id,
            what: what(&job),
            can_be_retried: can_be_retried(&job),
            tenant_href: job.tenant.map(|tenant| format!("/tenants/{tenant}")).unwrap_or_default(),
            business_name: job.business_name,
            queued: when::ago(job.queued_at, now, Tz::UTC),
            queued_exact: when::exact(job.queued_at, Tz::UTC),
            given_up: when::ago(job.given_up_at, now, Tz::UTC),
            given_up_exact: when::exact(job.given_up_at, Tz::UTC),
            tries: if job.tries == 1 { "tried once".to_owned() } else { format!("tried {} times", job.tries) },
            why: job.why,
        }
    }
}

/// Where the page before ended, and what was done.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct IndexQuery {
    cursor: String,
    done: String,
}

/// `GET /jobs`
#[handler]
pub async fn index(mut operator: Operator<Person>, Query(query): Query<IndexQuery>) -> Result<Page> {
    let notice = match query.done.as_str() {
        "retried" => "It is in the queue again.",
        "dropped" => "Let go.",
        _ => "",
    };
    let before = read_cursor(Some(&query.cursor))?.unwrap_or(NEWEST);
    index_page(&mut operator.tx, &operator.agent, before, notice, String::new()).await
}

/// `POST /jobs/:id/retry`
#[handler]
pub async fn retrying(operator: Operator<Person>, Path(id): Path<Uuid>) -> Result<Response> {
    let agent = operator.leave().await?;
    let refusal = match retry(&agent, id).await {
        Ok(()) => return Ok(Redirect::to("/jobs?done=retried").into_response()),
        Err(refusal @ Error::Conflict(_)) => refusal,
        Err(error) => return Err(error),
    };
    let platform = agent.house.db().platform();
    let page = platform.read(async |tx| index_page(tx, &agent, NEWEST, "", format!("{refusal}.")).await).await?;
    Ok(page.with_refusal(&refusal).into_response())
}

/// `POST /jobs/:id/dropping`
#[handler]
pub async fn dropping(operator: Operator<Person>, Path(id): Path<Uuid>) -> Result<Redirect> {
    let_go(&operator.leave().await?, id).await?;
    Ok(Redirect::to("/jobs?done=dropped"))
}

async fn index_page(tx: &mut Tx<Platform>, agent: &Agent, before: Uuid, notice: &'static str, refusal: String) -> Result<Page> {
    let part = list(tx, before).await?;
    Page::of(&IndexPage {
        shell: Shell::of_operator(agent, "Given up", "jobs"),
        notice,
        refusal,
        next_href: part.next.map(|last| format!("/jobs?cursor={last}")).unwrap_or_default(),
        items: part.items.into_iter().map(|job| Item::of(job, agent)).collect(),
    })
}
