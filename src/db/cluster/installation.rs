//! Finds PostgreSQL's programs on this machine.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fmt, fs, iter};

use anyhow::{Result, anyhow};

const OLDEST: Version = Version { major: 15, minor: 14 };

/// A directory that holds both `initdb` and `postgres`.
pub(super) struct Installation {
    pub(super) bin: PathBuf,
    version: Version,
}

impl Installation {
    /// The first that can run the cluster that `made_by` made, or any that is new enough.
    pub(super) fn find(made_by: Option<u32>) -> Result<Installation> {
        let mut objections: Vec<String> = Vec::new();
        for found in bin_dirs().filter_map(|bin| Installation::at(&bin)) {
            match found.objection(made_by) {
                None => return Ok(found),
                // The same directory is often found in more than one way.
                Some(objection) if objections.contains(&objection) => {}
                Some(objection) => objections.push(objection),
            }
        }
        if objections.is_empty() {
            objections.push("none was found".to_owned());
        }
        let wanted = made_by.map(|major| format!(" (major version {major}, which made this cluster)"));
        Err(anyhow!(
            "PostgreSQL {OLDEST} or newer{} is needed: {}. Install it, for example with `apt-get install postgresql`, \
             name its directory in TRADECOUNTER_PG_BIN, or set DATABASE_URL to use a server elsewhere.",
            wanted.unwrap_or_default(),
            objections.join("; "),
        ))
    }

    fn at(bin: &Path) -> Option<Installation> {
        let bin = bin.canonicalize().ok()?;
        let postgres = bin.join("postgres");
        if !postgres.is_file() || !bin.join("initdb").is_file() {
            return None;
        }
        let output = Command::new(postgres).arg("--version").output().ok()?;
        let version = Version::parse(&String::from_utf8_lossy(&output.stdout))?;
        Some(Installation { bin, version })
    }

    fn objection(&self, made_by: Option<u32>) -> Option<String> {
        let fault = if self.version < OLDEST {
            "too old"
        } else if made_by.is_some_and(|major| major != self.version.major) {
            "another major version"
        } else {
            return None;
        };
        Some(format!("{} has {}, {fault}", self.bin.display(), self.version))
    }
}

/// Where PostgreSQL's programs may be, best first; later places are only looked at when the earlier do not serve.
fn bin_dirs() -> Box<dyn Iterator<Item = PathBuf>> {
    if let Some(bin) = env::var_os("TRADECOUNTER_PG_BIN") {
        return Box::new(iter::once(PathBuf::from(bin)));
    }
    let asked = iter::once_with(asked_bin_dir).flatten();
    let on_path = iter::once_with(bin_dirs_on_path).flatten();
    Box::new(debian_bin_dirs().into_iter().chain(asked).chain(on_path))
}

fn debian_bin_dirs() -> Vec<PathBuf> {
    let entries = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut majors: Vec<u32> = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect();
    majors.sort_unstable_by(|left, right| right.cmp(left));
    majors.into_iter().map(|major| PathBuf::from(format!("/usr/lib/postgresql/{major}/bin"))).collect()
}

fn asked_bin_dir() -> Option<PathBuf> {
    let output = Command::new("pg_config").arg("--bindir").output().ok()?;
    Some(PathBuf::from(String::from_utf8(output.stdout).ok()?.trim_end()))
}

/// Behind their symbolic links, for often only `postgres` has one and `initdb` lies beside the real file.
fn bin_dirs_on_path() -> Vec<PathBuf> {
    let path: OsString = env::var_os("PATH").unwrap_or_default();
    let programs = env::split_paths(&path).filter_map(|dir| dir.join("postgres").canonicalize().ok());
    programs.filter_map(|program| Some(program.parent()?.to_owned())).collect()
}

#[derive(Clone, Copy, PartialEq, PartialOrd)]
struct Version {
    major: u32,
    minor: u32,
}

impl Version {
    /// Reads `postgres (PostgreSQL) 15.18 (Debian …)`; a beta such as `19beta1` counts as `19.0`.
    fn parse(text: &str) -> Option<Version> {
        let word = text.split_whitespace().nth(2)?;
        let mut numbers = word.split(|character: char| !character.is_ascii_digit());
        let major = numbers.next()?.parse().ok()?;
        let released = word.contains('.');
        let minor = numbers.next().filter(|_| released).and_then(|minor| minor.parse().ok()).unwrap_or(0);
        Some(Version { major, minor })
    }
}

impl fmt::Display for Version {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}.{}", self.major, self.minor)
    }
}
