//! The public site's one page.

use askama::Template;
use poem::handler;

use super::first_counters;
use crate::config::DemoPeople;
use crate::error::Result;
use crate::tenancy::extract::Public;
use crate::web::shell::{initials, logo_address};
use crate::web::{Page, Shell};

#[derive(Template)]
#[template(path = "public_site/front.html")]
struct FrontPage {
    shell: Shell,
    demo: bool,
    counters: Vec<Item>,
}

struct Item {
    business_name: String,
    href: String,
    initials: String,
    logo_href: String,
    line: String,
    people: Option<DemoPeople>,
    office_href: String,
}

/// `GET /`: what this is. In the demo, with the counters there are.
#[handler]
pub async fn front(Public(here): Public) -> Result<Page> {
    let house = &here.house;
    let demo = house.config.uses_inbox();
    let counters = if demo { first_counters(house).await? } else { Vec::new() };
    let counters = counters.into_iter().map(|counter| Item {
        people: house.config.demo_people.get(&counter.slug).cloned(),
        office_href: format!("{}/office", house.hosts.counter_url(&counter.slug)),
        href: house.hosts.counter_url(&counter.slug),
        initials: initials(&counter.business_name),
        logo_href: counter.logo_type.map(|_| logo_address(&counter.slug, counter.updated_at.timestamp_micros())).unwrap_or_default(),
        line: counter.opening_text.split_inclusive(['.', '!', '?']).next().unwrap_or_default().trim().to_owned(),
        business_name: counter.business_name,
    });
    Page::of(&FrontPage { shell: Shell::of(&here, "The trade counter on your own address"), demo, counters: counters.collect() })
}
