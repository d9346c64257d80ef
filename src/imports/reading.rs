//! Reading a file: its rows are found and compared a batch at a time, each batch in a transaction of its own. Of the file never more is
//! held than a piece, and of its rows never more than a piece has.

use serde_json::Value;

use super::cells::AT_ONCE;
use super::characters::Reading;
use super::judging::judge;
use super::keeping::{find_to_change, piece};
use super::work::sight_of;
use super::{Broken, Counts, Import, Judged, Row, Rows, Status};
use crate::db::{Office, Tx};
use crate::error::{Error, Result};
use crate::jobs::Outcome;
use crate::tenancy::{House, Tenant};

/// Reads it from where it was left.
pub(super) async fn read(house: &House, tenant: &Tenant, import: &Import) -> Result<Outcome> {
    let mut file = File { house, tenant, import, done: 0, waiting: Vec::new() };
    let (mut text, mut rows) = (Reading::new(import.written.characters), Rows::new(import.written.separator));
    let (mut place, mut is_heading) = (0, true);
    loop {
        let piece = house.office(tenant).read(async |tx| piece(tx, import.id, place).await).await?;
        let is_over = piece.is_none();
        let bytes = piece.unwrap_or_default();
        let mut found = rows.take(&text.text(&bytes, is_over));
        if is_over && let Ok(found) = &mut found {
            match rows.end() {
                Ok(last) => found.extend(last),
                Err(broken) => return file.give_up(broken).await,
            }
        }
        let found = match found {
            Ok(found) => found,
            Err(broken) => return file.give_up(broken).await,
        };
        file.done += bytes.len();
        // The first row has the headings.
        let headings = usize::from(is_heading && !found.is_empty());
        is_heading = is_heading && found.is_empty();
        file.waiting.extend(found.into_iter().skip(headings));
        while file.waiting.len() >= AT_ONCE || (is_over && !file.waiting.is_empty()) {
            if !file.write(false).await? {
                return Ok(Outcome::Done);
            }
        }
        if is_over {
            file.write(true).await?;
            return Ok(Outcome::Done);
        }
        place += 1;
    }
}

struct File<'a> {
    house: &'a House,
    tenant: &'a Tenant,
    import: &'a Import,
    done: usize,
    waiting: Vec<Row>,
}

impl File<'_> {
    /// Judges the rows that come next, and keeps what they would do; false when the file is to be read otherwise by now, or not at all.
    async fn write(&mut self, is_last: bool) -> Result<bool> {
        let batch: Vec<Row> = self.waiting.drain(..self.waiting.len().min(AT_ONCE)).collect();
        let work = async |tx: &mut Tx<Office>| {
            if !self.is_ours(tx).await? {
                return Ok(false);
            }
            let last = last_line(tx, self.import).await?;
            let batch: Vec<Row> = batch.into_iter().filter(|row| i64::from(row.number) > i64::from(last)).collect();
            let sight = sight_of(tx, self.tenant, self.import, self.house.now()).await?;
            let judged = judge(tx, self.import, &sight, batch).await?;
            keep(tx, self.import, &judged).await?;
            count(tx, self.import, &judged, self.done, is_last).await?;
            Ok(true)
        };
        self.house.office(self.tenant).write(work).await
    }

    /// Somebody may have said otherwise what the columns are, or taken the file away.
    async fn is_ours(&self, tx: &mut Tx<Office>) -> Result<bool> {
        match find_to_change(tx, self.import.id).await {
            Ok(now) => Ok(now.status == Status::Reading && now.reading == self.import.reading),
            Err(Error::NotFound) => Ok(false),
            Err(error) => Err(error),
        }
    }

    async fn give_up(&self, broken: Broken) -> Result<Outcome> {
        let work = async |tx: &mut Tx<Office>| {
            if self.is_ours(tx).await? {
                sqlx::query!(
                    "update imports set status = 'broken', trouble = $3 where tenant_id = $1 and import_id = $2",
                    tx.tenant().uuid(),
                    self.import.id.uuid(),
                    broken.to_string()
                )
                .execute(&mut *tx)
                .await?;
            }
            Ok(Outcome::Done)
        };
        self.house.office(self.tenant).write(work).await
    }
}

/// How far the rows are judged; they are in their order.
async fn last_line(tx: &mut Tx<Office>, import: &Import) -> Result<i32> {
    let last = sqlx::query_scalar!(
        r#"select coalesce(max(line), 0) as "last!" from import_rows where tenant_id = $1 and import_id = $2"#,
        tx.tenant().uuid(),
        import.id.uuid()
    );
    Ok(last.fetch_one(&mut *tx).await?)
}

async fn keep(tx: &mut Tx<Office>, import: &Import, rows: &[Judged]) -> Result<()> {
    let texts = |of: fn(&Judged) -> &str| rows.iter().map(|row| of(row).to_owned()).collect::<Vec<String>>();
    let values = |of: &dyn Fn(&Judged) -> serde_json::Result<Value>| rows.iter().map(of).collect::<serde_json::Result<Vec<Value>>>();
    let unwritable = |error: serde_json::Error| Error::Internal(error.into());
    sqlx::query!(
        "insert into import_rows (tenant_id, import_id, line, verdict, key, of_account, title, before, after, remarks)
         select $1::uuid, $2::uuid, new.*
           from unnest($3::int[], $4::text[], $5::text[], $6::text[], $7::text[], $8::jsonb[], $9::jsonb[], $10::jsonb[]) as new",
        tx.tenant().uuid(),
        import.id.uuid(),
        &rows.iter().map(|row| row.line).collect::<Vec<i32>>(),
        &texts(|row| row.verdict.word()),
        &texts(|row| &row.key),
        &texts(|row| &row.of_account),
        &texts(|row| &row.title),
        &values(&|row| serde_json::to_value(&row.before)).map_err(unwritable)?,
        &values(&|row| serde_json::to_value(&row.after)).map_err(unwritable)?,
        &values(&|row| serde_json::to_value(&row.remarks)).map_err(unwritable)?
    )
    .execute(&mut *tx)
    .await?;
    Ok(())
}

async fn count(tx: &mut Tx<Office>, import: &Import, rows: &[Judged], done: usize, is_last: bool) -> Result<()> {
    let mut counts = Counts::default();
    for row in rows {
        counts.count(row.verdict);
    }
    sqlx::query!(
        "update imports set new_rows = new_rows + $3, changed_rows = changed_rows + $4, unchanged_rows = unchanged_rows + $5,
                            wrong_rows = wrong_rows + $6, done = $7, status = case when $8 then 'read' else status end
          where tenant_id = $1 and import_id = $2",
        tx.tenant().uuid(),
        import.id.uuid(),
        counts.new,
        counts.changed,
        counts.unchanged,
        counts.wrong,
        i64::try_from(done).unwrap_or(i64::MAX),
        is_last
    )
    .execute(&mut *tx)
    .await?;
    Ok(())
}
