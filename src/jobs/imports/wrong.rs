//! The rows of a file that are wrong, as a file of their own.

use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;

use tokio::runtime::Handle;

use super::Halt;
use super::lookup::Lookup;
use crate::clock::Clock;
use crate::db::{Db, Import};
use crate::jobs::StoredFile;
use crate::transfer::ImportPreview;
use crate::transfer::import::{
    FileFingerprint, FileReading, Mapping, Outcome, RowCheck, RowReader, SettledRow, Survey, WrongRows,
};

/// Writes the wrong rows of an import, read in the way that it was looked at; only on threads that may block.
///
/// What is wrong beside the orders that are here is so by what is here now.
pub fn write_wrong_rows<W: Write + Send>(
    (db, clock, runtime): (&Arc<Db>, Clock, &Handle),
    import: &Import,
    folder: Option<PathBuf>,
    out: W,
) -> Result<W, Halt> {
    let read = |text: &Option<String>| text.clone().unwrap_or_default();
    let reading: FileReading = serde_json::from_str(&read(&import.reading))?;
    let mapping: Mapping = serde_json::from_str(&read(&import.mapping))?;
    let preview: ImportPreview = serde_json::from_str(&read(&import.survey))?;
    let file = import.fingerprint.as_deref().and_then(FileFingerprint::parse).unwrap_or(FileFingerprint(0));
    let open = || RowReader::open(StoredFile::of(db, runtime, import), &reading);
    let check = RowCheck::by_form(&mapping, reading.format, file, clock.now());
    let repeats =
        if preview.repeats > 0 { Survey::run(&mut open()?, &check, |_| ())?.repeats } else { Vec::new() };
    let check = RowCheck { repeats: &repeats, ..check };
    let header: Vec<String> = mapping.columns.iter().map(|column| column.name.clone()).collect();
    let mut wrong = WrongRows::begin(out, &reading, &header, folder)?;
    let (mut reader, mut lookup) = (open()?, Lookup::new(db, runtime));
    loop {
        let (rows, has_more) = lookup.next(&mut reader, &check, Lookup::ROWS)?;
        for (row, settled) in rows {
            if let SettledRow::Outcome(Outcome::Wrong(faults)) = settled {
                wrong.add(&row, &faults, &check)?;
            }
        }
        if !has_more {
            return Ok(wrong.finish()?);
        }
    }
}
