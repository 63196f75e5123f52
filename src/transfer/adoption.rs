//! Copying the Flask application's orders, batch by batch, each with its lines of the report.
//!
//! Its rows are checked as those of a file are, under [`Rules::Recorded`](super::import::Rules). Which orders are there already
//! is found by looking. So a copy may be broken off at any point and begun again: it reads all rows once more, for the report,
//! and adds what is missing, as an import of its own.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use super::ImportPreview;
use super::flask::{check, mapping, raw_row};
use super::import::{
    Checked, Fault, FoundOrders, Mapping, Outcome, Position, RawRow, SettledRow, Skipped, import_rows,
    is_twin,
};
use super::recorded_import::{RecordedError, RecordedImport};
use super::report::{AdoptionReport, ReportError, RowOutcome};
use crate::clock::Clock;
use crate::db::{Db, DbError, FlaskRow, FlaskTable, NewCommandImport};
use crate::order::{Actor, DateUuid, JobId, NewOrder, OrderNumber, QualityFlags, SystemTask, UserId};

/// Where its rows come from, among all imports.
const SOURCE: &str = "table orders_flask";

/// Why a copy stopped. What was copied before stays.
#[derive(Debug, thiserror::Error)]
pub enum AdoptionError {
    #[error(transparent)]
    Db(#[from] DbError),
    #[error(transparent)]
    Recorded(#[from] RecordedError),
    /// The report could not be written.
    #[error(transparent)]
    Report(#[from] ReportError),
    /// What is to be stored of it cannot become a text.
    #[error("what is known of the adoption cannot be stored: {0}")]
    Text(#[from] serde_json::Error),
}

/// How many orders and rows a copy has dealt with.
#[derive(Debug, Clone, Copy, Default)]
pub struct Counts {
    pub added: u64,
    /// Rows that are orders already, since an earlier copy or by a row before them.
    pub known: u64,
    /// Rows that are flagged orders, of both kinds.
    pub flagged: u64,
    /// Rows that are no orders.
    pub left_out: u64,
}

/// A copy that is under way.
pub struct Adoption<'a> {
    db: &'a Db,
    clock: Clock,
    mapping: Mapping,
    report: AdoptionReport,
    preview: ImportPreview,
    import: RecordedImport<'a>,
    counts: Counts,
    /// Rows so far.
    nth: u64,
}

/// What the report says of a row that is, or becomes, an order.
enum Told {
    Added(DateUuid, UserId, QualityFlags),
    Here(OrderNumber, QualityFlags),
    /// It says what an earlier row says, which is this order.
    Twin(DateUuid, UserId, QualityFlags),
    LeftOut(Vec<Fault>),
}

impl<'a> Adoption<'a> {
    /// A copy of a table into a database, with its report; it stands among imports from now on.
    pub async fn begin(
        db: &'a Db,
        clock: Clock,
        table: &FlaskTable,
        report: AdoptionReport,
    ) -> Result<Self, AdoptionError> {
        let preview = ImportPreview { rows: table.rows, ..ImportPreview::default() };
        let new = NewCommandImport {
            source: SOURCE.to_owned(),
            by: Actor::System(SystemTask::Adopt),
            at: clock.utc(),
            fingerprint: None,
            reading: None,
            mapping: None,
            survey: serde_json::to_string(&preview)?,
            rows: table.rows,
        };
        let import = RecordedImport::begin(db, clock, new).await?;
        let (mapping, counts) = (mapping(), Counts::default());
        Ok(Self { db, clock, mapping, report, preview, import, counts, nth: 0 })
    }

    /// Copies all rows; says after each batch how many it had.
    pub async fn run(&mut self, table: &FlaskTable, progress: impl Fn(usize)) -> Result<(), AdoptionError> {
        self.leave_out_keyless(table.without_key).await?;
        let (mut read, mut after) = (self.db.begin_long_read(None)?, None);
        loop {
            let slice = self.db.list_flask_orders(&mut read, table.clone(), after).await?;
            self.copy(&slice.found).await?;
            progress(slice.found.len());
            after = slice.next;
            if after.is_none() {
                return Ok(());
            }
        }
    }

    pub fn counts(&self) -> Counts {
        self.counts
    }

    /// Notes that the copy came to its end; which import it is, and the report, whole.
    pub async fn finish(self) -> Result<(JobId, AdoptionReport), RecordedError> {
        let id = self.import.id();
        self.import.finish(&self.preview).await?;
        Ok((id, self.report))
    }

    /// Notes that it broke off.
    pub async fn break_off(self) {
        self.import.break_off().await;
    }

    async fn leave_out_keyless(&mut self, rows: u64) -> Result<(), AdoptionError> {
        let keyless = FlaskRow::new([const { None }; 10]);
        let mut settled = Vec::new();
        for _ in 0..rows {
            self.nth += 1;
            self.leave_out(&keyless, &[Fault::of_no_key()])?;
            settled.push((self.nth, SettledRow::Outcome(Outcome::Wrong(vec![Fault::of_no_key()]))));
        }
        if rows > 0 { self.write(settled).await } else { Ok(()) }
    }

    async fn copy(&mut self, rows: &[FlaskRow]) -> Result<(), AdoptionError> {
        let numbered: Vec<RawRow> = (self.nth + 1..).zip(rows).map(|(nth, row)| raw_row(row, nth)).collect();
        self.nth += rows.len() as u64;
        let (settled, mut told) = self.settle(&numbered).await?;
        let new = told.iter().filter(|told| matches!(told, Told::Added(..))).count() as u64;
        let added = self.counts.added;
        self.write(numbered.iter().map(RawRow::row).zip(settled).collect()).await?;
        let ours = self.counts.added - added;
        let is_overtaken = ours < new;
        if is_overtaken {
            // Another adoption has added some of them meanwhile: by now all are there.
            told = self.settle(&numbered).await?.1;
        }
        let numbers = self.numbers(&told).await?;
        for (row, told) in rows.iter().zip(&told) {
            self.account_for(row, told, &numbers)?;
        }
        if is_overtaken {
            // What this copy has added is here by now, too.
            self.counts.known = self.counts.known.saturating_sub(ours);
        }
        Ok(())
    }

    /// What becomes of some rows, and what the report says of each.
    async fn settle(&self, rows: &[RawRow]) -> Result<(Vec<SettledRow>, Vec<Told>), DbError> {
        let check = check(&self.mapping, self.clock.now());
        let checked: Vec<Checked> = rows.iter().map(|row| check.check(row)).collect();
        let found = FoundOrders::of(self.db, &checked).await?;
        let settled = checked.into_iter().map(|checked| found.settle(checked, &check));
        Ok(without_twins(settled, &found))
    }

    async fn write(&mut self, settled: Vec<(u64, SettledRow)>) -> Result<(), AdoptionError> {
        for (row, settled) in &settled {
            self.preview.add(*row, settled);
        }
        let position = Position { row: self.nth, offset: None };
        self.import.write(import_rows(settled, &self.mapping, position)?).await?;
        self.counts.added = self.import.counts().added;
        Ok(())
    }

    /// The numbers of those orders that are new and flagged.
    async fn numbers(&self, told: &[Told]) -> Result<HashMap<(DateUuid, UserId), OrderNumber>, DbError> {
        let flagged = |told: &Told| match told {
            Told::Added(uuid, _, flags) | Told::Twin(uuid, _, flags) if *flags != QualityFlags::NONE => {
                Some(*uuid)
            }
            _ => None,
        };
        let uuids: Vec<DateUuid> = told.iter().filter_map(flagged).collect();
        let found = if uuids.is_empty() { Vec::new() } else { self.db.list_orders_with(&uuids).await? };
        Ok(found.into_iter().map(|order| ((order.date_uuid, order.user_id), order.number)).collect())
    }

    /// Counts and reports a row.
    fn account_for(
        &mut self,
        row: &FlaskRow,
        told: &Told,
        numbers: &HashMap<(DateUuid, UserId), OrderNumber>,
    ) -> Result<(), ReportError> {
        let (order, flags) = match told {
            Told::LeftOut(faults) => return self.leave_out(row, faults),
            Told::Here(number, flags) => (Some(number), *flags),
            Told::Added(uuid, user, flags) | Told::Twin(uuid, user, flags) => {
                (numbers.get(&(*uuid, *user)), *flags)
            }
        };
        self.counts.known += u64::from(!matches!(told, Told::Added(..)));
        let (Some(order), true) = (order, flags != QualityFlags::NONE) else { return Ok(()) };
        self.counts.flagged += 1;
        let reasons: Vec<&str> = flags.sentences().collect();
        self.report.add(row, RowOutcome::Adopted(*order), &reasons.join(" "))
    }

    fn leave_out(&mut self, row: &FlaskRow, faults: &[Fault]) -> Result<(), ReportError> {
        self.counts.left_out += 1;
        self.report.add(row, RowOutcome::LeftOut, &Fault::sentences(faults))
    }
}

/// What the report says of a row that shares no key with an earlier one of its batch.
fn told(settled: &SettledRow, found: &FoundOrders) -> Told {
    let one = |wanted: &str| Told::LeftOut(vec![Fault::of_row(wanted)]);
    match settled {
        SettledRow::Outcome(Outcome::New(order)) => Told::Added(order.date_uuid, order.user_id, order.flags),
        SettledRow::Outcome(Outcome::Here(number)) => {
            Told::Here(*number, found.numbered(*number).map_or(QualityFlags::NONE, |order| order.flags))
        }
        SettledRow::Outcome(Outcome::Wrong(faults)) => Told::LeftOut(faults.clone()),
        SettledRow::Skipped(Skipped::Header) => one("The row repeats the columns' names"),
        SettledRow::Skipped(Skipped::Blank) => one("Nothing stands in the row"),
        // Never: what was recorded changes no order, and repeats are told apart by whoever asks.
        SettledRow::Outcome(Outcome::Change(_)) | SettledRow::Skipped(Skipped::Repeat) => {
            Told::LeftOut(Vec::new())
        }
    }
}

/// Of rows that share a key with an earlier one of the same batch at most one is an order; with what the report says of each.
fn without_twins(
    settled: impl Iterator<Item = SettledRow>,
    found: &FoundOrders,
) -> (Vec<SettledRow>, Vec<Told>) {
    let mut firsts = HashMap::<(DateUuid, UserId), Box<NewOrder>>::new();
    let one = |row: SettledRow| {
        let SettledRow::Outcome(Outcome::New(order)) = &row else {
            let told = told(&row, found);
            return (row, told);
        };
        match firsts.entry((order.date_uuid, order.user_id)) {
            Entry::Vacant(place) => {
                place.insert(order.clone());
                let told = told(&row, found);
                (row, told)
            }
            Entry::Occupied(first) if is_twin(first.get(), order) => (
                SettledRow::Skipped(Skipped::Repeat),
                Told::Twin(order.date_uuid, order.user_id, first.get().flags),
            ),
            Entry::Occupied(_) => {
                let faults = vec![Fault::of_taken_key()];
                (SettledRow::Outcome(Outcome::Wrong(faults.clone())), Told::LeftOut(faults))
            }
        }
    };
    settled.map(one).unzip()
}

/// Whether the first order that a report names is that of a database: so the report is about this adoption.
///
/// A report that names no order is taken for one.
pub async fn is_about(db: &Db, first: Option<(OrderNumber, DateUuid)>) -> Result<bool, DbError> {
    let Some((number, uuid)) = first else { return Ok(true) };
    Ok(db.find_editable(number).await?.is_some_and(|found| found.order.date_uuid == uuid))
}
