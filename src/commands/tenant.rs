//! `tenant plan` and `tenant apply`.

use std::path::Path;
use std::process::ExitCode;

use super::{DATA_DIR, find_database, private_database, runtime};
use crate::clock::Clock;
use crate::config::Config;
use crate::db::migrate;
use crate::tenants::{self, declared};

/// A few connections are enough for a command.
const CONNECTIONS: u32 = 2;

/// Prints what `apply` would change.
pub fn plan(directory: &Path, config: Option<&Path>, data_dir: Option<&Path>) -> anyhow::Result<ExitCode> {
    work(directory, config, data_dir, false)
}

/// Makes it so, and prints what was changed.
pub fn apply(directory: &Path, config: Option<&Path>, data_dir: Option<&Path>) -> anyhow::Result<ExitCode> {
    work(directory, config, data_dir, true)
}

fn work(directory: &Path, config: Option<&Path>, data_dir: Option<&Path>, writes: bool) -> anyhow::Result<ExitCode> {
    let declared = match declared::read(directory) {
        Ok(declared) => declared,
        Err(mistakes) => {
            eprintln!("{mistakes}");
            return Ok(ExitCode::FAILURE);
        }
    };
    // A directory that was named is the one that is meant, whatever the environment says.
    let (address, mut cluster) = match data_dir {
        Some(data_dir) => private_database(data_dir).map(|(address, cluster)| (address, Some(cluster)))?,
        None => find_database(&Config::read(config)?.database, Path::new(DATA_DIR), None)?,
    };
    let done = runtime()?.block_on(async {
        if cluster.is_some() {
            migrate::migrate(&address).await?;
        }
        let db = address.open(CONNECTIONS).await?;
        let plan = if writes { tenants::apply(&db, &Clock::system(), &declared).await? } else { tenants::plan(&db, &declared).await? };
        db.close().await;
        anyhow::Ok(plan)
    });
    if let Some(cluster) = &mut cluster {
        cluster.stop()?;
    }
    println!("{}", done?);
    Ok(ExitCode::SUCCESS)
}
