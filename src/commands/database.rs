//! `database run`: a private cluster for as long as a command runs, with a migrated template database that
//! tests copy.

use std::path::Path;
use std::process::{Command, ExitCode};

use anyhow::Context;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection};

use super::runtime;
use crate::db::cluster::Cluster;
use crate::db::connect::Address;
use crate::db::{guard, migrate};

/// What tests make their databases from.
pub const TEMPLATE: &str = "tradecounter_template";

/// Runs the command and answers with its status.
pub fn run(data_dir: &Path, command: &[String]) -> anyhow::Result<ExitCode> {
    let mut cluster = Cluster::start_for_tests(data_dir)?;
    let address = Address::of_socket(cluster.socket_dir(), cluster.superuser(), TEMPLATE);
    let status = runtime()?.block_on(make_template(&address)).and_then(|()| {
        let (program, arguments) = command.split_first().context("no command is given")?;
        let socket = cluster.socket_dir().display().to_string();
        let url = format!("postgres:///{TEMPLATE}?host={socket}&user={}", cluster.superuser());
        let mut child = Command::new(program);
        child.args(arguments).env("TRADECOUNTER_TEST_SOCKET", socket).env("DATABASE_URL", url);
        child.status().with_context(|| format!("running {program}"))
    });
    cluster.stop()?;
    Ok(status?.code().and_then(|code| u8::try_from(code).ok()).map_or(ExitCode::FAILURE, ExitCode::from))
}

/// Made anew each time, so that a migration that was changed while it was written is no trouble. What earlier
/// tests left behind goes with it.
async fn make_template(address: &Address) -> anyhow::Result<()> {
    let mut admin = address.with_database("postgres").as_administrator().connect().await?;
    let left: Vec<String> = sqlx::query_scalar("select datname from pg_database where datname = $1 or datname like 'test\\_%'")
        .bind(TEMPLATE)
        .fetch_all(&mut admin)
        .await?;
    for database in left {
        sqlx::query(AssertSqlSafe(format!("drop database \"{database}\" with (force)"))).execute(&mut admin).await?;
    }
    admin.close().await?;
    migrate::migrate(address).await?;
    guard::insist(address).await
}
