//! Certificates on an operator's desk: the list, and one of them, to be printed.

use askama::Template;
use chrono_tz::Tz;
use poem::handler;
use poem::web::{Path, Query};
use serde::Deserialize;
use serde_json::Value;
use uuid::Uuid;

use super::{find, list};
use crate::error::Result;
use crate::tenancy::extract::{Operator, Person};
use crate::web::{Page, Shell, when};

#[derive(Template)]
#[template(path = "certificates/index.html")]
struct IndexPage {
    shell: Shell,
    items: Vec<Item>,
    next_href: String,
}

struct Item {
    id: Uuid,
    subdomain: String,
    business_name: String,
    purged: String,
    purged_exact: String,
}

/// Where the page before ended.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct IndexQuery {
    cursor: Option<Uuid>,
}

/// `GET /certificates`
#[handler]
pub async fn index(mut operator: Operator<Person>, Query(asked): Query<IndexQuery>) -> Result<Page> {
    let part = list(&mut operator.tx, asked.cursor).await?;
    let now = operator.house.now();
    let item = |row: super::Listed| Item {
        id: row.tenant,
        subdomain: row.subdomain,
        business_name: row.business_name,
        purged: when::ago(row.purged_at, now, Tz::UTC),
        purged_exact: when::exact(row.purged_at, Tz::UTC),
    };
    Page::of(&IndexPage {
        shell: Shell::of_operator(&operator, "Deletion certificates", "certificates"),
        items: part.items.into_iter().map(item).collect(),
        next_href: part.next.map(|last| format!("/certificates?cursor={last}")).unwrap_or_default(),
    })
}

#[derive(Template)]
#[template(path = "certificates/show.html")]
struct ShowPage {
    shell: Shell,
    business_name: String,
    facts: Vec<(&'static str, String)>,
    rows: Vec<(String, u64)>,
    total: u64,
    document: String,
    hash: String,
}

/// What the certificate says, each with what people call it.
const FACTS: [(&str, &str); 9] = [
    ("subdomain", "Subdomain"),
    ("tenant", "Number"),
    ("opened_at", "Opened"),
    ("closed_at", "Closed"),
    ("closed_by", "Closed by"),
    ("grace_ended_at", "Could be taken back until"),
    ("purged_at", "Deleted"),
    ("purged_by", "Deleted by"),
    ("audit_head", "Last entry of its audit log"),
];

/// `GET /certificates/:id`
#[handler]
pub async fn show(mut operator: Operator<Person>, Path(id): Path<Uuid>) -> Result<Page> {
    let certificate = find(&mut operator.tx, id).await?;
    // It is read as it was written: what the page shows is what the hash is of.
    let said: Value = serde_json::from_str(&certificate.document).unwrap_or_default();
    let text = |key: &str| {
        let text = said.get(key).and_then(Value::as_str).unwrap_or_default();
        if key.ends_with("_at") { text.replace('T', " ") } else { text.to_owned() }
    };
    let facts = FACTS.iter().map(|(key, name)| (*name, text(key))).filter(|(_, text)| !text.is_empty()).collect();
    let deleted = said.get("rows_deleted").and_then(Value::as_array).cloned().unwrap_or_default();
    let rows: Vec<(String, u64)> =
        deleted.iter().filter_map(|row| Some((row.get("table")?.as_str()?.replace('_', " "), row.get("rows")?.as_u64()?))).collect();
    let title = format!("Deletion certificate of {}", certificate.business_name);
    Page::of(&ShowPage {
        shell: Shell::of_operator(&operator, &title, "certificates"),
        business_name: certificate.business_name,
        facts,
        total: rows.iter().map(|(_, rows)| rows).sum(),
        rows,
        document: certificate.document,
        hash: certificate.hash,
    })
}
