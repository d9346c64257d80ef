//! The public site at the base host.

use askama::Template;
use poem::handler;

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
    counters: Vec<Counter>,
}

struct Counter {
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
    let counters = if demo {
        house
            .db()
            .platform()
            .read(async |tx| {
                Ok(sqlx::query!(
                    "select slug, business_name, opening_text, logo_type, updated_at from tenants
                      where status in ('demo', 'active') order by created_at, slug limit 12"
                )
                .fetch_all(&mut *tx)
                .await?)
            })
            .await?
    } else {
        Vec::new()
    };
    let counters = counters.into_iter().map(|row| Counter {
        people: house.config.demo_people.get(&row.slug).cloned(),
        office_href: format!("{}/office", house.hosts.counter_url(&row.slug)),
        href: house.hosts.counter_url(&row.slug),
        initials: initials(&row.business_name),
        logo_href: row.logo_type.map(|_| logo_address(&row.slug, row.updated_at.timestamp_micros())).unwrap_or_default(),
        line: row.opening_text.split_inclusive(['.', '!', '?']).next().unwrap_or_default().trim().to_owned(),
        business_name: row.business_name,
    });
    Page::of(&FrontPage { shell: Shell::of(&here, "The trade counter on your own address"), demo, counters: counters.collect() })
}
