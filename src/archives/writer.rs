//! Packs an archive, table by table. Bounded memory: what is not packed yet waits in files without a name.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::mem;

use anyhow::Context;
use csv::{Terminator, WriterBuilder};
use serde_json::Value;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

use super::{FORMAT, Lines, Listed, MANIFEST, Manifest, Owner, Sealed, Sum, VERSION, logo_file};
use crate::values::text::as_cell;

/// An archive that is being packed.
pub struct Writer {
    zip: ZipWriter<File>,
    /// Of the file that is being written.
    sum: Sum,
    lines: Lines,
    csv: Option<csv::Writer<File>>,
    tables: Vec<Listed>,
    files: Vec<Sealed>,
}

/// Says to programs that guess that this is UTF-8.
const BYTE_ORDER_MARK: &str = "\u{feff}";

impl Writer {
    pub fn new() -> anyhow::Result<Self> {
        let zip = ZipWriter::new(tempfile::tempfile().context("making room for an archive")?);
        Ok(Self { zip, sum: Sum::default(), lines: Lines::default(), csv: None, tables: Vec::new(), files: Vec::new() })
    }

    /// Begins a table.
    pub fn begin(mut self, table: &str, columns: Vec<&'static str>) -> anyhow::Result<Self> {
        let mut csv = tempfile::tempfile()?;
        csv.write_all(BYTE_ORDER_MARK.as_bytes())?;
        let mut csv = WriterBuilder::new().terminator(Terminator::CRLF).from_writer(csv);
        csv.write_record(&columns)?;
        self.csv = Some(csv);
        self.lines = Lines::default();
        self.tables.push(Listed { name: table.to_owned(), rows: 0, columns: columns.into_iter().map(str::to_owned).collect() });
        self.start(&format!("{table}.json"))?;
        Ok(self)
    }

    /// Adds rows to it, each a JSON object.
    pub fn rows(mut self, rows: &[String]) -> anyhow::Result<Self> {
        let text = self.lines.of(rows);
        self.put(text.as_bytes())?;
        let (Some(csv), Some(table)) = (&mut self.csv, self.tables.last_mut()) else { anyhow::bail!("no table was begun") };
        for row in rows {
            let row: Value = serde_json::from_str(row)?;
            csv.write_record(table.columns.iter().map(|column| cell(row.get(column))))?;
        }
        table.rows = self.lines.rows;
        Ok(self)
    }

    /// Ends it.
    pub fn end(mut self) -> anyhow::Result<Self> {
        let (Some(csv), Some(name)) = (self.csv.take(), self.tables.last().map(|table| table.name.clone())) else {
            anyhow::bail!("no table was begun")
        };
        self.put(self.lines.end().as_bytes())?;
        self.seal(format!("{name}.json"));
        self.start(&format!("{name}.csv"))?;
        let mut csv = csv.into_inner().map_err(csv::IntoInnerError::into_error)?;
        csv.seek(SeekFrom::Start(0))?;
        let mut piece = vec![0; 64 * 1024];
        loop {
            let length = csv.read(&mut piece)?;
            if length == 0 {
                break;
            }
            self.put(piece.get(..length).unwrap_or_default())?;
        }
        self.seal(format!("{name}.csv"));
        Ok(self)
    }

    /// Adds the logo and, last, what says what all of it is. The file is at its beginning again.
    pub fn finish(mut self, tenant: Owner, logo: Option<(Vec<u8>, String)>) -> anyhow::Result<(File, u64, u64)> {
        if let Some((bytes, media_type)) = logo {
            let name = logo_file(&media_type);
            self.start(name)?;
            self.put(&bytes)?;
            self.seal(name.to_owned());
        }
        let (tables, files) = (mem::take(&mut self.tables), mem::take(&mut self.files));
        let rows = tables.iter().map(|table| table.rows).sum();
        let manifest = Manifest { format: FORMAT.to_owned(), version: VERSION, tenant, tables, files };
        self.start(MANIFEST)?;
        self.put(serde_json::to_string_pretty(&manifest)?.as_bytes())?;
        let mut file = self.zip.finish()?;
        let bytes = file.stream_position()?;
        file.seek(SeekFrom::Start(0))?;
        Ok((file, bytes, rows))
    }

    fn start(&mut self, name: &str) -> anyhow::Result<()> {
        // The time of a file says nothing here, and would be another one each time.
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Deflated)
            .last_modified_time(DateTime::default())
            .unix_permissions(0o644);
        Ok(self.zip.start_file(name, options)?)
    }

    fn put(&mut self, bytes: &[u8]) -> anyhow::Result<()> {
        self.sum.add(bytes);
        Ok(self.zip.write_all(bytes)?)
    }

    fn seal(&mut self, name: String) {
        self.files.push(mem::take(&mut self.sum).seal(name));
    }
}

/// What a spreadsheet shows; the JSON beside it has it as it is.
fn cell(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => as_cell(text),
        Some(other) => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_cell_is_a_text_or_what_json_writes() {
        for (value, wanted) in [
            (json!("=1"), "'=1"),
            (json!("Crème & Co, \"Deli\""), "Crème & Co, \"Deli\""),
            (json!(-1), "-1"),
            (json!(null), ""),
            (json!(["GB", "FR"]), "[\"GB\",\"FR\"]"),
        ] {
            assert_eq!(cell(Some(&value)), wanted);
        }
    }
}
