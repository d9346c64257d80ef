//! `tenant plan` and `tenant apply`.

use std::path::Path;
use std::process::ExitCode;

use indicatif::{ProgressBar, ProgressStyle};

use super::{DATA_DIR, find_database, private_database, runtime};
use crate::clock::Clock;
use crate::config::Config;
use crate::db::{Db, migrate};
use crate::tenants::{self, Declared, Plan, declared};

/// One for each tenant that is worked on at once.
const CONNECTIONS: u32 = 4;

/// What a shell says of a program that Ctrl-C ended.
const INTERRUPTED: u8 = 130;

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
        let clock = Clock::system();
        let plan = if writes { apply_and_show(&db, &clock, &declared).await } else { tenants::plan(&db, &declared, clock.now()).await };
        db.close().await;
        plan
    });
    if let Some(cluster) = &mut cluster {
        cluster.stop()?;
    }
    let done = done?;
    println!("{done}");
    if done.tenants.len() < declared.len() {
        let (done, all) = (done.tenants.len(), declared.len());
        eprintln!("Stopped after {done} of {all}. Apply again: it goes on from here.");
        return Ok(ExitCode::from(INTERRUPTED));
    }
    Ok(ExitCode::SUCCESS)
}

/// Applies, with a bar that shows how far it is, until Ctrl-C.
async fn apply_and_show(db: &Db, clock: &Clock, declared: &[Declared]) -> anyhow::Result<Plan> {
    let all = u64::try_from(declared.len())?;
    let bar = ProgressBar::new(all).with_style(ProgressStyle::with_template("{bar:40} {pos} of {len} tenants, {per_sec}, {eta} left")?);
    let stop = async {
        // Where nobody can interrupt, nobody does.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    let done = tenants::apply_until(db, clock, declared, stop, || bar.inc(1)).await;
    bar.finish_and_clear();
    done
}
