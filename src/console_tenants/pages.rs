//! The wholesalers on an operator's desk, one of them with its numbers, and the form that makes one.

use askama::Template;
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use http::StatusCode;
use poem::web::{Form, Path, Query};
use poem::{IntoResponse, Response, handler};
use serde::Deserialize;
use uuid::Uuid;

use super::changes::pages::{Attempt, Standing};
use super::{Counted, Listed, NewCounter, STATES, Typed, Wanted, count, create, facts, find, list};
use crate::audit::{Named, tell};
use crate::certificates;
use crate::error::{Error, FieldErrors, Result};
use crate::ids::TenantId;
use crate::lists::NEWEST;
use crate::operators;
use crate::tenancy::extract::{Agent, Operator, Person};
use crate::tenants::markets::Market;
use crate::tenants::usage::{self, Day};
use crate::values::Country;
use crate::web::address::encode;
use crate::web::chart::{Chart, bytes};
use crate::web::{Page, Redirect, Shell, when};

#[derive(Template)]
#[template(path = "console_tenants/index.html")]
struct IndexPage {
    shell: Shell,
    query: String,
    states: Vec<StateChoice>,
    is_filtered: bool,
    items: Vec<Item>,
    next_href: String,
    total: String,
    /// Of all wholesalers together; None on the later pages and where some are looked for.
    together: Option<Together>,
}

struct Together {
    customers: i64,
    storage: String,
    last_activity: String,
    charts: [Chart; 2],
}

impl Together {
    fn of(totals: &usage::Totals, now: DateTime<Utc>) -> Self {
        Self {
            customers: totals.customers,
            storage: bytes(totals.storage_bytes),
            last_activity: totals.last_activity_at.map_or("never".to_owned(), |at| when::ago(at, now, Tz::UTC)),
            charts: charts_of(&totals.days),
        }
    }
}

fn charts_of(days: &[Day]) -> [Chart; 2] {
    let of = |number: fn(&Day) -> i64| days.iter().map(|day| (day.day, number(day))).collect::<Vec<_>>();
    [
        Chart::of("Requests for an account", ("request", "requests"), &of(|day| day.requests)),
        Chart::of("Messages", ("message", "messages"), &of(|day| day.messages)),
    ]
}

struct StateChoice {
    word: &'static str,
    is_chosen: bool,
}

struct Item {
    id: Uuid,
    business_name: String,
    host: String,
    href: String,
    status: String,
    made: String,
    made_exact: String,
    /// As they were last counted; empty before.
    customers: String,
    last_activity: String,
}

impl Item {
    fn of(tenant: Listed, agent: &Agent) -> Self {
        let hosts = &agent.house.hosts;
        Self {
            id: tenant.id,
            host: hosts.host_of(&tenant.slug),
            href: hosts.counter_url(&tenant.slug),
            business_name: tenant.business_name,
            status: tenant.status,
            made: when::ago(tenant.created_at, agent.house.now(), Tz::UTC),
            made_exact: when::exact(tenant.created_at, Tz::UTC),
            customers: String::new(),
            last_activity: String::new(),
        }
    }

    fn with(mut self, briefs: &[usage::Brief], now: DateTime<Utc>) -> Self {
        if let Some(brief) = briefs.iter().find(|brief| brief.tenant == self.id) {
            self.customers = brief.customers.to_string();
            self.last_activity = brief.last_activity_at.map_or("never".to_owned(), |at| when::ago(at, now, Tz::UTC));
        }
        self
    }
}

/// What to look for, and where the page before ended.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct IndexQuery {
    query: String,
    status: String,
    cursor: Option<Uuid>,
}

/// `GET /`
#[handler]
pub async fn index(mut operator: Operator<Person>, Query(asked): Query<IndexQuery>) -> Result<Page> {
    let words: String = asked.query.trim().chars().filter(|c| !c.is_control()).take(100).collect();
    let status = STATES.into_iter().find(|state| *state == asked.status).unwrap_or_default();
    let wanted = Wanted::read(&words, status)?;
    let part = list(&mut operator.tx, &wanted, asked.cursor.unwrap_or(NEWEST)).await?;
    let counted = count(&mut operator.tx, &wanted).await?;
    let ids: Vec<Uuid> = part.items.iter().map(|tenant| tenant.id).collect();
    let briefs = usage::briefs(&mut operator.tx, &ids).await?;
    let now = operator.house.now();
    let is_filtered = !words.is_empty() || !status.is_empty();
    let next_href = part.next.map(|last| format!("/?query={}&status={status}&cursor={last}", encode(&words))).unwrap_or_default();
    let together = match (is_filtered, asked.cursor) {
        (false, None) => Some(Together::of(&usage::totals(&mut operator.tx, now).await?, now)),
        _ => None,
    };
    Page::of(&IndexPage {
        together,
        shell: Shell::of_operator(&operator, "Wholesalers", "tenants"),
        total: in_number(&counted, is_filtered),
        query: words,
        states: STATES.into_iter().map(|word| StateChoice { word, is_chosen: word == status }).collect(),
        is_filtered,
        items: part.items.into_iter().map(|tenant| Item::of(tenant, &operator).with(&briefs, now)).collect(),
        next_href,
    })
}

/// «3 wholesalers», or «1 of 3 wholesalers» when some were looked for.
fn in_number(counted: &Counted, is_filtered: bool) -> String {
    let noun = if counted.all == 1 { "wholesaler" } else { "wholesalers" };
    if is_filtered { format!("{} of {} {noun}", counted.found, counted.all) } else { format!("{} {noun}", counted.all) }
}

#[derive(Template)]
#[template(path = "console_tenants/show.html")]
struct ShowPage {
    shell: Shell,
    tenant: Item,
    country: String,
    time_zone: String,
    contact_email: String,
    changes: Standing,
    customers: i64,
    staff: i64,
    storage: String,
    logo: String,
    rows: String,
    charts: [Chart; 2],
    last_activity: String,
    last_activity_exact: String,
    events: Vec<EventLine>,
}

struct EventLine {
    at: String,
    at_exact: String,
    what: String,
    who: String,
}

/// `GET /tenants/:id`
#[handler]
pub async fn show(mut operator: Operator<Person>, Path(id): Path<Uuid>) -> Result<Response> {
    // Of one that was deleted its certificate is left.
    if certificates::find(&mut operator.tx, id).await.is_ok() {
        return Ok(Redirect::to(format!("/certificates/{id}")).into_response());
    }
    // Its transaction ends before another is opened: a request holds one connection at a time.
    let agent = operator.leave().await?;
    Ok(show_page(&agent, id, Attempt::default()).await?.into_response())
}

/// One of them, with what was tried in vain.
pub async fn show_page(agent: &Agent, id: Uuid, attempt: Attempt) -> Result<Page> {
    let scope = agent.house.db().platform();
    let read = scope.read(async |tx| Ok((find(tx, id).await?, facts(tx, id).await?, operators::about(tx, id).await?)));
    let (tenant, facts, events) = read.await?;
    let usage = usage::count(&agent.house, TenantId::from(id)).await?;
    let now = agent.house.now();
    let shell = Shell::of_operator(agent, &tenant.business_name, "tenants");
    Page::of(&ShowPage {
        shell,
        changes: Standing::of(agent, &tenant, &facts, attempt),
        tenant: Item::of(tenant, agent),
        country: Country::parse(&facts.country).map_or(facts.country, |country| country.name().to_owned()),
        time_zone: facts.time_zone,
        contact_email: facts.contact_email,
        customers: usage.customers,
        staff: usage.staff,
        storage: bytes(usage.storage_bytes()),
        logo: bytes(usage.logo_bytes),
        rows: bytes(usage.row_bytes),
        charts: charts_of(&usage.days),
        last_activity: usage.last_activity_at.map_or("never".to_owned(), |at| when::ago(at, now, Tz::UTC)),
        last_activity_exact: usage.last_activity_at.map(|at| when::exact(at, Tz::UTC)).unwrap_or_default(),
        events: events
            .into_iter()
            .map(|entry| EventLine {
                at: when::ago(entry.at, now, Tz::UTC),
                at_exact: when::exact(entry.at, Tz::UTC),
                what: tell(&entry.action, &entry.details, &Named::default()).sentence,
                who: entry.actor_name,
            })
            .collect(),
    })
}

#[derive(Template)]
#[template(path = "console_tenants/new.html")]
struct NewPage {
    shell: Shell,
    typed: Typed,
    business_name_error: String,
    subdomain_error: String,
    country_error: String,
    owner_name_error: String,
    owner_email_error: String,
    has_errors: bool,
    countries: Vec<CountryChoice>,
    /// What stands after the subdomain: `.tradecounter.example`.
    after_subdomain: String,
}

struct CountryChoice {
    code: &'static str,
    name: &'static str,
    is_chosen: bool,
}

/// What the form sends.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct NewForm {
    business_name: String,
    subdomain: String,
    country: String,
    owner_name: String,
    owner_email: String,
}

impl From<NewForm> for Typed {
    fn from(form: NewForm) -> Self {
        let NewForm { business_name, subdomain, country, owner_name, owner_email } = form;
        Self { business_name, subdomain, country, owner_name, owner_email }
    }
}

/// `GET /tenants/new`
#[handler]
pub fn new(operator: Operator<Person>) -> Result<Page> {
    new_page(&operator, Typed::default(), &FieldErrors::new())
}

/// `POST /tenants`
#[handler]
pub async fn make(operator: Operator<Person>, Form(form): Form<NewForm>) -> Result<Response> {
    let agent = operator.leave().await?;
    let typed = Typed::from(form);
    let made = match NewCounter::parse(&typed) {
        Ok(counter) => create(&agent, counter, None).await,
        Err(error) => Err(error),
    };
    let (wrong, status) = match made {
        Ok(tenant) => return Ok(Redirect::to(format!("/tenants/{}", tenant.id)).into_response()),
        Err(Error::Invalid(fields)) => (fields, StatusCode::UNPROCESSABLE_ENTITY),
        Err(Error::Conflict(taken)) => (Error::invalid("subdomain", format!("{taken}.")).fields(), StatusCode::CONFLICT),
        Err(error) => return Err(error),
    };
    Ok(new_page(&agent, typed, &wrong)?.with_status(status).into_response())
}

fn new_page(agent: &Agent, typed: Typed, wrong: &FieldErrors) -> Result<Page> {
    let chosen = if typed.country.is_empty() { "GB" } else { &typed.country };
    let choice = |market: Market| CountryChoice {
        code: market.country.as_str(),
        name: market.country.name(),
        is_chosen: market.country.as_str() == chosen,
    };
    Page::of(&NewPage {
        shell: Shell::of_operator(agent, "Make a counter", "new"),
        business_name_error: wrong.of("business_name"),
        subdomain_error: wrong.of("subdomain"),
        country_error: wrong.of("country"),
        owner_name_error: wrong.of("owner_name"),
        owner_email_error: wrong.of("owner_email"),
        has_errors: wrong.iter().next().is_some(),
        countries: Market::all().into_iter().map(choice).collect(),
        after_subdomain: format!(".{}", agent.house.hosts.base()),
        typed,
    })
}
