//! Files on a desk: brought in, looked at row by row, applied and undone.

use askama::Template;
use http::StatusCode;
use poem::web::{Form, Multipart, Path, Query};
use poem::{IntoResponse, Response, handler};
use serde::Deserialize;
use tokio::io::{AsyncRead, AsyncReadExt};
use uuid::Uuid;

use super::keeping::mark_of;
use super::{
    Import, Judged, Kind, Status, Upload, Verdict, apply, field_of, fields_of, find, last_applied, list, read_anew, remove, rows_of, sample, undo,
};
use crate::db::{Office, Tx};
use crate::error::{Error, FieldErrors, Result};
use crate::ids::ImportId;
use crate::office_requests;
use crate::tenancy::extract::{GoodsKeeper, Member, Staff};
use crate::values::DecimalMark;
use crate::web::{Page, Redirect, Shell, when};

/// How often whoever waits sees how far it is, in seconds.
const REFRESH: u8 = 2;

#[derive(Template)]
#[template(path = "imports/index.html")]
struct IndexPage {
    shell: Shell,
    kinds: [(&'static str, &'static str, &'static str); 3],
    chosen: String,
    items: Vec<Item>,
    file_error: String,
    notice: &'static str,
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

/// Of what kind a file is to be, and what has just been done.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct IndexQuery {
    kind: String,
    done: String,
}

/// `GET /office/imports`
#[handler]
pub async fn index(mut staff: Staff<GoodsKeeper>, Query(query): Query<IndexQuery>) -> Result<Page> {
    let mut page = index_page(&mut staff.tx, &staff.member, &query.kind).await?;
    page.notice = if query.done == "removed" { "The file is gone. Nothing of what you sell was changed by that." } else { "" };
    Page::of(&page)
}

async fn index_page(tx: &mut Tx<Office>, member: &Member, kind: &str) -> Result<IndexPage> {
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

/// `POST /office/imports`
#[handler]
pub async fn create(staff: Staff<GoodsKeeper>, mut parts: Multipart) -> Result<Response> {
    let member = staff.member.clone();
    let mut kind = String::new();
    let taken = staff
        .write(async |tx, member| {
            let unreadable = || Error::Malformed("The form cannot be read".to_owned());
            while let Some(field) = parts.next_field().await.map_err(|_| unreadable())? {
                match field.name() {
                    Some("kind") => kind = field.text().await.map_err(|_| unreadable())?,
                    Some("file") => {
                        let kind = Kind::parse(&kind).ok_or_else(|| Error::invalid("kind", "Choose what is in the file."))?;
                        let mut upload = Upload::begin(tx, member, kind, field.file_name().unwrap_or_default()).await?;
                        let mut body = Box::pin(field.into_async_read());
                        while let Some(piece) = next_piece(&mut body).await.map_err(|_| unreadable())? {
                            upload.take(tx, &piece).await?;
                        }
                        return upload.finish(tx, member).await;
                    }
                    _ => {}
                }
            }
            Err(Error::invalid("file", "Choose a file."))
        })
        .await;
    match taken {
        Ok(id) => Ok(Redirect::to(format!("/office/imports/{id}/columns")).into_response()),
        Err(error @ Error::Invalid(_)) => {
            let mut page = member.house.office(&member.tenant).read(async |tx| index_page(tx, &member, &kind).await).await?;
            page.file_error = error.fields().iter().next().map(|(_, why)| why.to_owned()).unwrap_or_default();
            Ok(Page::of(&page)?.with_status(StatusCode::UNPROCESSABLE_ENTITY).into_response())
        }
        Err(error) => Err(error),
    }
}

/// As much as a piece of a file has, or what is left.
async fn next_piece(body: &mut (impl AsyncRead + Unpin)) -> std::io::Result<Option<Vec<u8>>> {
    let mut piece = Vec::with_capacity(Upload::PIECE);
    body.take(Upload::PIECE as u64).read_to_end(&mut piece).await?;
    Ok(Some(piece).filter(|piece| !piece.is_empty()))
}

#[derive(Template)]
#[template(path = "imports/columns.html")]
struct ColumnsPage {
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

/// `GET /office/imports/:import_id/columns`
#[handler]
pub async fn columns(mut staff: Staff<GoodsKeeper>, Path(import_id): Path<Uuid>) -> Result<Response> {
    let import = find(&mut staff.tx, import_id.into()).await?;
    if !matches!(import.status, Status::Columns | Status::Read | Status::Broken) {
        return Ok(Redirect::to(format!("/office/imports/{import_id}")).into_response());
    }
    let page = columns_page(&mut staff.tx, &staff.member, &import, (&import.fields, import.written.mark), FieldErrors::new()).await?;
    Ok(Page::of(&page)?.into_response())
}

async fn columns_page(
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
            holds: sample.rows.iter().filter_map(|row| row.cells.get(place)).filter(|cell| !cell.trim().is_empty()).map(shortened).collect(),
            choices: choices.map(|field| Choice { word: field.word, name: field.name, is_needed: field.is_needed, is_chosen: field.word == said }).collect(),
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

/// `POST /office/imports/:import_id/columns`
#[handler]
pub async fn say_columns(staff: Staff<GoodsKeeper>, Path(import_id): Path<Uuid>, Form(said): Form<Vec<(String, String)>>) -> Result<Response> {
    let (member, id) = (staff.member.clone(), ImportId::from(import_id));
    let mut fields: Vec<String> = Vec::new();
    for (name, value) in &said {
        if let Some(place) = name.strip_prefix("column-").and_then(|place| place.parse::<usize>().ok()).filter(|place| *place < super::Rows::MOST_CELLS) {
            fields.resize(fields.len().max(place + 1), String::new());
            if let Some(field) = fields.get_mut(place) {
                field.clone_from(value);
            }
        }
    }
    let mark = mark_of(said.iter().find(|(name, _)| name == "decimal_mark").map(|(_, value)| value.as_str()).unwrap_or_default());
    match staff.write(async |tx, member| read_anew(tx, member, id, &fields, mark).await).await {
        Ok(()) => Ok(Redirect::to(format!("/office/imports/{import_id}")).into_response()),
        Err(error @ Error::Invalid(_)) => {
            let work = async |tx: &mut Tx<Office>| {
                let import = find(tx, id).await?;
                columns_page(tx, &member, &import, (&fields, mark), error.fields()).await
            };
            let page = member.house.office(&member.tenant).read(work).await?;
            Ok(Page::of(&page)?.with_status(StatusCode::UNPROCESSABLE_ENTITY).into_response())
        }
        Err(error) => refused(&member, id, error).await,
    }
}

#[derive(Template)]
#[template(path = "imports/show.html")]
struct ShowPage {
    shell: Shell,
    item: Item,
    import: Import,
    percent: i64,
    filters: Vec<Filter>,
    is_filtered: bool,
    rows: Vec<Line>,
    next_href: String,
    can_be_undone: bool,
    refusal: String,
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
    remarks: Vec<super::Remark>,
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

/// Which rows, and where the page before ended.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct ShowQuery {
    rows: String,
    after: i32,
}

/// `GET /office/imports/:import_id`
#[handler]
pub async fn show(mut staff: Staff<GoodsKeeper>, Path(import_id): Path<Uuid>, Query(query): Query<ShowQuery>) -> Result<Response> {
    let import = find(&mut staff.tx, import_id.into()).await?;
    if matches!(import.status, Status::Columns | Status::Broken) {
        return Ok(Redirect::to(format!("/office/imports/{import_id}/columns")).into_response());
    }
    let is_under_way = import.status.is_under_way();
    let page = Page::of(&show_page(&mut staff.tx, &staff.member, import, &query).await?)?;
    Ok(if is_under_way { page.with_refresh(REFRESH) } else { page }.into_response())
}

async fn show_page(tx: &mut Tx<Office>, member: &Member, import: Import, query: &ShowQuery) -> Result<ShowPage> {
    let chosen = Verdict::parse(&query.rows);
    let rows = if import.status.is_under_way() { Vec::new() } else { rows_of(tx, import.id, chosen, query.after).await? };
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
    let is_full = i64::try_from(rows.len()).is_ok_and(|length| length == super::keeping::PAGE);
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

/// `POST /office/imports/:import_id/application`
#[handler]
pub async fn application(staff: Staff<GoodsKeeper>, Path(import_id): Path<Uuid>) -> Result<Response> {
    let (member, id) = (staff.member.clone(), ImportId::from(import_id));
    match staff.write(async |tx, member| apply(tx, member, id).await).await {
        Ok(()) => Ok(Redirect::to(format!("/office/imports/{import_id}")).into_response()),
        Err(error) => refused(&member, id, error).await,
    }
}

/// `POST /office/imports/:import_id/undoing`
#[handler]
pub async fn undoing(staff: Staff<GoodsKeeper>, Path(import_id): Path<Uuid>) -> Result<Response> {
    let (member, id) = (staff.member.clone(), ImportId::from(import_id));
    match staff.write(async |tx, member| undo(tx, member, id).await).await {
        Ok(()) => Ok(Redirect::to(format!("/office/imports/{import_id}")).into_response()),
        Err(error) => refused(&member, id, error).await,
    }
}

/// `POST /office/imports/:import_id/removal`
#[handler]
pub async fn removal(staff: Staff<GoodsKeeper>, Path(import_id): Path<Uuid>) -> Result<Response> {
    let (member, id) = (staff.member.clone(), ImportId::from(import_id));
    match staff.write(async |tx, _| remove(tx, id).await).await {
        Ok(import) => Ok(Redirect::to(format!("/office/imports?kind={}&done=removed", import.kind.word())).into_response()),
        Err(error) => refused(&member, id, error).await,
    }
}

/// The page, with why it was not done.
async fn refused(member: &Member, id: ImportId, refusal: Error) -> Result<Response> {
    let Error::Conflict(why) = refusal else { return Err(refusal) };
    let work = async |tx: &mut Tx<Office>| {
        let import = find(tx, id).await?;
        let mut page = show_page(tx, member, import, &ShowQuery::default()).await?;
        page.refusal = format!("{why}.");
        Page::of(&page)
    };
    let page = member.house.office(&member.tenant).read(work).await?;
    Ok(page.with_status(StatusCode::CONFLICT).into_response())
}
