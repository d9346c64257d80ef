//! The platform's log on an operator's desk, and as a file.

use askama::Template;
use chrono_tz::Tz;
use http::StatusCode;
use poem::web::Query;
use poem::{IntoResponse, Response, handler};
use serde::Deserialize;
use uuid::Uuid;

use super::{people, read};
use crate::audit::export::MOST;
use crate::audit::filter::Asked;
use crate::audit::reading::{NEWEST, PAGE, of_platform, read_cursor};
use crate::audit::words::OF_PLATFORM;
use crate::console_tenants::find;
use crate::error::{Error, Result};
use crate::tenancy::extract::{Operator, Person};
use crate::web::log::{Log, TOO_MANY, file};
use crate::web::{Page, Shell};

const PATH: &str = "/events";

#[derive(Template)]
#[template(path = "console_events/index.html")]
struct IndexPage {
    shell: Shell,
    log: Log,
    business_name: String,
}

/// What to look for, and where the page before ended.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct IndexQuery {
    #[serde(flatten)]
    asked: Asked,
    tenant: String,
    cursor: String,
}

impl IndexQuery {
    fn tenant(&self) -> Result<Option<Uuid>> {
        if self.tenant.is_empty() { Ok(None) } else { Uuid::parse_str(&self.tenant).map(Some).map_err(|_| Error::NotFound) }
    }
}

/// `GET /events`
#[handler]
pub async fn index(operator: Operator<Person>, Query(query): Query<IndexQuery>) -> Result<Page> {
    show(operator, &query, "").await
}

async fn show(mut operator: Operator<Person>, query: &IndexQuery, refusal: &str) -> Result<Page> {
    let (asked, tenant, tx) = (&query.asked, query.tenant()?, &mut operator.tx);
    let before = read_cursor(&query.cursor)?;
    let business_name = match tenant {
        Some(tenant) => find(tx, tenant).await?.business_name,
        None => String::new(),
    };
    let mut log = Log::form(PATH, asked, people(tx).await?, OF_PLATFORM);
    if let Some(tenant) = tenant {
        (log.tenant, log.kept) = (tenant.to_string(), format!("tenant={tenant}&"));
    }
    let (log, status) = match read(asked) {
        Ok(filter) => {
            let part = of_platform(tx, &filter, tenant, before, PAGE).await?;
            let status = if refusal.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
            (log.with(asked, part, operator.agent.house.now(), Tz::UTC), status)
        }
        Err(Error::Invalid(wrong)) => (Log { wrong, ..log }, StatusCode::UNPROCESSABLE_ENTITY),
        Err(error) => return Err(error),
    };
    let shell = Shell::of_operator(&operator, "Events", "events");
    Ok(Page::of(&IndexPage { shell, log: Log { refusal: refusal.to_owned(), ..log }, business_name })?.with_status(status))
}

/// `GET /events/export.csv`
#[handler]
pub async fn export_csv(operator: Operator<Person>, Query(query): Query<IndexQuery>) -> Result<Response> {
    export(operator, query, true).await
}

/// `GET /events/export.json`
#[handler]
pub async fn export_json(operator: Operator<Person>, Query(query): Query<IndexQuery>) -> Result<Response> {
    export(operator, query, false).await
}

async fn export(mut operator: Operator<Person>, query: IndexQuery, is_table: bool) -> Result<Response> {
    let query = IndexQuery { cursor: String::new(), ..query };
    let Ok(filter) = read(&query.asked) else { return Ok(show(operator, &query, "").await?.into_response()) };
    let part = of_platform(&mut operator.tx, &filter, query.tenant()?, NEWEST, MOST).await?;
    if part.next.is_some() {
        return Ok(show(operator, &query, TOO_MANY).await?.into_response());
    }
    file(&part.lines, Tz::UTC, is_table)
}
