//! `tenant plan`, `apply`, `verify`, `export` and `import`.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::process::ExitCode;

use anyhow::Context;
use indicatif::{ProgressBar, ProgressStyle};

use super::operator::{beside, beside_or_anew};
use crate::archives;
use crate::audit::chain::{self, Found};
use crate::clock::Clock;
use crate::db::Db;
use crate::error::Result;
use crate::tenants::{self, Declared, Plan, declared};
use crate::values::Slug;

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
    let clock = Clock::system();
    let done = beside_or_anew(config, data_dir, async |db| {
        let done = if writes { apply_and_show(db, &clock, &declared).await } else { tenants::plan(db, &declared, clock.now()).await };
        done.map(Ok)
    })?;
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

/// Prints of each audit log how many entries it has, the newest one's hash, and where it breaks first; of all tenants and
/// the platform when none is named. A hash of earlier must still be part of one of them.
pub fn verify(slugs: &[String], expected: &[String], config: Option<&Path>, data_dir: Option<&Path>) -> anyhow::Result<ExitCode> {
    let expected: Vec<Vec<u8>> = expected.iter().map(|hash| read_hash(hash)).collect::<anyhow::Result<_>>()?;
    let found = beside(config, data_dir, async |db| Ok(verify_all(db, slugs, &expected).await))?;
    let mut is_whole = true;
    for slug in slugs.iter().filter(|slug| !found.iter().any(|(name, _)| name == *slug)) {
        is_whole = false;
        println!("{slug}: there is no such tenant");
    }
    for (name, found) in &found {
        is_whole &= found.fault.is_none();
        println!("{name}: {}", in_words(found));
    }
    for hash in expected.iter().filter(|hash| !found.iter().any(|(_, found)| found.holds.contains(*hash))) {
        is_whole = false;
        println!("{}: no entry has this hash any more: the end was cut off, or the log was written anew", hex::encode(hash));
    }
    Ok(if is_whole { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn verify_all(db: &Db, slugs: &[String], expected: &[Vec<u8>]) -> Result<Vec<(String, Found)>> {
    let mut found = Vec::new();
    for (name, chain) in chain::named(db, slugs).await? {
        found.push((name, chain::verify(db, chain, expected).await?));
    }
    Ok(found)
}

fn read_hash(typed: &str) -> anyhow::Result<Vec<u8>> {
    let hash = hex::decode(typed.trim()).ok().filter(|hash| hash.len() == 32);
    hash.with_context(|| format!("{typed} is no hash: 64 hexadecimal digits"))
}

fn in_words(found: &Found) -> String {
    let entries = if found.entries == 1 { "1 entry".to_owned() } else { format!("{} entries", found.entries) };
    let head = found.head.as_ref().map(|hash| format!(", head {}", hex::encode(hash))).unwrap_or_default();
    match found.fault {
        None => format!("whole, {entries}{head}"),
        Some(fault) => format!("BROKEN, {fault} ({entries}{head})"),
    }
}

/// Writes a tenant's archive into a new file.
pub fn export(slug: &str, to: &Path, config: Option<&Path>, data_dir: Option<&Path>) -> anyhow::Result<ExitCode> {
    let slug = Slug::parse(slug)?;
    anyhow::ensure!(!to.exists(), "{} is there already", to.display());
    let made = beside(config, data_dir, async |db| Ok(archives::export(db, &slug, &Clock::system()).await))?;
    let mut archive = made.with_context(|| format!("there is no tenant {slug}"))?;
    // It holds names and phone numbers: nobody else reads it here.
    let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(to);
    let mut file = file.with_context(|| format!("making {}", to.display()))?;
    let written = io::copy(&mut archive.file, &mut file).and_then(|_| file.sync_all());
    if let Err(error) = written {
        let _ = fs::remove_file(to);
        return Err(error).with_context(|| format!("writing {}", to.display()));
    }
    println!("{slug} is in {}: {} rows in {} bytes.", to.display(), archive.rows, archive.bytes);
    Ok(ExitCode::SUCCESS)
}

/// Brings a tenant back from its archive.
pub fn import(from: &Path, subdomain: Option<&str>, config: Option<&Path>, data_dir: Option<&Path>) -> anyhow::Result<ExitCode> {
    let name = subdomain.map(Slug::parse).transpose()?;
    let file = File::open(from).with_context(|| format!("opening {}", from.display()))?;
    let now = Clock::system().now();
    let done = beside_or_anew(config, data_dir, async |db| Ok(Ok(archives::import(db, file, name.as_ref(), now).await)))?;
    let done = done.with_context(|| format!("{}: nothing was done", from.display()))?;
    println!("{} is here and open, with {} rows.", done.subdomain, done.rows);
    Ok(ExitCode::SUCCESS)
}
