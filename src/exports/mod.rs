//! Products, prices and customers as files that a spreadsheet opens, and that are read again as what they are.

pub mod pages;

use std::fs::File;
use std::io::{self, BufWriter, Seek, Write};

use crate::error::{Error, Result};
use crate::imports::{Cells, Kind, Sight, fields_of, next_batch};
use crate::tenancy::extract::Member;
use crate::values::DecimalMark;
use crate::values::text::as_cell_to_read;

/// By this a spreadsheet knows in which characters it is written.
const MARK: &[u8] = "\u{feff}".as_bytes();

/// A file that has no name and is gone when it is closed.
pub struct Export {
    pub file: File,
    pub bytes: u64,
}

/// Writes all rows of a kind, as they are at one moment, a thousand at a time. The transaction is over before anything is sent.
pub async fn export(member: &Member, kind: Kind) -> Result<Export> {
    let house = &member.house;
    let mut tx = house.office(&member.tenant).open_snapshot().await?;
    let sight = Sight::of(&mut tx, &member.tenant, DecimalMark::Point, house.now()).await?;
    let unwritable = |error: io::Error| Error::Internal(error.into());
    let mut writer = BufWriter::new(tempfile::tempfile().map_err(unwritable)?);
    writer.write_all(MARK).map_err(unwritable)?;
    let mut table = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(writer);
    let words: Vec<&str> = fields_of(kind).iter().map(|field| field.word).collect();
    table.write_record(&words).map_err(|error| Error::Internal(error.into()))?;
    let mut after = String::new();
    loop {
        let batch = next_batch(&mut tx, kind, &sight, &after).await?;
        for row in &batch.rows {
            table.write_record(as_record(&words, row)).map_err(|error| Error::Internal(error.into()))?;
        }
        match batch.next {
            Some(next) => after = next,
            None => break,
        }
    }
    let writer = table.into_inner().map_err(|error| Error::Internal(anyhow::anyhow!("{error}")))?;
    let mut file = writer.into_inner().map_err(|error| Error::Internal(anyhow::anyhow!("{error}")))?;
    let bytes = file.stream_position().map_err(unwritable)?;
    file.rewind().map_err(unwritable)?;
    Ok(Export { file, bytes })
}

fn as_record(words: &[&str], row: &Cells) -> Vec<String> {
    words.iter().map(|word| as_cell_to_read(row.get(*word).map(String::as_str).unwrap_or_default())).collect()
}
