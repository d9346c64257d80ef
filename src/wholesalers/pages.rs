//! «My wholesalers», and the steps of moving from one to another.

use askama::Template;
use poem::web::{Path, Query};
use poem::{IntoResponse, Response, handler};
use serde::Deserialize;

use super::{all, arrive, issue_ticket};
use crate::error::{Error, Result};
use crate::registrations::standing;
use crate::tenancy::extract::SignedIn;
use crate::tenancy::states::Role;
use crate::tenancy::token::{ARRIVAL_COOKIE, DEPARTURE_COOKIE, SESSION_COOKIE, Token, cookie_value, end_cookie, set_cookie};
use crate::tenancy::{AccessStatus, Visitor};
use crate::values::Slug;
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
    let items = all(&customer).await?.into_iter().map(|wholesaler| Item {
        initials: initials(&wholesaler.business_name),
        logo_href: if wholesaler.has_logo { logo_address(&wholesaler.slug, wholesaler.version) } else { String::new() },
        is_here: wholesaler.slug == here,
        slug: wholesaler.slug,
        business_name: wholesaler.business_name,
    });
    let page = IndexPage { items: items.collect(), waits_here, shell: Shell::of_customer(&customer, "My wholesalers", "wholesalers") };
    Ok(Page::of(&page)?.with_form_targets(&customer.house.hosts.any_counter()))
}

/// `POST /wholesalers/:slug/visit`: the customer says where to.
#[handler]
pub async fn visit(customer: SignedIn, Path(slug): Path<String>) -> Result<Redirect> {
    let to = all(&customer).await?.into_iter().find(|wholesaler| wholesaler.slug == slug).ok_or(Error::NotFound)?;
    let there = customer.house.hosts.counter_url(&to.slug);
    let location = format!("{there}/arrivals/new?from={}", customer.tenant.slug.as_str());
    Ok(Redirect::to(location).with_cookie(set_cookie(DEPARTURE_COOKIE, &to.slug, WAY_SECONDS)))
}

/// Where a browser comes from.
#[derive(Deserialize)]
pub struct From {
    from: String,
}

/// `GET /arrivals/new`: gives the browser something to be known by, and sends it back for its ticket.
#[handler]
pub async fn prepare_arrival(visitor: Visitor, Query(query): Query<From>) -> Result<Redirect> {
    let from = Slug::parse(&query.from).map_err(|_| Error::NotFound)?;
    let from = visitor.house.tenants.find(from.as_str()).await?.filter(|from| from.serves(Role::Customer)).ok_or(Error::NotFound)?;
    let token = Token::new()?;
    let back = visitor.house.hosts.counter_url(from.slug.as_str());
    let location = format!("{back}/departures?to={}&arrival={}", visitor.tenant.slug.as_str(), hex::encode(token.hash()));
    Ok(Redirect::to(location).with_cookie(set_cookie(ARRIVAL_COOKIE, &token.reveal(), WAY_SECONDS)))
}

/// Where a browser goes, and what it will be known by there.
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
    let to = Slug::parse(&query.to).map_err(|_| Error::NotFound)?;
    let to = customer.house.tenants.find(to.as_str()).await?.filter(|to| to.serves(Role::Customer)).ok_or(Error::NotFound)?;
    let ticket = issue_ticket(&customer, &to, arrival).await?;
    let there = customer.house.hosts.counter_url(to.slug.as_str());
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
