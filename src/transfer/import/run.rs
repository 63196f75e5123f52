//! Rows beside the desk, some at a time: what becomes of each, and what is to be done with all of them in one transaction
//! ([`Db::run_import_batch`]). Desks and commands go the same way.
//!
//! A run may be broken off at any point and begun again: an order that was added is here by then, since its UUID is the row's
//! own or comes from the file and the row; and an order that was changed says what the row says.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use super::{Checked, Mapping, Outcome, Position, RowCheck, Skipped};
use crate::db::{Db, DbError, ImportRowWork, ImportRows, RowCounts};
use crate::order::{DateUuid, Order, OrderNumber};

/// How long a transaction takes while others write: a clerk who saves an order waits for it at most.
const SHARED_TIME: Duration = Duration::from_millis(100);
/// How long while nobody does: whoever begins to waits for it once.
const ALONE_TIME: Duration = Duration::from_millis(200);
/// How long nobody has to have written for that.
const QUIET_TIME: Duration = Duration::from_secs(10);
/// Lets others write between two batches.
pub const PAUSE: Duration = Duration::from_millis(5);

/// How many rows the next transaction takes: as many as are written in the time that it may take. Pages that rows share are
/// written once in each transaction, so that fewer and larger ones write less.
#[derive(Debug)]
pub struct BatchSize {
    rows: usize,
    /// When somebody else was last seen to write.
    disturbed: Option<Instant>,
}

impl BatchSize {
    const LEAST: usize = 200;
    /// Twice as many are in memory: those that are written, and the next ones.
    const MOST: usize = 1_000;

    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Takes note of how long a transaction with so many rows took. One that was not full cannot show that more would fit.
    pub fn observe(&mut self, rows: usize, took: Duration, others_write: bool) {
        if others_write {
            self.disturbed = Some(Instant::now());
        }
        let is_alone = self.disturbed.is_none_or(|at| at.elapsed() >= QUIET_TIME);
        let time = if is_alone { ALONE_TIME } else { SHARED_TIME };
        let fitting = rows as u128 * time.as_micros() / took.as_micros().max(1);
        let fitting = usize::try_from(fitting).unwrap_or(Self::MOST);
        if rows >= self.rows || fitting < self.rows {
            self.rows = fitting.min(self.rows * 2).clamp(Self::LEAST, Self::MOST);
        }
    }
}

impl Default for BatchSize {
    fn default() -> Self {
        Self { rows: Self::LEAST, disturbed: None }
    }
}

/// What became of a row.
#[derive(Debug)]
pub enum SettledRow {
    Skipped(Skipped),
    /// What it is beside the desk.
    Outcome(Outcome),
}

/// The orders that have the UUIDs of some rows.
pub struct FoundOrders(HashMap<DateUuid, Vec<Order>>);

impl FoundOrders {
    /// Looks up the orders of rows that were checked, with one query.
    pub async fn of(db: &Db, checked: &[Checked]) -> Result<Self, DbError> {
        let uuids: Vec<DateUuid> = checked.iter().filter_map(Checked::date_uuid).collect();
        let mut found: HashMap<DateUuid, Vec<Order>> = HashMap::new();
        for order in db.list_orders_with(&uuids).await? {
            found.entry(order.date_uuid).or_default().push(order);
        }
        Ok(Self(found))
    }

    /// The one with this number, if it is among them.
    pub fn numbered(&self, number: OrderNumber) -> Option<&Order> {
        self.0.values().flatten().find(|order| order.number == number)
    }

    /// What becomes of a row beside them.
    pub fn settle(&self, checked: Checked, check: &RowCheck<'_>) -> SettledRow {
        match checked {
            Checked::Skipped(why) => SettledRow::Skipped(why),
            Checked::Wrong(faults) => SettledRow::Outcome(Outcome::Wrong(faults)),
            Checked::Read(read) => {
                let found = self.0.get(&read.date_uuid).map_or(&[][..], Vec::as_slice);
                SettledRow::Outcome(read.against(found, check))
            }
        }
    }
}

/// What becomes of rows that were checked, and whose cards may have been resolved, in their order.
pub async fn settle(
    db: &Db,
    check: &RowCheck<'_>,
    checked: Vec<Checked>,
) -> Result<Vec<SettledRow>, DbError> {
    let found = FoundOrders::of(db, &checked).await?;
    Ok(checked.into_iter().map(|checked| found.settle(checked, check)).collect())
}

/// What is to be done with rows, each with its number; `position` is behind the last of them.
pub fn import_rows(
    settled: impl IntoIterator<Item = (u64, SettledRow)>,
    mapping: &Mapping,
    position: Position,
) -> serde_json::Result<ImportRows> {
    let mut rows = ImportRows {
        work: Vec::new(),
        others: RowCounts::default(),
        position: position.row,
        resume: serde_json::to_string(&position)?,
        survey: None,
        is_last: false,
    };
    for (row, settled) in settled {
        // Never the fallback: no file has so many rows.
        let place = i32::try_from(row).unwrap_or(i32::MAX);
        match settled {
            SettledRow::Outcome(Outcome::New(order)) => rows.work.push((place, ImportRowWork::Add(order))),
            SettledRow::Outcome(Outcome::Here(_)) => rows.others.here += 1,
            SettledRow::Outcome(Outcome::Change(changed)) if mapping.update_existing => {
                let edit = Box::new(changed.edit);
                let (number, version) = (changed.number, changed.version);
                rows.work.push((place, ImportRowWork::Change { number, version, edit }));
            }
            SettledRow::Outcome(Outcome::Change(_)) => rows.others.kept += 1,
            SettledRow::Outcome(Outcome::Wrong(_)) => rows.others.wrong += 1,
            SettledRow::Skipped(_) => rows.others.skipped += 1,
        }
    }
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a row takes in these tests.
    const ROW: Duration = Duration::from_micros(250);

    fn after(size: &mut BatchSize, batches: usize, others_write: bool) -> usize {
        for _ in 0..batches {
            size.observe(size.rows(), ROW * u32::try_from(size.rows()).unwrap(), others_write);
        }
        size.rows()
    }

    #[test]
    fn transactions_are_long_alone_and_short_as_soon_as_others_write() {
        let mut size = BatchSize::default();
        assert_eq!(size.rows(), 200);
        assert_eq!(after(&mut size, 1, false), 400);
        assert_eq!(after(&mut size, 10, false), 800);
        assert_eq!(after(&mut size, 1, true), 400);
        // They may do so again.
        assert_eq!(after(&mut size, 10, false), 400);
    }

    #[test]
    fn the_last_rows_do_not_lengthen_a_transaction_and_one_that_was_held_up_shortens_the_next() {
        let mut size = BatchSize::default();
        after(&mut size, 2, false);
        size.observe(7, ROW * 7, false);
        assert_eq!(size.rows(), 800);
        size.observe(800, Duration::from_mins(1), false);
        assert_eq!(size.rows(), 200);
    }
}
