//! Files on their way, as the database keeps them.

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use super::{Characters, Counts, Import, Judged, Kind, Remark, Row, Rows, Separator, Status, Verdict, Written, guess, plain};
use crate::db::{Office, Tx};
use crate::error::{Error, Result};
use crate::ids::ImportId;
use crate::values::DecimalMark;

/// So many files stand in the list,
const LISTED: i64 = 20;
/// so many rows are on one page,
pub(super) const PAGE: i64 = 50;
/// and so many show what the columns hold.
const SAMPLE: usize = 3;

struct Kept {
    import_id: Uuid,
    kind: String,
    file_name: String,
    bytes: i64,
    characters: String,
    separator: String,
    decimal_mark: String,
    headings: Vec<String>,
    fields: Vec<String>,
    status: String,
    reading: i32,
    done: i64,
    new_rows: i32,
    changed_rows: i32,
    unchanged_rows: i32,
    wrong_rows: i32,
    trouble: String,
    staff_id: Uuid,
    staff_name: String,
    created_at: DateTime<Utc>,
    applied_at: Option<DateTime<Utc>>,
    undone_at: Option<DateTime<Utc>>,
}

impl Kept {
    fn import(self) -> Result<Import> {
        let not_ours = |what: &str| Error::Internal(anyhow::anyhow!("the {what} of import {} is none that we know", self.import_id));
        let written = Written {
            characters: Characters::parse(&self.characters).ok_or_else(|| not_ours("alphabet"))?,
            separator: Separator::parse(&self.separator).ok_or_else(|| not_ours("separator"))?,
            mark: mark_of(&self.decimal_mark),
        };
        let kind = Kind::parse(&self.kind).ok_or_else(|| not_ours("kind"))?;
        let status = Status::parse(&self.status).ok_or_else(|| not_ours("status"))?;
        Ok(Import {
            id: self.import_id.into(),
            kind,
            file_name: self.file_name,
            bytes: self.bytes,
            written,
            headings: self.headings,
            fields: self.fields,
            status,
            reading: self.reading,
            done: self.done,
            counts: Counts { new: self.new_rows, changed: self.changed_rows, unchanged: self.unchanged_rows, wrong: self.wrong_rows },
            trouble: self.trouble,
            staff_id: self.staff_id,
            staff_name: self.staff_name,
            created_at: self.created_at,
            applied_at: self.applied_at,
            undone_at: self.undone_at,
        })
    }
}

pub(super) fn mark_of(word: &str) -> DecimalMark {
    if word == "comma" { DecimalMark::Comma } else { DecimalMark::Point }
}

pub(super) fn word_of(mark: DecimalMark) -> &'static str {
    match mark {
        DecimalMark::Point => "point",
        DecimalMark::Comma => "comma",
    }
}

/// One of them.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn find(tx: &mut Tx<Office>, id: ImportId) -> Result<Import> {
    let kept = sqlx::query_as!(
        Kept,
        "select import_id, kind, file_name, bytes, characters, separator, decimal_mark, headings, fields, status, reading, done, new_rows,
                changed_rows, unchanged_rows, wrong_rows, trouble, staff_id, staff_name, created_at, applied_at, undone_at
           from imports where tenant_id = $1 and import_id = $2",
        tx.tenant().uuid(),
        id.uuid()
    );
    kept.fetch_one(&mut *tx).await?.import()
}

/// The same, and nobody else changes it until the transaction ends.
pub(super) async fn find_to_change(tx: &mut Tx<Office>, id: ImportId) -> Result<Import> {
    sqlx::query_scalar!(
        r#"select 1 as "one!" from imports where tenant_id = $1 and import_id = $2 for update"#,
        tx.tenant().uuid(),
        id.uuid()
    )
    .fetch_one(&mut *tx)
    .await?;
    find(tx, id).await
}

/// The newest of them.
pub async fn list(tx: &mut Tx<Office>) -> Result<Vec<Import>> {
    let kept = sqlx::query_as!(
        Kept,
        "select import_id, kind, file_name, bytes, characters, separator, decimal_mark, headings, fields, status, reading, done, new_rows,
                changed_rows, unchanged_rows, wrong_rows, trouble, staff_id, staff_name, created_at, applied_at, undone_at
           from imports where tenant_id = $1 order by import_id desc limit $2",
        tx.tenant().uuid(),
        LISTED
    );
    kept.fetch_all(&mut *tx).await?.into_iter().map(Kept::import).collect()
}

/// Which import of a kind was applied last, of those that stand.
pub async fn last_applied(tx: &mut Tx<Office>, kind: Kind) -> Result<Option<ImportId>> {
    let last = sqlx::query_scalar!(
        "select import_id from imports where tenant_id = $1 and kind = $2 and status in ('applied', 'undoing')
          order by applied_at desc, import_id desc limit 1",
        tx.tenant().uuid(),
        kind.word()
    );
    Ok(last.fetch_optional(&mut *tx).await?.map(ImportId::from))
}

/// What the columns most likely are, with what was said of such headings before.
pub async fn guessed(tx: &mut Tx<Office>, kind: Kind, headings: &[String]) -> Result<Vec<String>> {
    let plain: Vec<String> = headings.iter().map(|heading| plain(heading)).collect();
    let said = sqlx::query!(
        "select heading, field from import_mappings where tenant_id = $1 and kind = $2 and heading = any($3)",
        tx.tenant().uuid(),
        kind.word(),
        &plain
    );
    let said: Vec<(String, String)> = said.fetch_all(&mut *tx).await?.into_iter().map(|row| (row.heading, row.field)).collect();
    Ok(guess(kind, headings, &said).into_iter().map(str::to_owned).collect())
}

/// The first rows of a file.
#[derive(Debug, Clone, Default)]
pub struct Sample {
    pub rows: Vec<Row>,
}

/// Reads what the columns hold.
pub async fn sample(tx: &mut Tx<Office>, import: &Import) -> Result<Sample> {
    let piece = piece(tx, import.id, 0).await?.unwrap_or_default();
    let text = super::characters::Reading::new(import.written.characters).text(&piece, false);
    Ok(Sample { rows: beginning(&text, import.written.separator).into_iter().skip(1).take(SAMPLE).collect() })
}

/// The rows with which a file begins.
pub(super) fn beginning(text: &str, separator: Separator) -> Vec<Row> {
    Rows::first_of(text, separator, SAMPLE + 1)
}

/// A piece of the file; None behind its end.
pub(super) async fn piece(tx: &mut Tx<Office>, id: ImportId, place: i32) -> Result<Option<Vec<u8>>> {
    let piece = sqlx::query_scalar!(
        "select bytes from import_pieces where tenant_id = $1 and import_id = $2 and piece = $3",
        tx.tenant().uuid(),
        id.uuid(),
        place
    );
    Ok(piece.fetch_optional(&mut *tx).await?)
}

/// Rows of a file, and what each does: those of one verdict if there is one, after the one of this number.
pub async fn rows_of(tx: &mut Tx<Office>, id: ImportId, verdict: Option<Verdict>, after: i32) -> Result<Vec<Judged>> {
    read_rows(tx, id, &verdict.map_or_else(|| Verdict::ALL.to_vec(), |one| vec![one]), after, PAGE).await
}

pub(super) async fn read_rows(tx: &mut Tx<Office>, id: ImportId, verdicts: &[Verdict], after: i32, most: i64) -> Result<Vec<Judged>> {
    let verdicts: Vec<String> = verdicts.iter().map(|verdict| verdict.word().to_owned()).collect();
    let rows = sqlx::query!(
        "select line, verdict, key, of_account, title, before, after, remarks from import_rows
          where tenant_id = $1 and import_id = $2 and verdict = any($3) and line > $4
          order by line limit $5",
        tx.tenant().uuid(),
        id.uuid(),
        &verdicts,
        after,
        most
    );
    let rows = rows.fetch_all(&mut *tx).await?;
    let unreadable = |error: serde_json::Error| Error::Internal(error.into());
    let judged = rows.into_iter().map(|row| {
        Ok(Judged {
            line: row.line,
            verdict: Verdict::parse(&row.verdict).unwrap_or(Verdict::Wrong),
            key: row.key,
            of_account: row.of_account,
            title: row.title,
            before: serde_json::from_value(row.before).map_err(unreadable)?,
            after: serde_json::from_value(row.after).map_err(unreadable)?,
            remarks: serde_json::from_value::<Vec<Remark>>(row.remarks).map_err(unreadable)?,
        })
    });
    judged.collect()
}

/// Takes a file away that is not under way; what it did stays, and cannot be undone by it any more.
///
/// # Errors
/// [`Error::NotFound`]; [`Error::Conflict`] while it is worked on.
pub async fn remove(tx: &mut Tx<Office>, id: ImportId) -> Result<Import> {
    let import = find_to_change(tx, id).await?;
    if matches!(import.status, Status::Applying | Status::Undoing) {
        return Err(Error::Conflict("This file is just being worked on. Wait until that is done"));
    }
    forget(tx, &[id.uuid()]).await?;
    Ok(import)
}

async fn forget(tx: &mut Tx<Office>, ids: &[Uuid]) -> Result<()> {
    let tenant = tx.tenant().uuid();
    sqlx::query!("delete from import_rows where tenant_id = $1 and import_id = any($2)", tenant, ids).execute(&mut *tx).await?;
    sqlx::query!("delete from import_pieces where tenant_id = $1 and import_id = any($2)", tenant, ids).execute(&mut *tx).await?;
    sqlx::query!("delete from imports where tenant_id = $1 and import_id = any($2)", tenant, ids).execute(&mut *tx).await?;
    Ok(())
}

/// Files of customers hold who they are: when somebody has everything about them erased, none is kept in which they may be.
pub async fn forget_people(tx: &mut Tx<Office>) -> Result<()> {
    let ids =
        sqlx::query_scalar!("select import_id from imports where tenant_id = $1 and kind = 'customers' for update", tx.tenant().uuid());
    let ids = ids.fetch_all(&mut *tx).await?;
    forget(tx, &ids).await
}

/// How long a file is kept that nobody applied, and how long what one did can be undone.
const KEPT: TimeDelta = TimeDelta::days(30);

/// Removes the oldest file that is too old; false when there is none.
pub async fn sweep(tx: &mut Tx<Office>, now: DateTime<Utc>) -> Result<bool> {
    let old = sqlx::query_scalar!(
        "select import_id from imports where tenant_id = $1 and created_at < $2 order by import_id limit 1 for update skip locked",
        tx.tenant().uuid(),
        now - KEPT
    );
    let Some(id) = old.fetch_optional(&mut *tx).await? else { return Ok(false) };
    forget(tx, &[id]).await?;
    Ok(true)
}
