//! The directories of a private cluster: whose they are, and who may enter.

use std::env;
use std::fs::{self, DirBuilder, Permissions};
use std::io::ErrorKind;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use super::account::{Account, effective_user};

/// What the kernel takes as the path of a socket: 108 bytes, one of them for the final NUL.
const LONGEST_SOCKET_PATH: usize = 107;

/// Makes what is missing of the data directory and answers its full path, free of symbolic links.
pub(super) fn make_data_dir(data_dir: &Path, account: Option<&Account>) -> Result<PathBuf> {
    let wanted = std::path::absolute(data_dir)?;
    let mut missing: Vec<&Path> = wanted.ancestors().take_while(|dir| !dir.exists()).collect();
    if let (Some(account), Some(existing)) = (account, wanted.ancestors().nth(missing.len())) {
        account.ensure_may_enter(&existing.canonicalize()?)?;
    }
    // PostgreSQL's user must pass what we make as root, whatever the umask; it need not look around there.
    let mode = if account.is_some() { 0o711 } else { 0o700 };
    while let Some(dir) = missing.pop() {
        match fs::create_dir(dir) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            made => made
                .and_then(|()| fs::set_permissions(dir, Permissions::from_mode(mode)))
                .with_context(|| format!("cannot make {}", dir.display()))?,
        }
    }
    let data_dir = wanted.canonicalize()?;
    let plain = data_dir.to_str().is_some_and(|text| !text.contains('\n'));
    ensure!(plain, "its name must be one line of UTF-8");
    Ok(data_dir)
}

/// Makes `dir` for PostgreSQL's user alone. One that exists must be ours: anybody can make one under `/tmp`.
pub(super) fn make_private_dir(dir: &Path, account: Option<&Account>) -> Result<()> {
    let named = || dir.display().to_string();
    match DirBuilder::new().mode(0o700).create(dir) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => return Err(error).with_context(named),
        _ => {}
    }
    let meta = fs::symlink_metadata(dir).with_context(named)?;
    let us = effective_user()?;
    let ours = meta.uid() == us || account.is_some_and(|account| account.uid == meta.uid());
    ensure!(meta.is_dir() && ours, "{} is not a directory of ours; move it away", dir.display());
    fs::set_permissions(dir, Permissions::from_mode(0o700)).with_context(named)?;
    if let Some(account) = account {
        chown(dir, Some(account.uid), Some(account.gid)).with_context(named)?;
        account.ensure_may_enter(dir)?;
    }
    Ok(())
}

/// `run` in the data directory, or where that makes the socket's path too long a directory in a shorter place.
pub(super) fn socket_dir(data_dir: &Path) -> PathBuf {
    let fits = |dir: &PathBuf| dir.join(".s.PGSQL.5432").as_os_str().len() <= LONGEST_SOCKET_PATH;
    // FNV-1a: the same name in every build, unlike the standard library's hashes.
    let hash = data_dir
        .as_os_str()
        .as_bytes()
        .iter()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3));
    let short = format!("tradecounter-{hash:016x}");
    let places = [data_dir.join("run"), env::temp_dir().join(&short)];
    places.into_iter().find(fits).unwrap_or_else(|| Path::new("/tmp").join(short))
}
