//! All of a file, or nothing: applied, and undone, in one transaction. First it is looked whether everything stands as it did when
//! the rows were compared, or as they left it; only then something is written.

use serde_json::json;
use uuid::Uuid;

use super::cells::{AT_ONCE, Known, People, Sight, Undone, former, look_for, merged, put, take_away};
use super::judging::of_the_file;
use super::keeping::read_rows;
use super::work::{begin_to_read, sight_of};
use super::{Cells, Import, Judged, Kind, Status, Verdict};
use crate::audit::{self, Actor, Event};
use crate::categories;
use crate::db::{Office, Tx};
use crate::error::{Error, Result};
use crate::ids::{CategoryId, StaffId};
use crate::jobs::Outcome;
use crate::tenancy::{House, Tenant};
use crate::tenants::find_or_make_people;

/// So many rows are named when something stands in the way.
const NAMED: usize = 10;

/// Does what its rows say.
pub(super) async fn apply(house: &House, tenant: &Tenant, import: &Import) -> Result<Outcome> {
    let work = Work { house, tenant, import };
    let mut tx = house.office(tenant).open_write().await?;
    if !work.takes_its_turn(&mut tx).await? {
        return Ok(Outcome::Later("another file of this wholesaler is being worked on".to_owned()));
    }
    let sight = sight_of(&mut tx, tenant, import, house.now()).await?;
    let moved = work.otherwise(&mut tx, &sight, &[Verdict::New, Verdict::Changed, Verdict::Unchanged], |row| &row.before).await?;
    if !moved.is_empty() {
        drop(tx);
        return work.read_again(moved.len()).await;
    }
    let before = categories::all_ids(&mut tx).await?;
    match work.put_all(&mut tx, &sight).await {
        // Tried again it would come to the same.
        Err(refusal @ (Error::Conflict(_) | Error::Invalid(_))) => {
            drop(tx);
            return work.leave_it(&refusal).await;
        }
        put => put?,
    }
    let made: Vec<CategoryId> = categories::all_ids(&mut tx).await?.into_iter().filter(|id| !before.contains(id)).collect();
    work.remember_categories(&mut tx, &made).await?;
    work.finish(&mut tx, Status::Applied).await?;
    tx.commit().await?;
    Ok(Outcome::Done)
}

/// Makes everything as it was before.
pub(super) async fn undo(house: &House, tenant: &Tenant, import: &Import) -> Result<Outcome> {
    let work = Work { house, tenant, import };
    let mut tx = house.office(tenant).open_write().await?;
    if !work.takes_its_turn(&mut tx).await? {
        return Ok(Outcome::Later("another file of this wholesaler is being worked on".to_owned()));
    }
    let sight = sight_of(&mut tx, tenant, import, house.now()).await?;
    let changed = work.otherwise(&mut tx, &sight, &[Verdict::New, Verdict::Changed], |row| &row.after).await?;
    let refused = if changed.is_empty() { work.put_back(&mut tx, &sight).await } else { Ok(changed) };
    let refused = match refused {
        Err(Error::Conflict(why)) => vec![why.to_owned()],
        refused => refused?,
    };
    if !refused.is_empty() {
        drop(tx);
        return work.refuse(&refused).await;
    }
    work.take_categories_away(&mut tx).await?;
    work.finish(&mut tx, Status::Undone).await?;
    tx.commit().await?;
    Ok(Outcome::Done)
}

struct Work<'a> {
    house: &'a House,
    tenant: &'a Tenant,
    import: &'a Import,
}

impl Work<'_> {
    /// One file of a wholesaler after the other; the turn ends with the transaction.
    async fn takes_its_turn(&self, tx: &mut Tx<Office>) -> Result<bool> {
        let turn = sqlx::query_scalar!(
            r#"select pg_try_advisory_xact_lock(hashtextextended('imports:' || $1::text, 0)) as "is_ours!""#,
            tx.tenant().uuid().to_string()
        );
        Ok(turn.fetch_one(&mut *tx).await?)
    }

    /// The rows of these verdicts that come after this one.
    async fn batch(&self, tx: &mut Tx<Office>, verdicts: &[Verdict], after: i32) -> Result<Vec<Judged>> {
        read_rows(tx, self.import.id, verdicts, after, i64::try_from(AT_ONCE).unwrap_or(i64::MAX)).await
    }

    /// Of which rows something else stands there than they say, in words. Nobody changes it until the transaction ends.
    async fn otherwise(
        &self,
        tx: &mut Tx<Office>,
        sight: &Sight,
        verdicts: &[Verdict],
        expected: fn(&Judged) -> &Cells,
    ) -> Result<Vec<String>> {
        let (mut after, mut found) = (0, Vec::new());
        loop {
            let batch = self.batch(tx, verdicts, after).await?;
            let Some(last) = batch.last() else { return Ok(found) };
            after = last.line;
            let known: Vec<Known> = batch.iter().map(known).collect();
            self.hold(tx, &known).await?;
            let standing = look_for(tx, self.import.kind, sight, &known).await?.standing;
            let nothing = Cells::new();
            for row in &batch {
                let now = of_the_file(self.import, standing.get(&row.key).unwrap_or(&nothing));
                if now != *expected(row) {
                    found.push(format!("row {} ({})", row.line, row.title));
                }
            }
        }
    }

    /// Whoever changes these things waits; orders do not.
    async fn hold(&self, tx: &mut Tx<Office>, rows: &[Known]) -> Result<()> {
        let keys: Vec<String> =
            rows.iter().map(|row| if self.import.kind == Kind::Customers { &row.of_account } else { &row.key }).cloned().collect();
        let tenant = tx.tenant().uuid();
        match self.import.kind {
            Kind::Products => {
                let held = sqlx::query_scalar!(
                    r#"select 1 as "one!" from products where tenant_id = $1 and sku_key = any($2) order by product_id for no key update"#,
                    tenant,
                    &keys
                );
                held.fetch_all(&mut *tx).await?;
            }
            Kind::Customers => {
                let held = sqlx::query_scalar!(
                    r#"select 1 as "one!" from trade_accounts where tenant_id = $1 and lower(account_number) = any($2)
                        order by account_id for no key update"#,
                    tenant,
                    &keys
                );
                held.fetch_all(&mut *tx).await?;
            }
            // A price is one row, and whoever writes it at the same moment writes after this.
            Kind::Prices => {}
        }
        Ok(())
    }

    async fn put_all(&self, tx: &mut Tx<Office>, sight: &Sight) -> Result<()> {
        let (mut after, mut done) = (0, 0);
        loop {
            let batch = self.batch(tx, &[Verdict::New, Verdict::Changed], after).await?;
            let Some(last) = batch.last() else { return Ok(()) };
            after = last.line;
            let known: Vec<Known> = batch.iter().map(known).collect();
            self.put(tx, sight, &known).await?;
            done += batch.len();
            self.tell_how_far(done).await?;
        }
    }

    async fn put(&self, tx: &mut Tx<Office>, sight: &Sight, rows: &[Known]) -> Result<()> {
        let kind = self.import.kind;
        let standing = look_for(tx, kind, sight, rows).await?.standing;
        let nothing = Cells::new();
        let whole = rows.iter().map(|row| merged(kind, sight, standing.get(&row.key).unwrap_or(&nothing), &row.cells));
        let whole: Vec<Cells> = whole.collect::<Result<_>>()?;
        let people = self.people(&whole).await?;
        put(tx, kind, sight, &whole, &people, self.house.now()).await
    }

    /// People belong to no wholesaler, and are made at their own door.
    async fn people(&self, rows: &[Cells]) -> Result<People> {
        if self.import.kind != Kind::Customers {
            return Ok(People::new());
        }
        let phones: Vec<String> = rows.iter().filter_map(|row| row.get("phone")).filter(|phone| !phone.is_empty()).cloned().collect();
        find_or_make_people(self.house.db(), &phones, self.house.now()).await
    }

    /// Puts back what was there, and takes away what was not. Why something stays, in words.
    async fn put_back(&self, tx: &mut Tx<Office>, sight: &Sight) -> Result<Vec<String>> {
        for is_second in [false, true] {
            let mut after = 0;
            while let Some(batch) = self.undone(tx, &mut after).await? {
                let rows: Vec<Known> = batch
                    .iter()
                    .filter_map(|row| {
                        let [first, second] = former(self.import.kind, row);
                        if is_second { second } else { first }
                    })
                    .collect();
                self.put(tx, sight, &distinct(rows)).await?;
                self.tell_how_far(usize::try_from(after).unwrap_or_default() / 2).await?;
            }
        }
        let mut refused = Vec::new();
        for is_second in [false, true] {
            let mut after = 0;
            while let Some(batch) = self.undone(tx, &mut after).await? {
                let kept = take_away(tx, self.import.kind, sight, is_second, &batch, self.house.now()).await?;
                refused.extend(kept.into_iter().map(|(line, why)| format!("row {line}: {why}")));
            }
            if !refused.is_empty() {
                break;
            }
        }
        Ok(refused)
    }

    async fn undone(&self, tx: &mut Tx<Office>, after: &mut i32) -> Result<Option<Vec<Undone>>> {
        let batch = self.batch(tx, &[Verdict::New, Verdict::Changed], *after).await?;
        let Some(last) = batch.last() else { return Ok(None) };
        *after = last.line;
        let undone = batch.iter().map(|row| Undone { line: row.line, known: known(row), before: row.before.clone() });
        Ok(Some(undone.collect()))
    }

    async fn remember_categories(&self, tx: &mut Tx<Office>, made: &[CategoryId]) -> Result<()> {
        let made: Vec<Uuid> = made.iter().map(|id| id.uuid()).collect();
        sqlx::query!(
            "update imports set made_categories = $3 where tenant_id = $1 and import_id = $2",
            tx.tenant().uuid(),
            self.import.id.uuid(),
            &made
        )
        .execute(&mut *tx)
        .await?;
        Ok(())
    }

    /// Those that this file has made, unless somebody has put something else into them since.
    async fn take_categories_away(&self, tx: &mut Tx<Office>) -> Result<()> {
        sqlx::query!(
            "delete from categories c using imports i
              where i.tenant_id = $1 and i.import_id = $2 and c.tenant_id = $1 and c.category_id = any(i.made_categories)
                and not exists (select from products p where p.tenant_id = $1 and p.category_id = c.category_id)",
            tx.tenant().uuid(),
            self.import.id.uuid()
        )
        .execute(&mut *tx)
        .await?;
        Ok(())
    }

    /// In a transaction of its own, so that whoever waits sees it.
    async fn tell_how_far(&self, done: usize) -> Result<()> {
        let work = async |tx: &mut Tx<Office>| {
            sqlx::query!(
                "update imports set done = $3 where tenant_id = $1 and import_id = $2 and status in ('applying', 'undoing')",
                tx.tenant().uuid(),
                self.import.id.uuid(),
                i64::try_from(done).unwrap_or(i64::MAX)
            )
            .execute(&mut *tx)
            .await?;
            Ok(())
        };
        self.house.office(self.tenant).write(work).await
    }

    /// What the preview showed is not so any more: it is shown anew, and nothing is applied.
    async fn read_again(&self, moved: usize) -> Result<Outcome> {
        let rows = if moved == 1 { "1 row".to_owned() } else { format!("{moved} rows") };
        let trouble = format!(
            "Nothing was applied. Since you looked at it, somebody has changed what {rows} of this file are about. It was read anew; look at it once more."
        );
        let work = async |tx: &mut Tx<Office>| {
            let told = self.tell(tx, Status::Reading, &trouble).await?;
            if told { begin_to_read(tx, self.house.now(), self.import.id).await } else { Ok(()) }
        };
        self.house.office(self.tenant).write(work).await?;
        Ok(Outcome::Done)
    }

    async fn leave_it(&self, refusal: &Error) -> Result<Outcome> {
        let why = refusal.fields().iter().next().map_or_else(|| refusal.to_string(), |(_, why)| why.to_owned());
        let trouble =
            format!("Nothing was applied. {}. Say what the columns are once more, and look at it anew.", why.trim_end_matches('.'));
        self.house.office(self.tenant).write(async |tx| self.tell(tx, Status::Read, &trouble).await).await?;
        Ok(Outcome::Done)
    }

    async fn refuse(&self, why: &[String]) -> Result<Outcome> {
        let named = why.iter().take(NAMED).cloned().collect::<Vec<_>>().join("; ");
        let more = if why.len() > NAMED { format!("; and {} more", why.len() - NAMED) } else { String::new() };
        let trouble = format!("Nothing was undone, because something was changed since this file was applied: {named}{more}.");
        self.house.office(self.tenant).write(async |tx| self.tell(tx, Status::Applied, &trouble).await).await?;
        Ok(Outcome::Done)
    }

    async fn tell(&self, tx: &mut Tx<Office>, status: Status, trouble: &str) -> Result<bool> {
        let told = sqlx::query!(
            "update imports set status = $3, trouble = $4 where tenant_id = $1 and import_id = $2 and status in ('applying', 'undoing')",
            tx.tenant().uuid(),
            self.import.id.uuid(),
            status.word(),
            trouble
        );
        Ok(told.execute(&mut *tx).await?.rows_affected() == 1)
    }

    /// Keeps what was done, and writes it down.
    async fn finish(&self, tx: &mut Tx<Office>, status: Status) -> Result<()> {
        let now = self.house.now();
        let (tenant, id) = (tx.tenant().uuid(), self.import.id.uuid());
        let finished = sqlx::query!(
            "update imports
                set status = $3, done = 0, trouble = '', applied_at = case when $3 = 'applied' then $4 else applied_at end,
                    undone_at = case when $3 = 'undone' then $4 end
              where tenant_id = $1 and import_id = $2 and status in ('applying', 'undoing')",
            tenant,
            id,
            status.word(),
            now
        );
        if finished.execute(&mut *tx).await?.rows_affected() == 0 {
            // The file was taken away meanwhile, and with it what it was to do.
            return Err(Error::NotFound);
        }
        // What has been applied is not read again.
        sqlx::query!("delete from import_pieces where tenant_id = $1 and import_id = $2", tenant, id).execute(&mut *tx).await?;
        let counts = self.import.counts;
        let (added, changed) = (counts.new, counts.changed);
        let details = json!({ "kind": self.import.kind.word(), "file": self.import.file_name, "count": added + changed, "added": added, "changed": changed });
        let action = if status == Status::Applied { "import.applied" } else { "import.undone" };
        let actor = Actor::of_staff(StaffId::from(self.import.staff_id), &self.import.staff_name);
        audit::record(tx, Event { actor, action, subject_kind: "import", subject_id: id, details }, now).await
    }
}

/// A row as it was kept.
fn known(row: &Judged) -> Known {
    Known { key: row.key.clone(), of_account: row.of_account.clone(), cells: row.after.clone() }
}

/// Rows of one account say the same of it once.
fn distinct(rows: Vec<Known>) -> Vec<Known> {
    let mut seen = std::collections::HashSet::new();
    rows.into_iter().filter(|row| seen.insert(row.key.clone())).collect()
}
