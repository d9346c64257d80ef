//! Unpacks an archive without trusting it: nothing is written anywhere by the names in it, no more is read of a file than
//! its manifest says, and each file is compared with its sum.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Take};

use serde_json::{Map, Value};
use zip::ZipArchive;
use zip::read::ZipFile;

use super::{FORMAT, Listed, MANIFEST, Manifest, Refusal, Sealed, Sum, VERSION, columns, logo_file, tables};

/// A manifest names some tables and files; it is not long.
const LONGEST_MANIFEST: u64 = 1024 * 1024;
/// The longest row.
const LONGEST_LINE: u64 = 16 * 1024 * 1024;
/// An archive of ours packs rows to a tenth; what unpacks to more than this is a bomb,
const MOST_TIMES: u128 = 100;
/// unless it is small anyway.
const SMALL: u128 = 16 * 1024 * 1024;

/// An archive whose manifest has been read and fits its files.
pub struct Reader {
    zip: ZipArchive<BufReader<File>>,
    pub manifest: Manifest,
}

impl Reader {
    pub fn open(file: File) -> Result<Self, Refusal> {
        let packed = file.metadata().map_err(Refusal::not_ours)?.len();
        let mut zip = ZipArchive::new(BufReader::new(file)).map_err(Refusal::not_ours)?;
        let manifest = read_manifest(&mut zip)?;
        check_tables(&manifest.tables)?;
        check_files(&zip, &manifest)?;
        let unpacked = manifest.files.iter().map(|file| u128::from(file.bytes)).sum();
        if unpacked > SMALL + MOST_TIMES * u128::from(packed) {
            return Err(Refusal::Bomb(unpacked));
        }
        Ok(Self { zip, manifest })
    }

    /// What the manifest says of a file.
    pub fn sealed(&self, name: &str) -> Result<Sealed, Refusal> {
        let sealed = self.manifest.files.iter().find(|file| file.name == name).cloned();
        sealed.ok_or_else(|| Refusal::Missing(name.to_owned()))
    }

    /// The rows of a table.
    pub fn rows(&mut self, table: &str) -> Result<Rows<'_>, Refusal> {
        let file = format!("{table}.json");
        let sealed = self.sealed(&file)?;
        Ok(Rows { lines: BufReader::new(self.file(&file)?), sealed, file, line: 0, is_over: false })
    }

    /// A file that is held at once: the logo.
    pub fn whole(&mut self, name: &str) -> Result<Vec<u8>, Refusal> {
        let sealed = self.sealed(name)?;
        let mut summed = self.file(name)?;
        let mut bytes = Vec::new();
        summed.read_to_end(&mut bytes).map_err(|_| Refusal::Changed(name.to_owned()))?;
        Refusal::unless_same(&sealed, &summed.sum.seal(name.to_owned())).map(|()| bytes)
    }

    /// Reads a file that is for people alone, to see that it is whole.
    pub fn check(&mut self, name: &str) -> Result<(), Refusal> {
        let sealed = self.sealed(name)?;
        let mut summed = self.file(name)?;
        io::copy(&mut summed, &mut io::sink()).map_err(|_| Refusal::Changed(name.to_owned()))?;
        Refusal::unless_same(&sealed, &summed.sum.seal(name.to_owned()))
    }

    fn file(&mut self, name: &str) -> Result<Summed<'_>, Refusal> {
        // One byte more, so that what is too long is found out.
        let most = self.sealed(name)?.bytes + 1;
        let file = self.zip.by_name(name).map_err(|_| Refusal::Changed(name.to_owned()))?;
        Ok(Summed { inner: file.take(most), sum: Sum::default() })
    }
}

fn read_manifest(zip: &mut ZipArchive<BufReader<File>>) -> Result<Manifest, Refusal> {
    let file = zip.by_name(MANIFEST).map_err(|_| Refusal::Missing(MANIFEST.to_owned()))?;
    let mut text = String::new();
    let read = file.take(LONGEST_MANIFEST).read_to_string(&mut text);
    read.map_err(|_| Refusal::Changed(MANIFEST.to_owned()))?;
    let value: Value = serde_json::from_str(&text).map_err(Refusal::not_ours)?;
    if value.get("format").and_then(Value::as_str) != Some(FORMAT) {
        return Err(Refusal::not_ours("its manifest is of something else"));
    }
    // The rest of another version may look otherwise.
    match value.get("version").and_then(Value::as_u64) {
        Some(VERSION) => serde_json::from_value(value).map_err(Refusal::not_ours),
        other => Err(Refusal::OtherFormat(other.unwrap_or_default())),
    }
}

fn check_tables(listed: &[Listed]) -> Result<(), Refusal> {
    let mut seen = BTreeSet::new();
    for table in listed {
        let holding = tables().find(|holding| holding.table == table.name).ok_or_else(|| Refusal::UnknownTable(table.name.clone()))?;
        let known = columns(holding);
        let is_own = |column: &str| matches!((holding.table, column), ("tenants", "id") | (_, "tenant_id"));
        let mut once = BTreeSet::new();
        for column in &table.columns {
            if !known.contains(&column.as_str()) || is_own(column) || !once.insert(column) {
                return Err(Refusal::UnknownColumn { table: table.name.clone(), column: column.clone() });
            }
        }
        if !seen.insert(holding.table) {
            return Err(Refusal::not_ours(format!("{} is there twice", holding.table)));
        }
    }
    if seen.contains("tenants") { Ok(()) } else { Err(Refusal::Missing("tenants.json".to_owned())) }
}

/// The files are those that the tables are, and perhaps a logo: all are there, and no others.
fn check_files(zip: &ZipArchive<BufReader<File>>, manifest: &Manifest) -> Result<(), Refusal> {
    let wanted: BTreeSet<String> =
        manifest.tables.iter().flat_map(|table| [format!("{}.json", table.name), format!("{}.csv", table.name)]).collect();
    let is_logo = |name: &str| ["image/png", "image/svg+xml"].into_iter().any(|kind| logo_file(kind) == name);
    let mut sealed = BTreeSet::new();
    for Sealed { name, .. } in &manifest.files {
        if !(wanted.contains(name) || is_logo(name)) || !sealed.insert(name.clone()) {
            return Err(Refusal::Strange(name.clone()));
        }
    }
    let mut packed = BTreeSet::new();
    for name in zip.file_names() {
        let name = name.map_err(Refusal::not_ours)?.into_owned();
        if name != MANIFEST && !sealed.contains(&name) {
            return Err(Refusal::Strange(name));
        }
        packed.insert(name);
    }
    match wanted.iter().find(|name| !sealed.contains(*name)).or_else(|| sealed.iter().find(|name| !packed.contains(*name))) {
        Some(missing) => Err(Refusal::Missing(missing.clone())),
        None => Ok(()),
    }
}

/// A file that is summed while it is read.
struct Summed<'a> {
    inner: Take<ZipFile<'a, BufReader<File>>>,
    sum: Sum,
}

impl Read for Summed<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.inner.read(buffer)?;
        self.sum.add(buffer.get(..length).unwrap_or_default());
        Ok(length)
    }
}

/// The rows of a table, one on each line.
pub struct Rows<'a> {
    lines: BufReader<Summed<'a>>,
    sealed: Sealed,
    file: String,
    line: u64,
    is_over: bool,
}

/// One of them, as it is written and as it is read.
pub struct Row {
    pub line: u64,
    pub text: String,
    pub fields: Map<String, Value>,
}

impl Rows<'_> {
    /// The next ones; none when there are no more, and the file was what its sum says.
    pub fn next(&mut self, most: usize) -> Result<Vec<Row>, Refusal> {
        let mut rows = Vec::new();
        while !self.is_over && rows.len() < most {
            let line = self.read_line()?;
            match line.trim_end() {
                "[" if self.line == 1 => {}
                "]" => self.is_over = true,
                text => rows.push(self.row(text.strip_suffix(',').unwrap_or(text))?),
            }
        }
        Ok(rows)
    }

    /// Sees that the file has ended, and is whole.
    pub fn end(mut self) -> Result<(), Refusal> {
        io::copy(&mut self.lines, &mut io::sink()).map_err(|_| Refusal::Changed(self.file.clone()))?;
        Refusal::unless_same(&self.sealed, &self.lines.into_inner().sum.seal(self.file))
    }

    fn read_line(&mut self) -> Result<String, Refusal> {
        let mut line = Vec::new();
        let read = (&mut self.lines).take(LONGEST_LINE).read_until(b'\n', &mut line);
        self.line += 1;
        let is_whole = read.is_ok() && line.ends_with(b"\n");
        // Whoever changed the file left the sum as it was, or else the file itself is no table.
        let line = if is_whole { String::from_utf8(line).ok() } else { None };
        line.ok_or_else(|| Refusal::Changed(self.file.clone()))
    }

    fn row(&self, text: &str) -> Result<Row, Refusal> {
        match serde_json::from_str(text) {
            Ok(Value::Object(fields)) => Ok(Row { line: self.line, text: text.to_owned(), fields }),
            _ => Err(Refusal::Row { file: self.file.clone(), line: self.line, why: "this is no row".to_owned() }),
        }
    }
}
