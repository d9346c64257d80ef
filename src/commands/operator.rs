//! `operator invite`, `operator remove`, `operator forget-passkeys` and `operator token`: for whoever has the command line beside a
//! server or a demo.

use std::path::Path;
use std::process::ExitCode;

use anyhow::Context;

use super::demo::{database_secret, public_url};
use super::{DATA_DIR, find_database, private_database, runtime, url_of};
use crate::clock::Clock;
use crate::config::Config;
use crate::console_passkeys;
use crate::console_tokens::{self, NewToken};
use crate::db::{Db, migrate};
use crate::error::Error;
use crate::operators::{self, Doer, Invited};
use crate::tenancy::Hosts;
use crate::values::{EmailAddress, text};

/// A few connections are enough for a command: one for each tenant that is worked on at once.
const CONNECTIONS: u32 = 4;

/// Lets somebody sign in to the console.
pub fn invite(email: &str, name: Option<&str>, config: Option<&Path>, data_dir: Option<&Path>) -> anyhow::Result<ExitCode> {
    let email = EmailAddress::parse(email)?;
    let name = name.map(|name| text::line(name, text::LONGEST_NAME)).transpose();
    let name = name.map_err(|why| anyhow::anyhow!("{}", why.about("a name")))?;
    let doer = Doer::command_line();
    let now = Clock::system().now();
    let invited = beside(config, data_dir, async |db| {
        Ok(db.platform().write(async |tx| operators::invite(tx, &email, name.as_deref(), &doer, now).await).await)
    })?;
    let console = console_url(config, data_dir)?;
    match invited {
        Invited::New => println!("{} may sign in at {console} now, by a code that goes to that address.", email.as_str()),
        Invited::Before => println!("{} could sign in at {console} already, by a code that goes to that address.", email.as_str()),
    }
    Ok(ExitCode::SUCCESS)
}

/// Takes all passkeys from somebody who has lost them.
pub fn forget_passkeys(email: &str, config: Option<&Path>, data_dir: Option<&Path>) -> anyhow::Result<ExitCode> {
    let email = EmailAddress::parse(email)?;
    let (doer, now) = (Doer::command_line(), Clock::system().now());
    let forgotten = beside(config, data_dir, async |db| {
        match db.platform().write(async |tx| console_passkeys::forget(tx, &email, &doer, now).await).await {
            Err(Error::NotFound) => anyhow::bail!("nobody of the address {} is an operator", email.as_str()),
            done => Ok(done),
        }
    })?;
    println!("{} passkeys of {} are forgotten, and whoever was signed in with them is not any more.", forgotten, email.as_str());
    Ok(ExitCode::SUCCESS)
}

/// Lets somebody sign in to the console no more.
pub fn remove(email: &str, config: Option<&Path>, data_dir: Option<&Path>) -> anyhow::Result<ExitCode> {
    let email = EmailAddress::parse(email)?;
    let (doer, now) = (Doer::command_line(), Clock::system().now());
    let removed = beside(config, data_dir, async |db| {
        Ok(match db.platform().write(async |tx| operators::remove(tx, &email, &doer, now).await).await {
            Err(Error::NotFound) => Ok(None),
            other => other.map(Some),
        })
    })?;
    let tokens = removed.with_context(|| format!("{} is no operator", email.as_str()))?;
    println!("{} cannot sign in to the console any more, and is signed out.", email.as_str());
    if !tokens.is_empty() {
        println!("Tokens that they made stay good until they are revoked: {}.", tokens.join(", "));
    }
    Ok(ExitCode::SUCCESS)
}

/// Makes a token, and prints it alone on standard output.
pub fn token(name: &str, scope: &str, config: Option<&Path>, data_dir: Option<&Path>) -> anyhow::Result<ExitCode> {
    let new = NewToken::parse(name, scope).map_err(in_words)?;
    let doer = Doer::command_line();
    let now = Clock::system().now();
    let made =
        beside(config, data_dir, async |db| Ok(db.platform().write(async |tx| console_tokens::make(tx, &new, &doer, now).await).await))?;
    eprintln!("This token may {scope} at {}; it is not shown again.", console_url(config, data_dir)?);
    println!("{}", made.1.reveal());
    Ok(ExitCode::SUCCESS)
}

fn in_words(error: Error) -> anyhow::Error {
    let words: Vec<String> = error.fields().iter().map(|(_, text)| text.to_owned()).collect();
    if words.is_empty() { error.into() } else { anyhow::anyhow!("{}", words.join(" ")) }
}

/// Opens the database that a server or a demo runs on, for one piece of work. There has to be one: what is done in a database
/// that was only just begun, because a directory was mistyped, is of use to nobody.
pub(super) fn beside<T>(
    config: Option<&Path>,
    data_dir: Option<&Path>,
    work: impl AsyncFnOnce(&Db) -> anyhow::Result<Result<T, Error>>,
) -> anyhow::Result<T> {
    let folder = data_dir.unwrap_or(Path::new(DATA_DIR));
    let is_private = data_dir.is_some() || url_of(&Config::read(config)?.database).is_empty();
    anyhow::ensure!(!is_private || folder.exists(), "there is no {}: name the data directory of a demo", folder.display());
    beside_or_anew(config, data_dir, work)
}

/// The same, in a database that is begun when there is none yet.
pub(super) fn beside_or_anew<T>(
    config: Option<&Path>,
    data_dir: Option<&Path>,
    work: impl AsyncFnOnce(&Db) -> anyhow::Result<Result<T, Error>>,
) -> anyhow::Result<T> {
    let folder = data_dir.unwrap_or(Path::new(DATA_DIR));
    let secret = if config.is_some() { None } else { database_secret(folder) };
    // A directory that was named is the one that is meant, whatever the environment says; unless its demo has its
    // database elsewhere.
    let (address, mut cluster) = match data_dir {
        Some(data_dir) if secret.is_none() || data_dir.join("postgres").exists() => {
            private_database(data_dir).map(|(address, cluster)| (address, Some(cluster)))?
        }
        _ => find_database(&Config::read(config)?.database, folder, secret)?,
    };
    let done = runtime()?.block_on(async {
        if cluster.is_some() {
            migrate::migrate(&address).await?;
        }
        let db = address.open(CONNECTIONS).await?;
        let done = work(&db).await;
        db.close().await;
        done
    });
    if let Some(cluster) = &mut cluster {
        cluster.stop()?;
    }
    done?.map_err(in_words)
}

/// Where the console is: as configured, or where the demo of this directory was last.
fn console_url(config: Option<&Path>, data_dir: Option<&Path>) -> anyhow::Result<String> {
    let of_demo = if config.is_some() { None } else { public_url(data_dir.unwrap_or(Path::new(DATA_DIR))) };
    let public = match of_demo {
        Some(url) => url,
        None => Config::read(config)?.http.public_url,
    };
    Ok(Hosts::parse(&public)?.console_url())
}
