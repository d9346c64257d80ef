//! `serve`, `migrate` and `openapi`.

use std::path::Path;
use std::process::ExitCode;

use anyhow::Context;
use tokio::net::TcpListener;

use super::{DATA_DIR, begin_log, begin_metrics, find_database, run, runtime};
use crate::app::App;
use crate::clock::Clock;
use crate::config::Config;
use crate::db::{guard, migrate as migration};
use crate::routes;
use crate::tenancy::Hosts;

/// Serves as configured, after a look at whether the database keeps tenants apart.
pub fn serve(file: Option<&Path>) -> anyhow::Result<ExitCode> {
    let config = Config::load(file)?;
    begin_log(&config.log)?;
    let metrics = begin_metrics()?;
    let (address, mut cluster) = find_database(&config.database, Path::new(DATA_DIR), None)?;
    let served = runtime()?.block_on(async {
        if cluster.is_some() {
            migration::migrate(&address).await?;
        }
        guard::insist(&address).await?;
        let db = address.open(config.database.connections_per_role).await?;
        let hosts = Hosts::parse(&config.http.public_url)?;
        let listener = TcpListener::bind(config.http.listen).await.with_context(|| format!("listening on {}", config.http.listen))?;
        let internal = TcpListener::bind(config.http.internal_listen).await.context("listening on [http] internal_listen")?;
        let (public_url, listen) = (hosts.public_url(), config.http.listen);
        let app = App::build(config, Clock::system(), hosts, db)?;
        let ready = || tracing::info!(%listen, public_url, "serving");
        run(app, address, listener, internal, metrics, cluster.as_mut(), ready).await
    });
    if let Some(cluster) = &mut cluster {
        cluster.stop()?;
    }
    served.map(|()| ExitCode::SUCCESS)
}

/// Makes the roles, the database and the tables, and applies grants and policies.
pub fn migrate(file: Option<&Path>) -> anyhow::Result<ExitCode> {
    let config = Config::read(file)?;
    let (address, mut cluster) = find_database(&config.database, Path::new(DATA_DIR), None)?;
    let done = runtime()?.block_on(async {
        migration::migrate(&address).await?;
        guard::insist(&address).await
    });
    if let Some(cluster) = &mut cluster {
        cluster.stop()?;
    }
    done?;
    println!("The database is as this program expects it.");
    Ok(ExitCode::SUCCESS)
}

/// Prints the OpenAPI document of the wholesalers' hosts, or the console's.
pub fn openapi(console: bool) -> anyhow::Result<ExitCode> {
    let hosts = Hosts::parse("https://tradecounter.example")?;
    let document = if console { routes::console_openapi(&hosts) } else { routes::openapi(&hosts) };
    println!("{}", serde_json::to_string_pretty(&document)?);
    Ok(ExitCode::SUCCESS)
}
