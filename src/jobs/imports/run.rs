//! Making orders of the rows of a file.

use std::time::Instant;

use super::lookup::Lookup;
use super::{Halt, Work};
use crate::db::{BatchDone, ImportRows};
use crate::jobs::StoredFile;
use crate::transfer::ImportPreview;
use crate::transfer::import::{
    BatchSize, FileFingerprint, FileReading, Mapping, PAUSE, Position, RowCheck, RowReader, import_rows,
};

impl Work<'_> {
    /// Goes on behind the row that was done last, to the end.
    pub(super) fn run(&mut self) -> Result<(), Halt> {
        let (reading, file) = self.reading()?;
        let mapping: Mapping = serde_json::from_str(self.import.mapping.as_deref().unwrap_or("{}"))?;
        let repeats = self.repeats(&reading, file, &mapping)?;
        let check = RowCheck {
            repeats: &repeats,
            ..RowCheck::by_form(&mapping, reading.format, file, self.clock.now())
        };
        let mut reader = self.open_behind(&reading)?;
        let mut lookup = Lookup::new(self.db, self.runtime);
        let mut size = BatchSize::default();
        loop {
            self.keep(reader.position().row)?;
            let (mut rows, mut has_more) = (Vec::with_capacity(size.rows()), true);
            while has_more && rows.len() < size.rows() {
                let most = Lookup::ROWS.min(size.rows() - rows.len());
                let (more, has_others) = lookup.next(&mut reader, &check, most)?;
                rows.extend(more.into_iter().map(|(row, settled)| (row.row(), settled)));
                has_more = has_others;
            }
            let (count, began) = (rows.len(), Instant::now());
            let batch = ImportRows { is_last: !has_more, ..import_rows(rows, &mapping, reader.position())? };
            let done = self.db.run_import_batch(self.lease, self.import, batch, self.clock.utc());
            match self.runtime.block_on(done)?.done {
                BatchDone::More => {}
                BatchDone::Finished => return Ok(()),
                BatchDone::Lost => return Err(Halt::Lost),
            }
            size.observe(count, began.elapsed(), self.lease.others_write());
            self.renewed = Instant::now();
            std::thread::sleep(PAUSE);
        }
    }

    /// Rows that repeat an earlier one: known anew, they are too many to be stored.
    fn repeats(
        &mut self,
        reading: &FileReading,
        file: FileFingerprint,
        mapping: &Mapping,
    ) -> Result<Vec<u32>, Halt> {
        let preview: ImportPreview = serde_json::from_str(self.import.survey.as_deref().unwrap_or("{}"))?;
        if preview.repeats == 0 {
            return Ok(Vec::new());
        }
        let check = RowCheck::by_form(mapping, reading.format, file, self.clock.now());
        let mut reader = RowReader::open(self.file(), reading)?;
        Ok(self.run_survey(&mut reader, &check)?.repeats)
    }

    fn open_behind(&mut self, reading: &FileReading) -> Result<RowReader<StoredFile>, Halt> {
        let header = RowReader::open(self.file(), reading)?.header().to_vec();
        let behind: Position = match &self.import.resume {
            Some(resume) => serde_json::from_str(resume)?,
            None => Position::default(),
        };
        Ok(RowReader::open_behind(self.file(), reading, header, behind)?)
    }
}
