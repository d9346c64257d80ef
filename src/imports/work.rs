//! What staff do with files, and the job that goes on from there.

use chrono::{DateTime, Utc};

use super::cells::Sight;
use super::characters::{Reading, Sniffer};
use super::keeping::{beginning, find, find_to_change, guessed, last_applied, word_of};
use super::{HEAVIEST_UPLOAD_BYTES, Import, Kind, Separator, Status, applying, field_of, fields_of, plain, reading};
use crate::db::{Office, Tx};
use crate::error::{Error, FieldErrors, Result};
use crate::ids::ImportId;
use crate::jobs::{self, Job, Lane, Outcome};
use crate::tenancy::extract::Member;
use crate::tenancy::{House, Tenant};
use crate::values::{DecimalMark, text};

/// A file that is coming, piece by piece.
pub struct Upload {
    id: ImportId,
    kind: Kind,
    sniffer: Sniffer,
    beginning: Vec<u8>,
    pieces: i32,
    bytes: usize,
}

impl Upload {
    /// So large is a piece but the last.
    pub const PIECE: usize = 256 * 1024;

    /// Makes a place for it. A file of the same kind that this member of staff has left lying goes.
    pub async fn begin(tx: &mut Tx<Office>, member: &Member, kind: Kind, file_name: &str) -> Result<Self> {
        let id = ImportId::new();
        let file_name = text::line(file_name, 120).unwrap_or_else(|_| format!("{}.csv", kind.word()));
        let (tenant, staff) = (tx.tenant().uuid(), member.session.staff_id.uuid());
        let left = sqlx::query_scalar!(
            "select import_id from imports
              where tenant_id = $1 and kind = $2 and staff_id = $3 and status in ('columns', 'read', 'broken', 'undone') for update",
            tenant,
            kind.word(),
            staff
        );
        for left in left.fetch_all(&mut *tx).await? {
            super::keeping::remove(tx, left.into()).await?;
        }
        sqlx::query!(
            "insert into imports (tenant_id, import_id, kind, file_name, bytes, characters, separator, decimal_mark, headings, fields, status,
                                  staff_id, staff_name, created_at)
             values ($1, $2, $3, $4, 1, 'utf-8', 'comma', 'point', '{}', '{}', 'columns', $5, $6, $7)",
            tenant,
            id.uuid(),
            kind.word(),
            file_name,
            staff,
            member.session.name,
            member.house.now()
        )
        .execute(&mut *tx)
        .await?;
        Ok(Self { id, kind, sniffer: Sniffer::default(), beginning: Vec::new(), pieces: 0, bytes: 0 })
    }

    /// Keeps the next piece.
    ///
    /// # Errors
    /// [`Error::Invalid`] when the file is too large.
    pub async fn take(&mut self, tx: &mut Tx<Office>, piece: &[u8]) -> Result<()> {
        self.bytes += piece.len();
        if self.bytes > HEAVIEST_UPLOAD_BYTES {
            return Err(Error::invalid("file", "This file is larger than 32 MB. Split it in two."));
        }
        self.sniffer.take(piece);
        if self.pieces == 0 {
            self.beginning = piece.to_vec();
        }
        sqlx::query!(
            "insert into import_pieces (tenant_id, import_id, piece, bytes) values ($1, $2, $3, $4)",
            tx.tenant().uuid(),
            self.id.uuid(),
            self.pieces,
            piece
        )
        .execute(&mut *tx)
        .await?;
        self.pieces += 1;
        Ok(())
    }

    /// Looks at how it is written and what its columns may be.
    ///
    /// # Errors
    /// [`Error::Invalid`] when it is nothing that can be read.
    pub async fn finish(self, tx: &mut Tx<Office>, member: &Member) -> Result<ImportId> {
        let wrong = |why: String| Error::invalid("file", why);
        let characters = self.sniffer.verdict().map_err(|why| wrong(why.to_string()))?;
        let text = Reading::new(characters).text(&self.beginning, false);
        let separator = Separator::of(&text);
        let rows = beginning(&text, separator);
        let headings = rows.first().map(|row| row.cells.iter().map(|cell| shortened(cell)).collect::<Vec<String>>()).unwrap_or_default();
        if rows.len() < 2 {
            return Err(wrong("There are no rows in this file below the first, which is for the headings.".to_owned()));
        }
        let fields = guessed(tx, self.kind, &headings).await?;
        let mark = match separator {
            Separator::Semicolon => DecimalMark::Comma,
            Separator::Comma => DecimalMark::Point,
            Separator::Tab | Separator::Bar => DecimalMark::of(member.tenant.country),
        };
        sqlx::query!(
            "update imports set bytes = $3, characters = $4, separator = $5, decimal_mark = $6, headings = $7, fields = $8
              where tenant_id = $1 and import_id = $2",
            tx.tenant().uuid(),
            self.id.uuid(),
            i64::try_from(self.bytes).unwrap_or(i64::MAX),
            characters.word(),
            separator.word(),
            word_of(mark),
            &headings,
            &fields
        )
        .execute(&mut *tx)
        .await?;
        Ok(self.id)
    }
}

/// A heading without its end, should it be a whole text.
fn shortened(cell: &str) -> String {
    cell.split_whitespace().collect::<Vec<_>>().join(" ").chars().filter(|character| !character.is_control()).take(60).collect()
}

/// Says what the columns are, which is remembered, and has the file read with them.
///
/// # Errors
/// [`Error::Invalid`] when something is there twice or lacks; [`Error::Conflict`] once it is applied.
pub async fn read_anew(tx: &mut Tx<Office>, member: &Member, id: ImportId, fields: &[String], mark: DecimalMark) -> Result<()> {
    let import = find_to_change(tx, id).await?;
    if !matches!(import.status, Status::Columns | Status::Reading | Status::Read | Status::Broken) {
        return Err(Error::Conflict("This file is applied already, or is just being applied"));
    }
    let fields: Vec<String> = (0..import.headings.len()).map(|at| fields.get(at).cloned().unwrap_or_default()).collect();
    are_right(&import, &fields)?;
    remember(tx, &import, &fields, member.house.now()).await?;
    sqlx::query!(
        "update imports set fields = $3, decimal_mark = $4, trouble = '' where tenant_id = $1 and import_id = $2",
        tx.tenant().uuid(),
        id.uuid(),
        &fields,
        word_of(mark)
    )
    .execute(&mut *tx)
    .await?;
    begin_to_read(tx, member.house.now(), id).await
}

fn are_right(import: &Import, fields: &[String]) -> Result<()> {
    let mut wrong = FieldErrors::new();
    let said: Vec<&String> = fields.iter().filter(|word| !word.is_empty()).collect();
    for (at, word) in fields.iter().enumerate().filter(|(_, word)| !word.is_empty()) {
        match field_of(import.kind, word) {
            None => wrong.add(format!("column-{at}"), "Choose what this column is."),
            Some(field) if fields.iter().take(at).any(|other| other == word) => {
                wrong.add(format!("column-{at}"), format!("Another column is {} already. Leave one of them out.", field.name));
            }
            Some(_) => {}
        }
    }
    for field in fields_of(import.kind).iter().filter(|field| field.is_needed) {
        if !said.iter().any(|word| *word == field.word) {
            wrong.add("column-0", format!("No column is {} yet. Without it no row can be read.", field.name));
        }
    }
    wrong.or(Some(()))
}

async fn remember(tx: &mut Tx<Office>, import: &Import, fields: &[String], now: DateTime<Utc>) -> Result<()> {
    let mut seen = std::collections::BTreeMap::new();
    for (heading, field) in import.headings.iter().zip(fields) {
        seen.entry(plain(heading)).or_insert_with(|| field.clone());
    }
    seen.remove("");
    let (headings, fields): (Vec<String>, Vec<String>) = seen.into_iter().unzip();
    sqlx::query!(
        "insert into import_mappings (tenant_id, kind, heading, field, said_at)
         select $1::uuid, $2::text, said.heading, said.field, $5::timestamptz from unnest($3::text[], $4::text[]) as said (heading, field)
         on conflict (tenant_id, kind, heading) do update set field = excluded.field, said_at = excluded.said_at",
        tx.tenant().uuid(),
        import.kind.word(),
        &headings,
        &fields,
        now
    )
    .execute(&mut *tx)
    .await?;
    Ok(())
}

/// Forgets what its rows would do, and has them read from the beginning.
pub(super) async fn begin_to_read(tx: &mut Tx<Office>, now: DateTime<Utc>, id: ImportId) -> Result<()> {
    let tenant = tx.tenant();
    sqlx::query!("delete from import_rows where tenant_id = $1 and import_id = $2", tenant.uuid(), id.uuid()).execute(&mut *tx).await?;
    sqlx::query!(
        "update imports set status = 'reading', reading = reading + 1, done = 0, new_rows = 0, changed_rows = 0, unchanged_rows = 0, wrong_rows = 0
          where tenant_id = $1 and import_id = $2",
        tenant.uuid(),
        id.uuid()
    )
    .execute(&mut *tx)
    .await?;
    jobs::enqueue(tx, Lane::Files, Job::WorkOnImport(id), Some(tenant), now).await
}

/// Has all of it done.
///
/// # Errors
/// [`Error::Conflict`] when it is not to be applied as it stands.
pub async fn apply(tx: &mut Tx<Office>, member: &Member, id: ImportId) -> Result<()> {
    let import = find_to_change(tx, id).await?;
    match import.status {
        // Pressed twice, it is done once.
        Status::Applying | Status::Applied => return Ok(()),
        Status::Read if import.can_be_applied() => {}
        Status::Read if import.counts.wrong > 0 => return Err(Error::Conflict("Nothing is applied while a row is wrong")),
        _ => return Err(Error::Conflict("There is nothing to apply in this file")),
    }
    go_on(tx, member, id, Status::Applying).await
}

/// Has all of it undone.
///
/// # Errors
/// [`Error::Conflict`] when it is not the last of its kind.
pub async fn undo(tx: &mut Tx<Office>, member: &Member, id: ImportId) -> Result<()> {
    let import = find_to_change(tx, id).await?;
    match import.status {
        Status::Undoing | Status::Undone => return Ok(()),
        Status::Applied => {}
        _ => return Err(Error::Conflict("This file was not applied")),
    }
    if last_applied(tx, import.kind).await? != Some(id) {
        return Err(Error::Conflict("Another file of this kind was applied since. Undo that one first"));
    }
    go_on(tx, member, id, Status::Undoing).await
}

async fn go_on(tx: &mut Tx<Office>, member: &Member, id: ImportId, to: Status) -> Result<()> {
    let tenant = tx.tenant();
    sqlx::query!(
        "update imports set status = $3, done = 0, trouble = '', staff_id = $4, staff_name = $5 where tenant_id = $1 and import_id = $2",
        tenant.uuid(),
        id.uuid(),
        to.word(),
        member.session.staff_id.uuid(),
        member.session.name
    )
    .execute(&mut *tx)
    .await?;
    jobs::enqueue(tx, Lane::Files, Job::WorkOnImport(id), Some(tenant), member.house.now()).await
}

/// The job: whatever is to be done with a file now. What was done before a process died is not done again.
pub async fn run(house: &House, tenant: &Tenant, id: ImportId) -> Result<Outcome> {
    let import = match house.office(tenant).read(async |tx| find(tx, id).await).await {
        Err(Error::NotFound) => return Ok(Outcome::Done),
        import => import?,
    };
    match import.status {
        Status::Reading => reading::read(house, tenant, &import).await,
        Status::Applying => applying::apply(house, tenant, &import).await,
        Status::Undoing => applying::undo(house, tenant, &import).await,
        _ => Ok(Outcome::Done),
    }
}

/// With what a file of this kind is read at this tenant.
pub(super) async fn sight_of(tx: &mut Tx<Office>, tenant: &Tenant, import: &Import, now: DateTime<Utc>) -> Result<Sight> {
    Sight::of(tx, tenant, import.written.mark, now).await
}
