//! Copying the Flask application's orders, batch by batch, each with its lines of the report.
//!
//! Which orders are there already is found by looking. So a copy may be broken off at any point and begun again:
//! it reads all rows once more, for the report, and adds what is missing.

use std::collections::HashMap;

use super::flask::{Reason, read};
use super::report::{AdoptionReport, ReportError, RowOutcome};
use crate::clock::Clock;
use crate::db::{Db, DbError, FlaskRow, FlaskTable, InsertOrder};
use crate::order::{DateUuid, NewOrder, Order, OrderNumber, QualityFlags, SystemTask, UserId};

/// Why a copy stopped. What was copied before stays.
#[derive(Debug, thiserror::Error)]
pub enum AdoptionError {
    #[error(transparent)]
    Db(#[from] DbError),
    /// The report could not be written.
    #[error(transparent)]
    Report(#[from] ReportError),
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
    report: AdoptionReport,
    counts: Counts,
}

/// The orders of some keys, each with its version.
type Kept = HashMap<(DateUuid, UserId), Order>;

impl<'a> Adoption<'a> {
    /// A copy into a database, with its report.
    pub fn new(db: &'a Db, clock: Clock, report: AdoptionReport) -> Self {
        Self { db, clock, report, counts: Counts::default() }
    }

    /// Copies all rows; says after each batch how many it had.
    pub async fn run(&mut self, table: &FlaskTable, progress: impl Fn(usize)) -> Result<(), AdoptionError> {
        let keyless = FlaskRow::new([const { None }; 10]);
        for _ in 0..table.without_key {
            self.leave_out(&keyless, &[Reason::NoKey])?;
        }
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

    /// The report, whole if the copy came to its end.
    pub fn into_report(self) -> AdoptionReport {
        self.report
    }

    async fn copy(&mut self, rows: &[FlaskRow]) -> Result<(), AdoptionError> {
        let now = self.clock.local();
        let (added, left_out) = (self.counts.added, self.counts.left_out);
        let readings: Vec<Result<NewOrder, Vec<Reason>>> = rows.iter().map(|row| read(row, now)).collect();
        let orders: Vec<&NewOrder> = readings.iter().filter_map(|reading| reading.as_ref().ok()).collect();
        let kept = self.add_missing(&orders).await?;
        for (row, reading) in rows.iter().zip(&readings) {
            match reading {
                Ok(order) => self.account_for(row, order, kept.get(&key_of(order)))?,
                Err(reasons) => self.leave_out(row, reasons)?,
            }
        }
        let dealt_with = self.counts.added - added + self.counts.left_out - left_out;
        self.counts.known += (rows.len() as u64).saturating_sub(dealt_with);
        Ok(())
    }

    /// Adds the orders that are not there and returns those that the report needs: flagged ones, those that were
    /// there, and all if some of them share a key.
    async fn add_missing(&mut self, orders: &[&NewOrder]) -> Result<Kept, DbError> {
        let mut kept = self.find(orders.iter().copied()).await?;
        let missing: Vec<&NewOrder> =
            orders.iter().copied().filter(|order| !kept.contains_key(&key_of(order))).collect();
        if missing.is_empty() {
            return Ok(kept);
        }
        let at = self.clock.utc();
        let entry = |order: &&NewOrder| InsertOrder::by_system(SystemTask::Adopt, (*order).clone(), at);
        let added = self.db.insert_orders(&missing.iter().map(entry).collect::<Vec<_>>()).await?;
        self.counts.added += added as u64;
        let all_are_new = added == missing.len();
        let wanted = missing.into_iter().filter(|order| !all_are_new || order.flags != QualityFlags::NONE);
        kept.extend(self.find(wanted).await?);
        Ok(kept)
    }

    async fn find(&self, orders: impl Iterator<Item = &NewOrder>) -> Result<Kept, DbError> {
        let uuids: Vec<DateUuid> = orders.map(|order| order.date_uuid).collect();
        let found = self.db.list_orders_with(&uuids).await?;
        Ok(found.into_iter().map(|kept| ((kept.date_uuid, kept.user_id), kept)).collect())
    }

    /// Counts and reports a row that is an order; `kept` is the order that has its key, if it was looked for.
    fn account_for(
        &mut self,
        row: &FlaskRow,
        order: &NewOrder,
        kept: Option<&Order>,
    ) -> Result<(), ReportError> {
        let Some(kept) = kept else { return Ok(()) };
        // Whoever changed an order at the desk since has made it differ.
        if kept.version == 1 && !is_same(kept, order) {
            return self.leave_out(row, &[Reason::Taken]);
        }
        if kept.flags == QualityFlags::NONE {
            return Ok(());
        }
        self.counts.flagged += 1;
        let reasons: Vec<&str> = kept.flags.sentences().collect();
        self.report.add(row, RowOutcome::Adopted(kept.number), &reasons.join(" "))
    }

    fn leave_out(&mut self, row: &FlaskRow, reasons: &[Reason]) -> Result<(), ReportError> {
        self.counts.left_out += 1;
        let reasons: Vec<String> = reasons.iter().map(Reason::to_string).collect();
        self.report.add(row, RowOutcome::LeftOut, &reasons.join(" "))
    }
}

/// Whether the first order that a report names is that of a database: so the report is about this adoption.
///
/// A report that names no order is taken for one.
pub async fn is_about(db: &Db, first: Option<(OrderNumber, DateUuid)>) -> Result<bool, DbError> {
    let Some((number, uuid)) = first else { return Ok(true) };
    Ok(db.find_editable(number).await?.is_some_and(|found| found.order.date_uuid == uuid))
}

fn key_of(order: &NewOrder) -> (DateUuid, UserId) {
    (order.date_uuid, order.user_id)
}

/// Whether an order is what a row says, but for its flags: a date may have been in the future then.
fn is_same(kept: &Order, order: &NewOrder) -> bool {
    kept.store == order.store
        && kept.product == order.product
        && kept.quantity == order.quantity
        && kept.dates == order.dates
        && kept.note == order.note
        && kept.card == order.card.summary()
}
