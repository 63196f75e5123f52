//! The rows of a file on their way to the desk: some are written while the next ones are read.

use std::time::Instant;

use tokio::time::sleep;

use super::{WrongFile, preview};
use crate::cli::progress::Progress;
use crate::db::{Db, ImportRows, RowCounts};
use crate::order::{JobId, counted};
use crate::transfer::import::{
    BatchSize, KeptCards, Outcome, PAUSE, RawRow, RowCheck, RowReader, SettledRow, import_rows, settle,
};
use crate::transfer::{ImportPreview, RecordedError, RecordedImport};

/// Rows that are in memory as the file has them.
const ROWS_AT_ONCE: usize = 500;

/// Rows that are read, and put beside the orders that are here.
pub struct IncomingRows<'a> {
    db: &'a Db,
    reader: RowReader<std::fs::File>,
    check: RowCheck<'a>,
    kept: &'a KeptCards,
    preview: ImportPreview,
    wrong: Option<WrongFile>,
    /// How many were told to whoever waits.
    told: usize,
    tells_all: bool,
}

/// Where they go.
struct Writing<'a> {
    /// None in a dry run, which is the same but that nothing is written.
    recorded: Option<RecordedImport<'a>>,
    /// What came of them so far, or would.
    counts: RowCounts,
    size: BatchSize,
}

/// Some rows, and what is to be done with them.
struct Batch {
    count: usize,
    rows: ImportRows,
}

impl<'a> IncomingRows<'a> {
    pub fn new(
        db: &'a Db,
        reader: RowReader<std::fs::File>,
        check: RowCheck<'a>,
        kept: &'a KeptCards,
        preview: ImportPreview,
        wrong: Option<WrongFile>,
    ) -> Self {
        Self { db, reader, check, kept, preview, wrong, told: 0, tells_all: false }
    }

    /// Writes all of them, or only looks where nothing is recorded; what came of them, and which import that was.
    pub async fn write(
        mut self,
        recorded: Option<RecordedImport<'a>>,
        rows: u64,
    ) -> anyhow::Result<(RowCounts, Option<JobId>)> {
        self.tells_all = recorded.is_none();
        let mut writing = Writing { recorded, counts: RowCounts::default(), size: BatchSize::default() };
        let written = self.write_each(&mut writing, rows).await;
        let Writing { recorded, counts, .. } = writing;
        if let Err(error) = written {
            if let Some(recorded) = recorded {
                recorded.break_off().await;
            }
            return Err(error.context(format!(
                "stopped after {}, which are kept; the same command goes on from there",
                counted(counts.added, "order")
            )));
        }
        if let Some(wrong) = self.wrong {
            wrong.finish()?;
        }
        let Some(recorded) = recorded else { return Ok((counts, None)) };
        let import = recorded.id();
        Ok((recorded.finish(&self.preview).await?, Some(import)))
    }

    async fn write_each(&mut self, writing: &mut Writing<'_>, rows: u64) -> anyhow::Result<()> {
        let progress = Progress::start(rows, "rows");
        let mut next = self.read(writing.size.rows()).await?;
        while let Some(Batch { count, rows }) = next {
            let most = writing.size.rows();
            // Rows that are alike are known from the survey, so that none waits for another to be written.
            let (written, read) = tokio::join!(writing.write(rows, count), self.read(most));
            written?;
            progress.advance(count);
            next = read?;
        }
        progress.finish();
        Ok(())
    }

    /// The next rows; none behind the last.
    async fn read(&mut self, most: usize) -> anyhow::Result<Option<Batch>> {
        let mut settled = Vec::with_capacity(most);
        while settled.len() < most {
            let rows = self.reader.read_some(ROWS_AT_ONCE.min(most - settled.len()))?;
            if rows.is_empty() {
                break;
            }
            let checked = rows.iter().map(|row| {
                let mut checked = self.check.check(row);
                self.kept.resolve(&mut checked);
                checked
            });
            let found = settle(self.db, &self.check, checked.collect()).await?;
            for (row, found) in rows.iter().zip(found) {
                self.note(row, &found)?;
                settled.push((row.row(), found));
            }
        }
        let count = settled.len();
        let rows = import_rows(settled, self.check.mapping, self.reader.position())?;
        Ok((count > 0).then_some(Batch { count, rows }))
    }

    fn note(&mut self, row: &RawRow, settled: &SettledRow) -> anyhow::Result<()> {
        self.preview.add(row.row(), settled);
        let faults = match settled {
            SettledRow::Outcome(Outcome::Wrong(faults)) => Some(faults),
            _ => None,
        };
        let is_told = self.tells_all || faults.is_some();
        if is_told && self.told < preview::FIRST_ROWS && preview::tell_row(row, settled)? {
            self.told += 1;
        }
        if let (Some(wrong), Some(faults)) = (&mut self.wrong, faults) {
            wrong.add(row, faults, &self.check)?;
        }
        Ok(())
    }
}

impl Writing<'_> {
    async fn write(&mut self, rows: ImportRows, count: usize) -> Result<(), RecordedError> {
        let Some(recorded) = &mut self.recorded else {
            self.counts = self.counts.plus(rows.expected());
            return Ok(());
        };
        let began = Instant::now();
        recorded.write(rows).await?;
        self.counts = recorded.counts();
        self.size.observe(count, began.elapsed(), recorded.others_write());
        // Lets others write.
        sleep(PAUSE).await;
        Ok(())
    }
}
