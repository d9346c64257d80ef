//! «My wholesalers», and the steps of moving from one to another.

use std::sync::Arc;

use askama::Template;
use poem::web::{Path, Query};
use poem::{IntoResponse, Response, handler};
use serde::Deserialize;

use super::{all, arrive, issue_ticket};
use crate::error::{Error, Result};
use crate::registrations::standing;
use crate::tenancy::extract::{Here, SignedIn};
use crate::tenancy::states::Role;
use crate::tenancy::token::{ARRIVAL_COOKIE, DEPARTURE_COOKIE, SESSION_COOKIE, Token, cookie_value, end_cookie, set_cookie};
use crate::tenancy::{AccessStatus, Tenant, Visitor};
use crate::web::shell::{initials, logo_address};
use crate::web::{Page, Redirect, Shell};

/// Long enough for four page loads on a bad line.
const WAY_SECONDS: i64 = 60;

#[derive(Template)]
#[template(path = "wholesalers/index.html")]
struct IndexPage {
    shell: Shell,
    items: Vec<Item>,
    /// Whether this counter has a request of theirs to decide about.
    waits_here: bool,
}

struct Item {
    slug: String,
    business_name: String,
    initials: String,
    logo_href: String,
    is_here: bool,
}

/// `GET /wholesalers`
#[handler]
pub async fn index(mut customer: SignedIn) -> Result<Page> {
    let waits_here = standing(&mut customer.tx, &customer.caller).await? == AccessStatus::Pending;
    let here = customer.tenant.slug.as_str().to_owned();
    let all = all(&customer).await?;
    let targets: Vec<String> = all.iter().map(|wholesaler| wholesaler.main_url(&customer.house.hosts)).collect();
    let items = all.into_iter().map(|wholesaler| Item {
        initials: initials(&wholesaler.business_name),
        logo_href: if wholesaler.has_logo { logo_address(&wholesaler.slug, wholesaler.version) } else { String::new() },
        is_here: wholesaler.slug == here,
        slug: wholesaler.slug,
        business_name: wholesaler.business_name,
    });
    let page = IndexPage { items: items.collect(), waits_here, shell: Shell::of_customer(&customer, "My wholesalers", "wholesalers") };
    Ok(Page::of(&page)?.with_form_targets(&targets.join(" ")))
}

/// `POST /wholesalers/:slug/visit`: the customer says where to.
#[handler]
pub async fn visit(customer: SignedIn, Path(slug): Path<String>) -> Result<Redirect> {
    let to = all(&customer).await?.into_iter().find(|wholesaler| wholesaler.slug == slug).ok_or(Error::NotFound)?;
    let hosts = &customer.house.hosts;
    let location = format!("{}/arrivals/new?from={}", to.main_url(hosts), customer.host);
    Ok(Redirect::to(location).with_cookie(set_cookie(DEPARTURE_COOKIE, &to.main_host(hosts), WAY_SECONDS)))
}

/// The counter at a host that a browser names: nobody is sent anywhere else.
async fn open_counter(here: &Here, host: &str) -> Result<Arc<Tenant>> {
    here.house.counter_at(host).await?.filter(|tenant| tenant.serves(Role::Customer)).ok_or(Error::NotFound)
}

/// At which host a browser was.
#[derive(Deserialize)]
pub struct From {
    from: String,
}

/// `GET /arrivals/new`: gives the browser something to be known by, and sends it back for its ticket.
#[handler]
pub async fn prepare_arrival(visitor: Visitor, Query(query): Query<From>) -> Result<Redirect> {
    open_counter(&visitor, &query.from).await?;
    let token = Token::new()?;
    let back = visitor.house.hosts.url(&query.from);
    let location = format!("{back}/departures?to={}&arrival={}", visitor.host, hex::encode(token.hash()));
    Ok(Redirect::to(location).with_cookie(set_cookie(ARRIVAL_COOKIE, &token.reveal(), WAY_SECONDS)))
}

/// To which host a browser goes, and what it will be known by there.
#[derive(Deserialize)]
pub struct Departure {
    to: String,
    arrival: String,
}

/// `GET /departures`: makes the ticket, if this is where the customer said they want to go.
#[handler]
pub async fn depart(customer: SignedIn, Query(query): Query<Departure>) -> Result<Redirect> {
    if cookie_value(&customer.headers, DEPARTURE_COOKIE) != Some(query.to.as_str()) {
        return Ok(Redirect::to("/wholesalers"));
    }
    let mut arrival = [0; 32];
    hex::decode_to_slice(&query.arrival, &mut arrival).map_err(|_| Error::NotFound)?;
    let to = open_counter(&customer, &query.to).await?;
    let ticket = issue_ticket(&customer, &to, &query.to, arrival).await?;
    let there = customer.house.hosts.url(&query.to);
    Ok(Redirect::to(format!("{there}/arrivals?ticket={}", ticket.reveal())).with_cookie(end_cookie(DEPARTURE_COOKIE)))
}

/// What a browser brings.
#[derive(Deserialize)]
pub struct Arrival {
    ticket: String,
}

/// `GET /arrivals`: takes the ticket and signs the customer in. A ticket that is not good is a front door.
#[handler]
pub async fn finish_arrival(visitor: Visitor, Query(query): Query<Arrival>) -> Result<Response> {
    let ticket = Token::parse(&query.ticket);
    let home = Redirect::to("/").with_cookie(end_cookie(ARRIVAL_COOKIE));
    let arrived = match &ticket {
        Some(ticket) => arrive(&visitor, ticket).await,
        None => Err(Error::Unauthenticated),
    };
    Ok(match arrived {
        Ok(token) => {
            let life = crate::sign_in::session_life(&visitor.house).num_seconds();
            home.with_cookie(set_cookie(SESSION_COOKIE, &token.reveal(), life)).into_response()
        }
        Err(Error::Unauthenticated) => home.into_response(),
        Err(error) => return Err(error),
    })
}
