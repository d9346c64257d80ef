//! One start of the server: the cluster made if there is none, the process, its log, and the moment it is ready.

use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Read, Seek, SeekFrom};
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use std::{env, thread};

use anyhow::{Context, Result, bail, ensure};

use super::account::Account;
use super::claim::{Claim, ServerFile, claim_or_join, open_lock};
use super::directories::{make_data_dir, make_private_dir, socket_dir};
use super::installation::Installation;
use super::{Cluster, PAUSE, READY_WITHIN, Server, stop_fast};

const SETTINGS: [&str; 5] = [
    "listen_addresses=",
    "port=5432",
    "unix_socket_permissions=0700",
    "shared_buffers=128MB",
    // The detail of a refused row is the row: its phone number does not belong in a log.
    "log_error_verbosity=terse",
];
const INITDB: [&str; 6] =
    ["--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--data-checksums", "--no-instructions"];

const LARGEST_LOG_BYTES: u64 = 16 << 20;
/// A server that was killed leaves its lock file, and for about a second its helpers, behind.
const LEFTOVERS_GO_WITHIN: Duration = Duration::from_secs(15);

#[derive(Clone, Copy, PartialEq)]
pub(super) enum Durability {
    Kept,
    Throwaway,
}

impl Durability {
    fn settings(self) -> [&'static str; 4] {
        match self {
            Durability::Kept => ["fsync=on", "synchronous_commit=on", "full_page_writes=on", "max_connections=100"],
            // For crowds that are tested beside each other.
            Durability::Throwaway => ["fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=300"],
        }
    }
}

/// Starts the server of this directory, or joins it.
pub(super) fn boot(data_dir: &Path, durability: Durability) -> Result<Cluster> {
    let account = Account::to_run_as(&data_dir.join("postgres"))?;
    let data_dir =
        make_data_dir(data_dir, account.as_ref()).with_context(|| format!("cannot use {} as the data directory", data_dir.display()))?;
    let cluster_dir = data_dir.join("postgres");
    let lock = match claim_or_join(open_lock(&data_dir)?, &cluster_dir)? {
        Claim::Ours(lock) => lock,
        Claim::Joined(cluster) => return Ok(cluster),
    };
    let made_by = made_by(&cluster_dir)?;
    let bin = Installation::find(made_by)?.bin;
    if let Some(account) = &account {
        account.ensure_may_enter(&bin)?;
    }
    let socket_dir = socket_dir(&data_dir);
    make_private_dir(&socket_dir, account.as_ref())?;

    let boot = Boot { death_signal: has_death_signal(), data_dir, cluster_dir, socket_dir, bin, account, durability };
    if made_by.is_none() {
        boot.create()?;
    }
    boot.run(lock)
}

/// Everything a start has found out before the first process runs.
struct Boot {
    data_dir: PathBuf,
    cluster_dir: PathBuf,
    socket_dir: PathBuf,
    bin: PathBuf,
    account: Option<Account>,
    durability: Durability,
    death_signal: bool,
}

impl Boot {
    /// Made under another name and moved into place when whole, so that a crash half-way leaves nothing to trip over.
    fn create(&self) -> Result<()> {
        let unfinished = self.data_dir.join("postgres.new");
        clear_away(&unfinished)?;
        make_private_dir(&unfinished, self.account.as_ref())?;
        let mut initdb = self.command("initdb", "KILL");
        initdb.args(INITDB).arg("-D").arg(&unfinished);
        if self.durability == Durability::Throwaway {
            initdb.arg("--no-sync");
        }
        let output = initdb.output().context("cannot run initdb")?;
        ensure!(output.status.success(), "initdb failed:\n{}", String::from_utf8_lossy(&output.stderr).trim_end());

        fs::rename(&unfinished, &self.cluster_dir)
            .with_context(|| format!("cannot move the new cluster to {}", self.cluster_dir.display()))?;
        // Without this a power cut could bring back the old name, and the next start would clear it away.
        File::open(&self.data_dir)?.sync_all().context("cannot write the data directory to disk")
    }

    fn run(&self, mut lock: File) -> Result<Cluster> {
        let give_up = Instant::now() + LEFTOVERS_GO_WITHIN;
        loop {
            match self.launch()? {
                Launch::Ready(child) => {
                    let socket_dir = self.socket_dir.clone();
                    return Ok(Cluster { socket_dir, server: Server::Ours(child), lock });
                }
                Launch::Ended(log) if is_leftover(&log) && Instant::now() < give_up => thread::sleep(PAUSE * 10),
                Launch::Ended(log) => bail!("PostgreSQL did not start. It says:\n{log}"),
            }
            lock = match claim_or_join(lock, &self.cluster_dir)? {
                Claim::Ours(lock) => lock,
                Claim::Joined(cluster) => return Ok(cluster),
            };
        }
    }

    fn launch(&self) -> Result<Launch> {
        let (log, log_start) = self.open_log()?;
        let mut child = self
            .server_command()
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()
            .with_context(|| format!("cannot run {}", self.bin.join("postgres").display()))?;
        let give_up = Instant::now() + READY_WITHIN;
        while Instant::now() < give_up {
            // A crashed server's file says "ready" too, hence the question whose file it is.
            if ServerFile::read(&self.cluster_dir).is_some_and(|file| file.ready && file.pid == child.id()) {
                return Ok(Launch::Ready(child));
            }
            if child.try_wait()?.is_some() {
                return Ok(Launch::Ended(self.logged_since(log_start)?));
            }
            thread::sleep(PAUSE);
        }
        stop_fast(&mut child)?;
        bail!("PostgreSQL was not ready in time. It says:\n{}", self.logged_since(log_start)?)
    }

    fn server_command(&self) -> Command {
        let mut postgres = self.command("postgres", "INT");
        postgres.arg("-D").arg(&self.cluster_dir);
        for setting in SETTINGS.into_iter().chain(self.durability.settings()) {
            postgres.args(["-c", setting]);
        }
        // The value is a list; quoted, a comma or a space in the path stays part of it.
        let socket_dir = self.socket_dir.to_string_lossy().replace('"', "\"\"");
        postgres.args(["-c", &format!("unix_socket_directories=\"{socket_dir}\"")]);
        // The number in the lock file of a dead server can meanwhile belong to another process (`claim_or_join` has
        // looked whose it is); when that is one of this user's, PostgreSQL would wait for it for ever. This is how
        // `pg_ctl` tells it to pass over a process. Its check for whoever still uses the shared memory remains.
        if let Some(stale) = ServerFile::read(&self.cluster_dir) {
            postgres.env("PG_GRANDPARENT_PID", stale.pid.to_string());
        }
        postgres
    }

    /// A program of PostgreSQL's, as the right user, out of reach of the terminal's Ctrl-C, that gets `death_signal`
    /// when we die. None of our environment goes along: `PG*` would mislead it, and our secrets are not its business.
    fn command(&self, program: &str, death_signal: &str) -> Command {
        let program = self.bin.join(program);
        let mut command = if self.death_signal {
            let mut setpriv = Command::new("setpriv");
            setpriv.args(["--pdeathsig", death_signal, "--"]).arg(program);
            setpriv
        } else {
            Command::new(program)
        };
        command.env_clear().env("LC_ALL", "C.UTF-8");
        for name in ["PATH", "LD_LIBRARY_PATH"] {
            command.envs(env::var_os(name).map(|value| (name, value)));
        }
        if let Some(account) = &self.account {
            command.uid(account.uid).gid(account.gid);
        }
        command.current_dir("/").process_group(0).stdin(Stdio::null());
        command
    }

    /// The log, and how long it is already.
    fn open_log(&self) -> Result<(File, u64)> {
        let path = self.log_path();
        if fs::metadata(&path).is_ok_and(|log| log.len() > LARGEST_LOG_BYTES) {
            fs::rename(&path, path.with_extension("log.old")).context("cannot put the old log aside")?;
        }
        let log = OpenOptions::new().append(true).create(true).mode(0o600).open(&path);
        let log = log.with_context(|| format!("cannot write {}", path.display()))?;
        let length = log.metadata()?.len();
        Ok((log, length))
    }

    /// The last lines that the server wrote after the log was `start` bytes long.
    fn logged_since(&self, start: u64) -> Result<String> {
        let mut log = File::open(self.log_path()).context("cannot read the log")?;
        let latest = log.metadata()?.len().saturating_sub(16 << 10);
        log.seek(SeekFrom::Start(start.max(latest)))?;
        let mut text = Vec::new();
        log.take(16 << 10).read_to_end(&mut text)?;
        let text = String::from_utf8_lossy(&text);
        let lines: Vec<&str> = text.lines().collect();
        Ok(lines.iter().skip(lines.len().saturating_sub(12)).copied().collect::<Vec<_>>().join("\n"))
    }

    fn log_path(&self) -> PathBuf {
        self.data_dir.join("postgres.log")
    }
}

/// Helpers of an `initdb` that was killed can go on writing there for a moment.
fn clear_away(dir: &Path) -> Result<()> {
    let give_up = Instant::now() + LEFTOVERS_GO_WITHIN;
    loop {
        match fs::remove_dir_all(dir) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
            Err(error) if Instant::now() > give_up => {
                return Err(error).with_context(|| format!("cannot clear {}", dir.display()));
            }
            _ => thread::sleep(PAUSE),
        }
    }
}

enum Launch {
    Ready(Child),
    Ended(String),
}

/// True when only what a killed server left behind is in the way; that goes by itself.
fn is_leftover(log: &str) -> bool {
    log.contains("lock file \"") || log.contains("is still in use")
}

/// The major version that made the cluster; none when there is no cluster yet.
fn made_by(cluster_dir: &Path) -> Result<Option<u32>> {
    let path = cluster_dir.join("PG_VERSION");
    match fs::read_to_string(&path) {
        Ok(text) => Ok(Some(text.trim().parse().with_context(|| format!("{} holds no version", path.display()))?)),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let occupied = fs::read_dir(cluster_dir).is_ok_and(|mut entries| entries.next().is_some());
            ensure!(!occupied, "{} holds something else than a cluster; move it away", cluster_dir.display());
            Ok(None)
        }
        Err(error) => Err(error).with_context(|| format!("cannot read {}; whose is it?", path.display())),
    }
}

/// Tried, not looked for: a `setpriv` before util-linux 2.33, or `BusyBox`'s, cannot do it.
fn has_death_signal() -> bool {
    let mut probe = Command::new("setpriv");
    probe.args(["--pdeathsig", "INT", "--", "true"]).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    probe.status().is_ok_and(|status| status.success())
}
