//! Every table and every column is classified for export and erasure, and the classification is true.

use std::collections::{BTreeMap, BTreeSet};

use sqlx::{ConnectOptions, PgConnection, Row};
use tradecounter::tenants::holdings::{Erased, Export, HOLDINGS};

use crate::house::fresh_database;

async fn scratch() -> PgConnection {
    fresh_database().await.as_administrator().connect().await.expect("the administrator is let in")
}

/// What there is: each table with its columns. What migrations write of themselves is nobody's.
async fn catalog(admin: &mut PgConnection) -> BTreeMap<String, BTreeSet<String>> {
    let rows = sqlx::query(
        "select c.relname::text as name, a.attname::text as column_name
           from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
          where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p', 'm', 'f') and c.relname not in ('_sqlx_migrations', 'replaceable')",
    )
    .fetch_all(admin)
    .await
    .expect("the catalog");
    let mut tables: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for row in rows {
        tables.entry(row.get("name")).or_default().insert(row.get("column_name"));
    }
    tables
}

/// What is in the catalog and not classified, and the other way round.
fn differences(catalog: &BTreeMap<String, BTreeSet<String>>) -> Vec<String> {
    let mut found = Vec::new();
    for holding in HOLDINGS {
        let columns: Vec<&str> = holding.exported.iter().chain(holding.withheld).copied().collect();
        let known: BTreeSet<String> = columns.iter().map(|column| (*column).to_owned()).collect();
        if known.len() != columns.len() {
            found.push(format!("{}: a column is there twice", holding.table));
        }
        match catalog.get(holding.table) {
            Some(there) => found.extend(there.symmetric_difference(&known).map(|column| format!("{}.{column}", holding.table))),
            None => found.push(holding.table.to_owned()),
        }
    }
    let classified: BTreeSet<&str> = HOLDINGS.iter().map(|holding| holding.table).collect();
    assert_eq!(classified.len(), HOLDINGS.len(), "a table is classified twice");
    found.extend(catalog.keys().filter(|table| !classified.contains(table.as_str())).cloned());
    found
}

#[tokio::test]
async fn every_table_and_every_column_is_classified() {
    let mut admin = scratch().await;
    assert_eq!(differences(&catalog(&mut admin).await), Vec::<String>::new(), "say in src/tenants/holdings.rs what becomes of it");
    for (change, missing) in [
        ("create table notes (tenant_id uuid, note text)", "notes"),
        ("alter table staff add column phone text", "staff.phone"),
        ("alter table messages drop column subject", "messages.subject"),
        ("create table notes_of_nobody (note text)", "notes_of_nobody"),
    ] {
        sqlx::raw_sql(change).execute(&mut admin).await.expect(change);
        let found = differences(&catalog(&mut admin).await);
        assert!(found.iter().any(|name| name == missing), "{change}: {found:?}");
    }
}

#[tokio::test]
async fn what_is_classified_fits_the_schema() {
    let mut admin = scratch().await;
    let catalog = catalog(&mut admin).await;
    for holding in HOLDINGS {
        let columns = &catalog[holding.table];
        let of_tenant = columns.contains("tenant_id");
        assert_eq!(of_tenant, holding.erased == Erased::Row("tenant_id"), "{} goes with its tenant", holding.table);
        assert_eq!(holding.exported.is_empty(), matches!(holding.export, Export::Nothing(_)), "{}", holding.table);
        assert_eq!(holding.withheld.is_empty(), holding.export == Export::Whole, "{}", holding.table);
        if let Erased::Row(column) | Erased::Cascades(column) | Erased::Hosts(column) = holding.erased {
            assert!(columns.contains(column), "{}.{column}", holding.table);
        }
        // A secret is no archive's.
        assert!(
            !holding.exported.iter().any(|column| matches!(*column, "token_hash" | "request_hash" | "browser_hash" | "customer_id")),
            "{}",
            holding.table
        );
    }
    let pointing =
        sqlx::query("select conrelid::regclass::text as child, confrelid::regclass::text as parent from pg_constraint where contype = 'f'")
            .fetch_all(&mut admin)
            .await
            .expect("foreign keys");
    let place = |table: &str| HOLDINGS.iter().position(|holding| holding.table == table).unwrap_or_else(|| panic!("{table}"));
    for key in pointing {
        let (child, parent): (String, String) = (key.get("child"), key.get("parent"));
        let is_deleted = matches!(HOLDINGS[place(&child)].erased, Erased::Row(_) | Erased::Cascades(_));
        // Rows that point to others of their own table go with them, all in one statement.
        assert!(!is_deleted || child == parent || place(&child) < place(&parent), "{child} points to {parent}, and is deleted after it");
    }
}
