//! Rows of a file beside the orders that are here.

use std::collections::HashMap;
use std::sync::Arc;

use tokio::runtime::Handle;
use zeroize::Zeroizing;

use super::Halt;
use crate::db::{Db, Import};
use crate::jobs::StoredFile;
use crate::order::Field;
use crate::transfer::import::{
    CardReference, Checked, FileFingerprint, FileReading, Mapping, RawRow, ReadRow, RowCheck, RowReader,
    SettledRow, settle,
};

/// Reads rows, and looks up the orders that they are about.
pub struct Lookup<'a> {
    db: &'a Arc<Db>,
    runtime: &'a Handle,
    /// Files that rows take their cards from; none where they are not kept any more.
    card_files: HashMap<FileFingerprint, Option<CardFile>>,
}

/// An earlier file, read as far as its cards were wanted.
struct CardFile {
    import: Import,
    reading: FileReading,
    column: usize,
    reader: RowReader<StoredFile>,
    row: RawRow,
}

impl<'a> Lookup<'a> {
    /// Rows that one query looks up.
    pub const ROWS: usize = 500;
    /// Bytes of them, after which no more are read at once.
    const BYTES: usize = 4 * 1024 * 1024;

    pub fn new(db: &'a Arc<Db>, runtime: &'a Handle) -> Self {
        Self { db, runtime, card_files: HashMap::new() }
    }

    /// The next rows, each with what becomes of it, and whether there are more.
    pub fn next(
        &mut self,
        reader: &mut RowReader<StoredFile>,
        check: &RowCheck<'_>,
        most: usize,
    ) -> Result<(Vec<(RawRow, SettledRow)>, bool), Halt> {
        let mut rows: Vec<(RawRow, Checked)> = Vec::with_capacity(most);
        let (mut bytes, mut has_more) = (0, true);
        while rows.len() < most && bytes < Self::BYTES {
            let mut row = RawRow::default();
            has_more = reader.read(&mut row)?;
            if !has_more {
                break;
            }
            bytes += row.cells().map(str::len).sum::<usize>();
            let mut checked = check.check(&row);
            if let Checked::Read(read) = &mut checked {
                self.resolve_card(read)?;
            }
            rows.push((row, checked));
        }
        let (rows, checked): (Vec<RawRow>, Vec<Checked>) = rows.into_iter().unzip();
        let settled = self.runtime.block_on(settle(self.db, check, checked))?;
        Ok((rows.into_iter().zip(settled).collect(), has_more))
    }

    /// Puts the card into a row that names one of an earlier file, if that is still kept.
    fn resolve_card(&mut self, read: &mut ReadRow) -> Result<(), Halt> {
        let Some(CardReference { file, row }) = read.card else { return Ok(()) };
        if !self.card_files.contains_key(&file) {
            let found = self.card_file(file)?;
            self.card_files.insert(file, found);
        }
        let Some(Some(found)) = self.card_files.get_mut(&file) else { return Ok(()) };
        if let Some(cell) = found.cell(self.db, self.runtime, row)? {
            read.resolve_card(&cell);
        }
        Ok(())
    }

    fn card_file(&self, file: FileFingerprint) -> Result<Option<CardFile>, Halt> {
        let Some(import) = self.runtime.block_on(self.db.find_kept_file(file.to_string()))? else {
            return Ok(None);
        };
        let (Some(reading), Some(mapping)) = (&import.reading, &import.mapping) else { return Ok(None) };
        let (reading, mapping): (FileReading, Mapping) =
            (serde_json::from_str(reading)?, serde_json::from_str(mapping)?);
        let Some(column) = mapping.column_of(Field::CardNumber) else { return Ok(None) };
        let reader = RowReader::open(StoredFile::of(self.db, self.runtime, &import), &reading)?;
        Ok(Some(CardFile { import, reading, column, reader, row: RawRow::default() }))
    }
}

impl CardFile {
    /// The cell of the card in a row; rows are asked for from the first to the last, most often.
    fn cell(
        &mut self,
        db: &Arc<Db>,
        runtime: &Handle,
        wanted: u64,
    ) -> Result<Option<Zeroizing<String>>, Halt> {
        if self.row.row() > wanted {
            self.reader = RowReader::open(StoredFile::of(db, runtime, &self.import), &self.reading)?;
            self.row = RawRow::default();
        }
        while self.row.row() < wanted {
            if !self.reader.read(&mut self.row)? {
                return Ok(None);
            }
        }
        let is_there = self.row.row() == wanted;
        Ok(is_there.then(|| Zeroizing::new(self.row.cell(self.column).to_owned())))
    }
}
