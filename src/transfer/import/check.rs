//! A row as the form would have it, and what is wrong with it as far as the file alone can tell.

use super::{CardReference, Fault, FileFingerprint, Mapping, Skipped};
use crate::order::{DateUuid, Now, OrderForm};

/// Checks rows of one file, all in the same way.
#[derive(Debug, Clone, Copy)]
pub struct RowCheck<'a> {
    pub mapping: &'a Mapping,
    /// From it, with the row, comes the UUID of an order that has none.
    pub file: FileFingerprint,
    pub now: Now,
    /// Rows that repeat an earlier one, sorted: [`super::Survey::repeats`].
    pub repeats: &'a [u32],
}

/// What a row is.
#[derive(Debug)]
pub enum Checked {
    /// It may be an order: which one it is, the database knows.
    Read(Box<ReadRow>),
    /// Wrong whatever the database has.
    Wrong(Vec<Fault>),
    Skipped(Skipped),
}

/// A row that may be an order.
#[derive(Debug)]
pub struct ReadRow {
    /// As a spreadsheet counts.
    pub row: u64,
    /// By which the order is looked up: of the row, or out of the file's fingerprint and the row's number.
    pub date_uuid: DateUuid,
    /// Whether the UUID stood in the row.
    pub has_uuid: bool,
    /// Instead of a card number: to be resolved by whoever keeps the file that it names.
    pub card: Option<CardReference>,
    pub(super) form: OrderForm,
}
