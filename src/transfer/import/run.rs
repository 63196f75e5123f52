//! Rows against the desk, some at a time: in a dry run the same as in a run, but that nothing is written.
//!
//! A run may be broken off at any point and begun again: an order that was added is here by then, since its UUID is the row's
//! own or comes from the file and the row; a change that was made is known by its submission.

use std::collections::HashMap;

use super::{ChangedOrder, Checked, Outcome, ReadRow, RowCheck, Skipped};
use crate::clock::Clock;
use crate::db::{Db, DbError, InsertOrder, UpdateOrder, Updated};
use crate::order::{Actor, DateUuid, NewOrder, Order, Submission};

/// What became of the rows so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ImportCounts {
    /// Orders that were added, or in a dry run would be.
    pub added: u64,
    /// Orders that are here, and say the same.
    pub here: u64,
    /// Orders that are here and say something else: changed where "update" was chosen, else left as they are.
    pub differing: u64,
    pub wrong: u64,
    /// Rows that repeat an earlier one.
    pub repeated: u64,
    /// Orders that somebody else changed while they were.
    pub conflicts: u64,
}

/// An import that is under way.
pub struct ImportRun<'a> {
    pub db: &'a Db,
    pub clock: Clock,
    pub check: RowCheck<'a>,
    /// Whom the history names.
    pub by: Actor,
    /// Whether anything is written.
    pub is_dry: bool,
    pub counts: ImportCounts,
}

impl ImportRun<'_> {
    /// Rows that are looked up and added at once.
    pub const BATCH: usize = 500;

    /// Deals with rows that were checked, whose cards may have been resolved, and says what became of each, in their order.
    pub async fn settle(&mut self, checked: Vec<Checked>) -> Result<Vec<SettledRow>, DbError> {
        let found = self.find(&checked).await?;
        let settled: Vec<SettledRow> =
            checked.into_iter().map(|checked| self.beside(checked, &found)).collect();
        if !self.is_dry {
            self.add(&settled).await?;
            if self.check.mapping.update_existing {
                self.change(&settled).await?;
            }
        }
        self.count(&settled);
        Ok(settled)
    }

    async fn find(&self, checked: &[Checked]) -> Result<HashMap<DateUuid, Vec<Order>>, DbError> {
        let uuids: Vec<DateUuid> = checked
            .iter()
            .filter_map(|checked| match checked {
                Checked::Read(read) => Some(read.date_uuid),
                Checked::Wrong(_) | Checked::Skipped(_) => None,
            })
            .collect();
        let mut found: HashMap<DateUuid, Vec<Order>> = HashMap::new();
        for order in self.db.list_orders_with(&uuids).await? {
            found.entry(order.date_uuid).or_default().push(order);
        }
        Ok(found)
    }

    fn beside(&self, checked: Checked, found: &HashMap<DateUuid, Vec<Order>>) -> SettledRow {
        match checked {
            Checked::Skipped(why) => SettledRow::Skipped(why),
            Checked::Wrong(faults) => SettledRow::Outcome(Outcome::Wrong(faults), None),
            Checked::Read(read) => {
                let found = found.get(&read.date_uuid).map_or(&[][..], Vec::as_slice);
                SettledRow::Outcome(read.against(found, &self.check), Some(read))
            }
        }
    }

    async fn add(&self, settled: &[SettledRow]) -> Result<(), DbError> {
        let at = self.clock.utc();
        let entry = |order: &NewOrder| InsertOrder {
            order: order.clone(),
            by: self.by.clone(),
            client: None,
            at,
            submission: None,
            cancelled_at: None,
        };
        let entries: Vec<InsertOrder> = settled.iter().filter_map(SettledRow::new_order).map(entry).collect();
        if !entries.is_empty() {
            // Who was first with a key that is taken meanwhile is a later import's to tell.
            self.db.insert_orders(&entries).await?;
        }
        Ok(())
    }

    async fn change(&mut self, settled: &[SettledRow]) -> Result<(), DbError> {
        for settled in settled {
            let SettledRow::Outcome(Outcome::Change(change), Some(read)) = settled else { continue };
            if !self.change_one(change, read).await? {
                self.counts.conflicts += 1;
            }
        }
        Ok(())
    }

    /// Whether the order is as the row has it now.
    async fn change_one(&self, change: &ChangedOrder, read: &ReadRow) -> Result<bool, DbError> {
        let Some(found) = self.db.find_editable(change.number).await? else { return Ok(false) };
        let submission = Submission::of_action("import", [self.check.file.to_string(), read.row.to_string()]);
        let update = UpdateOrder {
            found: &found,
            edit: &change.edit,
            seen: change.version,
            by: self.by.clone(),
            client: None,
            at: self.clock.utc(),
            submission,
        };
        let updated = self.db.update_order(&update).await?;
        Ok(matches!(updated, Updated::Done | Updated::DuplicateSubmission | Updated::Unchanged))
    }

    fn count(&mut self, settled: &[SettledRow]) {
        for settled in settled {
            match settled {
                SettledRow::Skipped(Skipped::Repeat) => self.counts.repeated += 1,
                SettledRow::Skipped(Skipped::Blank | Skipped::Header) => {}
                SettledRow::Outcome(Outcome::New(_), _) => self.counts.added += 1,
                SettledRow::Outcome(Outcome::Here(_), _) => self.counts.here += 1,
                SettledRow::Outcome(Outcome::Change(_), _) => self.counts.differing += 1,
                SettledRow::Outcome(Outcome::Wrong(_), _) => self.counts.wrong += 1,
            }
        }
    }
}

/// What became of a row.
#[derive(Debug)]
pub enum SettledRow {
    Skipped(Skipped),
    /// What it is beside the desk; with the row, unless that could not be read.
    Outcome(Outcome, Option<Box<ReadRow>>),
}

impl SettledRow {
    fn new_order(&self) -> Option<&NewOrder> {
        match self {
            Self::Outcome(Outcome::New(order), _) => Some(order),
            _ => None,
        }
    }
}
