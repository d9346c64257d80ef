//! Files on their way, as pages show them.

use askama::Template;
use uuid::Uuid;

use super::keeping::PAGE;
use super::{Import, Judged, Kind, Remark, Status, Verdict, field_of, fields_of, last_applied, list, rows_of, sample};
use crate::db::{Office, Tx};
use crate::error::{FieldErrors, Result};
use crate::office_requests;
use crate::tenancy::extract::Member;
use crate::values::DecimalMark;
use crate::web::{Shell, when};

#[derive(Template)]
#[template(path = "imports/index.html")]
pub(super) struct IndexPage {
    shell: Shell,
    kinds: [(&'static str, &'static str, &'static str); 3],
    chosen: String,
    items: Vec<Item>,
    pub file_error: String,
    pub notice: &'static str,
}

const KINDS: [(&str, &str, &str); 3] = [
    ("products", "Products", "What you sell: SKU, name, price, stock and whatever else your list has."),
    ("prices", "Prices", "Of price lists and of single accounts, from a quantity on, between two days."),
    ("customers", "Customers", "Trade accounts, and who buys for them by their mobile numbers."),
];

/// A file of the list.
struct Item {
    id: Uuid,
    kind: &'static str,
    file_name: String,
    status: Status,
    state: &'static str,
    tag: &'static str,
    what: String,
    by: String,
    at: String,
    at_exact: String,
}

impl Item {
    fn of(import: &Import, member: &Member) -> Self {
        let (state, tag) = match import.status {
            Status::Columns => ("Columns to say", "warn"),
            Status::Reading => ("Being read", ""),
            Status::Read if import.counts.wrong > 0 => ("Rows are wrong", "bad"),
            Status::Read => ("To be applied", "warn"),
            Status::Applying => ("Being applied", ""),
            Status::Applied => ("Applied", "good"),
            Status::Undoing => ("Being undone", ""),
            Status::Undone => ("Undone", ""),
            Status::Broken => ("Cannot be read", "bad"),
        };
        let (now, zone) = (member.house.now(), member.tenant.time_zone);
        let at = import.undone_at.or(import.applied_at).unwrap_or(import.created_at);
        Self {
            id: import.id.uuid(),
            kind: name_of(import.kind),
            file_name: import.file_name.clone(),
            status: import.status,
            state,
            tag,
            what: if import.counts.all() == 0 { String::new() } else { in_words(import) },
            by: import.staff_name.clone(),
            at: when::ago(at, now, zone),
            at_exact: when::exact(at, zone),
        }
    }
}

fn name_of(kind: Kind) -> &'static str {
    KINDS.iter().find(|(word, _, _)| *word == kind.word()).map_or("", |(_, name, _)| name)
}

/// «12 new, 3 changed, 1,200 unchanged».
fn in_words(import: &Import) -> String {
    let parts = Verdict::ALL.iter().map(|verdict| (import.counts.of(*verdict), verdict.word())).filter(|(number, _)| *number > 0);
    parts.map(|(number, word)| format!("{} {word}", grouped(number))).collect::<Vec<_>>().join(", ")
}

fn grouped(number: i32) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

pub(super) async fn index_page(tx: &mut Tx<Office>, member: &Member, kind: &str) -> Result<IndexPage> {
    let imports = list(tx).await?;
    Ok(IndexPage {
        shell: shell(tx, member, "Imports and exports").await?,
        kinds: KINDS,
        chosen: Kind::parse(kind).unwrap_or(Kind::Products).word().to_owned(),
        items: imports.iter().map(|import| Item::of(import, member)).collect(),
        file_error: String::new(),
        notice: "",
    })
}

async fn shell(tx: &mut Tx<Office>, member: &Member, title: &str) -> Result<Shell> {
    Ok(Shell::of_staff(member, title, "imports", office_requests::waiting(tx, member).await?))
}

#[derive(Template)]
#[template(path = "imports/columns.html")]
pub(super) struct ColumnsPage {
    shell: Shell,
    id: Uuid,
    kind: &'static str,
    file_name: String,
    characters: &'static str,
    separator: &'static str,
    columns: Vec<Column>,
    is_comma: bool,
    wrong: FieldErrors,
    trouble: String,
}

/// A column of the file, and what it may be.
struct Column {
    place: usize,
    heading: String,
    holds: Vec<String>,
    choices: Vec<Choice>,
    is_left_out: bool,
    wrong: String,
}

struct Choice {
    word: &'static str,
    name: &'static str,
    is_needed: bool,
    is_chosen: bool,
}

pub(super) async fn columns_page(
    tx: &mut Tx<Office>,
    member: &Member,
    import: &Import,
    (fields, mark): (&[String], DecimalMark),
    wrong: FieldErrors,
) -> Result<ColumnsPage> {
    let sample = sample(tx, import).await?;
    let each = import.headings.iter().enumerate().map(|(place, heading)| {
        let said = fields.get(place).map(String::as_str).unwrap_or_default();
        let choices = fields_of(import.kind).iter();
        let shortened = |cell: &String| cell.chars().take(60).collect::<String>();
        Column {
            place,
            heading: heading.clone(),
            holds: sample
                .rows
                .iter()
                .filter_map(|row| row.cells.get(place))
                .filter(|cell| !cell.trim().is_empty())
                .map(shortened)
                .collect(),
            choices: choices
                .map(|field| Choice { word: field.word, name: field.name, is_needed: field.is_needed, is_chosen: field.word == said })
                .collect(),
            is_left_out: field_of(import.kind, said).is_none(),
            wrong: wrong.of(&format!("column-{place}")),
        }
    });
    Ok(ColumnsPage {
        shell: shell(tx, member, "What the columns are").await?,
        id: import.id.uuid(),
        kind: import.kind.word(),
        file_name: import.file_name.clone(),
        characters: import.written.characters.name(),
        separator: import.written.separator.word(),
        columns: each.collect(),
        is_comma: mark == DecimalMark::Comma,
        wrong,
        trouble: if import.status == Status::Broken { import.trouble.clone() } else { String::new() },
    })
}

#[derive(Template)]
#[template(path = "imports/show.html")]
pub(super) struct ShowPage {
    shell: Shell,
    item: Item,
    import: Import,
    percent: i64,
    filters: Vec<Filter>,
    is_filtered: bool,
    rows: Vec<Line>,
    next_href: String,
    can_be_undone: bool,
    pub refusal: String,
}

/// A kind of rows to look at.
struct Filter {
    href: String,
    name: &'static str,
    number: String,
    is_chosen: bool,
}

/// A row as the page shows it.
struct Line {
    number: i32,
    title: String,
    state: &'static str,
    tag: &'static str,
    remarks: Vec<Remark>,
}

impl Line {
    fn of(row: Judged) -> Self {
        let (state, tag) = match row.verdict {
            Verdict::New => ("New", "good"),
            Verdict::Changed => ("Changed", "warn"),
            Verdict::Unchanged => ("Unchanged", ""),
            Verdict::Wrong => ("Wrong", "bad"),
        };
        Self { number: row.line, title: row.title, state, tag, remarks: row.remarks }
    }
}

pub(super) async fn show_page(
    tx: &mut Tx<Office>,
    member: &Member,
    import: Import,
    chosen: Option<Verdict>,
    after: i32,
) -> Result<ShowPage> {
    let rows = if import.status.is_under_way() { Vec::new() } else { rows_of(tx, import.id, chosen, after).await? };
    let last = last_applied(tx, import.kind).await?;
    let href = |word: &str| format!("/office/imports/{}?rows={word}", import.id);
    let all = Filter { href: href(""), name: "All", number: grouped(import.counts.all()), is_chosen: chosen.is_none() };
    let names = ["New", "Changed", "Unchanged", "Wrong"];
    let filters = Verdict::ALL.into_iter().zip(names).map(|(verdict, name)| Filter {
        href: href(verdict.word()),
        name,
        number: grouped(import.counts.of(verdict)),
        is_chosen: chosen == Some(verdict),
    });
    let is_full = i64::try_from(rows.len()).is_ok_and(|length| length == PAGE);
    let next = rows.last().filter(|_| is_full).map(|last| format!("{}&after={}", href(chosen.map_or("", Verdict::word)), last.line));
    Ok(ShowPage {
        shell: shell(tx, member, &import.file_name).await?,
        item: Item::of(&import, member),
        percent: import.percent(),
        filters: std::iter::once(all).chain(filters).collect(),
        is_filtered: chosen.is_some(),
        rows: rows.into_iter().map(Line::of).collect(),
        next_href: next.unwrap_or_default(),
        can_be_undone: import.status == Status::Applied && last == Some(import.id),
        refusal: String::new(),
        import,
    })
}
