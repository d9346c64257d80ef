//! A private PostgreSQL that brings itself up, for whoever has set no `DATABASE_URL`.
//!
//! It lives in the data directory: `postgres/` is the cluster, `run/` holds the socket, `postgres.log` is the
//! server's log. It listens on that socket alone, inside a directory that nobody else may enter, and so asks for
//! no password. PostgreSQL refuses to run as root; started by root, it runs as the user `postgres` (else `nobody`).

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

use boot::{Durability, boot};
use claim::serves;

mod account;
mod boot;
mod claim;
mod directories;
mod installation;

/// How often is looked whether something has come about.
const PAUSE: Duration = Duration::from_millis(20);
/// After a crash the server first replays up to a gigabyte of its write-ahead log.
const READY_WITHIN: Duration = Duration::from_mins(5);
const STOPPED_WITHIN: Duration = Duration::from_secs(20);

/// A running private cluster. Dropping it leaves the server to [`Cluster::stop`], or to the end of this program.
pub struct Cluster {
    socket_dir: PathBuf,
    server: Server,
    /// Locked by the server's owner for as long as there is one; see [`claim::claim_or_join`].
    lock: File,
}

enum Server {
    Ours(Child),
    Joined { pid: u32, cluster_dir: PathBuf },
}

impl Cluster {
    /// The role that may do everything. The socket asks it for no password.
    pub const SUPERUSER: &str = "postgres";

    /// Starts (creating it if need be) or joins the cluster under `data_dir`, and blocks until it takes connections.
    ///
    /// May be called from any thread. The server ends with the program that started it, also after `kill -9`, and
    /// then for all who joined it; where `setpriv` (util-linux) is missing it lives on, and the next start joins it.
    ///
    /// # Errors
    /// When there is no fitting PostgreSQL, the directory cannot be used, or the server does not come up. The text
    /// says what to do about it, and ends with what the server logged.
    pub fn start(data_dir: &Path) -> Result<Cluster> {
        start_from_a_lasting_thread(data_dir, Durability::Kept)
    }

    /// The same without any care for power cuts, for data that nobody will miss.
    ///
    /// # Errors
    /// As [`Cluster::start`].
    pub fn start_for_tests(data_dir: &Path) -> Result<Cluster> {
        start_from_a_lasting_thread(data_dir, Durability::Throwaway)
    }

    /// The directory of the server's socket, for use as the host of a connection; the port is 5432.
    pub fn socket_dir(&self) -> &Path {
        &self.socket_dir
    }

    /// True when another process owns the server; [`Cluster::stop`] then leaves it alone.
    pub fn joined(&self) -> bool {
        matches!(self.server, Server::Joined { .. })
    }

    /// True when the server is gone, ours or joined. Nothing brings it back but a new start.
    ///
    /// # Errors
    /// When the operating system does not tell.
    pub fn has_ended(&mut self) -> Result<bool> {
        let ended = match &mut self.server {
            Server::Ours(child) => child.try_wait().context("cannot ask after PostgreSQL")?.is_some(),
            Server::Joined { pid, cluster_dir } => !serves(*pid, cluster_dir),
        };
        if ended {
            self.lock.unlock().context("cannot unlock the data directory")?;
        }
        Ok(ended)
    }

    /// Stops our server: open transactions are rolled back, everything committed is on disk. At most 20 seconds.
    ///
    /// # Errors
    /// When the server has not ended by then.
    pub fn stop(&mut self) -> Result<()> {
        if let Server::Ours(child) = &mut self.server {
            stop_fast(child)?;
            self.lock.unlock().context("cannot unlock the data directory")?;
        }
        Ok(())
    }
}

/// The death signal comes when the *thread* that started the server ends, so that thread must last as long as the
/// program: neither a worker of an async runtime nor the thread of a test does.
fn start_from_a_lasting_thread(data_dir: &Path, durability: Durability) -> Result<Cluster> {
    let data_dir = data_dir.to_owned();
    let (sender, receiver) = mpsc::channel();
    let keep_the_server = move || {
        let outcome = boot(&data_dir, durability);
        let ours = outcome.as_ref().is_ok_and(|cluster| !cluster.joined());
        if sender.send(outcome).is_ok() && ours {
            loop {
                thread::park();
            }
        }
    };
    thread::Builder::new().name("postgres".into()).spawn(keep_the_server).context("cannot start a thread")?;
    receiver.recv().context("starting PostgreSQL broke off")?
}

/// Asks for a fast shutdown. The shell's own `kill` is there even where no package brings the command.
fn stop_fast(child: &mut Child) -> Result<()> {
    if child.try_wait()?.is_some() {
        return Ok(());
    }
    let sent = Command::new("sh").args(["-c", "kill -INT \"$1\"", "sh"]).arg(child.id().to_string()).status();
    sent.context("cannot tell PostgreSQL to stop")?;
    let give_up = Instant::now() + STOPPED_WITHIN;
    while child.try_wait()?.is_none() {
        ensure!(Instant::now() < give_up, "PostgreSQL has not stopped within {} s", STOPPED_WITHIN.as_secs());
        thread::sleep(PAUSE);
    }
    Ok(())
}
