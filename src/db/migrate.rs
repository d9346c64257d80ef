//! Makes the roles, the database, the tables, and then the grants, policies and functions that are applied
//! again whenever their text changes.

#![expect(clippy::disallowed_types, reason = "this is the room that holds the pools")]

use anyhow::Context;
use secrecy::ExposeSecret;
use sha2::{Digest, Sha256};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, PgConnection};

use super::connect::{Address, OWNER_ROLE, SERVER_ROLES};

static TABLES: sqlx::migrate::Migrator = sqlx::migrate!("./migrations");

/// Applied in this order: policies are made for whoever has a grant.
const REPLACEABLE: [(&str, &str); 3] = [
    ("functions", include_str!("../../migrations/replaceable/functions.sql")),
    ("grants", include_str!("../../migrations/replaceable/grants.sql")),
    ("policies", include_str!("../../migrations/replaceable/policies.sql")),
];

/// Brings the database to what this program expects. Safe to run again, and from several processes: roles and databases
/// belong to the whole server, so that whoever comes second waits, and then finds everything done.
pub async fn migrate(address: &Address) -> anyhow::Result<()> {
    let mut turn = administrator(&address.with_database("postgres")).await?;
    sqlx::query("select pg_advisory_lock(7238174)").execute(&mut turn).await.context("waiting for another process that migrates")?;
    migrate_alone(address).await?;
    // The lock ends with its connection.
    Ok(turn.close().await?)
}

async fn migrate_alone(address: &Address) -> anyhow::Result<()> {
    create_roles(address).await.context("making the database roles")?;
    create_database(address).await.context("making the database")?;
    close_side_doors(address).await.context("taking rights away from everybody")?;
    let mut owner = address.as_role(OWNER_ROLE).connect().await.context("connecting as the owner")?;
    TABLES.run(&mut owner).await.context("migrating the tables")?;
    apply_replaceable(&mut owner).await?;
    owner.close().await?;
    Ok(())
}

async fn administrator(address: &Address) -> anyhow::Result<PgConnection> {
    address.as_administrator().connect().await.context("connecting as the administrator")
}

async fn create_roles(address: &Address) -> anyhow::Result<()> {
    const ATTRIBUTES: &str = "login nosuperuser nocreatedb nocreaterole noreplication nobypassrls noinherit";
    let mut admin = administrator(&address.with_database("postgres")).await?;
    for role in SERVER_ROLES.into_iter().chain([OWNER_ROLE]) {
        let is_as_created: Option<bool> = sqlx::query_scalar(
            "select rolcanlogin and not (rolsuper or rolcreatedb or rolcreaterole or rolreplication or rolbypassrls or rolinherit)
               from pg_roles where rolname = $1",
        )
        .bind(role)
        .fetch_optional(&mut admin)
        .await?;
        match is_as_created {
            None => run(&mut admin, format!("create role {role} {ATTRIBUTES}")).await?,
            // Asked first, because only a superuser may say `nosuperuser` to a role, even to one that is none.
            Some(false) => run(&mut admin, format!("alter role {role} {ATTRIBUTES}")).await?,
            Some(true) => {}
        }
        if let Some(secret) = address.role_secret(role) {
            run(&mut admin, format!("alter role {role} password '{}'", secret.expose_secret())).await?;
        }
    }
    for role in SERVER_ROLES {
        for setting in [
            "statement_timeout = '10s'",
            "lock_timeout = '5s'",
            "idle_in_transaction_session_timeout = '60s'",
            "max_parallel_workers_per_gather = 0",
        ] {
            run(&mut admin, format!("alter role {role} set {setting}")).await?;
        }
    }
    // The queue is nearly always empty. A plan that was made while it was, and kept, reads and sorts all of it for each job when ten
    // thousand wait; so this role's plans are made anew each time.
    run(&mut admin, "alter role tc_platform set plan_cache_mode = force_custom_plan".to_owned()).await?;
    Ok(admin.close().await?)
}

async fn create_database(address: &Address) -> anyhow::Result<()> {
    let database = address.database();
    anyhow::ensure!(
        !database.is_empty() && database.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-'),
        "the database's name may hold letters, digits, - and _ only"
    );
    let mut admin = administrator(&address.with_database("postgres")).await?;
    let known: bool =
        sqlx::query_scalar("select exists (select from pg_database where datname = $1)").bind(database).fetch_one(&mut admin).await?;
    if !known {
        run(&mut admin, format!("create database \"{database}\"")).await?;
    }
    Ok(admin.close().await?)
}

/// What PostgreSQL gives to everybody, and an injected expression would need to change the tenant.
async fn close_side_doors(address: &Address) -> anyhow::Result<()> {
    let mut admin = administrator(address).await?;
    let database = address.database();
    for statement in [
        format!("revoke all on database \"{database}\" from public"),
        format!("grant connect on database \"{database}\" to tc_owner, {}", SERVER_ROLES.join(", ")),
        "revoke all on schema public from public".to_owned(),
        "grant usage, create on schema public to tc_owner".to_owned(),
        format!("grant usage on schema public to {}", SERVER_ROLES.join(", ")),
        "revoke execute on function pg_catalog.set_config(text, text, boolean) from public".to_owned(),
        "revoke usage on language plpgsql from public".to_owned(),
        "grant usage on language plpgsql to tc_owner".to_owned(),
        // Large objects belong to the role, not to a tenant: what one leaves there another could read.
        "do $$ declare door regprocedure; begin
           for door in select oid from pg_proc where pronamespace = 'pg_catalog'::regnamespace and proname ~ '^lo(_|read|write)' loop
             execute format('revoke execute on function %s from public', door);
           end loop;
         end $$"
            .to_owned(),
    ] {
        run(&mut admin, statement).await?;
    }
    Ok(admin.close().await?)
}

async fn apply_replaceable(owner: &mut PgConnection) -> anyhow::Result<()> {
    let mut tx = owner.begin().await?;
    run(&mut tx, "create table if not exists replaceable (fingerprint bytea primary key)".to_owned()).await?;
    let mut fingerprint = Sha256::new();
    for (_, text) in REPLACEABLE {
        fingerprint.update(text.as_bytes());
    }
    // A new table wants its policies even when their text is the same as yesterday.
    let newest: Option<i64> = sqlx::query_scalar("select max(version) from _sqlx_migrations").fetch_one(&mut *tx).await?;
    fingerprint.update(newest.unwrap_or_default().to_be_bytes());
    let fingerprint = fingerprint.finalize().to_vec();
    let applied: bool =
        sqlx::query_scalar("select exists (select from replaceable where fingerprint = $1)").bind(&fingerprint).fetch_one(&mut *tx).await?;
    if !applied {
        for (name, text) in REPLACEABLE {
            run(&mut tx, text.to_owned()).await.with_context(|| format!("applying {name}.sql"))?;
        }
        run(&mut tx, "delete from replaceable".to_owned()).await?;
        sqlx::query("insert into replaceable values ($1)").bind(&fingerprint).execute(&mut *tx).await?;
    }
    Ok(tx.commit().await?)
}

/// Runs text that is ours alone: nothing a user typed is ever part of it.
async fn run(connection: &mut PgConnection, text: String) -> anyhow::Result<()> {
    sqlx::raw_sql(AssertSqlSafe(text)).execute(connection).await?;
    Ok(())
}
