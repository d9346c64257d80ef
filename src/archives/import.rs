//! Brings a wholesaler back from its archive, in one transaction: whatever is wrong, nothing is left of it. The ids, the
//! times and the audit log stay as they are; who its customers are is found by their phones.

use std::fs::File;

use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use uuid::Uuid;

use super::reader::{Reader, Row, Rows};
use super::{BATCH, Lines, Listed, Refusal, Sum, columns, logo_file, tables};
use crate::db::rows::Table;
use crate::db::{Db, Import, Platform, Tx};
use crate::error::{Error, is_duplicate};
use crate::ids::{CustomerId, TenantId};
use crate::operators::{self, Doer};
use crate::tenants::names::{self, NameState};
use crate::values::Slug;

/// A wholesaler that is there again.
pub struct Imported {
    pub subdomain: Slug,
    pub rows: u64,
}

/// Brings it back, under its own name or another one. It is open then, whatever state it was in: that is for the platform
/// to say where it is now. The file is read on this thread, so this is for a command.
pub async fn import(db: &Db, file: File, name: Option<&Slug>, now: DateTime<Utc>) -> Result<Imported, Refusal> {
    let mut archive = Reader::open(file)?;
    let tenant = TenantId::from(archive.manifest.tenant.id);
    let subdomain = match name {
        Some(name) => name.clone(),
        None => Slug::parse(&archive.manifest.tenant.subdomain).map_err(Refusal::not_ours)?,
    };
    let objection = db.platform().read(async |tx| objection(tx, &subdomain, tenant, now).await).await?;
    if let Some(objection) = objection {
        return Err(objection);
    }
    let mut tx = db.import(tenant).open_write().await?;
    for holding in tables() {
        let Some(at) = archive.manifest.tables.iter().position(|listed| listed.name == holding.table) else { continue };
        let table = {
            let listed = archive.manifest.tables.get(at);
            let known = columns(holding);
            let wanted = listed.into_iter().flat_map(|listed| &listed.columns).filter_map(|name| known.iter().find(|known| *known == name));
            Table::find(&mut tx, holding.table, &wanted.copied().collect::<Vec<_>>()).await?
        };
        if holding.table == "tenants" {
            add_tenant(&mut tx, &mut archive, &table, &subdomain).await?;
        } else {
            let mut rows = archive.rows(holding.table)?;
            add_rows(&mut tx, &mut rows, &table, holding.table).await?;
            rows.end()?;
        }
        archive.check(&format!("{}.csv", holding.table))?;
        compare(&mut tx, &archive, &table, holding.table).await?;
    }
    if !names::take(&mut tx, &subdomain, tenant, now).await? {
        return Err(taken(NameState::Quarantined));
    }
    let rows = archive.manifest.tables.iter().map(|table| table.rows).sum();
    let details = json!({ "subdomain": subdomain.as_str(), "rows": rows });
    operators::record(&mut tx, &Doer::command_line(), "tenant.imported", tenant.uuid(), details, now).await?;
    tx.commit().await?;
    Ok(Imported { subdomain, rows })
}

/// Why it cannot come back here under this name.
async fn objection(tx: &mut Tx<Platform>, subdomain: &Slug, tenant: TenantId, now: DateTime<Utc>) -> Result<Option<Refusal>, Error> {
    let here = sqlx::query_scalar!("select slug from tenants where id = $1", tenant.uuid()).fetch_optional(&mut *tx).await?;
    let state = names::state_of(tx, subdomain, Some(tenant), now).await?;
    Ok(here.map(Refusal::Here).or_else(|| state.objection().map(|_| taken(state))))
}

fn taken(state: NameState) -> Refusal {
    Refusal::Name(state.objection().unwrap_or_default().to_owned())
}

async fn add_tenant(tx: &mut Tx<Import>, archive: &mut Reader, table: &Table, subdomain: &Slug) -> Result<(), Refusal> {
    const FILE: &str = "tenants.json";
    let mut rows = archive.rows("tenants")?;
    let found = rows.next(2)?;
    let [row] = found.as_slice() else { return Err(Refusal::not_ours("it is not of one wholesaler")) };
    look_over(row, table, FILE)?;
    rows.end()?;
    let kind = row.fields.get("logo_type").and_then(Value::as_str);
    if let Some(other) =
        archive.manifest.files.iter().find(|file| file.name.starts_with("logo.") && Some(file.name.as_str()) != kind.map(logo_file))
    {
        return Err(Refusal::Strange(other.name.clone()));
    }
    let logo = kind.map(|kind| archive.whole(logo_file(kind))).transpose()?;
    match table.add_tenant(tx, &format!("[{}]", row.text), subdomain.as_str(), logo.as_deref()).await {
        // Somebody was quicker.
        Err(error) if is_duplicate(&error) => Err(taken(NameState::InUse)),
        added => added.map(drop).map_err(|error| Refusal::of_rows(error, FILE, row.line, row.line)),
    }
}

async fn add_rows(tx: &mut Tx<Import>, rows: &mut Rows<'_>, table: &Table, name: &str) -> Result<(), Refusal> {
    let file = format!("{name}.json");
    loop {
        let batch = rows.next(BATCH)?;
        let (Some(first), Some(last)) = (batch.first().map(|row| row.line), batch.last().map(|row| row.line)) else { return Ok(()) };
        for row in &batch {
            look_over(row, table, &file)?;
        }
        let refused = |error| Refusal::of_rows(error, &file, first, last);
        if table.is_of_people() {
            make_people(tx, &batch, &file).await?.map_err(refused)?;
        }
        let texts: Vec<&str> = batch.iter().map(|row| row.text.as_str()).collect();
        table.add(tx, &format!("[{}]", texts.join(","))).await.map_err(refused)?;
    }
}

/// Whether a row has its columns, each with something that can be its value. Whether it is, PostgreSQL says.
fn look_over(row: &Row, table: &Table, file: &str) -> Result<(), Refusal> {
    let refused = |why: String| Err(Refusal::Row { file: file.to_owned(), line: row.line, why });
    for column in table.columns() {
        match row.fields.get(column.name) {
            None => return refused(format!("there is no {}", column.name)),
            Some(value) if !fits(value, &column.kind) => return refused(format!("{} is no {}", column.name, column.kind)),
            Some(_) => {}
        }
    }
    match row.fields.keys().find(|key| table.columns().iter().all(|column| column.name != *key)) {
        // Of another wholesaler, perhaps: whose a row is, the manifest says of all.
        Some(key) => refused(format!("there is {key:?}, which is no column of this table")),
        None => Ok(()),
    }
}

fn fits(value: &Value, kind: &str) -> bool {
    match (value, kind) {
        (Value::Null, _) | (_, "json" | "jsonb") => true,
        (Value::Bool(_), kind) => kind == "boolean",
        (Value::Number(number), "smallint" | "integer" | "bigint") => number.is_i64(),
        (Value::Number(_), kind) => matches!(kind, "numeric" | "real" | "double precision"),
        (Value::Array(values), kind) => kind.strip_suffix("[]").is_some_and(|kind| values.iter().all(|value| fits(value, kind))),
        (Value::String(_), kind) => {
            !kind.ends_with("[]")
                && !matches!(kind, "boolean" | "smallint" | "integer" | "bigint" | "numeric" | "real" | "double precision")
        }
        (Value::Object(_), _) => false,
    }
}

/// Makes the people behind these phones whom nobody knew here. When they last proved their number nobody can say: the
/// row is all that is known of them.
async fn make_people(tx: &mut Tx<Import>, rows: &[Row], file: &str) -> Result<Result<(), sqlx::Error>, Refusal> {
    let (mut phones, mut times) = (Vec::new(), Vec::new());
    for row in rows {
        let text = |field: &str| row.fields.get(field).and_then(Value::as_str);
        let Some(phone) = text("phone") else { continue };
        let Some(at) = text("created_at").and_then(|at| DateTime::parse_from_rfc3339(at).ok()) else {
            return Err(Refusal::Row { file: file.to_owned(), line: row.line, why: "created_at is no time".to_owned() });
        };
        phones.push(phone.to_owned());
        times.push(at.with_timezone(&Utc));
    }
    let ids: Vec<Uuid> = phones.iter().map(|_| CustomerId::new().uuid()).collect();
    // One order for everybody, so that two who make the same people wait for each other in turn.
    let made = sqlx::query_scalar!(
        "insert into customers (id, phone, created_at, last_proven_at)
         select new.id, new.phone, new.at, new.at from unnest($1::uuid[], $2::text[], $3::timestamptz[]) as new (id, phone, at)
          order by new.phone, new.at
         on conflict (phone) do nothing
         returning id",
        &ids,
        &phones,
        &times
    );
    Ok(made.fetch_all(&mut *tx).await.map(drop))
}

/// Reads a table again and takes its sum: that of its file, or something became another thing on the way.
async fn compare(tx: &mut Tx<Import>, archive: &Reader, table: &Table, name: &str) -> Result<(), Refusal> {
    let file = format!("{name}.json");
    let (mut sum, mut lines) = (Sum::default(), Lines::default());
    table.open(tx).await?;
    loop {
        let rows = table.next(tx, BATCH).await?;
        sum.add(lines.of(&rows).as_bytes());
        if rows.len() < BATCH {
            break;
        }
    }
    sum.add(lines.end().as_bytes());
    let is_counted = |listed: &Listed| listed.name == name && listed.rows == lines.rows;
    let is_same = archive.sealed(&file)? == sum.seal(file.clone()) && archive.manifest.tables.iter().any(is_counted);
    if is_same { Ok(()) } else { Err(Refusal::NotTheSame(file)) }
}
