//! The domains on an owner's desk; the operators' has the same list.

use askama::Template;
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use http::StatusCode;
use poem::web::{Form, Path};
use poem::{IntoResponse, Response, handler};
use serde::Deserialize;
use uuid::Uuid;

use super::course::{PATIENCE, State, WARNING};
use super::{By, Claim, MOST, add, check, dns, list, remove, set_primary};
use crate::error::{Error, Result};
use crate::office_requests;
use crate::tenancy::House;
use crate::tenancy::extract::{DomainKeeper, Member, Staff};
use crate::tenancy::states::Role;
use crate::web::failure::in_words;
use crate::web::{Page, Redirect, Shell, when};

/// The list with its form, wherever it is shown.
#[derive(Template)]
#[template(path = "domains/list.html")]
pub struct Listing {
    /// What the addresses of its forms begin with.
    base: String,
    subdomain: String,
    cname: String,
    /// By the type of their records.
    addresses: Vec<(&'static str, String)>,
    items: Vec<Item>,
    is_full: bool,
    may_change: bool,
    typed: String,
    wrong: String,
    refusal: String,
}

struct Item {
    id: Uuid,
    domain: String,
    href: String,
    standing: &'static str,
    /// How its standing is coloured.
    colour: &'static str,
    is_waiting: bool,
    is_verified: bool,
    is_primary: bool,
    record_name: String,
    record_value: String,
    /// Until when it is looked for.
    until: String,
    /// What is the matter with one that is verified; empty when nothing is.
    missing: String,
    ended: &'static str,
    answer: &'static str,
    checked: String,
    checked_exact: String,
}

/// What was typed, and what came of it.
#[derive(Default)]
pub struct Entered {
    pub typed: String,
    pub wrong: String,
    pub refusal: String,
}

impl Entered {
    /// What a failed attempt shows, and with what status.
    ///
    /// # Errors
    /// What no form can put right.
    pub fn of(error: Error, typed: String) -> Result<(Self, StatusCode, Error)> {
        let (wrong, refusal, status) = match &error {
            Error::Invalid(fields) => (fields.of("domain"), String::new(), StatusCode::UNPROCESSABLE_ENTITY),
            Error::Conflict(why) => (format!("{why}."), String::new(), StatusCode::CONFLICT),
            Error::SlowDown { .. } => (String::new(), in_words(&error), StatusCode::TOO_MANY_REQUESTS),
            _ => return Err(error),
        };
        Ok((Self { typed, wrong, refusal }, status, error))
    }
}

impl Listing {
    /// Of a tenant's domains. `subdomain` is its host, `zone` its readers'.
    pub fn of(house: &House, base: String, subdomain: String, zone: Tz, claims: Vec<Claim>, entered: Entered) -> Self {
        let config = &house.config.domains;
        let kind = |address: &std::net::IpAddr| if address.is_ipv4() { "A" } else { "AAAA" };
        Self {
            base,
            subdomain,
            cname: if config.cname.is_empty() { house.hosts.base().to_owned() } else { config.cname.clone() },
            addresses: config.addresses.iter().map(|address| (kind(address), address.to_string())).collect(),
            is_full: claims.len() >= MOST,
            items: claims.into_iter().map(|claim| Item::of(claim, house, zone)).collect(),
            may_change: true,
            typed: entered.typed,
            wrong: entered.wrong,
            refusal: entered.refusal,
        }
    }

    /// As it is shown to who may only look.
    fn looked_at(self, may_change: bool) -> Self {
        Self { may_change, ..self }
    }
}

impl Item {
    fn of(claim: Claim, house: &House, zone: Tz) -> Self {
        let (course, now) = (claim.course, house.now());
        let day = |at: DateTime<Utc>| at.with_timezone(&zone).format("%-d %B").to_string();
        let (standing, colour) = match course.state {
            State::Waiting => ("Waiting for the record", "warn"),
            State::Verified if course.missing_since.is_some() => ("Record missing", "bad"),
            State::Verified => ("Verified", "good"),
            State::Expired => ("Expired", "bad"),
            State::Lost => ("Lost", "bad"),
        };
        let missing = match (course.missing_since, course.warned_at) {
            (None, _) => String::new(),
            (Some(_), None) => "Its record is gone. Set it again.".to_owned(),
            (Some(_), Some(warned_at)) => {
                format!("Its record is gone. Set it again by {}, or the domain is lost.", day(warned_at + WARNING))
            }
        };
        Self {
            id: claim.id,
            href: house.hosts.url(claim.domain.as_str()),
            record_name: claim.domain.challenge_name(),
            record_value: dns::proof(&claim.token),
            domain: claim.domain.to_string(),
            standing,
            colour,
            is_waiting: course.state == State::Waiting,
            is_verified: course.state == State::Verified,
            is_primary: claim.is_primary,
            until: day(course.created_at + PATIENCE),
            missing,
            ended: if course.state == State::Lost { "Its record was gone for a week." } else { "Its record was not found in a week." },
            answer: claim.answer.in_words(),
            checked: claim.checked_at.map(|at| when::ago(at, now, zone)).unwrap_or_default(),
            checked_exact: claim.checked_at.map(|at| when::exact(at, zone)).unwrap_or_default(),
        }
    }
}

#[derive(Template)]
#[template(path = "domains/index.html")]
struct IndexPage {
    shell: Shell,
    subdomain: String,
    listing: Listing,
}

/// What the form sends.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct DomainForm {
    pub domain: String,
}

const BASE: &str = "/office/domains";

/// `GET /office/domains`
#[handler]
pub async fn index(staff: Staff<DomainKeeper>) -> Result<Page> {
    // Its transaction ends before others are opened: a request holds one connection at a time.
    let member = staff.leave().await?;
    index_page(&member, Entered::default()).await
}

/// `POST /office/domains`
#[handler]
pub async fn create(staff: Staff<DomainKeeper>, Form(form): Form<DomainForm>) -> Result<Response> {
    let member = staff.leave().await?;
    let added = add(&member.house, member.tenant.id, By::Member(&member), &form.domain, None).await;
    answer(&member, added.map(drop), form.domain).await
}

/// `POST /office/domains/:domain_id/check`
#[handler]
pub async fn look(staff: Staff<DomainKeeper>, Path(id): Path<Uuid>) -> Result<Response> {
    let member = staff.leave().await?;
    let checked = check(&member.house, member.tenant.id, By::Member(&member), id).await;
    answer(&member, checked.map(drop), String::new()).await
}

/// `POST /office/domains/:domain_id/primary`
#[handler]
pub async fn primary(staff: Staff<DomainKeeper>, Path(id): Path<Uuid>) -> Result<Redirect> {
    let member = staff.leave().await?;
    set_primary(&member.house, member.tenant.id, By::Member(&member), id, true).await?;
    Ok(Redirect::to(BASE))
}

/// `POST /office/domains/:domain_id/primary/removal`
#[handler]
pub async fn primary_removal(staff: Staff<DomainKeeper>, Path(id): Path<Uuid>) -> Result<Redirect> {
    let member = staff.leave().await?;
    set_primary(&member.house, member.tenant.id, By::Member(&member), id, false).await?;
    Ok(Redirect::to(BASE))
}

/// `POST /office/domains/:domain_id/removal`
#[handler]
pub async fn removal(staff: Staff<DomainKeeper>, Path(id): Path<Uuid>) -> Result<Redirect> {
    let member = staff.leave().await?;
    remove(&member.house, member.tenant.id, By::Member(&member), id).await?;
    Ok(Redirect::to(BASE))
}

async fn answer(member: &Member, done: Result<()>, typed: String) -> Result<Response> {
    let Err(error) = done else { return Ok(Redirect::to(BASE).into_response()) };
    let (entered, status, refusal) = Entered::of(error, typed)?;
    Ok(index_page(member, entered).await?.with_refusal(&refusal).with_status(status).into_response())
}

async fn index_page(member: &Member, entered: Entered) -> Result<Page> {
    let (house, tenant) = (&member.house, &member.tenant);
    let waiting = house.office(tenant).read(async |tx| office_requests::waiting(tx, member).await).await?;
    let claims = house.db().platform().read(async |tx| list(tx, tenant.id).await).await?;
    let subdomain = house.hosts.host_of(tenant.slug.as_str());
    let listing = Listing::of(house, BASE.to_owned(), subdomain.clone(), tenant.time_zone, claims, entered);
    Page::of(&IndexPage {
        shell: Shell::of_staff(member, "Domains", "settings", waiting),
        subdomain,
        listing: listing.looked_at(tenant.serves(Role::StaffWriting)),
    })
}
