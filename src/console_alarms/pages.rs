//! The alarms on an operator's desk.

use askama::Template;
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use poem::handler;

use crate::alarms::{self, Raised};
use crate::error::Result;
use crate::tenancy::extract::{Operator, Person};
use crate::web::{Page, Shell, when};

/// How many are shown.
const SHOWN: i64 = 100;

#[derive(Template)]
#[template(path = "console_alarms/index.html")]
struct IndexPage {
    shell: Shell,
    kept_days: i64,
    items: Vec<Item>,
}

struct Item {
    what: String,
    /// Where its wholesaler is; empty when it is about all of them.
    tenant_href: String,
    began: String,
    began_exact: String,
    tone: &'static str,
    state: String,
}

impl Item {
    fn of(raised: &Raised, now: DateTime<Utc>) -> Self {
        let (tone, state) = match raised.refused_lately {
            0 => ("good", "Over".to_owned()),
            1 => ("warn", "1 refused lately".to_owned()),
            many => ("bad", format!("{many} refused lately")),
        };
        Self {
            what: raised.what(),
            tenant_href: raised.tenant.as_ref().map(|(_, id)| format!("/tenants/{id}")).unwrap_or_default(),
            began: when::ago(raised.began_at, now, Tz::UTC),
            began_exact: when::exact(raised.began_at, Tz::UTC),
            tone,
            state,
        }
    }
}

/// `GET /alarms`
#[handler]
pub async fn index(operator: Operator<Person>) -> Result<Page> {
    let house = &operator.agent.house;
    let now = house.now();
    let raised = house.db().identity().read(async |tx| alarms::latest(tx, SHOWN, now).await).await?;
    let items = raised.iter().map(|raised| Item::of(raised, now)).collect();
    Page::of(&IndexPage { shell: Shell::of_operator(&operator, "Alarms", "alarms"), kept_days: alarms::KEPT_DAYS, items })
}
