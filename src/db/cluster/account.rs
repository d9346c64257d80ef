//! Who runs the server: PostgreSQL refuses root.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use anyhow::{Context, Result, ensure};

/// The user that PostgreSQL runs as when we are root.
pub(super) struct Account {
    name: String,
    pub(super) uid: u32,
    pub(super) gid: u32,
}

impl Account {
    /// None when we are not root. A cluster that exists is run by its owner.
    pub(super) fn to_run_as(cluster_dir: &Path) -> Result<Option<Account>> {
        if effective_user()? != 0 {
            return Ok(None);
        }
        let passwd = fs::read_to_string("/etc/passwd").context("cannot read /etc/passwd")?;
        let find = |wanted: &dyn Fn(&Account) -> bool| passwd.lines().filter_map(Account::parse).find(wanted);
        let owner = fs::metadata(cluster_dir).map_or(0, |cluster| cluster.uid());
        find(&|account| account.uid != 0 && account.uid == owner)
            .or_else(|| find(&|account| account.name == "postgres"))
            .or_else(|| find(&|account| account.name == "nobody"))
            .map(Some)
            .context("PostgreSQL refuses to run as root, and there is neither a user \"postgres\" nor \"nobody\"")
    }

    fn parse(line: &str) -> Option<Account> {
        let mut fields = line.split(':');
        let name = fields.next()?.to_owned();
        let uid = fields.nth(1)?.parse().ok()?;
        let gid = fields.next()?.parse().ok()?;
        Some(Account { name, uid, gid })
    }

    /// Fails with the outermost directory on the way to `dir` that this user may not pass.
    pub(super) fn ensure_may_enter(&self, dir: &Path) -> Result<()> {
        let mut way: Vec<&Path> = dir.ancestors().collect();
        way.reverse();
        for step in way {
            let meta = fs::metadata(step).with_context(|| format!("cannot look at {}", step.display()))?;
            let search_bit = match meta {
                _ if meta.uid() == self.uid => 0o100,
                _ if meta.gid() == self.gid => 0o010,
                _ => 0o001,
            };
            ensure!(
                meta.mode() & search_bit != 0,
                "PostgreSQL runs as the user \"{}\", who may not enter {step}. Choose another --data-dir, such as \
                 /var/lib/tradecounter, or let others pass with: chmod o+x {step}",
                self.name,
                step = step.display(),
            );
        }
        Ok(())
    }
}

/// From the kernel's own account of us; the owner of `/proc/self` would be root for a program with capabilities.
pub(super) fn effective_user() -> Result<u32> {
    let status = fs::read_to_string("/proc/self/status").context("cannot read /proc/self/status")?;
    let ids = status.lines().find_map(|line| line.strip_prefix("Uid:"));
    let effective = ids.and_then(|ids| ids.split_whitespace().nth(1)?.parse().ok());
    effective.context("cannot tell which user this is")
}
