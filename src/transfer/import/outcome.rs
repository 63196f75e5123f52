//! What becomes of a row.

use super::{Fault, FileFingerprint};
use crate::order::{Changes, Edit, NewOrder, OrderNumber};

/// What becomes of a row at the desk.
#[derive(Debug)]
pub enum Outcome {
    /// A new order.
    New(Box<NewOrder>),
    /// The order is here, and says the same.
    Here(OrderNumber),
    /// The order is here and says something else: what it would become where "update" was chosen.
    Change { number: OrderNumber, version: i32, edit: Box<Edit>, changes: Changes },
    /// Nothing can be done with it.
    Wrong(Vec<Fault>),
    /// Nothing is to be done with it.
    Skipped(Skipped),
}

/// Why nothing is to be done with a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Skipped {
    /// Nothing stands in it.
    Blank,
    /// It repeats the names of the columns.
    Header,
    /// It repeats an earlier row of the file, by its key or, without one, by all that it says.
    Repeat,
}

/// A card of an import, as files of wrong rows have it: `Visa •••• 1111 (card kdmocbahifjepgln/345)`.
///
/// It stands for the card in a row of the file that was imported, and is resolved while that file is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct CardReference {
    pub file: FileFingerprint,
    /// As a spreadsheet counts.
    pub row: u64,
}
