//! `message test` and `message dkim-record`: for whoever sets up how messages go.

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use anyhow::Context;
use tokio::time::Instant;

use super::{begin_log, runtime};
use crate::clock::Clock;
use crate::config::Config;
use crate::messages::sms::{Gateways, Sent};
use crate::values::PhoneNumber;

/// Sends one short text through each gateway that is configured, whatever is known of it, and says what each answered.
pub fn test(to: &PhoneNumber, config: Option<&Path>) -> anyhow::Result<ExitCode> {
    let config = Config::read(config)?;
    config.sms.check()?;
    // It says more than the lines below: of a connection, what was the matter with it.
    begin_log(&config.log)?;
    let gateways = Gateways::configured(&config.sms, None, &Clock::system())?;
    let all_accepted = runtime()?.block_on(async {
        let mut all_accepted = true;
        for name in &config.sms.gateways {
            let began = Instant::now();
            let sent = gateways.send_through(*name, to.as_str(), &format!("Tradecounter: a test message from {name}.")).await;
            let seconds = began.elapsed().as_secs_f64();
            println!(
                "{}",
                match &sent {
                    Ok(Sent { provider_reference: Some(reference), .. }) => format!("{name}: accepted in {seconds:.2} s, as {reference}"),
                    Ok(_) => format!("{name}: accepted in {seconds:.2} s"),
                    Err(refusal) => format!("{name}: {}", refusal.of_it()),
                }
            );
            // The next one may take its time.
            let _ = std::io::stdout().flush();
            all_accepted &= sent.is_ok();
        }
        all_accepted
    });
    Ok(if all_accepted { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Prints the record that the domain's owner sets, so that others can check the signatures under our mail; nothing is asked of anybody.
pub fn dkim_record(config: Option<&Path>) -> anyhow::Result<ExitCode> {
    let config = Config::read(config)?;
    let signer = config.email.smtp.signer(&config.email.dkim)?;
    let record = signer.as_ref().context("[email.dkim] has no key: mail is not signed")?.record();
    println!("Name:  {}\nType:  TXT\nValue: {}\n\nIn a zone file:\n{}", record.name, record.value, record.in_a_zone_file());
    Ok(ExitCode::SUCCESS)
}
