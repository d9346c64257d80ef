//! Whose the server of a directory is: ours to start, or somebody else's to join.

use std::fs::{self, File, OpenOptions};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use super::{Cluster, PAUSE, READY_WITHIN, Server};

/// How long a server must stay ready before it is joined: with an owner, and without one.
const OWNER_LIVES: Duration = Duration::from_millis(60);
const ORPHAN_STAYS: Duration = Duration::from_secs(2);

pub(super) enum Claim {
    Ours(File),
    Joined(Cluster),
}

/// Who holds the lock owns the server, until one of them ends; of two starts at once the second waits for the
/// first to have a server ready, and joins it.
///
/// The owner's death stops its server, though not in an instant: a server without an owner is joined only when it
/// shows that it stays, and one whose owner was killed this moment, and still holds the lock, is not joined either.
pub(super) fn claim_or_join(lock: File, cluster_dir: &Path) -> Result<Claim> {
    let give_up = Instant::now() + READY_WITHIN;
    let mut ready_since = None;
    let mut claimed = false;
    while Instant::now() < give_up {
        claimed = claimed || lock.try_lock().is_ok();
        match ServerFile::read(cluster_dir).filter(|file| serves(file.pid, cluster_dir)) {
            None if claimed => return Ok(Claim::Ours(lock)),
            Some(file) if file.ready => {
                let steady = if claimed { ORPHAN_STAYS } else { OWNER_LIVES };
                if ready_since.get_or_insert_with(Instant::now).elapsed() >= steady {
                    let server = Server::Joined { pid: file.pid, cluster_dir: cluster_dir.to_owned() };
                    return Ok(Claim::Joined(Cluster { socket_dir: file.socket_dir, server, lock }));
                }
            }
            _ => ready_since = None,
        }
        thread::sleep(PAUSE);
    }
    bail!("another start of PostgreSQL in {}, or its end, does not finish", cluster_dir.display())
}

pub(super) fn open_lock(data_dir: &Path) -> Result<File> {
    let path = data_dir.join("postgres.lock");
    let file = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(&path);
    file.with_context(|| format!("cannot write {}", path.display()))
}

/// What a server writes about itself into `postmaster.pid`, one fact a line.
pub(super) struct ServerFile {
    pub pid: u32,
    pub socket_dir: PathBuf,
    pub ready: bool,
}

impl ServerFile {
    /// None when there is no such file, or it is only half written.
    pub fn read(cluster_dir: &Path) -> Option<ServerFile> {
        let text = fs::read_to_string(cluster_dir.join("postmaster.pid")).ok()?;
        let mut lines = text.lines();
        let pid = lines.next()?.trim().parse().ok()?;
        let socket_dir = PathBuf::from(lines.nth(3).unwrap_or_default());
        let ready = lines.nth(2).is_some_and(|status| status.trim() == "ready");
        Some(ServerFile { pid, socket_dir, ready })
    }
}

/// True when the process `pid` lives and is the server of this very directory.
pub(super) fn serves(pid: u32, cluster_dir: &Path) -> bool {
    let words = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    let mut words = words.split(|byte| *byte == 0);
    words.next().is_some_and(|program| program.ends_with(b"postgres")) && words.any(|word| word == cluster_dir.as_os_str().as_bytes())
}
