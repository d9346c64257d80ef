//! What rows would do: compared with what stands there, a batch at a time.

use std::collections::HashMap;

use super::cells::{Known, Sight, cell, is_there, known, look_for, merged, title, title_words};
use super::{Cells, Import, Judged, Kind, Remark, Row, Verdict, field_of, fields_of};
use crate::db::{Office, Tx};
use crate::error::{Error, FieldErrors, Result};
use crate::values::text::from_cell;

/// What each row does, in the order in which they stand in the file.
pub(super) async fn judge(tx: &mut Tx<Office>, import: &Import, sight: &Sight, rows: Vec<Row>) -> Result<Vec<Judged>> {
    let mut judged = Vec::with_capacity(rows.len());
    let mut readable: Vec<(i32, Known)> = Vec::with_capacity(rows.len());
    for row in rows {
        let line = i32::try_from(row.number).unwrap_or(i32::MAX);
        match said(import, &row) {
            Err(wrong) => judged.push(*wrong),
            Ok(cells) => match known(import.kind, sight, cells) {
                Ok(known) => readable.push((line, known)),
                Err((cells, wrong)) => judged.push(refused(import.kind, line, String::new(), &cells, &wrong)),
            },
        }
    }
    let mut earlier = Earlier::of(tx, import, &readable).await?;
    let all: Vec<Known> = readable.iter().map(|(_, known)| known.clone()).collect();
    let found = look_for(tx, import.kind, sight, &all).await?;
    let nothing = Cells::new();
    for (line, known) in readable {
        let standing = found.standing.get(&known.key).unwrap_or(&nothing);
        let mut wrong = FieldErrors::new();
        if let Some(first) = earlier.keys.get(&known.key) {
            wrong.add(identity(import.kind), format!("This stands in row {first} already."));
        }
        earlier.keys.entry(known.key.clone()).or_insert(line);
        if let Some((field, why)) = found.wrong.get(&known.key) {
            wrong.add(*field, why.clone());
        }
        if wrong.iter().next().is_some() {
            judged.push(refused(import.kind, line, known.key, &known.cells, &wrong));
            continue;
        }
        judged.push(match merged(import.kind, sight, standing, &known.cells) {
            Ok(after) => earlier.agree(compared(import, line, known, standing, &after)),
            Err(Error::Invalid(wrong)) => refused(import.kind, line, known.key, &known.cells, &wrong),
            Err(error) => return Err(error),
        });
    }
    judged.sort_by_key(|row| row.line);
    Ok(judged)
}

/// What a row says under the columns that are read.
fn said(import: &Import, row: &Row) -> Result<Cells, Box<Judged>> {
    let line = i32::try_from(row.number).unwrap_or(i32::MAX);
    let too_many = row.cells.iter().skip(import.fields.len()).any(|cell| !cell.trim().is_empty());
    let cells: Cells = import
        .fields
        .iter()
        .zip(&row.cells)
        .filter(|(word, _)| !word.is_empty())
        .map(|(word, cell)| (word.clone(), from_cell(cell).to_owned()))
        .collect();
    let mut wrong = FieldErrors::new();
    if too_many {
        wrong.add("", format!("This row has more cells than the first row has headings ({}). Is a separator in a text, without quotation marks around it?", import.fields.len()));
    }
    for (word, text) in &cells {
        if word != "description" && text.trim().contains('\n') {
            wrong.add(word.clone(), "There is a line break in this cell. Is a quotation mark missing?");
        }
    }
    if wrong.iter().next().is_some() {
        Err(Box::new(refused(import.kind, line, String::new(), &cells, &wrong)))
    } else {
        Ok(whole(import, cells))
    }
}

/// Spreadsheets leave away the cells at the end of a row that are empty.
fn whole(import: &Import, mut cells: Cells) -> Cells {
    for word in import.fields.iter().filter(|word| !word.is_empty()) {
        cells.entry(word.clone()).or_default();
    }
    cells
}

/// By what a row of this kind is known.
fn identity(kind: Kind) -> &'static str {
    match kind {
        Kind::Products | Kind::Prices => "sku",
        Kind::Customers => "phone",
    }
}

/// A row that cannot be taken.
fn refused(kind: Kind, line: i32, key: String, cells: &Cells, wrong: &FieldErrors) -> Judged {
    let remark = |(word, why): (&str, &str)| Remark {
        what: field_of(kind, word).map(|field| field.name.to_owned()).unwrap_or_default(),
        from: cell(cells, word).chars().take(100).collect(),
        to: String::new(),
        why: why.to_owned(),
    };
    Judged {
        line,
        verdict: Verdict::Wrong,
        key,
        of_account: String::new(),
        title: title(kind, cells),
        before: Cells::new(),
        after: Cells::new(),
        remarks: wrong.iter().map(remark).collect(),
    }
}

/// What would be otherwise.
fn compared(import: &Import, line: i32, known: Known, standing: &Cells, after: &Cells) -> Judged {
    let (before, said) = (of_the_file(import, standing), of_the_file(import, after));
    let is_new = !is_there(import.kind, &known.key, standing);
    let mut remarks = Vec::new();
    for field in fields_of(import.kind) {
        let (from, to) = (cell(&before, field.word), cell(&said, field.word));
        // What is new is called by its title already.
        let is_said = is_new && title_words(import.kind).contains(&field.word);
        if from != to && !is_said {
            remarks.push(Remark { what: field.name.to_owned(), from: from.to_owned(), to: to.to_owned(), why: String::new() });
        }
    }
    let verdict = match (is_new, remarks.is_empty()) {
        (true, _) => Verdict::New,
        (false, true) => Verdict::Unchanged,
        (false, false) => Verdict::Changed,
    };
    let mut named = standing.clone();
    named.extend(after.clone());
    let Known { key, of_account, .. } = known;
    Judged { line, verdict, key, of_account, title: title(import.kind, &named), before, after: said, remarks }
}

/// Of all cells those of columns that the file has: the others are nothing to it.
pub(super) fn of_the_file(import: &Import, cells: &Cells) -> Cells {
    cells.iter().filter(|(word, _)| import.fields.contains(word)).map(|(word, text)| (word.clone(), text.clone())).collect()
}

/// What earlier rows of the file have said.
struct Earlier {
    /// In which row each key stands.
    keys: HashMap<String, i32>,
    /// What each account is, and in which row that was said.
    accounts: HashMap<String, (i32, Cells)>,
}

impl Earlier {
    /// Those of the batches before, as far as these rows are about the same.
    async fn of(tx: &mut Tx<Office>, import: &Import, rows: &[(i32, Known)]) -> Result<Self> {
        let keys: Vec<String> = rows.iter().map(|(_, known)| known.key.clone()).collect();
        let accounts: Vec<String> = rows.iter().map(|(_, known)| known.of_account.clone()).filter(|number| !number.is_empty()).collect();
        let before = sqlx::query!(
            r#"select distinct on (key) key, line from import_rows
                where tenant_id = $1 and import_id = $2 and key = any($3) order by key, line"#,
            tx.tenant().uuid(),
            import.id.uuid(),
            &keys
        );
        let before = before.fetch_all(&mut *tx).await?;
        let said = sqlx::query!(
            r#"select distinct on (of_account) of_account, line, after from import_rows
                where tenant_id = $1 and import_id = $2 and of_account <> '' and of_account = any($3) order by of_account, line"#,
            tx.tenant().uuid(),
            import.id.uuid(),
            &accounts
        );
        let said = said.fetch_all(&mut *tx).await?;
        Ok(Self {
            keys: before.into_iter().map(|row| (row.key, row.line)).collect(),
            accounts: said
                .into_iter()
                .map(|row| (row.of_account, (row.line, serde_json::from_value(row.after).unwrap_or_default())))
                .collect(),
        })
    }

    /// Rows of one account say the same of it.
    fn agree(&mut self, row: Judged) -> Judged {
        if row.of_account.is_empty() {
            return row;
        }
        let Some((first, said)) = self.accounts.get(&row.of_account) else {
            self.accounts.insert(row.of_account.clone(), (row.line, row.after.clone()));
            return row;
        };
        let mut wrong = FieldErrors::new();
        for word in super::customers::OF_ACCOUNT {
            if cell(said, word) != cell(&row.after, word) {
                wrong.add(word, format!("Row {first} says “{}” of the same account.", cell(said, word)));
            }
        }
        if wrong.iter().next().is_some() { refused(Kind::Customers, row.line, row.key, &row.after, &wrong) } else { row }
    }
}
