//! Making orders of the rows of a file.

use std::time::{Duration, Instant};

use super::lookup::{Found, Lookup};
use super::{Halt, Work};
use crate::db::{BatchDone, ImportRowWork, ImportRows, RowCounts};
use crate::jobs::StoredFile;
use crate::transfer::ImportPreview;
use crate::transfer::import::{
    FileFingerprint, FileReading, Mapping, Outcome, Position, RowCheck, RowReader,
};

/// Rows of a transaction: a clerk who saves an order waits for it at most.
const BATCH: usize = 200;
/// Lets others write between two batches.
const PAUSE: Duration = Duration::from_millis(5);

impl Work<'_> {
    /// Goes on behind the row that was done last, to the end.
    pub(super) fn run(&mut self) -> Result<(), Halt> {
        let (reading, file) = self.reading()?;
        let mapping: Mapping = serde_json::from_str(self.import.mapping.as_deref().unwrap_or("{}"))?;
        let repeats = self.repeats(&reading, file, &mapping)?;
        let format = reading.format;
        let check = RowCheck { mapping: &mapping, format, file, now: self.clock.now(), repeats: &repeats };
        let mut reader = self.open_behind(&reading)?;
        let mut lookup = Lookup::new(self.db, self.runtime);
        loop {
            self.keep(reader.position().row)?;
            let (rows, has_more) = lookup.next(&mut reader, &check, BATCH)?;
            let mut batch = ImportRows {
                work: Vec::new(),
                others: RowCounts::default(),
                position: reader.position().row,
                resume: serde_json::to_string(&reader.position())?,
                is_last: !has_more,
            };
            for (row, found) in rows {
                take(&mut batch, row, found, &mapping);
            }
            let done = self.db.run_import_batch(self.lease, self.import, batch, self.clock.utc());
            match self.runtime.block_on(done)? {
                BatchDone::More => {}
                BatchDone::Finished => return Ok(()),
                BatchDone::Lost => return Err(Halt::Lost),
            }
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
        let format = reading.format;
        let check = RowCheck { mapping, format, file, now: self.clock.now(), repeats: &[] };
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

fn take(batch: &mut ImportRows, row: u64, found: Found, mapping: &Mapping) {
    let place = i32::try_from(row).unwrap_or(i32::MAX);
    match found {
        Found::Outcome(Outcome::New(order)) => batch.work.push((place, ImportRowWork::Add(order))),
        Found::Outcome(Outcome::Here(_)) => batch.others.here += 1,
        Found::Outcome(Outcome::Change(changed)) if mapping.update_existing => {
            let edit = Box::new(changed.edit);
            let (number, version) = (changed.number, changed.version);
            batch.work.push((place, ImportRowWork::Change { number, version, edit }));
        }
        Found::Outcome(Outcome::Change(_)) => batch.others.kept += 1,
        Found::Wrong(..) | Found::Outcome(Outcome::Wrong(_)) => batch.others.wrong += 1,
        Found::Skipped => batch.others.skipped += 1,
    }
}
