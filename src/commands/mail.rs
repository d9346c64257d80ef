//! `message bounce`: for whoever looks after the mail server.

use std::io::{self, Read};
use std::path::Path;
use std::process::ExitCode;

use anyhow::Context;

use super::begin_log;
use super::operator::beside;
use crate::clock::Clock;
use crate::config::Config;
use crate::messages::bounces::{self, READ_BYTES, Taken};

/// What tells a mail server to keep a mail and to come again (`EX_TEMPFAIL` of sysexits.h). Anything else that is not zero would have it
/// send one back, and what comes back must not come back.
const TRY_AGAIN: u8 = 75;

/// What is read of standard input without being looked at, so that the mail server can hand over all of it.
const DISCARDED_BYTES: u64 = 64 * 1024 * 1024;

/// Takes one mail that has come back, from standard input. Says in one line of the log what became of it.
pub fn bounce(recipient: Option<&str>, config: Option<&Path>) -> ExitCode {
    match take(recipient, config) {
        Ok(Taken::Failed(message)) => tracing::info!(%message, "a message came back, and is marked as failed"),
        Ok(Taken::KnownAlready) => tracing::info!("a message came back of which that was known, or which is gone"),
        Ok(Taken::NoFailure) => tracing::info!("a mail to an address for mail that comes back says nothing of a failure"),
        Ok(Taken::NotOurs) => tracing::info!("a mail to no address that anything was sent from"),
        Err(error) => {
            eprintln!("tradecounter: {error:#}");
            return ExitCode::from(TRY_AGAIN);
        }
    }
    ExitCode::SUCCESS
}

fn take(recipient: Option<&str>, config: Option<&Path>) -> anyhow::Result<Taken> {
    let settings = Config::read(config)?;
    begin_log(&settings.log)?;
    let mut mail = Vec::new();
    let mut input = io::stdin().lock();
    input.by_ref().take(READ_BYTES as u64).read_to_end(&mut mail).context("reading the mail")?;
    io::copy(&mut input.take(DISCARDED_BYTES), &mut io::sink()).context("reading the mail")?;
    let now = Clock::system().now();
    beside(config, None, async |db| Ok(bounces::take(db, &settings.keys, &mail, recipient, now).await))
}
