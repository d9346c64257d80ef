//! `database run`: a private cluster for as long as a command runs, with a migrated template database that
//! tests copy.

use std::path::Path;
use std::process::{Command, ExitCode};

use super::runtime;
use crate::db::cluster::Cluster;
use crate::db::connect::Address;
use crate::db::template;
use anyhow::Context;

/// What tests make their databases from.
pub const TEMPLATE: &str = "tradecounter_template";

/// Runs the command and answers with its status.
pub fn run(data_dir: &Path, command: &[String]) -> anyhow::Result<ExitCode> {
    let mut cluster = Cluster::start_for_tests(data_dir)?;
    let address = Address::of_socket(cluster.socket_dir(), Cluster::SUPERUSER, TEMPLATE);
    let status = runtime()?.block_on(template::make(&address)).and_then(|()| {
        let (program, arguments) = command.split_first().context("no command is given")?;
        let socket = cluster.socket_dir().display().to_string();
        let url = format!("postgres:///{TEMPLATE}?host={socket}&user={}", Cluster::SUPERUSER);
        let mut child = Command::new(program);
        child.args(arguments).env("TRADECOUNTER_TEST_SOCKET", socket).env("DATABASE_URL", url);
        child.status().with_context(|| format!("running {program}"))
    });
    cluster.stop()?;
    Ok(status?.code().and_then(|code| u8::try_from(code).ok()).map_or(ExitCode::FAILURE, ExitCode::from))
}
