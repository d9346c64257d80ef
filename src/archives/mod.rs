//! Everything a wholesaler owns, as one file that it takes along and that brings it back elsewhere: a ZIP with a manifest,
//! and of each table its rows twice, as JSON for programs and as CSV for people. What is in it is decided in
//! [`holdings`](crate::tenants::holdings). Made twice of the same rows, it is the same file, byte for byte.

pub mod api;
mod import;
pub mod pages;
mod reader;
mod refusal;
mod writer;

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, Read, Seek};
use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};
use serde_json::json;
use sha2::{Digest, Sha256};
use tokio::sync::Semaphore;
use uuid::Uuid;

pub use import::{Imported, import};
pub use refusal::Refusal;

use crate::audit::{self, Actor, Event};
use crate::clock::Clock;
use crate::db::rows::Table;
use crate::db::{Db, Office, Scope, Tx};
use crate::error::{Error, Result};
use crate::ids::TenantId;
use crate::tenancy::extract::Member;
use crate::tenants::holdings::{HOLDINGS, Holding};
use crate::values::Slug;
use writer::Writer;

/// What a manifest begins with, so that nothing else is taken for one,
const FORMAT: &str = "tradecounter-tenant";
/// and how the rest is to be read.
const VERSION: u64 = 1;
const MANIFEST: &str = "manifest.json";

/// How many archives this process makes at once, each with a connection of the database; more wait.
static AT_ONCE: Semaphore = Semaphore::const_new(2);
/// Whose archives are being made or fetched just now.
static UNDER_WAY: Mutex<BTreeSet<TenantId>> = Mutex::new(BTreeSet::new());

/// What is in an archive, with the sum of each file. Nothing in it tells when it was made.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Manifest {
    format: String,
    version: u64,
    tenant: Owner,
    tables: Vec<Listed>,
    files: Vec<Sealed>,
}

/// Whose it is. The rows do not say it again.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Owner {
    id: Uuid,
    subdomain: String,
}

/// A table, with the columns that each of its rows has.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Listed {
    name: String,
    rows: u64,
    columns: Vec<String>,
}

/// A file, with what it is checked by.
#[derive(Serialize, Deserialize, Clone, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
struct Sealed {
    name: String,
    bytes: u64,
    sha256: String,
}

/// The length and the SHA-256 of what went by.
#[derive(Default)]
struct Sum {
    bytes: u64,
    sha256: Sha256,
}

impl Sum {
    fn add(&mut self, bytes: &[u8]) {
        self.bytes += bytes.len() as u64;
        self.sha256.update(bytes);
    }

    fn seal(self, name: String) -> Sealed {
        Sealed { name, bytes: self.bytes, sha256: hex::encode(self.sha256.finalize()) }
    }
}

/// The JSON of a table, in pieces: an array with each row on a line of its own.
#[derive(Default)]
struct Lines {
    rows: u64,
}

impl Lines {
    fn of(&mut self, rows: &[String]) -> String {
        let mut text = String::new();
        for row in rows {
            text.push_str(if self.rows == 0 { "[\n" } else { ",\n" });
            text.push_str(row);
            self.rows += 1;
        }
        text
    }

    fn end(&self) -> &'static str {
        if self.rows == 0 { "[\n]\n" } else { "\n]\n" }
    }
}

/// The tables that are taken along, those that others point to first.
fn tables() -> impl Iterator<Item = &'static Holding> {
    HOLDINGS.iter().rev().filter(|holding| !holding.exported.is_empty())
}

/// The columns of a table's rows. The name stands in the manifest, and the logo is a file of its own.
fn columns(holding: &Holding) -> Vec<&'static str> {
    let is_elsewhere = |column: &str| holding.table == "tenants" && matches!(column, "slug" | "logo");
    holding.exported.iter().copied().filter(|column| !is_elsewhere(column)).collect()
}

/// The file that a logo of this type is.
fn logo_file(media_type: &str) -> &'static str {
    if media_type == "image/svg+xml" { "logo.svg" } else { "logo.png" }
}

/// How many rows are held at once.
const BATCH: usize = 1_000;

/// An archive, in a file that has no name and is gone when it is closed.
pub struct Archive {
    pub file: File,
    pub bytes: u64,
    pub rows: u64,
    /// The tenant's name, and when it was made.
    pub file_name: String,
    turn: Option<Turn>,
}

impl Archive {
    /// The next piece of the file; empty at its end. The turn ends with the last one, before anybody has it.
    fn next_piece(&mut self) -> io::Result<Vec<u8>> {
        let mut piece = vec![0; 64 * 1024];
        let length = self.file.read(&mut piece)?;
        piece.truncate(length);
        if self.file.stream_position()? >= self.bytes {
            self.turn = None;
        }
        Ok(piece)
    }
}

/// One tenant's turn: it has its next archive when this one is made and fetched.
struct Turn(TenantId);

impl Turn {
    fn take(tenant: TenantId) -> Result<Self> {
        let is_first = UNDER_WAY.lock().unwrap_or_else(PoisonError::into_inner).insert(tenant);
        if is_first { Ok(Self(tenant)) } else { Err(Error::Conflict("An archive is on its way already. Wait until it has arrived")) }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        UNDER_WAY.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.0);
    }
}

/// Makes the archive of an owner who takes everything along.
///
/// # Errors
/// [`Error::Conflict`] while another one is on its way.
pub async fn take_along(member: &Member) -> Result<Archive> {
    let house = &member.house;
    make(&house.office(&member.tenant), member.tenant.id, Actor::staff(member), &house.clock).await
}

/// The same for whoever has the command line; None when nobody has this name.
pub async fn export(db: &Db, slug: &Slug, clock: &Clock) -> Result<Option<Archive>> {
    let find = async |tx: &mut Tx<_>| {
        let query = sqlx::query_scalar!("select id from tenants where slug = $1 and status <> 'purged'", slug.as_str());
        Ok(query.fetch_optional(&mut *tx).await?)
    };
    let Some(id) = db.platform().read(find).await? else { return Ok(None) };
    make(&db.office(id.into()), id.into(), Actor::system("tenant export"), clock).await.map(Some)
}

/// The rows are read within one transaction that sees one moment. It ends before anything is sent, so that nobody who
/// reads slowly holds a connection, and it is written down before anything leaves.
async fn make(office: &Scope<Office>, tenant: TenantId, actor: Actor, clock: &Clock) -> Result<Archive> {
    let turn = Turn::take(tenant)?;
    let begun = clock.now();
    let place = AT_ONCE.acquire().await.map_err(|closed| Error::Internal(closed.into()))?;
    let mut tx = office.open_snapshot().await?;
    let writer = Box::pin(write_tables(&mut tx)).await?;
    let own = sqlx::query!("select slug, logo, logo_type from tenants where id = $1", tenant.uuid()).fetch_one(&mut tx).await?;
    drop((tx, place));
    let owner = Owner { id: tenant.uuid(), subdomain: own.slug.clone() };
    let logo = own.logo.zip(own.logo_type);
    let (file, bytes, rows) = beside(move || writer.finish(owner, logo)).await?;
    let now = clock.now();
    let details = json!({ "rows": rows, "bytes": bytes });
    let event = Event { actor, action: "tenant.exported", subject_kind: "tenant", subject_id: tenant.uuid(), details };
    office.write(async |tx| audit::record(tx, event, now).await).await?;
    tracing::info!(tenant = own.slug, rows, bytes, ms = (now - begun).num_milliseconds(), "an archive was made");
    let file_name = format!("{}-{}.zip", own.slug, now.format("%Y-%m-%d-%H%M%S"));
    Ok(Archive { file, bytes, rows, file_name, turn: Some(turn) })
}

async fn write_tables(tx: &mut Tx<Office>) -> Result<Writer> {
    let mut writer = beside(Writer::new).await?;
    for holding in tables() {
        let table = Table::find(tx, holding.table, &columns(holding)).await?;
        let names: Vec<&'static str> = table.columns().iter().map(|column| column.name).collect();
        writer = beside(move || writer.begin(holding.table, names)).await?;
        table.open(tx).await?;
        loop {
            let rows = table.next(tx, BATCH).await?;
            let is_last = rows.len() < BATCH;
            writer = beside(move || writer.rows(&rows)).await?;
            if is_last {
                break;
            }
        }
        writer = beside(move || writer.end()).await?;
    }
    Ok(writer)
}

/// Packs on a thread where it holds nobody up.
async fn beside<T: Send + 'static>(work: impl FnOnce() -> anyhow::Result<T> + Send + 'static) -> Result<T> {
    let done = tokio::task::spawn_blocking(work).await.map_err(|gone| Error::Internal(gone.into()))?;
    done.map_err(|error| Error::Internal(error.context("packing an archive")))
}
