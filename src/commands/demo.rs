//! `demo`: everything at once, on one machine, from nothing.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::net::SocketAddr;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::process::ExitCode;

use anyhow::Context;
use rand::TryRng;
use rand::rngs::SysRng;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;

use super::{begin_log, begin_metrics, find_database, run, runtime};
use crate::app::App;
use crate::clock::Clock;
use crate::config::Config;
use crate::db::{guard, migrate};
use crate::tenancy::Hosts;
use crate::tenants::declared::{Declared, DeclaredCustomer};
use crate::tenants::{self, declared};

/// The demo's own keys, made at the first start.
#[derive(Serialize, Deserialize)]
struct Keys {
    codes: String,
    counters: String,
    roles: String,
}

/// The file in which the demo says where it is.
const ADDRESS: &str = "address";

/// Where the demo of this directory is, or was last.
pub(super) fn public_url(data_dir: &Path) -> Option<String> {
    fs::read_to_string(data_dir.join(ADDRESS)).ok()
}

/// What the demo of this directory made the secrets of its database's roles of.
pub(super) fn database_secret(data_dir: &Path) -> Option<SecretString> {
    let text = fs::read_to_string(data_dir.join("keys.toml")).ok()?;
    toml::from_str::<Keys>(&text).ok().map(|keys| SecretString::from(keys.roles))
}

/// Brings PostgreSQL up, migrates, provisions the declared tenants, serves, and prints where everything is.
pub fn demo(listen: SocketAddr, data_dir: &Path, folder: &Path) -> anyhow::Result<ExitCode> {
    let declared = match declared::read(folder) {
        Ok(declared) => declared,
        Err(mistakes) => {
            eprintln!("{mistakes}");
            return Ok(ExitCode::FAILURE);
        }
    };
    let database = Config::read(None)?.database;
    fs::create_dir_all(data_dir).with_context(|| format!("making {}", data_dir.display()))?;
    let keys = keys(data_dir)?;
    let (address, mut cluster) = find_database(&database, data_dir, Some(SecretString::from(keys.roles.clone())))?;
    let mut config = Config::demo(&keys.codes, &keys.counters)?;
    config.demo_people = declared.iter().map(|tenant| (tenant.slug.to_string(), tenant.demo_people())).collect();
    begin_log(&config.log)?;
    let metrics = begin_metrics()?;
    let served = runtime()?.block_on(async {
        migrate::migrate(&address).await?;
        guard::insist(&address).await?;
        let db = address.open(config.database.connections_per_role).await?;
        tenants::apply(&db, &Clock::system(), &declared).await.context("provisioning the declared tenants")?;
        let listener = TcpListener::bind(listen).await.with_context(|| format!("listening on {listen}"))?;
        let hosts = Hosts::parse("http://localhost")?.with_port(listener.local_addr()?.port());
        let internal = bind_internal(listener.local_addr()?).await?;
        let internal_address = internal.local_addr()?;
        let app = App::build(config, Clock::system(), hosts.clone(), db)?;
        // For commands beside it, which have to say where it is.
        fs::write(data_dir.join(ADDRESS), hosts.public_url()).context("noting the address")?;
        let ready = || print_addresses(&hosts, &declared, internal_address);
        run(app, address, listener, internal, metrics, cluster.as_mut(), ready).await
    });
    if let Some(cluster) = &mut cluster {
        cluster.stop()?;
    }
    served.map(|()| ExitCode::SUCCESS)
}

/// A thousand above the public port, or wherever there is room.
async fn bind_internal(public: SocketAddr) -> anyhow::Result<TcpListener> {
    let wanted = SocketAddr::from(([127, 0, 0, 1], public.port().checked_add(1000).unwrap_or_default()));
    match TcpListener::bind(wanted).await {
        Ok(listener) => Ok(listener),
        Err(_) => TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await.context("listening for machines"),
    }
}

fn print_addresses(hosts: &Hosts, declared: &[Declared], internal: SocketAddr) {
    println!("\nTradecounter is at {}\n", hosts.public_url());
    println!("  Messages that a real gateway would carry   {}/inbox", hosts.public_url());
    println!("  The API, described                         {}/api/docs", hosts.public_url());
    println!("  The platform's console                     {}", hosts.console_url());
    println!("                                             tradecounter operator invite EMAIL lets somebody in");
    println!("  Health and metrics, for machines           http://{internal}/metrics\n");
    for tenant in declared {
        let url = hosts.counter_url(tenant.slug.as_str());
        println!("  {:<28} {url}", tenant.business_name);
        println!("  {:<28} {url}/office", "  its office");
        for member in &tenant.staff {
            println!("  {:<28} {:<8} {}", "", member.role.word(), member.email.as_str());
        }
    }
    println!("\n  Phones to sign in with; any other mobile number can ask for an account:\n");
    for tenant in declared {
        for customer in shown_customers(tenant) {
            println!("  {:<28} {:<20} {}", tenant.slug.as_str(), customer.phone.national(tenant.country), customer.business_name);
        }
    }
    println!("\n  Ctrl-C stops everything; what was done is kept for the next start.\n");
    let _ = std::io::stdout().flush();
}

/// A few of a tenant's customers: those whom the repository's own pages and tests speak of, else the first two.
fn shown_customers(tenant: &Declared) -> Vec<&DeclaredCustomer> {
    const KNOWN: [&str; 2] = ["+447400123456", "+447400123465"];
    let known: Vec<_> = tenant.customers.iter().filter(|customer| KNOWN.contains(&customer.phone.as_str())).collect();
    if known.is_empty() { tenant.customers.iter().take(2).collect() } else { known }
}

fn keys(data_dir: &Path) -> anyhow::Result<Keys> {
    let path = data_dir.join("keys.toml");
    if let Ok(text) = fs::read_to_string(&path) {
        return toml::from_str(&text).with_context(|| format!("reading {}", path.display()));
    }
    let keys = Keys { codes: random_key()?, counters: random_key()?, roles: random_key()? };
    // Written beside and moved into place when whole: a crash half-way leaves nothing that the next start would read.
    let unfinished = data_dir.join("keys.toml.new");
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&unfinished);
    let file = file.as_mut().map_err(|error| anyhow::anyhow!("making {}: {error}", unfinished.display()))?;
    file.write_all(toml::to_string(&keys)?.as_bytes())?;
    file.sync_all()?;
    fs::rename(&unfinished, &path).with_context(|| format!("making {}", path.display()))?;
    Ok(keys)
}

fn random_key() -> anyhow::Result<String> {
    let mut bytes = [0; 32];
    SysRng.try_fill_bytes(&mut bytes).map_err(|error| anyhow::anyhow!("no randomness: {error}"))?;
    Ok(hex::encode(bytes))
}
