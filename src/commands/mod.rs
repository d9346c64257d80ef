//! What the subcommands do.

pub mod database;
pub mod demo;
pub mod mail;
pub mod message;
pub mod operator;
pub mod serve;
pub mod tenant;

use std::io::IsTerminal;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use http::StatusCode;
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use poem::{Request, Response};
use secrecy::{ExposeSecret, SecretString};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use tracing_subscriber::EnvFilter;

use crate::app::App;
use crate::config::{Database, Log, LogFormat};
use crate::db::cluster::Cluster;
use crate::db::connect::Address;
use crate::tenancy::House;
use crate::web::server::{self, Answers};

/// Where a private cluster is kept when nothing else is said.
pub const DATA_DIR: &str = ".data";

/// The database's name in a private cluster.
const DATABASE: &str = "tradecounter";

/// The runtime that everything asynchronous runs on.
fn runtime() -> anyhow::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().context("starting the runtime")
}

/// Log lines go to standard error.
fn begin_log(log: &Log) -> anyhow::Result<()> {
    let filter = EnvFilter::try_new(&log.filter).context("[log] filter")?;
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(std::io::stderr().is_terminal());
    let begun = match log.format {
        LogFormat::Text => lines.try_init(),
        LogFormat::Json => lines.json().flatten_event(true).try_init(),
    };
    begun.map_err(|error| anyhow::anyhow!("beginning the log: {error}"))
}

fn begin_metrics() -> anyhow::Result<PrometheusHandle> {
    let buckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0];
    let builder = PrometheusBuilder::new().set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &buckets)?;
    // From where it is unnoticed to where a second gateway has had its time.
    let of_codes = [0.005, 0.01, 0.02, 0.03, 0.04, 0.05, 0.075, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 60.0];
    let builder = builder.set_buckets_for_metric(Matcher::Full("sms_code_accepted_seconds".to_owned()), &of_codes)?;
    builder.install_recorder().context("beginning the metrics")
}

/// The database that is configured, or the one of `DATABASE_URL`, or a private cluster under `data_dir`.
/// Must be called from the main thread, before the runtime starts.
fn find_database(config: &Database, data_dir: &Path, role_secret: Option<SecretString>) -> anyhow::Result<(Address, Option<Cluster>)> {
    let url = url_of(config);
    if !url.is_empty() {
        let configured = (!config.role_secret.expose_secret().is_empty()).then(|| config.role_secret.clone());
        return Ok((Address::of_url(&url, configured.or(role_secret))?, None));
    }
    private_database(data_dir).map(|(address, cluster)| (address, Some(cluster)))
}

/// Where the database is that is configured, or that `DATABASE_URL` names; empty for a private cluster.
fn url_of(config: &Database) -> String {
    if config.url.is_empty() { std::env::var("DATABASE_URL").unwrap_or_default() } else { config.url.clone() }
}

/// The database of a private cluster under `data_dir`; from the main thread, as above.
fn private_database(data_dir: &Path) -> anyhow::Result<(Address, Cluster)> {
    let cluster = Cluster::start(data_dir)?;
    let address = Address::of_socket(cluster.socket_dir(), Cluster::SUPERUSER, DATABASE);
    Ok((address, cluster))
}

/// Runs the application until it is told to stop, or until the cluster under it ends.
async fn run(
    app: App,
    address: Address,
    listener: TcpListener,
    internal: TcpListener,
    metrics: PrometheusHandle,
    cluster: Option<&mut Cluster>,
    ready: impl FnOnce(),
) -> anyhow::Result<()> {
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let (tell_stop, stop) = watch::channel(false);
    let internal_door = Arc::new(InternalDoor::new(Arc::clone(&app.house), metrics));
    let mut quiet = stop.clone();
    let watching = server::serve(internal, internal_door, &app.house.config.http, async move {
        let _ = quiet.wait_for(|stop| *stop).await;
    });
    let serving = app.run(address, listener, stop);
    let minding = async {
        let ended = tokio::select! {
            _ = terminate.recv() => Ok(()),
            _ = interrupt.recv() => Ok(()),
            ended = end_of(cluster) => ended,
        };
        tracing::info!("stopping: what has begun is finished first");
        let _ = tell_stop.send(true);
        ended
    };
    ready();
    let ((), (), ended) = tokio::join!(serving, watching, minding);
    ended
}

/// Resolves when the private PostgreSQL is no more; never, when it is somebody else's.
async fn end_of(cluster: Option<&mut Cluster>) -> anyhow::Result<()> {
    let Some(cluster) = cluster else { return std::future::pending().await };
    loop {
        tokio::time::sleep(Duration::from_secs(1)).await;
        if cluster.has_ended()? {
            anyhow::bail!("PostgreSQL has ended; its log is postgres.log in the data directory");
        }
    }
}

/// Liveness, readiness, metrics, and for which hosts certificates may be had, on a listener that is not for browsers.
pub struct InternalDoor {
    house: Arc<House>,
    metrics: PrometheusHandle,
}

/// Nobody waits longer for a certificate: the visitor's browser gives up, too.
const LONGEST_PERMISSION: Duration = Duration::from_secs(3);

impl InternalDoor {
    /// Of this house.
    pub fn new(house: Arc<House>, metrics: PrometheusHandle) -> Self {
        Self { house, metrics }
    }

    /// What Caddy's on-demand TLS asks before it gets a certificate, and before it uses one: 200 is yes, all else no.
    async fn permission(&self, query: &str) -> StatusCode {
        let mut named = query.split('&').filter_map(|pair| pair.strip_prefix("domain="));
        let (Some(host), None) = (named.next(), named.next()) else { return StatusCode::BAD_REQUEST };
        let host = host.to_ascii_lowercase();
        match tokio::time::timeout(LONGEST_PERMISSION, self.house.answers_at(&host)).await {
            Ok(Ok(true)) => StatusCode::OK,
            Ok(Ok(false)) => StatusCode::NOT_FOUND,
            Ok(Err(error)) => {
                tracing::error!(error = error.for_log(), "whether a certificate may be had could not be found out");
                StatusCode::SERVICE_UNAVAILABLE
            }
            Err(_) => StatusCode::SERVICE_UNAVAILABLE,
        }
    }
}

impl Answers for InternalDoor {
    async fn answer(&self, request: Request) -> Response {
        match request.uri().path() {
            "/healthz" => Response::builder().content_type("text/plain; charset=utf-8").body("ok\n"),
            "/readyz" => {
                let is_ready = self.house.db().is_ready().await;
                let (status, word) = if is_ready { (StatusCode::OK, "ready\n") } else { (StatusCode::SERVICE_UNAVAILABLE, "not ready\n") };
                Response::builder().status(status).content_type("text/plain; charset=utf-8").body(word)
            }
            "/domains/permission" => {
                let status = self.permission(request.uri().query().unwrap_or_default()).await;
                Response::builder().status(status).content_type("text/plain; charset=utf-8").body(if status.is_success() {
                    "yes\n"
                } else {
                    "no\n"
                })
            }
            "/metrics" => Response::builder().content_type("text/plain; version=0.0.4").body(self.metrics.render()),
            _ => Response::builder().status(StatusCode::NOT_FOUND).body("There is nothing here.\n"),
        }
    }
}
