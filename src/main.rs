//! One binary with subcommands.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use tradecounter::commands::{DATA_DIR, database, demo, mail, message, operator, serve, tenant};
use tradecounter::values::{Country, PhoneNumber};

/// A trade counter for every wholesaler, on its own subdomain.
#[derive(Parser)]
#[command(version, about)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Everything at once on this machine: a private PostgreSQL, the declared tenants, the server, an inbox
    Demo {
        /// Where to listen
        #[arg(long, default_value = "127.0.0.1:8080")]
        listen: SocketAddr,
        /// Where the demo keeps its data between runs
        #[arg(long, default_value = DATA_DIR)]
        data_dir: PathBuf,
        /// The declared tenants
        #[arg(long, default_value = "tenants")]
        tenants: PathBuf,
    },
    /// Serve, as configured
    Serve {
        /// Laid over the defaults
        #[arg(long)]
        config: Option<PathBuf>,
    },
    /// Bring the database to what this program expects
    Migrate {
        /// Laid over the defaults
        #[arg(long)]
        config: Option<PathBuf>,
    },
    /// Tenants: declared in files, taken along, brought back, and their audit logs
    Tenant {
        #[command(subcommand)]
        command: TenantCommand,
    },
    /// The platform's own people, and tokens for its programs
    Operator {
        #[command(subcommand)]
        command: OperatorCommand,
    },
    /// Messages: whether gateways work, how mail is signed, and mail that came back
    Message {
        #[command(subcommand)]
        command: MessageCommand,
    },
    /// Print the OpenAPI document
    Openapi {
        /// The console's instead
        #[arg(long)]
        console: bool,
    },
    /// A private PostgreSQL for tests
    Database {
        #[command(subcommand)]
        command: DatabaseCommand,
    },
}

#[derive(Subcommand)]
enum TenantCommand {
    /// Print what `apply` would change
    Plan(TenantArguments),
    /// Make it so
    Apply(TenantArguments),
    /// Look whether the audit logs are still what was written; the platform's as well when no tenant is named
    Verify {
        /// Subdomains
        slugs: Vec<String>,
        /// A hash of earlier that must still be part of a log
        #[arg(long, value_name = "HASH")]
        expect: Vec<String>,
        #[command(flatten)]
        beside: Beside,
    },
    /// Write everything a tenant owns into one new file
    Export {
        /// Its subdomain
        subdomain: String,
        /// The file
        #[arg(long)]
        to: PathBuf,
        #[command(flatten)]
        beside: Beside,
    },
    /// Bring a tenant back from such a file; either all of it comes about or nothing
    Import {
        file: PathBuf,
        /// Under another name than its own
        #[arg(long)]
        subdomain: Option<String>,
        #[command(flatten)]
        beside: Beside,
    },
}

#[derive(clap::Args)]
struct TenantArguments {
    /// The folder that holds a folder for each tenant
    directory: PathBuf,
    /// Laid over the defaults
    #[arg(long)]
    config: Option<PathBuf>,
    /// The demo's data directory, for a database of its own
    #[arg(long, conflicts_with = "config")]
    data_dir: Option<PathBuf>,
}

#[derive(Subcommand)]
enum OperatorCommand {
    /// Let somebody sign in to the console; a second time changes nothing
    Invite {
        email: String,
        /// What colleagues call them
        #[arg(long)]
        name: Option<String>,
        #[command(flatten)]
        beside: Beside,
    },
    /// Take all passkeys from somebody who has lost them: their next code makes a new one
    ForgetPasskeys {
        /// Where codes go
        email: String,
        #[command(flatten)]
        beside: Beside,
    },
    /// Let somebody sign in to the console no more, and sign them out
    Remove {
        email: String,
        #[command(flatten)]
        beside: Beside,
    },
    /// Make a token for a program, and print it, alone, this once
    Token {
        /// What it is for
        name: String,
        /// What it may do
        #[arg(long, default_value = "write", value_parser = ["read", "write"])]
        scope: String,
        #[command(flatten)]
        beside: Beside,
    },
}

#[derive(Subcommand)]
enum MessageCommand {
    /// Send a short text through each gateway that is configured, one after the other, and say what each answered
    Test {
        /// The phone that gets them, such as +447400123456
        #[arg(value_parser = phone)]
        number: PhoneNumber,
        /// Laid over the defaults
        #[arg(long)]
        config: Option<PathBuf>,
    },
    /// Print the DNS record by which others check the signatures under our mail (DKIM)
    DkimRecord {
        /// Laid over the defaults
        #[arg(long)]
        config: Option<PathBuf>,
    },
    /// Take one mail that came back, from standard input: the message that it is about is marked as failed
    Bounce {
        /// The address that it came to, where its headers do not say
        recipient: Option<String>,
        /// Laid over the defaults
        #[arg(long)]
        config: Option<PathBuf>,
    },
}

/// A number in full; which country reads it is then all the same.
fn phone(typed: &str) -> Result<PhoneNumber, String> {
    const IN_FULL: &str = "Type it in full, with a plus and the country in front, such as +447400123456.";
    let reader = Country::parse("GB").map_err(|error| error.to_string())?;
    if !typed.trim_start().starts_with('+') {
        return Err(IN_FULL.to_owned());
    }
    PhoneNumber::parse(typed, reader).map_err(|error| error.to_string())
}

/// Beside which server or demo.
#[derive(clap::Args)]
struct Beside {
    /// Laid over the defaults
    #[arg(long)]
    config: Option<PathBuf>,
    /// The demo's data directory
    #[arg(long, conflicts_with = "config")]
    data_dir: Option<PathBuf>,
}

#[derive(Subcommand)]
enum DatabaseCommand {
    /// Run a command beside a private cluster with a migrated template database
    Run {
        /// Where the cluster lives
        #[arg(long, default_value = "target/test-database")]
        data_dir: PathBuf,
        /// The command and its arguments
        #[arg(last = true, required = true)]
        command: Vec<String>,
    },
}

fn main() -> ExitCode {
    // PostgreSQL is started from this thread, before there are others: it ends when this thread does.
    let done = match Arguments::parse().command {
        Command::Demo { listen, data_dir, tenants } => demo::demo(listen, &data_dir, &tenants),
        Command::Serve { config } => serve::serve(config.as_deref()),
        Command::Migrate { config } => serve::migrate(config.as_deref()),
        Command::Tenant { command: TenantCommand::Plan(a) } => tenant::plan(&a.directory, a.config.as_deref(), a.data_dir.as_deref()),
        Command::Tenant { command: TenantCommand::Apply(a) } => tenant::apply(&a.directory, a.config.as_deref(), a.data_dir.as_deref()),
        Command::Tenant { command: TenantCommand::Verify { slugs, expect, beside } } => {
            tenant::verify(&slugs, &expect, beside.config.as_deref(), beside.data_dir.as_deref())
        }
        Command::Tenant { command: TenantCommand::Export { subdomain, to, beside } } => {
            tenant::export(&subdomain, &to, beside.config.as_deref(), beside.data_dir.as_deref())
        }
        Command::Tenant { command: TenantCommand::Import { file, subdomain, beside } } => {
            tenant::import(&file, subdomain.as_deref(), beside.config.as_deref(), beside.data_dir.as_deref())
        }
        Command::Operator { command: OperatorCommand::Invite { email, name, beside } } => {
            operator::invite(&email, name.as_deref(), beside.config.as_deref(), beside.data_dir.as_deref())
        }
        Command::Operator { command: OperatorCommand::ForgetPasskeys { email, beside } } => {
            operator::forget_passkeys(&email, beside.config.as_deref(), beside.data_dir.as_deref())
        }
        Command::Operator { command: OperatorCommand::Remove { email, beside } } => {
            operator::remove(&email, beside.config.as_deref(), beside.data_dir.as_deref())
        }
        Command::Operator { command: OperatorCommand::Token { name, scope, beside } } => {
            operator::token(&name, &scope, beside.config.as_deref(), beside.data_dir.as_deref())
        }
        Command::Message { command: MessageCommand::Test { number, config } } => message::test(&number, config.as_deref()),
        Command::Message { command: MessageCommand::DkimRecord { config } } => message::dkim_record(config.as_deref()),
        Command::Message { command: MessageCommand::Bounce { recipient, config } } => {
            Ok(mail::bounce(recipient.as_deref(), config.as_deref()))
        }
        Command::Openapi { console } => serve::openapi(console),
        Command::Database { command: DatabaseCommand::Run { data_dir, command } } => database::run(&data_dir, &command),
    };
    match done {
        Ok(code) => code,
        Err(error) => {
            eprintln!("tradecounter: {error:#}");
            ExitCode::FAILURE
        }
    }
}
