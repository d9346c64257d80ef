//! Whole rows of a tenant's table, whichever table it is: for taking a tenant along, and for bringing it back. PostgreSQL
//! itself writes a row as JSON and reads it again, and so each value is the same afterwards, whatever its type.
//!
//! The statements are put together of names that the program's own list and the database's catalog both have.

use sqlx::AssertSqlSafe;
use uuid::Uuid;

use super::{Import, TenantDoor, Tx};
use crate::error::{Error, Result};

/// A table of which rows are read or added, with the columns that are.
pub struct Table {
    name: &'static str,
    columns: Vec<Column>,
    key: Vec<String>,
    /// What names the tenant: in its own row another column than in the others. It is written once, beside the rows.
    of_tenant: &'static str,
    /// Whether each row may be a person's, who is known by the phone in it.
    is_of_people: bool,
}

/// One column, with its type as PostgreSQL calls it.
pub struct Column {
    pub name: &'static str,
    pub kind: String,
}

impl Table {
    /// Looks it up.
    pub async fn find(tx: &mut Tx<impl TenantDoor>, name: &'static str, columns: &[&'static str]) -> Result<Self> {
        let found = sqlx::query!(
            r#"select a.attname::text as "name!", format_type(a.atttypid, null) as "kind!", a.attnum = any(i.indkey) as "is_key!"
                 from pg_attribute a join pg_index i on i.indrelid = a.attrelid and i.indisprimary
                where a.attrelid = to_regclass('public.' || $1) and a.attnum > 0 and not a.attisdropped
                order by array_position(i.indkey::int2[], a.attnum), a.attnum"#,
            name
        )
        .fetch_all(&mut *tx)
        .await?;
        let find = |column: &'static str| {
            let kind = found.iter().find(|found| found.name == column).map(|found| found.kind.clone());
            kind.map(|kind| Column { name: column, kind }).ok_or_else(|| Error::Internal(anyhow::anyhow!("{name} has no column {column}")))
        };
        let of_tenant = if found.iter().any(|found| found.name == "tenant_id") { "tenant_id" } else { "id" };
        let columns = columns.iter().filter(|column| **column != of_tenant).map(|column| find(column));
        let sorted = |name: &str, kind: &str| if kind == "text" { format!(r#""{name}" collate "C""#) } else { format!(r#""{name}""#) };
        // Where each row has its place, it comes back in the order of these; else in that of the key.
        let has = |column: &str| found.iter().any(|found| found.name == column);
        let has_places = has("position");
        let key = found.iter().filter(|found| if has_places { found.name == "position" } else { found.is_key });
        Ok(Self {
            name,
            columns: columns.collect::<Result<_>>()?,
            key: key.map(|found| sorted(&found.name, &found.kind)).collect(),
            of_tenant,
            is_of_people: has("customer_id"),
        })
    }

    /// The columns, without the one that names the tenant.
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// Whether its rows are of people, each known by the phone in it.
    pub fn is_of_people(&self) -> bool {
        self.is_of_people
    }

    /// Begins to read the tenant's rows, in their order. One table is read at a time.
    pub async fn open(&self, tx: &mut Tx<impl TenantDoor>) -> Result<()> {
        let (names, of_tenant) = (self.names(""), self.of_tenant);
        run(
            tx,
            format!(
                "declare taken_along no scroll cursor for select row_to_json(r)::text from (
                   select {names} from {} where {of_tenant} = '{}' order by {}) r",
                self.name,
                tx.tenant().uuid(),
                self.key.join(", ")
            ),
        )
        .await
    }

    /// The next rows, each a JSON object; none when all were read. Each time is a statement of its own, however many rows
    /// there are in all.
    pub async fn next(&self, tx: &mut Tx<impl TenantDoor>, most: usize) -> Result<Vec<String>> {
        let statement = AssertSqlSafe(format!("fetch forward {most} from taken_along"));
        let rows = sqlx::query_scalar(statement).persistent(false).fetch_all(&mut *tx).await?;
        if rows.len() < most {
            run(tx, "close taken_along".to_owned()).await?;
        }
        Ok(rows)
    }

    /// Adds rows of the tenant: a JSON array of objects that have each of the columns.
    pub async fn add(&self, tx: &mut Tx<Import>, rows: &str) -> Result<u64, sqlx::Error> {
        let (customer, person, of_person) =
            if self.is_of_people { ("customer_id, ", "p.id, ", " left join customers p on p.phone = n.phone") } else { ("", "", "") };
        let (name, names, values) = (self.name, self.names(""), self.names("n."));
        let statement = format!(
            "insert into {name} (tenant_id, {customer}{names})
             select $1, {person}{values} from json_populate_recordset(null::{name}, $2::text::json) n{of_person}"
        );
        let added = sqlx::query(AssertSqlSafe(statement)).persistent(false).bind(tx.tenant().uuid()).bind(rows).execute(&mut *tx).await?;
        Ok(added.rows_affected())
    }

    /// Adds the tenant itself: its row, a JSON array of the one object, under this name.
    pub async fn add_tenant(&self, tx: &mut Tx<Import>, row: &str, slug: &str, logo: Option<&[u8]>) -> Result<Uuid, sqlx::Error> {
        let (names, values) = (self.names(""), self.names("n."));
        let statement = format!(
            "insert into tenants (id, slug, status, logo, {names})
             select $1, $2, case when n.samples in ('wanted', 'there') then 'demo' else 'active' end, $3, {values}
               from json_populate_recordset(null::tenants, $4::text::json) n
             returning id"
        );
        let statement = sqlx::query_scalar(AssertSqlSafe(statement)).persistent(false);
        statement.bind(tx.tenant().uuid()).bind(slug).bind(logo).bind(row).fetch_one(&mut *tx).await
    }

    fn names(&self, of: &str) -> String {
        let names: Vec<String> = self.columns.iter().map(|column| format!(r#"{of}"{}""#, column.name)).collect();
        names.join(", ")
    }
}

async fn run(tx: &mut Tx<impl TenantDoor>, statement: String) -> Result<()> {
    sqlx::query(AssertSqlSafe(statement)).persistent(false).execute(&mut *tx).await?;
    Ok(())
}
