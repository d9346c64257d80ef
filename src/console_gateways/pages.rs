//! The gateways on an operator's desk.

use std::sync::Arc;

use askama::Template;
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use poem::handler;
use poem::web::Data;

use crate::error::Result;
use crate::messages::sms::{Gateways, Seen, State};
use crate::tenancy::extract::{Operator, Person};
use crate::web::{Page, Shell, when};

#[derive(Template)]
#[template(path = "console_gateways/index.html")]
struct IndexPage {
    shell: Shell,
    items: Vec<Item>,
}

struct Item {
    name: &'static str,
    tone: &'static str,
    state: String,
    since: String,
    since_exact: String,
    /// How the last text went; empty when there was none.
    last: String,
    last_at: String,
    last_exact: String,
    accepted: u32,
    not_accepted: u32,
}

impl Item {
    fn of(seen: Seen, now: DateTime<Utc>) -> Self {
        let (tone, state) = match seen.state {
            State::Working => ("good", "Working".to_owned()),
            State::Resting(until) if now < until => ("bad", format!("Not tried until {}", until.format("%H:%M:%S"))),
            State::Resting(_) => ("warn", "Tried with the next text".to_owned()),
            State::OnTrial => ("warn", "Being tried".to_owned()),
        };
        let (last, last_at, last_exact) = match seen.last {
            Some((at, words)) => (words, when::ago(at, now, Tz::UTC), when::exact(at, Tz::UTC)),
            None => Default::default(),
        };
        Self {
            name: seen.gateway.word(),
            tone,
            state,
            since: when::ago(seen.since, now, Tz::UTC),
            since_exact: when::exact(seen.since, Tz::UTC),
            last,
            last_at,
            last_exact,
            accepted: seen.accepted,
            not_accepted: seen.not_accepted,
        }
    }
}

/// `GET /gateways`
#[handler]
pub fn index(operator: Operator<Person>, Data(gateways): Data<&Arc<Gateways>>) -> Result<Page> {
    let now = operator.agent.house.now();
    let items = gateways.seen().into_iter().map(|seen| Item::of(seen, now)).collect();
    Page::of(&IndexPage { shell: Shell::of_operator(&operator, "Gateways", "gateways"), items })
}
